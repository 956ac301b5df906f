"""Does the WebSocket side conform to RFC 6455? With hand-made frames, npm ws, and Debian's
python3-websockets."""

import asyncio
import json
import signal
import unittest

import websockets

from frames import (BINARY, CLOSE, CONTINUATION, KEY, PING, PONG, TEXT, UPGRADE, WebSocket,
                    close_frame, frame)
from harness import OTHER_ADDRESS, OWN_NETWORK, TestCase, wait_until
from wire import Wire, hello_of

EURO = "\u20ac".encode()  # e2 82 ac


def parts(*pieces, opcode=TEXT):
    """One message in fragments; a tuple among the pieces is bytes that are sent as they are."""
    payloads = [p for p in pieces if not isinstance(p, tuple)]
    sent, out = 0, b""
    for piece in pieces:
        if isinstance(piece, tuple):
            out += piece[0]
            continue
        sent += 1
        out += frame(opcode if sent == 1 else CONTINUATION, piece, fin=sent == len(payloads))
    return out


# (section, what, bytes sent, close code expected)
CLOSED_WITH = [
    ("5.1", "an unmasked text frame", frame(TEXT, "{}", mask=False), 1002),
    ("5.1", "an unmasked ping", frame(PING, mask=False), 1002),
    ("5.1", "an unmasked close", close_frame(1000, mask=False), 1002),
    *[("5.2", f"reserved bits {rsv:03b}", frame(TEXT, "1", rsv=rsv), 1002) for rsv in range(1, 8)],
    ("5.2", "reserved bits on a ping", frame(PING, rsv=4), 1002),
    *[("5.2", f"opcode {op}", frame(op, "1"), 1002) for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)],
    ("5.2", "a 16-bit length that fits 7", frame(TEXT, "1" * 5, length_bytes=2), 1002),
    ("5.2", "a 64-bit length that fits 16", frame(TEXT, "1" * 200, length_bytes=8), 1002),
    ("5.2", "a 64-bit length with its top bit set",
     frame(TEXT, b"", length=1 << 63, length_bytes=8), 1002),
    ("5.4", "a continuation of nothing", frame(CONTINUATION, "1"), 1002),
    ("5.4", "a continuation after a whole message",
     frame(TEXT, "1") + frame(CONTINUATION, "1"), 1002),
    ("5.4", "a new message inside a fragmented one",
     frame(TEXT, "1", fin=False) + frame(TEXT, "2"), 1002),
    ("5.4", "a new binary message inside a fragmented one",
     frame(TEXT, "1", fin=False) + frame(BINARY, "2"), 1002),
    ("5.5", "a ping of 126 bytes", frame(PING, "x" * 126), 1002),
    ("5.5", "a close of 126 bytes", close_frame(1000, b"x" * 124), 1002),
    ("5.5", "a fragmented ping", frame(PING, "x", fin=False), 1002),
    ("5.5", "a fragmented close", frame(CLOSE, fin=False), 1002),
    ("5.5.1", "a close of one byte", frame(CLOSE, b"\x03"), 1002),
    *[("7.4", f"close code {code}", close_frame(code), 1002)
      for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)],
    ("8.1", "bad UTF-8 in a reason", close_frame(1000, b"\xff"), 1007),
    ("8.1", "a text of bad UTF-8", frame(TEXT, b"\xce\xba\xff"), 1007),
    ("8.1", "an overlong form", frame(TEXT, b"\xc0\xaf"), 1007),
    ("8.1", "a surrogate", frame(TEXT, b"\xed\xa0\x80"), 1007),
    ("8.1", "beyond U+10FFFF", frame(TEXT, b"\xf4\x90\x80\x80"), 1007),
    ("8.1", "a text that ends inside a character", frame(TEXT, EURO[:2]), 1007),
    ("8.1", "the same in fragments",
     frame(TEXT, EURO[:1], fin=False) + frame(CONTINUATION, EURO[1:2]), 1007),
    ("8.1", "failing fast: a bad first fragment", frame(TEXT, b"\xff", fin=False), 1007),
    ("8.1", "failing fast: bad bytes of a frame that never ends",
     frame(TEXT, b"a\xed\xa0", length=900, length_bytes=2), 1007),
    ("8.1", "failing fast: across fragments",
     frame(TEXT, EURO[:1], fin=False) + frame(CONTINUATION, b"a", fin=False), 1007),
    ("10.4", "a message over the limit", frame(TEXT, "x" * 1001), 1009),
    ("10.4", "the header of such a message is enough", frame(TEXT, b"", length=1001, length_bytes=2), 1009),
    ("10.4", "the header of a huge message", frame(BINARY, b"", length=1 << 62, length_bytes=8), 1009),
    ("10.4", "fragments over the limit",
     frame(TEXT, "x" * 600, fin=False) + frame(CONTINUATION, "x" * 401), 1009),
    ("5.5.1", "a close without a code", close_frame(), None),
    *[("7.4", f"a close with {code}", close_frame(code, b"bye"), code)
      for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)],
    ("5.5.1", "a close between fragments", frame(TEXT, "a", fin=False) + close_frame(1000), 1000),
    ("5.5.1", "frames after a close", close_frame(1000) + frame(TEXT, "1") + b"garbage", 1000),
    ("5.5.1", "a close with a reason of 123 bytes", close_frame(1000, b"x" * 123), 1000),
]

