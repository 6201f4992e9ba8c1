//! Residual checks (standards: G2) on the bytes that would leave, read back without a thought for how they were made.

use super::{
    claims,
    compare::{compare, dates},
    days::Days,
    detect::detect,
    echo::{Echo, Mark, is_pseudonym},
    place::out_of_place,
    private::PrivateCheck,
    readings::texts,
    rows,
    walk::{Visit, walk},
};
use crate::{
    dicom::{
        Tag, VR,
        charset::{TextKind, suspects},
        dataset::{DataSet, Value},
        meta::PREAMBLE,
        syntax::Encoding,
    },
    policy::{
        Terms,
        checks::{Checks, ELEMENT},
        options::{Options, ProfileOption},
    },
    records::{Reason, Severity},
};

/// Reasons for one object; a person needs no more to see that it must not leave.
const MAX_REASONS: usize = 50;

/// Texts up to this length are also searched as bytes.
const SHORT_VALUE: usize = 4096;

/// The object whose output is looked at.
pub struct Case<'a> {
    /// The checks.
    pub checks: &'a Checks,
    /// The route's terms as they hold for the object.
    pub terms: Terms,
    /// The header as it came.
    pub original: &'a DataSet,
    /// Its SOP Class UID.
    pub sop_class: &'a str,
    /// The identifiers that it carried.
    pub echo: &'a Echo,
    /// The options that were carried out, by who did it.
    pub carried_out: Options,
    /// The digest of the policy.
    pub policy: &'a str,
    /// Whether a caution says that a person may be recognised in the image.
    pub recognizable: bool,
}

/// What is wrong with the bytes that would leave.
pub struct Residuals {
    /// The findings; empty for a clean object.
    pub findings: Vec<Reason>,
    /// By how many days the dates have moved, where one has.
    pub offset: Option<i64>,
    /// The Patient ID that would leave.
    pub pseudonym: String,
}

/// Looks for what is wrong with the bytes that would leave.
///
/// `output` is the encoded data set (without Pixel Data that streams behind it), `meta` the preamble and file meta
/// information.
pub fn residuals(case: &Case<'_>, output: &[u8], encoding: Encoding, meta: &[u8]) -> Residuals {
    let left = case.checks.identifiers.lengths.work;
    let mut findings = Findings {
        case,
        checks: case.checks,
        echo: case.echo,
        dates: dates(case.original),
        offset: None,
        pseudonym: String::new(),
        shown: Options::NONE,
        left,
        reasons: Vec::new(),
    };
    findings.meta(meta);
    findings.data_set(output, encoding);
    findings.reasons.extend(case.echo.unfinished());
    if findings.left == 0 {
        // Beside the others, however many there are.
        findings.reasons.push(unfinished());
    }
    Residuals { findings: findings.reasons, offset: findings.offset, pseudonym: findings.pseudonym }
}

/// The checks did not come to an end: what they have not looked at may hold anything.
fn unfinished() -> Reason {
    let kind = "more to look at than the bound on the work of the checks";
    Reason::new("CHECK_UNFINISHED", kind, "TR-0047 5.1.6(2)")
}

const PATIENT_NAME: Tag = Tag(0x0010, 0x0010);
const PATIENT_ID: Tag = Tag(0x0010, 0x0020);

struct Findings<'e> {
    case: &'e Case<'e>,
    checks: &'e Checks,
    echo: &'e Echo,
    /// The dates of the original.
    dates: Days,
    offset: Option<i64>,
    pseudonym: String,
    /// The options that values of the output show.
    shown: Options,
    /// What may still be looked at, in bytes.
    left: u64,
    reasons: Vec<Reason>,
}

/// The only elements of a file meta information of ours (PS3.10 7.1 Type 1, and our version name).
const META: [u16; 7] = [0x0000, 0x0001, 0x0002, 0x0003, 0x0010, 0x0012, 0x0013];

