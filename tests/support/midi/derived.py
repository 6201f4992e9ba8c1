"""Made-up objects that point at images: radiotherapy, segmentations, presentation states, key objects, dose reports."""

import numpy

from support.midi.made import code, filled, items

CLASSES = {
    "RTSTRUCT": "1.2.840.10008.5.1.4.1.1.481.3", "RTPLAN": "1.2.840.10008.5.1.4.1.1.481.5",
    "RTDOSE": "1.2.840.10008.5.1.4.1.1.481.2", "SEG": "1.2.840.10008.5.1.4.1.1.66.4", "PR": "1.2.840.10008.5.1.4.1.1.11.1",
    "KO": "1.2.840.10008.5.1.4.1.1.88.59", "SR": "1.2.840.10008.5.1.4.1.1.88.67",
}  # fmt: skip
ORGANS = [("Heart", "HEART"), ("Lung_L", "LEFT LUNG"), ("SpinalCord", "SPINAL CORD"), ("PTV_60", "TARGET"), ("Liver", "LIVER")]


def ref(sop_class, uid):
    """A reference to an instance."""
    return filled(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=uid)


def _refs(images):
    return items(*(ref(i.SOPClassUID, i.SOPInstanceUID) for i in images))


def _series(images):
    return items(filled(ReferencedSOPSequence=_refs(images), SeriesInstanceUID=images[0].SeriesInstanceUID))


def _evidence(images):
    return items(filled(ReferencedSeriesSequence=_series(images), StudyInstanceUID=images[0].StudyInstanceUID))


