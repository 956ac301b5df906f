"""How pushlab-client counts channels: the test controls what is published to which channel, so every
count of expected, delivered, superseded and missed updates must be exact, on every transport; and a
server that breaks a promise about channels must make the run fail."""

import json
import socket
import threading
import time
import unittest

from harness import DEADLINE_S, ClientCase, has_program, wait_until

TRANSPORTS = ("short-poll", "long-poll", "stream", "sse", "websocket")


def post(channel, data, **members):
    return {"publish": {"channel": channel, **members}, "data": data}


class LaneCase(ClientCase):
    def begin(self, transport, *options, server_options=()):
        server = self.server("--source", "none", *server_options)
        client = self.client(transport, server.url, "--json", "--progress-fd", "2", "--interval",
                             "100ms", "--warmup", "0.2", "--duration", "1", *options)
        return server, client

    def wait_for_window(self, client):
        wait_until(lambda: '"phase":"measure"' in client.stderr() or not client.running(),
                   f"the window: {client.describe()}")

    def result(self, client, exit_code=0):
        self.assertEqual(client.wait(30), exit_code, client.describe())
        return json.loads(client.lines()[0])

    def assert_sum(self, result, **counts):
        expected = {"missed": 0, "late": 0, "duplicated": 0, "out_of_order": 0, "superseded": 0,
                    "adds_up": True, "published_source": "server", **counts}
        self.assertEqual({name: result[name] for name in expected}, expected)
        self.assertEqual(result["delivered"] + result["superseded"] + result["missed"]
                         + result["late"], result["expected"])
        self.assertEqual(result["latency_us"]["count"], result["delivered"])

    def for_each_transport(self, check):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                check(transport)


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Exact(LaneCase):
    def test_rooms_get_their_own_channels_and_the_common_ones(self):
        """Four clients in two rooms: 4 x 4 updates of the common channel, 2 x 5 and 2 x 3 of the rooms."""
        def check(transport):
            server, client = self.begin(transport, "--clients", "4", "--room-size", "2",
                                        "--channel", "all,room-{room}")
            # A held request gives no cursor: its response does.
            server.wait_for(lambda s: s["transports"][transport]["requests"] >= 4, "requests")
            server.publish(post("all", "first"))
            self.wait_for_window(client)
            for channel, count in (("all", 4), ("room-0", 5), ("room-1", 3), ("room-2", 2)):
                for i in range(count):
                    server.publish(post(channel, i))
            server.publish("the default channel's")
            result = self.result(client)
            self.assert_sum(result, published=12, expected=32, delivered=32)
            self.assertEqual(result["subscription"],
                             {"channel": "all,room-{room}", "latest": None, "room_size": 2,
                              "pick": 0, "lanes": 8})
            self.assertEqual(result["window"]["deliveries"], 32)
        self.for_each_transport(check)

    def test_pushed_latest_values_are_all_delivered_if_nothing_is_queued(self):
        def check(transport):
            server, client = self.begin(transport, "--clients", "2", "--latest", "score",
                                        "--channel", "events")
            server.wait_for(lambda s: s["transports"][transport]["requests"] >= 2, "requests")
            server.publish(post("score", 0, key="home"))
            self.wait_for_window(client)
            for i in range(6):
                before = server.transport(transport)["updates_sent"]
                server.publish(post("score", i, key=("home", "away")[i % 2]))
                server.wait_for(lambda s: s["transports"][transport]["updates_sent"] >= before + 2
                                and s["history"]["subscribers"] == 2, "delivery")
            server.publish(post("events", "end"))
            self.assert_sum(self.result(client), published=7, expected=14, delivered=14)
        for transport in TRANSPORTS[1:]:
            with self.subTest(transport=transport):
                check(transport)

    def latest_of_polls(self):
        """Three times, right after a poll: five values of one key and three of another. The next
        poll gets one of each; all others are superseded."""
        server, client = self.begin("short-poll", "--latest", "score", "--interval", "300ms")
        self.wait_for_window(client)
        for burst in range(3):
            before = server.transport("short-poll")["requests"]
            server.wait_for(lambda s: s["transports"]["short-poll"]["requests"] > before, "a poll")
            server.publish([post("score", i, key="home" if i < 5 else "away")
                            for i in range(8)])
        self.assert_sum(self.result(client), published=24, expected=24, delivered=6, superseded=18)

    def test_a_poll_gets_the_newest_of_each_key_and_the_rest_is_superseded(self):
        for left in (2, 1, 0):
            try:
                return self.latest_of_polls()
            except AssertionError:  # a stalled machine may publish around a poll
                if left == 0:
                    raise

    def test_what_a_slow_reader_is_not_sent_was_superseded(self):
        """More than the sockets' buffers hold, in one turn of the server's loop: while bytes are
        unsent only the newest value of each key is kept, and the counts are still exact."""
        data = "x" * 20000
        posts = [post("state", data, key=str(i % 4)) for i in range(200)]
        for transport in ("stream", "sse", "websocket"):
            with self.subTest(transport=transport):
                server, client = self.begin(
                    transport, "--clients", "2", "--latest", "state", "--rcvbuf-bytes", "20000",
                    server_options=("--sndbuf-bytes", "20000", "--max-body-bytes", "8000000"))
                self.wait_for_window(client)
                server.publish(posts)
                result = self.result(client)
                self.assert_sum(result, published=200, expected=400,
                                delivered=result["delivered"], superseded=result["superseded"])
                self.assertGreater(result["superseded"], 100)
                self.assertGreaterEqual(result["delivered"], 8, "the newest of four keys, twice")

    def test_each_client_chooses_its_channels(self):
        def check(transport):
            server, client = self.begin(transport, "--clients", "20", "--latest", "a,b,c,d",
                                        "--pick", "2", "--channel", "all")
            server.wait_for(lambda s: s["transports"][transport]["requests"] >= 20, "requests")
            server.publish(post("all", 0))
            self.wait_for_window(client)
            for channel in "abcd":
                for key in range(5):
                    server.publish(post(channel, key, key=str(key)))
            result = self.result(client)
            self.assertEqual(result["subscription"]["lanes"], 60)
            self.assert_sum(result, published=20, expected=200, delivered=200)
        self.for_each_transport(check)

    def test_updates_within_the_deadline_are_on_time(self):
        for deadline, within in (("20ms", 0), ("900ms", 10)):
            with self.subTest(deadline=deadline):
                server, client = self.begin("websocket", "--channel", "ticks", "--deadline",
                                            deadline, server_options=("--test-delay", "50"))
                self.wait_for_window(client)
                for i in range(10):
                    server.publish(post("ticks", i))
                    server.publish(post("ticks", i, **{"from": "7", "from_n": i + 1}))
                result = self.result(client)
                self.assert_sum(result, published=20, expected=20, delivered=20)
                self.assertEqual(result["deadline"], {"ms": float(deadline[:-2]), "expected": 10,
                                                      "within": within, "share": within / 10})

    def test_a_deadline_needs_no_channels(self):
        server = self.server("--rate", "50")
        result = self.measure("sse", server.url, "--warmup", "0.2", "--duration", "0.5",
                              "--deadline", "5s")
        self.assert_complete(result, 1)
        self.assertIsNone(result["subscription"])
        self.assertEqual(result["superseded"], 0)
        self.assertEqual(result["deadline"], {"ms": 5000, "expected": result["published"],
                                              "within": result["published"], "share": 1})

    def test_updates_that_left_a_channels_ring_are_missed_by_its_own_numbers(self):
        server, client = self.begin("short-poll", "--channel", "a,b", "--interval", "300ms",
                                    server_options=("--history", "4"))
        self.wait_for_window(client)
        server.publish([post("a", i) for i in range(10)])
        server.publish([post("b", i) for i in range(3)])
        result = self.result(client)
        self.assert_sum(result, published=13, expected=13, delivered=result["delivered"],
                        missed=result["missed"])
        self.assertLessEqual(result["missed"], 6)
        self.assertGreaterEqual(result["missed"], 1)

    def test_a_thousand_clients_in_rooms_get_their_updates(self):
        for transport in ("websocket", "long-poll"):
            with self.subTest(transport=transport):
                server, client = self.begin(
                    transport, "--clients", "1000", "--room-size", "100", "--channel", "all",
                    "--latest", "room-{room}", "--warmup", "0.5")
                server.wait_for(lambda s: s["transports"][transport]["requests"] >= 1000,
                                "requests")
                server.publish(post("all", 0))
                self.wait_for_window(client)
                for room in range(10):
                    server.publish(post(f"room-{room}", room, key="state"))
                self.assert_sum(self.result(client), published=10, expected=1000, delivered=1000)


