"""What happens at a limit? A slow reader is dropped without effect on the others; accepting pauses and
resumes; and /stats shows it."""

import os
import socket
import time
import unittest

from frames import WebSocket
from harness import DEADLINE_S, OWN_NETWORK, TestCase, counts_of, wait_until
from receivers import ENDLESS, Stream
from wire import Wire


class SlowReader(TestCase):
    def deaf(self, server, path):
        """Subscribe with a small window, read the first bytes of the response, then stop reading."""
        sock = socket.socket()
        self.addCleanup(sock.close)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.settimeout(DEADLINE_S)
        sock.connect((server.host, server.port))
        wire = Wire(sock)
        if path == "/ws":
            WebSocket(wire)
        else:
            wire.request("GET", path)
            wire.read_head()
        return wire

    def test_a_slow_download_is_no_idle_connection(self):
        """An answer that takes much longer than --idle-timeout, with and without keep-alive."""
        for fields in ((), ("Connection: close",)):
            with self.subTest(fields):
                server = self.server("--source", "none", "--sndbuf-bytes", "4096", "--idle-timeout",
                                     "1000")
                for _ in range(3):
                    server.publish("x" * 100_000)
                sock = socket.socket()
                self.addCleanup(sock.close)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                sock.settimeout(DEADLINE_S)
                sock.connect((server.host, server.port))
                wire = Wire(sock)
                wire.request("GET", "/poll?since=0", *fields)
                length = int(wire.read_head().field("Content-Length"))
                began = time.monotonic()
                while length > 0:  # a hundred thousand bytes a second
                    length -= len(wire.read(min(10_000, length)))
                    wait_until(lambda: time.monotonic() > began + (300_000 - length) / 100_000, "the time")
                server._control = None  # idle, too
                self.assertEqual(server.transport("short-poll")["drops"]["idle"], 0)

    def test_a_slow_reader_is_dropped_and_the_others_get_everything(self):
        for kind in ENDLESS:
            with self.subTest(transport=kind.name):
                server = self.server("--source", "none", "--sndbuf-bytes", "4096",
                                     "--backlog-bytes", "20000", "--history", "4")
                deaf = self.deaf(server, kind.path)
                others = [other(self.connect(server)) for other in ENDLESS]
                server.wait_for_subscribers(4)
                for i in range(1, 101):
                    server.publish("x" * 1000)
                    for other in others:
                        self.assertEqual(counts_of(other.take(1)), [i])
                stats = server.wait_for_subscribers(3)
                for name, t in stats["transports"].items():
                    self.assertEqual(t["drops"]["slow-reader"], 1 if name == kind.name else 0, name)
                self.assertLess(len(deaf.read_to_end()), 100 * 1000)

    def test_a_reader_that_pauses_gets_everything(self):
        """Less than the backlog limit is queued, and sent when the reader continues."""
        server = self.server("--source", "none", "--sndbuf-bytes", "4096", "--history", "4",
                             "--backlog-bytes", "300000")
        late = [kind(self.connect(server)) for kind in ENDLESS]
        server.wait_for_subscribers(3)
        for i in range(200):
            server.publish("x" * 1000)
        for receiver in late:
            with self.subTest(transport=receiver.name):
                self.assertEqual(counts_of(receiver.take(200)), list(range(1, 201)))
        self.assertEqual(server.stats()["history"]["subscribers"], 3)

    def test_a_backlog_from_history_has_the_same_limit(self):
        """The limit must also apply to updates sent from the ring."""
        server = self.server("--source", "none", "--sndbuf-bytes", "4096", "--history", "1000",
                             "--backlog-bytes", "20000")
        for i in range(300):
            server.publish("x" * 1000)
        for kind in ENDLESS:
            with self.subTest(transport=kind.name):
                receiver = kind(self.connect(server), 0)
                self.assertEqual(counts_of(receiver.take(300)), list(range(1, 301)))

    def test_a_reader_of_polls_that_does_not_read_is_bounded_too(self):
        server = self.server("--source", "none", "--sndbuf-bytes", "4096", "--backlog-bytes",
                             "50000")
        server.publish("x" * 10000)
        sock = self.connect(server)
        try:
            sock.sendall(b"GET /poll?since=0 HTTP/1.1\r\nHost: t\r\n\r\n" * 2000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        server.wait_for(lambda s: s["transports"]["short-poll"]["drops"]["slow-reader"] == 1,
                        "dropped")


# Root would raise the hard limit, too; in our own namespace the server only seems to be root.
files_can_be_limited = unittest.skipIf(os.geteuid() == 0 and not OWN_NETWORK, "root has no limit")


class Accepting(TestCase):
    def served(self, wire):
        """Has the server responded yet?"""
        wire.sock.setblocking(False)
        try:
            return bool(wire.sock.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        finally:
            wire.sock.settimeout(DEADLINE_S)

    def open_and_get(self, server):
        wire = Wire(self.connect(server))
        wire.request("GET", "/healthz")
        return wire

    def overfill(self, server, n):
        """Open connections, /stats included. Returns the wires; the last ones are not accepted."""
        self.assertFalse(server.stats()["connections"]["accept_paused"])
        wires = [self.open_and_get(server) for _ in range(n)]
        stats = server.wait_for(lambda s: s["connections"]["accept_paused"], "accepting pauses")
        self.assertGreaterEqual(stats["connections"]["accept_pauses"], 1)
        return wires

    def recover(self, server, wires):
        """Waiting clients are served when others leave."""
        wait_until(lambda: sum(map(self.served, wires)) >= 2, "the first are served")
        waiting = [w for w in wires if not self.served(w)]
        self.assertTrue(waiting)
        for wire in wires:
            self.assertEqual(wire.response().status, 200)
            wire.close()
        server.wait_for(lambda s: not s["connections"]["accept_paused"]
                        and s["connections"]["open"] == 1, "accepting again")
        late = self.open_and_get(server)
        self.assertEqual(late.response().status, 200)
        late.close()
        server.wait_for(lambda s: s["connections"]["open"] == 1, "and it has left")

    def test_max_connections_pauses_accepting_and_resumes(self):
        server = self.server("--source", "none", "--max-connections", "4")
        wires = self.overfill(server, 10)
        self.assertEqual(server.stats()["connections"]["open"], 4)
        self.assertEqual(server.stats()["connections"]["max"], 4)
        self.recover(server, wires)
        self.recover(server, self.overfill(server, 10))
        self.assertGreaterEqual(server.stats()["connections"]["accept_pauses"], 2)

    @files_can_be_limited
    def test_emfile_pauses_accepting_and_resumes(self):
        server = self.server("--source", "none", max_files=32)
        wires = self.overfill(server, 60)
        stats = server.stats()["connections"]
        self.assertLess(stats["open"], 32)
        self.assertGreaterEqual(stats["accept_errors"], 1)
        self.recover(server, wires)
        self.recover(server, self.overfill(server, 60))

    @files_can_be_limited
    def test_accepted_clients_are_served_while_accepting_is_paused(self):
        server = self.server("--source", "none", max_files=32)
        inside = Stream(self.connect(server))
        wires = self.overfill(server, 60)
        publisher = next(w for w in wires if self.served(w))
        publisher.response()
        for i in range(1, 101):
            publisher.request("POST", "/publish", body=b"1")
            self.assertEqual(publisher.response().json()["seq"], i)
        self.assertEqual(counts_of(inside.take(100)), list(range(1, 101)))

    @files_can_be_limited
    def test_a_pause_uses_no_cpu(self):
        server = self.server("--source", "none", max_files=32)
        self.overfill(server, 60)

        def busy_us(stats):
            return stats["process"]["cpu_user_us"] + stats["process"]["cpu_system_us"]

        start = server.stats()
        end = server.wait_for(lambda s: s["time_ns"] - start["time_ns"] > 500e6, "half a second")
        questions = end["transports"]["other"]["requests"] - start["transports"]["other"]["requests"]
        pauses = end["connections"]["accept_pauses"] - start["connections"]["accept_pauses"]
        self.assertLess(pauses, 20)  # tried again ten times a second
        self.assertLess((busy_us(end) - busy_us(start)) / max(questions, 1), 4000)

    def test_accepting_is_paced_and_nobody_is_refused(self):
        server = self.server("--source", "none", "--accept-rate", "20")
        start = time.monotonic()
        wires = [self.open_and_get(server) for _ in range(60)]
        for wire in wires:
            self.assertEqual(wire.response().status, 200)
            wire.request("GET", "/healthz")  # those who are in are served
        self.assertGreaterEqual(time.monotonic() - start, 2)  # 20 at once, 40 at 20 a second
        for wire in wires:
            self.assertEqual(wire.response().status, 200)
        stats = server.stats()["connections"]
        self.assertGreaterEqual(stats["accept_paced"], 1)
        self.assertEqual((stats["accept_pauses"], stats["accept_errors"]), (0, 0))

    def test_without_a_rate_accepting_is_not_paced(self):
        server = self.server("--source", "none")
        wires = [self.open_and_get(server) for _ in range(60)]
        for wire in wires:
            self.assertEqual(wire.response().status, 200)
        self.assertEqual(server.stats()["connections"]["accept_paced"], 0)


if __name__ == "__main__":
    unittest.main()
