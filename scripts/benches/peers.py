# SPDX-License-Identifier: Apache-2.0
"""The same readings to every store: lines/s in a closed loop, and latency at a steady load in an open one."""
import json
import statistics
import subprocess
import time

from benches import table
from benches.sides import all_sides
from processes import Trouble

CONNECTIONS = 2
BATCH = 10_000
METERS = 100_000
STEADY = {"lines_per_s": 20_000, "batch": 100, "connections": 4, "meters": 20_000}
WARM_UP_S = 2.0


def line_load(options, side, start_ms, seconds, **changes):
    values = {"meters": METERS, "batch": BATCH, "connections": CONNECTIONS, "seconds": seconds, "start-ms": start_ms}
    values |= {key.replace("_", "-"): value for key, value in changes.items()}
    arguments = [options.bin / "line_load", *side.load_options()]
    arguments += [str(part) for key, value in values.items() for part in (f"--{key}", value)]
    done = subprocess.run(arguments, text=True, capture_output=True, timeout=seconds * 10 + 120)
    if done.returncode != 0:
        raise Trouble(f"{side.name}: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(done.stdout)


def measure(options, side, folder, steady):
    """One fresh server: all series made in a warm-up, then the closed loop, or else the open one."""
    folder.mkdir()
    try:
        side.start(folder)
        # Three days back leaves room for every round's minutes before the present.
        start_ms = int(time.time() // 86_400 - 3) * 86_400_000
        warm = line_load(options, side, start_ms, WARM_UP_S)
        shape = STEADY if steady else {}
        result = line_load(options, side, start_ms + 86_400_000, options.seconds, **shape)
        result["held"] = side.held()
        result["sent"] = warm["lines"] + result["lines"]
        result["rss_bytes"] = side.rss_bytes()
        if result["held"] is not None and result["held"] != result["sent"]:
            raise Trouble(f"{side.name} answered for {result['sent']} readings and holds {result['held']}")
        return result
    finally:
        side.stop()


def run(options, folder):
    print("\npeers: line protocol and its like, same readings, fresh server for every measurement, rounds alternate")
    sides, out = [], {"settings": {"connections": CONNECTIONS, "batch": BATCH, "meters": METERS, "steady": STEADY},
                      "sides": {}}
    for side in all_sides(options.bin):
        reason = side.missing()
        version = "" if reason else side.version()
        print(f"  {side.name:<17} {'skipped: ' + reason if reason else version + '; ' + side.durable}")
        out["sides"][side.name] = {"skipped": reason} if reason else {"version": version, "durable": side.durable,
                                                                       "closed": [], "steady": []}
        if not reason:
            sides.append(side)
    for round_number in range(options.rounds):
        # The order turns, so that no side always runs behind the same other one.
        for side in sides[round_number % len(sides):] + sides[:round_number % len(sides)]:
            figures = out["sides"][side.name]
            for kind in ("closed", "steady"):
                if kind == "steady" and side.name == "postgresql":
                    continue  # psql's pipe does not tell when a batch is committed
                place = folder / f"{side.name}-{round_number}-{kind}"
                figures[kind].append(measure(options, side, place, kind == "steady"))
                subprocess.run(["rm", "-rf", "--", place], check=True)
    report(out, sides)
    return out


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def report(out, sides):
    ours = out["sides"]["wattring"].get("closed")
    rows = []
    for side in sides:
        runs = out["sides"][side.name]["closed"]
        rate = median(runs, "lines_per_s")
        ratio = f"{median(ours, 'lines_per_s') / rate:.2f} x" if ours else "-"
        rows.append([side.name, table.count(rate), table.spread([run["lines_per_s"] for run in runs]), ratio,
                     "-" if side.name == "postgresql" else f"{median(runs, 'p99_ms'):.1f}",
                     "-" if runs[0]["rss_bytes"] is None else table.count(median(runs, "rss_bytes"))])
    table.show(f"closed loop: {CONNECTIONS} connections, {BATCH:,} lines a request, {METERS:,} meters; medians",
               ["store", ">readings/s", ">range", ">wattring is", ">p99 ms", ">memory"], rows)
    rows = [[side.name, *(f"{median(runs, key):.2f}" for key in ("p50_ms", "p99_ms", "max_ms")),
             table.count(median(runs, "lines_per_s"))]
            for side in sides if (runs := out["sides"][side.name]["steady"])]
    table.show("open loop: {lines_per_s:,} readings/s due, {batch} a request, {connections} connections; medians, "
               "latency from when a request was due".format(**STEADY),
               ["store", ">p50 ms", ">p99 ms", ">max ms", ">readings/s"], rows)
