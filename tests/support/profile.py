"""The Basic Application Level Confidentiality Profile as a set of checks on one output beside its source.

Reads PS3.15 Table E.1-1 and the compound codes resolved for every IOD from CSV files; knows nothing of the gateway.
"""

import csv
import os
import re

from pydicom.uid import UID_dictionary

from support.elements import ENCODED, PIXELS

# X in the table, but Type 1 in the objects they belong to: a dummy stands there (PS3.3 C.11.10).
DUMMY_THOUGH_X = {0x00700082, 0x00700083}
# Attributes that Table E.1-1 leaves out although they carry an identity, or what leads to one.
SUPPLEMENT = {
    0x00100033, 0x00100034, 0x00100035, 0x00100024, 0x00080051, 0x00400026, 0x00400027, 0x00400031, 0x00400032,
    0x00400036, 0x00400039, 0x0040003A, 0x00100026, 0x00100027, 0x00100028, 0x00100022, 0x00321031, 0x00321034,
    0x00080220, 0x00401008, 0x00380100, 0x00380101, 0x00380102, 0x00380502, 0x00380044, 0x00380016, 0x00181003,
    0x00181803, 0x00181801, 0x04000561, 0x04000550, 0x04000551, 0x04000552, 0x04000500, 0x04000402, 0x04000403,
    0x04000404, 0x04000310, 0x4FFE0001, 0xFFFAFFFA, 0xFFFCFFFC, 0x00880200,
}  # fmt: skip
META_ALLOWED = {0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013, 0x00020016}
DUMMIES = {
    b"", b"ANON", b"000Y", b"UNKNOWN", b"19000101", b"000000", b"19000101000000", b"0", b"ANONYMIZED", b"ANONYMIZED^",
    b"REMOVED", b"NONE",
}  # fmt: skip
MARKERS = {0x00080005, 0x00280301, 0x00280302, 0x00280303}
# Vocabulary, not events: the version of a context group.
PUBLIC_DATES = {0x00080106, 0x00080107}


def rewritten(tables, tag):
    """Whether the profile may write an attribute anew, so that it says nothing about which source an output has."""
    return tag in tables.basic or tag in SUPPLEMENT or tag >> 16 in (0x0012,) or tag in MARKERS


def _tag(text):
    return int(text[1:5] + text[6:10], 16)


def _slug(name):
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r" Storage.*", "", name).lower()).strip("-")


class Tables:
    """Table E.1-1 by tag, and the resolved compound codes by (IOD, tag)."""

    def __init__(self, folder):
        self.basic, self.resolved, iods = {}, {}, set()
        with open(_find(folder, "e1-1"), encoding="utf-8") as file:
            for row in csv.DictReader(line for line in file if not line.startswith("#")):
                if re.fullmatch(r"\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)", row["tag"]):
                    self.basic[_tag(row["tag"])] = row["basic"]
        with open(_find(folder, "compound"), encoding="utf-8") as file:
            for row in csv.DictReader(line for line in file if not line.startswith("#")):
                # X/D of a Type 2 attribute (RT Plan Date): an empty one has to stay (PS3.3 C.8.8.9).
                resolved = "Z" if (row["resolved"], row["type"]) == ("X", "2") else row["resolved"]
                for iod in (row.get("iods") or row["iod"]).split():
                    self.resolved[(iod, _tag(row["tag"]))] = resolved
                    iods.add(iod)
        self.iod = {}
        for uid, entry in UID_dictionary.items():
            slug = _slug(entry[0])
            self.iod[uid] = next((s for s in (slug, slug.removesuffix("-waveform")) if s in iods), None)


def _find(folder, word):
    names = sorted(n for n in os.listdir(folder) if word in n.lower().replace("_", "-") and n.endswith(".csv"))
    if not names:
        raise SystemExit(f"no table named *{word}*.csv in {folder}")
    return os.path.join(folder, names[-1])


def _plain(raw):
    return raw.strip(b"\0 ")


def check(tables, source, output):
    """(rule, where) for everything in `output` that the profile does not allow, `source` being what it was made of."""
    found = []
    original = {}
    for element in source.elements:
        original.setdefault(element.tag, set()).add(_plain(element.raw))
    iod = tables.iod.get(source.text(0x00080016))
    for element in output.elements:
        code = tables.basic.get(element.tag)
        resolved = tables.resolved.get((iod, element.tag)) if code and "/" in code and not element.path else None
        problem = _row(code, resolved, element, original.get(element.tag, set()))
        if problem:
            found.append((f"E.1-1 {code}: {problem}", element.where()))
    found += _kinds(source, output) + _markers(source, output) + _dates(source, output) + _retained(tables, source, output)
    return found


def _row(code, resolved, element, before):
    value = _plain(element.raw)
    kept = element.vr != "SQ" and value in before and value not in DUMMIES
    if code is None or code == "K":
        return None
    if code == "X":
        return None if element.tag in DUMMY_THOUGH_X and not kept else "present"
    if code == "U" or code == "X/Z/U*":
        if element.vr == "SQ":
            return None
        same = kept and not all(v.startswith(b"1.2.840.10008.") for v in value.split(b"\\"))
        return "UID kept" if same else None
    if resolved == "X":
        return "present, though the IOD does not need it"
    if kept:
        return "value kept"
    if code == "Z" and value and element.vr != "SQ" and len(value) > 64:
        return "no dummy"
    return None


