# SPDX-License-Identifier: Apache-2.0
"""Quarter hours of a cumulative register, by docs/metering/intervals.md and register-falls.md. Slow and plain: it is
written to be compared with, and shares nothing with what it is compared to."""
from dataclasses import dataclass, field

MINUTE = 60_000
HOUR = 60 * MINUTE
QUARTER = 15 * MINUTE

POWER_MAX_W = 56_000
RESOLUTION = 1
# Energy registers of P1 meters: nine digits of Wh.
MODULUS = 10 ** 9


@dataclass
class Interval:
    start: int
    value: int | None = None
    flags: set = field(default_factory=set)

    @property
    def end(self):
        return self.start + QUARTER

    @property
    def known(self):
        return self.value is not None and "pending" not in self.flags and "partial" not in self.flags


@dataclass
class Stretch:
    """Between two readings that are used. booked: what the register rose; None when that is unknown."""
    start: int
    end: int
    booked: int | None
    flags: set

    def until(self, time):
        return self.booked * (time - self.start) // (self.end - self.start)


def plausible(rise, passed):
    return rise * HOUR <= POWER_MAX_W * max(passed, MINUTE)


def small_dip(high, low):
    return high - low <= max(2 * RESOLUTION, high // 1000)


def comes_back(readings, first):
    """The index of the reading that ends the dip after `first`; None when there is none, "open" when one may come."""
    start, high = readings[first]
    index = first + 1
    while True:
        between = index - first - 1
        by_count = between <= 5
        if index == len(readings):
            # The next reading would stand here, later than the last one that is there.
            by_time = readings[-1][0] < start + 10 * MINUTE and between <= 600
            return "open" if by_count or by_time else None
        time, value = readings[index]
        if not by_count and not (time - start <= 10 * MINUTE and between <= 600):
            return None
        if index > first + 1 and value >= high and plausible(value - high, time - start):
            return index
        index += 1


def without_dips(readings):
    """(readings that are used as (time, value, flags), time of the fall that is not decided or None). The flags of a
    reading belong to the stretches at it."""
    high_of = {}
    undecided = set()
    for first in range(len(readings) - 1):
        if readings[first + 1][1] >= readings[first][1]:
            continue
        back = comes_back(readings, first)
        if back == "open":
            undecided.add(first)
        elif back is not None:
            for inside in range(first + 1, back):
                if readings[inside][1] < readings[first][1]:
                    high_of[inside] = max(high_of.get(inside, readings[first][1]), readings[first][1])
    used = []
    last = None
    for index, (time, value) in enumerate(readings):
        flags = set()
        if index in high_of:
            if not small_dip(high_of[index], value):
                continue
            value = high_of[index]
            flags.add("jitter")
        if last is not None and index > last + 1:
            flags.add("after_glitch")
        if used and value < used[-1][1] and last in undecided:
            return used, used[-1][0]
        used.append((time, value, flags))
        last = index
    return used, None


def decide(before, after):
    """What is booked between two readings that are used and follow each other."""
    (start, old, flags_before), (end, new, flags_after) = before, after
    passed = end - start
    flags = (flags_before | flags_after) & {"jitter"}
    if "after_glitch" in flags_after:
        flags.add("glitch")
    if new >= old:
        if not plausible(new - old, passed):
            flags.add("suspect")
            if new > 10 * old:
                return Stretch(start, end, None, flags)
        return Stretch(start, end, new - old, flags)
    # A register that stood beyond its modulus did not wrap there.
    if 10 * old >= 9 * MODULUS and MODULUS - old + new >= 0 and plausible(MODULUS - old + new, passed):
        return Stretch(start, end, MODULUS - old + new, flags | {"rollover"})
    if small_dip(old, new):
        return Stretch(start, end, 0, flags | {"jitter"})
    if 10 * new < old:
        return Stretch(start, end, None, flags | {"reset"})
    return Stretch(start, end, None, flags | {"suspect"})


def quarter_hours(readings):
    """From that of the first reading to that of the last: {start: Interval}. readings: [(time, value)], ascending.
    Those before are missing, those behind are null and pending."""
    if not readings:
        return {}
    used, pending = without_dips(readings)
    stretches = [decide(a, b) for a, b in zip(used, used[1:])]
    settled = pending if pending is not None else readings[-1][0]
    found = {}
    first_stretch = 0
    for start in range(readings[0][0] // QUARTER * QUARTER, readings[-1][0] + 1, QUARTER):
        interval = Interval(start)
        while first_stretch < len(stretches) and stretches[first_stretch].end <= start:
            first_stretch += 1
        covered = 0
        for stretch in stretches[first_stretch:]:
            if stretch.start >= interval.end:
                break
            interval.flags |= stretch.flags
            if stretch.booked is None:
                continue
            left, right = max(stretch.start, start), min(stretch.end, interval.end)
            interval.value = (interval.value or 0) + stretch.until(right) - stretch.until(left)
            covered += right - left
        if interval.value is not None and covered < QUARTER:
            interval.flags.add("partial")
        if interval.end > settled:
            interval.flags.add("pending")
        found[start] = interval
    return found
