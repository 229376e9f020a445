#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alerts of alerts.md, computed by hand."""
import unittest
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from alert_oracle import derive, local_time, winners
from register_oracle import HOUR, MINUTE, QUARTER
from rule_oracle import SECOND, read_documents

DAY = 24 * HOUR
BEGIN = round(datetime(2026, 3, 2, tzinfo=timezone.utc).timestamp() * 1000)  # a Monday
POWER, EXPORT_POWER = "1-0:1.7.0", "1-0:2.7.0"


def reading(register, at, value, **more):
    return {"meter": "M1", "register": register, "time": BEGIN + at, "value": value, **more}


def series(register, *pairs):
    return [reading(register, at, value) for at, value in pairs]


def alerts(rule, readings, now=400 * DAY):
    """[(phase, onset, fired, last, resolved, peak, count)] after BEGIN."""
    text = '[[rule]]\nname = "r"\neffective = 2020-01-01T00:00:00Z\n' + rule
    found = derive(readings, read_documents([text], BEGIN), BEGIN + now)
    return [(a.phase, a.onset - BEGIN, a.fired - BEGIN, a.last - BEGIN,
             None if a.resolved is None else a.resolved - BEGIN, a.peak, a.count) for a in found]


S, M, Q = SECOND, MINUTE, QUARTER
THRESHOLD = 'kind = "threshold"\nregister = "1-0:1.7.0"\nabove = "100W"\n'


class Episodes(unittest.TestCase):
    def power(self, rule, *pairs):
        return alerts(THRESHOLD + rule, series(POWER, *pairs))

    def test_above_is_above_and_not_at(self):
        self.assertEqual(self.power("", (0, 100)), [])
        self.assertEqual(self.power("", (0, 101)), [("", 0, 0, 0, None, 101, 1)])

    def test_the_hold_counts_from_the_first_point_that_fires(self):
        self.assertEqual(self.power('hold = "60s"', (0, 150), (59_999, 150)), [])
        self.assertEqual(self.power('hold = "60s"', (0, 150), (30 * S, 170), (60 * S, 150), (70 * S, 100)),
                         [("", 0, 60 * S, 60 * S, 70 * S, 170, 3)])

    def test_a_point_that_does_not_fire_ends_what_is_pending(self):
        self.assertEqual(self.power('hold = "60s"', (0, 150), (30 * S, 100), (60 * S, 150), (90 * S, 150)), [])

    def test_points_beyond_the_gap_limit_are_not_in_a_row(self):
        self.assertEqual(self.power('hold = "60s"', (0, 150), (15 * M, 160)), [("", 0, 15 * M, 15 * M, None, 160, 2)])
        self.assertEqual(self.power('hold = "60s"', (0, 150), (15 * M + 1, 160)), [])
        self.assertEqual(self.power('hold = "20m"', (0, 150), (20 * M, 160)), [("", 0, 20 * M, 20 * M, None, 160, 2)])

    def test_a_gap_does_not_end_what_fires(self):
        self.assertEqual(self.power("", (0, 150), (9 * HOUR, 160)), [("", 0, 0, 9 * HOUR, None, 160, 2)])

    def test_count_is_how_many_in_a_row(self):
        self.assertEqual(self.power("count = 3", (0, 150), (1, 150)), [])
        self.assertEqual(self.power("count = 3", (0, 150), (1, 150), (2, 150)), [("", 0, 2, 2, None, 150, 3)])

    def test_between_fire_and_clear_it_does_neither(self):
        self.assertEqual(self.power('clear = "80W"', (0, 150), (1, 90), (2, 81), (3, 80)),
                         [("", 0, 0, 0, 3, 150, 1)])

    def test_keep_firing_counts_from_the_first_of_the_points_that_clear(self):
        self.assertEqual(self.power('keep_firing = "1m"', (0, 150), (10 * S, 50), (70 * S - 1, 50), (80 * S, 50)),
                         [("", 0, 0, 0, 80 * S, 150, 1)])
        self.assertEqual(
            self.power('keep_firing = "1m"\nclear = "80W"', (0, 150), (10 * S, 50), (20 * S, 90), (75 * S, 50)),
            [("", 0, 0, 0, None, 150, 1)])

    def test_episodes_with_one_onset_window_are_one_alert(self):
        self.assertEqual(self.power("", (M, 150), (2 * M, 50), (14 * M, 140), (16 * M, 130), (17 * M, 50)),
                         [("", M, M, 16 * M, 17 * M, 150, 3)])
        self.assertEqual(self.power("", (M, 150), (2 * M, 50), (15 * M, 140)),
                         [("", M, M, M, 2 * M, 150, 1), ("", 15 * M, 15 * M, 15 * M, None, 140, 1)])

    def test_below_is_below_and_its_peak_the_least(self):
        rule = 'kind = "threshold"\nregister = "1-0:1.7.0"\nbelow = "100W"\nclear = "120W"'
        self.assertEqual(alerts(rule, series(POWER, (0, 100), (1, 99), (2, 90), (3, 119), (4, 120))),
                         [("", 1, 1, 2, 4, 90, 2)])

    def test_points_before_the_rule_do_not_exist(self):
        text = THRESHOLD + 'name = "r"\neffective = 2026-03-02T00:00:01Z'
        found = derive(series(POWER, (999, 150), (1000, 140)), read_documents(["[[rule]]\n" + text], 0), BEGIN + DAY)
        self.assertEqual([(a.onset - BEGIN, a.peak, a.count) for a in found], [(1000, 140, 1)])

    def test_points_of_the_future_wait_for_the_clock(self):
        facts = series(POWER, (0, 150), (MINUTE, 160))
        self.assertEqual(alerts(THRESHOLD, facts, MINUTE - 1)[0][5], 150)
        self.assertEqual(alerts(THRESHOLD, facts, MINUTE)[0][5], 160)

    def test_a_version_counts_from_its_time_and_what_fires_goes_on(self):
        versions = ('\n[[rule]]\nname = "r"\nkind = "threshold"\nregister = "1-0:1.7.0"\nabove = "200W"\n'
                    'hold = "60s"\neffective = 2026-03-02T00:01:00Z')
        # Hold is that of the newest version at all times; what clears is said by the version of the point.
        self.assertEqual(self.power(versions, (0, 150), (59 * SECOND, 150), (60 * SECOND, 201), (61 * SECOND, 200)),
                         [("", 0, 60 * SECOND, 60 * SECOND, 61 * SECOND, 201, 3)])
        self.assertEqual(self.power(versions, (0, 150), (59 * SECOND, 150), (60 * SECOND, 200)), [])

    def test_a_version_that_disables_a_rule_resolves(self):
        versions = ('keep_firing = "1h"\n[[rule]]\nname = "r"\nkind = "threshold"\nregister = "1-0:1.7.0"\n'
                    'above = "100W"\ndisabled = true\neffective = 2026-03-02T00:01:00Z')
        self.assertEqual(self.power(versions, (0, 150), (2 * MINUTE, 150)), [("", 0, 0, 0, MINUTE, 150, 1)])


