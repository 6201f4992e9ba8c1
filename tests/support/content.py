"""The content items of structured reports by PS3.15 Table E.3.4-1, in an output beside its source."""

import csv
import os

from support import options

STRUCTURED = "113104"
# What an item's value stands in, by its value type.
VALUE = {
    "TEXT": "TextValue", "PNAME": "PersonName", "DATE": "Date", "TIME": "Time", "DATETIME": "DateTime", "UIDREF": "UID",
    "NUM": "MeasuredValueSequence", "CODE": "ConceptCodeSequence",
}  # fmt: skip
# What stands for the code of a local scheme.
LOCAL_DUMMY = ("ANONYMIZED", "99TOKUMEI")
COLUMNS = {
    "rtn_uids": "113110", "rtn_dev": "113109", "rtn_inst": "113112", "rtn_pat_chars": "113108", "rtn_full_dates": "113106",
    "rtn_modif_dates": "113107", "clean_desc": "113105",
}  # fmt: skip


def concepts(folder):
    """{(code value, value type): (action of the profile, {option: action})}; empty where the project has no such table."""
    names = sorted(n for n in os.listdir(folder) if ("structured" in n or "content" in n) and n.endswith(".csv"))
    found = {}
    for name in names[-1:]:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for row in csv.DictReader(line for line in file if not line.startswith("#")):
                if "code_value" in row and "value_type" in row:
                    wanted = {code: row[c].strip() for c, code in COLUMNS.items() if (row.get(c) or "").strip()}
                    found[(row["code_value"], row["value_type"])] = (row["basic"].strip(), wanted)
    return found


def _is_local(scheme):
    return not scheme or scheme == "L" or scheme.startswith("99")


def _code(sequence):
    try:
        item = sequence[0]
        value = item.get("CodeValue") or item.get("LongCodeValue") or item.get("URNCodeValue") or ""
        return str(value), str(item.get("CodingSchemeDesignator") or "")
    except (IndexError, TypeError, KeyError):
        return "", ""


def _items(dataset, path=(), depth=0):
    """(path of concepts, value type, value) of every content item below one."""
    for item in dataset.get("ContentSequence") or ():
        here = (*path, _code(item.get("ConceptNameCodeSequence"))[0])
        kind = str(item.get("ValueType") or "")
        value = item.get(VALUE.get(kind, ""), None)
        if kind == "NUM" and value:
            value = (str(value[0].get("NumericValue")), _code(value[0].get("MeasurementUnitsCodeSequence")))
        elif kind == "CODE":
            value = _code(value)
        yield here, kind, "" if value is None else value if isinstance(value, tuple) else str(value)
        if depth < 32:
            yield from _items(item, here, depth + 1)


def structured(tables, active, source, output):
    """(rule, where) for the content items that do not follow Table E.3.4-1; nothing where 113104 is not claimed."""
    if STRUCTURED not in active:
        return []
    try:
        before, found = {}, []
        for path, kind, value in _items(source.dataset):
            before.setdefault((path, kind), []).append(value)
        for path, kind, value in _items(output.dataset):
            problem = _item(tables, active, path[-1], kind, value, before.get((path, kind), []))
            if problem:
                found.append((f"E.3.4-1 {kind}: {problem}", ">".join(path)))
        return found
    except Exception as error:  # a tree that pydicom cannot read is no tree that may pass
        return [("content tree cannot be read", type(error).__name__)]


def _item(tables, active, concept, kind, value, before):
    if value == "" or str(value).encode() in options.DUMMIES:
        return None
    basic, wanted = tables.content.get((concept, kind), (None, {}))
    actions = {action for code, action in wanted.items() if code in active}
    action = actions.pop() if len(actions) == 1 else None
    if kind == "CODE" and value == LOCAL_DUMMY and any(_is_local(scheme) for _, scheme in before):
        return None
    if kind in ("NUM", "CODE"):
        return None if value in before or basic in ("X", "D", "Z") else "changed"
    if action == "K":
        return None if value in before else "changed, though an option keeps it"
    if kind == "PNAME":
        return "name kept" if value in before else None
    if kind == "UIDREF":
        return "UID kept" if value in before and not value.startswith("1.2.840.10008.") else None
    if kind in ("DATE", "TIME", "DATETIME"):
        if action == "C" or options.MODIFIED_DATES in active:
            if kind == "TIME":
                return None if value in before else "time changed"
            return "date kept" if value in before else None
        return "date that no option lets stand"
    if kind == "TEXT":
        if basic == "X" and action is None:
            return "present"
        for old in before:
            if options.within(value, old):
                return None if options.DESCRIPTORS in active or value != old else "text kept"
        return "says what the source does not"
    return None
