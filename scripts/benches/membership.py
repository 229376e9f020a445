# SPDX-License-Identifier: Apache-2.0
"""Who notices a failure, how soon, and what knowing costs: real processes of wattring and of serf, each with a network
of its own, alternating. Times are from the fault until ALL members that live hold the member failed."""
import random
import statistics
import time

from benches import table
from benches.membership_sides import FAILED, all_sides, pause, resume
from netlab import Lab, missing
from processes import Process, cpu_seconds, pss_bytes, status_bytes

SIZES = {5: {"kill": 4, "stop": 2, "cut": 2}, 20: {"kill": 4, "stop": 2, "cut": 2},
         100: {"kill": 3, "stop": 1, "cut": 1}}
QUIET_S = 30
LOADED_S = 20
SETTLE_S = 5
PATIENCE_S = 90
FAULTS = {"kill": "SIGKILL", "stop": "SIGSTOP", "cut": "network gone"}


def noticed(side, number, began, observers):
    """Seconds until all know; by then they do."""
    times = {}
    for one, _, kind, at in side.learned(began, observers, number):
        if kind == FAILED:
            times.setdefault(one, at - began)
    return max(times.values()) if len(times) == len(observers) else None


def hurt(side, lab, fault, number):
    """Seconds until all others know; the member is well again afterwards."""
    process = side.processes()[number]
    observers = [one for one in side.processes() if one != number]
    began = time.time()
    if fault == "kill":
        process.kill_9()
    elif fault == "stop":
        pause(process)
    else:
        lab.power(number, False)
    side.wait_failed(number, PATIENCE_S, observers)
    took = noticed(side, number, began, observers)
    if fault == "kill":
        side.restart(number)
    elif fault == "stop":
        resume(process)
    else:
        lab.power(number, True)
    side.wait_agreed(PATIENCE_S)
    others = [row for row in side.learned(began, observers) if row[1] != f"n{number}" and row[2] == FAILED]
    return {"took_s": took, "blamed_others": len(others)}


def watch(side, lab, seconds):
    """What members cost and wrongly say in a while in which nothing fails."""
    processes = side.processes()
    began, clock = time.time(), time.monotonic()
    bytes_before = lab.sent_bytes()
    cpu_before = {number: cpu_seconds(one.pid) for number, one in processes.items()}
    time.sleep(seconds)
    took = time.monotonic() - clock
    bytes_after = lab.sent_bytes()
    sent = [(bytes_after[number] - bytes_before[number]) / took for number in processes]
    cpu = [(cpu_seconds(one.pid) - cpu_before[number]) / took for number, one in processes.items()]
    alarms = [row for row in side.learned(began, list(processes)) if row[2] == FAILED]
    return {"seconds": took, "sent_bytes_per_s": statistics.mean(sent), "sent_bytes_per_s_max": max(sent),
            "cpu_share": statistics.mean(cpu), "false_alarms": len(alarms),
            "pss_bytes": statistics.mean(pss_bytes(one.pid) for one in processes.values()),
            "rss_bytes": statistics.mean(status_bytes(one.pid) for one in processes.values())}


def watch_under_load(side, lab, seconds, cores=2):
    """The same beside twice as many endless loops as there are cores."""
    burners = [Process(["sh", "-c", "while :; do :; done"], "/dev/null") for _ in range(2 * cores)]
    try:
        return watch(side, lab, seconds)
    finally:
        for burner in burners:
            burner.kill_9()


def measure(side, size, folder, dice):
    with Lab(size) as lab:
        try:
            row = {"start_s": side.start(lab, size, folder)}
            time.sleep(SETTLE_S)
            row["idle"] = watch(side, lab, QUIET_S)
            for fault, times in SIZES[size].items():
                row[fault] = [hurt(side, lab, fault, dice.randint(1, size)) for _ in range(times)]
                print(f"    {side.name:<9} {size:>3} {FAULTS[fault]:<13} "
                      + " ".join("none" if one["took_s"] is None else f"{one['took_s']:.2f}" for one in row[fault]),
                      flush=True)
            time.sleep(SETTLE_S)
            row["load"] = watch_under_load(side, lab, LOADED_S)
            return row
        finally:
            side.stop()


def run(options, folder):
    if missing():
        print(f"membership: skipped: {missing()}")
        return {"skipped": missing()}
    sides, out = [], {"sides": {}}
    for side in all_sides(options.bin):
        reason = side.missing()
        version = "" if reason else side.version()
        print(f"  {side.name:<9} {'skipped: ' + reason if reason else version}")
        out["sides"][side.name] = {"skipped": reason} if reason else {"version": version, "sizes": {}}
        if not reason:
            sides.append(side)
    dice = random.Random(7)
    for round_number in range(options.rounds):
        for size in options.members:
            # The order turns, so that no side always comes first.
            for side in sides[round_number % len(sides):] + sides[:round_number % len(sides)]:
                row = measure(side, size, folder / f"{side.name}-{size}-{round_number}", dice)
                out["sides"][side.name]["sizes"].setdefault(str(size), []).append(row)
    report(out)
    return out


def report(out):
    rows = []
    costs = []
    for size in SIZES:
        for name, side in out["sides"].items():
            runs = side.get("sizes", {}).get(str(size))
            if not runs:
                continue
            for fault, text in FAULTS.items():
                hurts = [one for run_ in runs for one in run_[fault]]
                took = sorted(one["took_s"] for one in hurts if one["took_s"] is not None)
                rows.append([size, text, name, len(hurts), *([f"{statistics.median(took):.2f}", f"{took[0]:.2f}",
                             f"{took[-1]:.2f}"] if took else ["-"] * 3), sum(one["blamed_others"] for one in hurts)])
            idle, load = [run_["idle"] for run_ in runs], [run_["load"] for run_ in runs]
            costs.append([size, name, f"{statistics.median(run_['start_s'] for run_ in runs):.1f}",
                          table.count(statistics.median(one["sent_bytes_per_s"] for one in idle)),
                          f"{100 * statistics.median(one['cpu_share'] for one in idle):.2f} %",
                          f"{statistics.median(one['rss_bytes'] for one in idle) / 2**20:.1f}",
                          f"{statistics.median(one['pss_bytes'] for one in idle) / 2**20:.1f}",
                          sum(one["false_alarms"] for one in idle), sum(one["false_alarms"] for one in load)])
    table.show("seconds until all living members know of a failure; others blamed: failures told of healthy members",
               [">members", "fault", "side", ">times", ">median", ">least", ">most", ">others blamed"], rows)
    table.show(f"a member's cost; false alarms in {QUIET_S} s idle and in {LOADED_S} s beside four endless loops",
               [">members", "side", ">start s", ">sent B/s", ">core", ">RSS MiB", ">PSS MiB", ">alarms idle",
                ">alarms loaded"],
               costs)
