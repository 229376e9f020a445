# SPDX-License-Identifier: Apache-2.0
"""A fleet that makes alerts happen: rules of every kind, and readings placed exactly around what they say. The same
seed, size and base time give the same fleet. Nothing is later than the base time."""
import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from register_oracle import HOUR, MINUTE, QUARTER
from rule_oracle import CURRENTS, DAY, IMPORT, PLAIN_GAUGE, SECOND, VOLTAGES, read_documents, rule_for

ZONE = "Europe/Brussels"
POWER, DEMAND, MONTH_PEAK, FAILURES = "1-0:1.7.0", "1-0:1.4.0", "1-0:1.6.0", "0-0:96.7.21"

PROFILES = """
[[profile]]
name = "house"
match = ["M-?0*", "M-?1*", "M-?2*"]
connection_limit = "5kW"
"""
# (name, the rest of its table); all begin to count long before the first reading, unless they say otherwise.
RULES = [
    ("power-plain", 'kind = "threshold"\nregister = "1-0:1.7.0"\nabove = "3kW"\nclear = "2800W"'),
    ("power-count", 'kind = "threshold"\nregister = "1-0:1.7.0"\nabove = "3500W"\ncount = 3\nexclude = "M-?1*"'),
    ("power-low", 'kind = "threshold"\nregister = "1-0:1.7.0"\nbelow = "100W"\nclear = "150W"\nhold = "20m"'),
    ("power-over", 'kind = "over_power"\nabove = "4kW"\nkeep_firing = "2m"\nseverity = "critical"'),
    ("power-limit", 'kind = "over_power"\nprofile = "house"\nhold = "2m"'),
    ("feeds-back", 'kind = "reverse_flow"\nabove = "100W"'),
    ("sag", 'kind = "voltage_sag"'),
    ("sag-long", 'kind = "voltage_sag"\nhold = "20m"\nkeep_firing = "1m"'),
    ("swell", 'kind = "voltage_swell"\nmatch = ["M-0*", "M-1*"]'),
    ("phase-lost", 'kind = "missing_phase"\nseverity = "critical"\nhold = "30s"'),
    ("clock", 'kind = "clock_drift"\nabove = "30s"\nseverity = "info"'),
    ("frames", 'kind = "bad_frames"\nabove = "5%"\nkeep_firing = "1h"'),
    ("failures", 'kind = "increase"\nregister = "power_failures"'),
    ("failures-many", 'kind = "increase"\nregister = "power_failures"\ncount = 2'),
    ("peak", f'kind = "peak_projection"\nzone = "{ZONE}"'),
    ("peak-early", 'kind = "peak_projection"\nzone = "America/New_York"\nfloor = "2kW"\nmargin = "200W"\nhold = "1m"'),
    ("hour-use", 'kind = "interval_threshold"\nregister = "import"\nabove = "2kWh"'),
    ("quarter-use", 'kind = "interval_threshold"\nregister = "import"\nabove = "400Wh"\nintervals = 1\nhold = "30m"\n'
                    'grace = "10s"'),
    ("no-use", 'kind = "interval_threshold"\nregister = "import"\nbelow = "20Wh"\nclear = "40Wh"\nintervals = 2'),
    ("skew-voltage", 'kind = "imbalance"\nof = "voltage"'),
    ("skew-current", 'kind = "imbalance"\nof = "current"\nhold = "20m"'),
    ("night", f'kind = "night_baseline"\nzone = "{ZONE}"'),
    ("night-one", f'kind = "night_baseline"\nzone = "{ZONE}"\ncount = 1\nabove = "120%"'),
    ("day-drop", f'kind = "sudden_drop"\nzone = "{ZONE}"'),
    ("day-drop-far", 'kind = "sudden_drop"\nzone = "America/New_York"\nbelow = "40%"'),
    ("fell", 'kind = "rollback"'),
    ("stuck", 'kind = "stuck_register"'),
    ("stuck-more", 'kind = "stuck_register"\nabove = "500Wh"\ngrace = "1m"'),
]


