# SPDX-License-Identifier: Apache-2.0
"""The two sides of the comparison of membership: clusters in a lab, what each member learned and when."""
import ctypes
import os
import re
import select
import shutil
import signal
import subprocess
import threading
import time

from cluster import SMALL, Cluster
from processes import Process, wait_until

FAILED, BACK = "failed", "back"

class Wattring:
    name = "wattring"

    def __init__(self, binaries):
        self.binaries = binaries
        self.cluster = None

    def missing(self):
        if not (self.binaries / "wattringd").exists():
            return "wattringd is not built"
        return ""

    def version(self):
        done = subprocess.run([self.binaries / "wattringd", "version"], text=True, capture_output=True)
        return done.stdout.split("\n")[0].strip()

    def start(self, lab, count, folder):
        self.cluster = Cluster(self.binaries, folder, count, SMALL, lab)
        return self.cluster.start(60 + count * 2)

    def processes(self):
        return {number: node.process for number, node in enumerate(self.cluster.nodes, 1)
                if node.process.poll() is None}

    def restart(self, number):
        node, seed = self.cluster.nodes[number - 1], self.cluster.nodes[number % len(self.cluster.nodes)]
        node.start(node.ports(), [seed.endpoints["membership"]]).wait_listening(60)

    def wait_agreed(self, seconds):
        self.cluster.wait_agreed(seconds)

    def wait_failed(self, number, seconds, observers):
        nodes = [self.cluster.nodes[one - 1] for one in observers]
        self.cluster.wait_state(f"n{number}", "down", seconds, nodes)

    def learned(self, since, observers, number=None):
        """(observer, member, kind, at) of failures and returns that members noticed since then."""
        rows = []
        for one in observers:
            for event in self.cluster.nodes[one - 1].events():
                kind = {"failed": FAILED, "rejoined": BACK, "recovered": BACK}.get(event["event"])
                if kind and event["at"] >= since and number in (None, int(event["node"][1:])):
                    rows.append((one, event["node"], kind, event["at"]))
        return rows

    def stop(self):
        try:
            self.cluster.stop()
        finally:
            for node in self.cluster.nodes:
                if node.process:
                    node.process.kill_9()

class LineStamps:
    """Tells at what time each line came into growing files: the kernel reports each write."""
    IN_MODIFY = 2

    def __init__(self, take):
        self.take = take  # called with (key, line, at)
        self.libc = ctypes.CDLL(None)
        self.descriptor = self.libc.inotify_init1(os.O_CLOEXEC)
        self.files = {}
        self.over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def watch(self, key, path):
        file = open(path, "a+b")
        file.seek(0)
        watched = self.libc.inotify_add_watch(self.descriptor, str(path).encode(), self.IN_MODIFY)
        self.files[watched] = (key, file, [b""])

    def _run(self):
        while not self.over:
            if not select.select([self.descriptor], [], [], 0.2)[0]:
                continue
            events = os.read(self.descriptor, 65536)
            at = time.time()
            offset = 0
            while offset < len(events):
                watched = int.from_bytes(events[offset:offset + 4], "little")
                offset += 16 + int.from_bytes(events[offset + 12:offset + 16], "little")
                self._read(watched, at)

    def _read(self, watched, at):
        entry = self.files.get(watched)
        if entry is None:
            return
        key, file, rest = entry
        *lines, rest[0] = (rest[0] + file.read()).split(b"\n")
        for line in lines:
            self.take(key, line.decode("utf-8", "replace"), at)

    def close(self):
        self.over = True
        self.thread.join()
        os.close(self.descriptor)
        for _, file, _ in self.files.values():
            file.close()

class Serf:
    """Agents with the default profile (lan), unencrypted, without snapshots and event handlers. What a member knows,
    and since when, is taken from its log."""
    name = "serf"
    LINE = re.compile(r"serf: EventMember(Join|Failed|Leave|Reap): (\S+)")
    PORT = 7946

    def __init__(self):
        self.states = {}
        self.rows = []
        self.agents = {}

    def missing(self):
        return "" if shutil.which("serf") else "package serf is not installed"

    def version(self):
        done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "serf"], text=True, capture_output=True)
        return f"serf {done.stdout.strip()}, -profile=lan"

    def take(self, number, line, at):
        found = self.LINE.search(line)
        if not found:
            return
        what, name = found.groups()
        before = self.states[number].get(name)
        self.states[number][name] = what
        if what == "Failed":
            self.rows.append((number, name, FAILED, at))
        elif what == "Join" and before == "Failed":
            self.rows.append((number, name, BACK, at))

    def start(self, lab, count, folder):
        self.lab, self.count, self.folder = lab, count, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.states, self.rows, self.agents = {}, [], {}
        self.stamps = LineStamps(self.take)
        began = time.monotonic()
        for number in range(1, count + 1):
            self._run(number, 1 if number > 1 else None)
            if number == 1:
                wait_until(lambda: self.states[1].get("n1") == "Join", 20, "starting serf", self.agents[1])
        self.wait_agreed(60 + count * 2)
        return time.monotonic() - began

    def _run(self, number, seed):
        log = self.folder / f"n{number}.log"
        self.states[number] = {}
        if number not in self.agents:
            self.stamps.watch(number, log)
        arguments = ["serf", "agent", "-node", f"n{number}", "-bind", f"{self.lab.address(number)}:{self.PORT}",
                     "-profile=lan", "-log-level=info"]
        if seed:
            arguments += ["-retry-join", f"{self.lab.address(seed)}:{self.PORT}", "-retry-interval", "1s"]
        self.agents[number] = Process(arguments, log, network=self.lab.pid(number))

    def processes(self):
        return {number: agent for number, agent in self.agents.items() if agent.poll() is None}

    def restart(self, number):
        self._run(number, number % self.count + 1)

    def wait_agreed(self, seconds):
        live = self.processes()
        names = {f"n{number}" for number in live}

        def agreed():
            return all({name for name, state in list(self.states[number].items()) if state == "Join"} == names
                       for number in live)
        wait_until(agreed, seconds, "serf's members agreeing")

    def wait_failed(self, number, seconds, observers):
        wait_until(lambda: all(self.states[one].get(f"n{number}") == "Failed" for one in observers), seconds,
                   f"all agents holding n{number} failed")

    def learned(self, since, observers, number=None):
        return [row for row in list(self.rows) if row[3] >= since and row[0] in observers
                and (number is None or row[1] == f"n{number}")]

    def stop(self):
        for agent in self.agents.values():
            agent.kill_9()
        self.stamps.close()

def pause(process):
    process.signal_group(signal.SIGSTOP)

def resume(process):
    process.signal_group(signal.SIGCONT)

def all_sides(binaries):
    return [Wattring(binaries), Serf()]

__all__ = ["BACK", "FAILED", "Serf", "Trouble", "Wattring", "all_sides", "pause", "resume"]
