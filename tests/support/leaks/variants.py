"""The configurations under which the harness runs: the shipped one, and what a site may make of it."""

import os
import re

from support import gateway
from support.journey import configured

ALL = "modified_dates, patient_characteristics, clean_descriptors, clean_structured_content, safe_private, clean_graphics, device_identity"
# name: (options or None for the shipped ones, further changes, kinds of identifier that these options let stay).
VARIANTS = {
    "shipped": (None, (), ()),
    "looked-at": (None, (("cautions", "warn"),), ()),
    "every-option": (ALL, (("cautions", "warn"), ("trust_declared_safe: false", "trust_declared_safe: true"),
                           ('why_device_identity: ""', 'why_device_identity: "a study of devices"')), ()),
    "basic": ("", (("cautions", "warn"),), ()),
    "trusted": ("full_dates, institution_identity, patient_characteristics, clean_descriptors, safe_private",
                (("cautions", "warn"), ("category: anonymized", "category: personal")), ("institution",)),
}  # fmt: skip


def config(folder, name, shipped=None):
    """The path of the configuration of a variant, made in `folder` out of the shipped one or another."""
    options, changes, _ = VARIANTS[name]
    os.makedirs(folder, exist_ok=True)
    path = configured(folder, options, shipped)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        if old == "cautions":
            text, count = re.subn(r"(?m)^(\s+(?:head|fundus|photograph|burned_in):) \w+", rf"\1 {new}", text)
        else:
            text, count = re.subn(re.escape(old), new, text)
        if not count:
            raise SystemExit(f"the configuration has no {old}")
    # Quicker to the archive.
    text = re.sub(r"(?m)^(\s+associations:) 2\b", r"\1 4", text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def exempt(name):
    """The kinds of identifier that a variant lets stay on purpose."""
    return VARIANTS[name][2]


def gate(folder, name, archive_port, binary, shipped=None):
    """A gateway under a variant, started."""
    os.makedirs(folder, exist_ok=True)
    return gateway.Gateway(folder, archive_port, None, binary, config(folder, name, shipped)).start()