def text_of_time(at):
    return datetime.fromtimestamp(at / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03}Z"


# These are applied in the midst of the readings, and say something about what was before.
LATE_RULES = [
    ("late-power", 'kind = "threshold"\nregister = "1-0:1.7.0"\nabove = "3100W"\nhold = "10s"'),
    ("late-use", 'kind = "interval_threshold"\nregister = "import"\nabove = "300Wh"\nintervals = 2'),
    ("late-sag", 'kind = "voltage_sag"\nnominal = "229V"'),
]


def table(name, text, effective):
    return f'\n[[rule]]\nname = "{name}"\n{text}\neffective = {text_of_time(effective)}\n'


def rules_of(base):
    """The document. Some rules depend on the base time: one begins to count in the midst of the readings, some have
    more than one version, and windows of one become due shortly after the base time."""
    early = base - 3000 * DAY
    power = 'kind = "threshold"\nregister = "1-0:1.7.0"\nabove = '
    text = PROFILES + "".join(table(name, rest, early) for name, rest in RULES)
    text += table("power-since", power + '"2900W"', base - 3 * HOUR)
    text += table("power-versions", power + '"2700W"\nhold = "5m"', early)
    text += table("power-versions", power + '"3400W"\nhold = "20s"', base - 20 * DAY)
    text += table("power-versions", power + '"3000W"\nhold = "1m"\ncount = 2\nkeep_firing = "30s"', base - 4 * HOUR)
    text += table("power-gone", power + '"3000W"\nkeep_firing = "2h"', early)
    text += table("power-gone", power + '"3000W"\ndisabled = true', base - 2 * HOUR)
    peak = f'kind = "peak_projection"\nzone = "{ZONE}"\nfloor = '
    text += table("peak-versions", peak + '"2kW"', early)
    text += table("peak-versions", peak + '"3kW"', base - 3 * HOUR - 60_007)
    text += table("use-versions", 'kind = "interval_threshold"\nregister = "import"\nabove = "1kWh"', early)
    text += table("use-versions", 'kind = "interval_threshold"\nregister = "import"\nabove = "400Wh"\nintervals = 2',
                  base - 5 * HOUR)
    soon_s = base % QUARTER // SECOND + 25
    return text + table("soon-due", 'kind = "interval_threshold"\nregister = "import"\nabove = "300Wh"\n'
                        f'intervals = 1\ngrace = "{soon_s}s"', early)


def late_rules_of(base):
    return "".join(table(name, rest, base - 3000 * DAY) for name, rest in LATE_RULES)


@dataclass
class Fleet:
    base: int
    rules: str
    late_rules: str
    portions: list  # of readings, in the order in which they are sent; repeats included
    bursts: list  # of readings that one scenario made

    def readings(self):
        return [reading for portion in self.portions for reading in portion]


