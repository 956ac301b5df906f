"""One stream in Redis, several servers: each update has the same number on all of them, and none is lost
or repeated when servers, clients or Redis stop and start again."""

import json
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from frames import TEXT, WebSocket, frame
from harness import BIN, DEADLINE_S, Program, Server, TestCase, counts_of, wait_until
from receivers import RECEIVERS, ENDLESS, LongPoll, ShortPoll, Stream, Ws
from wire import Wire

OUTAGE = ("trying again until it is back", "connected")  # a server's message about it


def post(data, **head):
    return {"publish": head, "data": data}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Redis:
    """The test's own redis-server; nothing that it has acknowledged is lost by kill -9."""

    def __init__(self, directory):
        self.directory, self.port, self.process = directory, free_port(), None

    def start(self, wait=True):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir",
             str(self.directory), "--save", "", "--appendonly", "yes", "--appendfsync", "always"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if wait:
            wait_until(lambda: self.says("PING") == "PONG", "redis-server answers")

    def says(self, *command):
        done = subprocess.run(["redis-cli", "-p", str(self.port), *command], capture_output=True,
                              text=True)
        return done.stdout.strip()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def empty(self):
        """Delete its data, as if its disk had been replaced."""
        for path in self.directory.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()


@unittest.skipUnless(shutil.which("redis-server"), "no redis-server here")
class RedisCase(TestCase):
    def setUp(self):
        super().setUp()
        self.redis = Redis(self.temp_dir())
        self.addCleanup(self.redis.end)
        self.redis.start()

    @property
    def source(self):
        return f"redis://127.0.0.1:{self.redis.port}/test"

    def shared(self, *options, **kwargs):
        server = self.server("--source", self.source, *options, **kwargs)
        server.may_say = OUTAGE
        return server

    def send(self, server, body, query=""):
        wire = Wire(self.connect(server))
        wire.request("POST", "/publish" + query, body=json.dumps(body).encode())
        return wire.response()

    def sent(self, server, body, query=""):
        r = self.send(server, body, query)
        self.assertEqual(r.status, 200, r.body)
        return r.json()

    def log(self, server):
        return server.stats()["log"]

    def wait_connected(self, server, connected=True):
        server.wait_for(lambda s: s["log"]["connected"] == connected, f"connected: {connected}")