impl Findings<'_> {
    fn add(
        &mut self,
        rule: &'static str,
        path: String,
        kind: &'static str,
        reference: &'static str,
    ) {
        self.push(Reason::new(rule, kind, reference).at(path));
    }

    /// Takes from what may still be looked at; false, and for all that follows, where nothing is left.
    fn spend(&mut self, bytes: usize) -> bool {
        self.left = self.left.saturating_sub(bytes as u64);
        self.left > 0
    }

    /// Adds what was found in the value of an element.
    fn note(&mut self, reason: impl IntoIterator<Item = Reason>, visit: &Visit<'_>) {
        reason.into_iter().for_each(|r| self.push(r.length(visit.value.len())));
    }

    fn push(&mut self, reason: Reason) {
        let known = |r: &Reason| r.rule == reason.rule && r.path == reason.path;
        if let Some(at) = self.reasons.iter().position(known) {
            self.replace_lighter(Some(at), reason);
        } else if self.reasons.len() < MAX_REASONS {
            self.reasons.push(reason);
        } else {
            // A full list may hold weak reasons alone.
            let weak = self.reasons.iter().position(|r| r.severity == Severity::Weak);
            self.replace_lighter(weak, reason);
        }
    }

    /// Puts a reason in the place of one that weighs less.
    fn replace_lighter(&mut self, at: Option<usize>, reason: Reason) {
        let known = at.and_then(|at| self.reasons.get_mut(at));
        if let Some(known) = known.filter(|k| k.severity < reason.severity) {
            *known = reason;
        }
    }

    /// G2-13: nothing in preamble and file meta information but what we write there.
    fn meta(&mut self, meta: &[u8]) {
        let reference = "PS3.15 E.1.1";
        let Some((head, group)) = meta.split_at_checked(PREAMBLE) else {
            return self.add("G2-13", String::new(), "no file meta information", reference);
        };
        if head.iter().take(128).any(|b| *b != 0) || !head.ends_with(b"DICM") {
            self.add("G2-13", String::new(), "preamble is not empty", reference);
        }
        let mut rest = group;
        while !rest.is_empty() {
            let Some((tag, value, behind)) = meta_element(rest) else {
                self.add(
                    "G2-13",
                    String::new(),
                    "file meta information cannot be read back",
                    reference,
                );
                break;
            };
            if tag.group() != 2 || !META.contains(&tag.element()) {
                let kind = "element that has no place in the file meta information";
                self.add("G2-13", tag.to_string(), kind, reference);
            }
            self.meta_value(tag, value);
            rest = behind;
        }
        // Whatever the elements say, the bytes as they are.
        self.everywhere(group, None);
    }

    fn meta_value(&mut self, tag: Tag, value: &[u8]) {
        let uid = self.echo.is_original_uid(value);
        let long = self.echo.search_bytes(value, || tag.to_string());
        let text = std::str::from_utf8(value).ok();
        let text = text.and_then(|t| self.echo.search_text(t, || tag.to_string()));
        let uid = uid.map(|mark| self.echo.reason(mark, tag.to_string()));
        [uid, long, text].into_iter().flatten().for_each(|reason| self.push(reason));
    }

    fn data_set(&mut self, output: &[u8], encoding: Encoding) {
        match DataSet::parse(output.to_vec(), encoding) {
            Ok(parsed) => {
                self.beside_the_original(&parsed);
                self.pseudonym = parsed.text(PATIENT_ID).unwrap_or_default().to_owned();
                let private =
                    PrivateCheck::new(&parsed, &self.checks.safe_private, self.case.terms);
                walk(&parsed, &mut |visit| self.element(visit, private.vr(visit)));
                let (case, shown) = (self.case, self.shown);
                claims::faults(case, shown, &parsed, |reason| self.push(reason));
                self.everywhere(output, Some(&parsed));
            }
            Err(error) => {
                self.add(
                    "G2-12",
                    error.tag.to_string(),
                    "the encoded data set cannot be read back",
                    "PS3.5 7",
                );
                self.everywhere(output, None);
            }
        }
    }

    /// G2-05 and G2-12, where they need both.
    fn beside_the_original(&mut self, parsed: &DataSet) {
        let Case { checks, terms, original, sop_class, .. } = *self.case;
        let compared = compare(checks, terms.options, sop_class, original, parsed);
        self.spend(compared.elements * ELEMENT as usize);
        self.offset = compared.offset;
        compared.found.into_iter().for_each(|reason| self.push(reason));
    }

    /// Looks at an element; `private` is the VR of a private one that may be there.
    fn element(&mut self, visit: &Visit<'_>, private: Option<VR>) {
        if !self.spend(visit.value.len() + ELEMENT as usize) {
            return;
        }
        if visit.value.len() % 2 == 1 {
            let reason = Reason::new("G2-12", "value of odd length", "PS3.5 7.1.1");
            self.note([reason.at(visit.path()).serves("R-5.1.3")], visit);
        }
        match private {
            Some(_) => self.shown.insert(ProfileOption::SafePrivate),
            None => self.standard(visit),
        }
        if visit.value.is_empty() {
            return;
        }
        match private.unwrap_or(visit.element.vr) {
            VR::PN | VR::SH | VR::LO | VR::UC | VR::ST | VR::LT | VR::UT => self.text(visit),
            VR::CS | VR::AE | VR::UR | VR::AS => self.plain_text(visit),
            VR::UI => self.uid(visit),
            VR::IS | VR::DS | VR::TM | VR::DA | VR::DT => self.number(visit),
            _ => {
                self.note(self.echo.search_bytes(visit.value, || visit.path()), visit);
                texts(visit.value, |text| self.value(text, visit));
            }
        }
    }

    /// G2-01, G2-05, G2-07 and G2-08 on an element of the standard, or of nobody.
    fn standard(&mut self, visit: &Visit<'_>) {
        let options = self.case.terms.options;
        if let Some((rule, kind, reference)) = out_of_place(visit, options) {
            self.note([Reason::new(rule, kind, reference).at(visit.path())], visit);
        }
        let vr = visit.element.vr;
        let row = self.checks.rows.row(visit.tag(), vr);
        if let Some(kind) = rows::fault(&self.checks.rows, row, options, visit) {
            let reference = "PS3.15 Table E.1-1, E.1.1";
            self.note([Reason::new("G2-01", kind, reference).at(visit.path())], visit);
        }
        let Some(row) = row.filter(|_| !visit.value.is_empty()) else { return };
        self.shown = self.shown.and(row.options());
        if matches!(vr, VR::DA | VR::DT)
            && !row.keeps(vr, options)
            && self.dates.has_one_of(visit.value, self.offset)
        {
            let reason = Reason::new("G2-05", "date of the original", "PS3.15 E.3.6");
            self.note([reason.at(visit.path())], visit);
        }
    }

    /// An original UID, or one that is kept and has an identifying number for a component.
    fn uid(&mut self, visit: &Visit<'_>) {
        self.found(self.echo.is_original_uid(visit.value), visit);
        for component in visit.value.split(|b| matches!(b, b'.' | b'\\')) {
            let mark =
                self.echo.is_number(component).or_else(|| self.echo.is_birth_date(component));
            self.found(mark, visit);
        }
    }

    /// Numbers, dates and times: each value as a whole; what is no number at all, as the text that it is.
    fn number(&mut self, visit: &Visit<'_>) {
        for value in visit.value.split(|b| *b == b'\\').map(<[u8]>::trim_ascii) {
            let value = value.strip_prefix(b"+").unwrap_or(value);
            let mark = self.echo.is_number(value).or_else(|| self.echo.is_birth_date(value));
            self.found(mark, visit);
        }
        let plain = |b: &u8| {
            matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'\\' | b' ' | b'e' | b'E' | b':' | 0)
        };
        if !visit.value.iter().all(plain) {
            self.text(visit);
        }
    }

    fn found(&mut self, mark: Option<Mark>, visit: &Visit<'_>) {
        if let Some(mark) = mark {
            self.note([self.echo.reason(mark, visit.path())], visit);
        }
    }

    /// G2-02, G2-04, G2-14 on a text that the character set applies to.
    fn text(&mut self, visit: &Visit<'_>) {
        let kind = TextKind::of(visit.element.vr).unwrap_or(TextKind::MultiValue);
        let decoded = visit.charset.decode(visit.value, kind);
        if !decoded.complete {
            let kind = "text that its character set does not explain";
            self.note([Reason::new("G2-14", kind, "PS3.5 6.1.2").at(visit.path())], visit);
            suspects(visit.value)
                .iter()
                .for_each(|reading| self.values(reading, kind_of(visit), visit));
        }
        self.values(&decoded.text, kind, visit);
        if kind != TextKind::SingleText && decoded.text.contains('\\') {
            // A name may be divided over two values.
            self.value(&decoded.text, visit);
        }
        if !visit.value.is_ascii() && visit.value.len() <= SHORT_VALUE {
            // Where both sides misdeclare their set, the bytes still agree.
            self.note(self.echo.search_bytes(visit.value, || visit.path()), visit);
        }
        if visit.element.vr == VR::PN {
            let values = decoded.text.split('\\').map(|v| v.trim_matches([' ', '\0']));
            if values.into_iter().any(|v| !v.is_empty() && !is_pseudonym(v) && v != "ANONYMIZED^") {
                let kind = "person's name that is no pseudonym";
                self.note([Reason::new("G2-04", kind, "PS3.15 E.1.1").at(visit.path())], visit);
            }
        }
    }

    fn values(&mut self, text: &str, kind: TextKind, visit: &Visit<'_>) {
        if kind == TextKind::SingleText {
            return self.value(text, visit);
        }
        text.split('\\').for_each(|value| self.value(value, visit));
    }

    /// Every decoded value of a text passes here.
    fn value(&mut self, text: &str, visit: &Visit<'_>) {
        if !self.spend(text.len()) {
            return;
        }
        if self.checks.identifiers.is_harmless(visit.tag(), text) {
            return;
        }
        if matches!(visit.tag(), PATIENT_NAME | PATIENT_ID) && is_pseudonym(text) {
            // A short name may stand in a pseudonym by chance.
            return self.note(self.echo.search_whole(text, || visit.path()), visit);
        }
        // What the echo found needs no detector, nor does a name in its own attribute (G2-04).
        let echo = self.echo.search_text(text, || visit.path());
        let other = || detect(self.checks, self.case.terms, text, visit);
        self.note(echo.or_else(|| if visit.element.vr == VR::PN { None } else { other() }), visit);
    }

    /// A text that must be ASCII.
    fn plain_text(&mut self, visit: &Visit<'_>) {
        match std::str::from_utf8(visit.value) {
            Ok(text) if text.is_ascii() => self.values(text, TextKind::MultiValue, visit),
            _ => {
                let kind = "code string that is not ASCII";
                self.note([Reason::new("G2-14", kind, "PS3.5 6.1.2").at(visit.path())], visit);
                suspects(visit.value).iter().for_each(|r| self.value(r, visit));
            }
        }
    }

    /// Long identifiers and original UIDs in all bytes, whatever they are meant to be.
    fn everywhere(&mut self, bytes: &[u8], parsed: Option<&DataSet>) {
        if !self.spend(bytes.len()) {
            return;
        }
        let mut hits: Vec<(usize, Mark)> = Vec::new();
        self.echo.search_all(bytes, |at, mark| {
            if hits.len() < MAX_REASONS {
                hits.push((at, mark));
            }
        });
        for (at, mark) in hits {
            let reason = self.echo.reason(mark, parsed.map(|p| place(p, at)).unwrap_or_default());
            // Without a place it says nothing new if the same rule has found something already.
            if !(reason.path.is_empty() && self.reasons.iter().any(|r| r.rule == reason.rule)) {
                self.push(reason);
            }
        }
    }
}

