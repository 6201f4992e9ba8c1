#!/usr/bin/env python3
"""Shows that verify_output.py can fail: an object that was never de-identified, and one with a single fault each time.

The clean objects are written by hand here, one as the profile alone would have it and one under options, so the
verifier is tried without the gateway.
"""

import collections
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

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


def code(value, meaning="x", scheme="DCM"):
    """One item of a code sequence."""
    return item(element(0x00080100, "SH", value), element(0x00080102, "SH", scheme), element(0x00080104, "LO", meaning))


# What a scanner writes beside, for the options to judge.
BESIDE = (
    element(0x00082218, "SQ", code("123037004", "Anatomical Structure of Yamada", "SCT")),
    element(0x00181200, "DA", "20230101"),
    element(0x00190010, "LO", "GEMS_ACQU_01"), element(0x00191023, "DS", "4.5"), element(0x00191099, "DS", "7"),
    element(0x001910BB, "DS", "0.5"), element(0x001910BC, "DS", "19610717"),
)  # fmt: skip
# 100 weeks before the dates of the source.
MOVED, MOVED_CALIBRATION = "20220331", "20210131"
OPTIONS = ("113105", "113107", "113108", "113111")


def claims(*codes):
    """(0012,0064) with these codes."""
    return element(0x00120064, "SQ", b"".join(code(value) for value in ("113100", *codes)))


# The object under options, by what it has beside the clean one.
OPTIONED = {
    0x00120064: claims(*OPTIONS), 0x00280303: element(0x00280303, "CS", "MODIFIED"),
    **{tag: element(tag, "DA", MOVED) for tag in (0x00080012, 0x00080020, 0x00080021, 0x00080022, 0x00080023)},
    0x00080030: element(0x00080030, "TM", "101530"), 0x00181200: None,
    0x00082218: element(0x00082218, "SQ", code("123037004", "Body structure", "SCT")),
    0x0008103E: element(0x0008103E, "LO", "Axial 1.0"), 0x00081030: element(0x00081030, "LO", "Chest"),
    0x00100040: element(0x00100040, "CS", "M"), 0x00101010: element(0x00101010, "AS", "050Y"),
    0x00190010: element(0x00190010, "LO", "GEMS_ACQU_01"), 0x00191023: element(0x00191023, "DS", "4.5"),
}  # fmt: skip
# A word of the check that must find it, and the elements put in, replaced or (None) left out.
OPTION_FAULTS = (
    ("", {}),
    ("not moved by the patient's interval", {0x00080021: element(0x00080021, "DA", "20220330")}),
    ("not moved by the patient's interval", {t: element(t, "DA", "20240111") for t in OPTIONED if OPTIONED[t] and OPTIONED[t][4:6] == b"DA"}),
    ("not moved by the patient's interval", {0x00404005: element(0x00404005, "DT", "20220331101530")}),
    ("time changed", {0x00080030: element(0x00080030, "TM", "101531")}),
    ("no dummy", {0x00100030: element(0x00100030, "DA", "19680402")}),
    ("time changed", {0x00404011: element(0x00404011, "TM", "101530")}),
    ("says what the source does not", {0x0008103E: element(0x0008103E, "LO", "Axial 1.0 knee")}),
    ("says what the source does not", {0x0008103E: element(0x0008103E, "LO", "1.0 Axial")}),
    ("retained value changed", {0x00082218: element(0x00082218, "SQ", code("123037004", "Knee", "SCT"))}),
    ("identifier in text", {0x00081030: element(0x00081030, "LO", "Chest of Yamada")}),
    ("does not follow from the source", {0x00101010: element(0x00101010, "AS", "060Y")}),
    ("over 90 years", {0x00101010: element(0x00101010, "AS", "091Y")}),
    ("an option keeps it, and it is gone", {0x00100040: element(0x00100040, "CS", "")}),
    ("changed, though an option keeps it", {0x00100040: element(0x00100040, "CS", "F")}),
    ("an option keeps it, and it is gone", {0x00080022: None}),
    ("nobody asked for", {0x00120064: claims(*OPTIONS, "113110")}),
    ("113106 and 113107", {0x00120064: claims(*OPTIONS, "113106")}),
    ("not MODIFIED", {0x00280303: element(0x00280303, "CS", "REMOVED")}),
    ("nor our own list has", {0x00191099: element(0x00191099, "DS", "7")}),
    ("not the form of our own list", {0x001910BB: element(0x001910BB, "DS", "0.25")}),
    ("not the form of our own list", {0x001910BC: element(0x001910BC, "DS", "19610717")}),
    ("without a safe element", {0x00290010: element(0x00290010, "LO", "ZZ PRIVATE")}),
    ("private value changed", {0x00191023: element(0x00191023, "DS", "4.6")}),
    ("nor our own list has", {0x00190010: None}),
    ("odd group", {0x00120064: claims("113105", "113107", "113108")}),
    ("date kept", {0x00120064: claims("113105", "113108", "113111"), 0x00080022: element(0x00080022, "DA", "20240229")}),
    # The date of a device moves with nobody's: the profile's own action holds.
    ("E.1-1 X: present", {0x00181200: element(0x00181200, "DA", MOVED_CALIBRATION)}),
)


