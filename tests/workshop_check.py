#!/usr/bin/python3
"""Run what the workshop and README.md tell people to type, and compare what they say comes out.

    workshop_check.py [FILE.md ...]     default: docs/workshop/*.md and README.md

PUSHLAB_BIN says which programs (build/release). The notation is in docs/workshop/README.md. Every
document runs in a folder of its own and, where the machine allows it, in a network of its own, so
that port 8080 is free; two at a time.
"""

import concurrent.futures
import functools
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

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("PUSHLAB_BIN", ROOT / "build" / "release")).resolve()
DEADLINE_S = 30     # for a command to end
READY_S = 6         # for what is left running to say what it should
CTRL_C_AFTER_S = 2  # when the text does not say
PARTS = ("The question", "Do", "See", "Why", "Try next", "Exercise")

# ---- the text: documents, blocks, commands, marks


class Command:
    """One command of a document, what should come out (None: not said), and its marks."""

    def __init__(self, doc, line, text, expected):
        self.doc, self.line, self.text, self.expected = doc, line, text, expected
        comment = re.search(r"(?:^|\s)#\s+(.*)$", text.splitlines()[-1])
        self.comment = comment.group(1) if comment else ""

    @property
    def why_not_run(self):
        said = re.search(r"\binstalls\b|\b\d+ minutes?\b|\bopens a browser\b", self.comment)
        return said.group(0) if said else None

    @property
    def ctrl_c_after_s(self):
        said = re.search(r"\bCtrl-C\b(?: after (\d+) s)?", self.comment)
        return (int(said.group(1) or CTRL_C_AFTER_S)) if said else None

    @property
    def terminal(self):
        """The terminal that it keeps busy, or None."""
        if "leave it running" not in self.comment:
            return None
        said = re.search(r"\bterminal (\w+)", self.comment)
        return said.group(1) if said else "1"

    @property
    def exit_code(self):
        said = re.search(r"\bexits with (\d+)", self.comment)
        return int(said.group(1)) if said else 0

    @property
    def place(self):
        return f"{self.doc}:{self.line}"


def read_console(doc, first_line, lines):
    """The commands of a console block: '$ command', '> ' goes on with it, the rest is output."""
    commands = []
    for number, line in enumerate(lines, first_line):
        if line.startswith("$ "):
            commands.append(Command(doc, number, line[2:], []))
        elif not commands:
            raise ValueError(f"{doc}:{number}: a console block begins with '$ '")
        elif line.startswith("> ") and not commands[-1].expected:
            last = commands.pop()
            commands.append(Command(doc, last.line, last.text + "\n" + line[2:], []))
        else:
            commands[-1].expected.append(line)
    return commands


def read_commands(doc, text):
    """All commands of a document, in order: of its console blocks, and of what is indented by four."""
    commands, fence, block, first = [], None, [], 0
    after_blank = True
    for number, line in enumerate(text.splitlines(), 1):
        if fence is not None:
            if line.strip() == "```":
                if fence == "console":
                    commands += read_console(doc, first, block)
                elif fence in ("", "sh", "bash", "shell"):
                    raise ValueError(f"{doc}:{first - 1}: write ```console, or ```text for what is no command")
                fence = None
            else:
                block.append(line)
        elif line.startswith("```"):
            fence, block, first = line[3:].strip(), [], number + 1
        elif line.startswith("    ") and after_blank and not line.strip().startswith("#"):
            commands.append(Command(doc, number, line.strip(), None))
        after_blank = not line.strip() or (after_blank and line.startswith("    "))
    if fence is not None:
        raise ValueError(f"{doc}:{first - 1}: a block without an end")
    return commands


def missing_parts(text):
    """The parts that a lesson must have, in this order, and has not."""
    found = iter(re.findall(r"^## (.*)$", text, re.M))
    return [part for part in PARTS if not any(heading == part for heading in found)]


# ---- comparing

ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[78])|\r")
NUMBER = r"\d[\d,]*(?:\.\d+)?"
WILD = re.compile(rf"…|~({NUMBER})|({NUMBER})–({NUMBER})| +")


def value(text):
    return float(text.replace(",", ""))


@functools.cache
def line_pattern(expected):
    """A regular expression for one line, and for each number in it what it may be."""
    pattern, bounds, at = "", [], 0
    for wild in WILD.finditer(expected):
        pattern += re.escape(expected[at:wild.start()])
        at = wild.end()
        if wild.group(0) == "…":
            pattern += ".*?"
        elif wild.group(0).isspace():
            pattern += " +"
        else:
            about, low, high = wild.groups()
            bounds.append((value(about) / 2, value(about) * 2) if about else (value(low), value(high)))
            pattern += rf"(?<![\d.,])({NUMBER})(?![\d])"
    return re.compile(pattern + re.escape(expected[at:])), bounds


def line_matches(expected, got):
    pattern, bounds = line_pattern(expected.rstrip())
    found = pattern.fullmatch(got.rstrip())
    return found is not None and all(low <= value(number) <= high
                                     for number, (low, high) in zip(found.groups(), bounds))


