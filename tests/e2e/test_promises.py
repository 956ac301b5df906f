"""Do all transports keep the common promises? Updates in order, none lost, none twice, resuming at a
cursor, no unreported gap: one table, five transports."""

import threading
import unittest

from harness import DEADLINE_S, TestCase, counts_of, wait_until
from receivers import ENDLESS, RECEIVERS, LongPoll, Stream
from wire import Wire


class Promises(TestCase):
    def each(self, server, since=None):
        """One receiver of every transport."""
        return [kind(self.connect(server), since) for kind in RECEIVERS]

    def test_all_updates_arrive_once_and_in_order(self):
        server = self.server("--rate", "500", "--payload-bytes", "40", "--history", "10000")
        receivers = [kind(self.connect(server)) for kind in RECEIVERS]
        for receiver in receivers:
            with self.subTest(transport=receiver.name):
                first = receiver.cursor + 1
                updates = receiver.take(300)
                self.assertEqual(counts_of(updates), list(range(first, first + 300)))
                stamps = [u["t"] for u in updates]
                self.assertEqual(stamps, sorted(stamps))
                self.assertEqual({tuple(u["data"]) for u in updates}, {("price", "change")})
                self.assertEqual(receiver.missed, 0)

    def test_all_clients_get_the_same(self):
        server = self.server("--source", "none")
        values = [1, "zwei", {"drei": [3.5e-7, None]}, "\u20ac\U0001f600\u2028", ""]
        for value in values:
            server.publish(value)
        got = [r.take(5) for r in self.each(server, 0)]
        for updates in got:
            self.assertEqual([u["data"] for u in updates], values)
            self.assertEqual(updates, got[0])

    def test_since_absent_means_from_now_on(self):
        server = self.server("--source", "none")
        for i in range(3):
            server.publish(i)
        receivers = self.each(server)
        self.assertEqual([r.cursor for r in receivers], [3] * 5)
        server.publish("new")
        for receiver in receivers:
            with self.subTest(transport=receiver.name):
                self.assertEqual([u["data"] for u in receiver.take(1)], ["new"])

    def test_an_update_is_delivered_at_once(self):
        """To held requests and streams, whose connections are subscriptions."""
        server = self.server("--source", "none")
        receivers = [kind(self.connect(server)) for kind in ENDLESS]
        server.wait_for_subscribers(3)
        for i in range(1, 20):
            server.publish(i)
            for receiver in receivers:
                self.assertEqual(counts_of(receiver.take(1)), [i])

    def test_resume_from_a_cursor_loses_and_repeats_nothing(self):
        server = self.server("--rate", "300", "--history", "10000")
        for kind in RECEIVERS:
            with self.subTest(transport=kind.name):
                cursor, seen = 0, []
                for _ in range(6):
                    sock = self.connect(server)
                    receiver = kind(sock, cursor)
                    seen += counts_of(receiver.take(10))
                    cursor = seen[-1]
                    sock.close()
                    self.assertEqual(receiver.missed, 0)
                self.assertEqual(seen, list(range(1, 61)))

    def test_a_cursor_older_than_the_ring_gets_the_number_of_missed_updates(self):
        server = self.server("--source", "none", "--history", "4")
        for i in range(1, 11):
            server.publish(i)
        for since, missed, got in ((0, 6, [7, 8, 9, 10]), (3, 3, [7, 8, 9, 10]),
                                   (5, 1, [7, 8, 9, 10]), (6, 0, [7, 8, 9, 10]), (9, 0, [10])):
            for receiver in self.each(server, since):
                with self.subTest(transport=receiver.name, since=since):
                    self.assertEqual(counts_of(receiver.take(len(got))), got)
                    self.assertEqual(receiver.missed, missed)

    def test_a_cursor_ahead_of_the_server_gets_the_whole_history(self):
        """It belongs to an earlier run of the server, whose numbers are no longer valid."""
        server = self.server("--source", "none", "--history", "4")
        for i in range(1, 4):
            server.publish(i)
        for receiver in self.each(server, 1000000):
            with self.subTest(transport=receiver.name):
                self.assertEqual(counts_of(receiver.take(3)), [1, 2, 3])
                self.assertEqual(receiver.missed, 0)
        for i in range(4, 7):
            server.publish(i)
        for receiver in self.each(server, 9223372036854775807):
            with self.subTest(transport=receiver.name):
                self.assertEqual(counts_of(receiver.take(4)), [3, 4, 5, 6])
                self.assertEqual(receiver.missed, 2)

    def test_a_history_of_one_still_delivers_to_all_subscribers(self):
        server = self.server("--source", "none", "--history", "1")
        receivers = [kind(self.connect(server)) for kind in ENDLESS]
        server.wait_for_subscribers(3)
        for i in range(1, 50):
            server.publish(i)
        for receiver in receivers:
            with self.subTest(transport=receiver.name):
                self.assertEqual(counts_of(receiver.take(49)), list(range(1, 50)))

    def test_large_updates_arrive_complete(self):
        server = self.server("--source", "none", "--sndbuf-bytes", "8192", "--backlog-bytes",
                             "50000000", "--max-body-bytes", "8000000")
        value = "x" * 3000000
        receivers = [kind(self.connect(server)) for kind in RECEIVERS]
        server.publish(value)
        server.publish("after")
        for receiver in receivers:
            with self.subTest(transport=receiver.name):
                self.assertEqual([u["data"] for u in receiver.take(2)], [value, "after"])

    def test_two_hundred_subscribers_of_each_kind_get_everything(self):
        server = self.server("--source", "none", "--history", "100")
        receivers = [kind(self.connect(server)) for kind in ENDLESS for _ in range(200)]
        server.wait_for_subscribers(600)
        for i in range(1, 21):
            server.publish(i)
        for receiver in receivers:
            self.assertEqual(counts_of(receiver.take(20)), list(range(1, 21)))
        stats = server.stats()["transports"]
        self.assertEqual([stats[k.name]["updates_sent"] for k in ENDLESS], [4000] * 3)
        self.assertEqual([stats[k.name]["open"] for k in ENDLESS], [200] * 3)

    def test_a_client_that_leaves_is_freed_at_once(self):
        server = self.server("--source", "none")
        for kind in ENDLESS:
            with self.subTest(transport=kind.name):
                sock = self.connect(server)
                kind(sock)
                server.wait_for(lambda s: s["transports"][kind.name]["open"] == 1, "open")
                sock.close()
                server.wait_for(lambda s: s["transports"][kind.name]["open"] == 0
                                and s["history"]["subscribers"] == 0, "freed")

    def test_publishing_behind_a_held_request_keeps_the_order_for_all(self):
        """A pipelined POST is handled in the middle of a delivery: no client may get the second
        update before the first, and no other held request may be answered twice."""
        server = self.server("--source", "none")
        publisher = Wire(self.connect(server))
        held = [Wire(self.connect(server)) for _ in range(4)]
        streams = []

        def hold(wire):
            wire.request("GET", "/longpoll?since=0")

        # Subscribe before and after it: a delivery may visit subscribers in either order.
        for wire in held[:2]:
            hold(wire)
        streams.append(Stream(self.connect(server), 0))
        server.wait_for_subscribers(3)
        publisher.send(b"GET /longpoll?since=0 HTTP/1.1\r\nHost: t\r\n\r\n"
                       b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\n\"b\"")
        server.wait_for_subscribers(4)
        for wire in held[2:]:
            hold(wire)
        streams.append(Stream(self.connect(server), 0))
        server.wait_for_subscribers(7)

        server.publish("a")
        self.assertEqual(publisher.response().json()[0]["data"], "a")
        self.assertEqual(publisher.response().json(), {"seq": 2})
        for stream in streams:
            self.assertEqual([u["data"] for u in stream.take(2)], ["a", "b"])
        for wire in held:
            self.assertEqual(counts_of(wire.response().json())[0], 1)
            self.assertEqual(counts_of(wire.get("/poll?since=1").json()), [2], "the next answer")

    def test_long_polls_sent_again_at_once_miss_nothing(self):
        server = self.server("--rate", "1000", "--history", "100000")
        seen = {}

        def follow(name):
            seen[name] = counts_of(LongPoll(self.connect(server), 0).take(500))

        threads = [threading.Thread(target=follow, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
        wait_until(lambda: len(seen) == 4, "all have their 500")
        for updates in seen.values():
            self.assertEqual(updates, list(range(1, 501)))


if __name__ == "__main__":
    unittest.main()
