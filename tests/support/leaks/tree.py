"""A data set as a tree of raw values, read and written byte by byte: quick, and it repairs nothing.

A level is a dict {tag: Node}. Tags are numbers, written in ascending order.
"""

import struct
import zlib

IMPLICIT, EXPLICIT, BIG, DEFLATED = (f"1.2.840.10008.1.2{s}" for s in ("", ".1", ".2", ".1.99"))
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
PIXEL_DATA = 0x7FE00010
UNDEFINED = 0xFFFFFFFF
# Deeper than any real object; the gateway's own bound is 32.
DEEPEST = 40


class Broken(Exception):
    """Bytes that are no data set."""


class Node:
    """One element: `value` is bytes, a list of levels (SQ), or a list of fragments (encapsulated pixels).

    `raw` is set for a value that is written as it is, delimiters included, with undefined length.
    """

    __slots__ = ("value", "vr")

    def __init__(self, vr, value):
        self.vr, self.value = vr, value


class Fragments(list):
    """The fragments of encapsulated pixel data, offset table first."""


class Opaque(bytes):
    """A value of VR UN that is written with undefined length: implicit items, delimiter included."""


def dictionary(tag):
    """The VR of a tag in Implicit VR."""
    from pydicom.datadict import dictionary_VR

    if tag & 0xFFFF == 0:
        return "UL"
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    try:
        return dictionary_VR(tag).split(" or ")[0]
    except KeyError:
        return "UN"


class _Reader:
    def __init__(self, data, explicit, big):
        self.data, self.explicit = data, explicit
        self.head = struct.Struct(">HH" if big else "<HH")
        self.short = struct.Struct(">H" if big else "<H")
        self.long = struct.Struct(">I" if big else "<I")

    def header(self, at):
        """(tag, VR, length, place of the value)."""
        group, element = self.head.unpack_from(self.data, at)
        tag = group << 16 | element
        if group == 0xFFFE:
            return tag, "", self.long.unpack_from(self.data, at + 4)[0], at + 8
        if not self.explicit:
            return tag, dictionary(tag), self.long.unpack_from(self.data, at + 4)[0], at + 8
        vr = bytes(self.data[at + 4 : at + 6]).decode("ascii", "replace")
        if not (vr.isalpha() and vr.isupper()):
            raise Broken("no VR")
        if vr in LONG:
            return tag, vr, self.long.unpack_from(self.data, at + 8)[0], at + 12
        return tag, vr, self.short.unpack_from(self.data, at + 6)[0], at + 8

    def level(self, at, end, depth, bound):
        """({tag: node}, place behind it). Ends at `end`, or at the delimiter of the item if `end` is None."""
        found = {}
        if depth > DEEPEST:
            raise Broken("too deep")
        while end is None or at < end:
            tag, vr, length, start = self.header(at)
            if tag == 0xFFFEE00D:
                return found, start
            if vr == "SQ" or (length == UNDEFINED and tag != PIXEL_DATA):
                if vr == "UN" and self.explicit:
                    inner = _Reader(self.data, False, False)
                    node, at = inner.sequence(start, length, depth, bound)
                else:
                    node, at = self.sequence(start, length, depth, bound)
            elif length == UNDEFINED:
                node, at = self.fragments(start, bound)
                node.vr = vr
            else:
                keep = length if tag != PIXEL_DATA else min(length, bound)
                node, at = Node(vr, bytes(self.data[start : start + keep])), start + length
                if at > len(self.data):
                    raise Broken("a value past the end")
            found[tag] = node
        return found, at

    def sequence(self, at, length, depth, bound):
        """A sequence and the place behind it."""
        end, items = None if length == UNDEFINED else at + length, []
        while end is None or at < end:
            tag, _, size, start = self.header(at)
            if tag == 0xFFFEE0DD:
                return Node("SQ", items), start
            if tag != 0xFFFEE000:
                raise Broken("no item")
            item, at = self.level(start, None if size == UNDEFINED else start + size, depth + 1, bound)
            items.append(item)
        return Node("SQ", items), at

    def fragments(self, at, bound):
        """Encapsulated pixels: of each fragment only the beginning."""
        parts = Fragments()
        while True:
            tag, _, size, start = self.header(at)
            if tag == 0xFFFEE0DD:
                return Node("OB", parts), start
            if len(parts) < 3:
                parts.append(bytes(self.data[start : start + min(size, bound)]))
            at = start + size


