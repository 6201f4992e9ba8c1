#!/usr/bin/env python3
"""Makes the tables of this folder. Run by hand when an edition of the standard changes; the results are committed.

    pip install highdicom==0.28.2 pydicom==3.0.2 pyyaml
    config/tables/generate.py --e1-1 E1-1.csv --compound COMPOUND.csv
    config/tables/generate.py --safe-private SAFE.csv
    config/tables/generate.py --structured E3.4-1.csv

E1-1.csv      PS3.15 Table E.1-1 as CSV: tag, name, std_comp_iod, basic, one column per option, edition.
COMPOUND.csv  for each IOD the compound codes of that table resolved to one action: iod, tag, name, basic, type,
              module_usage, resolved. Only the test of the resolver reads what is made of it.
SAFE.csv      PS3.15 Table E.3.10-1 as CSV: tag, private_creator, vr, meaning.
E3.4-1.csv    PS3.15 Table E.3.4-1 as CSV: code_meaning, code_value, scheme, value_type, retired, in_std_tpl, basic, one
              column per option.

What is made of the first two:
  e1-1.csv           the table itself, codes verbatim
  compound.csv       COMPOUND.csv, grouped by tag, code, Type and action
  required.csv       the Type (PS3.5 7.4) of attributes that a rule may remove or empty, by IOD, where it is not 3
  required_nested.csv  the same for attributes in items, by the sequence that the item belongs to
  kept.csv           the Type of the attributes that no rule names: asked where a value cannot be kept after all
  kept_nested.csv    the same for attributes in items
  sop_class_iod.csv  SOP Class UID -> IOD, as the keys that the other tables use
  retired.csv        public attributes that PS3.6 calls retired (repeating groups apart: all of them are)
What is made of SAFE.csv and E3.4-1.csv:
  safe_private.csv   SAFE.csv; in the meanings, double quotes become single ones
  structured_content.csv  the table itself, codes verbatim, with the SNOMED RT form of SNOMED CT concepts
  concepts.csv       the codes of PS3.16, with each meaning that it gives them

The Types come from highdicom's copy of PS3.3: the strictest Type over all modules of the IOD.
"""

import argparse
import collections
import csv
import json
import pathlib
import re

import highdicom
import pydicom
import yaml
from pydicom.datadict import DicomDictionary, dictionary_is_retired, dictionary_VR, tag_for_keyword
from pydicom.sr._concepts_dict import concepts as CONCEPTS
from pydicom.sr._snomed_dict import mapping as SNOMED