def rtstruct(made, random, images):
    """RT Structure Set with an organ, contoured."""
    organ, label = random.choice(ORGANS)
    frame = images[0].FrameOfReferenceUID
    study = filled(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1", ReferencedSOPInstanceUID=images[0].StudyInstanceUID)
    study.RTReferencedSeriesSequence = items(filled(SeriesInstanceUID=images[0].SeriesInstanceUID, ContourImageSequence=_refs(images)))
    points = [round(random.uniform(-90, 90), 2) for _ in range(12)]
    contour = filled(ContourImageSequence=_refs(images[:1]), ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=4,
                     ContourData=points)  # fmt: skip
    made.set(
        StructureSetLabel="Plan", StructureSetDate=f"{made.study.date:%Y%m%d}", StructureSetTime="111213",
        ReferencedFrameOfReferenceSequence=items(filled(FrameOfReferenceUID=frame, RTReferencedStudySequence=items(study))),
        StructureSetROISequence=items(filled(ROINumber=1, ReferencedFrameOfReferenceUID=frame, ROIName=organ,
                                             ROIGenerationAlgorithm="MANUAL")),
        ROIContourSequence=items(filled(ReferencedROINumber=1, ROIDisplayColor=[255, 0, random.randrange(256)],
                                        ContourSequence=items(contour))),
        RTROIObservationsSequence=items(filled(ObservationNumber=1, ReferencedROINumber=1, RTROIInterpretedType="ORGAN",
                                               ROIInterpreter=made.person.staff)),
        ApprovalStatus="APPROVED", ReviewDate=f"{made.study.date:%Y%m%d}", ReviewTime="121314", ReviewerName=made.person.staff,
        FrameOfReferenceUID=frame, PositionReferenceIndicator="",
    )  # fmt: skip


def rtplan(made, random, structure):
    """RT Plan with one beam."""
    angle = random.randrange(0, 360)
    point = filled(
        ControlPointIndex=0, NominalBeamEnergy=6, GantryAngle=angle, GantryRotationDirection="NONE", BeamLimitingDeviceAngle=0,
        BeamLimitingDeviceRotationDirection="NONE", PatientSupportAngle=0, PatientSupportRotationDirection="NONE",
        TableTopEccentricAngle=0, TableTopEccentricRotationDirection="NONE", TableTopVerticalPosition=None,
        TableTopLongitudinalPosition=None, TableTopLateralPosition=None, IsocenterPosition=[1.5, round(random.uniform(-9, 9), 2), 3],
        CumulativeMetersetWeight=0,
        BeamLimitingDevicePositionSequence=items(filled(RTBeamLimitingDeviceType="ASYMX", LeafJawPositions=[-50, 50])),
    )  # fmt: skip
    last = filled(ControlPointIndex=1, CumulativeMetersetWeight=1)
    beam = filled(
        TreatmentMachineName=made.person.station[:16], PrimaryDosimeterUnit="MU", SourceAxisDistance=1000, BeamNumber=1,
        BeamType="STATIC", RadiationType="PHOTON", TreatmentDeliveryType="TREATMENT", NumberOfWedges=0, NumberOfCompensators=0,
        NumberOfBoli=0, NumberOfBlocks=0, FinalCumulativeMetersetWeight=1, NumberOfControlPoints=2,
        BeamLimitingDeviceSequence=items(filled(RTBeamLimitingDeviceType="ASYMX", NumberOfLeafJawPairs=1)),
        ControlPointSequence=items(point, last), ReferencedPatientSetupNumber=1,
    )  # fmt: skip
    group = filled(FractionGroupNumber=1, NumberOfFractionsPlanned=random.randrange(5, 36), NumberOfBeams=1,
                   NumberOfBrachyApplicationSetups=0,
                   ReferencedBeamSequence=items(filled(BeamMeterset=round(random.uniform(80, 240), 3), ReferencedBeamNumber=1)))  # fmt: skip
    made.set(
        RTPlanLabel="Plan", RTPlanDate=f"{made.study.date:%Y%m%d}", RTPlanTime="131415", RTPlanGeometry="PATIENT", PlanIntent="CURATIVE",
        FractionGroupSequence=items(group), BeamSequence=items(beam), FrameOfReferenceUID=structure.FrameOfReferenceUID,
        PatientSetupSequence=items(filled(PatientSetupNumber=1, PatientPosition="HFS")), PositionReferenceIndicator="",
        ReferencedStructureSetSequence=items(ref(structure.SOPClassUID, structure.SOPInstanceUID)), ApprovalStatus="UNAPPROVED",
    )  # fmt: skip


def rtdose(made, random, plan):
    """RT Dose, a grid of two frames."""
    noise = numpy.random.default_rng(random.randrange(2**32))
    made.set(
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", Rows=16, Columns=16, BitsAllocated=16, BitsStored=16,
        HighBit=15, PixelRepresentation=0, NumberOfFrames=2, FrameIncrementPointer=0x3004000C, PixelSpacing=[3, 3],
        ImagePositionPatient=[-24, -24, round(random.uniform(-9, 9), 2)], ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        SliceThickness=None, DoseUnits="GY", DoseType="PHYSICAL", DoseSummationType="PLAN", GridFrameOffsetVector=[0, 3],
        DoseGridScaling=0.00123, ReferencedRTPlanSequence=items(ref(plan.SOPClassUID, plan.SOPInstanceUID)),
        FrameOfReferenceUID=plan.FrameOfReferenceUID, PositionReferenceIndicator="",
    )  # fmt: skip
    made.dataset.add_new(0x7FE00010, "OW", noise.integers(0, 60000, (2, 16, 16)).astype("<u2").tobytes())


def seg(made, random, images):
    """Segmentation of an organ on two images."""
    images = images[:2]
    dimension, organ = made.study.uid("dimension"), random.choice(ORGANS)[0]
    segment = filled(
        SegmentNumber=1, SegmentLabel=organ, SegmentAlgorithmType="MANUAL", RecommendedDisplayCIELabValue=[random.randrange(65535), 1, 2],
        SegmentedPropertyCategoryCodeSequence=code("123037004", "SCT", "Anatomical Structure"),
        SegmentedPropertyTypeCodeSequence=code("10200004", "SCT", "Liver"),
    )  # fmt: skip
    frames = []
    for number, image in enumerate(images, 1):
        source = ref(image.SOPClassUID, image.SOPInstanceUID)
        source.PurposeOfReferenceCodeSequence = code("121322", "DCM", "Source image for image processing operation")
        frames.append(filled(
            FrameContentSequence=items(filled(DimensionIndexValues=[1, number])),
            PlanePositionSequence=items(filled(ImagePositionPatient=image.ImagePositionPatient)),
            SegmentIdentificationSequence=items(filled(ReferencedSegmentNumber=1)),
            DerivationImageSequence=items(filled(SourceImageSequence=items(source), DerivationCodeSequence=code("113076", "DCM", "Segmentation"))),
        ))  # fmt: skip
    pointers = [(0x0062000B, 0x0062000A), (0x00200032, 0x00209113)]
    made.set(
        ImageType=["DERIVED", "PRIMARY"], InstanceNumber=1, ContentLabel="SEGMENTATION", ContentDescription=None, ContentCreatorName=made.person.staff,
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", Rows=16, Columns=16, BitsAllocated=1, BitsStored=1, HighBit=0,
        PixelRepresentation=0, LossyImageCompression="00", SegmentationType="BINARY", SegmentSequence=items(segment),
        NumberOfFrames=len(images), FrameOfReferenceUID=images[0].FrameOfReferenceUID, PositionReferenceIndicator="",
        SharedFunctionalGroupsSequence=items(filled(
            PixelMeasuresSequence=items(filled(PixelSpacing=[2.34, 2.34], SliceThickness=images[0].SliceThickness)),
            PlaneOrientationSequence=items(filled(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])))),
        PerFrameFunctionalGroupsSequence=items(*frames), DimensionOrganizationSequence=items(filled(DimensionOrganizationUID=dimension)),
        DimensionIndexSequence=items(*(filled(DimensionIndexPointer=a, FunctionalGroupPointer=b, DimensionOrganizationUID=dimension)
                                       for a, b in pointers)),
        ReferencedSeriesSequence=items(filled(ReferencedInstanceSequence=_refs(images), SeriesInstanceUID=images[0].SeriesInstanceUID)),
    )  # fmt: skip
    raw = random.randbytes(len(images) * 32)
    made.dataset.add_new(0x7FE00010, "OB", raw)


