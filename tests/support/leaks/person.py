"""Made-up people: what a hospital knows of a patient, drawn from a random source. Nobody here exists."""

import datetime

from support.identity import romaji

# Family and given names: kanji, katakana, and kanji that are written instead of it.
FAMILIES = (
    ("山田", "ヤマダ", ()), ("高橋", "タカハシ", ("髙橋",)), ("渡辺", "ワタナベ", ("渡邊", "渡邉")), ("斉藤", "サイトウ", ("齋藤", "齊藤", "斎藤")),
    ("浜田", "ハマダ", ("濱田", "濵田")), ("広瀬", "ヒロセ", ("廣瀬",)), ("沢村", "サワムラ", ("澤村",)), ("桜井", "サクライ", ("櫻井",)),
    ("山崎", "ヤマザキ", ("山﨑",)), ("佐藤", "サトウ", ()), ("鈴木", "スズキ", ()), ("大野", "オオノ", ()), ("近藤", "コンドウ", ("近籐",)),
    ("服部", "ハットリ", ()), ("都築", "ツヅキ", ()), ("中条", "チュウジョウ", ("中條",)), ("長谷川", "ハセガワ", ()), ("佐々木", "ササキ", ()),
    ("藤森", "フジモリ", ()), ("小嶋", "コジマ", ("小島",)), ("黒沢", "クロサワ", ("黒澤", "黑澤")), ("千葉", "チバ", ()), ("新堂", "シンドウ", ()),
    ("財前", "ザイゼン", ()), ("里見", "サトミ", ()), ("東海林", "ショウジ", ()), ("五十嵐", "イガラシ", ()), ("本間", "ホンマ", ()),
)  # fmt: skip
GIVEN = (
    ("太郎", "タロウ"), ("花子", "ハナコ"), ("健一", "ケンイチ"), ("淳二", "ジュンジ"), ("裕子", "ユウコ"), ("翔太", "ショウタ"), ("美咲", "ミサキ"),
    ("京子", "キョウコ"), ("慎一郎", "シンイチロウ"), ("千鶴", "チヅル"), ("修二", "シュウジ"), ("恵美", "エミコ"), ("貞造", "テイゾウ"),
    ("知佳", "トモカ"), ("龍之介", "リュウノスケ"), ("さくら", "サクラコ"), ("文雄", "フミオ"), ("勝彦", "カツヒコ"),
)  # fmt: skip
WESTERN = (
    ("Müller", "Jürgen"), ("O'Brien", "Maeve"), ("Kowalska", "Zofia"), ("Lindqvist", "Åsa"), ("Grünwald", "Konrad"), ("Fitzgerald", "Desmond"),
    ("Delacroix", "Hélène"), ("Papadakis", "Yorgos"), ("Vandenberg", "Lotte"), ("Weissmann", "Tobias"),
)  # fmt: skip
TOWNS = (
    ("東京都", "架空市", "虚構町"), ("大阪府", "空想市", "幻町"), ("北海道", "仮想郡夢見町", "字霞"), ("愛知県", "模擬市", "試作台"),
)  # fmt: skip
TOWNS_LATIN = (("Kakuu", "Kyokou-cho"), ("Kuusou", "Maboroshi-cho"), ("Kasou", "Yumemi"), ("Mogi", "Shisakudai"))
HOSPITALS = (
    ("像星中央病院", "Zosei Chuo Hospital"), ("架空台医療センター", "Kakuudai Medical Center"), ("白鷺坂クリニック", "Shirasagizaka Clinic"),
    ("幻影大学医学部附属病院", "Gen'ei University Hospital"), ("霧島平総合病院", "Kirishimadaira General Hospital"),
)  # fmt: skip
CAPITAL = (0x41, 0x5A)


def check_my_number(eleven):
    """The 12th digit of a My Number (総務省令85号5条)."""
    total = sum(int(eleven[11 - n]) * (n + 1 if n <= 6 else n - 5) for n in range(1, 12))
    rest = total % 11
    return "0" if rest <= 1 else str(11 - rest)


