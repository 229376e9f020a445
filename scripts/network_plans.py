# SPDX-License-Identifier: Apache-2.0
"""Plans of scripts/chaos that cut the network: real processes, each with a network of its own on one bridge."""
import time

from cluster import SMALL, Cluster, EventMarks
from judging import expect, no_failures, say, told
from netlab import Lab, missing
from processes import wait_until

SKIPPED = 77
MEMBERS = 5


def in_lab(plan):
    """The plan with a lab and a cluster in it, both gone afterwards however it ends."""
    def wrapped(options, folder):
        if missing():
            print(f"skipped: {missing()}")
            return SKIPPED
        try:
            lab = Lab(MEMBERS)
        except OSError as error:
            print(f"skipped: {error}")
            return SKIPPED
        with lab, Cluster(options.bin, folder, MEMBERS, SMALL, lab) as cluster:
            cluster.start()
            plan(lab, cluster)
        return 0
    wrapped.__doc__ = plan.__doc__
    return wrapped


def numbers(cluster, nodes):
    return [cluster.nodes.index(node) + 1 for node in nodes]


@in_lab
def partition(lab, cluster):
    """Two halves hold each other down and go on; a member without power is noticed as silent, and comes back."""
    marks = EventMarks(cluster.nodes)
    left, right = cluster.nodes[:2], cluster.nodes[2:]
    began = time.time()
    lab.split(numbers(cluster, left), numbers(cluster, right))
    for side, other in ((left, right), (right, left)):
        for node in other:
            cluster.wait_state(node.name, "down", 60, side)
    learned = [row["at"] - began for rows in marks.news().values() for row in rows if row["event"] == "failed"]
    for node in cluster.nodes:
        ours = left if node in left else right
        expect({name for name, state in node.states().items() if state == "up"} == {one.name for one in ours},
               f"{node.name} sees {node.states()}")
    say(f"split 2 to 3: each half holds the other down, the last after {max(learned):.1f} s")
    healed = time.monotonic()
    lab.heal()
    cluster.wait_agreed(90)
    say(f"healed: all see all after {time.monotonic() - healed:.1f} s")
    marks.news()
    dark = cluster.nodes[3]
    others = [node for node in cluster.nodes if node is not dark]
    began = time.time()
    lab.power(numbers(cluster, [dark])[0], False)
    cluster.wait_state(dark.name, "down", 60, others)
    marks.nodes = others
    news = marks.news()
    no_failures(news, [dark.name])
    learned = [row["at"] - began for rows in news.values() for row in rows if row["event"] == "failed"]
    evidence = {one["evidence"] for node in others for one in node.members()[dark.name]["accusers"]}
    expect(evidence <= {"silent", "unheard"}, f"evidence against a member without network: {evidence}")
    say(f"one without network: down everywhere by silence, the last after {max(learned):.1f} s")
    lab.power(numbers(cluster, [dark])[0], True)
    cluster.wait_agreed(90)


@in_lab
def heal(lab, cluster):
    """Halves that were apart for a minute find each other, though every seed is dead."""
    seed, left, right = cluster.nodes[0], cluster.nodes[1:3], cluster.nodes[3:]
    lab.split(numbers(cluster, left), numbers(cluster, right))
    seed.process.kill_9()
    for side, other in ((left, [seed, *right]), (right, [seed, *left])):
        for node in other:
            cluster.wait_state(node.name, "down", 90, side)
    say("split 2 to 2, and the only seed is dead")
    time.sleep(30)
    healed = time.monotonic()
    lab.heal()
    cluster.wait_agreed(120)
    say(f"healed after half a minute: all see all after {time.monotonic() - healed:.1f} s")


@in_lab
def oneway(lab, cluster):
    """Links that work one way only, and links between two members: nobody healthy is removed."""
    marks = EventMarks(cluster.nodes)
    lab.drop([(1, 2)])
    time.sleep(20)
    no_failures(marks.news())
    say("packets from n1 to n2 dropped for 20 s: nobody failed")
    lab.drop([(1, 2), (2, 1), (3, 4), (4, 3)])
    time.sleep(20)
    no_failures(marks.news())
    say("n1 and n2 cut from each other, n3 and n4 too, for 20 s: nobody failed")
    deaf = cluster.nodes[4]
    others = cluster.nodes[:4]
    lab.drop([(5, number) for number in range(1, 5)])
    cluster.wait_state(deaf.name, "down", 60, others)
    news = marks.news()
    no_failures({name: rows for name, rows in news.items() if name != deaf.name}, [deaf.name])
    time.sleep(15)
    flaps = {name: told(rows, "failed", "recovered") for name, rows in marks.news().items() if name != deaf.name}
    expect(not any(flaps.values()), f"a member that nobody hears comes and goes: {flaps}")
    say("nobody hears n5 (it hears all): down at the others and staying so")
    lab.heal()
    cluster.wait_agreed(90)
    say("healed: all see all")


@in_lab
def address(lab, cluster):
    """A node that comes back under another address is the same member; a network with small packets carries all."""
    mover = cluster.nodes[2]
    number = numbers(cluster, [mover])[0]
    observers = [node for node in cluster.nodes if node is not mover]
    marks = EventMarks(observers)
    mover.process.kill_9()
    mover.host = lab.readdress(number, 9)
    mover.start(join=[observers[0].endpoints["membership"]]).wait_listening()
    wait_until(lambda: all(node.member(mover.name).get("address") == mover.endpoints["membership"]
                           for node in observers), 30, "the new address being known")
    cluster.wait_agreed(30)
    for observer, rows in marks.news().items():
        expect(("rejoined", mover.name) in told(rows, "rejoined"), f"{observer}: {rows}")
    expect(all(len(node.states()) == MEMBERS for node in observers), "the moved node is counted twice")
    say(f"{mover.name} started again as {mover.host}: known everywhere, one member as before")
    for one in range(1, MEMBERS + 1):
        lab.set_mtu(one, 576)
    late = cluster.nodes[4]
    late.process.kill_9()
    cluster.wait_state(late.name, "down", 60)
    late.start(late.ports(), [observers[0].endpoints["membership"]]).wait_listening()
    cluster.wait_agreed(60)
    say("packets of 576 bytes at the most: a death and a return are known everywhere")


PLANS = {"partition": partition, "heal": heal, "oneway": oneway, "address": address}
