"""Made-up objects: explicit little endian Part 10 files written byte by byte, no library needed.

Every value is invented. Patients are `Yamada^Tarou` and his like, with the ID `ZZ-0000123` and others of that form.
"""

import hashlib
import random
import struct

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
ROOT = "1.2.826.0.1.3680043.10.999"
LONG = {"OB", "OW", "UN", "SQ", "UT", "UC", "UR"}


def element(tag, vr, value):
    """One element; text is encoded by the caller where it is not ASCII."""
    if isinstance(value, str):
        value = value.encode("ascii")
    if len(value) % 2:
        value += b"\0" if vr in ("UI", "OB") else b" "
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    if vr in LONG:
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def short(tag, number):
    """One US element."""
    return element(tag, "US", struct.pack("<H", number))


def item(*elements):
    """One item of a sequence, with its length."""
    body = b"".join(elements)
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def uid(*parts):
    """A UID under the root of these tests, the same for the same parts."""
    return f"{ROOT}.{int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], 'big')}"


def meta(sop_class, sop_instance, syntax=EXPLICIT_LE):
    """Preamble and file meta."""
    body = element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", sop_class)
    body += element(0x00020003, "UI", sop_instance) + element(0x00020010, "UI", syntax)
    body += element(0x00020012, "UI", ROOT + ".1") + element(0x00020016, "AE", "ZZSENDER")
    return bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(body))) + body


def ct_header(seed, number, rows=512, columns=512, frames=1, patient="ZZ-0000123", name=b"Yamada^Tarou"):
    """(SOP instance, the data set up to Pixel Data) of a CT image that carries an identity wherever one can stand."""
    study, series = uid(seed, patient, "study"), uid(seed, patient, "series")
    instance = uid(seed, patient, number)
    out = [
        element(0x00080005, "CS", "ISO_IR 192"),
        element(0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"),
        element(0x00080012, "DA", "20240229"),
        element(0x00080016, "UI", CT),
        element(0x00080018, "UI", instance),
        element(0x00080020, "DA", "20240229"),
        element(0x00080021, "DA", "20240229"),
        element(0x00080022, "DA", "20240229"),
        element(0x00080023, "DA", "20240229"),
        element(0x00080030, "TM", "101530"),
        element(0x00080050, "SH", "ZZACC00456"),
        element(0x00080060, "CS", "CT"),
        element(0x00080070, "LO", "MADE UP"),
        element(0x00080080, "LO", "Zokusei Chuo Hospital"),
        element(0x00080081, "ST", "1-2-3 Zokusei-cho"),
        element(0x00080090, "PN", "Zaizen^Hanako"),
        element(0x00081010, "SH", "ZZSTATION7"),
        element(0x00081030, "LO", "Chest of Yamada".encode()),
        element(0x0008103E, "LO", "Axial 1.0"),
        element(0x00081090, "LO", "Invented 64"),
        element(
            0x00081140,
            "SQ",
            item(element(0x00081150, "UI", CT), element(0x00081155, "UI", uid(seed, patient, "referenced"))),
        ),
        element(0x00100010, "PN", name),
        element(0x00100020, "LO", patient),
        element(0x00100030, "DA", "19700302"),
        element(0x00100040, "CS", "M"),
        element(0x00101010, "AS", "054Y"),
        element(0x00101040, "LO", "4-5-6 Kakuu-machi"),
        element(0x00102154, "SH", "03-0000-1234"),
        element(0x00180015, "CS", "CHEST"),
        element(0x00180050, "DS", "1.0"),
        element(0x00180060, "DS", "120"),
        element(0x00181000, "LO", "ZZSERIAL99"),
        element(0x0020000D, "UI", study),
        element(0x0020000E, "UI", series),
        element(0x00200010, "SH", "ZZST1"),
        element(0x00200011, "IS", "3"),
        element(0x00200012, "IS", "1"),
        element(0x00200013, "IS", str(number)),
        element(0x00200032, "DS", f"-150\\-150\\{number}"),
        element(0x00200037, "DS", "1\\0\\0\\0\\1\\0"),
        element(0x00200052, "UI", uid(seed, patient, "frame of reference")),
        element(0x00201040, "LO", ""),
        short(0x00280002, 1),
        element(0x00280004, "CS", "MONOCHROME2"),
        *([element(0x00280008, "IS", str(frames))] if frames > 1 else []),
        short(0x00280010, rows),
        short(0x00280011, columns),
        element(0x00280030, "DS", "0.5\\0.5"),
        short(0x00280100, 16),
        short(0x00280101, 12),
        short(0x00280102, 11),
        short(0x00280103, 0),
        element(0x00281052, "DS", "-1024"),
        element(0x00281053, "DS", "1"),
        element(0x00290010, "LO", "ZZ PRIVATE"),
        element(0x00291010, "LO", "Yamada^Tarou"),
    ]
    return instance, b"".join(out)


def ct(seed, number, **how):
    """(SOP instance, data set) of a complete CT image; the pixels differ from object to object."""
    rows, columns = how.get("rows", 512), how.get("columns", 512)
    instance, head = ct_header(seed, number, **how)
    pixels = bytearray(random.Random(f"{seed}/{number}").randbytes(rows * columns * 2))
    pixels[1::2] = bytes(b & 0x0F for b in pixels[1::2])
    return instance, head + element(0x7FE00010, "OW", bytes(pixels))


def write_ct(path, seed, number, **how):
    """Writes a complete CT image as a Part 10 file; its SOP instance."""
    instance, body = ct(seed, number, **how)
    with open(path, "wb") as file:
        file.write(meta(CT, instance) + body)
    return instance
