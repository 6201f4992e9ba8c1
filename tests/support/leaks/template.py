"""Objects to plant into: those of a folder, with their pixels cut down to a few bytes, and made-up ones of many kinds."""

import functools
import mmap
import os
import struct

from support import dimse
from support.leaks import tree
from support.leaks.tree import Fragments, Node

# Larger ones are made small, or left out.
LARGEST_VALUE, MOST_ELEMENTS, LARGEST_FILE = 4096, 1500, 64 << 20
ROWS, COLUMNS, FRAMES, BITS, SAMPLES = 0x00280010, 0x00280011, 0x00280008, 0x00280100, 0x00280002
SIDE = 8
CLASSES = {
    "CT": "2", "MR": "4", "US": "6.1", "SC": "7", "CR": "1", "DX": "1.1", "MG": "1.2", "PT": "128", "NM": "20", "XA": "12.1", "RF": "12.2", "OP": "77.1.5.1",
    "SR": "88.67", "KO": "88.59", "PR": "11.1", "RTSTRUCT": "481.3", "SEG": "66.4", "EMR": "4.1", "ECG": "9.1.1", "REG": "66.1",
}  # fmt: skip
STORAGE = "1.2.840.10008.5.1.4.1.1."
MADE_UP = tuple(CLASSES)


class Template:
    """One object without an identity of ours: its tree, and what the wire must be told of it."""

    def __init__(self, name, level, sop_class, syntax):
        self.name, self.level, self.sop_class, self.syntax = name, level, sop_class, syntax


def folder(path):
    """The files of a folder that may be objects, in a fixed order."""
    return sorted(os.path.join(base, name) for base, _, names in os.walk(path) for name in names)


