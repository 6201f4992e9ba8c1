#!/usr/bin/env python3
"""Decodes text with pydicom and prints one JSON line for each: the other opinion of tests/charsets.rs.

usage: decode_texts.py files
       decode_texts.py vectors SEED COUNT

`files` prints the character set files that come with pydicom: `{"file": PATH, "texts": [[path, text], …]}`, one entry
for each element that (0008,0005) applies to. `vectors` prints made-up values, COUNT for each way of declaring:
`{"charset", "vr", "hex", "text"}`, `text` being what pydicom reads, and `meant` what was encoded. Values of an element
are joined by `\\`, without their padding.
"""

import json
import random
import sys
import warnings
from pathlib import Path

try:
    import pydicom
    from pydicom.charset import convert_encodings, decode_bytes
    from pydicom.data import get_charset_files
    from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR, TEXT_VR_DELIMS
    from pydicom.values import convert_PN, convert_single_string, convert_text
except ImportError:
    sys.exit(77)

TEXT_VRS = {str(vr.value) for vr in CUSTOMIZABLE_CHARSET_VR} | {"PN"}


def joined(value):
    """One or more values as one text."""
    many = isinstance(value, (list, pydicom.multival.MultiValue))
    return "\\".join(str(v).rstrip("\0 ") for v in (value if many else [value]))


def texts(dataset, prefix, out):
    """Appends the texts of a data set, in the order of the file."""
    for element in dataset:
        path = f"{prefix}{int(element.tag):08X}"
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                texts(item, f"{path}[{number}]", out)
        elif element.VR in TEXT_VRS:
            out.append([path, joined("" if element.value is None else element.value)])


def files():
    """The files that pydicom brings."""
    for path in sorted(set(map(str, get_charset_files("*.dcm")))):
        out = []
        dataset = pydicom.dcmread(path, force=True)
        dataset.decode()
        texts(dataset, "", out)
        print(json.dumps({"file": str(Path(path)), "texts": out}))


def read(charset, vr, value):
    """What pydicom reads; None where it fails."""
    encodings = convert_encodings(charset.split("\\"))
    try:
        if vr == "PN":
            return joined(convert_PN(value, encodings))
        if vr in ("ST", "LT", "UT"):
            return joined(convert_single_string(value, encodings, None))
        return joined(convert_text(value, encodings, None))
    except Exception:
        return None


def repertoire(codec, wide):
    """The characters of a Python codec that take `wide` bytes, by its own reckoning; none that divides values."""
    found = []
    for scalar in range(0xA0, 0x10000):
        if 0xD800 <= scalar <= 0xDFFF or 0xE000 <= scalar <= 0xF8FF:
            continue
        try:
            coded = chr(scalar).encode(codec)
        except UnicodeError:
            continue
        if len(coded) in wide:
            found.append(chr(scalar))
    return found


def designated(codec, start, end):
    """Encodes with a stateful codec of Python, and turns its way back into the one that DICOM wants."""

    def encode(text):
        coded = text.encode(codec)
        if not coded.startswith(start) or coded.count(b"\x1b") != 2 or not coded.endswith(b"\x1b(B"):
            raise UnicodeEncodeError(codec, text, 0, 1, "not in this set alone")
        return coded[:-3] + end

    return encode


def after(escape, codec):
    """Encodes with a codec of the upper half, behind its designation."""
    return lambda text: escape + text.encode(codec)


ROMAJI, ASCII = b"\x1b(J", b"\x1b(B"
KANA = [chr(c) for c in range(0xFF61, 0xFFA0)]
KANJI = repertoire("iso2022_jp", {8})
JIS_X_0212 = [c for c in repertoire("iso2022_jp_2", {9}) if c not in set(KANJI)]
ONE_BYTE = {100: "latin_1", 101: "iso8859_2", 109: "iso8859_3", 110: "iso8859_4", 126: "iso8859_7", 127: "iso8859_6",
            138: "iso8859_8", 144: "iso8859_5", 148: "iso8859_9", 166: "iso8859_11", 203: "iso8859_15"}
LETTER = {100: "A", 101: "B", 109: "C", 110: "D", 126: "F", 127: "G", 138: "H", 144: "L", 148: "M", 166: "T", 203: "b"}


