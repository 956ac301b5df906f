"""Publishing by clients: posts and lists of posts, over HTTP and WebSocket; each is published once, even
if it is sent again; invalid ones are refused, with the same limits for all."""

import json
import time
import unittest

from frames import TEXT, UPGRADE, WebSocket, frame
from harness import TestCase, counts_of
from receivers import RECEIVERS, Ws, target
from wire import Wire

LONG = "n" * 64
BAD_NAMES = ("a%20b", "a+b", "a,,b", ",a", "a,", ",", "%c3%a9", "a%22", "a%00", "%zz", LONG + "x",
             "a*", "{a}")


def post(data, **head):
    return {"publish": head, "data": data}


class PostCase(TestCase):
    def send(self, server, body, query="", wire=None):
        """POST /publish; return the response."""
        wire = wire or Wire(self.connect(server))
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        wire.request("POST", "/publish" + query, body=body)
        return wire.response()

    def sent(self, server, body, query=""):
        r = self.send(server, body, query)
        self.assertEqual(r.status, 200, r.body)
        return r.json()

    def all_of(self, server, wants, n):
        return Ws(self.connect(server), 0, wants).take(n)


class Posts(PostCase):
    def test_a_post_has_channel_key_and_sender(self):
        server = self.server("--source", "none")
        self.assertEqual(self.sent(server, post(1, channel="a")), {"seq": 1})
        self.assertEqual(self.sent(server, b' {"publish": {"channel": "a", "key":"k", "from":"7", '
                                           b'"from_n":1, "from_t":9 },\n"data": [ "x" ] } '),
                         {"seq": 2})
        self.assertEqual(self.sent(server, post({"y": None}, key="k")), {"seq": 3})
        one, two = self.all_of(server, "channel=a", 2)
        self.assertEqual((one["data"], one["channel"], one.get("n", one["seq"])), (1, "a", 1))
        self.assertEqual(two.raw[two.raw.index(b',"channel"'):],
                         b',"channel":"a","key":"k","from":"7","from_n":1,"from_t":9,"data":["x"]}')
        three = self.all_of(server, "", 1)[0]
        self.assertEqual((three["seq"], three["n"], three["key"], three["data"]),
                         (3, 1, "k", {"y": None}))

    def test_a_list_is_published_in_order(self):
        server = self.server("--source", "none")
        posts = [post(i, channel="ab"[i % 2]) for i in range(10)]
        self.assertEqual(self.sent(server, posts), {"seq": 10, "published": 10})
        self.assertEqual(self.sent(server, [post(10)]), {"seq": 11, "published": 1})
        updates = self.all_of(server, "channel=a,b", 10)
        self.assertEqual([u["data"] for u in updates], list(range(10)))
        self.assertEqual(counts_of(updates), list(range(1, 11)))

    def test_data_that_does_not_begin_as_a_post_is_plain_data(self):
        server = self.server("--source", "none")
        values = ([], {}, {"publish": 1}, {"publish": []}, {"publish": {}, "data": 1}["publish"],
                  {"data": 1, "publish": {}}, [1, post(2)], [[post(2)]], "{\"publish\":{", None)
        for value in values:
            self.sent(server, value)
        self.assertEqual([u["data"] for u in self.all_of(server, "", len(values))], list(values))

    def test_the_query_gives_channel_and_key_of_plain_data(self):
        server = self.server("--source", "none")
        self.sent(server, {"score": "2:1"}, "?channel=match/score&key=home")
        self.sent(server, 2, "?key=k%2F1&page=x")
        self.sent(server, 3, "?channel=match%2fscore")
        got = self.all_of(server, "channel=match/score", 2)
        self.assertEqual([(u.get("key"), u["data"]) for u in got], [("home", {"score": "2:1"}),
                                                                    (None, 3)])
        self.assertEqual(self.all_of(server, "", 1)[0]["key"], "k/1")

    def test_a_websocket_accepts_the_same(self):
        server = self.server("--source", "none")
        ws = WebSocket(Wire(self.connect(server)), "/ws?channel=a")
        ws.message()
        for value in (post(1, channel="a"), [post(2, channel="a"), post(3, channel="b")], "plain",
                      post(4, channel="a", **{"from": "7", "from_n": 1})):
            ws.send(frame(TEXT, json.dumps(value)))
        self.assertEqual([ws.message()["data"] for _ in range(3)], [1, 2, 4])
        self.assertEqual([u["data"] for u in self.all_of(server, "", 1)], ["plain"])

    def test_each_sender_has_its_counts(self):
        server = self.server("--source", "none")
        wire = Wire(self.connect(server))
        for i in range(3):
            self.send(server, post(i, channel="a"), wire=wire)
        self.send(server, b"bad", wire=wire)
        stats = server.stats()["transports"]
        account = stats["publish"]
        self.assertEqual([account[k] for k in ("open", "accepted", "requests", "responses")],
                         [1, 1, 4, {"200": 3, "400": 1}])
        self.assertGreater(account["bytes_in"]["payload"], 3 * len('{"publish":{"channel":"a"}}'))
        self.assertEqual(stats["other"]["responses"], {})
        wire.close()
        server.wait_for(lambda s: s["transports"]["publish"]["open"] == 0, "it has left")


