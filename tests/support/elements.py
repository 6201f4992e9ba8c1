"""Reads data sets with pydicom for the independent checks, element by element, raw bytes first; odd input never raises."""

import unicodedata
import warnings

import pydicom
from pydicom import charset
from pydicom.datadict import dictionary_VR
from pydicom.sequence import Sequence

# Odd input is what this is for; what matters is said as a finding.
warnings.simplefilter("ignore")

PIXELS = {0x7FE00010, 0x7FE00008, 0x7FE00009}
TEXT = {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
ENCODED = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}
# After these the first character set is in force again (PS3.5 6.1.2.5.3), between values and groups of a name too.
NAME_DELIMITERS = {ord(c) for c in "^=\\"}
BINARY = {"OB", "OW", "OF", "OD", "OL", "OV", "UN"}


class Element:
    """One element on its way from the root: `path` holds the tags of the sequences above it, `place` the items' numbers.

    `creator` is the private creator of the block that a private element lies in; empty where it has none. `little` is the
    byte order of its numbers.
    """

    __slots__ = ("charsets", "creator", "little", "path", "place", "raw", "tag", "vr")

    def __init__(self, path, tag, vr, raw, charsets, place=(), creator="", little=True):
        self.path, self.tag, self.vr, self.raw, self.charsets = path, tag, vr, raw, charsets
        self.place, self.creator, self.little = place, creator, little

    def key(self):
        """What names the same attribute in the source and in the output: of a private one its creator, not its block."""
        if self.creator:
            return (*self.path, (self.tag >> 16, self.creator, self.tag & 0xFF))
        return (*self.path, self.tag)

    def where(self):
        """The path as tags, for a report."""
        return "".join(f"({t >> 16:04X},{t & 0xFFFF:04X})" for t in (*self.path, self.tag))

    def texts(self):
        """The value as text, under the declared character set; empty for what is no text or cannot be decoded."""
        if self.vr not in TEXT or not self.raw:
            return ""
        if self.vr not in ENCODED:
            return self.raw.decode("ascii", "replace").strip("\0 ")
        try:
            delimiters = NAME_DELIMITERS if self.vr == "PN" else charset.TEXT_VR_DELIMS
            return charset.decode_bytes(self.raw, self.charsets, delimiters).strip("\0 ")
        except Exception:
            return ""

    def readings(self):
        """Every plausible reading of the value: the declared one first, then the character sets that are lied about."""
        found = [self.texts()] if self.texts() else []
        for name in ("utf-8", "iso2022_jp_2", "shift_jis", "euc_jp"):
            try:
                text = self.raw.decode(name).strip("\0 ")
            except (UnicodeDecodeError, LookupError):
                continue
            if text and text not in found and all(unicodedata.category(c)[0] != "C" for c in text):
                found.append(text)
        return found


def _charsets(dataset, inherited):
    try:
        if 0x00080005 not in dataset:
            return inherited
        value = dataset[0x00080005].value
        return charset.convert_encodings(list(value) if isinstance(value, pydicom.multival.MultiValue) else value)
    except Exception:
        return inherited


def _vr(raw):
    if raw.VR:
        return raw.VR
    try:
        return dictionary_VR(raw.tag).split(" or ")[0]
    except KeyError:
        return "UL" if raw.tag.element == 0 else "LO" if raw.tag.is_private_creator else "UN"


def _creators(dataset):
    """The private creators of one item, by group and block."""
    found = {}
    for tag in dataset.keys():
        number = int(tag)
        if number >> 16 & 1 and 0x10 <= number & 0xFFFF <= 0xFF:
            value = _bytes(dataset.get_item(tag).value)
            found[(number >> 16, number & 0xFF)] = value.decode("latin-1").strip("\0 ")
    return found


def walk(dataset, path=(), inherited=("iso8859",), faults=None, depth=0, place=()):
    """All elements of a data set in the order of the file, nested ones after their sequence (which has no raw value)."""
    charsets, creators = _charsets(dataset, list(inherited)), _creators(dataset)
    for tag in list(dataset.keys()):
        number = int(tag)
        try:
            raw = dataset.get_item(tag)
            vr = _vr(raw)
            value = raw.value
            if vr == "SQ" and not isinstance(value, Sequence):
                value = dataset[tag].value
        except Exception as error:
            if faults is not None:
                faults.append((path, number, type(error).__name__))
            continue
        creator = creators.get((number >> 16, number >> 8 & 0xFF), "") if number >> 16 & 1 else ""
        if isinstance(value, Sequence):
            yield Element(path, number, "SQ", b"", charsets, place, creator)
            if depth < 32:
                for index, item in enumerate(value):
                    yield from walk(item, (*path, number), charsets, faults, depth + 1, (*place, index))
        else:
            little = getattr(raw, "is_little_endian", True)
            yield Element(path, number, vr, _bytes(value), charsets, place, creator, little)


def _bytes(value):
    if isinstance(value, bytes):
        return value
    if value is None:
        return b""
    if isinstance(value, int):  # pydicom itself looks at Pixel Representation while it reads
        return value.to_bytes(2, "little", signed=value < 0)
    if isinstance(value, (list, tuple, pydicom.multival.MultiValue)):
        return b"\\".join(_bytes(v) for v in value)
    return str(value).encode("utf-8", "replace")


class File:
    """A Part 10 file (or a bare data set), read whole: its elements, its meta elements, its pixel bytes."""

    def __init__(self, path):
        self.path, self.faults = path, []
        with open(path, "rb") as file:
            self.bytes = file.read()
        dataset = pydicom.dcmread(path, force=True)
        self.dataset = dataset
        self.part10 = self.bytes[128:132] == b"DICM"
        self.syntax = str(dataset.file_meta.get("TransferSyntaxUID", "")) if hasattr(dataset, "file_meta") else ""
        self.meta = list(walk(dataset.file_meta)) if hasattr(dataset, "file_meta") else []
        self.elements = list(walk(dataset, faults=self.faults))
        self.pixels = b"".join(e.raw for e in self.elements if not e.path and e.tag in PIXELS)
        self.pixels += b"\0" * (len(self.pixels) % 2)  # a sender completes an odd length (PS3.5 8.1.1)

    def first(self, tag):
        """The raw value of a top-level element without padding, or empty."""
        for element in self.elements:
            if not element.path and element.tag == tag:
                return element.raw.strip(b"\0 ")
        return b""

    def text(self, tag):
        """The text of a top-level element."""
        return self.first(tag).decode("ascii", "replace")
