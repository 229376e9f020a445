# SPDX-License-Identifier: Apache-2.0
"""Plans of scripts/chaos about who does not belong to a cluster and comes all the same: copies, other clusters, wrong
keys, nonsense."""
import contextlib
import random
import shutil
import socket
import struct
import subprocess
import time

from cluster import SMALL, Cluster, EventMarks
from judging import expect, last_line, no_failures, say
from node import Node
from processes import Trouble, wait_until

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
READY = b"\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
SLOW_S = 20  # for what a node does at once unless the machine is busy


def strangers(options, folder):
    """A second process with a member's id, another cluster, and garbage are kept out, each with a clear word."""
    with Cluster(options.bin, folder, 3, SMALL) as cluster:
        cluster.start()
        marks = EventMarks(cluster.nodes)
        duplicate_id(options, cluster, folder)
        another_cluster(options, cluster, folder)
        garbage(cluster)
        cluster.wait_agreed(20)
        nothing_changed(cluster, marks)
        say("the members are what they were, and none was said to have failed")
    return 0


def nothing_changed(cluster, marks):
    names = {node.name for node in cluster.nodes}
    no_failures(marks.news())
    expect(all(node.process.poll() is None for node in cluster.nodes), "a member ended")
    expect(all(set(node.states()) == names for node in cluster.nodes),
           f"members changed: {[node.states() for node in cluster.nodes]}")


def duplicate_id(options, cluster, folder):
    holder = cluster.nodes[1]
    twin = Node(options.bin, folder / "twin", "n2", cluster.settings)
    twin.folder.mkdir()
    # Files that the holder is just replacing are there under their final name.
    shutil.copytree(holder.data, twin.data, ignore=shutil.ignore_patterns("*.new"))
    twin.start(join=[cluster.nodes[0].endpoints["membership"]])
    code = twin.process.wait(30)
    log = twin.process.log_tail(2000)
    twin.stop()
    expect(code is not None, f"a second n2 goes on: {log}")
    expect(code not in (0, -9, -6, -11), f"a second n2 ended with {code}: {log}")
    expect("n2" in log and holder.endpoints["membership"] in log,
           f"the second n2 was not told who holds its id ({holder.endpoints['membership']}): {log}")
    expect(holder.process.poll() is None, "the holder of the id ended")
    said = next(line for line in log.split("\n") if holder.endpoints["membership"] in line)
    say(f"a copy of n2's data started elsewhere: refused, exit code {code}: {said[:160]}")


def another_cluster(options, cluster, folder):
    seed = cluster.nodes[0].endpoints["membership"]
    other = Node(options.bin, folder / "other", "x1", cluster.settings, cluster="elsewhere")
    try:
        other.init(seed)
        expect(False, "init --join with another cluster's name was accepted")
    except Trouble as trouble:
        expect('"local"' in str(trouble), f"init was not told the cluster's name: {trouble}")
    say("init with the name of another cluster: refused, and told the right one")
    stranger = Node(options.bin, folder / "stranger", "x2", cluster.settings).init()
    with stranger.start(join=[seed]).wait_listening():  # founded a cluster of the same name: its id differs
        wait_until(lambda: "CLUSTER_MISMATCH" in stranger.process.log_tail(4000), 20, "the stranger being told",
                   stranger.process)
        expect(set(stranger.states()) == {"x2"}, f"a node of another cluster got in: {stranger.states()}")
        say(f"a node of another cluster of the same name: kept out: {last_line(stranger.process.log_tail())}")


def shout(node, many):
    """many: what to send to the membership port over a connection each: at once, and what follows after a moment."""
    host, port = node.endpoints["membership"].rsplit(":", 1)
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection((host, int(port)), SLOW_S)) for _ in many]
        for step in (0, 1):
            for connection, data in zip(connections, many):
                with contextlib.suppress(OSError):
                    connection.sendall(data[step])
            time.sleep(0.3)
        for connection in connections:
            hang_up(connection)


