# SPDX-License-Identifier: Apache-2.0
"""Holds what a node says of alerts, and what arrived at a webhook, to what must be. Each check gives sentences about
what is wrong; none is good."""
from bisect import bisect_left
from dataclasses import replace

from alert_oracle import derive
from register_oracle import QUARTER
from rule_oracle import milliseconds

FIELDS = ["state", "onset", "fired", "last", "resolved", "peak", "count"]
# Of an alert in JSON: what the same id and revision always stand for; the rest is the node's own.
CONTENT = ["rule", "meter", "phase", "state", "severity", "since", "fired", "last", "resolved", "value", "count"]


def onset_window(alert):
    return milliseconds(alert["since"]) // QUARTER * QUARTER


def key_of(alert):
    return alert["rule"], alert["meter"], alert["phase"], onset_window(alert)


def content_of(alert):
    return {member: "firing" if alert[member] == "acked" else alert[member] for member in CONTENT}


def fields_of_node(alert):
    return {"state": "firing" if alert["state"] == "acked" else alert["state"], "onset": milliseconds(alert["since"]),
            "fired": milliseconds(alert["fired"]), "last": milliseconds(alert["last"]),
            "resolved": None if alert["resolved"] is None else milliseconds(alert["resolved"]),
            "peak": alert["value"], "count": alert["count"]}


def fields_of_oracle(alert):
    return {field: getattr(alert, field) for field in FIELDS}


def differences(from_node, from_oracle):
    """[(what, key, node's fields or None, oracle's fields or None)]. What the node retracted does not count."""
    theirs, found = {}, []
    for alert in from_node:
        if alert["state"] == "retracted":
            continue
        if key_of(alert) in theirs:
            found.append(("twice", key_of(alert), fields_of_node(alert), theirs[key_of(alert)]))
        theirs[key_of(alert)] = fields_of_node(alert)
    ours = {alert.key: fields_of_oracle(alert) for alert in from_oracle}
    for key in sorted(theirs.keys() | ours.keys()):
        node, oracle = theirs.get(key), ours.get(key)
        if node != oracle:
            what = "extra" if oracle is None else "missing" if node is None else "different"
            found.append((what, key, node, oracle))
    return found


class Identities:
    """All answers of a node over its lives: an id is of one alert for ever, and an alert has one id."""

    def __init__(self):
        self.id_of = {}
        self.key_of = {}
        self.content_of = {}
        self.wrong = []

    def look(self, alerts):
        for alert in alerts:
            key = key_of(alert)
            if self.id_of.setdefault(key, alert["id"]) != alert["id"]:
                self.wrong.append(f"{key} had the id {self.id_of[key]} and now {alert['id']}")
            if self.key_of.setdefault(alert["id"], key) != key:
                self.wrong.append(f"id {alert['id']} was of {self.key_of[alert['id']]} and now of {key}")
            name = alert["id"], alert["revision"]
            content = content_of(alert)
            if self.content_of.setdefault(name, content) != content:
                self.wrong.append(f"{name} stood for {self.content_of[name]} and now for {content}")


def was_over(ledger, begin, documents, key, at):
    """Whether the alert did not fire for a while, as the readings came: without all from some place on, but with those
    before `begin`. Then what is acknowledged may be news again."""
    rule, meter = key[:2]
    of_rule = replace(documents, rules=[one for one in documents.rules if one.name == rule])
    mine = [number for number, reading in enumerate(ledger) if reading["meter"] == meter]
    readings = [ledger[number] for number in mine]
    for count in range(bisect_left(mine, begin), len(mine) + 1):
        alert = next((one for one in derive(readings[:count], of_rule, at) if one.key == key), None)
        if alert is None or alert.state != "firing":
            return True
    return False


def wrong_arrivals(arrivals, from_node):
    """What is wrong with what a webhook was told, now that the node has nothing more to tell."""
    wrong = []
    first_of, events_of, last_event = {}, {}, {}
    by_id = {alert["id"]: alert for alert in from_node}
    for arrival in arrivals:
        identity = arrival.alert["id"]
        if not arrival.key or not arrival.key.startswith(f"{identity}:{arrival.alert['revision']}"):
            wrong.append(f"key {arrival.key} of {identity} revision {arrival.alert['revision']}")
        content = {**content_of(arrival.alert), "event": arrival.event}
        first = first_of.setdefault(arrival.key, content)
        if first != content:
            wrong.append(f"key {arrival.key} stood for {first} and then for {content}")
        if identity not in by_id:
            wrong.append(f"told of {identity}, which is not on record: {arrival.body}")
        if arrival.taken:
            events_of.setdefault(identity, set()).add(arrival.event)
            if arrival.event != "acked":
                last_event[identity] = arrival.event
    for alert in from_node:
        if not alert["told"]:
            continue
        needed = {"firing"} | ({alert["state"]} & {"resolved", "retracted"})
        lacking = needed - events_of.get(alert["id"], set())
        if lacking:
            wrong.append(f"told, and not arrived: {sorted(lacking)} of {alert}")
        elif alert["flapping"]:
            continue  # it may have opened again since, which is not told then
        elif last_event[alert["id"]] != ("firing" if alert["state"] == "acked" else alert["state"]):
            wrong.append(f"the last that arrived is {last_event[alert['id']]} of {alert}")
    return wrong
