"""Standardised uptake values by body weight, and the intervals between injection and acquisition, of PET images."""

import datetime
import os
import struct

import numpy
import pydicom

from support import made_up
from support.made_up import element, item, short

PET = "1.2.840.10008.5.1.4.1.1.128"


def moment(date, time):
    """A point in time of DA and TM, or of a DT alone; None where there is none."""
    text = f"{date}{time}".strip().split("&")[0].split("+")[0]
    if len(text) < 12:
        return None
    whole, _, fraction = text.partition(".")
    try:
        return datetime.datetime.strptime(whole.ljust(14, "0"), "%Y%m%d%H%M%S") + datetime.timedelta(
            microseconds=int(fraction.ljust(6, "0")[:6] or 0)
        )
    except ValueError:
        return None


class Uptake:
    """What a SUV is computed from; `lacking` names what is not there."""

    def __init__(self, path):
        image = pydicom.dcmread(path)
        tracer = (image.get("RadiopharmaceuticalInformationSequence") or [pydicom.Dataset()])[0]

        def text(dataset, name):
            value = dataset.get(name)
            return "" if value is None else str(value)

        self.acquired = moment(text(image, "AcquisitionDate"), text(image, "AcquisitionTime"))
        self.series = moment(text(image, "SeriesDate"), text(image, "SeriesTime"))
        self.injected = moment(text(tracer, "RadiopharmaceuticalStartDateTime"), "")
        if self.injected is None and self.acquired is not None:
            self.injected = moment(self.acquired.strftime("%Y%m%d"), text(tracer, "RadiopharmaceuticalStartTime"))
            if self.injected is not None and self.injected > self.acquired:  # over midnight
                self.injected -= datetime.timedelta(1)
        self.weight, self.units = text(image, "PatientWeight"), text(image, "Units")
        self.half_life, self.dose = text(tracer, "RadionuclideHalfLife"), text(tracer, "RadionuclideTotalDose")
        self.slope, self.intercept = text(image, "RescaleSlope"), text(image, "RescaleIntercept")
        self.correction = text(image, "DecayCorrection")
        self.image = image
        names = ("acquired", "injected", "weight", "units", "half_life", "dose", "slope")
        self.lacking = [name for name in names if not getattr(self, name)]

    def intervals(self):
        """Seconds from the injection to the acquisition and to the beginning of the series; None where unknown."""
        def since(end):
            return (end - self.injected).total_seconds() if end and self.injected else None

        return since(self.acquired), since(self.series)

    def suv(self):
        """SUVbw of every pixel, decay corrected to the start of the series (PS3.3 C.8.9.1); None if it cannot be told."""
        if self.lacking or self.units != "BQML":
            return None
        start = self.series if self.correction == "START" and self.series and self.series <= self.acquired else self.acquired
        seconds = 0 if self.correction == "ADMIN" else (start - self.injected).total_seconds()
        left = float(self.dose) * 2 ** (-seconds / float(self.half_life))
        activity = self.image.pixel_array.astype(numpy.float64) * float(self.slope) + float(self.intercept or 0)
        return activity * float(self.weight) * 1000 / left


def compare(source, output):
    """(verdict, detail): `same`, `not computable` (in the source), `lost` (in the output) or `different`."""
    before, after = Uptake(source), Uptake(output)
    if before.intervals() != after.intervals():
        known = all(value is not None for value in after.intervals())
        return ("different" if known else "lost"), "interval from injection to acquisition"
    if before.suv() is None:
        why = ", ".join(before.lacking) or f"units {before.units}"
        return "not computable", f"the source lacks: {why}"
    if after.suv() is None:
        return "lost", ", ".join(after.lacking) or "units"
    return ("same", f"maximum {after.suv().max():.3f}") if numpy.array_equal(before.suv(), after.suv()) else ("different", "SUV")


def write_series(folder):
    """A made-up PET series whose injection and acquisition lie on two days; its files."""
    os.makedirs(folder, exist_ok=True)
    paths = []
    for number in range(3):
        instance = made_up.uid("pet", "ZZ-0000123", number)
        tracer = item(
            element(0x00180031, "LO", "FDG"), element(0x00181072, "TM", "235000"), element(0x00181074, "DS", "370000000"),
            element(0x00181075, "DS", "6586.2"), element(0x00181076, "DS", "0.97"),
            element(0x00181078, "DT", "20240228235000.00"),
        )  # fmt: skip
        pixels = b"".join(struct.pack("<H", (x * 7 + number * 131) % 4000) for x in range(64 * 64))
        body = b"".join((
            element(0x00080005, "CS", "ISO_IR 192"), element(0x00080008, "CS", "ORIGINAL\\PRIMARY"),
            element(0x00080016, "UI", PET), element(0x00080018, "UI", instance), element(0x00080020, "DA", "20240228"),
            element(0x00080021, "DA", "20240229"), element(0x00080022, "DA", "20240229"), element(0x00080023, "DA", "20240229"),
            element(0x00080030, "TM", "233000"), element(0x00080031, "TM", "004000"),
            element(0x00080032, "TM", f"0040{number * 10:02}"), element(0x00080033, "TM", "005000"),
            element(0x00080050, "SH", "ZZACC00789"), element(0x00080060, "CS", "PT"), element(0x00080070, "LO", "MADE UP"),
            element(0x00080090, "PN", "Zaizen^Hanako"), element(0x0008103E, "LO", "WB CTAC"),
            element(0x00100010, "PN", "Yamada^Tarou"), element(0x00100020, "LO", "ZZ-0000123"),
            element(0x00100030, "DA", "19700302"), element(0x00100040, "CS", "M"), element(0x00101010, "AS", "053Y"),
            element(0x00101020, "DS", "1.72"), element(0x00101030, "DS", "61.5"), element(0x00180050, "DS", "3.27"),
            element(0x00181242, "IS", "120000"), element(0x00185100, "CS", "HFS"),
            element(0x0020000D, "UI", made_up.uid("pet", "study")), element(0x0020000E, "UI", made_up.uid("pet", "series")),
            element(0x00200010, "SH", "ZZST2"), element(0x00200011, "IS", "4"), element(0x00200013, "IS", str(number + 1)),
            element(0x00200032, "DS", f"-150\\-150\\{number * 3.27:.2f}"), element(0x00200037, "DS", "1\\0\\0\\0\\1\\0"),
            element(0x00200052, "UI", made_up.uid("pet", "frame")), element(0x00201040, "LO", ""), short(0x00280002, 1),
            element(0x00280004, "CS", "MONOCHROME2"), short(0x00280010, 64), short(0x00280011, 64),
            element(0x00280030, "DS", "4.07\\4.07"), element(0x00280051, "CS", "DECY\\ATTN\\SCAT\\DTIM\\RAN\\NORM"),
            short(0x00280100, 16), short(0x00280101, 16), short(0x00280102, 15), short(0x00280103, 0),
            element(0x00281052, "DS", "0"), element(0x00281053, "DS", "2.5"), element(0x00540016, "SQ", tracer),
            short(0x00540081, 3), element(0x00541000, "CS", "WHOLE BODY\\IMAGE"), element(0x00541001, "CS", "BQML"),
            element(0x00541002, "CS", "EMISSION"), element(0x00541102, "CS", "START"), element(0x00541300, "DS", "60000"),
            element(0x00541321, "DS", "1.02"), short(0x00541330, number + 1), element(0x7FE00010, "OW", pixels),
        ))  # fmt: skip
        path = os.path.join(folder, f"{number}.dcm")
        with open(path, "wb") as file:
            file.write(made_up.meta(PET, instance) + body)
        paths.append(path)
    return paths
