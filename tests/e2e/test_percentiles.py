"""Do percentiles rest on updates, and is what a client costs shown beside what an update costs?"""

import json
import re
import unittest

from harness import retried
from test_report import ReportCase


class FewUpdates(ReportCase):
    """75 updates to 50 clients are 3,750 deliveries, and no more than 75 updates."""

    def measure(self, rate_hz, duration_s):
        path = self.temp_dir() / "few.json"
        path.write_text(json.dumps({
            "name": "few", "source": {"kind": "generator", "rate_hz": rate_hz}, "clients": 50,
            "warmup_s": 0.2, "duration_s": duration_s, "drain_s": 2,
            "rows": [{"transport": "sse"}, {"transport": "websocket"}]}))
        self.pushlab("run", path, "--out", self.out, "--no-charts")
        run = self.calm((self.out / "latest").resolve())
        self.table = self.pushlab("table", run).stdout()
        return run, json.loads((run / "run.json").read_text())["rows"]

    def flat(self, program):
        return " ".join(re.sub(r"\[\d+\]", " ", program.stdout()).split())

    def test_what_75_updates_support_is_the_median(self):
        run, rows = self.measure(25, 3)
        for row in rows:
            self.assertAlmostEqual(row["published"], 75, delta=1)
            self.assertEqual(row["latency_us"]["count"], row["published"] * 50)
            for name in ("p90", "p99", "p999"):
                self.assertIsNone(row["latency_us"][name], name)
                self.assertGreater(row["raw"]["latency_us"][name], 0)
            for name in ("min", "p50", "max", "mean"):
                self.assertGreater(row["latency_us"][name], 0)
        head = self.table.split("\n\n")[1]
        self.assertIn("p50", head)
        self.assertNotIn("p9", head)
        columns, *lines = (run / "summary.csv").read_text().splitlines()
        for line in lines:
            self.assertEqual(dict(zip(columns.split(","), line.split(",")))["latency_p99_us"], "")
        for text in (self.pushlab("report", "--markdown", run).stdout(),
                     self.pushlab("compare", run, run).stdout()):
            self.assertNotRegex(text, r"p9[09]|99 of 100|9 of 10\b")

    def test_advice_says_what_the_updates_support(self):
        run, _ = self.measure(25, 3)
        program = self.pushlab("advise", run, "--latency", "10s", "--percentile", "99",
                               exit_code=1)
        self.assertRegex(self.flat(program), r"7[456] updates support up to p50; p99 needs 1,000 "
                                             r"\(duration_s: (39|4[01])\)")
        program = self.pushlab("advise", run, "--latency", "10s", "--figures")
        self.assertIn("asked: half of the updates within 10 s", self.flat(program))
        self.assertRegex(self.flat(program), "p50, the highest percentile that 7[456] updates")
        self.pushlab("advise", run, "--latency", "10s", "--percentile", "100")

    def test_110_updates_support_p90(self):
        run, rows = self.measure(100, 1.1)
        for row in rows:
            self.assertGreater(row["latency_us"]["p90"], 0)
            self.assertIsNone(row["latency_us"]["p99"])
        self.assertRegex(self.table, r"p50 +p90 +max")
        self.assertIn("p90", self.pushlab("compare", run, run).stdout())

    def test_an_older_run_is_read_by_the_same_rule(self):
        run, _ = self.measure(25, 3)
        document = json.loads((run / "run.json").read_text())
        for row in document["rows"]:
            row["latency_us"] = row["raw"]["latency_us"]
            del row["requests_per_client_s"], row["server_cpu_us_per_client_s"]
            self.assertGreater(row["latency_us"]["p99"], 0)
        (run / "run.json").write_text(json.dumps(document))
        self.assertEqual(self.pushlab("table", run).stdout().split("\n\n")[1:2],
                         self.table.split("\n\n")[1:2])
        self.assertIn("each second", self.pushlab("table", run).stdout())


class Cost(ReportCase):
    """One poll a second and an update every two seconds: every second poll is empty."""

    @retried
    def test_a_clients_second_and_empty_polls_are_what_the_timing_dictates(self):
        path = self.temp_dir() / "slow.json"
        path.write_text(json.dumps({
            "name": "slow", "source": {"kind": "generator", "rate_hz": 0.5}, "clients": 20,
            "warmup_s": 0.5, "duration_s": 4, "drain_s": 3, "link": "rtt=10ms",
            "rows": [{"transport": "short-poll", "interval_ms": 1000},
                     {"transport": "short-poll", "interval_ms": 100}, {"transport": "sse"}]}))
        table = self.pushlab("run", path, "--out", self.out, "--no-charts").stdout()
        rows = json.loads((self.out / "latest" / "run.json").read_text())["rows"]
        for row, polls in zip(rows, (1, 10, 0)):
            self.assertAlmostEqual(row["requests_per_client_s"], polls, delta=0.05 * polls)
            self.assertAlmostEqual(row["requests_per_update"], polls / 0.5, delta=0.1 * polls)
            self.assertAlmostEqual(row["empty_response_ratio"], 1 - 0.5 / polls if polls else 0,
                                   delta=0.03)
            window_s = row["phases"]["window_ms"] / 1e3
            self.assertAlmostEqual(
                row["wire_bytes_per_client_s"],
                (row["wire"]["tcp"]["window"]["up"]["bytes"]
                 + row["wire"]["tcp"]["window"]["down"]["bytes"]) / 20 / window_s, delta=1)
            self.assertGreater(row["server_cpu_us_per_client_s"], 0)
        # Per update polling ten times as often costs ten times as much; so it does per second.
        self.assertGreater(rows[1]["wire_bytes_per_client_s"],
                           5 * rows[0]["wire_bytes_per_client_s"])
        self.assertRegex(table, r"delivered +mean +max")  # of two updates there is no median
        self.assertRegex(table, r"short-poll@1000ms +(0\.9\d*|1\.0\d) +(49|50)[.\d]*\s%")
        self.assertRegex(table, r"short-poll@100ms +(9\.\d\d|10\.\d) +9[45][.\d]*\s%")


if __name__ == "__main__":
    unittest.main()
