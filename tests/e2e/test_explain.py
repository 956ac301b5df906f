"""pushlab explain end to end: stored outputs, tshark's dissection of the same bytes, other servers,
and machines that allow no emulated link.

    PUSHLAB_STORE=1 /usr/bin/python3 tests/e2e/test_explain.py     write the stored outputs again
"""

import fcntl
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import termios
import threading
import unittest
import xml.dom.minidom

from harness import BIN, HERE, Program, TestCase, has_program, wait_until
from test_wire import HIDE_TUN, WHY_NOT, can_hide_tun, show_both_ends

STORED = HERE / "explain"
TOPICS = ("short-poll", "long-poll", "stream", "sse", "websocket", "tcp", "keep-alive", "upgrade",
          "tls")
# Parts of the TLS hellos that differ between versions of OpenSSL, but not between exchanges.
OF_OPENSSL = re.compile(r"^ {16}· \S.*\n(?: {50}.*\n)*", re.M)

# Network namespaces are forbidden, and there is no /dev/net/tun.
NO_NAMESPACES = ["unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c",
                 "mount -t tmpfs none /dev/net && echo 0 >/proc/sys/user/max_net_namespaces && "
                 'exec "$@"', "sh"]


def can_forbid_namespaces():
    return (shutil.which("unshare") is not None and pathlib.Path("/dev/net").is_dir() and
            subprocess.run([*NO_NAMESPACES, "true"], capture_output=True).returncode == 0)


class ExplainCase(TestCase):
    def explain(self, *words, exit_code=0, prefix=()):
        program = self.start(Program([*prefix, BIN / "pushlab", "explain", *words],
                                     env={"NO_COLOR": "1"}))
        self.assertEqual(program.wait(60), exit_code, program.describe())
        self.assertNotIn("Sanitizer", program.stderr())
        if exit_code == 0:
            self.assertEqual(program.stderr(), "")
        return program

    def text(self, *words, **kwargs):
        return self.explain(*words, **kwargs).stdout()

    def assert_says(self, text, *words):
        """text contains these words, at any line breaks."""
        text = " ".join(text.split())
        for word in words:
            self.assertTrue(word in text, f"'{word}' is not said")

    def json(self, *words, **kwargs):
        return json.loads(self.text(*words, "--json", **kwargs))


def walk(note):
    for child in note.get("notes", []):
        yield child
        yield from walk(child)


def wires(result):
    return [note.get("wire", "") for note in walk(result)]


# ---- the same each time

@unittest.skipIf(WHY_NOT, WHY_NOT)
class Stored(ExplainCase):
    def check(self, name, text):
        path = STORED / name
        if os.environ.get("PUSHLAB_STORE"):
            path.write_text(text)
        self.assertEqual(text.splitlines(), path.read_text().splitlines(), name)

    def test_every_topic_equals_its_stored_output(self):
        for topic in TOPICS:
            with self.subTest(topic):
                text = self.text(topic, "--mask")
                if topic == "tls":
                    text = OF_OPENSSL.sub("", text)
                self.check(f"{topic}.txt", text)
                self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_markdown_and_json_equal_their_stored_outputs(self):
        self.check("upgrade.md", self.text("upgrade", "--mask", "--markdown"))
        self.check("upgrade.json", self.text("upgrade", "--mask", "--json"))

    def test_without_a_link_it_equals_the_stored_output(self):
        text = self.text("sse", "--mask", "--link", "loopback")
        self.check("sse-loopback.txt", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)