class Once(PostCase):
    def numbered(self, n, sender="7", channel="a"):
        return post(f"{sender}:{n}", channel=channel, **{"from": sender, "from_n": n})

    def test_a_post_sent_again_is_acknowledged_and_not_published(self):
        server = self.server("--source", "none")
        self.assertEqual(self.sent(server, self.numbered(1)), {"seq": 1})
        self.assertEqual(self.sent(server, self.numbered(2)), {"seq": 2})
        for n in (2, 1, 2):
            self.assertEqual(self.sent(server, self.numbered(n)), {"seq": 2, "duplicates": 1})
        self.assertEqual(self.sent(server, self.numbered(9)), {"seq": 3}, "gaps are allowed")
        self.assertEqual(self.sent(server, self.numbered(8)), {"seq": 3, "duplicates": 1})
        self.assertEqual([u["from_n"] for u in self.all_of(server, "channel=a", 3)], [1, 2, 9])
        self.assertEqual(server.stats()["limits"]["duplicate_posts"], 4)

    def test_numbers_are_per_sender_and_channel(self):
        server = self.server("--source", "none")
        for sender, channel in (("7", "a"), ("8", "a"), ("7", "b"), ("8", "b")):
            self.assertNotIn("duplicates", self.sent(server, self.numbered(1, sender, channel)))
            self.assertIn("duplicates", self.sent(server, self.numbered(1, sender, channel)))
        self.assertEqual(server.stats()["source"]["seq"], 4)

    def test_a_post_without_a_number_is_never_a_duplicate(self):
        server = self.server("--source", "none")
        for value in (post(1), post(1, channel="a", **{"from": "7"}), "plain"):
            self.sent(server, value)
            self.assertNotIn("duplicates", self.sent(server, value))
        self.assertEqual(server.stats()["source"]["seq"], 6)

    def test_a_list_sent_again_in_part_publishes_the_rest(self):
        server = self.server("--source", "none")
        self.sent(server, [self.numbered(n) for n in (1, 2, 3)])
        self.assertEqual(self.sent(server, [self.numbered(n) for n in (2, 3, 4, 5)]),
                         {"seq": 5, "published": 2, "duplicates": 2})
        self.assertEqual(self.sent(server, [self.numbered(n) for n in (4, 5)]),
                         {"seq": 5, "published": 0, "duplicates": 2})
        self.assertEqual([u["from_n"] for u in self.all_of(server, "channel=a", 5)],
                         [1, 2, 3, 4, 5])

    def test_a_websocket_that_sends_again_is_handled_the_same(self):
        server = self.server("--source", "none")
        ws = WebSocket(Wire(self.connect(server)), "/ws?channel=a")
        ws.message()
        for n in (1, 2, 1, 2, 3):
            ws.send(frame(TEXT, json.dumps(self.numbered(n))))
        self.assertEqual([ws.message()["from_n"] for _ in range(3)], [1, 2, 3])
        self.assertEqual(self.sent(server, self.numbered(3)), {"seq": 3, "duplicates": 1})

    def test_a_duplicate_is_recognised_after_its_update_left_the_ring(self):
        server = self.server("--source", "none", "--history", "1")
        self.sent(server, self.numbered(5))
        for i in range(20):
            self.sent(server, post(i, channel="a"))
        self.assertEqual(self.sent(server, self.numbered(5)), {"seq": 1, "duplicates": 1})


