//! Outputs of the engine that were made faulty by hand: each check is seen to find its fault by itself.

use super::*;
use crate::{
    deidentify::{Done, Input, Part, apply},
    dicom::dataset::{Element, Item},
    policy::Policy,
    records::batch::BatchKeys,
};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
/// A UUID of version 8.
const NEW_UID: &str = "2.25.60402440854087957785953930871481053941";

fn shipped() -> Terms {
    let options =
        ["modified_dates", "patient_characteristics", "clean_descriptors", "safe_private"];
    let options = options.into_iter().filter_map(ProfileOption::parse).collect();
    Terms { options, ..Terms::default() }
}

/// A CT as it comes from the scanner.
fn scanned() -> DataSet {
    let mut w = Writer::new(LE);
    let number = |n: u16| n.to_le_bytes();
    w.text(Tag(0x0008, 0x0008), VR::CS, "ORIGINAL\\PRIMARY");
    w.text(Tag(0x0008, 0x0016), VR::UI, CT);
    w.text(Tag(0x0008, 0x0018), VR::UI, "1.2.392.200036.9999.1.2.3.4567");
    w.text(Tag(0x0008, 0x0020), VR::DA, "20260105");
    w.text(Tag(0x0008, 0x0021), VR::DA, "20260106");
    w.text(Tag(0x0008, 0x0030), VR::TM, "101500");
    w.text(Tag(0x0008, 0x0050), VR::SH, "ACC-20261122");
    w.text(Tag(0x0008, 0x0060), VR::CS, "CT");
    w.text(Tag(0x0008, 0x0070), VR::LO, "ACME");
    w.text(Tag(0x0008, 0x0080), VR::LO, "Zaitaku Hospital");
    w.text(Tag(0x0008, 0x0090), VR::PN, "Suzuki^Hanako");
    w.text(Tag(0x0008, 0x103E), VR::LO, "Chest 1.0");
    w.text(Tag(0x0010, 0x0010), VR::PN, "Yamada^Tarou");
    w.text(Tag(0x0010, 0x0020), VR::LO, "ZZ-0000123");
    w.text(Tag(0x0010, 0x0030), VR::DA, "19700302");
    w.text(Tag(0x0010, 0x0040), VR::CS, "M");
    w.text(Tag(0x0010, 0x1040), VR::LO, "1-2-3 Marunouchi");
    w.text(Tag(0x0018, 0x1030), VR::LO, "Chest");
    w.text(Tag(0x0020, 0x000D), VR::UI, "1.2.392.200036.9999.1.2.3.1");
    w.text(Tag(0x0020, 0x000E), VR::UI, "1.2.392.200036.9999.1.2.3.2");
    w.text(Tag(0x0020, 0x0010), VR::SH, "4711");
    w.element(Tag(0x0028, 0x0002), VR::US, &number(1));
    w.text(Tag(0x0028, 0x0004), VR::CS, "MONOCHROME2");
    w.element(Tag(0x0028, 0x0010), VR::US, &number(16));
    w.element(Tag(0x0028, 0x0011), VR::US, &number(16));
    w.element(Tag(0x0028, 0x0100), VR::US, &number(16));
    // A sequence that stays, with a UID in it.
    w.begin_sequence(Tag(0x0028, 0x3010));
    w.begin_item();
    w.text(Tag(0x0008, 0x1155), VR::UI, "1.2.392.200036.9999.1.2.3.4568");
    w.element(Tag(0x0028, 0x3002), VR::US, b"\x01\0\0\0\x08\0");
    w.end_item();
    w.end_sequence();
    w.begin_sequence(Tag(0x0040, 0x0275));
    w.begin_item();
    w.text(Tag(0x0040, 0x0007), VR::LO, "Chest");
    w.text(Tag(0x0040, 0x0009), VR::SH, "SPS-0001");
    w.end_item();
    w.end_sequence();
    DataSet::parse(w.into_bytes(), LE).unwrap_or_else(|e| panic!("{e}"))
}

/// What becomes of an element.
enum Edit<'t> {
    Stay,
    Go,
    Text(&'t str),
}

