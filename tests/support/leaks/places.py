"""Where identifiers are planted: every kind of place in an object that can hold text or bytes."""

import functools
import struct

from support import gateway
from support.leaks import encode, tree
from support.leaks.tree import Fragments, Node, Opaque

TEXTS = ("LO", "SH", "ST", "LT", "UT", "UC", "PN")
PLAIN = ("CS", "AE", "UR", "AS")
NUMBERS = ("IS", "DS", "DA", "TM", "DT")
BINARIES = ("OB", "OW", "OF", "OD", "OL", "OV")
ROOM = {"LO": 64, "SH": 16, "CS": 16, "AE": 16, "AS": 4, "PN": 64, "ST": 1024, "DA": 8, "TM": 14, "IS": 12, "DS": 16, "DT": 26, "UI": 64}
# What the wire, the mark of the object, or the object's own identity stand on.
FIXED = {0x00080005, 0x00080016, 0x00080018, 0x00080060, 0x00200013, tree.PIXEL_DATA}
HARMLESS = ("Chest", "axial", "T1", "CT", "with contrast", "routine", "Head", "5.0 mm", "supine", "ABD", "3D", "lateral", "胸部", "造影", "単純")
MARK = 0x00200013
# Items of content have a form of their own; one without it would keep its object back for that.
CONTENT, CONTEXTS = 0x0040A730, {0x00400440, 0x00400441, 0x00400555, 0x00400612}


class Plant:
    """One identifier at one place."""

    __slots__ = ("glued", "kind", "level", "number", "own", "path", "place", "raw", "spelling", "tag", "undo", "vr")

    def __init__(self, number, place, spelling, own):
        self.number, self.place, self.spelling, self.own = number, place, spelling, own
        self.kind, self.path, self.raw, self.glued, self.undo = spelling.kind, "", None, False, None
        self.tag = self.level = None
        self.vr = "-"

    def remove(self, field):
        """Takes it out again, and leaves what stood there before."""
        if self.path == "meta":
            if self.tag:
                field.meta.pop(self.tag, None)
            else:
                field.preamble = b""
        elif self.path == "pixels":
            self.level[self.tag].value = self.undo
        elif self.undo is None:
            self.level.pop(self.tag, None)
        else:
            self.level[self.tag] = self.undo


class Field:
    """One object while it is planted in."""

    def __init__(self, rng, level, charset, taken, syntax, clean=False):
        # What is harmless stands where text belongs, under the character set that is declared.
        self.clean, self.vrs = clean, TEXTS[:-1] if clean else TEXTS + PLAIN + NUMBERS
        self.rng, self.level, self.charset, self.syntax = rng, level, charset, syntax
        self.explicit = syntax != tree.IMPLICIT
        # Tags of the top level where the identity belongs: (tag) only, planted nowhere else.
        self.taken = set(taken) | FIXED
        self.used = set()
        self.meta, self.preamble = {}, b""

    def words(self, text, plant, room=64):
        """The text among harmless words, or by itself, or inside of one."""
        rng, shape = self.rng, self.rng.randrange(10)
        word, other = rng.choice(_sayable(self.charset)), rng.choice(_sayable(self.charset))
        spelt = text
        if shape < 3 or len(text) + 2 > room:
            return spelt
        if shape < 5:
            made = f"{word} {spelt}"
        elif shape < 7:
            made = f"{spelt} {word}"
        elif shape < 8:
            made = f"{word} {spelt} {other}"
        elif shape < 9 or not (text.isascii() and text.isalpha() and len(text) >= 6):
            made = word + rng.choice(("_", "-", "/", "\\")) + spelt
        else:
            plant.glued, made = True, rng.choice((f"Chest{spelt[:1].upper()}{spelt[1:]}", f"{spelt}Scan", f"T1{spelt}"))
        return made if len(made) <= max(room, len(text)) else spelt

    def value(self, plant, vr):
        """The bytes of the plant in a value of a VR; None if it cannot stand there."""
        rng, text = self.rng, plant.spelling.text
        if vr in NUMBERS or vr == "UI":
            return self._strict(plant, vr)
        room = ROOM.get(vr, 1 << 16)
        if len(text) > room and rng.random() < 0.9:
            return None
        if vr in PLAIN:
            text = text.upper() if vr == "CS" and text.isascii() else text
            plant.raw = text.encode("utf-8")
            return text.encode("ascii") if text.isascii() else text.encode("utf-8") if rng.random() < 0.3 else None
        made = self.words(text, plant, room)
        chance = rng.random()
        if plant.place == "escapes":
            raw = encode.iso_2022(made, self.charset, rng) if "2022" in self.charset else None
        elif plant.place == "wrong character set" or (chance < 0.02 and not self.clean):
            raw = encode.misdeclared(made, self.charset, rng)
            plant.raw = _within(raw, made, text, lambda t: encode.misdeclared(t, self.charset, _same(rng)))
        else:
            raw = encode.declared(made, self.charset)
        return raw

    def _strict(self, plant, vr):
        text = plant.spelling.text.replace(" ", "")
        if vr == "UI":
            ok = text.replace(".", "").isdigit() and text.isascii() and 6 <= len(text) <= 60
            if not ok or text.endswith("."):
                return None
            if "." not in text:
                plant.raw = text.lstrip("0").encode()
                text = f"1.2.392.299999.{text.lstrip('0')}.1"
            return text.encode()
        plant.raw = text.encode("utf-8")
        if vr in ("DA", "DT"):
            return text.encode() if text.isascii() and text.isdigit() and len(text) == 8 else None
        ok = text.isascii() and text.isdigit() and 6 <= len(text) <= ROOM[vr]
        return text.encode() if ok else None


