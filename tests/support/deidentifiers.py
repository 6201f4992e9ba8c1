"""Other de-identifiers, each under what it does by default or by its own documentation; every one takes a file and writes one.

An adapter is made in the process that uses it. `note` says under which rules it runs.
"""

import contextlib
import io
import os
import shutil
import subprocess

from support import gateway


class Missing(Exception):
    """It is not installed."""


class Kitware:
    """`dicom-anonymizer` of Kitware: PS3.15 Table E.1-1, Basic Profile."""

    name, note = "dicom-anonymizer", "default rules (2023e), private elements deleted"

    def __init__(self, _folder):
        try:
            from dicomanonymizer import anonymize_dicom_file
        except ImportError as error:
            raise Missing(str(error)) from error
        self.take_file = anonymize_dicom_file

    def take(self, source, place):
        """One file."""
        self.take_file(source, place)


class Deid:
    """`deid` of pydicom."""

    name, note = "deid", "its own recipe deid.dicom, remove_private, strip_sequences"

    def __init__(self, folder):
        try:
            from deid.config import DeidRecipe
            from deid.dicom import replace_identifiers
            from deid.logger import bot
        except ImportError as error:
            raise Missing(str(error)) from error
        bot.level = 0
        self.recipe, self.replace, self.folder = DeidRecipe(), replace_identifiers, os.path.join(folder, "deid-temporary")
        os.makedirs(self.folder, exist_ok=True)

    def take(self, source, place):
        """One file."""
        written = self.replace(
            dicom_files=[source], deid=self.recipe, save=True, overwrite=True, output_folder=self.folder,
            remove_private=True, strip_sequences=True,
        )  # fmt: skip
        shutil.move(written[0], place)


class Dicognito:
    """`dicognito`: consistent replacements, meant for test data."""

    name, note = "dicognito", "defaults"

    def __init__(self, _folder):
        try:
            from dicognito.anonymizer import Anonymizer
        except ImportError as error:
            raise Missing(str(error)) from error
        self.anonymizer = Anonymizer(seed="against_peers")

    def take(self, source, place):
        """One file."""
        import pydicom

        dataset = pydicom.dcmread(source)
        self.anonymizer.anonymize(dataset)
        dataset.save_as(place, enforce_file_format=False)


class Dcmodify:
    """A script around DCMTK's `dcmodify`, as hospitals write them: the obvious attributes."""

    name, note = "dcmodify script", "erases or replaces the obvious attributes, new study, series and instance UIDs"
    ERASE = (
        "0010,1000", "0010,1001", "0010,1040", "0010,2154", "0010,4000", "0010,21b0", "0008,0080", "0008,0081", "0008,1010",
        "0008,1048", "0008,1050", "0008,1060", "0008,1070", "0032,1032", "0040,0275",
    )  # fmt: skip
    EMPTY = ("0010,0030", "0008,0090", "0008,0050")

    def __init__(self, _folder):
        self.tool = gateway.dcmtk("dcmodify")
        if not self.tool:
            raise Missing("dcmtk is not installed")

    def take(self, source, place):
        """One file."""
        shutil.copyfile(source, place)
        arguments = ["-nb", "-imt", "-i", "(0010,0010)=ANON", "-i", "(0010,0020)=ANON"]
        for tag in self.EMPTY:
            arguments += ["-i", f"({tag})="]
        for tag in self.ERASE:
            arguments += ["-ea", f"({tag})"]
        said = subprocess.run(
            [self.tool, *arguments, "-gst", "-gse", "-gin", place], capture_output=True, text=True, errors="replace", check=False
        )
        if said.returncode != 0:
            os.remove(place)
            raise RuntimeError("dcmodify failed")


class OrthancPeer:
    """Orthanc's own anonymisation, over its REST interface."""

    name, note = "Orthanc", "/instances/…/anonymize, its default (Basic Profile 2023b)"

    def __init__(self, folder):
        import peers

        try:
            self.orthanc = peers.Orthanc(os.path.join(folder, "orthanc"), "ORTHANC", 1)
        except peers.Missing as error:
            raise Missing(str(error)) from error

    def take(self, source, place):
        """One file."""
        import json

        with open(source, "rb") as file:
            number = json.loads(self.orthanc.ask("/instances", file.read()))["ID"]
        with open(place, "wb") as file:
            file.write(self.orthanc.ask(f"/instances/{number}/anonymize", b"{}"))

    def close(self):
        """Ends it."""
        self.orthanc.close()


ALL = (Kitware, Deid, Dicognito, Dcmodify, OrthancPeer)


def quietly(work, *arguments):
    """Runs something that prints."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return work(*arguments)
