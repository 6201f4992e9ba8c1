"""Plants a made-up identity into a copy of a real file, wherever a hospital's systems would write one."""

import pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

LATIN = "Yamada^Tarou"
KANJI = "Yamada^Tarou=山田^太郎=やまだ^たろう"
# Where the words of a description are kept, so that what was planted can be told from what was there.
DESCRIPTIONS = ("StudyDescription", "SeriesDescription", "ProtocolName", "ImageComments")
FIXED = {
    "PatientID": "ZZ-0000123", "PatientBirthDate": "19700302", "OtherPatientIDs": "ZZ-0000987",
    "OtherPatientNames": "Suzuki^Hanako", "PatientAddress": "4-5-6 Kakuu-machi", "PatientTelephoneNumbers": "03-0000-1234",
    "PatientComments": "Yamada Tarou of Kakuu-machi", "AdditionalPatientHistory": "Yamada Tarou, ID ZZ-0000123",
    "AccessionNumber": "ZZACC00456", "InstitutionName": "Zokusei Chuo Hospital", "InstitutionAddress": "1-2-3 Zokusei-cho",
    "StationName": "ZZSTATION7", "ReferringPhysicianName": "Zaizen^Gorou", "PerformingPhysicianName": "Satomi^Shuuji",
    "OperatorsName": "Azuma^Teizou", "RequestingPhysician": "Zaizen^Gorou", "DeviceSerialNumber": "ZZSERIAL99",
}  # fmt: skip


def _ascii(dataset):
    for element in dataset.iterall():
        value = element.value
        if isinstance(value, (str, pydicom.valuerep.PersonName)) and not str(value).isascii():
            return False
    return True


def plant(source, place):
    """Writes the copy. A file whose texts are ASCII gets the name in three groups, under ISO 2022 as in Japan."""
    dataset = pydicom.dcmread(source, force=True)
    if not hasattr(dataset, "file_meta") or "TransferSyntaxUID" not in dataset.file_meta or "SOPInstanceUID" not in dataset:
        raise ValueError("no Part 10 object")
    name = LATIN
    if _ascii(dataset) and str(dataset.get("SpecificCharacterSet", "")) in ("", "ISO_IR 100", "ISO_IR 6"):
        dataset.SpecificCharacterSet, name = ["", "ISO 2022 IR 87"], KANJI
    dataset.PatientName = name
    for keyword, value in FIXED.items():
        setattr(dataset, keyword, value)
    for keyword, words in zip(DESCRIPTIONS, ("Yamada 55F", "of Yamada", "ZZ-0000123", "seen by Dr. Zaizen")):
        there = dataset.get(keyword)
        text = " ".join(str(v) for v in there) if isinstance(there, pydicom.multival.MultiValue) else str(there or "")
        setattr(dataset, keyword, f"{text[: 60 - len(words)]} {words}".strip())
    request = Dataset()
    request.ScheduledProcedureStepDescription, request.RequestedProcedureDescription = "Brain of Yamada", "for Dr. Zaizen"
    request.ScheduledProcedureStepID, request.RequestedProcedureID = "ZZ-0000123-1", "ZZACC00456-1"
    dataset.RequestAttributesSequence = Sequence([request])
    context, concept = Dataset(), Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = "121029", "DCM", "Subject Name"
    context.ConceptNameCodeSequence, context.ValueType = Sequence([concept]), "PNAME"
    context.PersonName, context.TextValue = LATIN, "Yamada Tarou"
    dataset.AcquisitionContextSequence = Sequence([context])
    block = dataset.private_block(0x0009, "ZZ PRIVATE", create=True)
    block.add_new(0x01, "LO", LATIN)
    block.add_new(0x02, "OB", b"name: Yamada^Tarou\0")
    dataset.save_as(place, enforce_file_format=False)
    pydicom.dcmread(place)
