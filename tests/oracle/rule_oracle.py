# SPDX-License-Identifier: Apache-2.0
"""Rule documents as docs/metering/alerts.md means them, every default filled in. It judges nothing: documents come
from our own tests."""
import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from register_oracle import HOUR, MINUTE, QUARTER

SECOND = 1000
DAY = 24 * HOUR

MONOTONE = {"threshold", "over_power", "reverse_flow", "voltage_sag", "voltage_swell", "missing_phase", "clock_drift",
            "bad_frames", "increase", "peak_projection"}
DAILY = {"night_baseline", "sudden_drop"}
WINDOW = {"interval_threshold", "imbalance", "rollback", "stuck_register"} | DAILY

IMPORT = "1-0:1.8.0"
VOLTAGES = {"L1": "1-0:32.7.0", "L2": "1-0:52.7.0", "L3": "1-0:72.7.0"}
CURRENTS = {"L1": "1-0:31.7.0", "L2": "1-0:51.7.0", "L3": "1-0:71.7.0"}
ALIASES = {"import": IMPORT, "power": "1-0:1.7.0", "power_failures": "0-0:96.7.21", "current_l1": "1-0:31.7.0",
           "current_l2": "1-0:51.7.0", "current_l3": "1-0:71.7.0", "demand": "1-0:1.4.0"}
PLAIN_GAUGE = {"over_power": "1-0:1.7.0", "reverse_flow": "1-0:2.7.0", "clock_drift": "0-0:199.128.1",
               "bad_frames": "0-0:199.128.2"}

UNITS = {"W": 1, "kW": 1000, "MW": 10 ** 6, "Wh": 1, "kWh": 1000, "MWh": 10 ** 6, "V": 10, "dV": 1, "A": 100, "cA": 1,
         "Hz": 1000, "mHz": 1}
TIMES = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
# What one percent of a threshold is, where percent is how it is written.
PERCENT = {"imbalance": 100, "night_baseline": 10, "sudden_drop": 10, "bad_frames": 10}


@dataclass
class Rule:
    name: str
    kind: str
    match: list
    exclude: list
    profile: str
    effective: int
    severity: str
    disabled: bool
    below: bool = False
    fire: int | None = None  # None: that of the meter's profile
    clear: int | None = None
    hold: int = 0
    keep_firing: int = 0
    count: int = 1
    grace: int = 5 * MINUTE
    register: str = ""
    intervals: int = 4
    floor: int = 2500
    of: str = ""
    zone: str = "UTC"

    def gap_limit(self):
        if self.kind in DAILY:
            return 26 * HOUR
        if self.kind in ("interval_threshold", "imbalance"):
            return max(HOUR, self.hold)
        return max(QUARTER, self.hold)

    def fires(self, x):
        return x < self.fire if self.below else x > self.fire

    def clears(self, x):
        return x >= self.clear if self.below else x <= self.clear


@dataclass
class Profile:
    name: str
    match: list
    limit: int | None


@dataclass
class Documents:
    rules: list = field(default_factory=list)  # all versions
    profiles: list = field(default_factory=list)


def split_number(text):
    number, unit = re.fullmatch(r"\s*(-?[0-9.]+)\s*(\S*)\s*", text).groups()
    return Fraction(number), unit


def whole(value):
    assert value.denominator == 1, value
    return int(value)


def duration(text):
    number, unit = split_number(text)
    return whole(number * TIMES[unit])


def quantity(kind, nominal, value):
    """A threshold as the integer that x is compared with."""
    if isinstance(value, int):
        return value
    number, unit = split_number(value)
    if unit == "%" and kind in PERCENT:
        return whole(number * PERCENT[kind])
    if unit == "%":
        return round(number * nominal / 100)
    if kind == "clock_drift":
        return whole(number * TIMES[unit])
    return whole(number * UNITS[unit]) if unit else whole(number)


def as_list(value):
    return [value] if isinstance(value, str) else list(value)


def milliseconds(value):
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    assert value.tzinfo, value
    return round(value.timestamp() * 1000)


