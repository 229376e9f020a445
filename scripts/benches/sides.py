# SPDX-License-Identifier: Apache-2.0
"""The stores that scripts/bench compares with: from Debian's packages, on loopback, in a folder of their own, with the
settings stated here. Each side: start() in a fresh folder, the options of line_load that reach it, what it holds."""
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

from node import Node
from processes import Process, folder_bytes, free_port, http_get, status_bytes, wait_until

POSTGRES = Path("/usr/lib/postgresql/15/bin")


def output_of(*arguments):
    done = subprocess.run([str(a) for a in arguments], text=True, capture_output=True)
    return (done.stdout + done.stderr).strip()


def version_in(text):
    match = re.search(r"\d+\.\d+[\w.+~-]*", text)
    return match.group(0) if match else "?"


class Side:
    """One store under test. start() gives it a folder; stop() ends it."""
    name = ""
    durable = ""  # when a request is answered, what is on the disk

    def __init__(self):
        self.process = None
        self.folder = None

    def missing(self):
        """Why it cannot take part; empty when it can."""
        return ""

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None

    def rss_bytes(self):
        return status_bytes(self.process.pid)

    def disk_bytes(self):
        return folder_bytes(self.folder)


class Wattring(Side):
    name = "wattring"
    durable = "each request, fsync before the reply; validated and folded"

    def __init__(self, binaries):
        super().__init__()
        self.binaries = Path(binaries)
        self.node = None

    def missing(self):
        return "" if (self.binaries / "wattringd").exists() else "wattringd is not built"

    def version(self):
        return version_in(output_of(self.binaries / "wattringd", "version"))

    def start(self, folder):
        self.folder = Path(folder)
        self.node = Node(self.binaries, folder).init().start().wait_listening()
        self.process = self.node.process
        self.node.wait_ready()

    def load_options(self):
        host, _, port = self.node.http.rpartition(":")
        return ["--protocol", "http", "--host", host, "--port", port, "--path", "/write?precision=ms"]

    def held(self):
        return self.node.metric("wattring_readings_total", 'result="acked"')


class VictoriaMetrics(Side):
    name = "victoria-metrics"
    durable = "not each request: kept in memory, flushed to disk every few seconds"

    def missing(self):
        return "" if shutil.which("victoria-metrics") else "package victoria-metrics is not installed"

    def version(self):
        return version_in(output_of("dpkg-query", "-W", "-f=${Version}", "victoria-metrics"))

    def start(self, folder):
        self.folder = Path(folder)
        self.address = f"127.0.0.1:{free_port()}"
        self.process = Process(["victoria-metrics", f"-storageDataPath={folder}/data",
                                f"-httpListenAddr={self.address}", "-retentionPeriod=100y", "-loggerLevel=ERROR"],
                               self.folder / "log")
        wait_until(lambda: http_get(self.address, "/health")[0] == 200, 30, "answering", self.process)

    def load_options(self):
        return ["--protocol", "http", "--port", self.address.split(":")[1], "--path", "/write?precision=ms"]

    def held(self):
        match = re.search(r'vm_rows_inserted_total\{type="influx"\} (\d+)', http_get(self.address, "/metrics", 10)[1])
        return int(match.group(1)) if match else None


