"""Clients that send: does each message reach all its receivers once and in order, whatever happens to
connections? Are the reported requests, handshakes, bytes and times right?"""

import json
import unittest

from harness import OWN_NETWORK, ClientCase, has_program, retried
from proxy import Proxy
from test_tls import TlsServer

POLLS = ("short-poll", "long-poll")
TRANSPORTS = (*POLLS, "stream", "sse", "websocket")
NO_FAULT = {"lost": 0, "doubled": 0, "reordered": 0}
RATE_HZ = 10
WARMUP_S = 0.5
DURATION_S = 1


SENDING = ("--send", "inputs", "--send-rate", RATE_HZ, "--warmup", WARMUP_S, "--duration",
           DURATION_S, "--drain", 5, "--interval", "40ms", "--hold", "200ms")


class UpstreamCase(ClientCase):
    def send(self, transport, url, *options, clients=3, **kwargs):
        return self.measure(transport, url, *SENDING, "--clients", clients, *options, **kwargs)

    def assert_said(self, up, senders):
        """Open loop: the number of messages depends on the rate only."""
        self.assertEqual(up["senders"], senders)
        self.assertEqual(up["window"]["messages"], senders * RATE_HZ * DURATION_S)
        self.assertEqual(up["whole"]["messages"], senders * RATE_HZ * (WARMUP_S + DURATION_S))
        for name in ("window", "whole"):
            n = up[name]
            self.assertEqual(n["bytes_out"], n["payload_bytes_out"] + n["framing_bytes_out"])
        self.assertEqual(up["late_us"]["count"], up["window"]["messages"])

    def assert_heard(self, up, listeners):
        """Each message was received by this many clients, the sender included, once and in order."""
        self.assertEqual(up["order"], NO_FAULT)
        self.assertEqual(up["echo_us"]["count"], up["window"]["messages"])
        self.assertEqual(up["latency_us"]["count"], up["window"]["messages"] * (listeners - 1))


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Counts(UpstreamCase):
    @retried  # after a stall one request may have two messages
    def check(self, transport, *options):
        server = self.server("--source", "none")
        result = self.send(transport, server.url, "--senders", 2, *options)
        up = result["upstream"]
        self.assert_said(up, senders=2)
        self.assert_heard(up, listeners=3)
        whole = up["whole"]
        self.assertEqual(server.stats()["source"]["seq"], whole["messages"])
        self.assertEqual(whole["repeated"], 0)
        self.assertEqual(whole["failed_responses"], 0)
        self.assertEqual(whole["responses"], whole["requests"])
        self.assert_counts_agree(result, transport)
        return up

    def assert_counts_agree(self, result, transport):
        """The server has read as many bytes as the clients have sent, and the kernel has opened only
        the connections of both kinds."""
        whole = result["upstream"]["whole"]
        server = result["server_stats"]["end"]["transports"]
        if transport == "websocket":
            down = result["whole"]["bytes_out"]
            both = server["websocket"]["bytes_in"]
            self.assertEqual(both["payload"], whole["payload_bytes_out"])
            self.assertLessEqual(both["framing"], whole["framing_bytes_out"] + down)
        else:
            publish = server["publish"]
            self.assertEqual(publish["requests"], whole["requests"])
            self.assertEqual(publish["accepted"], whole["connects"])
            self.assertEqual(sum(publish["bytes_in"].values()), whole["bytes_out"])
            self.assertEqual(sum(publish["bytes_out"].values()), whole["bytes_in"])
        if OWN_NETWORK:
            self.assertEqual(result["kernel"]["tcp_active_opens"],
                             result["whole"]["connects"] + whole["connects"])

    @retried
    def test_http_sends_a_request_for_each_message_over_one_more_connection(self):
        for transport in TRANSPORTS[:-1]:
            with self.subTest(transport=transport):
                up = self.check(transport)
                self.assertEqual(up["whole"]["requests"], up["whole"]["messages"])
                self.assertEqual(up["whole"]["connects"], up["senders"])
                self.assertEqual(up["window"]["connects"], 0)

    @retried
    def test_close_opens_a_connection_for_each_message(self):
        for transport in POLLS:
            with self.subTest(transport=transport):
                up = self.check(transport, "--connection", "close")
                self.assertEqual(up["window"]["requests"], up["window"]["messages"])
                self.assertEqual(up["window"]["connects"], up["window"]["messages"])

    def test_websocket_needs_neither_request_nor_connection(self):
        up = self.check("websocket")
        for name in ("requests", "responses", "connects", "bytes_in"):
            self.assertEqual(up["whole"][name], 0, name)
        # §5.2: two bytes, two of extended length (every post is longer than 125), four of masking key.
        self.assertEqual(up["whole"]["framing_bytes_out"], 8 * up["whole"]["messages"])

    def test_messages_cost_the_same_payload_on_every_transport(self):
        server = self.server("--source", "none")
        seen = {self.send(t, server.url, "--send-bytes", 200)["upstream"]["window"]
                ["payload_bytes_out"] for t in TRANSPORTS}
        self.assertEqual(len(seen), 1)

    def test_messages_of_the_next_run_are_not_duplicates(self):
        server = self.server("--source", "none")
        for _ in range(2):
            up = self.send("sse", server.url)["upstream"]
            self.assert_heard(up, listeners=3)

    def test_clients_send_only_on_request(self):
        server = self.server("--rate", "20")
        result = self.measure("sse", server.url, "--warmup", "0.1", "--duration", "0.5")
        self.assertIsNone(result["upstream"])
        self.assertIsNone(result["documents"])

    def test_over_tls_the_second_connection_makes_a_handshake_too(self):
        cert = self.temp_dir() / "cert.pem"
        server = TlsServer("--source", "none", cert=cert)
        self.programs.append(server)
        self.addCleanup(self._stop, server)
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                up = self.send(transport, server.url, "--tls-ca", cert)["upstream"]
                self.assert_heard(up, listeners=3)
                handshakes = (up["whole"]["tls_full_handshakes"] +
                              up["whole"]["tls_resumed_handshakes"])
                self.assertEqual(handshakes, up["whole"]["connects"])
                self.assertEqual(handshakes, 0 if transport == "websocket" else 3)


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Rooms(UpstreamCase):
    ROOMS = ("--room-size", 2, "--send-channel", "room-{room}")

    def test_a_room_receives_the_messages_of_its_own_senders(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                server = self.server("--source", "none")
                result = self.send(transport, server.url, *self.ROOMS, "--channel", "room-{room}",
                                   clients=4)
                self.assert_said(result["upstream"], senders=4)
                self.assert_heard(result["upstream"], listeners=2)

    def test_the_last_of_each_senders_latest_values_arrives_and_none_goes_back(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                server = self.server("--source", "none")
                up = self.send(transport, server.url, *self.ROOMS, "--latest", "room-{room}",
                               "--interval", "250ms", clients=4)["upstream"]
                self.assert_said(up, senders=4)
                self.assertEqual(up["order"], NO_FAULT)
                self.assertLessEqual(up["echo_us"]["count"], up["window"]["messages"])
                if transport == "short-poll":
                    self.assertLess(up["echo_us"]["count"], up["window"]["messages"])
                elif transport != "long-poll":
                    self.assertEqual(up["echo_us"]["count"], up["window"]["messages"])

    def test_a_sender_that_does_not_subscribe_still_gets_acknowledgments(self):
        """Game inputs that only the server receives: no echo, and the drain ends early."""
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                server = self.server("--source", "none")
                result = self.send(transport, server.url, "--channel", "state", "--send-channel",
                                   "inputs")
                up = result["upstream"]
                self.assert_said(up, senders=3)
                self.assertEqual(up["order"], NO_FAULT)
                self.assertEqual(up["echo_us"]["count"] + up["latency_us"]["count"], 0)
                self.assertLess(result["phases"]["drain_ms"], 5000)


class Losses:
    """Which pieces from the server are lost: every seventh response to a publication, and after the
    set-up every 11th of all others."""

    def __init__(self):
        self.published = self.others = 0

    def __call__(self, piece):
        if b'\r\n\r\n{"seq":' in piece:
            self.published += 1
            return self.published % 7 == 0
        self.others += 1
        return self.others > 20 and self.others % 11 == 0


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Cuts(UpstreamCase):
    # The client cannot know that everything has arrived, so the drain takes its full time.
    ALONE = ("--control", "none", "--drain", 2, "--reconnect-min", "5ms", "--reconnect-max", "40ms")

    def proxy(self, server, **kwargs):
        proxy = Proxy(server.host, server.port, **kwargs)
        self.addCleanup(proxy.close)
        return proxy

    def assert_survived(self, server, result):
        up = result["upstream"]
        self.assert_said(up, senders=3)
        self.assert_heard(up, listeners=3)
        self.assertEqual(server.stats()["source"]["seq"], up["whole"]["messages"])
        return up

    def test_a_lost_response_loses_and_repeats_nothing(self):
        """The server has read the message, but the client cannot know this and sends it again."""
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                server = self.server("--source", "none")
                proxy = self.proxy(server, loses=Losses())
                result = self.send(transport, proxy.url, *self.ALONE)
                up = self.assert_survived(server, result)
                self.assertGreater(proxy.cuts, 3)
                self.assertGreater(up["whole"]["repeated"], 0)
                self.assertGreater(server.stats()["limits"]["duplicate_posts"], 0)

    def test_connections_cut_at_any_moment_lose_and_repeat_nothing(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                server = self.server("--source", "none")
                proxy = self.proxy(server, delay_s=0.005)
                client = self.client(transport, proxy.url, "--json", *SENDING, "--clients", 3,
                                     *self.ALONE)
                server.wait_for_seq(3)
                cuts = 0
                for _ in range(12):
                    server.wait_for(lambda s, n=server.stats()["source"]["seq"]:
                                    s["source"]["seq"] > n or not client.running(), "progress")
                    cuts += proxy.cut_all()
                self.assertEqual(client.wait(60), 0, client.describe())
                self.assert_survived(server, json.loads(client.lines()[0]))
                self.assertGreater(cuts, 3)

    def test_a_restarted_server_ends_the_run_with_an_error(self):
        """The restarted server has lost the senders' numbers, so it can't detect duplicates."""
        for transport in ("sse", "websocket"):
            with self.subTest(transport=transport):
                first, second = self.server("--source", "none"), self.server("--source", "none")
                proxy = self.proxy(first)
                client = self.client(transport, proxy.url, "--json", *SENDING, "--clients", 3,
                                     *self.ALONE)
                first.wait_for_seq(5)
                proxy.upstream = (second.host, second.port)
                proxy.cut_all()
                self.assertEqual(client.wait(30), 1, client.describe())
                self.assertEqual(len(client.stderr().splitlines()), 1)
                self.assert_said(json.loads(client.lines()[0])["upstream"], senders=3)

    def test_a_server_that_refuses_posts_ends_the_run_with_its_response(self):
        server = self.server("--source", "none", "--max-body-bytes", "20")
        result = self.send("sse", server.url, "--drain", 1, exit_code=1)
        self.assertIn("/publish: 413", result["stderr"])


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class Times(UpstreamCase):
    DELAY_S = 0.04

    @retried
    def check(self, transport):
        server = self.server("--source", "none")
        proxy = Proxy(server.host, server.port, delay_s=self.DELAY_S)
        self.addCleanup(proxy.close)
        up = self.send(transport, proxy.url, "--interval", "10ms")["upstream"]
        self.assert_heard(up, listeners=3)
        both_us = 2 * self.DELAY_S * 1e6
        # A poll on its way is answered one delay after it was sent, and the next one takes both
        # delays; a held request is usually there already.
        more_us = {"short-poll": 2 * both_us, "long-poll": both_us}.get(transport, 0)
        for name in ("latency_us", "echo_us"):
            self.assertGreaterEqual(up[name]["min"], both_us)
            self.assertLess(up[name]["p50"], both_us + more_us + 20e3)

    def test_a_known_delay_appears_in_the_latency_to_others_and_to_the_sender(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.check(transport)

    @retried
    def test_messages_due_while_waiting_for_a_response_go_in_one_request(self):
        server = self.server("--source", "none")
        proxy = Proxy(server.host, server.port, delay_s=self.DELAY_S)
        self.addCleanup(proxy.close)
        up = self.send("sse", proxy.url, "--send-rate", 100)["upstream"]
        whole = up["whole"]
        self.assertEqual(whole["messages"], 3 * 150)
        self.assert_heard(up, listeners=3)
        # One request in 80 ms, with 8 messages; each of the first has one.
        self.assertLess(whole["requests"], whole["messages"] / 4)
        self.assertEqual(whole["responses"], whole["requests"])
        self.assertEqual(whole["connects"], 3)
        # Waiting is part of the latency: a message is timed from when it was due.
        self.assertGreater(up["late_us"]["p50"], 0.5 * self.DELAY_S * 1e6)
        self.assertGreater(up["latency_us"]["p50"], 2.5 * self.DELAY_S * 1e6)

    @retried
    def test_a_websocket_does_not_wait_for_responses(self):
        server = self.server("--source", "none")
        proxy = Proxy(server.host, server.port, delay_s=self.DELAY_S)
        self.addCleanup(proxy.close)
        up = self.send("websocket", proxy.url, "--send-rate", 100)["upstream"]
        self.assert_heard(up, listeners=3)
        self.assertLess(up["late_us"]["p50"], 0.25 * self.DELAY_S * 1e6)


if __name__ == "__main__":
    unittest.main()
