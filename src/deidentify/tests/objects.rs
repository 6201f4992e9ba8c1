//! Made-up objects of every shape: every VR, every row of Table E.1-1, items in items, private elements that are safe and
//! that are not, text in several character sets, codes, content items.

use std::sync::LazyLock;

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{rows, *};
use crate::policy::tables::{self, Row};

/// The rows of the table, with a tag for each.
pub(super) static ROWS: LazyLock<Vec<(Tag, Row)>> = LazyLock::new(|| {
    let rows = tables::e1_1(&mut Vec::new()).into_iter();
    rows.flat_map(|row| rows::tags(&row).into_iter().map(move |tag| (tag, row.clone())))
        .filter(|(tag, _)| tag.group() >= 0x0008 && tag.group() % 2 == 0)
        .collect()
});

/// Attributes that meet often, and those that others depend on.
const COMMON: [(u16, u16, VR); 38] = [
    (0x0008, 0x0008, VR::CS),
    (0x0008, 0x0014, VR::UI),
    (0x0008, 0x0020, VR::DA),
    (0x0008, 0x0021, VR::DA),
    (0x0008, 0x0030, VR::TM),
    (0x0008, 0x0050, VR::SH),
    (0x0008, 0x0070, VR::LO),
    (0x0008, 0x0080, VR::LO),
    (0x0008, 0x0090, VR::PN),
    (0x0008, 0x0106, VR::DT),
    (0x0008, 0x1010, VR::SH),
    (0x0008, 0x1030, VR::LO),
    (0x0008, 0x103E, VR::LO),
    (0x0008, 0x1155, VR::UI),
    (0x0010, 0x0010, VR::PN),
    (0x0010, 0x0010, VR::PN),
    (0x0010, 0x0020, VR::LO),
    (0x0010, 0x0020, VR::LO),
    (0x0010, 0x0021, VR::LO),
    (0x0010, 0x0030, VR::DA),
    (0x0010, 0x0035, VR::CS),
    (0x0010, 0x0040, VR::CS),
    (0x0010, 0x1010, VR::AS),
    (0x0010, 0x1010, VR::AS),
    (0x0010, 0x1030, VR::DS),
    (0x0014, 0x0042, VR::ST),
    (0x0018, 0x0015, VR::CS),
    (0x0018, 0x1000, VR::LO),
    (0x0018, 0x1020, VR::LO),
    (0x0018, 0x1030, VR::LO),
    (0x0018, 0x1063, VR::DS),
    (0x0018, 0x1200, VR::DA),
    (0x0018, 0x1210, VR::SH),
    (0x0018, 0x9074, VR::DT),
    (0x0020, 0x000D, VR::UI),
    (0x0020, 0x0013, VR::IS),
    (0x0040, 0xA160, VR::UT),
    (0x6000, 0x0022, VR::LO),
];

/// Selector Value of each VR, from (0072,005E) on.
const SELECTORS: [(u16, VR); 33] = [
    (0x5E, VR::AE),
    (0x5F, VR::AS),
    (0x60, VR::AT),
    (0x61, VR::DA),
    (0x62, VR::CS),
    (0x63, VR::DT),
    (0x64, VR::IS),
    (0x65, VR::OB),
    (0x66, VR::LO),
    (0x67, VR::OF),
    (0x68, VR::LT),
    (0x69, VR::OW),
    (0x6A, VR::PN),
    (0x6B, VR::TM),
    (0x6C, VR::SH),
    (0x6D, VR::UN),
    (0x6E, VR::ST),
    (0x6F, VR::UC),
    (0x70, VR::UT),
    (0x71, VR::UR),
    (0x72, VR::DS),
    (0x73, VR::OD),
    (0x74, VR::FD),
    (0x75, VR::OL),
    (0x76, VR::FL),
    (0x78, VR::UL),
    (0x7A, VR::US),
    (0x7C, VR::SL),
    (0x7E, VR::SS),
    (0x7F, VR::UI),
    (0x81, VR::OV),
    (0x82, VR::SV),
    (0x83, VR::UV),
];

