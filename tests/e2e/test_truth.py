"""Does bench/self/truth.py, which compares a run's figures with others, accept true and refuse false ones?"""

import json
import pathlib
import subprocess
import tempfile
import unittest

from harness import BIN, HERE, TestCase, has_program
from test_wire import WHY_NOT

TRUTH = HERE.parent.parent / "bench" / "self" / "truth.py"
COUNTS = ("requests", "TCP handshakes", "wire bytes", "packets")


def truth(*options):
    return subprocess.run(["/usr/bin/python3", TRUTH, *options], capture_output=True, text=True,
                          timeout=240, env={"PUSHLAB_BIN": BIN, "PATH": "/usr/bin:/bin"})


def refused(done):
    """(row, figure, witness) of each line."""
    lines = [line.split(": ") for line in done.stderr.splitlines() if line.startswith("truth.py: ")]
    return [(words[2], words[3], words[4].rpartition(", ")[2].split()[0]) for words in lines]


@unittest.skipIf(WHY_NOT or not has_program("pushlab"), WHY_NOT or "no pushlab")
class Truth(TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pushlab-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.done = truth("--cells", "25:50:poisson", "--keep", folder.name, "--", "--duration", "2",
                         "--rows", "short-poll+close,long-poll,websocket")
        cls.folder = pathlib.Path(folder.name) / "latest"

    def test_what_was_counted_is_what_was_captured(self):
        self.assertIn("long-poll |", self.done.stdout, self.done.stderr)
        self.assertEqual([f for f in refused(self.done) if f[1] in COUNTS and f[2] == "captured"], [])

    def test_false_figures_are_refused(self):
        path = self.folder / "run.json"
        whole = path.read_text()
        self.addCleanup(path.write_text, whole)
        run = json.loads(whole)
        for row in run["rows"]:
            row["requests_per_update"] *= 0.34
            row["tcp_handshakes_per_update"] *= 0.26
            row["bytes_per_update"]["wire"] *= 1.01
            row["packets_per_update"]["total"] *= 0.9
            row["latency_us"]["mean"] += 10_000
            row["server_cpu_us_per_update"] *= 3
        path.write_text(json.dumps(run))
        done = truth("--check", self.folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        found = refused(done)
        for row, figure, witness in (
                ("long-poll", "requests", "captured"), ("long-poll", "requests", "predicted"),
                ("short-poll+close", "TCP handshakes", "captured"),
                ("websocket", "wire bytes", "captured"), ("websocket", "packets", "captured"),
                ("websocket", "latency mean, ms", "captured"),
                ("websocket", "latency mean, ms", "predicted"),
                ("websocket", "server CPU, ms", "outside")):
            with self.subTest(row=row, figure=figure, witness=witness):
                self.assertIn((row, figure, witness), found)


if __name__ == "__main__":
    unittest.main()
