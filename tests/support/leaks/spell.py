"""What a person could have written instead of an identifier, and by which part of it the writing can be told."""

import calendar
import re
import unicodedata

from support.leaks.person import full, half, hiragana

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ERAS = (("明治", "M", 1868), ("大正", "T", 1912), ("昭和", "S", 1926), ("平成", "H", 1989), ("令和", "R", 2019))


class Spelling:
    """A writing of an identifier.

    `traces` are the parts of which each one alone gives the person away: what the judge looks for. `kind` is the row of
    the table. `strong`: the checks must see it without help: an identifier of the object's own patient, or one of
    another person that says by label, layout or check digit what it is.
    """

    __slots__ = ("kind", "strong", "text", "traces")

    def __init__(self, kind, text, traces=None, strong=True):
        self.kind, self.text, self.strong = kind, text, strong
        self.traces = tuple(traces) if traces else (text,)


def _cases(rng, text):
    return rng.choice((text, text, text.upper(), text.lower()))


def _era(day):
    name, letter, first = next(e for e in reversed(ERAS) if e[2] <= day.year)
    return name, letter, day.year - first + 1


def names(rng, p):
    """The patient's name in any script, order and width."""
    if p.western:
        family, given = rng.choice(((p.family, p.given), (p.latin(p.family), p.latin(p.given))))
        shape = rng.choice(("{f}", "{f}, {g}", "{g} {f}", "{f}^{g}", "{f}_{g}", "{f} {g}", "{g}.{f}"))
        text = _cases(rng, shape.format(f=family, g=given))
        return Spelling("name, Western", text, [t for t in (family, given) if len(t) >= 5 and t.casefold() in text.casefold()] or [text])
    # Kanji do not tell how they are read, nor a reading how it is written.
    script = rng.choice([*["kanji"] * 3 * ("kanji" in p.scripts), *("kana", "half", "hira", "romaji", "romaji", "romaji", "wide") * ("sound" in p.scripts)])
    if script == "kanji":
        family = rng.choice((p.kanji, p.kanji, *p.variants))
        between = rng.choice(("", " ", "　", "^", "・"))
        title = rng.choice(("", "", "様", "さん", "殿"))
        shape = rng.choice(("{f}{b}{g}{t}", "{f}{b}{g}{t}", "{f}{t}", "{g}{b}{f}"))
        text = shape.format(f=family, g=p.given_kanji, b=between, t=title)
        kind = "name, kanji" if family == p.kanji else "name, variant kanji"
        return Spelling(kind, text, [t for t in (family, p.given_kanji) if t in text])
    if script in ("kana", "half", "hira"):
        turn = {"kana": str, "half": half, "hira": hiragana}[script]
        family, given = turn(p.kana), turn(p.given_kana)
        text = rng.choice(("{f}{b}{g}", "{f}{b}{g}", "{f}様")).format(f=family, g=given, b=rng.choice((" ", "", "^", "　")))
        return Spelling({"kana": "name, katakana", "half": "name, half-width kana", "hira": "name, hiragana"}[script], text,
                        [family] if len(p.kana) >= 3 else [text])
    family, given = rng.choice(p.families), rng.choice(p.givens or [p.given])
    shape = rng.choice(("{f}", "{f} {g}", "{g} {f}", "{f}, {g}", "{f}^{g}", "{f}_{g}", "{F}{G}", "{f}.{g}"))
    text = shape.format(f=family, g=given, F=family.capitalize(), G=given.capitalize())
    text = rng.choice((text, text.title(), text.upper())) if "{F}" not in shape else text
    traces = [t for t in (family, given) if len(t) >= 5] or [text]
    traces = [t for t in traces if t.casefold() in text.casefold()] or [text]
    if script == "wide":
        return Spelling("name, full-width letters", full(text), [full(t) for t in _found(text, traces)])
    return Spelling("name, romaji", text, traces)


def _found(text, traces):
    """The traces as they stand in the text."""
    return [text[at : at + len(t)] for t in traces for at in [text.casefold().find(t.casefold())] if at >= 0] or [text]


def identity_numbers(rng, p):
    """The patient's number with and without zeros, hyphens and prefix."""
    core = re.sub(r"\D", "", p.id).lstrip("0")
    plain = p.id.replace("-", "")
    text = rng.choice((p.id, p.id, plain, p.id.lstrip("0"), core, f"{core[:3]}-{core[3:]}", full(p.id), f"ID {p.id}", f"ID:{plain}",
                       p.id.lower(), core.zfill(10), p.id.replace("-", " ")))
    whole = text.replace("ID:", "").replace("ID ", "").strip()
    return Spelling("patient ID", text, [whole])


