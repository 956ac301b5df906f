"""Does a run know that it was disturbed? Each test disturbs a row in one way, on purpose; the row must
name it. What else this machine does meanwhile is not looked at.
"""

import contextlib
import csv
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from harness import wait_until
from test_runner import RunnerCase
from test_wire import WHY_NOT

STOP_S = 0.7
CLIENTS = 3


def cpu_cgroups():
    """Where a cgroup with a CPU quota can be made, and what to write there for half a core, which it
    gets whatever else runs."""
    v1 = pathlib.Path("/sys/fs/cgroup/cpu")
    if v1.is_dir():
        return v1, {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000", "cpu.shares": "262144"}
    return pathlib.Path("/sys/fs/cgroup"), {"cpu.max": "50000 100000", "cpu.weight": "10000"}


class DisturbedCase(RunnerCase):
    def scenario(self, **changes):
        return super().scenario(**{"clients": CLIENTS, "warmup_s": 0.2, "duration_s": 3,
                                   "rows": [{"transport": "sse"}], **changes})

    def begin(self, *options, **changes):
        return self.pushlab("run", self.scenario(**changes), "--out", self.out, "--no-charts",
                            *options)

    def end(self, program, exit_code=0):
        program.wait(60)
        self.assertEqual(program.process.returncode, exit_code, program.describe())
        self.assertNotIn("Sanitizer", program.stderr())
        self.assert_no_process_left()
        return self.newest()["rows"][0]

    def forwarders(self):
        """Children of the runner that are the runner's program."""
        runner = self.programs[-1].process.pid
        return [pid for pid in self.started_by_us("pushlab")
                if pathlib.Path(f"/proc/{pid}/stat").read_text().split()[1:4:2]
                == ["(pushlab)", str(runner)]]

    def stop_for_a_while(self, find):
        """Stop the process that find() finds for STOP_S, within the window: the clients join, and it
        opens 0.2 s later."""
        def sockets():
            n = 0
            for fd in client_fds.iterdir():
                with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                    n += os.readlink(fd).startswith("socket:")
            return n

        client = wait_until(lambda: self.started_by_us("pushlab-client"), "clients")[0]
        client_fds = pathlib.Path(f"/proc/{client}/fd")
        wait_until(lambda: sockets() > CLIENTS, "the clients have connected")
        begin = time.monotonic() + 0.5
        wait_until(lambda: time.monotonic() > begin, "the window")
        pid = find()[0]
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: time.monotonic() > begin + STOP_S, "it has been stopped for long enough")
        os.kill(pid, signal.SIGCONT)

    def assert_reason(self, row, reason):
        self.assertTrue(any(text.startswith(reason) for text in row["disturbed"]),
                        (reason, row["disturbed"]))
        notes = self.newest()["notes"]
        self.assertTrue(any(f"sse is disturbed: {reason}" in note for note in notes), notes)


