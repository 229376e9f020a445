#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Refuses constructs that wattring does not use, each with what to use instead, and holds sizes by a ratchet.

usage: scripts/check_style.py [--self-test]
"""
import re
import sys

from checklib import (KEPT_AS_IS, ROOT, Finding, code_only, is_cpp, read, report, run_self_test, tracked_files)

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
FILE_BYTES_MAX = 256 * 1024
LINE_MAX = 120
RATCHET = "scripts/size_ratchet.txt"

# Real processes and measurements need real time; so do the programs' outermost shells.
SHELLS = r"node/(app|ctl|sim)/.*|tests/(integration|chaos|bench)/.*|tests/simulation/main\.cpp"
# Tests that wait, within a bound, for what other threads or processes do.
WAITING_TESTS = (r"tests/gateway/(zmq_fakes|p1_source_fakes)\.hpp|tests/node/core_(test|harness)\.[ch]pp"
                 r"|tests/persistence/(crash|journal_writer)_test\.cpp|tests/actor/remote_nodes\.hpp"
                 r"|tests/node/replication_service_test\.cpp")

# (rule, pattern in C++ code, files where it is fine, what to do instead)
BANNED = [
    ("clock", r"\b(steady_clock|system_clock|high_resolution_clock)::now\b|\b(clock_gettime|gettimeofday)\s*\(",
     rf"base/(time|log)\.cpp|{SHELLS}|{WAITING_TESTS}", "take a Clock, or the time as a parameter"),
    ("randomness", r"\brandom_device\b|\bstd::rand\b|\bsrand\s*\(|\brand\s*\(\s*\)|\bmt19937",
     r"(?!)", "take a Prng; programs seed it from os_random_128()"),
    ("environment", r"\b(secure_)?getenv\s*\(|\bsetenv\s*\(|\benviron\b", r"node/(app|ctl|sim)/\w+\.cpp|tests/.*",
     "only the programs read the environment"),
    ("sleep", r"\bsleep_(for|until)\s*\(|\b(u|nano)?sleep\s*\(", rf"{SHELLS}|{WAITING_TESTS}",
     "wait for an event with a deadline (BoundedQueue::pop_for)"),
    ("print", r"\b(printf|fprintf|puts|fputs|putchar)\s*\(|\bstd::(cout|cerr|clog)\b|\bfmt::print\b",
     rf"base/check\.cpp|{SHELLS}|tests/fuzz/.*", "library code writes to a Log, or returns text"),
    ("using-namespace", r"\busing\s+namespace\s+std\b(?!::(\w+::)*\w*literals)", r"(?!)", "name what you use"),
    ("using-namespace", r"\busing\s+namespace\s+(?!std\b)", r"tests/.*\.cpp",
     "name what you use, or put the code in that namespace"),
    ("assert", r"(?<![\w.])assert\s*\(", r"(?!)", "WATTRING_CHECK: it holds in every build"),
    ("number", r"\bstd::sto(i|l|ll|ul|ull|f|d)\s*\(|\b(atoi|atol|atof|strtol|strtoul|strtod)\s*\(|\bsscanf\s*\(",
     r"tests/.*", "std::from_chars: no exception, no locale, no silent zero"),
    ("regex", r"\bstd::(regex|smatch|cmatch)\b", r"(?!)", "a hand-written scanner; std::regex recurses on its input"),
    ("detach", r"\.detach\s*\(\s*\)", r"(?!)", "std::jthread, joined by its owner"),
    ("iostream", r"#\s*include\s*<(iostream|sstream|regex)>", r"node/(app|ctl|sim)/\w+\.cpp|tests/.*",
     "fmt, std::string and std::from_chars"),
]

# Written in parts so that this file does not find itself.
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(home|root|work|Users)/[\w.]")
NEEDS_SPDX = re.compile(r".*\.(cpp|hpp|py|sh|cmake|js|css)$|(.*/)?CMakeLists\.txt$|(scripts|\.ci)/[^./]+$")
HELD_TO_LINE_MAX = re.compile(r".*\.(py|sh)$|(scripts|\.ci)/[^./]+$")
BINARY = re.compile(r".*\.(png|ico|gz|bin|woff2)$")


def check_text(path, text):
    if path == "LICENSE" or BINARY.match(path) or KEPT_AS_IS.match(path):
        return
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if MARKS.search(line):
            yield Finding(path, number, "mark", "finish it now, or file an issue")
        if MACHINE_PATH.search(line):
            yield Finding(path, number, "machine-path", "a path of one machine")
        if "\t" in line:
            yield Finding(path, number, "tab", "spaces only")
        if len(line) > LINE_MAX and HELD_TO_LINE_MAX.match(path):
            yield Finding(path, number, "long-line", f"{len(line)} columns, over {LINE_MAX}")
        if line != line.rstrip():
            yield Finding(path, number, "trailing-space", "drop the blanks at the end of the line")
    if text and not text.endswith("\n"):
        yield Finding(path, len(lines), "final-newline", "a text file ends with a newline")
    if NEEDS_SPDX.match(path) and not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:4]):
        yield Finding(path, 1, "spdx", "begin with the line SPDX-License-Identifier: Apache-2.0")


def check_cpp(path, text):
    code = code_only(text)
    for rule, pattern, fine_in, hint in BANNED:
        if re.fullmatch(fine_in, path):
            continue
        for match in re.finditer(pattern, code):
            yield Finding(path, code.count("\n", 0, match.start()) + 1, rule, f"{match.group(0).strip()}: {hint}")
    if path.endswith(".hpp") and "#pragma once" not in code:
        yield Finding(path, 1, "pragma-once", "a header begins with #pragma once")


def _without_template(head):
    """Drops leading template <...> and requires clauses' angle brackets, so that `class T` inside is not a class."""
    head = head.strip()
    while head.startswith("template"):
        depth = 0
        for index, char in enumerate(head):
            depth += (char == "<") - (char == ">")
            if char == ">" and depth == 0:
                head = head[index + 1:].strip()
                break
        else:
            return ""
    return head