def birth_dates(rng, p):
    """The birth date, Western and Japanese, in the orders of three continents."""
    d, (era, letter, year) = p.born, _era(p.born)
    western = (f"{d:%Y%m%d}", f"{d:%Y-%m-%d}", f"{d:%Y/%m/%d}", f"{d:%Y.%m.%d}", f"{d.year}/{d.month}/{d.day}", f"{d.year}年{d.month}月{d.day}日")
    abroad = (f"{d:%d.%m.%Y}", f"{d:%m/%d/%Y}", f"{d.day} {MONTHS[d.month - 1]} {d.year}", f"{MONTHS[d.month - 1].upper()} {d.day}, {d.year}",
              f"{d.day:02}-{MONTHS[d.month - 1].upper()}-{d.year}", f"{calendar.month_name[d.month]} {d.day}, {d.year}")
    japanese = (f"{era}{year}年{d.month}月{d.day}日", f"{letter}{year}.{d.month}.{d.day}", f"{letter}{year:02}{d:%m%d}", f"{era[0]}{year}.{d.month}.{d.day}",
                f"{letter}{year:02}/{d:%m/%d}", full(f"{era}{year}年{d.month}月{d.day}日"), f"{era} {year} 年 {d.month} 月 {d.day} 日")
    which = rng.randrange(3)
    text = rng.choice((western, abroad, japanese)[which])
    return Spelling(("birth date, Western", "birth date, US or Europe", "birth date, 和暦")[which], text)


def phones(rng, p):
    """The telephone number in all layouts."""
    a, b, c = p.phone.split("-")
    text = rng.choice((p.phone, a + b + c, f"({a}){b}-{c}", f"{a}({b}){c}", f"+81-{a[1:]}-{b}-{c}", f"+81 {a[1:]} {b} {c}", full(p.phone), f"{a} {b} {c}",
                       f"TEL {p.phone}", f"電話:{p.phone}"))
    return Spelling("telephone", text, [re.sub(r"^(TEL |電話:)", "", text)])


def postcodes(rng, p):
    """The postal code."""
    return Spelling("postal code", *rng.choice(((f"〒{p.postal}", [p.postal]), (full(f"〒{p.postal}"), [full(p.postal)]), (f"〒 {p.postal}", [p.postal]),
                                                (f"〒{p.postal.replace('-', '')}", [p.postal.replace("-", "")]))))


def addresses(rng, p):
    """The address with and without its wider parts, in kanji and romaji."""
    prefecture, city, town = p.town
    ban = p.house.split("-")
    made = (
        (f"{prefecture}{city}{town}{p.house}", [city + town, town + p.house]),
        (f"{city}{town}{ban[0]}丁目{ban[1]}番{ban[2]}号", [city + town]),
        (f"{city}{town}{full(p.house)}", [city + town]),
        (f"{prefecture} {city} {town}", [town]),
    )
    if not p.japanese:
        made = ((f"{p.house} {p.town_latin[1]}, {p.town_latin[0]}", [p.town_latin[1]]), (f"{p.town_latin[1]} {p.house}", [p.town_latin[1]]))
    text, traces = rng.choice(made)
    return Spelling("address", text, traces)


def institutions(rng, p):
    """The hospital's name."""
    latin = (p.hospital_latin, p.hospital_latin.upper(), p.hospital_latin.split()[0])
    text = rng.choice((p.hospital,) if p.japanese else latin)
    proper = p.hospital_latin.split()[0]
    return Spelling("institution", text, [text] if text == p.hospital else _found(text, [proper]))


def accession_numbers(rng, p):
    """The numbers of the order, the study and another hospital."""
    kind, text = rng.choice((("accession number", p.accession), ("study ID", p.study_id), ("other ID", p.other_id), ("insured person's number", p.insured)))
    return Spelling(kind, text, [text])


def emails(rng, p):
    """The e-mail address."""
    text = rng.choice((p.email, p.email.upper(), p.email.replace("@", " @ ")))
    return Spelling("e-mail", text, [text.split("@")[0].strip()])


def uids(rng, p):
    """A UID that was made of the birth date and the number."""
    text = rng.choice((p.uid, p.uid, f"{p.uid}.7", f"1.2.392.{re.sub(r'[^0-9]', '', p.id).lstrip('0')}.{rng.randrange(1, 99)}"))
    return Spelling("UID", text, [text])