/// Writes elements anew: `edit` is asked for each, by its tag and its sequence; `more` are added at the top.
fn rewritten(
    output: &DataSet,
    edit: &dyn Fn(Tag, Option<Tag>) -> Edit<'static>,
    more: &[(Tag, VR, &str)],
) -> Vec<u8> {
    fn item(
        data: &DataSet,
        elements: &[Element],
        sequence: Option<Tag>,
        edit: &dyn Fn(Tag, Option<Tag>) -> Edit<'static>,
        w: &mut Writer,
    ) {
        for element in elements {
            let tag = element.tag;
            match (edit(tag, sequence), &element.value) {
                (Edit::Go, _) => {}
                (Edit::Text(text), _) => w.text(tag, element.vr, text),
                (Edit::Stay, Value::Items(items)) => {
                    w.begin_sequence(tag);
                    for Item { elements, .. } in items {
                        w.begin_item();
                        item(data, elements, Some(tag), edit, w);
                        w.end_item();
                    }
                    w.end_sequence();
                }
                (Edit::Stay, _) => w.element(tag, element.vr, data.value(element)),
            }
        }
    }
    let mut w = Writer::new(output.encoding);
    let mut from = 0;
    for (tag, vr, text) in more {
        let to = output.elements.partition_point(|e| e.tag < *tag);
        item(output, &output.elements[from..to], None, edit, &mut w);
        w.text(*tag, *vr, text);
        from = to;
    }
    item(output, &output.elements[from..], None, edit, &mut w);
    w.into_bytes()
}

struct Bench {
    checks: Checks,
    original: DataSet,
    policy: Policy,
    done: Done,
    output: DataSet,
}

impl Bench {
    fn new(terms: Terms) -> Bench {
        Bench::of(scanned(), terms)
    }

    fn of(original: DataSet, terms: Terms) -> Bench {
        let policy = Policy::compile(&[], terms).unwrap_or_else(|p| panic!("{p:?}"));
        let mut w = Writer::new(LE);
        let input =
            Input { data_set: &original, sop_class: CT, part: Part::Head, recognizable: false };
        let keys = BatchKeys::derive("test", &[7; 32]);
        let done = apply(&policy, &keys, input, &mut w)
            .unwrap_or_else(|r| panic!("{} {}", r.rule, r.path));
        let output = DataSet::parse(w.into_bytes(), LE).unwrap_or_else(|e| panic!("{e}"));
        Bench { checks: checks(), original, policy, done, output }
    }

    fn findings(&self, carried_out: Options, output: &[u8]) -> Residuals {
        let terms = self.policy.terms();
        let echo = Echo::gather(&self.checks, &self.original, terms.options);
        let case = Case {
            carried_out,
            policy: self.policy.digest(),
            terms,
            ..case(&self.checks, &self.original, &echo)
        };
        residuals(&case, output, LE, &file_meta())
    }

    /// Rules and paths of what is found when the engine's output was made faulty.
    fn found(
        &self,
        edit: impl Fn(Tag, Option<Tag>) -> Edit<'static>,
        more: &[(Tag, VR, &str)],
    ) -> Vec<(String, String)> {
        let output = rewritten(&self.output, &edit, more);
        let found = self.findings(self.done.carried_out, &output).findings;
        found.into_iter().map(|r| (r.rule.into_owned(), r.path)).collect()
    }

    fn with(&self, tag: Tag, text: &'static str) -> Vec<(String, String)> {
        self.found(|t, s| if t == tag && s.is_none() { Edit::Text(text) } else { Edit::Stay }, &[])
    }

    fn without(&self, tag: Tag) -> Vec<(String, String)> {
        self.found(|t, s| if t == tag && s.is_none() { Edit::Go } else { Edit::Stay }, &[])
    }
}

fn basic() -> Bench {
    Bench::new(Terms::default())
}

#[test]
fn the_engines_own_output_is_clean() {
    for terms in [Terms::default(), shipped()] {
        let bench = Bench::new(terms);
        assert_eq!(bench.found(|_, _| Edit::Stay, &[]), []);
    }
    let offset = Bench::new(shipped());
    let offset = offset.findings(offset.done.carried_out, &offset.output.bytes).offset;
    assert!(offset.is_some_and(|days| days < -360 && days % 7 == 0), "{offset:?}");
}

#[test]
fn a_removed_row_that_is_still_there() {
    let bench = Bench::new(shipped());
    // Values that no echo and no detector could know.
    let address = Tag(0x0010, 0x1040);
    assert_eq!(
        bench.found(|_, _| Edit::Stay, &[(address, VR::LO, "over the bridge")]),
        one("G2-01", "(0010,1040)")
    );
    // One that is empty says as little as one that is not there, and so does a dummy.
    assert_eq!(bench.found(|_, _| Edit::Stay, &[(address, VR::LO, "")]), []);
    assert_eq!(bench.found(|_, _| Edit::Stay, &[(address, VR::LO, "ANONYMIZED")]), []);
    // A supplementary rule, and an attribute that PS3.6 has retired.
    let calendar = (Tag(0x0010, 0x0035), VR::CS, "JAPANESE");
    assert_eq!(bench.found(|_, _| Edit::Stay, &[calendar]), one("G2-01", "(0010,0035)"));
    let retired = (Tag(0x0008, 0x0001), VR::UL, "abcd");
    assert_eq!(bench.found(|_, _| Edit::Stay, &[retired]), one("G2-01", "(0008,0001)"));
    // By the VR: no row names it.
    let ae = (Tag(0x0040, 0x0001), VR::AE, "CTROOM2");
    assert_eq!(bench.found(|_, _| Edit::Stay, &[ae]), one("G2-01", "(0040,0001)"));
}