def _kind(head, before):
    """What the brace that follows `head` opens: a function, an initialiser or something else."""
    if before and (before.isalnum() or before in "_>(,=") or re.search(r"(=|\breturn|,|\()\s*$", head):
        return "init"
    head = _without_template(re.sub(r"\b(public|private|protected)\s*:", " ", head))
    if re.match(r"(inline\s+)?namespace\b|extern\s|(class|struct|union|enum)\b", head):
        return "other"
    return "function" if "(" in head else "other"


def _name(head):
    head = _without_template(re.sub(r"\b(public|private|protected)\s*:", " ", head))
    test = re.match(r"(TEST(_F|_P)?|TYPED_TEST|RC_GTEST_PROP)\s*\(([^)]*)\)", head)
    if test:
        return re.sub(r"\s*,\s*", ".", test.group(3).strip())
    match = re.search(r"(operator\s*\S+|~?[\w:]+)\s*\(", head)
    return re.sub(r"\s+", "", match.group(1)) if match else "?"


def functions(text):
    """(name, first line, number of lines) of each function body; by braces, which is enough for formatted code."""
    code = re.sub(r"^[ ]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), code_only(text), flags=re.M)
    stack, head, line, found = [], "", 1, []
    inside = 0  # how many functions enclose this place
    for index, char in enumerate(code):
        if char == "\n":
            line += 1
        if char == "{":
            kind = "block" if inside else _kind(head, code[index - 1] if index else "")
            stack.append((kind, head, line))
            inside += kind == "function"
            head = "" if kind != "init" else head
        elif char == "}" and stack:
            kind, opened_head, opened_line = stack.pop()
            if kind == "function":
                inside -= 1
                found.append((_name(opened_head), opened_line, line - opened_line + 1))
            head = "" if kind != "init" else opened_head + "{}"
        elif char == ";" and (not stack or stack[-1][0] != "init"):
            head = ""
        else:
            head += char
    return found


def sizes(path, text):
    """{"path" or "path:function": (line, size, limit)} of what is over its limit."""
    over = {}
    count = text.count("\n")
    if count > FILE_LINES_MAX:
        over[path] = (1, count, FILE_LINES_MAX)
    for name, line, length in functions(text):
        if length > FUNCTION_LINES_MAX:
            over[f"{path}:{name}"] = (line, length, FUNCTION_LINES_MAX)
    return over


def check_sizes(over, ratchet):
    for key, (line, size, limit) in over.items():
        path = key.split(":")[0]
        if key not in ratchet:
            yield Finding(path, line, "size", f"{key} has {size} lines, over {limit}: split it by idea")
        elif size > ratchet[key]:
            yield Finding(path, line, "size", f"{key} grew from {ratchet[key]} to {size} lines; it may only shrink")
        elif size < ratchet[key]:
            yield Finding(RATCHET, 1, "size", f"{key} shrank to {size} lines: write it down, not {ratchet[key]}")
    for key in ratchet.keys() - over.keys():
        yield Finding(RATCHET, 1, "size", f"{key} is within the limit now: drop its line")


def read_ratchet():
    lines = read(RATCHET).split("\n") if (ROOT / RATCHET).is_file() else []
    entries = (line.split(None, 1) for line in lines if line and not line.startswith("#"))
    return {key: int(count) for count, key in entries}


def check_listed(paths, cmake_text_by_folder):
    """Each .cpp must be named by a CMake file of its folder or of one above it; else nothing compiles it."""
    for path in paths:
        folder, _, name = path.rpartition("/")
        # By its whole path anywhere, or by its path below a CMake file's folder.
        listed = any(f"/{path}" in text for text in cmake_text_by_folder.values())
        while True:
            text = cmake_text_by_folder.get(folder, "")
            local = path[len(folder) + 1:] if folder else path
            listed = listed or re.search(rf"(?<![\w/]){re.escape(local)}(?!\w)", text) is not None
            if not folder or listed:
                break
            folder = folder.rpartition("/")[0]
        if not listed:
            yield Finding(path, 1, "unlisted", f"no CMake file names {name}: nothing builds it")


def check(path, text):
    findings = list(check_text(path, text))
    if is_cpp(path):
        findings += check_cpp(path, text)
        findings += check_sizes(sizes(path, text), {})
    return findings


SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
LONG_BODY = "  f();\n" * (FUNCTION_LINES_MAX + 1)
SELF_TEST = [
    ("sharding/x.cpp", SPDX + "auto t = std::chrono::steady_clock::now();\n", "clock"),
    ("sharding/x.cpp", SPDX + "// std::chrono::steady_clock::now()\n", None),
    ("sharding/x.cpp", SPDX + 'auto t = "steady_clock::now";\n', None),
    ("base/time.cpp", SPDX + "auto t = std::chrono::steady_clock::now();\n", None),
    ("tests/simulation/main.cpp", SPDX + 'fmt::print("x");\n', None),
    ("tests/simulation/world.cpp", SPDX + 'fmt::print("x");\n', "print"),
    ("node/meter/x.cpp", SPDX + "std::random_device d;\n", "randomness"),
    ("node/gateway/x.cpp", SPDX + 'auto* p = std::getenv("X");\n', "environment"),
    ("node/gateway/x.cpp", SPDX + "std::this_thread::sleep_for(d);\n", "sleep"),
    ("persistence/x.cpp", SPDX + 'std::printf("x");\n', "print"),
    ("persistence/x.cpp", SPDX + "using namespace std;\n", "using-namespace"),
    ("tests/base/x.cpp", SPDX + "using namespace std::string_view_literals;\nusing namespace wattring;\n", None),
    ("node/http/x.cpp", SPDX + "using namespace wattring;\n", "using-namespace"),
    ("persistence/x.cpp", SPDX + "assert(x);\nstatic_assert(y);\n", "assert"),
    ("node/gateway/x.cpp", SPDX + "int x = std::stoi(s);\n", "number"),
    ("node/gateway/x.cpp", SPDX + "std::regex r;\n", "regex"),
    ("node/gateway/x.cpp", SPDX + "t.detach();\n", "detach"),
    ("base/x.hpp", SPDX + "#pragma once\n#include <iostream>\n", "iostream"),
    ("base/x.hpp", SPDX, "pragma-once"),
    ("docs/x.md", "TO" "DO later\n", "mark"),
    ("docs/x.md", "see /ho" "me/someone/x\n", "machine-path"),
    ("docs/x.md", "a\tb\n", "tab"),
    ("docs/x.md", "a \n", "trailing-space"),
    ("docs/x.md", "a", "final-newline"),
    ("scripts/x.py", "# SPDX-License-Identifier: Apache-2.0\n# " + "x" * LINE_MAX + "\n", "long-line"),
    ("base/x.cpp", "int x;\n", "spdx"),
    ("scripts/x", "#!/bin/sh\n", "spdx"),
    ("base/x.cpp", SPDX + "void f(int a) {\n" + LONG_BODY + "}\n", "size"),
    ("base/x.cpp", SPDX + "X::X(int a) : a_{a}, b_(a) {\n" + LONG_BODY + "}\n", "size"),
    ("base/x.cpp", SPDX + "namespace a {\nstruct B {\n" + "  int f() { return 1; }\n" * 90 + "};\n}\n", None),
    ("base/x.cpp", SPDX + "constexpr int kA[] = {\n" + "  f(1),\n" * 90 + "};\n", None),
    ("base/x.cpp", SPDX + "// line\n" * FILE_LINES_MAX, "size"),
]


def self_test():
    failed = run_self_test("check_style", SELF_TEST, check)
    unlisted = list(check_listed(["base/a.cpp", "base/sub/b.cpp", "base/c.cpp"], {"base": "x(a.cpp sub/b.cpp ac.cpp)"}))
    if [finding.path for finding in unlisted] != ["base/c.cpp"]:
        print(f"check_style: canary for unlisted sources: found {unlisted}", file=sys.stderr)
        failed = 1
    grown = list(check_sizes({"a": (1, 600, 500), "b": (1, 600, 500)}, {"a": 590, "b": 610, "c": 1}))
    if len(grown) != 3:
        print(f"check_style: canary for the ratchet: found {grown}", file=sys.stderr)
        failed = 1
    return failed


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    findings, over, cmake = [], {}, {}
    paths = tracked_files()
    for path in paths:
        size = (ROOT / path).stat().st_size
        if size > FILE_BYTES_MAX:
            findings.append(Finding(path, 1, "blob", f"{size} bytes, over {FILE_BYTES_MAX}: not in the repository"))
            continue
        text = read(path)
        findings += check_text(path, text)
        if is_cpp(path):
            findings += check_cpp(path, text)
            over |= sizes(path, text)
        if path.endswith(("CMakeLists.txt", ".cmake")):
            folder = path.rpartition("/")[0]
            cmake[folder] = cmake.get(folder, "") + text
    findings += check_sizes(over, read_ratchet())
    findings += check_listed([path for path in paths if path.endswith(".cpp")], cmake)
    return report(findings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
