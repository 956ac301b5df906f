"""Do the drivers handle independent servers, losses and invalid responses? npm ws, Node's http, and
sockets that send what a test tells them to."""

import base64
import hashlib
import json
import re
import signal
import socket
import subprocess
import threading
import unittest

from harness import BIN, DEADLINE_S, ClientCase, Program, Server, has_program, wait_until

PEERS = {"websocket": "ws_server.mjs", "sse": "sse_server.mjs", "stream": "ndjson_server.mjs",
         "long-poll": "poll_server.mjs", "short-poll": "poll_server.mjs"}
TRANSPORTS = tuple(PEERS)


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class IndependentServers(ClientCase):
    SHORT = ("--control", "none", "--clients", "5", "--warmup", "0.2", "--duration", "1",
             "--interval", "50ms")

    def test_updates_of_every_kind_of_server_are_received_and_measured(self):
        for transport, script in PEERS.items():
            with self.subTest(transport=transport):
                peer = self.peer(script, "100")
                result = self.measure(transport, peer.url, *self.SHORT)
                self.assert_complete(result, 5)
                self.assertGreater(result["published"], 10)  # a busy machine publishes late
                self.assertIsNone(result["server_stats"])
                limit_us = 500e3 if transport != "short-poll" else 1e6
                self.assertTrue(0 <= result["latency_us"]["p50"] < limit_us)

    def test_fragments_with_pings_between_are_joined_and_answered_with_pongs(self):
        peer = self.peer("ws_server.mjs", "30", "--fragment")
        result = self.measure("websocket", peer.url, *self.SHORT)
        self.assert_complete(result, 5)
        self.assertGreater(result["window"]["bytes_out"], 0)  # the pongs

    def test_a_server_that_cuts_connections_loses_nothing(self):
        """The driver reconnects with its cursor: since= or Last-Event-ID."""
        for transport, script in PEERS.items():
            with self.subTest(transport=transport):
                peer = self.peer(script, "100", "--cut", "20")
                result = self.measure(transport, peer.url, *self.SHORT, "--reconnect-min", "5ms",
                                      "--reconnect-max", "50ms")
                self.assert_complete(result, 5)
                self.assertGreater(result["whole"]["connects"], 5)

    def test_close_opens_a_connection_per_poll(self):
        for transport in ("short-poll", "long-poll"):
            with self.subTest(transport=transport):
                peer = self.peer("poll_server.mjs", "20")
                result = self.measure(transport, peer.url, *self.SHORT, "--connection", "close")
                self.assert_complete(result, 5)
                self.assertEqual(result["whole"]["connects"], result["whole"]["requests"])


WS_ACCEPTED = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               b"Sec-WebSocket-Accept: %s\r\n\r\n")
OK_SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
OK_LINES = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n"
OK_EMPTY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nPushlab-Cursor: 0\r\nContent-Length: 2\r\n\r\n[]"


