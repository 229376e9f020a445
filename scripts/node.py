# SPDX-License-Identifier: Apache-2.0
"""One wattringd of this checkout, in a folder of its own, on free ports of loopback or of a network of its own."""
import json
import time
from datetime import datetime
from pathlib import Path

from processes import Process, Trouble, http_get, wait_until

LISTENERS = ("membership", "peers", "ingest", "http", "data")


class Node:
    def __init__(self, binaries, folder, name="n1", settings=(), outlives_us=False, config=None, host="127.0.0.1",
                 network=None, cluster="local"):
        self.binaries = Path(binaries)
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.name = name
        self.settings = list(settings)
        self.config = config
        self.outlives_us = outlives_us
        self.host = host
        self.network = network
        self.init_arguments = []
        self.cluster = cluster
        self.process = None
        self.endpoints = {}

    def init(self, join=None):
        """join: membership address of a member; without one the node founds a cluster."""
        self.folder.mkdir(parents=True, exist_ok=True)
        arguments = [self.binaries / "wattringd", "init", "--data-dir", self.data, "--cluster", self.cluster, "--node",
                     self.name, *(["--join", join] if join else []), *self.init_arguments]
        for setting in self.settings:
            arguments += ["--set", setting]
        log = self.folder / "init.log"
        code = Process(arguments, log, network=self.network).wait(60)
        if code != 0:
            raise Trouble(f"wattringd init ended with {code}: {log.read_text().strip()}")
        return self

    def start(self, ports=None, join=()):
        """Starts the process. ports: those of an earlier start, so that clients find it again; else free ones.
        join: membership addresses to ask for a way in."""
        (self.data / "endpoints.json").unlink(missing_ok=True)
        arguments = [self.binaries / "wattringd", "run", "--data-dir", self.data]
        arguments += ["--config", self.config] if self.config else []
        for address in join:
            arguments += ["--join", address]
        for listener in LISTENERS:
            arguments += ["--set", f"listen.{listener}={(ports or {}).get(listener, self.host + ':0')}"]
        for setting in self.settings:
            arguments += ["--set", setting]
        self.process = Process(arguments, self.folder / "wattringd.log", outlives_us=self.outlives_us,
                               network=self.network)
        return self

    def wait_listening(self, seconds=20):
        path = self.data / "endpoints.json"

        def written():
            try:
                return json.loads(path.read_text())
            except (OSError, ValueError):
                return None

        self.endpoints = wait_until(written, seconds, "writing endpoints.json", self.process, every=0.005)
        return self

    def wait_ready(self, seconds=20):
        """Seconds from now until /readyz says 200."""
        began = time.monotonic()
        wait_until(lambda: http_get(self.http, "/readyz", 1.0)[0] == 200, seconds, "being ready", self.process, 0.005)
        return time.monotonic() - began

    @property
    def http(self):
        return self.endpoints["http"]

    def ports(self):
        return {listener: self.endpoints[listener] for listener in LISTENERS if self.endpoints.get(listener)}

    def stop(self):
        return self.process.stop(60) if self.process else 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def members(self):
        """What it sees: name -> row of /api/v1/members; {} when it does not answer."""
        status, body = http_get(self.http, "/api/v1/members", 5)
        return {row["node"]: row for row in json.loads(body)["members"]} if status == 200 else {}

    def member(self, name):
        """Its row of a member; {} when it knows none of that name, or does not answer."""
        return self.members().get(name, {})

    def states(self):
        return {name: row["state"] for name, row in self.members().items()}

    def events(self, after=0):
        """What changed, as it saw it, oldest first; each with "at", seconds since 1970."""
        status, body = http_get(self.http, f"/api/v1/events?after={after}&limit=1000", 5)
        if status != 200:
            raise Trouble(f"{self.name} does not tell its events: {status} {body[:200]}")
        rows = json.loads(body)["events"]
        for row in rows:
            row["at"] = datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp()
        return rows

    def shards(self):
        """How many shards this node has in which state."""
        return {state: self.metric("wattring_shards", f'state="{state}"') for state in ("owner", "filling", "missing")}

    def is_whole(self):
        """It owns shards, and nothing of them is missing here."""
        shards = self.shards()
        return bool(shards["owner"]) and not shards["filling"] and not shards["missing"]

    def metric(self, name, labels=""):
        """The sum over the series of a metric with that text in their labels; None when there is none."""
        values = []
        for line in http_get(self.http, "/metrics", 5)[1].split("\n"):
            if line.startswith((name + " ", name + "{")) and labels in line:
                values.append(float(line.rsplit(" ", 1)[1]))
        return sum(values) if values else None
