"""Scores outputs against an answer key, by the ten action types of the field (the NCI challenge on medical image
de-identification). When each passes:

tag_retained      the attribute is there
text_notnull      it has a value
text_retained     the token is in the value; without a token, the value is that of the source
text_removed      the token is not in the value (case and width apart; one of three letters not as a word), or the attribute is gone
date_shifted      the source's value is not within the new one, or the attribute is gone
uid_changed       the value differs from the source's
pixels_hidden     what stood in the box stands there no more. The challenge asks a text recogniser; here the pixels of the
                  box must not follow those of the source (correlation below 0.5), which asks for no less
pixels_retained   the bytes of Pixel Data are the same
uid_consistent    all places of one UID got one replacement, no other UID got it, and it differs
patid_consistent  all objects of a patient got one number, no other patient got it, and it differs

Where a mapping is given (a CSV file `id_old,id_new`), the two consistencies must equal it. An object without an output
fails the types that key.ACTIONS marks.
"""

import collections
import csv
import datetime
import re
import unicodedata

import numpy

from support.elements import ENCODED, Element, File
from support.midi.key import ACTIONS, steps

PIXEL_DATA = 0x7FE00010


class Read:
    """One file with its values by path."""

    def __init__(self, path):
        self.file = File(path)
        self.values, self.loose = {}, collections.defaultdict(list)
        for element in self.file.elements:
            own = (element.tag >> 16, element.creator, element.tag & 0xFF) if element.creator else element.tag
            exact = (*zip(element.path, element.place), (own, None))
            self.values[exact] = element
            self.loose[(*element.path, own)].append((element.place, element))

    def at(self, path):
        """The elements at a path."""
        wanted = steps(path)
        exact = self.values.get(tuple(wanted))
        if exact is not None:
            return [exact]
        if not any(item == "*" for _, item in wanted):
            return []
        found = self.loose.get(tuple(tag for tag, _ in wanted), [])
        places = [item for _, item in wanted[:-1]]
        return [e for place, e in found if all(w in ("*", p) for w, p in zip(places, place))]

    def everything(self):
        """All texts, folded, and all bytes outside the pixels."""
        texts = [folded(t) for e in self.file.elements if e.vr in ENCODED or e.vr == "UN" for t in (said(e), *e.readings())]
        rest = b"\n".join(e.raw for e in self.file.elements if e.tag != PIXEL_DATA)
        return "\n".join(texts) + folded(rest.decode("latin-1"))


