"""What the options of PS3.15 Annex E let stand in an output, as the output itself claims them in (0012,0064).

Every check takes the attribute's values in the source and in the output and says what is wrong, or nothing. Where an
option could not be carried out the profile's own action is as good: that is for the caller to see.
"""

import collections
import csv
import datetime
import os
import re
import struct
import unicodedata

from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping

from support.elements import ENCODED

# The columns of Table E.1-1 and the codes of CID 7050.
COLUMNS = {
    "rtnSafePrivOpt": "113111", "rtnUIDsOpt": "113110", "rtnDevIdOpt": "113109", "rtnInstIdOpt": "113112",
    "rtnPatCharsOpt": "113108", "rtnLongFullDatesOpt": "113106", "rtnLongModifDatesOpt": "113107",
    "cleanDescOpt": "113105", "cleanStructContOpt": "113104", "cleanGraphOpt": "113103",
}  # fmt: skip
# The words of a configuration, in the forms they may have.
WORDS = {
    "safe_private": "113111", "uids": "113110", "device_identity": "113109", "institution_identity": "113112",
    "patient_characteristics": "113108", "full_dates": "113106", "modified_dates": "113107", "descriptors": "113105",
    "structured_content": "113104", "graphics": "113103",
}  # fmt: skip
BASIC, FULL_DATES, MODIFIED_DATES, DESCRIPTORS, PRIVATE = "113100", "113106", "113107", "113105", "113111"
DEVICE = "113109"
# Vocabulary, not events: the version of a context group.
PUBLIC_DATES = {0x00080106, 0x00080107}
AGE = 0x00101010
DUMMIES = {
    b"", b"ANON", b"000Y", b"UNKNOWN", b"19000101", b"000000", b"19000101000000", b"0", b"ANONYMIZED", b"ANONYMIZED^",
    b"REMOVED", b"NONE", b"99TOKUMEI",
}  # fmt: skip
# Dates that programs and clocks without a battery write where they have none: moved, they would tell the interval.
PLACEHOLDERS = {"19010101", "19040101", "19700101", "19800101", "20000101", "20991231"}
# The hidden interval: whole weeks, one to ten years back.
WEEK, SHORTEST, LONGEST = 7, 364, 3640
TEMPORAL = {"DA", "DT", "TM"}
TOKEN = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?")


def word(name):
    """The code of an option by its word in a configuration (or by the code itself)."""
    bare = re.sub(r"^(?:retain|clean)_", "", name.strip().strip("\"'").lower().replace("-", "_"))
    code = bare if bare in COLUMNS.values() else WORDS.get(bare)
    if code is None:
        raise SystemExit(f"no option of PS3.15 is called {name}")
    return code


def selected(config):
    """The codes that the routes of a configuration file ask for; none where it names no options."""
    with open(config, encoding="utf-8") as file:
        lines = [line.split("#")[0].rstrip() for line in file]
    found = set()
    for number, line in enumerate(lines):
        match = re.match(r"(\s*)(?:- )?options:\s*(.*)", line)
        if not match:
            continue
        text = match.group(2)
        for following in lines[number + 1 :]:
            if text.startswith("[") and "]" not in text:
                text += following
            elif not text.startswith("[") and re.match(r"\s*- [\w-]+$", following):
                text += "," + following.strip()[2:]
            elif following.strip():
                break
        found |= {word(name) for name in text.strip("[] ").split(",") if name.strip(" []")}
    return found


def claims(source, output, chosen):
    """The codes that the gateway added to (0012,0064); one that was there before counts if it was asked for."""
    def codes(file):
        return collections.Counter(
            plain(e.raw).decode("ascii", "replace") for e in file.elements if e.path == (0x00120064,) and e.tag == 0x00080100
        )

    before, after = codes(source), codes(output)
    return {c for c in after if after[c] > before[c] or c in chosen | {BASIC}}


def plain(raw):
    """A value without its padding."""
    return raw.strip(b"\0 ")


def values(element):
    """The values of an element as text, decoded under its character set."""
    return [v.strip() for v in (element.texts() or plain(element.raw).decode("latin-1")).split("\\")]


def dates(element):
    """[(date, precision, the rest)] of a DA or DT; None for a value that is no date."""
    found = []
    for value in values(element):
        match = re.fullmatch(r"(\d{4})(?:(\d{2})(?:(\d{2})(.*))?)?", value)
        try:
            year, month, day, rest = match.groups() if match else (0, 0, 0, "")
            precision = 8 if day else 6 if month else 4
            if element.vr == "DA" and precision < 8:
                raise ValueError
            # Of a partial date the middle of the month, or of the year.
            found.append((datetime.date(int(year), int(month or 7), int(day or 15)), precision, rest or ""))
        except ValueError:
            found.append(None)
    return found


