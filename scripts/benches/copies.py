# SPDX-License-Identifier: Apache-2.0
"""Three nodes, copies 3, acks 2, all on this machine: readings/s acknowledged on two disks in a closed loop; latency at
a steady load, at the same load while a fourth node joins, and while whole shards move to it."""
import statistics

from benches import table
from cluster import Cluster
from processes import wait_until
from simulator import Simulator

FILL_S = 4
JOIN_S = 3
CLOSED = ["--meters", "100k"]
# As fast as the slowest of three follows: who has to catch up would take the moves' share of the rate.
FILL = ["--meters", "100k", "--rate", "200k", "--clients", "2"]
STEADY = ["--meters", "20k", "--rate", "20k", "--batch", "100", "--clients", "2"]
# So slow that shards move for as long as latency is measured.
SLOW_MOVES = ["placement.transfer_bytes_per_second=64KiB"]


def seal(cluster):
    """What is still in the journals would come as entries, as fast as it can, and not as whole shards."""
    for node in cluster.nodes:
        ports = node.ports()
        node.stop()
        node.start(ports).wait_listening()
        node.wait_ready()
    cluster.wait_agreed()
    cluster.wait_whole()


def join_fourth(cluster):
    """Started, and in the ring: from now on shards move."""
    fourth = cluster.make(4)
    seed = cluster.nodes[0].endpoints["membership"]
    fourth.init(seed).start(join=[seed])
    cluster.nodes.append(fourth)
    fourth.wait_listening()
    wait_until(lambda: fourth.shards()["filling"], 60, "the fourth node owning shards that it has to fill",
               fourth.process, 0.1)
    return fourth


def measure_closed(options, folder, simulator):
    with Cluster(options.bin, folder, 3) as cluster:
        cluster.start()
        cluster.wait_whole()
        simulator.bench(cluster.nodes[0], FILL_S, CLOSED)
        return {"closed": simulator.bench(cluster.nodes[0], options.seconds, CLOSED)}


def measure_moves(options, folder, simulator):
    with Cluster(options.bin, folder, 3, SLOW_MOVES) as cluster:
        cluster.start()
        cluster.wait_whole()
        first = cluster.nodes[0]
        simulator.bench(first, FILL_S, FILL)
        cluster.wait_whole()
        seal(cluster)
        out = {"steady": simulator.bench(first, options.seconds, STEADY)}
        fourth = join_fourth(cluster)
        out["joining"] = simulator.bench(first, JOIN_S, STEADY)
        out["moving"] = simulator.bench(first, options.seconds, STEADY)
        out["still_moving"] = not fourth.is_whole()
    return out


def measure_four(options, folder, simulator):
    """What a fourth process on this machine costs when nothing moves."""
    with Cluster(options.bin, folder, 4) as cluster:
        cluster.start()
        cluster.wait_whole()
        simulator.bench(cluster.nodes[0], FILL_S, FILL)
        cluster.wait_whole()
        seal(cluster)
        return {"four": simulator.bench(cluster.nodes[0], options.seconds, STEADY)}


def measure(options, folder):
    simulator = Simulator(options.bin)
    return {**measure_closed(options, folder / "closed", simulator),
            **measure_four(options, folder / "four", simulator),
            **measure_moves(options, folder / "moves", simulator)}


def run(options, folder):
    runs = []
    for number in range(options.rounds):
        runs.append(measure(options, folder / str(number)))
    rows = []
    for key, name in (("closed", "100 k meters, closed loop"), ("steady", "20 k readings/s, 100 a batch"),
                      ("joining", "the same as a fourth joins"), ("moving", "the same while shards move to it"),
                      ("four", "the same at four nodes, at rest")):
        figures = [one[key] for one in runs]
        rates = [one["readings_per_s"] for one in figures]
        latency = [f"{statistics.median(one['latency_ms'][part] for one in figures):.2f}"
                   for part in ("p50", "p99", "max")]
        rows.append([name, table.count(statistics.median(rates)), table.spread(rates), *latency])
    table.show("three nodes of this machine, copies 3, acks 2, acknowledged after two fsyncs; medians",
               ["load", ">readings/s", ">range", ">p50 ms", ">p99 ms", ">max ms"], rows)
    done = sum(1 for one in runs if not one["still_moving"])
    if done:
        print(f"  NOTE: in {done} of {len(runs)} rounds all shards had moved before the measurement ended")
    return {"rounds": runs}
