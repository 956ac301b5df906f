"""Are the figures of a run over the emulated link right? Latency is compared with the link's delay, and
every count with independent counts: both ends, the kernel, tshark.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import BIN, DEADLINE_S, HERE, SANITIZERS, Program, has_program, retried
from test_runner import CHARTS, RunnerCase

sys.path.append(str(HERE.parent.parent / "bench" / "self"))
from truth import show_both_ends  # noqa: E402, F401 (for test_explain as well)

LINKS = HERE.parent.parent / "bench" / "link" / "profiles"

ONE_WAY_US = 25_000
RESOLUTION_US = 16  # of the histogram, which rounds down
TOLERANCE_US = 6_000  # of the median, on a busy machine
# 83 ms between updates: a long poll is back after a round trip (50 ms), one that must connect
# first after two, so it is late for most.
SCENARIO = {
    "name": "wire", "source": {"kind": "generator", "rate_hz": 12}, "clients": 3, "warmup_s": 0.4,
    "duration_s": 2, "drain_s": 3, "link": "rtt=50ms",
    "rows": [{"transport": "long-poll", "connection": "close"}, {"transport": "long-poll"},
             {"transport": "sse"}, {"transport": "websocket"}],
}
CLIENT, SERVER = "10.77.0.1", "10.77.0.2"


def why_not_permitted():
    """None if the link works, else the reason why not."""
    if not has_program("pushlab-link") or not has_program("pushlab"):
        return "no pushlab-link"
    done = subprocess.run([BIN / "pushlab-link", "--link", "rtt=0", "--quiet", "--", "true"],
                          capture_output=True, text=True, timeout=DEADLINE_S,
                          env={**os.environ, **SANITIZERS})
    return done.stderr.strip() if done.returncode != 0 else None


WHY_NOT = why_not_permitted()


def both_ways(flows, counter):
    return flows["up"][counter] + flows["down"][counter]


def analysis_flags(path):
    """What Wireshark's analysis of TCP complains of: retransmissions, duplicate ACKs, lost segments..."""
    done = subprocess.run(["tshark", "-r", path, "-Y", "tcp.analysis.flags"], capture_output=True,
                          text=True, check=True)
    return done.stdout.splitlines()


class Capture:
    """A row's packets as seen at the client's end, read by tshark."""

    def __init__(self, folder, row):
        self.path = pathlib.Path(folder) / f"wire-{row['id']}.pcapng"
        self.port = row["raw"]["url"].rpartition(":")[2]

    def fields(self, display_filter, *fields):
        words = [word for field in fields for word in ("-e", field)]
        done = subprocess.run(["tshark", "-r", self.path, "-d", f"tcp.port=={self.port},http", "-Y",
                               display_filter, "-T", "fields", "-E", "separator=|", *words],
                              capture_output=True, text=True, check=True)
        return [line.split("|") for line in done.stdout.splitlines()]

    def streams(self, display_filter):
        return {stream for stream, in self.fields(display_filter, "tcp.stream")}


