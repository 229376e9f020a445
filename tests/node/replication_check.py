#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three real nodes keep copies of each other's readings: two join one that has readings, one is killed and comes back,
one leaves while readings go on coming.

usage: replication_check.py BIN
"""
import json
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from cluster import SMALL, Cluster  # noqa: E402
from processes import http_get, wait_until  # noqa: E402

METERS = 60
SPAN = "from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z"


def expect(holds, text):
    if not holds:
        sys.exit(f"WRONG: {text}")


def send(node, hour):
    """A reading of each meter; the status and the answer."""
    time_text = f"2026-02-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"
    rows = [{"meter": f"M{meter}", "register": "import_wh", "time": time_text, "value": 1000 * meter + hour}
            for meter in range(METERS)]
    request = urllib.request.Request(f"http://{node.http}/api/v1/readings", json.dumps(rows).encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def sent(node, hour, ack, retry=False):
    """retry: until a node that has just come knows who keeps the readings."""
    status, answer = send(node, hour)
    while retry and status == 503:
        time.sleep(0.1)
        status, answer = send(node, hour)
    expect(status == 200 and answer["stored"] == METERS and answer["class"] == ack,
           f"{node.name} at hour {hour}: {status} {answer}, wanted {ack}")


def held(node):
    """meter -> values, from the node's own disk."""
    found = {}
    for meter in range(METERS):
        status, body = http_get(node.http, f"/api/v1/meters/M{meter}/readings?register=1-0:1.8.0&{SPAN}&level=any", 10)
        found[meter] = [row["value"] for row in json.loads(body)["readings"]] if status == 200 else []
    return found


def wait_held(nodes, hours, seconds):
    wanted = {meter: [1000 * meter + hour for hour in sorted(hours)] for meter in range(METERS)}
    for node in nodes:
        wait_until(lambda one=node: held(one) == wanted, seconds, f"{node.name} holding {len(hours)} hours",
                   node.process, 0.2)


def settled(node, shards=1024):
    def at(state):
        return node.metric("wattring_shards", f'state="{state}"')
    return at("owner") == shards and at("filling") == 0 and at("missing") == 0


def wait_settled(nodes, seconds):
    for node in nodes:
        wait_until(lambda one=node: settled(one), seconds, f"{node.name} owning all shards with nothing missing",
                   node.process, 0.2)


def grow(cluster):
    """Two nodes join one whose journal is sealed: what it has must come as whole shards."""
    first, *others = cluster.nodes
    first.init().start().wait_listening().wait_ready()
    for hour in range(5):
        sent(first, hour, "SINGLE")
    expect(first.stop() == 0, "the first node did not end well")
    first.start(first.ports()).wait_listening().wait_ready()
    seed = first.endpoints["membership"]
    for node in others:
        node.init(seed).start(join=[seed])
    for node in others:
        node.wait_listening()
    cluster.wait_agreed()
    sent(others[0], 5, "SINGLE", retry=True)
    wait_settled(cluster.nodes, 60)
    wait_held(cluster.nodes, range(6), 20)
    expect(first.metric("wattring_transfer_parts_total", "out") > 0, "nothing came as a whole shard")


def kill_and_return(cluster):
    first, second, third = cluster.nodes
    sent(third, 6, "DURABLE")
    third.process.signal_group(9)
    third.process.wait(10)
    for hour in range(7, 12):
        sent((first, second)[hour % 2], hour, "DURABLE")
    third.start(third.ports(), [first.endpoints["membership"]]).wait_listening()
    wait_settled([third], 30)
    wait_held(cluster.nodes, range(12), 20)


def leave_while_fed(cluster):
    first, second, _ = cluster.nodes
    answers, ended = {}, threading.Event()

    def feed():
        for hour in range(12, 500):
            if ended.is_set():
                return
            answers[hour] = send(first, hour)
            time.sleep(0.01)  # there are hours enough for the slowest leave

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        wait_until(lambda: len(answers) > 5, 30, "readings coming before a node leaves", None, 0.02)
        code = second.stop()
        before = len(answers)
        wait_until(lambda: len(answers) > before + 5 or not feeder.is_alive(), 30, "readings coming afterwards", None,
                   0.02)
    finally:
        ended.set()
    feeder.join()
    expect(code == 0, f"the node that left ended with {code}")
    bad = {hour: answer for hour, answer in answers.items() if answer[0] != 200 or answer[1]["unknown_total"]}
    expect(not bad and len(answers) > 10, f"while a node left: {len(answers)} batches, not acknowledged: {bad}")


def main():
    binaries = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, Cluster(binaries, folder, 3, SMALL) as cluster:
        grow(cluster)
        kill_and_return(cluster)
        leave_while_fed(cluster)


if __name__ == "__main__":
    main()
