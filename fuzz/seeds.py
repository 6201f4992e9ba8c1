#!/usr/bin/env python3
"""Writes made-up inputs into fuzz/corpus, for the fuzzer to begin with. Every value is invented."""

import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from support import made_up  # noqa: E402

DECLARED = ["", "ISO_IR 13", "ISO_IR 100", "ISO_IR 166", "ISO_IR 192", "GB18030", "GBK", "\\ISO 2022 IR 87",
            "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159", "\\ISO 2022 IR 149", "\\ISO 2022 IR 58",
            "ISO 2022 IR 100\\ISO 2022 IR 126", "ISO-IR 100", "KLINGON"]
NAME = "Yamada^Tarou=山田^太郎=やまだ^たろう"
# A name in three groups, kanji with 0x5C, half-width kana, JIS X 0212, hangul, hanzi, Greek and Latin, a GB18030 quartet.
VALUES = [NAME.encode("iso2022_jp"), NAME.encode(), NAME.encode("shift_jis"), NAME.encode("euc_jp"),
          b"\x1b$B3\\\x1b(B\\B", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J\\\xb1~", b"\x1b$(D0!\x1b(B",
          b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", b"\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab",
          b"\x1b-F\xc4\r\n\xc4\x1b-A\xe9\t", "頭部単純 山田様".encode("iso2022_jp"), b"CT CHEST YAMADA 5.0",
          b"\xd5\x5c\\\x81\x30\x81\x30", b"plain\\text\0", b"\x1b$@;3\x1b(I1\x1b"]


def nested(depth, encoding):
    """Sequences in sequences."""
    body = b""
    for level in range(depth):
        tag, length = (0x0040A730, len(body) + 8)
        item = struct.pack(encoding + "HHI", 0xFFFE, 0xE000, len(body)) + body
        head = struct.pack(encoding + "HH", tag >> 16, tag & 0xFFFF)
        body = head + b"SQ" + struct.pack(encoding + "HI", 0, length) + item
        if level == 2:  # one of undefined length
            body = head + b"SQ\0\0\xff\xff\xff\xff" + item + struct.pack(encoding + "HHI", 0xFFFE, 0xE0DD, 0)
    return body


def element(tag, vr, value):
    """As in made_up, for bytes."""
    return made_up.element(tag, vr, value)


def objects():
    """Data sets of Explicit VR Little Endian."""
    yield made_up.ct_header("fuzz", 1)[1]
    instance = element(0x00080018, "UI", "1.2.392.99999.7.1")
    for sop_class in ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.128", "1.2.840.10008.5.1.4.1.1.88.33",
                      "1.2.840.10008.5.1.4.1.1.481.5", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.3"):
        yield element(0x00080016, "UI", sop_class) + instance + made_up.element(0x00080060, "CS", "CT")
    for declared in DECLARED:
        for value in VALUES:
            yield b"".join((
                element(0x00080005, "CS", declared), element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"), instance,
                element(0x00080070, "LO", value), element(0x0008103E, "LO", value), element(0x00100010, "PN", value),
                element(0x00181016, "UN", value), element(0x00200060, "CS", value),
                element(0x00283010, "SQ", made_up.item(
                    element(0x00080005, "CS", "ISO_IR 192"), element(0x00283003, "LO", value)))))
    code = element(0x00080100, "SH", "ZZ1") + element(0x00080102, "SH", "99ZZ") + element(0x00080104, "LO", "a code")
    yield instance + element(0x00081111, "SQ", made_up.item(element(0x00081155, "UI", "1.2.3"))) \
        + element(0x00120064, "SQ", made_up.item(code)) + element(0x0040A730, "SQ", made_up.item(
            element(0x0040A040, "CS", "TEXT") + element(0x0040A043, "SQ", made_up.item(code))
            + element(0x0040A160, "UT", "made up")))
    yield instance + element(0x00090010, "LO", "ZZ") + element(0x00091001, "UN", b"x" * 9) + nested(5, "<")
    yield instance + struct.pack("<HH", 0x7FE0, 0x0010) + b"OB\0\0\xff\xff\xff\xff" \
        + struct.pack("<HHI", 0xFFFE, 0xE000, 0) + struct.pack("<HHI", 0xFFFE, 0xE000, 2) + b"\xff\xd8" \
        + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    # CP-246: implicit items in a UN of undefined length.
    yield instance + struct.pack("<HH", 0x0040, 0xA730) + b"UN\0\0\xff\xff\xff\xff" + struct.pack("<HHI", 0xFFFE, 0xE000, 12) \
        + struct.pack("<HHI", 0x0040, 0xA040, 4) + b"TEXT" + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def implicit(data):
    """The elements of the top level in Implicit VR, sequences left out."""
    out, at = b"", 0
    while at + 8 <= len(data):
        tag, vr = data[at:at + 4], data[at + 4:at + 6].decode()
        long = vr in made_up.LONG
        length = struct.unpack_from("<I" if long else "<H", data, at + (8 if long else 6))[0]
        at += 12 if long else 8
        if vr == "SQ" or length == 0xFFFFFFFF:
            break
        out += tag + struct.pack("<I", length) + data[at:at + length]
        at += length
    return out


def main():
    """Fills the three corpora."""
    made = {"tokenizer": [], "charset": [], "engine": []}
    for data in objects():
        made["tokenizer"].append(bytes([1, 32, 255, 7]) + data)
        number = len(made["engine"]) // 2  # each object under another option, and a third under most of them
        made["engine"].append(bytes([1, number % 11 if number % 3 else 11 + number % 2]) + data)
        made["engine"].append(bytes([0, 11]) + implicit(data))
    made["tokenizer"].append(bytes([2, 32, 255, 3]) + nested(6, ">"))
    for declared in DECLARED:
        for value in VALUES:
            made["charset"].append(bytes([len(declared)]) + declared.encode() + value)
    for target, inputs in made.items():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            (folder / f"seed-{number:03}").write_bytes(data)
        print(f"{target}: {len(inputs)}")


if __name__ == "__main__":
    main()