@functools.cache
def _sayable(charset):
    return [w for w in HARMLESS if encode.declared(w, charset) is not None]


def _same(rng):
    class Still:
        @staticmethod
        def shuffle(_):
            return None

    return Still


def _within(raw, made, text, turn):
    at = turn(text)
    return at if at and at in raw else None


@functools.cache
def dictionary():
    """{VR: [tags]} of the public dictionary, groups that data sets may have; repeating groups left out."""
    from pydicom._dicom_dict import DicomDictionary

    found = {}
    for tag, (vr, *_) in sorted(DicomDictionary.items()):
        group = tag >> 16
        if group >= 8 and group < 0x7FE0 and tag & 0xFFFF and tag not in FIXED | CONTEXTS and tag >> 12 != CONTENT >> 12:
            for one in vr.split(" or "):
                found.setdefault(one, []).append(tag)
    return found


@functools.cache
def safe_private():
    """[(group, low byte, creator, VR)] of the private elements that the standard's list calls safe."""
    import csv

    found = []
    with open(f"{gateway.PROJECT}/config/tables/safe_private.csv", encoding="utf-8") as file:
        for row in csv.reader(line for line in file if not line.startswith("#")):
            if row[0].startswith("("):
                group, low = int(row[0][1:5], 16), int(row[0][8:10], 16)
                found.append((group, low, row[1], row[2].split(" or ")[0].split("/")[0].strip()))
    return found


def _put(field, level, path, tag, vr, value, plant):
    """Writes a value, unless something planted stands there already."""
    key = (path, tag)
    if key in field.used or value is None:
        return False
    field.used.add(key)
    before = level.get(tag)
    level[tag] = Node(vr, value)
    plant.path, plant.tag, plant.level, plant.vr = tree.spelt(path, tag), tag, level, vr
    plant.undo = before
    return True


def existing(field, plant, among=None):
    """In an attribute that the object has, at any depth."""
    among = among or field.vrs + ("UI",) * (not field.clean)
    found = [x for x in tree.nodes(field.level) if x[2].vr in among and isinstance(x[2].value, bytes) and (x[3] or x[1] not in field.taken)]
    found = [x for x in found if x[1] not in FIXED and not x[1] >> 16 & 1]
    for _ in range(6):
        if not found:
            return False
        level, tag, node, path = field.rng.choice(found)
        if _put(field, level, path, tag, node.vr, field.value(plant, node.vr), plant):
            return True
    return False


def attribute(field, plant, vrs=None):
    """In an attribute of the dictionary, at the top level."""
    for _ in range(6):
        vr = field.rng.choice(vrs or field.vrs)
        tag = field.rng.choice(dictionary()[vr])
        if tag in field.taken or tag in field.level:
            continue
        if _put(field, field.level, (), tag, vr, field.value(plant, vr), plant):
            return True
    return False


