"""SIGTERM and SIGINT are heard while a program still reads its inputs: each is a pipe here to which
nothing is written. Nothing half done is left."""

import os
import signal
import subprocess
import unittest

from harness import BIN, SANITIZERS, TestCase, wait_until
from test_runner import RunnerCase


class Pipe:
    """A pipe to which nothing is written."""

    def __init__(self, path):
        self.path = path
        os.mkfifo(path)

    def opened(self):
        """A descriptor once somebody reads: the reader then waits for as long as it is open."""
        try:
            return os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None


class WhileReading(TestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temp_dir()
        self.pipe = Pipe(self.folder / "pipe")
        (self.folder / "run").mkdir()
        self.run_file = Pipe(self.folder / "run" / "run.json")

    def check_signal(self, number, pipe, argv):
        # As a shell's background job: SIGINT is ignored when it starts.
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   env={**os.environ, **SANITIZERS},
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        try:
            descriptor = wait_until(lambda: pipe.opened() or process.poll() is not None, "it reads the pipe")
            self.assertIsNone(process.poll())
            self.addCleanup(os.close, descriptor)
            process.send_signal(number)
            wait_until(lambda: process.poll() is not None, "it ends", 10)
            self.assertEqual(-number, process.returncode)
        finally:
            process.kill()
            process.wait()

    def check(self, pipe, name, *args):
        before = sorted(self.folder.rglob("*"))
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(f"{name} {args}: {number!r}"):
                self.check_signal(number, pipe, [BIN / name, *args])
                self.assertEqual(before, sorted(self.folder.rglob("*")))

    def test_server(self):
        server = ("pushlab-server", "--port", "0")
        self.check(self.pipe, *server, "--source", f"trace:{self.pipe.path}")
        self.check(self.pipe, *server, "--tls", "--tls-cert", self.pipe.path)

    def test_a_run_read_back(self):
        for command in ("table", "report", "chart"):
            self.check(self.run_file, "pushlab", command, self.folder / "run")
        self.check(self.run_file, "pushlab", "compare", self.folder / "run", self.folder / "run")

    def test_a_scenario(self):
        self.check(self.pipe, "pushlab", "run", self.pipe.path, "--out", self.folder / "results")

    def test_certificates_of_a_client(self):
        self.check(self.pipe, "pushlab-client", "--url", "https://127.0.0.1:1/", "--tls-ca", self.pipe.path)


class InARun(RunnerCase):
    def test_a_server_that_reads(self):
        pipe = Pipe(self.temp_dir() / "pipe")
        scenario = self.scenario(clients=1, rows=[{"transport": "sse"}],
                                 source={"kind": "trace", "trace_file": str(pipe.path)})
        program = self.pushlab("run", scenario, "--out", self.out, "--no-charts")
        descriptor = wait_until(lambda: pipe.opened() or not program.running(), "the server reads the pipe")
        self.assertTrue(program.running(), program.describe())
        self.addCleanup(os.close, descriptor)
        program.signal(signal.SIGINT)
        self.assertEqual(1, program.wait())
        self.assert_no_process_left()
        self.assertEqual([], list(self.out.iterdir()) if self.out.exists() else [])


if __name__ == "__main__":
    unittest.main()
