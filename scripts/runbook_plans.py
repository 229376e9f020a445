# SPDX-License-Identifier: Apache-2.0
"""Plan of scripts/chaos that types docs/operations/runbooks.md: every block, line by line, on a cluster of three in the
trouble that its chapter is about, while readings come. `/var/lib/wattring`, `n1:7410` and `systemctl` stand for the
data, the address and the process of a node of ours; everything else is run as it is written."""
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from cluster import SMALL, Cluster
from judging import Wrong, expect, say
from processes import ROOT, Trouble, wait_until
from simulator import PASS, Simulator

PAGE = ROOT / "docs/operations/runbooks.md"
LINE_LIMIT_S = 120
# Commands that only look: what they show may take a moment to become what the page says.
LOOKS = ("health", "members", "problems", "ring", "status")
LOOK_LIMIT_S = 15
SKIPPED = 77
RATE = ["--rate", "300", "--batch", "20", "--patience", "60s"]


class Line:
    """A command and what its comment asks for."""

    def __init__(self, text):
        command, _, self.comment = text.partition("#")
        self.command = command.strip()
        found = re.search(r"\bon (n\d)\b", self.comment)
        self.machine = found[1] if found else None
        found = re.search(r"\bexit (\d+)\b", self.comment)
        self.code = int(found[1]) if found else 0
        found = re.search(r"\bshows (.+)$", self.comment)
        self.shows = found[1].strip() if found else ""

    def looks(self):
        words = self.command.split()
        return words[0] == "wattringctl" and words[1] in LOOKS

    def holds(self, code, output):
        return code == self.code and self.shows in output


def chapters():
    """Of the page: title -> lines of its blocks, in order."""
    found = {}
    title, in_block = None, False
    for text in PAGE.read_text().splitlines():
        if text.startswith("## "):
            title = text[3:]
        elif text.startswith("```"):
            in_block = text == "```sh"
        elif in_block and text.strip():
            found.setdefault(title, []).append(Line(text))
    return found


class Machines:
    """Three nodes, as somebody sees them who types."""

    def __init__(self, options, folder, data_of=None):
        self.simulator = Simulator(options.bin)
        self.binaries = Path(options.bin)
        self.folder = folder
        self.cluster = Cluster(options.bin, folder, 3, SMALL)
        for node in self.cluster.nodes:
            node.data = (data_of or {}).get(node.name, node.data)
        self.ports = {}
        self.other = {}
        self.ledgers = []

    def start(self):
        self.cluster.start()
        self.cluster.wait_whole()
        self.ports = {node.name: node.ports() for node in self.cluster.nodes}

    def node(self, name):
        return next(node for node in self.cluster.nodes if node.name == name)

    def members(self):
        return ",".join(ports["http"] for ports in self.ports.values())

    def load(self, seconds):
        """Readings through all nodes, in the background."""
        ledger = self.folder / f"ledger-{len(self.ledgers)}"
        self.ledgers.append(ledger)
        extra = [*RATE, "--prefix", f"L{len(self.ledgers)}-"]
        for ports in list(self.ports.values())[1:]:
            extra += ["--node", ports["http"]]
        return self.simulator.load(self.node("n1"), ledger, self.folder / f"load-{len(self.ledgers)}.log", seconds, 60,
                                   len(self.ledgers), extra)

    def check(self):
        """Nothing is lost that was acknowledged, by any ledger, through any node."""
        for ledger in self.ledgers:
            for node in self.cluster.nodes:
                code, output = self.simulator.check(node, ledger)
                expect(code == PASS, f"{ledger.name} through {node.name}:\n{output}")

    def systemctl(self, verb, name):
        node = self.node(name)
        if verb == "start":
            join = [ports["membership"] for other, ports in self.ports.items() if other != name]
            node.start(self.ports[name], join=join).wait_listening(60)
        elif verb == "stop":
            node.stop()
        else:
            raise Trouble(f"systemctl {verb}: not known to this test")
        return 0, ""

    def type(self, line, renamed):
        """(exit code, output) of a line. renamed: what is typed instead of names on the page."""
        command = line.command
        machine = line.machine
        for old, new in renamed.items():
            command = re.sub(rf"\b{old}\b", new, command)
            machine = new if machine == old else machine
        words = shlex.split(command)
        if words[0] == "systemctl" and words[2:] == ["wattringd"]:
            return self.systemctl(words[1], machine)
        if words[0] == "journalctl":
            return 0, self.node(machine).process.log_tail(4000)
        if words[0] == "apt-get":
            return 0, ""
        if machine:
            data = self.node(machine).data
            command = command.replace("/var/lib/other", str(self.other.get(machine, "/nonexistent")))
            command = command.replace("/var/lib/wattring", str(data))
            command = command.replace("n1:7410", self.ports["n1"]["membership"])
        environment = {**os.environ, "WATTRING_NODES": self.members(), "PATH": f"{self.binaries}:{os.environ['PATH']}"}
        try:
            done = subprocess.run(["bash", "-c", command], env=environment, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=LINE_LIMIT_S)
        except subprocess.TimeoutExpired as late:
            raise Wrong(f"\"{line.command}\" did not end within {LINE_LIMIT_S} s") from late
        return done.returncode, done.stdout

    def follow(self, lines, renamed=None):
        for line in lines:
            began = time.monotonic()
            code, output = self.type(line, renamed or {})
            while line.looks() and not line.holds(code, output) and time.monotonic() < began + LOOK_LIMIT_S:
                time.sleep(0.5)
                code, output = self.type(line, renamed or {})
            print(f"    {time.monotonic() - began:5.1f} s  {line.command}", flush=True)
            expect(code == line.code, f"\"{line.command}\" ended with {code}, the page says {line.code}:\n{output}")
            expect(line.shows in output, f"\"{line.command}\" does not show \"{line.shows}\":\n{output}")


