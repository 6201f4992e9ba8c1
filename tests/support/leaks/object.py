"""One object of a run: a template, the identity of a made-up patient where it belongs, and plants. A seed and a number give it anew."""

import random
import struct

from support.leaks import encode, harmless, places, spell, template, tree
from support.leaks.person import Person, nobody
from support.leaks.places import MARK, Field, Plant
from support.leaks.spell import Spelling
from support.leaks.tree import Node

ISO_CHARSET, CLASS, INSTANCE = 0x00080005, 0x00080016, 0x00080018
# Every object is told from all others by this number of ten digits.
FIRST_MARK = 1_900_000_000
BELONGS = "where it belongs"


class Plan:
    """What a run plants: how many, where, and whether the objects are clean instead."""

    def __init__(self, seed, pool, most=40, alone=0.35, weak=0.1, others=0.25, exclude=(), own_tags=(), clean=False, exempt=(), strip=False):
        self.seed, self.pool, self.most, self.alone, self.weak, self.others = seed, pool, most, alone, weak, others
        self.places = {n: p for n, p in places.PLACES.items() if n not in exclude}
        self.own_tags, self.clean, self.exempt, self.strip = own_tags, clean, exempt, strip
        # The templates that leave when nothing is planted in them, once that is known.
        self.usable = None


class Object:
    """One object, ready to be encoded."""

    def __init__(self, number, shape):
        self.number, self.template = number, shape
        self.plants, self.field, self.sop_class, self.instance, self.base = [], None, shape.sop_class, "", None

    def encoded(self, mark, without=()):
        """(SOP Instance UID, bytes of the data set) under a mark, some plants left out."""
        for plant in self.plants:
            if plant.number in without:
                plant.remove(self.field)
        self.instance = f"{self.base}.{mark}"
        self.field.level[INSTANCE] = Node("UI", self.instance.encode())
        self.field.level[MARK] = Node("IS", str(mark).encode())
        self.plants = [p for p in self.plants if p.number not in without]
        return self.instance, tree.encode(self.field.level, self.template.syntax)

    def part10(self, body):
        """The same as a file."""
        from support import made_up

        level = {
            0x00020001: Node("OB", b"\0\1"), 0x00020002: Node("UI", self.sop_class.encode()), 0x00020003: Node("UI", self.instance.encode()),
            0x00020010: Node("UI", self.template.syntax.encode()), 0x00020012: Node("UI", b"1.2.392.299999.1"),
        } | self.field.meta  # fmt: skip
        group = tree.Writer(tree.EXPLICIT).level(level)
        head = made_up.element(0x00020000, "UL", struct.pack("<I", len(group)))
        return self.field.preamble.ljust(128, b"\0")[:128] + b"DICM" + head + group + body


def make(plan, number, file=False, bare=None):
    """Object `number` of a run, or with `bare` one of that template without plants; None if its template cannot be used."""
    rng = random.Random(f"{plan.seed}/{bare or number}")
    name = bare or rng.choice(plan.pool)
    shape = template.load(name) if bare or plan.usable is None or name in plan.usable else None
    if shape is None:
        return None
    made, level = Object(number, shape), tree.copy(shape.level)
    if plan.strip:
        _strip(level)
    charset = _charset(rng, level)
    patient, staff, stranger = Person(rng), Person(rng), Person(rng)
    if bare:
        patient = staff = nobody(rng)
    if plan.clean:
        harmless.rename(rng, patient)
    made.base = patient.uid
    taken = identify(rng, made, level, charset, patient, staff)
    made.field = Field(rng, level, charset, {*taken, *plan.own_tags}, shape.syntax, plan.clean)
    if bare:
        made.plants = []
        return made
    count = 1 if rng.random() < plan.alone else rng.randrange(8, plan.most)
    where = dict(plan.places, **({"file meta": (places.meta, 60)} if file else {}))
    names, weights = list(where), [w for _, w in where.values()]
    for index in range(count):
        for _ in range(10):
            spelling, own = _spelling(rng, plan, patient, staff, stranger)
            name = rng.choices(names, weights)[0]
            if spelling.kind in plan.exempt or (spelling.kind == "UID" and name not in ("UID", "nested", "attribute of the object", "description")):
                continue
            # Without the pixels' meaning only the object's own identifiers can be told from noise.
            if own != "own" and name in ("pixels", "UID"):
                continue
            plant = Plant(index, name, spelling, own)
            if where[name][0](made.field, plant):
                made.plants.append(plant)
                break
    return made


