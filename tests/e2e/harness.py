"""The base of all end-to-end tests: starts the real programs, watches them and ends them.

Programs come from the directory in PUSHLAB_BIN (build/asan by default). A test case calls
self.server(...) or self.program(...); every program is ended when the test ends, passed or
failed, and a server must then have exited with 0 and printed nothing to stderr.
"""

import contextlib
import functools
import http.client
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent
VALIDATOR = HERE / "node_modules" / ".bin" / "html-validate"
BIN = pathlib.Path(os.environ.get("PUSHLAB_BIN", HERE.parent.parent / "build" / "asan")).resolve()
DEADLINE_S = 30  # for things that take milliseconds on an idle machine
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:exitcode=86:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}

# True when run.py runs this file in its own network namespace: then the kernel's counters count
# only this file's connections, and there is an address that is not loopback.
OWN_NETWORK = os.environ.get("PUSHLAB_E2E_NETWORK") == "own"
OTHER_ADDRESS = "192.0.2.1"


class TimeRanOut(AssertionError):
    """Nothing was wrong yet, but it took too long: a busy machine, or something that never comes."""

    def __init__(self, what, deadline_s, state=""):
        super().__init__(f"time ran out after {deadline_s} s: {what}" + (f"; last state: {state}" if state else ""))


def wait_until(condition, what, deadline_s=DEADLINE_S, state=lambda: ""):
    """Call condition() until it returns something true; return that. state() tells how far it has come."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeRanOut(what, deadline_s, state())
        time.sleep(0.004)


def in_time(start, deadline_s, what):
    """It must not have taken longer since start. Choose a deadline far above what it takes on a busy
    machine, and below what it would take if it waited for the wrong thing."""
    if time.monotonic() - start > deadline_s:
        raise TimeRanOut(what, deadline_s, f"done after {time.monotonic() - start:.2f} s")


@contextlib.contextmanager
def within(deadline_s, what):
    """in_time() for what is done in it."""
    start = time.monotonic()
    yield
    in_time(start, deadline_s, what)


def retried(test):
    """Try three times: a busy machine may break the timing of a test once; a wrong program fails each
    time. subTest() would keep failures to itself, so there is none before the third attempt."""
    @functools.wraps(test)
    def run(self, *args):
        for _ in range(2):
            with contextlib.suppress(AssertionError), unittest.mock.patch.object(
                    self, "subTest", lambda *_, **__: contextlib.nullcontext()):
                return test(self, *args)
        return test(self, *args)
    return run


def has_program(name):
    return (BIN / name).exists()


class Program:
    """A running program. stdout and stderr go to temporary files, so that it never blocks."""

    def __init__(self, argv, stdin=subprocess.DEVNULL, max_files=None, env=None):
        self.argv = [str(a) for a in argv]
        self.signalled = False
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()

        def limit_files():
            if max_files is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (max_files, max_files))

        self.process = subprocess.Popen(self.argv, stdin=stdin, stdout=self.out, stderr=self.err,
                                        env={**os.environ, **SANITIZERS, **(env or {})},
                                        preexec_fn=limit_files)

    @staticmethod
    def _text(file):
        return os.pread(file.fileno(), 1 << 26, 0).decode("utf-8", "replace")

    def stdout(self):
        return self._text(self.out)

    def stderr(self):
        return self._text(self.err)

    def lines(self):
        """The complete lines on stdout so far."""
        return self.stdout().split("\n")[:-1]

    def running(self):
        return self.process.poll() is None

    def wait(self, deadline_s=DEADLINE_S):
        """Wait for the end; return the exit code."""
        try:
            return self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise TimeRanOut("the program should have ended", deadline_s, self.describe()) from None

    def signal(self, number):
        self.signalled = True
        self.process.send_signal(number)

    def end(self):
        if self.running():
            self.process.kill()
            self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()

    def close(self):
        self.out.close()
        self.err.close()

    def describe(self):
        state = "running" if self.running() else f"exit code {self.process.returncode}"
        return f"$ {' '.join(self.argv)}\n[{state}]\n{self.stderr()}"


class Listening(Program):
    """A program that prints 'listening on ADDR:PORT' to stdout when it is ready."""

    def __init__(self, argv, **kwargs):
        super().__init__(argv, **kwargs)
        try:
            wait_until(lambda: self.lines() or not self.running(), f"ready: {self.argv}", state=self.describe)
            word = self.lines()[0].removeprefix("listening on ") if self.lines() else ""
            self.host, _, port = word.rpartition(":")
            self.port = int(port)
        except ValueError:
            raise AssertionError("did not start: " + self.describe()) from None
        finally:
            if not hasattr(self, "port"):
                self.end()
        self.url = f"http://{self.host}:{self.port}"


class Server(Listening):
    def __init__(self, *options, listen="127.0.0.1:0", **kwargs):
        argv = [BIN / "pushlab-server", "--listen", listen, *options]
        super().__init__(argv, **kwargs)
        self.may_say = ()  # what is allowed on stderr
        self._control = None

    def stats(self, query=""):
        """GET /stats over its own connection, so that it works when no other is accepted.
        It counts as one of transport "other"."""
        return self._ask("GET", "/stats" + query)

    def _ask(self, method, target, body=None):
        if self._control is None:
            self._control = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE_S)
        self._control.request(method, target, body, {"Content-Type": "application/json"})
        response = self._control.getresponse()
        text = response.read()
        assert response.status == 200, (response.status, text)
        return json.loads(text)

    def transport(self, name):
        return self.stats()["transports"][name]

    def publish(self, value):
        """POST /publish; returns the sequence number."""
        return self._ask("POST", "/publish", json.dumps(value))["seq"]

    def wait_for(self, condition, what):
        """Wait until condition(stats) is true; return those stats."""
        stats = {}

        def ask():
            stats.update(self.stats())
            return stats if condition(stats) else None
        return wait_until(ask, what, state=lambda: json.dumps(stats)[:2000])

    def wait_for_subscribers(self, n):
        return self.wait_for(lambda s: s["history"]["subscribers"] == n, f"{n} subscribers")

    def wait_for_seq(self, n):
        return self.wait_for(lambda s: s["source"]["seq"] >= n, f"update {n} published")

    def stop(self):
        """Send SIGTERM, unless the test has; return what was wrong with the exit, or None."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self.running() and not self.signalled:
            self.signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.end()
            return "time ran out: it did not stop within 10 s of SIGTERM"
        return None if self.process.returncode == 0 else "wrong exit code"


