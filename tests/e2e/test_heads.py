"""Requests with the header fields of a browser (--heads): the same as Chromium's, whatever the transport,
and understood by our server and by others."""

import os
import re
import socket
import threading
import time
import unittest

from harness import ClientCase, has_program, wait_until
from test_drivers import PEERS
from test_page import CHROMIUM, Browser
from test_runner import RunnerCase
from test_wire import WHY_NOT

PATHS = {"short-poll": "/poll", "long-poll": "/longpoll", "stream": "/stream", "sse": "/events",
         "websocket": "/ws"}
# Bytes of a request, the WebSocket's with its handshake.
SIZES = {"minimal": (98, 132), "chrome": (485, 535), "2009": (355, 450)}
SIZES_OF_WEBSOCKETS = {"minimal": (230, 250), "chrome": (455, 480), "2009": (500, 530)}
SHORT = ("--warmup", "0.1", "--duration", "0.5", "--interval", "50ms")


class Relay:
    """Passes everything on to a server. Keeps the last request head of each path, and when the
    requests of each connection arrived."""

    def __init__(self, server):
        self.heads, self.arrivals, self.target = {}, [], (server.host, server.port)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            upstream = socket.create_connection(self.target)
            self.arrivals.append([])
            for ends in ((client, upstream, self.arrivals[-1]), (upstream, client, None)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, reader, writer, arrivals):
        try:
            while data := reader.recv(1 << 16):
                if arrivals is not None and data.startswith((b"GET ", b"POST ")):
                    arrivals.append(time.monotonic())
                    head = data.partition(b"\r\n\r\n")[0].decode()
                    self.heads[head.split()[1].partition("?")[0]] = head
                writer.sendall(data)
            writer.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.close()


