"""Looks at a source and at what a de-identifier made of it: what was kept, what leaked, and what of use is left."""

import collections

from pydicom.datadict import tag_for_keyword

from support import options
from support.elements import ENCODED, PIXELS, File
from support.identity import DATES_OF_BIRTH, IDENTIFIERS, Identity, echoes, normal
from support.options import PUBLIC_DATES, plain
from support.planted import DESCRIPTIONS

# What a research archive needs, by group.
USEFUL = {
    "geometry": "ImagePositionPatient ImageOrientationPatient PixelSpacing SliceThickness SpacingBetweenSlices SliceLocation"
    " ImagerPixelSpacing PatientPosition PatientOrientation GantryDetectorTilt TableHeight ReconstructionDiameter"
    " DistanceSourceToDetector DistanceSourceToPatient PixelAspectRatio NumberOfFrames GridFrameOffsetVector ImageType"
    " FrameIncrementPointer DimensionIndexValues PixelOriginInterpretation ImagedVolumeWidth ImagedVolumeHeight",
    "grey values": "RescaleSlope RescaleIntercept RescaleType WindowCenter WindowWidth PhotometricInterpretation Units"
    " BitsStored LossyImageCompression RealWorldValueSlope RealWorldValueIntercept DoseGridScaling DoseUnits",
    "MR acquisition": "EchoTime RepetitionTime InversionTime FlipAngle EchoTrainLength EchoNumbers MagneticFieldStrength"
    " ImagingFrequency ImagedNucleus PixelBandwidth NumberOfAverages NumberOfPhaseEncodingSteps PercentSampling SAR"
    " PercentPhaseFieldOfView ScanningSequence SequenceVariant ScanOptions SequenceName MRAcquisitionType AcquisitionMatrix"
    " InPlanePhaseEncodingDirection ReceiveCoilName TransmitCoilName TriggerTime DiffusionBValue EffectiveEchoTime"
    " DiffusionGradientOrientation TemporalPositionIdentifier VariableFlipAngleFlag CardiacNumberOfImages",
    "CT and X-ray": "KVP XRayTubeCurrent Exposure ExposureTime ConvolutionKernel FilterType FocalSpots GeneratorPower CTDIvol"
    " SpiralPitchFactor SingleCollimationWidth TotalCollimationWidth RevolutionTime TableSpeed DataCollectionDiameter"
    " RotationDirection BodyPartThickness CompressionForce AnodeTargetMaterial ViewPosition EntranceDoseInmGy",
    "PET and NM": "RadionuclideTotalDose RadionuclideHalfLife RadionuclidePositronFraction Radiopharmaceutical"
    " RadiopharmaceuticalVolume DecayCorrection DecayFactor FrameReferenceTime ActualFrameDuration ReconstructionMethod"
    " AttenuationCorrectionMethod ScatterFractionFactor DoseCalibrationFactor NumberOfSlices CorrectedImage CountsSource",
    "US regions": "RegionLocationMinX0 RegionLocationMinY0 RegionLocationMaxX1 RegionLocationMaxY1 PhysicalDeltaX"
    " PhysicalDeltaY PhysicalUnitsXDirection PhysicalUnitsYDirection RegionSpatialFormat RegionDataType FrameTime",
    "equipment": "Manufacturer ManufacturerModelName SoftwareVersions Modality BodyPartExamined Laterality"
    " ContrastBolusAgent ContrastBolusVolume",
    "segments and structures": "SegmentNumber SegmentLabel SegmentAlgorithmType ROINumber ROIName ContourData RTROIInterpretedType",
    "patient": "PatientSex PatientAge PatientSize PatientWeight",
    "dates and times": "StudyDate SeriesDate AcquisitionDate ContentDate AcquisitionDateTime StudyTime SeriesTime AcquisitionTime"
    " ContentTime RadiopharmaceuticalStartTime RadiopharmaceuticalStartDateTime",
}
GROUPS = {tag_for_keyword(word): group for group, words in USEFUL.items() for word in words.split()}
WORDS = "words of descriptions"
DESCRIBED = {tag_for_keyword(keyword) for keyword in DESCRIPTIONS} | {0x00081032, 0x00181030, 0x00400254}
KINDS = ("names", "numbers and places", "birth date", "UIDs", "private elements", "dates")


class Verdict:
    """Counts about one object."""

    def __init__(self):
        self.kept = self.changed = self.removed = 0
        self.leaks = collections.Counter()
        self.useful, self.useful_of = collections.Counter(), collections.Counter()
        self.pixels = True


