"""Can independent clients read the endless responses, NDJSON and server-sent events? Do they have
heartbeats when idle, and resume after a loss? With curl, npm eventsource, and hand-made requests."""

import json
import re
import subprocess
import unittest

from harness import HERE, Program, Server, TestCase, counts_of, wait_until
from wire import EventStream, NdjsonStream, Wire, hello_of, seq_of


class Streams(TestCase):
    def curl(self, *args):
        return self.start(Program(["curl", "-sSN", "--max-time", "30", *args]))

    def test_curl_reads_the_ndjson_stream_as_it_comes(self):
        for more in ((), ("--http1.0",)):
            with self.subTest(more):
                server = self.server("--source", "none")
                curl = self.curl(*more, server.url + "/stream")
                wait_until(curl.lines, "the hello")
                self.assertEqual(hello_of(json.loads(curl.lines()[0])), 0)
                for i in range(1, 4):
                    server.publish({"n": i})
                    wait_until(lambda: len(curl.lines()) > i, "the line is there before the next")
                    update = json.loads(curl.lines()[i])
                    self.assertEqual((update["seq"], update["data"]), (i, {"n": i}))

    def test_curl_reads_the_event_stream_as_it_comes(self):
        for more in ((), ("--http1.0",)):
            with self.subTest(more):
                server = self.server("--source", "none", "--retry", "1234")
                curl = self.curl(*more, server.url + "/events")
                hello = re.compile(r'event: hello\nid: 0-(\w{6})\ndata: {"hello":0,"epoch":"\1"}\n\n$')
                wait_until(lambda: hello.search(curl.stdout()), "the hello")
                self.assertRegex(curl.stdout(), r"^retry: 1234\n")
                before = len(curl.stdout())
                server.publish("x")
                wait_until(lambda: curl.stdout()[before:].endswith("\n\n"), "the event")
                update = curl.stdout()[before:].removesuffix("\n\n")
                self.assertRegex(update, r'^id: 1-\w{6}\ndata: \{"seq":1,"t":\d+,"data":"x"\}$')

    def test_the_headers_describe_the_content(self):
        server = self.server("--source", "none")
        for kind, target, content_type in ((NdjsonStream, "/stream", "application/x-ndjson"),
                                           (EventStream, "/events", "text/event-stream")):
            with self.subTest(target):
                head = kind(Wire(self.connect(server)), target).head
                self.assertEqual((head.status, head.field("Content-Type"),
                                  head.field("Transfer-Encoding"), head.field("Cache-Control"),
                                  head.field("Content-Length"), head.field("Connection")),
                                 (200, content_type, "chunked", "no-store", None, None))
                head = kind(Wire(self.connect(server)), target, version="1.0").head
                self.assertEqual((head.field("Transfer-Encoding"), head.field("Connection")),
                                 (None, "close"))

    def test_one_update_is_one_chunk(self):
        server = self.server("--source", "none")
        wire = Wire(self.connect(server))
        wire.request("GET", "/stream")
        wire.read_head()
        self.assertRegex(wire.read_chunk(), rb'^\{"hello":0,"epoch":"\w{6}"\}\n$')
        for i in range(3):
            server.publish(i)
            chunk = wire.read_chunk()
            self.assertEqual(json.loads(chunk)["data"], i)
            self.assertTrue(chunk.endswith(b"}\n"))

    def test_heartbeats_when_idle(self):
        server = self.server("--source", "none", "--heartbeat", "100")
        lines = NdjsonStream(Wire(self.connect(server)))
        events = EventStream(Wire(self.connect(server)))
        self.assertEqual(hello_of(lines.message()), 0)
        self.assertEqual(lines.line(), b"")
        self.assertEqual(lines.line(), b"")
        while len(events.comments) < 2:
            line = events.line()
            events.comments += [line] if line.startswith(b":") else []
        self.assertEqual(events.comments, [b": heartbeat"] * 2)
        server.publish(1)
        self.assertEqual(lines.message()["seq"], 1)
        self.assertEqual(events.message()["seq"], 1)

    def test_last_event_id_overrides_since(self):
        server = self.server("--source", "none")
        for i in range(1, 6):
            server.publish(i)
        for field, target, first in (("Last-Event-ID: 3", "/events", 4),
                                     ("Last-Event-ID: 3", "/events?since=1", 4),
                                     ("Last-Event-ID: 0", "/events", 1),
                                     ("Last-Event-ID: nonsense", "/events?since=1", 2)):
            with self.subTest(field=field, target=target):
                events = EventStream(Wire(self.connect(server)), target, field)
                self.assertEqual(hello_of(events.message()), first - 1)
                self.assertEqual(seq_of(events.event()[1]), first)

    def test_a_missed_event_goes_before_the_updates(self):
        server = self.server("--source", "none", "--history", "2")
        for i in range(1, 6):
            server.publish(i)
        events = EventStream(Wire(self.connect(server)), "/events", "Last-Event-ID: 1")
        kind, last_id, data = events.event()
        self.assertEqual((kind, seq_of(last_id), hello_of(json.loads(data))), ("hello", 1, 1))
        kind, last_id, data = events.event()
        self.assertEqual((kind, seq_of(last_id), data), ("missed", 3, '{"missed":2}'))
        self.assertEqual([seq_of(events.event()[1]) for _ in range(2)], [4, 5])

    def event_source(self, url):
        """npm eventsource as a program that prints a JSON line for each of its events."""
        program = self.node("eventsource_client.mjs", url)
        program.seen = lambda kind: [e for e in map(json.loads, program.lines())
                                     if e["type"] == kind]
        return program

    def test_eventsource_reads_updates(self):
        server = self.server("--source", "none")
        client = self.event_source(server.url + "/events")
        wait_until(lambda: client.seen("hello"), "the hello")
        values = [1, "two\u2028\U0001f600", {"three": [None]}]
        for value in values:
            server.publish(value)
        wait_until(lambda: len(client.seen("message")) == 3, "three messages")
        messages = client.seen("message")
        self.assertEqual([json.loads(m["data"])["data"] for m in messages], values)
        self.assertEqual([seq_of(m["id"]) for m in messages], [1, 2, 3])

    def test_eventsource_resumes_at_its_last_event(self):
        """The server ends its streams on SIGTERM; the client reconnects to the next server with its
        Last-Event-ID. This id is of another epoch, so the client is told, and gets all there is."""
        first = Server("--source", "none", "--retry", "50")
        self.programs.append(first)
        for i in range(1, 4):
            first.publish(i)
        client = self.event_source(first.url + "/events?since=2")
        wait_until(lambda: client.seen("message"), "the first message")
        self.assertIsNone(first.stop())
        first.close()
        second = self.server("--source", "none", "--retry", "50", "--history", "3",
                             listen=f"{first.host}:{first.port}")
        wait_until(lambda: client.seen("restarted"), "it is back")
        second.publish("anew")
        wait_until(lambda: len(client.seen("message")) == 2, "the first of the second server")
        self.assertEqual([json.loads(m["data"])["seq"] for m in client.seen("message")], [3, 1])
        self.assertEqual([json.loads(h["data"])["hello"] for h in client.seen("hello")], [2])
        self.assertEqual([json.loads(h["data"])["hello"] for h in client.seen("restarted")], [0])

    def test_eventsource_resumes_after_a_broken_connection_without_loss(self):
        """The server stays the same; a proxy in front of it dies."""
        server = self.server("--source", "none", "--retry", "50")
        proxy = self.peer("proxy.mjs", str(server.port), stdin=subprocess.PIPE)
        client = self.event_source(proxy.url + "/events")
        wait_until(lambda: client.seen("hello"), "the hello")
        server.publish("before")
        wait_until(lambda: client.seen("message"), "before")
        proxy.process.stdin.write(b"cut\n")
        proxy.process.stdin.flush()
        server.wait_for(lambda s: s["history"]["subscribers"] == 0, "cut")
        server.publish("meanwhile")
        server.publish("and again")
        proxy.process.stdin.write(b"open\n")
        proxy.process.stdin.flush()
        wait_until(lambda: len(client.seen("message")) == 3, "what it had missed")
        self.assertEqual([seq_of(m["id"]) for m in client.seen("message")], [1, 2, 3])

    def test_an_idle_stream_is_not_an_idle_connection(self):
        server = self.server("--source", "none", "--idle-timeout", "100", "--request-timeout", "100",
                             "--heartbeat", "250")
        lines = NdjsonStream(Wire(self.connect(server)))
        lines.message()
        for _ in range(3):
            self.assertEqual(lines.line(), b"")  # 750 ms, seven times the idle time
        server._control = None
        server.publish(1)
        self.assertEqual(lines.message()["seq"], 1)

    def test_bytes_that_a_client_sends_on_its_stream_do_no_harm(self):
        server = self.server("--source", "none")
        lines = NdjsonStream(Wire(self.connect(server)))
        lines.message()
        lines.wire.send(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n" * 100)
        server.publish(1)
        self.assertEqual(lines.message()["seq"], 1)

    def test_a_stream_pipelined_after_a_poll_begins_after_its_response(self):
        server = self.server("--source", "none")
        wire = Wire(self.connect(server))
        wire.send(b"GET /longpoll?since=0 HTTP/1.1\r\nHost: t\r\n\r\n"
                  b"GET /stream?since=0 HTTP/1.1\r\nHost: t\r\n\r\n")
        server.wait_for_subscribers(1)
        server.publish("one")
        self.assertEqual(counts_of(wire.response().json()), [1])
        self.assertEqual(wire.read_head().status, 200)
        self.assertEqual(wire.read_chunk().count(b"\n"), 1)
        self.assertEqual(json.loads(wire.read_chunk())["seq"], 1)
        server.publish("two")
        self.assertEqual(json.loads(wire.read_chunk())["seq"], 2)


if __name__ == "__main__":
    unittest.main()
