# SPDX-License-Identifier: Apache-2.0
"""What plans of scripts/chaos say and decide about members."""


class Wrong(Exception):
    """What had to happen did not, or what must not happen did; the message is for people."""


def expect(holds, text):
    if not holds:
        raise Wrong(text)


def say(text):
    print(f"  {text}", flush=True)


def told(rows, *kinds):
    """(kind, member) of the events of those kinds."""
    return [(row["event"], row.get("node")) for row in rows if row["event"] in kinds]


def no_failures(news, but=()):
    """Nobody was said to have failed, but for those."""
    for observer, rows in news.items():
        wrong = [row for row in rows if row["event"] == "failed" and row["node"] not in but]
        expect(not wrong, f"{observer} says that healthy members failed: {wrong}")


def suspicions(news):
    return sum(len(told(rows, "suspected")) for rows in news.values())


def learned(news, name, began):
    """Seconds from `began` until each observer told that the member failed; by observer, only of those that did."""
    return {observer: min(row["at"] - began for row in rows if row["event"] == "failed" and row["node"] == name)
            for observer, rows in news.items() if ("failed", name) in told(rows, "failed")}


def last_line(log):
    return log.strip().split("\n")[-1][:160]
