#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy-16 on the sources of build/release/compile_commands.json, two at a time.

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
from pathlib import Path

from checklib import ROOT, includes

TIDY = "clang-tidy-16"
CACHE = Path(os.environ.get("WATTRING_TIDY_CACHE", ROOT / "build/tidy-cache"))
DATABASE = ROOT / "build/release/compile_commands.json"
# The database holds GCC's command lines.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--quiet"]


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


def check(entry, common):
    mark = CACHE / fingerprint(entry, common)
    if mark.exists():
        return "known", ""
    code, output = run_tidy(["-p", str(DATABASE.parent), entry["file"]])
    if code == 0:
        mark.touch()
        return "clean", ""
    return "dirty", output or f"{entry['file']}: {TIDY} ended with {code}"


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
        results = list(pool.map(lambda entry: check(entry, common), entries))
    for state, output in results:
        if state == "dirty":
            print(output)
    return 1 if any(state == "dirty" for state, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
