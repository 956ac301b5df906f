"""Channels and both kinds of subscription, on every transport: no update reaches another room, every
update arrives once and in order, and latest values never go back. One table of cases, one receiver
per transport."""

import json
import re
import socket
import threading
import unittest

import test_tls
from harness import DEADLINE_S, TestCase, wait_until
from receivers import ENDLESS, RECEIVERS, LongPoll, ShortPoll, Sse, Ws
from wire import Wire, seq_of

POLLS = (ShortPoll, LongPoll)


def parsed(token):
    """A word of the table: "a/x3" is an update in channel a with key x; the word is also its data.
    "7" is in the default channel."""
    return re.fullmatch(r"([a-z]*)(?:/([a-z]+))?\d+", token).groups()


def post(token, **more):
    channel, key = parsed(token)
    head = {k: v for k, v in {"channel": channel, "key": key, **more}.items() if v}
    return {"publish": head, "data": token}


def data_of(updates):
    return " ".join(u["data"] for u in updates)


# The subscription; what was published before it, and the cursor it begins at; what it gets at
# once: in one poll, and at the start of a stream if that differs; what is published then, and which
# of these a stream gets, and a poll after all of them.
CASES = {
    "every update of one channel only": dict(
        wants="channel=a", before="a1 b1 a2 1", since=0, at_once="a1 a2",
        then="b2 a3 2 a/k4", stream="a3 a/k4", poll="a3 a/k4"),
    "the default channel has only its own updates": dict(
        wants="", before="1 a1 2", since=0, at_once="1 2", then="a2 3 b/k1 4", stream="3 4",
        poll="3 4"),
    "every update of several channels in the order of publication": dict(
        wants="channel=a,c,b", before="b1 a1 c1 d1 a2", since=0, at_once="b1 a1 c1 a2",
        then="c2 d2 a3 b2", stream="c2 a3 b2", poll="c2 a3 b2"),
    "from a cursor, which counts all channels": dict(
        wants="channel=a", before="a1 b1 a2 b2 a3 b3", since=3, at_once="a3", then="a4",
        stream="a4", poll="a4"),
    "from now on": dict(
        wants="channel=a", before="a1 b1 a2", since=None, at_once="", then="b2 a3", stream="a3",
        poll="a3"),
    "the latest value of each key": dict(
        wants="latest=a", before="a/x1 a/y1 a/x2 b/x1", since=None, at_once="a/y1 a/x2",
        then="a/x3 b/x2 a/y2 a/x4", stream="a/x3 a/y2 a/x4", poll="a/y2 a/x4"),
    "the latest of the updates without a key, too": dict(
        wants="latest=a", before="a1 a/x1 a2", since=None, at_once="a/x1 a2", then="a3 a4 a/x2",
        stream="a3 a4 a/x2", poll="a4 a/x2"),
    "latest after a cursor: a stream begins with all values, at any cursor": dict(
        wants="latest=a", before="a/x1 a/y1 a/z1 a/x2", since=2, at_once="a/z1 a/x2",
        opening="a/y1 a/z1 a/x2", then="a/y2 a/y3", stream="a/y2 a/y3", poll="a/y3"),
    "both in one subscription": dict(
        wants="channel=a&latest=b,c", before="a1 b/x1 c1 b/x2 d1 a2", since=0,
        at_once="a1 c1 b/x2 a2", then="b/x3 a3 b/x4 a4 c2 d2 a5",
        stream="b/x3 a3 b/x4 a4 c2 a5", poll="a3 b/x4 a4 c2 a5"),
    "both, from now on: every later update, the current values": dict(
        wants="channel=a&latest=b", before="b/x1 a1 b/y1 b/x2 a2", since=None, at_once="b/y1 b/x2",
        then="a3 b/y2 b/y3 a4", stream="a3 b/y2 b/y3 a4", poll="a3 b/y3 a4"),
    "both, resumed: no update of a twice, whatever the age of the values": dict(
        wants="channel=a&latest=b", before="b/x1 a1 b/y1 a2 a3", since=4, at_once="a3",
        opening="b/x1 b/y1 a3", then="b/x2 a4", stream="b/x2 a4", poll="b/x2 a4"),
    "subscribed in both ways: every update": dict(
        wants="latest=a,b&channel=a", before="a/x1 a/x2 b/x1 b/x2", since=0,
        at_once="a/x1 a/x2 b/x2", then="a/x3 a/x4", stream="a/x3 a/x4", poll="a/x3 a/x4"),
    "named twice: each update once": dict(
        wants="channel=a,a", before="a1", since=0, at_once="a1", then="a2", stream="a2",
        poll="a2"),
    "a channel without any updates": dict(
        wants="channel=new&latest=fresh", before="a1", since=0, at_once="",
        then="new1 fresh/x1 fresh/x2 new2", stream="new1 fresh/x1 fresh/x2 new2",
        poll="new1 fresh/x2 new2"),
    "percent-encoded names": dict(
        wants="channel=%61,b&latest=%63", before="a1 b1 c1 c2", since=0, at_once="a1 b1 c2",
        then="a2", stream="a2", poll="a2"),
    "a cursor ahead of the server belongs to an earlier run of it": dict(
        wants="channel=a&latest=b", before="a1 b/x1 b/x2", since=1000, at_once="a1 b/x2",
        then="a2", stream="a2", poll="a2"),
    "updates that left the ring are counted as missed, the values stay": dict(
        history=2, wants="channel=a&latest=b", before="b/x1 b/y1 b/y2 b/y3 a1 a2 a3 a4 a5",
        since=0, at_once="b/x1 b/y3 a4 a5", missed=3, then="a6", stream="a6", poll="a6"),
    "a busy channel removes nothing from a quiet one": dict(
        history=2, wants="channel=a", before="a1 a2 b1 b2 b3 b4 5 6 7 8", since=0, at_once="a1 a2",
        then="b5 a3", stream="a3", poll="a3"),
}


