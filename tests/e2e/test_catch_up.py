"""A long history, and strangers who ask for all of it: does the server send it in parts, in order and
whole, with little memory, and does it serve others meanwhile?"""

import socket
import unittest

from harness import SANITIZERS, TestCase, wait_until
from receivers import ENDLESS, RECEIVERS

UPDATES, BYTES = 500, 16_000


def rss_bytes(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


class CatchUp(TestCase):
    def full(self, *options, **more):
        server = self.server("--source", "none", "--history", str(UPDATES), *options, **more)
        for i in range(UPDATES):
            server.publish(f"{i:x}".rjust(BYTES, "."))
        return server

    def slow(self, server):
        """A connection that takes little at a time."""
        sock = socket.socket()
        self.addCleanup(sock.close)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(20)
        sock.connect((server.host, server.port))
        return sock

    def test_everybody_gets_all_of_it_in_order_and_what_is_published_meanwhile(self):
        server = self.full()
        for receiver in RECEIVERS:
            with self.subTest(receiver.name):
                newest = server.stats()["source"]["seq"]
                r = receiver(self.slow(server), since=newest - UPDATES)
                got = r.take(UPDATES // 2)
                # In the polls' case the next ones, in the streams' what the server has not sent yet.
                server.publish("meanwhile")
                got += r.take(UPDATES // 2 + 1 - r.missed)
                seqs = [u["seq"] for u in got]
                self.assertEqual(seqs, sorted(set(seqs)))
                self.assertEqual(len(seqs) + r.missed, UPDATES + 1)
                self.assertEqual((seqs[-1], got[-1]["data"]), (newest + 1, "meanwhile"))

    def test_what_leaves_the_history_before_it_is_sent_is_told(self):
        server = self.full()
        for receiver in ENDLESS:
            with self.subTest(receiver.name):
                newest = server.stats()["source"]["seq"]
                r = receiver(self.slow(server), since=newest - UPDATES)
                for i in range(UPDATES):  # all that it has not got is dropped
                    server.publish("x")
                got = []
                while not got or got[-1]["seq"] < newest + UPDATES:
                    got += r.take(1)
                seqs = [u["seq"] for u in got]
                self.assertEqual(seqs, sorted(set(seqs)))
                self.assertGreater(r.missed, 0)
                self.assertEqual(len(seqs) + r.missed, 2 * UPDATES)
                for i in range(UPDATES):
                    server.publish("y" * BYTES)

    def test_readers_that_do_not_read_cost_no_history_each(self):
        # AddressSanitizer keeps what was freed, which would be counted.
        server = self.full(env={"ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"] + ":quarantine_size_mb=1"})
        before = rss_bytes(server)
        history = UPDATES * BYTES
        targets = ("/stream?since=0", "/events?since=0", "/poll?since=0")
        readers = [self.slow(server) for _ in range(30)]
        for i, sock in enumerate(readers):
            sock.sendall(f"GET {targets[i % 3]} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        wait_until(lambda: server.stats()["transports"]["sse"]["requests"] == 10, "all have asked")
        for _ in range(20):
            server.stats()  # others are served
        grown = rss_bytes(server) - before
        self.assertLess(grown, 30 * history / 4, f"{grown} bytes for 30 readers of {history}")


if __name__ == "__main__":
    unittest.main()
