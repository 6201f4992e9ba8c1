"""Makes a benchmark: hundreds of made-up objects with identifiers planted in them, and the answer key. The same for the same seed."""

import datetime
import os
import random

from support import made_up
from support.midi import derived, images, texts
from support.midi.expect import expect
from support.midi.key import write
from support.midi.made import IMPLICIT, Made, code, filled, items
from support.midi.people import Person

# Studies, in turn; what they consist of. Their description is that of the first modality.
STUDIES = [
    ["CT", "CT", "CT"], ["MR", "MR", "MR"], ["CR", "CR"], ["CT", "CT", "RTSTRUCT", "RTPLAN", "RTDOSE"], ["US", "US"],
    ["PT", "PT", "CT"], ["DX", "DX"], ["CT", "CT", "PR", "KO", "SR"], ["MG", "MG"], ["XA"], ["CT", "CT", "SEG"], ["RF"], ["NM"],
    ["OT"], ["MR", "MR", "SEG", "KO"],
]  # fmt: skip
MAKERS = {
    "CT": ("MADE UP CT", "Invented 64"), "MR": ("MADE UP MR", "Invented 1.5T"), "PT": ("MADE UP PET", "Invented PT"),
}  # fmt: skip
# Whose words the descriptions of derived objects have, where they have none of their own.
TEXTS = {"RTSTRUCT": "RT", "RTPLAN": "RT", "RTDOSE": "RT"}
SAFE = {
    "CT": [(0x0019, "GEMS_ACQU_01", 0x23, "DS", "39.37"), (0x0043, "GEMS_PARM_01", 0x27, "SH", "0.984:1"),
           (0x01F1, "ELSCINT1", 0x07, "DS", "39.4")],
    "MR": [(0x0019, "SIEMENS MR HEADER", 0x0C, "IS", "800"), (0x2001, "Philips Imaging DD 001", 0x03, "FL", 800.0)],
    "PT": [(0x7053, "Philips PET Private Group", 0x00, "DS", "0.000551"), (0x7053, "Philips PET Private Group", 0x09, "DS", "1.31")],
}  # fmt: skip
PRIVATE = [(0x0009, "ZZ PRIVATE", 0x01, "LO"), (0x0029, "SIEMENS CSA HEADER", 0x10, "OB"), (0x0011, "ZZ ARCHIVE 1.0", 0x0A, "UT"),
           (0x0041, "ZZ WORKLIST", 0x20, "UN")]  # fmt: skip


class Study:
    """One examination of a made-up patient."""

    def __init__(self, person, number, first, seed, modality):
        self.person, self.number, self.seed, self.modality = person, number, seed, modality
        self.date = first + datetime.timedelta(days=37 * number + person.number % 5)
        before = (self.date.month, self.date.day) < (person.born.month, person.born.day)
        self.age = self.date.year - person.born.year - before
        self.accession = f"ZZACC{90000 + person.number * 10 + number}"
        self.tokens = person.tokens(self)

    def chance(self, *parts):
        """Chance that falls the same for all objects of the study, or of a part of it."""
        return random.Random(repr((self.seed, self.person.number, self.number, parts)))

    def uid(self, *parts):
        """A UID of this study; that of the study itself has its date in it."""
        if not parts:
            return f"{made_up.ROOT}.1.{self.date:%Y%m%d}.{made_up.uid(self.seed, self.person.number, self.number)[-12:].lstrip('0.')}"
        own = self.number if parts[0] not in ("device",) else "-"
        return made_up.uid(self.seed, self.person.number, own, *parts)


def _patient(made):
    person, study = made.person, made.study
    made.set(
        PatientName=person.name, PatientID=person.mrn, PatientBirthDate=f"{person.born:%Y%m%d}", PatientSex=person.sex,
        PatientAge=f"{study.age:03}Y", PatientSize=f"{person.height:.2f}", PatientWeight=person.weight, OtherPatientIDs=person.other_id,
        OtherPatientNames="^".join(person.words[:2][::-1]), PatientAddress=person.address[0], PatientTelephoneNumbers=person.phone,
        EthnicGroup="ZZ GROUP", MedicalRecordLocator=f"{person.mrn}/A", InsurancePlanIdentification=person.insurance,
    )  # fmt: skip
    if person.sex == "F":
        made.set(PregnancyStatus=1)
    history = texts.HISTORY_JAPAN if person.land == "japan" else texts.HISTORY
    for keyword in ("AdditionalPatientHistory", "PatientComments"):
        made.text(keyword, history, study.chance(keyword))


def _study(made):
    person, study = made.person, made.study
    day = f"{study.date:%Y%m%d}"
    made.set(
        StudyInstanceUID=study.uid(), StudyDate=day, StudyTime=f"0{8 + study.number % 2}1500", ReferringPhysicianName=person.staff,
        StudyID=f"ZZST{study.number}{person.number}", AccessionNumber=study.accession, PhysiciansOfRecord=person.staff,
        ReferencedStudySequence=items(derived.ref("1.2.840.10008.3.1.2.3.1", study.uid())),
    )  # fmt: skip
    made.text("StudyDescription", _words(person, study.modality)[0], study.chance())


def _words(person, modality):
    """Templates of descriptions of study, series and protocol."""
    return [texts.slipped(person.land, own) for own in texts.tables(person.land, TEXTS.get(modality, modality))]


