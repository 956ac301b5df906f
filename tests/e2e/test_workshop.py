"""Does the check of the workshop find out who lies?"""

import subprocess
import sys
import unittest

from harness import BIN, HERE, TestCase, has_program

TESTS = HERE.parent
sys.path.insert(0, str(TESTS))

import workshop_check as check  # noqa: E402


def says(expected, got):
    return check.difference(expected.split("\n"), got) is None


class Matching(unittest.TestCase):
    def test_a_line_is_itself_and_spaces_are_of_any_width(self):
        self.assertTrue(says("a   b", "a b\n"))
        self.assertTrue(says("a.b", "a.b"))
        self.assertFalse(says("a.b", "axb"))
        self.assertFalse(says("a b", "ab"))

    def test_dots_in_a_line_are_anything_and_on_a_line_of_their_own_any_lines(self):
        self.assertTrue(says("a … c", "a b b c"))
        self.assertTrue(says("a\n…\nc", "a\nc"))
        self.assertTrue(says("a\n…\nc\n…", "a\nb\nc\nc\nd"))
        self.assertFalse(says("a\n…\nc", "a\nb"))
        self.assertFalse(says("…\nc", "c\nd"))

    def test_a_tilde_is_half_to_double(self):
        for number, fits in (("12.4", False), ("12.5", True), ("50", True), ("50.1", False)):
            self.assertEqual(says("x ~25 ms", f"x {number} ms"), fits, number)

    def test_a_range_has_borders_that_belong_to_it(self):
        for number, fits in (("0.9", False), ("1", True), ("1,000", True), ("1,000.5", False)):
            self.assertEqual(says("1–1,000 ms", f"{number} ms"), fits, number)

    def test_a_number_is_taken_whole(self):
        self.assertFalse(says("1–9…", "12"))
        self.assertFalse(says("…1–9", "1.25 25"))

    def test_escapes_of_terminals_do_not_count(self):
        self.assertTrue(says("> a", "\x1b7\r\x1b[A\x1b[L> a\x1b8\n"))


class Reading(unittest.TestCase):
    def test_a_lesson_has_its_parts_in_order(self):
        whole = "\n".join(f"## {part}" for part in check.PARTS)
        self.assertEqual(check.missing_parts(whole), [])
        self.assertEqual(check.missing_parts(whole.replace("## Why\n", "")), ["Why", "Try next", "Exercise"])

    def test_what_is_not_run_says_why(self):
        for comment, why in (("installs", "installs"), ("12 minutes", "12 minutes"), ("in a browser", None)):
            self.assertEqual(check.Command("x", 1, f"true # {comment}", []).why_not_run, why)

    def test_words_of_pipes_are_found(self):
        self.assertEqual(list(check.simple_commands("a --b | c 'd e' && f # --g")),
                         [["a", "--b"], ["c", "d e"], ["f"]])


@unittest.skipUnless(has_program("pushlab"), "no pushlab")
class Documents(TestCase):
    def judge(self, path):
        return subprocess.run([sys.executable, TESTS / "workshop_check.py", "--one", path], timeout=60,
                              capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "PUSHLAB_BIN": str(BIN)})

    def test_an_honest_document_passes(self):
        done = self.judge(TESTS / "workshop" / "honest.md")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("9 commands run, 2 not", done.stdout)

    def test_every_lie_fails_and_is_named_by_file_and_line(self):
        lies = sorted((TESTS / "workshop").glob("lie-*.md"))
        self.assertGreater(len(lies), 15)
        for path in lies:
            with self.subTest(path=path.name):
                done = self.judge(path)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(f"tests/workshop/{path.name}:", done.stdout)


if __name__ == "__main__":
    unittest.main()
