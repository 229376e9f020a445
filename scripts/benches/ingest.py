# SPDX-License-Identifier: Apache-2.0
"""One node, native protocol, load from the same machine: readings/s in a closed loop, and latency at a steady load."""
import statistics
import time

from benches import table
from node import Node
from simulator import Simulator

# (name, options of wattringsim run). Warm-up makes all meters before the clock runs.
CLOSED = [("100 k meters", ["--meters", "100k"]), ("1 M meters", ["--meters", "1M"])]
STEADY = ("20 k readings/s, 100 a batch", ["--meters", "20k", "--rate", "20k", "--batch", "100", "--clients", "2"])
WARM_UP_S = 3


def measure(options, folder, extra):
    """A fresh node; the figures of wattringsim, and the node's memory."""
    folder.mkdir()
    simulator = Simulator(options.bin)
    with Node(options.bin, folder / "node").init().start() as node:
        node.wait_listening().wait_ready()
        long_ago = time.strftime("%Y-01-01T00:00:00Z", time.gmtime(time.time() - 3 * 366 * 86_400))
        simulator.bench(node, WARM_UP_S, [*extra, "--start", long_ago])
        return simulator.bench(node, options.seconds, extra)


def run(options, folder):
    if not Simulator(options.bin).program.exists():
        print("ingest: skipped: wattringsim is not built")
        return {"skipped": "wattringsim is not built"}
    out, number = {}, 0
    for _ in range(options.rounds):
        for name, extra in [*CLOSED, STEADY]:
            number += 1
            out.setdefault(name, []).append(measure(options, folder / str(number), extra))
    rows = []
    for name, runs in out.items():
        latency = {key: statistics.median(one["latency_ms"][key] for one in runs) for key in ("p50", "p99", "max")}
        rates = [one["readings_per_s"] for one in runs]
        rows.append([name, runs[0]["loop"], table.count(statistics.median(rates)), table.spread(rates),
                     *(f"{latency[key]:.2f}" for key in ("p50", "p99", "max"))])
    table.show("native protocol, one node, acknowledged after fsync, validated and folded; 10 k readings a batch "
               "unless said; medians", ["load", "loop", ">readings/s", ">range", ">p50 ms", ">p99 ms", ">max ms"], rows)
    return out