def nested(field, plant):
    """In an attribute inside sequences, one to eight deep, of the object or new."""
    rng, level, path = field.rng, field.level, ()
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        there = [t for t, n in level.items() if type(n.value) is list and n.value]
        if there and rng.random() < 0.6:
            tag = rng.choice(there)
        else:
            tag = rng.choice(dictionary()["SQ"])
            if tag in level and type(level[tag].value) is not list:
                return False
            if tag not in level:
                level[tag] = Node("SQ", [])
        items = level[tag].value
        if not items or (len(items) < 4 and tag != CONTENT and rng.random() < 0.3):
            items.append({})
        number = rng.randrange(len(items))
        path, level = (*path, (tag, number)), items[number]
    for _ in range(5):
        vr = rng.choice(TEXTS[:-1] + field.vrs + ("UI",) * (not field.clean))
        tag = rng.choice(dictionary()[vr])
        if tag not in level and _put(field, level, path, tag, vr, field.value(plant, vr), plant):
            return True
    return False


DESCRIPTIONS = (0x00081030, 0x0008103E, 0x00181030, 0x00180010, 0x00204000, 0x00321060, 0x00400254, 0x00400007, 0x00081080, 0x00102180, 0x00181400, 0x00189423)


def description(field, plant):
    """Among the words of a description."""
    tag = field.rng.choice(DESCRIPTIONS)
    vr = "LT" if tag in (0x00204000, 0x00102180) else "LO"
    if tag in field.taken:
        return False
    return _put(field, field.level, (), tag, vr, field.value(plant, vr), plant)


def code(field, plant):
    """In a code: value, meaning, scheme or version."""
    rng = field.rng
    found = [(level, path) for level, tag, _, path in tree.nodes(field.level) if tag == 0x00080104 and path]
    if not found or rng.random() < 0.4:
        tag = rng.choice((0x00081032, 0x00082218, 0x00400260, 0x00321064, 0x00180012, 0x00101021, 0x00082228))
        item = {0x00080100: Node("SH", b"51185008"), 0x00080102: Node("SH", b"SCT"), 0x00080104: Node("LO", b"Chest")}
        there = field.level.setdefault(tag, Node("SQ", []))
        if type(there.value) is not list:
            return False
        there.value.append(item)
        level, path = item, ((tag, len(there.value) - 1),)
    else:
        level, path = rng.choice(found)
    tag, vr = rng.choice(((0x00080104, "LO"), (0x00080104, "LO"), (0x00080100, "SH"), (0x00080102, "SH"), (0x00080103, "SH"), (0x00080119, "UC"), (0x00080120, "UR"),
                          (0x0008010B, "CS"), (0x0008010F, "CS"), (0x00080105, "CS")))
    plant.place = {0x00080104: "code meaning", 0x00080100: "code value", 0x00080119: "code value"}.get(tag, "coding scheme")
    return _put(field, level, path, tag, vr, field.value(plant, vr), plant)


def _bytes(field, plant, longest=600):
    """Bytes with the plant somewhere among them."""
    rng = field.rng
    plant.raw = encode.in_binary(plant.spelling.text, rng)
    if len(plant.raw) < 4:
        return None
    noise = lambda n: bytes(rng.choices(b"\0\0\1\2\3\xff\x80\x1b\x0a\x7f", k=n))  # noqa: E731
    before = rng.choice((b"", b"\0\0", noise(rng.randrange(2, longest))))
    return before + plant.raw + rng.choice((b"", b"\0", b"\0" + noise(rng.randrange(2, 60))))


def binary(field, plant):
    """In a binary value of the header."""
    rng, vr = field.rng, field.rng.choice(BINARIES)
    found = [x for x in tree.nodes(field.level) if x[2].vr in BINARIES and isinstance(x[2].value, bytes) and x[1] != tree.PIXEL_DATA and x[1] >> 16 != 0x0028]
    luts = [x for x in tree.nodes(field.level) if x[1] in (0x00283006, 0x00281201, 0x54001010, 0x00281202)]
    if (found or luts) and rng.random() < 0.5:
        level, tag, node, path = rng.choice(found + luts)
        return _put(field, level, path, tag, node.vr, _bytes(field, plant), plant)
    tags = [t for t in dictionary().get(vr, ()) if t not in field.level]
    return _put(field, field.level, (), rng.choice(tags), vr, _bytes(field, plant), plant) if tags else False