# (section, what, bytes sent, frames expected)
ECHOED = [
    *[("5.2", f"a text of {n} bytes", frame(TEXT, "x" * n), [(TEXT, b"x" * n)])
      for n in (0, 1, 125, 126, 127, 128, 1000)],
    *[("5.6", f"{n} bytes of binary", frame(BINARY, bytes(n)), [(BINARY, bytes(n))])
      for n in (0, 1, 125, 126, 1000)],
    ("5.4", "two fragments", parts("ab", "cd"), [(TEXT, b"abcd")]),
    ("5.4", "empty fragments", parts("", "", "x", "", ""), [(TEXT, b"x")]),
    ("5.4", "only empty fragments", parts("", ""), [(TEXT, b"")]),
    ("5.4", "binary fragments", parts(b"\xff", b"\xfe", opcode=BINARY), [(BINARY, b"\xff\xfe")]),
    ("5.4", "a hundred fragments", parts(*["x"] * 100), [(TEXT, b"x" * 100)]),
    ("5.4", "pings in between", parts("a", (frame(PING, "1"),), "b", (frame(PING, "2"),), "c"),
     [(PONG, b"1"), (PONG, b"2"), (TEXT, b"abc")]),
    ("5.4", "pongs in between", parts("a", (frame(PONG, "unasked"),), "b"), [(TEXT, b"ab")]),
    ("5.5.2", "a ping", frame(PING), [(PONG, b"")]),
    ("5.5.2", "a ping of 125 bytes", frame(PING, bytes(range(125))), [(PONG, bytes(range(125)))]),
    ("5.5.2", "ten pings", b"".join(frame(PING, str(i)) for i in range(10)),
     [(PONG, str(i).encode()) for i in range(10)]),
    ("5.5.3", "an unasked pong", frame(PONG, "x") + frame(TEXT, "1"), [(TEXT, b"1")]),
    ("8.1", "a character split over two fragments", parts(EURO[:1], EURO[1:2], EURO[2:]), [(TEXT, EURO)]),
    ("8.1", "a character split by a ping", parts(EURO[:2], (frame(PING),), EURO[2:]),
     [(PONG, b""), (TEXT, EURO)]),
    ("8.1", "the last code point", frame(TEXT, "\U0010ffff"), [(TEXT, "\U0010ffff".encode())]),
    ("8.1", "NUL and noncharacters", frame(TEXT, "\0\ufffe\uffff"), [(TEXT, "\0\ufffe\uffff".encode())]),
]


