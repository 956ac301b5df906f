"""A server that stops tells each client when to come back, by the means of its transport; real peers and
our own clients hear it, and do not all come at once."""

import json
import re
import signal
import unittest

from frames import CLOSE, WebSocket
from harness import BIN, Program, TestCase, wait_until
from wire import EventStream, NdjsonStream, Wire

WINDOW_MS = 3000


def farewell(socket):
    """Code and reason of the Close frame."""
    opcode, payload = socket.receive()
    assert opcode == CLOSE, opcode
    return int.from_bytes(payload[:2], "big"), payload[2:].decode()


class ComeBack(TestCase):
    def stopping(self, *options):
        return self.server("--source", "none", *options)

    def test_each_transport_says_when(self):
        server = self.stopping("--reconnect-window", str(WINDOW_MS))
        stream = NdjsonStream(Wire(self.connect(server)), "/stream")
        events = EventStream(Wire(self.connect(server)), "/events")
        socket = WebSocket(Wire(self.connect(server)), "/ws")
        poll = Wire(self.connect(server))
        stream.said(), socket.said(), events.said()
        poll.request("GET", "/longpoll?since=0")
        server.wait_for_subscribers(4)
        server.signal(signal.SIGTERM)
        self.assertLessEqual(json.loads(stream.said())["retry"], WINDOW_MS)
        answer = poll.response()
        self.assertEqual(answer.status, 503)
        self.assertLessEqual(int(answer.field("Retry-After")), WINDOW_MS // 1000)
        code, reason = farewell(socket)
        self.assertEqual(code, 1012)
        self.assertLessEqual(int(re.fullmatch(r"retry in (\d+) ms", reason)[1]), WINDOW_MS)

    def test_curl_sees_the_last_retry_of_an_event_stream(self):
        server = self.stopping("--reconnect-window", str(WINDOW_MS))
        curl = self.start(Program(["curl", "-sSN", "--max-time", "20", server.url + "/events"]))
        wait_until(lambda: "hello" in curl.stdout(), "the hello")
        server.signal(signal.SIGTERM)
        curl.wait()
        said = [int(ms) for ms in re.findall(r"^retry: (\d+)$", curl.stdout(), re.M)]
        self.assertEqual(len(said), 2)
        self.assertLessEqual(said[1], WINDOW_MS)

    def test_without_a_window_nothing_is_said_of_it(self):
        server = self.stopping()
        socket = WebSocket(Wire(self.connect(server)), "/ws")
        socket.said()
        server.signal(signal.SIGTERM)
        self.assertEqual(farewell(socket)[0], 1001)

    def test_our_clients_come_back_within_the_window_and_not_at_once(self):
        clients, transports = 30, ("long-poll", "stream", "sse", "websocket")
        server = self.stopping("--reconnect-window", str(WINDOW_MS), "--retry", "0")
        runs = {transport: self.start(Program([
            BIN / "pushlab-client", "--transport", transport, "--url", server.url, "--control", "none",
            "--clients", str(clients), "--hold", "200", "--warmup", "0", "--duration", "6", "--drain", "0",
            "--reconnect-min", "1", "--reconnect-max", "1", "--json"])) for transport in transports}
        server.wait_for_subscribers(clients * len(transports))
        server.wait_for(lambda s: s["transports"]["long-poll"]["requests"] >= 2 * clients,
                        "each has had an answer")
        port = server.port
        server.signal(signal.SIGTERM)
        server.process.wait(10)
        again = self.server("--source", "none", listen=f"127.0.0.1:{port}")
        again.wait_for_subscribers(clients * len(transports))
        for transport, run in runs.items():
            with self.subTest(transport):
                run.wait(30)
                waited = json.loads(run.stdout())["outage_us"]
                self.assertEqual(waited["count"], clients)
                self.assertLess(waited["p50"], (WINDOW_MS + 1500) * 1000)
                # Of 30 at random, none in the first or none in the last third: 2 * (2 / 3) ** 30.
                self.assertGreater(waited["max"] - waited["min"], WINDOW_MS * 1000 / 3)


if __name__ == "__main__":
    unittest.main()
