"""The Basic Application Level Confidentiality Profile and its options as a set of checks on one output beside its source.

Reads PS3.15 Table E.1-1, its option columns, the compound codes resolved for every IOD and the safe private attributes
from CSV files; knows nothing of the gateway. An option counts if the object claims it in (0012,0064): then an attribute
may be as the option wants it or, where that could not be done, as the profile alone would have it. Where two claimed
options want different things of one attribute, the profile's own action holds.
"""

import csv
import os
import re

from pydicom.uid import UID_dictionary

from support import options
from support.content import concepts, structured
from support.elements import ENCODED, PIXELS
from support.options import DUMMIES, PUBLIC_DATES, TEMPORAL
from support.options import plain as _plain

# X in the table, but Type 1 or 2 in the objects they belong to: a dummy stands there (PS3.3 C.11.10, C.8.9.2, 10.6).
DUMMY_THOUGH_X = {0x00700082, 0x00700083, 0x00181078, 0x00401001}
# Attributes that Table E.1-1 leaves out although they carry an identity, or what leads to one.
SUPPLEMENT = {
    0x00100033, 0x00100034, 0x00100035, 0x00100024, 0x00080051, 0x00400026, 0x00400027, 0x00400031, 0x00400032,
    0x00400036, 0x00400039, 0x0040003A, 0x00100026, 0x00100027, 0x00100028, 0x00100022, 0x00321031, 0x00321034,
    0x00080220, 0x00401008, 0x00380100, 0x00380101, 0x00380102, 0x00380502, 0x00380044, 0x00380016, 0x00181003,
    0x00181803, 0x00181801, 0x04000561, 0x04000550, 0x04000551, 0x04000552, 0x04000500, 0x04000402, 0x04000403,
    0x04000404, 0x04000310, 0x4FFE0001, 0xFFFAFFFA, 0xFFFCFFFC, 0x00880200,
}  # fmt: skip
META_ALLOWED = {0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013, 0x00020016}
MARKERS = {0x00080005, 0x00280301, 0x00280302, 0x00280303}
# Describe the body of the patient; in no row of the table, but meant by 113108.
BODY = {0x00101021, 0x00101022, 0x00101023, 0x00101024, 0x00109431}

BIG_ENDIAN = "1.2.840.10008.1.2.2"
CODE_MEANING = 0x00080104
# The equipment sequence, to which the gateway adds itself.
OWN = (0x0018A001,)


def rewritten(tables, tag):
    """Whether the profile may write an attribute anew, so that it says nothing about which source an output has."""
    return tag in tables.basic or tag in SUPPLEMENT or tag >> 16 in (0x0012,) or tag in MARKERS


def _tag(text):
    return int(text[1:5] + text[6:10], 16)


def _slug(name):
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r" Storage.*", "", name).lower()).strip("-")


class Tables:
    """Table E.1-1 by tag, its options by tag and code, and the resolved compound codes by (IOD, tag)."""

    def __init__(self, folder):
        self.basic, self.options, self.resolved, iods = {}, {}, {}, set()
        self.safe, self.content = options.safe_private(folder), concepts(folder)
        with open(_find(folder, "e1-1"), encoding="utf-8") as file:
            for row in csv.DictReader(line for line in file if not line.startswith("#")):
                if re.fullmatch(r"\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)", row["tag"]):
                    self.basic[_tag(row["tag"])] = row["basic"]
                    self.options[_tag(row["tag"])] = {
                        code: row[column].strip() for column, code in options.COLUMNS.items() if row[column].strip()
                    }
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


    def expected(self, element, active):
        """The action of the claimed options for an attribute: K or C; None where none names it or two disagree."""
        tag, group = element.tag, element.tag >> 16
        wanted = self.options.get(tag)
        if wanted is None:
            wanted = {}
            if group & 1:
                wanted = {options.PRIVATE: "C"}
            elif 0x5000 <= group <= 0x50FF or tag & 0xFF00FFFF in (0x60003000, 0x60004000):
                wanted = {"113103": "C"}
            elif tag in BODY:
                wanted = {"113108": "K"}
            elif tag in self.basic:
                wanted = {}
            elif element.vr in TEMPORAL and tag not in PUBLIC_DATES:
                # PS3.15 E.3.6 by VR: dates that the table does not list.
                wanted = {options.FULL_DATES: "K", options.MODIFIED_DATES: "C"}
            elif element.vr in ENCODED:
                wanted = {options.DESCRIPTORS: "C"}
        if "113109" in wanted:
            # The date of a device, shifted for every patient by another interval, tells their difference.
            wanted = {code: action for code, action in wanted.items() if code != options.MODIFIED_DATES}
        actions = {action for code, action in wanted.items() if code in active}
        return actions.pop() if len(actions) == 1 else None


def _find(folder, word):
    names = sorted(n for n in os.listdir(folder) if word in n.lower().replace("_", "-") and n.endswith(".csv"))
    if not names:
        raise SystemExit(f"no table named *{word}*.csv in {folder}")
    return os.path.join(folder, names[-1])


