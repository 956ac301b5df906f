"""Does everything work over TLS, and is TLS used correctly? With curl, npm ws and eventsource, Python's
ssl and websockets, and our own drivers, with TLS 1.2 and 1.3."""

import asyncio
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
import unittest
import unittest.mock

import websockets

import test_promises
from frames import CLOSE, WebSocket
from harness import BIN, DEADLINE_S, ClientCase, Server, TestCase, has_program, in_time, wait_until
from receivers import RECEIVERS
from wire import EventStream, NdjsonStream, Wire, hello_of

VERSIONS = ("1.2", "1.3")
TRANSPORTS = ("short-poll", "long-poll", "stream", "sse", "websocket")
SSL_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class TlsServer(Server):
    """With its own certificate, written to cert."""

    def __init__(self, *options, cert, **kwargs):
        super().__init__("--tls", "--tls-write-cert", cert, *options, **kwargs)
        self.cert = cert
        self.url = f"https://{self.host}:{self.port}"
        self.context = ssl.create_default_context(cafile=str(cert))
        self._control = http.client.HTTPSConnection(self.host, self.port, timeout=DEADLINE_S,
                                                    context=self.context)


class TlsCase(TestCase):
    """TestCase with connections over TLS, so that whole test classes can run over TLS."""

    def server(self, *options, **kwargs):
        kwargs.setdefault("cert", self.temp_dir() / "cert.pem")
        server = TlsServer(*options, **kwargs)
        self.programs.append(server)
        self.addCleanup(self._stop, server)
        return server

    def plain_server(self, *options, **kwargs):
        return super().server(*options, **kwargs)

    def plain_socket(self, server):
        return super().connect(server)

    def connect(self, server, context=None):
        sock = (context or server.context).wrap_socket(
            self.plain_socket(server), server_hostname=server.host, suppress_ragged_eofs=False)
        self.addCleanup(sock.close)
        return sock

    def trusted_by_node(self, server):
        """Trust the certificate in the Node programs started from now on."""
        self.enterContext(unittest.mock.patch.dict(
            os.environ, {"NODE_EXTRA_CA_CERTS": str(server.cert)}))


class PromisesOverTls(TlsCase, test_promises.Promises):
    """All tests of test_promises, over TLS."""


