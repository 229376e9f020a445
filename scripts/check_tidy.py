#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy-16 on the sources of build/release/compile_commands.json, on every core.

Neighbours are looked at as one translation unit, because most of the time goes into the headers that they share. A
group with which anything is wrong, be it that two of its sources use one name, is looked at again one by one.
A source that was clean is not looked at again until it, a header of ours that it includes, its compile command or
.clang-tidy changes; the memory is build/tidy-cache (or WATTRING_TIDY_CACHE).

usage: scripts/check_tidy.py [--all] [--self-test]
  --all   test sources too
"""
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from checklib import ROOT, includes

TIDY = "clang-tidy-16"
CACHE = Path(os.environ.get("WATTRING_TIDY_CACHE", ROOT / "build/tidy-cache"))
DATABASE = ROOT / "build/release/compile_commands.json"
# The database holds GCC's command lines.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--quiet"]
GROUP = 8


def headers_of(path, seen):
    """Our own files that `path` includes, however deep."""
    for _, name, system in includes(path.read_text(errors="replace")):
        header = ROOT / name
        if not system and header not in seen and header.is_file():
            seen.add(header)
            headers_of(header, seen)
    return seen


def fingerprint(entry, common):
    """Of all that decides what clang-tidy would say about this source."""
    source = Path(entry["file"])
    digest = hashlib.sha256(common)
    digest.update(entry["command"].replace(str(ROOT), "").encode())
    for path in [source, *sorted(headers_of(source, set()))]:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def run_tidy(arguments):
    done = subprocess.run([TIDY, *EXTRA, *arguments], cwd=ROOT, text=True, capture_output=True)
    # The counts of warnings in other people's headers are noise.
    errors = [line for line in done.stderr.split("\n")
              if re.search(r"error:|Error ", line) and "warnings treated as errors" not in line]
    lines = done.stdout.replace(f"{ROOT}/", "").strip()
    return done.returncode, "\n".join(part for part in [lines, *errors] if part)


def sources(everything):
    entries = {}
    for entry in json.loads(DATABASE.read_text()):
        path = Path(entry["file"])
        if "command" not in entry:
            entry["command"] = shlex.join(entry["arguments"])
        if not path.is_relative_to(ROOT) or not path.is_file() or path.is_relative_to(ROOT / "build"):
            continue  # generated
        if everything or not path.is_relative_to(ROOT / "tests"):
            entries[path] = entry
    return [entries[path] for path in sorted(entries)]


def flags_of(entry):
    return entry["command"].split(" -o ")[0]


def groups_of(entries):
    for _, same in groupby(entries, lambda entry: (Path(entry["file"]).parent, flags_of(entry))):
        same = list(same)
        yield from (same[first:first + GROUP] for first in range(0, len(same), GROUP))


def clean_together(entries):
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "unit.cpp"
        unit.write_text("".join(f'#include "{entry["file"]}"\n' for entry in entries))
        command = entries[0]["command"].replace(entries[0]["file"], str(unit))
        database = [{"directory": entries[0]["directory"], "command": command, "file": str(unit)}]
        (Path(folder) / "compile_commands.json").write_text(json.dumps(database))
        code, _ = run_tidy([f"--config-file={ROOT / '.clang-tidy'}", "--checks=-bugprone-suspicious-include",
                            "-p", folder, str(unit)])
    return code == 0


def check_alone(entry):
    code, output = run_tidy(["-p", str(DATABASE.parent), entry["file"]])
    return "" if code == 0 else output or f"{entry['file']}: {TIDY} ended with {code}"


def check(group, common):
    """What is wrong with these sources, a text for each with which something is."""
    marks = {entry["file"]: CACHE / fingerprint(entry, common) for entry in group}
    news = [entry for entry in group if not marks[entry["file"]].exists()]
    together = len(news) > 1 and clean_together(news)
    findings = {entry["file"]: "" if together else check_alone(entry) for entry in news}
    for file, text in findings.items():
        if not text:
            marks[file].touch()
    return [text for text in findings.values() if text]


def self_test():
    """A badly named variable must be refused, or the configuration is not read at all."""
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary.cpp"
        canary.write_text("int BadName = 0;\n")
        code, output = run_tidy([f"--config-file={ROOT / '.clang-tidy'}", str(canary), "--", "-std=c++20"])
    if code == 0 or "readability-identifier-naming" not in output:
        print(f"check_tidy: the canary was not refused (exit {code}): {output}", file=sys.stderr)
        return 1
    return 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if arguments not in ([], ["--all"]):
        print(__doc__, file=sys.stderr)
        return 2
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    CACHE.mkdir(parents=True, exist_ok=True)
    entries = sources("--all" in arguments)
    if not entries:
        print("no sources in build/release/compile_commands.json")
        return 1
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        told = list(pool.map(lambda group: check(group, common), groups_of(entries)))
    findings = [text for texts in told for text in texts]
    for text in findings:
        print(text)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