def thresholds(rule, table):
    """below, fire, clear and hold: those of the document, otherwise those of the table in alerts.md."""
    kind = rule.kind
    nominal = quantity("voltage", 0, table.get("nominal", "230V"))

    def given(key, default=None):
        return quantity(kind, nominal, table[key]) if key in table else default

    def percent(value, share):
        return round(Fraction(value * share, 100))

    rule.below = kind in ("voltage_sag", "missing_phase", "sudden_drop") or "below" in table
    fire = given("below" if rule.below else "above")
    default_fire = {"reverse_flow": 50, "voltage_sag": percent(nominal, 90), "voltage_swell": percent(nominal, 110),
                    "missing_phase": percent(nominal, 50), "clock_drift": 10 * SECOND, "bad_frames": 100, "increase": 0,
                    "peak_projection": -given("margin", 0), "imbalance": 5000 if rule.of == "current" else 200,
                    "night_baseline": 1500, "sudden_drop": 300, "rollback": 0, "stuck_register": 50}
    rule.fire = fire if fire is not None else default_fire.get(kind)
    if "clear" in table or rule.fire is None:
        rule.clear = given("clear")
    else:
        default_clear = {"over_power": percent(rule.fire, 95), "voltage_sag": rule.fire + percent(nominal, 2),
                         "voltage_swell": rule.fire - percent(nominal, 2), "imbalance": percent(rule.fire, 75),
                         "missing_phase": rule.fire + percent(nominal, 10), "sudden_drop": rule.fire + 200}
        rule.clear = default_clear.get(kind, rule.fire)
    default_hold = {"over_power": MINUTE, "reverse_flow": MINUTE, "voltage_sag": 10 * SECOND,
                    "voltage_swell": 10 * SECOND, "missing_phase": 10 * SECOND}
    rule.hold = duration(table["hold"]) if "hold" in table else default_hold.get(kind, 0)


def read_rule(table, now):
    kind = table["kind"]
    register = table.get("register", IMPORT if kind == "stuck_register" else "")
    rule = Rule(name=table["name"], kind=kind, match=as_list(table.get("match", "*")),
                exclude=as_list(table.get("exclude", [])), profile=table.get("profile", ""),
                effective=milliseconds(table["effective"]) if "effective" in table else now,
                severity=table.get("severity", "warn"), disabled=table.get("disabled", False),
                register=ALIASES.get(register, register), zone=table.get("zone", "UTC"),
                intervals=table.get("intervals", 4), of=table.get("of", "voltage"),
                floor=quantity("", 0, table.get("floor", "2500W")),
                count=table.get("count", 3 if kind == "night_baseline" else 1))
    rule.keep_firing = duration(table.get("keep_firing", "0s"))
    rule.grace = duration(table.get("grace", "5m"))
    if kind not in ("no_data", "quarantined"):
        thresholds(rule, table)
    return rule


def read_documents(texts, now):
    """Rules and profiles of documents in the order in which they were applied. now: when."""
    found = Documents()
    for text in texts:
        tables = tomllib.loads(text)
        found.rules += [read_rule(table, now) for table in tables.get("rule", [])]
        found.profiles += [
            Profile(table["name"], as_list(table["match"]),
                    quantity("", 0, table["connection_limit"]) if "connection_limit" in table else None)
            for table in tables.get("profile", [])]
    return found


def matches(pattern, text):
    """A shell pattern: * is any run, ? is one; everything else is itself."""
    parts = [{"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern]
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def profile_of(profiles, meter):
    """The first by name of which a pattern matches."""
    for profile in sorted(profiles, key=lambda p: p.name):
        if any(matches(pattern, meter) for pattern in profile.match):
            return profile
    return None


def rule_for(rule, profile, meter):
    """The rule as it is for a meter, None when it is not for it."""
    if not any(matches(pattern, meter) for pattern in rule.match):
        return None
    if any(matches(pattern, meter) for pattern in rule.exclude):
        return None
    if rule.profile and (profile is None or profile.name != rule.profile):
        return None
    if rule.fire is not None:
        return rule
    if rule.kind != "over_power" or profile is None or profile.limit is None:
        return None
    clear = rule.clear if rule.clear is not None else round(Fraction(profile.limit * 95, 100))
    return Rule(**{**vars(rule), "fire": profile.limit, "clear": clear})
