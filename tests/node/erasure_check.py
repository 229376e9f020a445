#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A meter is erased on three real nodes while one of them is away with the old readings: it comes back and nothing
does. Then the readings' age decides: homes issue watermarks, and all owners drop what is below.

usage: erasure_check.py BIN
"""
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from cluster import SMALL, Cluster  # noqa: E402
from processes import http_get, wait_until  # noqa: E402

DAY = 86_400
DAYS = 12
NOW = time.time()
METERS = 20


def expect(holds, text):
    if not holds:
        sys.exit(f"WRONG: {text}")


def text_of(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def noon(days_ago):
    """Counted from yesterday."""
    return int(NOW // DAY - 1 - days_ago) * DAY + 12 * 3600


def send(node, days_ago, meters=None):
    """A reading of each meter at noon of that day; the answer."""
    rows = [{"meter": meter, "register": "import_wh", "time": text_of(noon(days_ago)), "value": 1000 - days_ago}
            for meter in meters or [f"M{number}" for number in range(METERS)]]
    request = urllib.request.Request(f"http://{node.http}/api/v1/readings", json.dumps(rows).encode(), method="POST")
    for _ in range(200):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 400:
                return json.load(error)
            time.sleep(0.1)
    sys.exit(f"WRONG: {node.name} takes no readings")


def held(node, meter):
    """Days ago of the readings that this node's own disk has."""
    path = f"/api/v1/meters/{meter}/readings?register=1-0:1.8.0&level=any&from={text_of(NOW - 40 * DAY)}"
    status, body = http_get(node.http, path, 10)
    return sorted((1000 - row["value"] for row in json.loads(body)["readings"]), reverse=True) if status == 200 else []


def wait_held(nodes, meter, days, seconds=30):
    for node in nodes:
        wait_until(lambda one=node: held(one, meter) == days, seconds,
                   f"{node.name} holding {days} of {meter} (it has {held(node, meter)})", node.process, 0.2)


def ctl(binaries, node, *words, code=0):
    ran = subprocess.run([binaries / "wattringctl", "--node", node.http, *words], capture_output=True, text=True,
                         timeout=60, check=False)
    expect(ran.returncode == code, f"wattringctl {words}: {ran.returncode} {ran.stdout} {ran.stderr}")
    return ran.stdout


def younger_than(days):
    """Days ago of what is left when so many days are kept; whole days, by a clock that may have passed midnight."""
    first = int((time.time() - days * DAY) // DAY)
    return [ago for ago in range(DAYS - 1, -1, -1) if noon(ago) // DAY >= first]


def wait_deleted(node):
    """The metric counts only what had reached the tables before."""
    wait_until(lambda: 'meter_erased: meter "M3": nothing is left' in node.process.log.read_text(), 30,
               f"{node.name} deleting what was erased", node.process, 0.2)


def erase_while_one_is_away(binaries, cluster):
    first, second, third = cluster.nodes
    everything = list(range(DAYS - 1, -1, -1))
    for days_ago in everything:
        expect(send(first, days_ago)["class"] == "DURABLE", "the readings are not durable")
    wait_held(cluster.nodes, "M3", everything)
    third.process.signal_group(9)
    third.process.wait(10)

    before = text_of(noon(4) - 3600)
    counted = json.loads(ctl(binaries, second, "meter", "erase", "M3", "--before", before, "--dry-run", "-o", "json"))
    expect(counted["found"]["readings"] == DAYS - 5, f"the dry run counts {counted}")
    expect(held(first, "M3") == everything, "a dry run erased something")
    kept = json.loads(ctl(binaries, second, "meter", "erase", "M3", "--before", before, "--reason", "moved out",
                          "--yes", "-o", "json"))
    expect(kept["class"] == "DURABLE" and kept["copies"] >= 2, f"the erasure is not kept: {kept}")
    ctl(binaries, first, "meter", "erase", "M4", "--before", text_of(NOW), "--yes")
    ctl(binaries, first, "meter", "erase", "M5", "--before", "2100-01-01", "--yes", code=2)
    left = [4, 3, 2, 1, 0]
    wait_held([first, second], "M3", left)
    wait_held([first, second], "M4", [])
    ctl(binaries, first, "meter", "show", "M4", code=4)
    for node in (first, second):
        wait_deleted(node)
    # An old sender repeats what it said.
    for days_ago in everything:
        send(second, days_ago, ["M3"])
    wait_held([first, second], "M3", left)

    third.start(third.ports(), [first.endpoints["membership"]]).wait_listening()
    cluster.wait_whole(60)
    wait_held(cluster.nodes, "M3", left, 60)
    wait_deleted(third)
    time.sleep(3)
    wait_held(cluster.nodes, "M3", left)
    wait_held(cluster.nodes, "M4", [])
    wait_held(cluster.nodes, "M6", everything)
    shown = json.loads(ctl(binaries, third, "meter", "show", "M3", "-o", "json"))
    expect(shown["erased_before"] == before, f"the meter does not say that it was erased: {shown['erased_before']}")
    audit = (second.data / "audit.jsonl").read_text()
    expect("moved" in audit and "/api/v1/meters/M3/erasure" in audit, f"the erasure is not audited: {audit}")
    print("  erased while one was away: nothing came back")


def nothing_after_restarts(cluster):
    left = [4, 3, 2, 1, 0]
    for node in cluster.nodes:
        expect(node.stop() == 0, f"{node.name} did not end well")
        node.start(node.ports(), [other.endpoints["membership"] for other in cluster.nodes if other is not node])
        node.wait_listening()
        cluster.wait_agreed()
    cluster.wait_whole(60)
    wait_held(cluster.nodes, "M3", left)
    print("  each restarted: nothing came back")


def watermarks(cluster):
    """All nodes are told to keep eight days."""
    for node in cluster.nodes:
        expect(node.stop() == 0, f"{node.name} did not end well")
        node.settings = [*node.settings, "retention.raw=8d"]
        node.start(node.ports(), [other.endpoints["membership"] for other in cluster.nodes if other is not node])
        node.wait_listening()
        cluster.wait_agreed()
    cluster.wait_whole(60)
    for node in cluster.nodes:
        wait_until(lambda one=node: held(one, "M6") == younger_than(8), 60,
                   f"{node.name} dropping what is older than eight days (it has {held(node, 'M6')})", node.process, 0.2)
    refused = send(cluster.nodes[0], DAYS - 1, ["M6"])
    reasons = [one["reason"] for one in refused.get("refused", [])]
    expect(reasons == ["TS_TOO_OLD"], f"a reading below the watermark: {refused}")
    print("  watermarks: all owners dropped alike, and late readings are refused")


def main():
    binaries = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, Cluster(binaries, folder, 3, SMALL) as cluster:
        cluster.start()
        cluster.wait_whole(60)
        erase_while_one_is_away(binaries, cluster)
        nothing_after_restarts(cluster)
        watermarks(cluster)


if __name__ == "__main__":
    main()
