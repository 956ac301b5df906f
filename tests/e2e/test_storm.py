"""Everybody comes back after a restart: at once without a window, spread with one, and nothing is lost."""

import csv
import json
import pathlib
import unittest

from test_runner import RunnerCase

SCENARIO = pathlib.Path(__file__).parent.parent.parent / "bench" / "scenarios" / "storm.json"
CLIENTS, KILLED_S, AWAY_S = 100, 0.5, 0.2


class Storm(RunnerCase):
    def test_a_window_spreads_the_first_attempts_and_all_come_back(self):
        rows = [{"id": f"{transport}+{ms}ms", "transport": transport, "reconnect": {"window_ms": ms}}
                for transport in ("sse", "websocket") for ms in (0, 1500)]
        scenario = json.loads(SCENARIO.read_text())
        scenario.update(rows=rows, clients=CLIENTS, duration_s=3, warmup_s=0.3, source={"rate_hz": 10},
                        faults=[{"kind": "server-kill", "at_s": KILLED_S, "for_s": AWAY_S}])
        path = self.temp_dir() / "storm.json"
        path.write_text(json.dumps(scenario))
        program = self.run_scenario(path=path)
        run = self.newest()
        for row in run["rows"]:
            with self.subTest(row["id"]):
                self.assertEqual((row["missed"], row["late"], row["problems"]), (0, 0, []))
                self.assertEqual(row["recovery"]["lost_connections"], CLIENTS)
                self.assertEqual(row["recovery"]["none"], 0)
                self.assertEqual(row["recovery"]["reconnect_us"]["count"], CLIENTS)
                killed_ns = row["faults"][0]["start_ns"]
                bins = [(int(line["at_ns"]) - killed_ns, int(line["detail"])) for line in self.events(row)
                        if line["event"] == "connects"]
                first = sum(n for at, n in bins if 0 <= at < 300e6)
                if row["reconnect_window_ms"] == 0:
                    self.assertGreaterEqual(first, CLIENTS)
                else:  # a fifth of the window: 20 of 100, and 60 only once in 10 ** 18 runs
                    self.assertLess(first, 0.6 * CLIENTS)
                    self.assertLess(row["recovery"]["connects_peak_per_s"], 0.5 * CLIENTS * 10)
        for transport, label in (("sse", "Server-sent events"), ("websocket", "WebSocket")):
            if any(row["disturbed"] for row in run["rows"] if row["transport"] == transport):
                continue  # a busy machine: nothing can be said
            self.assertRegex(program.stdout(), label + r":\s(the best|no|even)[^.]*\swindow\s")

    def events(self, row):
        folder = self.folders()[-1]
        with open(folder / f"recovery-{row['id']}.csv", encoding="ascii", newline="") as file:
            return list(csv.DictReader(file))


if __name__ == "__main__":
    unittest.main()
