"""pushlab-link end to end: its command line, and its wire counter compared with tshark and the programs.

    PUSHLAB_BIN=build/asan /usr/bin/python3 tests/e2e/test_link.py

Every packet of a run is counted in four independent ways: by the wire counter, by tshark from the
capture, by client and server, and by the kernel. They must agree exactly.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("PUSHLAB_BIN", HERE.parents[1] / "build" / "asan")).resolve()
LINK = BIN / "pushlab-link"
PROFILES = ("3g", "4g", "cable", "intercontinental", "lan", "loopback", "satellite-geo", "wifi")
TRANSPORTS = ("short-poll", "long-poll", "stream", "sse", "websocket")
SERVER = "10.77.0.2"
DEADLINE_S = 60
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1:exitcode=86"}


def link(*args, **kwargs):
    return subprocess.run([LINK, *args], capture_output=True, text=True, timeout=DEADLINE_S,
                          cwd=HERE.parents[1], env=ENVIRONMENT, **kwargs)


def is_permitted():
    return LINK.exists() and link("--link", "rtt=0", "--quiet", "--", "true").returncode == 0


def is_running(pid):
    """False also for a zombie, which has ended but was not reaped."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


PERMITTED = is_permitted()


def tshark(path, display_filter, *fields):
    """The fields of every packet that passes the filter, in order."""
    args = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(["tshark", "-r", path, "-Y", display_filter, "-T", "fields",
                           "-E", "separator=|", *args], capture_output=True, text=True, check=True)
    return [line.split("|") for line in done.stdout.splitlines()]


class CommandLine(unittest.TestCase):
    def check_usage_error(self, args, *parts):
        done = link(*args)
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def test_invalid_arguments_get_one_line_and_exit_code_2(self):
        self.check_usage_error(["--link", "rtt=80"], "--link: rtt: '80'", "80ms")
        self.check_usage_error(["--link", "5g"], "no link profile '5g'", "satellite-geo")
        self.check_usage_error(["--seed", "x"], "--seed")
        self.check_usage_error(["--nonsense"], "nonsense")
        self.check_usage_error(["show"], "accepted")
        self.check_usage_error(["on-server", "true"], "pushlab-link shell")
        self.check_usage_error(["--client", "true", "--", "true"], "--client")

    def test_list_names_every_profile_and_show_prints_it(self):
        listed = link("list").stdout
        for name in PROFILES:
            self.assertRegex(listed, rf"(?m)^{name} +\S")
            shown = link("show", name).stdout.strip()
            self.assertEqual(link("show", shown).stdout.strip(), shown)

    def test_help_and_version(self):
        self.assertEqual(link("--version").returncode, 0)
        for word in ("--link", "--server", "--pcap", "measure", "on-server"):
            self.assertIn(word, link("--help").stdout)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root to drop it")
    def test_without_permission_one_line_says_what_to_do(self):
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        done = subprocess.run([*drop, LINK, "--link", "rtt=1ms", "--", "true"], text=True,
                              capture_output=True, timeout=DEADLINE_S, env=ENVIRONMENT)
        if done.returncode == 0:
            self.skipTest("this machine allows it to all users")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Apushlab-link: emulated link: .*(chmod|sysctl|run as root)"
                                      r".*\n\Z")


