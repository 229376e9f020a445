# SPDX-License-Identifier: Apache-2.0
"""A small network in the kernel: a network of its own for each node, all on one bridge; links can be cut, packets
dropped. It belongs to processes of ours and vanishes with them, however they end."""
import json
import os
import shutil
import subprocess

from processes import Process, Trouble, enter_network, own_network, wait_until


HUB = "10.77.255.1"
HUB_MAC = "02:77:ff:00:00:01"


def missing():
    """Why there can be no lab here; empty when there can."""
    for program in ("ip", "nft", "nsenter"):
        if not shutil.which(program):
            return f"there is no {program}"
    return "" if os.geteuid() == 0 else "network namespaces need root"


def run(*arguments, text=None):
    done = subprocess.run([str(a) for a in arguments], input=text, text=True, capture_output=True)
    if done.returncode != 0:
        raise Trouble(f"{' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


class Lab:
    """Numbers are from 1. This thread is moved to the bridge until close()."""

    def __init__(self, count):
        reason = missing()
        if reason:
            raise Trouble(reason)
        self.count = count
        self.holders = {}
        self.before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        own_network()
        run("ip", "-batch", "-", text=f"link set lo up\nlink add hub address {HUB_MAC} type bridge\nlink set hub up\n"
                                      f"addr add {HUB}/16 dev hub\n")
        run("nft", "-f", "-", text="table bridge lab { chain cuts { type filter hook forward priority 0; }; }\n")
        for number in range(1, count + 1):
            self._add(number)
        self._introduce()

    def _add(self, number):
        holder = Process(["unshare", "--net", "sleep", "infinity"], "/dev/null")
        self.holders[number] = holder
        ours = os.readlink("/proc/thread-self/ns/net")

        def moved():
            try:
                return os.readlink(f"/proc/{holder.pid}/ns/net") != ours
            except OSError:
                return False
        wait_until(moved, 10, "making a network namespace", holder, 0.002)
        run("ip", "-batch", "-", text=f"link add v{number} type veth peer name eth0 address {self.mac(number)} "
                                      f"netns {holder.pid}\nlink set v{number} master hub up\n")
        self.inside(number, "ip", "-batch", "-", text="link set lo up\nlink set eth0 up\n"
                                                      f"addr add {self.address(number)}/16 dev eth0\n")

    def _introduce(self):
        """Everybody knows everybody's hardware address for good: the kernel keeps 1,024 learned ones for all networks
        together, too few for a hundred nodes."""
        known = {self.address(number): self.mac(number) for number in self.holders}
        rows = [f"neigh add {address} lladdr {mac} nud permanent dev " for address, mac in known.items()]
        run("ip", "-batch", "-", text="".join(f"{row}hub\n" for row in rows))
        rows.append(f"neigh add {HUB} lladdr {HUB_MAC} nud permanent dev ")
        for number in self.holders:
            others = [row for place, row in enumerate(rows, 1) if place != number]
            self.inside(number, "ip", "-batch", "-", text="".join(f"{row}eth0\n" for row in others))

    def mac(self, number):
        return f"02:77:00:00:{number // 256:02x}:{number % 256:02x}"

    def address(self, number):
        return f"10.77.{number // 250}.{number % 250 + 1}"

    def pid(self, number):
        return self.holders[number].pid

    def inside(self, number, *arguments, text=None):
        return run("nsenter", f"--net=/proc/{self.pid(number)}/ns/net", *arguments, text=text)

    def power(self, number, on):
        """The cable of a node; without it, its packets go nowhere and nobody is told."""
        run("ip", "link", "set", f"v{number}", "up" if on else "down")

    def drop(self, pairs):
        """Packets from the first of each pair to the second are dropped; replaces what was dropped before. Packets that
        are refused nowhere: no error reaches the sender."""
        rules = "".join(f"add rule bridge lab cuts ip saddr {self.address(a)} ip daddr {self.address(b)} drop\n"
                        for a, b in pairs)
        run("nft", "-f", "-", text="flush chain bridge lab cuts\n" + rules)

    def split(self, left, right):
        self.drop([(a, b) for a in left for b in right] + [(b, a) for a in left for b in right])

    def heal(self):
        self.drop([])

    def set_mtu(self, number, size):
        run("ip", "link", "set", f"v{number}", "mtu", size)
        self.inside(number, "ip", "link", "set", "eth0", "mtu", size)

    def readdress(self, number, last):
        """Another address for a node whose process does not run: 10.77.200.LAST. Gives it."""
        address = f"10.77.200.{last}"
        self.inside(number, "ip", "-batch", "-", text=f"addr flush dev eth0\naddr add {address}/16 dev eth0\n")
        return address

    def sent_bytes(self):
        """By node, since it was added: all it put on the wire, headers included."""
        links = json.loads(run("ip", "-s", "-j", "link", "show", "type", "veth"))
        by_name = {link["ifname"]: link["stats64"]["rx"]["bytes"] for link in links}
        return {number: by_name[f"v{number}"] for number in self.holders}

    def close(self):
        for holder in self.holders.values():
            holder.kill_9()
        enter_network(self.before)
        os.close(self.before)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
