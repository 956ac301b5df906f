#!/usr/bin/python3
"""Run the commands of the documents, and compare their output with what the documents say.

    docs_check.py [--uptime S] [--paste] [FILE.md ...]     default: README.md, CONTRIBUTING.md, SECURITY.md, all of docs

PUSHLAB_BIN is the folder of the programs (build/release). tests/README.md explains the notation. Each document runs in its own folder and, where the machine allows it, in its own network
namespace, so that port 8080 is free, and time namespace: updates carry the time since boot, so their
size depends on the number of its digits. All commands run with an uptime of minutes, and those that
print sizes once more with an uptime of weeks; --uptime S runs everything once, with that uptime.
Two documents run at a time; one that fails is run again, alone.
"""

import argparse
import concurrent.futures
import contextlib
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

import docs_facts as facts
from docs_facts import BIN, ROOT
from docs_match import difference, output_lines
from docs_text import Document, Later, missing_parts

DEADLINE_S = 30     # for a command to end
READY_S = 6         # for a command that is left running to print its expected output
AT_WORK_S = 1       # a command that takes minutes must run at least this long
UPTIME_YOUNG_S = 300
UPTIME_OLD_S = 40 * 86400

# ---- running


def restore_interrupts():
    """A shell starts background processes with SIGINT ignored, and their children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# On the reader's terminal that is one line, which is wiped.
PROGRESS = re.compile(r"^(?:measured .*: \d+ of \d+ done|capturing packets for |drawing charts).*\n", re.M)


class Job:
    """A running command in its own process group; its output goes to a file. read: how much of it the
    document has told."""

    def __init__(self, command, folder, environment, stdin=subprocess.DEVNULL):
        self.command, self.read, self.may_end = command, 0, False
        self.file = tempfile.TemporaryFile()
        self.process = subprocess.Popen(["bash", "-c", command.text], cwd=folder, env=environment,
                                        stdin=stdin, stdout=self.file,
                                        stderr=subprocess.STDOUT, start_new_session=True,
                                        preexec_fn=restore_interrupts)

    def text(self):
        return PROGRESS.sub("", os.pread(self.file.fileno(), 1 << 24, 0).decode("utf-8", "replace"))

    def type(self, lines):
        self.process.stdin.write("".join(line + "\n" for line in lines).encode())
        self.process.stdin.flush()

    def signal_group(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def interrupt(self):
        """Send SIGINT (Ctrl-C) and return the exit code."""
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
        if self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        self.file.close()


def open_sockets():
    """The TCP sockets of this network namespace that listen or are connected."""
    lines = [line.split() for name in ("tcp", "tcp6") for line in open(f"/proc/net/{name}")]
    return {(words[1], words[2]) for words in lines if words[3] in ("0A", "01")}


class Runner:
    """Runs a document's commands, one after the other, in its own temporary folder."""

    def __init__(self, folder):
        self.folder = folder
        self.terminals = {}
        self.output = ""  # of the latest command
        for name in ("bench", "docs", "Makefile", "README.md", "tests"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "build").mkdir()
        (folder / "build" / "release").symlink_to(BIN)
        (folder / "results").mkdir()
        for kept in (ROOT / "results").glob("reference*"):
            shutil.copytree(kept, folder / "results" / kept.name)
        if (folder / "results" / "reference").exists():
            (folder / "results" / "latest").symlink_to("reference")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        self.environment |= {"PATH": path_of(folder), "LC_ALL": "C.UTF-8", "COLUMNS": "80", "TERM": "dumb",
                             "HOME": str(folder)}

    def run(self, command):
        """What is wrong, or None."""
        self.output = ""
        if isinstance(command, Later):
            return self.look_again(command)
        if command.why_not_run:
            return self.check_unrun(command)
        if command.terminal:
            return self.start(command)
        job = Job(command, self.folder, self.environment)
        try:
            return self.finish(job, command)
        finally:
            self.output = job.text()
            job.close()

    def finish(self, job, command):
        try:
            code = job.process.wait(command.ctrl_c_after_s or DEADLINE_S)
            interrupted = False
        except subprocess.TimeoutExpired:
            if command.ctrl_c_after_s is None:
                return f"still running after {DEADLINE_S} s; it printed\n{job.text()}"
            code, interrupted = job.interrupt(), True
        if command.ctrl_c_after_s and not interrupted:
            return f"ended with exit code {code} before Ctrl-C:\n{job.text()}"
        allowed = (0, 130, -signal.SIGINT) if interrupted else (command.exit_code,)
        if code not in allowed:
            return f"exit code {code}, expected {allowed[0]}:\n{job.text()}"
        return difference(command.expected, job.text())

    def start(self, command):
        """Start a command that is left running in its terminal; end the one that ran there before."""
        wrong = self.stop(command.terminal)
        if wrong:
            return wrong
        before = open_sockets()
        job = self.terminals[command.terminal] = Job(command, self.folder, self.environment, subprocess.PIPE)
        end = time.monotonic() + READY_S
        wrong = ""
        while wrong is not None and time.monotonic() < end:
            if job.process.poll() is not None:
                return f"ended with exit code {job.process.returncode}:\n{job.text()}"
            time.sleep(0.02)
            wrong = self.compare(job, command)
            if wrong is None and open_sockets() <= before:
                wrong = f"listens on no port, and is not connected, after {READY_S} s"
        return wrong

    def compare(self, job, command):
        """Compare what the job has printed since the last comparison that succeeded."""
        self.output = job.text()[job.read:]
        wrong = difference(command.expected, self.output)
        if wrong is None and command.expected is not None:
            job.read += len(self.output)
        return wrong

    def look_again(self, command):
        """Type into a terminal, and wait for what the document says to appear there."""
        job = self.terminals.get(command.terminal)
        if job is None:
            return f"nothing was left running in terminal {command.terminal}"
        job.may_end = True
        job.type(command.typed)
        end = time.monotonic() + READY_S
        wrong = self.compare(job, command)
        while wrong is not None and time.monotonic() < end:
            time.sleep(0.02)
            wrong = self.compare(job, command)
        return wrong and f"time ran out after {READY_S} s: {wrong}"

    def stop(self, terminal):
        job = self.terminals.pop(terminal, None)
        if job is None:
            return None
        ended = job.process.poll()
        code = job.interrupt() if ended is None else ended
        output = job.text()
        job.close()
        if (ended is not None and not job.may_end) or code not in (0, 130, -signal.SIGINT):
            return f"the command in terminal {terminal} ended with exit code {code}:\n{output}"
        return None

    def stop_all(self):
        """The last started first, as clients end when their server does."""
        return [wrong for wrong in [self.stop(t) for t in reversed(list(self.terminals))] if wrong]

    def check_unrun(self, command):
        """Check a command that is not run to its end, as far as possible."""
        parsed = subprocess.run(["bash", "-n", "-c", command.text], capture_output=True, text=True)
        if parsed.returncode != 0:
            return parsed.stderr
        words = list(simple_commands(command.text))
        if command.takes_minutes and not any(w[0] == "make" for w in words):
            return self.begin(command)
        check = self.wrong_need if command.needs else facts.wrong_installation
        wrongs = [check(w) for w in words]
        return next((wrong for wrong in wrongs if wrong), None)

    def wrong_need(self, words):
        """Check a command that is not run because the reader must have something for it."""
        name = pathlib.Path(words[0]).name
        if name.startswith("pushlab"):
            return facts.wrong_words(words)
        if name == "make":
            return facts.wrong_installation(words)
        known = subprocess.run(["bash", "-c", 'type "$1"', "sh", words[0]], env=self.environment, capture_output=True)
        return f"no program {words[0]}" if known.returncode else None

    def begin(self, command):
        """Start a command that takes minutes and end it after a second. If it is still running then,
        its scenario, rows, link and options are valid."""
        job = Job(command, self.folder, self.environment)
        try:
            code = job.process.wait(AT_WORK_S)
            return f"marked as taking minutes, but ended at once with exit code {code}:\n{job.text()}"
        except subprocess.TimeoutExpired:
            job.interrupt()
            return None
        finally:
            job.close()


