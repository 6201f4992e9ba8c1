#!/usr/bin/env python3
"""Sends a folder of real files through the gateway with the shipped configuration, and counts what became of each.

usage: corpus.py CORPUS [--sender dcmtk|raw|files] [--every N] [--port P --archive-port P] [--tokumei PATH] [--no-verify]

Three ways in. DCMTK's `storescu` parses each file and writes it anew, and leaves out what it cannot read. `raw` puts the
bytes of the data set on the wire as they stand in the file, broken or not. `files` gives each file to `tokumei
deidentify` by itself, without a network, so that it is known which output was made of which file. The archive is DCMTK's `storescp`, which
writes each data set as it came. Every object that was acknowledged must be delivered, held or quarantined, the counts
of `tokumei status` must say the same, the process must be alive, its memory flat; then `verify_output.py` looks at
everything that was delivered.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import dimse, gateway  # noqa: E402

# Peak resident memory of the gateway whatever the corpus holds, in MiB.
MEMORY_BOUND = 64
# Transfer syntaxes that storescp of DCMTK 3.6.7 accepts under no option.
DCMTK_REFUSES = {f"1.2.840.10008.1.2.{t}" for t in ("4.52", "4.53", "4.55", "4.57", "4.110", "4.111", "4.112", "4.201", "8.1")}
UID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


def valid_files(folder, every):
    """{transfer syntax: [(path, SOP class, SOP instance, offset)]} of all Part 10 files; and the number of others."""
    groups, others, seen = collections.defaultdict(list), 0, 0
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(base, name)
            found = dimse.part10(path)
            if found is None:
                others += 1
                continue
            seen += 1
            if seen % every == 0:
                groups[found[2]].append((path, found[0], found[1], found[3]))
    return groups, others


def send_raw(files, syntax, port, answers):
    """Sends each file's bytes as they are; `answers` counts what came back, by status or fault."""
    for start in range(0, len(files), 100):
        part, at = files[start : start + 100], 0
        while at < len(part):
            classes = sorted({sop_class for _, sop_class, _, _ in part[at:]})[:128]
            try:
                scu = dimse.Scu("127.0.0.1", port, [(c, [syntax]) for c in classes])
            except (dimse.Lost, OSError) as error:
                answers[f"no association: {error}"] += len(part) - at
                return
            while at < len(part):
                path, sop_class, instance, offset = part[at]
                at += 1
                if (sop_class, syntax) not in scu.accepted:
                    answers["context refused"] += 1
                    continue
                with open(path, "rb") as file:
                    file.seek(offset)
                    try:
                        answers[f"{scu.store(sop_class, instance, syntax, [file.read()]):04X}"] += 1
                    except dimse.Lost:
                        answers["association lost"] += 1
                        scu.close()
                        break
            else:
                scu.release()


def send_dcmtk(files, syntax, port, answers, folder):
    """The same by DCMTK's storescu, with a context of its own for every class in this one transfer syntax."""
    storescu = gateway.dcmtk("storescu") or gateway.skip("dcmtk storescu is not installed")
    usable = [f for f in files if UID.fullmatch(f[1]) and UID.fullmatch(syntax)]
    answers["not sendable by storescu"] += len(files) - len(usable)
    profile = os.path.join(folder, "storescu.cfg")
    while usable:
        classes = sorted({sop_class for _, sop_class, _, _ in usable})[:120]
        with open(profile, "w", encoding="ascii") as file:
            file.write(f"[[TransferSyntaxes]]\n[T]\nTransferSyntax1 = {syntax}\n[[PresentationContexts]]\n[C]\n")
            for number, sop_class in enumerate(classes, 1):
                file.write(f"PresentationContext{number} = {sop_class}\\T\n")
            file.write("[[Profiles]]\n[P]\nPresentationContexts = C\n")
        part = usable[:200]
        said = subprocess.run(
            [storescu, "-v", "-nh", "-xf", profile, "P", "-aec", "TOKUMEI", "127.0.0.1", str(port), *(f[0] for f in part)],
            capture_output=True, text=True, errors="replace", check=False,
        )
        tried = read_log(said.stdout + said.stderr, answers)
        if tried == 0:
            reason = (said.stderr.strip().splitlines() or ["?"])[-1]
            answers[f"storescu gave up: {reason[:80]}"] += 1
            tried = 1
        usable = usable[tried:]


def give_files(groups, corpus, folder, given, checks):
    """Gives each file to `tokumei deidentify`; outputs are put in a folder that is named like the file."""
    server, out = gateway.Gateway(folder, 11113, 11112, given.tokumei), os.path.join(folder, "archive")
    os.makedirs(out)
    answers, said = collections.Counter(), {0: "out", 3: "kept back", 1: "refused"}

    def give(found):
        place = os.path.join(out, os.path.relpath(found[0], corpus))
        code = server.command("deidentify", os.path.abspath(found[0]), "--out", place).returncode
        return said.get(code, f"exit status {code}")

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers.update(pool.map(give, (found for files in groups.values() for found in files)))
    for answer, count in sorted(answers.items()):
        print(f"       {count:5} × {answer}")
    checks.that(set(answers) <= set(said.values()) and answers["out"], "each file is out, kept back or refused")
    return out