def _series(made, series, modality):
    person, study = made.person, made.study
    day, words, rng = f"{study.date:%Y%m%d}", _words(person, modality), study.chance(series)
    made.set(
        Modality=modality, SeriesInstanceUID=study.uid("series", series), SeriesNumber=series, SeriesDate=day, SeriesTime="081600",
        Manufacturer="MADE UP", ManufacturerModelName="Invented 64", SoftwareVersions="1.2.3",
        InstitutionName=person.institution[0], InstitutionAddress=person.address[0], StationName=person.station[:16],
        InstitutionalDepartmentName="放射線科" if person.land == "japan" else "Radiology ZZ4", DeviceSerialNumber=person.serial,
        DateOfLastCalibration=day, OperatorsName=person.staff, PerformingPhysicianName=person.staff,
        PerformedProcedureStepID=f"ZZPPS{person.number}", PerformedProcedureStepStartDate=day, PerformedProcedureStepStartTime="081000",
    )  # fmt: skip
    if modality in MAKERS:
        made.set(Manufacturer=MAKERS[modality][0], ManufacturerModelName=MAKERS[modality][1])
    made.text("SeriesDescription", words[1], rng)
    if modality in images.CLASSES:
        made.text("ProtocolName", words[2], rng)
    if modality not in ("RTSTRUCT", "RTPLAN", "RTDOSE", "KO", "SR"):
        made.text("PerformedProcedureStepDescription", words[0], rng)
        request = filled(RequestedProcedureID=f"ZZRP{person.number}", ScheduledProcedureStepID=f"ZZSPS{person.number}")
        made.set(RequestAttributesSequence=items(request))
        made.text("RequestedProcedureDescription", words[0], rng, request, "(0040,0275)[0]")


def _image(made, rng, number):
    person, study = made.person, made.study
    day = f"{study.date:%Y%m%d}"
    made.set(
        InstanceNumber=number, ContentDate=day, ContentTime=f"0817{number:02}", AcquisitionDate=day, AcquisitionTime=f"0816{number:02}.25",
        PatientOrientation="", InstanceCreationDate=day, InstanceCreationTime="081700",
    )  # fmt: skip
    made.text("ImageComments", texts.COMMENTS_JAPAN if person.land == "japan" and number % 2 else texts.COMMENTS, rng)
    if number % 2:
        # A code of the hospital's own, whose meaning somebody typed.
        said = made.plant("(0008,1032)[0](0008,0104)", rng.choice(["~Routine ~for {staff}", "~Ward {name}", "~Plan {mrn}"]))
        if len(said) <= 64 and made.writable(said):
            made.set(ProcedureCodeSequence=code(f"ZZ{person.number}", "99ZZHOSP", said))
        else:
            made.rows = [r for r in made.rows if r.path != "(0008,1032)[0](0008,0104)"]
    if made.dataset.Modality in ("CT", "MR"):
        made.set(AnatomicRegionSequence=code("51185008", "SCT", "Chest"))


def _private(made, rng):
    words = [made.tokens[name] for name in ("name", "mrn", "address", "phone")]
    for (group, creator, number, vr), token in zip(PRIVATE, rng.sample(words, 4)):
        if not token.text.isascii() and vr in ("OB", "UN"):
            token = made.tokens["mrn"]
        raw = f"zz <{token.text}> ".encode() if vr in ("OB", "UN") else token.text
        path = made.private(group, creator, number, vr, raw + b" " * (len(raw) % 2) if isinstance(raw, bytes) else raw)
        for word in token.words:
            made.row(path, "text_removed", token.category, word)
    for group, creator, number, vr, value in SAFE.get(str(made.dataset.Modality), []):
        made.row(made.private(group, creator, number, vr, value), "text_retained", "BEST-PRIVATE")


def _source(modality, before):
    """What a derived object is made of, among the objects of its study so far."""
    return before[-1] if modality in ("RTPLAN", "RTDOSE") else [d for d in before if d.Modality in ("CT", "MR")]


def _object(person, study, modality, number, series, before, rng):
    classes = images.CLASSES if modality in images.CLASSES else derived.CLASSES
    uid = study.uid("instance", series, number)
    made = Made(f"P{person.number:03}/S{study.number}/{modality}-{series}-{number}.dcm", person, study, classes[modality], uid)
    _patient(made)
    _study(made)
    _series(made, series, modality)
    if modality in images.MAKERS:
        _image(made, rng, number)
        images.MAKERS[modality](made, rng, number)
        if modality in ("CT", "MR", "PT") and number % 3 == 0:
            made.set(ReferencedImageSequence=items(derived.ref(classes[modality], study.uid("instance", series, 1))))
    else:
        made.set(ContentDate=f"{study.date:%Y%m%d}", ContentTime="150000", InstanceNumber=number)
        derived.MAKERS[modality](made, rng, _source(modality, before))
    if rng.random() < 0.7:
        _private(made, rng)
    shape = rng.random()
    made.syntax = IMPLICIT if shape < 0.2 else made.syntax
    made.rle = 0.2 <= shape < 0.35 and modality in ("CT", "MR", "CR", "XA")
    return made


def make(folder, seed, patients):
    """Writes `sources/` and `key.csv` into the folder; (number of objects, number of rows)."""
    rows, count = [], 0
    turn = 0
    for number in range(patients):
        rng = random.Random(f"{seed}/{number}")
        person = Person(number, rng)
        first = datetime.date(2019, 1, 7) + datetime.timedelta(days=rng.randrange(1200))
        for which in range(2 + number % 2):
            modalities, before = STUDIES[turn % len(STUDIES)], []
            study = Study(person, which, first, seed, modalities[0])
            turn += 1
            for place, modality in enumerate(modalities):
                series = 1 + len(dict.fromkeys(modalities[: place + 1]))
                index = modalities[:place].count(modality) + 1
                made = _object(person, study, modality, index, series, before, rng)
                expect(made)
                path = os.path.join(folder, "sources", made.name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                made.write(path)
                before.append(made.dataset)
                rows += made.rows
                count += 1
    write(os.path.join(folder, "key.csv"), rows, f"Made up by tests/midi.py with seed {seed} and {patients} patients.")
    return count, len(rows)
