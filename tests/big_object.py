#!/usr/bin/env python3
"""A 2 GiB multi-frame object goes through the gateway; its memory must not grow with the size of the object.

usage: big_object.py [--mib N] [--tokumei PATH]

The object is made while it is sent and hashed while it arrives, so neither end needs a file or the memory. Two runs in
one process of the gateway: an object that is forwarded, and one of a class that is quarantined, whose original goes
through encryption to disk.
"""

import argparse
import hashlib
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import dimse, gateway, made_up  # noqa: E402

BOUND = 64
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7.2"
BLOCK = 1 << 19


class Sink:
    """Hashes the tail of each object: the pixel bytes are its last `length` bytes."""

    def __init__(self, length):
        self.length, self.objects = length, []

    def __call__(self, *_):
        self.head, self.seen, self.digest = bytearray(), 0, hashlib.sha256()
        self.at = None
        return self

    def write(self, data):
        """Takes bytes."""
        self.seen += len(data)
        if self.at is None:
            self.head += data
            self.at = self.head.find(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, self.length))
            if self.at < 0:
                self.at = None
                return
            data = self.head[self.at + 12 :]
        self.digest.update(data)

    def done(self):
        """The object is complete."""
        self.objects.append((self.seen, self.digest.hexdigest()))
        return 0


def pixels(count, digest):
    """`count` blocks of pixel bytes that all differ; hashed into `digest`."""
    base = bytearray(bytes(range(256)) * (BLOCK // 256))
    for number in range(count):
        struct.pack_into("<Q", base, 0, number)
        digest.update(base)
        yield bytes(base)


def main():
    """Sends two objects and looks at the memory."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--mib", type=int, default=2048)
    arguments.add_argument("--tokumei")
    given = arguments.parse_args()
    frames, length = given.mib * 2, given.mib << 20
    folder, checks = gateway.temporary("big"), gateway.Checks()
    sink = Sink(length)
    archive = dimse.Scp(sink)
    server = gateway.Gateway(folder, archive.port, binary=given.tokumei).start()
    try:
        idle, _ = gateway.memory(server.process.pid)
        for sop_class in (ENHANCED_CT, SECONDARY_CAPTURE):
            instance, head = made_up.ct_header("big", 1, frames=frames, patient=f"ZZ-{sop_class[-3:]}")
            head = head.replace(made_up.element(0x00080016, "UI", made_up.CT), made_up.element(0x00080016, "UI", sop_class))
            head += struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, length)
            scu = dimse.Scu("127.0.0.1", server.port, [(sop_class, [made_up.EXPLICIT_LE])])
            digest = hashlib.sha256()
            chunks = (chunk for part in ([head], pixels(length // BLOCK, digest)) for chunk in part)
            status = scu.store(sop_class, instance, made_up.EXPLICIT_LE, chunks)
            scu.release()
            checks.that(status == 0, f"{given.mib} MiB of {sop_class}: status {status:04X}")
            if sop_class == ENHANCED_CT:
                sent = digest.hexdigest()
        status = server.drained()
        print("       " + ", ".join(f"{k} {v}" for k, v in status.items() if isinstance(v, int)))
        checks.that(status["delivered"] == 1, "the first was delivered")
        checks.that(status["quarantined"] + status["held"] == 1, "the second was kept back, sealed")
        checks.that([o[1] for o in sink.objects] == [sent], "its pixel bytes arrived unchanged, and once")
        checks.that(not archive.faults, f"the archive had no fault {archive.faults}")
        peak, _ = gateway.memory(server.process.pid)
        print(f"       peak resident memory {peak / 1024:.1f} MiB (idle {idle / 1024:.1f} MiB)")
        checks.that(peak < BOUND * 1024, f"peak resident memory is below {BOUND} MiB")
    finally:
        if checks.failed:
            print(server.tail())
        server.stop()
    gateway.shutil.rmtree(folder)
    checks.exit()


if __name__ == "__main__":
    main()
