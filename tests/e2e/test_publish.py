"""Who may publish, and what? Strict JSON, one update each, over HTTP and WebSocket."""

import json
import subprocess
import unittest

from frames import TEXT, WebSocket, frame
from harness import BIN, DEADLINE_S, OTHER_ADDRESS, OWN_NETWORK, TestCase
from wire import Wire

GOOD = [
    ("null", "null"), ("true", "true"), ("0", "0"), ("-0", "-0"), ("1E+2", "1E+2"),
    ("1.50", "1.50"), ("123456789012345678901234567890", "123456789012345678901234567890"),
    ('""', '""'), (r'"\u00e9\ud83d\ude00\n"', r'"\u00e9\ud83d\ude00\n"'), ('"\u20ac"', '"\u20ac"'),
    (" [ 1 , 2 ] ", "[1,2]"), ('\t{ "a" :\r\n [ ] }\n', '{"a":[]}'), ('"a b"', '"a b"'),
    ('{"a":1,"a":2}', '{"a":1,"a":2}'), ("[" * 64 + "]" * 64, "[" * 64 + "]" * 64),
]
BAD = [
    b"", b" ", b"nul", b"True", b"01", b"1.", b".5", b"+1", b"1e", b"0x1", b"NaN", b"Infinity",
    b"-", b"'a'", b'"a', b'"\t"', b'"\n"', b'"\x00"', rb'"\x"', rb'"\u12"', rb'"\ud80"',
    b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b"\xef\xbb\xbf1", b"[1,]", b"[,1]", b"[1 2]",
    b"[1", b"1]", b"{", b"{1:2}", b'{"a"}', b'{"a":}', b'{"a":1,}', b"{a:1}", b"1 2", b"1,2",
    b"{}{}", b"// c\n1", b"[" * 1000 + b"]" * 1000, b"[" * 100000,
]


