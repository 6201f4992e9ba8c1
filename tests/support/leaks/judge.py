"""Looks for what was planted in the bytes that left. Knows nothing of the gateway: bytes, and what was written into them."""

import re
import zlib

from support.leaks import encode, tree
from support.leaks.spell import folded


def _letter(byte):
    return 0x61 <= byte <= 0x7A


def _digit(byte):
    return 0x30 <= byte <= 0x39


def _stands_alone(hay, at, end):
    """Whether a find is not a piece of a longer word or number."""
    first, last = hay[at], hay[end - 1]
    # Beside a NUL it is a number of the encoding, a tag or a length, and no letter of a text.
    before = hay[at - 1] if at > 1 and hay[at - 2] else 0
    after = hay[end] if end + 1 < len(hay) and hay[end + 1] else 0
    if (_digit(first) and _digit(before)) or (_digit(last) and _digit(after)):
        return False
    return not ((_letter(first) and _letter(before)) or (_letter(last) and _letter(after)))


class Sight:
    """What left, in the ways in which it is read."""

    def __init__(self, data, syntax="", extra=b""):
        if syntax == tree.DEFLATED:
            try:
                data = zlib.decompress(bytes(data), -15)
            except zlib.error:
                pass
        plain = bytes(data) + b"\0" + extra
        self.low = plain.lower()
        stripped = encode.ESCAPE.sub(b"", plain).lower()
        self.views = [self.low] if stripped == self.low else [self.low, stripped]

    def finds(self, pattern, anywhere):
        """Whether the pattern stands there; as a word or number of its own unless `anywhere`."""
        for view in self.views:
            at = view.find(pattern)
            while at >= 0:
                if anywhere or _stands_alone(view, at, at + len(pattern)):
                    return True
                at = view.find(pattern, at + 1)
        return False


def traces(spelling):
    """[(trace, pattern, whether it may stand inside of a word)] of everything by which a plant can be found."""
    found = []
    for trace in spelling.traces:
        for pattern in encode.patterns(trace) | encode.patterns(folded(trace)):
            # Two kanji in two bytes each are enough; less is met by chance.
            if len(pattern) >= 4:
                # Six letters, ten digits or a layout are not met by chance either.
                sure = not trace.isascii() or bool(re.search(rb"[^\x20-\x7e]|[a-z]{6}|\d{10}|\d[-/.@]\d+[-/.]", pattern))
                found.append((trace, pattern, sure))
    return found


def leaked(sight, plant):
    """The trace by which a plant is seen in what left; None if it is gone."""
    if plant.raw is not None and len(plant.raw) >= 6 and sight.finds(plant.raw.lower(), False):
        return plant.spelling.traces[0]
    for trace, pattern, sure in traces(plant.spelling):
        if sight.finds(pattern, sure or plant.glued):
            return trace
    return None