def accepted(request):
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", request).group(1)
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return WS_ACCEPTED % base64.b64encode(digest)


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Patience(ClientCase):
    """What a server says about when to come back is heard, and bounded; a server that accepts and
    closes is asked less and less often."""

    def scripted(self, answer):
        """A server; answer(sock, request, n) speaks on the connection number n, which then ends."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def talk(sock, n):
            with sock:
                sock.settimeout(DEADLINE_S)
                try:
                    request = sock.recv(4096)
                    if request:
                        answer(sock, request, n)
                except OSError:
                    pass

        def serve():
            n = 0
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(sock, n), daemon=True).start()
                n += 1

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def waits(self, client):
        return [float(s) for s in re.findall(r"next try in ([\d.]+) s", client.stdout())]

    def watch(self, transport, url, *options):
        return self.client(transport, url, "--watch", *options)

    def test_accepting_and_closing_is_not_health(self):
        def websocket(close):
            def answer(sock, request, n):
                sock.sendall(accepted(request) + close)
                sock.recv(100)
            return answer

        cases = {
            "stream": lambda sock, request, n: sock.sendall(OK_LINES),
            "sse": lambda sock, request, n: sock.sendall(OK_SSE + b": hello\n\n"),
            "websocket": websocket(b"\x88\x02\x03\xf5"),  # 1013, try again later
            "websocket, broken frames": websocket(b"\xff\x02\x03\xf5"),
        }
        for name, answer in cases.items():
            with self.subTest(name):
                client = self.watch(name.split(",")[0], self.scripted(answer), "--reconnect-min",
                                    "10ms", "--reconnect-max", "60s")
                # 10 ms, 20, 40, ...: half a second is beyond the sixth ceiling
                wait_until(lambda: max(self.waits(client), default=0) > 0.5, "longer waits")
                client.signal(signal.SIGINT)
                client.wait(10)

    def test_an_upgrade_is_of_http_1_1(self):
        url = self.scripted(lambda sock, request, n: sock.sendall(
            accepted(request).replace(b"HTTP/1.1", b"HTTP/1.0")))
        client = self.watch("websocket", url)
        wait_until(lambda: "101 in HTTP/1.0" in client.stdout() + client.stderr(), "the refusal")
        client.signal(signal.SIGINT)
        client.wait(10)

    def test_keys_can_only_be_guessed_by_their_seed(self):
        """RFC 6455 §4.1 and §5.3; the masking key is that of the pong."""
        keys = []

        def answer(sock, request, n):
            sock.sendall(accepted(request) + b"\x89\x00")
            pong = sock.recv(6, socket.MSG_WAITALL)
            keys.append((re.search(rb"Sec-WebSocket-Key: (\S+)", request).group(1), pong[2:]))

        url = self.scripted(answer)
        for options in ((), (), ("--seed", "7"), ("--seed", "7")):
            known = len(keys)
            client = self.watch("websocket", url, *options)
            wait_until(lambda: len(keys) > known, "a pong")
            client.signal(signal.SIGINT)
            client.wait(10)
            del keys[known + 1:]
        self.assertEqual(keys[2], keys[3])
        for i in range(2):
            self.assertEqual(len({pair[i] for pair in keys}), 3, keys)

    def test_an_update_is_health(self):
        update = b'{"seq":%d,"t":1,"data":0}\n'
        client = self.watch("stream", self.scripted(
            lambda sock, request, n: sock.sendall(OK_LINES + update % (n + 1))),
            "--reconnect-min", "10ms", "--reconnect-max", "60s", "--count", "30")
        self.assertEqual(client.wait(20), 0, client.describe())
        self.assertLess(max(self.waits(client)), 0.1)

    def test_retry_after_is_waited_for_and_bounded(self):
        refused = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n"
        for value, least, most in ((b"3", 3, 3.2), (b"99999999999999999999", 3600, 3600.2),
                                   (b"Sun, 06 Nov 1994 08:49:37 GMT", 0, 0.2)):
            url = self.scripted(lambda sock, request, n: sock.sendall(refused % value))
            for transport in TRANSPORTS:
                with self.subTest(transport=transport, value=value):
                    client = self.watch(transport, url, "--interval", "10ms")
                    wait_until(lambda: self.waits(client), "a refusal")
                    self.assertTrue(least <= self.waits(client)[0] <= most, self.waits(client))
                    client.signal(signal.SIGINT)
                    client.wait(10)

    def test_the_wait_that_an_event_stream_asks_for_is_bounded(self):
        for ms in (b"9223372036854", b"9223372036854775807", b"9" * 40):
            with self.subTest(ms):
                client = self.watch("sse", self.scripted(
                    lambda sock, request, n: sock.sendall(OK_SSE + b"retry: " + ms + b"\n\n")))
                wait_until(lambda: self.waits(client), "the end of the stream")
                self.assertTrue(3600 <= self.waits(client)[0] < 3601, self.waits(client))
                client.signal(signal.SIGINT)
                client.wait(10)

    def test_a_redirect_is_told_and_final(self):
        for status in (301, 302, 307, 308):
            moved = (b"HTTP/1.1 %d Moved\r\nLocation: https://other.example/\xc2\x9b2Jx\r\n"
                     b"Content-Length: 0\r\n\r\n") % status
            url = self.scripted(lambda sock, request, n: sock.sendall(moved))
            for transport in TRANSPORTS:
                with self.subTest(status=status, transport=transport):
                    client = self.watch(transport, url, "--interval", "10ms")
                    self.assertEqual(client.wait(10), 1)
                    self.assertIn("redirected to https://other.example/??2Jx, which is not followed",
                                  client.stderr())

    def test_each_address_of_a_name_is_tried(self):
        """RFC 8305: ::1 comes first, and nobody listens there."""
        server = self.server("--rate", "50")
        hosts = self.temp_dir() / "hosts"
        hosts.write_text("::1 localhost\n127.0.0.1 localhost\n")
        own = ["unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c",
               f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
        if subprocess.run([*own, "true"], capture_output=True).returncode != 0:
            self.skipTest("no mount namespaces")
        ask = "import socket; print(socket.getaddrinfo('localhost', 80)[0][4][0])"
        found = subprocess.run([*own, "/usr/bin/python3", "-c", ask], capture_output=True, text=True)
        if not found.stdout.startswith("::1"):
            self.skipTest("::1 does not come first: " + found.stdout)
        url = f"http://localhost:{server.port}"
        client = self.start(Program([*own, BIN / "pushlab-client", "--json", "--url", url,
                                     "--transport", "sse", "--clients", "3", "--warmup", "0",
                                     "--duration", "0.3"]))
        self.assertEqual(client.wait(20), 0, client.describe())
        self.assertEqual(json.loads(client.lines()[0])["whole"]["connect_failures"], 0)

    def test_silence_is_counted_and_fails_the_run(self):
        stop = threading.Event()
        self.addCleanup(stop.set)

        def answer(sock, request, n):
            if n == 0 and b"/poll" in request:  # a first answer, or the run would not begin
                sock.sendall(OK_EMPTY)
                sock.recv(4096)
            stop.wait(DEADLINE_S)

        url = self.scripted(answer)
        client = self.client("short-poll", url, "--json", "--control", "none", "--warmup", "0",
                             "--duration", "2", "--drain", "0.1", "--interval", "100ms")
        self.assertEqual(client.wait(20), 1, client.describe())
        self.assertIn("1 request was not answered", client.stderr())
        self.assertEqual(json.loads(client.lines()[0])["whole"]["unanswered_requests"], 1)


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Failures(ClientCase):
    def one_line(self, client):
        lines = client.stderr().splitlines()
        self.assertEqual(len(lines), 1, client.describe())
        self.assertTrue(lines[0].startswith("pushlab-client: "), lines[0])
        return lines[0]

    def test_connection_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                client = self.client(transport, f"http://127.0.0.1:{port}", "--setup-timeout", "1",
                                     "--duration", "1", "--json")
                self.assertEqual(client.wait(20), 1)
                self.assertIn("Connection refused", self.one_line(client))

    def test_connection_refused_without_control_connection(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        client = self.client("sse", f"http://127.0.0.1:{port}", "--control", "none",
                             "--setup-timeout", "0.5", "--duration", "1", "--json")
        self.assertEqual(client.wait(20), 1)
        self.assertIn("Connection refused", self.one_line(client))
        self.assertFalse(json.loads(client.lines()[0])["adds_up"])

    def canned(self, answer):
        """A server that sends the same bytes to every client and closes."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                with sock:
                    sock.settimeout(DEADLINE_S)
                    try:
                        sock.recv(4096)
                        sock.sendall(answer)
                    except OSError:
                        pass

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def test_responses_of_another_transport_are_named_and_end_the_run(self):
        ok = b"HTTP/1.1 200 OK\r\nContent-Type: "
        cases = {
            "404": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "wrong content": ok + b"text/html\r\nContent-Length: 6\r\n\r\n<html>",
            "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
            "nothing": b"",
            "half a head": b"HTTP/1.1 200 OK\r\nContent-",
            "half a body": ok + b"application/json\r\nContent-Length: 100\r\n\r\n[",
            "bad chunk": ok + b"application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "no updates": ok + b"application/json\r\nContent-Length: 7\r\n\r\n[1,2,3]",
            "wrong accept": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            b"Connection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
        }
        for what, answer in cases.items():
            url = self.canned(answer)
            for transport in TRANSPORTS:
                with self.subTest(what=what, transport=transport):
                    client = self.client(transport, url, "--control", "none", "--setup-timeout",
                                         "0.3", "--duration", "0.2", "--warmup", "0", "--drain",
                                         "0.1", "--json")
                    self.assertEqual(client.wait(20), 1, client.describe())
                    self.one_line(client)
                    json.loads(client.lines()[0])

    def test_a_server_killed_in_the_window_is_reported_and_results_are_kept(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                server = Server("--rate", "100")
                self.start(server)
                client = self.client(transport, server.url, "--json", "--warmup", "0", "--duration",
                                     "1", "--drain", "0.3", "--interval", "20ms", "--clients", "3")
                server.wait_for(lambda s: s["transports"][transport]["updates_sent"] > 20, "updates")
                server.signal(signal.SIGKILL)
                self.assertEqual(client.wait(20), 1)
                self.one_line(client)
                result = json.loads(client.lines()[0])
                self.assertGreater(result["delivered"], 0)
                self.assertGreater(result["latency_us"]["count"], 0)

    def test_a_restarted_server_makes_the_run_fail(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                first = Server("--rate", "100", "--retry", "10")
                self.start(first)
                client = self.client(transport, first.url, "--json", "--warmup", "0.2", "--duration",
                                     "1.5", "--interval", "20ms", "--reconnect-min", "10ms",
                                     "--reconnect-max", "50ms")
                first.wait_for(lambda s: s["transports"][transport]["updates_sent"] > 50, "updates")
                first.signal(signal.SIGKILL)
                first.wait()
                self.server("--rate", "100", listen=f"127.0.0.1:{first.port}")
                self.assertEqual(client.wait(20), 1)
                self.assertIn("server restarted", self.one_line(client))

    def test_a_restarted_server_ahead_of_the_cursors_is_detected(self):
        """Clients cannot see it: only the server's uptime shows it."""
        first = Server("--rate", "50", "--retry", "500")
        self.start(first)
        client = self.client("sse", first.url, "--json", "--warmup", "0.2", "--duration", "2",
                             "--drain", "0.5")
        first.wait_for(lambda s: s["transports"]["sse"]["updates_sent"] > 20, "updates")
        first.signal(signal.SIGKILL)
        first.wait()
        self.server("--rate", "5000", "--history", "100000", listen=f"127.0.0.1:{first.port}")
        self.assertEqual(client.wait(20), 1)
        self.assertIn("server restarted", self.one_line(client))

    def test_an_interrupted_client_keeps_its_results(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                server = self.server("--rate", "100")
                client = self.client("sse", server.url, "--json", "--duration", "60", "--warmup",
                                     "0.1")
                server.wait_for(lambda s: s["transports"]["sse"]["updates_sent"] > 50, "updates")
                client.signal(number)
                self.assertEqual(client.wait(10), 1)
                result = json.loads(client.lines()[0])
                self.assertTrue(result["interrupted"])
                self.assertTrue(result["adds_up"])
                self.assertGreater(result["delivered"], 10)
                self.assertIn("interrupted", self.one_line(client))

    def test_the_server_frees_everything_of_a_killed_client(self):
        server = self.server("--rate", "100")
        for transport in TRANSPORTS:
            client = self.client(transport, server.url, "--clients", "20", "--duration", "60")
            server.wait_for(lambda s: s["transports"][transport]["open"] == 20, "connected")
            client.signal(signal.SIGKILL)
            server.wait_for(lambda s: s["connections"]["open"] == 1
                            and s["history"]["subscribers"] == 0, "all freed")

    def test_bad_options_get_one_line_that_names_them_and_exit_code_2(self):
        cases = [("--transport", "pigeon"), ("--clients", "0"), ("--clients", "many"),
                 ("--url", "gopher://x"), ("--url", "http://"), ("--url", "http://x:99999"),
                 ("--interval", "0"), ("--duration", "-1"), ("--connection", "maybe"),
                 ("--nonsense",), ("--seed", "x")]
        for options in cases:
            with self.subTest(options):
                client = self.start(Program([BIN / "pushlab-client", *options]))
                self.assertEqual(client.wait(10), 2, client.describe())
                self.assertIn(options[0], self.one_line(client))

    def test_files_that_cannot_be_written_are_refused_before_the_measurement(self):
        folder = self.temp_dir()
        for option in ("--hlog", "--timeline", "--recovery"):
            for path in ("/nowhere/at/all", folder, folder / "missing" / "x"):
                with self.subTest(option=option, path=path):
                    client = self.client("sse", "http://127.0.0.1:1/", option, path)  # nobody is asked
                    self.assertEqual(client.wait(20), 2)
                    self.assertIn(f"{option}: write {path}: ", self.one_line(client))
        client = self.client("sse", "http://127.0.0.1:1/", "--hlog", folder / "a", "--recovery", folder / "a")
        self.assertEqual(client.wait(20), 2)
        self.assertIn(f"--recovery: {folder}/a is already the file of --hlog", self.one_line(client))
        self.assertEqual([], list(folder.iterdir()))

    def test_files_that_fail_are_named_and_the_result_is_printed(self):
        server = self.server("--rate", "50")
        for option in ("--hlog", "--timeline"):
            with self.subTest(option=option):
                client = self.client("sse", server.url, "--json", "--warmup", "0", "--duration",
                                     "0.3", option, "/dev/full")
                self.assertEqual(client.wait(20), 1)
                self.assertIn("/dev/full", self.one_line(client))
                self.assertTrue(json.loads(client.lines()[0])["adds_up"])


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Watch(ClientCase):
    def test_watch_prints_each_update_with_its_latency(self):
        server = self.server("--rate", "50")
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                client = self.client(transport, server.url, "--watch", "--count", "5", "--interval",
                                     "50ms")
                self.assertEqual(client.wait(20), 0)
                self.assertEqual(client.stderr(), "")
                lines = client.lines()
                updates = [line for line in lines if " #" in line]
                self.assertEqual(len(updates), 5)
                numbers = [int(line.split("#")[1].split()[0]) for line in updates]
                self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 5)))
                for line in updates:
                    self.assertRegex(line, r"^\d\d:\d\d:\d\d\.\d{3}  #\d+ +[\d.]+ (µs|ms|s) ")
                self.assertRegex(lines[-1], rf"^{transport}: 5 updates in ")

    def test_watch_continues_after_a_loss_and_resumes(self):
        server = Server("--source", "none")
        self.start(server)
        server.publish("one")
        client = self.client("sse", server.url, "--watch", "--reconnect-min", "5ms",
                             "--reconnect-max", "20ms")
        server.wait_for_subscribers(1)
        server.publish("two")
        wait_until(lambda: '"two"' in client.stdout(), "two")
        server.signal(signal.SIGKILL)
        server.wait()
        wait_until(lambda: "next try in" in client.stdout(), "the loss is reported")
        again = self.server("--source", "none", "--retry", "10", listen=f"127.0.0.1:{server.port}")
        again.wait_for_subscribers(1)
        again.publish("three")
        wait_until(lambda: '"three"' in client.stdout(), "three")
        client.signal(signal.SIGINT)
        self.assertEqual(client.wait(10), 0)
        self.assertIn("sse: 2 updates in ", client.stdout())

    def test_watch_continues_after_data_that_it_cannot_show(self):
        server = self.server("--source", "none")
        client = self.client("websocket", server.url, "--watch", "--count", "3")
        server.wait_for_subscribers(1)
        for value in ("\u001b[2J\u0007", "\u20ac" * 5000, {"a": [None] * 1000}):
            server.publish(value)
        self.assertEqual(client.wait(10), 0)
        self.assertNotIn("\x1b", client.stdout())

    def test_watch_ends_when_its_output_is_closed(self):
        server = self.server("--rate", "100")
        read_end, write_end = socket.socketpair()
        watcher = subprocess.Popen([BIN / "pushlab-client", "--watch", "--url", server.url],
                                   stdout=write_end, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (watcher.kill(), watcher.wait()))
        write_end.close()
        read_end.recv(100)
        read_end.close()
        watcher.wait(DEADLINE_S)


if __name__ == "__main__":
    unittest.main()