/// Sequences of plain items, of codes, and of content items.
const PLAIN: [(u16, u16); 9] = [
    (0x0008, 0x1140),
    (0x0008, 0x2112),
    (0x0010, 0x1002),
    (0x0028, 0x3010),
    (0x0040, 0x0275),
    (0x0040, 0x1101),
    (0x0054, 0x0016),
    (0x0070, 0x0001),
    (0x5200, 0x9230),
];
const CODED: [(u16, u16); 5] =
    [(0x0008, 0x1032), (0x0008, 0x2218), (0x0012, 0x0064), (0x0040, 0x0260), (0x0054, 0x0220)];
const OF_CONTENT: [(u16, u16); 3] = [(0x0040, 0xA730), (0x0040, 0x0555), (0x0040, 0x0612)];

/// Scheme, code and meaning: published, reworded, local.
const CODES: [[&str; 3]; 6] = [
    ["SCT", "69536005", "Head"],
    ["SCT", "69536005", "Head of Suzuki"],
    ["DCM", "121060", "History"],
    ["DCM", "113012", "Key Object Description"],
    ["99ACME", "Z", "CHEST Suzuki"],
    ["JJ1017", "1000000000000000", "頭部単純"],
];

/// Concepts by Value Type.
const CONCEPTS: [(&str, [&str; 3]); 11] = [
    ("TEXT", ["DCM", "121106", "Comment"]),
    ("TEXT", ["DCM", "113012", "Key Object Description"]),
    ("NUM", ["DCM", "113838", "CT Dose Length Product Total"]),
    ("NUM", ["DCM", "121033", "Subject Age"]),
    ("NUM", ["99ACME", "Z", "Suzuki"]),
    ("CODE", ["DCM", "121058", "Procedure reported"]),
    ("DATETIME", ["DCM", "111526", "DateTime Started"]),
    ("DATE", ["DCM", "111018", "Content Date"]),
    ("UIDREF", ["DCM", "113769", "Irradiation Event UID"]),
    ("PNAME", ["DCM", "121008", "Person Observer Name"]),
    ("CONTAINER", ["DCM", "113819", "CT Acquisition"]),
];

/// A declaration of character sets, and under it: 山田 or another name, and a word of the vocabulary.
pub(super) const CHARSETS: [(&str, &[u8], &[u8]); 9] = [
    ("", b"Yamada", b"CHEST"),
    ("ISO_IR 100", b"M\xFCller", b"CHEST"),
    ("ISO_IR 192", "山田".as_bytes(), "頭部".as_bytes()),
    ("\\ISO 2022 IR 87", b"\x1b$B;3ED\x1b(B", b"\x1b$BF,It\x1b(B"),
    ("ISO 2022 IR 13\\ISO 2022 IR 87", b"\xD4\xCF\xC0\xDE \x1b$B;3ED\x1b(J", b"\x1b$BF,It\x1b(J"),
    ("GB18030", b"\xC9\xBD\xCC\xEF", b"CHEST"),
    ("\\ISO 2022 IR 149", b"\x1b$)C\xFB\xF3\xD1\xCE", b"CHEST"),
    ("ISO_IR 166", b"\xB9\xD2\xC1\xB9\xD2\xC1", b"CHEST"),
    ("ISO_IR 13", b"\xD4\xCF\xC0\xDE", b"CHEST"),
];

/// What a leaf, a sequence or a block of private elements is, before the character set is known.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Leaf(Tag, VR, u32),
    Items(Tag, Vec<Level>),
    Codes(Tag, Vec<(usize, u32)>),
    Content(Tag, Vec<Node>),
    Private(Block),
}

/// A level of a data set: its own character set, if it names one, and its parts.
#[derive(Debug, Clone)]
pub(super) struct Level {
    charset: Option<usize>,
    parts: Vec<Part>,
}

/// A content item: its concept, its value, and those below it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    concept: usize,
    number: u32,
    children: Vec<Node>,
}

/// Private elements, by the number of what stands in them.
#[derive(Debug, Clone)]
pub(super) enum Block {
    /// Nobody knows them.
    Unknown(u32),
    /// Table E.3.10-1 lists two of three.
    Acquisition(u32),
    /// The table lists a UID and a text.
    Analysis(u32),
    /// The table lists a sequence.
    Sequence(Box<Level>),
    /// The object declares it to be safe.
    Declared(u32),
}

