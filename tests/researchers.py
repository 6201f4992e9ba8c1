#!/usr/bin/env python3
"""Shows that what researchers do with images still works on what the gateway writes.

usage: researchers.py CORPUS [--tokumei PATH] [--options A,B] [--keep DIR] [--markdown]

Every file of the corpus that is CT, MR, PT, SEG or SR goes through `tokumei deidentify` by itself, under the shipped
configuration (`--options` replaces its options), beside a made-up PET series. Then

* `dcm2niix` converts each series from the sources and from the outputs. The volumes must be bit-equal, their geometry,
  scaling and gradient tables too, and the fields of the JSON sidecar, save those whose attribute a rule changes: the
  table names the field and the rule. What dcm2niix takes from private attributes is told by trial: a field (or a
  volume) that changes in the same way when the source only loses the private attributes that the output lacks is lost
  by their rule; the creator without whose attributes alone it changes so is named.
* highdicom reads each SEG and SR as it reads the source; over all objects references lead to the objects that came out.
* A PET SUV (body weight) is the same, and so is every interval from injection to acquisition, to the second.

Needs nibabel and dcm2niix (both on PyPI) beside tests/requirements.txt.

What the gateway keeps back is counted by reason. A file whose notes say `malformed` is a series by itself. Exit status
1 if anything differs that no rule explains.
"""

import argparse
import collections
import csv
import os
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import gateway  # noqa: E402

try:
    import pydicom

    from support import annotations, pet, volumes
    from support.elements import File
    from support.journey import Journey, whole_file
    from support.table import Table
    from support.whole import Facts, together
except ImportError as missing:
    gateway.skip(f"python module {missing.name} is not installed")

IMAGES, OBJECTS = ("CT", "MR", "PT"), ("SEG", "SR")


