# SPDX-License-Identifier: Apache-2.0
"""What five alert rules a meter cost at ingest: the same load without and with them, alternating."""
import statistics
import urllib.request

from benches import table
from node import Node
from simulator import Simulator

# (name, options of wattringsim run, limit of the hourly rules). Nobody uses 60 kWh an hour; some use 20.
LOADS = [("100 k meters, 2 registers", ["--meters", "100k"], 60), ("1 M meters, 2 registers", ["--meters", "1M"], 60),
         ("100 k meters, 4 registers", ["--meters", "100k", "--registers", "4"], 60),
         ("100 k meters, many alerts", ["--meters", "100k"], 20)]
# All apply to every meter; with two registers over_power and voltage_sag have nothing to look at.
RULES = {
    "hourly-t1": 'kind = "interval_threshold"\nregister = "import_t1_wh"\nabove = "{limit}kWh"',
    "hourly-t2": 'kind = "interval_threshold"\nregister = "import_t2_wh"\nabove = "{limit}kWh"',
    "fall": 'kind = "rollback"\nregister = "import_t1_wh"',
    "over-power": 'kind = "over_power"\nabove = "17kW"',
    "sag": 'kind = "voltage_sag"',
}


def apply_rules(node, limit):
    rules = "\n".join(f'[[rule]]\nname = "{name}"\neffective = 2015-01-01T00:00:00Z\n{body}'
                      for name, body in RULES.items()).replace("{limit}", str(limit))
    request = urllib.request.Request(f"http://{node.http}/api/v1/rules", rules.encode(), method="PUT")
    urllib.request.urlopen(request, timeout=30).close()


def measure(options, folder, extra, limit):
    """A fresh node; readings/s, and how many meters the rules looked at again meanwhile.

    No warm-up: a gap in the meters'
    lives between it and the run would be what the rules look at."""
    folder.mkdir()
    simulator = Simulator(options.bin)
    with Node(options.bin, folder / "node").init().start() as node:
        node.wait_listening().wait_ready()
        if limit:
            apply_rules(node, limit)
        rate = simulator.bench(node, options.seconds, extra)["readings_per_s"]
        return rate, node.metric("wattring_alert_evaluations_total")


def run(options, folder):
    rows, out, number = [], {}, 0
    for name, extra, limit in LOADS:
        without, with_rules, looked = [], [], []
        for _ in range(options.rounds):
            for rules, rates in ((False, without), (True, with_rules)):
                number += 1
                rate, evaluations = measure(options, folder / str(number), extra, limit if rules else 0)
                rates.append(rate)
                if rules:
                    looked.append(evaluations)
        ratio = statistics.median(with_rules) / statistics.median(without)
        out[name] = {"without": without, "with": with_rules, "ratio": ratio, "evaluations": looked}
        rows.append([name, table.count(statistics.median(without)), table.count(statistics.median(with_rules)),
                     f"{ratio:.2f}", table.count(statistics.median(looked))])
    table.show("native protocol, without and with five rules a meter, alternating; medians",
               ["load", ">readings/s", ">with rules", ">ratio", ">evaluations"], rows)
    return out