class TestCase(unittest.TestCase):
    """Starts programs and ends them after the test."""

    maxDiff = 4000

    def setUp(self):
        self.programs = []

    def start(self, program):
        self.programs.append(program)
        self.addCleanup(self._put_away, program)
        return program

    def _put_away(self, program):
        program.end()
        program.close()

    def assert_valid_html(self, path):
        if not VALIDATOR.exists():
            self.skipTest("html-validate is not installed")
        done = subprocess.run([VALIDATOR, "--preset", "recommended", path], capture_output=True,
                              text=True, cwd=HERE, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def server(self, *options, **kwargs):
        server = Server(*options, **kwargs)
        self.programs.append(server)
        self.addCleanup(self._stop, server)
        return server

    def _stop(self, server):
        why = server.stop()
        code, said, argv = server.process.returncode, server.stderr(), server.argv
        server.end()
        server.close()
        if why is not None:
            raise AssertionError(f"{why} ({code}): {argv}\n{said}")
        unexpected = [line for line in said.splitlines()
                      if not any(allowed in line for allowed in server.may_say)]
        if unexpected:
            raise AssertionError(f"unexpected on stderr of {argv}:\n" + "\n".join(unexpected))

    def run_program(self, name, *options, deadline_s=60, **kwargs):
        """Run one of our programs to its end; return the Program."""
        program = self.start(Program([BIN / name, *options], **kwargs))
        program.wait(deadline_s)
        self.assertNotIn("Sanitizer", program.stderr())
        self.assertNotIn("runtime error", program.stderr())
        return program

    def peer(self, script, *args, **kwargs):
        """Start a Node peer from peers/ that listens."""
        return self.start(Listening(["node", HERE / "peers" / script, *args], **kwargs))

    def node(self, script, *args, **kwargs):
        """Start a Node peer from peers/ that does not."""
        return self.start(Program(["node", HERE / "peers" / script, *args], **kwargs))

    def temp_dir(self):
        directory = tempfile.TemporaryDirectory(prefix="pushlab-e2e-")
        self.addCleanup(directory.cleanup)
        return pathlib.Path(directory.name)

    def connect(self, server):
        sock = socket.create_connection((server.host, server.port), timeout=DEADLINE_S)
        self.addCleanup(sock.close)
        return sock


class ClientCase(TestCase):
    """Runs pushlab-client."""

    def client(self, transport, url, *options):
        return self.start(Program([BIN / "pushlab-client", "--transport", transport, "--url", url,
                                   *options]))

    def measure(self, transport, url, *options, exit_code=0):
        """Run one measurement to its end; returns the JSON it printed."""
        client = self.client(transport, url, "--json", *options)
        client.wait(60)
        self.assertNotIn("Sanitizer", client.stderr())
        self.assertEqual(client.process.returncode, exit_code, client.describe())
        lines = client.lines()
        self.assertEqual(len(lines), 1, "one JSON object on one line")
        result = json.loads(lines[0])
        result["stderr"] = client.stderr()
        return result

    def assert_complete(self, result, clients):
        self.assertTrue(result["adds_up"])
        self.assertEqual(result["expected"], result["published"] * clients)
        self.assertEqual(result["delivered"], result["expected"])
        for name in ("missed", "late", "duplicated", "out_of_order"):
            self.assertEqual(result[name], 0, name)
        self.assertEqual(result["latency_us"]["count"], result["delivered"])
        self.assertEqual(result["stderr"], "")


def counts_of(updates):
    return [u["seq"] for u in updates]