def pr(made, random, images):
    """Grayscale softcopy presentation state, a name written over the image."""
    right = random.randrange(30, 48)
    area = filled(DisplayedAreaTopLeftHandCorner=[1, 1], DisplayedAreaBottomRightHandCorner=[right, 48],
                  PresentationSizeMode="SCALE TO FIT", PresentationPixelAspectRatio=[1, 1])  # fmt: skip
    words = made.plant("(0070,0001)[0](0070,0008)[0](0070,0006)", "~Seen {name} {mrn}")
    text = filled(BoundingBoxAnnotationUnits="PIXEL", UnformattedTextValue=words, BoundingBoxTopLeftHandCorner=[1, 1],
                  BoundingBoxBottomRightHandCorner=[20, 9], BoundingBoxTextHorizontalJustification="LEFT")  # fmt: skip
    voi = filled(WindowCenter=random.randrange(20, 90), WindowWidth=random.randrange(100, 900))
    made.set(
        BodyPartExamined="CHEST", InstanceNumber=1, ContentLabel="PRESENTATION", ContentDescription=None, PresentationCreationDate=f"{made.study.date:%Y%m%d}",
        PresentationCreationTime="141516", ContentCreatorName=made.person.staff, PresentationLUTShape="IDENTITY",
        ReferencedSeriesSequence=items(filled(ReferencedImageSequence=_refs(images), SeriesInstanceUID=images[0].SeriesInstanceUID)),
        DisplayedAreaSelectionSequence=items(area), SoftcopyVOILUTSequence=items(voi),
        GraphicLayerSequence=items(filled(GraphicLayer="LAYER1", GraphicLayerOrder=1)),
        GraphicAnnotationSequence=items(filled(GraphicLayer="LAYER1", TextObjectSequence=items(text))),
    )  # fmt: skip


def _item(relation, kind, concept, **values):
    out = filled(RelationshipType=relation, ValueType=kind, ConceptNameCodeSequence=concept)
    for keyword, value in values.items():
        setattr(out, keyword, value)
    return out


def _document(made, title, images):
    made.set(
        ValueType="CONTAINER", ConceptNameCodeSequence=title, ContinuityOfContent="SEPARATE", InstanceNumber=1,
        ReferencedPerformedProcedureStepSequence=items(), PerformedProcedureCodeSequence=items(),
        CurrentRequestedProcedureEvidenceSequence=_evidence(images),
    )  # fmt: skip


