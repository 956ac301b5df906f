"""Real balancers between clients and servers: are all connections on both sides counted, do the
rows fail that are expected to, do the remedies work, and is everything cleaned up?"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from harness import BIN, HERE, Program, wait_until
from test_runner import RunnerCase
from test_wire import HIDE_TUN, LINKS, WHY_NOT, can_hide_tun

SCENARIOS = HERE.parent.parent / "bench" / "scenarios" / "balancers"
SBIN = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
PROGRAMS = [name for name in ("haproxy", "nginx", "redis-server") if shutil.which(name, path=SBIN) is None]
WHY_NO_BALANCER = WHY_NOT or (f"no {PROGRAMS[0]}" if PROGRAMS else None)
KINDS = ("direct", "dns", "haproxy-tcp", "nginx-stream", "haproxy-http", "nginx-http")
CLIENTS = 4
ONE_WAY_US = 10_000
RESOLUTION_US = 16
BASE = {
    "name": "between", "clients": CLIENTS, "source": {"rate_hz": 20}, "warmup_s": 0.3,
    "duration_s": 0.8, "drain_s": 3, "link": "rtt=20ms", "balancer": {"kind": "direct"},
}


def row(kind, transport="websocket", **more):
    balancer = {"kind": kind, **more.pop("balancer", {})}
    if balancer.get("config"):
        balancer["config"] = str(SCENARIOS / balancer["config"])
    elif (default := next(iter(SCENARIOS.glob(kind + ".c*")), None)) is not None:
        balancer["config"] = str(default)
    return {"transport": transport, "balancer": balancer, **more}


def syns(wire):
    """SYNs of the side that connects: the clients' side."""
    return wire["tcp"]["up"]["syns"]


@unittest.skipIf(WHY_NO_BALANCER, WHY_NO_BALANCER)
class BalancerCase(RunnerCase):
    def between(self, *rows, exit_code=0, **changes):
        """Run the scenario; return the rows of run.json by id."""
        path = self.temp_dir() / "between.json"
        path.write_text(json.dumps({**BASE, "rows": list(rows), **changes}))
        self.program = self.run_scenario(path=path, exit_code=exit_code, TMPDIR=str(self.scratch))
        self.assert_nothing_left()
        return {r["id"]: r for r in self.newest()["rows"]}

    def setUp(self):
        super().setUp()
        self.scratch = self.temp_dir() / "scratch"
        self.scratch.mkdir()
        self.env["PUSHLAB_LINKS"] = str(LINKS)

    def assert_nothing_left(self):
        for name in ("haproxy", "nginx", "redis-server"):
            wait_until(lambda: not self.started_by_us(name), f"{name} has ended")
        self.assertEqual(list(self.scratch.iterdir()), [])