class Clients(TlsCase):
    """Independent clients."""

    def curl(self, *args):
        return subprocess.run(["curl", "-sS", *map(str, args)], capture_output=True, text=True,
                              timeout=DEADLINE_S)

    def test_curl_reads_every_endpoint_with_both_versions(self):
        server = self.server("--source", "none")
        server.publish("one")
        for version in VERSIONS:
            only = ("--cacert", server.cert, f"--tlsv{version}", "--tls-max", version)
            for path, what in (("/poll?since=0", '"one"'), ("/longpoll?since=0", '"one"'),
                               ("/stats", '"transports"'), ("/metrics", "pushlab_tls_full"),
                               ("/time", "monotonic_ns"), ("/healthz", "ok")):
                with self.subTest(version=version, path=path):
                    said = self.curl(*only, server.url + path)
                    self.assertIn(what, said.stdout, said.stderr)
            said = self.curl(*only, "-d", '"two"', server.url + "/publish")
            self.assertIn('"seq"', said.stdout, said.stderr)

    def test_curl_follows_streams(self):
        server = self.server("--source", "none")
        server.publish("one")
        for path in ("/stream?since=0", "/events?since=0"):
            with self.subTest(path):
                curl = subprocess.Popen(["curl", "-sSN", "--cacert", server.cert,
                                         server.url + path], stdout=subprocess.PIPE, text=True)
                self.addCleanup(lambda c: (c.kill(), c.wait(), c.stdout.close()), curl)
                line = ""
                while '"one"' not in line:
                    line = curl.stdout.readline()
                    self.assertNotEqual(line, "", "the end")

    def test_localhost_and_the_addresses_are_in_the_certificate(self):
        for listen, names in (("127.0.0.1:0", ("127.0.0.1", "localhost")),
                              ("[::1]:0", ("[::1]",)), ("127.0.0.77:0", ("127.0.0.77",))):
            server = self.server("--source", "none", listen=listen)
            for name in names:
                said = self.curl("-g", "--cacert", server.cert,
                                 f"https://{name}:{server.port}/healthz")
                self.assertEqual(said.stdout, "ok\n", said.stderr)
        said = self.curl("--cacert", server.cert, f"https://127.0.0.77:{server.port}/healthz",
                         "--connect-to", f"::127.0.0.77:{server.port}")
        self.assertEqual(said.returncode, 0)

    def test_only_the_allowed_versions_are_accepted(self):
        for mine in VERSIONS:
            server = self.server("--source", "none", "--tls-version", mine)
            other = "1.3" if mine == "1.2" else "1.2"
            server.context.minimum_version = server.context.maximum_version = SSL_VERSIONS[mine]
            self.assertEqual(self.connect(server).version(), f"TLSv{mine}")
            server.context.minimum_version = ssl.TLSVersion.TLSv1_2
            server.context.maximum_version = ssl.TLSVersion.TLSv1_3
            server.context.minimum_version = server.context.maximum_version = SSL_VERSIONS[other]
            with self.assertRaises(ssl.SSLError):
                self.connect(server)

    def test_alpn_accepts_http_1_1_only_7301_3_2(self):
        server = self.server("--source", "none")
        server.context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.connect(server).selected_alpn_protocol(), "http/1.1")
        context = ssl.create_default_context(cafile=str(server.cert))
        context.set_alpn_protocols(["h2"])
        with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
            self.connect(server, context)

    def test_npm_ws_connects_with_wss(self):
        server = self.server("--source", "none", "--ws-echo")
        self.trusted_by_node(server)
        client = self.node("ws_client.mjs", f"wss://{server.host}:{server.port}", "/echo", "",
                           "--exercise")
        self.assertEqual(client.wait(60), 0, client.describe())
        events = [json.loads(line) for line in client.lines()]
        self.assertEqual([e["type"] for e in events], ["open", "close", "done"], client.describe())
        self.assertEqual(events[1]["code"], 4321)

    def test_npm_ws_receives_updates(self):
        server = self.server("--source", "none")
        server.publish("over wss")
        self.trusted_by_node(server)
        client = self.node("ws_client.mjs", f"wss://{server.host}:{server.port}", "/ws?since=0",
                           "pushlab.v1")
        wait_until(lambda: len(client.lines()) == 3, "open, hello, update")
        events = [json.loads(line) for line in client.lines()]
        self.assertEqual(events[0], {"type": "open", "protocol": "pushlab.v1"})
        self.assertEqual(json.loads(events[2]["data"])["data"], "over wss")

    def test_npm_eventsource_reads_updates(self):
        server = self.server("--source", "none")
        server.publish("over https")
        self.trusted_by_node(server)
        client = self.node("eventsource_client.mjs", server.url + "/events?since=0")
        wait_until(lambda: any('"message"' in line for line in client.lines()), "a message")
        message = json.loads(client.lines()[-1])
        self.assertEqual(json.loads(message["data"])["data"], "over https")

    def test_node_does_not_trust_the_certificate_by_default(self):
        server = self.server("--source", "none")
        client = self.node("ws_client.mjs", f"wss://{server.host}:{server.port}", "/ws", "")
        self.assertEqual(client.wait(), 1)
        self.assertIn("self-signed certificate", client.stderr())

    def test_python_websockets_receives_and_publishes(self):
        for version in VERSIONS:
            server = self.server("--source", "none", "--tls-version", version)

            async def talk(s):
                url = f"wss://{s.host}:{s.port}/ws?since=0"
                async with websockets.connect(url, ssl=s.context) as ws:
                    self.assertEqual(hello_of(json.loads(await ws.recv())), 0)
                    await ws.send(json.dumps("x" * 300000))
                    self.assertEqual(json.loads(await ws.recv())["data"], "x" * 300000)
                    await ws.close(1000, "done")
                    self.assertEqual(ws.close_code, 1000)

            asyncio.run(asyncio.wait_for(talk(server), 30))
            server.wait_for(lambda s: s["transports"]["websocket"]["open"] == 0, "gone")

    def test_sessions_are_resumed(self):
        server = self.server("--source", "none")
        for version in VERSIONS:
            context = ssl.create_default_context(cafile=str(server.cert))
            context.minimum_version = context.maximum_version = SSL_VERSIONS[version]
            before, session = server.transport("short-poll"), None
            for i in range(4):
                sock = context.wrap_socket(self.plain_socket(server), session=session,
                                           server_hostname=server.host)
                self.assertEqual(Wire(sock).get("/poll").status, 204)
                self.assertEqual(sock.session_reused, i > 0)
                session = sock.session
                sock.close()
            after = server.transport("short-poll")
            for name, n in (("tls_full_handshakes", 1), ("tls_resumed_handshakes", 3),
                            ("accepted", 4)):
                self.assertEqual(after[name] - before[name], n, name)


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Drivers(TlsCase, ClientCase):
    SHORT = ("--clients", "4", "--warmup", "0.1", "--duration", "0.5", "--interval", "25ms")
    HANDSHAKES = ("tls_full_handshakes", "tls_resumed_handshakes")

    def measured(self, server, transport, *options):
        result = self.measure(transport, server.url, *self.SHORT, "--tls-ca", server.cert, *options)
        self.assert_complete(result, 4)
        return result

    def at_server(self, result, name):
        stats = result["server_stats"]
        return (stats["end"]["transports"][result["transport"]][name]
                - stats["start"]["transports"][result["transport"]][name])

    def assert_both_count(self, result, full, resumed):
        whole = result["whole"]
        self.assertEqual([whole[name] for name in self.HANDSHAKES], [full, resumed])
        self.assertEqual([self.at_server(result, name) for name in self.HANDSHAKES],
                         [full, resumed])
        self.assertEqual(whole["connects"], full + resumed)
        self.assertEqual(self.at_server(result, "accepted"), full + resumed)

    def test_all_transports_are_measured_with_both_versions(self):
        server = self.server("--rate", "50")
        for version in VERSIONS:
            for transport in TRANSPORTS:
                with self.subTest(version=version, transport=transport):
                    result = self.measured(server, transport, "--tls-version", version)
                    self.assertTrue(result["tls"])
                    self.assert_both_count(result, 4, 0)
                    self.assertEqual([result["window"][n] for n in self.HANDSHAKES], [0, 0])
        drops = {k: t["drops"] for k, t in server.stats()["transports"].items()}
        self.assertEqual({n for d in drops.values() for n in d.values()}, {0}, drops)

    def test_close_resumes_all_but_each_client_s_first_handshake(self):
        server = self.server("--rate", "20")
        for version in VERSIONS:
            for transport in ("short-poll", "long-poll"):
                with self.subTest(version=version, transport=transport):
                    result = self.measured(server, transport, "--connection", "close",
                                           "--tls-version", version)
                    whole, window = result["whole"], result["window"]
                    self.assertGreater(whole["requests"], 2 * 4)  # a busy machine polls less often
                    self.assert_both_count(result, 4, whole["requests"] - 4)
                    self.assertEqual(window["tls_full_handshakes"], 0)
                    self.assertEqual(window["tls_resumed_handshakes"], window["connects"])

    def test_without_resumption_all_are_full(self):
        server = self.server("--rate", "20")
        for version in VERSIONS:
            with self.subTest(version=version):
                result = self.measured(server, "short-poll", "--connection", "close",
                                       "--tls-version", version, "--tls-resume", "no")
                self.assert_both_count(result, result["whole"]["requests"], 0)

    def test_a_reconnect_resumes_after_a_cut(self):
        server = self.server("--rate", "50")
        for version in VERSIONS:
            proxy = self.peer("proxy.mjs", str(server.port), stdin=subprocess.PIPE)
            client = self.client("sse", f"https://127.0.0.1:{proxy.port}", "--json", *self.SHORT,
                                 "--duration", "2", "--tls-ca", server.cert, "--control", "none",
                                 "--reconnect-min", "5ms", "--reconnect-max", "20ms",
                                 "--tls-version", version)
            with self.subTest(version=version):
                server.wait_for(lambda s: s["history"]["subscribers"] == 4, "subscribed")
                for word in (b"cut\n", b"open\n"):
                    proxy.process.stdin.write(word)
                    proxy.process.stdin.flush()
                self.assertEqual(client.wait(), 0, client.describe())
                whole = json.loads(client.lines()[0])["whole"]
                self.assertEqual(whole["tls_full_handshakes"], 4)
                self.assertEqual(whole["tls_resumed_handshakes"], 4)

    def test_watch_works_over_wss(self):
        server = self.server("--rate", "50")
        client = self.client("websocket", server.url.replace("https", "wss"), "--watch", "--count",
                             "3", "--tls-ca", server.cert)
        self.assertEqual(client.wait(), 0, client.describe())
        self.assertIn("websocket: 3 updates in ", client.stdout())

    def refused(self, url, *options, transport="sse", code=1):
        client = self.client(transport, url, "--setup-timeout", "2", "--duration", "1", *options)
        self.assertEqual(client.wait(20), code, client.describe())
        lines = client.stderr().splitlines()
        self.assertEqual(len(lines), 1, client.describe())
        return lines[0]

    def test_an_untrusted_server_is_refused_in_one_line(self):
        server = self.server("--source", "none")
        for transport in TRANSPORTS:
            for control in ("auto", "none"):
                line = self.refused(server.url, "--control", control, transport=transport)
                self.assertIn("the server's certificate is not trusted: self-signed certificate",
                              line)
        line = self.refused(f"https://127.0.0.2:{server.port}".replace("127.0.0.2", "localhost"),
                            "--tls-ca", self.server("--source", "none").cert)
        self.assertIn("is not trusted", line)
        self.assertGreater(server.stats()["connections"]["tls_failed"], 9)

    def test_a_certificate_for_another_host_is_refused(self):
        server = self.server("--source", "none", listen="0.0.0.0:0")
        line = self.refused(f"https://127.0.0.9:{server.port}", "--tls-ca", server.cert)
        self.assertIn("IP address mismatch", line)
        server.host = "127.0.0.1"  # it can be stopped without a request

    def test_no_common_version_is_reported_in_one_line(self):
        server = self.server("--source", "none", "--tls-version", "1.3")
        for control in ("auto", "none"):
            self.assertIn("version", self.refused(server.url, "--tls-ca", server.cert, "--control",
                                                  control, "--tls-version", "1.2"))

    def test_a_server_without_tls_is_refused_in_one_line(self):
        server = self.plain_server("--source", "none")
        for control in ("auto", "none"):
            self.assertIn("TLS handshake: wrong version number", self.refused(
                server.url.replace("http", "https"), "--control", control))

    def test_the_tls_handshake_has_the_time_out_of_a_connection(self):
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            url = f"https://127.0.0.1:{deaf.getsockname()[1]}"
            start = time.monotonic()
            line = self.refused(url, "--control", "none", "--connect-timeout", "0.3",
                                "--reconnect-min", "2s", "--reconnect-max", "2s")
            self.assertIn("the TLS handshake took too long", line)
            in_time(start, 20, "the refusal")

    def test_bad_options_get_one_line_and_exit_code_2(self):
        cases = [(("--tls-ca", "/nowhere"), 1, "--tls-ca: /nowhere: No such file"),
                 (("--tls-version", "1.1"), 2, "any, 1.2, 1.3"),
                 (("--tls-resume", "perhaps"), 2, "yes, no")]
        for options, code, text in cases:
            self.assertIn(text, self.refused("https://127.0.0.1:1", *options, code=code))
        for options in (("--tls-ca", "x"), ("--tls-version", "1.3"), ("--tls-resume", "no")):
            self.assertIn("has no meaning for 'http://127.0.0.1:1'",
                          self.refused("http://127.0.0.1:1", *options, code=2))


