"""Do the faults of a scenario really happen, at their times and to what they name? Each is looked for
where pushlab does not look: in /proc while it happens, and in the captured packets afterwards."""

import collections
import json
import os
import pathlib
import signal
import threading
import time
import unittest

from harness import BIN, DEADLINE_S, Program, retried, wait_until
from test_balancers import BalancerCase, row
from test_runner import RunnerCase
from test_wire import WHY_NOT, Capture

CLIENTS = 8
BASE = {
    "name": "faults", "clients": CLIENTS, "source": {"rate_hz": 50}, "warmup_s": 0.2, "duration_s": 1.2,
    "drain_s": 3, "order": "given", "link": "rtt=20ms",
}
AT_S, FOR_S = 0.3, 0.4
LATE_S = 0.1  # how late a fault may be on a busy machine; it takes milliseconds
Sight = collections.namedtuple("Sight", "at_s name pid state")


def fault(kind, **more):
    return [{"kind": kind, "at_s": AT_S, **more}]


class Watch(threading.Thread):
    """What /proc says of a program's children, every few milliseconds."""

    def __init__(self, parent):
        super().__init__(daemon=True)
        self.parent, self.sights, self.stop = parent, [], threading.Event()

    def children(self, pid):
        try:
            return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            return []

    def run(self):
        while not self.stop.wait(0.005):
            for child in self.children(self.parent):
                for pid in (child, *self.children(child)):
                    try:
                        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
                    except OSError:
                        continue
                    name, rest = stat.partition("(")[2].rpartition(")")[::2]
                    self.sights.append(Sight(time.monotonic(), name, pid, rest.split()[0]))

    def seen(self, name, from_s, to_s):
        """Sights of that program between two times, zombies left out."""
        return [s for s in self.sights if s.name == name and from_s <= s.at_s <= to_s and s.state != "Z"]


class Moments:
    """Of a row's first fault, in seconds of CLOCK_MONOTONIC."""

    def __init__(self, measured):
        f = measured["faults"][0]
        self.window = measured["raw"]["window_start_ns"] / 1e9
        self.end_of_window = measured["raw"]["window_end_ns"] / 1e9
        self.start, self.end = f["start_ns"] / 1e9, f["end_ns"] / 1e9
        self.executed = [at / 1e9 for at in f["executed_ns"]]
        self.listens = f.get("listens_ns", 0) / 1e9


class FaultCase(RunnerCase):
    def with_faults(self, *rows, options=(), exit_code=0, **changes):
        """Run them; return the rows of run.json by id, and what was seen meanwhile."""
        path = self.temp_dir() / "faults.json"
        path.write_text(json.dumps({**BASE, **changes, "rows": list(rows)}))
        program = self.pushlab("run", path, "--out", self.out, "--no-charts", *options)
        watch = Watch(program.process.pid)
        watch.start()
        program.wait(120)
        watch.stop.set()
        watch.join()
        self.assertEqual(program.process.returncode, exit_code, program.describe() + program.stdout())
        self.assertNotIn("Sanitizer", program.stderr())
        self.assert_no_process_left()
        return {r["id"]: r for r in self.newest()["rows"]}, watch

    def assert_on_time(self, measured, count):
        m = Moments(measured)
        self.assertAlmostEqual(m.start, m.window + AT_S, places=6)
        self.assertEqual(len(m.executed), count)
        self.assertLess(m.executed[0] - m.start, LATE_S)
        self.assertGreaterEqual(m.executed[0], m.start)
        self.assertEqual(measured["problems"], [])
        return m


