"""kill -9 of any process of a run at any time: nothing is left running, and what is left on disk the next
run removes or publishes as interrupted. PUSHLAB_KILLS=100 tries that often; the seed is in each failure."""

import json
import os
import pathlib
import random
import signal
import subprocess
import time
import unittest

from harness import BIN, SANITIZERS, TestCase, wait_until

ROUNDS = int(os.environ.get("PUSHLAB_KILLS", "8"))
SEED = int(os.environ.get("PUSHLAB_KILLS_SEED", "1"))
SCENARIO = {"clients": 2, "warmup_s": 0.1, "duration_s": 0.3, "drain_s": 0.1, "source": {"rate_hz": 50},
            "rows": [{"transport": "sse"}, {"transport": "websocket"}]}


def marked(mark):
    """The processes that run in this environment, those that others started included."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0") \
                    and ") Z " not in (entry / "stat").read_text():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def namespaces(pids):
    """The network namespaces that these processes are in, but ours."""
    found = set()
    for pid in pids:
        try:
            found.add(os.readlink(f"/proc/{pid}/ns/net"))
        except OSError:  # it has ended
            pass
    return found - {os.readlink("/proc/self/ns/net")}


def all_processes():
    return [entry.name for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]


def devices_and_mounts():
    """What would stay: network devices here, such as TUN, and mounts that keep a namespace."""
    return {entry.name for entry in pathlib.Path("/sys/class/net").iterdir()} | {
        line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        if " - nsfs " in line}


class Killed(TestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temp_dir()
        self.tmp = self.folder / "tmp"
        self.tmp.mkdir()
        self.out = self.folder / "results"
        self.scenario = self.folder / "small.json"
        self.scenario.write_text(json.dumps(SCENARIO))
        self.mark = f"PUSHLAB_KILLED={os.getpid()}-{self.folder.name}"

    def begin(self, link):
        name, value = self.mark.split("=")
        return subprocess.Popen(
            [BIN / "pushlab", "run", self.scenario, "--out", self.out, "--no-charts", "--quiet", "--link", link],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, **SANITIZERS, "TMPDIR": str(self.tmp), name: value})

    def none_left(self):
        return not marked(self.mark.encode())

    def check_results(self):
        """Each folder is whole: what says complete is, all else is labelled."""
        for run_dir in self.out.iterdir() if self.out.exists() else ():
            if run_dir.is_symlink() or run_dir.name.startswith("."):
                continue
            run = json.loads((run_dir / "run.json").read_text())
            self.assertIsNotNone(run["finished"], run_dir)
            if len(run["rows"]) < len(run["rows_planned"]):
                self.assertFalse(run["complete"], run_dir)
                self.assertTrue(run["interrupted"] or run["problems"], run_dir)

    def test_at_random(self):
        chance = random.Random(SEED)
        before, inside = devices_and_mounts(), set()
        for i in range(ROUNDS):
            link = chance.choice(["loopback", "rtt=2ms"])
            run = self.begin(link)
            after_s = chance.uniform(0, 1.5)
            end = time.monotonic() + after_s
            wait_until(lambda: time.monotonic() > end or run.poll() is not None, "a moment")
            alive = sorted(marked(self.mark.encode()))
            inside |= namespaces(alive)
            victim = chance.choice(alive) if alive else None
            what = f"round {i} of seed {SEED}: process {alive.index(victim) if victim else None} of {len(alive)}, " \
                   f"{after_s:.2f} s, {link}"
            if victim:
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            with self.subTest(what):
                wait_until(lambda: run.poll() is not None, "the run ends: " + what)
                wait_until(self.none_left, "nothing is left running: " + what,
                           state=lambda: str([pathlib.Path(f"/proc/{p}/cmdline").read_bytes()
                                              for p in marked(self.mark.encode())]))
                wait_until(lambda: not inside & namespaces(all_processes()), "no namespace is left: " + what)
                self.assertLessEqual(devices_and_mounts(), before, what)
                self.check_results()
        last = self.begin("loopback")
        self.assertEqual(0, last.wait(60))
        self.assertEqual([], [p.name for p in self.out.iterdir() if p.name.startswith(".")])
        self.assertEqual([], list(self.tmp.iterdir()))
        self.assertEqual([], [p for p in self.out.rglob("*") if p.suffix in (".part", ".tmp", ".new")])
        self.check_results()

    def test_the_next_run_keeps_finished_rows_and_leaves_others_alone(self):
        run = self.begin("loopback")
        half = wait_until(lambda: next((p.parent for p in self.out.glob(".tmp-*/run.json")), None)
                          if self.out.exists() else None, "a finished row")
        other = self.begin("loopback")  # while the first runs: it must not touch that one's folder
        wait_until(lambda: len(list(self.out.glob(".tmp-*"))) == 2 or other.poll() is not None
                   or run.poll() is not None, "a second run")
        if run.poll() is None:
            self.assertTrue(half.exists() or len(list(self.out.glob("2*"))) > 0)
        run.kill()
        run.wait()
        self.assertEqual(0, other.wait(60))
        (self.out / ".tmp-mine").mkdir()  # not of a run: no number at its end
        self.assertEqual(0, self.begin("loopback").wait(60))
        self.assertEqual([".tmp-mine"], [p.name for p in self.out.iterdir() if p.name.startswith(".")])
        self.check_results()


if __name__ == "__main__":
    unittest.main()
