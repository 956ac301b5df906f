"""Check the names in a text: commands and options of programs, scenarios, links, make targets,
packages, files and headings, sections of standards. Each wrong_*() returns an error message, or None."""

import functools
import json
import os
import pathlib
import re
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("PUSHLAB_BIN", ROOT / "build" / "release")).resolve()
SECTIONS = ROOT / "tests" / "docs_sections.txt"
DEADLINE_S = 120  # apt-cache on a busy machine
OFFLINE = ("build", "bench", "workshop")  # the sets of packages that a workshop needs


def quiet(*argv, **kwargs):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=DEADLINE_S,
                          stdin=subprocess.DEVNULL, env=environment, **kwargs)


def documents():
    """All that are checked."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


# ---- our programs

@functools.cache
def help_of(name, command):
    """The help of a program, or of a command of pushlab; "" if there is no such command."""
    if name == "pushlab" and command == "serve":
        name, command = "pushlab-server", ""
    if command == "help":
        command = ""
    done = quiet(BIN / name, "help", command) if name == "pushlab" and command else quiet(BIN / name, "--help")
    return done.stdout if done.returncode == 0 else ""


def is_placeholder(word):
    return "…" in word or re.fullmatch(r"[A-Z][A-Z.]*", word) is not None


def wrong_name(command, word):
    """Check the first argument of pushlab run, advise, explain or watch."""
    if is_placeholder(word) or word.startswith("-"):
        return None
    if command in ("explain", "watch"):
        refused = quiet(BIN / "pushlab", command, "?").stderr
        known = refused.partition("accepted: ")[2].replace(",", " ").split()
        return None if word in known else f"pushlab {command} does not accept {word}"
    if command in ("run", "advise") and not word.startswith("results/latest"):
        places = (ROOT / "bench" / "scenarios" / f"{word}.json", ROOT / word)
        return None if any(p.exists() for p in places) else f"no scenario {word}"
    return None


def wrong_words(words):
    """Check a command that begins with one of our programs: its options and names, not its values."""
    name, rest = pathlib.Path(words[0]).name, words[1:]
    if not (BIN / name).exists():
        return f"no program {name}"
    command = rest[0] if name == "pushlab" and rest and not rest[0].startswith("-") else ""
    known = help_of(name, command)
    if not known or (command and not re.search(rf"^  {re.escape(command)}\b", help_of("pushlab", ""), re.M)):
        return f"{name} has no command {command}"
    options = [w.split("=")[0] for w in rest if re.match(r"--?[a-z]", w)]
    gone = [o for o in options if not re.search(rf"(?<!\S){re.escape(o)}(?![\w-])", known)]
    if gone:
        return f"{name} {command} has no option {gone[0]}"
    for option, link in zip(rest, rest[1:]):
        if option == "--link" and not is_placeholder(link) and quiet(BIN / "pushlab-link", "show", link).returncode:
            return f"no link {link}"
    return wrong_name(command, rest[1]) if command and len(rest) > 1 else None


def wrong_inline(code):
    """Check `code` in a sentence, if it begins with one of our programs or with make."""
    words = shlex.split(code, comments=True) if "'" not in code else code.split()
    if not words or "|" in words:
        return None
    if re.fullmatch(r"pushlab(-[a-z]+)?", words[0]):
        return wrong_words(words)
    if words[0] == "make" and len(words) > 1 and re.match(r"[a-z]", words[1]):
        made = (ROOT / "Makefile").read_text()
        found = re.search(rf"^[a-z -]*(?<![\w-]){re.escape(words[1])}(?![\w-])[a-z -]*:", made, re.M)
        return None if found else f"no make target {words[1]}"
    return None


# ---- packages

@functools.cache
def package_sets():
    """The packages of bench/packages.txt, each with the sets of deps.sh that contain it."""
    text = (ROOT / "bench" / "packages.txt").read_text()
    return {name: sets.split() for name, sets in re.findall(r"^([a-z0-9][\w.+-]*):(.*)$", text, re.M)}


def packages_of(*sets):
    """The packages of these sets, and Debian 12's package of llhttp."""
    return {"node-llhttp"} | {p for p, its in package_sets().items() if set(its) & set(sets)}


