# SPDX-License-Identifier: Apache-2.0
"""The parts alone: the journal's API against LMDB bare, the core of a node without sockets, and the microbenchmarks."""
import json
import subprocess

from benches import table
from processes import Trouble

# Programs of google-benchmark; what they print is shown as it is.
MICRO = ["bench_series", "line_protocol_bench", "native_bench"]


def run_json(*command):
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, timeout=900)
    if done.returncode != 0:
        raise Trouble(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    return json.loads(done.stdout)


def run(options, folder):
    out = {}
    program = options.bin / "journal_bench"
    if program.exists():
        found = out["journal"] = run_json(program, "--dir", folder, "--rounds", max(3, options.rounds))
        table.show("journal against LMDB bare: the same records, one a transaction, each synced; medians",
                   ["side", ">readings/s"],
                   [["LMDB bare", table.count(found["raw_lmdb_per_s"])],
                    ["journal, one in flight", table.count(found["journal_per_s"])],
                    ["journal, eight in flight", table.count(found["journal_8_in_flight_per_s"])]])
        print(f"  journal is {found['ratio']:.2f} x LMDB")
    program = options.bin / "pipeline_bench"
    if program.exists():
        found = out["pipeline"] = run_json(program, "--dir", folder, "--seconds", round(options.seconds) or 1)
        table.show("a node without its sockets: admission, journal, fold, sealing",
                   ["meters", ">readings/s acknowledged", ">and folded", ">table bytes/meter", ">disk bytes/reading"],
                   [[f"{found['meters']:,}", table.count(found["per_s"]), table.count(found["per_s_until_folded"]),
                     f"{found['table_bytes_per_meter']:.0f}", found["used_bytes_per_reading"]]])
    for name in MICRO:
        program = options.bin / name
        if not program.exists():
            print(f"  {name}: skipped: not built")
            continue
        print(f"\n{name}", flush=True)
        done = subprocess.run([program], text=True, capture_output=True, timeout=900)
        print("\n".join("  " + line for line in done.stdout.strip().split("\n")))
        out[name] = done.stdout if done.returncode == 0 else {"failed": done.returncode}
    return out