def check(tables, source, output, chosen=frozenset()):
    """(rule, where) for everything in `output` that the profile does not allow, `source` being what it was made of.

    `chosen` are the codes of the options that were asked for: no other may be claimed.
    """
    active = options.claims(source, output, chosen)
    by_tag, by_key = {}, {}
    for element in source.elements:
        by_tag.setdefault(element.tag, set()).add(_plain(element.raw))
        by_key.setdefault(element.key(), []).append(element)
    found, wanted = [], active - {options.BASIC}
    iod = tables.iod.get(source.text(0x00080016))
    for element in output.elements:
        before = by_key.get(element.key(), [])
        code = tables.basic.get(element.tag)
        resolved = tables.resolved.get((iod, element.tag)) if code and "/" in code and not element.path else None
        action = tables.expected(element, wanted)
        problem = _row(code, resolved, element, by_tag.get(element.tag, set()))
        dated = element.vr in TEMPORAL and element.tag not in PUBLIC_DATES and element.path[:1] != OWN
        # An option may keep what is empty: nothing was carried out, and nothing is claimed.
        empty = not _plain(element.raw) and element.vr != "SQ" and tables.expected(element, chosen)
        if problem is None and _plain(element.raw) in DUMMIES or empty:
            pass
        elif action and element.vr != "UI" and (code or dated):
            problem = options.allowed(action, element, before, source)
            found += [(f"E.1-1 {code or 'by VR'}: {problem}", element.where())] if problem else []
        elif problem and not (action == "K" and options.kept(element, before)):
            found.append((f"E.1-1 {code}: {problem}", element.where()))
        elif dated:
            found.append(("date or time that is no dummy", element.where()))
        if element.tag >> 16 & 1:
            problem = options.private(tables, element, before) if options.PRIVATE in wanted else "odd group"
            found += [(problem, element.where())] if problem else []
    if options.MODIFIED_DATES in wanted:
        fits, problems = options.shift(tables, wanted, by_key, output)
        found += problems
    elif options.FULL_DATES not in wanted:
        found += _dates(source, output)
    found += _kinds(wanted, source, output) + _markers(active, chosen, source, output)
    found += _retained(tables, wanted, by_key, output) + options.missing(tables, wanted, source, output)
    return found + structured(tables, wanted, source, output)


def intervals(tables, source, output, chosen=frozenset()):
    """The intervals in days that fit all dates of an output; None where it has no moved date."""
    active = options.claims(source, output, chosen)
    if options.MODIFIED_DATES not in active:
        return None
    by_key = {}
    for element in source.elements:
        by_key.setdefault(element.key(), []).append(element)
    return options.shift(tables, active, by_key, output)[0]


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


def _kinds(wanted, source, output):
    found = []
    implicit = output.syntax == "1.2.840.10008.1.2"
    for element in output.elements:
        group, number = element.tag >> 16, element.tag & 0xFFFF
        if (0x5000 <= group <= 0x50FF or 0x6000 <= group <= 0x60FF) and "113103" not in wanted:
            found.append(("curve or overlay", element.where()))
        if element.vr == "UN" and not (group & 1 and implicit):
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


def _markers(active, chosen, source, output):
    found = []

    def need(holds, what):
        if not holds:
            found.append(("marker", what))

    need(output.text(0x00120062) == "YES", "(0012,0062) is not YES")
    need(output.first(0x00120063), "(0012,0063) is empty")
    need(options.BASIC in active, "(0012,0064) without 113100")
    for code in sorted(active - chosen - {options.BASIC}):
        need(False, f"(0012,0064) claims {code}, which nobody asked for")
    need(not {options.FULL_DATES, options.MODIFIED_DATES} <= active, "(0012,0064) claims 113106 and 113107")
    times = "MODIFIED" if options.MODIFIED_DATES in active else "UNMODIFIED" if options.FULL_DATES in active else "REMOVED"
    need(output.text(0x00280303) == times, f"(0028,0303) is not {times}")
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


def _retained(tables, wanted, before, output):
    """What no rule names and what stayed must have stayed as it was (even groups); a text may be cleaned."""
    found = []
    names = {token for old in before.values() for e in old if e.vr == "PN" for token in options.tokens(e.texts())}
    for element in output.elements:
        old = before.get(element.key())
        if old is None or element.vr in ("SQ", "UI", "PN") or element.vr in TEMPORAL or element.tag in PIXELS:
            continue
        if element.path[:1] == OWN or element.tag >> 16 & 1:
            continue
        if any(rewritten(tables, tag) for tag in (*element.path, element.tag)):
            continue
        if _plain(element.raw) in DUMMIES or options.kept(element, old):
            continue
        if element.vr in ENCODED and not any(e.texts() for e in old):
            continue
        if options.DESCRIPTORS in wanted and element.vr in ENCODED and options.cleaned(element, old):
            continue
        if output.syntax == BIG_ENDIAN and element.vr in ("US", "SS") and element.raw[::-1] in [e.raw for e in old]:
            continue  # a number, as its sender turned it
        if element.vr == "CS" and options.DESCRIPTORS in wanted and options.shortened(element, old, names):
            continue
        if element.tag == CODE_MEANING and options.DESCRIPTORS in wanted and options.means(element, output):
            continue
        found.append(("retained value changed", element.where()))
    return found
