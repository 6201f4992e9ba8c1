"""Objects of a study that highdicom makes, and what it reads in them: segmentation, presentation state, key objects, report."""

import collections
import os

import highdicom
import numpy
import pydicom
from highdicom.sr import coding
from pydicom.sr.codedict import codes

from support import annotations

# What people write in each of them.
CREATOR, REMARK = "Suzuki^Hanako", "Yamada 山田 by Suzuki"


def _common(at, root):
    return {
        "series_instance_uid": f"{root}.7.{at}", "series_number": 10 + at, "sop_instance_uid": f"{root}.8.{at}", "instance_number": 1,
        "manufacturer": "Made Up",
    }  # fmt: skip


def _device():
    return {"manufacturer_model_name": "Model", "software_versions": "1.0", "device_serial_number": "SN-4711"}


def segmentation(image, root):
    """A liver, drawn by somebody."""
    algorithm = highdicom.AlgorithmIdentificationSequence("Made Up", codes.DCM.ArtificialIntelligence, "1.0")
    segment = highdicom.seg.SegmentDescription(
        1, "Liver of Yamada", codes.SCT.Organ, codes.SCT.Liver, "AUTOMATIC", algorithm, tracking_uid=f"{root}.8.90", tracking_id="ZZ-0000123"
    )
    mask = numpy.zeros((1, image.Rows, image.Columns), numpy.uint8)
    mask[0, 1:3, 2:5] = 1
    return highdicom.seg.Segmentation(
        [image], mask, "BINARY", [segment], content_description=REMARK, content_creator_name=CREATOR,
        **_common(1, root), **_device(),
    )  # fmt: skip


def presentation(image, root):
    """A window, and a name written into the picture."""
    graphic = highdicom.pr.TextObject(REMARK, "PIXEL", bounding_box=(1.0, 1.0, 4.0, 2.0))
    layer = highdicom.pr.GraphicLayer("LAYER", 1, description="Marks of Suzuki")
    return highdicom.pr.GrayscaleSoftcopyPresentationState(
        [image], content_label="WINDOW", content_description=REMARK, content_creator_name=CREATOR, institution_name="Sakura Clinic",
        graphic_layers=[layer], graphic_annotations=[highdicom.pr.GraphicAnnotation([image], layer, text_objects=[graphic])],
        voi_lut_transformations=[highdicom.pr.SoftcopyVOILUTTransformation(40.0, 400.0)],
        **_common(2, root), **_device(),
    )  # fmt: skip


def key_objects(image, root):
    """The image, of interest."""
    person = highdicom.sr.ObserverContext(codes.DCM.Person, highdicom.sr.PersonObserverIdentifyingAttributes(CREATOR))
    content = highdicom.ko.KeyObjectSelection(codes.DCM.OfInterest, [image], observer_person_context=person, description=REMARK)
    return highdicom.ko.KeyObjectSelectionDocument([image], content, institution_name="Sakura Clinic", **_common(3, root))


def measurements(image, root):
    """TID 1500: a volume that somebody measured."""
    person = highdicom.sr.ObserverContext(codes.DCM.Person, highdicom.sr.PersonObserverIdentifyingAttributes(CREATOR))
    volume = highdicom.sr.Measurement(codes.SCT.Volume, 1500.5, codes.UCUM.CubicMillimeter)
    source = highdicom.sr.SourceImageForRegion(image.SOPClassUID, image.SOPInstanceUID)
    outline = numpy.array([[1.0, 1.0], [4.0, 1.0], [4.0, 4.0], [1.0, 1.0]])
    region = highdicom.sr.ImageRegion(highdicom.sr.GraphicTypeValues.POLYLINE, outline, source)
    group = highdicom.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        highdicom.sr.TrackingIdentifier(f"{root}.8.91", "ZZ-0000123"), region, finding_type=codes.SCT.Liver, measurements=[volume],
    )  # fmt: skip
    context = highdicom.sr.ObservationContext(observer_person_context=person)
    content = highdicom.sr.MeasurementReport(context, coding.CodedConcept("P0-0099A", "SRT", "Imaging procedure"), [group])
    return highdicom.sr.ComprehensiveSR(
        [image], content[0], institution_name="Sakura Clinic", is_complete=True, is_verified=False, **_common(4, root)
    )  # fmt: skip