class Readings(unittest.TestCase):
    def test_quality_then_revision_decides(self):
        found = winners([reading(POWER, 0, 1, revision=9, quality="estimated"), reading(POWER, 0, 2),
                         reading(POWER, 0, 3, revision=1), reading(POWER, 0, 2)])
        self.assertEqual(found, {"M1": {POWER: [(BEGIN, 3)]}})

    def test_what_only_a_hash_decides_is_refused(self):
        with self.assertRaises(ValueError):
            winners([reading(POWER, 0, 1), reading(POWER, 0, 2)])

    def test_the_order_does_not_matter(self):
        facts = series(POWER, *[(n * M, 90 + n * 7 % 20) for n in range(200)])
        self.assertEqual(alerts(THRESHOLD, facts), alerts(THRESHOLD, facts[::-1] + facts[20:40]))


class Momentary(unittest.TestCase):
    def test_over_power_takes_the_limit_of_the_profile(self):
        text = """
            [[profile]]
            name = "house"
            match = "M?"
            connection_limit = "9.2kW"
            [[rule]]
            name = "r"
            kind = "over_power"
            effective = 2020-01-01T00:00:00Z"""
        facts = series(POWER, (0, 9201), (60 * S, 9300), (70 * S, 8741), (80 * S, 8740))
        found = derive(facts, read_documents([text], 0), BEGIN + DAY)
        self.assertEqual([(a.onset - BEGIN, a.fired - BEGIN, a.resolved - BEGIN) for a in found], [(0, 60 * S, 80 * S)])
        for fact in facts:
            fact["meter"] = "X1"
        self.assertEqual(derive(facts, read_documents([text], 0), BEGIN + DAY), [])

    def test_sag_is_told_for_each_phase(self):
        facts = series("1-0:52.7.0", (0, 2069), (10 * S, 2000), (20 * S, 2115), (30 * S, 2116))
        facts += series("1-0:32.7.0", (0, 2070), (10 * S, 2070))
        self.assertEqual(alerts('kind = "voltage_sag"', facts), [("L2", 0, 10 * S, 10 * S, 30 * S, 2000, 2)])

    def test_swell_and_missing_phase(self):
        facts = series("1-0:72.7.0", (0, 2531), (10 * S, 2531), (20 * S, 2484))
        self.assertEqual(alerts('kind = "voltage_swell"', facts), [("L3", 0, 10 * S, 10 * S, 20 * S, 2531, 2)])
        facts = series("1-0:32.7.0", (0, 1149), (10 * S, 0), (20 * S, 1379), (30 * S, 1380))
        self.assertEqual(alerts('kind = "missing_phase"', facts), [("L1", 0, 10 * S, 10 * S, 30 * S, 0, 2)])

    def test_reverse_flow(self):
        facts = series(EXPORT_POWER, (0, 51), (60 * S, 51), (61 * S, 50))
        self.assertEqual(alerts('kind = "reverse_flow"', facts), [("", 0, 60 * S, 60 * S, 61 * S, 51, 2)])

    def test_drift_has_no_sign(self):
        self.assertEqual(alerts('kind = "clock_drift"', series("0-0:199.128.1", (0, -10_001), (1, 10_000))),
                         [("", 0, 0, 0, 1, 10_001, 1)])

    def test_increase_is_against_the_predecessor(self):
        facts = series("0-0:96.7.21", (0, 7), (DAY, 7), (2 * DAY, 9), (3 * DAY, 9), (4 * DAY, 8))
        self.assertEqual(alerts('kind = "increase"\nregister = "power_failures"', facts),
                         [("", 2 * DAY, 2 * DAY, 2 * DAY, 3 * DAY, 2, 1)])

    def test_a_predecessor_of_long_ago_is_none(self):
        rule = 'kind = "increase"\nregister = "power_failures"'
        self.assertEqual(len(alerts(rule, series("0-0:96.7.21", (0, 7), (32 * DAY, 9)))), 1)
        self.assertEqual(alerts(rule, series("0-0:96.7.21", (0, 7), (32 * DAY + 1, 9))), [])