def _intervals(element, before):
    """Every number of days by which the source's values of this attribute may have been moved to give these."""
    possible = None
    for new in dates(element):
        here = set()
        for old in (d for e in before for d in dates(e)):
            if new is None or old is None or new[1:] != old[1:]:
                continue
            if new[1] == 8:
                here.add((old[0] - new[0]).days)
            else:
                # A partial date: every whole week that falls into the same month or year.
                spread = 31 if new[1] == 6 else 366
                middle = (old[0] - new[0]).days
                for days in range(middle - spread, middle + spread + 1):
                    moved = old[0] - datetime.timedelta(days)
                    if (moved.year, moved.month)[: new[1] // 2 - 1] == (new[0].year, new[0].month)[: new[1] // 2 - 1]:
                        here.add(days)
        possible = here if possible is None else possible & here
    return possible or set()


def shift(tables, active, before, output):
    """The intervals in days that fit every date of an output, and the dates that do not fit the others.

    `before` maps an attribute's key to its elements in the source.
    """
    fits, found = None, []
    for element in output.elements:
        if element.vr not in ("DA", "DT") or element.tag in PUBLIC_DATES or plain(element.raw) in DUMMIES:
            continue
        if tables.expected(element, active) == "K":
            continue
        here = {
            d for d in _intervals(element, before.get(element.key(), [])) if d % WEEK == 0 and SHORTEST <= d <= LONGEST
        }
        narrowed = here if fits is None else fits & here
        if narrowed:
            fits = narrowed
        else:
            found.append(("date not moved by the patient's interval", element.where()))
    return fits, found


def kept(element, before):
    """Whether a value is one that the source has in the same attribute, however it is encoded."""
    if plain(element.raw) in {plain(e.raw) for e in before}:
        return True
    return element.vr in ENCODED and values(element) in [values(e) for e in before]


def tokens(text):
    """The words of a text, every kanji and kana by itself, width and case folded."""
    found = []
    for token in TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()):
        found += list(token) if ord(token[0]) > 0x2E7F else [token]
    return found


def within(new, old):
    """Whether a text is made of words of another one, in their order."""
    rest = iter(tokens(old))
    return all(token in rest for token in tokens(new))


def cleaned(element, before):
    """Whether a text says nothing but words that the source has in the same attribute, in their order."""
    return plain(element.raw) in DUMMIES or any(within(" ".join(values(element)), " ".join(values(e))) for e in before)


def shortened(element, before, names):
    """Whether a code string lost no more than values that may be a person's: words of a name in the object, long numbers."""
    left = plain(element.raw).decode("latin-1").split("\\")

    def foreign(text):
        return bool(re.search(r"\d{6}", text) or names & set(tokens(text)))

    def same(came):
        kept = left + [""] * (len(came) - len(left))
        return len(kept) == len(came) and all(k == c or not k and foreign(c) for k, c in zip(kept, came, strict=True))

    return any(same(plain(e.raw).decode("latin-1").split("\\")) for e in before)


# {code: meanings} of the public coding schemes, as pydicom has them from PS3.16.
MEANINGS = collections.defaultdict(list)
for _codes in concepts.values():
    for _found in _codes.values():
        for _code, (_meaning, *_) in _found.items():
            MEANINGS[_code].append(_meaning)
# SNOMED codes in their older form mean the same.
for _old, _new in mapping["SRT"].items():
    MEANINGS[_old] += MEANINGS.get(_new, [])


def means(element, output):
    """Whether a Code Meaning is what PS3.16 says of the code that it stands beside, or that code itself."""
    code = next((values(e)[0] for e in output.elements if e.tag == 0x00080100 and (e.path, e.place) == (element.path, element.place)), "")
    meaning = values(element)[0]
    return bool(code) and (meaning == code or any(within(meaning, public) for public in MEANINGS.get(code, ())))


def _years(age):
    match = re.fullmatch(r"(\d{3})([DWMY])", age)
    return int(match.group(1)) / {"D": 365.25, "W": 52.18, "M": 12, "Y": 1}[match.group(2)] if match else None