class Conformance(TestCase):
    """Hand-made frames, to /echo."""

    def open(self, server, target="/echo"):
        return WebSocket(Wire(self.connect(server)), target)

    def echo_server(self, *more):
        return self.server("--source", "none", "--ws-echo", "--ws-max-message", "1000", *more)

    def test_the_server_closes_with_the_right_code(self):
        server = self.echo_server()
        for section, what, sent, code in CLOSED_WITH:
            with self.subTest(section=section, what=what):
                ws = self.open(server)
                ws.send(sent)
                self.assertEqual(ws.close_code(), code)
                ws.wire.close()
        server.wait_for(lambda s: s["connections"]["open"] == 1, "all gone")

    def test_the_same_byte_by_byte(self):
        server = self.echo_server()
        for section, what, sent, code in CLOSED_WITH:
            if len(sent) > 300:
                continue
            with self.subTest(section=section, what=what):
                ws = self.open(server)
                try:
                    for byte in sent:
                        ws.send(bytes([byte]))
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.assertEqual(ws.close_code(), code)
                ws.wire.close()

    def test_the_same_on_ws(self):
        """/ws publishes what it receives, but the protocol is the same; it must receive JSON."""
        server = self.server("--source", "none", "--ws-max-message", "1000")
        for section, what, sent, code in CLOSED_WITH:
            if what.startswith(("a continuation after", "failing fast: across")):
                continue
            with self.subTest(section=section, what=what):
                ws = self.open(server, "/ws")
                ws.send(sent)
                self.assertEqual(ws.close_code(), code)
                ws.wire.close()

    def test_messages_are_echoed_unchanged(self):
        server = self.echo_server()
        for section, what, sent, expected in ECHOED:
            with self.subTest(section=section, what=what):
                ws = self.open(server)
                ws.send(sent)
                self.assertEqual([ws.receive() for _ in expected], expected)
                ws.send(close_frame(1000))
                self.assertEqual(ws.close_code(), 1000)
                ws.wire.close()

    def test_messages_sent_byte_by_byte_and_all_at_once_are_echoed(self):
        server = self.echo_server()
        together, everything = self.open(server), b"".join(sent for _, _, sent, _ in ECHOED)
        trickle = self.open(server)
        together.send(everything)
        for byte in everything[:3000]:
            trickle.send(bytes([byte]))
        trickle.send(everything[3000:])
        for section, what, _, expected in ECHOED:
            with self.subTest(section=section, what=what):
                self.assertEqual([together.receive() for _ in expected], expected)
                self.assertEqual([trickle.receive() for _ in expected], expected)

    def test_every_length_form_up_to_the_limit(self):
        server = self.server("--source", "none", "--ws-echo")
        ws = self.open(server)
        for n in (65535, 65536, 1 << 20):
            ws.send(frame(BINARY, bytes(n)))
            self.assertEqual(ws.receive(), (BINARY, bytes(n)))
        ws.send(frame(BINARY, bytes((1 << 20) + 1)))
        self.assertEqual(ws.close_code(), 1009)

    def test_frames_may_come_with_the_handshake(self):
        server = self.echo_server()
        wire = Wire(self.connect(server))
        wire.send("\r\n".join(["GET /echo HTTP/1.1", "Host: t", *UPGRADE, "", ""]).encode()
                  + frame(TEXT, "early"))
        self.assertEqual(wire.read_head().status, 101)
        self.assertEqual(wire.read(7), b"\x81\x05early")

    def test_violations_are_counted(self):
        server = self.echo_server()
        ws = self.open(server)
        ws.send(frame(TEXT, "1", mask=False))
        self.assertEqual(ws.close_code(), 1002)
        ws.wire.close()
        server.wait_for(lambda s: s["transports"]["other"]["drops"]["protocol"] == 1, "counted")