@functools.cache
def all_packages():
    return set(package_sets()) | {"node-llhttp"}


def has_apt_lists():
    return any(pathlib.Path("/var/lib/apt/lists").glob("*_Packages*"))


def wrong_packages(options, packages):
    gone = sorted(set(packages) - all_packages())
    if gone:
        return f"bench/packages.txt does not name {gone[0]}"
    if has_apt_lists():
        shown = quiet("apt-cache", "show", "--no-all-versions", *packages).stdout
        gone = [p for p in packages if f"\nPackage: {p}\n" not in "\n" + shown]
        if gone:
            return f"apt has no package {gone[0]}"
    if "--download-only" in options and set(packages) != packages_of(*OFFLINE):
        return "only in bench/packages.txt or only in this list: " + ", ".join(
            sorted(set(packages) ^ packages_of(*OFFLINE)))
    return None


def wrong_installation(words):
    """Check a command that is not run because it installs something."""
    words = words[1:] if words[0] == "sudo" else words
    options, names = [w for w in words if w.startswith("-")], [w for w in words if not w.startswith("-")]
    if names[0] == "make":
        done = quiet("make", "-n", *words[1:], cwd=ROOT)
        return done.stderr.strip() if done.returncode else None
    if names[:2] == ["apt-get", "install"]:
        return wrong_packages(options, names[2:])
    if names[:2] == ["npm", "install"]:
        known = json.loads((ROOT / "tests" / "e2e" / "package.json").read_text())["dependencies"]
        gone = [n for n in names[2:] if n not in known]
        return f"tests/e2e/package.json does not name {gone[0]}" if gone else None
    return f"{words[0]} is not run, and this check cannot verify it"


# ---- links

def slug(heading):
    """GitHub's anchor for a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@functools.cache
def anchors(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    return {slug(re.sub(r"[`*]|\]\([^)]*\)|\[", "", h)) for h in re.findall(r"^#+ (.*)$", text, re.M)}


@functools.cache
def sections():
    """(standard, section or "", anchor or "") for each line of SECTIONS."""
    lines = [line.split("#")[0].split(None, 3) for line in SECTIONS.read_text().splitlines()]
    return {(s, section.strip("-"), anchor.strip("-")) for s, section, anchor, _ in (w for w in lines if w)}


def wrong_place(path, target):
    """Check the target of a link or a picture."""
    if re.match(r"https?://www\.rfc-editor\.org/", target):
        found = re.fullmatch(r"https://www\.rfc-editor\.org/rfc/rfc(\d+)(?:#(.+))?", target)
        known = found and any((s, a) == ("RFC" + found[1], found[2] or "") for s, _, a in sections())
        return None if known else f"not in {SECTIONS.name}: {target}"
    if "whatwg.org" in target:
        found = re.fullmatch(r"https://html\.spec\.whatwg\.org/multipage/server-sent-events\.html(?:#(.+))?", target)
        known = found and any((s, a) == ("HTML", found[1] or "") for s, _, a in sections())
        return None if known else f"not in {SECTIONS.name}: {target}"
    if re.match(r"[a-z]+:", target):
        return None
    name, _, anchor = target.partition("#")
    other = (path.parent / name).resolve() if name else path
    if not other.exists():
        return f"no file {name}"
    if anchor and anchor not in anchors(other):
        return f"no heading #{anchor} in {other.name}"
    return None


def wrong_section(text):
    """Check "RFC 9110 §7.8" or "HTML §9.2" in a sentence."""
    standard, section = re.fullmatch(r"(RFC \d+|HTML)(?: §([\d.]*\d))?", text).groups()
    known = any((s, n) == (standard.replace(" ", ""), section or "") for s, n, _ in sections())
    return None if known else f"not in {SECTIONS.name}: {text}"


def wrong_pair(said, target):
    """Check that a link's text and its address name the same standard and section."""
    address, _, anchor = target.partition("#")
    number = re.search(r"/rfc(\d+)$", address)
    standard = "RFC" + number[1] if number else "HTML"
    for found in re.finditer(r"RFC (\d+)|§([\d.]*\d)", said):
        if found[1] and "RFC" + found[1] != standard or found[2] and (standard, found[2], anchor) not in sections():
            return f"the link {said!r} has another target: {target}"
    return None
