#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The alerts that readings and rules make, by docs/metering/alerts.md. Everything is computed anew from all readings,
a meter at a time: slow and plain, and without any code of what it is compared to. Not here: no_data, quarantined,
exchanges of a meter, who is told.

usage: alert_oracle.py --readings FILE.ndjson --rules FILE.toml... [--now MS]
Prints an alert a line. Readings are those of POST /api/v1/readings with OBIS codes, in any order, repeats included.
"""
import argparse
import json
import sys
import time
from bisect import bisect_left, bisect_right
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from register_oracle import HOUR, MINUTE, QUARTER, quarter_hours
from rule_oracle import (CURRENTS, DAY, IMPORT, PLAIN_GAUGE, SECOND, VOLTAGES, WINDOW, milliseconds, profile_of,
                         read_documents, rule_for)

QUALITIES = ["missing", "estimated", "substituted", "actual", "validated", "edited"]


@dataclass
class Point:
    at: int
    x: int
    closes: bool = False  # clears whatever x is


@dataclass
class Alert:
    rule: str
    meter: str
    phase: str
    onset: int
    fired: int
    last: int
    resolved: int | None
    peak: int
    count: int

    @property
    def state(self):
        return "firing" if self.resolved is None else "resolved"

    @property
    def key(self):
        return self.rule, self.meter, self.phase, self.onset // QUARTER * QUARTER


# ---- readings -------------------------------------------------------------------------------------------------------


def winners(readings):
    """{meter: {register: [(time, value)]}}, ascending: one a key, that of the higher quality, then revision. Two that
    are equal in both and differ in value are decided by a hash, which is not known here."""
    best = {}
    for reading in readings:
        at = reading["time"]
        key = reading["meter"], reading["register"], at if isinstance(at, int) else milliseconds(at)
        rank = QUALITIES.index(reading.get("quality") or "actual"), int(reading.get("revision") or 0)
        value = int(reading["value"])
        if key not in best or rank > best[key][0]:
            best[key] = rank, value, False
        elif rank == best[key][0] and value != best[key][1]:
            best[key] = rank, value, True
    ties = [key for key, (_, _, tied) in best.items() if tied]
    if ties:
        raise ValueError(f"readings that only a hash decides, for example {ties[0]}")
    meters = {}
    for meter, register, at in sorted(best):
        rank, value, _ = best[meter, register, at]
        if QUALITIES[rank[0]] != "missing":
            meters.setdefault(meter, {}).setdefault(register, []).append((at, value))
    return meters


class MeterFacts:
    def __init__(self, registers):
        self.registers = registers
        self.folded = {}

    def facts(self, register, start=None, end=None):
        """[(time, value)] with start <= time < end."""
        found = self.registers.get(register, [])
        if start is None:
            return found
        return found[bisect_left(found, (start,)):bisect_left(found, (end,))]

    def quarters(self, register):
        """{start: Interval}"""
        if register not in self.folded:
            self.folded[register] = quarter_hours(self.facts(register))
        return self.folded[register]

    def import_use(self):
        """{start: Wh} of the quarter hours whose import is known."""
        if IMPORT in self.registers:
            return {start: q.value for start, q in self.quarters(IMPORT).items() if q.known}
        first, second = self.quarters("1-0:1.8.1"), self.quarters("1-0:1.8.2")
        return {start: first[start].value + second[start].value for start in first.keys() & second.keys()
                if first[start].known and second[start].known}


# ---- points: one function a kind; each gives {phase: [Point]}, ascending -------------------------------------------


def gauge(rule, meter):
    return {"": [Point(at, value) for at, value in meter.facts(PLAIN_GAUGE.get(rule.kind, rule.register))]}


def clock_drift(rule, meter):
    return {"": [Point(at, abs(value)) for at, value in meter.facts(PLAIN_GAUGE[rule.kind])]}


def voltage(_rule, meter):
    return {phase: [Point(at, value) for at, value in meter.facts(register)] for phase, register in VOLTAGES.items()}


def increase(rule, meter):
    facts = meter.facts(rule.register)
    return {"": [Point(at, value - before) for (previous, before), (at, value) in zip(facts, facts[1:])
                 if at - previous <= 32 * DAY]}


def month_start(at, zone):
    local = datetime.fromtimestamp(at / 1000, zone)
    return to_ms(datetime(local.year, local.month, 1, tzinfo=zone))


def peak_projection(rule, meter):
    zone = ZoneInfo(rule.zone)
    points = []
    ends = set()
    for at, power in meter.facts("1-0:1.7.0"):
        quarter = at // QUARTER * QUARTER
        demands = meter.facts("1-0:1.4.0", quarter, at + 1)
        if not demands:
            continue
        peaks = [value for _, value in meter.facts("1-0:1.6.0", month_start(at, zone), at + 1)]
        limit = max([rule.floor, *peaks])
        rest = QUARTER - at % QUARTER
        points.append(Point(at, demands[-1][1] + power * rest // QUARTER - limit))
        ends.add(quarter + QUARTER)
    points += [Point(end, 0, closes=True) for end in ends]
    return {"": sorted(points, key=lambda point: (point.at, not point.closes))}


def interval_threshold(rule, meter):
    quarters = meter.quarters(rule.register)
    points = []
    for start in sorted(quarters):
        last = [quarters.get(start - back * QUARTER) for back in range(rule.intervals)]
        if all(quarter and quarter.known for quarter in last):
            points.append(Point(start + QUARTER, sum(quarter.value for quarter in last)))
    return {"": points}


def imbalance(rule, meter):
    width = 10 * MINUTE
    registers = (CURRENTS if rule.of == "current" else VOLTAGES).values()
    least = 600 if rule.of == "current" else 1
    windows = {}
    for number, register in enumerate(registers):
        for at, value in meter.facts(register):
            windows.setdefault(at // width * width, ([], [], []))[number].append(value)
    points = []
    for start, phases in sorted(windows.items()):
        if not all(phases):
            continue
        means = [sum(values) // len(values) for values in phases]
        mean = sum(means) // 3
        if mean >= least:
            points.append(Point(start + width, max(abs(m - mean) for m in means) * 10_000 // mean))
    return {"": points}


def to_ms(local):
    return round(local.timestamp()) * SECOND


def local_time(day, hour, zone):
    return to_ms(datetime(day.year, day.month, day.day, hour, tzinfo=zone))


def local_days(use, zone):
    """The local days in which something is known."""
    def day_of(at):
        return datetime.fromtimestamp(at / 1000, zone).date()
    if not use:
        return []
    first, last = day_of(min(use)), day_of(max(use))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def all_known(use, start, end):
    """The values of the quarter hours in [start, end); None unless every one of them is known."""
    values = [use.get(at) for at in range(start, end, QUARTER)]
    return values if values and None not in values else None


def night_baseline(rule, meter):
    zone = ZoneInfo(rule.zone)
    use = meter.import_use()
    least = {}
    points = []
    for day in local_days(use, zone):
        end = local_time(day, 5, zone)
        values = all_known(use, local_time(day, 2, zone), end)
        if values is None:
            continue
        least[day] = min(values)
        nights = [day - timedelta(days=back) for back in range(1, 29)]
        before = sorted(least[night] for night in nights if night in least)
        if len(before) >= 7:
            points.append(Point(end, 1000 * least[day] // max(1, before[(len(before) - 1) // 2])))
    return {"": points}


def sudden_drop(rule, meter):
    zone = ZoneInfo(rule.zone)
    use = meter.import_use()
    used = {}
    points = []
    for day in local_days(use, zone):
        end = local_time(day + timedelta(days=1), 0, zone)
        values = all_known(use, local_time(day, 0, zone), end)
        if values is None:
            continue
        used[day] = sum(values)
        before = [used[day - timedelta(weeks=back)] for back in range(1, 5) if day - timedelta(weeks=back) in used]
        if len(before) >= 2 and sum(before) // len(before) >= 1000:
            points.append(Point(end, 1000 * used[day] // (sum(before) // len(before))))
    return {"": points}


def rollback(rule, meter):
    registers = [rule.register] if rule.register else ["1-0:1.8.0", "1-0:1.8.1", "1-0:1.8.2"]
    return {register.removeprefix("1-0:"): [
        Point(quarter.end, 1 if "suspect" in quarter.flags else 0)
        for _, quarter in sorted(meter.quarters(register).items())
        if quarter.known or ("suspect" in quarter.flags and "pending" not in quarter.flags)]
        for register in registers}


def energy(powers, start, end):
    """Wh of power facts in [start, end): each counts until the next, at most 15 minutes."""
    total = 0
    first = max(0, bisect_right(powers, (start,)) - 1)
    for index in range(first, len(powers)):
        at, watts = powers[index]
        if at >= end:
            break
        until = min(at + QUARTER, powers[index + 1][0] if index + 1 < len(powers) else at + QUARTER, end)
        total += watts * max(0, until - max(at, start))
    return total // HOUR


def stuck_register(rule, meter):
    facts = meter.facts(rule.register)
    powers = meter.facts("1-0:1.7.0")
    points = []
    same = facts[:1]  # the readings of one value that follow each other
    for (at, value) in facts[1:] if powers else []:
        same = [(t, v) for t, v in same if v == value and at - t <= 26 * HOUR] + [(at, value)]
        since = same[0][0]
        points.append(Point(at, 0 if at - since < HOUR else energy(powers, since, at)))
    return {"": points}


POINTS = {"threshold": gauge, "over_power": gauge, "reverse_flow": gauge, "bad_frames": gauge,
          "clock_drift": clock_drift, "voltage_sag": voltage, "voltage_swell": voltage, "missing_phase": voltage,
          "increase": increase, "peak_projection": peak_projection, "interval_threshold": interval_threshold,
          "imbalance": imbalance, "night_baseline": night_baseline, "sudden_drop": sudden_drop, "rollback": rollback,
          "stuck_register": stuck_register}


# ---- episodes and alerts -------------------------------------------------------------------------------------------


@dataclass
class Judged:
    """A point under the version of its rule that counts at its time."""
    at: int
    x: int
    fires: bool
    clears: bool
    ends: bool = False  # the rule is disabled from here on


def farthest(rule, values):
    return (min if rule.below else max)(values)


def episodes(rule, points):
    """[{onset, fired, last, resolved or None, peak, count}] of one (rule, meter, phase)."""
    done = []
    row = []  # pending: the points that fired in a row
    firing = None
    clear_since = None
    for point in points:
        if firing is None:
            if not point.fires:
                row = []
                continue
            if row and point.at - row[-1].at > rule.gap_limit():
                row = []
            row.append(point)
            if point.at - row[0].at >= rule.hold and len(row) >= rule.count:
                clear_since = None
                firing = {"onset": row[0].at, "fired": point.at, "last": point.at, "resolved": None,
                          "count": len(row), "peak": farthest(rule, (p.x for p in row))}
            continue
        if point.fires:
            firing.update(last=point.at, count=firing["count"] + 1, peak=farthest(rule, (firing["peak"], point.x)))
        if not point.clears:
            clear_since = None
            continue
        clear_since = point.at if clear_since is None else clear_since
        if point.at - clear_since >= rule.keep_firing or point.ends:
            firing["resolved"] = point.at
            done.append(firing)
            firing, row = None, []
    return done + ([firing] if firing else [])


def alerts_of(rule, meter, phase, points):
    """Episodes with the same onset window are one alert that opened again."""
    found = []
    for episode in episodes(rule, points):
        alert = Alert(rule.name, meter, phase, **episode)
        if found and found[-1].key == alert.key:
            first = found[-1]
            first.last, first.resolved = alert.last, alert.resolved
            first.count += alert.count
            first.peak = farthest(rule, (first.peak, alert.peak))
        else:
            found.append(alert)
    return found


def judged_points(versions, meter, now):
    """{phase: [Judged]}: each version's points from its effective time until the next one's, as far as the wall clock
    has come."""
    found = {}
    for index, rule in enumerate(versions):
        until = versions[index + 1].effective if index + 1 < len(versions) else None
        if rule.disabled:
            if rule.effective <= now:
                for points in found.values():
                    points.append(Judged(rule.effective, 0, fires=False, clears=True, ends=True))
            continue
        wait = rule.grace if rule.kind in WINDOW else 0
        for phase, points in POINTS[rule.kind](rule, meter).items():
            found.setdefault(phase, [])
            found[phase] += [Judged(p.at, p.x, not p.closes and rule.fires(p.x), p.closes or rule.clears(p.x))
                             for p in points
                             if rule.effective <= p.at and (until is None or p.at < until) and p.at + wait <= now]
    return found


def derive(readings, documents, now):
    """All alerts of all meters, ascending by their key."""
    found = []
    by_name = {}
    for rule in documents.rules:
        if rule.kind in POINTS:
            # Of two with one effective time the later one counts.
            by_name.setdefault(rule.name, {})[rule.effective] = rule
    for name, registers in sorted(winners(readings).items()):
        meter = MeterFacts(registers)
        profile = profile_of(documents.profiles, name)
        for by_effective in by_name.values():
            versions = [rule_for(rule, profile, name) for _, rule in sorted(by_effective.items())]
            if None in versions:
                continue  # all versions of a rule here are for the same meters
            for phase, points in judged_points(versions, meter, now).items():
                found += alerts_of(versions[-1], name, phase, points)
    return sorted(found, key=lambda alert: alert.key)


def main():
    parser = argparse.ArgumentParser(prog="alert_oracle.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", required=True, type=Path)
    parser.add_argument("--rules", required=True, type=Path, nargs="+")
    parser.add_argument("--now", type=int, default=time.time_ns() // 1_000_000, help="wall clock in ms (now)")
    chosen = parser.parse_args()
    readings = [json.loads(line) for line in chosen.readings.read_text().splitlines() if line.strip()]
    documents = read_documents([path.read_text() for path in chosen.rules], chosen.now)
    for alert in derive(readings, documents, chosen.now):
        print(json.dumps({**asdict(alert), "state": alert.state}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
