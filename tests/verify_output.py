#!/usr/bin/env python3
"""Compares what left the gateway with what went in, by pydicom and `dciodvfy`, without a look at the gateway.

usage: verify_output.py ORIGINALS OUTPUTS [--tables DIR] [--options A,B | --config FILE] [--show] [--no-dciodvfy]

Both folders are searched for files at any depth. Every UID is replaced on the way, so an output is matched with its
source by what must not change: SOP class, rows, columns, frames and the very bytes of Pixel Data. Where several sources
agree in all of that (copies, mutations of one file, objects without pixels) those that share the most unchanged
elements with the output are taken; which of them it was made of cannot be told, so the one with the fewest findings
counts. Where it is known, say so by the place: an output in OUTPUTS/a/b.dcm/ was made of ORIGINALS/a/b.dcm
(`corpus.py --sender files` puts them so), and is compared with no other.

An output may claim the options of PS3.15 that were asked for, by `--options` or by the routes of a configuration (the
shipped one, if none is named), and is judged by what it claims. Over all outputs together: one patient has one
pseudonym and one interval of dates, a UID has one replacement and no two UIDs share one, and every reference to an
object that came out leads to it.

Findings give file, attribute and rule; `--show` adds the value that was found. Exit status 1 if there is any.
"""

import argparse
import collections
import functools
import hashlib
import multiprocessing
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import gateway  # noqa: E402

try:
    from support.elements import PIXELS, File
    from support.identity import Identity, echoes
    from support.options import BASIC, selected, word
    from support.profile import BIG_ENDIAN, Tables, check, intervals, rewritten
    from support.whole import Facts, together
except ImportError as missing:
    gateway.skip(f"python module {missing.name} is not installed")


# Read once in every worker: the tables, and the options that may be claimed.
TABLES = []


def _begin(tables, chosen):
    TABLES.append((Tables(tables), chosen))


def even(pixels):
    """Pixel bytes as a sender sends them: some pad what a file has at odd length."""
    return pixels + b"\0" * (len(pixels) % 2)


def key(file):
    """What an output and its source have in common, in whichever byte order a sender may have sent it."""
    sizes, pixels = [file.first(t) for t in (0x00280010, 0x00280011)], even(file.pixels)
    if file.syntax == BIG_ENDIAN:
        sizes = [size[::-1] for size in sizes]
        if file.first(0x00280100) == b"\x10":
            swapped = bytearray(pixels)
            swapped[::2], swapped[1::2] = pixels[1::2], pixels[::2]
            pixels = bytes(swapped)
    return (file.text(0x00080016), *sizes, file.text(0x00280008), hashlib.sha256(pixels).hexdigest())


def files(folder):
    """All files below a folder."""
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            yield os.path.join(base, name)


def _key_of(path):
    try:
        file = File(path)
        return path, key(file) if file.first(0x00080018) or file.first(0x00080016) else None
    except Exception as error:
        return path, type(error).__name__


@functools.lru_cache(maxsize=4)
def _source(path):
    file = File(path)
    return file, Identity(file)


def _shape(file, tables):
    """Hashes of the elements that the profile leaves alone."""
    return collections.Counter(
        hash((e.path, e.tag, e.raw.strip(b"\0 ")))
        for e in file.elements
        if e.tag not in PIXELS and not (e.tag >> 16 & 1 or any(rewritten(tables, t) for t in (*e.path, e.tag)))
    )


@functools.cache
def _shape_of(path, tables):
    return _shape(File(path), tables)


@functools.cache
def complaints(path):
    """The errors of dciodvfy, values taken out. Of a hostile file it can print gigabytes: the beginning is enough."""
    command = 'timeout 120 dciodvfy "$1" 2>&1 | head -c 1000000'
    said = subprocess.run(["sh", "-c", command, "sh", path], capture_output=True, check=False).stdout
    found = set()
    for line in said.decode("latin-1").splitlines():
        line = line[:2000]
        if line.startswith("Error"):
            line = re.sub(r"(?<!Element=)(?<!Module=)(?<!attribute )<[^<>]*>|\[\d+\]|\b\d+\b", "", line)
            found.add(" ".join(line.split()))
    return frozenset(found)


def closest(paths, output, tables):
    """Those of the candidates that share the most elements with the output, of those that the profile leaves alone."""
    if len(paths) == 1:
        return paths
    mine = _shape(output, tables)
    scores = {path: (mine & _shape_of(path, tables)).total() for path in paths}
    best = max(scores.values())
    return [path for path in paths if scores[path] == best]


