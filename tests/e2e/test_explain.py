"""pushlab explain end to end: stored outputs, tshark's dissection of the same bytes, foreign servers,
and machines that allow no link.

    PUSHLAB_STORE=1 /usr/bin/python3 tests/e2e/test_explain.py     write the stored outputs again
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest
import xml.dom.minidom

from harness import BIN, HERE, Program, TestCase, has_program, wait_until
from test_wire import HIDE_TUN, WHY_NOT, can_hide_tun

STORED = HERE / "explain"
TOPICS = ("short-poll", "long-poll", "stream", "sse", "websocket", "tcp", "keep-alive", "upgrade",
          "tls")
# What differs between versions of OpenSSL, and not between exchanges: what is in the hellos.
OF_OPENSSL = re.compile(r"^ {18}\S.*\n(?: {50}.*\n)*", re.M)

# No network namespace may be made, and there is no /dev/net/tun.
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
        """Wherever the lines are broken."""
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

    def test_every_topic_is_what_is_stored(self):
        for topic in TOPICS:
            with self.subTest(topic):
                text = self.text(topic, "--mask")
                if topic == "tls":
                    text = OF_OPENSSL.sub("", text)
                self.check(f"{topic}.txt", text)
                self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_markdown_and_json_are_what_is_stored(self):
        self.check("upgrade.md", self.text("upgrade", "--mask", "--markdown"))
        self.check("upgrade.json", self.text("upgrade", "--mask", "--json"))

    def test_without_a_wire_it_is_what_is_stored(self):
        text = self.text("sse", "--mask", "--link", "loopback")
        self.check("sse-loopback.txt", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)


class Document(unittest.TestCase):
    def test_its_example_is_a_part_of_what_is_stored(self):
        text = (HERE.parent.parent / "docs" / "explain.md").read_text()
        stored = (STORED / "websocket.txt").read_text()
        blocks = re.findall(r"```text\n(.*?)```", text, re.S)
        self.assertEqual(len(blocks), 4)
        for block in blocks:
            self.assertIn(block, stored)


# ---- against tshark

def read_drawing(lines):
    """The fields of a frame as it is drawn, and its bits."""
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
        # Seen at both ends, each packet would be a retransmission to tshark.
        client = path.with_name("client.pcapng")
        subprocess.run(["tshark", "-r", path, "-Y", 'frame.interface_name == "client"', "-w",
                        client], capture_output=True, check=True)
        fields = [word for name in self.COLUMNS for word in ("-e", f"websocket.{name}")]
        done = subprocess.run(["tshark", "-r", client, "-Y", "websocket", "-T", "fields", "-e",
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
        """The same for programs, without how the length is written."""
        for note in walk(result):
            if "frame" in note:
                frame = note["frame"]
                yield {"way": note["way"], "fin": frame["fin"], "rsv": frame["rsv"],
                       "opcode": frame["opcode"], "masked": frame["mask"],
                       "bytes": frame["payload_length"],
                       "key": int(frame["masking_key"], 16) if frame["mask"] else None}

    def test_frames_are_drawn_as_tshark_dissects_the_same_bytes(self):
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

    def test_packets_are_counted_as_tshark_counts_them(self):
        path = self.temp_dir() / "wire.pcapng"
        result = self.json("keep-alive", "--pcap", path)
        done = subprocess.run(["tshark", "-r", path, "-Y", 'tcp && frame.interface_name == "client"',
                               "-T", "fields", "-e", "ip.len", "-e", "tcp.flags.syn", "-e",
                               "tcp.flags.ack"], capture_output=True, text=True, check=True)
        packets = [line.split() for line in done.stdout.splitlines()]
        counts = result["counts"]
        self.assertEqual(sum(counts["packets"].values()), len(packets))
        self.assertEqual(sum(counts["packet_bytes"].values()), sum(int(p[0]) for p in packets))
        first = [p for p in packets if p[1] in ("1", "True") and p[2] in ("0", "False")]
        self.assertEqual((counts["tcp_handshakes"], len(first)), (3, 3))


    def count_again(self, path):
        """How many packets repeat what their sender had sent before, by their numbers alone."""
        done = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "frame.interface_name",
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

    def test_what_is_sent_again_is_as_the_capture_has_it(self):
        for topic, link in (("tls", "rtt=20ms"), ("tls", "rtt=10ms,loss=15%"),
                            ("keep-alive", "rtt=10ms,loss=15%")):
            with self.subTest(topic=topic, link=link):
                path = self.temp_dir() / "wire.pcapng"
                result = self.json(topic, "--link", link, "--pcap", path, "--wait", "20")
                self.assertEqual(result["counts"]["sent_again"], self.count_again(path))


# ---- what is promised of the content

@unittest.skipIf(WHY_NOT, WHY_NOT)
class OverTheLink(ExplainCase):
    def test_packets_take_half_the_round_trip_each_way(self):
        result = self.json("tcp", "--link", "rtt=40ms")
        packets = [n for n in walk(result) if "arrived_ms" in n or "sent_ms" in n]
        self.assertGreaterEqual(len(packets), 8)
        for note in packets:
            took = (note["arrived_ms"] - note["at_ms"] if note["way"] == "up"
                    else note["at_ms"] - note["sent_ms"])
            self.assertGreaterEqual(took, 19.9)
            self.assertLess(took, 35)
        self.assertEqual(result["packets_from"], "wire")

    def test_the_picture_counts_as_the_text_does(self):
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

    def test_times_do_not_go_back(self):
        for topic in TOPICS:
            with self.subTest(topic):
                times = [note["at_ms"] for note in walk(self.json(topic)) if "at_ms" in note]
                self.assertEqual(times, sorted(times))

    def test_who_closes_first_is_told_first(self):
        closes = [note for note in walk(self.json("keep-alive", "--mask"))
                  if note.get("wire", "").startswith("FIN")]
        self.assertEqual([note["way"] for note in closes], ["up", "down"] + 2 * ["down", "up"])

    def test_every_packet_that_is_lost_or_sent_again_is_shown(self):
        result = self.json("sse", "--link", "rtt=10ms,loss=20%", "--wait", "30")
        packets = [note["packet"] for note in walk(result) if "packet" in note]
        for what in ("lost", "sent_again"):
            self.assertEqual(sum(packet[what] for packet in packets), result["counts"][what])

    def test_what_it_adds_up_to_adds_up(self):
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


# ---- without

@unittest.skipUnless(can_hide_tun(), "may not hide /dev/net/tun")
class WithoutALink(ExplainCase):
    def test_it_says_so_and_takes_the_kernels_word(self):
        text = self.text("websocket", prefix=HIDE_TUN)
        self.assert_says(text, "over loopback instead of the link 'rtt=20ms'",
                         "the kernel's word (TCP_INFO)", "equal 5.")
        self.assertRegex(text, r"TCP_INFO: rtt \d+\.\d\d ms, mss \d+")

    def test_packets_that_were_not_seen_cannot_be_kept(self):
        program = self.explain("tcp", "--pcap", self.temp_dir() / "x", prefix=HIDE_TUN, exit_code=1)
        self.assertEqual(program.stderr(),
                         "pushlab: --pcap: there was no emulated link to take packets from\n")


@unittest.skipUnless(can_forbid_namespaces(), "may not forbid namespaces")
class WithoutNamespaces(ExplainCase):
    def test_every_topic_works(self):
        for topic in TOPICS:
            with self.subTest(topic):
                result = self.json(topic, prefix=NO_NAMESPACES)
                self.assertEqual(result["packets_from"], "kernel")
                self.assertGreater(sum(result["counts"]["packets"].values()), 4)
                self.assertIn("over loopback instead of the link", result["road"])


# ---- servers that are there

class AgainstAServer(ExplainCase):
    def test_pushlab_server(self):
        server = self.server("--source", "none")
        result = self.json("websocket", "--url", server.url)
        self.assertIn("equal", wires(result))
        self.assertIn("update 1", wires(result))
        self.assertEqual(server.transport("websocket")["accepted"], 1)

    def test_a_server_that_is_not_ours(self):
        peer = self.peer("ws_server.mjs", "--rate", "20")
        result = self.json("websocket", "--url", peer.url)
        self.assertIn("equal", wires(result))
        self.assertIn("close code 1000", wires(result))

    def test_one_that_publishes_by_itself(self):
        peer = self.peer("sse_server.mjs", "--rate", "20")
        text = self.text("sse", "--url", peer.url, "--path", "/events?since=0", "--wait", "2")
        self.assert_says(text, "that was refused (404)", "server-sent events",
                         'here is an event "message", last event ID')

    def tls(self, *options):
        """What is explained of TLS with OpenSSL's own server."""
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
    def test_one_that_wants_another_hello(self):
        result = self.tls("-groups", "P-384")
        said = [wire.split(" ")[0] for wire in wires(result)]
        hellos = [word for word in said[:said.index("TLSv1.3")] if "Hello" in word]
        self.assertEqual(hellos, ["ClientHello", "HelloRetryRequest", "ClientHello", "ServerHello"])
        self.assertFalse([note for note in walk(result)
                          if "handshake: encrypted" in note.get("meaning", "")])
        self.assertEqual([c["round_trips"] for c in result["connections"]], [4, 4])

    @unittest.skipUnless(shutil.which("openssl"), "no openssl")
    def test_one_that_speaks_tls_1_2(self):
        result = self.tls("-tls1_2")
        self.assertIn("ServerKeyExchange", wires(result))
        self.assertFalse([note for note in walk(result)
                          if note.get("way") == "down" and "RFC 8446" in note.get("ref", "")])
        self.assertEqual([c["round_trips"] for c in result["connections"]], [4, 3])

    def test_one_that_speaks_no_http(self):
        peer = self.start_silent_listener()
        program = self.explain("short-poll", "--url", f"http://127.0.0.1:{peer}", "--wait", "0.2")
        self.assert_says(program.stdout(), "no complete answer within 0.2 s")

    def start_silent_listener(self):
        import socket
        sock = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(sock.close)
        return sock.getsockname()[1]