class PeakProjection(unittest.TestCase):
    RULE = 'kind = "peak_projection"\nzone = "Europe/Brussels"'

    def peak(self, *facts, rule=""):
        return alerts(self.RULE + rule, [reading(*fact) for fact in facts])

    def test_demand_so_far_and_what_this_power_adds(self):
        # 5 minutes in: 1000 + floor(2251 x 10 / 15) = 2500, which is not above the floor.
        self.assertEqual(self.peak((POWER, 5 * M, 2251), ("1-0:1.4.0", 5 * M, 1000)), [])
        self.assertEqual(self.peak((POWER, 5 * M, 2252), ("1-0:1.4.0", 4 * M, 1000)),
                         [("", 5 * M, 5 * M, 5 * M, 15 * M, 1, 1)])

    def test_only_demand_of_the_same_quarter_counts(self):
        self.assertEqual(self.peak((POWER, 15 * M, 9000), ("1-0:1.4.0", 15 * M - 1, 1000)), [])
        self.assertEqual(self.peak((POWER, 15 * M, 9000), ("1-0:1.4.0", 15 * M + 1, 1000)), [])
        self.assertEqual(self.peak((POWER, 15 * M, 9000), ("1-0:1.4.0", 15 * M, 0)),
                         [("", 15 * M, 15 * M, 15 * M, 30 * M, 6500, 1)])

    def test_a_peak_that_is_paid_for_is_the_limit(self):
        march = -24 * HOUR  # 1 March 00:00 UTC; in Brussels the month is an hour old
        facts = [(POWER, 0, 4100), ("1-0:1.4.0", 0, 0)]
        self.assertEqual(self.peak(*facts, ("1-0:1.6.0", 0, 4100)), [])
        self.assertEqual(self.peak(*facts, ("1-0:1.6.0", march - HOUR, 4100)), [])
        self.assertEqual(self.peak(*facts, ("1-0:1.6.0", march - HOUR - 1, 4100))[0][5], 1600)
        self.assertEqual(self.peak(*facts, ("1-0:1.6.0", 1, 4100))[0][5], 1600)
        self.assertEqual(self.peak(*facts, ("1-0:1.6.0", 0, 4000))[0][5], 100)

    def test_the_margin_warns_earlier_and_a_point_below_clears(self):
        self.assertEqual(self.peak((POWER, 0, 2301), ("1-0:1.4.0", 0, 0), (POWER, M, 2300), rule='\nmargin = "200W"'),
                         [("", 0, 0, 0, M, -199, 1)])

    def test_the_next_quarter_begins_anew(self):
        self.assertEqual([alert[1:5] for alert in self.peak(
            (POWER, 14 * M, 9000), ("1-0:1.4.0", 14 * M, 3000), (POWER, 15 * M, 9000), ("1-0:1.4.0", 15 * M, 0))],
            [(14 * M, 14 * M, 14 * M, 15 * M), (15 * M, 15 * M, 15 * M, 30 * M)])