/// Reads one element of Explicit VR Little Endian from the front: tag, value, and what follows.
fn meta_element(bytes: &[u8]) -> Option<(Tag, &[u8], &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<8>()?;
    let [g0, g1, e0, e1, v0, v1, l0, l1] = *header;
    let tag = Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
    let (length, rest) = if matches!(&[v0, v1], b"OB" | b"UN" | b"UT" | b"OW" | b"SQ") {
        let (length, rest) = rest.split_first_chunk::<4>()?;
        (u32::from_le_bytes(*length) as usize, rest)
    } else {
        (usize::from(u16::from_le_bytes([l0, l1])), rest)
    };
    let (value, behind) = rest.split_at_checked(length)?;
    Some((tag, value, behind))
}

fn kind_of(visit: &Visit<'_>) -> TextKind {
    TextKind::of(visit.element.vr).unwrap_or(TextKind::MultiValue)
}

/// The path of the element whose value holds a position.
fn place(parsed: &DataSet, at: usize) -> String {
    let mut path = String::new();
    walk(parsed, &mut |visit| {
        let holds = |start: u32, length: u32| {
            (start as usize..start as usize + length as usize).contains(&at)
        };
        let here = match &visit.element.value {
            Value::Bytes(span) => holds(span.start, span.length),
            Value::Fragments(spans) => spans.iter().any(|s| holds(s.start, s.length)),
            _ => false,
        };
        if here {
            path = visit.path();
        }
    });
    path
}

#[cfg(test)]
mod tests;