class Words(unittest.TestCase):
    """bench/explain/words/ and the C files that look its lines up by their keys."""

    ROOT = HERE.parent.parent / "bench"
    CALL = re.compile(r"\b(explain_word|tls_word|script_step|explain_give_up)\("
                      r"((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
    FORMAT = re.compile(r"%[0-9.*]*[a-z]")
    PREFIX = {"tls_word": "tls1.3 ", "script_step": "step "}

    def keys(self):
        for path in sorted((self.ROOT / "explain" / "words").glob("*.txt")):
            for line in path.read_text().splitlines():
                if line and not line.startswith("#"):
                    key = line.split("|")[0].strip()
                    yield from ((f"tls1.{n} {key[4:]}" for n in (2, 3)) if key.startswith("tls ")
                                else (key,))

    def sought(self):
        for path in [*self.ROOT.glob("explain/*/*.c"), self.ROOT / "command_explain.c"]:
            for call, arguments in self.CALL.findall(path.read_text()):
                for key in re.findall(r'"((?:[^"\\]|\\.)+)"', arguments):
                    if re.search("[a-z]", self.FORMAT.sub("", key)) and "tls1.%d" not in key:
                        yield path.name, self.PREFIX.get(call, "") + key

    def test_every_key_that_is_looked_up_has_a_line(self):
        keys, sought = list(self.keys()), list(self.sought())
        self.assertGreater(len(sought), 100)
        for name, key in sought:
            pattern = r"[\w.-]+".join(map(re.escape, self.FORMAT.split(key)))
            self.assertTrue(any(re.match(pattern + "( |$)", k) for k in keys),
                            f"{name}: no line for '{key}'")


# ---- against tshark

def read_drawing(lines):
    """The fields of a drawn frame, and its bits."""
    names, bits, fields = {}, "", {}
    rows = [line for line in lines if line.startswith("|")]
    row_lines, at = [], 0
    for line in rows:
        if re.fullmatch(r"[|01 ]+", line) and re.search(r"\|[01]( [01])*\|", line):
            row_lines.append((rows[at:rows.index(line, at)], line))
            at = rows.index(line, at) + 1
    for labels, line in row_lines:
        edges = [i for i, c in enumerate(line) if c == "|"]
        for left, right in zip(edges, edges[1:]):
            cell = line[left + 1:right].replace(" ", "")
            if right - left == 2:
                name = "".join(label[left + 1] for label in labels).strip()
            else:
                name = labels[0][left + 1:right].strip()
            if name == "(continued)":
                fields[names["last"]] += cell
            else:
                name = name if name not in fields else f"{name}/{len(fields)}"
                fields[name] = cell
                names["last"] = name
            bits += cell
    return fields, bits


@unittest.skipIf(WHY_NOT, WHY_NOT)
@unittest.skipUnless(shutil.which("tshark"), "no tshark")
class AgainstTshark(ExplainCase):
    COLUMNS = ("fin", "rsv", "opcode", "mask", "payload_length", "masking_key",
               "payload_length_ext_16")

    def dissect(self, path):
        fields = [word for name in self.COLUMNS for word in ("-e", f"websocket.{name}")]
        done = subprocess.run(["tshark", "-r", path, "-Y", "websocket", "-T", "fields", "-e",
                               "tcp.srcport", *fields, "-E", "separator=|", "-E", "aggregator=,"],
                              capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            port, *columns = line.split("|")
            columns = [column.split(",") for column in columns]
            masks, extended = iter(columns[5]), iter(columns[6])
            for i in range(len(columns[0])):  # a packet may carry several frames
                masked = columns[3][i] in ("1", "True")
                yield {"way": "down" if port == "8080" else "up",
                       "fin": columns[0][i] in ("1", "True"), "rsv": int(columns[1][i], 0),
                       "opcode": int(columns[2][i], 0), "masked": masked,
                       "length": int(columns[4][i], 0),
                       "extended": int(next(extended), 0) if columns[4][i] == "126" else None,
                       "key": int(next(masks), 16) if masked else None}

    def drawn(self, result):
        for note in walk(result):
            if note["kind"] != "drawing":
                continue
            fields, bits = read_drawing(note["wire"].split("\n\n")[0].splitlines())
            length = int(fields["payload len"], 2)
            extended = int(fields["extended payload length"], 2) if length == 126 else None
            yield {"way": note["way"], "fin": fields["FIN"] == "1",
                   "rsv": int(fields["RSV1"] + fields["RSV2"] + fields["RSV3"], 2),
                   "opcode": int(fields["opcode"], 2), "masked": fields["MASK"] == "1",
                   "length": length, "extended": extended,
                   "key": int(fields["masking key"], 2) if fields["MASK"] == "1" else None}

    def told(self, result):
        """The same from the JSON output, without the form of the length."""
        for note in walk(result):
            if "frame" in note:
                frame = note["frame"]
                yield {"way": note["way"], "fin": frame["fin"], "rsv": frame["rsv"],
                       "opcode": frame["opcode"], "masked": frame["mask"],
                       "bytes": frame["payload_length"],
                       "key": int(frame["masking_key"], 16) if frame["mask"] else None}

    def test_drawn_frames_agree_with_tshark(self):
        # A payload whose length takes the 16-bit form, too.
        for message in ('"Hello"', json.dumps("x" * 300)):
            path = self.temp_dir() / "wire.pcapng"
            result = self.json("websocket", "--message", message, "--pcap", path)
            theirs = list(self.dissect(path))
            ours = list(self.drawn(result))
            self.assertGreaterEqual(len(ours), 9)
            order = lambda frame: frame["way"]  # each direction in its own order
            self.assertEqual(sorted(ours, key=order), sorted(theirs, key=order))
            for frame in theirs:
                extended, length = frame.pop("extended"), frame.pop("length")
                frame["bytes"] = length if extended is None else extended
            self.assertEqual(sorted(self.told(result), key=order), sorted(theirs, key=order))
            self.assertEqual(result["counts"]["frames"], len(theirs))

    def test_packet_counts_agree_with_tshark(self):
        path = self.temp_dir() / "wire.pcapng"
        result = self.json("keep-alive", "--pcap", path)
        done = subprocess.run(["tshark", "-r", path, "-Y", "tcp", "-T", "fields", "-e", "ip.len", "-e", "tcp.flags.syn", "-e",
                               "tcp.flags.ack"], capture_output=True, text=True, check=True)
        packets = [line.split() for line in done.stdout.splitlines()]
        counts = result["counts"]
        self.assertEqual(sum(counts["packets"].values()), len(packets))
        self.assertEqual(sum(counts["packet_bytes"].values()), sum(int(p[0]) for p in packets))
        first = [p for p in packets if p[1] in ("1", "True") and p[2] in ("0", "False")]
        self.assertEqual((counts["tcp_handshakes"], len(first)), (3, 3))


    def count_again(self, path):
        """How many packets repeat data that their sender had sent before, by sequence numbers."""
        done = subprocess.run(["tshark", "-r", show_both_ends(path), "-T", "fields", "-e", "frame.interface_name",
                               "-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "tcp.seq_raw", "-e",
                               "tcp.len", "-e", "tcp.flags", "-Y", "tcp"],
                              capture_output=True, text=True, check=True)
        newest, again = {}, 0
        for line in done.stdout.splitlines():
            interface, source, target, seq, length, flags = line.split()
            if (target == "8080") != (interface == "client"):
                continue  # its arrival at the other end
            length = int(length) + (int(flags, 16) & 3).bit_count()  # SYN and FIN count as well
            end = int(seq) + length
            again += length > 0 and end <= newest.get((source, target), 0)
            newest[source, target] = max(end, newest.get((source, target), 0))
        return again

    def test_retransmissions_agree_with_the_capture(self):
        for topic, link in (("tls", "rtt=20ms"), ("tls", "rtt=10ms,loss=15%"),
                            ("keep-alive", "rtt=10ms,loss=15%")):
            with self.subTest(topic=topic, link=link):
                path = self.temp_dir() / "wire.pcapng"
                result = self.json(topic, "--link", link, "--pcap", path, "--wait", "20")
                self.assertEqual(result["counts"]["sent_again"], self.count_again(path))


# ---- the content

@unittest.skipIf(WHY_NOT, WHY_NOT)
class OverTheLink(ExplainCase):
    def test_packets_take_half_the_round_trip_each_way(self):
        result = self.json("tcp", "--link", "rtt=40ms")
        packets = [n for n in walk(result) if "arrived_ms" in n or "sent_ms" in n]
        self.assertGreaterEqual(len(packets), 8)
        took = {"up": [], "down": []}
        for note in packets:
            took[note["way"]].append(note["arrived_ms"] - note["at_ms"] if note["way"] == "up"
                                     else note["at_ms"] - note["sent_ms"])
        for way in took.values():  # a busy machine may delay some of them
            self.assertGreaterEqual(min(way), 19.9)
            self.assertLess(min(way), 35)
        self.assertEqual(result["packets_from"], "wire")

    def test_the_picture_has_the_same_counts_as_the_text(self):
        for topic, link in (("websocket", "rtt=20ms"), ("upgrade", "rtt=20ms"), ("tls", "rtt=20ms"),
                            ("sse", "rtt=10ms,loss=15%"), ("tls", "loopback")):
            with self.subTest(topic=topic, link=link):
                path = self.temp_dir() / "picture.svg"
                counts = self.json(topic, "--link", link, "--svg", path, "--wait", "30")["counts"]
                drawn = path.read_text()
                self.assertIn(f"{counts['round_trips']} round trips waited for: ", drawn)
                self.assertNotIn("row ", drawn)
                if link == "loopback":
                    continue
                self.assertIn(f"{sum(counts['packets'].values())} packets "
                              f"({counts['pure_acks']} only acknowledge", drawn)
                self.assertIn(f"{sum(counts['packet_bytes'].values()):,} bytes with", drawn)

    def test_times_never_decrease(self):
        for topic in TOPICS:
            with self.subTest(topic):
                times = [note["at_ms"] for note in walk(self.json(topic)) if "at_ms" in note]
                self.assertEqual(times, sorted(times))

    def test_the_end_that_closes_first_is_shown_first(self):
        closes = [note for note in walk(self.json("keep-alive", "--mask"))
                  if note.get("wire", "").startswith("FIN")]
        self.assertEqual([note["way"] for note in closes], ["up", "down"] + 2 * ["down", "up"])

    def test_every_lost_or_retransmitted_packet_is_shown(self):
        result = self.json("sse", "--link", "rtt=10ms,loss=20%", "--wait", "30")
        packets = [note["packet"] for note in walk(result) if "packet" in note]
        for what in ("lost", "sent_again"):
            self.assertEqual(sum(packet[what] for packet in packets), result["counts"][what])

    def test_the_totals_are_the_sums_of_the_parts(self):
        for topic in ("websocket", "tls", "sse"):
            for link in ("rtt=20ms", "rtt=10ms,loss=15%"):
                with self.subTest(topic=topic, link=link):
                    counts = self.json(topic, "--link", link, "--wait", "30")["counts"]
                    parts = ["tls_record_bytes"]
                    if topic != "tls":
                        parts = ["head_bytes", "framing_bytes", "payload_bytes"]
                    parts += ["sent_again_bytes", "tcp_ip_header_bytes"]
                    self.assertEqual(sum(sum(counts[part].values()) for part in parts),
                                     sum(counts["packet_bytes"].values()))

    def test_one_connection_saves_the_handshake_of_the_second(self):
        kept, *closed = self.json("keep-alive")["connections"]
        self.assertEqual((kept["tcp_handshakes"], kept["round_trips"], kept["requests"]), (1, 3, 2))
        self.assertEqual(sum(c["tcp_handshakes"] for c in closed), 2)
        self.assertEqual(sum(c["round_trips"] for c in closed), 4)

    def test_a_picture_is_drawn_of_every_topic(self):
        for topic in TOPICS:
            for link in ("rtt=20ms", "loopback"):
                with self.subTest(topic=topic, link=link):
                    path = self.temp_dir() / "picture.svg"
                    self.explain(topic, "--link", link, "--svg", path)
                    xml.dom.minidom.parseString(path.read_text())
                    self.assertIn(">TCP handshake</text>", path.read_text())


    def test_an_event_source_resumes_after_its_last_event(self):
        texts = wires(self.json("sse"))
        self.assertRegex("\n".join(texts), r"(?m)^Last-Event-ID: 1-\w{6}$")
        self.assertEqual([t for t in texts if re.fullmatch(r"update \d+", t)],
                         ["update 1", "update 2"])
        self.assertEqual(len([t for t in texts if t == "GET /events?since=0 HTTP/1.1"]), 2)

    def test_the_hold_time_of_a_poll_is_visible(self):
        result = self.json("long-poll")
        asked, answered = [next(note["at_ms"] for note in walk(result)
                                if note.get("wire", "").startswith(begin))
                           for begin in ("GET /longpoll", "HTTP/1.1 200 OK")]
        self.assertGreaterEqual(answered - asked, 300)

    def test_a_message_of_more_than_125_bytes_has_a_16_bit_length(self):
        meanings = " ".join(note.get("meaning", "") for note in walk(self.json("websocket")))
        self.assertIn("the 7 bits are 126", meanings)
        self.assertIn("127 in the next 64 bits", meanings)
        self.assertIn("0 in all fragments before it", meanings)


# ---- without a link

@unittest.skipUnless(can_hide_tun(), "may not hide /dev/net/tun")
class WithoutALink(ExplainCase):
    def test_it_says_so_and_uses_the_kernels_counters(self):
        text = self.text("websocket", prefix=HIDE_TUN)
        self.assert_says(text, "over loopback instead of the link 'rtt=20ms'",
                         "its kernel's (TCP_INFO)", "equal 5.")
        self.assertRegex(text, r"TCP_INFO: rtt \d+\.\d\d ms, mss \d+")

    def test_packets_cannot_be_saved_without_a_link(self):
        program = self.explain("tcp", "--pcap", self.temp_dir() / "x", prefix=HIDE_TUN, exit_code=1)
        self.assertRegex(program.stderr(),
                         r"^pushlab: no emulated link to capture packets on: .*/dev/net/tun.*\n$")
        self.assertEqual(program.stdout(), "")


@unittest.skipUnless(can_forbid_namespaces(), "may not forbid namespaces")
class WithoutNamespaces(ExplainCase):
    def test_every_topic_works(self):
        for topic in TOPICS:
            with self.subTest(topic):
                result = self.json(topic, prefix=NO_NAMESPACES)
                self.assertEqual(result["packets_from"], "kernel")
                self.assertGreater(sum(result["counts"]["packets"].values()), 4)
                self.assertIn("over loopback instead of the link", result["road"])


# ---- with --url

class AgainstAServer(ExplainCase):
    def test_pushlab_server(self):
        server = self.server("--source", "none")
        result = self.json("websocket", "--url", server.url)
        self.assertIn("equal", wires(result))
        self.assertIn("update 1", wires(result))
        self.assertEqual(server.transport("websocket")["accepted"], 1)

    def test_another_server(self):
        peer = self.peer("ws_server.mjs", "--rate", "20")
        result = self.json("websocket", "--url", peer.url)
        self.assertIn("equal", wires(result))
        self.assertIn("close code 1000", wires(result))

    def test_a_server_that_publishes_by_itself(self):
        peer = self.peer("sse_server.mjs", "--rate", "20")
        text = self.text("sse", "--url", peer.url, "--path", "/events?since=0", "--wait", "2")
        self.assert_says(text, "that was refused (404)", "server-sent events",
                         'dispatches the event: type "message", last event ID')

    def tls(self, *options):
        """TLS with OpenSSL's server."""
        folder = self.temp_dir()
        cert, key = folder / "cert.pem", folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=pushlab",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                       capture_output=True, check=True)
        server = self.start(Program(["openssl", "s_server", "-accept", "127.0.0.1:0", "-www",
                                     "-key", key, "-cert", cert, *options]))
        ready = re.compile(r"^ACCEPT 127\.0\.0\.1:(\d+)$", re.M)
        port = wait_until(lambda: ready.search(server.stdout()), "s_server is ready")[1]
        return self.json("tls", "--url", f"https://127.0.0.1:{port}", "--tls-ca", cert, "--wait",
                         "1")

    @unittest.skipUnless(shutil.which("openssl"), "no openssl")
    def test_a_server_that_requests_another_hello(self):
        result = self.tls("-groups", "P-384")
        said = [wire.split(" ")[0] for wire in wires(result)]
        hellos = [word for word in said[:said.index("TLSv1.3")] if "Hello" in word]
        self.assertEqual(hellos, ["ClientHello", "HelloRetryRequest", "ClientHello", "ServerHello"])
        self.assertFalse([note for note in walk(result)
                          if "handshake: encrypted" in note.get("meaning", "")])
        self.assertEqual([c["round_trips"] for c in result["connections"]], [4, 4])

    @unittest.skipUnless(shutil.which("openssl"), "no openssl")
    def test_a_server_with_tls_1_2(self):
        result = self.tls("-tls1_2")
        self.assertIn("ServerKeyExchange", wires(result))
        self.assertFalse([note for note in walk(result)
                          if note.get("way") == "down" and "RFC 8446" in note.get("ref", "")])
        self.assertEqual([c["round_trips"] for c in result["connections"]], [4, 3])

    def test_a_server_without_http(self):
        peer = self.start_silent_listener()
        program = self.explain("short-poll", "--url", f"http://127.0.0.1:{peer}", "--wait", "0.2")
        self.assert_says(program.stdout(), "no complete response within 0.2 s")

    def start_silent_listener(self):
        sock = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(sock.close)
        return sock.getsockname()[1]


class Scripted:
    """A small server: answers(n, head) returns (bytes, whether to close) for the nth request."""

    def __init__(self, case, answers):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.heads, self.after, self.answers = [], [], answers
        case.addCleanup(self.listener.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(sock,), daemon=True).start()

    def talk(self, sock):
        with sock, sock.makefile("rb") as stream:
            while True:
                head = b"".join(iter(stream.readline, b"\r\n")).decode()
                if not head.endswith("\r\n"):
                    return
                self.heads.append(head)
                try:
                    answer, end = self.answers(len(self.heads), head)
                    sock.sendall(answer)
                except OSError:
                    return
                if end:
                    sock.shutdown(socket.SHUT_WR)
                    self.after.append(stream.read())
                    return


def answer(status, body="", *fields, version="1.1"):
    head = [f"HTTP/{version} {status}", f"Content-Length: {len(body)}", *fields, "", body]
    return "\r\n".join(head).encode()


class AgainstOthers(ExplainCase):
    """The text above an exchange says what is expected, the text below what happened instead."""

    def said(self, topic, answers, *words, exit_code=0, path=""):
        self.peer = Scripted(self, answers)
        program = self.explain(topic, "--url", self.peer.url + path, "--wait", "1", *words,
                               exit_code=exit_code)
        return program.stdout(), program.stderr()

    def test_a_server_with_http_1_0(self):
        refusal = lambda n, head: (answer("404 Not here", version="1.0"), True)
        text, _ = self.said("upgrade", refusal)
        self.assert_says(text, "a server that accepts responds with 101",
                         "expected 101 (switching protocols), got 404",
                         "expected 426 (upgrade required), got 404",
                         "the connection ends with this response RFC 9112 §9.3",
                         "the connection closes after the response",
                         "that was the last response on its connection")
        self.assertNotIn("has decided: upgraded", text)
        text, _ = self.said("short-poll", refusal)
        self.assert_says(text, "expected 204 (no update), got 404",
                         "that was refused (404)", "handshakes 3 of TCP")

    def test_a_server_that_closes_without_announcing_it(self):
        text, _ = self.said("keep-alive", lambda n, head: (answer("200 OK", "x"), True))
        self.assertRegex(text, "the server (has closed|was already closing) the connection")
        self.assert_says(text, "the client opens another", "handshakes 4 of TCP", "responses 4")

    def test_content_that_ends_with_its_connection_is_complete_9112_6_3(self):
        text, _ = self.said("tcp", lambda n, head: (b"HTTP/1.1 200 OK\r\n\r\nall of it", True))
        self.assert_says(text, "the content follows, up to the end of the connection",
                         "all of it 9 bytes of content")
        self.assertNotIn("no complete response", text)

    def test_refused_and_unanswered_publications_are_told_apart(self):
        def refusing(n, head):
            if head.startswith("POST"):
                return b"HTTP/1.0 501 Unsupported method ('POST')\r\n\r\n", True
            return answer("204 No Content").replace(b"Content-Length: 0\r\n", b""), False
        self.assert_says(self.said("short-poll", refusing)[0], "that was refused (501)")
        silent = lambda n, head: (b"", True) if head.startswith("POST") else refusing(n, head)
        self.assert_says(self.said("short-poll", silent)[0], "no response to that")
        other = lambda n, head: ((b"SSH-2.0-OpenSSH_9.2\r\n", True) if head.startswith("POST")
                                 else refusing(n, head))
        self.assert_says(self.said("short-poll", other)[0], "the response to that is not HTTP/1.x")

    def test_a_poll_that_is_answered_at_once_was_not_held(self):
        text, _ = self.said("long-poll", lambda n, head: (answer("200 OK", "[]"), False))
        self.assert_says(text, "the server responds before anything is published",
                         "expected 204 (no update), got 200")
        self.assertNotIn("no response for", text)

    def test_a_response_with_an_end_is_no_stream(self):
        text, _ = self.said("stream", lambda n, head: (answer("200 OK", "x"), False))
        self.assert_says(text, "the response has an end: it is not a stream")

    def upgraded(self, accept, rest=b""):
        return (f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode() + rest

    def test_a_wrong_accept_fails_the_connection_6455_4_1(self):
        text, error = self.said("websocket",
                                lambda n, head: (self.upgraded("AAAAAAAAAAAAAAAAAAAAAAAAAAA="), True),
                                exit_code=1)
        self.assertIn("its Sec-WebSocket-Accept doesn't match the client's key", error)
        self.assertEqual(len(error.splitlines()), 1)
        self.assert_says(text, "the client must close the connection without sending a frame", "FIN")
        self.assertNotIn("a text frame", text)
        self.assertEqual(self.peer.after, [b""])

    ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # for the example key of RFC 6455, which --mask sends

    def test_nothing_is_sent_to_a_server_that_has_ended(self):
        for rest, words in ((b"", "the server has closed the connection: no message from the server"),
                            (b"\x88\x02\x03\xe9", "the server has sent its close frame: no message")):
            text, _ = self.said("websocket",
                                lambda n, head: (self.upgraded(self.ACCEPT, rest), True), "--mask")
            self.assert_says(text, words, "4 The end", "FIN")
            self.assertNotIn("Ping and pong", text)

    def test_reading_ends_after_too_many_messages(self):
        frame = b"\x81\x05Hello"
        text, _ = self.said("websocket",
                            lambda n, head: (self.upgraded(self.ACCEPT, 40 * frame), False), "--mask")
        self.assert_says(text, "no pong in 20 messages or parts: the client stops waiting")
        self.assertLess(len(text.splitlines()), 500)

    def test_the_url_may_name_the_resource(self):
        self.said("websocket", lambda n, head: (answer("404 No"), False), path="/pushed/ws")
        self.assertTrue(self.peer.heads[0].startswith("GET /pushed/ws HTTP/1.1"), self.peer.heads)
        self.said("websocket", lambda n, head: (answer("404 No"), False), path="/pushed/")
        self.assertTrue(self.peer.heads[0].startswith("GET /pushed/ws HTTP/1.1"), self.peer.heads)
        self.said("short-poll", lambda n, head: (answer("200 OK"), False), path="/x/poll")
        self.assertEqual([head.split()[1] for head in self.peer.heads],
                         ["/x/poll", "/x/publish", "/x/poll", "/x/poll"])

    def test_with_a_publishing_server_it_starts_from_now(self):
        server = self.server("--rate", "50")
        server.wait_for_seq(60)
        result = self.json("sse", "--url", server.url)
        updates = [w for w in wires(result) if re.fullmatch(r"update \d+", w)]
        self.assertIn(len(updates), range(2, 20))
        self.assertGreater(min(int(u.split()[1]) for u in updates), 60)


class OnATerminal(ExplainCase):
    """Output is as wide as the terminal; in a file it has 100 columns."""

    def text_at(self, columns, *words):
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        process = subprocess.Popen([BIN / "pushlab", *words], stdout=theirs,
                                   env={**os.environ, "NO_COLOR": "1"})
        os.close(theirs)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        os.close(ours)
        self.assertEqual(process.wait(), 0)
        return text.decode().replace("\r\n", "\n")

    def widest(self, columns):
        text = self.text_at(columns, "explain", "websocket", "--link", "loopback", "--mask")
        self.assertIn("a text frame", text)
        return max(map(len, text.splitlines()))

    def test_nothing_is_wider_than_the_terminal(self):
        for columns in (80, 90, 118):
            self.assertLessEqual(self.widest(columns), columns)
        self.assertGreater(self.widest(118), 100)
        self.assertLessEqual(self.widest(60), 66)  # the width of a frame's drawing
        for columns in (0, 20, 500):
            self.assertLessEqual(self.widest(columns), 120)


class Marks(ExplainCase):
    def test_lines_that_are_not_on_the_wire_are_marked(self):
        text = self.text("websocket", "--mask", "--link", "loopback")
        for derived in ("equal  ", "the server has decided: upgraded", "TCP_INFO: ", "SYN  ",
                        "FIN    1"):
            self.assertIn(" · " + derived, text)
        self.assertIn(' \u00b7 "Hello"', text)  # masked on the wire, unlike the server's frames
        for on_wire in ("HTTP/1.1 101 Switching", "Sec-WebSocket-Accept: ", "81 1c 7b",
                        '{"hello":0,"epoch":"k3x9qa"}'):
            self.assertIn("   " + on_wire, text)
        text = self.text("websocket", "--mask", "--link", "loopback", "--markdown")
        self.assertIn("<em>equal</em>", text)
        self.assertIn("`HTTP/1.1 101 Switching Protocols`", text)


class CommandLine(ExplainCase):
    def refused(self, *words, exit_code=2):
        program = self.explain(*words, exit_code=exit_code)
        self.assertEqual(len(program.stderr().splitlines()), 1, program.describe())
        self.assertEqual(program.stdout(), "")
        return program.stderr()

    def test_errors_take_one_line(self):
        self.assertIn("keep-alive, upgrade, tls", self.refused("smoke-signals"))
        self.assertIn("no topic given", self.refused())
        self.assertIn("not a JSON value", self.refused("sse", "--message", "{"))
        self.assertIn("--path", self.refused("sse", "--path", "ws"))
        self.assertIn("--url", self.refused("sse", "--url", "gopher://x"))
        self.assertIn("satellite-geo", self.refused("sse", "--link", "5g"))
        self.assertIn("exclude each other", self.refused("sse", "--json", "--markdown"))

    def test_an_option_without_effect_is_refused(self):
        url = "http://127.0.0.1:1"
        for word in ("http", "ws"):
            self.assertIn("tls needs https:// or wss://",
                          self.refused("tls", "--url", f"{word}://127.0.0.1:1"))
        self.assertIn("--link and --url", self.refused("sse", "--url", url, "--link", "4g"))
        self.assertIn("with --url there is none", self.refused("sse", "--url", url, "--pcap", "x"))
        self.assertIn("on loopback there is none",
                      self.refused("sse", "--link", "loopback", "--pcap", "x"))
        for words in (("--url", url), ()):
            self.assertIn("--tls-ca: only with", self.refused("sse", "--tls-ca", "/nowhere", *words))

    def test_files_are_opened_before_the_exchange(self):
        folder = self.temp_dir()
        for option in ("--svg", "--pcap"):
            self.assertIn(f"{option}: write /nowhere/x: No such file",
                          self.refused("sse", option, "/nowhere/x"))
            self.assertIn("Is a directory", self.refused("sse", option, folder))
        self.assertEqual(list(folder.iterdir()), [])

    def test_a_server_that_does_not_listen(self):
        self.assertEqual(self.refused("sse", "--url", "http://127.0.0.1:1", exit_code=1),
                         "pushlab: connect 127.0.0.1:1: Connection refused\n")

    def test_a_certificate_that_is_not_trusted(self):
        server = self.server("--tls")
        server.may_say = ("TLS",)
        program = self.explain("tls", "--url", server.url.replace("http:", "https:"), exit_code=1)
        self.assertIn("TLS: ", program.stderr())
        self.assert_says(program.stdout(), "ClientHello")


class WatchVerbose(ExplainCase):
    def watched(self, transport, *words):
        program = self.start(Program([BIN / "pushlab", "watch", transport, "--verbose", "--rate", "20",
                                      "--count", "3", *words]))
        self.assertEqual(program.wait(), 0, program.describe())
        self.assertEqual(program.stderr(), "")
        return program.stdout()

    def test_it_explains_updates_as_they_arrive(self):
        for transport, words in (("websocket", ("a text frame", "opcode 0001", "close code 1000")),
                                 ("sse", ("a chunk's size", "dispatches the event: type \"message\"")),
                                 ("stream", ("one line, one JSON value",)),
                                 ("long-poll", ("GET /longpoll", "Pushlab-Cursor"))):
            with self.subTest(transport):
                text = self.watched(transport)
                self.assert_says(text, *words, "3 updates in")
                self.assertEqual(len(re.findall(r"  #\d+ ", text)), 3)

    def test_an_update_of_the_usual_size_is_drawn(self):
        text = self.watched("websocket")
        self.assertIn("|F|R|R|R| opcode|M| payload len |    extended payload length    |", text)
        self.assertEqual(text.count("extended payload length"), 1)
        self.assertRegex(text, r"length 16\d +the 7 bits are 126")

    def test_tcp_info_is_shown_at_both_ends_and_totals_come_last(self):
        for transport in ("websocket", "sse"):
            with self.subTest(transport):
                text = self.watched(transport)
                self.assert_says(text, "its kernel's (TCP_INFO)", "· SYN, ACK accepts",
                                 "shutdown(): FIN", "end of the stream: FIN", "Totals",
                                 "handshakes 1 of TCP", "counted by the client's kernel", "HTTP headers")
                self.assertEqual(len(re.findall(r"TCP_INFO: rtt \d+\.\d\d ms, mss \d+", text)), 2)
                packets = re.search(r"   packets +(\d+): (\d+) up, (\d+) down", text)
                self.assertGreater(int(packets[2]), 4)
                self.assertGreater(int(packets[3]), 4)
                self.assertLess(text.index("end of the stream"), text.index("Totals"))

    def test_the_connection_of_each_poll_is_closed_at_once(self):
        text = self.watched("short-poll", "--interval", "60ms", "--connection", "close")
        self.assert_says(text, "close(): FIN the client closes the connection",
                         "connection 2 is established", "Totals", "counted by the client's kernel")
        self.assertNotIn("shutdown()", text)
        self.assertNotIn("1 requests", text)


if __name__ == "__main__":
    if not has_program("pushlab"):
        raise SystemExit("no pushlab to test")
    STORED.mkdir(exist_ok=True)
    unittest.main()