@unittest.skipIf(WHY_NOT, WHY_NOT)
class OverALink(RunnerCase):
    """One run, checked in many ways."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pushlab-e2e-")
        cls.addClassCleanup(folder.cleanup)
        scenario = pathlib.Path(folder.name) / "wire.json"
        scenario.write_text(json.dumps(SCENARIO))
        cls.program = Program([BIN / "pushlab", "run", scenario, "--out", folder.name, "--pcap",
                               "--no-charts"], env={"PUSHLAB_CHARTS": str(CHARTS)})
        cls.addClassCleanup(cls.program.close)
        cls.addClassCleanup(cls.program.end)
        cls.exit_code = cls.program.wait(120)
        cls.folder = pathlib.Path(folder.name) / "latest"
        cls.measured = json.loads((cls.folder / "run.json").read_text())
        cls.rows = {row["id"]: row for row in cls.measured["rows"]}

    def test_all_independent_counts_agree_and_the_run_is_complete(self):
        self.assertEqual(self.exit_code, 0, self.program.describe())
        self.assertNotIn("Sanitizer", self.program.stderr())
        self.assertEqual(len(self.rows), 4)
        self.assertTrue(self.measured["complete"])
        self.assertEqual(self.measured["link"], "rtt=50ms")
        self.assertEqual(self.measured["link_details"]["rtt_ms"], 50)
        self.assertIn("link: rtt=50ms", self.program.stdout())
        for name, row in self.rows.items():
            with self.subTest(row=name):
                self.assertEqual((row["problems"], row["wire"]["own_drops"]), ([], 0))

    def test_each_row_has_losses_of_its_own(self):
        seeds = [row["seed"] for row in self.measured["rows"]]
        self.assertEqual(seeds, [row["wire"]["seed"] for row in self.measured["rows"]])
        self.assertEqual(len(set(seeds)), len(seeds))

    def test_the_forwarder_has_a_core_and_an_account_of_its_own(self):
        cores = self.measured["environment"]["pinned_cores"]
        allowed = sorted(os.sched_getaffinity(0))[:3]
        if len(allowed) > 1:
            self.assertEqual((cores["server"], cores["client"]), tuple(allowed[:2]))
            self.assertEqual(cores["forwarder"], allowed[-1])
        for name, row in self.rows.items():
            with self.subTest(row=name):
                used = row["wire"]["forwarder"]["window"]
                self.assertGreater(used["cpu_us"], 0)
                self.assertLess(used["cpu_us"], row["wire"]["forwarder"]["cpu_us"])
                forwarder = used["cpu_us"] / row["deliveries"]
                self.assertAlmostEqual(row["forwarder_cpu_us_per_update"], forwarder, places=2)
                self.assertAlmostEqual(row["total_cpu_us_per_update"],
                                       row["server_cpu_us_per_update"] +
                                       row["client_cpu_us_per_update"] + forwarder, places=2)
                late, queued = row["wire"]["late_us"], row["wire"]["queued_us"]
                self.assertGreaterEqual(late["max"], late["p99"])
                self.assertGreater(queued["p50"], 0)

    def test_no_update_is_faster_than_half_a_round_trip(self):
        for name, row in self.rows.items():
            with self.subTest(row=name):
                self.assertGreaterEqual(row["latency_us"]["min"], ONE_WAY_US - RESOLUTION_US)

    def test_pushed_updates_take_half_a_round_trip_and_no_more(self):
        for name in ("long-poll", "sse", "websocket"):
            with self.subTest(row=name):
                if self.rows[name]["disturbed"]:
                    self.skipTest("; ".join(self.rows[name]["disturbed"]))
                self.assertLessEqual(self.rows[name]["latency_us"]["p50"],
                                     ONE_WAY_US + TOLERANCE_US)

    def test_a_long_poll_that_must_connect_first_is_late_for_most(self):
        p50 = self.rows["long-poll+close"]["latency_us"]["p50"]
        self.assertGreater(p50, ONE_WAY_US + 15_000)
        self.assertLess(p50, ONE_WAY_US + 100_000)

    def test_four_independent_counts_of_handshakes_agree(self):
        for name, row in self.rows.items():
            with self.subTest(row=name):
                seen, abandoned = row["handshakes"], row["raw"]["whole"]["connects_abandoned"]
                self.assertEqual(seen["client"], seen["server"])
                self.assertEqual(seen["client"], seen["wire"])
                # The kernel counts attempts, including the one that the end of the row interrupted.
                self.assertEqual(seen["client"] + abandoned, seen["kernel"])
                self.assertEqual(row["wire"]["tcp"]["connections"], seen["kernel"])
                if name != "long-poll+close":
                    self.assertEqual((seen["client"], abandoned), (SCENARIO["clients"], 0))
        self.assertGreater(self.rows["long-poll+close"]["handshakes"]["wire"], 30)

    def test_what_tcp_carried_is_what_both_ends_wrote_and_read(self):
        """Over the whole run: bytes up are those that the clients wrote and the server read; bytes down
        those that the server wrote, and the clients read, except what the end of a row cut off. A
        WebSocket's closing handshake cuts nothing off."""
        for name, row in self.rows.items():
            with self.subTest(row=name):
                tcp, whole = row["wire"]["tcp"], row["raw"]["whole"]
                server = row["raw"]["server_stats"]["end"]["transports"][row["transport"]]
                up, down = (tcp[way]["payload_bytes"] - tcp[way]["retransmitted_bytes"]
                            for way in ("up", "down"))
                read = whole["payload_bytes_in"] + whole["framing_bytes_in"]
                self.assertEqual(up, whole["bytes_out"])
                self.assertEqual(up, sum(server["bytes_in"].values()))
                self.assertEqual(down, sum(server["bytes_out"].values()))
                if name == "websocket":
                    self.assertEqual(down, read)
                    self.assertEqual(up + down, read + whole["bytes_out"])
                self.assertGreaterEqual(down, read)

    def test_ratios_are_the_counters_divided_by_the_deliveries(self):
        for name, row in self.rows.items():
            with self.subTest(row=name):
                for ratios, flows in ((row, row["wire"]["tcp"]["window"]),
                                      (row["whole_run"], row["wire"]["tcp"])):
                    updates, size = ratios["deliveries"], ratios["bytes_per_update"]
                    wire, acks = both_ways(flows, "bytes"), both_ways(flows, "pure_ack_bytes")
                    headers = wire - acks - both_ways(flows, "payload_bytes")
                    for part, total in (("wire", wire), ("wire_acks", acks),
                                        ("wire_headers", headers)):
                        self.assertAlmostEqual(size[part], total / updates, delta=1e-2)
                    self.assertAlmostEqual(ratios["packets_per_update"]["total"],
                                           both_ways(flows, "packets") / updates, delta=1e-4)

    def test_tshark_counts_the_same_handshakes_requests_and_frames(self):
        if shutil.which("tshark") is None:
            self.skipTest("no tshark")
        for name, row in self.rows.items():
            with self.subTest(row=name):
                capture = Capture(self.folder, row)
                whole = row["raw"]["whole"]
                syns = capture.fields("tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.stream",
                                      "frame.comment")
                self.assertEqual(len(syns), row["handshakes"]["kernel"])
                self.assertEqual([comment for _, comment in syns],
                                 [f"{name}, connection {i + 1}" for i in range(len(syns))])
                # The third packet of each; the control connection has no SYN here.
                completed = capture.streams(f"ip.src == {CLIENT} && tcp.flags == 0x10 && "
                                            "tcp.seq == 1 && tcp.ack == 1")
                self.assertEqual(len(completed & {stream for stream, _ in syns}),
                                 row["handshakes"]["wire"])
                requests = capture.fields(
                    'http.request && !(http.request.uri contains "/stats")', "http.request.method")
                self.assertEqual(len(requests), whole["requests"])
                if name == "websocket":
                    self.check_frames(capture, row)

    @unittest.skipUnless(shutil.which("tshark"), "no tshark")
    def test_wireshark_finds_no_fault_in_a_capture_unless_there_was_one(self):
        for name, row in self.rows.items():
            with self.subTest(row=name):
                capture = Capture(self.folder, row)
                again = both_ways(row["wire"]["tcp"], "retransmissions")  # a busy machine's timeouts
                if again == 0:
                    self.assertEqual(analysis_flags(capture.path), [])
                # With both ends in sight it takes every second packet for one.
                self.assertNotEqual(analysis_flags(show_both_ends(capture.path)), [])

    def check_frames(self, capture, row):
        opcodes = {}
        for source in (CLIENT, SERVER):
            frames = capture.fields(f"websocket && ip.src == {source}", "websocket.opcode")
            opcodes[source] = [code for codes, in frames for code in codes.split(",")]
        server = row["raw"]["server_stats"]["end"]["transports"]["websocket"]
        hellos = SCENARIO["clients"]
        self.assertEqual(opcodes[SERVER].count("1"), server["updates_sent"] + hellos)
        self.assertEqual(opcodes[SERVER].count("1"), row["raw"]["whole"]["deliveries"] + hellos)
        self.assertEqual(opcodes[SERVER].count("8"), SCENARIO["clients"])  # close
        self.assertEqual(opcodes[CLIENT], ["8"] * SCENARIO["clients"])

    def test_the_summary_has_the_wire_counters(self):
        head, *lines = (self.folder / "summary.csv").read_text().splitlines()
        for line, row in zip(lines, self.measured["rows"], strict=True):
            cells = dict(zip(head.split(","), line.split(","), strict=True))
            self.assertEqual(int(cells["handshakes_wire"]), row["handshakes"]["wire"])
            self.assertAlmostEqual(float(cells["wire_bytes_per_update"]),
                                   row["bytes_per_update"]["wire"], places=2)