class Maker:
    """Makes the readings of one meter: {(register, time): value}, never two values at one time but by correction."""

    def __init__(self, dice, meter, base, documents):
        self.dice = dice
        self.meter = meter
        self.base = base
        self.rules = [rule for rule in (rule_for(r, self.house(documents), meter) for r in documents.rules) if rule]
        self.values = {}
        self.burst = []
        self.bursts = []

    def house(self, documents):
        profile = documents.profiles[0]
        return profile if int(self.meter[3]) < 3 else None

    def put(self, register, at, value):
        if at > self.base or (register, at) in self.values:
            return
        self.values[register, at] = value
        self.burst.append({"meter": self.meter, "register": register, "time": at, "value": value})

    def end_burst(self):
        self.bursts.append(self.burst)
        self.burst = []

    def start_time(self, span=8 * HOUR):
        """Recent or long ago; often at or just beside the edge of a quarter hour."""
        dice = self.dice
        back = dice.randrange(10 * MINUTE, span) if dice.random() < 0.6 else dice.randrange(DAY, 60 * DAY)
        at = self.base - back
        if dice.random() < 0.5:
            at = at // QUARTER * QUARTER + dice.choice([-1, 0, 1, 0, SECOND])
        return at

    # ---- momentary values ----

    def gauge(self, register, rules):
        """Walks around one rule's thresholds, with steps around its hold and its gap limit."""
        rule = self.dice.choice(rules)
        dice = self.dice
        sign = -1 if rule.below else 1
        firing = [rule.fire + sign, rule.fire + sign, rule.fire + sign * dice.randrange(1, 400)]
        between = [rule.fire, rule.clear + sign, (rule.fire + rule.clear) // 2]
        clearing = [rule.clear, rule.clear, rule.clear - sign * dice.randrange(0, 400)]
        hold, gap, keep = rule.hold, rule.gap_limit(), rule.keep_firing
        steps = [SECOND, 10 * SECOND, hold, hold + 1, max(1, hold - 1), hold // 2, hold // 3, gap, gap + 1, gap - 1,
                 keep, keep - 1, keep // 2, MINUTE, dice.randrange(1, 2 * MINUTE)]
        at = self.start_time()
        for _ in range(dice.randrange(12, 40)):
            choice = dice.choices([firing, between, clearing], [5, 1, 3])[0]
            for _ in range(dice.randrange(1, 5)):
                value = dice.choice(choice)
                # A drift has no sign; the other registers here hold no negative value.
                if rule.kind == "clock_drift":
                    value *= dice.choice([-1, 1])
                else:
                    value = max(0, value)
                self.put(register, at, value)
                at += max(1, dice.choice(steps))

    def rules_of(self, *kinds):
        return [rule for rule in self.rules if rule.kind in kinds]

    def power(self):
        self.gauge(POWER, [rule for rule in self.rules_of("threshold", "over_power") if rule.fire])

    def plain(self):
        rule = self.dice.choice(self.rules_of("reverse_flow", "clock_drift", "bad_frames"))
        self.gauge(PLAIN_GAUGE[rule.kind], [rule])

    def voltage(self):
        rules = self.rules_of("voltage_sag", "voltage_swell", "missing_phase")
        self.gauge(self.dice.choice(list(VOLTAGES.values())), rules)

    def counter(self):
        at, value = self.start_time(), self.dice.randrange(3, 50)
        for _ in range(self.dice.randrange(8, 30)):
            self.put(FAILURES, at, value)
            value = max(0, value + self.dice.choice([0, 0, 0, 1, 1, 2, -1]))
            at += self.dice.choice([SECOND, MINUTE, QUARTER, QUARTER + 1, HOUR])

    def peak(self):
        """Demand that rises through quarter hours, with powers that bring the projection to the limit and past it."""
        dice = self.dice
        zone = ZoneInfo(ZONE)
        at = self.start_time()
        if dice.random() < 0.4:  # at the turn of a month
            local = datetime.fromtimestamp(self.base / 1000, zone) - timedelta(days=32 * dice.randrange(2))
            turn = round(datetime(local.year, local.month, 1, tzinfo=zone).timestamp()) * SECOND
            at = turn - dice.randrange(40) * MINUTE
            self.put(MONTH_PEAK, turn + dice.choice([-1, 0, 1]), dice.randrange(3000, 6000))
        known = 2500
        for _ in range(dice.randrange(3, 8)):
            quarter = at // QUARTER * QUARTER
            demand = dice.randrange(0, 300)
            for _ in range(dice.randrange(1, 8)):
                if dice.random() < 0.7:
                    self.put(DEMAND, at - dice.choice([0, 0, 1, MINUTE]), demand)
                rest = QUARTER - at % QUARTER
                needed = (known - demand) * QUARTER // rest
                self.put(POWER, at, max(0, needed + dice.choice([-1, 0, 1, 2, -300, 500, 3000])))
                at += dice.choice([SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE])
                demand += dice.randrange(0, 900)
                if at >= quarter + QUARTER:
                    break
            if dice.random() < 0.3:
                known = max(known, demand)
                self.put(MONTH_PEAK, at, demand)
            at = max(at, quarter + QUARTER + dice.choice([0, 0, 1, MINUTE]))

    def phases(self):
        """Ten-minute windows in which the phases differ by about as much as is too much."""
        dice = self.dice
        current = dice.random() < 0.5
        registers = list((CURRENTS if current else VOLTAGES).values())
        width = 10 * MINUTE
        at = self.start_time() // width * width
        for _ in range(dice.randrange(3, 14)):
            usual = dice.choice([190, 200, 1000, 3000]) if current else dice.randrange(2250, 2350)
            # With m = usual (1, 1, 1 + s) the share is 2 s / (3 + s): s is chosen about where it passes the limit.
            limit = dice.choice([0.375, 0.5, 0.5] if current else [0.015, 0.02])
            odd = round(usual * (1 + 3 * limit / (2 - limit))) + dice.choice([-60, -1, 0, 1, 2, 40, 40, 40])
            values = [usual, usual, odd]
            dice.shuffle(values)
            for register, value in zip(registers, values):
                if dice.random() < 0.06:
                    continue
                for offset in dice.sample([0, 1, MINUTE, 3 * MINUTE, width // 2, width - 1], dice.randrange(1, 4)):
                    self.put(register, at + offset, value + dice.choice([0, 0, 1, -1]))
            at += width * dice.choice([1, 1, 1, 2, 7])

    # ---- registers ----

    def register(self, register=IMPORT):
        """Quarter hours, some beside the grid; uses around the limits, gaps, dips, resets, wraps, stretches without a
        rise while power flows."""
        dice = self.dice
        at = self.start_time(20 * HOUR) // QUARTER * QUARTER
        count = dice.randrange(30, 80)
        value = dice.choice([5000, 400_000, 123_456_789, 999_996_000])
        step = dice.choice([QUARTER, QUARTER, 5 * MINUTE, 10 * SECOND])
        if step != QUARTER:
            count *= 2
        usual = None
        while count > 0:
            event = dice.random()
            if event < 0.05:
                value, at = self.dip(register, at, value, step)
            elif event < 0.08:
                at += dice.choice([HOUR, 3 * HOUR, 26 * HOUR])
            elif event < 0.11:
                self.stand_still(register, at, value)
                at += HOUR + 40 * MINUTE
            if usual is None or dice.random() < 0.2:
                usual = dice.choice([9, 10, 20, 300, 301, 400, 401, 500, 501, 900])
            value = (value + usual * step // QUARTER + dice.choice([0, 0, 0, 1])) % 10 ** 9
            at += step
            self.put(register, at + dice.choice([0] * 12 + [-1, 1, 7 * SECOND]), value)
            count -= 1

    def dip(self, register, at, value, step):
        """A register that falls; (value, time) to go on with."""
        dice = self.dice
        low = max(0, value - dice.choice([1, 2, 3, value // 1000, value // 1000 + 1, value // 3, value]))
        stays = dice.randrange(1, 9)
        for number in range(stays):
            self.put(register, at + (number + 1) * step, low + number)
        at += stays * step
        back = dice.random()
        if back < 0.6:
            return value, at
        if back < 0.8:
            return low + stays, at
        return value + 14_000 * dice.choice([1, 1, 2, 4]) * max(1, step // QUARTER) + dice.choice([0, 1, 3]), at

    def stand_still(self, register, at, value):
        dice = self.dice
        for offset in sorted(dice.sample([0, 10, 30, 45, 59, 60, 61, 75, 90], 5)):
            self.put(register, at + offset * MINUTE + dice.choice([0, 0, 1, -1]), value)
        watts = dice.choice([[0, 40, 50, 60], [40, 50, 60, 500], [500, 900]])
        for offset in range(-10, 100, dice.choice([2, 10, 20])):
            self.put(POWER, at + offset * MINUTE, dice.choice(watts))

    def tariffs(self):
        self.register(self.dice.choice(["1-0:1.8.1", "1-0:1.8.2"]))

    def days(self):
        """Weeks of quarter hours up to now: nights in which more is used than usual, days in which hardly any is."""
        dice = self.dice
        zone = ZoneInfo(ZONE)
        step = dice.choice([QUARTER, HOUR])
        span = dice.randrange(24, 46)
        end = self.base - dice.choice([0, 0, 5, 20]) * DAY
        at = end // HOUR * HOUR - span * DAY
        registers = dice.choice([[IMPORT], [IMPORT], ["1-0:1.8.1", "1-0:1.8.2"]])
        totals = [dice.randrange(10 ** 6) for _ in registers]
        lifted, quiet, lost = set(), set(), set()
        for _ in range(dice.randrange(2, 5)):
            first = dice.randrange(span)
            lifted |= set(range(first, first + dice.choice([1, 2, 3, 3, 4, 5, 6])))
            first = dice.randrange(span)
            quiet |= set(range(first, first + dice.choice([1, 1, 2, 3])))
            if dice.random() < 0.4:
                lost.add(dice.randrange(span))
        begin = datetime.fromtimestamp(at / 1000, zone).date()
        lift = dice.choice([4, 10, 11, 40])
        while at < end:
            local = datetime.fromtimestamp(at / 1000, zone)
            day = (local.date() - begin).days
            in_lost_hours = day in lost and local.hour in (3, 12, 13, 14)
            for number, register in enumerate(registers):
                if not in_lost_hours:
                    self.put(register, at, totals[number])
                use = 20 + (lift if day in lifted else 0) + dice.choice([0, 0, 0, 0, 1])
                totals[number] += (dice.choice([1, 5, 6, 7]) if day in quiet else use) * step // QUARTER
            at += step


SCENARIOS = [("power", 3), ("plain", 2), ("voltage", 3), ("counter", 1), ("peak", 3), ("phases", 2), ("register", 3),
             ("tariffs", 1)]


def corrections(dice, burst):
    """Other values for some of the same times, with a higher revision or quality: they win whenever they come. And
    some that lose."""
    found = []
    for reading in dice.sample(burst, len(burst) // 25):
        value = max(0, reading["value"] + dice.choice([-500, -20, -1, 1, 20, 700]))
        found.append({**reading, "value": value, **dice.choice([
            {"revision": 2}, {"quality": "validated"}, {"quality": "edited", "revision": 1},
            {"quality": "estimated"}, {"quality": "substituted", "revision": 7}])})
    return found


def portions_of(dice, bursts):
    """What is sent when: mostly in order, a part late, a part twice, some bursts backwards, some never."""
    items = []
    for burst in bursts:
        burst = burst + corrections(dice, burst)
        if len(burst) < 1000:
            burst = [reading for reading in burst if dice.random() > 0.02]
        begin = dice.random()
        disorder = dice.choice([0, 0, 0.02, 0.5])
        backwards = dice.random() < 0.15
        for number, reading in enumerate(burst):
            share = number / len(burst)
            place = begin + 0.5 * (1 - share if backwards else share) + disorder * dice.random()
            if dice.random() < 0.04:
                place += dice.choice([0.3, 3])
            items.append((place, reading))
            if dice.random() < 0.04:
                items.append((place + dice.choice([0, 0.01, 2]), reading))
    items.sort(key=lambda item: item[0])
    portions = []
    first = 0
    while first < len(items):
        size = dice.choice([1, 5, 50, 50, 400])
        portions.append([reading for _, reading in items[first:first + size]])
        first += size
    return portions


def make_fleet(seed, meters, base):
    dice = random.Random(seed)
    rules = rules_of(base)
    documents = read_documents([rules], base)
    bursts = []
    for number in range(meters):
        maker = Maker(dice, f"M-{number % 4}{number % 7}-{number}", base, documents)
        if number % 4 == 3:
            maker.days()
            maker.end_burst()
        for name in dice.choices([name for name, _ in SCENARIOS], [weight for _, weight in SCENARIOS], k=6):
            if number % 4 == 3 and name in ("register", "tariffs"):
                continue
            getattr(maker, name)()
            maker.end_burst()
        bursts += [burst for burst in maker.bursts if burst]
    return Fleet(base, rules, late_rules_of(base), portions_of(dice, bursts), bursts)
