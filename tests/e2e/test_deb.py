"""What is for other machines: the package of `make deb`, the Containerfile, the recipes of docs/ci.md."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BIN, HERE, SANITIZERS, TestCase

ROOT = HERE.parent.parent
MISSING = [p for p in ("dpkg-buildpackage", "dh") if not shutil.which(p)]


def packages_of(group):
    lines = (ROOT / "bench" / "packages.txt").read_text().splitlines()
    return [name for name, groups in (line.split(":") for line in lines if re.match(r"[a-z0-9]+[a-z0-9.+-]*:", line))
            if group in groups.split()]


@unittest.skipIf(MISSING, f"not installed: {' '.join(MISSING)}")
class Package(TestCase):
    """Of the programs that are built already, to save the time of building them again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="pushlab-deb-")))
        before = cls.changes()
        made = subprocess.run(["make", "-s", "deb", f"DEB={cls.folder}/out"], cwd=ROOT, capture_output=True, text=True,
                              env={**os.environ, "PUSHLAB_PROGRAMS": str(BIN)}, check=False, timeout=300)
        assert made.returncode == 0, made.stdout + made.stderr
        cls.deb = next((cls.folder / "out").glob("*.deb"))
        cls.changed = sorted(set(cls.changes()) - set(before))
        cls.tree = cls.folder / "tree"
        subprocess.run(["dpkg", "-x", cls.deb, cls.tree], check=True)

    @staticmethod
    def changes():
        return subprocess.run(["git", "status", "--short"], cwd=ROOT, capture_output=True, text=True,
                              check=False).stdout.splitlines()

    def field(self, name):
        return subprocess.run(["dpkg-deb", "-f", self.deb, name], capture_output=True, text=True, check=True).stdout.strip()

    def run_installed(self, *argv, ok=(0,)):
        """A program of the package, from a folder without a source tree."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("PUSHLAB_")}
        done = subprocess.run([self.tree / "usr/bin" / argv[0], *argv[1:]], cwd=self.folder, env={**env, **SANITIZERS},
                              capture_output=True, text=True, check=False, timeout=120)
        self.assertIn(done.returncode, ok, done.stderr)
        return done.stdout

    def test_the_tree_stays_as_it_is(self):
        self.assertEqual(self.changed, [])

    def test_programs_manual_completion_and_data_are_where_debian_has_them(self):
        for path in ("bin/pushlab", "bin/pushlab-server", "bin/pushlab-client", "bin/pushlab-link",
                     "share/man/man1/pushlab-run.1.gz", "share/bash-completion/completions/pushlab",
                     "share/fish/vendor_completions.d/pushlab.fish", "share/zsh/site-functions/_pushlab",
                     "share/pushlab/scenarios/smoke.json", "share/pushlab/links/4g.link", "share/pushlab/charts/overview.gp",
                     "share/doc/pushlab/copyright"):
            self.assertTrue((self.tree / "usr" / path).exists(), path)

    def test_it_depends_on_libraries_and_on_the_packages_of_a_run(self):
        depends = self.field("Depends")
        for library in ("libevent-core", "libcjson1", "libssl", "libc6"):
            self.assertIn(library, depends)
        for name in ("gnuplot-nox", "fonts-dejavu-core"):
            self.assertIn(name, packages_of("bench"))
            self.assertIn(name, depends)
        for name in packages_of("balancers"):
            self.assertIn(name, self.field("Suggests"))
        for name in packages_of("build"):
            self.assertNotIn(f"{name},", depends + ",")

    def test_the_installed_programs_run(self):
        self.assertIn(self.field("Version"), self.run_installed("pushlab", "--version"))
        self.run_installed("pushlab", "doctor", ok=(0, 1))
        self.run_installed("pushlab-link", "show", "4g")
        self.run_installed("pushlab", "run", "smoke", "--rows", "sse,websocket", "--clients", "3", "--duration", "0.5", ok=(0, 1))
        run = json.loads((self.folder / "results/latest/run.json").read_text())
        self.assertTrue(run["complete"])
        self.assertEqual([row["problems"] for row in run["rows"]], [[], []])

    @unittest.skipUnless(shutil.which("lintian"), "not installed: lintian")
    def test_lintian_finds_no_errors(self):
        # Programs with sanitizers are not what one packages: those tags are about them.
        done = subprocess.run(["lintian", "--fail-on=error", "--suppress-tags=embedded-library,custom-library-search-path",
                               self.deb], capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)


class Container(TestCase):
    TEXT = (ROOT / "Containerfile").read_text()

    def test_packages_come_from_the_one_list(self):
        self.assertIn("RUN sh bench/deps.sh bench", self.TEXT)
        self.assertNotIn("apt-get install", self.TEXT)
        for path in re.search(r"^COPY (bench/\S.*) bench/$", self.TEXT, re.M)[1].split():
            self.assertTrue((ROOT / path).exists(), path)

    def test_its_commands_are_targets_of_make(self):
        targets = re.findall(r"make[\", ]+([a-z-]+)", self.TEXT)
        self.assertIn("bench", targets)
        for target in targets:
            done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False, timeout=60)
            self.assertEqual(done.returncode, 0, target)

    def test_privileges_are_said_in_one_place(self):
        """A script has them, docs/doctor.md explains them, and all others refer to that."""
        said = subprocess.run(["git", "grep", "-lE", "-e", "--cap-add|--privileged|--security-opt|--device /dev/net/tun", "--", "*.md", "*.c",
                               "Containerfile", "Makefile"], cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(said.stdout.split(), ["docs/doctor.md"])
        script = (ROOT / "bench" / "container.sh").read_text()
        table = re.findall(r"^\| `(--[^`]*)` \|", (ROOT / "docs" / "doctor.md").read_text(), re.M)
        self.assertEqual(len(table), 3)
        for privilege in table:
            self.assertIn(privilege, script)

    def test_the_script_gives_these_commands_to_the_engine(self):
        folder = self.temp_dir()
        (folder / "engine").write_text(f'#!/bin/sh\necho "$@" >>{folder}/log\n')
        (folder / "engine").chmod(0o755)
        subprocess.run([ROOT / "bench" / "container.sh", "bench-smoke"], env={**os.environ, "ENGINE": str(folder / "engine")},
                       check=True, timeout=60)
        build, run, copy, remove = (folder / "log").read_text().splitlines()
        self.assertRegex(build, r"^build -t pushlab -f Containerfile .* \.$")
        self.assertRegex(run, r"^run --name \S+ .* pushlab make bench-smoke$")
        self.assertRegex(copy, r"^cp \S+:/pushlab/results/\. results$")
        self.assertRegex(remove, r"^rm -f ")


class Recipes(TestCase):
    """docs/ci: the script runs, and the jobs call it with what there is."""

    CI = ROOT / "docs" / "ci"

    def test_the_script_of_the_recipes_runs(self):
        folder = self.temp_dir()
        small = {"name": "small", "clients": 3, "duration_s": 0.5, "warmup_s": 0.2, "drain_s": 2,
                 "source": {"kind": "generator", "rate_hz": 50}, "rows": [{"transport": "sse"}]}
        (folder / "small.json").write_text(json.dumps(small))
        env = {**os.environ, **SANITIZERS, "PATH": f"{BIN}:{os.environ['PATH']}", "SCENARIO": "small.json",
               "LIMITS": "latency_us.p50=100000%"}
        for expected in ("baseline/run.json", "compare.xml"):
            # The machine of a test may disturb any row: those count here, too.
            done = subprocess.run([self.CI / "compare.sh", "--anyway"], cwd=folder, env=env, capture_output=True,
                                  text=True, check=False, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue((folder / expected).exists(), done.stderr)
        self.assertIn("<testsuite", (folder / "compare.xml").read_text())

    def test_the_jobs_call_what_there_is(self):
        for name in ("github.yml", "gitlab.yml"):
            text = (self.CI / name).read_text()
            self.assertIn("docs/ci/compare.sh", text)
            self.assertIn("make && ", text)
            for made in ("run.json", "compare.xml", "baseline"):
                self.assertIn(made, text)
                self.assertIn(made, (self.CI / "compare.sh").read_text())
            self.assertNotIn("\t", text)