class Stops(DisturbedCase):
    def test_a_stopped_server_is_named_and_strict_fails(self):
        program = self.begin("--strict")
        self.stop_for_a_while(lambda: self.started_by_us("pushlab-server"))
        row = self.end(program, exit_code=1)
        self.assert_reason(row, "the server was stopped for ")
        self.assertGreater(row["machine"]["processes"]["server"]["stopped_ms"], 1)
        self.assertEqual(row["machine"]["processes"]["driver"]["stopped_ms"], 0)
        self.assertIn("pushlab: error: --strict: 1 of 1 rows is disturbed", program.stderr())
        self.assertNotIn("attempts", row)

    def test_a_stopped_driver_is_named_and_was_late(self):
        program = self.begin()
        self.stop_for_a_while(lambda: self.started_by_us("pushlab-client"))
        row = self.end(program)
        self.assert_reason(row, "the driver (pushlab-client) was stopped for ")
        self.assert_reason(row, "the driver (pushlab-client) was late by up to ")
        self.assertGreater(row["machine"]["processes"]["driver"]["stopped_ms"], 1)

    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_a_fault_on_purpose_excuses_no_other_stop(self):
        fault = [{"kind": "server-stall", "at_s": 2, "for_s": 0.1}]
        for find, name in ((lambda: self.started_by_us("pushlab-client"), "the driver (pushlab-client)"),
                           (self.forwarders, "the forwarder")):
            with self.subTest(name):
                program = self.begin(link="rtt=10ms", faults=fault)
                self.stop_for_a_while(find)
                self.assert_reason(self.end(program), f"{name} was stopped for ")

    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_a_row_with_a_stopped_forwarder_is_measured_again(self):
        program = self.begin("--retry-disturbed", "1", "--pcap", link="rtt=10ms")
        self.stop_for_a_while(self.forwarders)
        row = self.end(program)
        attempts = row["attempts"]
        self.assertEqual((attempts["count"], len(attempts["discarded"])), (2, 1))
        first, second = attempts["discarded"][0], row["disturbed"]
        if attempts["kept"] == 1:  # this machine did even more to the second one
            first, second = second, first
        self.assertTrue(any(text.startswith("the forwarder was stopped for ") for text in first),
                        (first, second))
        self.assertFalse(any("was stopped for" in text for text in second), second)
        self.assertEqual(attempts["kept"], 1 if len(first) < len(second) else 2)
        self.assertIn(f"sse was disturbed and measured again: of 2 attempts, number "
                      f"{attempts['kept']} is kept", self.latest()["notes"])
        self.assert_files_are_of(row)

    def test_ctrl_c_while_a_row_is_measured_again_keeps_it(self):
        program = self.begin("--retry-disturbed", "1", duration_s=1.5)
        first = wait_until(lambda: self.started_by_us("pushlab-server"), "a server")
        self.stop_for_a_while(lambda: first)
        wait_until(lambda: set(self.started_by_us("pushlab-client")) and
                   not set(self.started_by_us("pushlab-server")) & set(first), "a second attempt")
        program.signal(signal.SIGINT)
        row = self.end(program, exit_code=1)
        self.assert_reason(row, "the server was stopped for ")
        self.assertTrue(self.newest()["interrupted"])
        self.assertEqual({path.name for path in self.folders()[-1].glob("*sse*")},
                         {"latency-sse.hlog", "timeline-sse.csv"})

    def assert_files_are_of(self, row):
        """The files are those of the attempt that was kept, and there are no others."""
        folder = self.out / "latest"
        self.assertEqual({path.name for path in folder.glob("*sse*")},
                         {"latency-sse.hlog", "timeline-sse.csv", "wire-sse.pcapng"})
        with open(folder / "timeline-sse.csv", newline="") as file:
            latencies = [float(line["latency_us"]) for line in csv.DictReader(file)]
        self.assertEqual(len(latencies), row["delivered"] / CLIENTS)  # one client is drawn
        self.assertLessEqual(max(latencies), row["raw"]["latency_us"]["max"] * 1.001 + 1)


class Load(DisturbedCase):
    def spin(self, core):
        """A process that always wants that core."""
        spinner = subprocess.Popen(["sh", "-c", "while :; do :; done"],
                                   preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        self.addCleanup(spinner.wait)
        self.addCleanup(spinner.kill)

    def test_processes_on_the_servers_core_make_it_wait(self):
        for _ in range(4):
            self.spin(min(os.sched_getaffinity(0)))
        row = self.end(self.begin("--set", "source.rate_hz=1000"))
        self.assert_reason(row, "the server waited for a core for ")
        server = row["machine"]["processes"]["server"]
        self.assertGreater(server["run_delay_ms"], 0.02 * row["machine"]["watched_ms"])
        self.assertGreater(server["cpu_ms"], 0)

    def test_a_quota_that_holds_the_run_back_is_told(self):
        base, settings = cpu_cgroups()
        group = base / f"pushlab-test-{os.getpid()}"
        try:
            group.mkdir()
            self.addCleanup(wait_until, lambda: self.is_removed(group), "the cgroup is empty")
            for name, value in settings.items():
                (group / name).write_text(value)
        except OSError as error:
            self.skipTest(f"no cgroup with a quota: {error}")
        spinner = subprocess.Popen(["sh", "-c", "while :; do :; done"])
        self.addCleanup(spinner.wait)
        self.addCleanup(spinner.kill)
        (group / "cgroup.procs").write_text(str(spinner.pid))
        program = self.begin()
        (group / "cgroup.procs").write_text(str(program.process.pid))
        row = self.end(program)
        self.assert_reason(row, "a CPU quota held the processes back for ")
        self.assertEqual(row["machine"]["quota_cores"], 0.5)
        self.assertGreater(row["machine"]["throttled_ms"], 0)

    @staticmethod
    def is_removed(group):
        try:
            group.rmdir()
        except OSError:
            return False
        return True


if __name__ == "__main__":
    unittest.main()
