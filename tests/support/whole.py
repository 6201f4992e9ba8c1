"""What must hold over all outputs of one batch together: patients, intervals of dates, UIDs and the references between objects."""

import collections

from support.identity import STRUCTURAL_UIDS, normal
from support.options import plain

PATIENT_ID, INSTANCE = 0x00100020, 0x00080018


def _uids(file):
    """{attribute: UIDs} of all that names an instance or a thing, in the order of the file."""
    found = collections.defaultdict(list)
    for element in file.elements:
        if element.vr == "UI" and element.tag not in STRUCTURAL_UIDS:
            for value in plain(element.raw).decode("ascii", "replace").split("\\"):
                found[element.key()].append(value.strip("\0 "))
    return found


class Facts:
    """What one output and its source say about the whole."""

    def __init__(self, source, output, intervals):
        self.patient = normal(source.first(PATIENT_ID).decode("latin-1").strip())
        self.pseudonym = output.first(PATIENT_ID)
        self.intervals = intervals
        self.instance = (source.text(INSTANCE), output.text(INSTANCE))
        self.pairs = []
        after = _uids(output)
        for key, before in _uids(source).items():
            # Where items were left out it cannot be told which are the others.
            if len(after.get(key, ())) == len(before):
                where = "".join(f"({t >> 16:04X},{t & 0xFFFF:04X})" if isinstance(t, int) else str(t) for t in key)
                self.pairs += [(where, old, new) for old, new in zip(before, after[key]) if old and new]


def together(facts):
    """{output: findings} over all outputs; every finding stands at the outputs that differ from the first ones."""
    found = collections.defaultdict(list)
    pseudonyms, owners, spans = {}, {}, {}
    instances = {f.instance[0]: f.instance[1] for _, f in facts if all(f.instance)}
    replaced, replaces = dict(instances), {new: old for old, new in instances.items()}
    for path, fact in facts:
        if fact.patient:
            if pseudonyms.setdefault(fact.patient, fact.pseudonym) != fact.pseudonym:
                found[path].append(("one patient, two pseudonyms", "(0010,0020)", ""))
            if fact.pseudonym and owners.setdefault(fact.pseudonym, fact.patient) != fact.patient:
                found[path].append(("one pseudonym, two patients", "(0010,0020)", ""))
            if fact.intervals:
                common = spans.setdefault(fact.patient, fact.intervals) & fact.intervals
                if common:
                    spans[fact.patient] = common
                else:
                    found[path].append(("one patient, two intervals of dates", "", ""))
        for where, old, new in fact.pairs:
            if old.startswith("1.2.840.10008.") and old == new:
                continue
            if replaced.setdefault(old, new) != new:
                kind = "reference does not lead to the object" if old in instances else "one UID, two replacements"
                found[path].append((kind, where, old))
            elif replaces.setdefault(new, old) != old:
                found[path].append(("two UIDs, one replacement", where, old))
    return dict(found)
