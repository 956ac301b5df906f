"""Compare an output with the expected one. tests/README.md explains the notation."""

import functools
import re

ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[78])|\r")
NUMBER = r"\d[\d,]*(?:\.\d+)?"
WILD = re.compile(rf"…(?: (?:ns|µs|ms|s)(?![\w/]))?|~({NUMBER})|({NUMBER})–({NUMBER})| +")


def value(text):
    return float(text.replace(",", ""))


@functools.cache
def line_pattern(expected):
    """A regular expression for one line, and the lower and upper bounds of each number in it."""
    pattern, bounds, at = "", [], 0
    for wild in WILD.finditer(expected):
        pattern += re.escape(expected[at:wild.start()])
        at = wild.end()
        if wild.group(0) == "…":
            pattern += ".*?"
        elif wild.group(0).startswith("…"):
            pattern += ".*? (?:ns|µs|ms|s)"
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
    """The index of the first line of expected that got does not match; len(expected) if got has more
    lines; None if it matches."""
    reach = {0}  # how many lines of got may come before expected[i]
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


# What `pushlab run` says of rows that the machine disturbed: below the table, and as notes.
DISTURBED = re.compile(r"\n~ disturbed, so not compared with other rows:\n(?:  .*\n)+"
                       r"|pushlab: note: .*(?: is disturbed: | (?:was|were) disturbed and | after they were due, at most ).*\n")
MARK = re.compile(r"^~ ", re.M)  # of such a row's name


def output_lines(text):
    text = MARK.sub("", DISTURBED.sub("", plain(text)))
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def without_last_blanks(lines):
    lines = list(lines)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def says_nothing(expected):
    """Is the output only dots and spaces, so that it always matches?"""
    return bool(expected) and not any(re.search(r"[^\s…]", line) for line in expected)


def difference(expected, text):
    """An error message if text is not what was expected, or None."""
    if expected is None:
        return None
    expected, got = without_last_blanks(expected), output_lines(text)
    at = first_difference(expected, got)
    if at is None:
        return None
    said = f"line {at + 1} {expected[at]!r}" if at < len(expected) else f"an end after line {at}"
    return f"expected {said}; the output was:\n" + "\n".join("    | " + line for line in got[:40])
