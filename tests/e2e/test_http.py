"""Does the server implement HTTP/1.x as RFC 9110 and 9112 require? With curl and hand-made requests."""

import email.utils
import json
import re
import subprocess
import time
import unittest

from harness import TestCase, wait_until
from wire import Wire

ENDPOINTS = ("/poll", "/longpoll?timeout=0", "/stats", "/metrics", "/time", "/healthz")


def curl(*args):
    """(status, head, body)"""
    done = subprocess.run(["curl", "-sS", "-i", "--max-time", "15", *args], capture_output=True)
    if done.returncode != 0:
        raise AssertionError(f"curl {args}: {done.returncode}: {done.stderr.decode()}")
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.decode(), body


class Http(TestCase):
    def wire(self, server):
        return Wire(self.connect(server))

    def test_curl_gets_every_endpoint(self):
        server = self.server("--source", "none")
        for path in ENDPOINTS:
            with self.subTest(path):
                status, head, body = curl(server.url + path)
                self.assertEqual(status, 204 if "poll" in path else 200)
                self.assertRegex(head, r"(?m)^Server: pushlab\r?$")
                date = re.search(r"(?m)^Date: (.*?)\r?$", head)[1]
                sent = email.utils.parsedate_to_datetime(date).timestamp()
                self.assertLess(abs(sent - time.time()), 5)
                self.assertEqual(body == b"", status == 204)

    def test_curl_with_http_1_0(self):
        server = self.server("--source", "none")
        server.publish("x")
        for path in ENDPOINTS[2:] + ("/poll?since=0",):
            with self.subTest(path):
                status, head, body = curl("--http1.0", server.url + path)
                self.assertEqual(status, 200)
                self.assertNotIn("Transfer-Encoding", head)
                self.assertTrue(body)

    def test_http_1_0_closes_unless_asked_to_keep_alive(self):
        server = self.server("--source", "none")
        wire = self.wire(server)
        wire.request("GET", "/healthz", version="1.0")
        r = wire.response()
        self.assertEqual((r.status, r.field("Connection")), (200, "close"))
        self.assertTrue(wire.at_end())

        wire = self.wire(server)
        for _ in range(2):
            wire.request("GET", "/healthz", "Connection: keep-alive", version="1.0")
            r = wire.response()
            self.assertEqual((r.status, r.field("Connection")), (200, "keep-alive"))

    def test_connection_close_is_honoured_and_echoed(self):
        server = self.server("--source", "none")
        for path in ENDPOINTS + ("/nowhere",):
            with self.subTest(path):
                wire = self.wire(server)
                self.assertEqual(wire.get(path, "Connection: close").field("Connection"), "close")
                self.assertTrue(wire.at_end())

    def test_keep_alive_serves_many_requests_on_one_connection(self):
        server = self.server("--source", "none")
        wire = self.wire(server)
        for _ in range(50):
            self.assertEqual(wire.get("/poll").status, 204)
        stats = server.stats()["transports"]["short-poll"]
        self.assertEqual((stats["accepted"], stats["requests"], stats["empty_responses"]),
                         (1, 50, 50))
        self.assertEqual(stats["responses"], {"204": 50})

    def test_head_is_get_without_content(self):
        server = self.server("--source", "none")
        server.publish([1, 2, 3])
        for path in ("/poll?since=0", "/longpoll?since=0", "/time", "/healthz", "/metrics"):
            with self.subTest(path):
                wire = self.wire(server)
                wire.request("HEAD", path)
                head = wire.response(to_head=True)
                got = wire.get(path)  # on the same connection: no content was sent before
                self.assertEqual((head.status, got.status), (200, 200))
                self.assertEqual(head.field("Content-Type"), got.field("Content-Type"))
                self.assertIsNotNone(head.field("Content-Length"))
        for path in ("/stream", "/events", "/longpoll?since=1"):
            with self.subTest(path):
                wire = self.wire(server)
                wire.request("HEAD", path)
                wire.response(to_head=True)
                self.assertEqual(wire.get("/healthz").body, b"ok\n")
        status, _, body = curl("--head", server.url + "/stats")
        self.assertEqual((status, body), (200, b""))

    def test_options_lists_the_allowed_methods(self):
        server = self.server("--source", "none")
        cases = {"/poll": "GET, HEAD, OPTIONS", "/publish": "POST, OPTIONS",
                 "/ws": "GET, HEAD, OPTIONS", "/stats": "GET, HEAD, OPTIONS",
                 "*": "GET, HEAD, POST, OPTIONS"}
        for path, allow in cases.items():
            with self.subTest(path):
                wire = self.wire(server)
                wire.request("OPTIONS", path)
                r = wire.response()
                self.assertEqual((r.status, r.field("Allow")), (204, allow))
        status, head, _ = curl("-X", "OPTIONS", server.url + "/poll")
        self.assertEqual(status, 204)
        self.assertIn("Allow: GET, HEAD, OPTIONS", head)

    def test_other_methods_get_405_with_allow(self):
        server = self.server("--source", "none")
        cases = [("POST", "/poll", "GET, HEAD, OPTIONS"), ("DELETE", "/stats", "GET, HEAD, OPTIONS"),
                 ("PUT", "/publish", "POST, OPTIONS"), ("GET", "/publish", "POST, OPTIONS"),
                 ("PATCH", "/ws", "GET, HEAD, OPTIONS"), ("TRACE", "/time", "GET, HEAD, OPTIONS")]
        for method, path, allow in cases:
            with self.subTest(f"{method} {path}"):
                wire = self.wire(server)
                wire.request(method, path)
                r = wire.response()
                self.assertEqual((r.status, r.field("Allow")), (405, allow))
                self.assertEqual(wire.get("/healthz").status, 200)

    def test_unknown_paths_get_404(self):
        server = self.server("--source", "none")
        wire = self.wire(server)
        for path in ("/nowhere", "/poll/", "/POLL", "/echo", "//poll", "/%2e%2e/poll"):
            with self.subTest(path):
                r = wire.get(path)
                self.assertEqual(r.status, 404)
                self.assertIn("error", r.json())

    def test_paths_are_percent_decoded_and_absolute_form_is_read(self):
        server = self.server("--source", "none")
        wire = self.wire(server)
        for target in ("/p%6fll", "http://elsewhere.example/poll", "http://test:1/poll?since=0"):
            with self.subTest(target):
                self.assertEqual(wire.get(target).status, 204)

    def test_a_bad_query_is_400_and_the_connection_stays_open(self):
        server = self.server("--source", "none")
        for path in ("/poll?since=", "/poll?since=x", "/poll?since=-1", "/poll?since=1e3",
                     "/poll?since=99999999999999999999", "/longpoll?timeout=abc",
                     "/longpoll?since=1&timeout=-5", "/stream?since=1.5", "/events?since=%00",
                     "/ws?since=no", "/stats?at=yesterday"):
            with self.subTest(path):
                wire = self.wire(server)
                self.assertEqual(wire.get(path).status, 400)
                if "%00" not in path:
                    self.assertEqual(wire.get("/healthz").status, 200)

    def test_pipelined_requests_are_answered_in_order(self):
        server = self.server("--source", "none", "--max-hold", "10000")
        server.publish("first")
        wire = self.wire(server)
        wire.send(b"".join(f"GET {t} HTTP/1.1\r\nHost: t\r\n\r\n".encode() for t in
                           ("/healthz", "/poll?since=0", "/nowhere", "/longpoll?since=1",
                            "/poll?since=1", "/healthz")))
        self.assertEqual([wire.response().status for _ in range(3)], [200, 200, 404])
        server.wait_for_subscribers(1)  # held: the two after it must wait
        server.publish("second")
        held, poll, health = (wire.response() for _ in range(3))
        self.assertEqual([u["data"] for u in held.json()], ["second"])
        self.assertEqual([u["data"] for u in poll.json()], ["second"])
        self.assertEqual(health.body, b"ok\n")

    def test_a_thousand_pipelined_requests(self):
        server = self.server("--source", "none")
        wire = self.wire(server)
        wire.send(b"GET /poll HTTP/1.1\r\nHost: t\r\n\r\nGET /time HTTP/1.1\r\nHost: t\r\n\r\n" * 500)
        statuses = [wire.response().status for _ in range(1000)]
        self.assertEqual(statuses, [204, 200] * 500)

    def test_requests_may_come_byte_by_byte(self):
        server = self.server("--source", "none")
        wire = self.wire(server)
        request = (b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n3;x=y\r\n,3]\r\n0\r\nA: b\r\n\r\n"
                   b"GET /poll?since=0 HTTP/1.1\r\nHost: t\r\n\r\n")
        for byte in request:
            wire.send(bytes([byte]))
        self.assertEqual(wire.response().json(), {"seq": 1})
        self.assertEqual(wire.response().json()[0]["data"], [1, 2, 3])

    def test_empty_lines_before_a_request_are_ignored(self):
        """RFC 9112 section 2.2"""
        server = self.server("--source", "none")
        wire = self.wire(server)
        wire.send(b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
        self.assertEqual(wire.response().status, 200)

    MALFORMED = {
        "no version": (b"GET /poll\r\n\r\n", 400),
        "lower-case method": (b"get /poll HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        "unknown method": (b"BREW /poll HTTP/1.1\r\nHost: t\r\n\r\n", 501),
        "no host": (b"GET /poll HTTP/1.1\r\n\r\n", 400),
        "two hosts": (b"GET /poll HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        "space in host": (b"GET /poll HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        "bare line feeds": (b"GET /poll HTTP/1.1\nHost: t\n\n", 400),
        "space before colon": (b"GET /poll HTTP/1.1\r\nHost : t\r\n\r\n", 400),
        "folded field": (b"GET /poll HTTP/1.1\r\nHost: t\r\nA: b\r\n c\r\n\r\n", 400),
        "NUL in a field": (b"GET /poll HTTP/1.1\r\nHost: t\r\nA: \0\r\n\r\n", 400),
        "HTTP/2.0": (b"GET /poll HTTP/2.0\r\nHost: t\r\n\r\n", 505),
        "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        "HTTP/3.7": (b"GET /poll HTTP/3.7\r\nHost: t\r\n\r\n", 505),
        "TLS": (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"x" * 32, 400),
        "garbage": (b"\xff\xfe\xfd\r\n\r\n", 400),
        "length not a number": (b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n", 400),
        "negative length": (b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", 400),
        "two lengths": (b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n"
                        b"Content-Length: 2\r\n\r\n1", 400),
        "length and chunked": (b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n"
                               b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        "other coding": (b"POST /publish HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n"
                         b"\r\n0\r\n\r\n", 501),
        "bad chunk size": (b"POST /publish HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n"
                           b"\r\nzz\r\n", 400),
        "chunked in 1.0": (b"POST /publish HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n"
                           b"\r\n0\r\n\r\n", 400),
        "fragment": (b"GET /poll#x HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        "bad escape": (b"GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        "encoded NUL": (b"GET /poll%00 HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        "no slash": (b"GET poll HTTP/1.1\r\nHost: t\r\n\r\n", 400),
    }

    def test_malformed_requests_get_their_status_and_a_close(self):
        server = self.server("--source", "none")
        bystander = self.wire(server)
        for name, (request, status) in self.MALFORMED.items():
            with self.subTest(name):
                wire = self.wire(server)
                wire.send(request + b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
                r = wire.response()
                self.assertEqual((r.status, r.field("Connection")), (status, "close"))
                self.assertTrue(wire.at_end(), "no second response: the end of the request is unknown")
                wire.close()
        self.assertEqual(bystander.get("/healthz").status, 200)
        server.wait_for(lambda s: s["connections"]["open"] == 2, "the malformed requests' connections are closed")

    def test_malformed_requests_get_the_same_byte_by_byte(self):
        server = self.server("--source", "none")
        for name, (request, status) in self.MALFORMED.items():
            with self.subTest(name):
                wire = self.wire(server)
                try:
                    for byte in request:
                        wire.send(bytes([byte]))
                except (BrokenPipeError, ConnectionResetError):
                    pass  # refused before the request was complete
                self.assertEqual(wire.response().status, status)

    def test_sizes_have_limits_with_their_own_status(self):
        server = self.server("--source", "none", "--max-target-bytes", "100", "--max-head-bytes",
                             "1000", "--max-body-bytes", "50")
        post = b"POST /publish HTTP/1.1\r\nHost: t\r\n"
        many = b"".join(b"F%d: x\r\n" % i for i in range(200))
        cases = {
            "target": (b"GET /poll?" + b"a" * 200 + b" HTTP/1.1\r\nHost: t\r\n\r\n", 414),
            "endless target": (b"GET /poll?" + b"a" * 200, 414),
            "field": (b"GET /poll HTTP/1.1\r\nHost: t\r\nA: " + b"a" * 2000 + b"\r\n\r\n", 431),
            "endless field": (b"GET /poll HTTP/1.1\r\nHost: t\r\nA: " + b"a" * 2000, 431),
            "fields": (b"GET /poll HTTP/1.1\r\nHost: t\r\n" + many + b"\r\n", 431),
            "content": (post + b"Content-Length: 51\r\n\r\n" + b"1" * 51, 413),
            "announced content": (post + b"Content-Length: 51\r\n\r\n", 413),
            "chunks": (post + b"Transfer-Encoding: chunked\r\n\r\n" + b"a\r\n1111111111\r\n" * 6, 413),
            "chunk announced": (post + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413),
        }
        for name, (request, status) in cases.items():
            with self.subTest(name):
                wire = self.wire(server)
                wire.send(request)
                r = wire.response()
                self.assertEqual((r.status, r.field("Connection")), (status, "close"))
                self.assertTrue(wire.at_end())
        wire = self.wire(server)
        wire.request("POST", "/publish", body=b"1" * 50)
        self.assertEqual(wire.response().status, 200)

    def test_a_refusal_reaches_a_client_that_is_still_sending(self):
        """RFC 9112 section 9.6: a reset must not destroy the response on its way."""
        server = self.server("--source", "none", "--max-body-bytes", "1000")
        wire = self.wire(server)
        wire.send(b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: 4000000\r\n\r\n")
        try:
            wire.send(b"1" * 4000000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.assertEqual(wire.response().status, 413)

    def test_expect_100_continue_is_answered_before_the_content(self):
        server = self.server("--source", "none")
        wire = self.wire(server)
        wire.send(b"POST /publish HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
                  b"Content-Length: 2\r\n\r\n")
        self.assertEqual(wire.response().status, 100)
        wire.send(b"42")
        self.assertEqual(wire.response().json(), {"seq": 1})

    def test_an_incomplete_request_is_408_after_a_while(self):
        server = self.server("--source", "none", "--request-timeout", "200")
        for half in (b"G", b"GET /poll HTTP/1.1\r\nHost", b"POST /publish HTTP/1.1\r\nHost: t\r\n"
                     b"Content-Length: 10\r\n\r\n123"):
            with self.subTest(half):
                wire = self.wire(server)
                wire.send(half)
                r = wire.response()
                self.assertEqual((r.status, r.field("Connection")), (408, "close"))
                self.assertTrue(wire.at_end())
                wire.close()
        server.wait_for(lambda s: s["transports"]["other"]["drops"]["slow-request"] == 3,
                        "each is counted")

    def test_slow_bytes_do_not_delay_408(self):
        server = self.server("--source", "none", "--request-timeout", "300")
        wire = self.wire(server)
        wire.send(b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n")
        wire.sock.setblocking(False)

        def answered():
            try:
                wire.send(b"1")
                return wire.sock.recv(12)
            except BlockingIOError:
                return None

        self.assertEqual(wait_until(answered, "an answer"), b"HTTP/1.1 408")

    def test_a_connection_closed_within_a_request_is_freed(self):
        server = self.server("--source", "none")
        for half in (b"", b"GET", b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n1"):
            with self.subTest(half):
                wire = self.wire(server)
                wire.send(half)
                wire.close()
                server.wait_for(lambda s: s["connections"]["open"] == 1, "it is freed")

    def test_an_idle_connection_is_closed(self):
        server = self.server("--source", "none", "--idle-timeout", "200")
        wire = self.wire(server)
        self.assertEqual(wire.get("/poll").status, 204)
        self.assertTrue(wire.at_end())
        server._control = None  # idle, too
        self.assertGreaterEqual(server.transport("short-poll")["drops"]["idle"], 1)

    def test_metrics_is_prometheus_text_and_agrees_with_stats(self):
        server = self.server("--source", "none")
        wire = self.wire(server)
        for _ in range(3):
            wire.get("/poll")
        r = wire.get("/metrics")
        self.assertEqual(r.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        samples, typed = {}, set()
        for line in r.body.decode().splitlines():
            if line.startswith("# TYPE"):
                typed.add(line.split(" ")[2])
            elif not line.startswith("#"):
                name, value = re.fullmatch(r'([a-z_]+(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?)'
                                           r" (\S+)", line).groups()
                samples[name] = float(value)
                self.assertIn(name.partition("{")[0], typed)
        self.assertEqual(samples['pushlab_requests_total{transport="short-poll"}'], 3)
        self.assertEqual(samples['pushlab_responses_total{transport="short-poll",status="204"}'], 3)
        self.assertEqual(samples['pushlab_empty_responses_total{transport="short-poll"}'], 3)

    def test_time_is_the_clock_of_the_updates_timestamps(self):
        server = self.server("--source", "none")
        wire = self.wire(server)
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        answer = wire.get("/time").json()
        server.publish(1)
        stamp = wire.get("/poll?since=0").json()[0]["t"]
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self.assertTrue(before <= answer["received_ns"] <= answer["monotonic_ns"] <= stamp <= after)
        self.assertLess(abs(answer["unix_ms"] / 1000 - time.time()), 5)

    def test_stats_has_the_position_at_a_given_time(self):
        server = self.server("--source", "none", "--history", "2")
        for i in range(4):
            server.publish(i)
        wire = self.wire(server)
        third, fourth = wire.get("/poll?since=0").json()
        self.assertEqual(server.stats(f"?at={third['t'] + 1}")["position"]["seq"], 3)
        self.assertEqual(server.stats(f"?at={fourth['t']}")["position"]["seq"], 3)
        self.assertEqual(server.stats(f"?at={fourth['t'] + 1}")["position"]["seq"], 4)
        self.assertIsNone(server.stats("?at=1")["position"]["seq"])

    def test_a_question_about_a_time_to_come_is_answered_then(self):
        server = self.server("--source", "none")
        first, second, gone = self.wire(server), self.wire(server), self.connect(server)
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        soon, later = now + 300_000_000, now + 600_000_000
        gone.sendall(f"GET /stats?at={soon} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        second.send(f"GET /stats?at={later} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        first.send(f"GET /stats?at={soon} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        gone.close()
        server.publish("before")
        answer = first.response().json()
        self.assertTrue(soon <= answer["time_ns"] < later, answer["time_ns"] - soon)
        self.assertEqual(answer["position"], {"at_ns": soon, "seq": 1})
        server.publish("between")
        answer = second.response().json()
        self.assertGreaterEqual(answer["time_ns"], later)
        self.assertEqual(answer["position"]["seq"], 2)
        first.send(f"GET /stats?at={later + 10**12} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        server.wait_for(lambda s: s["transports"]["other"]["requests"] > 5, "the last question")
        # The server ends in order while it is held.

    def test_bytes_are_counted_exactly(self):
        server = self.server("--source", "none")
        server.publish("payload")
        wire = self.wire(server)
        request = b"GET /poll?since=0 HTTP/1.1\r\nHost: t\r\n\r\n"
        wire.send(request)
        head = wire.read_head()
        body = wire.read(int(head.field("Content-Length")))
        size = len(f"HTTP/1.1 200 OK\r\n\r\n{body.decode()}")
        size += sum(len(f"{n}: {v}\r\n") for n, v in head.fields)
        t = server.transport("short-poll")
        self.assertEqual(sum(t["bytes_in"].values()), len(request))
        self.assertEqual(t["bytes_out"], {"payload": len(body) - 2, "framing": size - len(body) + 2})
        self.assertEqual(json.loads(body)[0]["data"], "payload")


if __name__ == "__main__":
    unittest.main()
