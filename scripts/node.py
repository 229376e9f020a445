# SPDX-License-Identifier: Apache-2.0
"""One wattringd of this checkout, in a folder of its own, on free ports of loopback."""
import json
import subprocess
import time
from pathlib import Path

from processes import Process, Trouble, http_get, wait_until

LISTENERS = ("membership", "peers", "ingest", "http")


class Node:
    def __init__(self, binaries, folder, name="n1", settings=(), outlives_us=False, config=None):
        self.binaries = Path(binaries)
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.name = name
        self.settings = list(settings)
        self.config = config
        self.outlives_us = outlives_us
        self.process = None
        self.endpoints = {}

    def init(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([self.binaries / "wattringd", "init", "--data-dir", self.data, "--cluster", "local",
                               "--node", self.name], text=True, capture_output=True)
        if done.returncode != 0:
            raise Trouble(f"wattringd init ended with {done.returncode}: {done.stderr.strip()}")
        return self

    def start(self, ports=None):
        """Starts the process. ports: those of an earlier start, so that clients find it again; else free ones."""
        (self.data / "endpoints.json").unlink(missing_ok=True)
        arguments = [self.binaries / "wattringd", "run", "--data-dir", self.data]
        arguments += ["--config", self.config] if self.config else []
        for listener in LISTENERS:
            arguments += ["--set", f"listen.{listener}={(ports or {}).get(listener, '127.0.0.1:0')}"]
        for setting in self.settings:
            arguments += ["--set", setting]
        self.process = Process(arguments, self.folder / "wattringd.log", outlives_us=self.outlives_us)
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

    def metric(self, name, labels=""):
        """The sum over the series of a metric with that text in their labels; None when there is none."""
        values = []
        for line in http_get(self.http, "/metrics", 5)[1].split("\n"):
            if line.startswith((name + " ", name + "{")) and labels in line:
                values.append(float(line.rsplit(" ", 1)[1]))
        return sum(values) if values else None