def series(corpus, folder):
    """{(modality, name): [(file, name in the corpus)]}: one entry for each series, copies of its instances apart."""
    with open(os.path.join(corpus, "INDEX.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found, copies = collections.defaultdict(list), collections.Counter()
    for row in rows:
        path = os.path.join(corpus, row["path"])
        try:
            head = pydicom.dcmread(path, force=True, stop_before_pixels=True)
            modality, uid, instance = (str(head.get(k, "")) for k in ("Modality", "SeriesInstanceUID", "SOPInstanceUID"))
        except Exception:
            continue
        if modality not in IMAGES + OBJECTS:
            continue
        broken = "malformed" in row["coverage_classes"]
        if broken or modality in OBJECTS or not uid:
            name = row["path"]
        else:
            # Copies in other transfer syntaxes, some under a UID of their own, are no part of one volume.
            uid = f"{uid} {head.file_meta.get('TransferSyntaxUID', '') if hasattr(head, 'file_meta') else ''}"
            names = ("ImagePositionPatient", "InstanceNumber", "AcquisitionTime", "EchoTime", "ImageType")
            place = (uid, *(str(head.get(n)) for n in names))
            copy = max(copies[(uid, instance)], copies[place]) + 1
            copies[(uid, instance)] = copies[place] = copy
            name = f"{uid} #{copy}"
        whole = whole_file(path, os.path.join(folder, "bare", row["path"]))
        found[("malformed" if broken else modality, name)].append((whole, row["path"]))
    return found


def _private(dataset, path=(), found=None):
    """The places of the private attributes of an object: creators instead of blocks, tags of sequences above."""
    found = {} if found is None else found
    for element in dataset:
        tag, place = element.tag, (*path, int(element.tag))
        if tag.is_private:
            block = pydicom.tag.Tag(tag.group, tag.element >> 8)
            creator = str(dataset[block].value).strip() if block in dataset and not tag.is_private_creator else ""
            place = (*path, (tag.group, creator, tag.element & 0xFF))
            found.setdefault(place, []).append((dataset, tag))
        if element.VR == "SQ":
            for item in element.value:
                _private(item, place, found)
    return found


def stripped(files, outputs, folder, only=None, creators=None):
    """Copies of some files without those private attributes that their outputs lack: all of them, or those of one creator.

    The creators that lose any are put into `creators`.
    """
    os.makedirs(folder, exist_ok=True)
    out = []
    for number, (path, output) in enumerate(zip(files, outputs)):
        dataset, there = pydicom.dcmread(path), _private(pydicom.dcmread(output, stop_before_pixels=True))
        for place, elements in _private(dataset).items():
            creator = place[-1][1]
            if place in there or not creator or only not in (None, creator):
                continue
            if creators is not None:
                creators.add(creator)
            for owner, tag in elements:
                owner.pop(tag, None)
        out.append(os.path.join(folder, f"{number}.dcm"))
        dataset.save_as(out[-1], enforce_file_format=False)
    return out


class Conversion:
    """dcm2niix over one series, before and after: what differs, and by which rule."""

    def __init__(self, journey, sources, outputs, folder):
        self.before = volumes.convert(sources, os.path.join(folder, "before"))
        self.after = volumes.convert(outputs, os.path.join(folder, "after"))
        self.explained, self.unexplained = {}, []
        self.by_voxels = "same"
        pairs = volumes.paired(self.before, self.after)
        if not any(old is None or new is None or old.same(new) or volumes.differing(old, new) for old, new in pairs):
            return
        self.rules, self.without, self.place = journey.explain(sources[0]), None, folder
        self.creators, self.one_by_one = set(), None
        self.sources, self.outputs = sources, outputs
        # Where there is no Series Number, dcm2niix makes one of the UID.
        numbered = pydicom.dcmread(sources[0], stop_before_pixels=True, force=True).get("SeriesNumber") is not None
        self.there = {(0x0020000E, "SeriesNumber")} if numbered else set()
        for old, new in pairs:
            self.compare(old, new)

    def verdict(self):
        """In a word or two."""
        return self.by_voxels if self.before or self.after else "no volume of either"

    def trial(self):
        """What dcm2niix makes of the source without the private attributes that the gateway removed."""
        if self.without is None:
            try:
                bare = stripped(self.sources, self.outputs, os.path.join(self.place, "bare"), None, self.creators)
                self.without = volumes.convert(bare, os.path.join(self.place, "without"))
            except Exception:
                self.without = []
        return self.without

    def trials(self):
        """[(creator, volumes)]: the same where one creator's attributes alone are missing."""
        if self.one_by_one is None:
            self.one_by_one = []
            for creator in sorted(self.creators) if self.trial() else ():
                bare = stripped(self.sources, self.outputs, os.path.join(self.place, "bare"), creator)
                self.one_by_one.append((creator, volumes.convert(bare, os.path.join(self.place, "without"))))
        return self.one_by_one

    def private(self, holds):
        """The rule, and whose attributes it is that were missed: `holds(volumes)` says whether their loss explains it."""
        creators = [creator for creator, made in self.trials() if holds(made)]
        return f"PRIVATE (remove): {' or '.join(creators) or 'those of several creators together'}"

    def compare(self, old, new):
        """One pair of volumes."""
        if old is None or new is None or old.same(new):
            wanted = new if new is not None else old

            def follows(made):
                here = any(not v.same(wanted) for v in made)
                return here if new is not None else bool(made) and not here

            what = "voxels or geometry" if old is not None and new is not None else "number of volumes"
            overlay = next((self.rules[t] for t in self.rules if t & 0xFF00FFFF == 0x60003000), None)
            if new is None and "_ROI" in old.name and overlay:
                self.explained["volume of an overlay"] = f"{overlay[1]} ({overlay[0]})"
            elif follows(self.trial()):
                self.by_voxels = "by private attributes"
                self.explained[what] = self.private(follows)
            else:
                self.by_voxels = "DIFFERENT"
                self.unexplained.append(what)
            if old is None or new is None:
                return
        for field in volumes.differing(old, new):
            rule = self.rule(field, old, new)
            if rule:
                self.explained[field] = rule
            else:
                self.unexplained.append(field)

    def rule(self, field, old, new):
        """The rule by which a field differs; nothing if there is none."""
        for tag in volumes.FIELDS.get(field, ()):
            if tag in self.rules and (tag, field) not in self.there:
                return f"{self.rules[tag][1]} ({self.rules[tag][0]})"

        def follows(made):
            twin = next((v for v in made if v.name == old.name), None)
            return twin is not None and twin.fields.get(field) == new.fields.get(field) != old.fields.get(field)

        return self.private(follows) if follows(self.trial()) else None


def images(journey, found, fates, folder, given):
    """dcm2niix over all series; the number of those with a difference that no rule explains."""
    table = Table(["series", "files", "kept back", "volumes", "voxels and geometry", "fields lost or changed"], given.markdown)
    lost, broken, odd, failed = collections.Counter(), collections.Counter(), collections.Counter(), 0
    for (modality, name), files in sorted(found.items()):
        if modality in OBJECTS:
            continue
        pairs = [(path, fates[path].output) for path, _ in files if fates[path].output]
        kept = len(files) - len(pairs)
        if modality == "malformed" and not pairs:
            broken["kept back or refused"] += 1
            continue
        made = Conversion(journey, [p for p, _ in pairs], [o for _, o in pairs], os.path.join(folder, "nifti")) if pairs else None
        failed += bool(made and made.unexplained)
        for field, rule in (made.explained if made else {}).items():
            lost[(field, rule)] += 1
        if modality == "malformed" and not made.unexplained:
            broken[made.verdict()] += 1
            continue
        count = f"{len(made.before)} → {len(made.after)}" if made else "-"
        fields = "NO RULE: " + ", ".join(sorted(set(made.unexplained))) + ";" if made and made.unexplained else ""
        shown = os.path.dirname(files[0][1]) if len(files) > 3 else files[0][1]
        more = f"{len(made.explained)} by rule" if made and made.explained else ""
        if made and made.unexplained:
            odd.update(set(made.unexplained))
        table.add(f"{modality} {shown}", len(files), kept or "", count, made.verdict() if made else "-", " ".join((fields, more)).strip())
    table.show()
    print("malformed files, each a series: " + ", ".join(f"{n} {what}" for what, n in sorted(broken.items())) + "\n")
    table = Table(["field of the sidecar", "lost or changed by", "series"], given.markdown)
    for (field, rule), count in sorted(lost.items()):
        table.add(field, rule, count)
    for field, count in sorted(odd.items()):
        table.add(field, "NO RULE", count)
    table.show()
    return failed


def objects(found, fates, given):
    """highdicom over SEG and SR; the number of those that it reads differently."""
    table, failed = Table(["object", "highdicom reads"], given.markdown), 0
    for (modality, name), files in sorted(found.items()):
        path = files[0][0]
        if modality not in OBJECTS or not fates[path].output:
            continue
        try:
            differs = (annotations.segmentation if modality == "SEG" else annotations.report)(path, fates[path].output)
            verdict = "DIFFERENT: " + ", ".join(differs) if differs else "the same"
        except annotations.Unreadable as error:
            differs, verdict = [], f"neither (source: {error})"
        failed += bool(differs)
        table.add(f"{modality} {name}", verdict)
    table.show()
    return failed


def uptake(found, fates, given):
    """SUV and intervals of every PET image; the number of those that differ."""
    table, failed = Table(["PET image", "verdict", "detail"], given.markdown), 0
    for (modality, name), files in sorted(found.items()):
        for path, shown in files if modality == "PT" else ():
            if not fates[path].output:
                table.add(shown, "kept back", ", ".join(fates[path].reasons))
                continue
            try:
                verdict, detail = pet.compare(path, fates[path].output)
            except Exception as error:
                verdict, detail = "not computable", type(error).__name__
            failed += verdict in ("different", "lost")
            table.add(shown, verdict.upper() if verdict in ("different", "lost") else verdict, detail)
    table.show()
    return failed


def main():
    """Runs it all."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("corpus")
    arguments.add_argument("--tokumei")
    arguments.add_argument("--options", help="replaces the options of every route")
    arguments.add_argument("--config")
    arguments.add_argument("--keep", help="folder for the run (emptied first)")
    arguments.add_argument("--markdown", action="store_true")
    given = arguments.parse_args()
    warnings.simplefilter("ignore")
    if not volumes.tool():
        gateway.skip("dcm2niix is not installed")
    folder, checks = gateway.temporary("researchers", given.keep), gateway.Checks()
    journey = Journey(folder, given.tokumei, given.options, given.config)
    found = series(given.corpus, folder)
    made_up = pet.write_series(os.path.join(folder, "made-up"))
    found[("PT", "made-up")] = [(path, f"made up/{os.path.basename(path)}") for path in made_up]
    files = [path for entries in found.values() for path, _ in entries]
    fates = journey.take_all([(path, str(number)) for number, path in enumerate(files)], os.path.join(folder, "taken"))
    released = {path: fate.output for path, fate in fates.items() if fate.output}
    reasons = collections.Counter(r for fate in fates.values() for r in fate.reasons)
    print(f"{len(files)} files, {len(released)} released. Kept back or refused, by reason (a file may have several):")
    print("".join(f"  {count:5} × {reason}\n" for reason, count in reasons.most_common()))
    broken = sum("exit status" in reason for fate in fates.values() for reason in fate.reasons)
    checks.that(released and not broken, f"the gateway ran over every file, and let {len(released)} out")
    failed = images(journey, found, fates, folder, given)
    checks.that(failed == 0, f"dcm2niix: {failed} series differ where no rule says why")
    failed = objects(found, fates, given)
    checks.that(failed == 0, f"highdicom: {failed} objects read differently")
    failed = uptake(found, fates, given)
    checks.that(failed == 0, f"PET: {failed} images with another SUV or another interval")
    facts = [(path, Facts(File(path), File(output), None)) for path, output in released.items()]
    wrong = together(facts)
    for path, findings in sorted(wrong.items())[:20]:
        print(f"  {os.path.relpath(path, given.corpus)}: {findings[0][0]} {findings[0][1]}")
    checks.that(not wrong, f"references, UIDs, pseudonyms: {len(wrong)} objects disagree with the others")
    checks.exit()


if __name__ == "__main__":
    main()