def read_log(log, answers):
    """Counts the answers in the log of storescu; the number of files that it tried."""
    tried, waiting = 0, None
    for line in log.splitlines():
        if "Sending file:" in line:
            if waiting:
                answers["not sendable by storescu"] += 1
            tried, waiting = tried + 1, True
        elif match := re.search(r"Received Store Response \((.*?)\)", line):
            answers["0000" if match.group(1) == "Success" else match.group(1)] += 1
            waiting = None
        elif "No presentation context for" in line and waiting:
            answers["context refused"] += 1
            waiting = None
        elif waiting and ("Peer aborted" in line or "Store Failed" in line and "aborted" in line.lower()):
            answers["association lost"] += 1
            waiting = None
    if waiting:
        answers["not sendable by storescu"] += 1
    return tried


def main():
    """Runs it all and says what held."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("corpus")
    arguments.add_argument("--sender", choices=("dcmtk", "raw", "files"), default="dcmtk")
    arguments.add_argument("--every", type=int, default=1, help="send every Nth file only")
    arguments.add_argument("--port", type=int)
    arguments.add_argument("--archive-port", type=int)
    arguments.add_argument("--tokumei")
    arguments.add_argument("--keep", help="folder for the run (emptied first)")
    arguments.add_argument("--no-verify", action="store_true")
    given = arguments.parse_args()
    groups, others = valid_files(given.corpus, given.every)
    total = sum(len(files) for files in groups.values())
    folder, checks = gateway.temporary("corpus", given.keep), gateway.Checks()
    print(f"{total} Part 10 files in {len(groups)} transfer syntaxes, {others} others left out", flush=True)
    if given.sender == "files":
        archive = give_files(groups, given.corpus, folder, given, checks)
    else:
        archive = send(groups, folder, given, checks)
    if not given.no_verify:
        script = os.path.join(gateway.PROJECT, "tests", "verify_output.py")
        said = subprocess.run([sys.executable, script, given.corpus, archive], check=False)
        if said.returncode == gateway.SKIPPED:
            sys.exit(gateway.SKIPPED)
        checks.that(said.returncode == 0, "verify_output.py finds nothing")
    checks.exit()


def send(groups, folder, given, checks):
    """Sends all files through a gateway to storescp, looks at the counts; the folder of the archive."""
    archive = os.path.join(folder, "archive")
    storescp, archive_port = gateway.storescp(archive, given.archive_port, ["+uf"])
    server = gateway.Gateway(folder, archive_port, given.port, given.tokumei).start()
    answers, memory = collections.Counter(), []
    try:
        for syntax, files in sorted(groups.items()):
            if given.sender == "raw":
                send_raw(files, syntax, server.port, answers)
            else:
                send_dcmtk(files, syntax, server.port, answers, folder)
            if server.alive():
                memory.append(gateway.memory(server.process.pid))
        settle(server, archive, checks, answers, memory, {syntax: len(files) for syntax, files in groups.items()})
    finally:
        server.stop()
        gateway.stop(storescp)
    return archive


def settle(server, archive, checks, answers, memory, by_syntax):
    """What must be true once everything was sent."""
    for answer, count in sorted(answers.items()):
        print(f"       {count:5} × {answer}")
    acknowledged = sum(n for a, n in answers.items() if a in ("0000", "B000", "B006", "B007"))
    checks.that(server.alive(), "the gateway is alive")
    if not server.alive():
        print(server.tail())
        return
    status = server.drained()
    print("       " + ", ".join(f"{k} {v}" for k, v in status.items() if isinstance(v, int)))
    print(f"       reasons {status.get('reasons')}\n       cautions {status.get('cautions')}")
    fates = status["delivered"] + status["parked"] + status["held"] + status["quarantined"] + status["waiting"]
    checks.that(status["received"] == acknowledged, f"received {status['received']} = acknowledged {acknowledged}")
    checks.that(fates == acknowledged, f"forwarded + held + quarantined {fates} = acknowledged {acknowledged}")
    checks.that(gateway.counts_add_up(status), "the counts of tokumei status add up")
    checks.that(status["waiting"] == 0, "nothing waits")
    # Parked: what storescp knows no transfer syntax for. Anything else must have been taken.
    unknown = sum(n for syntax, n in by_syntax.items() if syntax in DCMTK_REFUSES)
    checks.that(status["parked"] <= unknown, f"parked {status['parked']}, of {unknown} in transfer syntaxes unknown to DCMTK")
    stored = sum(len(names) for _, _, names in os.walk(archive))
    checks.that(stored >= status["delivered"], f"the archive has {stored} objects, delivered {status['delivered']}")
    first, last = memory[0], memory[-1]
    print(f"       resident KiB after the first group {first[1]}, now {last[1]}, peak {last[0]}")
    checks.that(last[0] < MEMORY_BOUND * 1024, f"peak memory {last[0] / 1024:.1f} MiB is below {MEMORY_BOUND} MiB")


if __name__ == "__main__":
    main()
