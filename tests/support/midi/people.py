"""Made-up patients, staff, places and numbers, in the character sets of a few countries. Nobody here exists.

Telephone numbers, mail addresses and numbers are of ranges that are given to nobody. Names are common enough that a
program knows them, and some are words of radiology too.
"""

import datetime

WEST = [
    ("Kaufman", "Scott"), ("Halvorsen", "Marion"), ("Petrovic", "Dragan"), ("Okonkwo", "Ngozi"), ("Lindqvist", "Åsa"),
    ("Müller", "Jürgen"), ("Núñez", "Begoña"), ("Dubois", "Hélène"), ("Long", "Peter"), ("Hand", "Judith"),
    ("Young", "Frank"), ("Rose", "Summer"), ("O'Brien", "Siobhan"), ("McKenzie", "Alistair"), ("Bell", "Grace"),
    ("Wiśniewski", "Paweł"),
]  # fmt: skip
# Family, given: in kanji, kana, Latin script.
JAPAN = [
    ("山田", "太郎", "やまだ", "たろう", "Yamada", "Tarou"), ("鈴木", "花子", "すずき", "はなこ", "Suzuki", "Hanako"),
    ("林", "健一", "はやし", "けんいち", "Hayashi", "Kenichi"), ("森", "美咲", "もり", "みさき", "Mori", "Misaki"),
    ("財前", "五郎", "ざいぜん", "ごろう", "Zaizen", "Gorou"), ("里見", "脩二", "さとみ", "しゅうじ", "Satomi", "Shuuji"),
    ("渡辺", "純", "わたなべ", "じゅん", "Watanabe", "Jun"), ("佐々木", "愛", "ささき", "あい", "Sasaki", "Ai"),
    ("大野", "正", "おおの", "ただし", "Ohno", "Tadashi"), ("胸永", "恵", "むねなが", "けい", "Munenaga", "Kei"),
]  # fmt: skip
KOREA = [
    ("홍", "길동", "Hong", "Gildong"), ("김", "희중", "Kim", "Huijung"), ("박", "서연", "Pak", "Seoyeon"),
    ("선우", "민준", "Sunwoo", "Minjun"),
]  # fmt: skip
CHINA = [
    ("王", "小东", "Wang", "Xiaodong"), ("张", "丽华", "Zhang", "Lihua"), ("陈", "建国", "Chen", "Jianguo"),
    ("欧阳", "静", "Ouyang", "Jing"),
]  # fmt: skip
PLACES = {
    "west": [("742 Wrenfield Avenue, Oakhollow 99950", ["742", "Wrenfield", "Oakhollow", "99950"]),
             ("18b Rue des Tilleuls, Valmorin", ["18b", "Tilleuls", "Valmorin"]),
             ("Lindenweg 7, 00001 Hasselbruck", ["Lindenweg", "00001", "Hasselbruck"])],
    "japan": [("架空県無名市想像町4-5-6", ["架空県", "無名市", "想像町", "4-5-6"]),
              ("〒000-0000 夢見区幻町1丁目2番3号", ["000-0000", "夢見区", "幻町"])],
    "korea": [("가상시 상상구 꿈로 12", ["가상시", "상상구", "꿈로"])],
    "china": [("虚构市想象区梦想路12号", ["虚构市", "想象区", "梦想路"])],
}  # fmt: skip
INSTITUTIONS = {
    "west": [("Wrenfield Memorial Hospital", ["Wrenfield", "Memorial"]), ("Klinikum Hasselbruck", ["Hasselbruck"]),
             ("Valmorin Regional Cancer Centre", ["Valmorin"])],
    "japan": [("属性中央病院", ["属性中央"]), ("Zokusei Chuo Hospital", ["Zokusei", "Chuo"])],
    "korea": [("가상대학교병원", ["가상대학교"]), ("Gasang University Hospital", ["Gasang"])],
    "china": [("虚构市第一医院", ["虚构市", "第一医院"]), ("Xugou First Hospital", ["Xugou"])],
}  # fmt: skip
# Character sets with the land whose people they can write.
CHARSETS = [
    ("ISO_IR 100", "west"), ("ISO_IR 192", "west"), (["", "ISO 2022 IR 87"], "japan"),
    (["ISO 2022 IR 13", "ISO 2022 IR 87"], "japan"), ("ISO_IR 192", "japan"), (["", "ISO 2022 IR 149"], "korea"),
    ("GB18030", "china"), ("ISO_IR 192", "china"),
]  # fmt: skip
ASTRAL = {"Wiśniewski", "Paweł"}
ERAS = (("令和", 2019), ("平成", 1989), ("昭和", 1926))
WORD = "ABCDEFGHJKLMNPRSTUVWXY"


def era(day):
    """A day in the calendar of Japan."""
    name, first = next((n, f) for n, f in ERAS if day.year > f)
    return f"{name}{day.year - first + 1}年{day.month}月{day.day}日"


class Token:
    """Something that identifies, as it is written in a text, and the words of it that must not come out."""

    def __init__(self, text, category, words=None):
        self.text, self.category, self.words = text, category, words or [text]


