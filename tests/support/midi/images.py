"""Made-up images of the modalities: conformant modules of PS3.3, small pixels that differ from object to object."""

import numpy

from support.midi.made import code, filled, items

CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4", "PT": "1.2.840.10008.5.1.4.1.1.128",
    "CR": "1.2.840.10008.5.1.4.1.1.1", "DX": "1.2.840.10008.5.1.4.1.1.1.1", "MG": "1.2.840.10008.5.1.4.1.1.1.2",
    "US": "1.2.840.10008.5.1.4.1.1.6.1", "XA": "1.2.840.10008.5.1.4.1.1.12.1", "RF": "1.2.840.10008.5.1.4.1.1.12.2",
    "NM": "1.2.840.10008.5.1.4.1.1.20", "OT": "1.2.840.10008.5.1.4.1.1.7",
}  # fmt: skip
SIDE = 48
# 3×5 glyphs, a row of three bits after the other, for what is burned into pixels.
GLYPHS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789- ", (
    0o25755, 0o65656, 0o34443, 0o65556, 0o74647, 0o74644, 0o34553, 0o55755, 0o72227, 0o11152, 0o55655, 0o44447, 0o57755,
    0o57775, 0o25552, 0o65644, 0o25573, 0o65655, 0o34216, 0o72222, 0o55557, 0o55552, 0o55775, 0o55255, 0o55222, 0o71247,
    0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71244, 0o75757, 0o75717, 0o00700, 0o00000,
)))  # fmt: skip


def pixels(made, random, bits=12, frames=1, colour=False, side=SIDE):
    """Smooth shapes and some noise, never the same twice."""
    y, x = numpy.mgrid[0:side, 0:side]
    noise = numpy.random.default_rng(random.randrange(2**32))
    out = []
    for frame in range(frames):
        cx, cy, r = side / 2 + random.uniform(-6, 6), side / 2 + random.uniform(-6, 6), side / 3 + frame
        disc = ((x - cx) ** 2 + (y - cy) ** 2 < r * r) * 0.6
        out.append((disc + noise.random((side, side)) * 0.2) * ((1 << bits) - 1))
    data = numpy.array(out).astype("<u2" if bits > 8 else "u1")
    made.set(
        SamplesPerPixel=3 if colour else 1, PhotometricInterpretation="RGB" if colour else "MONOCHROME2", Rows=side,
        Columns=side, BitsAllocated=16 if bits > 8 else 8, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=0,
    )  # fmt: skip
    if colour:
        data = numpy.repeat(data[..., None], 3, axis=-1)
        made.set(PlanarConfiguration=0)
    return data


def store(made, data):
    """Puts the pixels in."""
    raw = data.tobytes()
    made.dataset.add_new(0x7FE00010, "OW" if data.dtype.itemsize > 1 else "OB", raw + b"\0" * (len(raw) % 2))