#[test]
fn rows_are_looked_at_in_items_too() {
    let inside = |tag: Tag, text: &'static str| {
        move |t: Tag, s: Option<Tag>| match s {
            Some(_) if t == tag => Edit::Text(text),
            _ => Edit::Stay,
        }
    };
    let bench = Bench::new(shipped());
    let found = bench.found(inside(Tag(0x0008, 0x1155), "1.2.3.77"), &[]);
    assert_eq!(found, one("G2-01", "(0028,3010)[1](0008,1155)"));
    // A keyed one is fine, whichever it is.
    assert_eq!(bench.found(inside(Tag(0x0008, 0x1155), NEW_UID), &[]), []);
}

#[test]
fn what_an_option_keeps_is_wrong_without_it() {
    let (with, without) = (Bench::new(shipped()), basic());
    let sex = Tag(0x0010, 0x0040);
    assert_eq!(with.with(sex, "F"), []);
    assert_eq!(without.with(sex, "F"), one("G2-01", "(0010,0040)"));
    let series = Tag(0x0008, 0x103E);
    assert_eq!(with.with(series, "Lung"), []);
    assert_eq!(
        without.found(|_, _| Edit::Stay, &[(series, VR::LO, "Lung")]),
        one("G2-01", "(0008,103E)")
    );
}

#[test]
fn a_pseudonym_that_is_none() {
    let bench = Bench::new(shipped());
    assert_eq!(bench.with(Tag(0x0010, 0x0020), "0815"), one("G2-01", "(0010,0020)"));
    let name = bench.with(Tag(0x0010, 0x0010), "Mizuno^Emi");
    assert!(name.contains(&("G2-01".to_owned(), "(0010,0010)".to_owned())), "{name:?}");
}

#[test]
fn a_date_of_the_original() {
    let bench = Bench::new(shipped());
    let found = bench.with(Tag(0x0008, 0x0021), "20260106");
    assert!(found.contains(&("G2-05".to_owned(), "(0008,0021)".to_owned())), "{found:?}");
    // Under no temporal option a date is a row that should be gone, and the original's besides.
    let found = basic().found(
        |t, s| if t == Tag(0x0008, 0x0020) && s.is_none() { Edit::Go } else { Edit::Stay },
        &[(Tag(0x0008, 0x0020), VR::DA, "20260105")],
    );
    let rules: Vec<&str> = found.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(rules, ["G2-01", "G2-05"]);
    // Moved, but not with the others.
    let found = bench.with(Tag(0x0008, 0x0021), "20240101");
    assert_eq!(found, one("G2-05", "(0008,0021)"));
}

#[test]
fn claims_are_what_was_done() {
    let bench = Bench::new(shipped());
    let codes = || one("G2-09", "(0012,0064)");
    let output = &bench.output.bytes;
    let found = |done: Options| -> Vec<(String, String)> {
        let found = bench.findings(done, output).findings;
        found.into_iter().map(|r| (r.rule.into_owned(), r.path)).collect()
    };
    // Claimed and not done; done and not claimed; done and not asked for.
    let done = bench.done.carried_out;
    let one_less = done.without([ProfileOption::PatientCharacteristics].into_iter().collect());
    assert_eq!(found(one_less), codes());
    assert_eq!(found(done.and([ProfileOption::DeviceIdentity].into_iter().collect())), codes());
    // Dates that are said to be something else.
    assert_eq!(bench.with(Tag(0x0028, 0x0303), "REMOVED"), one("G2-09", "(0028,0303)"));
    assert_eq!(bench.with(Tag(0x0012, 0x0062), "NO"), one("G2-09", "(0012,0062)"));
    assert_eq!(bench.without(Tag(0x0012, 0x0064)).first(), codes().first());
    assert_eq!(
        bench.with(Tag(0x0012, 0x0063), "Tokumei; policy 0000000000000000"),
        one("G2-09", "(0012,0063)")
    );
    for tag in [Tag(0x0028, 0x0301), Tag(0x0028, 0x0302)] {
        let found = bench.found(|_, _| Edit::Stay, &[(tag, VR::CS, "NO")]);
        assert_eq!(found, one("G2-09", &tag.to_string()));
    }
    // 113101: nobody has looked at the pixels.
    let found = bench.found(
        |t, s| match (t, s) {
            (Tag(0x0008, 0x0100), Some(Tag(0x0012, 0x0064))) => Edit::Text("113101"),
            _ => Edit::Stay,
        },
        &[],
    );
    assert_eq!(found.first(), codes().first());
}

