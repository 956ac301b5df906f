"""Does the check of the documents accept correct ones and refuse wrong ones?"""

import contextlib
import io
import pathlib
import re
import subprocess
import sys
import unittest

from harness import BIN, HERE, TestCase, has_program

TESTS = HERE.parent
sys.path.insert(0, str(TESTS))

import docs_check as check  # noqa: E402
import docs_facts as facts  # noqa: E402
from docs_match import difference, says_nothing  # noqa: E402
from docs_text import PARTS, Command, Document, missing_parts  # noqa: E402

DOCS = facts.documents()


def says(expected, got):
    return difference(expected.split("\n"), got) is None


class Matching(unittest.TestCase):
    def test_a_line_matches_itself_with_spaces_of_any_width(self):
        self.assertTrue(says("a   b", "a b\n"))
        self.assertTrue(says("a.b", "a.b"))
        self.assertFalse(says("a.b", "axb"))
        self.assertFalse(says("a b", "ab"))

    def test_dots_match_any_text_and_alone_on_a_line_any_lines(self):
        self.assertTrue(says("a … c", "a b b c"))
        self.assertTrue(says("a\n…\nc", "a\nc"))
        self.assertTrue(says("a\n…\nc\n…", "a\nb\nc\nc\nd"))
        self.assertFalse(says("a\n…\nc", "a\nb"))
        self.assertFalse(says("…\nc", "c\nd"))

    def test_dots_before_a_unit_match_a_time_in_any_unit(self):
        for time, fits in (("361 µs", True), ("1.26 ms", True), ("2 s", True), ("2 B", False), ("2 µs/s", False)):
            self.assertEqual(says("p50 … µs", f"p50 {time}"), fits, time)
        self.assertFalse(says("… B", "1 ms"))

    def test_what_a_machine_did_to_a_row_is_left_out(self):
        table = "row  p50\n~ sse  1 ms\n\n"
        reasons = "~ disturbed, so not compared with other rows:\n  sse: waited\n  for a core\n\n"
        notes = ("pushlab: note: sse is disturbed: waited\n"
                 "pushlab: note: sse: published 2 of 9 updates more than 1 ms after they were due, at most 2 ms\n")
        self.assertTrue(says("row  p50\nsse  1 ms\n\nresults: a", table + reasons + "results: a\n" + notes))
        self.assertFalse(says("row  p50", "row  p50\npushlab: note: sse: 5 reconnections\n"))

    def test_a_tilde_matches_half_to_twice_the_number(self):
        for number, fits in (("12.4", False), ("12.5", True), ("50", True), ("50.1", False)):
            self.assertEqual(says("x ~25 ms", f"x {number} ms"), fits, number)

    def test_a_range_includes_its_bounds(self):
        for number, fits in (("0.9", False), ("1", True), ("1,000", True), ("1,000.5", False)):
            self.assertEqual(says("1–1,000 ms", f"{number} ms"), fits, number)

    def test_a_number_is_matched_whole(self):
        self.assertFalse(says("1–9…", "12"))
        self.assertFalse(says("…1–9", "1.25 25"))

    def test_terminal_escapes_are_ignored(self):
        self.assertTrue(says("> a", "\x1b7\r\x1b[A\x1b[L> a\x1b8\n"))


class Reading(unittest.TestCase):
    def test_a_lesson_must_have_its_parts_in_order(self):
        whole = "\n".join(f"## {part}" for part in PARTS)
        self.assertEqual(missing_parts(whole), [])
        self.assertEqual(missing_parts(whole.replace("## Why\n", "")), ["Why", "Try next", "Exercise"])

    def test_only_these_marks_skip_a_command(self):
        for comment, why in (("installs", "installs"), ("draws; takes 12 minutes", "takes 12 minutes"),
                             ("draws; needs a run", "needs a run"), ("builds", "builds"),
                             ("installs what is missing", None), ("2 minutes", None), ("in a browser", None)):
            self.assertEqual(Command("x", 1, f"true # {comment}", []).why_not_run, why)

    def test_a_block_to_paste_has_the_command_and_its_output(self):
        self.assertEqual(check.pasted(Command("x", 1, "a \\\nb", []), "c  \n\nd\n"),
                         "```console\n$ a \\\n> b\nc\n\nd\n```")

    def test_a_block_of_a_terminal_has_what_is_typed_and_what_appears(self):
        later, = Document("x", "```console\n# terminal 2\n> a\nb\n```\n").commands
        self.assertEqual((later.terminal, later.typed, later.expected), ("2", ["a"], ["b"]))

    def test_output_of_dots_only(self):
        for lines, nothing in ((["…"], True), (["… …", "", "…"], True), (["… ms"], False), ([], False)):
            self.assertEqual(says_nothing(lines), nothing, lines)

    def test_output_with_sizes(self):
        for line, sizes in (("… 43 B …", True), ("payload ~45 bytes: it", True), ("bytes/update", True),
                            ("Transfer-Encoding: chunked", True), ("B 3", False), ("12 requests", False)):
            self.assertEqual(Command("x", 1, "true", [line]).says_sizes, sizes, line)

    def test_code_across_a_line_end_is_one_piece(self):
        document = Document("x", "a `b\nc` d\n\n    true\n\n`e`\n")
        self.assertEqual(document.inline_code(), [(1, "b c"), (6, "e")])
        self.assertEqual([c.line for c in document.commands], [4])

    def test_the_words_of_each_command_in_a_pipe(self):
        self.assertEqual(list(check.simple_commands("a --b | c 'd e' && f # --g")),
                         [["a", "--b"], ["c", "d e"], ["f"]])


