"""The answer key: for each attribute of each object of a benchmark, what must have become of it.

A CSV file in UTF-8 with the heading `object,path,action,category,value`; lines that begin with `#` are remarks.

object    path of the source file, relative to the folder of the sources
path      the attribute, from the root: `(0008,1030)`; in the first item of a sequence `(0040,0275)[0](0040,0007)`; in any
          item `(0040,A730)[*](0040,A160)`; of a private one its creator and the number in its block,
          `(0019,"GEMS_ACQU_01",23)`; `*` for the whole object, wherever
action    one of ACTIONS below, the ten types by which the field scores (see score.py for when each passes)
category  what asks for it: `HIPAA-A` … `HIPAA-R` (45 CFR 164.514(b)(2)), `DICOM-IOD`, `DICOM-P15-…` (PS3.15 Annex E), or a
          word of best practice, `BEST-…`
value     the planted token, for text_removed and text_retained; the original UID or date; `x,y,width,height` for
          pixels_hidden. Empty: the whole value of the source counts
"""

import csv
import re

HEADING = ["object", "path", "action", "category", "value"]
# Passes when …; whether an object that did not come out fails it.
ACTIONS = {
    "tag_retained": True, "text_notnull": True, "text_retained": True, "text_removed": False, "date_shifted": False,
    "uid_changed": False, "pixels_hidden": False, "pixels_retained": True, "uid_consistent": True, "patid_consistent": True,
}  # fmt: skip
STEP = re.compile(r'\(([0-9A-Fa-f]{4}),(?:([0-9A-Fa-f]{4})|"([^"]*)",([0-9A-Fa-f]{2}))\)(?:\[(\d+|\*)\])?')


class Row:
    """One action of the key."""

    __slots__ = HEADING

    def __init__(self, source, path, action, category, value=""):
        self.object, self.path, self.action, self.category, self.value = source, path, action, category, value

    def cells(self):
        """As a line of the file."""
        return [getattr(self, name) for name in HEADING]


def steps(path):
    """[(tag or (group, creator, number), item or None or "*")] of a path; raises ValueError for what is none."""
    found, at = [], 0
    while at < len(path):
        match = STEP.match(path, at)
        if not match:
            raise ValueError(f"no path of an attribute: {path}")
        group, element, creator, number, item = match.groups()
        tag = int(group + element, 16) if element else (int(group, 16), creator, int(number, 16))
        found.append((tag, item if item in (None, "*") else int(item)))
        at = match.end()
    if not found or found[-1][1] is not None or any(item is None for _, item in found[:-1]):
        raise ValueError(f"no path of an attribute: {path}")
    return found


def step(tag, creator=""):
    """One step of a path as it is written."""
    if creator:
        return f'({tag >> 16:04X},"{creator}",{tag & 0xFF:02X})'
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def write(path, rows, remark):
    """Writes a key."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(f"# {remark}\n")
        out = csv.writer(file, lineterminator="\n")
        out.writerow(HEADING)
        out.writerows(row.cells() for row in rows)


def read(path):
    """The rows of a key; ends the program with every line that is no row."""
    rows, problems = [], []
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(line for line in file if not line.startswith("#"))
        if reader.fieldnames != HEADING:
            raise SystemExit(f"{path}: the heading is not {','.join(HEADING)}")
        for number, cells in enumerate(reader, 1):
            if None in cells or None in cells.values():
                problems.append(f"row {number}: not {len(HEADING)} cells")
                continue
            row = Row(*(cells[name] for name in HEADING))
            if row.action not in ACTIONS:
                problems.append(f"row {number}: no such action: {row.action}")
            if row.action == "pixels_hidden" and not re.fullmatch(r"\d+,\d+,[1-9]\d*,[1-9]\d*", row.value):
                problems.append(f"row {number}: pixels_hidden needs x,y,width,height")
            try:
                if row.path != "*":
                    steps(row.path)
                elif row.action != "text_removed":
                    problems.append(f"row {number}: * is for text_removed only")
            except ValueError as error:
                problems.append(f"row {number}: {error}")
            rows.append(row)
    if problems or not rows:
        raise SystemExit("\n".join([f"{path}: no answer key", *problems[:50]]))
    return rows