def clean(faults):
    """An object as it should leave, with elements put in, replaced or left out."""
    new = [f"2.25.{n}" for n in (101, 102, 103, 104)]
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
    elements.update(faults)
    data_set = b"".join(elements[tag] for tag in sorted(elements) if elements[tag])
    return made_up.meta(made_up.CT, new[0]).replace(element(0x00020016, "AE", "ZZSENDER"), element(0x00020016, "AE", "GATEWAY1")) + data_set


def verify(originals, outputs, *arguments):
    """Runs the verifier; its exit status and what it said."""
    script = os.path.join(gateway.PROJECT, "tests", "verify_output.py")
    said = subprocess.run(
        [sys.executable, script, originals, outputs, *arguments, *sys.argv[1:]], capture_output=True, text=True, check=False
    )
    if said.returncode == gateway.SKIPPED:
        print(said.stdout)
        sys.exit(gateway.SKIPPED)
    return said


def profile(folder, checks):
    """Every fault under the profile alone."""
    originals, outputs = os.path.join(folder, "in"), os.path.join(folder, "out")
    os.makedirs(originals)
    os.makedirs(outputs)
    made_up.write_ct(os.path.join(originals, "a.dcm"), "verify", 1, rows=64, columns=64, name=NAME.encode())
    for word, tag, fault in FAULTS:
        with open(os.path.join(outputs, "b.dcm"), "wb") as file:
            file.write(clean({tag: fault} if tag else {}))
        said = verify(originals, outputs, "--options", "")
        if word:
            held = checks.that(said.returncode == 1 and word in said.stdout, f"found: {word} ({tag:08X})")
        else:
            held = checks.that(said.returncode == 0, "the clean object is clean")
        if not held:
            print(said.stdout + said.stderr)


def tables(folder):
    """The project's tables, and of those that it may not have yet the rows that are needed here."""
    place = os.path.join(folder, "tables")
    shutil.copytree(os.path.join(gateway.PROJECT, "config", "tables"), place)
    rows = {
        "safe_private.csv": 'tag,private_creator,vr,meaning\n"(0019,xx23)",GEMS_ACQU_01,DS,Table Speed\n',
        "structured_content.csv": "code_meaning,code_value,scheme,value_type,basic,rtn_full_dates,rtn_modif_dates,clean_desc\n"
        "Accession Number,121022,DCM,TEXT,X,,,\nAcquisition Protocol,125203,DCM,TEXT,X,,,C\n",
    }
    for name, text in rows.items():
        if not any(name.split("_")[0] in existing for existing in os.listdir(place)):
            with open(os.path.join(place, name), "w", encoding="utf-8") as file:
                file.write(text)
    return place


def options(folder, checks):
    """Every fault under options, in one run: it is known which output was made of which file."""
    originals, outputs = os.path.join(folder, "options-in"), os.path.join(folder, "options-out")
    instance, body = made_up.ct("verify", 1, rows=64, columns=64, name=NAME.encode())
    at = body.index(element(0x0020000D, "UI", made_up.uid("verify", "ZZ-0000123", "study")))
    for number, (_, faults) in enumerate(OPTION_FAULTS):
        name = f"{number:02}.dcm"
        os.makedirs(os.path.join(outputs, name))
        os.makedirs(originals, exist_ok=True)
        with open(os.path.join(originals, name), "wb") as file:
            file.write(made_up.meta(made_up.CT, instance) + body[:at] + b"".join(BESIDE) + body[at:])
        with open(os.path.join(outputs, name, "out.dcm"), "wb") as file:
            file.write(clean({**OPTIONED, **faults}))
    asked = "modified_dates,clean_descriptors,retain_patient_characteristics,safe_private,device_identity,full_dates"
    said = verify(originals, outputs, "--options", asked, "--tables", tables(folder), "--no-dciodvfy", "--limit", "1000")
    lines = collections.defaultdict(list)
    for line in said.stdout.splitlines():
        if " from " in line:
            lines[line.split(" from ")[-1].split(" ")[0]].append(line)
    for number, (word, _) in enumerate(OPTION_FAULTS):
        found = lines[f"{number:02}.dcm"]
        if word:
            held = checks.that(any(word in line for line in found), f"found under options: {word}")
        else:
            held = checks.that(not found, "the clean object under options is clean")
        if not held:
            print("\n".join(found) + said.stderr)