class Facts(unittest.TestCase):
    def test_anchors_of_headings_are_those_of_github(self):
        for heading, name in (("What it needs", "what-it-needs"), ("How fast? 1.1, `--link`", "how-fast-11---link")):
            self.assertEqual(facts.slug(heading.replace("`", "")), name)

    def test_each_listed_section_is_cited(self):
        text = " ".join(" ".join(path.read_text().split()) for path in DOCS)
        for standard, section, anchor in facts.sections():
            with self.subTest(standard=standard, section=section):
                page = {"HTML": "server-sent-events.html"}.get(standard, standard.lower())
                target = "/" + page + ("#" + anchor if anchor else "") + ")"
                said = standard.replace("RFC", "RFC ") + (" §" + section if section else "")
                self.assertTrue(target in text or re.search(re.escape(said) + r"(?![\d]|\.\d)", text))

    def test_the_workshop_packages_are_a_subset_of_the_test_packages(self):
        self.assertLessEqual(facts.packages_of("workshop"), facts.packages_of("build", "bench", "test"))

    def test_a_package_must_be_listed_and_the_offline_list_complete(self):
        self.assertIsNone(facts.wrong_packages([], ["haproxy", "curl"]))
        self.assertIn("does not name", facts.wrong_packages([], ["haproxi"]))
        whole = sorted(facts.packages_of(*facts.OFFLINE))
        self.assertIsNone(facts.wrong_packages(["--download-only"], whole))
        self.assertIn("curl", facts.wrong_packages(["--download-only"], [p for p in whole if p != "curl"]))
        self.assertIn("wrk", facts.wrong_packages(["--download-only"], [*whole, "wrk"]))

    @unittest.skipUnless(facts.has_apt_lists(), "apt has no package lists")
    def test_apt_must_know_a_listed_package(self):
        listed = facts.all_packages
        self.addCleanup(setattr, facts, "all_packages", listed)
        facts.all_packages = lambda: listed() | {"haproxi"}
        self.assertIn("apt has no package", facts.wrong_packages([], ["curl", "haproxi"]))


class Machines(TestCase):
    def test_the_path_is_an_ordinary_users_after_the_set_up(self):
        path = check.path_of(pathlib.Path("/f")).split(":")
        self.assertEqual(path[0], "/f/build/release")
        self.assertEqual([p for p in path if p.endswith("sbin")], ["/usr/sbin"])
        self.assertEqual(path[-2:], ["/usr/sbin", f"{HERE}/node_modules/.bin"])

    def test_the_uptime_is_the_requested_one(self):
        for uptime_s in (check.UPTIME_YOUNG_S, check.UPTIME_OLD_S):
            prefix = check.machine(uptime_s)
            if not check.has_clock(prefix):
                self.skipTest("no time namespace")
            output = subprocess.run([*prefix, "sh", "-c", "cat /proc/uptime; cat /proc/self/timens_offsets"],
                                  capture_output=True, text=True).stdout
            offset = int(re.search(r"^monotonic\s+(-?\d+)", output, re.M)[1])
            self.assertAlmostEqual(check.seconds_since_boot() + offset, uptime_s, delta=5)

    def test_a_document_that_fails_is_run_once_more_alone(self):
        apart = check.check_apart
        self.addCleanup(setattr, check, "check_apart", apart)
        if not check.machine(0):
            self.skipTest("without namespaces one document runs at a time anyway")
        for codes, code, runs in (({"a.md": [1, 0]}, 0, 3), ({"a.md": [1, 1]}, 1, 3), ({}, 0, 2)):
            ran = []

            def pretend(path, prefix, *options, codes=codes, ran=ran):
                ran.append(path.name)
                return codes.get(path.name, [0, 0])[ran.count(path.name) - 1]

            check.check_apart = pretend
            folder = self.temp_dir()
            paths = [folder / name for name in ("a.md", "b.md")]
            for path in paths:
                path.write_text("# Nothing\n")
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(check.main(list(map(str, paths))), code)
            self.assertEqual(len(ran), runs)


@unittest.skipUnless(has_program("pushlab"), "no pushlab")
class Documents(TestCase):
    def run_check(self, *arguments):
        return subprocess.run([sys.executable, TESTS / "docs_check.py", *arguments], timeout=60,
                              capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "PUSHLAB_BIN": str(BIN)})

    def test_a_correct_document_passes(self):
        done = self.run_check("--uptime", "300", TESTS / "docs" / "honest.md")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("14 commands run, 6 not run", done.stdout)

    def test_every_lie_is_refused_with_file_and_line(self):
        lies = sorted((TESTS / "docs").glob("lie-*.md"))
        self.assertGreater(len(lies), 60)
        for path in lies:
            with self.subTest(path=path.name):
                done = self.run_check("--one", path)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(f"tests/docs/{path.name}:", done.stdout)

    def test_sizes_that_are_right_only_soon_after_boot_are_refused(self):
        if not check.has_clock(check.machine(check.UPTIME_YOUNG_S)):
            self.skipTest("no time namespace")
        age = TESTS / "docs" / "age.md"
        self.assertEqual(self.run_check("--uptime", "300", age).returncode, 0)
        done = self.run_check(age)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("ok   tests/docs/age.md (", done.stdout)
        self.assertIn("FAIL tests/docs/age.md --sizes", done.stdout)

    def test_the_names_in_the_documents_exist(self):
        for path in DOCS:
            with self.subTest(path=path.name):
                self.assertEqual(check.wrongs_of_prose(Document(path.name, path.read_text()), path), [])


if __name__ == "__main__":
    unittest.main()
