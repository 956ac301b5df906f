"""When do short polls leave? A server that answers after a known delay, as the script says, notes when
each request came; the gaps must be those of the mode."""

import socket
import threading
import time
import unittest

from harness import ClientCase, has_program, retried

UPDATE, EMPTY = True, False


class Scripted:
    """Answers polls on one connection after delay_s each: an update or nothing, as script has it; the
    last one for good."""

    def __init__(self, delay_s, script):
        self.arrivals, self.answers, self.delay_s, self.script = [], [], delay_s, script
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            sock, _ = self.listener.accept()
            while sock.recv(1 << 16):
                self._answer(sock)
        except OSError:
            pass

    def _answer(self, sock):
        at = len(self.arrivals)
        self.arrivals.append(time.monotonic())
        fresh = self.script[min(at, len(self.script) - 1)]
        body = f'[{{"seq":{at + 1},"t":{time.monotonic_ns()},"data":0}}]' if fresh else ""
        status = "200 OK" if fresh else "204 No Content"
        time.sleep(self.delay_s)
        sock.sendall(f"HTTP/1.1 {status}\r\nPushlab-Cursor: {at + 1}\r\n".encode() +
                     (f"Content-Length: {len(body)}\r\n" if fresh else "").encode() +
                     f"\r\n{body}".encode())
        self.answers.append(time.monotonic())

    def close(self):
        self.listener.close()


@unittest.skipUnless(has_program("pushlab-client"), "no pushlab-client")
class PollModes(ClientCase):
    DELAY_S = 0.06

    def poll(self, script, *options, duration="1.5"):
        """The gaps between requests in milliseconds, those from an answer to the next request, and
        the client's result."""
        server = Scripted(self.DELAY_S, script)
        self.addCleanup(server.close)
        result = self.measure("short-poll", server.url, "--control", "none", "--warmup", "0",
                              "--duration", duration, "--drain", "0", *options)
        gaps = [(b - a) * 1e3 for a, b in zip(server.arrivals, server.arrivals[1:])]
        pauses = [(b - a) * 1e3 for a, b in zip(server.answers, server.arrivals[1:])]
        return gaps, pauses, result

    def assert_gaps(self, gaps, expected):
        """Timers are never early; how late they are is the machine's."""
        self.assertGreaterEqual(len(gaps), len(expected), gaps)
        for gap, wanted in zip(gaps, expected):
            self.assertGreaterEqual(gap, wanted - 1, gaps)
            self.assertLess(gap, wanted + 20, gaps)

    @retried
    def test_by_the_clock_answers_do_not_matter(self):
        gaps, _, _ = self.poll([EMPTY], "--interval", "100")
        self.assertAlmostEqual(sum(gaps[:10]) / 10, 100, delta=3)

    @retried
    def test_a_pause_begins_with_the_answer(self):
        gaps, _, result = self.poll([UPDATE, EMPTY], "--interval", "100", "--poll", "pause")
        self.assert_gaps(gaps, [160] * 7)
        # One request in each interval and delay, of those that come in the window.
        self.assertAlmostEqual(result["window"]["requests"], 1500 / 160, delta=1.5)
        self.assertLessEqual(result["unsent_requests"], 1)
        self.assertLess(result["request_late_us"]["p50"], 20000)  # not the answer's 60 ms

    @retried
    def test_a_back_off_grows_without_updates_and_starts_again_with_one(self):
        script = [EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, UPDATE, EMPTY, UPDATE]
        _, pauses, result = self.poll(script, "--interval", "40", "--poll", "backoff",
                                      "--backoff-factor", "2", "--interval-max", "200",
                                      duration="2")
        self.assert_gaps(pauses, [40, 80, 160, 200, 200, 40, 80, 40, 40])
        self.assertEqual(result["whole"]["empty_responses"], 6)

    def test_the_modes_are_those_of_short_polls(self):
        for options, said in (
                (("--transport", "sse", "--poll", "pause"),
                 "--poll: has no meaning for sse; accepted: with short-poll"),
                (("--transport", "short-poll", "--poll", "backoff", "--interval-max", "10"),
                 "--interval-max: smaller than --interval")):
            client = self.run_program("pushlab-client", *options)
            self.assertEqual((client.process.returncode, client.stderr()),
                             (2, f"pushlab-client: {said}\n"))


if __name__ == "__main__":
    unittest.main()