fn number() -> impl Strategy<Value = u32> {
    1_000_000_u32..9_999_999
}

fn leaf() -> impl Strategy<Value = Part> {
    let listed = (0..ROWS.len(), number()).prop_filter_map("a leaf", |(at, number)| {
        let (tag, _) = ROWS.get(at)?;
        let vr = rows::known_vr(*tag).unwrap_or(VR::OW);
        // What (0008,0005) says is the level's own business.
        (vr != VR::SQ && *tag != Tag(0x0008, 0x0005)).then_some(Part::Leaf(*tag, vr, number))
    });
    let common = (select(&COMMON[..]), number())
        .prop_map(|((group, element, vr), number)| Part::Leaf(Tag(group, element), vr, number));
    let of_each_vr = (select(&SELECTORS[..]), number())
        .prop_map(|((element, vr), number)| Part::Leaf(Tag(0x0072, element), vr, number));
    // Written as UN, as by a program that does not know the attribute.
    let unknown = (select(&COMMON[..]), number())
        .prop_map(|((group, element, _), number)| Part::Leaf(Tag(group, element), VR::UN, number));
    prop_oneof![8 => listed, 8 => common, 2 => of_each_vr, 1 => unknown]
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = (0..CONCEPTS.len(), number()).prop_map(|(concept, number)| Node {
        concept,
        number,
        children: Vec::new(),
    });
    leaf.prop_recursive(2, 8, 4, |inner| {
        (number(), vec(inner, 0..4)).prop_map(|(number, children)| Node {
            concept: CONCEPTS.len() - 1,
            number,
            children,
        })
    })
}

fn block(inner: impl Strategy<Value = Level>) -> impl Strategy<Value = Part> {
    prop_oneof![
        number().prop_map(Block::Unknown),
        number().prop_map(Block::Acquisition),
        number().prop_map(Block::Analysis),
        inner.prop_map(|level| Block::Sequence(Box::new(level))),
        number().prop_map(Block::Declared),
    ]
    .prop_map(Part::Private)
}

fn level(parts: impl Strategy<Value = Vec<Part>>) -> impl Strategy<Value = Level> {
    (option::weighted(0.3, 0..CHARSETS.len()), parts)
        .prop_map(|(charset, parts)| Level { charset, parts })
}

/// A whole object, in an encoding, of a SOP class.
pub(super) fn object() -> impl Strategy<Value = (Level, Encoding, &'static str)> {
    let start = level(vec(leaf(), 0..8));
    let levels = start.prop_recursive(3, 60, 6, |inner| {
        let sequences = ROWS.iter().map(|(tag, _)| *tag);
        let listed: Vec<Tag> = sequences.filter(|t| rows::known_vr(*t) == Some(VR::SQ)).collect();
        let listed = select(listed).prop_filter("items of another kind", |tag| {
            let same = |(group, element)| *tag == Tag(group, element);
            !OF_CONTENT.into_iter().any(same) && !CODED.into_iter().any(same)
        });
        let plain = select(&PLAIN[..]).prop_map(|(group, element)| Tag(group, element));
        let sequence = (prop_oneof![listed, plain], vec(inner.clone(), 0..3))
            .prop_map(|(tag, levels)| Part::Items(tag, levels));
        let codes = (select(&CODED[..]), vec((0..CODES.len(), number()), 1..3))
            .prop_map(|((group, element), codes)| Part::Codes(Tag(group, element), codes));
        let content = (select(&OF_CONTENT[..]), vec(node(), 1..4))
            .prop_map(|((group, element), nodes)| Part::Content(Tag(group, element), nodes));
        let deep = prop_oneof![3 => sequence, 1 => codes, 1 => content, 2 => block(inner)];
        let parts = (vec(leaf(), 2..12), vec(deep, 0..4));
        level(parts.prop_map(|(leaves, deep)| [leaves, deep].concat()))
    });
    let encoding = select(vec![
        Encoding::ExplicitLittle,
        Encoding::ExplicitLittle,
        Encoding::ImplicitLittle,
        Encoding::ExplicitBig,
    ]);
    let class = select(vec![
        CT,
        CT,
        PET,
        "1.2.840.10008.5.1.4.1.1.2.1",
        "1.2.840.10008.5.1.4.1.1.66.4",
        "1.2.840.10008.5.1.4.1.1.88.59",
        "1.2.840.10008.5.1.4.1.1.481.5",
        "1.2.392.99999.5",
    ]);
    (levels, encoding, class)
}

