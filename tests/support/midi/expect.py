"""What must become of the attributes that every object has, by table: written from PS3.15 Table E.1-1 and the options
113104, 113105, 113107, 113108 and 113111, and from 45 CFR 164.514(b)(2). What was planted says its object itself.
"""

from pydicom.datadict import dictionary_keyword
from pydicom.tag import Tag

from support.midi.key import step

STRUCTURE = {
    "SOPClassUID", "ReferencedSOPClassUID", "CodingSchemeUID", "ContextUID", "RelatedGeneralSOPClassUID",
    "MappingResourceUID",
}  # fmt: skip
# Removed with all that is in them, where no IOD requires them: their UIDs must be gone, and need not be consistent.
GOES = {
    "ReferencedStudySequence", "ReferencedPatientSequence", "ReferencedPerformedProcedureStepSequence",
    "ReferencedImageSequence", "SourceImageSequence", "GraphicAnnotationSequence", "RequestAttributesSequence",
    "PersonIdentificationCodeSequence", "ContentCreatorIdentificationCodeSequence", "OtherPatientIDsSequence",
    "PerformingPhysicianIdentificationSequence", "ReferringPhysicianIdentificationSequence", "ContentSequence",
    "VerifyingObserverSequence", "AuthorObserverSequence", "ParticipantSequence",
}  # fmt: skip
TYPE_1 = {"SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "SOPClassUID"}
TYPE_2 = {
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID", "AccessionNumber",
    "ReferringPhysicianName", "SeriesNumber", "InstanceNumber",
}  # fmt: skip
IDENTIFIERS = {
    "OtherPatientIDs": "HIPAA-H", "PatientAddress": "HIPAA-B", "PatientTelephoneNumbers": "HIPAA-D",
    "PatientTelecomInformation": "HIPAA-F", "InsurancePlanIdentification": "HIPAA-I", "AccessionNumber": "HIPAA-J",
    "InstitutionName": "HIPAA-B", "InstitutionAddress": "HIPAA-B", "InstitutionalDepartmentName": "HIPAA-B",
    "StationName": "HIPAA-M", "DeviceSerialNumber": "HIPAA-M", "DetectorID": "HIPAA-M", "StudyID": "HIPAA-J",
    "ReferringPhysicianAddress": "HIPAA-B", "ReferringPhysicianTelephoneNumbers": "HIPAA-D",
    "RequestedProcedureID": "HIPAA-J", "ScheduledProcedureStepID": "HIPAA-J", "PerformedProcedureStepID": "HIPAA-J",
    "CurrentPatientLocation": "HIPAA-B", "IssuerOfPatientID": "HIPAA-B", "MedicalRecordLocator": "HIPAA-H",
    "CountryOfResidence": "HIPAA-B", "RegionOfResidence": "HIPAA-B", "MilitaryRank": "DICOM-P15-BASIC",
    "PatientReligiousPreference": "DICOM-P15-BASIC", "TreatmentMachineName": "HIPAA-M", "ReviewerName": "HIPAA-A",
}  # fmt: skip
PATIENT = {"PatientSex", "PatientSize", "PatientWeight", "EthnicGroup", "SmokingStatus", "PregnancyStatus"}
TIMES = {"StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime", "RadiopharmaceuticalStartTime"}
# Values of acquisition, geometry and display that research needs, wherever they stand.
KEPT = set(
    """SOPClassUID Modality ImageType Manufacturer ManufacturerModelName SoftwareVersions BodyPartExamined PatientPosition
    SeriesNumber InstanceNumber AcquisitionNumber ImagePositionPatient ImageOrientationPatient PixelSpacing SliceThickness
    SliceLocation SpacingBetweenSlices Rows Columns NumberOfFrames BitsAllocated BitsStored HighBit PixelRepresentation
    SamplesPerPixel PhotometricInterpretation RescaleSlope RescaleIntercept RescaleType WindowCenter WindowWidth
    KVP XRayTubeCurrent ExposureTime Exposure ConvolutionKernel ReconstructionDiameter DataCollectionDiameter
    GantryDetectorTilt TableHeight RotationDirection FilterType FocalSpots SpiralPitchFactor CTDIvol ScanOptions
    ScanningSequence SequenceVariant MRAcquisitionType SequenceName RepetitionTime EchoTime EchoTrainLength InversionTime
    FlipAngle MagneticFieldStrength ImagedNucleus NumberOfAverages EchoNumbers PixelBandwidth AcquisitionMatrix
    InPlanePhaseEncodingDirection SAR ImagingFrequency ReceiveCoilName ContrastBolusAgent
    SeriesType Units CountsSource CorrectedImage DecayCorrection FrameReferenceTime ActualFrameDuration ImageIndex
    DecayFactor NumberOfSlices ReconstructionMethod AttenuationCorrectionMethod RadionuclideTotalDose RadionuclideHalfLife
    RadionuclidePositronFraction Radiopharmaceutical CodeValue CodingSchemeDesignator
    ViewPosition ImageLaterality Laterality PatientOrientation PresentationIntentType PixelIntensityRelationship
    PixelIntensityRelationshipSign PresentationLUTShape DetectorType ImagerPixelSpacing PositionerType OrganExposed
    CompressionForce BodyPartThickness PositionerPrimaryAngle PositionerSecondaryAngle DistanceSourceToDetector
    DistanceSourceToPatient RadiationSetting CineRate FrameTime FieldOfViewShape
    PhysicalDeltaX PhysicalDeltaY EnergyWindowLowerLimit EnergyWindowUpperLimit CountsAccumulated NumberOfDetectors
    ROINumber ROIGenerationAlgorithm ContourData ContourGeometricType NumberOfContourPoints ROIDisplayColor
    RTROIInterpretedType DoseUnits DoseType DoseSummationType DoseGridScaling GridFrameOffsetVector
    BeamNumber BeamType RadiationType BeamMeterset NumberOfFractionsPlanned GantryAngle IsocenterPosition NominalBeamEnergy
    LeafJawPositions SourceAxisDistance
    SegmentationType SegmentNumber SegmentAlgorithmType RecommendedDisplayCIELabValue
    DisplayedAreaTopLeftHandCorner DisplayedAreaBottomRightHandCorner PresentationSizeMode""".split()
)
# Words of a label that says what something is, by the vocabulary of radiotherapy and segmentation.
NAMED = {"ROIName", "SegmentLabel"}
# In these only the standard's own code keeps its meaning.
SCHEMES = {"DCM", "SCT", "UCUM", "SRT", "FMA"}


def _walk(dataset, prefix="", above=()):
    for element in dataset:
        if element.tag.is_private:
            continue
        keyword = dictionary_keyword(element.tag) if element.tag != Tag(0x7FE00010) else "PixelData"
        path = prefix + step(int(element.tag))
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                number = "*" if keyword == "ContentSequence" else number
                yield from _walk(item, f"{path}[{number}]", (*above, keyword))
        else:
            yield path, keyword, element, dataset, above


def _whole(element):
    value = element.value
    return "\\".join(str(v) for v in value) if element.VM > 1 else str(value)


def expect(made):
    """Adds the rows of one object."""
    age = made.study.age
    for path, keyword, element, item, above in _walk(made.dataset):
        text, goes = "" if keyword == "PixelData" else _whole(element), bool(GOES & set(above))
        if not above and keyword in TYPE_1:
            made.row(path, "text_notnull", "DICOM-IOD")
        if not above and keyword in TYPE_2:
            made.row(path, "tag_retained", "DICOM-IOD")
        if keyword == "PixelData":
            made.row(path, "pixels_retained", "BEST-PIX-K")
        elif keyword == "PatientID" and not above:
            made.row(path, "patid_consistent", "DICOM-P15-BASIC-C", text)
            made.row(path, "text_removed", "HIPAA-H", text)
        elif not text:
            continue
        elif element.VR == "UI" and keyword not in STRUCTURE:
            made.row(path, "uid_changed", "HIPAA-R", text)
            if not goes:
                made.row(path, "uid_consistent", "DICOM-P15-BASIC-U", text)
        elif element.VR in ("DA", "DT"):
            made.row(path, "date_shifted", "HIPAA-C", text)
        elif element.VR == "PN":
            for word in dict.fromkeys(text.replace("=", "^").split("^")):
                if len(word) > 1 or not word.isascii():
                    made.row(path, "text_removed", "HIPAA-A", word)
        elif keyword in IDENTIFIERS:
            made.row(path, "text_removed", IDENTIFIERS[keyword], text)
        elif keyword == "PatientAge":
            if age < 90:
                made.row(path, "text_retained", "BEST-PATIENT")
            elif age > 90:  # all ages from 90 on are one category, which is written as 90
                made.row(path, "text_removed", "HIPAA-C", text)
        elif goes:
            continue
        elif keyword in PATIENT:
            made.row(path, "text_retained", "BEST-PATIENT")
        elif keyword in TIMES:
            made.row(path, "text_retained", "BEST-TIMES")
        elif keyword in KEPT:
            local = keyword in ("CodeValue", "CodingSchemeDesignator") and item.get("CodingSchemeDesignator") not in SCHEMES
            if not local:
                made.row(path, "text_retained", "BEST-ACQUISITION")
        elif keyword == "CodeMeaning" and item.get("CodingSchemeDesignator") in SCHEMES:
            made.row(path, "text_notnull", "BEST-CODES")
        elif keyword in NAMED:
            for word in text.replace("_", " ").split():
                made.row(path, "text_retained", "BEST-TEXT", word)
    own = [w for w in made.person.words if (len(w) >= 6 if w.isascii() else len(w) >= 2)]
    for word in (made.person.mrn, made.study.accession, *own):
        made.row("*", "text_removed", "HIPAA-R", word)
