"""Are the links and tables in the documents valid? (docs_check.py checks their commands.)"""

import pathlib
import re
import subprocess
import unittest

from harness import BIN, HERE, TestCase, has_program

ROOT = HERE.parent.parent
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
TABLE = re.compile(r"<!-- table: pushlab (.*?) -->\n(.*?)\n<!-- end of table -->", re.S)


class Docs(TestCase):
    def test_every_relative_link_has_a_target(self):
        for doc in DOCS:
            for target, _ in LINK.findall(doc.read_text()):
                if "://" not in target:
                    with self.subTest(doc=doc.name, target=target):
                        self.assertTrue((doc.parent / target).exists())

    @unittest.skipUnless(has_program("pushlab"), "no pushlab")
    def test_the_quoted_tables_are_what_the_commands_print(self):
        for doc in DOCS:
            for command, quoted in TABLE.findall(doc.read_text()):
                with self.subTest(doc=doc.name, command=command):
                    printed = subprocess.run([BIN / "pushlab", *command.split()], cwd=ROOT,
                                             capture_output=True, text=True, timeout=60)
                    self.assertEqual(printed.returncode, 0, printed.stderr)
                    text = quoted.strip().removeprefix("```").removesuffix("```")
                    self.assertEqual(text.strip(), printed.stdout.strip())


if __name__ == "__main__":
    unittest.main()