def fields_of(head):
    """The field lines in order of their text. What differs by the browser's version is replaced."""
    lines = head.split("\r\n")[1:]
    lines = [line.replace("HeadlessChrome", "Chrome") for line in lines]
    lines = [re.sub(r"Chrome/\d+", "Chrome/N", line) for line in lines]
    lines = [re.sub(r'"Not[^"]*";v="\d+"', "BRAND", line) for line in lines]
    lines = [re.sub(r'"Chromium";v="\d+"', "CHROMIUM", line) for line in lines]
    lines = [re.sub(r"^(sec-ch-ua: ).*", lambda m: m[1] + ", ".join(sorted(m[0][11:].split(", "))), line)
             for line in lines]
    return sorted(re.sub(r"^(Sec-WebSocket-Key: ).*", r"\1KEY", line) for line in lines)


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Heads(ClientCase):
    def relay(self, *options):
        relay = Relay(self.server(*options))
        self.addCleanup(relay.close)
        return relay

    @unittest.skipUnless(os.access(CHROMIUM, os.X_OK), "no Chromium")
    def test_the_fields_are_those_that_chromium_sends_from_a_page(self):
        """From the page's own thread, as applications do: the live page's worker sends no sec-ch-ua. A style
        sheet is a document without scripts, under the same policies as the page."""
        relay = self.relay("--demo", "--rate", "20")
        browser = Browser()
        self.addCleanup(browser.quit)
        browser.open(url=relay.url + "/web/style.css")
        for path in ("/poll", "/longpoll", "/stream"):
            browser.js(f"void fetch('{path}', {{cache: 'no-store'}})")
        browser.js("void new EventSource('/events')")
        browser.js("void new WebSocket('/ws', 'pushlab.v1')")
        wait_until(lambda: set(PATHS.values()) <= set(relay.heads), "a request of each transport")
        browser.close()
        theirs = dict(relay.heads)
        for transport, path in PATHS.items():
            with self.subTest(transport=transport):
                self.measure(transport, relay.url, "--heads", "chrome", *SHORT)
                expected = fields_of(theirs[path])
                if transport == "websocket":  # we do not decompress, so we do not offer to
                    expected.remove("Sec-WebSocket-Extensions: permessage-deflate; "
                                    "client_max_window_bits")
                self.assertEqual(fields_of(relay.heads[path]), expected)
        ours = {path: relay.heads[path].split("\r\n", 1)[1] for path in PATHS.values()}
        for path, head in ours.items():  # "Headless", and the offer to compress
            more = len(theirs[path].split("\r\n", 1)[1]) - len(head) - (70 if path == "/ws" else 0)
            self.assertAlmostEqual(more, 8, delta=4)

    def test_each_set_works_on_every_transport_and_has_its_size(self):
        """The size is from the server's count of bytes and requests."""
        for heads in SIZES:
            server = self.server("--rate", "20")
            for transport in PEERS:
                with self.subTest(heads=heads, transport=transport):
                    result = self.measure(transport, server.url, "--heads", heads, *SHORT)
                    self.assert_complete(result, 1)
                    self.assertEqual(result["heads"], heads)
                    t = result["server_stats"]["end"]["transports"][transport]
                    low, high = (SIZES_OF_WEBSOCKETS if transport == "websocket" else SIZES)[heads]
                    closing = 8 if transport == "websocket" else 0  # its close frame
                    size = (sum(t["bytes_in"].values()) - closing) / t["requests"]
                    self.assertTrue(low <= size <= high, size)

    def test_other_servers_understand_each_set(self):
        for heads in ("chrome", "2009"):
            for transport, script in PEERS.items():
                closes = ("--connection", "close") if "poll" in transport else ()
                with self.subTest(heads=heads, transport=transport):
                    peer = self.peer(script, "100")
                    result = self.measure(transport, peer.url, "--heads", heads, "--control",
                                          "none", *SHORT, *closes)
                    self.assert_complete(result, 1)
                    if closes:
                        self.assertEqual(result["whole"]["connects"], result["whole"]["requests"])

    def test_a_connection_that_closes_does_not_ask_to_be_kept(self):
        relay = self.relay("--rate", "20")
        for heads in ("chrome", "2009"):
            self.measure("short-poll", relay.url, "--heads", heads, "--connection", "close", *SHORT)
            head = relay.heads["/poll"].lower()
            self.assertIn("\r\nconnection: close", head)
            self.assertNotIn("keep-alive", head)

    def test_posts_have_the_fields_of_the_set_and_the_pages_origin(self):
        relay = self.relay("--source", "none")
        result = self.measure("sse", relay.url, "--heads", "chrome", "--send", "inputs", *SHORT)
        self.assertGreater(result["delivered"], 5)
        self.assertEqual(result["upstream"]["whole"]["failed_responses"], 0)
        head = relay.heads["/publish"]
        self.assertIn(f"\r\nOrigin: {relay.url}\r\n", head)
        self.assertIn("\r\nSec-Fetch-Mode: cors\r\n", head)
        self.assertNotIn("Pragma", head)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class OverALink(RunnerCase):
    def test_the_scenarios_heads_are_on_the_wire_and_named(self):
        path = self.scenario(link="rtt=20ms", heads="chrome", clients=2, duration_s=0.5,
                             rows=[{"transport": "long-poll"}, {"transport": "websocket"}])
        program = self.run_scenario(path=path)
        self.assertIn("heads: chrome", program.stdout())
        run = self.latest()
        self.assertEqual(run["scenario"]["heads"], "chrome")
        for row in run["rows"]:
            low, high = (SIZES_OF_WEBSOCKETS if row["transport"] == "websocket" else SIZES)["chrome"]
            closing = 8 * 2 if row["transport"] == "websocket" else 0
            size = (row["wire"]["tcp"]["up"]["payload_bytes"] - closing) / row["raw"]["whole"]["requests"]
            self.assertTrue(low <= size <= high, (row["id"], size))
        report = (self.out / "latest" / "report.html").read_text()
        self.assertIn("the header fields that Chromium sends", report)


if __name__ == "__main__":
    unittest.main()