HERE = pathlib.Path(__file__).parent
STRICTNESS = ["1", "1C", "2", "2C", "3"]
# Value representations that a rule of config/rules/supplementary.yaml names as a whole.
WHOLE_VR = {"PN", "AE", "UR", "DA", "DT", "TM"}
# Codes that depend on the Type.
RESOLVED = {"Z", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"}
# Schemes of which PS3.16 names codes that no template for a person's study uses: parts of a waveform.
NO_CONCEPTS = {"MDC"}
# Context groups with nothing but breeds of animals.
BREEDS = {7480}
# What SNOMED CT adds to a name to say what kind of concept it is.
SEMANTIC_TAG = re.compile(
    r" \((attribute|body structure|observable entity|procedure|qualifier value|finding|disorder|substance|product|"
    r"physical object|record artifact|organism|morphologic abnormality|regime/therapy|situation|event|person|"
    r"occupation|environment|cell|cell structure|specimen|physical force|staging scale|assessment scale|"
    r"medicinal product|clinical drug|social concept|life style|context-dependent category)\)$"
)


def written(tag):
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(name, comment, header, rows):
    with open(HERE / name, "w", newline="", encoding="utf-8") as file:
        for line in comment:
            file.write(f"# {line}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def supplementary():
    """Tag -> action of config/rules/supplementary.yaml."""
    rules = yaml.safe_load((HERE.parent / "rules" / "supplementary.yaml").read_text(encoding="utf-8"))
    return {a["tag"]: r["action"] for r in rules["rules"] for a in r.get("attributes", [])}


def standard(name):
    path = pathlib.Path(highdicom.__file__).parent / "_standard" / name
    return json.loads(path.read_text(encoding="utf-8"))


def matters(tag, codes):
    """Whether a rule for the attribute may depend on its Type."""
    number = int(tag[1:5] + tag[6:10], 16)
    if tag in codes:
        return codes[tag] in RESOLVED
    return dictionary_VR(number) in WHOLE_VR and not dictionary_is_retired(number)


def required(codes):
    """Types other than 3: tag -> {iod: Type} in the data set itself, (tag, parent sequence) -> Type in items.

    The Type inside a sequence does not depend on the IOD, with few exceptions: only these name IODs."""
    modules, iods = standard("module_attribute_map.json"), standard("iod_module_map.json")
    top, nested = collections.defaultdict(dict), collections.defaultdict(dict)
    for iod, used in iods.items():
        inside = {}
        for attribute in (a for m in used for a in modules.get(m["key"], [])):
            tag, kind = tag_for_keyword(attribute["keyword"]), attribute["type"]
            path = [tag_for_keyword(k) for k in attribute["path"]]
            if tag is None or None in path or not matters(written(tag), codes):
                continue
            place, key = (inside, (written(tag), written(path[-1]))) if path else (top[written(tag)], iod)
            place[key] = min(place.get(key, "3"), kind, key=STRICTNESS.index)
        for key, kind in inside.items():
            nested[key][iod] = kind

    def counts(tag, kind):  # Z may stand for Type 2 and 3 alike
        return kind != "3" and (codes.get(tag) != "Z" or kind.startswith("1"))

    rows = collections.defaultdict(list)
    for tag, kinds in top.items():
        for iod, kind in kinds.items():
            if counts(tag, kind):
                rows[tag, kind].append(iod)
    below = []
    for (tag, parent), kinds in sorted(nested.items()):
        kind = min(kinds.values(), key=STRICTNESS.index)
        everywhere = len({k[0] for k in kinds.values()}) == 1
        users = [] if everywhere else sorted(iod for iod, k in kinds.items() if counts(tag, k))
        if counts(tag, kind):
            below.append((tag, parent, kind, " ".join(users)))
    return [(*key, " ".join(sorted(iods))) for key, iods in sorted(rows.items())], below


def kept(codes):
    """Types other than 3 of attributes that no rule names, grouped: (Type, tags, IODs), and (Type, tags, sequences) in
    items, where the strictest Type of all IODs counts."""
    modules, iods = standard("module_attribute_map.json"), standard("iod_module_map.json")
    top, nested = collections.defaultdict(dict), collections.defaultdict(dict)
    for iod in set(standard("sop_class_iod_map.json").values()):
        for attribute in (a for m in iods[iod] for a in modules.get(m["key"], [])):
            tag, kind = tag_for_keyword(attribute["keyword"]), attribute["type"]
            path = [tag_for_keyword(k) for k in attribute["path"]]
            if tag is None or None in path or written(tag) in codes or dictionary_is_retired(tag):
                continue
            # A sequence has its items cleaned, and the whole VRs their rules.
            if dictionary_VR(tag) in WHOLE_VR | {"SQ", "UI"}:
                continue
            place, key = (nested, written(path[-1])) if path else (top, iod)
            place[written(tag)][key] = min(place[written(tag)].get(key, "3"), kind, key=STRICTNESS.index)

    def grouped(found):
        where, groups = collections.defaultdict(list), collections.defaultdict(list)
        for tag, kinds in found.items():
            for key, kind in kinds.items():
                if kind != "3":
                    where[tag, kind[0]].append(key)
        for (tag, kind), keys in where.items():
            groups[kind, " ".join(sorted(keys))].append(tag)
        return sorted((kind, " ".join(sorted(tags)), keys) for (kind, keys), tags in groups.items())

    return grouped(top), grouped(nested)


def compound(path):
    groups = collections.defaultdict(list)
    for row in read(path):
        groups[row["tag"], row["basic"], row["type"], row["resolved"]].append(row["iod"])
    return [(*key, " ".join(sorted(iods))) for key, iods in sorted(groups.items())]


def safe_private(path):
    rows = [[value.replace('"', "'") for value in row.values()] for row in read(path)]
    write("safe_private.csv", ["DICOM PS3.15 Table E.3.10-1, edition 2026a. Made by generate.py."],
          ["tag", "private_creator", "vr", "meaning"], rows)


def structured(table):
    """Table E.3.4-1 with the SNOMED RT codes beside those of SNOMED CT."""
    column = list(table[0]).index("scheme") + 1
    rows = []
    for row in table:
        fields = list(row.values())
        fields.insert(column, SNOMED["SCT"].get(row["code_value"], "") if row["scheme"] == "SCT" else "")
        rows.append(fields)
    header = list(table[0])
    header.insert(column, "srt")
    return header, rows


def concepts(table):
    """Scheme, code, SNOMED RT code and meaning, once for each meaning; ascending by scheme and code. The meaning that
    a context group or the table uses comes first."""
    found = collections.defaultdict(list)
    for row in table:
        # "NCDR [2.0b]" is the scheme NCDR in its version 2.0b.
        found[row["scheme"].split(" [")[0], row["code_value"]].append((0, row["code_meaning"]))
    for scheme, names in CONCEPTS.items():
        for codes in names.values():
            for code, (meaning, groups) in codes.items():
                if scheme not in NO_CONCEPTS and not (groups and set(groups) <= BREEDS):
                    meaning = SEMANTIC_TAG.sub("", meaning.replace("\u200b", ""))
                    found[scheme, code].append((1 if groups else 2, meaning))
    rows = []
    for (scheme, code), meanings in sorted(found.items()):
        once = {}
        for _, meaning in sorted(meanings):
            # Code Meaning is LO: 64 characters; what is not ASCII could not be written under every character set.
            if len(meaning) <= 64 and meaning.isascii() and '"' not in meaning and "\\" not in meaning:
                once.setdefault(meaning.lower(), meaning)
        srt = SNOMED["SCT"].get(code, "") if scheme == "SCT" else ""
        rows += [(scheme, code, srt, meaning) for meaning in once.values() or [""]]
    return rows


def make_structured(path):
    table = read(path)
    header, rows = structured(table)
    snomed = f"SNOMED RT codes from pydicom {pydicom.__version__} (MIT)"
    write("structured_content.csv",
          [f"DICOM PS3.15 Table E.3.4-1, edition 2020b, codes verbatim. Made by generate.py; {snomed}."], header, rows)
    write("concepts.csv",
          [f"Codes that PS3.16 (2024c) uses, and their meanings. Made by generate.py from pydicom {pydicom.__version__} (MIT).",
           "SNOMED CT: the subset that DICOM publishes by its agreement with SNOMED International."],
          ["scheme", "code", "srt", "meaning"], concepts(table))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--e1-1")
    parser.add_argument("--compound")
    parser.add_argument("--safe-private")
    parser.add_argument("--structured")
    arguments = parser.parse_args()
    if arguments.safe_private:
        safe_private(arguments.safe_private)
    if arguments.structured:
        make_structured(arguments.structured)
    if bool(arguments.e1_1) != bool(arguments.compound):
        parser.error("--e1-1 and --compound belong together")
    if arguments.e1_1:
        make_attributes(arguments)


def make_attributes(arguments):
    table = read(arguments.e1_1)
    codes = {row["tag"]: row["basic"] for row in table} | supplementary()
    source = f"highdicom {highdicom.__version__} (MIT), computed from PS3.3"
    write("e1-1.csv", ["DICOM PS3.15 Table E.1-1, edition 2026c, codes verbatim. Made by generate.py."],
          list(table[0]), [list(row.values()) for row in table])
    write("compound.csv", ["Compound codes of Table E.1-1 resolved by IOD. Made by generate.py.", f"Source: {source}."],
          ["tag", "code", "type", "resolved", "iods"], compound(arguments.compound))
    top, nested = required(codes)
    write("required.csv", ["Types other than 3 of attributes that a rule may remove or empty. Made by generate.py.",
                           f"Source: {source}."],
          ["tag", "type", "iods"], top)
    write("required_nested.csv", ["The same inside the items of a sequence, of the IODs named, or of all. Made by generate.py.",
                                  f"Source: {source}."],
          ["tag", "parent", "type", "iods"], nested)
    top, nested = kept(codes)
    write("kept.csv", ["Types other than 3 (1 for 1C, 2 for 2C) of attributes that no rule names. Made by generate.py.",
                       f"Source: {source}."],
          ["type", "tags", "iods"], top)
    write("kept_nested.csv", ["The same inside the items of sequences, the strictest of all IODs. Made by generate.py.",
                              f"Source: {source}."],
          ["type", "tags", "sequences"], nested)
    write("sop_class_iod.csv", ["SOP Class UID and IOD. Made by generate.py.", f"Source: {source}."],
          ["sop_class", "iod"], sorted(standard("sop_class_iod_map.json").items()))
    retired = {written(tag): entry[4] for tag, entry in DicomDictionary.items() if entry[3] == "Retired"}
    write("retired.csv", [f"Retired public attributes. Made by generate.py from pydicom {pydicom.__version__} (MIT), PS3.6 2024c."],
          ["tag", "keyword"], sorted(retired.items()))


if __name__ == "__main__":
    main()