def content(path):
    """The numbers, codes and coordinates of a report's content tree, as highdicom takes it in; raises where it does not."""
    root = highdicom.sr.ContainerContentItem.from_dataset(pydicom.dcmread(path))
    return list(annotations.leaves(root))


def differing(source, output):
    """The numbers, codes and coordinates that highdicom finds in one content tree only: those lost, and those that are new."""
    before, after = (collections.Counter(repr(i) for i in content(path) if i[2] is not None) for path in (source, output))
    return sorted((before - after).elements()), sorted((after - before).elements())


def shown(path):
    """What a presentation state does to an image: window, displayed area, which images."""
    state = pydicom.dcmread(path)
    windows = [(float(v.WindowCenter), float(v.WindowWidth)) for v in state.SoftcopyVOILUTSequence]
    images = [r.ReferencedSOPInstanceUID for s in state.ReferencedSeriesSequence for r in s.ReferencedImageSequence]
    areas = [(list(a.DisplayedAreaTopLeftHandCorner), list(a.DisplayedAreaBottomRightHandCorner)) for a in state.DisplayedAreaSelectionSequence]
    return windows, areas, images


def _taken(journey, folder, image, root, makers, planted, complaints, checks):
    """{name: (source, output)} of those that come out. `complaints(path)` are those of dciodvfy."""
    out = {}
    for make in makers:
        name = make.__name__.replace("_", "-")
        path = os.path.join(folder, f"highdicom-{name}.dcm")
        made = make(image, root)
        made.SpecificCharacterSet = "ISO_IR 192"
        made.save_as(path, enforce_file_format=True)
        fate = journey.take(path, os.path.join(folder, "out", f"highdicom-{name}"))
        checks.that(fate.output, f"{name} of highdicom comes out {fate.reasons}")
        if not fate.output:
            continue
        with open(fate.output, "rb") as file:
            data = file.read()
        found = [p for p in planted if p.encode() in data]
        checks.that(not found, f"{name} of highdicom holds nothing planted {found}")
        more = complaints(fate.output) - complaints(path)
        checks.that(not more, f"dciodvfy finds no new error in {name} of highdicom {sorted(more)}")
        out[name] = (path, fate.output)
    return out


def prove(journey, folder, image, image_out, root, planted, complaints, checks):
    """Takes the objects through the gateway and lets highdicom read them."""
    makers = (segmentation, presentation, key_objects)
    out = _taken(journey, folder, image, root, makers, planted, complaints, checks)
    if "segmentation" in out:
        differs = annotations.segmentation(*out["segmentation"])
        checks.that(not differs, f"highdicom reads the segmentation as it read the source {differs}")
        source = pydicom.dcmread(out["segmentation"][1]).ReferencedSeriesSequence[0].ReferencedInstanceSequence[0]
        checks.that(source.ReferencedSOPInstanceUID == image_out.SOPInstanceUID, "the segmentation is of the image")
    if "presentation" in out:
        before, after = (shown(path) for path in out["presentation"])
        checks.that(before[:2] == after[:2], f"the presentation state shows the same {after[:2]}")
        checks.that(after[2] == [image_out.SOPInstanceUID], "the presentation state is of the image")
    if "key-objects" in out:
        document = highdicom.ko.KeyObjectSelectionDocument.from_dataset(pydicom.dcmread(out["key-objects"][1]))
        uids = [r.referenced_sop_instance_uid for r in document.content.get_references()]
        checks.that(uids == [image_out.SOPInstanceUID], "highdicom finds the image in the key objects")
        study, series, _ = document.resolve_reference(image_out.SOPInstanceUID)
        same = (study, series) == (image_out.StudyInstanceUID, image_out.SeriesInstanceUID)
        checks.that(same, "highdicom resolves the key object to the image's study and series")


def prove_report(journey, folder, image, root, planted, complaints, checks):
    """The same with a report of measurements, under a configuration that lets its class pass."""
    for paths in _taken(journey, folder, image, root, (measurements,), planted, complaints, checks).values():
        differs = annotations.report(*paths)
        checks.that(not differs, f"highdicom reads the measurements as it read them in the source {differs}")
