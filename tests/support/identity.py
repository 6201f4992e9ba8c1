"""What in an object tells whose it is, every form in which it could be written again, and the search for those forms.

Written from PS3.15 E.1.1 and the naming rules of Japan (families first, kanji beside kana, several romanisations),
without a look at the gateway's own code.
"""

import re
import unicodedata

from support.elements import BINARY, PIXELS, TEXT

# Attributes, beside all of VR PN, whose value is an identifier: numbers, places, people's organisations, stations.
IDENTIFIERS = {
    0x00020016, 0x00020017, 0x00020018, 0x00080050, 0x00080055, 0x00080080, 0x00080081, 0x00080092, 0x00080094,
    0x00081010, 0x00081040, 0x00100020, 0x00100021, 0x00101000, 0x00101040, 0x00101080, 0x00101081, 0x00101090,
    0x00102154, 0x00102155, 0x00102299, 0x00120030, 0x00120031, 0x00120040, 0x00120042, 0x00181000, 0x00181002,
    0x00200010, 0x00321020, 0x00321021, 0x00321033, 0x00380010, 0x00380011, 0x00380060, 0x00380061, 0x00380300,
    0x00380400, 0x00400001, 0x00400009, 0x00400010, 0x00400011, 0x00400241, 0x00400242, 0x00400243, 0x00400253,
    0x00401001, 0x00402001, 0x00402008, 0x00402009, 0x00402010, 0x00402016, 0x00402017, 0x0040A027, 0x30020020,
}  # fmt: skip
DATES_OF_BIRTH = {0x00100030, 0x00100033, 0x00100034, 0x00100035}
# UIDs that name a kind of thing, never a thing.
STRUCTURAL_UIDS = {
    0x00020002, 0x00020010, 0x00020012, 0x00080016, 0x0008001A, 0x0008001B, 0x00080062, 0x00081150, 0x0008115A,
    0x00083002, 0x0008040E, 0x00340003, 0x04000010, 0x04000510, 0x0008010C, 0x0008010D, 0x00080117, 0x00080118,
}  # fmt: skip
# What de-identified objects have in place of a value: these words identify nobody. Numbers of zeros likewise.
PLACEHOLDERS = {
    "anonymized", "anonymised", "anonymous", "anon", "unknown", "none", "null", "nil", "removed", "deidentified",
    "de-identified", "no name", "no name given", "noname", "unnamed", "n/a", "na", "not available", "test", "patient",
    "name", "no", "yes", "id", "dicom", "hidden", "undefined", "empty", "default", "any", "other", "blank", "xxxx",
}  # fmt: skip
VARIANTS = str.maketrans("髙﨑邉邊齋齊斎濵德廣澤櫻國眞嶋冨", "高崎辺辺斉斉斉浜徳広沢桜国真島富")
# An institution of this name is no hospital: the maker wrote its own name there, as it does into Manufacturer. So is a
# station that is called just as its maker.
MAKERS = {"toshiba", "siemens", "philips", "ge", "canon", "hitachi", "fujifilm", "shimadzu", "medical", "systems", "healthcare"}
CODECS = ("utf-8", "shift_jis", "euc_jp", "iso2022_jp_2", "utf-16-le", "utf-16-be", "iso8859_1")
KANA = {
    "ア": "a", "イ": "i", "ウ": "u", "エ": "e", "オ": "o", "カ": "ka", "キ": "ki", "ク": "ku", "ケ": "ke", "コ": "ko",
    "サ": "sa", "シ": "shi", "ス": "su", "セ": "se", "ソ": "so", "タ": "ta", "チ": "chi", "ツ": "tsu", "テ": "te",
    "ト": "to", "ナ": "na", "ニ": "ni", "ヌ": "nu", "ネ": "ne", "ノ": "no", "ハ": "ha", "ヒ": "hi", "フ": "fu",
    "ヘ": "he", "ホ": "ho", "マ": "ma", "ミ": "mi", "ム": "mu", "メ": "me", "モ": "mo", "ヤ": "ya", "ユ": "yu",
    "ヨ": "yo", "ラ": "ra", "リ": "ri", "ル": "ru", "レ": "re", "ロ": "ro", "ワ": "wa", "ヲ": "o", "ン": "n",
    "ガ": "ga", "ギ": "gi", "グ": "gu", "ゲ": "ge", "ゴ": "go", "ザ": "za", "ジ": "ji", "ズ": "zu", "ゼ": "ze",
    "ゾ": "zo", "ダ": "da", "ヂ": "ji", "ヅ": "zu", "デ": "de", "ド": "do", "バ": "ba", "ビ": "bi", "ブ": "bu",
    "ベ": "be", "ボ": "bo", "パ": "pa", "ピ": "pi", "プ": "pu", "ペ": "pe", "ポ": "po",
}  # fmt: skip
KUNREI = (("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("fu", "hu"), ("ji", "zi"), ("sh", "sy"), ("ch", "ty"), ("j", "zy"))


def normal(text):
    """Width, case, kana and variant kanji folded: what a reader takes for the same."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(VARIANTS)
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text)


def romaji(kana):
    """The romanisations of a katakana word; none if it is not one."""
    plain, at = "", 0
    while at < len(kana):
        c, following = kana[at], kana[at + 1 : at + 2]
        if c == "ッ":
            following = KANA.get(following, "")
            plain += following[:1]
        elif c == "ー":
            plain += plain[-1:]
        elif following in ("ャ", "ュ", "ョ") and c in KANA:
            head, tail = KANA[c][:-1], {"ャ": "a", "ュ": "u", "ョ": "o"}[following]
            plain += head + ("" if head in ("sh", "ch", "j") else "y") + tail
            at += 1
        elif c in KANA:
            plain += KANA[c]
        else:
            return set()
        at += 1
    forms = {plain}
    kunrei = plain
    for hepburn, other in KUNREI:
        kunrei = kunrei.replace(hepburn, other)
    forms.add(kunrei)
    for form in list(forms):
        forms |= {form.replace("ou", "o").replace("oo", "o").replace("uu", "u"), form.replace("ou", "oh")}
        forms.add(re.sub("n(?=[bmp])", "m", form))
    return {form for form in forms if len(form) >= 4}


def _wide(text):
    return any(ord(c) > 0x2E7F for c in text)


def _worth(term):
    """Whether a term is long enough to mean somebody, and is not a placeholder."""
    bare = term.strip(" ^=.-_")
    if bare.casefold() in PLACEHOLDERS or not any(c.isalnum() for c in bare) or set(bare) <= set("0 .-^/xX"):
        return False
    return len(bare) >= (2 if _wide(bare) else 4)


def name_terms(text):
    """All forms of one person name."""
    terms = set()
    for group in text.split("="):
        parts = [p.strip() for p in re.split(r"[\^\s　,]+", group) if p.strip()]
        terms |= set(parts)
        for a, b in zip(parts, parts[1:]):
            terms |= {a + b, b + a, f"{a} {b}", f"{b} {a}", f"{a}^{b}", f"{a}　{b}"}
        terms.add(group.strip(" ^"))
        for part in parts:
            terms |= romaji(normal(part))
    return terms


def date_terms(text):
    """The forms of a date of birth, of the calendar of Japan too."""
    match = re.fullmatch(r"(\d{4})[./-]?(\d{2})[./-]?(\d{2})", text.strip())
    if not match or match.group(1) in ("0000", "1900"):
        return {text} if _wide(text) else set()
    y, m, d = (int(g) for g in match.groups())
    terms = {f"{y:04}{s}{m:02}{s}{d:02}" for s in ("", "-", "/", ".")} | {f"{y}年{m}月{d}日"}
    for era, letter, start, last in (("明治", "M", 1868, 1912), ("大正", "T", 1912, 1926), ("昭和", "S", 1926, 1989), ("平成", "H", 1989, 2019), ("令和", "R", 2019, 9999)):
        if start <= y <= last:
            n = y - start + 1
            terms |= {f"{era}{n}年{m}月{d}日", f"{letter}{n:02}{m:02}{d:02}", f"{letter}{n}.{m}.{d}"}
    return terms


class Identity:
    """The identifiers of one source object."""

    def __init__(self, file):
        self.uids, self.terms = set(), set()
        structural = set()
        makers = (e.texts() for e in file.elements if e.tag == 0x00080070 and not e.path)
        device = set(normal(" ".join(makers)).replace("_", " ").split())
        for element in (*file.meta, *file.elements):
            if element.vr == "UI":
                for value in element.raw.decode("ascii", "replace").split("\\"):
                    value = value.strip("\0 ")
                    if element.tag in STRUCTURAL_UIDS or element.tag in (0x00020012,):
                        structural.add(value)
                    elif len(value) >= 8 and not value.startswith("1.2.840.10008."):
                        self.uids.add(value)
            elif element.vr == "PN":
                for text in element.readings():
                    for value in text.split("\\"):
                        self.terms |= name_terms(value)
            elif element.tag in DATES_OF_BIRTH:
                for text in element.readings():
                    self.terms |= date_terms(text)
            elif element.tag in IDENTIFIERS and element.vr in TEXT:
                for text in element.readings():
                    words = set(normal(text).replace("_", " ").split())
                    if element.tag in (0x00080080, 0x00081010) and (words <= MAKERS or words == device):
                        continue
                    self.terms |= {v.strip() for v in text.split("\\")} | {text}
        self.uids -= structural
        self.terms = {t for t in self.terms if _worth(t)}
        self.normal = {n for n in (normal(t) for t in self.terms) if _worth(n)}

    def patterns(self):
        """(term, bytes) of every term in every encoding, lower case where ASCII; the same bytes once."""
        known = set()
        for term in sorted(self.terms | self.normal):
            for codec in CODECS:
                try:
                    raw = term.encode(codec)
                except UnicodeEncodeError:
                    continue
                if codec == "iso2022_jp_2":
                    raw = re.sub(rb"^\x1b\$[B@]|\x1b\([BJ]$", b"", raw)
                raw = raw.lower()
                if len(raw) >= 4 and raw not in known:
                    known.add(raw)
                    yield term, raw


def _bounded(haystack, needle, letters):
    """Where `needle` stands in `haystack` as a word of its own; -1 if nowhere. `letters` says what belongs to a word."""
    at = haystack.find(needle)
    while at >= 0:
        before, after = haystack[at - 1 : at] if at else needle[:0], haystack[at + len(needle) : at + len(needle) + 1]
        joined = (letters(before) and letters(needle[:1])) or (letters(after) and letters(needle[-1:]))
        if not joined:
            return at
        at = haystack.find(needle, at + 1)
    return -1


def _letter(c):
    return bool(c) and c.isascii() and c.isalnum()


def _digit(c):
    return bool(c) and (c.isdigit() or c in (b".", "."))


def echoes(identity, output):
    """(kind, where, term) for every identifier of the source that the output still has."""
    found = []
    body = output.bytes
    for uid in identity.uids:
        if _bounded(body, uid.encode("ascii", "replace"), _digit) >= 0:
            found.append(("original UID", "bytes", uid))
    for element in (*output.meta, *output.elements):
        if element.vr not in TEXT or element.vr in ("UI", "DS", "IS", "TM", "AS") or not element.raw:
            continue
        for text in element.readings():
            folded = normal(text)
            for term in identity.normal:
                if _bounded(folded, term, _letter) >= 0:
                    found.append(("identifier in text", element.where(), term))
    rest = body
    for element in output.elements:
        if element.tag in PIXELS and len(element.raw) > 16:
            rest = rest.replace(element.raw, b"    ", 1)  # nothing reads across it
    binary = [e for e in output.elements if e.vr in BINARY and e.tag not in PIXELS]
    low, pixels = rest.lower(), output.pixels.lower()
    for term, raw in identity.patterns():
        if raw in low and _bounded(low, raw, _letter) >= 0 and not any(f[2] in (term, normal(term)) for f in found):
            where = next((e.where() for e in binary if raw in e.raw.lower()), "bytes")
            found.append(("identifier in bytes", where, term))
        # Samples of 16 bits between 48 and 57 look like digits in UTF-16: a word must be long to be one.
        if len(raw) >= 8 and (len(term) >= 8 or b"\0" not in raw) and raw in pixels:
            found.append(("identifier in pixel bytes", "(7FE0,0010)", term))
    return found