OWN = (
    (names, 9), (identity_numbers, 6), (birth_dates, 6), (phones, 3), (postcodes, 1), (addresses, 3), (institutions, 2), (accession_numbers, 3), (emails, 2),
    (uids, 3),
)  # fmt: skip


def own(rng, p, staff):
    """An identifier of the object's own patient, or of its staff."""
    make = rng.choices([m for m, _ in OWN], [w for _, w in OWN])[0]
    if make is names and rng.random() < 0.25:
        spelling = names(rng, staff)
        spelling.kind = "staff " + spelling.kind
        return spelling
    return make(rng, p)


def others(rng, p):
    """An identifier of somebody whom the object does not name, which says what it is."""
    number = re.sub(r"\D", "", p.id)
    latin = f"{p.latin(p.family)} {p.latin(p.given)}"
    kanji = None if p.western else f"{p.kanji}{rng.choice(('', ' ', '　'))}{p.given_kanji}"
    d, (era, letter, year) = p.born, _era(p.born)
    colon = rng.choice((":", "：", ": "))
    made = [
        ("labelled number", f"{rng.choice(('患者ID', '患者番号', 'カルテ番号', 'Patient ID', 'MRN'))}{colon}{number}", [number]),
        ("labelled birth date", f"{rng.choice(('生年月日', 'DOB', 'Birth date'))}{colon}{d:%Y/%m/%d}", [f"{d:%Y/%m/%d}"]),
        ("date, 和暦", f"{era}{year}年{d.month}月{d.day}日", None),
        ("My Number", rng.choice((p.my_number, f"{p.my_number[:4]}-{p.my_number[4:8]}-{p.my_number[8:]}")), None),
        ("insurer's number", f"{rng.choice(('保険者番号', '保険者'))}{colon}{p.insurer}", [p.insurer]),
        ("insured person's number", f"{rng.choice(('被保険者番号', '被保険者証'))}{colon}{p.insured}", [p.insured]),
        ("telephone", rng.choice((f"TEL{colon}{p.phone}", f"電話{colon}{p.phone}", f"090-0000-{number[:4]}")), None),
        ("postal code", f"〒{p.postal}", [p.postal]),
        ("address", f"{''.join(p.town)}{p.house}", [p.town[1] + p.town[2]]),
        ("e-mail", p.email, [p.email.split("@")[0]]),
        ("labelled name", f"{rng.choice(('Patient name', 'Name', 'Pat. name'))}{colon}{latin}", [latin]),
        ("labelled doctor", f"{rng.choice(('Dr.', 'Physician:', 'operator:'))} {p.latin(p.family)}", [p.latin(p.family)]),
        ("path", rf"C:\Users\{p.latin(p.family).lower()}\export".replace("\\", "/"), [f"Users/{p.latin(p.family).lower()}"]),
    ]
    if kanji:
        bare = kanji.replace(" ", "").replace("　", "")
        made += [
            ("labelled name", f"{rng.choice(('患者名', '氏名', '患者氏名'))}{colon}{kanji}", [kanji]),
            ("name with honorific", f"{kanji}{rng.choice(('様', 'さん', '殿'))}", [p.kanji + p.given_kanji] if kanji == bare else [kanji]),
            ("labelled doctor", f"{rng.choice(('主治医', '担当医', '読影医'))}{colon}{p.kanji}", [p.kanji]),
            ("name with honorific", f"{p.kanji}{rng.choice(('先生', '医師', '技師'))}", [p.kanji]),
        ]
    kind, text, traces = rng.choice(made)
    # Names are words too: whoever does not know the person cannot be sure. Numbers with a label or a check digit are.
    return Spelling(f"other's {kind}", text, traces, kind not in ("name with honorific", "labelled doctor", "path"))


def others_weak(rng, p):
    """An identifier of somebody else without a word that says so: whoever does not know the person cannot tell it."""
    d = p.born
    made = [("bare number", re.sub(r"\D", "", p.id)), ("bare family name", p.latin(p.family)), ("bare date", f"{d:%Y%m%d}")]
    if not p.western:
        made += [("bare family name", p.kanji), ("full name", f"{p.kanji}{p.given_kanji}"), ("full name", f"{p.kana} {p.given_kana}")]
    made.append(("full name", f"{p.latin(p.family)} {p.latin(p.given)}"))
    kind, text = rng.choice(made)
    return Spelling(f"other's {kind}", text, strong=False)


def folded(text):
    """Width and case made one, for comparing."""
    return unicodedata.normalize("NFKC", text).casefold()
