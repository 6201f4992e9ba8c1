"""What highdicom reads in segmentations and structured reports."""

import highdicom
import numpy
import pydicom


class Unreadable(Exception):
    """highdicom does not take the object."""


def _reads(reader, path):
    try:
        return reader(path)
    except Exception as error:
        raise Unreadable(type(error).__name__) from error


def _code(item, name):
    coded = (item.get(name) or [pydicom.Dataset()])[0]
    return str(coded.get("CodeValue")), str(coded.get("CodingSchemeDesignator"))


def _segments(path):
    seg = _reads(highdicom.seg.segread, path)
    described = []
    for number in seg.segment_numbers:
        one = seg.get_segment_description(number)
        codes = [_code(one, f"SegmentedProperty{what}CodeSequence") for what in ("Category", "Type")]
        described.append((number, str(one.get("SegmentAlgorithmType")), *codes))
    try:
        pixels = seg.pixel_array
    except Exception:  # no decoder here: then the bytes themselves
        pixels = numpy.frombuffer(seg.PixelData, numpy.uint8)
    volume = None
    try:
        geometry = seg.get_volume_geometry()
        volume = None if geometry is None else geometry.affine.tolist()
    except Exception:
        pass
    return str(seg.segmentation_type), described, int(seg.get("NumberOfFrames", 1)), volume, pixels


def segmentation(source, output):
    """What highdicom reads differently in two segmentations; raises Unreadable if it cannot read the source."""
    before = _segments(source)
    try:
        after = _segments(output)
    except Unreadable as error:
        return [f"the output cannot be read: {error}"]
    names = ("type", "segments", "frames", "geometry")
    found = [name for name, old, new in zip(names, before, after) if old != new]
    return found + ([] if numpy.array_equal(before[4], after[4]) else ["pixels"])


def leaves(item):
    """The numbers, codes and coordinates of a content tree, with the concepts that they stand under."""
    for child in item.get("ContentSequence") or ():
        concept = _code(child, "ConceptNameCodeSequence")
        kind = child.get("ValueType")
        if kind == "NUM":
            measured = (child.get("MeasuredValueSequence") or [pydicom.Dataset()])[0]
            yield concept, kind, (str(measured.get("NumericValue")), _code(measured, "MeasurementUnitsCodeSequence"))
        elif kind == "CODE":
            yield concept, kind, _code(child, "ConceptCodeSequence")
        elif kind in ("SCOORD", "SCOORD3D"):
            yield concept, kind, (str(child.get("GraphicType")), tuple(child.get("GraphicData") or ()))
        else:
            yield concept, kind, None
        yield from leaves(child)


def _report(path):
    report = _reads(highdicom.sr.srread, path)
    groups = None
    if hasattr(report.content, "get_planar_roi_measurement_groups"):
        content = report.content
        groups = [
            len(getattr(content, f"get_{kind}_measurement_groups")())
            for kind in ("planar_roi", "volumetric_roi", "image")
            if hasattr(content, f"get_{kind}_measurement_groups")
        ]
    return list(leaves(report)), groups


def report(source, output):
    """What highdicom reads differently in two structured reports; raises Unreadable if it cannot read the source."""
    before = _report(source)
    try:
        after = _report(output)
    except Unreadable as error:
        return [f"the output cannot be read: {error}"]
    return [name for name, old, new in zip(("content", "measurement groups"), before, after) if old != new]