class Windows(unittest.TestCase):
    def test_the_sum_of_the_last_intervals(self):
        rule = 'kind = "interval_threshold"\nregister = "import"\nabove = "1kWh"\nintervals = 2'
        facts = series("1-0:1.8.0", (0, 0), (Q, 500), (2 * Q, 1000), (3 * Q, 1501), (4 * Q, 1502))
        self.assertEqual(alerts(rule, facts), [("", 3 * Q, 3 * Q, 3 * Q, 4 * Q, 1001, 1)])

    def test_intervals_that_are_not_known_give_no_sum(self):
        rule = 'kind = "interval_threshold"\nregister = "import"\nabove = "1kWh"\nintervals = 2'
        self.assertEqual(alerts(rule, series("1-0:1.8.0", (1, 0), (Q, 5000), (2 * Q, 5100))), [])
        self.assertEqual(alerts(rule, series("1-0:1.8.0", (0, 0), (Q, 5000), (2 * Q - 1, 5100))), [])

    def test_a_point_waits_for_its_grace(self):
        rule = 'kind = "interval_threshold"\nregister = "import"\nabove = "1kWh"\nintervals = 1'
        facts = series("1-0:1.8.0", (0, 0), (Q, 1001))
        self.assertEqual(alerts(rule, facts, 20 * M - 1), [])
        self.assertEqual(len(alerts(rule, facts, 20 * M)), 1)

    def test_imbalance_of_voltage(self):
        # Means 2300, 2300, 2400; of these 2333; (2400 - 2333) x 10000 / 2333 = 287.
        facts = series("1-0:32.7.0", (0, 2300)) + series("1-0:52.7.0", (M, 2299), (2 * M, 2302))
        facts += series("1-0:72.7.0", (10 * M - 1, 2400))
        self.assertEqual(alerts('kind = "imbalance"', facts), [("", 10 * M, 10 * M, 10 * M, None, 287, 1)])
        facts[-1]["time"] += 1
        self.assertEqual(alerts('kind = "imbalance"', facts), [])

    def test_imbalance_of_current_needs_some(self):
        rule = 'kind = "imbalance"\nof = "current"'
        facts = series("1-0:31.7.0", (0, 0)) + series("1-0:51.7.0", (0, 0)) + series("1-0:71.7.0", (0, 1799))
        self.assertEqual(alerts(rule, facts), [])
        facts[-1]["value"] = 1800
        self.assertEqual(alerts(rule, facts), [("", 10 * M, 10 * M, 10 * M, None, 20_000, 1)])

    def test_rollback_tells_of_what_is_suspect(self):
        facts = series("1-0:1.8.2", (0, 50_000), (Q, 50_010), (2 * Q, 30_000), *[(n * Q, 30_000) for n in range(3, 9)])
        self.assertEqual(alerts('kind = "rollback"', facts), [("1.8.2", 2 * Q, 2 * Q, 2 * Q, 3 * Q, 1, 1)])

    def test_a_register_that_stands_while_power_flows(self):
        # 15 minutes of each reading at the most: 4 x 100 W x 15 min = 100 Wh in the first hour.
        facts = series("1-0:1.8.0", (0, 500), (HOUR - 1, 500), (HOUR, 500), (HOUR + 1, 501), (2 * HOUR, 501))
        facts += series(POWER, *[(n * Q, 100) for n in range(4)])
        self.assertEqual(alerts('kind = "stuck_register"', facts),
                         [("", HOUR, HOUR, HOUR, HOUR + 1, 100, 1)])

    def test_a_stretch_is_at_most_26_hours(self):
        facts = series("1-0:1.8.0", (0, 500), (1, 500), (26 * HOUR + 1, 500))
        facts += series(POWER, (0, 240_000), (1, 240), (HOUR, 0))
        self.assertEqual(alerts('kind = "stuck_register"', facts)[0][5], 60)
        self.assertEqual(alerts('kind = "stuck_register"', facts[:3]), [])

    def test_power_counts_fifteen_minutes_and_within_the_stretch(self):
        facts = series("1-0:1.8.0", (0, 500), (HOUR, 500)) + series(POWER, (-5 * M, 600), (50 * M, 600))
        # 10 minutes of each.
        self.assertEqual(alerts('kind = "stuck_register"', facts), [("", HOUR, HOUR, HOUR, None, 200, 1)])


