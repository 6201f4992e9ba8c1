#!/usr/bin/env python3
"""Plants identifiers of made-up people into objects, sends them through the gateway, and judges only by what leaves.

usage: leaks.py [FOLDER] [--plants N] [--seed S] [--variant NAME]… [--tokumei PATH]
       leaks.py … --object N        one object of the run of that seed again, plant by plant
       leaks.py … --clean           the opposite: harmless text that could be taken for an identifier; counts false alarms
       leaks.py … --direct          no gateway in between: shows that the judge sees what was planted
       leaks.py … --pass-through    with a build that does not de-identify (feature pass-through): what the checks find alone

FOLDER holds objects to plant into, at any depth; made-up ones are always used. Pixels are cut down to a few bytes first. Each
object carries the identity of a made-up patient where it belongs, so that the gateway knows it, and plants at random
places: of this patient, and of somebody whom the object does not name. The archive is a receiver of our own; the bytes that
it got are searched for every planted spelling in every encoding. The seed gives the run anew.

Objects out of FOLDER stay where they are; what is made of them goes to a temporary folder that is removed.
"""

import argparse
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import gateway  # noqa: E402

try:
    import pydicom  # noqa: F401
except ImportError:
    gateway.skip("pydicom is not installed")
from support.leaks import report, template, variants  # noqa: E402
from support.leaks.object import Plan  # noqa: E402
from support.leaks.run import KEPT, LEAKED, REFUSED, Archive, Job, Run  # noqa: E402

# Objects of one wave; what they become is known before the next.
WAVE = 800
# Objects from this number on go as files.
BY_FILE = 1_000_000_000
# Places among numbers, and texts that are read under another set than was declared.
BINARY = ("binary value", "pixels", "private, listed safe", "VR UN", "wrong character set")
# Where the pass-through build de-identifies, as src/deidentify/pass_through.rs lists it: nothing is planted there.
OWN_TAGS = (
    0x00080012, 0x00080020, 0x00080021, 0x00080022, 0x00080023, 0x0008002A, 0x00080030, 0x00080031, 0x00080032, 0x00080033, 0x00080050, 0x00080080,
    0x00080081, 0x00080090, 0x00080092, 0x00080094, 0x00081010, 0x00081040, 0x00081048, 0x00081050, 0x00081060, 0x00081070, 0x00100010, 0x00100020,
    0x00100021, 0x00100030, 0x00100032, 0x00101000, 0x00101001, 0x00101005, 0x00101010, 0x00101040, 0x00101050, 0x00101060, 0x00101090, 0x00102154,
    0x00102155, 0x00181000, 0x00181002, 0x0020000D, 0x0020000E, 0x00200010, 0x00200052, 0x00200200, 0x00321032, 0x00321033, 0x00380010, 0x00402016,
    0x00402017,
)  # fmt: skip