class Handshake(TestCase):
    def shake(self, server, *fields, method="GET", version="1.1"):
        wire = Wire(self.connect(server))
        wire.request(method, "/ws", *fields, version=version)
        return wire.read_head()

    @staticmethod
    def without(name):
        return [f for f in UPGRADE if not f.startswith(name)]

    def test_a_valid_one_is_accepted(self):
        server = self.server("--source", "none")
        for fields in (UPGRADE,
                       ("connection: keep-alive, UPGRADE", "upgrade: WebSocket", *UPGRADE[2:]),
                       ("Connection: keep-alive", *UPGRADE)):
            with self.subTest(fields):
                r = self.shake(server, *fields)
                self.assertEqual((r.status, r.field("Upgrade"), r.field("Connection")),
                                 (101, "websocket", "Upgrade"))
                self.assertEqual(r.field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                self.assertIsNone(r.field("Sec-WebSocket-Protocol"))
                self.assertIsNone(r.field("Sec-WebSocket-Extensions"))

    def test_the_subprotocol_is_chosen_only_when_offered(self):
        server = self.server("--source", "none")
        for offer, chosen in (("pushlab.v1", "pushlab.v1"), ("chat, pushlab.v1", "pushlab.v1"),
                              ("chat", None)):
            r = self.shake(server, *UPGRADE, "Sec-WebSocket-Protocol: " + offer)
            self.assertEqual((r.status, r.field("Sec-WebSocket-Protocol")), (101, chosen))

    def test_extensions_are_declined(self):
        server = self.server("--source", "none")
        r = self.shake(server, *UPGRADE, "Sec-WebSocket-Extensions: permessage-deflate")
        self.assertEqual((r.status, r.field("Sec-WebSocket-Extensions")), (101, None))

    def test_others_are_refused(self):
        server = self.server("--source", "none")
        version, key = self.without("Sec-WebSocket-Version"), self.without("Sec-WebSocket-Key")
        named = "Sec-WebSocket-Key: "
        cases = {
            "no upgrade at all": ((), 426), "no Upgrade": (self.without("Upgrade"), 426),
            "no Connection": (self.without("Connection"), 426),
            "upgrade to another protocol": ([*self.without("Upgrade"), "Upgrade: h2c"], 426),
            "no version": (version, 426), "version 8": ([*version, "Sec-WebSocket-Version: 8"], 426),
            "version 14": ([*version, "Sec-WebSocket-Version: 14"], 426),
            "no key": (key, 400), "empty key": ([*key, named], 400),
            "short key": ([*key, named + "c2hvcnQ="], 400),
            "long key": ([*key, named + "A" * 32], 400),
            "a key that is not base64": ([*key, named + "!" * 22 + "=="], 400),
            "two keys": ([*UPGRADE, named + KEY], 400),
            "another origin": ([*UPGRADE, "Origin: http://evil.example"], 403),
            "the null origin": ([*UPGRADE, "Origin: null"], 403),
        }
        for what, (fields, status) in cases.items():
            with self.subTest(what):
                r = self.shake(server, *fields)
                self.assertEqual(r.status, status)
                if "ersion" in what:
                    self.assertEqual(r.field("Sec-WebSocket-Version"), "13")
                if status == 426:
                    self.assertEqual(r.field("Upgrade"), "websocket")
        self.assertEqual(self.shake(server, *UPGRADE, method="POST").status, 405)
        self.assertEqual(self.shake(server, *UPGRADE, version="1.0").status, 426)
        t = server.transport("websocket")
        self.assertEqual((t["responses"]["400"], t["responses"]["403"]), (6, 2))
        self.assertEqual(server.stats()["history"]["subscribers"], 0)

    def test_the_own_origin_and_allowed_ones_are_accepted(self):
        server = self.server("--source", "none", "--allow-origin", "http://lab.example:8000")
        for origin, status in (("http://test", 101), ("http://TEST", 101), ("https://test", 101),
                               ("http://lab.example:8000", 101), ("http://lab.example", 403),
                               ("http://test:81", 403), ("http://test.evil.example", 403)):
            with self.subTest(origin):
                self.assertEqual(self.shake(server, *UPGRADE, "Origin: " + origin).status, status)
        server = self.server("--source", "none", "--allow-origin", "*")
        self.assertEqual(self.shake(server, *UPGRADE, "Origin: null").status, 101)

    def test_a_refused_handshake_leaves_the_connection_usable(self):
        server = self.server("--source", "none")
        wire = Wire(self.connect(server))
        self.assertEqual(wire.get("/ws").status, 426)
        self.assertEqual(wire.get("/healthz").status, 200)
        wire.request("GET", "/ws", *UPGRADE)
        self.assertEqual(wire.read_head().status, 101)

    def test_upgrade_elsewhere_is_ignored(self):
        """RFC 9110 section 7.8"""
        server = self.server("--source", "none")
        wire = Wire(self.connect(server))
        self.assertEqual(wire.get("/poll", *UPGRADE).status, 204)
        self.assertEqual(wire.get("/healthz", "Connection: Upgrade", "Upgrade: h2c").status, 200)
        self.assertEqual(wire.get("/echo", *UPGRADE).status, 404)


class Life(TestCase):
    def open(self, server, target="/ws"):
        return WebSocket(Wire(self.connect(server)), target)

    def test_an_idle_connection_gets_pings_and_a_pong_keeps_it_open(self):
        server = self.server("--source", "none", "--ws-ping", "100", "--ws-ping-timeout", "5000")
        ws = self.open(server)
        ws.message()
        for _ in range(3):
            opcode, payload = ws.receive()
            self.assertEqual(opcode, PING)
            ws.send(frame(PONG, payload))
        server.publish(1)
        while (received := ws.receive())[0] == PING:
            pass
        self.assertEqual(json.loads(received[1])["seq"], 1)

    def test_an_unanswered_ping_ends_the_connection(self):
        server = self.server("--source", "none", "--ws-ping", "100", "--ws-ping-timeout", "200")
        ws = self.open(server)
        ws.message()
        self.assertEqual(ws.receive()[0], PING)
        self.assertTrue(ws.wire.at_end())
        stats = server.wait_for_subscribers(0)
        self.assertEqual(stats["transports"]["websocket"]["drops"]["ping-timeout"], 1)

    def test_sigterm_closes_with_1001(self):
        server = self.server("--source", "none", "--ws-echo")
        sockets = [self.open(server), self.open(server), self.open(server, "/echo")]
        for ws in sockets[:2]:
            ws.message()
        server.signal(signal.SIGTERM)
        for ws in sockets:
            self.assertEqual(ws.close_code(), 1001)
            ws.wire.close()
        self.assertEqual(server.wait(), 0)

    def test_bad_content_on_ws_has_its_code(self):
        server = self.server("--source", "none")
        for sent, code in ((frame(BINARY, "1"), 1003), (frame(TEXT, "no json"), 1007),
                           (frame(TEXT, ""), 1007), (frame(TEXT, "1 2"), 1007),
                           (frame(TEXT, "{'a':1}"), 1007)):
            with self.subTest(sent):
                ws = self.open(server)
                ws.message()
                ws.send(sent)
                self.assertEqual(ws.close_code(), code)
                ws.wire.close()
        self.assertEqual(server.stats()["source"]["seq"], 0)

    @unittest.skipUnless(OWN_NETWORK, "needs an address that is not loopback")
    def test_publishing_from_elsewhere_without_the_token_is_1008(self):
        server = self.server("--source", "none", "--publish-token", "s3cret",
                             listen=OTHER_ADDRESS + ":0")
        ws = self.open(server)
        ws.message()
        ws.send(frame(TEXT, "1"))
        self.assertEqual(ws.close_code(), 1008)
        for token, code in (("s3cret", None), ("wrong", 1008)):
            ws = WebSocket(Wire(self.connect(server)), "/ws", "Authorization: Bearer " + token)
            ws.message()
            ws.send(frame(TEXT, "1"))
            if code is None:
                self.assertEqual(ws.message()["data"], 1)
            else:
                self.assertEqual(ws.close_code(), code)

    def test_an_eof_without_a_close_is_freed(self):
        server = self.server("--source", "none")
        for half in (b"", frame(TEXT, "12345")[:5], frame(TEXT, "1", fin=False)):
            ws = self.open(server)
            ws.message()
            ws.send(half)
            ws.wire.close()
            server.wait_for_subscribers(0)

    def test_a_client_that_never_answers_the_close_is_disconnected(self):
        server = self.server("--source", "none")
        ws = self.open(server)
        ws.message()
        ws.send(frame(BINARY, "1"))
        server.wait_for(lambda s: s["transports"]["websocket"]["open"] == 0, "let go")


class Peers(TestCase):
    """Independent implementations as clients."""

    def ws_client(self, server, *args):
        program = self.node("ws_client.mjs", f"ws://{server.host}:{server.port}", *args)
        program.events = lambda kind: [e for e in map(json.loads, program.lines())
                                       if e["type"] == kind]
        return program

    def test_npm_ws_receives_and_publishes(self):
        server = self.server("--source", "none")
        client = self.ws_client(server, "/ws?since=0", "pushlab.v1", '"from ws"')
        wait_until(lambda: len(client.events("message")) == 2, "hello and its own update")
        self.assertEqual(client.events("open")[0]["protocol"], "pushlab.v1")
        hello, update = [json.loads(e["data"]) for e in client.events("message")]
        self.assertEqual((hello_of(hello), update["data"]), (0, "from ws"))
        server.publish("from http")
        wait_until(lambda: len(client.events("message")) == 3, "the other update")
        server.signal(signal.SIGTERM)
        wait_until(lambda: client.events("close"), "closed")
        self.assertEqual(client.events("close")[0]["code"], 1001)

    def test_npm_ws_gets_its_echoes_and_pongs(self):
        server = self.server("--source", "none", "--ws-echo")
        client = self.ws_client(server, "/echo", "", "--exercise")
        wait_until(lambda: client.events("done") or not client.running(), "the exercise")
        self.assertEqual(client.stderr(), "")
        self.assertEqual(client.events("close")[0]["code"], 4321)

    def run_async(self, coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, 30))

    def test_python_websockets_receives_and_publishes(self):
        server = self.server("--source", "none")

        async def talk():
            url = f"ws://{server.host}:{server.port}/ws?since=0"
            async with websockets.connect(url, subprotocols=["pushlab.v1"]) as ws:
                self.assertEqual(ws.subprotocol, "pushlab.v1")
                self.assertEqual(hello_of(json.loads(await ws.recv())), 0)
                await ws.send('{"from": "python"}')
                await (await ws.ping())
                self.assertEqual(json.loads(await ws.recv())["data"], {"from": "python"})
                await ws.close(1000, "done")
                self.assertEqual(ws.close_code, 1000)

        self.run_async(talk())
        server.wait_for(lambda s: s["transports"]["websocket"]["open"] == 0, "gone")
        self.assertEqual(server.transport("websocket")["drops"]["protocol"], 0)

    def test_python_websockets_gets_its_echoes(self):
        server = self.server("--source", "none", "--ws-echo")

        async def talk():
            async with websockets.connect(f"ws://{server.host}:{server.port}/echo") as ws:
                for message in ("", "x" * 70000, bytes(range(256)) * 300, "\U0001f600" * 1000):
                    await ws.send(message)
                    self.assertEqual(await ws.recv(), message)
                await ws.send(part for part in ("in ", "three ", "parts"))
                self.assertEqual(await ws.recv(), "in three parts")

        self.run_async(talk())


if __name__ == "__main__":
    unittest.main()
