#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three real nodes with the same readings and a receiver of alerts: each alert is told by one of them, also when the
one that tells is killed, and when it comes back.

usage: alert_homes_check.py BIN
"""
import collections
import http.server
import json
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from cluster import SMALL, Cluster  # noqa: E402
from processes import http_get, wait_until  # noqa: E402

RULE = """[[rule]]
name = "power"
kind = "over_power"
above = "5kW"
hold = "0s"
effective = 2026-01-01T00:00:00Z
"""


class Receiver:
    """What was told, in order: (key, event, meter), and by whom."""

    def __init__(self):
        self.arrived = []
        self.payloads = {}
        self.tellers = collections.defaultdict(list)
        self.clashes = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.take(self.path, self.headers["Idempotency-Key"], body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, teller, key, body):
        payload = json.dumps({name: body[name] for name in ("event", "alert", "summary")}, sort_keys=True)
        with self.lock:
            if self.payloads.setdefault(key, payload) != payload:
                self.clashes.append((key, payload, self.payloads[key]))
            self.arrived.append((key, body["event"], body["alert"]["meter"]))
            self.tellers[key].append(teller)

    def meters(self, event):
        with self.lock:
            return {meter for _, told, meter in self.arrived if told == event}

    def repeats(self):
        with self.lock:
            return sum(count - 1 for count in collections.Counter(key for key, _, _ in self.arrived).values())


def expect(holds, text):
    if not holds:
        sys.exit(f"WRONG: {text}")


def ask(node, path, body, method="POST"):
    request = urllib.request.Request(f"http://{node.http}{path}", body.encode(), method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def send(node, meters, watts):
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z"
    rows = [{"meter": meter, "register": "1-0:1.7.0", "time": stamp, "value": watts} for meter in meters]
    answer = ask(node, "/api/v1/readings", json.dumps(rows))
    expect(answer["stored"] == len(meters), f"{node.name}: {answer}")


def alerts(node):
    status, body = http_get(node.http, "/api/v1/alerts?history=true", 10)
    return {row["meter"]: row for row in json.loads(body)["alerts"]} if status == 200 else {}


def settled(node):
    def at(state):
        return node.metric("wattring_shards", f'state="{state}"')
    return at("owner") == 1024 and at("filling") == 0 and at("missing") == 0


def firing(cluster):
    """Each owner of a meter knows of its alert; the one that tells it counts it."""
    return sum(node.metric("wattring_alerts_firing") for node in cluster.nodes)


def wait_told(receiver, event, meters, seconds=40):
    wait_until(lambda: meters <= receiver.meters(event), seconds,
               f"{event} told of all {len(meters)} (not of {sorted(meters - receiver.meters(event))[:5]})", None, 0.1)


def main():
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as folder:
        with Cluster(Path(sys.argv[1]), folder, 3, SMALL) as cluster:
            for node in cluster.nodes:
                node.config = Path(folder) / f"{node.name}.toml"
                node.config.write_text(f'[[sink]]\nname = "receiver"\nkind = "webhook"\n'
                                       f'url = "http://127.0.0.1:{receiver.server.server_port}/{node.name}"\n')
            follow(cluster, receiver)
    expect(not receiver.clashes, f"two payloads of one key: {receiver.clashes[:1]}")


def follow(cluster, receiver):
    cluster.start()
    first, second, third = cluster.nodes
    for node in cluster.nodes:
        wait_until(lambda one=node: settled(one), 60, f"{node.name} owning all shards", node.process, 0.2)
    ask(first, "/api/v1/rules", RULE, "PUT")
    time.sleep(2)

    old = {f"M{number}" for number in range(60)}
    send(first, sorted(old), 9000)
    wait_told(receiver, "firing", old)
    for node in cluster.nodes:
        wait_until(lambda one=node: old <= set(alerts(one)), 20, f"{node.name} having all alerts", node.process, 0.2)
    wait_until(lambda: firing(cluster) == len(old), 20, f"{len(old)} firing on all nodes together", first.process, 0.2)
    acked = alerts(first)["M7"]["id"]
    ask(first, f"/api/v1/alerts/{acked}/ack", json.dumps({"user": "ann"}))
    for node in cluster.nodes:
        wait_until(lambda one=node: alerts(one)["M7"]["acked_by"] == "ann", 20, f"{node.name} knowing who has seen it",
                   node.process, 0.2)
    time.sleep(2)
    print(f"  one told: {len(receiver.arrived)} arrivals, {receiver.repeats()} repeats")
    expect(receiver.repeats() == 0, "repeats while nothing happened")

    new = {f"N{number}" for number in range(60)}
    send(first, sorted(new), 9000)
    third.process.signal_group(9)
    third.process.wait(10)
    over = {meter for meter in old if int(meter[1:]) % 2}
    send(first, sorted(over), 100)
    wait_told(receiver, "firing", new)
    wait_told(receiver, "resolved", over)
    time.sleep(5)
    after_death = receiver.repeats()
    print(f"  the home killed: {len(receiver.arrived)} arrivals, {after_death} repeats")
    expect(alerts(second)["M7"]["acked_by"] == "ann", "an acknowledgement died with its home")

    third.start(third.ports(), [first.endpoints["membership"]]).wait_listening()
    wait_until(lambda: settled(third), 60, "the third owning all shards", third.process, 0.2)
    rest = (old | new) - over
    # Who tells changes 5 s after a node has come back and waits 2 s; in between both may tell what is under way.
    time.sleep(12)
    send(second, sorted(rest), 100)
    wait_told(receiver, "resolved", rest)
    time.sleep(5)
    print(f"  the home back: {len(receiver.arrived)} arrivals, {receiver.repeats() - after_death} repeats")
    expect(receiver.repeats() == after_death, "a home that came back repeated what was told")


if __name__ == "__main__":
    main()
