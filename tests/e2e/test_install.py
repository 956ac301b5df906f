"""`make install` into an unusual folder: everything that comes along is found from there, with neither
the source tree nor the PREFIX that the programs were built for."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import BIN, HERE, SANITIZERS, has_program

ROOT = HERE.parent.parent
PROGRAMS = ("pushlab", "pushlab-server", "pushlab-client", "pushlab-link")


@unittest.skipUnless(all(map(has_program, PROGRAMS)), "programs are missing")
@unittest.skipUnless(shutil.which("make"), "no make")
class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pushlab-install-")
        cls.addClassCleanup(folder.cleanup)
        cls.results = pathlib.Path(folder.name, "results")
        cls.stage = pathlib.Path(folder.name, "für zwei")
        cls.prefix = cls.stage / "opt" / "push lab"
        # -o all: the programs are built, and a test builds no others.
        made = subprocess.run(
            ["make", "-s", "-o", "all", "install", f"BUILD={BIN.parent}", f"VARIANT={BIN.name}",
             f"DESTDIR={cls.stage}", "PREFIX=/opt/push lab"],
            cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert made.returncode == 0, made.stderr
        cls.env = {k: v for k, v in os.environ.items() if not k.startswith("PUSHLAB_")} | SANITIZERS

    def call(self, program, *args, code=0):
        """From /, so that no file of the source tree is found in the current folder."""
        done = subprocess.run([self.prefix / "bin" / program, *args], cwd="/", env=self.env,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def test_scenarios_links_and_studies_are_those_that_were_installed(self):
        listed = json.loads(self.call("pushlab", "scenarios", "--json"))
        tree = ROOT / "bench" / "scenarios"
        self.assertEqual({s["name"] for s in listed},
                         {str(p.relative_to(tree).with_suffix("")) for p in tree.rglob("*.json")})
        for scenario in listed:
            path = pathlib.Path(scenario["path"]).resolve()
            self.assertTrue(path.is_relative_to(self.prefix.resolve()), path)
        links = self.call("pushlab-link", "list")
        for profile in (ROOT / "bench" / "link" / "profiles").glob("*.link"):
            self.assertIn(profile.stem, links)
        studies = self.call("pushlab", "reproduce")
        for study in (ROOT / "bench" / "studies").glob("*.json"):
            self.assertIn(study.stem, studies)

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_a_run_over_a_link_profile_has_its_charts_and_its_report(self):
        self.call("pushlab", "run", "smoke", "--link", "4g", "--clients", "2", "--duration", "0.5",
                  "--rows", "sse", "--out", self.results)
        run = self.results / "latest"
        self.assertTrue((run / "report.html").exists())
        self.assertTrue((run / "charts" / "overview.svg").exists())
        shutil.rmtree(run / "charts")
        self.call("pushlab", "chart", run / "run.json")  # a folder, or its run.json
        self.assertTrue((run / "charts" / "overview.svg").exists())
        self.assertEqual(self.call("pushlab", "table", run),
                         self.call("pushlab", "table", run / "run.json"))
        self.call("pushlab", "report", run / "run.json")

    def test_programs_have_a_page_and_completion_that_names_the_prefix(self):
        share = self.prefix / "share"
        for page in (*PROGRAMS, "pushlab-run", "pushlab-scenarios"):
            self.assertTrue((share / "man" / "man1" / f"{page}.1").exists(), page)
        for file in ("bash-completion/completions/pushlab", "zsh/site-functions/_pushlab",
                     "fish/vendor_completions.d/pushlab.fish"):
            self.assertIn("/opt/push lab/share/pushlab", (share / file).read_text())
        for folder in ("bash-completion/completions", "fish/vendor_completions.d"):
            for link in (share / folder).iterdir():
                self.assertTrue(link.exists(), f"{link} leads nowhere")

    def test_a_tilde_is_the_home_folder_in_every_shell(self):
        shown = subprocess.run(["make", "-n", "-o", "all", "install", "PREFIX=~/x"], cwd=ROOT,
                               capture_output=True, text=True, timeout=60).stdout
        self.assertIn(f"'{os.environ['HOME']}/x'", shown)


if __name__ == "__main__":
    unittest.main()
