#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The comparison and the fleet: a check that cannot fail, or a fleet of which nothing comes, would be worth nothing."""
import json
import unittest

from alert_compare import Identities, differences, was_over, wrong_arrivals
from alert_fleet import make_fleet
from alert_oracle import Alert, derive
from register_oracle import QUARTER
from rule_oracle import read_documents
from webhook_receiver import Arrival

BASE = 1_800_000_123_456


def shown(**changed):
    alert = {"id": "a", "revision": "1.x", "rule": "r", "meter": "M", "phase": "", "state": "firing",
             "severity": "warn", "since": "2026-02-11T12:58:20Z", "fired": "2026-02-11T12:58:20.5Z",
             "last": "2026-02-11T12:59:20Z", "resolved": None, "value": 7, "count": 3, "told": True, "flapping": False}
    return {**alert, **changed}


def derived(**changed):
    since = 1_770_814_700_000
    fields = {"rule": "r", "meter": "M", "phase": "", "onset": since, "fired": since + 500, "last": since + 60_000,
              "resolved": None, "peak": 7, "count": 3}
    return Alert(**{**fields, **changed})


def arrival(alert, event="firing", key=None, taken=True):
    return Arrival(key or f"{alert['id']}:{alert['revision']}", event, alert, json.dumps(alert), taken)


class Differences(unittest.TestCase):
    def what(self, node, oracle):
        return [difference[0] for difference in differences(node, oracle)]

    def test_equal_is_equal_acknowledged_or_not(self):
        self.assertEqual(self.what([shown()], [derived()]), [])
        self.assertEqual(self.what([shown(state="acked")], [derived()]), [])

    def test_each_field_counts(self):
        onset = derived().onset
        for field, value in [("onset", onset + 1), ("fired", onset + 501), ("last", onset), ("peak", 8), ("count", 4),
                             ("resolved", onset + 60_000)]:
            self.assertEqual(self.what([shown()], [derived(**{field: value})]), ["different"], field)

    def test_missing_extra_and_twice(self):
        self.assertEqual(self.what([], [derived()]), ["missing"])
        self.assertEqual(self.what([shown()], []), ["extra"])
        self.assertEqual(self.what([shown(), shown(id="b")], [derived()]), ["twice"])
        self.assertEqual(self.what([shown(phase="L1")], [derived(phase="L2")]), ["extra", "missing"])

    def test_what_was_retracted_does_not_count(self):
        self.assertEqual(self.what([shown(state="retracted")], []), [])
        self.assertEqual(self.what([shown(state="retracted")], [derived()]), ["missing"])


class Ids(unittest.TestCase):
    def wrong(self, *answers):
        identities = Identities()
        for answer in answers:
            identities.look([answer])
        return len(identities.wrong)

    def test_an_alert_keeps_its_id_and_an_id_its_alert(self):
        self.assertEqual(self.wrong(shown(), shown(revision="2.y", count=4), shown(state="acked")), 0)
        self.assertEqual(self.wrong(shown(), shown(id="b")), 1)
        self.assertEqual(self.wrong(shown(), shown(meter="N", revision="2.y")), 1)

    def test_a_revision_stands_for_one_content(self):
        self.assertEqual(self.wrong(shown(), shown(count=4)), 1)
        self.assertEqual(self.wrong(shown(), shown(told=False)), 0)


class Arrivals(unittest.TestCase):
    def wrong(self, arrivals, *on_record):
        return len(wrong_arrivals(arrivals, on_record))

    def test_what_is_told_arrives(self):
        self.assertEqual(self.wrong([arrival(shown())] * 2, shown()), 0)
        self.assertEqual(self.wrong([], shown()), 1)
        self.assertEqual(self.wrong([], shown(told=False)), 0)
        self.assertEqual(self.wrong([arrival(shown(), taken=False)], shown()), 1)

    def test_the_end_is_told_too(self):
        over = shown(state="resolved", revision="2.y")
        self.assertEqual(self.wrong([arrival(shown())], over), 1)
        self.assertEqual(self.wrong([arrival(shown()), arrival(over, "resolved")], over), 0)
        self.assertEqual(self.wrong([arrival(over, "resolved"), arrival(shown())], over), 1)
        self.assertEqual(self.wrong([arrival(shown()), arrival(over, "retracted")], shown(flapping=True)), 0)

    def test_a_key_has_one_payload_and_an_alert_that_is_on_record(self):
        self.assertEqual(self.wrong([arrival(shown()), arrival(shown(count=4))], shown()), 1)
        self.assertEqual(self.wrong([arrival(shown(flapping=True)), arrival(shown(flapping=False))], shown()), 0)
        self.assertEqual(self.wrong([arrival(shown(), key="b:1.x")], shown()), 1)
        self.assertEqual(self.wrong([arrival(shown(id="b"))], shown(told=False)), 1)


class Acknowledgements(unittest.TestCase):
    DOCUMENTS = read_documents(['[[rule]]\nname = "r"\neffective = 2020-01-01T00:00:00Z\nkind = "threshold"\n'
                                'register = "1-0:1.7.0"\nabove = "100W"\n'], BASE)
    FIRST = BASE // QUARTER * QUARTER
    KEY = ("r", "M", "", FIRST)

    def reading(self, after, value, **more):
        return {"meter": "M", "register": "1-0:1.7.0", "time": self.FIRST + after, "value": value, **more}

    def was_over(self, ledger, begin):
        return was_over(ledger, begin, self.DOCUMENTS, self.KEY, BASE + QUARTER)

    def test_an_alert_that_fires_all_the_time_keeps_its_acknowledgement(self):
        other = {**self.reading(0, 50), "meter": "N"}
        self.assertFalse(self.was_over([self.reading(0, 150), other, self.reading(1000, 150)], 1))

    def test_an_alert_that_was_over_is_news_when_it_opens_again(self):
        ledger = [self.reading(0, 150), self.reading(0, 50, revision=2), self.reading(1000, 150)]
        self.assertTrue(self.was_over(ledger, 1))
        self.assertTrue(self.was_over([self.reading(0, 150), self.reading(1000, 100), self.reading(2000, 150)], 1))
        self.assertFalse(self.was_over(ledger, 3), "it opened again before that")


class Fleets(unittest.TestCase):
    def test_a_seed_gives_one_fleet(self):
        self.assertEqual(make_fleet(3, 6, BASE), make_fleet(3, 6, BASE))
        self.assertNotEqual(make_fleet(3, 6, BASE).portions, make_fleet(4, 6, BASE).portions)

    def test_every_rule_finds_something_and_nothing_is_of_the_future(self):
        silent = None
        for seed in range(1, 9):
            fleet = make_fleet(seed, 16, BASE)
            self.assertLessEqual(max(reading["time"] for reading in fleet.readings()), BASE)
            documents = read_documents([fleet.rules, fleet.late_rules], BASE)
            found = derive(fleet.readings(), documents, BASE + QUARTER)
            self.assertGreater(len(found), 100)
            silent = {rule.name for rule in documents.rules} if silent is None else silent
            silent -= {alert.rule for alert in found}
            if not silent:
                break
        self.assertEqual(silent, set())


if __name__ == "__main__":
    unittest.main()
