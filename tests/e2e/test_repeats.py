"""Are rows measured several times in an order that favours none, and are they summed as they should be?"""

import json
import signal
import unittest

from harness import OWN_NETWORK, has_program, wait_until
from test_runner import RunnerCase

ROWS = [{"transport": "sse"}, {"transport": "websocket"},
        {"transport": "short-poll", "interval_ms": 50}]
IDS = ["sse", "websocket", "short-poll"]


class RepeatsCase(RunnerCase):
    def scenario(self, **changes):
        return super().scenario(**{"rows": ROWS, "warmup_s": 0.1, "duration_s": 0.3, **changes})

    @staticmethod
    def order(run):
        return [(m["id"], m["repeat"]) for m in run["repeats"]]

    @staticmethod
    def used(run, row_id):
        """The repeats of which a row's summary is made, by the rule of docs/metrics.md."""
        every = [m for m in run["repeats"] if m["id"] == row_id]
        calm = [m for m in every if not m["disturbed"]]
        return calm if len(calm) >= 2 and 2 * len(calm) >= len(every) else every


@unittest.skipUnless(has_program("pushlab") and has_program("pushlab-client"), "no pushlab")
class Repeats(RepeatsCase):
    def check_order(self, run):
        self.assertEqual(run["order"], {"kind": "random", "seed": 1})
        self.assertEqual([m["position"] for m in run["repeats"]], list(range(1, 10)))
        for k in range(3):
            block = self.order(run)[3 * k:3 * k + 3]
            self.assertEqual(sorted(block), sorted((name, k + 1) for name in IDS))

    def check_seeds(self, run):
        """One for each repeat, of all its rows; the first is the run's."""
        seeds = [{m["commands"]["client"][m["commands"]["client"].index("--seed") + 1]
                  for m in run["repeats"] if m["repeat"] == k} for k in (1, 2, 3)]
        self.assertEqual([len(s) for s in seeds], [1, 1, 1])
        self.assertEqual(seeds[0], {"1"})
        self.assertEqual(len(set.union(*seeds)), 3)

    def check_row(self, run, row):
        used = self.used(run, row["id"])
        self.assertEqual(row["repeats"], len(used))
        self.assertEqual(bool(row["repeats_left_out"]), len(used) < 3)
        for key in ("published", "delivered", "missed", "deliveries"):
            self.assertEqual(row[key], sum(m[key] for m in used), key)
        self.assertEqual(row["handshakes"]["client"], sum(m["handshakes"]["client"] for m in used))
        self.assertEqual(row["latency_us"]["count"], row["delivered"])
        mean = sum(m["requests_per_client_s"] for m in used) / len(used)
        self.assertAlmostEqual(row["requests_per_client_s"], mean, delta=1e-5 * mean + 1e-9)
        interval = row["ci95"]["requests_per_client_s"]
        self.assertLessEqual(interval["low"], row["requests_per_client_s"])
        self.assertGreaterEqual(interval["high"], row["requests_per_client_s"])

    def check_log(self, run, row):
        """What HdrHistogram's own reader finds in the log is what the summary says."""
        path = self.out / "latest" / f"latency-{row['id']}.hlog"
        text = path.read_text()
        lines = [line.removeprefix("#left out: ").split(",") for line in text.splitlines()
                 if "HIST" in line]
        self.assertEqual([tag for tag, *_ in lines], [f"Tag={row['id']}:{n}" for n in (1, 2, 3)])
        starts = [float(start) for _, start, *_ in lines]
        self.assertEqual(starts, sorted(starts))
        self.assertGreater(starts[1], 0.3)  # a window after the first began
        theirs = json.loads(self.run_peer(path))
        self.assertEqual(theirs["tags"], [line.split(",")[0].removeprefix("Tag=")
                                          for line in text.splitlines() if line.startswith("Tag=")])
        for ours, name in (("count", "count"), ("p50", "p50"), ("max", "max")):
            self.assertEqual(theirs[name], row["latency_us"][ours], (row["id"], name))

    def run_peer(self, path):
        program = self.node("check_hlog.mjs", path)
        program.wait(30)
        self.assertEqual(program.process.returncode, 0, program.describe())
        return program.stdout()

    def test_repeats_are_interleaved_and_make_one_row_each(self):
        program = self.run_scenario("--repeat", "3")
        run = self.latest()
        self.assertEqual((run["complete"], len(run["repeats"])), (True, 9))
        self.check_order(run)
        self.check_seeds(run)
        self.assertEqual([row["id"] for row in run["rows"]], IDS)
        for row in run["rows"]:
            with self.subTest(row["id"]):
                self.check_row(run, row)
                self.check_log(run, row)
        self.assertIn("3 × 0.3 s window", program.stdout())
        self.assertEqual(list((self.out / "latest").glob("*~*")), [], "files of single repeats")
        self.assertEqual(self.run_to_its_end("table", self.out / "latest").stdout().strip(),
                         program.stdout().split("\n\nresults:")[0].strip())
        first = self.order(run)
        self.run_scenario("--repeat", "3", "--duration", "0.1")
        self.assertEqual(self.order(self.latest()), first, "the same seed, the same order")

    def test_given_is_the_order_of_the_scenario(self):
        self.run_scenario("--duration", "0.1", path=self.scenario(repeat=2, order="given"))
        run = self.latest()
        self.assertEqual(run["order"]["kind"], "given")
        self.assertEqual(self.order(run), [(name, k) for k in (1, 2) for name in IDS])

    def test_a_row_measured_once_is_as_it_was(self):
        self.run_scenario("--duration", "0.1")
        run = self.latest()
        self.assertNotIn("repeats", run)
        self.assertEqual([row["id"] for row in run["rows"]], IDS)
        self.assertEqual(sorted(row["position"] for row in run["rows"]), [1, 2, 3])
        for row in run["rows"]:
            self.assertNotIn("ci95", row)

    def saved(self):
        """run.json while the run is under way."""
        for path in self.out.glob(".tmp-*/run.json"):
            try:
                return json.loads(path.read_text())
            except (OSError, ValueError):
                return None
        return None

    def test_ctrl_c_keeps_the_finished_repeats(self):
        program = self.pushlab("run", self.scenario(), "--out", self.out, "--no-charts",
                               "--repeat", "5")
        wait_until(lambda: (run := self.saved()) and len(run["repeats"]) >= 4, "four measurements")
        program.signal(signal.SIGINT)
        self.assertEqual(program.wait(30), 1, program.describe())
        self.assert_no_process_left()
        run = self.newest()
        done = len(run["repeats"])
        self.assertEqual((run["complete"], run["interrupted"]), (False, True))
        self.assertGreaterEqual(done, 4)
        self.assertLess(done, 15)
        self.assertIn(f"interrupted: {done} of 15 measurements made", program.stderr())
        for row in run["rows"]:
            n = len([m for m in run["repeats"] if m["id"] == row["id"]])
            self.assertEqual(f"measured {n} of 5 times" in row["notes"], n < 5, row["notes"])
        self.assertEqual(sum(len(self.used(run, name)) for name in IDS),
                         sum(row["repeats"] for row in run["rows"]))
        self.assertEqual(list(self.folders()[-1].glob("*~*")), [])

    def test_progress_says_which_repeat_it_is_and_how_long_all_will_take(self):
        said = self.run_on_a_terminal("--repeat", "2", "--rows", "sse,websocket")
        self.assertRegex(said.decode(), r"\[4 of 4(, about \d+ s left)?\] \w+, repeat 2 of 2: ")
        self.assertRegex(said.decode(), r"\[3 of 4, about \d+ s left\] \w+, repeat 2 of 2: ")

    def test_what_is_not_accepted_is_named(self):
        for words, named in ((("--repeat", "0"), "--repeat"), (("--repeat", "101"), "1 to 100"),
                             (("--repeat", "2.5"), "--repeat"), (("--order", "sideways"), "given")):
            with self.subTest(words):
                self.assertIn(named, self.one_line(self.run_scenario(*words, exit_code=2)))

    @unittest.skipUnless(OWN_NETWORK, "needs a network namespace of its own")
    def test_packets_of_each_repeat_are_kept(self):
        self.run_scenario("--repeat", "2", "--pcap", "--link", "rtt=2ms", "--rows", "sse",
                          "--duration", "0.1")
        run = self.latest()
        if not run["link"].startswith("rtt"):
            self.skipTest("no emulated link here")
        self.assertEqual(sorted(p.name for p in (self.out / "latest").glob("*.pcapng")),
                         ["wire-sse.pcapng", "wire-sse~2.pcapng"])
        self.assertNotEqual(run["repeats"][0]["seed"], run["repeats"][1]["seed"])
        self.assertEqual(run["rows"][0]["handshakes"]["wire"], 3 * run["rows"][0]["repeats"])


if __name__ == "__main__":
    unittest.main()