impl Level {
    /// The elements of the level.
    pub(super) fn made(&self, outer: usize) -> Vec<Made> {
        let charset = self.charset.unwrap_or(outer);
        let mut made: Vec<Made> = self.parts.iter().flat_map(|p| p.made(charset)).collect();
        if let Some((declared, ..)) = self.charset.and_then(|at| CHARSETS.get(at)) {
            made.push(text(0x0008, 0x0005, VR::CS, declared));
        }
        made.sort_by_key(|e| e.tag);
        made.dedup_by_key(|e| e.tag);
        made
    }
}

impl Part {
    fn made(&self, charset: usize) -> Vec<Made> {
        match self {
            Part::Leaf(tag, vr, number) => {
                let proper = if *vr == VR::UN { rows::known_vr(*tag) } else { None };
                vec![bytes(*tag, *vr, &value(*tag, proper.unwrap_or(*vr), *number, charset))]
            }
            Part::Items(tag, levels) => {
                vec![items(*tag, levels.iter().map(|level| level.made(charset)).collect())]
            }
            Part::Codes(tag, codes) => {
                vec![items(*tag, codes.iter().map(|(at, number)| code(*at, *number)).collect())]
            }
            Part::Content(tag, nodes) => {
                vec![items(*tag, nodes.iter().map(|node| node.made(charset)).collect())]
            }
            Part::Private(block) => block.made(charset),
        }
    }
}

/// A value in which its number can be found again; what no row lists has a word of the vocabulary only, which may stay.
fn value(tag: Tag, vr: VR, number: u32, charset: usize) -> Vec<u8> {
    let (_, name, word) = CHARSETS.get(charset).copied().unwrap_or_default();
    let date = || {
        let (year, month, day) = (1991 + number % 35, 1 + number / 35 % 12, 1 + number / 420 % 28);
        format!("{year}{month:02}{day:02}")
    };
    let plain = number.to_le_bytes();
    let text = match vr {
        VR::AE => format!("AE{number}"),
        VR::AS => format!("{:03}{}", number % 110, ["Y", "M", "W", ""][number as usize / 7 % 4]),
        VR::CS => ["Z", "CHEST", "M", ""][number as usize % 4].to_owned() + &number.to_string(),
        VR::DA => date(),
        VR::DT => format!("{}{:02}3017.25", date(), number % 24),
        VR::TM => format!("{:02}{:02}17.{}", number % 24, number / 24 % 60, number % 1_000_000),
        VR::DS => format!("{number}.5"),
        VR::IS => number.to_string(),
        VR::UI => format!("1.2.392.99999.{number}"),
        VR::UR => format!("https://example.org/Z{number}"),
        VR::LO | VR::SH | VR::ST | VR::LT | VR::UC | VR::UT => {
            let listed = ROWS.iter().any(|(t, _)| *t == tag);
            let rest = if listed {
                [b" ", name, format!(" Z{number}").as_bytes()].concat()
            } else {
                Vec::new()
            };
            return [word, &rest].concat();
        }
        VR::PN => return [name, b"^", format!("Z{number}").as_bytes()].concat(),
        VR::FD | VR::OD | VR::OV | VR::SV | VR::UV => return [plain, plain].concat(),
        VR::US | VR::SS | VR::OW | VR::OB => return plain.get(..2).unwrap_or_default().to_vec(),
        _ => return plain.to_vec(),
    };
    text.into_bytes()
}

fn code(at: usize, number: u32) -> Vec<Made> {
    let [scheme, value, meaning] = CODES.get(at).copied().unwrap_or_default();
    let value = if value == "Z" { format!("Z{number}") } else { value.to_owned() };
    coded(scheme, &value, meaning)
}