def folded(text):
    """Width and case folded, blanks as one."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def stands(token, text):
    """Whether a token is in a text; one of three letters or fewer as a word: a pseudonym may have it within by chance."""
    if len(token) > 3 or not (token.isascii() and token.isalnum()):
        return token in text
    return re.search(rf"(?<![a-z0-9]){re.escape(token)}(?![a-z0-9])", text) is not None


def said(element):
    """The value of an element as text, whatever it holds."""
    if element.vr in ENCODED or element.vr == "UN":
        # Under implicit VR a private text has no VR of its own.
        known = element if element.vr in ENCODED else Element(element.path, element.tag, "LO", element.raw, element.charsets)
        return known.texts()
    text = element.raw.decode("latin-1") if element.raw else ""
    return text.strip("\0 ")


def same(old, new):
    """Whether two elements have the same value."""
    if old.vr in ENCODED or new.vr in ENCODED:
        return old.texts() == new.texts()
    return old.raw.strip(b"\0 ") == new.raw.strip(b"\0 ")


def mapping(path):
    """A mapping file: {old: new}."""
    with open(path, encoding="utf-8", newline="") as file:
        return {row["id_old"]: row["id_new"] for row in csv.DictReader(file)}


class Consistency:
    """Which replacement each UID or number got, over all outputs."""

    def __init__(self, given=None):
        self.given, self.votes, self.owners = given, collections.defaultdict(collections.Counter), collections.defaultdict(set)

    def learn(self, old, new):
        """One place."""
        self.votes[old][new] += 1
        self.owners[new].add(old)

    def holds(self, old, new):
        """Whether this replacement is the one."""
        if self.given is not None:
            return self.given.get(old) == new
        return bool(new) and new != old and self.votes[old].most_common(1)[0][0] == new and self.owners[new] == {old}


class Result:
    """How one row fared: `passed`, and whether there was no output."""

    def __init__(self, row, passed, missing, found=""):
        self.row, self.passed, self.missing, self.found = row, passed, missing, found


class Scorer:
    """Rows against outputs. `pairs` holds {object: (source path, output path or None)}."""

    def __init__(self, rows, pairs, patients=None, uids=None):
        self.rows, self.pairs = rows, pairs
        self.patients, self.uids = Consistency(patients), Consistency(uids)
        self.intervals = collections.defaultdict(collections.Counter)

    def score(self):
        """Results of all rows, in the order of the key."""
        grouped = collections.defaultdict(list)
        for row in self.rows:
            grouped[row.object].append(row)
        read = {}
        for name, (source, output) in self.pairs.items():
            if output:
                read[name] = (Read(source), Read(output))
                self._learn(grouped[name], *read[name])
        results = []
        for name, rows in grouped.items():
            if name not in read:
                results += [Result(row, not ACTIONS[row.action], True) for row in rows]
                continue
            source, output = read[name]
            everything = None
            for row in rows:
                if row.path == "*":
                    everything = everything or output.everything()
                    results.append(Result(row, not stands(folded(row.value), everything), False, "somewhere in the object"))
                else:
                    passed, found = self._row(row, source, output)
                    results.append(Result(row, passed, False, found))
        return results

    def _learn(self, rows, source, output):
        patient = next((said(e) for e in source.at("(0010,0020)")), "")
        for row in rows:
            after = output.at(row.path) if row.action in ("uid_consistent", "patid_consistent", "date_shifted") else []
            if len(after) != 1:
                continue
            if row.action == "date_shifted":
                self._interval(patient, row, said(after[0]))
            else:
                before = row.value or next((said(e) for e in source.at(row.path)), "")
                (self.uids if row.action == "uid_consistent" else self.patients).learn(before, said(after[0]))

    def _interval(self, patient, row, new):
        try:
            old, new = (datetime.datetime.strptime(text[:8], "%Y%m%d") for text in (row.value, new))
        except ValueError:
            return
        self.intervals[patient][(old - new).days] += 1

    def uneven(self):
        """How many patients whose dates were moved have more than one interval."""
        return sum(len(counts) > 1 for counts in self.intervals.values())

    def _row(self, row, source, output):
        after, before = output.at(row.path), source.at(row.path)
        if row.action == "tag_retained":
            return bool(after), ""
        texts = [said(e) for e in after]
        shown = " | ".join(texts)[:120] if after else "(gone)"
        if row.action == "text_notnull":
            return any(texts), shown
        if row.action == "text_retained":
            if row.value:
                return any(folded(row.value) in folded(text) for text in texts), shown
            return bool(before) and len(before) == len(after) and all(map(same, before, after)), shown
        if row.action == "text_removed":
            gone = [row.value] if row.value else [said(e) for e in before]
            readings = [folded(reading) for e in after for reading in (said(e), *e.readings())]
            return not any(stands(folded(g), text) for g in gone if g for text in readings), shown
        if row.action == "date_shifted":
            old = row.value or next((said(e) for e in before), "")
            return not any(old and old in text for text in texts), shown
        if row.action == "uid_changed":
            old = row.value or next((said(e) for e in before), "")
            return old not in texts, shown
        if row.action in ("uid_consistent", "patid_consistent"):
            keeper = self.uids if row.action == "uid_consistent" else self.patients
            old = row.value or next((said(e) for e in before), "")
            return any(keeper.holds(old, text) for text in texts), shown
        if row.action == "pixels_retained":
            return source.file.pixels == output.file.pixels, "other bytes" if after else "(gone)"
        return self._hidden(row, source.file, output.file), "still to be seen"

    def _hidden(self, row, source, output):
        x, y, width, height = (int(n) for n in row.value.split(","))
        boxes = []
        for file in (source, output):
            try:
                picture = file.dataset.pixel_array
            except Exception:
                return not file.pixels  # nothing to be seen in what has no pixels
            while picture.ndim > 2 and picture.shape[-1] not in (3, 4):
                picture = picture[0]
            boxes.append(picture[y : y + height, x : x + width].astype(float).ravel())
        if boxes[0].shape != boxes[1].shape or not boxes[0].size:
            return False
        if boxes[1].std() == 0:
            return True
        return bool(abs(numpy.corrcoef(boxes[0], boxes[1])[0, 1]) < 0.5)