class Influx(Side):
    name = "influxdb"
    durable = "each request, fsync of the write-ahead log (wal-fsync-delay = 0s)"
    CONFIG = """reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
  logging-enabled = false
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  wal-fsync-delay = "0s"
  query-log-enabled = false
  max-series-per-database = 0
  max-values-per-tag = 0
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
[monitor]
  store-enabled = false
[logging]
  level = "error"
"""

    def missing(self):
        return "" if shutil.which("influxd") else "package influxdb is not installed"

    def version(self):
        return version_in(output_of("dpkg-query", "-W", "-f=${Version}", "influxdb"))

    def start(self, folder):
        self.folder = Path(folder)
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        config = self.folder / "influxdb.conf"
        config.write_text(self.CONFIG.format(folder=folder, http=port, rpc=free_port()))
        self.process = Process(["influxd", "-config", config], self.folder / "log")
        wait_until(lambda: http_get(self.address, "/ping")[0] == 204, 30, "answering", self.process)
        self.query("CREATE DATABASE bench", "POST")

    def query(self, text, method="GET"):
        arguments = urllib.parse.urlencode({"db": "bench", "q": text})
        request = urllib.request.Request(f"http://{self.address}/query?{arguments}", method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def load_options(self):
        return ["--protocol", "http", "--port", self.address.split(":")[1], "--path", "/write?db=bench&precision=ms"]

    def held(self):
        with contextlib.suppress(KeyError, IndexError):
            result = self.query("SELECT count(import_wh) FROM readings")["results"][0]
            return result["series"][0]["values"][0][1]
        return None


class Postgres(Side):
    name = "postgresql"
    durable = "each COPY of one batch, commit with fsync (synchronous_commit = on)"
    TABLE = "CREATE TABLE readings (meter text, ts bigint, import_wh bigint, PRIMARY KEY (meter, ts))"
    SETTINGS = {"listen_addresses": "", "fsync": "on", "synchronous_commit": "on", "shared_buffers": "1GB",
                "max_wal_size": "8GB", "checkpoint_timeout": "15min"}

    def missing(self):
        if not (POSTGRES / "postgres").exists():
            return "package postgresql-15 is not installed"
        if os.geteuid() == 0 and not shutil.which("setpriv"):
            return "it does not run as root, and there is no setpriv"
        return ""

    def as_owner(self, *arguments):
        # The change of user drops the order to die with us, so it is given again.
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=KILL"]
        prefix = prefix if os.geteuid() == 0 else []
        return [*prefix, *(str(a) for a in arguments)]

    def version(self):
        return version_in(output_of(POSTGRES / "postgres", "--version"))

    def start(self, folder):
        self.folder = Path(folder)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        made = subprocess.run(self.as_owner(POSTGRES / "initdb", "-D", self.folder / "data", "-A", "trust", "-U",
                                            "postgres", "--no-sync"), text=True, capture_output=True, cwd=folder)
        made.check_returncode()
        settings = [part for key, value in self.SETTINGS.items() for part in ("-c", f"{key}={value}")]
        command = self.as_owner(POSTGRES / "postgres", "-D", self.folder / "data", "-k", folder, *settings)
        self.process = Process(command, self.folder / "log", cwd=folder)
        wait_until(lambda: self.answers(), 30, "answering", self.process)
        subprocess.run([*self.psql(), "-c", self.TABLE], check=True, capture_output=True)

    def answers(self):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(self.folder / ".s.PGSQL.5432"))
            return subprocess.run([*self.psql(), "-c", "SELECT 1"], capture_output=True).returncode == 0
        return False

    def rss_bytes(self):
        return None  # many processes that share most of their memory

    def psql(self):
        return ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-U", "postgres", "-d", "postgres"]

    def load_options(self):
        return ["--protocol", "copy", "--command", " ".join(self.psql()) + " >/dev/null"]

    def held(self):
        done = subprocess.run([*self.psql(), "-At", "-c", "SELECT count(*) FROM readings"], text=True,
                              capture_output=True)
        return int(done.stdout) if done.returncode == 0 else None


class Redis(Side):
    name = "redis"
    durable = "each turn of the loop, fsync before the replies (appendfsync always); a stream a meter, pipelined XADD"

    def missing(self):
        return "" if shutil.which("redis-server") else "package redis-server is not installed"

    def version(self):
        return version_in(output_of("redis-server", "--version"))

    def start(self, folder):
        self.folder = Path(folder)
        self.port = free_port()
        self.process = Process(["redis-server", "--bind", "127.0.0.1", "--port", self.port, "--dir", folder,
                                "--daemonize", "no", "--save", "", "--appendonly", "yes", "--appendfsync", "always",
                                "--auto-aof-rewrite-percentage", "0"], self.folder / "log")
        wait_until(lambda: self.command("PING") == "+PONG", 30, "answering", self.process)

    def command(self, text):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as connection:
            connection.sendall(text.encode() + b"\r\n")
            return connection.makefile("rb").readline().decode().strip()
        return ""

    def load_options(self):
        return ["--protocol", "redis", "--port", str(self.port)]

    def held(self):
        # Every reading is an XADD, and nothing else is called that often.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as connection:
            connection.sendall(b"INFO commandstats\r\n")
            text = connection.recv(65536).decode()
            match = re.search(r"cmdstat_xadd:calls=(\d+)", text)
            return int(match.group(1)) if match else None
        return None


def all_sides(binaries):
    return [Wattring(binaries), VictoriaMetrics(), Influx(), Postgres(), Redis()]
