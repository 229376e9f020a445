#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bits flip in the stored readings of a meter on one of three real nodes. The first question that comes upon them makes
the node fetch the shard from another owner, and its copy is whole again, also after a restart.

usage: repair_check.py BIN
"""
import json
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from cluster import SMALL, Cluster  # noqa: E402
from processes import http_get, wait_until  # noqa: E402

DAY = 86_400
DAYS = 8
NOW = time.time()
METER = "ROTTEN-0001"
REGISTER = bytes([1, 0, 1, 8, 0, 255])
PART = bytes(4)


def expect(holds, text):
    if not holds:
        sys.exit(f"WRONG: {text}")


def text_of(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def send(node):
    rows = [{"meter": METER, "register": "import_wh", "time": text_of(NOW - days_ago * DAY), "value": 1000 - days_ago}
            for days_ago in range(DAYS)]
    request = urllib.request.Request(f"http://{node.http}/api/v1/readings", json.dumps(rows).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        said = json.load(answer)
    expect(said["stored"] == DAYS and said["class"] == "DURABLE", f"the readings are not durable: {said}")


def ask(node, level):
    """How many readings the answer has, and whether it is of a damaged disk."""
    path = f"/api/v1/meters/{METER}/readings?register=1-0:1.8.0&level={level}&from={text_of(NOW - 40 * DAY)}"
    with urllib.request.urlopen(f"http://{node.http}{path}", timeout=10) as answer:
        return len(json.load(answer)["readings"]), answer.headers["X-Wattring-Damaged"] is not None


def flip_bits(path, shard):
    """In values of the table `series`, behind their keys: shard, day, meter, register, part."""
    data = bytearray(path.read_bytes())
    flipped, at = 0, 0
    name = METER.encode()
    while (at := data.find(name, at + 1)) != -1:
        end = at + len(name)
        register = data.find(REGISTER + PART, end, end + 20)
        if data[at - 6:at - 4] != shard.to_bytes(2, "big") or register == -1:
            continue
        data[register + len(REGISTER) + len(PART) + 5] ^= 4
        flipped += 1
    path.write_bytes(data)
    return flipped


def follow(cluster):
    cluster.start()
    cluster.wait_whole(60)
    first, _, third = cluster.nodes
    send(first)
    wait_until(lambda: ask(third, "any") == (DAYS, False), 30, "the third node having all", third.process, 0.2)
    shard = json.loads(http_get(first.http, f"/api/v1/shards?meter={METER}", 10)[1])["shard"]
    expect(third.stop() == 0, "it did not end well")
    flipped = flip_bits(third.data / "data.mdb", shard)
    expect(flipped >= DAYS, f"{flipped} values were damaged")

    third.start(third.ports(), [first.endpoints["membership"]]).wait_listening()
    cluster.wait_whole(60)
    readings, damaged = ask(third, "any")
    expect(damaged and readings < DAYS, f"the damage did not take hold: {readings} readings, damaged {damaged}")
    expect(ask(third, "home") == (DAYS, False), "another owner does better")
    wait_until(lambda: ask(third, "any") == (DAYS, False), 30, "the third node's copy being whole again",
               third.process, 0.2)
    expect(third.metric("wattring_shard_repairs_total") == 1, "one transfer is enough")
    third.process.signal_group(9)
    third.process.wait(10)
    third.start(third.ports(), [first.endpoints["membership"]]).wait_listening()
    cluster.wait_whole(60)
    expect(ask(third, "any") == (DAYS, False), "it is not whole after a restart")


def main():
    with tempfile.TemporaryDirectory() as folder:
        with Cluster(Path(sys.argv[1]), folder, 3, SMALL) as cluster:
            follow(cluster)


if __name__ == "__main__":
    main()