class Refused(PostCase):
    def test_bad_lists_of_channels_are_400_on_every_transport(self):
        server = self.server("--source", "none")
        too_many = ",".join(f"c{i}" for i in range(257))
        for kind in RECEIVERS:
            for name in ("channel", "latest"):
                for value in (*BAD_NAMES, too_many):
                    with self.subTest(transport=kind.name, wants=f"{name}={value[:70]}"):
                        r = Wire(self.connect(server)).get(
                            target(kind.path, 0, f"{name}={value}"),
                            *(UPGRADE if kind is Ws else ()))
                        self.assertEqual(r.status, 400)
                        self.assertIn("error", r.json())
        self.assertEqual([c["name"] for c in server.stats()["channels"]], [""])

    def test_an_empty_list_publishes_nothing(self):
        server = self.server("--source", "none")
        server.publish("plain")
        for kind in RECEIVERS:
            got = kind(self.connect(server), 0, "channel=&latest=").take(1)
            self.assertEqual(got[0]["data"], "plain")

    def test_one_channel_too_many_is_503_on_every_transport(self):
        server = self.server("--source", "none", "--max-channels", "2")
        self.sent(server, [post(1, channel="a"), post(2, channel="b")])
        for i, kind in enumerate(RECEIVERS):
            with self.subTest(transport=kind.name):
                fields = UPGRADE if kind is Ws else ()
                r = Wire(self.connect(server)).get(target(kind.path, 0, "channel=a,c"), *fields)
                self.assertEqual((r.status, r.field("Retry-After")), (503, "1"))
                self.assertEqual(server.stats()["limits"]["refused_channels"], i + 1)
                self.assertEqual(kind(self.connect(server), 0, "latest=a,b").take(2)[0]["data"], 1)
        self.assertEqual(self.send(server, post(3, channel="c")).status, 503)

    def test_a_channel_without_updates_is_freed_after_use(self):
        server = self.server("--source", "none", "--max-channels", "1")
        held = Ws(self.connect(server), 0, "channel=wanted")
        self.assertEqual(self.send(server, post(1, channel="other")).status, 503)
        held.socket.wire.close()
        server.wait_for_subscribers(0)
        self.assertEqual(self.sent(server, post(1, channel="other")), {"seq": 1})
        self.assertEqual([c["name"] for c in server.stats()["channels"]], ["", "other"])

    def test_one_key_or_sender_too_many_is_503_and_1013(self):
        server = self.server("--source", "none", "--max-keys", "2", "--max-senders", "2")
        self.sent(server, [post(1, channel="a", key="x"), post(2, channel="a", key="y"),
                           post(3, channel="a", **{"from": "7", "from_n": 1}),
                           post(4, channel="a", **{"from": "8", "from_n": 1})])
        key = post(5, channel="a", key="z")
        sender = post(5, channel="a", **{"from": "9", "from_n": 1})
        for refused in (key, sender):
            self.assertEqual(self.send(server, refused).status, 503)
            ws = WebSocket(Wire(self.connect(server)))
            ws.message()
            ws.send(frame(TEXT, json.dumps(refused)))
            self.assertEqual(ws.close_code(), 1013)
        self.sent(server, [post(6, channel="a"), post(7, channel="a", key="x"),
                           post(8, channel="a", **{"from": "nobody's numbers"[:6]})])
        self.assertEqual(self.sent(server, post(9, channel="b", key="z")), {"seq": 8})
        limits = server.stats()["limits"]
        self.assertEqual([limits["refused_" + k] for k in ("channels", "keys", "senders")],
                         [0, 2, 2])
        self.assertEqual(server.stats()["source"]["seq"], 8, "nothing refused was published")

    def test_a_list_that_meets_a_limit_can_be_sent_again_whole(self):
        server = self.server("--source", "none", "--max-keys", "1")
        posts = [post(n, channel="a", **{"from": "7", "from_n": n}) for n in (1, 2, 3)]
        posts[1]["publish"] = {"channel": "b", "key": "x"}
        self.sent(server, post(0, channel="b", key="y"))
        r = self.send(server, posts)
        self.assertEqual((r.status, r.json()["error"][-11:]), (503, "1 published"))
        del posts[1]
        self.assertEqual(self.sent(server, posts), {"seq": 3, "published": 1, "duplicates": 1})

    def test_an_invalid_post_is_400_and_1008_and_nothing_is_published(self):
        server = self.server("--source", "none")
        bad = (b'{"publish":{},"data":1,"seq":9}', b'{"publish":{},"data":1,"data":2}',
               b'{"publish":{}}', b'{"publish":{"seq":1},"data":1}',
               b'{"publish":{"channel":""},"data":1}', b'{"publish":{"channel":"a b"},"data":1}',
               b'{"publish":{"channel":"a\\u0062"},"data":1}',
               b'{"publish":{"channel":7},"data":1}',
               b'{"publish":{"key":"k","channel":"a"},"data":1}',
               b'{"publish":{"channel":"a","channel":"b"},"data":1}',
               b'{"publish":{"from_n":1},"data":1}',
               b'{"publish":{"from":"7","from_n":1.5},"data":1}',
               b'{"publish":{"from":"7","from_n":-1},"data":1}',
               b'{"publish":{"channel":"' + LONG.encode() + b'x"},"data":1}',
               b'[{"publish":{},"data":1},2]', b'[{"publish":{},"data":1},{}]',
               b'[{"publish":{},"data":1},{"publish":{"seq":1},"data":2}]',
               b'[{"publish":{},"data":1},[{"publish":{},"data":1}]]')
        wire = Wire(self.connect(server))
        for body in bad:
            with self.subTest(body):
                r = self.send(server, body, wire=wire)
                self.assertEqual(r.status, 400)
                self.assertIn("post", r.json()["error"])
                ws = WebSocket(Wire(self.connect(server)))
                ws.message()
                ws.send(frame(TEXT, body))
                self.assertEqual(ws.close_code(), 1008)
                ws.wire.close()
        self.assertEqual(server.stats()["source"]["seq"], 0)

    def test_a_query_for_posts_or_without_a_name_is_400(self):
        server = self.server("--source", "none")
        for body, query in ((post(1), "?channel=a"), ([post(1)], "?key=k"), (1, "?channel="),
                            (1, "?key=a%20b"), (1, "?channel=a,b"), (1, "?channel=" + LONG + "x"),
                            (1, "?key=" + 200 * "k"), (1, "?key=%zz")):
            with self.subTest(query):
                self.assertEqual(self.send(server, body, query).status, 400)
        self.assertEqual(server.stats()["source"]["seq"], 0)


