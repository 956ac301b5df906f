"""Are the figures of pushlab-client right? A known delay must appear in the latency; in a scripted run
every count must be exactly that of the script; and independent counts (the server, the kernel,
hdr-histogram-js) must agree."""

import csv
import json
import pathlib
import signal
import subprocess
import threading
import time
import unittest

from harness import BIN, HERE, OWN_NETWORK, ClientCase, has_program, retried, wait_until
from test_heads import Relay

ENDLESS = ("stream", "sse", "websocket")
TRANSPORTS = ("short-poll", "long-poll", *ENDLESS)


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Delay(ClientCase):
    DELAY_US = 50000

    def latencies(self, transport, *server_options):
        """Return (p50 of the JSON, every latency of the timeline), in microseconds."""
        server = self.server("--rate", "50", *server_options)
        path = self.temp_dir() / "timeline.csv"
        result = self.measure(transport, server.url, "--clients", "2", "--warmup", "0.2",
                              "--duration", "1", "--timeline", path, "--timeline-clients", "2")
        self.assert_complete(result, 2)
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
        column = next(name for name in rows[0] if "latency" in name)
        self.assertIn("_us", column)
        self.assertEqual(len(rows), result["delivered"])
        return result["latency_us"], [float(row[column]) for row in rows]

    @retried
    def check(self, transport):
        plain, _ = self.latencies(transport)
        delayed, each = self.latencies(transport, "--test-delay", "50")
        self.assertGreaterEqual(min(each), self.DELAY_US, "never earlier than the delay")
        self.assertLess(abs(delayed["p50"] - plain["p50"] - self.DELAY_US), 1000,
                        (plain, delayed))
        # The summary and the raw values agree to 3 significant digits.
        middle = sorted(each)[(len(each) + 1) // 2 - 1]
        self.assertLess(abs(delayed["p50"] / middle - 1), 0.002)
        self.assertLess(abs(delayed["mean"] / (sum(each) / len(each)) - 1), 0.002)

    def test_a_known_delay_appears_in_the_latency_of_websocket(self):
        self.check("websocket")

    def test_a_known_delay_appears_in_the_latency_of_sse(self):
        self.check("sse")

    def test_a_known_delay_appears_in_the_latency_of_the_stream(self):
        self.check("stream")

    def test_a_known_delay_appears_in_the_latency_of_long_polling(self):
        self.check("long-poll")


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Script(ClientCase):
    def begin(self, transport, *options):
        server = self.server("--source", "none")
        server.stats()  # connects now, because the kernel counts this one, too
        client = self.client(transport, server.url, "--json", "--progress-fd", "2", *options)
        return server, client

    def wait_for_phase(self, client, phase):
        wait_until(lambda: f'"phase":"{phase}"' in client.stderr() or not client.running(),
                   f"phase {phase}: {client.describe()}")

    def result(self, client):
        self.assertEqual(client.wait(), 0, client.describe())
        return json.loads(client.lines()[0])

    def assert_counts_agree(self, result):
        """Compare the driver's connects, the server's accepts and the kernel's SYNs; and requests."""
        t = result["server_stats"]["end"]["transports"][result["transport"]]
        self.assertEqual(t["accepted"], result["whole"]["connects"])
        self.assertEqual(t["requests"], result["whole"]["requests"])
        self.assertEqual(t["empty_responses"], result["whole"]["empty_responses"])
        self.assertEqual(sum(t["bytes_in"].values()), result["whole"]["bytes_out"])
        if OWN_NETWORK:
            self.assertEqual(result["kernel"]["tcp_active_opens"], result["whole"]["connects"])

    def short_polls(self, connection, connects_in_window):
        """10 polls, 3 updates, each published right after a poll: 7 are empty."""
        server, client = self.begin("short-poll", "--interval", "200ms", "--warmup", "0.2",
                                    "--duration", "2", "--connection", connection)
        self.wait_for_phase(client, "measure")
        for i in range(3):
            before = server.transport("short-poll")["requests"]
            server.wait_for(lambda s: s["transports"]["short-poll"]["requests"] > before, "a poll")
            server.publish(i)
        result = self.result(client)
        window = result["window"]
        self.assertEqual((window["requests"], window["responses"], window["empty_responses"],
                          window["deliveries"], window["failed_responses"]), (10, 10, 7, 3, 0))
        self.assertEqual((result["published"], result["delivered"], result["missed"],
                          result["adds_up"]), (3, 3, 0, True))
        self.assertEqual(window["connects"], connects_in_window)
        self.assertEqual(result["whole"]["connects"],
                         1 if connection == "keep-alive" else result["whole"]["requests"])
        self.assert_counts_agree(result)

    @retried
    def test_of_ten_short_polls_for_three_updates_seven_are_empty(self):
        self.short_polls("keep-alive", 0)

    @retried
    def test_ten_short_polls_with_a_connection_each_are_ten_handshakes(self):
        self.short_polls("close", 10)

    def long_polls(self, connection):
        """n updates, n + 1 requests: the last request is held when the run ends."""
        server, client = self.begin("long-poll", "--warmup", "0.2", "--duration", "1.5",
                                    "--connection", connection)

        def publish_to_the_held(n):
            server.wait_for(lambda s: s["history"]["subscribers"] == 1
                            and s["transports"]["long-poll"]["requests"] == n, f"request {n}")
            server.publish(n)

        publish_to_the_held(1)  # a held request gives no cursor: the first response does
        self.wait_for_phase(client, "measure")
        for n in range(2, 8):
            publish_to_the_held(n)
        result = self.result(client)
        window, whole = result["window"], result["whole"]
        self.assertEqual((whole["requests"], whole["responses"], whole["empty_responses"],
                          whole["deliveries"]), (8, 7, 0, 7))
        self.assertEqual((window["requests"], window["deliveries"]), (6, 6))
        self.assertEqual((result["published"], result["delivered"], result["adds_up"]), (6, 6, True))
        self.assertEqual(whole["connects"], 1 if connection == "keep-alive" else 8)
        self.assertEqual(window["connects"], 0 if connection == "keep-alive" else 6)
        self.assert_counts_agree(result)

    @retried
    def test_n_updates_take_n_plus_1_long_polls(self):
        self.long_polls("keep-alive")

    @retried
    def test_n_updates_take_n_plus_1_connections_when_each_is_closed(self):
        self.long_polls("close")

    def stream(self, transport):
        """Any number of updates: one request, one connection."""
        server, client = self.begin(transport, "--warmup", "0.2", "--duration", "1")
        self.wait_for_phase(client, "measure")
        for n in range(6):
            server.publish(n)
        result = self.result(client)
        window, whole = result["window"], result["whole"]
        self.assertEqual((whole["requests"], whole["responses"], whole["connects"],
                          whole["reconnects"], whole["deliveries"]), (1, 1, 1, 0, 6))
        self.assertEqual((window["requests"], window["connects"], window["deliveries"]), (0, 0, 6))
        self.assertEqual((result["published"], result["delivered"], result["adds_up"]), (6, 6, True))
        self.assert_counts_agree(result)
        # Bytes: the client received what the server sent in the window.
        stats = result["server_stats"]
        sent = {kind: stats["window_end"]["transports"][transport]["bytes_out"][kind]
                - stats["window_start"]["transports"][transport]["bytes_out"][kind]
                for kind in ("payload", "framing")}
        self.assertEqual(sent, {"payload": window["payload_bytes_in"],
                                "framing": window["framing_bytes_in"]})

    @retried
    def test_a_stream_is_one_request_for_all(self):
        self.stream("stream")

    @retried
    def test_an_event_stream_is_one_request_for_all(self):
        self.stream("sse")

    @retried
    def test_a_websocket_is_one_request_for_all(self):
        self.stream("websocket")

    @retried
    def test_the_sums_and_the_independent_counts_agree_for_many_clients(self):
        for transport in TRANSPORTS:
            for connection in ("keep-alive", "close") if "poll" in transport else ("keep-alive",):
                with self.subTest(transport=transport, connection=connection):
                    server = self.server("--rate", "50")
                    result = self.measure(transport, server.url, "--clients", "20", "--interval",
                                          "100ms", "--warmup", "0.3", "--duration", "1",
                                          "--connection", connection)
                    self.assert_complete(result, 20)
                    self.assertTrue(45 <= result["published"] <= 55)
                    self.assert_counts_agree(result)
                    window = result["window"]
                    if transport == "short-poll":
                        self.assertEqual(result["request_late_us"]["count"], 200)  # due
                        self.assertAlmostEqual(window["requests"], 200, delta=20)
                    if connection == "close":  # a client may connect before a border, ask after it
                        self.assertAlmostEqual(window["connects"], window["requests"], delta=20)
                    elif transport != "short-poll":
                        self.assertEqual(window["connects"], 0)


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Meaning(ClientCase):
    def test_updates_that_left_the_ring_are_missed_not_lost(self):
        server = self.server("--rate", "100", "--history", "4")
        result = self.measure("short-poll", server.url, "--clients", "3", "--interval", "200ms",
                              "--warmup", "0.3", "--duration", "1")
        self.assertTrue(result["adds_up"])
        self.assertGreater(result["missed"], 100)
        self.assertEqual(result["delivered"] + result["missed"] + result["late"],
                         result["published"] * 3)

    @retried
    def test_updates_still_on_their_way_when_the_drain_ends_are_late(self):
        server = self.server("--rate", "100", "--test-delay", "400")
        result = self.measure("sse", server.url, "--clients", "2", "--warmup", "0.2", "--duration",
                              "1", "--drain", "0.1")
        self.assertTrue(result["adds_up"])
        self.assertTrue(2 * 20 < result["late"] < 2 * 40, result["late"])
        self.assertEqual(result["delivered"] + result["late"], result["published"] * 2)

    def test_the_drain_waits_for_the_windows_last_update(self):
        server = self.server("--rate", "100", "--test-delay", "400")
        result = self.measure("sse", server.url, "--warmup", "0.2", "--duration", "0.5",
                              "--drain", "10")
        self.assert_complete(result, 1)
        self.assertTrue(300 < result["phases"]["drain_ms"] < 10000)

    @retried
    def test_the_age_of_a_push_is_half_a_gap_and_of_a_poll_half_an_interval_more(self):
        """Kaul, Yates and Gruteser: a saw tooth from the latency up to latency + gap."""
        server = self.server("--rate", "10")
        push = self.measure("websocket", server.url, "--warmup", "0.3", "--duration", "2")
        poll = self.measure("short-poll", server.url, "--warmup", "0.5", "--duration", "2",
                            "--clients", "20", "--interval", "200ms")
        self.assertLess(abs(push["age_us"]["mean"] - 50000), 10000)
        self.assertLess(abs(push["age_us"]["peak"] - 100000), 10000)
        self.assertLess(abs(poll["age_us"]["mean"] - 150000), 25000)
        self.assertLess(abs(poll["latency_us"]["mean"] - 100000), 25000)

    @retried
    def test_phases_last_as_long_as_requested(self):
        server = self.server("--rate", "50")
        result = self.measure("sse", server.url, "--warmup", "0.4", "--duration", "0.7")
        self.assertEqual(result["window_end_ns"] - result["window_start_ns"], 700000000)
        self.assertLess(abs(result["phases"]["warmup_ms"] - 400), 1)
        self.assertLess(result["phases"]["drain_ms"], 300)

    @retried
    def test_the_same_seed_polls_at_the_same_phases(self):
        """Poll phases are spread over the interval: no two of ten clients in the same tenth."""
        server = self.server("--source", "none")
        result = self.measure("short-poll", server.url, "--clients", "10", "--interval", "100ms",
                              "--warmup", "0.1", "--duration", "1", "--seed", "5")
        self.assertAlmostEqual(result["window"]["requests"], 100, delta=10)  # one each at a border
        self.assertEqual(result["seed"], 5)
        self.assertEqual(result["request_late_us"]["count"], 100)

    def come_back(self, *options):
        """When each of 20 clients' second long polls arrived, after all first ones were answered by one
        update; in milliseconds."""
        server = self.server("--source", "none")
        relay = Relay(server)
        self.addCleanup(relay.close)
        client = self.client("long-poll", relay.url, "--json", "--clients", "20", "--warmup", "0.5",
                             "--duration", "1.5", *options)
        server.wait_for_subscribers(20)
        start_s = time.monotonic()
        server.publish(1)
        server.wait_for(lambda s: s["transports"]["long-poll"]["requests"] == 40,
                        "all have come back")
        self.assertEqual(client.wait(), 0, client.describe())
        self.assertNotIn("Sanitizer", client.stderr())
        control, *clients = relay.arrivals
        self.assertEqual((control[0] < start_s, len(clients)), (True, 20))
        return [(second_s - start_s) * 1e3 for _, second_s, *_ in clients]

    @retried
    def test_long_polls_that_were_answered_together_come_back_apart_and_by_seed(self):
        jitter = ("--poll-jitter", "500ms")
        first, again, other = (self.come_back(*jitter, "--seed", seed) for seed in ("5", "5", "6"))
        for times in (first, other):
            self.assertGreater(max(times) - min(times), 300)
            self.assertLess(max(times), 600)
            for half in (min(times), 300), (250, max(times)):  # and not in two groups
                self.assertGreaterEqual(sum(half[0] <= at <= half[1] for at in times), 5)
        self.assertLess(max(abs(a - b) for a, b in zip(first, again)), 60)
        self.assertGreater(max(abs(a - b) for a, b in zip(first, other)), 150)
        together = self.come_back()
        self.assertLess(max(together) - min(together), 150)

    def test_an_independent_reader_agrees_on_the_histogram_log(self):
        server = self.server("--rate", "200")
        path = self.temp_dir() / "latency.hlog"
        result = self.measure("websocket", server.url, "--clients", "5", "--warmup", "0.2",
                              "--duration", "0.5", "--hlog", path)
        read = subprocess.run(["node", HERE / "peers" / "check_hlog.mjs", path],
                              capture_output=True, text=True, check=True)
        theirs = json.loads(read.stdout)
        for name in ("count", "min", "max", "p50", "p90", "p99", "p999"):
            self.assertEqual(theirs[name], result["latency_us"][name], name)
        self.assertLess(abs(theirs["mean"] / result["latency_us"]["mean"] - 1), 0.002)

    @unittest.skipUnless((BIN / "tests" / "test_hdr_log").exists(), "the unit tests are not built")
    def test_an_independent_reader_agrees_on_the_unit_tests_log(self):
        done = subprocess.run([HERE / "hlog_check.sh", BIN], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_progress_is_a_line_of_json_per_quarter_of_a_second(self):
        server = self.server("--rate", "50")
        client = self.client("sse", server.url, "--json", "--warmup", "0.5", "--duration", "1",
                             "--progress-fd", "2")
        self.assertEqual(client.wait(), 0)
        lines = [json.loads(line) for line in client.stderr().splitlines()]
        phases = [line["phase"] for line in lines]
        self.assertTrue(4 <= len(lines) <= 10, lines)
        self.assertEqual(phases, sorted(phases, key=["setup", "warmup", "measure", "drain"].index))
        self.assertIn("measure", phases)
        for line in lines:
            self.assertLessEqual({"phase", "left_s", "p50_us"}, set(line))

    def test_many_source_addresses_are_used_when_asked(self):
        server = self.server("--rate", "20")
        result = self.measure("websocket", server.url, "--clients", "30", "--source-addresses", "7",
                              "--warmup", "0.2", "--duration", "0.5")
        self.assert_complete(result, 30)
        self.assertEqual(result["source_addresses"], 7)

    def test_a_thousand_clients_get_everything(self):
        server = self.server("--rate", "10")
        for transport in ("websocket", "long-poll"):
            with self.subTest(transport=transport):
                result = self.measure(transport, server.url, "--clients", "1000", "--warmup", "0.5",
                                      "--duration", "1")
                self.assert_complete(result, 1000)
                self.assertEqual(result["whole"]["connects"], 1000)


class Witness(threading.Thread):
    """CPU time of a process as its scheduler counts it, read again and again from outside."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.path, self.seen, self.done = f"/proc/{pid}/schedstat", [], threading.Event()

    def run(self):
        while not self.done.wait(0.002):
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            cpu_ns = int(pathlib.Path(self.path).read_text().split()[0])
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            self.seen.append(((before + after) / 2, cpu_ns / 1000))

    def cpu_us(self, at_ns):
        """At that moment, by a line between the two readings around it."""
        i = next(i for i, (t, _) in enumerate(self.seen) if t >= at_ns)
        (t0, cpu0), (t1, cpu1) = self.seen[i - 1], self.seen[i]
        return cpu0 + (cpu1 - cpu0) * (at_ns - t0) / (t1 - t0)


def cpu_us(stats):
    return stats["process"]["cpu_user_us"] + stats["process"]["cpu_system_us"]


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Process(ClientCase):
    @retried
    def test_the_servers_cpu_is_that_of_the_window(self):
        server = self.server("--rate", "200")
        witness = Witness(server.process.pid)
        witness.start()
        result = self.measure("websocket", server.url, "--clients", "40", "--warmup", "0.5",
                              "--duration", "1")
        witness.done.set()
        witness.join()
        start, end = (result["server_stats"][name] for name in ("window_start", "window_end"))
        for name, stats in (("window_start", start), ("window_end", end)):
            late_ns = stats["time_ns"] - result[f"{name}_ns"]
            self.assertTrue(0 <= late_ns < 20e6, (name, late_ns))
        seen_us = witness.cpu_us(result["window_end_ns"]) - witness.cpu_us(result["window_start_ns"])
        span_ns = end["time_ns"] - start["time_ns"]
        window_ns = result["window_end_ns"] - result["window_start_ns"]
        told_us = (cpu_us(end) - cpu_us(start)) * window_ns / span_ns
        self.assertLess(abs(told_us / seen_us - 1), 0.1, (told_us, seen_us))

    def test_a_window_that_is_interrupted_ends_for_the_server_too(self):
        server = self.server("--rate", "50")
        client = self.client("sse", server.url, "--json", "--warmup", "0.2", "--duration", "600",
                             "--progress-fd", "2")
        wait_until(lambda: '"phase":"measure"' in client.stderr(), "the window")
        server.wait_for(lambda s: s["source"]["seq"] > 25, "some updates")
        client.signal(signal.SIGINT)
        client.wait()
        result = json.loads(client.lines()[0])
        end = result["server_stats"]["window_end"]
        self.assertGreaterEqual(end["time_ns"], result["window_end_ns"])
        self.assertEqual(end["position"]["at_ns"], result["window_end_ns"])
        self.assertTrue(result["adds_up"])
        self.assertEqual(result["last_seq"], end["position"]["seq"])

    def test_a_warm_up_that_is_interrupted_does_not_wait_for_the_window(self):
        server = self.server("--rate", "50")
        client = self.client("sse", server.url, "--json", "--warmup", "600", "--progress-fd", "2")
        wait_until(lambda: '"phase":"warmup"' in client.stderr(), "the warm-up")
        client.signal(signal.SIGINT)
        client.wait()
        stats = json.loads(client.lines()[0])["server_stats"]
        self.assertIsNone(stats["window_start"])
        self.assertIsNotNone(stats["end"])

    def test_the_first_websocket_takes_no_more_than_the_next(self):
        """OpenSSL's start takes 2 MB, before the server listens."""
        server = self.server("--source", "none")
        grown = []
        for _ in range(3):
            before = server.stats()["process"]["rss_bytes"]
            sock = self.connect(server)
            sock.sendall(b"GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\n"
                         b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            self.assertIn(b"101", sock.recv(4096))
            grown.append(server.stats()["process"]["rss_bytes"] - before)
        self.assertLess(grown[0], 700_000, grown)

    def memory(self, transport, clients):
        """The row of a run with that many clients."""
        folder = self.temp_dir()
        scenario = folder / "memory.json"
        scenario.write_text(json.dumps({
            "name": "memory", "source": {"kind": "generator", "rate_hz": 5}, "clients": clients,
            "warmup_s": 0.2, "duration_s": 0.5, "drain_s": 5, "rows": [{"transport": transport}]}))
        program = self.run_program("pushlab", "run", scenario, "--out", folder, "--no-charts")
        self.assertEqual(program.process.returncode, 0, program.describe() + program.stdout())
        return json.loads((folder / "latest" / "run.json").read_text())["rows"][0]

    @unittest.skipUnless(has_program("pushlab"), "no pushlab")
    @retried
    def test_memory_per_client_does_not_depend_on_their_number(self):
        for transport in ("websocket", "sse"):
            with self.subTest(transport=transport):
                few, many = self.memory(transport, 200), self.memory(transport, 800)
                few_each, many_each = (row["server_heap_bytes_per_client"] for row in (few, many))
                self.assertLess(abs(few_each / many_each - 1), 0.15, (few_each, many_each))
                self.assertEqual(few["server_memory"]["connections"], 200)
                self.assertIsNone(few["server_rss_bytes_per_client"])
                self.assertIsNone(few["kernel_bytes_per_connection"])
                self.assertLess(few["server_memory"]["heap_error_bytes"], few_each / 10)


if __name__ == "__main__":
    unittest.main()