def parse(data, syntax, bound=256):
    """The tree of an encoded data set. Of pixel data only the first `bound` bytes are kept."""
    if syntax == DEFLATED:
        data = zlib.decompress(bytes(data), -15)
    try:
        return _Reader(data, syntax != IMPLICIT, syntax == BIG).level(0, len(data), 0, bound)[0]
    except (struct.error, IndexError, RecursionError) as error:
        raise Broken(str(error)) from error


def padded(vr, value):
    """The value with even length."""
    if len(value) % 2 == 0:
        return value
    return value + (b"\0" if vr in ("UI", "OB", "UN", "OW") else b" ")


class Writer:
    """Encodes levels in one transfer syntax; sequences have undefined length, or their own where `defined`."""

    def __init__(self, syntax, defined=False):
        self.explicit, self.big, self.defined = syntax != IMPLICIT, syntax == BIG, defined
        order = ">" if self.big else "<"
        self.h = struct.Struct(order + "HH2sH")
        self.l = struct.Struct(order + "HH2sHI")
        self.i = struct.Struct(order + "HHI")

    def header(self, tag, vr, length):
        """Tag, VR and length."""
        if not self.explicit:
            return self.i.pack(tag >> 16, tag & 0xFFFF, length)
        if vr in LONG or length > 0xFFFF:
            return self.l.pack(tag >> 16, tag & 0xFFFF, (vr if vr in LONG else "UN").encode(), 0, length)
        return self.h.pack(tag >> 16, tag & 0xFFFF, vr.encode(), length)

    def level(self, level):
        """All elements of a level."""
        out = []
        for tag in sorted(level):
            node = level[tag]
            value = node.value
            if isinstance(value, Fragments):
                out.append(self.header(tag, node.vr, UNDEFINED))
                for part in value:
                    part = padded("OB", part)
                    out += (self.i.pack(0xFFFE, 0xE000, len(part)), part)
                out.append(self.i.pack(0xFFFE, 0xE0DD, 0))
            elif isinstance(value, list):
                out += self._sequence(tag, value)
            elif isinstance(value, Opaque):
                out += (self.header(tag, "UN", UNDEFINED), value)
            else:
                value = padded(node.vr, value)
                out += (self.header(tag, node.vr, len(value)), value)
        return b"".join(out)

    def _sequence(self, tag, items):
        parts = []
        for item in items:
            body = self.level(item)
            if self.defined:
                parts += (self.i.pack(0xFFFE, 0xE000, len(body)), body)
            else:
                parts += (self.i.pack(0xFFFE, 0xE000, UNDEFINED), body, self.i.pack(0xFFFE, 0xE00D, 0))
        body = b"".join(parts)
        if self.defined:
            return self.header(tag, "SQ", len(body)), body
        return self.header(tag, "SQ", UNDEFINED), body, self.i.pack(0xFFFE, 0xE0DD, 0)


def encode(level, syntax, defined=False):
    """The bytes of a data set."""
    body = Writer(syntax, defined).level(level)
    if syntax == DEFLATED:
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        body = packer.compress(body) + packer.flush()
        body += b"\0" * (len(body) % 2)
    return body


def copy(level):
    """A level whose nodes and items can be changed; the values are shared."""
    return {tag: Node(n.vr, _copied(n.value)) for tag, n in level.items()}


def _copied(value):
    if type(value) is list:
        return [copy(item) for item in value]
    return Fragments(value) if isinstance(value, Fragments) else value


def nodes(level, path=()):
    """All (level, tag, node, path) of a tree; a path holds (tag, item number from 0) pairs and is that of the level."""
    for tag, node in level.items():
        yield level, tag, node, path
        if type(node.value) is list:
            for number, item in enumerate(node.value):
                yield from nodes(item, (*path, (tag, number)))


def spelt(path, tag):
    """A path as the gateway writes it: `(0040,0275)[1](0040,0007)`."""
    steps = "".join(f"({t >> 16:04X},{t & 0xFFFF:04X})[{n + 1}]" for t, n in path)
    return f"{steps}({tag >> 16:04X},{tag & 0xFFFF:04X})"