def _strip(level):
    """Takes out the template's own identifiers: where nothing is de-identified they would be found before any plant."""
    for holder, tag, node, _ in list(tree.nodes(level)):
        if tag == 0x00401001 or (node.vr == "UI" and not node.value.startswith(b"1.2.840.10008.")):
            holder.pop(tag, None)


def _spelling(rng, plan, patient, staff, stranger):
    if plan.clean:
        return harmless.spelling(rng), "clean"
    chance = rng.random()
    if chance < plan.weak:
        return spell.others_weak(rng, stranger), "other, unsaid"
    if chance < plan.weak + plan.others:
        return spell.others(rng, stranger), "other"
    return spell.own(rng, patient, staff), "own"


def _charset(rng, level):
    """The template's character set where it needs one, else any."""
    there = level.get(ISO_CHARSET)
    texts = (n.value for _, t, n, _ in tree.nodes(level) if n.vr in places.TEXTS and isinstance(n.value, bytes) and t != ISO_CHARSET)
    nested = any(p for _, t, _, p in tree.nodes(level) if t == ISO_CHARSET)
    if nested or not all(t.isascii() and b"\x1b" not in t for t in texts):
        return there.value.decode("ascii", "replace").strip("\0 ") if there else ""
    charset = rng.choice(encode.CHARSETS)
    if charset:
        level[ISO_CHARSET] = Node("CS", charset.encode())
    else:
        level.pop(ISO_CHARSET, None)
    return charset


def identify(rng, made, level, charset, p, staff):
    """Writes the identity where it belongs; the tags. Each value is a plant of the object that cannot be taken out."""
    japanese = encode.japanese(charset)
    p.japanese = staff.japanese = bool(japanese)
    ban = "".join(p.town) + p.house if japanese else f"{p.house} {p.town_latin[1]}, {p.town_latin[0]}"
    values = {
        0x00080050: ("SH", "accession number", p.accession), 0x00080080: ("LO", "institution", p.hospital if japanese else p.hospital_latin),
        0x00080090: ("PN", "staff name", staff.pn(rng, japanese)), 0x00100010: ("PN", "name", p.pn(rng, japanese)),
        0x00100020: ("LO", "patient ID", p.id), 0x00100030: ("DA", "birth date", f"{p.born:%Y%m%d}"), 0x00101000: ("LO", "other ID", p.other_id),
        0x00101040: ("LO", "address", f"〒{p.postal} {ban}" if japanese else f"{p.postal} {ban}"), 0x00102154: ("SH", "telephone", p.phone),
        0x00102155: ("LT", "e-mail", p.email), 0x00101050: ("LO", "insured person's number", p.insured), 0x00200010: ("SH", "study ID", p.study_id),
    }  # fmt: skip
    for tag, (vr, kind, text) in values.items():
        raw = encode.declared(text, charset)
        raw = raw if raw is not None else text.encode("utf-8")
        level[tag] = Node(vr, raw)
        traces = [t for t in text.replace("=", "^").split("^") if len(t) >= (5 if t.isascii() else 2)] if vr == "PN" else [text]
        plant = Plant(-1 - len(made.plants), BELONGS, Spelling(kind, text, traces or [text]), "own")
        plant.path, plant.tag, plant.level, plant.raw = tree.spelt((), tag), tag, level, raw
        made.plants.append(plant)
    level[CLASS] = Node("UI", made.sop_class.encode())
    for tag, value in ((0x0020000D, p.uid), (0x0020000E, f"{p.uid}.2")):
        level[tag] = Node("UI", value.encode())
        plant = Plant(-1 - len(made.plants), BELONGS, Spelling("UID", value), "own")
        plant.path, plant.tag, plant.level = tree.spelt((), tag), tag, level
        made.plants.append(plant)
    return set(values) | {0x0020000D, 0x0020000E}