class Edges(TlsCase):
    def test_bytes_are_counted_before_encryption(self):
        """The same messages, with TLS and without, are the same to the byte."""
        counted = []
        for server, connect in ((self.server("--source", "none"), self.connect),
                                (self.plain_server("--source", "none"), self.plain_socket)):
            receivers = [kind(connect(server)) for kind in RECEIVERS]
            server.wait_for_subscribers(3)
            server.publish("x" * 50000)
            for receiver in receivers:
                receiver.take(1)
            stats = server.stats()["transports"]
            counted.append({name: (stats[name]["bytes_in"], stats[name]["bytes_out"])
                            for name in TRANSPORTS})
        self.assertEqual(counted[0], counted[1])

    def test_plain_http_gets_an_unencrypted_response_and_is_counted(self):
        server = self.server("--source", "none")
        for i, request in enumerate((b"GET / HTTP/1.1\r\nHost: t\r\n\r\n",
                                     b"POST /publish HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n"
                                     b"\r\n1")):
            wire = Wire(self.plain_socket(server))
            wire.send(request)
            answer = wire.response()
            self.assertEqual(answer.status, 400)
            self.assertIn(b"TLS", answer.body)
            self.assertTrue(wire.at_end())
            server.wait_for(lambda s: s["connections"]["tls_failed"] == i + 1, "counted")
        said = subprocess.run(["curl", "-sS", server.url.replace("https", "http")],
                              capture_output=True, text=True)
        self.assertIn("https://", said.stdout, said.stderr)

    def test_invalid_bytes_are_refused_and_counted(self):
        server = self.server("--source", "none")
        cases = (b"SSH-2.0-x\r\n", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"\x00" * 100,
                 b"\x16\x03\x01\xff\xff" + b"\x01" * 70000, b"\x15\x03\x01\x00\x02\x02\x28")
        for i, case in enumerate(cases):
            wire = Wire(self.plain_socket(server))
            wire.send(case)
            wire.read_to_end()
            stats = server.wait_for(lambda s: s["connections"]["tls_failed"] == i + 1, repr(case[:9]))
        self.assertEqual(stats["connections"]["unused"], len(cases))

    def test_a_connection_without_a_handshake_or_request_is_counted(self):
        server = self.server("--source", "none")
        self.plain_socket(server).close()
        server.wait_for(lambda s: s["connections"]["tls_failed"] == 1, "no handshake")
        self.connect(server).close()
        stats = server.wait_for(lambda s: s["connections"]["unused"] == 2, "no request")
        self.assertEqual(stats["connections"]["tls_failed"], 1)

    def test_tls_on_a_port_without_it_is_a_bad_request(self):
        server = self.plain_server("--source", "none")
        with self.assertRaises(ssl.SSLError):
            ssl.create_default_context().wrap_socket(self.plain_socket(server),
                                                     server_hostname="localhost")
        self.assertEqual(server.transport("other")["responses"]["400"], 1)

    def test_an_incomplete_handshake_times_out(self):
        server = self.server("--source", "none", "--request-timeout", "200")
        hello = ssl.MemoryBIO()
        tls = server.context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname=server.host)
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        start = time.monotonic()
        wires = [Wire(self.plain_socket(server)) for _ in range(3)]
        whole = hello.read()
        wires[1].send(whole[:50])
        wires[2].send(whole)  # and no Finished
        for wire in wires:
            wire.read_to_end()
        in_time(start, 20, "the server's time-out of 0.2 s")
        stats = server.wait_for(lambda s: s["connections"]["tls_failed"] == 3, "counted")
        self.assertEqual(stats["transports"]["other"]["drops"]["slow-request"], 3)

    def test_the_handshake_time_out_does_not_apply_to_an_established_connection(self):
        server = self.server("--source", "none", "--request-timeout", "200", "--idle-timeout",
                             "60000")
        wire = Wire(self.connect(server))
        self.assertEqual(wire.get("/poll").status, 204)
        half = Wire(self.plain_socket(server))
        half.read_to_end()  # dropped after the time-out
        self.assertEqual(wire.get("/poll").status, 204)

    def test_one_byte_at_a_time(self):
        server = self.server("--source", "none")
        wire = Wire(self.connect(server))
        for byte in b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n":
            wire.send(bytes([byte]))
        self.assertEqual(wire.response().body, b"ok\n")

    def test_a_slow_reader_is_dropped(self):
        server = self.server("--source", "none", "--sndbuf-bytes", "8192", "--backlog-bytes",
                             "100000", "--max-body-bytes", "10000000")
        deaf = self.connect(server)
        Wire(deaf).request("GET", "/stream")
        server.wait_for_subscribers(1)
        for _ in range(100):
            server.publish("x" * 100000)
        stats = server.wait_for(lambda s: s["history"]["subscribers"] == 0, "dropped")
        self.assertEqual(stats["transports"]["stream"]["drops"]["slow-reader"], 1)

    def test_an_end_without_close_notify_is_an_io_error(self):
        server = self.server("--source", "none")
        polite, rude = self.connect(server), self.connect(server)
        for sock in (polite, rude):
            NdjsonStream(Wire(sock)).message()
        server.wait_for_subscribers(2)
        polite.unwrap()  # sends close_notify, and waits for ours
        server.wait_for_subscribers(1)
        self.assertEqual(server.transport("stream")["drops"]["io-error"], 0)
        rude.shutdown(socket.SHUT_RDWR)
        server.wait_for(lambda s: s["transports"]["stream"]["drops"]["io-error"] == 1, "counted")

    def test_sigterm_ends_everything_in_order(self):
        """Python raises an error for an end without close_notify."""
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.server("--source", "none")
            lines = NdjsonStream(Wire(self.connect(server)))
            events = EventStream(Wire(self.connect(server)))
            ws = WebSocket(Wire(self.connect(server)))
            held, idle, half = (Wire(self.connect(server)) for _ in range(3))
            held.request("GET", "/longpoll")
            self.assertEqual(idle.get("/poll").status, 204)
            half.send(b"GET /po")
            handshake = self.plain_socket(server)
            server.wait_for_subscribers(4)
            start = time.monotonic()
            server.signal(number)
            for stream in (lines, events):
                self.assertEqual(hello_of(stream.message()), 0)
                with self.assertRaisesRegex(EOFError, "the last chunk"):
                    stream.line()
                self.assertTrue(stream.wire.at_end())
            self.assertEqual(hello_of(ws.message()), 0)
            self.assertEqual(ws.receive(), (CLOSE, b"\x03\xe9the server is stopping"))
            self.assertEqual(held.response().status, 204)
            self.assertTrue(idle.at_end())
            self.assertTrue(half.at_end())
            self.assertEqual(Wire(handshake).read_to_end(), b"")
            self.assertEqual(server.wait(), 0)
            in_time(start, 15, "the server ends")