def ways():
    """Each way of declaring: (0008,0005), then pairs of characters and how they are encoded, the first of them from the
    start of a value."""
    ascii_ = ([chr(c) for c in range(0x20, 0x7F) if chr(c) not in "\\^=~"], lambda text: text.encode("ascii"))
    kana = (KANA, lambda text: text.encode("shift_jis"))
    jis = (KANJI, designated("iso2022_jp", b"\x1b$B", ASCII))
    jis_romaji = (KANJI, designated("iso2022_jp", b"\x1b$B", ROMAJI))
    more = (JIS_X_0212, designated("iso2022_jp_2", b"\x1b$(D", ASCII))
    more_romaji = (JIS_X_0212, designated("iso2022_jp_2", b"\x1b$(D", ROMAJI))
    hangul = (repertoire("euc_kr", {2}), after(b"\x1b$)C", "euc_kr"))
    hanzi = (repertoire("gb2312", {2}), after(b"\x1b$)A", "gb2312"))
    yield "ISO_IR 13", [ascii_, kana]
    yield "\\ISO 2022 IR 87", [ascii_, jis]
    yield "ISO 2022 IR 13\\ISO 2022 IR 87", [ascii_, kana, jis_romaji]
    yield "\\ISO 2022 IR 159", [ascii_, more]
    yield "ISO 2022 IR 6\\ISO 2022 IR 87\\ISO 2022 IR 159", [ascii_, jis, more]
    yield "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159", [ascii_, kana, jis_romaji, more_romaji]
    yield "\\ISO 2022 IR 149", [ascii_, hangul]
    yield "\\ISO 2022 IR 58", [ascii_, hanzi]
    anything = [chr(c) for c in (*range(0xA0, 0xD800), *range(0xF900, 0xFFFD), *range(0x20000, 0x20100))]
    yield "ISO_IR 192", [ascii_, (anything, lambda text: text.encode("utf_8"))]
    yield "GB18030", [ascii_, (anything, lambda text: text.encode("gb18030"))]
    yield "GBK", [ascii_, (repertoire("gbk", {2}), lambda text: text.encode("gbk"))]
    for number, codec in ONE_BYTE.items():
        high = (repertoire(codec, {1}), lambda text, codec=codec: text.encode(codec))
        yield f"ISO_IR {number}", [ascii_, high]
        other = 126 if number != 126 else 144
        first, second = ((repertoire(ONE_BYTE[n], {1}), after(b"\x1b-" + LETTER[n].encode(), ONE_BYTE[n]))
                         for n in (number, other))
        yield f"ISO 2022 IR {number}\\ISO 2022 IR {other}", [ascii_, first, second]
    # Misspelt as they are met.
    yield "ISO-IR 144", [ascii_, (repertoire("iso8859_5", {1}), lambda text: text.encode("iso8859_5"))]
    yield "\\ISO_2022_IR_87", [ascii_, jis]
    yield "ISO 2022 IR 6\\ISO-2022-IR 149", [ascii_, hangul]


def piece(pick, sets):
    """Text of one or more sets, and its bytes."""
    text, coded = "", b""
    while not text:
        for characters, encode in pick.sample(sets, pick.randint(1, len(sets))):
            run = "".join(pick.choices(characters, k=pick.randint(1, 5)))
            try:
                coded += encode(run)
            except UnicodeError:
                continue
            text += run
    return text, coded


def vectors(seed, count):
    """Names of three groups, lists of values, and lines of text."""
    pick = random.Random(seed)
    for charset, sets in ways():
        for _ in range(count):
            for vr, separators in (("PN", "^="), ("LO", "\\"), ("LT", ["\r\n", "\t", "\f"])):
                parts, coded = piece(pick, sets)
                marks = ["^", "=", "^", "=", "^"] if vr == "PN" else pick.choices(separators, k=pick.randint(0, 3))
                for mark in marks:
                    text, more = piece(pick, sets)
                    parts, coded = parts + mark + text, coded + mark.encode() + more
                parts = "\\".join(p.rstrip(" ") for p in parts.split("\\"))
                said = read(charset, vr, coded)
                print(json.dumps({"charset": charset, "vr": vr, "hex": coded.hex(), "text": said, "meant": parts}))


def main():
    """What was asked for."""
    warnings.simplefilter("ignore")
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    if sys.argv[1] == "files":
        files()
    else:
        vectors(int(sys.argv[2]), int(sys.argv[3]))


if __name__ == "__main__":
    main()