@functools.lru_cache(maxsize=4000)
def load(name):
    """The template of a name: `made-up:CT`, or the path of a file. None if it cannot be one."""
    if name.startswith("made-up:"):
        return made_up(name)
    try:
        if os.path.getsize(name) > LARGEST_FILE:
            return None
        head = dimse.part10(name)
        if head is None:
            return None
        sop_class, _, syntax, offset = head
        with open(name, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            level = tree.parse(data[offset:], syntax, SIDE * SIDE * 8)
    except (OSError, ValueError, tree.Broken):
        return None
    _cut(level, syntax)
    if sum(1 for _ in tree.nodes(level)) > MOST_ELEMENTS or not _usable(level, sop_class):
        return None
    return Template(name, level, sop_class, syntax)


def _usable(level, sop_class):
    uid = level.get(0x00080018)
    plain = sop_class.replace(".", "").isdigit() and isinstance(uid.value, bytes) if uid else False
    return plain and all(len(n.vr) == 2 for _, _, n, _ in tree.nodes(level))


def _number(level, tag, order):
    node = level.get(tag)
    return struct.unpack(order + "H", node.value[:2])[0] if node and isinstance(node.value, bytes) and len(node.value) >= 2 else 0


def _cut(level, syntax):
    """Makes the object small: few pixels, few items, no long values."""
    order = ">" if syntax == tree.BIG else "<"
    for holder, tag, node, _ in list(tree.nodes(level)):
        if type(node.value) is list:
            del node.value[3:]
        elif isinstance(node.value, bytes) and len(node.value) > LARGEST_VALUE and tag != tree.PIXEL_DATA:
            holder.pop(tag, None)
    pixels = level.get(tree.PIXEL_DATA)
    if pixels is None or isinstance(pixels.value, Fragments):
        return
    rows, columns = _number(level, ROWS, order), _number(level, COLUMNS, order)
    if rows and columns:
        for tag in (ROWS, COLUMNS):
            level[tag] = Node("US", struct.pack(order + "H", SIDE))
        # A cut below a byte for each sample would need a look at the bits.
        size = SIDE * SIDE * max(1, _number(level, SAMPLES, order)) * max(8, _number(level, BITS, order)) // 8
        if FRAMES in level:
            level[FRAMES] = Node("IS", b"1")
        pixels.value = pixels.value[:size].ljust(size, b"\0")


def text(value, vr="LO"):
    """A node with ASCII text."""
    return Node(vr, value.encode())


def code(value, scheme, meaning):
    """A code sequence with one item."""
    return Node("SQ", [{0x00080100: text(value, "SH"), 0x00080102: text(scheme, "SH"), 0x00080104: text(meaning)}])


def short(*numbers):
    """A US node."""
    return Node("US", struct.pack(f"<{len(numbers)}H", *numbers))


def _image(modality, multi=False):
    found = {
        0x00080008: text("ORIGINAL\\PRIMARY\\AXIAL", "CS"), 0x00181030: text("CHEST ROUTINE"), 0x00180015: text("CHEST", "CS"),
        0x00180050: text("1.0", "DS"), 0x00180060: text("120", "DS"), 0x00181020: text("V1.2.3"), 0x00185100: text("HFS", "CS"),
        0x00200032: text("0\\0\\0", "DS"), 0x00200037: text("1\\0\\0\\0\\1\\0", "DS"), 0x00201040: text(""), 0x00204000: text("no contrast", "LT"),
        0x00180010: text("IOHEXOL"), 0x00181210: text("B30f", "SH"), 0x00181160: text("FILTER", "SH"),
        0x00280002: short(1), 0x00280004: text("MONOCHROME2", "CS"), 0x00280010: short(SIDE), 0x00280011: short(SIDE), 0x00280030: text("0.5\\0.5", "DS"),
        0x00280100: short(16), 0x00280101: short(12), 0x00280102: short(11), 0x00280103: short(0),
        0x00281052: text("0", "DS"), 0x00281053: text("1", "DS"), 0x00281054: text("HU"), 0x00281055: text("WINDOW1"),
        0x00081140: Node("SQ", [{0x00081150: text(STORAGE + "2", "UI"), 0x00081155: text("1.2.392.299999.7.1", "UI")}]),
        0x00082218: code("51185008", "SCT", "Chest"), 0x00081032: code("24627-2", "LN", "CT Chest"),
        0x00400260: code("P5-08000", "SRT", "Diagnostic radiography"),
        0x00400275: Node("SQ", [{0x00400007: text("Chest CT"), 0x00400254: text("Chest"), 0x00401001: text("RP1", "SH")}]),
        0x00283000: Node("SQ", [{0x00283002: short(4, 0, 16), 0x00283003: text("LUT"), 0x00283006: Node("US", struct.pack("<4H", 0, 9, 99, 999))}]),
        tree.PIXEL_DATA: Node("OW", struct.pack(f"<{SIDE * SIDE}H", *range(SIDE * SIDE))),
    }  # fmt: skip
    if modality in ("US", "SC", "OP", "CR", "DX", "MG"):
        found[0x00080064] = text("DI", "CS")
    if multi:
        found[FRAMES] = text("1", "IS")
        shared = {0x00289110: Node("SQ", [{0x00180050: text("1", "DS"), 0x00280030: text("1\\1", "DS")}])}
        frame = {0x00209113: Node("SQ", [{0x00200032: text("0\\0\\0", "DS")}]), 0x00209111: Node("SQ", [{0x00209056: text("1", "SH")}])}
        found |= {0x52009229: Node("SQ", [shared]), 0x52009230: Node("SQ", [frame])}
    return found


def _content(concept, kind, **more):
    item = {0x0040A010: text("CONTAINS", "CS"), 0x0040A040: text(kind, "CS"), 0x0040A043: code(*concept)}
    return item | more.get("value", {})


def _report(modality):
    dose = _content(("113811", "DCM", "CT Accumulated Dose Data"), "CONTAINER", value={0x0040A050: text("SEPARATE", "CS")})
    dose[0x0040A730] = Node("SQ", [
        _content(("113838", "DCM", "Calibration Protocol"), "TEXT", value={0x0040A160: text("Chest routine", "UT")}),
        _content(("121106", "DCM", "Comment"), "TEXT", value={0x0040A160: text("none", "UT")}),
        _content(("113830", "DCM", "Mean CTDIvol"), "NUM", value={0x0040A300: Node("SQ", [{
            0x0040A30A: text("12.5", "DS"), 0x004008EA: code("mGy", "UCUM", "mGy")}])}),
    ])  # fmt: skip
    title = ("113701", "DCM", "X-Ray Radiation Dose Report") if modality == "SR" else ("113000", "DCM", "Of Interest")
    return {
        0x0040A040: text("CONTAINER", "CS"), 0x0040A050: text("SEPARATE", "CS"), 0x0040A043: code(*title), 0x0040A491: text("COMPLETE", "CS"),
        0x0040A493: text("UNVERIFIED", "CS"), 0x0040A730: Node("SQ", [dose]), 0x0040A372: Node("SQ", []),
    }  # fmt: skip


OTHERS = {
    "PR": {0x00700080: text("LABEL", "CS"), 0x00700081: text("window"), 0x00700084: text("", "PN"),
           0x00081115: Node("SQ", [{0x0020000E: text("1.2.392.299999.7.3", "UI")}])},
    "RTSTRUCT": {0x30060002: text("PLAN", "SH"), 0x30060004: text("structures"), 0x30060006: text("liver", "ST"),
                 0x30060020: Node("SQ", [{0x30060022: text("1", "IS"), 0x30060026: text("Liver"), 0x30060036: text("MANUAL", "CS")}])},
    "SEG": {0x00700080: text("SEG", "CS"), 0x00620002: Node("SQ", [{0x00620004: short(1), 0x00620005: text("Liver"), 0x00620008: text("MANUAL", "CS"),
                                                                   0x00620003: code("123037004", "SCT", "Anatomical Structure")}])},
    "ECG": {0x54000100: Node("SQ", [{0x003A0004: text("ORIGINAL", "CS"), 0x003A0005: short(1), 0x003A0010: Node("UL", struct.pack("<I", 8)),
                                     0x003A001A: text("500", "DS"), 0x003A0200: Node("SQ", [{0x003A0203: text("Lead I", "SH")}]),
                                     0x54001004: short(16), 0x54001006: text("SS", "CS"), 0x54001010: Node("OW", bytes(range(16)))}])},
    "REG": {0x00700080: text("REG", "CS"), 0x00700308: Node("SQ", [{0x00200052: text("1.2.392.299999.7.5", "UI")}])},
}  # fmt: skip


def made_up(name):
    """A made-up object."""
    modality = name.split(":")[1]
    level = {
        0x00080060: text({"EMR": "MR", "OP": "OP"}.get(modality, modality), "CS"), 0x00080070: text("MADE UP"), 0x00081090: text("Invented 64"),
        0x0008103E: text("Axial 1.0"), 0x00081030: text("Chest CT"), 0x00080020: text("20240229", "DA"), 0x00080021: text("20240229", "DA"),
        0x00080023: text("20240229", "DA"), 0x00080030: text("101530", "TM"), 0x00080033: text("101530", "TM"), 0x00100040: text("M", "CS"),
        0x00101010: text("054Y", "AS"), 0x00200011: text("3", "IS"), 0x00200012: text("1", "IS"),
    }  # fmt: skip
    if modality in ("SR", "KO"):
        level |= _report(modality)
    elif modality in OTHERS:
        level |= OTHERS[modality]
    else:
        level |= _image(modality, modality == "EMR")
    return Template(name, level, STORAGE + CLASSES[modality], tree.EXPLICIT)
