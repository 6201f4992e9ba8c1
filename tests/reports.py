#!/usr/bin/env python3
"""Shows that dose reports and key object selections are of use behind the gateway, and name nobody.

usage: reports.py [--corpus CORPUS] [--tokumei PATH] [--options A,B] [--keep DIR]

Made-up objects of one study go through `tokumei deidentify` under the shipped configuration: a CT image, the CT dose
report that refers to its irradiation event, an X-ray projection dose report, and a key object selection of the image,
with names, numbers and free words wherever a person can write them. What comes out must hold none of them; doses,
voltages and codes must be as they were; UIDs and dates must agree with those of the image. `dsrdump` of DCMTK must read
each report without a complaint, highdicom must read in it what it reads in the source, and `dciodvfy` may find no error
that it does not find in the source. A segmentation, a presentation state and key objects that highdicom makes of the
image go the same way.

A report of measurements (TID 1500), kept back as a rule because reports hold free text, goes through with a rule for
classes that lets it pass. With a corpus, so do the structured reports in it, under the same demands; segmentations,
presentation states and radiotherapy objects too. The corpus has no dose report.

Needs highdicom (tests/requirements.txt).
"""

import argparse
import os
import re
import subprocess
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import gateway  # noqa: E402

try:
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset

    from support import with_highdicom
    from support.journey import Journey
except ImportError as missing:
    gateway.skip(f"python module {missing.name} is not installed")

CT, DOSE, KEY = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.88.67", "1.2.840.10008.5.1.4.1.1.88.59"
ROOT = "1.2.826.0.1.3680043.10.999.88"
STUDY, EVENT, IMAGE = f"{ROOT}.1", f"{ROOT}.2", f"{ROOT}.3"
PLANTED = ("Yamada", "Tarou", "山田", "Suzuki", "ZZ-0000123", "SN-4711", "Sakura", "0312345678", "20240229", ROOT)
REPORTS = f"{KEY.rsplit('.', 1)[0]}."


