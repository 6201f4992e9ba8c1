"""Finds out which output was made of which source, by what both have in common, never by asking the gateway.

First the bytes of Pixel Data, where they are the same in one source and one output only. Else numbers that identify nobody (geometry,
acquisition, doses, codes, numbers of instances): a source and an output of one SOP class that share most of them, and
share as many with no other.
"""

import collections
import hashlib
import os

from support.elements import PIXELS, File

NUMBERS = {"DS", "IS", "FL", "FD", "US", "SS", "UL", "SL", "UV", "SV", "AT", "CS"}
SOP_CLASS = 0x00080016


class Known:
    """What a file can be known by."""

    def __init__(self, path):
        file = File(path)
        self.sop_class = file.text(SOP_CLASS)
        self.pixels = hashlib.sha256(file.pixels).digest() if file.pixels else None
        self.numbers = collections.Counter(
            (e.path, e.tag, e.raw.strip(b"\0 ")) for e in file.elements if e.vr in NUMBERS and e.tag not in PIXELS | {0x00080005} and e.raw and not e.tag >> 16 & 1
        )

    def likeness(self, other):
        """How many numbers both have."""
        return sum((self.numbers & other.numbers).values())


def files(folder):
    """All files below a folder, sorted."""
    return sorted(os.path.join(base, name) for base, _, names in os.walk(folder) for name in names)


def pair(sources, outputs):
    """{source: output or None}, and the outputs that belong to no source. `sources` and `outputs` are paths."""
    old, new = ({path: Known(path) for path in paths} for paths in (sources, outputs))
    pairs, free = dict.fromkeys(sources), set(outputs)
    by_pixels = collections.defaultdict(lambda: ([], []))
    for which, known in enumerate((old, new)):
        for path, what in known.items():
            if what.pixels:
                by_pixels[(what.sop_class, what.pixels)][which].append(path)
    for before, after in by_pixels.values():
        if len(before) == len(after) == 1:
            pairs[before[0]] = after[0]
            free.discard(after[0])
    scores = [
        (old[path].likeness(new[other]), path, other)
        for path in sources if pairs[path] is None
        for other in free if old[path].sop_class == new[other].sop_class and (old[path].pixels is None) == (new[other].pixels is None)
    ]  # fmt: skip
    scores = [s for s in scores if 2 * s[0] >= sum(old[s[1]].numbers.values())]
    while True:
        best = collections.defaultdict(list)
        for likeness, path, other in scores:
            best[path].append(likeness)
            best[other].append(likeness)
        # The likest on both sides, and nobody is as like.
        found = [s for s in scores if all(max(best[side]) == s[0] and best[side].count(s[0]) == 1 for side in s[1:])]
        if not found:
            return pairs, sorted(free)
        for _, path, other in found:
            pairs[path] = other
            free.discard(other)
        scores = [s for s in scores if pairs[s[1]] is None and s[2] in free]
