#!/usr/bin/env python3
"""`kill -9` at random moments while objects arrive and leave; nothing that was acknowledged may be missing afterwards.

usage: kill.py [--rounds N] [--seed N] [--tokumei PATH]

Four senders write down what was acknowledged. The gateway is killed, started again and goes on with the same data.
At the end every acknowledged object must be at the archive (known by its pixel bytes) or in quarantine (known by the
original, exported), each at least once, and the counts must add up.
"""

import argparse
import hashlib
import os
import random
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import dimse, gateway, made_up  # noqa: E402

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
SIDE = 256
PIXELS = SIDE * SIDE * 2
CONTEXTS = [(c, [made_up.EXPLICIT_LE]) for c in (made_up.CT, SECONDARY_CAPTURE)]


class Archive:
    """Remembers the hash of the pixel bytes of every object."""

    def __init__(self):
        self.hashes, self.lock = set(), threading.Lock()

    def __call__(self, *_):
        return _Object(self)


class _Object:
    def __init__(self, archive):
        self.archive, self.body = archive, bytearray()

    def write(self, data):
        """Takes bytes."""
        self.body += data

    def done(self):
        """The object is complete."""
        at = self.body.find(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, PIXELS))
        with self.archive.lock:
            self.archive.hashes.add(hashlib.sha256(self.body[at + 12 : at + 12 + PIXELS]).digest())
        return 0


def sender(port, name, seed, acknowledged, ended):
    """Sends until told to end, over one association after another; notes what was acknowledged."""
    number = 0
    while not ended.is_set():
        try:
            scu = dimse.Scu("127.0.0.1", port, CONTEXTS, timeout=10)
        except (dimse.Lost, dimse.Refused, OSError):
            time.sleep(0.02)
            continue
        try:
            while not ended.is_set():
                number += 1
                kept = number % 7 == 0
                sop_class = SECONDARY_CAPTURE if kept else made_up.CT
                instance, body = made_up.ct(f"{seed}/{name}", number, rows=SIDE, columns=SIDE, patient=f"ZZ-{name}{number:06}")
                body = body.replace(made_up.element(0x00080016, "UI", made_up.CT), made_up.element(0x00080016, "UI", sop_class), 1)
                if scu.store(sop_class, instance, made_up.EXPLICIT_LE, [body]) == 0:
                    acknowledged.append((instance, hashlib.sha256(body[-PIXELS:]).digest()))
            scu.release()
        except (dimse.Lost, OSError):
            scu.close()


def quarantined(server, folder):
    """The SOP Instance UIDs of the originals that are kept, exported one by one."""
    listed = server.command("quarantine", "list", "--json", "--limit", "1000000")
    if listed.returncode != 0:
        sys.exit(f"quarantine list: {listed.stderr}")
    found, out = set(), os.path.join(folder, "exported.dcm")
    rows = gateway.json.loads(listed.stdout)
    for row in rows:
        said = server.command("quarantine", "export", str(row["id"]), "--out", out)
        if said.returncode != 0:
            sys.exit(f"quarantine export: {said.stderr}")
        found.add(dimse.part10(out)[1])
        os.remove(out)
    return found, len(rows)


def main():
    """Kills and counts."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=10)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments.add_argument("--tokumei")
    given = arguments.parse_args()
    print(f"seed {given.seed}, {given.rounds} rounds", flush=True)
    chance = random.Random(given.seed)
    folder, checks, received = gateway.temporary("kill"), gateway.Checks(), Archive()
    archive = dimse.Scp(received)
    server = gateway.Gateway(folder, archive.port, binary=given.tokumei).start()
    acknowledged, ended = [[] for _ in range(4)], threading.Event()
    threads = [
        threading.Thread(target=sender, args=(server.port, name, given.seed, acknowledged[name], ended), daemon=True)
        for name in range(4)
    ]
    try:
        for thread in threads:
            thread.start()
        for turn in range(given.rounds):
            time.sleep(chance.uniform(0.05, 1.5))
            server.kill()
            server.start()
            print(f"       killed {turn + 1}, acknowledged {sum(map(len, acknowledged))}", flush=True)
        ended.set()
        for thread in threads:
            thread.join(60)
        settle(server, folder, checks, received, [a for part in acknowledged for a in part])
    finally:
        ended.set()
        if checks.failed:
            print(server.tail())
        server.stop()
    gateway.shutil.rmtree(folder)
    checks.exit()


def settle(server, folder, checks, received, acknowledged):
    """What must be true after the last start."""
    status = server.drained()
    print("       " + ", ".join(f"{k} {v}" for k, v in status.items() if isinstance(v, int)))
    kept, rows = quarantined(server, folder)
    missing = [i for i, pixels in acknowledged if pixels not in received.hashes and i not in kept]
    both = [i for i, pixels in acknowledged if pixels in received.hashes and i in kept]
    checks.that(len(acknowledged) > 0, f"{len(acknowledged)} objects were acknowledged")
    checks.that(not missing, f"none of them is missing ({len(missing)})")
    checks.that(not both, f"none of them is both delivered and kept back ({len(both)})")
    checks.that(status["received"] >= len(acknowledged), "as many are recorded, or more (answered, but the answer lost)")
    checks.that(gateway.counts_add_up(status), "the counts of tokumei status add up")
    checks.that(status["waiting"] == 0 and status["parked"] == 0, "nothing waits, nothing is parked")
    checks.that(rows == status["quarantined"] + status["held"], "every kept object opens with the key")


if __name__ == "__main__":
    main()