# Polls are due ten times faster than they return.
OVERDUE = {
    "name": "overdue", "source": {"kind": "generator", "rate_hz": 10}, "clients": 3,
    "warmup_s": 0.5, "duration_s": 2, "drain_s": 1, "link": "rtt=100ms",
    "rows": [{"transport": "short-poll", "interval_ms": 10},
             {"transport": "short-poll", "interval_ms": 10, "connection": "close"}],
}


@unittest.skipIf(WHY_NOT, WHY_NOT)
@unittest.skipUnless(shutil.which("tshark"), "no tshark")
class Overdue(RunnerCase):
    def test_the_window_has_the_requests_and_handshakes_that_were_on_the_wire_in_it(self):
        self.run_scenario("--pcap", path=self.scenario(**OVERDUE))
        for row in self.latest()["rows"]:
            with self.subTest(row=row["id"]):
                raw, closes = row["raw"], row["connection"] == "close"
                capture = Capture(self.out / "latest", row)
                requests = self.times(capture, 'http.request && !(http.request.uri contains "/stats")')
                syns = self.times(capture, "tcp.flags.syn == 1 && tcp.flags.ack == 0")
                start_s = raw["window_start_unix_ms"] / 1000
                end_s = start_s + raw["phases"]["window_ms"] / 1000
                seen, opened = (sum(start_s <= at_s < end_s for at_s in times)
                                for times in (requests, syns))
                self.assertEqual(len(requests), raw["whole"]["requests"])
                self.assertEqual(len(syns), row["handshakes"]["kernel"])
                # Up to one of each client at a border: the packet follows the call.
                self.assertAlmostEqual(raw["window"]["requests"], seen, delta=OVERDUE["clients"])
                self.assertAlmostEqual(raw["window"]["connects"], opened, delta=OVERDUE["clients"])
                self.assertAlmostEqual(row["requests_per_update"], seen / row["deliveries"],
                                       delta=OVERDUE["clients"] / row["deliveries"])
                # 20 round trips in the window, two for each poll that connects.
                self.assertTrue((15 if closes else 35) <= seen <= 63, seen)
                self.assertEqual(opened > 0, closes)
                # All 600 that were due in it had to wait beyond it.
                self.assertEqual(row["unsent_requests"], 600)
                self.assertIn("600 requests were due in the window and not sent in it", row["notes"])

    def times(self, capture, display_filter):
        return [float(at_s) for at_s, in capture.fields(display_filter, "frame.time_epoch")]


