#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A cluster of three nodes is loaded and backed up, whole and with one node killed; a flipped bit is found and nothing
is written from it; the backup is restored into one node and into five with another number of shards, as
docs/operations/runbooks.md says, and the ledger of the load passes there.

usage: backup_check.py BIN
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from cluster import SMALL, Cluster  # noqa: E402
from processes import http  # noqa: E402

RULES = """
[[rule]]
name = "over-power"
kind = "over_power"
match = ["*"]
above = "100W"
effective = 2020-01-01T00:00:00Z
"""
BACKUP = "plant-20260211T020000Z"  # on the page
READINGS = 40_000


def expect(holds, text):
    if not holds:
        sys.exit(f"WRONG: {text}")


class Ctl:
    def __init__(self, binaries, nodes):
        self.program = binaries / "wattringctl"
        self.environment = {**os.environ, "WATTRING_NODES": ",".join(node.http for node in nodes)}

    def run(self, *arguments, code=0):
        done = subprocess.run([self.program, *arguments], env=self.environment, capture_output=True, text=True,
                              timeout=300, check=False)
        expect(done.returncode == code,
               f"wattringctl {' '.join(map(str, arguments))} ended with {done.returncode}, wanted {code}:\n"
               f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout if code == 0 else done.stdout + done.stderr

    def json(self, *arguments, code=0):
        return json.loads(self.run(*arguments, "-o", "json", code=code))


def load(binaries, node, ledger):
    subprocess.run([binaries / "wattringsim", "run", "--node", node.http, "--meters", "200", "--readings",
                    str(READINGS), "--registers", "3", "--for", "60s", "--ledger", ledger], check=True, timeout=120,
                   stdout=subprocess.DEVNULL)


def check_ledger(binaries, node, ledger):
    done = subprocess.run([binaries / "wattringsim", "check", ledger, "--node", node.http], capture_output=True,
                          text=True, timeout=200, check=False)
    expect(done.returncode == 0, f"the ledger does not pass at {node.name}: {done.stdout}{done.stderr}")


def runbook_commands(section):
    """The commands of a section's code block, one a line, without what is said to people."""
    text = (ROOT / "docs/operations/runbooks.md").read_text()
    block = re.search(rf"^## {section}$.*?```sh\n(.*?)```", text, re.M | re.S)
    expect(block, f"the runbook has no section {section} with commands")
    return [line.split("#")[0].split() for line in block.group(1).splitlines() if line.strip()]


def follow_runbook(ctl, folder, backup):
    for program, *arguments in runbook_commands("Restore a backup"):
        expect(program == "wattringctl", f"the runbook's {program} is not a command of this test")
        typed = [word.replace(f"/srv/backups/{BACKUP}", str(backup)).replace("/srv/backups", str(folder))
                 for word in arguments]
        ctl.run(*typed)


def flip_a_bit(backup):
    """In the middle of the largest file; its name."""
    victim = max(backup.glob("shard-*.wbk"), key=lambda path: path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 4
    victim.write_bytes(content)
    return victim.name


def check_two_of_one_second(ctl, folder):
    """Backups that begin together never share a folder."""
    with ThreadPoolExecutor() as together:
        taken = list(together.map(lambda _: ctl.json("backup", "create", "--to", folder), range(3)))
    expect(len({one["folder"] for one in taken}) == 3, f"backups share a folder: {taken}")
    listed = ctl.json("backup", "list", folder)["backups"]
    expect([row["state"] for row in listed] == ["complete"] * 3, listed)


def take(binaries, folder, ledger):
    """Two backups of three nodes, the second while one is gone; the folders."""
    with Cluster(binaries, folder / "three", 3, SMALL) as cluster:
        cluster.start()
        cluster.wait_whole()
        first = cluster.nodes[0]
        load(binaries, first, ledger)
        ctl = Ctl(binaries, cluster.nodes)
        answer = http(first.http, "PUT", "/api/v1/rules", RULES)
        expect(answer[0] == 200, f"the rule was not taken: {answer}")
        ctl.run("meter", "add", "EM-ANNOUNCED")
        ctl.run("alerts", "mute", "--rule", "*", "--meter", "EM-*", "--for", "48h", "--why", "test", "--by", "kim")
        whole = ctl.json("backup", "create", "--to", folder / "backups")
        expect(whole["complete"] and whole["readings"] >= READINGS, f"the backup is not all: {whole}")
        check_two_of_one_second(ctl, folder / "together")
        cluster.nodes[2].process.signal_group(9)
        cluster.nodes[2].process.wait(10)
        without_one = ctl.json("backup", "create", "--to", folder / "backups")
        expect(without_one["complete"], f"with one of three nodes gone it is not complete: {without_one}")
        expect(without_one["readings"] == whole["readings"] and without_one["sum"] == whole["sum"],
               f"the two backups differ: {whole} {without_one}")
        cluster.nodes[1].process.signal_group(9)
        cluster.nodes[1].process.wait(10)
        refused = ctl.run("backup", "create", "--to", folder / "refused", "--retry", "2s", code=5)
        expect("could not be taken whole" in refused and "shard 0: " in refused, refused)
        listed = ctl.json("backup", "list", folder / "refused")
        expect([row["state"] for row in listed["backups"]] == ["unfinished"], listed)
    return Path(whole["folder"]), Path(without_one["folder"])


def into_one_node(binaries, folder, backup, ledger):
    damaged = folder / "damaged"
    shutil.copytree(backup, damaged)
    with Cluster(binaries, folder / "one", 1, SMALL) as cluster:
        cluster.start()
        cluster.wait_whole()
        ctl = Ctl(binaries, cluster.nodes)
        name = flip_a_bit(damaged)
        found = ctl.run("backup", "verify", damaged, code=21)
        expect(f"{name}: frame 1 does not verify" in found, f"the flipped bit of {name} is not named: {found}")
        refused = ctl.run("backup", "restore", damaged, "--yes", code=5)
        expect(name in refused and "nothing was written" in refused, refused)
        expect("0 meters" in ctl.run("backup", "restore", backup, "--dry-run"), "something was written")
        lost = re.search(r"--lose-shards (\S+)", refused).group(1)
        some = ctl.json("backup", "restore", damaged, "--yes", "--lose-shards", lost)
        expect(some["readings_in"] == some["readings_out"] > 0 and some["lost_shards"] == lost, some)
        restored = ctl.json("backup", "restore", backup, "--yes")
        expect(restored["readings_in"] == restored["readings_out"] >= READINGS, restored)
        expect(restored["sum_in"] == restored["sum_out"], restored)
        check_ledger(binaries, cluster.nodes[0], ledger)
        again = ctl.json("backup", "restore", backup, "--yes")
        expect(again["sum_out"] == restored["sum_out"], "restoring twice changed something")
        after = ctl.json("backup", "create", "--to", folder / "after")
        taken = json.loads((backup / "manifest.json").read_text().splitlines()[0])
        expect((after["readings"], after["sum"]) == (taken["readings"], taken["sum"]),
               f"a backup of what was restored is another: {after}, {taken['readings']} {taken['sum']}")
        expect(len(ctl.json("alerts", "silences")["silences"]) == 1, "the silence is not there once")
        expect([rule["name"] for rule in ctl.json("rules", "list")["rules"]] == ["over-power"], "the rule is not there")


def into_five_nodes(binaries, folder, backup, ledger):
    with Cluster(binaries, folder / "five", 5, SMALL) as cluster:
        cluster.nodes[0].init_arguments = ["--shards", "256"]
        cluster.start()
        cluster.wait_whole()
        ctl = Ctl(binaries, cluster.nodes)
        follow_runbook(ctl, folder / "backups", backup)
        for node in (cluster.nodes[0], cluster.nodes[4]):
            check_ledger(binaries, node, ledger)


def main():
    binaries = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ledger = folder / "ledger.bin"
        whole, without_one = take(binaries, folder, ledger)
        into_one_node(binaries, folder, whole, ledger)
        into_five_nodes(binaries, folder, without_one, ledger)


if __name__ == "__main__":
    main()
