"""Text as bytes: under the declared character set, under another one than was declared, with escapes where none need be,
and as programs leave it in binary values."""

import re

# Declared values of (0008,0005) and how their text is written.
CHARSETS = (
    "", "ISO_IR 6", "ISO_IR 100", "ISO_IR 192", "ISO_IR 192", "\\ISO 2022 IR 87", "\\ISO 2022 IR 87", "ISO 2022 IR 6\\ISO 2022 IR 87",
    "ISO 2022 IR 13\\ISO 2022 IR 87", "ISO_IR 13", "\\ISO 2022 IR 87\\ISO 2022 IR 159", "GB18030",
)  # fmt: skip
ESCAPE = re.compile(rb"\x1b(?:\$[()\-][@-~]|\$[@AB]|[()\-./][@-~])")
ISO_KANJI, ISO_ASCII, ISO_ROMAJI, ISO_KANA = b"\x1b$B", b"\x1b(B", b"\x1b(J", b"\x1b)I"


def _jis(text):
    """The two-byte codes of JIS X 0208 without escapes, or None."""
    try:
        raw = text.encode("iso2022_jp")
    except UnicodeEncodeError:
        return None
    return raw[3:-3] if raw.startswith(b"\x1b$B") and raw.endswith(b"\x1b(B") and b"\x1b" not in raw[3:-3] else None


def _runs(text):
    """Runs of one kind: ASCII, half-width kana, others."""
    kind = lambda c: "a" if c.isascii() else "k" if "｡" <= c <= "ﾟ" else "j"  # noqa: E731
    out = []
    for c in text:
        if out and out[-1][0] == kind(c):
            out[-1][1] += c
        else:
            out.append([kind(c), c])
    return out


def iso_2022(text, declared, rng=None):
    """Text under code extensions; with `rng`, escapes also where they change nothing. None if it cannot be written."""
    romaji = "IR 13" in declared
    back, out = (ISO_ROMAJI if romaji else ISO_ASCII), b""
    for kind, run in _runs(text):
        if kind == "a":
            out += run.encode("ascii") if rng is None else back.join(c.encode("ascii") for c in run)
        elif kind == "k":
            if not romaji:
                return None
            out += run.encode("shift_jis")
        else:
            pieces = [run] if rng is None else list(run)
            for piece in pieces:
                raw = _jis(piece)
                if raw is None:
                    return None
                out += ISO_KANJI + raw + back
    return out


def declared(text, charset):
    """The bytes of a text under a declared character set, or None."""
    try:
        if charset == "ISO_IR 192":
            return text.encode("utf-8")
        if charset == "GB18030":
            return text.encode("gb18030")
        if charset == "ISO_IR 100":
            return text.encode("latin-1")
        if charset == "ISO_IR 13":
            raw = text.encode("shift_jis")
            return raw if len(raw) == len(text) else None
    except UnicodeEncodeError:
        return None
    if "2022" in charset:
        return iso_2022(text, charset)
    return text.encode("ascii") if text.isascii() else None


def japanese(charset):
    """Whether a character set writes kanji (True), letters with accents only (False), or ASCII only (None)."""
    return True if "87" in charset or charset in ("ISO_IR 192", "GB18030") else False if charset == "ISO_IR 100" else None


def misdeclared(text, charset, rng):
    """The text in an encoding that was not declared."""
    codecs = [c for c in ("utf-8", "shift_jis", "euc_jp") if (c, charset) != ("utf-8", "ISO_IR 192")]
    rng.shuffle(codecs)
    for codec in codecs:
        try:
            return text.encode(codec)
        except UnicodeEncodeError:
            continue
    return text.encode("utf-8")


def in_binary(text, rng):
    """The text as it is found inside binary values."""
    codecs = ["utf-8", "shift_jis", "euc_jp", "iso2022_jp", "utf-16-le", "utf-16-be", "utf-8"]
    if text.isascii():
        codecs = ["ascii", "ascii", "ascii", "utf-16-le", "utf-16-be"]
    rng.shuffle(codecs)
    for codec in codecs:
        try:
            return text.encode(codec)
        except UnicodeEncodeError:
            continue
    return text.encode("utf-8")


def patterns(text):
    """The bytes by which a text can be found again, whatever it was encoded in since. Escapes are left out on both sides."""
    found = set()
    for codec in ("utf-8", "shift_jis", "euc_jp", "iso2022_jp_2", "gb18030", "utf-16-le", "utf-16-be", "latin-1"):
        try:
            raw = text.encode(codec)
        except UnicodeEncodeError:
            continue
        found.add(ESCAPE.sub(b"", raw).lower())
    return found
