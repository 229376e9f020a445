# SPDX-License-Identifier: Apache-2.0
"""Plans of scripts/chaos about who is alive: real processes on loopback, killed, stopped, started again."""
import signal
import time

from cluster import SMALL, Cluster, EventMarks
from judging import expect, learned, no_failures, say, suspicions, told
from node import Node
from processes import Process, http_get, wait_until
from simulator import duration

MEMBERS = 5
TOO_SLOW = 20
# From a SIGKILL until all know, on one machine.
KILL_BUDGET_S = 2.0
LOADED_KILL_BUDGET_S = 5.0


def deaths(options, folder):
    """A kill is noticed with its evidence, a quick restart is a rejoin, a graceful stop is no failure."""
    with Cluster(options.bin, folder, MEMBERS, SMALL) as cluster:
        say(f"{MEMBERS} nodes see each other after {cluster.start():.1f} s")
        victim = cluster.nodes[2]
        observers = [node for node in cluster.nodes if node is not victim]
        marks = EventMarks(observers)
        took_s = prompt_death(cluster, marks, victim, observers)
        quick_restart(cluster, marks, victim, observers)
        graceful_ends(options, cluster, victim, cluster.nodes[3])
    return TOO_SLOW if took_s > KILL_BUDGET_S else 0


def prompt_death(cluster, marks, victim, observers):
    """Seconds until the last of the others knew. Three chances: a machine that stood still a moment is not the nodes'
    slowness, which would show each time."""
    for _ in range(3):
        took_s = violent_death(cluster, marks, victim, observers)
        victim.start(victim.ports(), [observers[0].endpoints["membership"]]).wait_listening()
        cluster.wait_agreed(20)
        expect_rejoin(marks.news(), victim.name)
        say("started again: rejoined everywhere")
        if took_s <= KILL_BUDGET_S:
            break
    return took_s


def violent_death(cluster, marks, victim, observers):
    """Seconds until the last of the others knew."""
    began = time.time()
    victim.process.kill_9()
    cluster.wait_state(victim.name, "down", 20)
    news = marks.news()
    times = learned(news, victim.name, began)
    expect(len(times) == len(observers), f"{len(times)} of {len(observers)} told of the failure: {news}")
    no_failures(news, [victim.name])
    for node in observers:
        row = node.members()[victim.name]
        accusers = {one["node"] for one in row["accusers"]}
        expect(accusers and accusers <= {one.name for one in observers}, f"{node.name}: accusers of {row}")
        expect(any(one["evidence"] == "refused" for one in row["accusers"]), f"{node.name}: evidence of {row}")
    took_s = max(times.values())
    say(f"SIGKILL: all hold it down, with accusers and \"refused\"; the last after {took_s:.2f} s "
        f"(budget {KILL_BUDGET_S:g} s)")
    return took_s


def expect_rejoin(news, name):
    for observer, rows in news.items():
        expect(told(rows, "rejoined").count(("rejoined", name)) == 1,
               f"{observer} did not tell once that {name} is back: {rows}")


def quick_restart(cluster, marks, victim, observers):
    ports = victim.ports()
    began = time.monotonic()
    victim.process.kill_9()
    victim.start(ports, [observers[0].endpoints["membership"]])
    gap_ms = (time.monotonic() - began) * 1e3
    victim.wait_listening()
    lives = {node.name: node.member(victim.name).get("epoch") for node in observers}
    cluster.wait_agreed(20)

    def known():
        epoch = victim.member(victim.name).get("epoch")
        return epoch is not None and all(node.member(victim.name).get("epoch") == epoch for node in observers)
    wait_until(known, 20, f"the new life of {victim.name} being known (were {lives})")
    expect_rejoin(marks.news(), victim.name)
    say(f"killed and started again within {gap_ms:.0f} ms: a rejoin everywhere")


def graceful_ends(options, cluster, first, second):
    """One ends by SIGTERM, one by `wattringd leave`."""
    observers = [node for node in cluster.nodes if node not in (first, second)]
    marks = EventMarks(observers)
    expect(first.stop() == 0, f"SIGTERM: exit code {first.process.poll()}: {first.process.log_tail()}")
    with Process([options.bin / "wattringd", "leave", "--data-dir", second.data], second.folder / "leave.log") as leave:
        expect(leave.wait(60) == 0, f"wattringd leave ended with {leave.poll()}: {leave.log_tail()}")
    expect(second.process.wait(1) == 0, f"after leave: exit code {second.process.poll()}")
    for gone in (first, second):
        cluster.wait_state(gone.name, "left", 20)
    time.sleep(4)  # a failure would come late
    for observer, rows in marks.news().items():
        expect(sorted(told(rows, "left")) == [("left", first.name), ("left", second.name)], f"{observer}: {rows}")
        expect(not told(rows, "failed"), f"{observer} holds a graceful stop for a failure: {rows}")
    say("SIGTERM, and wattringd leave: exit code 0, left everywhere, failed nowhere")


def pauses(options, folder):
    """3 s of standing still is no failure; 10 s is one, is over by itself, and whoever stood still blames nobody."""
    with Cluster(options.bin, folder, MEMBERS, SMALL) as cluster:
        cluster.start()
        sleeper = cluster.nodes[1]
        marks = EventMarks(cluster.nodes)
        stand_still(sleeper, 3)
        time.sleep(1)
        cluster.wait_agreed(20)
        news = marks.news()
        no_failures(news)
        say(f"stopped for 3 s: no failure anywhere ({suspicions(news)} suspicions)")
        stand_still(sleeper, 10)
        cluster.wait_agreed(30)
        time.sleep(2)
        news = marks.news()
        no_failures(news, [sleeper.name])
        expect(not told(news[sleeper.name], "failed"), f"who stood still blames others: {news[sleeper.name]}")
        for node in cluster.nodes:
            if node is sleeper:
                continue
            rows = told(news[node.name], "failed", "recovered", "rejoined", "left")
            rows = [row for index, row in enumerate(rows)
                    if row[0] != "recovered" or ("failed", row[1]) in rows[:index]]
            expect(rows == [("failed", sleeper.name), ("recovered", sleeper.name)],
                   f"{node.name} did not tell one failure and one recovery: {rows}")
        say("stopped for 10 s: one failure and one recovery at each other node, no blame by the one that stood still")
    return 0


