# SPDX-License-Identifier: Apache-2.0
"""What readings cost once they are in: bytes on disk, memory of a meter, how fast a killed node folds them again."""
import subprocess
import time

from benches import table
from node import Node
from processes import folder_bytes, status_bytes, wait_until
from simulator import Simulator

METERS = 1_000_000


def recovered(node):
    return node.metric("wattring_shard_workers_recovering") == 0


def settled(node):
    """All that was taken is folded: the count of folded facts has stopped to grow."""
    before = node.metric("wattring_facts_folded_total")
    time.sleep(0.3)
    return node.metric("wattring_facts_folded_total") == before


def run(options, folder):
    simulator = Simulator(options.bin)
    if not simulator.program.exists():
        print("store: skipped: wattringsim is not built")
        return {"skipped": "wattringsim is not built"}
    out = {"meters": METERS}
    with Node(options.bin, folder / "node").init().start() as node:
        node.wait_listening().wait_ready()
        empty_bytes = status_bytes(node.process.pid, "RssAnon")
        simulator.bench(node, max(options.seconds, 8), ["--meters", METERS])
        wait_until(lambda: settled(node), 120, "folding what was taken", node.process)
        out["meters_known"] = node.metric("wattring_meters")
        out["rss_anon_bytes"] = status_bytes(node.process.pid, "RssAnon") - empty_bytes
        out["table_bytes"] = node.metric("wattring_meter_table_bytes")
        out["unsealed_facts"] = node.metric("wattring_unsealed_facts")
        ports = node.ports()
        node.process.kill_9()
        began = time.monotonic()
        node.start(ports).wait_listening(60).wait_ready(60)
        out["ready_s"] = time.monotonic() - began
        wait_until(lambda: recovered(node) and settled(node), 300, "folding the journal again", node.process)
        out["replayed_facts"] = node.metric("wattring_replayed_facts_total")
        out["replay_s"] = time.monotonic() - began
        stored = node.metric("wattring_facts_folded_total")
        out["replay_facts_per_s"] = out["replayed_facts"] / out["replay_s"] if out["replay_s"] else 0
        out["folded_after_restart"] = stored
        node.stop()  # seals
    out |= disk(options, folder / "sealed")
    rows = [["memory a meter, resident state", f"{out['table_bytes'] / out['meters_known']:.0f} B"],
            ["memory a meter, whole process over an empty one", f"{out['rss_anon_bytes'] / out['meters_known']:.0f} B"],
            ["kill -9 to ready", f"{out['ready_s']:.3f} s"],
            ["folded again after it, start and queries' settling included",
             f"{table.count(out['replay_facts_per_s'])} readings/s of {table.count(out['replayed_facts'])}"],
            [f"disk a reading, {table.count(out['disk_readings'])}, {table.count(out['disk_unsealed'])} not sealed",
             f"{out['disk_bytes_per_reading_compact']:.2f} B ({out['disk_bytes_per_reading']:.2f} B with free pages)"]]
    table.show(f"{METERS:,} meters with two registers", ["what", ">figure"], rows)
    return out


def journal_bytes(data):
    """The journal's file; the ballast beside it is a fixed reserve, not readings."""
    return folder_bytes(data) - (data / "ballast").stat().st_blocks * 512 if (data / "ballast").exists() \
        else folder_bytes(data)


def disk(options, folder):
    """Fewer meters with months of quarter-hours each, stopped so that everything is sealed, then compacted offline."""
    simulator = Simulator(options.bin)
    with Node(options.bin, folder).init().start() as node:
        node.wait_listening().wait_ready()
        figures = simulator.bench(node, 120, ["--meters", 1000, "--every", "15m", "--readings", 10_000_000])
        wait_until(lambda: settled(node), 120, "folding what was taken", node.process)
        node.stop()
        # What a start still finds outside chunks was not sealed by the stop.
        node.start().wait_listening().wait_ready()
        wait_until(lambda: recovered(node), 120, "reading the journal", node.process)
        unsealed = node.metric("wattring_unsealed_facts")
        node.stop()
    with_free_pages = journal_bytes(node.data)
    subprocess.run([options.bin / "wattringd", "journal", "compact", "--data-dir", node.data], check=True,
                   capture_output=True, timeout=300)
    return {"disk_readings": figures["acked"], "disk_unsealed": unsealed, "disk_bytes": with_free_pages,
            "disk_bytes_compact": journal_bytes(node.data),
            "disk_bytes_per_reading": with_free_pages / figures["acked"],
            "disk_bytes_per_reading_compact": journal_bytes(node.data) / figures["acked"]}
