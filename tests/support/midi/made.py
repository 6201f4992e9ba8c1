"""One object of the benchmark while it is made: its data set, and what has been planted in it."""

import re

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from support import made_up
from support.midi.key import Row, step

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
LONGEST = {"SH": 16, "LO": 64, "CS": 16}
HOLDER = re.compile(r"\{(\w+)\}")


def code(value, scheme, meaning):
    """A code sequence with one item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def items(*datasets):
    """A sequence."""
    return Sequence(list(datasets))


def filled(**values):
    """A data set with these attributes."""
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


class Made:
    """An object, and the rows of the answer key about what was planted in it."""

    def __init__(self, name, person, study, sop_class, uid):
        self.name, self.person, self.study, self.rows = name, person, study, []
        self.tokens = study.tokens
        self.dataset = Dataset()
        self.dataset.SpecificCharacterSet = person.charset
        self.dataset.SOPClassUID, self.dataset.SOPInstanceUID = sop_class, uid
        self.syntax = EXPLICIT
        self.rle = False

    def set(self, **values):
        """Attributes of the root, without a word in the key: expect.py says by table what becomes of them."""
        for keyword, value in values.items():
            setattr(self.dataset, keyword, value)

    def row(self, path, action, category, value=""):
        """A row of the key about this object."""
        self.rows.append(Row(self.name, path, action, category, value))

    def plant(self, path, template, where="BEST-TEXT"):
        """The text of a template, its rows in the key. `{word}` stands for an identifier, a word with `~` is not judged."""
        out = []
        for word in template.split(" "):
            for name in HOLDER.findall(word):
                for token in self.tokens[name].words:
                    self.row(path, "text_removed", self.tokens[name].category, token)
            said = HOLDER.sub(lambda match: self.tokens[match.group(1)].text, word)
            own = {w.casefold() for w in (*self.person.words, *self.person.staff_words)}
            judged = not word.startswith("~") and any(c.isalnum() for c in word)
            if said == word and judged and word.casefold() not in own:
                self.row(path, "text_retained", where, word.rstrip(".,"))
            out.append(said.removeprefix("~"))
        return " ".join(out)

    def text(self, keyword, templates, random, dataset=None, prefix=""):
        """Puts one of the templates that fit into an attribute, of the root or of an item whose path is given."""
        tag = Tag(keyword)
        longest = LONGEST.get(pydicom.datadict.dictionary_VR(tag), 1024)
        path = prefix + step(int(tag))
        for template in random.sample(templates, len(templates)):
            kept = len(self.rows)
            said = self.plant(path, template)
            if len(said) <= (longest if isinstance(self.person.charset, str) else longest // 2) and self.writable(said):
                setattr(self.dataset if dataset is None else dataset, keyword, said)
                return
            del self.rows[kept:]

    def writable(self, text):
        """Whether the character set of the patient has all of it."""
        codecs = {
            "ISO_IR 100": ("latin-1",), "ISO_IR 192": ("utf-8",), "GB18030": ("gb18030",),
            ("", "ISO 2022 IR 87"): ("iso2022_jp",), ("", "ISO 2022 IR 149"): ("ascii", "euc_kr"),
            ("ISO 2022 IR 13", "ISO 2022 IR 87"): ("iso2022_jp", "shift_jis"),
        }  # fmt: skip
        key = self.person.charset if isinstance(self.person.charset, str) else tuple(self.person.charset)
        for codec in codecs[key]:
            try:
                text.encode(codec)
                return True
            except UnicodeEncodeError:
                continue
        return False

    def private(self, group, creator, number, vr, value, dataset=None):
        """A private element; its path in the key."""
        block = (self.dataset if dataset is None else dataset).private_block(group, creator, create=True)
        block.add_new(number, vr, value)
        return step(group << 16 | number, creator)

    def write(self, path):
        """Writes the file, and reads it back."""
        self.dataset.file_meta = FileMetaDataset()
        meta = self.dataset.file_meta
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = self.dataset.SOPClassUID, self.dataset.SOPInstanceUID
        meta.TransferSyntaxUID, meta.ImplementationClassUID = self.syntax, made_up.ROOT + ".1"
        if self.rle:
            self.dataset.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
        self.dataset.save_as(path, enforce_file_format=True)
        again = pydicom.dcmread(path)
        assert str(again.PatientName) == str(self.dataset.PatientName), f"{path}: the name cannot be read back"