class Kinds(BalancerCase):
    def test_each_kind_of_balancer_has_its_connections_on_both_sides(self):
        kinds = [kind for kind in KINDS if kind != "nginx-stream" or MODULE.exists()]
        rows = self.between(*(row(kind) for kind in kinds))
        for kind in kinds:
            with self.subTest(kind):
                r = rows[kind + ".websocket"]
                between, behind = r["balancer"], r["wire"].get("behind", [])
                self.assertEqual(r["problems"], [])
                self.assertEqual(r["delivered"], r["published"] * CLIENTS)
                self.assertEqual(syns(r["wire"]), CLIENTS)
                self.assertEqual([syns(w) for w in behind], [CLIENTS // 2] * len(behind))
                self.assertEqual(len(behind), 2 if kind not in ("direct", "dns") else 0)
                self.assertEqual([s["handshakes"] for s in between["served"]],
                                 [CLIENTS] if kind == "direct" else [CLIENTS // 2] * 2)
                self.assertEqual(between["cpu_us_per_update"] is None, not behind)
                self.assertGreaterEqual(r["latency_us"]["min"], ONE_WAY_US - RESOLUTION_US)
                if behind:  # plus half of the LAN's 0.5 ms
                    self.assertGreaterEqual(r["latency_us"]["min"], ONE_WAY_US + 250 - RESOLUTION_US)
                    self.assertGreaterEqual(between["added_latency_us"]["chance"], 0)  # dns's
                if between["layer"] == 4:
                    self.assertEqual(between["payload_bytes"]["added_up"], 0)
                    self.assertEqual(between["payload_bytes"]["added_down"], 0)
        self.assertIn("connections/client", self.program.stdout())

    def test_at_layer_7_polls_of_many_clients_share_connections(self):
        rows = self.between(row("nginx-http", "short-poll", interval_ms=200, id="pooled"),
                            row("haproxy-tcp", "short-poll", interval_ms=200, connection="close",
                                id="closed"))
        pooled, closed = rows["pooled"], rows["closed"]
        self.assertEqual(syns(pooled["wire"]), CLIENTS)
        self.assertLess(sum(syns(w) for w in pooled["wire"]["behind"]), CLIENTS)
        self.assertGreater(pooled["balancer"]["payload_bytes"]["added_down"], 0)  # Server: nginx
        polls, opened = closed["raw"]["whole"]["requests"], closed["handshakes"]["kernel"]
        left = closed["handshakes"]["given_up"]  # a client that leaves while connecting
        self.assertEqual(syns(closed["wire"]), opened)
        self.assertLessEqual(abs(sum(syns(w) for w in closed["wire"]["behind"]) - opened), left)
        self.assertEqual(polls, opened - left)
        self.assertEqual(sum(s["requests"] for s in closed["balancer"]["served"]), polls)


class Breaks(BalancerCase):
    def test_nginx_without_upgrade_headers_refuses_a_websocket(self):
        rows = self.between(row("nginx-http", id="before", expect="broken",
                                balancer={"config": "nginx-default.conf"}),
                            row("nginx-http", id="after"))
        self.assertEqual(rows["before"]["findings"][0], "/ws: 426 Upgrade Required")
        self.assertEqual(rows["before"]["raw"]["refused"], {"426": 1})
        self.assertEqual(rows["after"]["problems"], [])
        self.assertEqual(rows["after"]["delivered"], rows["after"]["published"] * CLIENTS)
        self.assertIn("before broke, as expected: /ws: 426", self.program.stdout())

    def test_a_row_that_works_although_it_is_expected_to_fail_is_an_error(self):
        self.between(row("dns", id="sound", expect="broken"), exit_code=1)
        self.assertIn("error: sound: was expected to break, and did not", self.program.stderr())

    def test_nginx_buffers_responses_unless_buffering_is_off(self):
        rows = self.between(
            row("nginx-http", "stream", id="buffered", expect="broken",
                balancer={"config": "nginx-default.conf"}),
            row("nginx-http", "stream", id="unbuffered",
                balancer={"config": "nginx-unbuffered.conf"}),
            source={"rate_hz": 20, "payload_bytes": 400}, duration_s=1.5,
            require={"latency_ms": 100, "percentile": 50})
        self.assertGreater(rows["buffered"]["latency_us"]["p50"], 100_000)
        self.assertLess(rows["unbuffered"]["latency_us"]["p50"], 60_000)

    def test_an_idle_connection_is_closed_unless_there_are_heartbeats(self):
        rows = self.between(
            row("haproxy-http", id="quiet", expect="broken",
                balancer={"config": "haproxy-timeout.cfg"}),
            row("haproxy-http", id="pinged", heartbeat_ms=300,
                balancer={"config": "haproxy-timeout.cfg"}),
            source={"rate_hz": 0.4}, duration_s=2.5)
        self.assertGreaterEqual(rows["quiet"]["raw"]["whole"]["reconnects"], CLIENTS)
        self.assertEqual(rows["pinged"]["raw"]["whole"]["reconnects"], 0)
        self.assertEqual(syns(rows["pinged"]["wire"]), CLIENTS)
        for r in rows.values():  # with the cursor the client gets what it missed
            self.assertEqual(r["missed"] + r["late"], 0)

    def test_a_held_request_is_closed_unless_it_is_held_for_less(self):
        held = {"transport": "long-poll", "balancer": {"config": "nginx-timeout.conf"}}
        rows = self.between(row("nginx-http", id="held", expect="broken", **held),
                            row("nginx-http", id="held+less", hold_ms=600, **held),
                            source={"rate_hz": 0.4}, duration_s=2.5)
        # 504; or 502 of one that finds both servers marked as down by those before it
        self.assertLessEqual(set(rows["held"]["raw"]["refused"]), {"502", "504"})
        self.assertIn("upstream timed out", self.program.stderr())
        self.assertEqual(rows["held+less"]["raw"]["refused"], {})
        self.assertEqual(rows["held+less"]["problems"], [])
        self.assertEqual(rows["held+less"]["missed"] + rows["held+less"]["late"], 0)

    def test_cursors_are_not_valid_on_a_server_with_its_own_source(self):
        poll = {"transport": "short-poll", "interval_ms": 150}
        differing = {"source": "differing"}
        rows = self.between(
            row("haproxy-http", **poll, id="jumps", expect="broken", balancer=differing),
            row("haproxy-http", **poll, id="sticky",
                balancer={**differing, "config": "haproxy-cookie.cfg"}),
            row("haproxy-http", **poll, id="same"),
            row("haproxy-http", **poll, id="shared", balancer={"source": "redis"}),
            clients=3, duration_s=1.5)
        self.assertGreater(rows["jumps"]["balancer"]["sequence_errors"]["all"], 3)
        for cured in ("sticky", "same", "shared"):
            with self.subTest(cured):
                r = rows[cured]
                self.assertEqual(r["balancer"]["sequence_errors"]["all"], 0)
                self.assertEqual(r["problems"], [])
                self.assertEqual(r["delivered"], r["published"] * 3)
        for both in ("same", "shared"):
            served = rows[both]["balancer"]["served"]
            self.assertGreater(min(s["requests"] for s in served), 5)
        self.assert_valid_html((self.out / "latest").resolve() / "report.html")
        self.assertIsNone(rows["same"]["balancer"]["store"])
        self.assertGreater(rows["shared"]["balancer"]["store"]["wire_bytes_per_update"], 100)
        self.assertEqual(len(rows["shared"]["wire"]["beside"]), 2)

    def test_clients_of_a_dead_server_reconnect_to_the_other_and_miss_nothing(self):
        rows = self.between(row("dns"), row("haproxy-tcp"), row("nginx-http"),
                            row("haproxy-http", "long-poll"),
                            row("nginx-http", id="shared", balancer={"source": "redis"}),
                            duration_s=2, balancer={"kind": "dns"},
                            faults=[{"kind": "server-kill", "at_s": 0.5}])
        for name, r in rows.items():
            with self.subTest(name):
                whole, between = r["raw"]["whole"], r["balancer"]
                self.assertEqual(r["problems"], [])
                self.assertEqual(r["delivered"], r["published"] * CLIENTS)
                self.assertAlmostEqual(between["served"][1]["killed_after_s"], 0.5, delta=0.2)
                self.assertIsNone(between["served"][0]["killed_after_s"])
                if name != "haproxy-http.long-poll":
                    self.assertEqual(whole["reconnects"], CLIENTS // 2)
                    self.assertEqual(between["outage_us"]["count"], CLIENTS // 2)
                    self.assertGreater(between["outage_us"]["max"], 20_000)  # at least a handshake


def can_have_a_user_namespace():
    return subprocess.run(["unshare", "--map-root-user", "true"], capture_output=True).returncode == 0


class Users(BalancerCase):
    @unittest.skipUnless(can_have_a_user_namespace(), "no user namespaces here")
    def test_where_root_is_the_only_user_nginx_runs(self):
        """As for an ordinary user: in pushlab's namespaces there is no user nobody."""
        path = self.temp_dir() / "x.json"
        path.write_text(json.dumps({**BASE, "duration_s": 0.3, "rows": [row("nginx-http")]}))
        program = self.start(Program(["unshare", "--map-root-user", BIN / "pushlab", "run", path,
                                      "--out", self.out, "--no-charts"],
                                     env={**self.env, "TMPDIR": str(self.scratch)}))
        self.assertEqual(program.wait(60), 0, program.describe())
        self.assertEqual(self.latest()["rows"][0]["problems"], [])
        self.assert_nothing_left()


class Ends(BalancerCase):
    def test_an_invalid_configuration_is_reported_with_its_line(self):
        config = self.temp_dir() / "x.cfg"
        config.write_text("frontend clients\n    bind @LISTEN@\n    bogus\n")
        balancer = {"kind": "haproxy-tcp", "config": str(config)}
        path = self.temp_dir() / "x.json"
        path.write_text(json.dumps({**BASE, "rows": [{"transport": "sse", "balancer": balancer}]}))
        program = self.run_scenario(path=path, exit_code=1, TMPDIR=str(self.scratch))
        self.assertIn("haproxy exited with 1", program.stderr())
        config.write_text("bind @PORT@\n")
        program = self.run_scenario(path=path, exit_code=1, TMPDIR=str(self.scratch))
        self.assertIn("@PORT@ means nothing", program.stderr())
        self.assert_nothing_left()

    def test_no_process_outlives_a_killed_runner(self):
        path = self.temp_dir() / "x.json"
        path.write_text(json.dumps({**BASE, "duration_s": 60, "rows": [row("nginx-http")]}))
        program = self.pushlab("run", path, "--out", self.out, TMPDIR=str(self.scratch))
        wait_until(lambda: self.started_by_us("nginx") and self.started_by_us("pushlab-client"),
                   "all run")
        program.signal(signal.SIGKILL)
        for name in ("nginx", "pushlab"):
            wait_until(lambda: not self.started_by_us(name), f"{name} has ended")

    def test_an_interrupt_keeps_the_rows_before_it(self):
        path = self.temp_dir() / "x.json"
        rows = [row("dns"), row("haproxy-tcp", "sse")]
        path.write_text(json.dumps({**BASE, "warmup_s": 0, "duration_s": 3, "rows": rows}))
        program = self.pushlab("run", path, "--out", self.out, "--no-charts",
                               TMPDIR=str(self.scratch))
        wait_until(lambda: self.started_by_us("haproxy"), "the second row has begun")
        program.signal(signal.SIGINT)
        program.wait()
        self.assert_nothing_left()
        self.assertEqual([r["id"] for r in self.newest()["rows"]], ["dns.websocket"])


@unittest.skipUnless(can_hide_tun(), "may not hide /dev/net/tun")
class WithoutPermission(RunnerCase):
    def setUp(self):
        super().setUp()
        self.env["PUSHLAB_LINKS"] = str(LINKS)

    def test_one_line_tells_that_it_is_skipped_and_why(self):
        program = self.start(Program([*HIDE_TUN, BIN / "pushlab", "run", SCENARIOS / "kinds.json",
                                      "--out", self.out], env=self.env))
        self.assertEqual(program.wait(), 0, program.describe())
        line = self.one_line(program)
        self.assertIn("kinds: skipped: ", line)
        self.assertIn("/dev/net/tun", line)
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main()