@unittest.skipIf(WHY_NOT, WHY_NOT)
class FarAway(RunnerCase):
    @retried
    def test_the_servers_figures_are_of_the_windows_borders_however_far_it_is(self):
        """Asked for when the border was there they came half a round trip late: 200 ms."""
        path = self.scenario(link="rtt=400ms", warmup_s=1.2, duration_s=1, rows=[
            {"transport": "sse"}, {"transport": "websocket"}])
        self.run_scenario(path=path)
        for row in json.loads((self.out / "latest" / "run.json").read_text())["rows"]:
            raw = row["raw"]
            for name in ("window_start", "window_end"):
                late_ns = raw["server_stats"][name]["time_ns"] - raw[f"{name}_ns"]
                self.assertTrue(0 <= late_ns < 100e6, (row["id"], name, late_ns))


@unittest.skipIf(WHY_NOT, WHY_NOT)
class SeveralLinks(RunnerCase):
    def setUp(self):
        super().setUp()
        self.env["PUSHLAB_LINKS"] = str(LINKS)

    def test_a_list_of_links_gives_a_folder_for_each(self):
        links = ["rtt=20ms", "loopback", "lan"]
        self.run_scenario("--rows", "sse", path=self.scenario(link=links))
        runs = [json.loads(path.read_text()) for path in self.out.glob("2*/run.json")]
        self.assertEqual(sorted(run["link"] for run in runs), sorted(links))
        for run in runs:
            wire = run["rows"][0]["bytes_per_update"]["wire"]
            self.assertEqual(wire is None, run["link"] == "loopback")
        seeds = {run["link"]: run["rows"][0]["seed"] for run in runs}
        self.assertIsNone(seeds["loopback"])
        self.assertEqual(seeds["lan"], seeds["rtt=20ms"])  # the same row of the same scenario
        self.assertGreater(seeds["lan"], 0)
        names = sorted(p.name.partition("-")[2] for p in self.out.glob("2*"))
        self.assertEqual(names, ["two-lan", "two-loopback", "two-rtt-20ms"])
        self.assertEqual(self.latest()["link"], "lan")

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_charts_of_the_wire_are_drawn_for_links_only(self):
        for link, drawn in (("rtt=20ms", True), ("loopback", False)):
            with self.subTest(link):
                self.run_to_its_end("run", self.scenario(), "--out", self.out, "--rows", "sse",
                                    "--link", link)
                charts = self.out / "latest" / "charts"
                for name in ("wire-bytes-per-update", "packets-per-update"):
                    for suffix in ("svg", "png"):
                        self.assertEqual((charts / f"{name}.{suffix}").exists(), drawn)
                for path in charts.glob("*.svg"):
                    said = "link " if path.name.startswith("ladder-") else "link: "
                    self.assertIn(said + link, path.read_text(), path.name)
                self.assertEqual(len(list(charts.parent.glob("ladder-*.pcapng"))), drawn)
                for path in charts.parent.glob("ladder-*.pcapng"):
                    self.assertTrue(shutil.which("tshark") is None or analysis_flags(path) == [])

    def test_no_such_link_is_refused_in_one_line(self):
        program = self.run_scenario("--link", "5g", exit_code=2)
        self.assertIn("satellite-geo", self.one_line(program))