def age(element, before, source):
    """What is wrong with an age: it may be as it was or in a band of ten years, 90 at most, or follow from the dates."""
    new = _years(plain(element.raw).decode("ascii", "replace"))
    if new is None:
        return "no age"
    if new > 90:
        return "an age over 90 years"
    old = [y for y in (_years(plain(e.raw).decode("ascii", "replace")) for e in before) if y is not None]
    born, seen = source.text(0x00100030), source.text(0x00080020)
    if re.fullmatch(r"\d{8}", born) and re.fullmatch(r"\d{8}", seen):
        old.append((int(seen) - int(born)) // 10000)
    if any(0 <= y - new < 11 or (y >= 90 and new == 90) for y in old):
        return None
    return "an age that does not follow from the source"


def allowed(action, element, before, source):
    """What is wrong with an element of which an option asks this action; nothing if it is as the option wants it."""
    if element.vr == "SQ":
        return None
    if element.tag == AGE:
        return age(element, before, source)
    if action == "K":
        return None if kept(element, before) else "changed, though an option keeps it"
    if element.vr == "TM":
        return None if kept(element, before) else "time changed"
    if element.vr in ("DA", "DT"):
        return None  # shift() has looked at it
    if element.vr in ENCODED or element.vr == "CS":
        return None if cleaned(element, before) else "says what the source does not"
    return "cannot be cleaned"


def missing(tables, active, source, output):
    """Attributes of the top level that a claimed option keeps, with a value in the source and none in the output.

    Not the age: one that says less than a year (`000Y`) cannot be told from a dummy. Not the dates of a device either:
    many patients have the same ones, so that they would tell by how much a date was moved.
    """
    there = {e.tag for e in output.elements if not e.path and (e.vr == "SQ" or plain(e.raw) not in DUMMIES)}
    found = []
    for element in source.elements:
        if element.path or element.tag in there or plain(element.raw) in DUMMIES or element.vr == "SQ" or element.tag == AGE:
            continue
        action, device = tables.expected(element, active), DEVICE in tables.options.get(element.tag, ())
        if action == "K" or (action == "C" and element.vr in TEMPORAL and not device):
            if valid(element):
                found.append(("an option keeps it, and it is gone", element.where()))
    return found


def valid(element):
    """Whether a value is what its VR says: a wrong one cannot be kept."""
    if element.vr in ("DA", "DT"):
        return all(
            d is not None and 1900 < d[0].year < 2100 and d[0].strftime("%Y%m%d") not in PLACEHOLDERS for d in dates(element)
        )
    pattern = {"TM": r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?", "AS": r"\d{3}[DWMY]", "DS": r"[-+0-9.eE ]{1,16}", "CS": r"[A-Z0-9_ ]{1,16}"}
    form = pattern.get(element.vr)
    return form is None or all(re.fullmatch(form, v) for v in values(element))


def safe_private(folder):
    """{(group, element within its block, creator): row} of Table E.3.10-1 and of the project's own list beside it."""
    found = {}
    for name in sorted(n for n in os.listdir(folder) if "private" in n and n.endswith(".csv")):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for row in csv.DictReader(line for line in file if not line.startswith("#")):
                tag = re.fullmatch(r"\(([0-9A-Fa-f]{4}),xx([0-9A-Fa-f]{2})\)", row["tag"])
                creator = row.get("private_creator") or row.get("creator")
                if tag and creator:
                    found[(int(tag.group(1), 16), int(tag.group(2), 16), creator.strip())] = row
    return found


# How Python's struct calls the numbers of a VR.
NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}


def formed(element, row):
    """Whether a value has the form that the project's own list gives it."""
    vrs, form = row["vr"].split("/"), row["form"]
    vr = vrs[0] if element.vr == "UN" else element.vr
    if vr not in vrs or form == "items":
        return vr in vrs and not element.raw
    span = re.fullmatch(r"(-?[\d.]+?)\.\.(-?[\d.]+)", form)
    low, high = map(float, span.groups()) if span else (0.0, 0.0)
    if vr in NUMBERS:
        kind = ("<" if element.little else ">") + NUMBERS[vr]
        if len(element.raw) % struct.calcsize(kind) or len(element.raw) // struct.calcsize(kind) > int(row["count"]):
            return False
        return all(low <= number <= high for (number,) in struct.iter_unpack(kind, element.raw))
    texts = [v.decode("latin-1") for v in element.raw.strip(b"\0 ").split(b"\\")] if element.raw else []
    texts = [text.strip("\0 ") for text in texts]
    if len(texts) > int(row["count"]):
        return False
    if span:
        number = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"
        return all(not t or (re.fullmatch(number, t) and low <= float(t) <= high) for t in texts)
    short = r"[-+]?\\d{1,4}(\\.\\d{1,4})?"
    words = [re.sub("#", short, re.escape(word).replace("\\#", "#")) for word in form.split("|")]
    return all(not t or any(re.fullmatch(word, t) for word in words) for t in texts)


def private(tables, element, before):
    """What is wrong with an element of an odd group under 113111."""
    group, number = element.tag >> 16, element.tag & 0xFFFF
    if 0x10 <= number <= 0xFF:
        name = plain(element.raw).decode("latin-1")
        known = any(g == group and c == name for g, _, c in tables.safe)
        return None if known else "private creator without a safe element"
    row = tables.safe.get((group, number & 0xFF, element.creator))
    if row is None:
        return "private element that neither Table E.3.10-1 nor our own list has"
    if "form" in row and not (formed(element, row) and (element.vr == "SQ" or kept(element, before))):
        return "private element that has not the form of our own list, or was changed"
    if element.vr in ("SQ", "DA", "DT", "UI") or kept(element, before):
        return None
    if element.vr in ENCODED and cleaned(element, before):
        return None
    return None if plain(element.raw) in DUMMIES else "private value changed"