def _block(field, level, group, creator):
    for block in range(0x10, 0x30):
        tag = group << 16 | block
        if tag not in level:
            level[tag] = Node("LO", creator.encode())
            return block
        if level[tag].value.rstrip(b" \0") == creator.encode():
            return block
    return None


def private(field, plant):
    """In a private element of nobody's list, or in the name of its block."""
    rng = field.rng
    group = rng.choice((0x0009, 0x0011, 0x0019, 0x0029, 0x0071, 0x2005, 0x7005))
    if rng.random() < 0.1:
        plant.place = "private creator"
        tag = group << 16 | 0x30 + rng.randrange(16)
        return _put(field, field.level, (), tag, "LO", field.value(plant, "LO"), plant)
    block = _block(field, field.level, group, rng.choice(("ZZ PRIVATE", "SIEMENS CSA HEADER", "GEMS_PATI_01", "TOSHIBA_MEC_1.0", "ACME 1.1")))
    if block is None:
        return False
    tag = group << 16 | block << 8 | rng.randrange(0x40, 0xFF)
    if rng.random() < 0.15:
        items = [{}]
        inner = rng.choice(dictionary()["LO"])
        field.level[tag] = Node("SQ", items)
        return _put(field, items[0], ((tag, 0),), inner, "LO", field.value(plant, "LO"), plant)
    vr = rng.choice(TEXTS + BINARIES + ("UN", "UI", "DS", "IS", "DA"))
    value = _bytes(field, plant) if vr in BINARIES + ("UN",) else field.value(plant, vr)
    return _put(field, field.level, (), tag, vr, value, plant)


def private_safe(field, plant):
    """In a private element that the standard's list calls safe."""
    rng = field.rng
    group, low, creator, vr = rng.choice(safe_private())
    level, path = field.level, ()
    there = [(x[2].value[0], (*x[3], (x[1], 0))) for x in tree.nodes(field.level) if type(x[2].value) is list and x[2].value]
    if there and rng.random() < 0.3:
        level, path = rng.choice(there)
    if vr == "SQ":
        return False
    block = _block(field, level, group, creator)
    if block is None:
        return False
    binary = vr in BINARIES + ("UN", "US", "SS", "UL", "SL", "FL", "FD", "AT")
    if field.clean and vr not in TEXTS:
        return False
    value = _bytes(field, plant) if binary else field.value(plant, vr)
    if binary and vr not in BINARIES + ("UN",):
        size = {"US": 2, "SS": 2, "AT": 4, "UL": 4, "SL": 4, "FL": 4, "FD": 8}[vr]
        value = value + b"\0" * (-len(value) % size) if value else None
    return _put(field, level, path, group << 16 | block << 8 | low, vr, value, plant)


def unknown(field, plant):
    """In a value of VR UN: public, unknown, or a sequence in disguise."""
    rng, shape = field.rng, field.rng.randrange(3)
    if not field.explicit:
        return False
    tag = rng.choice(dictionary()[rng.choice(("LO", "SH", "PN", "LT", "SQ", "CS"))]) if shape < 2 else 0x00210002 + rng.randrange(0x400) * 0x20000
    if tag in field.taken or tag in field.level or tag in FIXED:
        return False
    if shape == 0 and field.syntax != tree.BIG:
        inner = rng.choice(dictionary()["LO"])
        raw = field.value(plant, "LO")
        if raw is None:
            return False
        raw = tree.padded("LO", raw)
        element = struct.pack("<HHI", inner >> 16, inner & 0xFFFF, len(raw)) + raw
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(element)) + element
        placed = _put(field, field.level, (), tag, "UN", Opaque(item + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)), plant)
        plant.path = tree.spelt(((tag, 0),), inner)
        return placed
    return _put(field, field.level, (), tag, "UN", _bytes(field, plant, 20), plant)


def uid(field, plant):
    """In a UID, wherever one stands."""
    rng = field.rng
    if rng.random() < 0.5:
        return existing(field, plant, ("UI",))
    tag = rng.choice([t for t in dictionary()["UI"] if t not in field.level and t not in field.taken])
    return _put(field, field.level, (), tag, "UI", field.value(plant, "UI"), plant)


