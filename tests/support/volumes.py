"""What `dcm2niix` makes of a series: volumes with their geometry, gradient tables, and the fields of the JSON sidecar."""

import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import nibabel
import numpy

# Which attributes a field of the sidecar is made from, as far as dcm2niix takes it from public ones.
FIELDS = {
    "AccessionNumber": [0x00080050], "AcquisitionDate": [0x00080022], "AcquisitionDateTime": [0x00080022, 0x00080032, 0x0008002A],
    "AcquisitionDuration": [0x00189073], "AcquisitionMatrixPE": [0x00181310], "AcquisitionNumber": [0x00200012],
    "AcquisitionTime": [0x00080032, 0x0008002A], "AttenuationCorrection": [0x00541101], "AttenuationCorrectionMethod": [0x00541101], "BodyPart": [0x00180015],
    "BidsGuess": [0x0008103E, 0x00181030], "BodyPartExamined": [0x00180015], "CTDIvol": [0x00189345], "CoilString": [0x00181250], "ContentTime": [0x00080033],
    "ContrastBolusIngredient": [0x00181048], "ConvolutionKernel": [0x00181210], "DecayCorrection": [0x00541102],
    "DecayFactor": [0x00541321, 0x00080031, 0x00080032], "DeidentificationMethod": [0x00120063], "DeidentificationMethodCodeSequence": [0x00120064],
    "DecayCorrectionFactor": [0x00541321, 0x00080031, 0x00080032], "DeviceSerialNumber": [0x00181000], "DiffusionBValue": [0x00189087], "DoseCalibrationFactor": [0x00541322],
    "DwellTime": [0x00189098], "EchoNumber": [0x00180086], "EchoTime": [0x00180081, 0x00189082], "EchoTrainLength": [0x00180091],
    "EstimatedTotalReadoutTime": [], "ExposureTime": [0x00181150], "FlipAngle": [0x00181314], "FrameDuration": [0x00181242],
    "FrameReferenceTime": [0x00541300], "FrameTimesStart": [0x00080031, 0x00080032, 0x00541300], "GantryTilt": [0x00181120],
    "HeartRate": [0x00181088], "ImageComments": [0x00204000], "ImageOrientationPatientDICOM": [0x00200037],
    "ImageType": [0x00080008], "ImagingFrequency": [0x00180084], "InPlanePhaseEncodingDirectionDICOM": [0x00181312],
    "InstitutionAddress": [0x00080081], "InstitutionName": [0x00080080], "InstitutionalDepartmentName": [0x00081040],
    "InversionTime": [0x00180082], "IssuerOfPatientID": [0x00100021], "KVP": [0x00180060], "MRAcquisitionType": [0x00180023],
    "MagneticFieldStrength": [0x00180087], "Manufacturer": [0x00080070], "ManufacturersModelName": [0x00081090],
    "MatrixCoilMode": [], "Modality": [0x00080060], "NumberOfAverages": [0x00180083], "NumberOfEchoes": [0x00180086],
    "OtherPatientIDs": [0x00101000], "PatientAge": [0x00101010], "PatientBirthDate": [0x00100030], "PatientID": [0x00100020],
    "PatientName": [0x00100010], "PatientPosition": [0x00185100], "PatientSex": [0x00100040], "PatientSize": [0x00101020],
    "PatientWeight": [0x00101030], "PercentPhaseFOV": [0x00180094], "PercentSampling": [0x00180093],
    "PhaseEncodingSteps": [0x00180089], "PixelBandwidth": [0x00180095], "ProcedureStepDescription": [0x00400254],
    "ProtocolName": [0x00181030, 0x0008103E], "PulseSequenceName": [0x00189005], "RadionuclideHalfLife": [0x00181075],
    "RadionuclidePositronFraction": [0x00181076], "RadionuclideTotalDose": [0x00181074], "Radiopharmaceutical": [0x00180031],
    "ReceiveCoilName": [0x00181250], "ReconMatrixPE": [0x00280010, 0x00280011], "ReconstructionMethod": [0x00541103],
    "ReferringPhysicianName": [0x00080090], "RepetitionTime": [0x00180080], "SAR": [0x00181316], "ScanOptions": [0x00180022],
    "ScanStart": [0x00080031, 0x00080032], "TimeZero": [0x00080031, 0x00080032], "ScanningSequence": [0x00180020], "ScatterFraction": [0x00541323], "SequenceName": [0x00180024],
    "SequenceVariant": [0x00180021], "SeriesDescription": [0x0008103E], "SeriesInstanceUID": [0x0020000E],
    "SeriesNumber": [0x00200011, 0x0020000E], "SeriesTime": [0x00080031], "SliceTiming": [0x00080032, 0x00181060], "MultibandAccelerationFactor": [0x00080032], "SliceThickness": [0x00180050], "SoftwareVersions": [0x00181020],
    "SpacingBetweenSlices": [0x00180088], "StationName": [0x00081010], "StudyDescription": [0x00081030],
    "StudyID": [0x00200010], "StudyInstanceUID": [0x0020000D], "TablePosition": [0x00201041], "TracerRadionuclide": [0x00540300, 0x00080104, 0x00540016],
    "TriggerDelayTime": [0x00181060], "Units": [0x00541001], "WaterFatShift": [], "XRayExposure": [0x00181152],
    "XRayTubeCurrent": [0x00181151],
}  # fmt: skip
# Say something about the converter, not about the object.
OF_THE_TOOL = {"ConversionSoftware", "ConversionSoftwareVersion", "ConversionComments"}