@unittest.skipUnless(PERMITTED, "no namespaces or TUN devices available")
class Session(unittest.TestCase):
    def test_a_file_for_counters_is_checked_before_the_command_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in ("/nowhere/at/all", folder, folder + "/missing/x"):
                done = link("--link", "rtt=0", "--json", path, "--", "touch", folder + "/ran")
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(f"pushlab-link: --json: write {path}: ", done.stderr)
            self.assertEqual([], os.listdir(folder))

    def test_closed_descriptors_are_no_sockets(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["sh", "-c", f'exec "{LINK}" --link rtt=0 --json "{folder}/x" -- true 0<&- 1>&- 2>&-'],
                                  env=ENVIRONMENT, timeout=DEADLINE_S)
            self.assertEqual(0, done.returncode)
            self.assertIn("tcp", json.loads(pathlib.Path(folder, "x").read_text()))

    def test_it_exits_with_the_clients_exit_code(self):
        run = ["--link", "rtt=0", "--quiet", "--"]
        self.assertEqual(link(*run, "sh", "-c", "exit 7").returncode, 7)
        self.assertEqual(link(*run, "sh", "-c", "kill -9 $$").returncode, 128 + signal.SIGKILL)
        self.assertEqual(link(*run, "/no/such/program").returncode, 127)

    def test_each_side_can_reach_only_the_other(self):
        done = link("--link", "rtt=2ms", "--quiet", "--client",
                    f"ip -br addr; {LINK} on-server ip -br addr; ip route get 192.0.2.1")
        ours, theirs = [line.split() for line in done.stdout.splitlines() if "pushlab" in line]
        self.assertEqual(ours[2:5], ["10.77.0.1", "peer", "10.77.0.2/32"])
        self.assertEqual(theirs[2:5], ["10.77.0.2", "peer", "10.77.0.1/32"])
        self.assertIn("fd77::1", ours)
        self.assertIn("unreachable", done.stderr)

    def test_commands_are_told_the_addresses_of_the_version_asked_for(self):
        ends = "echo $PUSHLAB_LINK_CLIENT $PUSHLAB_LINK_SERVER"
        for options, told in (([], "10.77.0.1 10.77.0.2"), (["--ip", "6"], "fd77::1 fd77::2")):
            done = link("--link", "rtt=0", "--quiet", *options, "--client", ends)
            self.assertEqual(done.stdout.strip(), told)

    def test_a_server_that_dies_or_never_listens_is_reported(self):
        done = link("--link", "rtt=0", "--server", "exit 3", "--", "true")
        self.assertEqual(done.returncode, 1)
        self.assertIn("ended before it listened", done.stderr)
        done = link("--link", "rtt=0", "--wait", "0.2", "--server", "exec sleep 60", "--", "true")
        self.assertEqual(done.returncode, 1)
        self.assertIn("does not listen on TCP after 0.2 s", done.stderr)

    def test_a_killed_session_leaves_no_process(self):
        with tempfile.TemporaryDirectory() as folder:
            started = pathlib.Path(folder) / "started"
            session = subprocess.Popen([LINK, "--link", "rtt=0", "--quiet", "--", "sh", "-c",
                                        "sleep 1000 & "  # a grandchild
                                        f"echo $! >{started}.tmp; mv {started}.tmp {started};"
                                        " wait"], env=ENVIRONMENT)
            end = time.monotonic() + DEADLINE_S
            while not started.exists():
                self.assertLess(time.monotonic(), end)
                time.sleep(0.005)
            inside = int(started.read_text())
            session.kill()
            session.wait()
            while is_running(inside):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.005)


@unittest.skipUnless(PERMITTED and shutil.which("tshark"), "needs the link and tshark")
@unittest.skipUnless((BIN / "pushlab-server").exists() and (BIN / "pushlab-client").exists(),
                     "needs server and client")
