#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the includes to ARCHITECTURE.md: arrows point down, pure folders do no IO, each library has few users.

usage: scripts/check_layers.py [--self-test]
"""
import re
import sys

from checklib import Finding, includes, is_cpp, read, report, run_self_test, tracked_files

# Folder -> folders it may include besides itself. A name ending in ":pure" excludes that folder's IO files.
MAY_USE = {
    "base": [],
    "cluster": ["base"],
    "persistence": ["base"],
    "sharding": ["base", "cluster:pure", "persistence:pure"],
    "node/actor": ["base", "cluster:pure", "sharding", "persistence:pure"],
    "node/meter": ["base", "sharding", "persistence:pure"],
    "node/backup": ["base", "sharding", "persistence:pure", "node/meter"],
    "node/alert": ["base", "sharding", "persistence:pure", "node/actor", "node/meter"],
    "node/gateway": ["base", "cluster", "sharding", "node/meter"],
    "node/http": ["base", "cluster:pure", "node/meter", "node/backup", "node/gateway", "node/alert"],
    "node/ctl": ["base", "cluster", "node/meter", "node/backup", "node/http"],
    "node/sim": ["base", "cluster", "sharding", "node/meter", "node/gateway", "node/http"],
    "node/app": ["base", "cluster", "persistence", "sharding", "node"],
}

# The files of a folder that do IO; all others of that folder are pure.
IO_FILES = {
    "base": r"(log|metrics|time|prng|check|sockets)\.cpp|(bounded_queue|metrics|queued_log)\.hpp",
    "cluster": r"(zmq_\w+|curve|\w+_service)\.[ch]pp",
    "persistence": r"(lmdb\w*|journal_writer|data_directory|files|memory_journal|\w+_service)\.[ch]pp",
    "sharding": r"(?!)",
    "node/backup": r"(?!)",
    "node/meter": r"(zone|\w+_service)\.cpp",
    "node/alert": r"(sink_\w+|http_post\w*|delivery\w*)\.[ch]pp",
}

# What a pure file may not include: clocks, threads, files, sockets, the environment.
IMPURE = re.compile(
    r"^(chrono|ctime|time\.h|thread|mutex|shared_mutex|condition_variable|semaphore|latch|barrier|future|stop_token"
    r"|random|fstream|iostream|filesystem|cstdio|stdio\.h|unistd\.h|fcntl\.h|poll\.h|pthread\.h"
    r"|sys/.*|netinet/.*|arpa/.*|linux/.*)$")

# Library header -> the files that may include it. Everybody else goes through those files' own doors.
LIBRARIES = [
    (r"lmdb\.h", r"persistence/lmdb\w*\.cpp|tests/bench/.*\.cpp"),
    (r"zmq(_addon)?\.hpp|zmq\.h", r"cluster/zmq\w*\.cpp|node/gateway/zmq\w*\.cpp|tests/.*\.[ch]pp"),
    (r"httplib\.h",
     r"node/(http|gateway|ctl|sim|alert)/http\w*\.cpp|node/http/\w*(server|client)\w*\.cpp|tests/.*\.cpp"),
    (r"CLI/.*", r"node/(app|ctl|sim)/\w+\.cpp|tests/simulation/main\.cpp"),
    (r"toml\+\+/.*", r"node/app/config\w*\.cpp|node/alert/rule_toml\.cpp|node/sim/chaos_plan_toml\.cpp"),
    (r"date/.*", r"node/meter/zone\.cpp"),
    (r"nlohmann/.*", r"node/\w+/\w*json\w*\.cpp|tests/.*\.[ch]pp"),
    (r"sodium\.h", r"node/http/token\.cpp"),
    (r"spdlog/.*", r"base/log\.cpp"),
    (r"xxhash\.h", r"base/hash\.cpp"),
    (r"msgpack.*", r"node/gateway/native_\w+\.[ch]pp|cluster/\w+\.cpp|sharding/\w+\.cpp|tests/.*\.[ch]pp"),
    (r"zlib\.h", r"node/(http|gateway)/\w+\.cpp|tests/.*\.cpp"),
    (r"rapidcheck.*|gtest/.*|gmock/.*|benchmark/.*", r"tests/.*"),
]


def folder_of(path):
    parts = path.split("/")
    if len(parts) < 2:
        return None
    if parts[0] == "node" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def is_io(path):
    folder = folder_of(path)
    pattern = IO_FILES.get(folder)
    return pattern is not None and re.fullmatch(pattern, path[len(folder) + 1:]) is not None


def is_pure(path):
    return folder_of(path) in IO_FILES and not is_io(path)


def allowed(source, target):
    """None when the file `source` may include the project's file `target`, else the reason."""
    here, there = folder_of(source), folder_of(target)
    if here == "tests" or here == there:
        return None
    if there == "tests":
        return "production code does not know its tests"
    if here not in MAY_USE:
        return f"{here} is not in the table of layers (MAY_USE in scripts/check_layers.py)"
    uses = MAY_USE[here]
    if there in uses or (there or "").split("/")[0] in uses:
        return None
    if f"{there}:pure" in uses:
        return f"{there}'s IO stays behind its doors" if is_io(target) else None
    return f"{here} may use only: {', '.join(uses) or 'nothing'}"


