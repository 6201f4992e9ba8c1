#!/usr/bin/env python3
"""Shows that the score of midi.py tells good outputs from bad ones, on outputs made here without any gateway.

usage: test_midi.py
"""

import os
import random
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import gateway  # noqa: E402

try:
    import pydicom

    from support.midi import benchmark, key, pairing
    from support.midi.score import Scorer
except ImportError as missing:
    gateway.skip(f"python module {missing.name} is not installed")

REMOVED = ("text_removed", "date_shifted", "uid_changed", "uid_consistent", "patid_consistent", "pixels_hidden")
KEPT = ("tag_retained", "text_notnull", "text_retained", "pixels_retained")


def shares(results):
    """{type: share that passed}."""
    found = {}
    for action in key.ACTIONS:
        rows = [r for r in results if r.row.action == action]
        found[action] = sum(r.passed for r in rows) / len(rows)
    return found


def emptied(source, place):
    """An output that keeps nothing but what makes it an object."""
    dataset = pydicom.dcmread(source)
    for element in list(dataset):
        if element.keyword not in ("SOPClassUID", "SOPInstanceUID"):
            del dataset[element.tag]
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{dataset.SOPInstanceUID}9"
    dataset.save_as(place, enforce_file_format=False)


def one_fault(source, place):
    """A copy with one fault of each kind that a copy can have."""
    dataset = pydicom.dcmread(source)
    del dataset.StudyID
    dataset.Modality, dataset.PatientSex = "", "O"
    dataset.PixelData = dataset.PixelData[:-1] + bytes([dataset.PixelData[-1] ^ 1])
    dataset.PatientName = "Nobody"
    dataset.save_as(place, enforce_file_format=False)


def main():
    """All of it."""
    folder, checks = gateway.temporary("test-midi"), gateway.Checks()
    benchmark.make(folder, "test", 12)
    shutil.copytree(os.path.join(folder, "sources"), os.path.join(folder, "again"))
    rows = key.read(os.path.join(folder, "key.csv"))
    again = os.path.join(folder, "second")
    benchmark.make(again, "test", 12)
    sources = pairing.files(os.path.join(folder, "sources"))
    same = [open(a, "rb").read() == open(b, "rb").read() for a, b in zip(sources, pairing.files(os.path.join(again, "sources")))]
    checks.that(all(same) and rows, "the same seed makes the same objects")
    names = {path: os.path.relpath(path, os.path.join(folder, "sources")) for path in sources}
    charsets = {str(pydicom.dcmread(path, stop_before_pixels=True).SpecificCharacterSet) for path in sources}
    checks.that(len(charsets) >= 6, f"many character sets ({len(charsets)})")

    untouched = shares(Scorer(rows, {names[p]: (p, p) for p in sources}).score())
    checks.that(all(untouched[a] == 1 for a in KEPT), f"an untouched copy keeps all: {untouched}")
    checks.that(all(untouched[a] == 0 for a in REMOVED), "and removes and changes nothing")

    os.makedirs(os.path.join(folder, "bare"))
    bare = {p: os.path.join(folder, "bare", str(n)) for n, p in enumerate(sources)}
    for path, place in bare.items():
        emptied(path, place)
    gone = shares(Scorer(rows, {names[p]: (p, bare[p]) for p in sources}).score())
    checks.that(all(gone[a] == 1 for a in ("text_removed", "date_shifted", "uid_changed")), f"an emptied object leaks nothing: {gone}")
    checks.that(all(gone[a] < 0.02 for a in ("tag_retained", "text_retained", "patid_consistent")), "and keeps nothing but its class")

    nothing = shares(Scorer(rows, {names[p]: (p, None) for p in sources}).score())
    checks.that(all(nothing[a] == (not fails) for a, fails in key.ACTIONS.items()), "what did not come out fails six types")

    chosen = next(p for p in sources if "CT-2-1" in p and not pydicom.dcmread(p).file_meta.TransferSyntaxUID.is_encapsulated)
    one_fault(chosen, os.path.join(folder, "fault"))
    results = Scorer([r for r in rows if r.object == names[chosen]], {names[chosen]: (chosen, os.path.join(folder, "fault"))}).score()
    failed = {(r.row.action, r.row.path) for r in results if not r.passed}
    for fault in (("tag_retained", "(0020,0010)"), ("text_notnull", "(0008,0060)"), ("text_retained", "(0010,0040)"), ("pixels_retained", "(7FE0,0010)")):
        checks.that(fault in failed, f"{fault[0]} finds its fault")
    checks.that(("text_removed", "(0010,0010)") not in failed, "text_removed sees that a name has gone")

    outputs, rng = pairing.files(os.path.join(folder, "again")), random.Random(1)
    for path in outputs:
        dataset = pydicom.dcmread(path)
        dataset.PatientID, dataset.PatientName, dataset.SeriesDescription = "x", "y", "z"
        dataset.save_as(path)
    moved = {}
    for path in rng.sample(outputs, len(outputs)):
        place = os.path.join(folder, "again", f"{rng.randrange(10**9)}.dcm")
        os.rename(path, place)
        moved[os.path.relpath(path, os.path.join(folder, "again"))] = place
    pairs, free = pairing.pair(sources, list(moved.values()))
    checks.that(all(pairs[p] == moved[names[p]] for p in sources) and not free, "every output is paired with its source")
    stray = moved[names[sources[0]]]
    pairs, free = pairing.pair(sources[1:], list(moved.values()))
    checks.that(free == [stray] and stray not in pairs.values(), "an output without a source is said to have none")

    for line in ("a.dcm,(0008,103),text_removed,X,y", 'a.dcm,"(0008,1030)",text_gone,X,y', "a.dcm,*,date_shifted,X,y", 'a.dcm,"(0008,1030)",pixels_hidden,X,y', "a.dcm"):
        path = os.path.join(folder, "bad.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(",".join(key.HEADING) + f"\n{line}\n")
        try:
            key.read(path)
            checks.that(False, f"refuses {line}")
        except SystemExit:
            checks.that(True, f"refuses {line}")
    checks.exit()


if __name__ == "__main__":
    main()
