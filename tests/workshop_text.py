"""What a document of the workshop tells people to type: its commands and their marks, and the rest,
which is prose. The notation is in docs/workshop/README.md. What could escape the check is refused
with ValueError: a block of another kind, output that nobody compares, a mark that is almost one."""

import re

from workshop_match import says_nothing

PARTS = ("The question", "Do", "See", "Why", "Try next", "Exercise")
CTRL_C_AFTER_S = 2  # when the text does not say
BLOCKS = ("console", "text", "json")
INSTALLS = "installs|first run installs Debian packages with apt"


class Command:
    """One command of a document, what should come out (None: not said), and its marks."""

    def __init__(self, doc, line, text, expected):
        self.doc, self.line, self.text, self.expected = doc, line, text, expected
        comment = re.search(r"(?:^|\s)#\s+(.*)$", text.splitlines()[-1])
        self.comment = comment.group(1) if comment else ""

    @property
    def clauses(self):
        return [clause.strip() for clause in self.comment.split(";")]

    @property
    def why_not_run(self):
        marks = [c for c in self.clauses if re.fullmatch(INSTALLS + r"|takes \d+ minutes?", c)]
        return marks[0] if marks else None

    @property
    def takes_minutes(self):
        return (self.why_not_run or "").startswith("takes")

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
    def says_sizes(self):
        """Is something in its output measured in bytes? That depends on the digits of a clock."""
        return any(re.search(r"\d (B|bytes)\b|bytes/|chunked", line) for line in self.expected or ())

    @property
    def place(self):
        return f"{self.doc}:{self.line}"

    def check_marks(self):
        if self.why_not_run:
            if any(line.strip() for line in self.expected or ()):
                raise ValueError(f"{self.place}: is not run, so that nobody knows what it prints: leave that out")
        elif re.search(r"\binstall|\bminutes?\b", self.comment) or re.match(r"sudo\b", self.text):
            raise ValueError(f"{self.place}: to skip it, write '# installs' or '# takes N minutes'")
        elif says_nothing(self.expected):
            raise ValueError(f"{self.place}: its output is … and nothing else: say what to see")


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


class Document:
    """commands: in order, of the console blocks and of what is indented by four. prose: all other
    text; what is not prose is an empty line in it, so that lines keep their numbers."""

    def __init__(self, doc, text):
        self.doc, self.commands, self.prose = doc, [], []
        self.fence = None         # the kind of the block that we are in
        self.block, self.first = [], 0
        self.code_may_begin = True
        for number, line in enumerate(text.splitlines(), 1):
            self.prose.append(line if self.read_line(number, line) else "")
        if self.fence is not None:
            raise ValueError(f"{doc}:{self.first - 1}: a block without an end")
        for command in self.commands:
            command.check_marks()

    def read_line(self, number, line):
        """True when it is prose."""
        if self.fence is not None:
            self.read_block_line(line)
            return False
        if line.startswith("```"):
            self.open_block(number, line)
            return False
        if re.match(r"[\s>*+.)\d-]*(```|~~~)|\s*<pre", line) or re.match(r" {0,3}\t", line):
            raise ValueError(f"{self.doc}:{number}: blocks begin with ```, at the left border")
        if line.startswith("    ") and self.code_may_begin:
            if not line.strip().startswith("#"):
                self.commands.append(Command(self.doc, number, line.strip(), None))
            return False
        self.code_may_begin = not line.strip() or line.startswith("#")
        return True

    def open_block(self, number, line):
        self.fence, self.block, self.first = line[3:].strip(), [], number + 1
        if self.fence not in BLOCKS:
            raise ValueError(f"{self.doc}:{number}: write ```console, or ```text for what is no command")

    def read_block_line(self, line):
        if line.strip() != "```":
            self.block.append(line)
            return
        if self.fence == "console":
            self.commands += read_console(self.doc, self.first, self.block)
        elif any(line.startswith("$ ") for line in self.block):
            raise ValueError(f"{self.doc}:{self.first - 1}: a command, and nobody runs it: write ```console")
        self.fence, self.code_may_begin = None, True

    def found(self, pattern):
        """(line, match) of each match in the prose, also over ends of lines."""
        text = "\n".join(self.prose)
        return [(text.count("\n", 0, m.start()) + 1, m) for m in re.finditer(pattern, text)]

    def inline_code(self):
        return [(line, " ".join(m.group(2).split())) for line, m in self.found(r"(`+)([^`]+)\1")]


def missing_parts(text):
    """The parts that a lesson must have, in this order, and has not."""
    found = iter(re.findall(r"^## (.*)$", text, re.M))
    return [part for part in PARTS if not any(heading == part for heading in found)]