def tool():
    """The path of dcm2niix, beside this Python or in the search path; None where there is none."""
    beside = os.path.join(os.path.dirname(sys.executable), "dcm2niix")
    return beside if os.access(beside, os.X_OK) else shutil.which("dcm2niix")


class Volume:
    """One volume of a series."""

    def __init__(self, path):
        image = nibabel.load(path)
        head = image.header
        self.name = os.path.basename(path).split(".")[0]
        self.voxels = hashlib.sha256(numpy.ascontiguousarray(image.dataobj.get_unscaled()).tobytes()).hexdigest()
        self.geometry = tuple(
            head[name].tobytes()
            for name in (
                "dim", "pixdim", "datatype", "scl_slope", "scl_inter", "qform_code", "sform_code", "quatern_b", "quatern_c",
                "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z", "srow_x", "srow_y", "srow_z", "slice_code", "xyzt_units",
            )  # fmt: skip
        )
        stem = path[: -len(".nii")]
        self.tables = tuple(_text(stem + end) for end in (".bval", ".bvec"))
        self.fields = {k: v for k, v in _sidecar(stem + ".json").items() if k not in OF_THE_TOOL}

    def same(self, other):
        """Which parts differ: of voxels, geometry and gradients."""
        parts = ("voxels", "geometry", "tables")
        return [part for part in parts if getattr(self, part) != getattr(other, part)]


def _text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _sidecar(path):
    """The fields of a sidecar. dcm2niix writes some values (a kernel with a backslash) that are no JSON: line by line then."""
    text = _text(path)
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return dict(re.findall(r'(?m)^\t"(\w+)": ((?:.|\n(?!\t"))*)', text))


def convert(files, folder):
    """The volumes that dcm2niix makes of some files, which it sees in this order under names that say nothing."""
    taken, made = os.path.join(folder, "in"), os.path.join(folder, "out")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(taken)
    os.makedirs(made)
    for number, path in enumerate(files):
        os.symlink(os.path.abspath(path), os.path.join(taken, f"{number:05}.dcm"))
    command = [tool(), "-b", "y", "-ba", "n", "-z", "n", "-f", "v%s", "-o", made, taken]
    try:
        subprocess.run(command, capture_output=True, check=False, timeout=300)
    except subprocess.TimeoutExpired:
        return []
    volumes = []
    for path in sorted(glob.glob(os.path.join(made, "*.nii"))):
        try:
            volumes.append(Volume(path))
        except Exception:
            continue
    shutil.rmtree(folder)
    return volumes


def paired(before, after):
    """Pairs of volumes: those of equal voxels and geometry first, the others by name; None where one has no partner."""
    rest, pairs, left = list(after), [], []
    for volume in before:
        found = next((v for v in rest if not volume.same(v) and v.name == volume.name), None)
        found = found or next((v for v in rest if not volume.same(v)), None)
        if found is None:
            left.append(volume)
        else:
            rest.remove(found)
            pairs.append((volume, found))
    for volume in left:
        found = next((v for v in rest if v.name == volume.name), rest[0] if rest else None)
        if found is not None:
            rest.remove(found)
        pairs.append((volume, found))
    return pairs + [(None, volume) for volume in rest]


def differing(before, after):
    """The fields that differ between two sidecars, those that are in one only too."""
    return sorted(k for k in {*before.fields, *after.fields} if before.fields.get(k) != after.fields.get(k))