class Person:
    """One made-up patient with everything that a hospital knows of him."""

    def __init__(self, number, random):
        self.number, self.random = number, random
        self.charset, self.land = CHARSETS[number % len(CHARSETS)]
        self.latin_only = self.charset == "ISO_IR 100"
        self.name, self.words = self._name(number // len(CHARSETS))
        staff = self._name(number // len(CHARSETS) + 1 + random.randrange(3))
        self.staff, self.staff_words = staff
        self.mrn = f"ZZ-{4000123 + 7919 * number}"
        self.other_id = f"ZZ{random.randrange(10**6, 10**7)}"
        self.insurance = f"ZZINS{random.randrange(10**6, 10**7)}"
        self.social = f"000-{random.randrange(10, 99)}-{random.randrange(1000, 9999)}"
        self.phone = {"west": f"555-01{number % 100:02}", "japan": f"03-0000-{1000 + number}"}.get(
            self.land, f"000-0000-{1000 + number}"
        )
        self.mail = f"zz.{self.words[0].lower()}{number}@example.org" if self.words[0].isascii() else f"zz{number}@example.org"
        self.address = random.choice(PLACES[self.land])
        self.institution = random.choice([i for i in INSTITUTIONS[self.land]])
        self.born = datetime.date(1923 + random.randrange(85), 1 + random.randrange(12), 1 + random.randrange(28))
        self.sex = random.choice("MF")
        self.height, self.weight = 1.48 + random.randrange(45) / 100, 44 + random.randrange(60)
        self.station = f"ZZ{self.land[:2].upper()}SCAN{number % 7}"
        self.serial = f"ZZSER{random.randrange(10**5, 10**6)}"

    def _name(self, place):
        """(PN value, its words) of somebody whose name the character set can write."""
        if self.land == "west":
            fitting = [n for n in WEST if not (self.latin_only and ASTRAL & set(n))]
            family, given = fitting[(place * 5 + self.number) % len(fitting)]
            return f"{family}^{given}", [family, given]
        if self.land == "japan":
            k1, k2, h1, h2, l1, l2 = JAPAN[(place * 3 + self.number) % len(JAPAN)]
            if self.charset[0] == "ISO 2022 IR 13":
                return f"{half(h1)}^{half(h2)}={k1}^{k2}={h1}^{h2}", [l1, l2, k1, k2, h1, h2]
            return f"{l1}^{l2}={k1}^{k2}={h1}^{h2}", [l1, l2, k1, k2, h1, h2]
        own, given, l1, l2 = (KOREA if self.land == "korea" else CHINA)[(place + self.number) % 4]
        return f"{l1}^{l2}={own}^{given}", [l1, l2, own, given]

    def tokens(self, study):
        """What can be planted in a text of one study, by the word that stands for it in a template."""
        west = self.land == "west" or self.words[0].isascii() and self.random.random() < 0.3
        family, given = self.words[:2] if west else self.words[2:4]
        staff = self.staff_words[0] if west else self.staff_words[2]
        day = study.date
        said = self.random.choice([day.isoformat(), f"{day:%m/%d/%Y}", f"{day:%Y%m%d}", f"{day:%d.%m.%Y}"])
        birth = era(self.born) if self.land == "japan" and self.born.year > 1926 else f"{self.born:%m/%d/%Y}"
        relative = {"west": "Gudrun Eastcastle", "japan": "東城 梅子", "korea": "동방 매화", "china": "东方 梅花"}[self.land]
        return {
            "family": Token(family, "HIPAA-A"),
            "name": Token(f"{family} {given}", "HIPAA-A", [family, given]),
            "shouted": Token(f"{self.words[0]}, {self.words[1]}".upper(), "HIPAA-A", self.words[:2]),
            "staff": Token(staff, "HIPAA-A"),
            "relative": Token(relative, "HIPAA-A", relative.split()),
            "address": Token(self.address[0], "HIPAA-B", self.address[1]),
            "institution": Token(self.institution[0], "HIPAA-B", self.institution[1]),
            "date": Token(said, "HIPAA-C"),
            "birth": Token(birth, "HIPAA-C"),
            "phone": Token(self.phone, "HIPAA-D"),
            "mail": Token(self.mail, "HIPAA-F"),
            "social": Token(self.social, "HIPAA-G"),
            "mrn": Token(self.mrn, "HIPAA-H"),
            "insurance": Token(self.insurance, "HIPAA-I"),
            "accession": Token(study.accession, "HIPAA-J"),
            "serial": Token(self.serial, "HIPAA-M"),
            "url": Token(f"http://pacs{self.number}.example.org/{self.number}", "HIPAA-N", [f"pacs{self.number}.example.org"]),
        }


def half(kana):
    """Hiragana as half-width katakana."""
    import unicodedata

    table = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF66, 0xFF9E)}
    out = ""
    for c in unicodedata.normalize("NFD", "".join(chr(ord(c) + 0x60) for c in kana)):
        out += {"\u3099": "ﾞ", "\u309a": "ﾟ"}.get(c) or table[c]
    return out