class Servers(FaultCase):
    def server(self, kind, **more):
        return {"transport": "websocket", "id": kind, "history_file": False,
                "faults": fault(kind, for_s=FOR_S), **more}

    def pids(self, watch, from_s, to_s):
        return {s.pid for s in watch.seen("pushlab-server", from_s, to_s)}

    @retried
    def test_a_server_that_is_ended_is_gone_and_another_one_takes_its_address(self):
        rows, watch = self.with_faults(self.server("server-kill"), self.server("server-restart"), link="loopback",
                                       duration_s=2.5)
        for kind, r in rows.items():
            with self.subTest(kind):
                m = self.assert_on_time(r, 2)
                before, after = self.pids(watch, m.window, m.start), self.pids(watch, m.listens, m.end_of_window)
                self.assertEqual((len(before), len(after)), (1, 1))
                self.assertNotEqual(before, after)
                self.assertGreaterEqual(m.executed[1], m.end)
                # An orderly end takes a moment.
                gone_s = m.executed[1] - FOR_S + 0.02 if kind == "server-restart" else m.executed[0] + 0.05
                self.assertEqual(self.pids(watch, gone_s, m.executed[1] - 0.01), set())
                self.assertEqual(r["raw"]["whole"]["reconnects"], CLIENTS)
                self.assertGreater(r["faults"][0]["server_cpu_peak"], 0)
                # What the first one had counted is not lost.
                stats = r["raw"]["server_stats"]
                self.assertEqual(stats["end"]["transports"]["websocket"]["accepted"], 2 * CLIENTS)
                self.assertGreater(r["server_cpu_us_per_update"], 0)

    @retried
    def test_nothing_is_lost_with_a_history_and_what_was_due_meanwhile_without(self):
        rows, _ = self.with_faults(
            self.server("server-kill", id="kept", history_file=True),
            self.server("server-kill", id="forgotten"), link="loopback", duration_s=2.5)
        due = round(2.5 * BASE["source"]["rate_hz"])
        for name, r in rows.items():
            self.assertEqual(r["problems"], [], name)
        self.assertAlmostEqual(rows["kept"]["published"], due, delta=2)
        self.assertEqual(rows["kept"]["delivered"], rows["kept"]["published"] * CLIENTS)
        self.assertLess(rows["forgotten"]["published"], due - FOR_S * BASE["source"]["rate_hz"] / 2)

    @retried
    def test_a_server_that_stalls_is_stopped_for_so_long_and_runs_before_and_after(self):
        rows, watch = self.with_faults(self.server("server-stall"), link="loopback")
        m = self.assert_on_time(rows["server-stall"], 2)
        self.assertAlmostEqual(m.executed[1] - m.start, FOR_S, delta=LATE_S)

        def states(from_s, to_s):
            return {s.state for s in watch.seen("pushlab-server", from_s, to_s)}
        self.assertEqual(states(m.executed[0] + 0.02, m.executed[1] - 0.02), {"T"})
        self.assertNotIn("T", states(m.window, m.start))
        self.assertNotIn("T", states(m.executed[1] + 0.02, m.end_of_window))
        # It was meant, so the row is not said to be disturbed by it.
        self.assertFalse([why for why in rows["server-stall"]["disturbed"]
                          if "stopped" in why or "published late" in why])
        self.assertGreater(rows["server-stall"]["latency_us"]["max"], (FOR_S - 0.1) * 1e6)

    @retried
    def test_the_peak_of_the_servers_processor_time_grows_with_what_a_fault_costs_it(self):
        def resets(name, percent):
            return {"transport": "websocket", "id": name, "faults": fault("reset", percent=percent)}
        rows, _ = self.with_faults(resets("one", 1), resets("all", 100), clients=60, link="loopback", tls=True,
                                   source={"rate_hz": 5})
        peaks = {name: r["faults"][0]["server_cpu_peak"] for name, r in rows.items()}
        self.assertGreater(peaks["all"], 3 * peaks["one"])
        self.assertLess(peaks["all"], 1.2)

    def interrupted(self, kind, number, link):
        """A signal to pushlab while that is under way."""
        path = self.temp_dir() / "long.json"
        path.write_text(json.dumps({**BASE, "duration_s": 20, "link": link, "rows": [
            {"transport": "sse", "history_file": False, "faults": [{"kind": kind, "at_s": 0, "for_s": 19}]}]}))
        program = self.pushlab("run", path, "--out", self.out, "--no-charts")
        watch = Watch(program.process.pid)
        watch.start()
        try:
            yield watch
        finally:
            watch.stop.set()
            watch.join()
        start = time.monotonic()
        os.kill(program.process.pid, number)
        program.signalled = True
        program.wait(DEADLINE_S)
        self.assert_no_process_left()
        self.assertLess(time.monotonic() - start, 15)

    def test_a_run_that_ends_in_the_middle_of_a_stall_leaves_nothing_behind(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            with self.subTest(number):
                for watch in self.interrupted("server-stall", number, "loopback"):
                    wait_until(lambda: any(s.state == "T" for s in watch.sights[-20:]), "the server is stopped")

    def test_a_run_that_ends_while_the_server_is_away_leaves_nothing_behind(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            with self.subTest(number):
                for watch in self.interrupted("server-kill", number, "loopback"):
                    wait_until(lambda: any(s.name == "pushlab-client" for s in watch.sights), "the clients run")
                    wait_until(lambda: watch.sights and not watch.seen(
                        "pushlab-server", time.monotonic() - 0.2, time.monotonic()), "the server is away")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Links(FaultCase):
    @staticmethod
    def clock_offset(measured):
        """From CLOCK_MONOTONIC to the capture's clock, in seconds."""
        raw = measured["raw"]
        return raw["window_start_unix_ms"] / 1e3 - raw["window_start_ns"] / 1e9

    def packets(self, measured, display_filter):
        """Their times on CLOCK_MONOTONIC, of the capture."""
        return [float(at) - self.clock_offset(measured) for at, in Capture(self.folders()[-1], measured).fields(
            display_filter, "frame.time_epoch")]

    @retried
    def test_over_a_link_that_is_down_or_stalls_nothing_arrives_meanwhile(self):
        rows, _ = self.with_faults(*({"transport": "stream", "id": kind, "faults": fault(kind, for_s=FOR_S)}
                                     for kind in ("link-down", "link-stall")), options=["--pcap"])
        for kind, r in rows.items():
            with self.subTest(kind):
                m = self.assert_on_time(r, 2)
                arrived = self.packets(r, f"tcp.srcport=={r['raw']['url'].rpartition(':')[2]} && "
                                          "frame.interface_id==0")
                quiet_s = m.executed[0] + (0.015 if kind == "link-down" else 0.002)  # what was under way arrives
                self.assertEqual([at for at in arrived if quiet_s < at < m.end - 0.005], [])
                self.assertGreater(len([at for at in arrived if m.window < at < m.start]), 10)
                self.assertGreater(len([at for at in arrived if m.end < at < m.end_of_window]), 10)
                self.assertEqual(r["delivered"], r["published"] * CLIENTS)
                self.assertGreater(r["latency_us"]["max"], (FOR_S - 0.1) * 1e6)
                lost = sum(r["wire"]["lanes"][way]["lost_packets"] for way in ("up", "down"))
                self.assertEqual(lost > 0, kind == "link-down")
                self.assertEqual(r["wire"]["own_drops"], 0)
                self.assertFalse([why for why in r["disturbed"] if "forwarder" in why and "late" in why])

    @retried
    def test_half_of_the_connections_are_reset_and_a_crash_says_no_farewell(self):
        half = CLIENTS // 2
        rows, _ = self.with_faults(
            {"transport": "sse", "id": "reset", "faults": fault("reset", percent=50)},
            {"transport": "sse", "id": "crash", "faults": fault("client-crash", percent=50, for_s=FOR_S)},
            {"transport": "websocket", "id": "ws", "faults": fault("client-crash", percent=50, for_s=FOR_S)},
            {"transport": "sse", "id": "nothing", "faults": []}, options=["--pcap"])
        capture = {name: Capture(self.folders()[-1], r) for name, r in rows.items()}
        start = {name: Moments(rows[name]).start for name in ("reset", "crash", "ws")}
        for name in start:
            self.assertEqual(rows[name]["problems"], [])
            self.assertEqual(rows[name]["raw"]["whole"]["reconnects"], half)

        resets = {name: len(capture[name].streams("tcp.flags.reset==1")) for name in rows}
        self.assertEqual((resets["reset"], resets["nothing"]), (half, 0))
        self.assertEqual(rows["reset"]["delivered"], rows["reset"]["published"] * CLIENTS)
        again = capture["reset"].fields("http.request.line contains \"Last-Event-ID\"", "tcp.stream")
        self.assertEqual(len(again), half)

        # New clients have no cursor, and what was published without them they have missed.
        self.assertEqual(capture["crash"].fields("http.request.line contains \"Last-Event-ID\"", "tcp.stream"), [])
        missed = rows["crash"]["missed"] / half / BASE["source"]["rate_hz"]
        self.assertAlmostEqual(missed, FOR_S, delta=0.2)
        self.assertEqual(rows["nothing"]["missed"], 0)
        # WebSocket's closing handshake is for those that leave at the end only.
        closed = capture["ws"].streams("websocket.opcode==8")
        self.assertEqual(len(closed), CLIENTS)
        self.assertEqual(len(capture["ws"].streams("tcp.flags.syn==1")), CLIENTS + half)

    @retried
    def test_what_slow_readers_do_not_read_fills_their_receive_windows(self):
        rows, _ = self.with_faults(
            {"transport": "stream", "id": "slow", "faults": fault("slow-reader", percent=50, for_s=FOR_S)},
            source={"rate_hz": 50, "payload_bytes": 10_000}, clients=2, options=["--pcap"])
        r, m = rows["slow"], Moments(rows["slow"])
        self.assertEqual(r["problems"], [])
        windows = collections.defaultdict(list)
        port = r["raw"]["url"].rpartition(":")[2]
        for at, stream, size in Capture(self.folders()[-1], r).fields(
                f"tcp.dstport=={port} && frame.interface_id==0 && tcp.flags.syn==0", "frame.time_epoch",
                "tcp.stream", "tcp.window_size"):
            if m.start < float(at) - self.clock_offset(r) < m.end:
                windows[stream].append(int(size))
        left = sorted(sizes[-1] / max(sizes) for sizes in windows.values())
        self.assertEqual(len(left), 2)
        self.assertLess(left[0], 0.3)  # 20 updates of 10 kB came
        self.assertGreater(left[1], 0.7)
        self.assertEqual(r["delivered"], r["published"] * 2)

    def test_a_run_that_ends_while_the_link_stalls_leaves_nothing_behind(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            with self.subTest(number):
                path = self.temp_dir() / "long.json"
                path.write_text(json.dumps({**BASE, "duration_s": 20, "rows": [
                    {"transport": "sse", "faults": [{"kind": "link-stall", "at_s": 0, "for_s": 19}]}]}))
                program = self.pushlab("run", path, "--out", self.out, "--no-charts")
                client, = wait_until(lambda: self.started_by_us("pushlab-client"), "the clients run")
                seen = []

                def stalls():
                    received = pathlib.Path(f"/proc/{client}/net/dev").read_text().split("pushlab:")[1].split()[1]
                    if not seen or seen[-1][1] != received:
                        seen.append((time.monotonic(), received))
                    return len(seen) > 10 and time.monotonic() - seen[-1][0] > 0.3
                wait_until(stalls, "nothing arrives any more")
                start = time.monotonic()
                os.kill(program.process.pid, number)
                program.signalled = True
                program.wait(DEADLINE_S)
                self.assert_no_process_left()
                wait_until(lambda: not self.started_by_us("pushlab"), "the forwarder has ended")
                self.assertLess(time.monotonic() - start, 15)


class Balanced(BalancerCase):
    def test_a_balancer_reloads_and_a_store_comes_back(self):
        path = self.temp_dir() / "between.json"
        path.write_text(json.dumps({
            **BASE, "clients": 4, "balancer": {"kind": "haproxy-http"}, "source": {"rate_hz": 20}, "rows": [
                row("haproxy-http", id="reload", faults=fault("balancer-reload")),
                row("direct", "sse", id="store", balancer={"source": "redis"},
                    faults=fault("store-away", for_s=FOR_S))]}))
        program = self.pushlab("run", path, "--out", self.out, "--no-charts", TMPDIR=str(self.scratch))
        watch = Watch(program.process.pid)
        watch.start()
        program.wait(60)
        watch.stop.set()
        watch.join()
        self.assertEqual(program.process.returncode, 0, program.describe())
        self.assert_nothing_left()
        rows = {r["id"]: r for r in self.newest()["rows"]}

        def pids(name, from_s, to_s):
            return {s.pid for s in watch.seen(name, from_s, to_s)}
        m = Moments(rows["reload"])
        before, after = pids("haproxy", m.window, m.start), pids("haproxy", m.end + 0.2, m.end_of_window)
        self.assertTrue(after - before, "a new worker")
        m = Moments(rows["store"])
        before, after = pids("redis-server", m.window, m.start), pids("redis-server", m.executed[1], m.end_of_window)
        self.assertEqual((len(before), len(after)), (1, 1))
        self.assertNotEqual(before, after)
        self.assertEqual(pids("redis-server", m.executed[0] + 0.05, m.end - 0.02), set())
        for r in rows.values():
            self.assertEqual(r["problems"], [])
            self.assertEqual(r["delivered"], r["published"] * 4)


if __name__ == "__main__":
    unittest.main()