def burn(data, text, x=1, y=1):
    """Writes text into the first frame; (x, y, width, height) of its box."""
    at = x
    for letter in text.upper()[: (data.shape[2] - x) // 4]:
        bits = GLYPHS.get(letter, 0)
        for n in range(15):
            if bits >> (14 - n) & 1:
                data[0, y + n // 3, at + n % 3] = 250
        at += 4
    return x, y, at - x, 5


def plane(made, number, thickness):
    """Image Plane and Frame of Reference."""
    made.set(
        ImagePositionPatient=[-120.5, -118.25, round(-40 + thickness * number, 3)], ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=[0.78125, 0.78125], SliceThickness=thickness, SliceLocation=round(-40 + thickness * number, 3),
        FrameOfReferenceUID=made.study.uid("frame"), PositionReferenceIndicator="",
    )  # fmt: skip


def ct(made, random, number):
    """CT Image."""
    plane(made, number, random.choice([1.25, 2.5, 5.0]))
    made.set(
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], KVP=120, ScanOptions="HELIX", DataCollectionDiameter=500,
        ReconstructionDiameter=360, GantryDetectorTilt=0, TableHeight=132.5, RotationDirection="CW", ExposureTime=600,
        XRayTubeCurrent=random.randrange(90, 400), Exposure=random.randrange(40, 200), FilterType="BODY FILTER",
        FocalSpots=1.2, ConvolutionKernel=random.choice(["STANDARD", "B70f", "FC52", "LUNG"]), PatientPosition="FFS",
        SpiralPitchFactor=0.984375, CTDIvol=round(random.uniform(3, 14), 3), ContrastBolusAgent="Omnipaque 350",
        RescaleIntercept=-1024, RescaleSlope=1, RescaleType="HU", WindowCenter=40, WindowWidth=400, AcquisitionNumber=1,
    )  # fmt: skip
    made.set(BodyPartExamined=random.choice(["CHEST", "ABDOMEN"]))
    store(made, pixels(made, random))


def mr(made, random, number):
    """MR Image."""
    plane(made, number, random.choice([3.0, 4.0]))
    made.set(
        ImageType=["ORIGINAL", "PRIMARY", "M", "ND"], ScanningSequence="SE", SequenceVariant=["SK", "SP"], ScanOptions="",
        MRAcquisitionType="2D", SequenceName="*tse2d1_9", RepetitionTime=random.randrange(400, 4000), EchoTime=88.4,
        EchoTrainLength=9, FlipAngle=150, MagneticFieldStrength=1.5, ImagingFrequency=63.682, ImagedNucleus="1H",
        NumberOfAverages=2, EchoNumbers=1, SpacingBetweenSlices=4.4, PixelBandwidth=191, AcquisitionMatrix=[0, 256, 192, 0],
        InPlanePhaseEncodingDirection="ROW", SAR=round(random.uniform(0.1, 2), 4), PatientPosition="HFS",
        WindowCenter=600, WindowWidth=1200, BodyPartExamined=random.choice(["LSPINE", "ABDOMEN", "PROSTATE"]),
    )  # fmt: skip
    store(made, pixels(made, random))


def tracer(made, nuclide, name, dose, half):
    """An item of Radiopharmaceutical Information."""
    out = filled(Radiopharmaceutical=name, RadiopharmaceuticalStartTime="081530", RadionuclideTotalDose=dose)
    out.RadionuclideHalfLife, out.RadionuclidePositronFraction = half, 0.97
    out.RadiopharmaceuticalStartDateTime = f"{made.study.date:%Y%m%d}081530"
    out.RadionuclideCodeSequence = nuclide
    return out


def lying(made):
    """Patient orientation, coded."""
    head = filled(PatientOrientationModifierCodeSequence=code("40199007", "SCT", "Supine"))
    head.CodeValue, head.CodingSchemeDesignator, head.CodeMeaning = "102538003", "SCT", "recumbent"
    made.set(PatientOrientationCodeSequence=items(head))
    made.set(PatientGantryRelationshipCodeSequence=code("102540008", "SCT", "headfirst"))


def pt(made, random, number):
    """PET Image."""
    plane(made, number, 3.27)
    lying(made)
    made.set(
        ImageType=["ORIGINAL", "PRIMARY"], SeriesType=["STATIC", "IMAGE"], Units="BQML", CountsSource="EMISSION",
        CorrectedImage=["DECY", "ATTN", "SCAT", "DTIM"], DecayCorrection="START", CollimatorType="NONE", NumberOfSlices=8,
        ReconstructionMethod="VPFX", AttenuationCorrectionMethod="CTAC", FrameReferenceTime=91234.5, ActualFrameDuration=180000,
        ImageIndex=number, DecayFactor=1.0123, RescaleIntercept=0, RescaleSlope=round(random.uniform(0.1, 3), 5),
        WindowCenter=5000, WindowWidth=10000, BodyPartExamined="CHEST",
        RadiopharmaceuticalInformationSequence=items(
            tracer(made, code("77004003", "SCT", "^18^Fluorine"), "FDG", 371000000 + random.randrange(10**6), 6586.2)
        ),
    )  # fmt: skip
    store(made, pixels(made, random, bits=16))


def cr(made, random, number):
    """CR Image."""
    made.set(ImageType=["ORIGINAL", "PRIMARY"], BodyPartExamined="CHEST", ViewPosition="PA", KVP=110, Exposure=3,
             PatientOrientation=["L", "F"], ImagerPixelSpacing=[0.2, 0.2], WindowCenter=2048, WindowWidth=4096)  # fmt: skip
    store(made, pixels(made, random))


def _projection(made, random, intent, region, laterality):
    made.set(
        ImageType=["ORIGINAL", "PRIMARY"] + ([""] if made.dataset.Modality == "DX" else []), PresentationIntentType=intent,
        PixelIntensityRelationship="LIN", PixelIntensityRelationshipSign=-1, PresentationLUTShape="IDENTITY",
        RescaleIntercept=0, RescaleSlope=1, RescaleType="US", LossyImageCompression="00", BurnedInAnnotation="NO",
        DetectorType="DIRECT", DetectorID=made.person.serial[:16], ImagerPixelSpacing=[0.1, 0.1], KVP=29,
        Exposure=random.randrange(20, 90), ImageLaterality=laterality, AnatomicRegionSequence=region,
        AcquisitionContextSequence=items(), WindowCenter=2048, WindowWidth=4096,
    )  # fmt: skip


def dx(made, random, number):
    """Digital X-ray, for presentation."""
    _projection(made, random, "FOR PRESENTATION", code("51185008", "SCT", "Chest"), "U")
    made.set(BodyPartExamined="CHEST", ViewPosition="PA", PatientOrientation=["L", "F"], PositionerType="",
             ViewCodeSequence=code("399348003", "SCT", "antero-posterior"))  # fmt: skip
    store(made, pixels(made, random))


def mg(made, random, number):
    """Mammography, for presentation."""
    side = "RL"[number % 2]
    _projection(made, random, "FOR PRESENTATION", code("76752008", "SCT", "Breast"), side)
    view = filled(ViewModifierCodeSequence=items())
    view.CodeValue, view.CodingSchemeDesignator, view.CodeMeaning = "399162004", "SCT", "cranio-caudal"
    made.set(BodyPartExamined="BREAST", PositionerType="MAMMOGRAPHIC", OrganExposed="BREAST", BreastImplantPresent="NO",
             CompressionForce=98, BodyPartThickness=52, PatientOrientation=["P", "L"] if side == "R" else ["A", "R"],
             ViewCodeSequence=items(view), PartialView="NO")  # fmt: skip
    store(made, pixels(made, random))


def us(made, random, number):
    """Ultrasound, a name burned in at its edge."""
    region = filled(
        RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, RegionLocationMinX0=0, RegionLocationMinY0=8,
        RegionLocationMaxX1=SIDE - 1, RegionLocationMaxY1=SIDE - 1, PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3,
        PhysicalDeltaX=0.0312, PhysicalDeltaY=0.0312,
    )  # fmt: skip
    made.set(ImageType=["ORIGINAL", "PRIMARY", "ABDOMINAL"], SequenceOfUltrasoundRegions=items(region),
             LossyImageCompression="00", BodyPartExamined="ABDOMEN")  # fmt: skip
    data = pixels(made, random, bits=8, side=96)
    box = burn(data, f"{made.person.words[0] if made.person.words[0].isascii() else 'ZZ'} {made.person.mrn}")
    made.row("(7FE0,0010)", "pixels_hidden", "HIPAA-A", ",".join(str(n) for n in box))
    store(made, data)


def ot(made, random, number):
    """Secondary capture of a screen with name and number."""
    made.set(ImageType=["DERIVED", "SECONDARY"], ConversionType="WSD", BodyPartExamined="CHEST", SecondaryCaptureDeviceManufacturer="MADE UP")
    data = pixels(made, random, bits=8, side=96)
    box = burn(data, f"{made.person.mrn} {made.study.accession}")
    made.row("(7FE0,0010)", "pixels_hidden", "HIPAA-A", ",".join(str(n) for n in box))
    store(made, data)


def xa(made, random, number):
    """X-ray angiography, or fluoroscopy."""
    made.set(
        ImageType=["ORIGINAL", "PRIMARY", "SINGLE PLANE"], KVP=72, XRayTubeCurrent=400, ExposureTime=8, Exposure=3,
        RadiationSetting="GR", PixelIntensityRelationship="LIN", FrameIncrementPointer=0x00181063, FrameTime=66.667,
        NumberOfFrames=4, BodyPartExamined="HEART", LossyImageCompression="00", WindowCenter=2048, WindowWidth=4096,
        DistanceSourceToDetector=1010, DistanceSourceToPatient=720, PatientOrientation=["L", "F"],
    )  # fmt: skip
    if made.dataset.Modality == "XA":
        made.set(PositionerMotion="STATIC", PositionerPrimaryAngle=round(random.uniform(-45, 45), 1), PositionerSecondaryAngle=12.5)
        made.set(ImagerPixelSpacing=[0.2, 0.2])
    store(made, pixels(made, random, frames=4))


def nm(made, random, number):
    """Nuclear medicine, static, two detectors."""
    lying(made)
    window = filled(EnergyWindowName="Tc-99m", EnergyWindowRangeSequence=items(
        filled(EnergyWindowLowerLimit=126.45, EnergyWindowUpperLimit=154.55)))  # fmt: skip
    drug = tracer(made, code("72454001", "SCT", "^99m^Technetium"), "MDP", 740 + random.randrange(20), 21624)
    for keyword in ("RadionuclidePositronFraction", "RadionuclideHalfLife", "RadiopharmaceuticalStartDateTime"):
        delattr(drug, keyword)
    detectors = [filled(CollimatorType="PARA", ImagePositionPatient=[0, 0, z], ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
                 for z in (0, 1)]  # fmt: skip
    made.set(
        ImageType=["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"], FrameIncrementPointer=[0x00540010, 0x00540020],
        EnergyWindowVector=[1, 1], DetectorVector=[1, 2], NumberOfEnergyWindows=1, NumberOfDetectors=2,
        EnergyWindowInformationSequence=items(window), RadiopharmaceuticalInformationSequence=items(drug),
        DetectorInformationSequence=items(*detectors), ActualFrameDuration=300000, CountsAccumulated=random.randrange(10**5, 10**6),
        NumberOfFrames=2, PixelSpacing=[4.8, 4.8], BodyPartExamined="CHEST", LossyImageCompression="00",
    )  # fmt: skip
    store(made, pixels(made, random, bits=16, frames=2))


MAKERS = {"CT": ct, "MR": mr, "PT": pt, "CR": cr, "DX": dx, "MG": mg, "US": us, "OT": ot, "XA": xa, "RF": xa, "NM": nm}
