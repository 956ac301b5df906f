"""Parse a document into commands, with their marks, and prose. tests/README.md explains the notation.
Anything that would go unchecked raises ValueError: a block of another kind, output that is not compared,
a misspelt mark."""

import json
import re

from docs_match import says_nothing

PARTS = ("The question", "Do", "See", "Why", "Try next", "Exercise")
CTRL_C_AFTER_S = 2  # if the text gives no time
BLOCKS = ("console", "text", "json")
INSTALLS = "installs|builds|first run installs Debian packages with apt"
COMMAND_LINE = re.compile(r"\$ |(build/release/)?pushlab(-\w+)? |(make|curl|git|cd) ")


class Command:
    """One command of a document, its expected output (None: not compared), and its marks."""

    def __init__(self, doc, line, text, expected):
        self.doc, self.line, self.text, self.expected = doc, line, text, expected
        comment = re.search(r"(?:^|\s)#\s+(.*)$", text.splitlines()[-1])
        self.comment = comment.group(1) if comment else ""

    @property
    def clauses(self):
        return [clause.strip() for clause in self.comment.split(";")]

    @property
    def why_not_run(self):
        marks = [c for c in self.clauses if re.fullmatch(INSTALLS + r"|needs .+|takes \d+ minutes?", c)]
        return marks[0] if marks else None

    @property
    def takes_minutes(self):
        return (self.why_not_run or "").startswith("takes")

    @property
    def needs(self):
        return (self.why_not_run or "").startswith("needs")

    @property
    def ctrl_c_after_s(self):
        said = re.search(r"\bCtrl-C\b(?: after (\d+) s)?", self.comment)
        return (int(said.group(1) or CTRL_C_AFTER_S)) if said else None

    @property
    def terminal(self):
        """The terminal in which it is left running, or None."""
        if "leave it running" not in self.comment:
            return None
        said = re.search(r"\bterminal (\w+)", self.comment)
        return said.group(1) if said else "1"

    @property
    def exit_code(self):
        said = re.search(r"\bexits with (\d+)", self.comment)
        return int(said.group(1)) if said else 0

    @property
    def says_sizes(self):
        """Does its output contain sizes in bytes? They depend on the machine's uptime."""
        return any(re.search(r"\d (B|bytes)\b|bytes/|chunked", line) for line in self.expected or ())

    @property
    def place(self):
        return f"{self.doc}:{self.line}"

    def check_marks(self):
        if self.why_not_run:
            if any(line.strip() for line in self.expected or ()):
                raise ValueError(f"{self.place}: this command is not run: leave out its output")
        elif re.search(r"\binstall|\bminutes?\b", self.comment) or re.match(r"sudo\b", self.text):
            raise ValueError(f"{self.place}: to skip this command, write '# installs', '# builds', '# needs …' or '# takes N minutes'")
        elif says_nothing(self.expected):
            raise ValueError(f"{self.place}: the expected output is only …: write some of it")


class Later(Command):
    """What is typed into a command that was left running in a terminal, and what it prints next."""

    def __init__(self, doc, line, terminal, lines):
        super().__init__(doc, line, f"# terminal {terminal}", [row for row in lines if not row.startswith("> ")])
        self.typed = [row[2:] for row in lines if row.startswith("> ")]
        self.where = terminal

    @property
    def terminal(self):
        return self.where


def read_console(doc, first_line, lines):
    """The commands of a console block: '$ command', '> ' continues it, the rest is output. One that
    begins with '# terminal N' has what appears there, and after '> ' what is typed."""
    heading = re.fullmatch(r"# terminal (\w+)", lines[0]) if lines else None
    if heading:
        return [Later(doc, first_line, heading[1], lines[1:])]
    commands = []
    for number, line in enumerate(lines, first_line):
        if line.startswith("$ "):
            commands.append(Command(doc, number, line[2:], []))
        elif not commands:
            raise ValueError(f"{doc}:{number}: a console block must begin with '$ '")
        elif line.startswith("> ") and not commands[-1].expected:
            last = commands.pop()
            commands.append(Command(doc, last.line, last.text + "\n" + line[2:], []))
        else:
            commands[-1].expected.append(line)
    return commands


class Document:
    """commands: those of console blocks and of paragraphs indented by four spaces, in order. prose: all
    other lines; each line that is not prose is empty in it, so that line numbers stay right."""

    def __init__(self, doc, text):
        self.doc, self.commands, self.prose = doc, [], []
        self.fence = None         # the kind of the current block
        self.block, self.first = [], 0
        self.code_may_begin = True
        for number, line in enumerate(text.splitlines(), 1):
            self.prose.append(line if self.read_line(number, line) else "")
        if self.fence is not None:
            raise ValueError(f"{doc}:{self.first - 1}: the block has no end")
        for command in self.commands:
            command.check_marks()

    def read_line(self, number, line):
        """True if the line is prose."""
        if self.fence is not None:
            self.read_block_line(line)
            return False
        if line.startswith("```"):
            self.open_block(number, line)
            return False
        if re.match(r"[\s>*+.)\d-]*(```|~~~)|\s*<pre", line) or re.match(r" {0,3}\t", line):
            raise ValueError(f"{self.doc}:{number}: a block must begin with ``` in the first column")
        if line.startswith("    ") and self.code_may_begin:
            if not line.strip().startswith("#"):
                self.commands.append(Command(self.doc, number, line.strip(), None))
            return False
        self.code_may_begin = not line.strip() or line.startswith("#")
        return True

    def open_block(self, number, line):
        self.fence, self.block, self.first = line[3:].strip(), [], number + 1
        if self.fence not in BLOCKS:
            raise ValueError(f"{self.doc}:{number}: write ```console, or ```text if it is not a command")

    def read_block_line(self, line):
        if line.strip() != "```":
            self.block.append(line)
            return
        if self.fence == "console":
            self.commands += read_console(self.doc, self.first, self.block)
        elif any(COMMAND_LINE.match(line) for line in self.block):
            raise ValueError(f"{self.doc}:{self.first - 1}: a command in a block that is not run: write ```console")
        elif self.fence == "json":
            self.check_json("\n".join(self.block))
        self.fence, self.code_may_begin = None, True

    def check_json(self, text):
        """Values one after the other. With … for what is left out it is not JSON, and not checked."""
        decoder = json.JSONDecoder()
        try:
            while text.strip() and "…" not in text:
                text = text.lstrip()
                text = text[decoder.raw_decode(text)[1]:]
        except ValueError as wrong:
            raise ValueError(f"{self.doc}:{self.first - 1}: not JSON: {wrong}") from None

    def found(self, pattern):
        """(line, match) for each match in the prose, also across line ends."""
        text = "\n".join(self.prose)
        return [(text.count("\n", 0, m.start()) + 1, m) for m in re.finditer(pattern, text)]

    def inline_code(self):
        return [(line, " ".join(m.group(2).split())) for line, m in self.found(r"(`+)([^`]+)\1")]


def missing_parts(text):
    """The parts that are missing from a lesson or out of order."""
    found = iter(re.findall(r"^## (.*)$", text, re.M))
    return [part for part in PARTS if not any(heading == part for heading in found)]
