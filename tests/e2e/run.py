#!/usr/bin/python3
"""Run the end-to-end tests: one line per test, then the totals.

    run.py [NAME ...]        only files whose names contain a NAME; PUSHLAB_BIN is the folder
                             of the programs (build/asan)

Each file runs in its own process, two at a time, and where the machine allows it in its own
network namespace (and mount namespace, for the test of a full disk). Files that measure run
alone.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import traceback
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ALONE = ("test_measurement.py", "test_page.py", "test_link.py", "test_wire.py", "test_usecases.py",
         "test_balancers.py", "test_disturbed.py", "test_faults.py")
MAKE_THEIR_OWN = ("test_link.py", "test_wire.py", "test_usecases.py", "test_install.py",
                  "test_balancers.py", "test_disturbed.py", "test_faults.py")  # namespaces, with all capabilities
OWN_NETWORK = ["unshare", "--net", "--mount", "--map-root-user", "--", "sh", "-c",
               'ip link set lo up && ip addr add 192.0.2.1/32 dev lo && exec "$@"', "sh"]


class LineResult(unittest.TestResult):
    """One line per test; for a failed one the reason and its servers' output."""

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        self.failed = []

    def addError(self, test, err):
        self.failed.append(err)

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            err[1].add_note("in " + subtest._subDescription())
            self.failed.append(err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("skip", test, reason)

    def stopTest(self, test):
        super().stopTest(test)
        if self.failed:
            self.line("FAIL", test)
            for err in self.failed:
                print("    " + "".join(traceback.format_exception(*err)).replace("\n", "\n    "))
        elif not any(skipped is test for skipped, _ in self.skipped):
            self.line("ok", test)

    def line(self, verdict, test, note=""):
        name = re.sub(r"^test_", "", test.id().split(".", 1)[-1].rpartition(".")[2])
        seconds = time.monotonic() - self.started
        print(f"{verdict:4} {type(test).__module__[5:]}: {name.replace('_', ' ')}"
              f" ({seconds:.2f} s){'  ' + note if note else ''}", flush=True)


def run_file(name):
    """In the child: run one file's tests, print one line for each."""
    sys.path.insert(0, str(HERE))
    tests = unittest.defaultTestLoader.loadTestsFromName(name.removesuffix(".py"))
    tests.run(LineResult())


def has_own_network():
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run([*OWN_NETWORK, "true"], capture_output=True).returncode == 0


def start_file(name, own_network):
    """In the parent: run one file in a child, print its output when it is done."""
    command = [sys.executable, str(HERE / "run.py"), "--child", name]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if own_network and name not in MAKE_THEIR_OWN:
        command = OWN_NETWORK + command
        environment["PUSHLAB_E2E_NETWORK"] = "own"
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        print(f"FAIL {name}: the file ended with exit code {done.returncode}", flush=True)
    return done.stdout, done.returncode


def count(outputs, verdict):
    return sum(len(re.findall(f"^{verdict} +", text, re.M)) for text, _ in outputs)


def say_stage(text):
    """Where 'make test' is; UNIT_TESTS is its variable."""
    if "UNIT_TESTS" in os.environ:
        print(text, flush=True)


def main(names):
    names = sorted(p.name for p in HERE.glob("test_*.py")
                   if not names or any(name in p.name for name in names))
    own_network = has_own_network()
    started = time.monotonic()
    outputs = []
    if not own_network:
        print("e2e: no network namespace available: kernel counters are not compared")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        together = [n for n in names if n not in ALONE]
        say_stage("[3/4] end-to-end tests, two files at a time")
        outputs += pool.map(lambda n: start_file(n, own_network), together)
    say_stage("[4/4] end-to-end tests that measure, one file at a time")
    outputs += [start_file(n, own_network) for n in names if n in ALONE]

    failed = count(outputs, "FAIL") + sum(code != 0 for _, code in outputs)
    skipped = count(outputs, "skip")
    print(f"e2e: {count(outputs, 'ok')} passed, {failed} failed"
          f"{f', {skipped} skipped' if skipped else ''} ({time.monotonic() - started:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        run_file(sys.argv[2])
    else:
        sys.exit(main(sys.argv[1:]))
