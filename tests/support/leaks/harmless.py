"""Text that looks like an identifier and is none, and names that are words: what a check must let pass."""

from support.leaks.spell import Spelling

# Families that are words of anatomy, of technique, of places in a hospital.
NAMES = (
    ("Head", "Anna"), ("Long", "Max"), ("Field", "Mark"), ("Hand", "Billie"), ("Axel", "Spin"), ("Gray", "Grant"), ("Bone", "Terry"), ("Cross", "Ray"),
    ("Short", "Tim"), ("Young", "Bea"), ("Image", "Leo"), ("Low", "Dose"),
)  # fmt: skip
KANJI = (("林", "ハヤシ"), ("森", "モリ"), ("原", "ハラ"), ("関", "セキ"), ("東", "ヒガシ"), ("南", "ミナミ"), ("中", "ナカ"), ("上", "ウエ"), ("腰", "コシ"))
TEXTS = {
    "imaging words that are names": ("Head Axial", "LONG TE", "FIELD MAP", "HAND AP", "Gray scale", "BONE", "Cross section", "Short Axis", "Low dose", "Max intensity",
                                     "Spin Echo", "Young's modulus", "Ray sum", "MARKER", "Chest PA", "Kan", "Mori index", "Hara method", "Abe", "Mimura", "Ono stain"),
    "kanji words that are names": ("林業", "森林", "関節", "東館", "南館", "中央", "上腹部", "腰椎", "原発巣", "骨盤部", "関東", "高原", "下肢", "平原", "内山筋"),
    "kanji terms with honorific signs": ("同様", "多様", "模様", "仕様", "異様", "〜様の影", "氏名なし", "先生児", "骨様"),
    "dates that are versions": ("V20190101", "Rev 2018.03.12", "2017-01", "syngo 4.0.2", "Protocol 2012/4", "T1 S3.2.1", "S4.1.2", "H2.3.1", "R1.2.3", "VE11C 2016.02"),
    "numbers like telephones or codes": ("120-140", "512-512-400", "0.625-1.25", "100-0001", "1234-5678", "03-12", "090-180", "256 256 180", "12-34-56"),
    "long numbers of technique": ("12345678", "00000001", "20000101", "1024102410", "123456789018", "33120015", "0123456789"),
    "sequence and protocol names": ("t2_tse_tra_p2_384", "ep2d_diff_4scan", "AX T1 FSE +C", "3D_FLAIR_SAG", "VIBE_DIXON_cor", "DWI b0,1000", "CTA Neck/COW", "B30f kernel", "TEST 5 MIN"),
    "coded values": ("51185008", "T-D3000", "RID10311", "113100", "G-A220", "P5-08000", "24627-2", "71651007"),
    "words of addresses": ("Room 3", "市販", "区域", "町型", "手技1-2-3", "第2号", "3番", "1丁目癌"),
    "words with at and dots": ("5mm@1mm", "512x512@2", "a.b.c.1", "www", "kV.mA", "TE@3T"),
    "titles that are words": ("Dr", "DR Chest", "Mrs", "MR brain", "PAT", "ID map", "Name", "Tech recon", "OP"),
}  # fmt: skip


def rename(rng, person):
    """Gives the patient a name that is a word."""
    if rng.random() < 0.5:
        person.western, (person.family, person.given) = True, rng.choice(NAMES)
    elif not person.western:
        person.kanji, person.kana = rng.choice(KANJI)
        person.variants = ()


def spelling(rng):
    """A harmless text that could be taken for an identifier."""
    kind = rng.choice(tuple(TEXTS))
    return Spelling(kind, rng.choice(TEXTS[kind]), strong=False)