class Files(TlsCase):
    def openssl(self, *args):
        subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)

    def make_chain(self, where):
        """A certificate authority, and a certificate for localhost that it signed."""
        new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self.openssl(*new, "-x509", "-subj", "/CN=authority", "-keyout", where / "ca.key", "-out",
                     where / "ca.pem")
        self.openssl(*new, "-subj", "/CN=server", "-keyout", where / "server.key", "-out",
                     where / "server.csr")
        (where / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self.openssl("x509", "-req", "-in", where / "server.csr", "-CA", where / "ca.pem", "-CAkey",
                     where / "ca.key", "-CAcreateserial", "-extfile", where / "ext", "-out",
                     where / "server.pem")

    def test_a_certificate_from_files_is_served(self):
        where = self.temp_dir()
        self.make_chain(where)
        both = where / "both.pem"
        both.write_text((where / "server.pem").read_text() + (where / "server.key").read_text())
        for options in (("--tls-cert", where / "server.pem", "--tls-key", where / "server.key"),
                        ("--tls-cert", both)):
            server = self.server("--source", "none", *options, cert=where / "written.pem")
            self.assertEqual((where / "written.pem").read_text().split(),
                             (where / "server.pem").read_text().split())
            said = subprocess.run(["curl", "-sS", "--cacert", where / "ca.pem",
                                   server.url + "/healthz"], capture_output=True, text=True)
            self.assertEqual(said.stdout, "ok\n", said.stderr)

    def test_the_written_certificate_is_all_that_a_client_needs(self):
        where = self.temp_dir()
        self.make_chain(where)
        chain = where / "chain.pem"
        chain.write_text((where / "server.pem").read_text() + (where / "ca.pem").read_text())
        for cert, trusts in ((chain, ("curl", "pushlab-client")),
                             (where / "server.pem", ("pushlab-client",))):
            server = self.server("--rate", "50", "--tls-cert", cert, "--tls-key",
                                 where / "server.key", cert=where / "written.pem")
            self.assertEqual((where / "written.pem").read_text().split(), cert.read_text().split())
            if "curl" in trusts:
                said = subprocess.run(["curl", "-sS", "--cacert", server.cert,
                                       server.url + "/healthz"], capture_output=True, text=True)
                self.assertEqual(said.stdout, "ok\n", said.stderr)
            done = subprocess.run([BIN / "pushlab-client", "--watch", "--transport", "sse", "--url",
                                   server.url, "--tls-ca", server.cert, "--count", "1"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_bad_options_get_one_line_that_names_them(self):
        nowhere = self.temp_dir() / "no" / "file"
        for options, code, text in (
                (("--tls", "--tls-cert", nowhere), 2, "--tls-cert: "),
                (("--tls", "--tls-cert", __file__), 2, "holds no certificate"),
                (("--tls", "--tls-key", nowhere), 2, "needs --tls-cert"),
                (("--tls", "--tls-version", "1.1"), 2, "any, 1.2, 1.3"),
                (("--tls", "--tls-write-cert", nowhere), 1, "No such file or directory"),
                (("--tls-cert", nowhere), 2, "--tls-cert: needs --tls"),
                (("--tls-key", nowhere), 2, "needs --tls"),
                (("--tls-write-cert", nowhere), 2, "needs --tls"),
                (("--tls-version", "1.3"), 2, "needs --tls")):
            program = self.run_program("pushlab-server", "--listen", "127.0.0.1:0", *options,
                                       deadline_s=10)
            lines = program.stderr().splitlines()
            self.assertEqual(len(lines), 1, program.describe())
            self.assertIn(text, lines[0])
            self.assertEqual(program.process.returncode, code, lines)
            self.assertEqual(program.stdout(), "")


if __name__ == "__main__":
    unittest.main()