def asked():
    """The command line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", nargs="?")
    arguments.add_argument("--plants", type=int, default=5000)
    arguments.add_argument("--seed", type=int)
    arguments.add_argument("--object", type=int, help="only this object of the run")
    arguments.add_argument("--variant", action="append", choices=tuple(variants.VARIANTS))
    arguments.add_argument("--tokumei")
    arguments.add_argument("--config", help="another configuration than the shipped one, for the variants to start from")
    arguments.add_argument("--every", type=int, default=1, help="of FOLDER every Nth file only")
    arguments.add_argument("--text", action="store_true", help="plant in texts, codes and UIDs only, not among binary numbers and pixels")
    arguments.add_argument("--examples", type=int, default=40, help="leaks to show, by category")
    mode = arguments.add_mutually_exclusive_group()
    for name in ("clean", "direct", "pass-through"):
        mode.add_argument(f"--{name}", action="store_true")
    given = arguments.parse_args()
    given.seed = int.from_bytes(os.urandom(4), "big") if given.seed is None else given.seed
    given.variant = given.variant or (["shipped"] if given.direct else ["looked-at"] if given.pass_through else list(variants.VARIANTS))
    return given


def plan_of(given, variant):
    """What is planted under a variant."""
    pool = [f"made-up:{kind}" for kind in template.MADE_UP]
    how = {"exempt": variants.exempt(variant), "exclude": BINARY if given.text else ()}
    if given.pass_through:
        # Only what passes by itself can say something; behind the pixels nothing is ever written.
        return Plan(given.seed, pool, most=12, weak=0.02, exclude=("behind the pixels",), own_tags=OWN_TAGS, strip=True)
    if given.folder:
        files = template.folder(given.folder)[:: given.every]
        # As many made-up ones as others, up to a point.
        pool = pool * max(1, min(len(files), 400) // (2 * len(pool))) + files
    if given.clean:
        how |= {"clean": True, "alone": 0.0, "most": 14, "exclude": ("wrong character set", "escapes", "pixels", "behind the pixels", "private", "VR UN", "UID", "binary value")}
        # A report keeps its content back by class; that says nothing about words.
        pool = [name for name in pool if name not in ("made-up:SR", "made-up:KO")]
    return Plan(given.seed, pool, **how)


def travel(run, given, target, tally, variant, folder):
    """Waves of new objects, and of those that must be sent again, until `target` plants have an outcome; how many objects."""
    begun, number = tally.planted(), 0
    waiting, by_file = [], []
    if given.object is not None:
        (by_file if given.object >= BY_FILE else waiting).append(Job(given.object))
        target = 0
    while True:
        missing = target - (tally.planted() - begun)
        jobs, waiting = waiting[:WAVE], waiting[WAVE:]
        fresh = max(0, min(WAVE - len(jobs), missing // 12 + (missing > 0)))
        jobs += [Job(n) for n in range(number, number + fresh)]
        if folder and fresh:
            by_file += [Job(BY_FILE + n) for n in range(number // 16, (number + fresh) // 16)]
        number += fresh
        if not jobs and not by_file:
            return number
        verdicts, again = run.wave(jobs) if jobs else ([], [])
        tally.add(variant, verdicts)
        waiting += again
        if by_file:
            # Some go by files: only they have a preamble and file meta information of their own.
            verdicts, by_file = run.files(by_file, folder)
            tally.add(variant, verdicts)


def one_variant(given, variant, target, tally, base):
    """The share of a run that goes under one configuration."""
    plan, archive = plan_of(given, variant), Archive()
    folder = os.path.join(base, variant)
    server = None if given.direct else variants.gate(folder, variant, archive.port, given.tokumei, given.config)
    run = Run(plan, server, archive, direct=given.direct)
    try:
        started = time.monotonic()
        usable = run.templates()
        kept = ", ".join(f"{rule} {n}" for rule, n in _by_rule(run.kept_templates))
        print(f"\n{variant}: of {len(set(plan.pool))} templates {len(usable)} leave when nothing is planted in them; kept back: {kept or 'none'}", flush=True)
        if not usable:
            raise SystemExit("no template leaves: nothing can be planted")
        by_file = None if given.direct or given.clean or given.pass_through else os.path.join(folder, "files")
        sent = travel(run, given, target, tally, variant, by_file)
        print(f"  {sent} objects, {time.monotonic() - started:.0f} s", flush=True)
        if server and not given.clean:
            tally.said += run.said(sorted(tally.traces)[:400])
    finally:
        run.close()
        if server:
            server.stop()
        archive.scp.close()
    return {"kept": run.kept_templates, "usable": len(usable)}


def _by_rule(kept):
    found = {}
    for (_, rule), n in kept.items():
        found[rule] = found.get(rule, 0) + n
    return sorted(found.items(), key=lambda item: -item[1])


def main():
    """Runs it all."""
    given = asked()
    if given.tokumei or not given.direct:
        given.tokumei = gateway.tokumei(given.tokumei)
    print(f"seed {given.seed}, {given.plants} plants, {', '.join(given.variant)}")
    tally, started, base = report.Tally(), time.monotonic(), gateway.temporary("leaks")
    try:
        for variant in given.variant:
            one_variant(given, variant, given.plants // len(given.variant), tally, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    tally.print()
    print(f"seed {given.seed}, {time.monotonic() - started:.0f} s")
    sys.exit(0 if judged(given, tally) else 1)


def judged(given, tally):
    """What must hold, by mode."""
    checks = gateway.Checks()
    if given.direct:
        seen, of = tally.count(LEAKED), tally.planted()
        checks.that(of and seen >= 0.999 * of, f"the judge sees {seen} of {of} plants where nothing is in between")
        tally.examples(given.examples, given.seed, tally.unseen)
    elif given.clean:
        tally.examples(given.examples, given.seed, tally.alarms)
        of, kept = tally.planted(), tally.count(KEPT) + tally.count(REFUSED)
        checks.that(of and kept <= 0.02 * of, f"false alarms: {kept} of {of} harmless texts ({100 * kept / max(of, 1):.2f} %) keep their object back")
    elif given.pass_through:
        of = sum(tally.strong.values())
        caught = tally.strong[KEPT] + tally.strong[REFUSED]
        tally.examples(given.examples, given.seed)
        checks.that(of and caught >= 0.999 * of, f"the checks alone keep back {caught} of {of} strong identifiers ({100 * caught / max(of, 1):.3f} %)")
    else:
        tally.examples(given.examples, given.seed)
        checks.that(not tally.said, f"of {min(len(tally.traces), 400)} identifiers {len(tally.said)} stand in log, index, reports or file names")
        unsaid = sum(v.own == "other, unsaid" for _, v in tally.leaks)
        told = len(tally.leaks) - unsaid
        checks.that(tally.planted() and not told, f"of {tally.planted()} plants {told} leaked, and {unsaid} that nobody could tell from a word or a number")
    return not checks.failed


if __name__ == "__main__":
    main()