def examine(job):
    """The findings about one output: (check, where, detail); and what it says about the whole."""
    path, candidates, validity = job
    tables, chosen = TABLES[0]
    try:
        output = File(path)
    except Exception as error:
        return path, [], [("unreadable output", "", type(error).__name__)], None
    if not candidates:
        return path, [], [("matches no source", "", "SOP class, size or pixel bytes changed")], None
    found, sources, facts = None, closest(candidates, output, tables), None
    for source_path in sources:
        source, identity = _source(source_path)
        here = echoes(identity, output) + [(rule, where, "") for rule, where in check(tables, source, output, chosen)]
        if key(source) != key(output):
            here.append(("SOP class, size or pixel bytes changed", "", ""))
        found = here if found is None else min(found, here, key=len)
        if len(sources) == 1:
            facts = Facts(source, output, intervals(tables, source, output, chosen))
    if validity:
        allowed = set().union(*(complaints(p) for p in sources))
        found += [("dciodvfy", "", c) for c in complaints(path) - allowed]
    return path, sources, sorted(set(found)), facts


def main():
    """Prints a table of findings."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("originals")
    arguments.add_argument("outputs")
    arguments.add_argument("--tables", default=os.path.join(gateway.PROJECT, "config", "tables"))
    arguments.add_argument("--options", help="the options that may be claimed, by word or code, with commas; \"\" for none")
    arguments.add_argument("--config", default=os.path.join(gateway.PROJECT, "config", "tokumei.yaml"))
    arguments.add_argument("--show", action="store_true", help="print the values found, too")
    arguments.add_argument("--no-dciodvfy", action="store_true")
    arguments.add_argument("--limit", type=int, default=40, help="findings printed for each check")
    given = arguments.parse_args()
    validity = not given.no_dciodvfy
    asked = given.options
    chosen = selected(given.config) if asked is None else {word(name) for name in asked.split(",") if name.strip()}
    if validity and not shutil.which("dciodvfy"):
        gateway.skip("dciodvfy (Debian package dicom3tools) is not installed")

    by_key, unreadable = collections.defaultdict(list), 0
    with multiprocessing.get_context("spawn").Pool(None, _begin, [given.tables, frozenset(chosen - {BASIC})]) as pool:
        for path, found in pool.imap_unordered(_key_of, files(given.originals), 16):
            if isinstance(found, tuple):
                by_key[found].append(path)
            else:
                unreadable += 1
        outputs = list(files(given.outputs))
        jobs = []
        for path, found in pool.imap_unordered(_key_of, outputs, 16):
            known = os.path.join(given.originals, os.path.relpath(os.path.dirname(path), given.outputs))
            candidates = [known] if os.path.isfile(known) else sorted(by_key.get(found, ()))
            jobs.append((path, candidates, validity))
        results = pool.map(examine, sorted(jobs, key=lambda job: job[0]), 4)

    report(results, sum(len(v) for v in by_key.values()), unreadable, given)


def report(results, originals, unreadable, given):
    """Prints what was found and ends the script."""
    print(f"sources {originals} (no DICOM: {unreadable}), outputs {len(results)}")
    tally, lines = collections.Counter(), collections.defaultdict(list)
    whole = together([(path, facts) for path, _, _, facts in results if facts])
    for path, sources, found, _ in results:
        found = found + whole.get(path, [])
        for kind in {f[0] for f in found}:
            tally[kind] += 1
        for kind, where, detail in found:
            shown = detail if given.show or kind in ("dciodvfy", "unreadable output", "matches no source") else ""
            origin = os.path.relpath(sources[0], given.originals) if sources else "?"
            lines[kind].append(f"  {kind}: {os.path.basename(path)} from {origin} {where} {shown}".rstrip())
    for kind in sorted(lines):
        print("\n".join(lines[kind][: given.limit]))
        if len(lines[kind]) > given.limit:
            print(f"  … and {len(lines[kind]) - given.limit} more")
    ambiguous = sum(len(sources) > 1 for _, sources, _, _ in results)
    print(f"{'check':<60} outputs with findings")
    for kind, count in sorted(tally.items()):
        print(f"{kind:<60} {count}")
    clean = sum(not found and path not in whole for path, _, found, _ in results)
    print(f"clean {clean} of {len(results)}; {ambiguous} with more than one possible source")
    sys.exit(1 if tally or not results else 0)


if __name__ == "__main__":
    main()
