#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles the named Python files and refuses names that are imported and never used.

usage: scripts/check_python.py FILE...
"""
import ast
import sys
from pathlib import Path


def check(path):
    try:
        tree = ast.parse(Path(path).read_bytes(), path)
    except SyntaxError as error:
        yield f"{path}:{error.lineno}: {error.msg}"
        return
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in node.names:
                imported[(name.asname or name.name).split(".")[0]] = node.lineno
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for name, line in imported.items():
        if name not in used:
            yield f"{path}:{line}: {name} is imported and not used"


def main(paths):
    findings = [finding for path in paths for finding in check(path)]
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
