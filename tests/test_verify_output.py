#!/usr/bin/env python3
"""Shows that verify_output.py can fail: an object that was never de-identified, and one with a single fault each time.

The clean object is written by hand here, so the verifier is tried without the gateway.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import gateway, made_up  # noqa: E402
from support.made_up import element, item  # noqa: E402

NAME = "Yamada^Tarou=山田^太郎=やまだ^たろう"
# What may not be, each with a word of the check that must find it.
FAULTS = (
    ("", None, None),
    ("identifier in text", 0x00181030, element(0x00181030, "LO", "brain 山田".encode())),
    ("identifier in text", 0x00181030, element(0x00181030, "LO", "brain yamada 3mm".encode())),
    ("identifier in text", 0x00181030, element(0x00181030, "LO", "ﾀﾛｳ".encode())),
    ("identifier in text", 0x00181030, element(0x00181030, "LO", "born S45.3.2".encode())),
    ("identifier in bytes", 0x00281101, element(0x00281101, "OW", "..山田 太郎..".encode("shift_jis"))),
    ("original UID", 0x00181030, element(0x00181030, "LO", made_up.uid("verify", "ZZ-0000123", "study"))),
    ("odd group", 0x00290010, element(0x00290010, "LO", "ZZ PRIVATE")),
    ("curve or overlay", 0x60000010, element(0x60000010, "US", b"\1\0")),
    ("VR UN", 0x00289999, element(0x00289999, "UN", b"\1\2")),
    ("E.1-1 X", 0x00081030, element(0x00081030, "LO", "knee")),
    ("supplementary rule", 0x00100033, element(0x00100033, "LO", "1")),
    ("supplementary rule", 0x00880200, element(0x00880200, "SQ", b"")),
    ("date kept", 0x0018A002, element(0x0018A002, "DT", "20240229")),
    ("marker", 0x00120062, element(0x00120062, "CS", "NO")),
    ("marker", 0x00280301, element(0x00280301, "CS", "NO")),
    ("matches no source", 0x00280010, made_up.short(0x00280010, 32)),
    ("retained value changed", 0x00180060, element(0x00180060, "DS", "80")),
    ("group length", 0x00080000, element(0x00080000, "UL", bytes(4))),
)


def clean(fault_tag, fault):
    """An object as it should leave, with one element put in or replaced."""
    new = [f"2.25.{n}" for n in (101, 102, 103, 104)]
    code = lambda value: item(element(0x00080100, "SH", value), element(0x00080102, "SH", "DCM"), element(0x00080104, "LO", "x"))  # noqa: E731
    _, body = made_up.ct("verify", 1, rows=64, columns=64, name=NAME.encode())
    pixels = body[body.index(element(0x7FE00010, "OW", bytes(8192))[:8]) :]
    elements = {
        0x00080005: element(0x00080005, "CS", "ISO_IR 192"), 0x00080008: element(0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"),
        0x00080016: element(0x00080016, "UI", made_up.CT), 0x00080018: element(0x00080018, "UI", new[0]),
        0x00080020: element(0x00080020, "DA", ""), 0x00080023: element(0x00080023, "DA", "19000101"),
        0x00080030: element(0x00080030, "TM", ""), 0x00080050: element(0x00080050, "SH", ""),
        0x00080060: element(0x00080060, "CS", "CT"), 0x00080070: element(0x00080070, "LO", "MADE UP"),
        0x00080090: element(0x00080090, "PN", ""), 0x00100010: element(0x00100010, "PN", ""),
        0x00100020: element(0x00100020, "LO", "A7K3MPQ2WXY"), 0x00100030: element(0x00100030, "DA", ""),
        0x00100040: element(0x00100040, "CS", ""), 0x00120062: element(0x00120062, "CS", "YES"),
        0x00120063: element(0x00120063, "LO", "made by hand"), 0x00120064: element(0x00120064, "SQ", code("113100")),
        0x00180050: element(0x00180050, "DS", "1.0"), 0x00180060: element(0x00180060, "DS", "120"),
        0x0018A001: element(0x0018A001, "SQ", item(element(0x00080070, "LO", "x"), element(0x0040A170, "SQ", code("109104")))),
        0x0020000D: element(0x0020000D, "UI", new[1]), 0x0020000E: element(0x0020000E, "UI", new[2]),
        0x00200010: element(0x00200010, "SH", ""), 0x00200011: element(0x00200011, "IS", "3"),
        0x00180015: element(0x00180015, "CS", "CHEST"), 0x00200012: element(0x00200012, "IS", "1"),
        0x00200013: element(0x00200013, "IS", "1"), 0x00200032: element(0x00200032, "DS", "-150\\-150\\1"),
        0x00200037: element(0x00200037, "DS", "1\\0\\0\\0\\1\\0"), 0x00200052: element(0x00200052, "UI", new[3]),
        0x00201040: element(0x00201040, "LO", ""), 0x00280002: made_up.short(0x00280002, 1),
        0x00280004: element(0x00280004, "CS", "MONOCHROME2"), 0x00280010: made_up.short(0x00280010, 64),
        0x00280011: made_up.short(0x00280011, 64), 0x00280030: element(0x00280030, "DS", "0.5\\0.5"),
        0x00280100: made_up.short(0x00280100, 16), 0x00280101: made_up.short(0x00280101, 12),
        0x00280102: made_up.short(0x00280102, 11), 0x00280103: made_up.short(0x00280103, 0),
        0x00280303: element(0x00280303, "CS", "REMOVED"), 0x00281052: element(0x00281052, "DS", "-1024"),
        0x00281053: element(0x00281053, "DS", "1"), 0x7FE00010: pixels,
    }  # fmt: skip
    if fault_tag:
        elements[fault_tag] = fault
    data_set = b"".join(elements[tag] for tag in sorted(elements))
    return made_up.meta(made_up.CT, new[0]).replace(element(0x00020016, "AE", "ZZSENDER"), element(0x00020016, "AE", "GATEWAY1")) + data_set


def main():
    """Tries every fault."""
    folder, checks = gateway.temporary("verifier"), gateway.Checks()
    originals, outputs = os.path.join(folder, "in"), os.path.join(folder, "out")
    os.makedirs(originals)
    os.makedirs(outputs)
    made_up.write_ct(os.path.join(originals, "a.dcm"), "verify", 1, rows=64, columns=64, name=NAME.encode())
    for word, tag, fault in FAULTS:
        with open(os.path.join(outputs, "b.dcm"), "wb") as file:
            file.write(clean(tag, fault))
        script = os.path.join(gateway.PROJECT, "tests", "verify_output.py")
        said = subprocess.run(
            [sys.executable, script, originals, outputs, *sys.argv[1:]], capture_output=True, text=True, check=False
        )
        if said.returncode == gateway.SKIPPED:
            print(said.stdout)
            sys.exit(gateway.SKIPPED)
        if word:
            held = checks.that(said.returncode == 1 and word in said.stdout, f"found: {word} ({tag:08X})")
        else:
            held = checks.that(said.returncode == 0, "the clean object is clean")
        if not held:
            print(said.stdout + said.stderr)
    gateway.shutil.rmtree(folder)
    checks.exit()


if __name__ == "__main__":
    main()