def wait_down(machines, names):
    for name in names:
        machines.cluster.wait_state(name, "down", 60)


def end(load):
    code = load.wait(120)
    expect(code == 0, f"the load ended with {code}: {load.log_tail()}")


def node_lost(machines, lines):
    with machines.load(12) as load:
        time.sleep(1)
        machines.node("n3").process.kill_9()
        wait_down(machines, ["n3"])
        machines.follow(lines)
        end(load)


def disk_lost(machines, lines):
    with machines.load(25) as load:
        time.sleep(1)
        node = machines.node("n3")
        node.process.kill_9()
        shutil.rmtree(node.data)
        node.data.mkdir()
        wait_down(machines, ["n3"])
        machines.follow(lines)
        end(load)


def majority_lost(machines, lines):
    with machines.load(3) as load:
        end(load)
    for name in ("n2", "n3"):
        machines.node(name).process.kill_9()
    wait_down(machines, ["n2", "n3"])
    machines.follow(lines)
    with machines.load(3) as load:
        end(load)


def disk_full(machines, lines):
    """n3's data is on a small volume, with something else that takes the room."""
    other = machines.node("n3").data.parent / "other"
    other.mkdir()
    machines.other["n3"] = other
    with machines.load(15) as load:
        time.sleep(1)
        free = shutil.disk_usage(other).free
        with open(other / "big", "wb") as out:
            for _ in range((free - (8 << 20)) // 65536):
                out.write(bytes(65536))
        wait_until(lambda: "DISK_RESERVE" in machines.type(Line("wattringctl problems"), {})[1], 30, "a full disk")
        machines.follow(lines)
        end(load)


def upgrade(machines, lines):
    with machines.load(25) as load:
        for name in ("n1", "n2", "n3"):
            say(f"{name}:")
            machines.follow(lines, {"n3": name})
        end(load)


def restore(machines, lines):
    """All disks are gone; a new cluster gets what the backup has."""
    with machines.load(5) as load:
        end(load)
    backups = machines.folder / "backups"
    code, output = machines.type(Line(f"wattringctl backup create --to {backups}"), {})
    expect(code == 0, f"the backup was not taken:\n{output}")
    backup = next(path.name for path in backups.iterdir())
    for node in machines.cluster.nodes:
        node.process.kill_9()
        shutil.rmtree(node.data)
    machines.start()
    for line in lines:
        line.command = line.command.replace("plant-20260211T020000Z", backup).replace("/srv/backups", str(backups))
    machines.follow(lines)


STAGES = {
    "A node is lost": node_lost,
    "A disk is lost": disk_lost,
    "Most nodes are lost": majority_lost,
    "A disk is full": disk_full,
    "Restore a backup": restore,
    "Upgrade: one node after the other": upgrade,
}


@contextlib.contextmanager
def volume(folder, wanted):
    """Somewhere for n3's data: a small file system of its own where it is wanted. None: nothing may be mounted."""
    folder.mkdir()
    if not wanted:
        yield folder
        return
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", folder], capture_output=True)
    try:
        yield folder if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", folder], check=True)


def one_runbook(options, folder, title, lines):
    """False: it cannot be tried here."""
    folder.mkdir()
    with volume(folder / "volume", STAGES[title] is disk_full) as place:
        if place is None:
            say(f"{title}: skipped: mounting a tmpfs needs root")
            return False
        machines = Machines(options, folder, {"n3": place / "data"})
        with machines.cluster:
            machines.start()
            say(title)
            STAGES[title](machines, lines)
            machines.check()
    return True


def runbooks(options, folder):
    """Every chapter of the page, or those whose title contains --name."""
    found = chapters()
    odd = sorted(set(found) ^ set(STAGES))
    expect(not odd, f"chapters {odd}: on the page, or here, but not both")
    chosen = {title: lines for title, lines in found.items()
              if not options.name or any(name.lower() in title.lower() for name in options.name)}
    expect(chosen, f"no chapter is called {options.name}")
    done = [one_runbook(options, folder / str(number), title, lines)
            for number, (title, lines) in enumerate(chosen.items())]
    return 0 if any(done) else SKIPPED


PLANS = {"runbooks": runbooks}