def first_difference(expected, got):
    """The place in expected that got does not follow, or None when it follows to the end."""
    reach = {0}  # how many lines of got may stand before expected[i]
    for i, line in enumerate(expected):
        if line.strip() == "…":
            reach = set(range(min(reach), len(got) + 1))
        else:
            reach = {g + 1 for g in reach if g < len(got) and line_matches(line, got[g])}
        if not reach:
            return i
    return None if len(got) in reach else len(expected)


def plain(text):
    return ESCAPES.sub("", text).replace("\u00a0", " ")


def output_lines(text):
    lines = [line.rstrip() for line in plain(text).split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def without_last_blanks(lines):
    lines = list(lines)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def difference(expected, text):
    """A sentence about how text differs from what was expected, or None."""
    if expected is None:
        return None
    expected, got = without_last_blanks(expected), output_lines(text)
    at = first_difference(expected, got)
    if at is None:
        return None
    said = f"line {at + 1} of its output: {expected[at]!r}" if at < len(expected) else "the end there"
    return f"the text says {said}; what came:\n" + "\n".join("    | " + line for line in got[:40])


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
        (folder / "bin").mkdir()
        (folder / "bin" / "python3").symlink_to("/usr/bin/python3")
        self.environment = {**os.environ, "PATH": f"{folder}/bin:{BIN}:{os.environ['PATH']}:/usr/sbin",
                            "LC_ALL": "C.UTF-8", "COLUMNS": "120", "TERM": "dumb"}

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
        """What can be said of a command that is not run: its syntax, its options, its files."""
        parsed = subprocess.run(["bash", "-n", "-c", command.text], capture_output=True, text=True)
        if parsed.returncode != 0:
            return parsed.stderr
        for words in simple_commands(command.text):
            wrong = self.look_at_words(words)
            if wrong:
                return wrong
        return None

    def look_at_words(self, words):
        name = pathlib.Path(words[0]).name
        if name == "make":
            made = (ROOT / "Makefile").read_text()
            targets = [w for w in words[1:] if "=" not in w and not w.startswith("-")]
            gone = [t for t in targets if not re.search(rf"^[a-z -]*\b{re.escape(t)}\b[a-z -]*:", made, re.M)]
            return f"no target {gone[0]}" if gone else None
        if not name.startswith("pushlab"):
            return None
        wanted = [w.split("=")[0] for w in words[1:] if re.match(r"--[a-z]", w)]
        known = self.help_of(name, words[1] if len(words) > 1 else "")
        gone = [w for w in wanted if not re.search(rf"(?<!\S){w}(?![\w-])", known)]
        if gone:
            return f"{name} has no option {gone[0]}"
        if words[1:2] == ["run"] and "/" not in words[2] and "." not in words[2]:
            if not (ROOT / "bench" / "scenarios" / f"{words[2]}.json").exists():
                return f"no scenario {words[2]}"
        return None

    def help_of(self, name, command):
        if name == "pushlab" and command == "serve":
            name, command = "pushlab-server", ""
        argv = [BIN / name, "help", command] if name == "pushlab" else [BIN / name, "--help"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE_S)
        return done.stdout if done.returncode == 0 else f"no such command: {command}"


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


def check_document(path):
    """Lines about what is wrong, and how many commands were run and not."""
    doc = os.path.relpath(path, ROOT) if path.is_relative_to(ROOT) else str(path)
    text = path.read_text()
    try:
        commands = read_commands(doc, text)
    except ValueError as wrong:
        return [str(wrong)], 0, 0
    wrongs = []
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


def own_network():
    """What to put before a command so that it has a network of its own; nothing if that can't be."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    prefix = ["unshare", "--net", *user, "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if shutil.which("unshare") and shutil.which("ip"):
        if subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
            return prefix
    return []


def check_apart(path, prefix):
    started = time.monotonic()
    done = subprocess.run([*prefix, sys.executable, __file__, "--one", str(path)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {os.path.relpath(path, ROOT)}"
          f" ({time.monotonic() - started:.1f} s)  {done.stdout.strip()}", flush=True)
    return done.returncode


def one(path):
    wrongs, run, unrun = check_document(path)
    print(f"{run} commands run, {unrun} not")
    print("\n".join(wrongs))
    return 1 if wrongs else 0


def main(arguments):
    if arguments[:1] == ["--one"]:
        return one(pathlib.Path(arguments[1]).resolve())
    paths = [pathlib.Path(a).resolve() for a in arguments]
    paths = paths or [ROOT / "README.md", *sorted((ROOT / "docs" / "workshop").glob("*.md"))]
    prefix = own_network()
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2 if prefix else 1) as pool:
        codes = list(pool.map(lambda p: check_apart(p, prefix), paths))
    print(f"workshop: {codes.count(0)} documents tell the truth, {len(codes) - codes.count(0)} do not"
          f" ({time.monotonic() - started:.0f} s)")
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