fn coded(scheme: &str, value: &str, meaning: &str) -> Vec<Made> {
    vec![
        text(0x0008, 0x0005, VR::CS, "ISO_IR 192"),
        text(0x0008, 0x0100, VR::SH, value),
        text(0x0008, 0x0102, VR::SH, scheme),
        text(0x0008, 0x0104, VR::LO, meaning),
    ]
}

impl Node {
    fn made(&self, charset: usize) -> Vec<Made> {
        let (value_type, [scheme, concept, meaning]) =
            CONCEPTS.get(self.concept).copied().unwrap_or_default();
        let of = |tag: Tag, vr| bytes(tag, vr, &value(tag, vr, self.number, charset));
        let mut made = vec![
            text(0x0040, 0xA010, VR::CS, "CONTAINS"),
            text(0x0040, 0xA040, VR::CS, value_type),
            items(Tag(0x0040, 0xA043), vec![coded(scheme, concept, meaning)]),
        ];
        made.push(match value_type {
            "TEXT" => of(Tag(0x0040, 0xA160), VR::UT),
            "CODE" => items(Tag(0x0040, 0xA168), vec![code(self.number as usize % 6, self.number)]),
            "DATETIME" => of(Tag(0x0040, 0xA120), VR::DT),
            "DATE" => of(Tag(0x0040, 0xA121), VR::DA),
            "UIDREF" => of(Tag(0x0040, 0xA124), VR::UI),
            "PNAME" => of(Tag(0x0040, 0xA123), VR::PN),
            "NUM" => {
                let unit = coded("UCUM", "mm", "mm");
                let count = text(0x0040, 0xA30A, VR::DS, &(self.number % 120).to_string());
                let measured = vec![items(Tag(0x0040, 0x08EA), vec![unit]), count];
                items(Tag(0x0040, 0xA300), vec![measured])
            }
            _ => {
                let children = self.children.iter().map(|child| child.made(charset)).collect();
                items(Tag(0x0040, 0xA730), children)
            }
        });
        made
    }
}

impl Block {
    fn made(&self, charset: usize) -> Vec<Made> {
        let creator = |group, creator: &str| text(group, 0x0010, VR::LO, creator);
        let of = |group, element, vr, number| {
            // A tag that is listed, so that the value has a name in it.
            bytes(Tag(group, element), vr, &value(Tag(0x0008, 0x1030), vr, number, charset))
        };
        match self {
            Block::Unknown(number) => vec![
                creator(0x0009, "ACME UNKNOWN"),
                of(0x0009, 0x1001, VR::LO, *number),
                of(0x0009, 0x1002, VR::DA, *number),
                of(0x0009, 0x1003, VR::UI, *number),
            ],
            Block::Acquisition(number) => vec![
                creator(0x0019, "GEMS_ACQU_01"),
                of(0x0019, 0x1023, VR::DS, *number),
                of(0x0019, 0x109E, VR::LO, *number),
                of(0x0019, 0x10FE, VR::LO, *number),
            ],
            Block::Analysis(number) => vec![
                creator(0x0099, "NQHeader"),
                of(0x0099, 0x1002, VR::UI, *number),
                of(0x0099, 0x1005, VR::LT, *number),
                of(0x0099, 0x1010, VR::FL, *number),
            ],
            Block::Sequence(level) => vec![
                creator(0x7E01, "HOLOGIC, Inc."),
                items(Tag(0x7E01, 0x1010), vec![level.made(charset)]),
            ],
            Block::Declared(number) => {
                let group = bytes(Tag(0x0008, 0x0301), VR::US, &0x0011_u16.to_le_bytes());
                let reference = text(0x0008, 0x0302, VR::LO, "ACME DECLARED");
                let status = text(0x0008, 0x0303, VR::CS, "SAFE");
                vec![
                    items(Tag(0x0008, 0x0300), vec![vec![group, reference, status]]),
                    creator(0x0011, "ACME DECLARED"),
                    of(0x0011, 0x1001, VR::LO, *number),
                    of(0x0011, 0x1002, VR::DA, *number),
                    of(0x0011, 0x1003, VR::DS, *number),
                    of(0x0011, 0x1004, VR::PN, *number),
                ]
            }
        }
    }
}