def _kinds(source, output):
    found = []
    for element in output.elements:
        group, number = element.tag >> 16, element.tag & 0xFFFF
        if group & 1:
            found.append(("odd group", element.where()))
        if 0x5000 <= group <= 0x50FF or 0x6000 <= group <= 0x60FF:
            found.append(("curve or overlay", element.where()))
        if element.vr == "UN":
            found.append(("VR UN", element.where()))
        if element.tag in SUPPLEMENT:
            found.append(("supplementary rule", element.where()))
        if number == 0:
            found.append(("group length", element.where()))
        if element.vr in ("AE", "UR") and _plain(element.raw) not in (b"", b"ANON"):
            found.append((f"VR {element.vr} with a value", element.where()))
        if element.vr == "PN" and _plain(element.raw):
            before = {_plain(e.raw) for e in source.elements if e.vr == "PN"}
            if _plain(element.raw) in before and _plain(element.raw) not in DUMMIES:
                found.append(("PN kept", element.where()))
        if element.vr in ENCODED and element.raw and any(b > 0x7F for b in element.raw):
            try:
                element.raw.decode("utf-8")
                if "utf" not in element.charsets[0].lower().replace("-", ""):
                    raise ValueError
            except (UnicodeDecodeError, ValueError):
                if not element.texts() or "�" in element.texts():
                    found.append(("text that its character set cannot decode", element.where()))
    for element in output.meta:
        if element.tag not in META_ALLOWED:
            found.append(("file meta", element.where()))
    if output.faults:
        found.append(("unreadable element", "".join(f"({t >> 16:04X},{t & 0xFFFF:04X})" for t in (*output.faults[0][0], output.faults[0][1]))))
    return found


def _markers(source, output):
    found = []

    def need(holds, what):
        if not holds:
            found.append(("marker", what))

    need(output.text(0x00120062) == "YES", "(0012,0062) is not YES")
    need(output.first(0x00120063), "(0012,0063) is empty")
    codes = {_plain(e.raw) for e in output.elements if e.path == (0x00120064,) and e.tag == 0x00080100}
    before = {_plain(e.raw) for e in source.elements if e.path == (0x00120064,) and e.tag == 0x00080100}
    need(b"113100" in codes, "(0012,0064) without 113100")
    need(not (codes - before) & {b"113101", b"113102", b"113106", b"113110", b"113112"}, "(0012,0064) claims too much")
    need(output.text(0x00280303) == "REMOVED", "(0028,0303) is not REMOVED")
    need(output.text(0x00280301) != "NO" or source.text(0x00280301) == "NO", "(0028,0301) claims NO")
    need(output.text(0x00280302) != "NO" or source.text(0x00280302) == "NO", "(0028,0302) claims NO")
    need(output.text(0x00280301) != "YES", "(0028,0301) YES was forwarded")
    purpose = {_plain(e.raw) for e in output.elements if e.path == (0x0018A001, 0x0040A170) and e.tag == 0x00080100}
    need(b"109104" in purpose, "(0018,A001) without the de-identifying equipment")
    meta = {e.tag: _plain(e.raw) for e in output.meta}
    need(meta.get(0x00020003) == output.first(0x00080018), "(0002,0003) differs from (0008,0018)")
    need(meta.get(0x00020002) == output.first(0x00080016), "(0002,0002) differs from (0008,0016)")
    for tag in (0x00080018, 0x0020000D, 0x0020000E):
        value = output.text(tag)
        if not value and not source.first(tag):
            continue
        need(re.fullmatch(r"2\.25\.[1-9]\d{0,38}", value), f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is no UID under 2.25")
    return found


def _dates(source, output):
    before = {_plain(e.raw)[:8] for e in source.elements if e.vr in ("DA", "DT") and e.tag not in PUBLIC_DATES}
    return [
        ("date kept", e.where())
        for e in output.elements
        if e.vr in ("DA", "DT") and e.tag not in PUBLIC_DATES and _plain(e.raw) not in DUMMIES and _plain(e.raw)[:8] in before
    ]


def _retained(tables, source, output):
    """What no rule names and what stayed must have stayed byte for byte (top level, even groups)."""
    before = {e.tag: e for e in source.elements if not e.path}
    found = []
    for element in output.elements:
        old = before.get(element.tag)
        if element.path or old is None or element.vr in ("SQ", "UI", "PN", "DA", "DT") or element.tag in PIXELS:
            continue
        if rewritten(tables, element.tag) or (element.vr in ENCODED and any(b > 0x7F or b == 0x1B for b in old.raw)):
            continue
        if _plain(element.raw) != _plain(old.raw) and _plain(element.raw) not in DUMMIES:
            found.append(("retained value changed", element.where()))
    return found
