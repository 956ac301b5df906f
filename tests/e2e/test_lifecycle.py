"""Does the server start, say so, refuse invalid options in one line, and stop in order?"""

import signal
import socket
import subprocess
import time
import unittest

from frames import CLOSE, WebSocket
from harness import DEADLINE_S, TestCase, in_time, wait_until
from wire import EventStream, NdjsonStream, Wire, hello_of


class Lifecycle(TestCase):
    def test_it_says_where_it_listens(self):
        for listen, host in (("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "[::1]"),
                             ("localhost:0", ("127.0.0.1", "[::1]")), ("0.0.0.0:0", "0.0.0.0")):
            with self.subTest(listen):
                server = self.server("--source", "none", listen=listen)
                self.assertIn(server.host, host)
                self.assertEqual(server.lines(), [f"listening on {server.host}:{server.port}"])
                said = subprocess.run(["curl", "-sS", "-g", server.url + "/healthz"],
                                      capture_output=True, text=True)
                self.assertEqual(said.stdout, "ok\n")

    def refused(self, *options):
        """Return (exit code, the line on stderr)."""
        program = self.run_program("pushlab-server", *options, deadline_s=10)
        self.assertEqual(program.stdout(), "")
        lines = program.stderr().splitlines()
        self.assertEqual(len(lines), 1, program.stderr())
        self.assertTrue(lines[0].startswith("pushlab-server: "), lines[0])
        return program.process.returncode, lines[0]

    def test_bad_options_get_one_line_that_names_them_and_exit_code_2(self):
        cases = [
            ("--rate", "fast"), ("--rate", "0"), ("--rate", "-1"), ("--rate", "1e9"), ("--rate", ""),
            ("--rate", "nan"), ("--rate", "10x"), ("--payload-bytes", "0"), ("--payload-bytes", "1.5"),
            ("--history", "0"), ("--history", "99999999999999999999"), ("--pattern", "random"),
            ("--max-hold", "-5"), ("--max-hold", "10parsecs"), ("--ws-ping", "soon"),
            ("--listen", "nowhere"), ("--listen", "127.0.0.1:99999"), ("--listen", "127.0.0.1"),
            ("--source", "magic"), ("--source", "trace:/does/not/exist"), ("--core", "1000"),
            ("--nonsense",), ("--trace-loop=maybe",), ("operand",), ("--rate",),
        ]
        for options in cases:
            with self.subTest(options):
                listen = () if options[0] == "--listen" else ("--listen", "127.0.0.1:0")
                code, line = self.refused(*listen, *options)
                self.assertEqual(code, 2, line)
                self.assertIn(options[0].partition("=")[0], line)

    def test_a_refusal_says_what_is_accepted(self):
        for options, accepted in ((("--rate", "fast"), "0.001 to 100000"),
                                  (("--pattern", "x"), "fixed, poisson, bursts"),
                                  (("--source", "x"), "generator, trace:FILE, - (stdin), none")):
            self.assertIn(accepted, self.refused(*options)[1])

    def test_a_used_port_is_reported_in_one_line(self):
        server = self.server("--source", "none")
        address = f"{server.host}:{server.port}"
        code, line = self.refused("--listen", address)
        self.assertEqual(code, 1)
        self.assertIn(f"bind {address}: Address already in use", line)

    def test_help_and_version_go_to_stdout(self):
        for option, word in (("--help", "--max-connections"), ("-h", "--rate"),
                             ("--version", "pushlab-server 0")):
            program = self.run_program("pushlab-server", option)
            self.assertEqual((program.process.returncode, program.stderr()), (0, ""))
            self.assertIn(word, program.stdout())

    def test_sigterm_and_sigint_end_everything_in_order(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                server = self.server("--source", "none")
                lines = NdjsonStream(Wire(self.connect(server)))
                events = EventStream(Wire(self.connect(server)))
                old = NdjsonStream(Wire(self.connect(server)), version="1.0")
                ws = WebSocket(Wire(self.connect(server)))
                held, idle, half = (Wire(self.connect(server)) for _ in range(3))
                held.request("GET", "/longpoll")
                self.assertEqual(idle.get("/poll").status, 204)
                half.send(b"GET /po")
                server.wait_for_subscribers(5)

                start = time.monotonic()
                server.signal(number)
                for stream in (lines, events, old):
                    self.assertEqual(hello_of(stream.message()), 0)
                for stream in (lines, events):
                    with self.assertRaisesRegex(EOFError, "the last chunk"):
                        stream.line()
                    self.assertTrue(stream.wire.at_end())
                self.assertTrue(old.wire.at_end())
                self.assertEqual(hello_of(ws.message()), 0)
                self.assertEqual(ws.receive(), (CLOSE, b"\x03\xe9the server is stopping"))
                answer = held.response()
                self.assertEqual((answer.status, answer.field("Connection")), (204, "close"))
                self.assertTrue(idle.at_end())
                self.assertTrue(half.at_end())
                in_time(start, 10, "all connections end")
                # We keep all connections open: the server does not wait for us.
                self.assertEqual(server.wait(), 0)
                in_time(start, 15, "the server ends, with a check for leaks")
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection((server.host, server.port), timeout=DEADLINE_S)

    def test_a_client_that_does_not_read_does_not_delay_the_end(self):
        server = self.server("--source", "none", "--sndbuf-bytes", "4096", "--max-body-bytes",
                             "10000000", "--backlog-bytes", "100000000")
        deaf = [Wire(self.connect(server)) for _ in range(3)]
        for wire in deaf:
            wire.request("GET", "/stream")
        server.wait_for_subscribers(3)
        server.publish("x" * 9000000)
        start = time.monotonic()
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)
        in_time(start, 15, "the server ends")

    def test_the_port_is_free_again_at_once(self):
        server = self.server("--source", "none")
        sock = self.connect(server)
        Wire(sock).get("/poll", "Connection: close")
        self.assertIsNone(server.stop())
        again = self.server("--source", "none", listen=f"127.0.0.1:{server.port}")
        self.assertEqual(again.port, server.port)

    def test_a_closed_stdout_or_a_full_one_does_no_harm(self):
        server = self.server("--source", "none")
        server.publish(1)
        self.assertEqual(server.stats()["source"]["seq"], 1)

    def test_stats_has_figures_of_the_process(self):
        server = self.server("--source", "none")
        p = server.stats()["process"]
        self.assertGreater(p["rss_bytes"], 1 << 20)
        self.assertGreaterEqual(p["cpu_user_us"] + p["cpu_system_us"], 1)
        with open(f"/proc/{server.process.pid}/stat", encoding="utf-8") as stat:
            user, system = stat.read().rpartition(")")[2].split()[11:13]
        ours = server.stats()["process"]
        self.assertLess(abs((int(user) + int(system)) * 10000
                            - ours["cpu_user_us"] - ours["cpu_system_us"]), 100000)

    def test_two_servers_are_independent(self):
        one, two = self.server("--source", "none"), self.server("--source", "none")
        one.publish(1)
        wait_until(lambda: one.stats()["source"]["seq"] == 1, "published")
        self.assertEqual(two.stats()["source"]["seq"], 0)


if __name__ == "__main__":
    unittest.main()