def code(value, meaning, scheme="DCM"):
    """A code sequence of one item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return [item]


def item(kind, concept, relation="CONTAINS", children=(), **values):
    """A content item; `concept` is (code, meaning) of DCM or (code, meaning, scheme), or nothing."""
    found = Dataset()
    found.RelationshipType, found.ValueType = relation, kind
    if concept:
        found.ConceptNameCodeSequence = code(*concept)
    for name, value in values.items():
        setattr(found, name, value)
    if kind == "CONTAINER":
        found.ContinuityOfContent = "SEPARATE"
    if children:
        found.ContentSequence = list(children)
    return found


def number(concept, value, unit, relation="CONTAINS"):
    """A NUM item."""
    measured = Dataset()
    measured.NumericValue, measured.MeasurementUnitsCodeSequence = value, code(unit, f"{unit} by Suzuki", "UCUM")
    return item("NUM", concept, relation, MeasuredValueSequence=[measured])


def text(concept, value, relation="CONTAINS"):
    """A TEXT item."""
    return item("TEXT", concept, relation, TextValue=value)


def observers():
    """TID 1002 to 1004: who observed."""
    context = "HAS OBS CONTEXT"
    return [
        item("CODE", ("121005", "Observer Type"), context, ConceptCodeSequence=code("121006", "Person")),
        item("PNAME", ("121008", "Person Observer Name"), context, PersonName="Suzuki^Hanako"),
        text(("121009", "Person Observer's Organization Name"), "Sakura Clinic", context),
        item("CODE", ("121005", "Observer Type"), context, ConceptCodeSequence=code("121007", "Device")),
        item("UIDREF", ("121012", "Device Observer UID"), context, UID=f"{ROOT}.9"),
        text(("121013", "Device Observer Name"), "Sakura CT 1", context),
        text(("121016", "Device Observer Serial Number"), "SN-4711", context),
    ]


def local(children=()):
    """Items that a vendor and a clinic add."""
    return [
        text(("SAKURA1", "of Yamada", "99SAKURA"), "Yamada^Tarou"),
        number(("MRN", "Number of Yamada", "99SAKURA"), "0000123", "1"),
        item("CODE", ("121071", "Finding"), ConceptCodeSequence=code("Y1", "Yamada Tarou", "99SAKURA")),
        text(("121106", "Comment"), "Yamada 山田 called 0312345678"),
        *children,
    ]


def ct_dose():
    """TID 10011."""
    parameters = item("CONTAINER", ("113822", "CT Acquisition Parameters"), children=[
        number(("113824", "Exposure Time"), "1.5", "s"),
        number(("113825", "Scanning Length"), "350", "mm"),
        number(("113823", "Number of X-Ray Sources"), "1", "{X-Ray sources}"),
        item("CONTAINER", ("113831", "CT X-Ray Source Parameters"), children=[
            text(("113832", "Identification of the X-Ray Source"), "SN-4711"),
            number(("113733", "KVP"), "120", "kV"),
            number(("113734", "X-Ray Tube Current"), "250", "mA"),
        ]),
    ])  # fmt: skip
    dose = item("CONTAINER", ("113829", "CT Dose"), children=[
        number(("113830", "Mean CTDIvol"), "12.5", "mGy"),
        item("CODE", ("113835", "CTDIw Phantom Type"), ConceptCodeSequence=code("113691", "IEC Body Dosimetry Phantom")),
        number(("113838", "DLP"), "437.5", "mGy.cm"),
    ])  # fmt: skip
    acquisition = item("CONTAINER", ("113819", "CT Acquisition"), children=[
        text(("125203", "Acquisition Protocol"), "Chest Yamada"),
        item("CODE", ("123014", "Target Region"), ConceptCodeSequence=code("T-D3000", "Chest of Yamada", "SRT")),
        item("CODE", ("113820", "CT Acquisition Type"), ConceptCodeSequence=code("116152004", "Spiral Acquisition", "SCT")),
        item("UIDREF", ("113769", "Irradiation Event UID"), UID=EVENT),
        parameters, dose, *local(),
    ])  # fmt: skip
    total = item("CONTAINER", ("113811", "CT Accumulated Dose Data"), children=[
        number(("113812", "Total Number of Irradiation Events"), "1", "{events}"),
        number(("113813", "CT Dose Length Product Total"), "437.5", "mGy.cm"),
    ])  # fmt: skip
    return report(DOSE, 1, ("113701", "X-Ray Radiation Dose Report"), [
        item("CODE", ("121058", "Procedure reported"), "HAS CONCEPT MOD",
             children=[item("CODE", ("363703001", "Has Intent", "SCT"), "HAS CONCEPT MOD",
                            ConceptCodeSequence=code("261004008", "Diagnostic Intent", "SCT"))],
             ConceptCodeSequence=code("77477000", "Computed Tomography X-Ray", "SCT")),
        *observers(),
        item("DATETIME", ("113809", "Start of X-Ray Irradiation"), "HAS OBS CONTEXT", DateTime="20240229101500"),
        item("DATETIME", ("113810", "End of X-Ray Irradiation"), "HAS OBS CONTEXT", DateTime="20240229102000"),
        item("CODE", ("113705", "Scope of Accumulation"), "HAS OBS CONTEXT",
             children=[item("UIDREF", ("110180", "Study Instance UID"), "HAS PROPERTIES", UID=STUDY)],
             ConceptCodeSequence=code("113014", "Study")),
        total, acquisition,
        item("CODE", ("113854", "Source of Dose Information"),
             ConceptCodeSequence=code("113856", "Automated Data Collection")),
    ])  # fmt: skip


def projection_dose():
    """TID 10001."""
    event = item("CONTAINER", ("113706", "Irradiation Event X-Ray Data"), children=[
        item("UIDREF", ("113769", "Irradiation Event UID"), UID=f"{ROOT}.4"),
        item("DATETIME", ("111526", "DateTime Started"), DateTime="20240229113000"),
        item("CODE", ("113721", "Irradiation Event Type"), ConceptCodeSequence=code("113611", "Stationary Acquisition")),
        number(("122130", "Dose Area Product"), "0.00012", "Gy.m2"),
        text(("113780", "Reference Point Definition"), "15cm below Suzuki"),
        number(("113733", "KVP"), "81", "kV"),
        *local([item("PNAME", ("113870", "Person Name"), PersonName="Suzuki^Hanako")]),
    ])  # fmt: skip
    return report(DOSE, 2, ("113701", "X-Ray Radiation Dose Report"), [
        item("CODE", ("121058", "Procedure reported"), "HAS CONCEPT MOD",
             ConceptCodeSequence=code("113704", "Projection X-Ray")),
        *observers(),
        item("CODE", ("113705", "Scope of Accumulation"), "HAS OBS CONTEXT",
             children=[item("UIDREF", ("110180", "Study Instance UID"), "HAS PROPERTIES", UID=STUDY)],
             ConceptCodeSequence=code("113014", "Study")),
        event,
    ])  # fmt: skip


def key_objects():
    """TID 2010."""
    reference, picture = Dataset(), item("IMAGE", None)
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CT, IMAGE
    picture.ReferencedSOPSequence = [reference]
    made = report(KEY, 3, ("113000", "Of Interest"), [
        *observers(), text(("113012", "Key Object Description"), "Yamada 山田, see Suzuki"), picture,
    ])  # fmt: skip
    made.Modality = "KO"
    series, study, listed = Dataset(), Dataset(), Dataset()
    listed.ReferencedSOPClassUID, listed.ReferencedSOPInstanceUID = CT, IMAGE
    series.SeriesInstanceUID, series.ReferencedSOPSequence = f"{ROOT}.10", [listed]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = STUDY, [series]
    made.CurrentRequestedProcedureEvidenceSequence = [study]
    del made.CompletionFlag, made.VerificationFlag, made.CompletionFlagDescription
    return made


def common(sop_class, instance, series, modality):
    """What every object of the study says."""
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = sop_class, instance
    made.StudyDate = made.ContentDate = made.SeriesDate = "20240229"
    made.StudyTime = made.ContentTime = made.SeriesTime = "101000"
    made.AccessionNumber, made.Modality, made.Manufacturer = "ZZ-0000123", modality, "Made Up"
    made.InstitutionName, made.ReferringPhysicianName = "Sakura Clinic", "Suzuki^Hanako"
    made.ManufacturerModelName, made.DeviceSerialNumber, made.SoftwareVersions = "Model", "SN-4711", "1.0"
    made.PatientName, made.PatientID = "Yamada^Tarou=山田^太郎", "ZZ-0000123"
    made.PatientBirthDate, made.PatientSex = "19610717", "M"
    made.StudyInstanceUID, made.SeriesInstanceUID = STUDY, series
    made.StudyID, made.SeriesNumber, made.InstanceNumber = "1", "1", "1"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    return made


def report(sop_class, at, concept, children):
    """A document with its root."""
    made = common(sop_class, f"{ROOT}.5.{at}", f"{ROOT}.6.{at}", "SR")
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence, made.ContentSequence = code(*concept), children
    made.ContentTemplateSequence = [Dataset()]
    template = {"113000": "2010"}.get(concept[0], "10011" if at == 1 else "10001")
    made.ContentTemplateSequence[0].MappingResource = "DCMR"
    made.ContentTemplateSequence[0].TemplateIdentifier = template
    made.CompletionFlag, made.VerificationFlag = "COMPLETE", "UNVERIFIED"
    made.CompletionFlagDescription = "by Suzuki"
    made.ReferencedPerformedProcedureStepSequence, made.PerformedProcedureCodeSequence = [], []
    scheme = Dataset()
    scheme.CodingSchemeDesignator, scheme.CodingSchemeName = "99SAKURA", "Sakura Clinic codes"
    made.CodingSchemeIdentificationSequence = [scheme]
    return made


def image():
    """The CT image that the reports speak of."""
    made = common(CT, IMAGE, f"{ROOT}.10", "CT")
    made.ImageType, made.FrameOfReferenceUID = ["ORIGINAL", "PRIMARY", "AXIAL"], f"{ROOT}.11"
    made.IrradiationEventUID = EVENT
    made.ImagePositionPatient, made.ImageOrientationPatient = [-10, -10, 5], [1, 0, 0, 0, 1, 0]
    made.PixelSpacing, made.SliceThickness, made.PositionReferenceIndicator = [1, 1], 1, ""
    made.Rows = made.Columns = 8
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelData = 16, 12, 11, bytes(128)
    return made


def leaves(dataset):
    """{concept code: [value]} of a content tree."""
    found = {}
    for child in dataset.get("ContentSequence") or ():
        concept = (child.get("ConceptNameCodeSequence") or [Dataset()])[0].get("CodeValue", "")
        value = child.get("UID") or child.get("DateTime") or child.get("TextValue")
        if "MeasuredValueSequence" in child:
            measured = child.MeasuredValueSequence[0]
            value = (str(measured.NumericValue), measured.MeasurementUnitsCodeSequence[0].CodeValue)
        if "ConceptCodeSequence" in child:
            coded = child.ConceptCodeSequence[0]
            value = (coded.CodingSchemeDesignator, coded.CodeValue)
        found.setdefault(concept, []).append(str(value) if isinstance(value, (str, pydicom.valuerep.DT)) else value)
        for code_value, values in leaves(child).items():
            found.setdefault(code_value, []).extend(values)
    return found


def complaints(path):
    """What dciodvfy calls errors, without the values in them; and whether dsrdump reads it, for reports."""
    said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, errors="replace", check=False)
    lines = (said.stdout + said.stderr).splitlines()
    return {re.sub(r"<[^>]*>|= ?'[^']*'", "<>", line) for line in lines if line.startswith("Error")}


def readable(path):
    """Whether DCMTK reads the content tree, with its demands on relationships and Value Types."""
    said = subprocess.run([gateway.dcmtk("dsrdump"), path], capture_output=True, text=True, errors="replace", check=False)
    return said.returncode == 0 and "E: " not in said.stderr


def made_up(journey, folder, checks):
    """The study through the gateway."""
    objects = {"image": image(), "ct-dose": ct_dose(), "projection-dose": projection_dose(), "key-objects": key_objects()}
    out = {}
    for name, made in objects.items():
        path = os.path.join(folder, f"{name}.dcm")
        made.save_as(path, enforce_file_format=True)
        fate = journey.take(path, os.path.join(folder, "out", name))
        checks.that(fate.output, f"{name} comes out {fate.reasons}")
        if not fate.output:
            continue
        out[name] = pydicom.dcmread(fate.output)
        with open(fate.output, "rb") as file:
            data = file.read()
        found = [p for p in PLANTED if p.encode() in data]
        checks.that(not found, f"{name} holds nothing planted {found}")
        more = complaints(fate.output) - complaints(path)
        checks.that(not more, f"dciodvfy finds no new error in {name} {sorted(more)}")
        if name != "image":
            checks.that(readable(path), f"dsrdump reads the source of {name}")
            checks.that(readable(fate.output), f"dsrdump reads {name}")
            claims = [c.CodeValue for c in out[name].DeidentificationMethodCodeSequence]
            checks.that("113104" in claims, f"{name} claims 113104 {claims}")
        if name.endswith("dose"):
            measured(path, fate.output, name, checks)
    if len(out) == len(objects):
        agree(out, checks)
        with_highdicom.prove(journey, folder, objects["image"], out["image"], ROOT, PLANTED, complaints, checks)


def measured(source, output, name, checks):
    """highdicom takes the report in, and finds every measurement of the source in it, in its order, but for what a clinic added."""
    numbers = [[i for i in with_highdicom.content(path) if i[1] == "NUM"] for path in (source, output)]
    before, after = ([i for i in found if i[0][1] != "99SAKURA"] for found in numbers)
    checks.that(len(after) == len(numbers[1]) > 1, f"{name} has measurements of the standard only")
    checks.that(before == after, f"highdicom reads the measurements of {name} as in the source")


def agree(out, checks):
    """What a dose registry and a viewer need."""
    picture, ct, xray, key = (out[n] for n in ("image", "ct-dose", "projection-dose", "key-objects"))
    dose, projection, before = leaves(ct), leaves(xray), leaves(ct_dose())
    kept = ("113830", "113838", "113813", "113733", "113734", "113823", "113824", "113825", "113835", "113820", "123014")
    for concept in (*kept, "113812", "363703001"):
        checks.that(dose.get(concept) == before[concept], f"{concept} stays as it was: {dose.get(concept)}")
    checks.that(projection.get("122130") == [("0.00012", "Gy.m2")], "the dose area product stays")
    checks.that(dose["113769"] == [picture.IrradiationEventUID], "the irradiation event is the image's")
    checks.that(dose["110180"] == [picture.StudyInstanceUID] == [ct.StudyInstanceUID], "the study is the image's")
    checks.that(dose["113809"] == [f"{picture.StudyDate}101500"], "irradiation began on the day of the image")
    checks.that(dose["113810"] == [f"{picture.StudyDate}102000"], "and ended there")
    checks.that(projection["111526"] == [f"{picture.StudyDate}113000"], "so did that of the other report")
    pictures = [i for i in key.ContentSequence if i.ValueType == "IMAGE"]
    named = {i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for i in pictures}
    named.add(key.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
    checks.that(named == {picture.SOPInstanceUID}, "the key objects are the image")


def corpus(journey, root, folder, checks):
    """Real objects, without regard for their class."""
    wanted = {"SR", "KO", "PR", "SEG", "RTSTRUCT", "RTPLAN", "RTDOSE", "RTIMAGE", "REG", "ANN"}
    files, kept, counts = [], {}, {"same": 0, "fewer": 0}
    for base, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            path = os.path.join(base, name)
            try:
                found = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["Modality", "SOPClassUID"])
            except Exception:  # not a file that pydicom takes, whatever it says
                continue
            if found.get("Modality") in wanted or str(found.get("SOPClassUID", "")).startswith(REPORTS):
                files.append((path, f"real-{len(files)}"))
    fates = journey.take_all(files, os.path.join(folder, "corpus"))
    for path, fate in fates.items():
        name = os.path.relpath(path, root)
        if not fate.output:
            kept.setdefault(" ".join(fate.reasons), []).append(name)
            continue
        before, after = complaints(path), complaints(fate.output)
        checks.that(after <= before, f"no new error in {name} {sorted(after - before)}")
        counts["same" if after == before else "fewer"] += 1
        if str(pydicom.dcmread(path, stop_before_pixels=True).SOPClassUID).startswith(REPORTS):
            if readable(path):
                checks.that(readable(fate.output), f"dsrdump reads {name} as it reads the source")
            lost, new = with_highdicom.differing(path, fate.output)
            checks.that(not new, f"highdicom reads nothing in {name} that the source does not say {new[:3]}")
            print(f"       {name}: highdicom reads {len(lost)} numbers, codes or coordinates fewer {lost[:2]}")
    print(f"       {len(files)} objects, of the outputs {counts['same']} with the same errors, {counts['fewer']} with fewer")
    for reasons, names in sorted(kept.items()):
        print(f"       {len(names):5} kept back: {reasons} ({names[0]} …)")


def permissive(folder):
    """A configuration under which every report may pass whose content was cleaned."""
    rules = os.path.join(folder, "rules")
    os.makedirs(os.path.join(rules, "checks"))
    with open(os.path.join(gateway.PROJECT, "config", "checks", "classes.yaml"), encoding="utf-8") as file:
        text = file.read()
    before, behind = text.split("id: CLASS-REPORT", 1)
    behind = behind.replace("disposition: quarantine", "disposition: structured_content", 1)
    with open(os.path.join(rules, "checks", "classes.yaml"), "w", encoding="utf-8") as file:
        file.write(before + "id: CLASS-REPORT" + behind)
    with open(os.path.join(gateway.PROJECT, "config", "tokumei.yaml"), encoding="utf-8") as file:
        text = file.read()
    path = os.path.join(folder, "permissive.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(r'(?m)^  directory: ""', f'  directory: "{rules}"', text))
    return path


def main():
    """Runs it all and says what held."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--corpus")
    arguments.add_argument("--tokumei")
    arguments.add_argument("--options")
    arguments.add_argument("--keep", help="folder for the run (emptied first)")
    given = arguments.parse_args()
    warnings.simplefilter("ignore")
    folder, checks = gateway.temporary("reports", given.keep), gateway.Checks()
    gateway.dcmtk("dsrdump") or gateway.skip("dcmtk dsrdump is not installed")
    made_up(Journey(folder, given.tokumei, given.options), folder, checks)
    where = os.path.join(folder, "permissive")
    os.makedirs(where)
    loose = Journey(where, given.tokumei, given.options, permissive(where))
    with_highdicom.prove_report(loose, where, image(), ROOT, PLANTED, complaints, checks)
    if given.corpus:
        corpus(loose, given.corpus, where, checks)
    checks.exit()


if __name__ == "__main__":
    main()
