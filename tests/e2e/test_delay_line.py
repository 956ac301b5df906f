"""The artificial round trip of demo mode: delays by the requested time, keeps the order, has bounded
queues, and does not crash when a client leaves in the middle."""

import http.client
import json
import signal
import time

from frames import PING, PONG, TEXT, WebSocket, close_frame, frame
from harness import TestCase, retried, within
from wire import EventStream, NdjsonStream, Wire, hello_of

RTT_S = 0.3


class DelayLine(TestCase):
    def far_server(self, *options, rtt_s=RTT_S):
        server = self.server("--demo", "--source", "none", *options)
        self.set_rtt(server, rtt_s)
        return server

    def set_rtt(self, server, rtt_s):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        connection.request("POST", "/control", json.dumps({"rtt_ms": rtt_s * 1000}),
                           {"Content-Type": "application/json"})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def wire(self, server):
        return Wire(self.connect(server))

    def assert_took(self, started, least_s):
        """Never less; by how much more is the machine's."""
        self.assertGreaterEqual(time.monotonic() - started, least_s - 0.002)

    @retried
    def test_a_poll_takes_a_round_trip_and_the_time_request_none(self):
        server = self.far_server()
        wire = self.wire(server)
        started = time.monotonic()
        self.assertEqual(wire.get("/poll").status, 204)
        self.assert_took(started, RTT_S)
        with within(RTT_S / 2, "/time is not delayed"):
            self.assertEqual(wire.get("/time").status, 200)

    def test_pipelined_requests_of_all_kinds_are_answered_in_order(self):
        server = self.far_server()
        server.publish("x")
        wire = self.wire(server)
        targets = ("/poll?since=0", "/healthz", "/poll?since=1", "/time", "/longpoll?timeout=1")
        wire.send("".join(f"GET {t} HTTP/1.1\r\nHost: test\r\n\r\n" for t in targets))
        answers = [wire.response() for _ in targets]
        self.assertEqual([a.status for a in answers], [200, 200, 204, 200, 204])
        self.assertEqual(answers[1].body, b"ok\n")
        self.assertIn("monotonic_ns", answers[3].json())

    @retried
    def test_streams_are_half_a_round_trip_late_and_in_order_when_it_changes(self):
        server = self.far_server()
        streams = [NdjsonStream(self.wire(server)), EventStream(self.wire(server))]
        server.wait_for_subscribers(2)
        for stream in streams:
            self.assertEqual(hello_of(stream.message()), 0)
        for n in range(5):
            server.publish(n)
        self.set_rtt(server, 0)  # what follows must not overtake
        for n in range(5, 10):
            server.publish(n)
        for stream in streams:
            updates = [stream.message() for _ in range(10)]
            self.assertEqual([u["data"] for u in updates], list(range(10)))
            late_s = time.monotonic() - updates[0]["t"] / 1e9
            self.assertGreaterEqual(late_s, RTT_S / 2)
        with within(RTT_S / 2, "an update after the delay was set to 0"):
            server.publish("now")
            self.assertEqual(streams[0].message()["data"], "now")

    def test_a_websocket_is_delayed_both_ways(self):
        server = self.far_server()
        started = time.monotonic()
        wire = self.wire(server)
        ws = WebSocket(wire)
        self.assert_took(started, RTT_S)
        started = time.monotonic()
        wire.send(frame(TEXT, '"up"') + frame(PING, b"p"))
        seen = [ws.receive() for _ in range(3)]
        self.assert_took(started, RTT_S)
        self.assertEqual([opcode for opcode, _ in seen], [TEXT, TEXT, PONG])
        self.assertEqual(json.loads(seen[1][1])["data"], "up")
        started = time.monotonic()
        wire.send(close_frame(1000))
        self.assertEqual(ws.close_code(), 1000)
        self.assert_took(started, RTT_S)

    def test_a_client_that_leaves_in_the_middle_is_freed(self):
        server = self.far_server("--max-hold", "1000")  # a held poll may still be waited for
        for target in ("/poll?since=0", "/longpoll", "/stream", "/events", "/healthz"):
            wire = self.wire(server)
            wire.request("GET", target)
            wire.close()
            wire = self.wire(server)
            wire.send(f"GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            if target in ("/poll?since=0", "/healthz"):
                wire.response()
                self.assertTrue(wire.at_end())
            wire.close()
        server.wait_for(lambda s: s["connections"]["open"] == 1, "all are gone")
        server.wait_for_subscribers(0)

    def test_close_in_the_query_ends_the_connection_after_the_complete_response(self):
        server = self.far_server()
        server.publish("x" * 5000)
        wire = self.wire(server)
        answer = wire.get("/poll?since=0&close=1")
        self.assertEqual(answer.field("Connection"), "close")
        self.assertEqual(answer.json()[0]["data"], "x" * 5000)
        self.assertTrue(wire.at_end())

    def test_delayed_bytes_are_bounded_like_a_slow_readers_backlog(self):
        server = self.far_server("--backlog-bytes", "20000", rtt_s=2)
        stream = self.wire(server)
        stream.request("GET", "/stream")
        server.wait_for_subscribers(1)
        for _ in range(8):
            server.publish("x" * 4000)
        server.wait_for(lambda s: s["transports"]["stream"]["drops"]["slow-reader"] == 1, "dropped")

    @retried
    def test_a_server_does_not_wait_for_delayed_bytes_when_it_stops(self):
        server = self.far_server(rtt_s=2)
        wires = [self.wire(server) for _ in range(3)]
        for wire, target in zip(wires, ("/stream", "/poll?since=0", "/longpoll")):
            wire.request("GET", target)
        server.wait_for_subscribers(2)
        wires[1].request("GET", "/poll?since=0")
        with within(1.5, "the server stops"):
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)