class OverIpv6(RunnerCase):
    def measure(self, ip, *options):
        program = self.run_scenario("--ip", str(ip), "--rows", "sse,websocket", *options,
                                    path=self.scenario(**SCENARIO))
        self.assertEqual(" · IPv6" in " ".join(program.stdout().split()), ip == 6)
        run = self.latest()
        self.assertEqual((run["scenario"]["ip"], run["complete"]), (ip, True))
        return {row["id"]: row for row in run["rows"]}

    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_each_packet_has_twenty_more_bytes_and_nothing_else_is_different(self):
        rows = {ip: self.measure(ip) for ip in (4, 6)}
        for name in ("sse", "websocket"):
            for ip, header_bytes, host in ((4, 20, SERVER), (6, 40, "[fd77::2]")):
                with self.subTest(row=name, ip=ip):
                    row = rows[ip][name]
                    self.assertTrue(row["raw"]["url"].startswith(f"http://{host}:"), row["raw"]["url"])
                    for flow in (*(row["wire"]["tcp"][way] for way in ("up", "down")),
                                 *(row["wire"]["tcp"]["window"][way] for way in ("up", "down"))):
                        self.assertEqual(flow["ip_header_bytes"], header_bytes * flow["packets"])
                        self.assertEqual(flow["bytes"], flow["ip_header_bytes"] +
                                         flow["tcp_header_bytes"] + flow["payload_bytes"])
                    self.assertEqual(row["handshakes"]["wire"], SCENARIO["clients"])
                    self.assertGreaterEqual(row["latency_us"]["min"], ONE_WAY_US - RESOLUTION_US)
            four, six = (rows[ip][name]["bytes_per_update"] for ip in (4, 6))
            for part in ("payload", "framing"):
                self.assertAlmostEqual(six[part], four[part], delta=1)

    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_a_run_with_tls(self):
        rows = self.measure(6, "--set", "tls=true")
        self.assertTrue(rows["sse"]["raw"]["url"].startswith("https://[fd77::2]:"))

    def test_loopback_has_its_ipv6_address(self):
        for row in self.measure(6, "--link", "loopback").values():
            self.assertTrue(row["raw"]["url"].startswith("http://[::1]:"))
            self.assertEqual(row["handshakes"]["client"], row["handshakes"]["server"])

    def test_there_is_no_version_5_and_no_balancer_with_6(self):
        line = self.one_line(self.run_scenario("--ip", "5", exit_code=2))
        self.assertIn("accepted: 4 or 6", line)
        balanced = self.scenario(balancer={"kind": "dns"}, link="rtt=20ms")
        line = self.one_line(self.run_scenario("--ip", "6", path=balanced, exit_code=2))
        self.assertIn("ip: not with balancers; accepted: 4", line)


