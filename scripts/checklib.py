# SPDX-License-Identifier: Apache-2.0
"""What the check_*.py scripts share: the tracked files, findings, and C++ text without comments and literals."""
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Bytes that are kept exactly as they came: they follow nobody's style.
KEPT_AS_IS = re.compile(r"^tests/(fuzz/corpus/|.*/(testdata|golden)/)")


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.text}"


def tracked_files():
    """Paths relative to the root that git tracks and that are still there."""
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    names = out.decode("utf-8", "surrogateescape").split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def read(path):
    return (ROOT / path).read_bytes().decode("utf-8", "replace")


def is_cpp(path):
    return path.endswith((".cpp", ".hpp"))


_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<delim>[^()\\\s]{0,16})\(.*?\)(?P=delim)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def _blank(match):
    text = match.group(0)
    filler = "" if text.startswith("/") else '""'
    return filler + "\n" * text.count("\n")


def code_only(text):
    """The same lines without comments; string and character literals become ""."""
    return _LITERAL.sub(_blank, text)


def includes(text):
    """(line number, name, is system header) of each include; commented-out ones do not count."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            found.append((number, match.group(2), match.group(1) == "<"))
    return found


def report(findings):
    """Prints what was found; the exit code."""
    for finding in sorted(findings):
        print(finding)
    return 1 if findings else 0


def run_self_test(name, cases, check):
    """cases: (path, text, rule that must be found or None). check(path, text) -> findings."""
    wrong = []
    for path, text, rule in cases:
        rules = {finding.rule for finding in check(path, text)}
        expected = {rule} if rule else set()
        if rules != expected:
            wrong.append(f"{name}: canary {path} {text!r}: expected {expected or 'nothing'}, found {rules}")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0