class CommandLine(ExplainCase):
    def refused(self, *words, exit_code=2):
        program = self.explain(*words, exit_code=exit_code)
        self.assertEqual(len(program.stderr().splitlines()), 1, program.describe())
        self.assertEqual(program.stdout(), "")
        return program.stderr()

    def test_what_is_wrong_is_said_in_one_line(self):
        self.assertIn("keep-alive, upgrade, tls", self.refused("smoke-signals"))
        self.assertIn("no topic given", self.refused())
        self.assertIn("not a JSON value", self.refused("sse", "--message", "{"))
        self.assertIn("--path", self.refused("sse", "--path", "ws"))
        self.assertIn("--url", self.refused("sse", "--url", "gopher://x"))
        self.assertIn("satellite-geo", self.refused("sse", "--link", "5g"))
        self.assertIn("one of both", self.refused("sse", "--json", "--markdown"))

    def test_a_server_that_is_not_there(self):
        self.assertEqual(self.refused("sse", "--url", "http://127.0.0.1:1", exit_code=1),
                         "pushlab: connect 127.0.0.1:1: Connection refused\n")

    def test_a_certificate_that_is_not_trusted(self):
        server = self.server("--tls")
        server.may_say = ("TLS",)
        program = self.explain("tls", "--url", server.url.replace("http:", "https:"), exit_code=1)
        self.assertIn("TLS: ", program.stderr())
        self.assert_says(program.stdout(), "ClientHello")


class WatchVerbose(ExplainCase):
    def test_it_explains_while_updates_come(self):
        for transport, words in (("websocket", ("a text frame", "opcode 0001", "close code 1000")),
                                 ("sse", ("a chunk's size", "here is an event \"message\"")),
                                 ("stream", ("one line, one JSON value",)),
                                 ("long-poll", ("GET /longpoll", "Pushlab-Cursor"))):
            with self.subTest(transport):
                program = self.start(Program([BIN / "pushlab", "watch", transport, "--verbose",
                                              "--rate", "20", "--count", "3"]))
                self.assertEqual(program.wait(), 0, program.describe())
                self.assert_says(program.stdout(), *words, "#3", "3 updates in")


if __name__ == "__main__":
    if not has_program("pushlab"):
        raise SystemExit("no pushlab to test")
    STORED.mkdir(exist_ok=True)
    unittest.main()