def path_of(folder):
    """PATH of an ordinary user after the set-up of the workshop's README, then the npm programs of
    the tests."""
    exported = re.search(r'^\$ export PATH="(.*)"$', (ROOT / "docs/workshop/README.md").read_text(), re.M)
    users = [p for p in os.environ["PATH"].split(":") if not p.endswith("/sbin")]
    path = exported[1].replace("$PWD", str(folder)).replace("$PATH", ":".join(users))
    return f"{path}:{ROOT}/tests/e2e/node_modules/.bin"


def simple_commands(text):
    """The words of each simple command in a shell line; not a full parser, but enough to find options."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;()")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words = []
    for word in [*lexer, ";"]:
        if word and set(word) <= set("|&;()"):
            if words:
                yield words
            words = []
        elif not words and re.match(r"[A-Z_]+=", word):
            continue  # a variable of the command
        else:
            words.append(word)


# ---- documents


def wrongs_of_prose(document, path):
    """Error lines about invalid names, links, pictures and sections."""
    found = [(line, facts.wrong_inline(code)) for line, code in document.inline_code()]
    for line, link in document.found(r"\]\(([^)\s]+)\)|<(?:img|a)\s[^>]*\b(?:src|href)=\"([^\"]+)\""):
        found.append((line, facts.wrong_place(path, link[1] or link[2])))
    for line, link in document.found(r"\[([^\]]*)\]\((https?:[^)\s]+)\)"):
        found.append((line, facts.wrong_pair(" ".join(link[1].split()), link[2])))
    for line, text in document.found(r"\b(RFC\s+\d+|HTML)(\s+§[\d.]*\d)?"):
        if text[1] != "HTML" or text[2]:
            found.append((line, facts.wrong_section(" ".join(text[0].split()))))
    return [f"{document.doc}:{line}: {wrong}" for line, wrong in found if wrong]


def pasted(command, output):
    """A block as the document would have it."""
    lines = [command.text.replace("\n", "\n> ") if isinstance(command, Later) else
             "$ " + command.text.replace("\n", "\n> "), *output_lines(output)]
    return "\n".join(["```console", *lines, "```"])


def check_document(path, sizes_only=False, paste=False):
    """Error lines, and the numbers of commands that were run and not run."""
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
            wrongs += [f"{doc}: part '## {part}' is missing or out of order" for part in missing_parts(text)]
    with tempfile.TemporaryDirectory(prefix="pushlab-docs-") as folder:
        runner = Runner(pathlib.Path(folder))
        try:
            for command in commands:
                wrong = runner.run(command)
                if wrong:
                    wrongs.append(f"{command.place}: $ {command.text}\n  {wrong}")
                    wrongs += [pasted(command, runner.output)] if paste else []
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
    """By the machine's own clock, without the offset of this process's time namespace."""
    offsets = pathlib.Path("/proc/self/timens_offsets")
    added = re.search(r"^monotonic\s+(-?\d+)", offsets.read_text(), re.M) if offsets.exists() else None
    return time.clock_gettime(time.CLOCK_MONOTONIC) - (int(added[1]) if added else 0)


def machine(uptime_s):
    """The command prefix for a network namespace and a clock with this uptime; only a network
    namespace or [] where the machine does not allow more. An ordinary user gets no capabilities."""
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


def one(path, sizes_only, paste):
    wrongs, run, unrun = check_document(path, sizes_only, paste)
    print(f"{run} commands run, {unrun} not run")
    print("\n".join(wrongs))
    return 1 if wrongs else 0


def arguments_of(argv):
    parser = argparse.ArgumentParser(description="Run the commands of the documents and compare their output.")
    parser.add_argument("--uptime", type=int, metavar="S", help="run everything once, with an uptime of S seconds")
    parser.add_argument("--paste", action="store_true", help="print the output of what fails as a block to paste")
    parser.add_argument("--one", action="store_true", help="one document, without namespaces")
    parser.add_argument("--sizes", action="store_true", help="with --one: only commands that print sizes")
    parser.add_argument("documents", nargs="*", type=lambda p: pathlib.Path(p).resolve())
    return parser.parse_args(argv)


def by_length(paths):
    """The longest first, so that no long document starts last."""
    return sorted(paths, key=lambda path: -path.read_text().count("$ pushlab run"))


def main(argv):
    asked = arguments_of(argv)
    if asked.one:
        return one(asked.documents[0], asked.sizes, asked.paste)
    paths = asked.documents or facts.documents()
    paste = ["--paste"] if asked.paste else []
    prefix = machine(UPTIME_YOUNG_S if asked.uptime is None else asked.uptime)
    jobs = [(path, prefix, *paste) for path in by_length(paths)]
    if has_clock(prefix) and asked.uptime is None:
        old = machine(UPTIME_OLD_S)
        jobs += [(path, old, "--sizes", *paste) for path in by_length(paths) if says_sizes(path)]
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2 if prefix else 1) as pool:
        codes = list(pool.map(lambda job: check_apart(*job), jobs))
    if prefix and len(jobs) > 1:
        codes = [code and check_apart(*job) for job, code in zip(jobs, codes)]
    if not has_clock(prefix):
        print("docs: no time namespace is available: sizes were compared with this machine's uptime only")
    if not facts.has_apt_lists():
        print("docs: apt has no package lists (apt-get update): packages were compared with bench/packages.txt only")
    print(f"docs: {codes.count(0)} checks passed, {len(codes) - codes.count(0)} failed"
          f" ({time.monotonic() - started:.0f} s)")
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
