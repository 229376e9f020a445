# SPDX-License-Identifier: Apache-2.0
"""Starting and ending servers on loopback: each in a process group of its own, ended by its id, never left behind."""
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from http import client as http_client
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Trouble(Exception):
    """Something outside this program did not do what it should; the message is for people."""


def free_port():
    """A port that was free a moment ago, for servers that cannot be told to choose one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds, what, process=None, every=0.02):
    """Polls until the condition holds and gives its value; Trouble when the time is up or the process has ended."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if process is not None and process.poll() is not None:
            raise Trouble(f"{process.name} ended with {process.poll()} before {what}: {process.log_tail()}")
        if time.monotonic() > deadline:
            raise Trouble(f"{what}: not within {seconds:g} s{': ' + process.log_tail() if process else ''}")
        time.sleep(every)


def http(address, method, path, body=None, timeout=2.0):
    """(status, body); (0, "") when nobody answers."""
    host, _, port = address.rpartition(":")
    connection = http_client.HTTPConnection(host, int(port), timeout=timeout)
    try:
        connection.request(method, path, body)
        reply = connection.getresponse()
        return reply.status, reply.read().decode("utf-8", "replace")
    except (OSError, http_client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def http_get(address, path, timeout=2.0):
    return http(address, "GET", path, None, timeout)


def http_post(address, path, body, timeout=10.0):
    return http(address, "POST", path, body, timeout)


CLONE_NEWNET = 0x40000000


def own_network():
    """Leaves the machine's network for an empty one of this process and its children; OSError where that is not
    allowed. It vanishes with them. Of this thread only: before others are started."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot make a network namespace (that needs root)")


def enter_network(descriptor):
    """descriptor: of a file /proc/PID/ns/net."""
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace")


class Process:
    """A child with its output in a file. Used with `with`, or ended by stop(). Unless it is to outlive us, the kernel
    ends it when we die, however we die. network: the id of a process whose network it is to share."""

    def __init__(self, arguments, log, cwd=None, outlives_us=False, network=None):
        self.name = Path(arguments[0]).name
        self.log = Path(log)
        libc = ctypes.CDLL(None)

        def prepare():
            if not outlives_us:
                libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
            if network is not None:
                place = os.open(f"/proc/{network}/ns/net", os.O_RDONLY)
                if libc.setns(place, CLONE_NEWNET) != 0:
                    os._exit(126)
                os.close(place)

        with open(self.log, "ab") as out:
            self.child = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, cwd=cwd, start_new_session=True,
                                          preexec_fn=prepare)

    @property
    def pid(self):
        return self.child.pid

    def poll(self):
        return self.child.poll()

    def log_tail(self, size=600):
        return self.log.read_text(errors="replace")[-size:].strip()

    def signal_group(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def wait(self, seconds):
        """The exit code; None when it still runs after that time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.child.wait(seconds)
        return None

    def kill_9(self):
        self.signal_group(signal.SIGKILL)
        self.child.wait()

    def stop(self, seconds=20):
        """SIGTERM, then SIGKILL when it does not end; its exit code."""
        if self.poll() is None:
            self.signal_group(signal.SIGTERM)
            self.wait(seconds)
        self.kill_9()
        return self.child.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def status_bytes(pid, field="VmRSS"):
    """A figure of /proc/PID/status in bytes; 0 when the process is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().split("\n"):
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    return 0


def pss_bytes(pid):
    """Memory of a process, what it shares with others by its share; 0 when the process is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n"):
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pid):
    """Processor time that a process has used until now, all threads; 0 when it is gone."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def folder_bytes(folder):
    """Bytes on the disk below a folder, sparse files by what they occupy."""
    total = 0
    for path in Path(folder).rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink():
                total += path.stat().st_blocks * 512
    return total
