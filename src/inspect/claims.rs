//! G2-09: an output claims what was done to it, all of that and no more (PS3.15 E.1.1, standards 2.3).

use super::residual::Case;
use crate::{
    dicom::{
        Tag,
        dataset::{DataSet, Item, Value, find},
    },
    policy::options::{Options, ProfileOption},
    records::Reason,
};

const REFERENCE: &str = "PS3.15 E.1.1";

/// The requirement that processed data say so.
const LABELLED: &str = "R-5.1.6-2a";

const IDENTITY_REMOVED: Tag = Tag(0x0012, 0x0062);
const METHOD: Tag = Tag(0x0012, 0x0063);
const METHOD_CODES: Tag = Tag(0x0012, 0x0064);
const BURNED_IN: Tag = Tag(0x0028, 0x0301);
const RECOGNIZABLE: Tag = Tag(0x0028, 0x0302);
const TEMPORAL: Tag = Tag(0x0028, 0x0303);

/// The Basic Profile.
const BASIC: &str = "113100";

/// Clean Pixel Data and Clean Recognizable Visual Features: no pass over pixels is made.
const OF_PIXELS: [&str; 2] = ["113101", "113102"];

/// What is wrong with the claims of an output. `shown` are the options that its values show.
pub(super) fn faults(
    case: &Case<'_>,
    shown: Options,
    output: &DataSet,
    mut add: impl FnMut(Reason),
) {
    let (done, original) = (case.carried_out, case.original);
    let mut wrong = |tag: Tag, kind: &'static str| {
        add(Reason::new("G2-09", kind, REFERENCE).at(tag.to_string()).serves(LABELLED));
    };
    if output.text(IDENTITY_REMOVED) != Some("YES") {
        wrong(IDENTITY_REMOVED, "does not say that the identity was removed");
    }
    let ours = format!("; policy {}", case.policy);
    let method = output.find(METHOD).map_or(&[][..], |e| output.value(e)).trim_ascii_end();
    if !method.ends_with(ours.as_bytes()) {
        wrong(METHOD, "does not name the policy in force");
    }
    let temporal = match done {
        o if o.has(ProfileOption::ModifiedDates) => "MODIFIED",
        o if o.has(ProfileOption::FullDates) => "UNMODIFIED",
        _ => "REMOVED",
    };
    if output.text(TEMPORAL) != Some(temporal) {
        wrong(TEMPORAL, "does not say what was done with the dates");
    }
    let (claimed, before) = (Claims::of(output), Claims::of(original));
    if !claimed.has(BASIC) {
        wrong(METHOD_CODES, "does not claim the Basic Profile");
    }
    for option in ProfileOption::ALL {
        let (claims, was_done) = (claimed.has(option.code()), done.has(option));
        if was_done && !claims {
            wrong(METHOD_CODES, "does not claim an option that was carried out");
        }
        // What an earlier de-identification cleaned is still clean; what it retained may be gone.
        let earlier = !retains(option) && before.has(option.code());
        if claims && !was_done && !earlier {
            wrong(METHOD_CODES, "claims an option that was not carried out");
        }
        if was_done && !case.terms.options.has(option) {
            wrong(METHOD_CODES, "an option was carried out that the route does not have");
        }
        // Text, content and graphics are cleaned where no row names them, and content is retained there.
        let visible = retains(option) && !done.has(ProfileOption::StructuredContent);
        if was_done && visible && !shown.has(option) {
            wrong(METHOD_CODES, "claims an option, and no value shows it");
        }
    }
    if OF_PIXELS.iter().any(|code| claimed.has(code) && !before.has(code)) {
        wrong(METHOD_CODES, "claims that the pixels were cleaned");
    }
    for tag in [BURNED_IN, RECOGNIZABLE] {
        if output.text(tag) == Some("NO") && original.text(tag) != Some("NO") {
            wrong(tag, "says of the pixels what nobody has looked at");
        }
    }
    if original.text(BURNED_IN) == Some("YES") && output.text(BURNED_IN) != Some("YES") {
        wrong(BURNED_IN, "does not say any more that text is burned into the pixels");
    }
    if case.recognizable && output.text(RECOGNIZABLE) != Some("YES") {
        wrong(RECOGNIZABLE, "does not say that a person may be recognised");
    }
}

/// Whether an option keeps something (113106 to 113112).
fn retains(option: ProfileOption) -> bool {
    option.code() >= "113106"
}

/// The codes of (0012,0064) of a data set.
struct Claims<'a> {
    data: &'a DataSet,
    items: &'a [Item],
}

impl<'a> Claims<'a> {
    fn of(data: &'a DataSet) -> Claims<'a> {
        let items = match data.find(METHOD_CODES).map(|e| &e.value) {
            Some(Value::Items(items)) => &items[..],
            _ => &[],
        };
        Claims { data, items }
    }

    fn has(&self, code: &str) -> bool {
        self.items.iter().any(|item| {
            let value = |tag| find(&item.elements, tag).map(|e| self.data.value(e).trim_ascii());
            let scheme = value(Tag(0x0008, 0x0102));
            value(Tag(0x0008, 0x0100)) == Some(code.as_bytes()) && scheme == Some(b"DCM")
        })
    }
}