def hang_up(connection):
    """Nothing more comes; to close while the node's greeting lies unread would take back what it has not read yet."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


def garbage(cluster):
    """Connections with nonsense of many kinds to each membership port, and what they are counted as."""
    dice = random.Random(7)
    noise = [(dice.randbytes(dice.choice([1, 10, 64, 4096])), b"") for _ in range(20)]
    noise += 20 * [(b"GET / HTTP/1.1\r\n\r\n", b"")] + 60 * [(b"", b"")]  # the last as a port scanner does
    noise += [(GREETING + READY, b"\x00\x64" + dice.randbytes(100)) for _ in range(5)]
    noise += 5 * [(GREETING + READY, b"\x02" + struct.pack(">Q", 1 << 33))]
    for node in cluster.nodes:
        begun = counts(node)
        shout(node, noise)

        def counted(one=node, before=begun):
            now = counts(one)
            return all(now[kind] - before[kind] >= least
                       for kind, least in (("accepted", 110), ("handshakes", 40), ("not understood", 5)))
        wait_until(counted, SLOW_S, f"{node.name} counting the nonsense (before: {begun})")
    say("port scans, HTTP, random bytes, frames of 8 GiB, messages that make no sense: 110 connections to each member, "
        "all counted")


def counts(node):
    return {"accepted": node.metric("wattring_transport_accepted_total", 'socket="membership"') or 0,
            "handshakes": node.metric("wattring_transport_handshakes_failed_total", 'socket="membership"') or 0,
            "not understood": node.metric("wattring_membership_refused_total") or 0}


def keygen(options, path, like=None):
    """Makes a key file; the line that lets its owner in."""
    done = subprocess.run([options.bin / "wattringctl", "keygen", path, *(["--like", like] if like else [])], text=True,
                          capture_output=True)
    if done.returncode != 0:
        raise Trouble(f"keygen ended with {done.returncode}: {done.stderr}")
    own = next(line for line in path.read_text().split("\n") if line.startswith("own-public "))
    return f"allow {own.split()[1]} {path.stem}"


def wrong_keys(options, folder):
    """Whoever has a key that is not on the list, a client's, another cluster's or none stays out and is counted."""
    files = {name: folder / f"{name}.keys" for name in ("n1", "n2", "n3", "unlisted", "client", "foreign")}
    lines = [keygen(options, files["n1"]), *(keygen(options, files[name], files["n1"]) for name in ("n2", "n3"))]
    keygen(options, files["unlisted"], files["n1"])
    # A node's file, so that it can listen, but on the lists it is a client.
    lines.append(keygen(options, files["client"], files["n1"]).replace("allow ", "allow-client ", 1))
    keygen(options, files["foreign"])
    for name in ("n1", "n2", "n3"):
        held = files[name].read_text()
        files[name].write_text(held + "".join(f"{line}\n" for line in lines if line not in held))
    with Cluster(options.bin, folder, 3, SMALL, settings_of=lambda name: [f"cluster.keys={files[name]}"]) as cluster:
        say(f"3 nodes with keys see each other after {cluster.start():.1f} s")
        marks = EventMarks(cluster.nodes)
        seed = cluster.nodes[0]
        before = counts(seed)["handshakes"]
        for name in ("unlisted", "client", "foreign", "bare"):
            key = files.get(name)
            # Nothing but the keys shall keep it out: it is made with good ones.
            intruder = Node(options.bin, folder / name, name, [f"cluster.keys={files['n2']}"])
            intruder.init(seed.endpoints["membership"])
            intruder.settings = [*SMALL, *([f"cluster.keys={key}"] if key else [])]
            begun = counts(seed)["handshakes"]
            with intruder.start(join=[seed.endpoints["membership"]]).wait_listening():
                wait_until(lambda least=begun + 1: counts(seed)["handshakes"] >= least, SLOW_S,
                           f"{seed.name} counting the handshake of {name} as failed", intruder.process)
                time.sleep(1)  # what got in would show
                expect(intruder.states() == {name: "joining"}, f"{name} got in: {intruder.states()}")
        after = counts(seed)["handshakes"]
        nothing_changed(cluster, marks)
        say("a key that is not on the list, a client's, another cluster's, none: kept out, "
            f"{after - before:.0f} failed handshakes counted, members unchanged")
    return 0


PLANS = {"strangers": strangers, "wrong-keys": wrong_keys}