class Publish(TestCase):
    def post(self, server, body, *fields, wire=None):
        wire = wire or Wire(self.connect(server))
        wire.request("POST", "/publish", *fields, body=body)
        return wire.response()

    def test_json_values_become_updates_unchanged_except_white_space(self):
        server = self.server("--source", "none")
        wire = Wire(self.connect(server))
        for seq, (sent, _) in enumerate(GOOD, 1):
            with self.subTest(sent[:40]):
                r = self.post(server, sent.encode(), "Content-Type: application/json", wire=wire)
                self.assertEqual((r.status, r.json()), (200, {"seq": seq}))
        text = wire.get("/poll?since=0").body.decode()
        at = 0
        for seq, (_, kept) in enumerate(GOOD, 1):
            at = text.index(f'{{"seq":{seq},', at)
            self.assertEqual(text[text.index('"data":', at) + 7:][:len(kept) + 1], kept + "}")

    def test_anything_but_one_json_value_is_400(self):
        server = self.server("--source", "none")
        wire = Wire(self.connect(server))
        for body in BAD:
            with self.subTest(body[:40]):
                r = self.post(server, body, "Content-Type: application/json", wire=wire)
                self.assertEqual(r.status, 400)
                self.assertIn("error", r.json())
        self.assertEqual(server.stats()["source"]["seq"], 0)

    def test_a_websocket_message_is_as_strict(self):
        server = self.server("--source", "none")
        ws = WebSocket(Wire(self.connect(server)), "/ws?since=0")
        ws.message()
        for seq, (sent, kept) in enumerate(GOOD, 1):
            ws.send(frame(TEXT, sent))
            _, payload = ws.receive()
            self.assertTrue(payload.decode().startswith(f'{{"seq":{seq},"t":'))
            self.assertTrue(payload.decode().endswith(f',"data":{kept}}}'))
        for body in BAD:
            with self.subTest(body[:40]):
                ws = WebSocket(Wire(self.connect(server)))
                ws.message()
                ws.send(frame(TEXT, body))
                self.assertEqual(ws.close_code(), 1007)
                ws.wire.close()
        self.assertEqual(server.stats()["source"]["seq"], len(GOOD))

    def test_curl_publishes_with_and_without_a_content_type(self):
        server = self.server("--source", "none")
        for seq, more in enumerate(((), ("-H", "Content-Type: application/json"),
                                    ("-H", "Content-Type: application/json; charset=utf-8"),
                                    ("-H", "Transfer-Encoding: chunked"), ("--http1.0",)), 1):
            with self.subTest(more):
                said = subprocess.run(["curl", "-sS", *more, "-d", '{"a": 1}',
                                       server.url + "/publish"], capture_output=True, text=True)
                self.assertEqual((said.stdout, said.stderr), (f'{{"seq":{seq}}}\n', ""))

    def test_other_content_types_are_415(self):
        server = self.server("--source", "none")
        for content_type in ("application/xml", "image/png", "multipart/form-data; boundary=x",
                             "application/jsonlines", "application/json-patch+json",
                             "text/plainer"):
            with self.subTest(content_type):
                r = self.post(server, b"1", "Content-Type: " + content_type)
                self.assertEqual(r.status, 415)
        self.assertEqual(server.stats()["source"]["seq"], 0)

    def test_pages_of_another_origin_are_refused(self):
        server = self.server("--source", "none", "--allow-origin", "http://lab.example")
        for origin, status in (("http://evil.example", 403), ("null", 403),
                               ("http://lab.example", 200), ("https://lab.example", 403)):
            with self.subTest(origin):
                r = self.post(server, b"1", "Origin: " + origin)
                self.assertEqual(r.status, status)

    def test_a_token_can_be_read_from_a_file(self):
        file = self.temp_dir() / "token"
        file.write_text("s3cret\nthe rest is a note\n")
        server = self.server("--source", "none", "--publish-token", f"@{file}")
        for token, status in (("s3cret", 200), (f"@{file}", 403), ("s3cret ", 200)):
            with self.subTest(token):
                wire = Wire(self.connect(server))
                wire.send(("POST /publish HTTP/1.1\r\nHost: lab.example\r\nContent-Length: 1\r\n"
                           "Origin: http://lab.example\r\n"
                           f"Authorization: Bearer {token}\r\n\r\n1").encode())
                self.assertEqual(wire.response().status, status)
        (empty := self.temp_dir() / "empty").write_text("\n")
        for path, what in ((empty, "its first line is empty"), (file / "no", "Not a directory")):
            done = subprocess.run([BIN / "pushlab-server", "--publish-token", f"@{path}"],
                                  capture_output=True, text=True, timeout=DEADLINE_S)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
            self.assertIn(what, done.stderr)

    def test_a_name_that_was_made_to_point_here_is_refused(self):
        """DNS rebinding: Origin and Host agree, but the name is somebody else's. No token, made up or
        wrong, switches the check off; over WebSocket it may read, and not publish."""
        server = self.server("--source", "none", "--publish-token", "s3cret")
        port = server.port

        def said(host, *fields):
            wire = Wire(self.connect(server))
            lines = [f"Host: {host}", f"Origin: http://{host}", *fields, "Content-Length: 1", "", "1"]
            wire.send(("POST /publish HTTP/1.1\r\n" + "\r\n".join(lines)).encode())
            return wire.response().status

        for host in (f"evil.example:{port}", "evil.example", "localhost.evil.example",
                     "127.0.0.1.evil.example", "0x7f.1"):
            for fields in ((), ("Authorization: x",), ("Authorization: Bearer wrong",)):
                with self.subTest(host=host, fields=fields):
                    self.assertEqual(said(host, *fields), 403)
            self.assertEqual(said(host, "Authorization: Bearer   s3cret"), 200)
        for host in (f"localhost:{port}", "127.0.0.1", f"127.0.0.1:{port}", f"[::1]:{port}", "192.0.2.7"):
            with self.subTest(host):
                self.assertEqual(said(host), 200)

    def test_pages_of_an_allowed_origin_can_read_every_answer(self):
        for allowed, origin, others in (("http://lab.example", "http://lab.example", None),
                                        ("*", "null", "*")):
            server = self.server("--source", "none", "--allow-origin", allowed)
            server.publish(1)
            for method, target, body in (("GET", "/poll?since=0", b""), ("GET", "/poll?since=1", b""),
                                         ("GET", "/longpoll?since=0", b""), ("GET", "/events", b""),
                                         ("GET", "/stream", b""), ("POST", "/publish", b"1"),
                                         ("GET", "/nothing", b""), ("OPTIONS", "/publish", b"")):
                for asked, granted in ((origin, allowed), ("http://evil.example", others),
                                       (None, None), (origin, allowed)):
                    with self.subTest(target=target, asked=asked, allowed=allowed):
                        wire = Wire(self.connect(server))
                        wire.request(method, target, *([f"Origin: {asked}"] if asked else []), body=body)
                        head = wire.read_head()
                        self.assertEqual(head.field("Access-Control-Allow-Origin"), granted)
                        self.assertEqual(head.field("Vary"), None if allowed == "*" else "Origin")
                        self.assertEqual(head.field("Access-Control-Allow-Headers") is not None,
                                         method == "OPTIONS" and granted is not None)

    def test_json_that_is_nested_too_deep_is_told_from_what_is_no_json(self):
        server = self.server("--source", "none")
        self.assertIn("64 levels", self.post(server, b"[" * 65 + b"]" * 65).json()["error"])

    @unittest.skipUnless(OWN_NETWORK, "needs an address that is not loopback")
    def test_other_machines_need_the_token(self):
        server = self.server("--source", "none", "--publish-token", "s3cret",
                             listen=OTHER_ADDRESS + ":0")
        for fields, status in (((), 401), (("Authorization: Bearer wrong",), 401),
                               (("Authorization: Basic s3cret",), 401),
                               (("Authorization: Bearer s3cret",), 200)):
            with self.subTest(fields):
                r = self.post(server, b"1", *fields)
                self.assertEqual(r.status, status)
                self.assertEqual(r.field("WWW-Authenticate"), "Bearer" if status == 401 else None)
        open_server = self.server("--source", "none", listen=OTHER_ADDRESS + ":0")
        self.assertEqual(self.post(open_server, b"1").status, 401, "without the token other machines may not publish")
        anybody = self.server("--source", "none", "--publish-open", listen=OTHER_ADDRESS + ":0")
        self.assertEqual(self.post(anybody, b"1").status, 200)

    def test_large_bodies_arrive_complete(self):
        server = self.server("--source", "none", "--max-body-bytes", "5000000")
        for n in (65535, 65536, 4999998):
            self.assertEqual(self.post(server, json.dumps("x" * n).encode()).status, 200)
        r = Wire(self.connect(server)).get("/poll?since=2")
        self.assertEqual(len(r.json()[0]["data"]), 4999998)
        self.assertEqual(self.post(server, json.dumps("x" * 4999999).encode()).status, 413)

    def test_updates_are_numbered_without_gaps_among_many_publishers(self):
        server = self.server("--source", "none")
        wires = [Wire(self.connect(server)) for _ in range(20)]
        one = b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\n1"
        bad = one[:-1] + b"x"
        for wire in wires:
            wire.send((one + bad) * 10)
        numbers = []
        for wire in wires:
            for _ in range(10):
                numbers.append(wire.response().json()["seq"])
                self.assertEqual(wire.response().status, 400)
        self.assertEqual(sorted(numbers), list(range(1, 201)))


if __name__ == "__main__":
    unittest.main()