def stand_still(node, seconds):
    node.process.signal_group(signal.SIGSTOP)
    time.sleep(seconds)
    node.process.signal_group(signal.SIGCONT)


def seeds_gone(options, folder):
    """All are stopped; then those start that never were anybody's seed, with no seed: they find each other."""
    with Cluster(options.bin, folder, MEMBERS, SMALL) as cluster:
        cluster.start()
        time.sleep(2)
        ports = {node.name: node.ports() for node in cluster.nodes}
        cluster.stop()
        for node in cluster.nodes[1:]:
            node.start(ports[node.name])
        for node in cluster.nodes[1:]:
            node.wait_listening()
        began = time.monotonic()
        cluster.wait_agreed(40)
        say(f"all stopped, the founder stays away, no seed given: {MEMBERS - 1} find each other by what they remember, "
            f"{time.monotonic() - began:.1f} s after they listen")
    return 0


def patience(options, folder):
    """A node whose seed is not there waits for it for ever; a wrong configuration is told by its key."""
    with Cluster(options.bin, folder, 2, SMALL) as cluster:
        early, late = cluster.nodes[1], cluster.nodes[0]
        late.init().start().wait_listening()
        seed, ports = late.endpoints["membership"], late.ports()
        early.init(seed)
        expect(late.stop() == 0, f"SIGTERM: exit code {late.process.poll()}")
        early.start(join=[seed]).wait_listening()
        time.sleep(4)
        expect(early.states() == {early.name: "joining"}, f"alone it says {early.states()}")
        began = time.monotonic()
        late.start(ports).wait_listening()
        cluster.wait_agreed(45)
        say(f"a seed that was away for 4 s: found {time.monotonic() - began:.1f} s after it listens")
        for setting in ("cluster.join=nobody", "cluster.weight=0", "listen.membership=here"):
            wrong = Node(options.bin, folder / setting, "n3", [setting])
            wrong.folder.mkdir()
            code = wrong.start().process.wait(20)
            log = wrong.process.log_tail()
            expect(code not in (0, None) and setting.split("=")[0] in log, f"{setting}: exit code {code}: {log}")
        say("wrong settings: each ends the node, and the message names the key")
    return 0


def under_load(options, folder):
    """Members on a machine whose processors are all taken by ingest hold nobody dead who lives, and notice a death."""
    with Cluster(options.bin, folder, MEMBERS, ["http.threads=2", "store.workers=1"]) as cluster:
        cluster.start()
        victim = cluster.nodes[-1]  # gets no readings, so that no load fails with it
        fed = cluster.nodes[:3]
        marks = EventMarks(cluster.nodes)
        loads = [Process([options.bin / "wattringsim", "run", "--node", node.http, "--meters", "20k", "--for",
                          duration(options.seconds), "--seed", number, "--no-ledger"], folder / f"load{number}.log")
                 for number, node in enumerate(fed, 1)]
        time.sleep(options.seconds / 2)
        news = marks.news()
        no_failures(news)
        suspected = suspicions(news)
        took_s = death_under_load(cluster, marks, victim)
        for load in loads:
            code = load.wait(options.seconds * 3 + 60)
            expect(code == 0, f"the load ended with {code}: {load.log_tail()}")
        news = marks.news()
        no_failures(news)
        rates = [line.split()[1] for load in loads for line in load.log_tail(3000).split("\n")
                 if line.startswith("rate")]
        say(f"three loads for {options.seconds:g} s: {', '.join(rates)} readings/s; no failure told of whom lives, "
            f"{suspected + suspicions(news)} suspicions; the latest turn of membership came less than "
            f"{max(latest_turn_s(node) for node in cluster.live()):g} s late")
        say(f"a SIGKILL in the midst of it: all know after {took_s:.2f} s (budget {LOADED_KILL_BUDGET_S:g} s)")
    return TOO_SLOW if took_s > LOADED_KILL_BUDGET_S else 0


def death_under_load(cluster, marks, victim):
    """Seconds until the last knew; the victim is a member again afterwards."""
    began = time.time()
    victim.process.kill_9()
    marks.nodes = [node for node in cluster.nodes if node is not victim]
    cluster.wait_state(victim.name, "down", 60)
    news = marks.news()
    no_failures(news, [victim.name])
    took_s = max(learned(news, victim.name, began).values())
    victim.start(victim.ports(), [cluster.nodes[0].endpoints["membership"]]).wait_listening(60)
    cluster.wait_agreed(60)
    marks.news()
    return took_s


def latest_turn_s(node):
    """The bound of the highest bucket that a turn of the membership thread fell into."""
    counts = {}
    for line in http_get(node.http, "/metrics", 5)[1].split("\n"):
        if line.startswith("wattring_membership_late_seconds_bucket"):
            counts[float(line.split('le="')[1].split('"')[0])] = float(line.rsplit(" ", 1)[1])
    return min(bound for bound, count in counts.items() if count == max(counts.values()))


PLANS = {"deaths": deaths, "pauses": pauses, "seeds-gone": seeds_gone, "patience": patience,
         "membership-under-load": under_load}