class Counted(PostCase):
    def test_stats_of_channels(self):
        server = self.server("--source", "none", "--history", "2", "--max-channels", "7")
        self.sent(server, [post(i, channel="a", key="xyz"[i % 3]) for i in range(5)])
        between = json.loads(Wire(self.connect(server)).get("/time").body)["monotonic_ns"]
        self.sent(server, [post(5, channel="a"), post(6, channel="b"), post(7)])
        listeners = [Ws(self.connect(server), 0, wants)
                     for wants in ("channel=a", "latest=a,b", "channel=a,b", "")]
        self.assertEqual(server.stats()["channels"], [
            {"name": "", "published": 1, "oldest_n": 1, "keys": 1, "subscribers": 1},
            {"name": "a", "published": 6, "oldest_n": 5, "keys": 4, "subscribers": 3},
            {"name": "b", "published": 1, "oldest_n": 1, "keys": 1, "subscribers": 2}])
        self.assertEqual(server.stats()["limits"]["channels_max"], 7)

        def positions(at):
            return {c["name"]: c["position_n"] for c in server.stats(f"?at={at}")["channels"]}

        self.assertEqual(positions(between), {"": 0, "a": 5, "b": 0})
        self.assertEqual(positions(time.monotonic_ns()), {"": 1, "a": 6, "b": 1})
        self.assertEqual(positions(0), {"": 0, "a": None, "b": 0})
        self.assertEqual(len(listeners), 4)

    def test_metrics_agree_with_stats(self):
        server = self.server("--source", "none", "--max-channels", "1")
        listener = Ws(self.connect(server), 0, "channel=a")
        self.sent(server, post(1, channel="a", **{"from": "7", "from_n": 1}))
        self.sent(server, post(1, channel="a", **{"from": "7", "from_n": 1}))
        self.send(server, post(1, channel="b"))
        self.assertEqual(len(listener.take(1)), 1)
        lines = Wire(self.connect(server)).get("/metrics").body.decode().splitlines()
        for line in ('pushlab_published_total{channel=""} 0',
                     'pushlab_published_total{channel="a"} 1',
                     'pushlab_subscribers{channel="a"} 1', "pushlab_duplicate_posts_total 1",
                     "pushlab_refused_channels_total 1", "pushlab_superseded_updates_total 0",
                     'pushlab_requests_total{transport="publish"} 3'):
            self.assertIn(line, lines)

    def test_superseded_also_counts_updates_that_polls_leave_out(self):
        server = self.server("--source", "none")
        self.sent(server, [post(i, channel="a", key="xy"[i % 2]) for i in range(10)])
        wire = Wire(self.connect(server))
        for _ in range(2):  # the second shares the first's response
            self.assertEqual(len(wire.get("/poll?since=0&latest=a").json()), 2)
        self.assertEqual(server.stats()["limits"]["superseded"], 16)
        wire.get("/poll?since=6&latest=a")
        self.assertEqual(server.stats()["limits"]["superseded"], 18)


if __name__ == "__main__":
    unittest.main()