class WireCounter(unittest.TestCase):
    def run_transport(self, transport, *options, rate=20, spec="rtt=10ms", host=SERVER):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.pcap = os.path.join(folder.name, "row.pcapng")
        account = os.path.join(folder.name, "link.json")
        done = link("--link", spec, "--pcap", self.pcap, "--json", account, "--quiet",
                    "--server", f"exec {BIN}/pushlab-server --listen {host}:8080 --rate {rate}",
                    "--", BIN / "pushlab-client", "--url", f"http://{host}:8080",
                    "--transport", transport, "--clients", "3", "--warmup", "0.3",
                    "--duration", "1", "--json", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.client = json.loads(done.stdout)
        self.account = json.loads(pathlib.Path(account).read_text())

    def check_flows(self):
        """Packets, bytes and flags in each direction: the wire counter and tshark."""
        for name, source in (("up", "10.77.0.1"), ("down", SERVER)):
            rows = tshark(self.pcap, f"tcp && ip.src == {source}", "ip.hdr_len", "tcp.hdr_len",
                          "tcp.len", "tcp.flags.syn", "tcp.flags.fin", "tcp.flags.reset")
            ip, header, payload, syns, fins, rsts = [sum(map(int, c)) for c in zip(*rows)]
            flow = self.account["tcp"][name]
            pure = [r for r in rows if r[2:] == ["0"] * 4]
            self.assertEqual((len(rows), ip, header, payload, syns, fins, rsts, len(pure)),
                             tuple(flow[k] for k in ("packets", "ip_header_bytes",
                                                     "tcp_header_bytes", "payload_bytes", "syns",
                                                     "fins", "rsts", "pure_acks")), name)
            self.assertEqual(flow["retransmissions"], 0)
            self.assertEqual(tshark(self.pcap, "tcp.analysis.retransmission", "frame.number"), [])

    def check_connections(self, control):
        """Connections: the wire counter, tshark, the client and the kernel."""
        tcp, whole = self.account["tcp"], self.client["whole"]
        syns = tshark(self.pcap, "tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.stream",
                      "frame.comment")
        self.assertEqual(len(syns), tcp["connections"])
        self.assertEqual(tcp["handshakes"], tcp["connections"])
        self.assertEqual(whole["connects"] + control, tcp["connections"])
        self.assertEqual(self.client["kernel"]["tcp_active_opens"] + control, tcp["connections"])
        for number, (_, comment) in enumerate(syns, 1):
            self.assertEqual(comment, f"rtt=10ms, connection {number}")

    def check_requests(self):
        control = tshark(self.pcap, 'http.request.uri contains "/stats"', "tcp.stream")
        requests = tshark(self.pcap, "http.request", "tcp.stream")
        self.assertEqual(len(requests) - len(control), self.client["whole"]["requests"])
        return len({stream for stream, in control})

    def check_latency(self):
        self.assertGreaterEqual(self.client["latency_us"]["min"], 5000)  # half an RTT

    def test_counts_of_every_transport_agree_with_tshark(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.run_transport(transport)
                self.check_flows()
                self.check_connections(self.check_requests())
                self.check_latency()
                self.assertEqual(self.account["own_drops"], 0)
                self.assertEqual(self.account["capture"]["errno"], 0)

    def test_counts_of_ipv6_agree_with_tshark(self):
        self.run_transport("sse", host="[fd77::2]")
        for name, source in (("up", "fd77::1"), ("down", "fd77::2")):
            rows = tshark(self.pcap, f"tcp && ipv6.src == {source}", "ipv6.plen", "tcp.hdr_len",
                          "tcp.len")
            behind, header, payload = [sum(map(int, c)) for c in zip(*rows)]
            flow = self.account["tcp"][name]
            self.assertEqual(behind, header + payload)  # no extension headers
            self.assertEqual((len(rows), 40 * len(rows) + behind, header, payload),
                             tuple(flow[k] for k in ("packets", "bytes", "tcp_header_bytes",
                                                     "payload_bytes")), name)
        self.check_connections(self.check_requests())
        self.check_latency()

    def test_a_connection_per_request_costs_one_handshake_each(self):
        self.run_transport("long-poll", "--connection", "close")
        self.check_flows()
        self.check_connections(self.check_requests())
        self.assertGreater(self.account["tcp"]["handshakes"], 30)

    def test_websocket_messages_are_the_deliveries(self):
        self.run_transport("websocket")
        frames = tshark(self.pcap, f"websocket && ip.src == {SERVER}", "websocket.opcode",
                        "websocket.payload.text")
        texts = sum(codes.split(",").count("1") for codes, *_ in frames)
        sent = self.client["server_stats"]["end"]["transports"]["websocket"]["updates_sent"]
        hellos = self.client["clients"]
        self.assertEqual(texts - hellos, sent)

    def test_losses_are_retransmitted_and_counted(self):
        self.run_transport("sse", spec="rtt=10ms,loss=5%", rate=50)
        lost = sum(self.account["tcp"][way]["lost"] for way in ("up", "down"))
        dropped = sum(self.account["lanes"][way]["lost_packets"] for way in ("up", "down"))
        self.assertGreater(lost, 0)
        self.assertEqual(lost, dropped)
        self.assertGreater(self.account["tcp"]["down"]["retransmissions"], 0)
        marked = tshark(self.pcap, 'frame.comment contains "dropped by the link: loss"', "ip.src")
        self.assertEqual(len(marked), self.account["tcp"]["up"]["lost"])  # the client's count
        self.assertTrue(self.client["adds_up"])


if __name__ == "__main__":
    unittest.main()