class ChannelCase(TestCase):
    def channels(self, *options, **kwargs):
        return self.server("--source", "none", *options, **kwargs)

    def publish(self, server, tokens):
        for token in tokens.split():
            server._ask("POST", "/publish", json.dumps(post(token)))

    def open(self, kind, server, since=None, wants=""):
        return kind(self.connect(server), since, wants)

    def assert_only_newer(self, updates):
        """Each value is newer than the one before it with the same key."""
        newest = {}
        for u in updates:
            place = u.get("channel"), u.get("key")
            self.assertGreater(u["seq"], newest.get(place, 0), u)
            newest[place] = u["seq"]


class Table(ChannelCase):
    def test_every_case_on_every_transport(self):
        for name, case in CASES.items():
            server = self.channels("--history", str(case.get("history", 100)))
            self.publish(server, case["before"])
            receivers = [self.open(kind, server, case["since"], case["wants"])
                         for kind in RECEIVERS]
            for r in receivers:
                with self.subTest(name, transport=r.name):
                    first = case["at_once"] if isinstance(r, POLLS) else case.get(
                        "opening", case["at_once"])
                    self.assertEqual(data_of(r.take(len(first.split()))), first)
                    self.assertEqual(r.missed, case.get("missed", 0))
            self.publish(server, case["then"])
            for r in receivers:
                with self.subTest(name, transport=r.name, part="then"):
                    more = case["poll" if isinstance(r, POLLS) else "stream"]
                    updates = r.take(len(more.split()))
                    self.assertEqual(data_of(updates), more)
                    self.assert_only_newer(updates)
                    self.assertEqual(getattr(r, "kept", []), [])

    def test_an_update_is_the_same_bytes_on_every_transport(self):
        server = self.channels()
        server.publish("n equals seq and is left out")
        sent = {"channel": "room/1", "key": "k:1", "from": "7", "from_n": 42, "from_t": 123}
        server._ask("POST", "/publish", json.dumps({"publish": sent, "data": {"x": [1, "\u20ac"]}}))
        wanted = {"seq": 2, "channel": "room/1", "n": 1, "key": "k:1", "from": "7", "from_n": 42,
                  "from_t": 123, "data": {"x": [1, "\u20ac"]}}
        for how in ("channel", "latest"):
            raws = set()
            for kind in RECEIVERS:
                update = self.open(kind, server, 0, how + "=room/1").take(1)[0]
                raws.add(update.raw)
                t = update.pop("t")
                self.assertEqual(update, wanted)
                self.assertEqual(list(update), list(wanted), "their order")
            self.assertEqual(len(raws), 1)
            self.assertIn(b'{"seq":2,"t":%d,"channel":"room/1","n":1,"key":"k:1",' % t, raws.pop())
        plain = self.open(Ws, server, 0).take(1)[0]
        self.assertEqual(list(plain), ["seq", "t", "data"], "no other members in the default channel")

    def test_n_counts_a_channel_without_gaps(self):
        server = self.channels()
        self.publish(server, "a1 b1 a2 b2 b3 a3 1 a4 2")
        for kind in RECEIVERS:
            for wants, ns in (("channel=a", [1, 2, 3, 4]), ("channel=b", [1, 2, 3]), ("", [1, 2])):
                with self.subTest(transport=kind.name, wants=wants):
                    updates = self.open(kind, server, 0, wants).take(len(ns))
                    self.assertEqual([u.get("n", u["seq"]) for u in updates], ns)


