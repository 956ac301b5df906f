"""Does a server that is stopped show in what is measured: in the latency, in how late updates were
published, in how many were published of those that were due, and in what a run says of itself?"""

import json
import os
import signal
import time
import unittest

from harness import ClientCase, has_program, wait_until
from test_readback import ratio
from test_runner import RunnerCase

RATE_HZ, WINDOW_S = 50, 4
SLACK_S = 0.05   # two periods: the first update that is late was due a little after the stop
BUSY_S = 1.0     # what a busy machine may add


def stop_for(pid, seconds):
    """Stop a process; return for how long, at least."""
    os.kill(pid, signal.SIGSTOP)
    begin = time.monotonic()
    wait_until(lambda: time.monotonic() >= begin + seconds, "the end of a stop")
    stopped_s = time.monotonic() - begin
    os.kill(pid, signal.SIGCONT)
    return stopped_s


def growth(result, counter):
    stats = result["server_stats"]
    return stats["window_end"]["source"][counter] - stats["window_start"]["source"][counter]


def late_counts(result, moment):
    return dict(map(tuple, result["server_stats"][moment]["source"]["publish_late_counts"]))


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Stopped(ClientCase):
    def measure_stopped(self, transport, seconds, *server_options, left_s=WINDOW_S):
        """Stop the server in the window, when at most left_s are left of it; return the result and
        for how long it was stopped."""
        server = self.server("--rate", str(RATE_HZ), *server_options)
        client = self.client(transport, server.url, "--clients", "2", "--interval", "100ms",
                             "--warmup", "0.2", "--duration", str(WINDOW_S), "--json",
                             "--progress-fd", "2")

        def measuring():
            lines = [json.loads(line) for line in client.stderr().splitlines()]
            return any(line["phase"] == "measure" and line["left_s"] <= left_s for line in lines)

        wait_until(measuring, "the window")
        stopped_s = stop_for(server.process.pid, seconds)
        self.assertEqual(client.wait(60), 0, client.describe())
        return json.loads(client.lines()[0]), stopped_s

    def assert_shows(self, transport):
        result, stopped_s = self.measure_stopped(transport, 0.8)
        self.assertTrue(result["adds_up"])
        self.assertEqual(result["delivered"], 2 * result["published"])
        latency_s = {name: value / 1e6 for name, value in result["latency_us"].items()
                     if name != "hdr"}
        self.assertGreater(latency_s["max"], stopped_s - SLACK_S)
        self.assertLess(latency_s["max"], stopped_s + BUSY_S)
        # Updates were due all the time, so a tenth of the window waited for all but so long.
        self.assertGreater(latency_s["p90"], stopped_s - WINDOW_S / 10 - SLACK_S)
        self.assertGreater(result["age_us"]["max"] / 1e6, stopped_s - SLACK_S)
        if growth(result, "stalled_ms") == 0:  # the machine did not add to the stop
            self.assertEqual(result["published"], RATE_HZ * WINDOW_S)
        self.assertEqual(growth(result, "due"), RATE_HZ * WINDOW_S)
        late = late_counts(result, "window_end")
        self.assertGreater(max(late) / 1e6, stopped_s - SLACK_S)
        before = sum(late_counts(result, "window_start").values())
        self.assertEqual(sum(late.values()) - before, result["published"])

    def test_a_stop_of_the_server_is_in_the_latency_of_server_sent_events(self):
        self.assert_shows("sse")

    def test_a_stop_of_the_server_is_in_the_latency_of_the_stream(self):
        self.assert_shows("stream")

    def test_a_stop_of_the_server_is_in_the_latency_of_websocket(self):
        self.assert_shows("websocket")

    def test_a_stop_of_the_server_is_in_the_latency_of_long_polling(self):
        self.assert_shows("long-poll")

    def test_a_stop_of_the_server_is_in_the_latency_of_short_polling(self):
        self.assert_shows("short-poll")

    def test_what_a_long_stop_leaves_out_was_due(self):
        for transport in ("websocket", "long-poll"):
            with self.subTest(transport):
                result, stopped_s = self.measure_stopped(transport, 2)
                self.assertTrue(result["adds_up"])
                self.assertLess(abs(growth(result, "due") - RATE_HZ * WINDOW_S), 3)
                left_out = growth(result, "due") - result["published"]
                self.assertLess(abs(left_out - stopped_s * RATE_HZ), 10)
                self.assertGreater(growth(result, "stalled_ms") / 1e3, stopped_s - SLACK_S)
                # One was published that had been due from the beginning.
                self.assertGreater(result["latency_us"]["max"] / 1e6, stopped_s - SLACK_S)

    def test_what_is_published_after_the_window_was_not_published_in_it(self):
        result, _ = self.measure_stopped("sse", 0.9, left_s=0.6)
        self.assertTrue(result["adds_up"])
        self.assertLess(growth(result, "published"), growth(result, "due") - 5)

    def test_the_time_of_publication_can_be_had_instead(self):
        result, stopped_s = self.measure_stopped("sse", 0.8, "--stamp", "published")
        self.assertTrue(result["adds_up"])
        self.assertLess(result["latency_us"]["p90"] / 1e6, stopped_s - WINDOW_S / 10 - SLACK_S)
        self.assertGreater(max(late_counts(result, "window_end")) / 1e6, stopped_s - SLACK_S)


