#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of intervals.md and register-falls.md, and the edges of their rules, computed by hand."""
import unittest

from register_oracle import MINUTE, QUARTER, quarter_hours

DAY = 20_000 * 96 * QUARTER


def at(clock):
    hours, minutes = clock.split(":")
    return DAY + (60 * int(hours) + int(minutes)) * MINUTE


def fold(text):
    """"00:00 100 00:15 130": readings. {"00:00": Interval}"""
    words = text.split()
    readings = [(at(clock), int(value)) for clock, value in zip(words[::2], words[1::2])]
    found = quarter_hours(readings)
    return {f"{(start - DAY) // 3_600_000:02}:{(start - DAY) // MINUTE % 60:02}": interval
            for start, interval in found.items()}


def values(text):
    return [interval.value for interval in fold(text).values()]


class Lines(unittest.TestCase):
    def test_a_register_is_rounded_and_not_the_interval(self):
        self.assertEqual(values("00:00 0 00:45 100"), [33, 33, 34, None])

    def test_the_quarter_of_the_last_reading_is_not_final(self):
        quarters = fold("00:00 100 00:15 130 00:20 140")
        self.assertTrue(quarters["00:00"].known)
        self.assertEqual(quarters["00:15"].value, 10)
        self.assertEqual(quarters["00:15"].flags, {"pending", "partial"})

    def test_an_interval_that_ends_at_the_last_reading_is_known(self):
        quarters = fold("00:00 100 00:15 130")
        self.assertTrue(quarters["00:00"].known)
        self.assertIsNone(quarters["00:15"].value)
        self.assertIn("pending", quarters["00:15"].flags)

    def test_before_the_first_reading_nothing_is_used(self):
        quarters = fold("00:05 100 00:15 130 00:30 130")
        self.assertEqual(quarters["00:00"].value, 30)
        self.assertEqual(quarters["00:00"].flags, {"partial"})
        self.assertEqual(quarters["00:15"].value, 0)
        self.assertTrue(quarters["00:15"].known)

    def test_one_reading_is_a_reference(self):
        self.assertEqual(values("00:05 100"), [None])


class Falls(unittest.TestCase):
    def test_a_zero_that_comes_back_is_bridged(self):
        quarters = fold("00:00 50000 00:15 0 00:30 50050")
        self.assertEqual([quarters["00:00"].value, quarters["00:15"].value], [25, 25])
        self.assertEqual(quarters["00:00"].flags, {"glitch"})

    def test_a_fall_that_is_not_decided_is_pending(self):
        quarters = fold("00:00 50000 00:15 0")
        self.assertEqual(values("00:00 50000 00:15 0"), [None, None])
        self.assertIn("pending", quarters["00:00"].flags)

    def test_it_is_decided_by_the_sixth_reading_after_it(self):
        five = "00:00 50000 00:15 0 00:30 1 00:45 2 01:00 3 01:15 4"
        self.assertIn("pending", fold(five)["00:30"].flags)
        quarters = fold(five + " 01:30 5")
        self.assertEqual(quarters["00:00"].flags, {"reset"})
        self.assertIsNone(quarters["00:00"].value)
        self.assertEqual(quarters["00:15"].value, 1)
        self.assertTrue(quarters["00:15"].known)

    def test_the_sixth_reading_may_still_come_back(self):
        quarters = fold("00:00 50000 00:15 0 00:30 1 00:45 2 01:00 3 01:15 4 01:30 50060")
        self.assertEqual([quarters[clock].value for clock in ("00:00", "00:15", "01:15")], [10, 10, 10])

    def test_within_ten_minutes_more_readings_may_stand_in_between(self):
        dip = " ".join(f"00:0{minute} 0" for minute in range(1, 10))
        self.assertEqual(values(f"00:00 50000 {dip} 00:10 50020 00:15 50030")[0], 30)
        self.assertEqual(values(f"00:00 50000 {dip} 00:11 50020 00:15 50030")[0], 10)

    def test_coming_back_too_fast_is_no_coming_back(self):
        # 56 kW over 15 minutes are 14 kWh.
        self.assertEqual(fold("00:00 50000 00:05 0 00:15 64000 00:30 64000")["00:00"].value, 14000)
        self.assertIn("pending", fold("00:00 50000 00:05 0 00:15 64001")["00:00"].flags)

    def test_readings_that_are_passed_over_anyway_leave_nothing_undecided(self):
        # 27 and 300 dip from 469 until 470; so 3012 is followed by 5421, which is a (too fast) rise.
        quarters = fold("00:00 469 00:01 27 00:02 3012 00:03 300 00:04 5421 00:05 470")
        self.assertEqual(quarters["00:00"].value, 5421 - 469)
        self.assertEqual(quarters["00:00"].flags, {"glitch", "suspect", "pending", "partial"})

    def test_a_wrap_is_booked(self):
        after = " ".join(f"0{2 + n // 4}:{n % 4 * 15:02} 20" for n in range(6))
        quarters = fold("00:00 999999990 00:15 20 " + after)
        self.assertEqual(quarters["00:00"].value, 30)
        self.assertEqual(quarters["00:00"].flags, {"rollover"})

    def test_a_small_dip_that_stays_is_nothing(self):
        after = " ".join(f"0{1 + n // 4}:{n % 4 * 15:02} {49960 + n}" for n in range(6))
        quarters = fold("00:00 50000 00:15 49950 " + after)
        self.assertEqual(quarters["00:00"].value, 0)
        self.assertEqual(quarters["00:00"].flags, {"jitter"})

    def test_a_small_dip_that_comes_back_is_levelled(self):
        quarters = fold("00:00 50000 00:15 49950 00:30 50010")
        self.assertEqual([quarters["00:00"].value, quarters["00:15"].value], [0, 10])
        self.assertEqual(quarters["00:15"].flags, {"jitter"})

    def test_a_larger_fall_is_suspect_and_unknown(self):
        after = " ".join(f"0{1 + n // 4}:{n % 4 * 15:02} {30000 + n}" for n in range(6))
        quarters = fold("00:00 50000 00:20 30000 00:30 30000 " + after)
        self.assertIsNone(quarters["00:00"].value)
        self.assertEqual(quarters["00:00"].flags, {"suspect"})
        self.assertEqual(quarters["00:15"].value, 0)
        self.assertEqual(quarters["00:15"].flags, {"suspect", "partial"})
        self.assertFalse(quarters["00:15"].known)

    def test_a_rise_that_is_too_fast_is_booked_and_suspect(self):
        quarters = fold("00:00 50000 00:15 64001")
        self.assertEqual(quarters["00:00"].value, 14001)
        self.assertEqual(quarters["00:00"].flags, {"suspect"})
        self.assertEqual(fold("00:00 50000 00:15 64000")["00:00"].flags, set())

    def test_the_whole_life_of_a_meter_is_no_use(self):
        quarters = fold("00:00 1400 00:15 15401")
        self.assertIsNone(quarters["00:00"].value)
        self.assertEqual(quarters["00:00"].flags, {"suspect"})
        self.assertEqual(fold("00:00 1556 00:15 15557")["00:00"].value, 14001)


if __name__ == "__main__":
    unittest.main()
