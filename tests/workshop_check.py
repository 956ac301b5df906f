#!/usr/bin/python3
"""Run what the workshop and README.md tell people to type, and compare what they say comes out.

    workshop_check.py [--uptime S] [FILE.md ...]     default: docs/workshop/*.md and README.md

PUSHLAB_BIN says which programs (build/release). The notation is in docs/workshop/README.md. Every
document runs in a folder of its own and, where the machine allows it, on a machine of its own: a
network, so that port 8080 is free, and a clock, since updates carry the time since boot and so have
as many bytes as that has digits. All runs as it were soon after a boot, and what says sizes once
more as if weeks after it; --uptime has all of it run once, at that age. Two documents at a
time; one that fails is run again, with nothing beside it that could have been in its way.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import workshop_facts as facts
from workshop_facts import BIN, ROOT
from workshop_match import difference
from workshop_text import Document, missing_parts

DEADLINE_S = 30     # for a command to end
READY_S = 6         # for what is left running to say what it should
AT_WORK_S = 1       # what takes minutes must at least do this long
UPTIME_YOUNG_S = 300
UPTIME_OLD_S = 40 * 86400

# ---- running


def heed_interrupts():
    """Who is started in the background ignores Ctrl-C, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Job:
    """A command under way in a process group of its own; its output goes to a file."""

    def __init__(self, command, folder, environment):
        self.command = command
        self.file = tempfile.TemporaryFile()
        self.process = subprocess.Popen(["bash", "-c", command.text], cwd=folder, env=environment,
                                        stdin=subprocess.DEVNULL, stdout=self.file,
                                        stderr=subprocess.STDOUT, start_new_session=True,
                                        preexec_fn=heed_interrupts)

    def text(self):
        return os.pread(self.file.fileno(), 1 << 24, 0).decode("utf-8", "replace")

    def signal_group(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def interrupt(self):
        """Ctrl-C; its exit code."""
        self.signal_group(signal.SIGINT)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.signal_group(signal.SIGKILL)
            self.process.wait()
            return "did not end on Ctrl-C"

    def close(self):
        self.signal_group(signal.SIGKILL)
        self.process.wait()
        self.file.close()


def listening_sockets():
    """The TCP ports that somebody listens on in this network."""
    lines = [line for name in ("tcp", "tcp6") for line in open(f"/proc/net/{name}")]
    return {line.split()[1] for line in lines if line.split()[3] == "0A"}


class Runner:
    """Runs a document's commands, one after the other, in a folder made for it."""

    def __init__(self, folder):
        self.folder = folder
        self.terminals = {}
        for name in ("bench", "docs", "Makefile", "README.md", "tests"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "build").mkdir()
        (folder / "build" / "release").symlink_to(BIN)
        (folder / "results").mkdir()
        if (ROOT / "results" / "reference").exists():
            shutil.copytree(ROOT / "results" / "reference", folder / "results" / "reference")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        self.environment |= {"PATH": path_of(folder), "LC_ALL": "C.UTF-8", "COLUMNS": "120", "TERM": "dumb"}

    def run(self, command):
        """What is wrong, or None."""
        if command.why_not_run:
            return self.look_at(command)
        if command.terminal:
            return self.start(command)
        job = Job(command, self.folder, self.environment)
        try:
            return self.finish(job, command)
        finally:
            job.close()

    def finish(self, job, command):
        try:
            code = job.process.wait(command.ctrl_c_after_s or DEADLINE_S)
            interrupted = False
        except subprocess.TimeoutExpired:
            if command.ctrl_c_after_s is None:
                return f"not done after {DEADLINE_S} s; it printed\n{job.text()}"
            code, interrupted = job.interrupt(), True
        if command.ctrl_c_after_s and not interrupted:
            return f"has ended by itself with {code}, not on Ctrl-C:\n{job.text()}"
        allowed = (0, 130, -signal.SIGINT) if interrupted else (command.exit_code,)
        if code not in allowed:
            return f"exit code {code}, not {allowed[0]}:\n{job.text()}"
        return difference(command.expected, job.text())

    def start(self, command):
        """In a terminal where it stays; what ran there is ended first."""
        wrong = self.stop(command.terminal)
        if wrong:
            return wrong
        before = listening_sockets()
        job = self.terminals[command.terminal] = Job(command, self.folder, self.environment)
        end = time.monotonic() + READY_S
        wrong = ""
        while wrong is not None and time.monotonic() < end:
            if job.process.poll() is not None:
                return f"has ended with {job.process.returncode}:\n{job.text()}"
            time.sleep(0.02)
            wrong = difference(command.expected, job.text())
            if wrong is None and listening_sockets() <= before:
                wrong = f"listens nowhere after {READY_S} s"
        return wrong

    def stop(self, terminal):
        job = self.terminals.pop(terminal, None)
        if job is None:
            return None
        ended = job.process.poll()
        code = job.interrupt() if ended is None else ended
        said = job.text()
        job.close()
        if ended is not None or code not in (0, 130, -signal.SIGINT):
            return f"what ran in terminal {terminal} ended with {code}:\n{said}"
        return None

    def stop_all(self):
        return [wrong for wrong in [self.stop(t) for t in list(self.terminals)] if wrong]

    def look_at(self, command):
        """What can be said of a command that is not run to its end."""
        parsed = subprocess.run(["bash", "-n", "-c", command.text], capture_output=True, text=True)
        if parsed.returncode != 0:
            return parsed.stderr
        words = list(simple_commands(command.text))
        if command.takes_minutes and not any(w[0] == "make" for w in words):
            return self.begin(command)
        wrongs = [facts.wrong_installation(w) for w in words]
        return next((wrong for wrong in wrongs if wrong), None)

    def begin(self, command):
        """What takes minutes must be at work after a second, and is ended: its scenario, rows, link
        and options are then all right."""
        job = Job(command, self.folder, self.environment)
        try:
            code = job.process.wait(AT_WORK_S)
            return f"is said to take minutes, and has ended with {code}:\n{job.text()}"
        except subprocess.TimeoutExpired:
            job.interrupt()
            return None
        finally:
            job.close()


def path_of(folder):
    """PATH as an ordinary user has it who typed what the workshop's README says, and the peers of
    the tests behind that."""
    said = re.search(r'^\$ export PATH="(.*)"$', (ROOT / "docs/workshop/README.md").read_text(), re.M)
    users = [p for p in os.environ["PATH"].split(":") if not p.endswith("/sbin")]
    path = said[1].replace("$PWD", str(folder)).replace("$PATH", ":".join(users))
    return f"{path}:{ROOT}/tests/e2e/node_modules/.bin"


def simple_commands(text):
    """The words of each simple command in a line of shell, roughly: enough to find options."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;()")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words = []
    for word in [*lexer, ";"]:
        if word and set(word) <= set("|&;()"):
            if words:
                yield words
            words = []
        else:
            words.append(word)


# ---- documents


def wrongs_of_prose(document, path):
    """Lines about names, links and pictures that lead nowhere."""
    found = [(line, facts.wrong_inline(code)) for line, code in document.inline_code()]
    for line, link in document.found(r"\]\(([^)\s]+)\)|<(?:img|a)\s[^>]*\b(?:src|href)=\"([^\"]+)\""):
        found.append((line, facts.wrong_place(path, link[1] or link[2])))
    for line, link in document.found(r"\[([^\]]*)\]\((https?:[^)\s]+)\)"):
        found.append((line, facts.wrong_pair(" ".join(link[1].split()), link[2])))
    for line, text in document.found(r"\b(RFC\s+\d+|HTML)(\s+§[\d.]*\d)?"):
        if text[1] != "HTML" or text[2]:
            found.append((line, facts.wrong_section(" ".join(text[0].split()))))
    return [f"{document.doc}:{line}: {wrong}" for line, wrong in found if wrong]


def check_document(path, sizes_only=False):
    """Lines about what is wrong, and how many commands were run and not."""
    doc = os.path.relpath(path, ROOT) if path.is_relative_to(ROOT) else str(path)
    text = path.read_text()
    try:
        document = Document(doc, text)
    except ValueError as wrong:
        return [str(wrong)], 0, 0
    wrongs, commands = [], document.commands
    if sizes_only:
        commands = [c for c in commands if c.says_sizes or c.terminal]
    else:
        wrongs += wrongs_of_prose(document, path)
        if re.match(r"\d\d-", path.name):
            wrongs += [f"{doc}: no part '## {part}' in its place" for part in missing_parts(text)]
    with tempfile.TemporaryDirectory(prefix="pushlab-workshop-") as folder:
        runner = Runner(pathlib.Path(folder))
        try:
            for command in commands:
                wrong = runner.run(command)
                if wrong:
                    wrongs.append(f"{command.place}: $ {command.text}\n  {wrong}")
        finally:
            wrongs += [f"{doc}: {wrong}" for wrong in runner.stop_all()]
    unrun = sum(c.why_not_run is not None for c in commands)
    return wrongs, len(commands) - unrun, unrun


def says_sizes(path):
    try:
        return any(c.says_sizes for c in Document(path.name, path.read_text()).commands)
    except ValueError:
        return False


# ---- machines


def seconds_since_boot():
    """By the clock of the machine, whatever this process's time namespace adds to it."""
    offsets = pathlib.Path("/proc/self/timens_offsets")
    added = re.search(r"^monotonic\s+(-?\d+)", offsets.read_text(), re.M) if offsets.exists() else None
    return time.clock_gettime(time.CLOCK_MONOTONIC) - (int(added[1]) if added else 0)


def machine(uptime_s):
    """What to put before a command so that it has a network of its own and a clock that was started
    uptime_s ago; less, where that can't be. An ordinary user stays one, who may do nothing more."""
    is_root = os.geteuid() == 0
    user = [] if is_root else ["--map-current-user", "--keep-caps"]
    ordinary = "" if is_root else "setpriv --inh-caps=-all --ambient-caps=-all "
    clock = ["--time", "--monotonic", str(int(uptime_s - seconds_since_boot()))]
    run = ["--", "sh", "-c", f'ip link set lo up && {ordinary}"$@"', "sh"]
    for prefix in (["unshare", "--net", *user, *clock, *run], ["unshare", "--net", *user, *run]):
        if shutil.which("unshare") and shutil.which("ip"):
            if subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
                return prefix
    return []


def has_clock(prefix):
    return "--time" in prefix


def check_apart(path, prefix, *options):
    started = time.monotonic()
    done = subprocess.run([*prefix, sys.executable, __file__, "--one", *options, str(path)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {os.path.relpath(path, ROOT)}{' '.join(['', *options])}"
          f" ({time.monotonic() - started:.1f} s)  {done.stdout.strip()}", flush=True)
    return done.returncode


def one(path, sizes_only):
    wrongs, run, unrun = check_document(path, sizes_only)
    print(f"{run} commands run, {unrun} not")
    print("\n".join(wrongs))
    return 1 if wrongs else 0


def arguments_of(argv):
    parser = argparse.ArgumentParser(description="Run what the workshop tells people to type.")
    parser.add_argument("--uptime", type=int, metavar="S", help="all of it once, as if S seconds after the boot")
    parser.add_argument("--one", action="store_true", help="this document, here and now")
    parser.add_argument("--sizes", action="store_true", help="with --one: only what says sizes")
    parser.add_argument("documents", nargs="*", type=lambda p: pathlib.Path(p).resolve())
    return parser.parse_args(argv)


def by_length(paths):
    """The longest first, so that the last to end is a short one."""
    return sorted(paths, key=lambda path: -path.read_text().count("$ pushlab run"))


def main(argv):
    asked = arguments_of(argv)
    if asked.one:
        return one(asked.documents[0], asked.sizes)
    paths = asked.documents or [ROOT / "README.md", *(ROOT / "docs" / "workshop").glob("*.md")]
    prefix = machine(UPTIME_YOUNG_S if asked.uptime is None else asked.uptime)
    jobs = [(path, prefix) for path in by_length(paths)]
    if has_clock(prefix) and asked.uptime is None:
        old = machine(UPTIME_OLD_S)
        jobs += [(path, old, "--sizes") for path in by_length(paths) if says_sizes(path)]
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2 if prefix else 1) as pool:
        codes = list(pool.map(lambda job: check_apart(*job), jobs))
    if prefix and len(jobs) > 1:
        codes = [code and check_apart(*job) for job, code in zip(jobs, codes)]
    if not has_clock(prefix):
        print("workshop: no clock of its own can be had here: sizes were compared at this machine's age alone")
    if not facts.has_apt_lists():
        print("workshop: apt has no lists here (apt-get update): packages were compared with bench/packages.txt alone")
    print(f"workshop: {codes.count(0)} checks found the truth, {len(codes) - codes.count(0)} did not"
          f" ({time.monotonic() - started:.0f} s)")
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