def ko(made, random, images):
    """Key object selection with a remark that names the patient."""
    _document(made, code("113000", "DCM", "Of Interest"), images)
    where = "(0040,A730)[*](0040,A160)"
    remark = made.plant(where, random.choice(["~shown ~to {relative} ~of {address}", "{name} ~tel {phone}", "~Dr. {staff} {date}"]))
    made.set(
        ContentTemplateSequence=items(filled(MappingResource="DCMR", TemplateIdentifier="2010")),
        ContentSequence=items(
            _item("HAS OBS CONTEXT", "PNAME", code("121008", "DCM", "Person Observer Name"), PersonName=made.person.staff),
            _item("CONTAINS", "TEXT", code("113012", "DCM", "Key Object Description"), TextValue=remark),
            _item("CONTAINS", "IMAGE", code("121181", "DCM", "DICOM Object Catalog"), ReferencedSOPSequence=_refs(images[:1])),
        ),
    )  # fmt: skip


def _number(concept, value, unit, name):
    measured = filled(NumericValue=value, MeasurementUnitsCodeSequence=code(unit, "UCUM", name))
    return _item("CONTAINS", "NUM", concept, MeasuredValueSequence=items(measured))


def sr(made, random, images):
    """X-ray radiation dose report of one CT acquisition."""
    _document(made, code("113701", "DCM", "X-Ray Radiation Dose Report"), images)
    dose, length = round(random.uniform(2, 20), 3), round(random.uniform(50, 900), 2)
    deep = "(0040,A730)[*](0040,A730)[*]"
    made.row(f"{deep}(0040,A300)[*](0040,A30A)", "text_retained", "BEST-ACQUISITION", str(dose))
    made.row(f"{deep}(0040,A300)[*](0040,A30A)", "text_retained", "BEST-ACQUISITION", str(length))
    said = made.plant(f"{deep}(0040,A160)", random.choice(["{name} {mrn}", "~Repeat ~for {staff}", "{date} {phone}"]))
    event = _item("CONTAINS", "CONTAINER", code("113819", "DCM", "CT Acquisition"), ContinuityOfContent="SEPARATE")
    event.ContentSequence = items(
        _item("CONTAINS", "TEXT", code("121106", "DCM", "Comment"), TextValue=said),
        _number(code("113830", "DCM", "Mean CTDIvol"), dose, "mGy", "mGy"),
        _number(code("113838", "DCM", "DLP"), length, "mGy.cm", "mGy.cm"),
        _item("CONTAINS", "UIDREF", code("113769", "DCM", "Irradiation Event UID"), UID=made.study.uid("event")),
    )
    made.set(
        CompletionFlag="COMPLETE", VerificationFlag="UNVERIFIED",
        ContentTemplateSequence=items(filled(MappingResource="DCMR", TemplateIdentifier="10011")),
        ContentSequence=items(
            _item("HAS CONCEPT MOD", "CODE", code("121058", "DCM", "Procedure reported"),
                  ConceptCodeSequence=code("77477000", "SCT", "Computed Tomography X-Ray")),
            _item("HAS OBS CONTEXT", "UIDREF", code("121012", "DCM", "Device Observer UID"), UID=made.study.uid("device")),
            _item("HAS OBS CONTEXT", "TEXT", code("121013", "DCM", "Device Observer Name"), TextValue=made.person.station),
            _item("HAS OBS CONTEXT", "TEXT", code("121017", "DCM", "Device Observer Physical Location During Observation"),
                  TextValue=made.person.institution[0]),
            _item("HAS OBS CONTEXT", "DATETIME", code("113809", "DCM", "Start of X-Ray Irradiation"),
                  DateTime=f"{made.study.date:%Y%m%d}101112"),
            event,
        ),
    )  # fmt: skip
    made.row("(0040,A730)[*](0040,A160)", "text_removed", "HIPAA-M", made.person.station)
    for word in made.person.institution[1]:
        made.row("(0040,A730)[*](0040,A160)", "text_removed", "HIPAA-B", word)


MAKERS = {"RTSTRUCT": rtstruct, "RTPLAN": rtplan, "RTDOSE": rtdose, "SEG": seg, "PR": pr, "KO": ko, "SR": sr}
