# SPDX-License-Identifier: Apache-2.0
"""Running wattringsim: the only place that knows its options."""
import json
import subprocess
from pathlib import Path

from processes import Process, Trouble

PASS, FAIL, INCONCLUSIVE = 0, 21, 22


def duration(seconds):
    """As the programs read it: whole numbers with a unit."""
    return f"{round(seconds * 1000)}ms"


class Simulator:
    def __init__(self, binaries):
        self.program = Path(binaries) / "wattringsim"

    def load_command(self, node, ledger, duration, meters, seed=1, extra=()):
        """Sends for the duration ("20s") and writes down everything it sends."""
        return [str(part) for part in [self.program, "run", "--node", node.http, "--meters", meters, "--for", duration,
                                       "--seed", seed, "--ledger", ledger, *extra]]

    def replay_command(self, node, file, ledger):
        return [self.program, "replay", file, "--node", node.http, "--ledger", ledger]

    def check_command(self, node, ledger):
        """Is all that was acknowledged there, once, unchanged, and nothing else? PASS, FAIL or INCONCLUSIVE."""
        return [self.program, "check", ledger, "--node", node.http]

    def load(self, node, ledger, log, seconds, meters=1000, seed=1, extra=()):
        """Starts a load in the background."""
        return Process(self.load_command(node, ledger, duration(seconds), meters, seed, extra), log)

    def check(self, node, ledger, timeout=300):
        """(exit code, what it printed)."""
        done = subprocess.run(self.check_command(node, ledger), text=True, capture_output=True, timeout=timeout)
        return done.returncode, (done.stdout + done.stderr).strip()

    def bench(self, node, seconds, extra=()):
        """Closed loop without a ledger; the figures it prints as JSON."""
        done = subprocess.run([self.program, "run", "--bench", "--no-ledger", "--node", node.http, "--for",
                               duration(seconds), *(str(part) for part in extra)], text=True, capture_output=True,
                              timeout=seconds * 5 + 120)
        if done.returncode != 0:
            raise Trouble(f"wattringsim run --bench ended with {done.returncode}: {done.stderr.strip()[-400:]}")
        return json.loads(done.stdout)

    def chaos(self, what, seed, folder):
        """`chaos run` of a plan or of random ones, to the terminal; its exit code."""
        words = [self.program, "chaos", "run", *what, "--seed", str(seed), "--out", folder, "--wattringd",
                 self.program.with_name("wattringd")]
        child = subprocess.Popen(words)
        try:
            return child.wait()
        except BaseException:
            # It heals and ends its nodes when asked.
            child.terminate()
            child.wait()
            raise