class Run(RunnerCase):
    def run_stopped(self, seconds):
        """Run one row, whose server is stopped in the window; return the row, the program and for
        how long."""
        path = self.scenario(source={"kind": "generator", "rate_hz": RATE_HZ}, warmup_s=0.5,
                             duration_s=WINDOW_S, rows=[{"transport": "sse"}])
        program = self.pushlab("run", path, "--out", self.out, "--no-charts")
        server = wait_until(lambda: self.started_by_us("pushlab-server") and
                            self.started_by_us("pushlab-client") and
                            self.started_by_us("pushlab-server")[0], "the row")
        begun = time.monotonic() + 1.5  # its set-up and warm-up are over
        wait_until(lambda: time.monotonic() > begun, "the window")
        stopped_s = stop_for(server, seconds)
        self.assertEqual(program.wait(60), 0, program.describe())
        return self.latest()["rows"][0], program, stopped_s

    def test_a_row_whose_server_could_not_keep_up_says_so(self):
        row, program, stopped_s = self.run_stopped(2)
        self.assertEqual(row["problems"], [])
        self.assertLess(abs(row["intended"] - RATE_HZ * WINDOW_S), 3)
        self.assertLess(abs(row["intended"] - row["published"] - stopped_s * RATE_HZ), 10)
        self.assertLess(abs(row["achieved_rate_hz"] - row["published"] / WINDOW_S), 1)
        self.assertEqual(row["publish_late_us"]["count"], row["published"])
        self.assertGreater(row["publish_late_us"]["max"] / 1e6, stopped_s - SLACK_S)
        self.assertGreater(row["whole_run"]["publish_late_us"]["count"],
                           row["publish_late_us"]["count"])
        told = "\n".join(row["disturbed"])
        self.assertIn("was stopped or could not keep up: its schedule moved by ", told)
        self.assertIn(f"of the {row['intended']} updates that were due", told)
        self.assertIn("sse is disturbed: ", program.stderr())
        achieved = ratio(row["achieved_rate_hz"])
        self.assertIn(f"{RATE_HZ} updates/s of 128 bytes, fixed · achieved: {achieved} updates/s · ",
                      " ".join(program.stdout().split()))
        report = self.run_to_its_end("report", self.out / "latest", "--markdown").stdout().replace("**", "")
        self.assertIn(f"{achieved} updates a second were achieved", report)

    def test_a_row_whose_server_stood_still_for_less_than_a_second_says_so(self):
        row, _, stopped_s = self.run_stopped(0.8)
        self.assertGreater(row["latency_us"]["max"] / 1e6, stopped_s - SLACK_S)
        self.assertGreater(row["publish_late_us"]["max"] / 1e6, stopped_s - SLACK_S)
        self.assertTrue(row["disturbed"])


if __name__ == "__main__":
    unittest.main()
