"""Takes files through `tokumei deidentify` one by one, so that it is known which output was made of which file."""

import concurrent.futures
import json
import os
import re
import struct

from support import gateway
from support.made_up import element


class Fate:
    """What became of one file: its output, or the reasons why there is none, by their rules and in full words."""

    def __init__(self, output, reasons, words=()):
        self.output, self.reasons, self.words = output, reasons, list(words)


def configured(folder, words=None, config=None):
    """A configuration in `folder`: the shipped one (or `config`), its options replaced where `words` are given."""
    with open(config or os.path.join(gateway.PROJECT, "config", "tokumei.yaml"), encoding="utf-8") as file:
        text = file.read()
    if words is not None:
        listed = ", ".join(word.strip() for word in words.split(",") if word.strip())
        text, replaced = re.subn(r"(?m)^([ ]*)options:[^#\n]*(?:\n\1[ ]+- .*)*", rf"\1options: [{listed}] ", text)
        if not replaced:
            raise SystemExit("the configuration has no options to replace")
    path = os.path.join(folder, "asked.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def whole_file(path, place):
    """The path of a Part 10 file: the file itself, or of a bare data set a copy with the file meta a sender would write."""
    import pydicom

    with open(path, "rb") as file:
        data = file.read()
    if data[128:132] == b"DICM":
        return path
    dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    sop_class, instance = str(dataset.get("SOPClassUID", "")), str(dataset.get("SOPInstanceUID", ""))
    implicit, little = dataset.original_encoding
    syntax = "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1" if little else "1.2.840.10008.1.2.2"
    if not sop_class or not instance:
        return path
    body = element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", sop_class)
    body += element(0x00020003, "UI", instance) + element(0x00020010, "UI", syntax) + element(0x00020012, "UI", "2.25.1")
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "wb") as file:
        file.write(bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(body))) + body + data)
    return place


class Journey:
    """The gateway over files, everything in one folder."""

    def __init__(self, folder, binary=None, words=None, config=None):
        self.config = configured(folder, words, config)
        self.server = gateway.Gateway(folder, 11113, 11112, binary, self.config)
        self.folder = folder

    def take(self, path, place):
        """One file; what comes out is in `place`."""
        said = self.server.command("deidentify", "--json", "--out", place, os.path.abspath(path))
        names = sorted(os.listdir(place)) if os.path.isdir(place) else []
        if names:
            return Fate(os.path.join(place, names[0]), [])
        try:
            report = json.loads(said.stdout)
            words = [why for line in report["kept_back"] for why in line["why"]]
            reasons = [why.split(" ")[0] for why in words]
            refused = [why for line in report["refused"] for why in line["why"]]
            reasons, words = reasons + refused, words + refused
        except (ValueError, KeyError):
            reasons = words = [f"exit status {said.returncode}"]
        return Fate(None, sorted(set(reasons)) or ["nothing written"], words)

    def take_all(self, files, place):
        """{path: Fate} of many files, two at a time; `files` holds (path, name of its own folder in `place`)."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = {path: pool.submit(self.take, path, os.path.join(place, name)) for path, name in files}
            return {path: job.result() for path, job in jobs.items()}

    def explain(self, path):
        """{tag: (action, rule)} of everything in a file that does not stay as it is, by `tokumei explain --json`."""
        said = self.server.command("explain", "--json", os.path.abspath(path))
        try:
            rows = json.loads(said.stdout)["attributes"]
        except (ValueError, KeyError):
            return {}
        changed = {}
        for row in rows:
            tags = [int(a + b, 16) for a, b in re.findall(r"\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)", row["path"])]
            # What the gateway says of itself changes what it is about, and nothing else.
            own = row["action"] == "marker" and tags[0] >> 16 != 0x0012
            same = ("keep", "keep UID", "keep date", "clean items", "recurse") + (("shift date",) if row["vr"] == "TM" else ())
            if tags and not own and row["action"] not in same:
                changed.setdefault(tags[-1], (row["action"], row["rule"]))
        return changed