def check(path, text):
    findings = []
    for number, name, system in includes(text):
        def add(rule, message, line=number):
            findings.append(Finding(path, line, rule, message))

        if not system:
            reason = allowed(path, name)
            if "/" not in name:
                add("include-path", f'write "{name}" relative to the root of the checkout')
            elif reason:
                add("layer", f'includes "{name}": {reason}')
            elif is_pure(path) and is_io(name) and not path.startswith("base/") and not name.startswith("base/"):
                add("pure", f'a pure file includes "{name}", which does IO')
            continue
        if is_pure(path) and IMPURE.match(name):
            add("pure", f"<{name}> in a pure file: time, threads and IO come in through doors")
        for header, users in LIBRARIES:
            if re.fullmatch(header, name) and not re.fullmatch(users, path):
                add("library", f"<{name}> belongs to {users} alone")
    return findings


SELF_TEST = [
    ("base/x.cpp", '#include "node/meter/decimal.hpp"\n', "layer"),
    ("cluster/x.hpp", '#include "sharding/key.hpp"\n', "layer"),
    ("sharding/x.cpp", '#include "persistence/lmdb_journal.hpp"\n', "layer"),
    ("sharding/x.cpp", '#include "persistence/journal.hpp"\n', None),
    ("node/meter/x.cpp", '#include "node/gateway/batch.hpp"\n', "layer"),
    ("node/gateway/x.cpp", '#include "node/http/server.hpp"\n', "layer"),
    ("node/app/x.cpp", '#include "node/http/server.hpp"\n#include "persistence/lmdb_journal.hpp"\n', None),
    ("node/app/x.cpp", '#include "tests/support/temp_dir.hpp"\n', "layer"),
    ("node/new/x.cpp", '#include "base/time.hpp"\n', "layer"),
    ("base/x.hpp", '#include "time.hpp"\n', "include-path"),
    ("sharding/ring.cpp", "#include <chrono>\n", "pure"),
    ("node/meter/fold.cpp", "#include <sys/socket.h>\n", "pure"),
    ("persistence/lmdb_journal.cpp", "#include <sys/stat.h>\n#include <lmdb.h>\n", None),
    ("persistence/lmdb_journal.hpp", "#include <lmdb.h>\n", "library"),
    ("node/gateway/line_protocol.cpp", "#include <zmq.hpp>\n", "library"),
    ("node/http/server.hpp", "#include <httplib.h>\n", "library"),
    ("base/x.cpp", "#include <gtest/gtest.h>\n", "library"),
    ("base/x.cpp", "// #include <lmdb.h>\n", None),
]


def main(arguments):
    if arguments == ["--self-test"]:
        return run_self_test("check_layers", SELF_TEST, check)
    findings = []
    for path in tracked_files():
        if is_cpp(path):
            findings += check(path, read(path))
    return report(findings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
