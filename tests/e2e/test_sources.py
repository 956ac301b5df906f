"""Does every source publish the right updates: generator, trace, standard input?"""

import json
import os
import subprocess
import tempfile
import time
import unittest

from harness import TestCase, wait_until
from wire import Wire

SLACK_MS = 60  # a late wake-up on a busy machine; never early


class Sources(TestCase):
    def updates(self, server, n, since=0):
        """Wait for the first n updates and return them."""
        server.wait_for_seq(since + n)
        return Wire(self.connect(server)).get(f"/poll?since={since}").json()[:n]

    def gaps_ms(self, updates):
        stamps = [u["t"] / 1e6 for u in updates]
        return [b - a for a, b in zip(stamps, stamps[1:])]

    def trace_file(self, text):
        path = self.temp_dir() / "updates.ndjson"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


class Generator(Sources):
    def test_the_payload_has_the_requested_size(self):
        for size in (1, 2, 15, 16, 17, 31, 32, 47, 48, 128, 5000):
            with self.subTest(size):
                server = self.server("--rate", "1000", "--payload-bytes", str(size))
                server.wait_for_seq(5)
                answer = Wire(self.connect(server)).get("/poll?since=0")
                around = sum(len(f',{{"seq":{u["seq"]},"t":{u["t"]},"data":}}') for u in answer.json())
                self.assertEqual(len(answer.body) - 1, around + size * len(answer.json()))

    def test_the_payload_is_a_price_that_walks(self):
        updates = [u["data"] for u in self.updates(self.server("--rate", "1000"), 50)]
        for before, now in zip(updates, updates[1:]):
            self.assertAlmostEqual(now["price"] - before["price"], now["change"], places=6)
        self.assertTrue(all(100 <= u["price"] < 1000 and u["news"] for u in updates))

    def test_the_same_seed_gives_the_same_updates(self):
        def run(seed):
            server = self.server("--rate", "1000", "--seed", str(seed))
            return [json.dumps(u["data"]) for u in self.updates(server, 20)]

        first = run(7)
        self.assertEqual(run(7), first)
        self.assertNotEqual(run(8), first)
        self.assertEqual(len(set(first)), 20)

    def test_servers_with_the_same_start_publish_the_same_to_the_nanosecond(self):
        start = time.monotonic_ns() + 100_000_000
        first, second = (self.server("--rate", "200", "--source-start", str(start))
                         for _ in range(2))
        updates = self.updates(first, 20)
        self.assertEqual(self.updates(second, 20), updates)
        self.assertEqual([u["t"] for u in updates],
                         [start + (i + 1) * 5_000_000 for i in range(20)])

    def test_due_updates_are_published_before_stats_counts_them(self):
        start = time.monotonic_ns()
        server = self.server("--rate", "1000", "--source-start", str(start))
        for _ in range(50):
            at = time.monotonic_ns()
            self.assertEqual(server.stats(f"?at={at}")["position"]["seq"],
                             (at - start - 1) // 1_000_000)

    def test_posts_do_not_change_when_updates_were_due(self):
        start = time.monotonic_ns()
        server = self.server("--rate", "1000", "--source-start", str(start))
        posted = 0
        while posted < 300 or server.stats()["source"]["published"] < 60:
            server.publish("by hand")
            posted += 1
        updates = self.updates(server, posted + 60)
        times = [u["t"] for u in updates]
        self.assertEqual(times, sorted(times))
        due = [u["t"] for u in updates if u["data"] != "by hand"]
        self.assertGreater(len(due), 50)
        self.assertEqual([t for t in due if (t - start) % 1_000_000], [])

    def test_a_fixed_rate_keeps_its_schedule(self):
        server = self.server("--rate", "100")
        updates = self.updates(server, 51)
        span = (updates[50]["t"] - updates[0]["t"]) / 1e6
        self.assertLess(abs(span - 500), SLACK_MS)  # lateness does not add up

    def test_poisson_gaps_have_their_mean_and_are_not_fixed(self):
        server = self.server("--rate", "1000", "--pattern", "poisson", "--seed", "3")
        gaps = self.gaps_ms(self.updates(server, 1000))
        self.assertLess(abs(sum(gaps) / len(gaps) - 1), 0.25)
        self.assertGreater(max(gaps), 3)

    def test_bursts_alternate_with_pauses(self):
        server = self.server("--rate", "50", "--pattern", "bursts", "--burst-on", "100",
                             "--burst-off", "300")
        gaps = self.gaps_ms(self.updates(server, 60))
        pauses = [g for g in gaps if g > 200]
        self.assertGreaterEqual(len(pauses), 2)
        self.assertLess(sorted(gaps)[len(gaps) // 2], 50)  # the same mean rate, so 4 times as dense

    def test_none_publishes_nothing_by_itself(self):
        server = self.server("--source", "none")
        source = server.stats()["source"]
        self.assertEqual((source["kind"], source["seq"]), ("none", 0))
        server.publish("by hand")
        self.assertEqual(self.updates(server, 1)[0]["data"], "by hand")


class Trace(Sources):
    LINES = [(0, "a"), (50, {"b": [1, 2]}), (50, None), (200, "d")]

    def text(self):
        return "".join(json.dumps({"at_ms": at, "data": data}) + "\n" for at, data in self.LINES)

    def replay(self, *options, n=4):
        server = self.server("--source", f"trace:{self.trace_file(self.text())}", *options)
        return server, self.updates(server, n)

    def assert_offsets(self, updates, offsets_ms):
        at = [(u["t"] - updates[0]["t"]) / 1e6 for u in updates]
        for got, want in zip(at, offsets_ms, strict=True):
            self.assertGreater(got, want - SLACK_MS)
            self.assertLess(got, want + SLACK_MS)

    def test_a_trace_is_replayed_at_its_offsets_and_ends(self):
        server, updates = self.replay()
        self.assertEqual([u["data"] for u in updates], [data for _, data in self.LINES])
        self.assert_offsets(updates, [0, 50, 50, 200])
        stats = server.wait_for(lambda s: s["source"]["done"], "the end")
        self.assertEqual((stats["source"]["kind"], stats["source"]["seq"]), ("trace", 4))

    def test_speed_divides_the_offsets(self):
        _, updates = self.replay("--trace-speed", "0.25")
        self.assert_offsets(updates, [0, 200, 200, 800])
        _, updates = self.replay("--trace-speed", "1000")
        self.assert_offsets(updates, [0, 0, 0, 0])

    def test_a_loop_starts_again(self):
        server, updates = self.replay("--trace-loop", "--trace-speed", "4", n=12)
        self.assertEqual([u["data"] for u in updates], [data for _, data in self.LINES] * 3)
        self.assertFalse(server.stats()["source"]["done"])
        self.assertGreater(updates[4]["t"], updates[3]["t"])

    def test_white_space_blank_lines_and_a_missing_last_newline_are_fine(self):
        path = self.trace_file('\n { "at_ms" : 0 , "data" : [ 1 ] }\r\n\n{"at_ms":1.5,"data":2}')
        server = self.server("--source", f"trace:{path}")
        self.assertEqual([u["data"] for u in self.updates(server, 2)], [[1], 2])

    def test_a_bad_line_is_named_with_its_file_and_number(self):
        good = '{"at_ms":5,"data":1}\n'
        cases = {
            "no JSON": "nonsense\n", "half a line": '{"at_ms":6,"data":', "an array": "[1]\n",
            "no offset": '{"data":1}\n', "a negative offset": '{"at_ms":-1,"data":1}\n',
            "an offset that is a string": '{"at_ms":"6","data":1}\n', "no data": '{"at_ms":6}\n',
            "back in time": '{"at_ms":4,"data":1}\n', "one key too many":
            '{"at_ms":6,"data":1,"more":2}\n', "bad UTF-8": b'{"at_ms":6,"data":"\xff"}\n',
            "an offset out of range": '{"at_ms":1e300,"data":1}\n', "data of nothing":
            '{"at_ms":6,"data":}\n', "two values": '{"at_ms":6,"data":1}{"at_ms":7,"data":2}\n',
        }
        for what, line in cases.items():
            with self.subTest(what):
                line = line if isinstance(line, bytes) else line.encode()
                path = self.trace_file(good.encode() * 2 + line)
                program = self.run_program("pushlab-server", "--listen", "127.0.0.1:0", "--source",
                                           f"trace:{path}", deadline_s=10)
                self.assertEqual((program.process.returncode, program.stdout()), (2, ""))
                self.assertRegex(program.stderr(),
                                 rf"^pushlab-server: --source: trace:{path}: line 3: .*\n$")

    def test_an_empty_missing_or_unreadable_file_is_named(self):
        for path, why in ((self.trace_file(""), "no updates in it"),
                          (self.trace_file("\n\n"), "no updates in it"),
                          ("/does/not/exist", "No such file or directory"),
                          ("/", "Is a directory"), ("", "No such file or directory")):
            with self.subTest(str(path)):
                program = self.run_program("pushlab-server", "--listen", "127.0.0.1:0", "--source",
                                           f"trace:{path}", deadline_s=10)
                self.assertEqual(program.process.returncode, 2)
                self.assertIn(f"--source: trace:{path}: {why}", program.stderr())


class StandardInput(Sources):
    def test_a_line_becomes_an_update_at_once(self):
        server = self.server("--source", "-", stdin=subprocess.PIPE)
        pipe = server.process.stdin
        values = ["a", {"b": 1}, None]
        for i, value in enumerate(values, 1):
            text = json.dumps(value).encode() + b"\n"
            pipe.write(text[:1])
            pipe.flush()
            pipe.write(text[1:])
            pipe.flush()
            server.wait_for_seq(i)
        self.assertFalse(server.stats()["source"]["done"])
        pipe.write(b'"the last one has no end"')
        pipe.close()
        server.wait_for(lambda s: s["source"]["done"], "the end of input")
        self.assertEqual([u["data"] for u in self.updates(server, 4)],
                         [*values, "the last one has no end"])

    def test_a_file_is_read_to_its_end(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"".join(b"%d\n" % i for i in range(1, 501)))
            file.seek(0)
            server = self.server("--source", "-", stdin=file)
        server.wait_for(lambda s: s["source"]["done"], "the end of the file")
        self.assertEqual([u["data"] for u in self.updates(server, 500)], list(range(1, 501)))

    def test_empty_input_is_a_normal_end(self):
        server = self.server("--source", "-", stdin=subprocess.DEVNULL)
        server.wait_for(lambda s: s["source"]["done"], "the end")
        server.publish("still here")

    def test_a_bad_line_is_skipped_counted_and_named(self):
        server = self.server("--source", "-", stdin=subprocess.PIPE)
        server.may_say = ("line 2: not a JSON value, skipped", "line 4: not a JSON value, skipped")
        server.process.stdin.write(b'1\nnonsense\n\n"\xff"\r\n{ "a" : 2 }\r\n')
        server.process.stdin.flush()
        self.assertEqual([u["data"] for u in self.updates(server, 2)], [1, {"a": 2}])
        stats = server.stats()["source"]
        self.assertEqual((stats["seq"], stats["rejected"]), (2, 2))
        wait_until(lambda: len(server.stderr().splitlines()) == 2, "both named")

    def test_an_endless_line_ends_the_source_not_the_server(self):
        server = self.server("--source", "-", "--max-body-bytes", "1000", stdin=subprocess.PIPE)
        server.may_say = ("a line is longer than",)
        try:
            server.process.stdin.write(b"1\n" + b"x" * 100000)
            server.process.stdin.flush()
        except BrokenPipeError:
            pass
        server.wait_for(lambda s: s["source"]["done"], "given up")
        self.assertEqual(server.stats()["source"]["seq"], 1)
        server.publish("still here")

    def test_a_real_producer_in_a_pipeline(self):
        read_end, write_end = os.pipe()
        producer = subprocess.Popen(["seq", "1", "200"], stdout=write_end)
        os.close(write_end)
        server = self.server("--source", "-", stdin=read_end)
        os.close(read_end)
        producer.wait()
        self.assertEqual([u["data"] for u in self.updates(server, 200)], list(range(1, 201)))


if __name__ == "__main__":
    unittest.main()