class Rooms(ChannelCase):
    def test_no_update_reaches_another_room(self):
        """Many rooms at the same cursor within a second: shared responses are of one room."""
        server = self.channels()
        rooms = ["r" + chr(97 + i // 26) + chr(97 + i % 26) for i in range(60)]
        members = {room: [self.open(kind, server, None, f"{how}={room}") for kind in RECEIVERS
                          for how in ("channel", "latest")] for room in rooms}
        self.publish(server, " ".join(f"{room}{i}" for i in (1, 2) for room in rooms))
        for room in rooms:
            for r in members[room]:
                got = data_of(r.take(2 if "channel" in getattr(r, "wants", "channel") else 1))
                self.assertIn(got, (f"{room}1 {room}2", f"{room}2"), r.name)
        wires = [Wire(self.connect(server)) for _ in range(3)]
        for wire in wires:
            for room in rooms:
                for how, got in (("channel", f"{room}1 {room}2"), ("latest", f"{room}2")):
                    r = wire.get(f"/poll?since=0&{how}={room}")
                    self.assertEqual(data_of(r.json()), got)

    def test_shared_responses_are_current_and_of_one_subscription(self):
        """The same cursor, the same second, the same newest update, but other subscriptions."""
        server = self.channels()
        wire = Wire(self.connect(server))
        for i in range(1, 4):
            self.publish(server, f"a{i}")
            for other in (0, *range(200), 0):
                got = [data_of(wire.get(f"/poll?since=0&{how}=a,o{other}").json())
                       for how in ("channel", "latest")]
                self.assertEqual(got, [" ".join(f"a{n}" for n in range(1, i + 1)), f"a{i}"])

    def test_a_cursor_ahead_of_the_server_becomes_valid_later(self):
        server = self.channels()
        wire = Wire(self.connect(server))
        self.publish(server, "a1")
        self.assertEqual(data_of(wire.get("/poll?since=3&channel=a").json()), "a1")
        self.publish(server, "b1 b2")
        self.assertEqual(wire.get("/poll?since=3&channel=a").status, 204)

    def test_only_its_own_channels_end_a_held_poll(self):
        server = self.channels("--max-hold", "2000")  # a closed poll is one until then
        self.publish(server, "a1")
        for wants, others, own in (("channel=b", "a2 3 c/x1", "b1"), ("latest=d", "a4 b2", "d/x1"),
                                   ("channel=a&latest=e", "b3 d/x2", "e1"),
                                   ("latest=f", "a5", "f1")):
            with self.subTest(wants):
                newest = server.stats()["source"]["seq"]
                wire, fresh = Wire(self.connect(server)), Wire(self.connect(server))
                wire.request("GET", f"/longpoll?since={newest}&{wants}")
                fresh.request("GET", f"/longpoll?{wants.replace('latest=e', 'latest=ee')}")
                server.wait_for_subscribers(2)
                self.publish(server, others)
                self.assertEqual(server.stats()["history"]["subscribers"], 2)
                self.publish(server, own)
                self.assertEqual(data_of(wire.response().json()), own)
                if "e" != own[0]:
                    self.assertEqual(data_of(fresh.response().json()), own)
                fresh.close()
                server.wait_for_subscribers(0)

    def test_hold_times_still_end_with_204(self):
        server = self.channels()
        wire = Wire(self.connect(server))
        self.publish(server, "a1 b1")
        for wants in ("channel=b", "latest=b", "channel=b&latest=c"):
            r = wire.get(f"/longpoll?since=2&timeout=30&{wants}")
            self.assertEqual((r.status, seq_of(r.field("Pushlab-Cursor"))), (204, 2))

    def test_a_cursor_advances_in_a_quiet_channel(self):
        """So it stays in the history, and updates that a busy channel lost do not count as missed."""
        server = self.channels("--history", "2")
        wire = Wire(self.connect(server))
        self.publish(server, "quiet1 " + " ".join(f"busy{i}" for i in range(9)))
        r = wire.get("/poll?since=1&channel=quiet")
        self.assertEqual((r.status, seq_of(r.field("Pushlab-Cursor")), r.field("Pushlab-Missed")),
                         (204, 10, None))

    def test_a_latest_channel_larger_than_one_response_comes_in_several(self):
        server = self.channels()
        posts = [{"publish": {"channel": "a", "key": f"k{i}"}, "data": i} for i in range(2300)]
        server._ask("POST", "/publish", json.dumps(posts))
        for kind in RECEIVERS:
            with self.subTest(transport=kind.name):
                updates = self.open(kind, server, 0, "latest=a").take(2300)
                self.assertEqual([u["data"] for u in updates], list(range(2300)))


class SlowReader(ChannelCase):
    """A full socket: small buffers on both sides, large values, no reads."""

    KEYS, ROUNDS = ("x", "y", "z"), 20
    VALUE = "v" * 60000  # more than the sockets' buffers take

    def deaf(self, kind, server, wants):
        sock = socket.socket()
        self.addCleanup(sock.close)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.settimeout(DEADLINE_S)
        sock.connect((server.host, server.port))
        if hasattr(server, "context"):
            sock = server.context.wrap_socket(sock, server_hostname=server.host)
            self.addCleanup(sock.close)
        return kind(sock, 0, wants)

    def busy(self, *options):
        return self.channels("--sndbuf-bytes", "4096", "--backlog-bytes", "100000", *options)

    def publish_rounds(self, server, every=""):
        """Each key ROUNDS times, 20 times the backlog limit, each with an update of channel a."""
        for i in range(1, self.ROUNDS + 1):
            for key in self.KEYS:
                value = {"publish": {"channel": "state", "key": key}, "data": [i, self.VALUE]}
                server._ask("POST", "/publish", json.dumps(value))
            if every:
                self.publish(server, f"{every}{i}")

    def take_until_newest(self, receiver):
        updates, newest = [], dict.fromkeys(self.KEYS, 0)
        while min(newest.values()) < self.ROUNDS:
            u = receiver.take(1)[0]
            updates.append(u)
            if u["channel"] == "state":
                newest[u["key"]] = u["data"][0]
        return updates

    def check_latest(self, server, kind):
        slow = self.deaf(kind, server, "latest=state")
        due = server.stats()["limits"]["superseded"] + len(self.KEYS) * self.ROUNDS
        self.publish_rounds(server)
        updates = self.take_until_newest(slow)
        self.assert_only_newer(updates)
        self.assertLess(len(updates), len(self.KEYS) * self.ROUNDS)
        stats = server.wait_for(lambda s: s["limits"]["superseded"] + len(updates) == due,
                                "what it did not get was superseded")
        self.assertEqual(stats["transports"][kind.name]["updates_sent"], len(updates))
        self.assertEqual(stats["transports"][kind.name]["drops"]["slow-reader"], 0)
        self.publish(server, "state/w1")
        self.assertEqual(data_of(slow.take(1)), "state/w1", "later updates arrive as usual")

    def test_it_gets_the_newest_of_each_key_and_is_not_dropped(self):
        for kind in ENDLESS:
            with self.subTest(transport=kind.name):
                self.check_latest(self.busy(), kind)

    def test_the_same_reader_of_every_update_is_dropped(self):
        for kind in ENDLESS:
            with self.subTest(transport=kind.name):
                server = self.busy()
                self.deaf(kind, server, "channel=state")
                self.publish_rounds(server)
                stats = server.wait_for_subscribers(0)
                self.assertEqual(stats["transports"][kind.name]["drops"]["slow-reader"], 1)

    def test_in_a_mixed_subscription_every_update_comes_between(self):
        for kind in ENDLESS:
            with self.subTest(transport=kind.name):
                server = self.busy()
                slow = self.deaf(kind, server, "channel=a&latest=state")
                self.publish_rounds(server, every="a")
                updates = self.take_until_newest(slow)
                whole = [u for u in updates if u["channel"] == "a"]
                whole += slow.take(self.ROUNDS - len(whole))
                self.assertEqual([u["n"] for u in whole], list(range(1, self.ROUNDS + 1)))
                self.assert_only_newer(updates)
                self.assertTrue(any(a["seq"] > b["seq"] for a, b in zip(updates, updates[1:])),
                                "a delayed value is older than an update that was not delayed")

    def test_an_event_source_reconnects_with_an_id_that_loses_and_repeats_nothing(self):
        """Wherever the stream breaks, each update of channel a up to the last id was received,
        and none after it."""
        server = self.busy()
        stream = self.deaf(Sse, server, "channel=a&latest=state").stream
        self.publish_rounds(server, every="a")
        received, newest, ids = [], {}, []
        while len(received) < self.ROUNDS or min(newest.values()) < self.ROUNDS:
            _, last_id, data = stream.event()
            update = json.loads(data)
            if update["channel"] == "a":
                received.append(update["seq"])
            else:
                newest[update["key"]] = update["data"][0]
            self.assertLessEqual(max(received, default=0), seq_of(last_id))
            ids.append((seq_of(last_id), len(received)))
        self.assertEqual(ids, sorted(ids), "ids only grow")
        for last_id, n in ids:
            self.assertEqual(len([seq for seq in received if seq <= last_id]), n)
        self.assertGreater(len([1 for a, b in zip(ids, ids[1:]) if a[0] == b[0]]), 0,
                           "some events had no id of their own")

    def test_a_slow_reader_that_disconnects_is_freed(self):
        for kind in ENDLESS:
            with self.subTest(transport=kind.name):
                server = self.busy()
                slow = self.deaf(kind, server, "latest=state")
                self.publish_rounds(server)
                (slow.socket if kind is Ws else slow.stream).wire.close()
                server.wait_for_subscribers(0)


class TableOverTls(test_tls.TlsCase, Table):
    """All tests of channels, over TLS."""


class SlowReaderOverTls(test_tls.TlsCase, SlowReader):
    """TLS has its own queue."""


class Concurrent(ChannelCase):
    def test_latest_values_never_go_back_during_many_posts(self):
        server = self.channels()
        receivers = [self.open(kind, server, None, "latest=a") for kind in RECEIVERS]
        last, seen, failed = 400, {}, []

        def follow(receiver):
            updates, newest = [], {}
            try:
                while len(newest) < 4 or min(newest.values()) < last - 3:
                    for u in receiver.take(1):
                        updates.append(u)
                        newest[u["key"]] = u["data"]
                seen[receiver.name] = updates
            except (AssertionError, OSError) as e:
                failed.append((receiver.name, e))

        threads = [threading.Thread(target=follow, args=(r,)) for r in receivers]
        for thread in threads:
            thread.start()
        for i in range(1, last + 1):
            value = {"publish": {"channel": "a", "key": "wxyz"[i % 4]}, "data": i}
            server._ask("POST", "/publish", json.dumps(value))
        for thread in threads:
            thread.join(DEADLINE_S)
        self.assertEqual(failed, [])
        wait_until(lambda: len(seen) == len(receivers), "all have the newest of each key")
        for name, updates in seen.items():
            with self.subTest(transport=name):
                self.assert_only_newer(updates)
                if name in [kind.name for kind in ENDLESS]:
                    self.assertEqual([u["data"] for u in updates], list(range(1, last + 1)))


if __name__ == "__main__":
    unittest.main()