class Days(unittest.TestCase):
    ZONE = ZoneInfo("Europe/Brussels")

    def import_of(self, use_of, days):
        """Quarter-hour readings; use_of(local time) in Wh."""
        total = 0
        facts = []
        for number in range(days * 96):
            at = BEGIN - HOUR + number * Q  # local midnight
            facts.append({"meter": "M1", "register": "1-0:1.8.0", "time": at, "value": total})
            total += use_of(datetime.fromtimestamp(at / 1000, self.ZONE))
        return facts + [{"meter": "M1", "register": "1-0:1.8.0", "time": BEGIN - HOUR + days * DAY, "value": total}]

    def night(self, use_of, days=20):
        return alerts('kind = "night_baseline"\nzone = "Europe/Brussels"', self.import_of(use_of, days))

    def test_three_nights_of_more_than_usual(self):
        found = self.night(lambda local: 20 + (11 if local.hour < 6 and 11 <= local.day <= 14 else 0))
        # 31 of 20. The nights before the third are usual, so the median stays.
        five = 4 * HOUR  # 05:00 in Brussels after BEGIN's midnight UTC
        self.assertEqual(found, [("", 9 * DAY + five, 11 * DAY + five, 12 * DAY + five, 13 * DAY + five, 1550, 4)])

    def test_two_nights_are_not_three(self):
        self.assertEqual(self.night(lambda local: 20 + (11 if local.day in (11, 12) else 0)), [])

    def test_seven_nights_before_are_needed(self):
        self.assertEqual(len(self.night(lambda local: 20 + (80 if 9 <= local.day <= 11 else 0))), 1)
        self.assertEqual(self.night(lambda local: 20 + (80 if 8 <= local.day <= 10 else 0)), [])

    def test_the_least_interval_of_the_night_counts(self):
        self.assertEqual(self.night(lambda local: 100 if local.day > 9 and (local.hour, local.minute) != (3, 15)
                                    else 20), [])

    def test_a_night_in_which_the_clock_changes_is_as_long_as_it_is(self):
        spring, autumn = datetime(2026, 3, 29).date(), datetime(2026, 10, 25).date()
        hours = [(local_time(day, 5, self.ZONE) - local_time(day, 2, self.ZONE)) // HOUR for day in (spring, autumn)]
        self.assertEqual(hours, [2, 4])
        found = self.night(lambda local: 20 + (80 if local.date() >= spring else 0), 32)
        self.assertEqual(found[0][1], 27 * DAY + 3 * HOUR)

    def test_a_day_is_held_against_the_same_weekdays(self):
        # 96 x 20 = 1920 Wh usually, 384 Wh on the third Tuesday, then as before.
        found = alerts('kind = "sudden_drop"\nzone = "Europe/Brussels"',
                       self.import_of(lambda local: 4 if local.day == 17 else 20, 20))
        self.assertEqual(found, [("", 16 * DAY - HOUR, 16 * DAY - HOUR, 16 * DAY - HOUR, 17 * DAY - HOUR, 200, 1)])

    def test_two_weekdays_before_are_needed(self):
        self.assertEqual(alerts('kind = "sudden_drop"\nzone = "Europe/Brussels"',
                                self.import_of(lambda local: 4 if local.day == 10 else 20, 13)), [])

    def test_tariffs_stand_in_for_the_total(self):
        facts = self.import_of(lambda local: 10 + (40 if 11 <= local.day <= 14 else 0), 20)
        halves = [{**fact, "register": register} for fact in facts for register in ("1-0:1.8.1", "1-0:1.8.2")]
        rule = 'kind = "night_baseline"\nzone = "Europe/Brussels"'
        self.assertEqual(alerts(rule, halves), alerts(rule, facts))
        self.assertEqual(alerts(rule, [fact for fact in halves if fact["register"] == "1-0:1.8.1"]), [])


if __name__ == "__main__":
    unittest.main()