def tail(field, plant):
    """Behind Pixel Data."""
    rng = field.rng
    if tree.PIXEL_DATA not in field.level:
        return False
    if rng.random() < 0.3:
        return _put(field, field.level, (), 0xFFFCFFFC, "OB", _bytes(field, plant), plant)
    if rng.random() < 0.4:
        items = field.level.setdefault(0xFFFAFFFA, Node("SQ", [{}])).value
        tag = rng.choice((0x04000115, 0x04000404, 0x04000305, 0x04000105, 0x0040A370))
        vr = {0x04000105: "DT", 0x0040A370: "LO", 0x04000305: "CS"}.get(tag, "OB")
        value = _bytes(field, plant) if vr == "OB" else field.value(plant, vr)
        return _put(field, items[0], ((0xFFFAFFFA, 0),), tag, vr, value, plant)
    block = _block(field, field.level, 0x7FE1, "ZZ TAIL")
    return block is not None and _put(field, field.level, (), 0x7FE10000 | block << 8 | rng.randrange(256), "LT", field.value(plant, "LT"), plant)


def pixels(field, plant):
    """Among the pixel bytes."""
    node = field.level.get(tree.PIXEL_DATA)
    if node is None or (tree.PIXEL_DATA, ()) in field.used:
        return False
    raw = encode.in_binary(plant.spelling.text, field.rng)
    if len(raw) < 10:
        return False
    plant.raw, plant.undo = raw, node.value if isinstance(node.value, bytes) else Fragments(node.value)
    if isinstance(node.value, Fragments):
        if len(node.value) < 2:
            return False
        # A comment segment of JPEG, or simply bytes of a codestream.
        comment = b"\xff\xfe" + struct.pack(">H", len(raw) + 2) + raw
        node.value[1] = node.value[1][:2] + comment + node.value[1][2:]
    else:
        if len(node.value) < len(raw) + 4:
            return False
        at = field.rng.randrange(0, len(node.value) - len(raw))
        node.value = node.value[:at] + raw + node.value[at + len(raw) :]
    field.used.add((tree.PIXEL_DATA, ()))
    plant.path, plant.tag, plant.level = "pixels", tree.PIXEL_DATA, field.level
    return True


def meta(field, plant):
    """In the preamble or the file meta information (files only)."""
    rng = field.rng
    raw = encode.in_binary(plant.spelling.text, rng)
    plant.path, plant.tag = "meta", 0
    if rng.random() < 0.4 and not field.preamble and len(raw) <= 120:
        plant.raw, field.preamble = raw, raw
        return len(raw) >= 4
    tag = rng.choice((0x00020013, 0x00020016, 0x00020017, 0x00020018, 0x00020100, 0x00020102, 0x00020026))
    if tag in field.meta:
        return False
    plant.tag = tag
    if tag == 0x00020102:
        field.meta[tag], plant.raw = Node("OB", raw), raw
    elif tag == 0x00020100:
        value = field._strict(plant, "UI")
        if value is None or 0x00020102 in field.meta:
            return False
        field.meta[tag] = Node("UI", value)
    else:
        text = plant.spelling.text.encode("utf-8")
        vr = {0x00020013: "SH", 0x00020026: "UR"}.get(tag, "AE")
        field.meta[tag] = Node(vr, text)
        plant.raw = text
    return True


def written(name):
    """`existing` and `attribute` where the character set is lied about, or escapes stand between all letters."""
    def place(field, plant):
        plant.place = name
        return existing(field, plant, TEXTS) if field.rng.random() < 0.5 else attribute(field, plant, TEXTS)

    return place


# name: (how, weight among the places).
PLACES = {
    "attribute of the object": (existing, 12), "another attribute": (attribute, 8), "nested": (nested, 10), "description": (description, 8), "code": (code, 8),
    "binary value": (binary, 6), "private": (private, 8), "private, listed safe": (private_safe, 8), "VR UN": (unknown, 5), "UID": (uid, 6),
    "behind the pixels": (tail, 4), "pixels": (pixels, 3), "wrong character set": (written("wrong character set"), 6), "escapes": (written("escapes"), 4),
}  # fmt: skip
