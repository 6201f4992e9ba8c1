#!/usr/bin/env python3
"""How many ordinary clinical images the gateway keeps back under the shipped configuration, and why.

usage: kept_back.py CORPUS [--tokumei PATH] [--every N] [--config FILE]

An ordinary clinical image is, by rule and not by choice, a file of the corpus that
* is a Part 10 file whose SOP class is an image class of CT, MR, PT, CR, DX or MG, and whose Modality is that one;
* has Pixel Data, Rows and Columns;
* is not called `malformed` in INDEX.csv: generated fuzz cases and the deliberately broken files of test suites are.

All go through `tokumei deidentify`. Listed are the share kept back of each modality, in files and in series (a series
counts as kept back if one of its files is), and the files kept back with all their reasons, so that a person can tell for each
whether an identifier was left or the alarm is false. Exit status 1 if 1 % of the files
or more are kept back.
"""

import argparse
import collections
import csv
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import gateway  # noqa: E402

try:
    import pydicom

    from support.journey import Journey
    from support.table import Table
except ImportError as missing:
    gateway.skip(f"python module {missing.name} is not installed")

ROOT = "1.2.840.10008.5.1.4.1.1."
CLASSES = {
    "CT": ("2", "2.1", "2.2"), "MR": ("4", "4.1", "4.3", "4.4"), "PT": ("128", "128.1", "130"), "CR": ("1",),
    "DX": ("1.1", "1.1.1"), "MG": ("1.2", "1.2.1"),
}  # fmt: skip
BOUND = 1.0


def ordinary(corpus):
    """{path: (modality, series)} of the ordinary images, and how many files were left out, by reason."""
    found, left_out = {}, collections.Counter()
    with open(os.path.join(corpus, "INDEX.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        path = os.path.join(corpus, row["path"])
        if row["modality"] not in CLASSES:
            left_out["another modality"] += 1
            continue
        if "malformed" in row["coverage_classes"].split(";"):
            left_out["malformed, by INDEX.csv"] += 1
            continue
        try:
            head = pydicom.dcmread(path, specific_tags=["SOPClassUID", "Modality", "SeriesInstanceUID", "Rows", "Columns", "PixelData"])
            modality, sop_class = str(head.get("Modality", "")), str(head.get("SOPClassUID", ""))
        except Exception:
            left_out["no Part 10 file"] += 1
            continue
        if sop_class.removeprefix(ROOT) not in CLASSES.get(modality, ()):
            left_out["class is none of the modality's images"] += 1
        elif not (head.get("Rows") and head.get("Columns") and "PixelData" in head):
            left_out["no pixels"] += 1
        else:
            found[path] = (modality, str(head.get("SeriesInstanceUID", path)))
    return found, left_out


def all_at_once(journey, found, place):
    """{path: the reasons why nothing came out, in words} by one run over all files; empty for what came out."""
    said = journey.server.command("deidentify", "--json", "--out", place, *found)
    try:
        report = json.loads(said.stdout)
    except ValueError:
        sys.exit(f"tokumei deidentify: {said.stderr}")
    fates = {path: [] for path in found}
    for line in report["kept_back"] + report["refused"]:
        fates[line["file"]] = line["why"]
    if report["deidentified"] + sum(map(bool, fates.values())) != len(found):
        sys.exit("tokumei deidentify does not say what became of each file")
    return fates


def main():
    """Runs it all."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("corpus")
    arguments.add_argument("--tokumei")
    arguments.add_argument("--every", type=int, default=1, help="take every Nth file only")
    arguments.add_argument("--config", help="another configuration than the shipped one")
    arguments.add_argument("--keep", help="folder for the run (emptied first)")
    given = arguments.parse_args()
    found, left_out = ordinary(given.corpus)
    found = {os.path.abspath(path): found[path] for path in sorted(found)[:: given.every]}
    folder, checks = gateway.temporary("kept-back", given.keep), gateway.Checks()
    for reason, count in left_out.most_common():
        print(f"{count:5} files left out: {reason}")
    fates = all_at_once(Journey(folder, given.tokumei, config=given.config), found, os.path.join(folder, "out"))
    table, reasons = Table(["modality", "files", "kept back", "", "series", "kept back"]), collections.Counter()
    for modality in [*CLASSES, "all"]:
        files = [p for p in found if modality in ("all", found[p][0])]
        kept = [p for p in files if fates[p]]
        series, stopped = ({found[p][1] for p in paths} for paths in (files, kept))
        share = f"{len(kept) / len(files):.2%}" if files else "-"
        table.add(modality, len(files), len(kept), share, len(series), len(stopped))
    table.show()
    for path in found:
        if fates[path]:
            reasons.update((found[path][0], rule) for rule in {why.split(" ")[0] for why in fates[path]})
    for (modality, rule), count in sorted(reasons.items()):
        print(f"{count:5} × {modality} {rule}")
    alike = collections.defaultdict(list)
    for path in found:
        if fates[path]:
            alike[(found[path], "; ".join(fates[path]))].append(os.path.relpath(path, given.corpus))
    for ((modality, _), words), paths in sorted(alike.items(), key=lambda group: group[1]):
        more = f" and {len(paths) - 1} more of its series" if len(paths) > 1 else ""
        print(f"  {modality} {paths[0]}{more}: {words}")
    kept = sum(map(bool, fates.values()))
    checks.that(kept * 100 < BOUND * len(found), f"kept back {kept} of {len(found)}, wanted less than {BOUND:g} %")
    checks.exit()


if __name__ == "__main__":
    main()
