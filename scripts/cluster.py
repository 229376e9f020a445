# SPDX-License-Identifier: Apache-2.0
"""Several nodes that know of each other, in folders below one folder."""
import contextlib
import time
from pathlib import Path

from node import Node
from processes import Trouble, wait_until

# Many nodes on one machine, and membership is what is looked at.
SMALL = ("store.workers=1", "store.map_size=256MiB", "store.reserve=16MiB", "store.journal_max=64MiB",
         "store.unsealed_max=16MiB", "http.threads=2")


class Cluster:
    """lab: a Lab with a network of its own for each node; without it all are on loopback. settings_of: more settings,
    by a node's name."""

    def __init__(self, binaries, folder, count, settings=(), lab=None, outlives_us=False, settings_of=None):
        self.binaries = binaries
        self.folder = Path(folder)
        self.settings = [*settings, *(["insecure=true"] if lab else [])]
        self.settings_of = settings_of or (lambda name: [])
        self.lab = lab
        self.outlives_us = outlives_us
        self.nodes = [self.make(number) for number in range(1, count + 1)]

    def make(self, number, name=None, folder=None):
        """A node that is not started. number: of its network in the lab."""
        name = name or f"n{number}"
        place = {"host": self.lab.address(number), "network": self.lab.pid(number)} if self.lab else {}
        settings = [*self.settings, *self.settings_of(name)]
        return Node(self.binaries, folder or self.folder / name, name, settings, self.outlives_us, **place)

    def start(self, seconds=60):
        """All of them, the first founds; gives seconds until all see all."""
        began = time.monotonic()
        seed = None
        for node in self.nodes:
            node.init(seed).start(join=[seed] if seed else [])
            if seed is None:
                seed = node.wait_listening().endpoints["membership"]
        for node in self.nodes[1:]:
            node.wait_listening(seconds)
        self.wait_agreed(seconds)
        return time.monotonic() - began

    def live(self):
        return [node for node in self.nodes if node.process and node.process.poll() is None]

    def wait_agreed(self, seconds=30, count=None):
        """Until each that runs sees so many up: as many as run, unless told otherwise."""
        for node in self.live():
            expected = count or len(self.live())
            wait_until(lambda one=node, number=expected: list(one.states().values()).count("up") == number, seconds,
                       f"{node.name} seeing {expected} up (it sees {node.states()})", node.process, 0.02)

    def wait_whole(self, seconds=60):
        """Until all that run own shards, and none lacks anything of its own."""
        for node in self.live():
            wait_until(node.is_whole, seconds, f"{node.name} having all of its shards ({node.shards()})",
                       node.process, 0.2)

    def wait_state(self, name, state, seconds, observers=None):
        """Until all observers (all that run) hold the member so."""
        for node in observers or self.live():
            if node.name == name:
                continue
            wait_until(lambda one=node: one.states().get(name) == state, seconds,
                       f"{node.name} holding {name} {state} (it says {node.states().get(name)})", node.process, 0.02)

    def stop(self):
        """All at once; Trouble names who did not end well."""
        for node in self.live():
            node.process.signal_group(18)  # SIGCONT: a stopped one would not hear the rest
            node.process.signal_group(15)
        # A second SIGTERM would end them at once.
        ended = {node.name: node.process.wait(60) if node.process.poll() is None else node.process.poll()
                 for node in self.nodes if node.process}
        for node in self.nodes:
            node.stop()
        bad = {name: code for name, code in ended.items() if code not in (0, -9)}
        if bad:
            raise Trouble(f"ended badly: {bad}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            with contextlib.suppress(Trouble):
                self.stop()


class EventMarks:
    """Remembers how far each node's events were read; news() gives what came since, by node."""

    def __init__(self, nodes):
        self.nodes = list(nodes)
        self.seen = {}
        self.news()

    def news(self):
        found = {}
        for node in self.nodes:
            rows = node.events(self.seen.get(node.name, 0))
            if rows:
                self.seen[node.name] = rows[-1]["sequence"]
            found[node.name] = rows
        return found
