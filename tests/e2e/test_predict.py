"""pushlab predict: what it prints, and does a run measure what it said before?"""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import BIN, HERE, TestCase, has_program
from test_wire import WHY_NOT

GRID = HERE.parent.parent / "bench" / "self" / "model_grid.py"


def pushlab(*words):
    return subprocess.run([BIN / "pushlab", *words], capture_output=True, text=True, timeout=120)


@unittest.skipUnless(has_program("pushlab"), "no pushlab")
class Predict(TestCase):
    def predicted(self, *words):
        done = pushlab("predict", *words, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_million_clients_are_planned_for(self):
        plan = self.predicted("standard", "--rows", "short-poll,long-poll+close,sse")["rows"]
        self.assertEqual([p["clients"] for p in plan[0]["plan"]], [50, 1_000_000])
        short, close, sse = (row["plan"][1] for row in plan)
        self.assertEqual(short["requests_per_s"], 1_000_000)
        self.assertEqual(short["handshakes_per_s"], 0)
        self.assertEqual(close["handshakes_per_s"], close["requests_per_s"])
        self.assertEqual(sse["packets_per_s"], 50_000_000)
        self.assertIsNone(sse["cores"])

    def test_a_measured_run_adds_what_it_knows(self):
        folder = HERE.parent.parent / "results" / "reference"
        done = self.predicted("standard", "--measured", folder, "--rows", "sse")
        run = json.loads((folder / "run.json").read_text())
        cpu_us = next(r for r in run["rows"] if r["id"] == "sse")["server_cpu_us_per_update"]
        self.assertAlmostEqual(done["rows"][0]["plan"][1]["cores"], 25 * cpu_us, delta=0.001 * 25 * cpu_us)
        self.assertEqual(done["measured"], str(folder))

    def test_every_scenario_has_a_prediction_of_eighty_columns(self):
        for path in sorted((HERE.parent.parent / "bench" / "scenarios").rglob("*.json")):
            done = pushlab("predict", path)
            with self.subTest(scenario=path.stem):
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("Predicted, not measured", done.stdout)
                self.assertNotRegex(done.stdout, r"\bnan\b|\binf\b|\(null\)")
                for line in done.stdout.splitlines()[1:]:
                    self.assertLessEqual(len(line), 80, line)

    def test_options_change_what_is_predicted(self):
        near, far = (self.predicted("standard", "--rows", "sse", "--link", f"rtt={rtt}ms")["rows"][0]["predicted"]
                     for rtt in (50, 200))
        self.assertEqual((near["latency_us.p50"], far["latency_us.p50"]), (25000, 100000))
        slow = self.predicted("standard", "--rows", "short-poll", "--set", "source.rate_hz=5")
        self.assertAlmostEqual(slow["rows"][0]["predicted"]["requests_per_update"], 0.2)

    def test_what_is_wrong_is_said_in_a_line(self):
        for words, code, says in (
                (("predict",), 2, "no scenario given"),
                (("predict", "standard", "--link", "moon"), 2, "moon"),
                (("predict", "standard", "--rows", "nope"), 2, "nope"),
                (("predict", "standard", "--clients", "0"), 2, "--clients"),
                (("predict", "standard", "--measured", "/nonexistent"), 1, "/nonexistent")):
            done = pushlab(*words)
            with self.subTest(words=words):
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(says, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertEqual(done.stdout, "")


def grid(*options):
    return subprocess.run(["/usr/bin/python3", GRID, *options], capture_output=True, text=True, timeout=240,
                          env={"PUSHLAB_BIN": BIN, "PATH": "/usr/bin:/bin"})


@unittest.skipIf(WHY_NOT or not has_program("pushlab"), WHY_NOT or "no pushlab")
class Grid(TestCase):
    """A small part of `make bench-model`."""

    def test_runs_measure_what_was_predicted(self):
        done = grid("--cells", "25:50:fixed", "--rows", "short-poll@200ms,long-poll,websocket", "--",
                    "--duration", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        counts = re.findall(r"^\| `[a-z_.0-9]+` \| .*", done.stdout, re.M)
        self.assertEqual(len(counts), 11, done.stdout)

    def test_what_the_model_was_not_told_is_found(self):
        done = grid("--cells", "25:50:fixed", "--rows", "websocket", "--anyway", "--", "--duration", "1",
                    "--set", "server.test_delay_ms=300")
        self.assertEqual(done.returncode, 1, done.stderr)
        for path in ("latency_us.mean", "latency_us.p50", "age_us.mean"):
            self.assertIn(f"websocket: {path}: measured", done.stderr)

    def test_a_run_keeps_what_is_predicted_of_it(self):
        with tempfile.TemporaryDirectory(prefix="pushlab-e2e-") as folder:
            words = ("smoke", "--link", "rtt=20ms", "--rows", "sse", "--duration", "0.5")
            done = pushlab("run", *words, "--no-charts", "--out", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            row = json.loads((pathlib.Path(folder) / "latest" / "run.json").read_text())["rows"][0]
        self.assertEqual(row["predicted"]["latency_us.p50"], 10000)
        self.assertEqual(row["predicted"]["packets_per_update.total"], 2)


if __name__ == "__main__":
    unittest.main()