# A mount namespace without /dev/net/tun.
HIDE_TUN = ["unshare", "--mount", "--map-root-user", "--", "sh", "-c",
            'mount -t tmpfs none /dev/net && exec "$@"', "sh"]


def can_hide_tun():
    return (shutil.which("unshare") is not None and pathlib.Path("/dev/net").is_dir() and
            subprocess.run([*HIDE_TUN, "true"], capture_output=True).returncode == 0)


@unittest.skipUnless(has_program("pushlab-link"), "no pushlab-link")
@unittest.skipUnless(can_hide_tun(), "may not hide /dev/net/tun")
class WithoutPermission(RunnerCase):
    def pushlab(self, *words, **env):
        return self.start(Program([*HIDE_TUN, BIN / "pushlab", *words], env={**self.env, **env}))

    def test_the_run_falls_back_to_loopback_and_says_so_everywhere(self):
        options = [] if shutil.which("gnuplot") else ["--no-charts"]
        program = self.run_to_its_end("run", self.scenario(), "--out", self.out, "--link",
                                      "rtt=50ms", "--rows", "sse", *options)
        self.assertRegex(program.stderr(),  # before anything is measured
                         r"^pushlab: warning: loopback instead of the link 'rtt=50ms': .*/dev/net/tun")
        self.assertIn("link: loopback", program.stdout())
        run = self.latest()
        self.assertEqual((run["link"], run["link_details"], run["complete"]),
                         ("loopback", None, True))
        self.assertEqual(len([n for n in run["notes"] if " is disturbed: " not in n]), 1)
        row = run["rows"][0]
        self.assertIsNone(row["wire"])
        self.assertIsNone(row["handshakes"]["wire"])
        self.assertIsNone(row["bytes_per_update"]["wire"])
        self.assertLess(row["latency_us"]["p50"], ONE_WAY_US)
        for path in (self.out / "latest").glob("charts/*.svg"):
            self.assertIn("link: loopback", path.read_text(), path.name)
        for words in (["table"], ["table", "--markdown"]):
            again = self.run_to_its_end(*words, self.out / "latest")
            self.assertIn("link: loopback", again.stdout())


if __name__ == "__main__":
    unittest.main()
