#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""wattringsim cluster up, status and down with real nodes.

usage: local_cluster_check.py BIN
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from processes import wait_until  # noqa: E402


def sim(binaries, *words):
    done = subprocess.run([binaries / "wattringsim", "cluster", *words], text=True, capture_output=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def expect(holds, text):
    if not holds:
        sys.exit(f"WRONG: {text}")


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def check(binaries, folder):
    place = ["--dir", str(folder / "cluster")]
    code, text = sim(binaries, "status", *place)
    expect(code == 3 and "cluster up" in text, f"status of nothing: {code} {text}")
    code, text = sim(binaries, "up", "3", *place)
    expect(code == 0 and "WATTRING_NODES=" in text, f"up: {code} {text}")
    book = folder / "cluster" / "cluster.json"
    pids = [node["pid"] for node in json.loads(book.read_text())["nodes"]]
    try:
        # On a busy machine one may be suspected, or answer late, for a moment.
        wait_until(lambda: sim(binaries, "status", *place)[1].count("3 up") == 3, 30, "status showing that all see all",
                   None, 0.2)
        code, text = sim(binaries, "up", "3", *place)
        expect(code == 2 and "already" in text, f"a second up: {code} {text}")
        os.kill(pids[2], signal.SIGKILL)
        wait_until(lambda: not running(pids[2]), 30, "the killed node being gone")
        code, text = sim(binaries, "status", *place)
        expect(code == 0 and text.count("ended") == 1, f"status after a kill: {code} {text}")
        leave_strangers_alone(binaries, folder, book)
        code, text = sim(binaries, "down", *place)
        expect(code == 0 and text.startswith("2 ended when asked   0 killed   1 did not run"), f"down: {code} {text}")
        expect(not any(running(pid) for pid in pids), "down left nodes running")
        expect(not (folder / "cluster").exists(), "down left data")
    finally:
        for pid in filter(running, pids):
            os.kill(pid, signal.SIGKILL)


def leave_strangers_alone(binaries, folder, book):
    """Books in which a number is another process's by now."""
    with subprocess.Popen(["sleep", "60"]) as stranger:
        forged = folder / "forged"
        forged.mkdir()
        row = json.loads(book.read_text())["nodes"][0]
        row["pid"] = stranger.pid
        (forged / "cluster.json").write_text(json.dumps({"schema": "wattringsim.cluster/1", "nodes": [row]}))
        code, text = sim(binaries, "down", "--dir", str(forged))
        alive = stranger.poll() is None
        stranger.kill()
    expect(code == 0 and text.startswith("0 ended"), f"down with another's number: {code} {text}")
    expect(alive, "down ended a process that up did not start")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="wattring-cluster-") as made:
        check(Path(sys.argv[1]).resolve(), Path(made))