#[test]
fn a_claim_that_no_value_shows() {
    let bench = Bench::new(shipped());
    let sex = |t: Tag, s: Option<Tag>| match t == Tag(0x0010, 0x0040) && s.is_none() {
        true => Edit::Text(""),
        false => Edit::Stay,
    };
    assert_eq!(bench.found(sex, &[]), one("G2-09", "(0012,0064)"));
}

#[test]
fn what_the_iod_needs_is_there() {
    let bench = Bench::new(shipped());
    // Type 1, Type 2, and the items of a sequence.
    assert_eq!(bench.without(Tag(0x0008, 0x0008)), one("G2-12", "(0008,0008)"));
    assert_eq!(bench.with(Tag(0x0008, 0x0008), ""), one("G2-12", "(0008,0008)"));
    assert_eq!(bench.without(Tag(0x0008, 0x0070)), one("G2-12", "(0008,0070)"));
    assert_eq!(bench.with(Tag(0x0008, 0x0070), ""), []);
    let found = bench.found(
        |t, s| if t == Tag(0x0028, 0x3002) && s.is_some() { Edit::Go } else { Edit::Stay },
        &[],
    );
    assert_eq!(found, one("G2-12", "(0028,3010)[1](0028,3002)"));
    // What describes the pixels, and what is too long or too many.
    assert_eq!(bench.with(Tag(0x0028, 0x0010), "zz"), one("G2-12", "(0028,0010)"));
    assert_eq!(
        bench.with(Tag(0x0008, 0x0008), "ORIGINAL\\PRIMARY\\AXIAL"),
        one("G2-12", "(0008,0008)")
    );
    assert_eq!(bench.with(Tag(0x0008, 0x0008), "ORIGINALLY_PRIMARY"), one("G2-12", "(0008,0008)"));
    let odd = [&bench.output.bytes[..], b"\x40\0\x01\x30LO\x01\0a"].concat();
    let found = bench.findings(bench.done.carried_out, &odd).findings;
    assert!(found.iter().any(|r| r.rule == "G2-12" && r.path == "(0040,3001)"));
}

#[test]
fn an_object_that_came_invalid_is_not_kept_back_for_it() {
    let mut w = Writer::new(LE);
    w.text(Tag(0x0008, 0x0008), VR::CS, "");
    w.text(Tag(0x0008, 0x0016), VR::UI, CT);
    w.text(Tag(0x0008, 0x0018), VR::UI, "1.2.392.200036.9999.1.2.3.4567");
    w.text(Tag(0x0008, 0x0060), VR::CS, "CT IN A VALUE OF MORE THAN SIXTEEN");
    let original = DataSet::parse(w.into_bytes(), LE).unwrap_or_else(|e| panic!("{e}"));
    let bench = Bench::of(original, Terms::default());
    assert_eq!(bench.found(|_, _| Edit::Stay, &[]), []);
}

#[test]
fn drawings_only_where_they_were_cleaned() {
    let mut w = Writer::new(LE);
    w.begin_sequence(Tag(0x0070, 0x0001));
    w.begin_item();
    w.text(Tag(0x0070, 0x0002), VR::CS, "LAYER1");
    w.end_item();
    w.end_sequence();
    let bench = Bench::new(shipped());
    let output = [&bench.output.bytes[..], &w.into_bytes()].concat();
    let found = bench.findings(bench.done.carried_out, &output).findings;
    assert!(found.iter().any(|r| r.rule == "G2-08" && r.path == "(0070,0001)"));
}

#[test]
fn work_past_the_bound_keeps_the_object_back() {
    let mut bench = Bench::new(shipped());
    assert!(bench.findings(bench.done.carried_out, &bench.output.bytes).findings.is_empty());
    // Small values, many of them: what it takes to look at each counts, not only their bytes.
    let mut w = Writer::new(LE);
    w.begin_sequence(Tag(0x0040, 0x9096));
    for _ in 0..20_000 {
        w.begin_item();
        w.element(Tag(0x0040, 0x9211), VR::US, b"ab");
        w.end_item();
    }
    w.end_sequence();
    let output = [&bench.output.bytes[..], &w.into_bytes()].concat();
    let rules = |bench: &Bench| -> Vec<String> {
        let found = bench.findings(bench.done.carried_out, &output).findings;
        found.into_iter().map(|r| r.rule.into_owned()).collect()
    };
    assert_eq!(rules(&bench), [] as [&str; 0]);
    bench.checks.identifiers.lengths.work = 300_000;
    assert_eq!(rules(&bench).last().map(String::as_str), Some("CHECK_UNFINISHED"));
}
