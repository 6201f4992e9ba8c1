#!/usr/bin/env python3
"""Scores the gateway as the field scores de-identification: by the ten action types of the NCI MIDI challenge.

usage: midi.py run  [--seed S] [--patients N] [--tokumei PATH] [--keep DIR]
       midi.py make FOLDER [--seed S] [--patients N]
       midi.py score KEY SOURCES OUTPUTS [--patient-ids CSV] [--uids CSV] [--show-values]

`make` writes a made-up benchmark into FOLDER: `sources/`, hundreds of objects of many modalities and character sets with
identifiers planted in them, and `key.csv`, the answer key (its format: support/midi/key.py). `run` makes one, sends it through a
gateway with the shipped configuration to DCMTK's storescp and scores what arrives. `score` scores any folder of outputs
against any answer key of that format, a site's own for example; values are shown only if asked for. A site that has the mapping of
Patient IDs or UIDs gives it as `id_old,id_new`; else consistency is judged from the outputs.

Which output was made of which source is found out by pixels and numbers. Every figure is given twice: over all objects,
an object that was kept back failing as in the challenge, and over those that came out. Exit status 1 if, over those that came
out, less than 100 % of any type pass, or less than 99 % of text_retained; and in a `run`, if anything was kept back for another reason
than its kind of image.
"""

import argparse
import collections
import csv
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import dimse, gateway  # noqa: E402

try:
    from corpus import send_raw
    from support.journey import Journey
    from support.midi import benchmark, key, pairing
    from support.midi.score import Scorer, mapping
    from support.table import Table
except ImportError as missing:
    gateway.skip(f"python module {missing.name} is not installed")

# What must pass over the objects that came out, in percent.
BARS = dict.fromkeys(key.ACTIONS, 100.0) | {"text_retained": 99.0, "tag_retained": 99.0, "text_notnull": 99.0}
SHOWN = 60


def percent(passed, of):
    """A share, never rounded up to all."""
    if not of:
        return "-"
    return "100 %" if passed == of else f"{min(passed / of * 100, 99.99):.2f} %"


def tables(results):
    """Prints what passed, by type and by category."""
    for title, name in (("type", "action"), ("category", "category")):
        table = Table([title, "asked", "passed", "", "came out", "passed", ""])
        groups = collections.defaultdict(list)
        for result in results:
            groups[getattr(result.row, name)].append(result)
        for group, found in [*sorted(groups.items()), ("all", results)]:
            out = [r for r in found if not r.missing]
            whole, left = sum(r.passed for r in found), sum(r.passed for r in out)
            table.add(group, len(found), whole, percent(whole, len(found)), len(out), left, percent(left, len(out)))
        table.show()