class Script:
    """A stream server that sends the test's lines: the first list to the first connection, the second
    to the second; the last connection stays open. {t} in a line is the current time."""

    def __init__(self, *conversations):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.requests = []
        self.conversations = conversations
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        for i, lines in enumerate(self.conversations):
            sock, _ = self.listener.accept()
            with sock:
                sock.settimeout(DEADLINE_S)
                try:
                    self.requests.append(sock.recv(4096).decode().split(" ")[1])
                    sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                 b"Content-Type: application/x-ndjson\r\n\r\n")
                    self._say(sock, lines)
                    if i + 1 == len(self.conversations):
                        sock.recv(1)  # until the client leaves
                except OSError:
                    pass

    @staticmethod
    def _say(sock, lines):
        for line in lines:
            if isinstance(line, float):
                time.sleep(line)
            else:
                sock.sendall(line.replace("{t}", str(time.monotonic_ns())).encode() + b"\n")

    def close(self):
        self.listener.close()


def value(seq, n, key, channel="s"):
    key = f'"key":"{key}",' if key else ""
    return f'{{"seq":{seq},"t":{{t}},"channel":"{channel}","n":{n},{key}"data":0}}'


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Promises(LaneCase):
    def run_script(self, *conversations, exit_code=0):
        script = Script(*conversations)
        self.addCleanup(script.close)
        result = self.measure("stream", script.url, "--control", "none", "--channel", "e",
                              "--latest", "s", "--warmup", "0", "--duration", "0.6", "--drain",
                              "0.1", "--reconnect-min", "0", "--reconnect-max", "1ms",
                              exit_code=exit_code)
        return result, script

    def test_a_stream_that_reconnects_may_send_the_latest_values_again(self):
        first = ['{"hello":10}', 0.1, value(11, 4, "k"), value(12, 1, "", "e"), value(13, 7, "k"),
                 value(14, 8, "j")]
        second = ['{"hello":14}', value(13, 7, "k"), value(14, 8, "j"), value(15, 2, "", "e"),
                  value(16, 9, "j")]
        result, script = self.run_script(first, second)
        self.assertEqual(script.requests,
                         ["/stream?channel=e&latest=s", "/stream?since=14&channel=e&latest=s"])
        self.assertEqual((result["published"], result["delivered"], result["superseded"]),
                         (8, 6, 2))  # 5 and 6 of s were skipped
        self.assertEqual((result["duplicated"], result["out_of_order"], result["adds_up"]),
                         (0, 0, True))

    def test_the_same_value_twice_on_one_stream_is_a_duplicate(self):
        result, _ = self.run_script(['{"hello":10}', 0.1, value(11, 4, "k"), value(11, 4, "k")])
        self.assertEqual((result["delivered"], result["duplicated"]), (1, 1))

    def test_an_older_value_after_a_newer_one_fails_the_run(self):
        result, _ = self.run_script(['{"hello":10}', 0.1, value(11, 5, "k"), value(12, 6, "j"),
                                     value(10, 4, "k")], exit_code=1)
        self.assertEqual((result["delivered"], result["out_of_order"]), (2, 1))
        self.assertIn("older value", result["stderr"])

    def test_an_update_of_another_room_fails_the_run(self):
        result, _ = self.run_script(['{"hello":10}', 0.1, value(11, 5, "k", "room-2")],
                                    exit_code=1)
        self.assertEqual(result["delivered"], 0)
        self.assertIn("not subscribed to", result["stderr"])

    def test_a_restarted_server_is_detected(self):
        first = ['{"hello":10}', 0.1, value(11, 5, "k")]
        second = ['{"hello":2}', value(2, 1, "k"), value(3, 2, "k")]
        result, _ = self.run_script(first, second, exit_code=1)
        self.assertEqual(result["server_restarts"], 1)
        self.assertEqual(result["out_of_order"], 0)
        self.assertIn("server restarted", result["stderr"])


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Options(LaneCase):
    def test_invalid_lists_and_senders_are_named(self):
        cases = (
            (("--channel", "a b"), "--channel: 'a b' is not a valid name"),
            (("--channel", "a,"), "--channel: '' is not a valid name"),
            (("--latest", "r{room"), "--latest: 'r{room' is not a valid name"),
            (("--channel", "a,b,a"), "--channel: 'a' is named twice"),
            (("--channel", "a", "--latest", "b,a"), "--channel: 'a' is named twice"),
            (("--latest", "a,b", "--pick", "3"), "--pick: 3 of 2"),
            (("--pick", "1"), "--pick: 1 of 0"),
            (("--channel", ",".join(f"c{i}" for i in range(65))), "too many; accepted: 64"),
            (("--send", "edits"), "--send-channel: edits need one"),
            (("--send-channel", "a"), "--send-channel: has no meaning"),
            (("--send", "inputs", "--send-channel", "a,b"), "--send-channel: one name"),
            (("--send", "inputs", "--send-channel", "a?"), "--send-channel: 'a?' is not a valid name"),
            (("--send", "inputs", "--watch"), "--watch: only receives"),
            (("--send", "words"), "--send: 'words' is not valid"),
        )
        for options, message in cases:
            with self.subTest(options=options):
                client = self.client("sse", "http://127.0.0.1:1", *options)
                self.assertEqual(client.wait(), 2)
                lines = client.stderr().splitlines()
                self.assertEqual(len(lines), 1, lines)
                self.assertIn(message, lines[0])

    def test_two_channels_that_meet_in_a_room_are_refused(self):
        client = self.client("sse", "http://127.0.0.1:1", "--clients", "4", "--room-size", "1",
                             "--channel", "r/{room},r/2")
        self.assertEqual(client.wait(), 1)
        self.assertIn("client 2: two of its channels have the same name", client.stderr())

    def test_watching_a_channel_shows_that_channel(self):
        server = self.server("--source", "none")
        client = self.client("websocket", server.url, "--watch", "--count", "1", "--channel", "a")
        server.wait_for_subscribers(1)
        server.publish(post("b", "unseen"))
        server.publish(post("a", "seen", key="k"))
        self.assertEqual(client.wait(), 0)
        self.assertIn('a k  "seen"', client.stdout())
        self.assertNotIn("unseen", client.stdout())


if __name__ == "__main__":
    unittest.main()