class OneSequence(RedisCase):
    def test_every_server_has_the_same_bytes_on_every_transport(self):
        one, two = self.shared(), self.shared()
        for i in range(40):
            server, channel = (one, two)[i % 2], "ab"[i // 2 % 2]
            answer = self.sent(server, post({"i": i}, channel=channel, key=str(i % 3)))
            self.assertEqual(answer, {"seq": i + 1})
        wanted = Stream(self.connect(one), 0, "channel=a,b").take(40)
        self.assertEqual([u["data"]["i"] for u in wanted], list(range(40)))
        self.assertEqual([u.get("n", u["seq"]) for u in wanted if u["channel"] == "b"],
                         list(range(1, 21)))
        for server in (one, two):
            for kind in RECEIVERS:
                with self.subTest(transport=kind.name):
                    got = kind(self.connect(server), 0, "channel=a,b").take(40)
                    self.assertEqual([u.raw for u in got], [u.raw for u in wanted])
            newest = {(u["channel"], u["key"]): u["seq"] for u in wanted}
            latest = Stream(self.connect(server), None, "latest=a,b").take(6)
            self.assertEqual(counts_of(latest), sorted(newest.values()))

    def test_a_published_update_is_on_the_server_that_responded(self):
        server = self.shared()
        for i in range(1, 51):
            self.assertEqual(server.publish(i), i)
            self.assertEqual(server.stats()["source"]["seq"], i)

    def test_an_update_is_delivered_at_once_on_both_servers(self):
        one, two = self.shared(), self.shared()
        receivers = [kind(self.connect(s)) for kind in ENDLESS for s in (one, two)]
        for i in range(1, 20):
            (one, two)[i % 2].publish(i)
            for receiver in receivers:
                self.assertEqual(counts_of(receiver.take(1)), [i])

    def test_a_post_is_published_once_whichever_servers_it_is_sent_to(self):
        one, two = self.shared(), self.shared()
        posts = [post(i, channel="c", **{"from": "me", "from_n": i}) for i in range(1, 6)]
        self.assertEqual(self.sent(one, posts[:3]), {"seq": 3, "published": 3})
        self.assertEqual(self.sent(two, posts), {"seq": 5, "published": 2, "duplicates": 3})
        self.assertEqual(self.sent(one, posts[1]), {"seq": 5, "duplicates": 1})
        other = post(1, channel="d", **{"from": "me", "from_n": 1})
        self.assertEqual(self.sent(two, other), {"seq": 6})
        self.assertEqual([u["data"] for u in Ws(self.connect(two), 0, "channel=c").take(5)],
                         [1, 2, 3, 4, 5])

    def test_senders_numbers_may_exceed_the_precision_of_doubles(self):
        server = self.shared()
        for n, duplicates in ((2**64 - 2, 0), (2**64 - 1, 0), (2**64 - 2, 1), (7, 1)):
            answer = self.sent(server, post(1, **{"from": "me", "from_n": n}))
            self.assertEqual(answer.get("duplicates", 0), duplicates, n)

    def test_web_sockets_publish_too(self):
        one, two = self.shared(), self.shared()
        receiver = Ws(self.connect(two), 0)
        sender = WebSocket(Wire(self.connect(one)))
        for i in range(200):
            sender.send(frame(TEXT, json.dumps(i)))
        self.assertEqual([u["data"] for u in receiver.take(200)], list(range(200)))

    def test_limits_apply(self):
        one = self.shared("--max-channels", "2", "--max-keys", "1")
        for channel in "ab":
            self.sent(one, post(1, channel=channel, key="k"))
        r = self.send(one, post(1, channel="c"))
        self.assertEqual((r.status, r.field("Retry-After")), (503, "1"))
        self.assertEqual(self.send(one, post(1, channel="a", key="l")).status, 503)
        limits = one.stats()["limits"]
        self.assertEqual((limits["refused_channels"], limits["refused_keys"]), (1, 1))

    def test_one_server_feeds_all(self):
        two = self.shared()
        one = self.shared("--feed", "generator", "--rate", "200", "--payload-bytes", "20")
        updates = Stream(self.connect(two), 0).take(100)
        self.assertEqual(counts_of(updates), list(range(1, 101)))
        self.assertEqual(self.log(one)["feed"], "generator")
        self.assertEqual(self.log(two)["feed"], "none")
        stamps = [u["t"] for u in updates]
        self.assertEqual(stamps, sorted(stamps))

    def test_standard_input_feeds_all(self):
        two = self.shared()
        one = self.shared("--feed", "-", stdin=subprocess.PIPE)
        one.process.stdin.write(b"".join(b"%d\n" % i for i in range(1000)))
        one.process.stdin.flush()
        self.assertEqual([u["data"] for u in Stream(self.connect(two), 0).take(1000)],
                         list(range(1000)))

    def test_invalid_options_are_refused(self):
        for options, word in ((("--feed", "generator"), "--source redis"),
                              (("--source", self.source, "--feed", self.source), "--feed"),
                              (("--source", self.source, "--feed", "x"), "'x' is not a source"),
                              (("--source", "redis://127.0.0.1:1"), "redis://HOST:PORT/KEY"),
                              (("--source", "redis://127.0.0.1/x"), "redis://"),
                              (("--source", "redis://127.0.0.1:1/a b"), "KEY is")):
            program = self.run_program("pushlab-server", "--listen", "127.0.0.1:0", *options)
            self.assertEqual(program.process.returncode, 2, program.describe())
            self.assertIn(word, program.stderr())


class Late(RedisCase):
    def test_a_server_that_starts_late_has_everything_before_it_listens(self):
        one = self.shared("--history", "5000")
        self.sent(one, [post(i, channel="c", key=str(i % 7)) for i in range(3000)])
        two = self.shared("--history", "5000")
        self.assertEqual(two.stats()["source"]["seq"], 3000)
        for server in (one, two):
            r = Wire(self.connect(server)).get("/poll?channel=c&since=0")
            self.assertEqual(r.field("Pushlab-Missed"), None)
        self.assertEqual([u.raw for u in Stream(self.connect(one), 0, "channel=c").take(3000)],
                         [u.raw for u in Stream(self.connect(two), 0, "channel=c").take(3000)])

    def test_updates_trimmed_from_the_stream_are_reported_and_latest_values_kept(self):
        one = self.shared("--log-history", "1000")
        self.sent(one, post("old", channel="state", key="calm"))
        self.sent(one, post("old", channel="state", key="busy"))
        for i in range(20):
            self.sent(one, [post(i, channel="c") for i in range(100)])
        self.sent(one, post("new", channel="state", key="busy"))
        kept = int(self.redis.says("XLEN", "test"))
        self.assertLess(kept, 1200)
        two = self.shared("--history", "2000")
        receiver = Stream(self.connect(two), 0, "channel=c")
        first = receiver.take(1)[0]
        self.assertEqual(first["seq"], 2003 - kept + 1)
        self.assertEqual(receiver.missed, 2000 - (kept - 1))
        self.assertEqual(counts_of(receiver.take(kept - 2)), list(range(first["seq"] + 1, 2003)))
        values = [Stream(self.connect(s), None, "latest=state").take(2) for s in (one, two)]
        self.assertEqual([u.raw for u in values[0]], [u.raw for u in values[1]])
        self.assertEqual([u["data"] for u in values[0]], ["old", "new"])
        self.sent(two, post("next", channel="state", key="calm"))
        self.assertEqual([u["data"] for u in Stream(self.connect(one), 2003,
                                                    "channel=state").take(1)], ["next"])

    def test_a_server_waits_for_redis_but_stops_at_once_on_request(self):
        self.redis.kill()
        program = self.start(Program([BIN / "pushlab-server", "--listen", "127.0.0.1:0",
                                      "--source", self.source]))
        wait_until(lambda: "trying again" in program.stderr(), "it says what it waits for")
        self.assertEqual(program.stdout(), "")
        self.redis.start()
        wait_until(program.lines, "listening")
        self.assertIn(": connected", program.stderr())
        program.signal(signal.SIGTERM)
        self.assertEqual(program.wait(), 0)
        self.redis.kill()
        program = self.start(Program([BIN / "pushlab-server", "--listen", "127.0.0.1:0",
                                      "--source", self.source]))
        wait_until(lambda: "trying again" in program.stderr(), "it says what it waits for")
        program.signal(signal.SIGTERM)
        self.assertEqual(program.wait(), 0)
        self.assertEqual(program.stdout(), "")

    def open_all(self, server, since):
        """One receiver of each transport, opened at the same time, because they may have to wait."""
        opened, socks = [], [self.connect(server) for _ in RECEIVERS]
        threads = [threading.Thread(target=lambda k=kind, s=sock: opened.append(k(s, since)))
                   for kind, sock in zip(RECEIVERS, socks)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
        self.assertEqual(len(opened), len(RECEIVERS))
        return opened

    def test_a_cursor_from_a_server_that_is_ahead_waits(self):
        """Nothing is sent twice although this server is slightly behind."""
        ahead, behind = self.shared(), self.shared("--test-delay", "500")
        for i in range(1, 6):
            ahead.publish(i)
        self.assertLess(behind.stats()["history"]["newest_seq"], 5)
        receivers = self.open_all(behind, 5)
        self.assertEqual(behind.stats()["history"]["newest_seq"], 5)
        ahead.publish(6)
        for receiver in receivers:
            with self.subTest(transport=receiver.name):
                self.assertEqual(receiver.cursor, 5)
                self.assertEqual(counts_of(receiver.take(1)), [6])

    def test_a_cursor_of_an_earlier_stream_gets_the_whole_history(self):
        server = self.shared()
        for i in range(1, 4):
            server.publish(i)
        for receiver in self.open_all(server, 1000):
            with self.subTest(transport=receiver.name):
                self.assertEqual(counts_of(receiver.take(3)), [1, 2, 3])


class Unreachable(RedisCase):
    def test_publishing_is_refused_while_redis_is_unreachable_and_works_afterwards(self):
        server = self.shared()
        server.publish(1)
        receiver = Stream(self.connect(server), 0)
        web_socket = Ws(self.connect(server), 0)
        self.redis.kill()
        self.wait_connected(server, False)
        r = self.send(server, 2)
        self.assertEqual((r.status, r.field("Retry-After")), (503, "1"))
        web_socket.take(1)
        web_socket.socket.send(frame(TEXT, b"2"))
        self.assertEqual(web_socket.socket.close_code(), 1013)
        self.assertEqual(counts_of(receiver.take(1)), [1])  # reading continues
        metrics = Wire(self.connect(server)).get("/metrics").body.decode()
        self.assertIn("pushlab_log_connected 0", metrics)
        self.assertGreater(self.log(server)["errors"], 0)
        self.assertEqual(self.log(server)["posts_refused"], 2)
        self.redis.start()
        self.wait_connected(server)
        self.assertEqual(server.publish(2), 2)
        self.assertEqual(counts_of(receiver.take(1)), [2])
        log = self.log(server)
        self.assertEqual((log["reconnects"], log["lag_updates"], log["posts_waiting"]), (1, 0, 0))
        metrics = Wire(self.connect(server)).get("/metrics").body.decode()
        self.assertIn("pushlab_log_connected 1", metrics)
        self.assertIn("pushlab_log_reconnects_total 1", metrics)

    def test_a_redis_that_refuses_posts_is_quoted_once(self):
        server = self.shared()
        server.may_say = OUTAGE + ("takes no posts", "takes posts again")
        server.publish(1)
        for name, value, words in (("min-replicas-to-write", "1", "NOREPLICAS"),
                                   ("maxmemory", "1", "OOM")):
            with self.subTest(words):
                old = self.redis.says("CONFIG", "GET", name).split()[1]
                self.redis.says("CONFIG", "SET", name, value)
                self.assertEqual(self.send(server, 2).status, 503)
                self.assertTrue(self.log(server)["refusal"].startswith(words))
                wait_until(lambda: self.log(server)["connected"], "the server has connected again")
                self.assertEqual(self.send(server, 2).status, 503)
                said = [line for line in server.stderr().splitlines() if words in line]
                self.assertEqual(len(said), 1, said)
                self.redis.says("CONFIG", "SET", name, old)
                wait_until(lambda: self.send(server, 2).status == 200, "posts are taken again")
                self.assertIsNone(self.log(server)["refusal"])
                self.assertIn("takes posts again", server.stderr())

    def test_pending_posts_are_answered_when_redis_stops(self):
        server = self.shared()
        server.publish(1)
        self.redis.process.send_signal(signal.SIGSTOP)
        wires = [Wire(self.connect(server)) for _ in range(4)]
        for wire in wires:
            wire.request("POST", "/publish", body=b"2")
        web_socket = WebSocket(Wire(self.connect(server)))
        web_socket.send(frame(TEXT, b"2"))
        left = Wire(self.connect(server))
        left.request("POST", "/publish", body=b"2")
        server.wait_for(lambda s: s["log"]["posts_waiting"] == 6, "six posts wait")
        left.close()
        self.redis.kill()
        for wire in wires:
            self.assertEqual(wire.response().status, 503)
        web_socket.message()
        self.assertEqual(web_socket.close_code(), 1013)
        self.assertEqual(self.log(server)["posts_waiting"], 0)

    def test_a_redis_that_does_not_respond_is_disconnected(self):
        server = self.shared()
        server.publish(1)
        self.redis.process.send_signal(signal.SIGSTOP)
        r = self.send(server, 2)
        self.assertEqual(r.status, 503)
        self.redis.process.send_signal(signal.SIGCONT)
        self.wait_connected(server)
        self.assertIn(server.publish(3), (2, 3))  # a post without a response may have been stored

    def test_a_feeding_server_waits_for_redis(self):
        server = self.shared("--feed", "-", stdin=subprocess.PIPE)
        lines = iter(range(1000000))

        def feed(n):
            server.process.stdin.write(b"".join(b"%d\n" % next(lines) for _ in range(n)))
            server.process.stdin.flush()

        receiver = Stream(self.connect(server))
        feed(300)
        for _ in range(3):
            self.redis.kill()
            feed(500)
            self.redis.start()
            feed(100)
        updates = receiver.take(2100)
        self.assertEqual([u["data"] for u in updates], list(range(2100)))
        self.assertEqual(self.log(server)["feed_dropped"], 0)

    def doomed(self, *options):
        return self.start(Server("--source", self.source, *options))

    def fails(self, server, word):
        self.assertEqual(server.wait(), 1)
        self.assertIn(word, server.stderr().splitlines()[-1])

    def test_a_redis_that_restarts_empty_ends_the_servers(self):
        one, two = self.doomed(), self.doomed()
        for i in range(1, 4):
            one.publish(i)
        two.wait_for_seq(3)
        streams = [Stream(self.connect(s), 3) for s in (one, two)]
        self.redis.kill()
        self.redis.empty()
        self.redis.start()
        for server, stream in zip((one, two), streams):
            self.assertRaises(EOFError, stream.take, 1)  # in order, with the last chunk
            self.fails(server, "no longer has the updates that this server has sent to its clients")
        anew = self.shared()
        self.assertEqual(anew.publish("a"), 1)

    def test_a_redis_that_is_emptied_while_running_ends_the_servers(self):
        one, two = self.doomed(), self.doomed()
        one.publish(1)
        self.redis.says("FLUSHALL")
        self.assertEqual(self.send(one, 2).status, 503)
        self.fails(one, "no longer has the updates that this server has sent to its clients")
        self.fails(two, "no longer has the updates that this server has sent to its clients")

    def test_a_redis_that_has_lost_its_newest_updates_ends_the_servers(self):
        one = self.doomed()
        for i in range(1, 4):
            one.publish(i)
        self.redis.says("SAVE")
        aside = self.temp_dir() / "copy"
        shutil.copytree(self.redis.directory, aside)
        one.publish(4)
        self.redis.kill()
        self.redis.empty()
        shutil.copytree(aside, self.redis.directory, dirs_exist_ok=True)
        self.redis.start()
        self.fails(one, "no longer has the updates that this server has sent to its clients")

    def test_a_server_for_which_updates_were_trimmed_ends(self):
        one, two = self.shared("--log-history", "1000"), self.doomed()
        one.publish(0)
        two.wait_for_seq(1)
        two.process.send_signal(signal.SIGSTOP)
        for _ in range(20):
            self.sent(one, [post(i) for i in range(200)])
        two.process.send_signal(signal.SIGCONT)
        self.fails(two, "has dropped updates before this server read them")
        late = self.shared()
        receiver = Stream(self.connect(late), 1)
        receiver.take(1)
        self.assertGreater(receiver.missed, 2000)

    def test_another_programs_data_is_left_unchanged(self):
        self.redis.says("XADD", "test", "*", "a", "b")
        program = self.run_program("pushlab-server", "--listen", "127.0.0.1:0", "--source",
                                   self.source)
        self.assertEqual(program.process.returncode, 1)
        self.assertIn("was not written by a pushlab-server", program.stderr())
        self.assertEqual(self.redis.says("XLEN", "test"), "1")
        self.assertEqual(self.redis.says("KEYS", "*"), "test")


class Actor(threading.Thread):
    """A thread that runs until it is done or the test ends; tell() returns what went wrong."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.failure, self.interruptions = world, None, 0

    def run(self):
        try:
            self.act()
        except Exception as e:  # noqa: B902: for the test to raise
            self.failure = e
            self.world.over.set()

    def interrupted(self):
        """Wait before the next attempt after the other side has closed."""
        self.interruptions += 1
        self.world.over.wait(0.01)


GONE = (OSError, EOFError, AssertionError, ValueError)  # broken connections; incomplete responses


class Publisher(Actor):
    """Posts over HTTP, each to a random server, again until one acknowledges it."""

    def __init__(self, world, name, seed):
        super().__init__(world)
        self.sender, self.chance, self.sent_again = name, random.Random(seed), 0

    def act(self):
        n = 1
        while not self.world.enough.is_set():
            count, channel = self.chance.choice((1, 1, 1, 5)), self.chance.choice("ab")
            posts = [post([self.sender, i], channel=channel, key=self.sender,
                          **{"from": self.sender, "from_n": i}) for i in range(n, n + count)]
            self.publish(posts if count > 1 else posts[0])
            n += count
            self.world.enough.wait(0.01)
        self.published = n - 1

    def publish(self, body):
        while not self.world.over.is_set():
            try:
                with self.world.connect(self.chance) as sock:
                    wire = Wire(sock)
                    wire.request("POST", "/publish", body=json.dumps(body).encode())
                    r = wire.response()
                    if r.status == 200:
                        return
                    assert (r.status, r.field("Retry-After")) == (503, "1")
            except GONE:
                pass
            self.sent_again += 1
            self.interrupted()


class WebSocketPublisher(Actor):
    """Posts over a WebSocket without waiting; after a broken connection it sends again what has not
    come back."""

    def __init__(self, world, name, seed):
        super().__init__(world)
        self.sender, self.chance, self.sent_again, self.published = name, random.Random(seed), 0, 0
        self.seen, self.cursor = 0, 0

    def act(self):
        while not self.world.over.is_set():
            try:
                with self.world.connect(self.chance) as sock:
                    if self.talk(Ws(sock, self.cursor, "channel=talk")):
                        return
            except GONE:
                self.interrupted()

    def talk(self, ws):
        self.sent_again += self.published - self.seen
        n = self.seen
        while not (self.world.enough.is_set() and self.seen == self.published):
            while n < self.seen + 20 and not (self.world.enough.is_set() and n >= self.published):
                n += 1
                body = post([self.sender, n], channel="talk", **{"from": self.sender, "from_n": n})
                self.published = max(self.published, n)
                ws.socket.send(frame(TEXT, json.dumps(body)))
            self.world.enough.wait(0.005)
            update = ws.take(1)[0]
            self.cursor = update["seq"]
            assert update["from_n"] == self.seen + 1, (update, self.seen)
            self.seen += 1
        return True


class Listener(Actor):
    """Receives everything over one transport, from any of the servers, resuming at its cursor."""

    def __init__(self, world, kind, seed):
        super().__init__(world)
        self.kind, self.chance, self.got, self.missed = kind, random.Random(seed), [], 0

    def cursor(self):
        return self.got[-1]["seq"] if self.got else 0

    def act(self):
        while not self.done():
            try:
                with self.world.connect(self.chance) as sock:
                    self.listen(self.kind(sock, self.cursor(), "channel=a,b,talk"))
            except GONE:
                self.interrupted()

    def done(self):
        last = self.world.last_seq
        return self.world.over.is_set() or (last is not None and self.cursor() >= last)

    def listen(self, receiver):
        moves_on = len(self.got) + self.chance.randrange(10, 200)  # to another server, without a failure
        while not self.done() and len(self.got) < moves_on:
            if isinstance(receiver, ShortPoll) and not receiver.kept:
                self.world.over.wait(0.01)  # the poll interval
                receiver.poll()
                continue
            self.got += receiver.take(1)
            self.missed += receiver.missed
            receiver.missed = 0


class KilledServer:
    """A server that is killed and started again on the same port."""

    def __init__(self, case):
        self.case, self.port, self.lives = case, free_port(), 0
        self.start()

    def start(self):
        self.lives += 1
        self.program = self.case.start(Program(
            [BIN / "pushlab-server", "--listen", f"127.0.0.1:{self.port}", "--source",
             self.case.source, "--history", "100000", "--max-hold", "500", "--heartbeat", "200"]))

    def kill(self):
        self.program.process.kill()
        self.program.process.wait()
        assert "Sanitizer" not in self.program.stderr(), self.program.describe()


class World:
    def __init__(self, servers):
        self.servers, self.last_seq = servers, None
        self.enough = threading.Event()  # posted
        self.over = threading.Event()

    def connect(self, chance):
        port = chance.choice(self.servers).port
        return socket.create_connection(("127.0.0.1", port), timeout=2)


class Chaos(RedisCase):
    SEED, KILLS = 17, 30

    def kill_at_random(self, servers, over):
        chance, killed = random.Random(self.SEED), {"redis": 0, "servers": 0}
        for _ in range(self.KILLS):
            over.wait(chance.uniform(0.02, 0.4))
            victim = chance.choice((self.redis, self.redis, *servers))
            victim.kill()
            over.wait(chance.uniform(0, 0.2))
            victim.start(*((False,) if victim is self.redis else ()))
            killed["redis" if victim is self.redis else "servers"] += 1
        return killed

    def test_nothing_is_lost_or_repeated_when_servers_or_redis_are_killed(self):
        servers = [KilledServer(self), KilledServer(self)]
        world = World(servers)
        self.addCleanup(world.over.set)
        listeners = [Listener(world, kind, seed) for seed, kind in enumerate(RECEIVERS * 2)]
        senders = [Publisher(world, f"p{i}", 100 + i) for i in range(3)] + [WebSocketPublisher(world, "t", 9)]
        for actor in listeners + senders:
            actor.start()
        killed = self.kill_at_random(servers, world.over)
        world.enough.set()
        for sender in senders:
            sender.join(30)
        total = sum(s.published for s in senders) + 1
        world.last_seq = total
        Publisher(world, "end", 0).publish(post("end", channel="a", **{"from": "end", "from_n": 1}))
        end = time.monotonic() + 30
        for listener in listeners:
            listener.join(max(0, end - time.monotonic()))
        for actor in listeners + senders:
            if actor.failure is not None:
                raise actor.failure
            self.assertFalse(actor.is_alive(), f"a {type(actor).__name__} has not finished")
        print(f"     seed {self.SEED}: redis killed {killed['redis']} times, servers "
              f"{killed['servers']} times; {total} posts, "
              f"{sum(s.sent_again for s in senders)} times sent again; {len(listeners)} receivers "
              f"came back {sum(a.interruptions for a in listeners)} times", flush=True)
        self.assertEqual(self.redis.says("HGET", "test:state", "seq"), str(total))
        self.assert_all_have_all(listeners, senders)
        for server in servers:
            server.program.signal(signal.SIGTERM)
            self.assertEqual(server.program.wait(), 0, server.program.describe())

    def assert_all_have_all(self, listeners, senders):
        first = listeners[0].got
        self.assertEqual(counts_of(first), list(range(1, len(first) + 1)))
        for listener in listeners:
            self.assertEqual(listener.missed, 0)
            self.assertTrue([u.raw for u in listener.got] == [u.raw for u in first],
                            f"{listener.kind.name} has other bytes")
        for sender in senders:
            numbers = [u["from_n"] for u in first if u["from"] == sender.sender]
            self.assertEqual(sorted(numbers), list(range(1, sender.published + 1)))
            for channel in ("a", "b", "talk"):
                mine = [u for u in first if u["channel"] == channel and u["from"] == sender.sender]
                self.assertEqual([u["from_n"] for u in mine], sorted(u["from_n"] for u in mine))


if __name__ == "__main__":
    unittest.main()