def whole(checks):
    """What holds over all outputs together."""
    try:
        from support.whole import together
    except ImportError as missing:
        gateway.skip(f"python module {missing.name} is not installed")

    def fact(**other):
        usual = {"patient": "zz-0000123", "pseudonym": b"A", "intervals": {700}, "instance": ("1.1", "2.25.1"), "pairs": []}
        return SimpleNamespace(**{**usual, **other})

    second = ("1.2", "2.25.2")
    faults = (
        ("", fact(instance=second, pairs=[("(0008,1155)", "1.1", "2.25.1")])),
        ("two pseudonyms", fact(pseudonym=b"B")),
        ("two patients", fact(patient="zz-0000456")),
        ("two intervals", fact(intervals={707})),
        ("does not lead to", fact(instance=second, pairs=[("(0008,1155)", "1.1", "2.25.9")])),
        ("one replacement", fact(instance=second, pairs=[("(0008,1155)", "1.3", "2.25.1")])),
    )
    for word, other in faults:
        found = [f[0] for list_ in together([("a", fact()), ("b", other)]).values() for f in list_]
        checks.that(any(word in f for f in found) if word else not found, f"found over all: {word or 'nothing'}")


def content(folder, checks):
    """The content items of structured reports."""
    from pydicom.dataset import Dataset
    from support.content import structured
    from support.profile import Tables

    def concept(value):
        named = Dataset()
        named.CodeValue, named.CodingSchemeDesignator = value, "DCM"
        return [named]

    def report(**values):
        root, items = Dataset(), []
        for name, kind, keyword, value in (
            ("125203", "TEXT", "TextValue", "Chest of Yamada"), ("121022", "TEXT", "TextValue", "ZZACC00456"),
            ("121008", "PNAME", "PersonName", "Yamada^Tarou"), ("111060", "DATE", "Date", "20240229"),
            ("112039", "UIDREF", "UID", "1.2.3"), ("113764", "NUM", "MeasuredValueSequence", "4.5"),
        ):  # fmt: skip
            value = values.get(f"c{name}", value)
            if value is None:
                continue
            one = Dataset()
            one.ValueType, one.ConceptNameCodeSequence = kind, concept(name)
            if kind == "NUM":
                measured = Dataset()
                measured.NumericValue, measured.MeasurementUnitsCodeSequence = value, concept("mGy")
                value = [measured]
            setattr(one, keyword, value)
            items.append(one)
        root.ContentSequence = items
        return SimpleNamespace(dataset=root)

    good = {"c125203": "Chest", "c121022": None, "c121008": "", "c111060": "20220331", "c112039": "2.25.7"}
    faults = (
        ("", {}), ("present", {"c121022": "ZZACC00456"}), ("says what", {"c125203": "Chest knee"}),
        ("name kept", {"c121008": "Yamada^Tarou"}), ("date kept", {"c111060": "20240229"}),
        ("UID kept", {"c112039": "1.2.3"}), ("changed", {"c113764": "4.6"}),
    )  # fmt: skip
    known = Tables(os.path.join(folder, "tables"))
    for word, fault in faults:
        found = [f[0] for f in structured(known, {"113104", "113105", "113107"}, report(), report(**{**good, **fault}))]
        checks.that(any(word in f for f in found) if word else not found, f"found in content: {word or 'nothing'}")


def main():
    """Tries every fault."""
    folder, checks = gateway.temporary("verifier"), gateway.Checks()
    profile(folder, checks)
    options(folder, checks)
    whole(checks)
    content(folder, checks)
    shutil.rmtree(folder)
    checks.exit()


if __name__ == "__main__":
    main()