def failures(results, show, place):
    """Prints the failed actions of what came out, those of one attribute together, and writes all of them to a file."""
    failed = [r for r in results if not r.passed and not r.missing]
    groups = collections.defaultdict(list)
    for result in failed:
        groups[(result.row.action, result.row.path, result.row.category)].append(result)
    for (action, path, category), found in sorted(groups.items(), key=lambda g: -len(g[1]))[:SHOWN]:
        first = found[0]
        value = f"  wanted «{first.row.value}», is «{first.found}»" if show else ""
        print(f"  {len(found):4} × {action:16} {path} {category}  e.g. {first.row.object}{value}")
    if place:
        with open(place, "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow([*key.HEADING, "found"])
            for result in failed:
                out.writerow([*result.row.cells(), result.found] if show else [*result.row.cells()[:4], "", ""])
        print(f"  all {len(failed)} of them: {place}")


def judge(results, scorer, checks):
    """What must hold over the objects that came out."""
    for action, bar in BARS.items():
        out = [r for r in results if r.row.action == action and not r.missing]
        passed = sum(r.passed for r in out)
        if out:
            checks.that(passed * 100 >= bar * len(out), f"{action}: {percent(passed, len(out))} of what came out, wanted {bar:g} %")
    uneven, all_of = scorer.uneven(), len(scorer.intervals)
    checks.that(not uneven, f"all dates of a patient moved by one interval ({all_of - uneven} of {all_of} patients)")


def pairs_of(sources, outputs, rows, checks):
    """{object: (source, output or None)} for all objects of a key."""
    names = sorted({row.object for row in rows})
    paths = {name: os.path.join(sources, name) for name in names}
    absent = [name for name, path in paths.items() if not os.path.isfile(path)]
    if absent:
        raise SystemExit(f"{len(absent)} objects of the key are not in {sources}, {absent[0]} for one")
    found, free = pairing.pair(list(paths.values()), pairing.files(outputs))
    checks.that(not free, f"each output belongs to a source ({len(free)} do not)")
    return {name: (path, found[path]) for name, path in paths.items()}


def settled(rows, pairs, given, show, checks, place=None):
    """Scores, prints and judges."""
    ids, uids = (mapping(path) if path else None for path in (given.patient_ids, given.uids))
    scorer = Scorer(rows, pairs, ids, uids)
    results = scorer.score()
    missing = sum(output is None for _, output in pairs.values())
    print(f"\n{len(pairs)} objects, {len(pairs) - missing} came out, {missing} did not\n")
    tables(results)
    failures(results, show, place)
    judge(results, scorer, checks)


def through(folder, given):
    """Sends the sources through a gateway over the network; the folder of what arrived."""
    archive = os.path.join(folder, "archive")
    storescp, port = gateway.storescp(archive)
    server = gateway.Gateway(folder, port, None, given.tokumei).start()
    answers, groups = collections.Counter(), collections.defaultdict(list)
    for path in pairing.files(os.path.join(folder, "sources")):
        sop_class, instance, syntax, offset = dimse.part10(path)
        groups[syntax].append((path, sop_class, instance, offset))
    try:
        for syntax, files in sorted(groups.items()):
            send_raw(files, syntax, server.port, answers)
        status = server.drained()
    finally:
        server.stop()
        gateway.stop(storescp)
    print(", ".join(f"{answer}: {count}" for answer, count in answers.items()))
    print(", ".join(f"{k} {v}" for k, v in status.items() if isinstance(v, int) and v))
    return archive


def kept_back(folder, pairs, given, checks):
    """Says why objects did not come out; each must have its kind of image among the reasons."""
    journey = Journey(os.path.join(folder, "again"), given.tokumei)
    missing = {path: name for name, (path, output) in pairs.items() if output is None}
    fates = journey.take_all(missing.items(), os.path.join(folder, "again", "out"))
    reasons, odd = collections.Counter(), []
    for path, fate in fates.items():
        kind = os.path.basename(path).split("-")[0]
        reasons.update((kind, rule) for rule in fate.reasons)
        if fate.output or not any(rule.startswith("CAUTION-") for rule in fate.reasons):
            odd.append((missing[path], fate.words or ["came out when it was tried again"]))
    for (kind, rule), count in sorted(reasons.items()):
        print(f"  {count:4} × {kind} kept back by {rule}")
    for name, words in odd[:SHOWN]:
        print(f"  {name}: {'; '.join(words)}")
    checks.that(not odd, f"nothing was kept back but for its kind of image ({len(odd)} others)")


def run(given, checks):
    """Makes, sends, scores."""
    folder = gateway.temporary("midi", given.keep)
    os.makedirs(os.path.join(folder, "again"))
    print("%d objects, %d actions" % benchmark.make(folder, given.seed, given.patients), f"with seed {given.seed}", flush=True)
    archive, rows = through(folder, given), key.read(os.path.join(folder, "key.csv"))
    pairs = pairs_of(os.path.join(folder, "sources"), archive, rows, checks)
    kept_back(folder, pairs, given, checks)
    given.patient_ids = given.uids = None
    settled(rows, pairs, given, True, checks, os.path.join(folder, "failed.csv"))


def main():
    """Reads the arguments."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = arguments.add_subparsers(dest="command", required=True)
    running, making, scoring = (commands.add_parser(name) for name in ("run", "make", "score"))
    for parser in (running, making):
        parser.add_argument("--seed", default="1")
        parser.add_argument("--patients", type=int, default=96)
    running.add_argument("--tokumei")
    running.add_argument("--keep", help="folder for the run (emptied first)")
    making.add_argument("folder")
    for name in ("key", "sources", "outputs"):
        scoring.add_argument(name)
    scoring.add_argument("--patient-ids", help="CSV file id_old,id_new")
    scoring.add_argument("--uids", help="CSV file id_old,id_new")
    scoring.add_argument("--show-values", action="store_true")
    given, checks = arguments.parse_args(), gateway.Checks()
    if given.command == "make":
        print("%d objects, %d actions" % benchmark.make(given.folder, given.seed, given.patients))
        return
    if given.command == "run":
        run(given, checks)
    else:
        rows = key.read(given.key)
        settled(rows, pairs_of(given.sources, given.outputs, rows, checks), given, given.show_values, checks)
    checks.exit()


if __name__ == "__main__":
    main()