def _kind(file):
    """{folded term: kind of leak} of a source."""
    found = {}
    for element in file.elements:
        part = type("Part", (), {"meta": [], "elements": [element]})
        if element.vr == "PN":
            kind = "names"
        elif element.tag in DATES_OF_BIRTH:
            kind = "birth date"
        elif element.tag in IDENTIFIERS:
            kind = "numbers and places"
        else:
            continue
        one = Identity(part)
        for term in one.terms | one.normal:
            found.setdefault(normal(term), kind)
    return found


def _values(file):
    found = collections.defaultdict(list)
    for element in file.elements:
        if element.vr != "SQ" and element.tag not in PIXELS and plain(element.raw) and element.tag & 0xFFFF:
            found[element.key()].append(element)
    return found


def _text(element):
    return tuple(options.values(element)) if element.vr in ENCODED else plain(element.raw)


def _moved(before, after):
    """The interval in days by which the dates of an object were moved, as most of them say; None if they have none."""
    votes = collections.Counter()
    for key, elements in before.items():
        for old, new in zip(elements, after.get(key, ())):
            if old.vr in ("DA", "DT") and new.vr == old.vr:
                pairs = zip(options.dates(old), options.dates(new))
                votes.update((a[0] - b[0]).days for a, b in pairs if a and b and b[0].year > 1900)
    return votes.most_common(1)[0][0] if votes else None


def _same(old, new, moved, source):
    """Whether a value of use is still of use: unchanged, a date moved by the interval of the object, a true age in a band."""
    if old.tag == options.AGE and not old.path:
        return options.age(new, [old], source) is None
    if old.vr in ("DA", "DT"):
        pairs = list(zip(options.dates(old), options.dates(new)))
        return bool(pairs) and moved is not None and all(
            a and b and (a[0] - b[0]).days == moved and a[1:] == b[1:] for a, b in pairs
        )
    return _text(old) == _text(new)


def judge(source_path, output_path, unplanted_path, safe):
    """The verdict on one output. `unplanted_path` is the file before anything was planted in it (or the source itself)."""
    source, output = File(source_path), File(output_path)
    verdict, before, after = Verdict(), _values(source), _values(output)
    for key, elements in before.items():
        left = [_text(e) for e in after.get(key, ())]
        rest = []
        for element in elements:
            if _text(element) in left:
                left.remove(_text(element))
                verdict.kept += 1
                if element.vr in ("DA", "DT") and element.tag not in PUBLIC_DATES and element.tag not in DATES_OF_BIRTH:
                    verdict.leaks["dates"] += plain(element.raw)[:4] not in (b"1900", b"0000")
                if element.tag >> 16 & 1 and element.tag & 0xFFFF > 0xFF:
                    number = (element.tag >> 16, element.tag & 0xFF, element.creator)
                    verdict.leaks["private elements"] += number not in safe
            else:
                rest.append(element)
        verdict.changed += min(len(rest), len(left))
        verdict.removed += len(rest) - min(len(rest), len(left))
    kinds = _kind(source)
    seen = set()
    for kind, where, term in echoes(Identity(source), output):
        name = "UIDs" if kind == "original UID" else kinds.get(normal(term), "numbers and places")
        # One value found at one place is one leak, in however many forms it could be read.
        if (name, where if where != "bytes" else term) not in seen:
            seen.add((name, where if where != "bytes" else term))
            verdict.leaks[name] += 1
    moved = _moved(before, after)
    for key, elements in before.items():
        group = GROUPS.get(elements[0].tag)
        # What stands inside private elements is another matter.
        if group and not any(tag >> 16 & 1 for tag in elements[0].path):
            verdict.useful_of[group] += len(elements)
            new = after.get(key, ())
            aligned = len(new) == len(elements)
            for number, old in enumerate(elements):
                candidates = [new[number]] if aligned else new
                verdict.useful[group] += any(_same(old, candidate, moved, source) for candidate in candidates)
    _words(verdict, _values(File(unplanted_path)), after, Identity(source))
    verdict.pixels = source.pixels == output.pixels
    return verdict


def _words(verdict, unplanted, after, identity):
    """How many words of the descriptions are still there, identifiers left out."""
    for key, elements in unplanted.items():
        if elements[0].tag not in DESCRIBED or len(key) > 1:
            continue
        words = [w for w in options.tokens(" ".join(options.values(elements[0]))) if w not in identity.normal]
        there = collections.Counter(options.tokens(" ".join(v for e in after.get(key, ()) for v in options.values(e))))
        verdict.useful_of[WORDS] += len(words)
        verdict.useful[WORDS] += sum((collections.Counter(words) & there).values())
