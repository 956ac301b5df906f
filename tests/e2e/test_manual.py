"""The programs print man pages and completion from their option tables. Tests that mandoc accepts the
pages, that nothing is missing, and that completion works in the shells."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import BIN, DEADLINE_S, HERE, TestCase, has_program

ROOT = HERE.parent.parent
PROGRAMS = ("pushlab", "pushlab-server", "pushlab-client", "pushlab-link")


def say(*argv):
    return subprocess.run([BIN / argv[0], *argv[1:]], capture_output=True, text=True, check=True,
                          timeout=60).stdout


def options_of(text):
    """The options in the left column of a --help."""
    return set(re.findall(r"^  (--[a-z][a-z-]*)", text, re.M))


class Terminal:
    """An interactive shell on a pseudo-terminal."""

    def __init__(self, argv, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", PS1="READY> ", PATH=f"{BIN}:{os.environ['PATH']}")
            os.execvp(argv[0], argv)
        self.seen = ""

    def type(self, keys):
        self.seen = ""
        os.write(self.fd, keys.encode())

    def wait_for(self, text):
        end = time.monotonic() + DEADLINE_S
        while text not in self.seen:
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"no {text!r} in {self.seen!r}")
            self.seen += os.read(self.fd, 4096).decode("utf-8", "replace").replace("\a", "")

    def close(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@unittest.skipUnless(has_program("pushlab"), "no pushlab")
class Manual(TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pushlab-manual-")
        cls.addClassCleanup(folder.cleanup)
        cls.out = pathlib.Path(folder.name)
        subprocess.run([ROOT / "bench" / "manual.sh", BIN, cls.out, cls.out / "share"], check=True,
                       timeout=120)
        cls.names = []  # ("pushlab", "run"): every program and every command
        for program in PROGRAMS:
            cls.names.append((program,))
            table = [row.split("\t") for row in say(program, "--help=table").splitlines()]
            cls.names += [(program, row[2]) for row in table if row[1] == "command"]

    def page(self, names):
        return self.out / "man1" / f"{'-'.join(names)}.1"

    # ---- man pages

    def test_every_program_and_command_and_nothing_else_has_a_page(self):
        self.assertGreater(len(self.names), 15)
        self.assertEqual(sorted(p.name for p in self.out.glob("man1/*")),
                         sorted(self.page(n).name for n in self.names))

    @unittest.skipUnless(shutil.which("mandoc"), "no mandoc")
    def test_mandoc_reports_no_errors(self):
        for names in self.names:
            with self.subTest(names=names):
                lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", self.page(names)],
                                      cwd=self.out, capture_output=True, text=True, timeout=60)
                self.assertEqual(lint.stdout + lint.stderr, "")

    @unittest.skipUnless(shutil.which("mandoc"), "no mandoc")
    def test_every_option_in_help_is_in_the_rendered_page(self):
        for names in self.names:
            with self.subTest(names=names):
                page = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=200", self.page(names)],
                                      cwd=self.out, capture_output=True, text=True, check=True,
                                      timeout=60).stdout
                plain = re.sub(".\b", "", page)
                listed = set(re.findall(r"^ +(--[a-z][a-z-]*)", plain, re.M))
                self.assertLessEqual(options_of(say(*names, "--help")), listed)
                self.assertIn("--version", listed)

    def test_pages_refer_to_pages_that_exist(self):
        for names in self.names:
            for page in re.findall(r"\.(?:Pq )?Xr (\S+) 1", self.page(names).read_text()):
                self.assertTrue((self.out / "man1" / f"{page}.1").exists(), page)

    def test_the_same_program_prints_the_same_page(self):
        env = {**os.environ, "SOURCE_DATE_EPOCH": "1709164800"}
        pages = [subprocess.run([BIN / "pushlab", "run", "--help=man"], env=env, text=True,
                                capture_output=True, check=True, timeout=60).stdout
                 for _ in range(2)]
        self.assertEqual(*pages)
        self.assertIn(".Dd February 29, 2024\n", pages[0])

    # ---- completion

    def complete(self, *words, folder=ROOT):
        """The completions of bash for the last word."""
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pushlab; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "--norc", "-c", script, "bash",
                               self.out / "completion" / "pushlab.bash", *words], cwd=folder,
                              capture_output=True, text=True, check=True, timeout=60)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def test_every_option_in_help_is_completed(self):
        for names in self.names:
            with self.subTest(names=names):
                wanted = options_of(say(*names, "--help"))
                self.assertLessEqual(wanted, self.complete(*names, "--"))
                if len(names) == 2:
                    self.assertEqual(wanted, self.complete(*names, "--"))

    def test_choices_are_completed(self):
        transports = {"short-poll", "long-poll", "stream", "sse", "websocket"}
        for words, wanted in (
                (("pushlab", "ru"), {"run"}),
                (("pushlab", "help", "scen"), {"scenarios"}),
                (("pushlab", "watch", ""), transports),
                (("pushlab", "watch", "--connection", ""), {"keep-alive", "close"}),
                (("pushlab", "serve", "--max-bo"), {"--max-body-bytes"}),
                (("pushlab-client", "--transport", "s"), {"short-poll", "stream", "sse"}),
                (("pushlab-client", "--transport", "=", "w"), {"websocket"}),
                (("pushlab-client", "--transport", "="), transports),
                (("/usr/bin/pushlab-client", "--transport", "we"), {"websocket"}),
                (("pushlab-link", "me"), {"measure"}),
                (("pushlab-link", "measure", "r"), {"rtt", "rate"}),
                (("pushlab-link", "shell", "--pcap-at", ""), {"client", "server", "both"}),
                (("pushlab", "run", "--clients", ""), set())):
            with self.subTest(words=words):
                self.assertEqual(self.complete(*words), wanted)

    def test_existing_scenarios_links_and_runs_are_completed(self):
        folder = self.temp_dir()
        for name in ("bench/scenarios/mine.json", "bench/link/profiles/wet-string.link",
                     "results/2024-a/run.json", "results/2024-b/notes"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        for words, wanted in ((("pushlab", "run", "mi"), {"mine"}),
                              (("pushlab", "run", "--link", "w"), {"wet-string"}),
                              (("pushlab-link", "show", "we"), {"wet-string"}),
                              (("pushlab", "advise", "mi"), {"mine"}),
                              (("pushlab", "table", "results/2024-a"), {"results/2024-a"}),
                              (("pushlab", "advise", "results/2024-a"), {"results/2024-a"}),
                              (("pushlab", "compare", "r"), {"results", "results/2024-a"})):
            with self.subTest(words=words):
                self.assertEqual(self.complete(*words, folder=folder), wanted)

    def test_scenarios_of_the_installed_pushlab_are_completed(self):
        scenarios = self.out / "share" / "scenarios"
        scenarios.mkdir(parents=True, exist_ok=True)
        (scenarios / "installed.json").touch()
        self.assertEqual(self.complete("pushlab", "run", "inst", folder=self.temp_dir()),
                         {"installed"})

    def test_bash_completes_as_one_types(self):
        self.type_at(["bash", "--norc", "--noprofile", "-i"],
                     f"bind 'set enable-bracketed-paste off'; "
                     f"source {self.out}/completion/pushlab.bash; echo set\\ up\n")

    @unittest.skipUnless(shutil.which("zsh"), "no zsh")
    def test_zsh_completes_as_one_types(self):
        functions = self.temp_dir()
        shutil.copy(self.out / "completion" / "pushlab.zsh", functions / "_pushlab")
        self.type_at(["zsh", "-f", "-i"],
                     f"fpath=({functions} $fpath); autoload -U compinit; compinit -D -u; "
                     f"echo set\\ up\n")

    def type_at(self, shell, setup):
        terminal = Terminal(shell, ROOT)
        self.addCleanup(terminal.close)
        terminal.wait_for("READY>")
        terminal.type(setup)
        terminal.wait_for("set up\r\n")
        terminal.wait_for("READY>")
        for keys, shown in (("pushlab table --mark\t", "--markdown "), ("resul\t", "results"),
                            ("\x15pushlab-client --control=no\t", "--control=none"),
                            ("\x15pushlab ser\t", "serve"), ("--sour\t", "--source")):
            terminal.type(keys)
            terminal.wait_for(shown)

    @unittest.skipUnless(shutil.which("fish"), "no fish")
    def test_fish_completes(self):
        home = self.temp_dir()
        lines = {"pushlab ru": "run", "pushlab watch web": "websocket",
                 "pushlab run --dur": "--duration", "pushlab run --link wi": "wifi",
                 "pushlab run smo": "smoke", "pushlab serve --max-bod": "--max-body-bytes",
                 "pushlab-client --control no": "none", "pushlab-link measure cap": "capacity"}
        script = "".join(f"complete -C '{line}' | string split -f 1 \\t\n" for line in lines)
        done = subprocess.run(["fish", "--no-config", "-c",
                               f"source {self.out}/completion/pushlab.fish\n{script}"],
                              cwd=ROOT, env={**os.environ, "HOME": str(home)},
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.split(), list(lines.values()))


if __name__ == "__main__":
    unittest.main()
