#!/usr/bin/env python3
"""Reads Part 10 files with pydicom and prints one JSON line for each: the other opinion of tests/differential.rs.

usage: dump_elements.py FILE-WITH-PATHS

A line is `{"file": PATH, "elements": [[path, VR, length, CRC-32], …]}`, or `{"file": PATH, "error": KIND}`. A sequence
has the number of its items for its length. Values are those of the file, padding included, as bytes; encapsulated
pixel data are the bytes of its fragments with their item headers. Meta information is left out. The CRC is null where
pydicom decodes a value while it reads, so that its bytes are gone.
"""

import json
import sys
import warnings
import zlib
from io import BytesIO

try:
    import pydicom
    from pydicom.datadict import dictionary_VR
    from pydicom.filereader import read_sequence
    from pydicom.sequence import Sequence
except ImportError:
    sys.exit(77)


def known(tag):
    """The VR of PS3.6, or UN."""
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def flatten(dataset, prefix, out, depth=0):
    """Appends the elements of a data set, in the order of the file."""
    for tag in dataset.keys():
        path = f"{prefix}{int(tag):08X}"
        raw = dataset.get_item(tag)
        vr, value = raw.VR, raw.value
        if vr is None:
            vr = known(tag)
        if vr == "SQ" and not isinstance(value, Sequence):
            value = dataset[tag].value
        if vr == "UN" and isinstance(value, bytes) and value and known(tag) == "SQ":
            # PS3.5 6.2.2: the items of such a sequence are Implicit VR Little Endian. pydicom leaves them in bytes.
            value = read_sequence(BytesIO(value), True, True, len(value), "iso8859")
        if isinstance(value, Sequence):
            out.append([path, "SQ", len(value), 0])
            for number, item in enumerate(value):
                if depth < 40:
                    flatten(item, f"{path}[{number}]", out, depth + 1)
        else:
            if isinstance(value, int):  # pydicom itself looks at Pixel Representation while it reads
                value = value.to_bytes(2, "little" if dataset.original_encoding[1] else "big")
            if isinstance(value, (str, list, pydicom.multival.MultiValue)):  # so it does at Specific Character Set
                out.append([path, vr, 0, None])
                continue
            value = value or b""
            out.append([path, vr, len(value), zlib.crc32(value)])


def main():
    """One line for each file."""
    warnings.simplefilter("ignore")
    pydicom.config.replace_un_with_known_vr = False
    with open(sys.argv[1], encoding="utf-8") as file:
        paths = file.read().splitlines()
    for path in paths:
        try:
            out = []
            flatten(pydicom.dcmread(path), "", out)
            print(json.dumps({"file": path, "elements": out}))
        except Exception as error:
            print(json.dumps({"file": path, "error": type(error).__name__}))


if __name__ == "__main__":
    main()