def check_insurer(digits):
    """The last digit of an insurer's number (保険者番号)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = int(digit) * (2 if place % 2 == 0 else 1)
        total += product // 10 + product % 10
    return str((10 - total % 10) % 10)


class Person:
    """One made-up person with everything that leads to them."""

    def __init__(self, rng):
        digits = lambda n: "".join(rng.choice("0123456789") for _ in range(n))  # noqa: E731
        self.western, self.japanese, self.scripts = rng.random() < 0.2, False, set()
        if self.western:
            self.family, self.given = rng.choice(WESTERN)
            self.families = self.givens = ()
        else:
            self.kanji, self.kana, self.variants = rng.choice(FAMILIES)
            self.given_kanji, self.given_kana = rng.choice(GIVEN)
            self.families, self.givens = sorted(romaji(self.kana)), sorted(romaji(self.given_kana))
            self.family = rng.choice(self.families).capitalize()
            self.given = rng.choice(self.givens or ["Jun"]).capitalize()
        shape = rng.randrange(5)
        # Ten significant digits at most, and never so few that they are met by chance.
        number = rng.choice("123456789") + digits(6)
        self.id = (f"ZZ-{number}", f"ZZ{number}", f"00{number}", f"{number[:3]}-{number[3:]}", f"0{number}")[shape]
        self.id_core = number if "-" not in self.id[3:] else number
        self.born = datetime.date(1927, 1, 10) + datetime.timedelta(days=rng.randrange(33000))
        if self.born.year > 2016:
            self.born = self.born.replace(year=2016, day=min(self.born.day, 28))
        # Numbers that the numbering plan gives to nobody: 0000 and 000 exchanges.
        last = digits(4)
        self.phone = rng.choice((f"03-0000-{last}", f"06-0000-{last}", f"0460-00-{last}", f"090-0000-{last}", f"045-000-{last}"))
        self.postal = f"{rng.randrange(100, 999)}-{digits(4)}"
        place = rng.randrange(len(TOWNS))
        self.town, self.town_latin = TOWNS[place], TOWNS_LATIN[place]
        self.house = f"{rng.randrange(1, 9)}-{rng.randrange(2, 29)}-{rng.randrange(2, 49)}"
        self.hospital, self.hospital_latin = rng.choice(HOSPITALS)
        self.email = f"{self.latin(self.family)}.{self.latin(self.given)}{rng.randrange(10, 99)}@example.jp".lower()
        self.accession = f"ZA{digits(8)}"
        self.study_id = f"ZS{digits(6)}"
        self.other_id = f"ZO{digits(7)}"
        self.my_number = digits(11)
        self.my_number += check_my_number(self.my_number)
        insurer = "06" + f"{rng.randrange(1, 48):02}" + digits(3)
        self.insurer = insurer + check_insurer(insurer)
        self.insured = digits(8)
        # Day and number as old systems built their UIDs.
        self.uid_root = f"1.2.392.299999.{rng.randrange(1000, 9999)}"
        self.uid = f"{self.uid_root}.{self.born:%Y%m%d}.{number}.{rng.randrange(1, 99)}"

    @staticmethod
    def latin(word):
        """A Western name in plain ASCII letters."""
        table = str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae", "Å": "A", "å": "a", "é": "e", "è": "e", "É": "E", "'": ""})
        return word.translate(table)

    def pn(self, rng, japanese):
        """The name as PN: three groups where the character set can write them. Sets `scripts`: what the name tells of itself."""
        self.scripts = {"sound"}
        if self.western:
            return f"{self.family}^{self.given}" if japanese is not None else f"{self.latin(self.family)}^{self.latin(self.given)}"
        latin, kanji = f"{self.family}^{self.given}", f"{self.kanji}^{self.given_kanji}"
        if not japanese:
            return latin
        kana = f"{self.kana}^{self.given_kana}"
        made = rng.choice((f"{latin}={kanji}={hiragana(kana)}", f"{latin}={kanji}={kana}", f"{latin}={kanji}", kanji, f"{kana}={kanji}"))
        self.scripts = {"kanji"} if made == kanji else {"kanji", "sound"}
        return made


def nobody(rng):
    """A person whose values are met in no plant: for objects that show what a template says by itself."""
    person = Person(rng)
    person.western, person.family, person.given = True, "Qwyxzvuk", "Vqzwyxol"
    person.town, person.town_latin = ("鵺県", "魑魅市", "魍魎町"), ("Qvyzkw", "Zqwvyx")
    person.hospital, person.hospital_latin = "鵺魑魅院", "Qzvwyk House"
    person.email = "qwyxzvuk@example.jp"
    return person


def hiragana(text):
    """Katakana as hiragana."""
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)


_HALF = dict(zip(
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォャュョッー",
    "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ",
))  # fmt: skip


def half(text):
    """Katakana at half width."""
    import unicodedata

    out = []
    for c in unicodedata.normalize("NFD", text):
        out.append(_HALF.get(c, {"\u3099": "ﾞ", "\u309a": "ﾟ"}.get(c, c)))
    return "".join(out)


def full(text):
    """ASCII at full width."""
    return "".join("　" if c == " " else chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
