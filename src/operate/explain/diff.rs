//! `tokumei explain --diff`: what another configuration would do otherwise.

use serde_json::{Value, json};

use super::{
    super::show::{print, print_json, table},
    Looked, claims, row_json,
};
use crate::deidentify::{Explained, Sensitive};

/// The two fates of an attribute.
type Pair<'a> = (Option<&'a Explained>, Option<&'a Explained>);

/// Prints what differs.
pub(super) fn show(
    one: &Looked,
    other: &Looked,
    value: &impl Fn(&Option<Sensitive>) -> Option<String>,
    as_json: bool,
) -> anyhow::Result<()> {
    let pairs: Vec<Pair<'_>> =
        pairs(one.rows(), other.rows()).into_iter().filter(|p| differs(*p, value)).collect();
    if as_json {
        let side = |row: Option<&Explained>| row.map(|r| row_json(r, value));
        let rows: Vec<Value> = pairs
            .iter()
            .map(|(a, b)| {
                let path = a.or(*b).map(|r| r.path.as_str());
                json!({"path": path, "here": side(*a), "there": side(*b)})
            })
            .collect();
        let side = |l: &Looked| json!({"config": l.config, "policy": l.policy, "verdict": l.verdict, "claims": l.explanation.as_ref().map(claims)});
        print_json(&json!({"here": side(one), "there": side(other), "attributes": rows}))?;
        return Ok(());
    }
    let mut out = String::new();
    for (word, looked) in [("here ", one), ("there", other)] {
        let claims = looked.explanation.as_ref().map(claims).unwrap_or_default().join(" ");
        out.push_str(&format!(
            "{word} {}, policy {}\n      {}\n      claims {claims}\n",
            looked.config,
            looked.policy,
            looked.verdict.line(),
        ));
    }
    out.push('\n');
    if pairs.is_empty() {
        out.push_str("Nothing that is done to an attribute differs.\n");
        return Ok(print(&out)?);
    }
    let cells: Vec<Vec<String>> = pairs.iter().map(|pair| cells(*pair, value)).collect();
    let heading = ["attribute", "keyword", "before", "here", "there", "rule here", "rule there"];
    out.push_str(&table(&heading, &cells));
    Ok(print(&out)?)
}

/// Attributes side by side. Both lists are of one object and in its order.
fn pairs<'a>(ours: &'a [Explained], theirs: &'a [Explained]) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    let mut rest = theirs;
    for row in ours {
        match rest.iter().position(|r| r.path == row.path) {
            Some(at) => {
                let (only, same) = rest.split_at(at);
                pairs.extend(only.iter().map(|r| (None, Some(r))));
                pairs.push((Some(row), same.first()));
                rest = same.get(1..).unwrap_or_default();
            }
            None => pairs.push((Some(row), None)),
        }
    }
    pairs.extend(rest.iter().map(|r| (None, Some(r))));
    pairs
}

/// Whether the fates differ. Rules that come to the same are no difference, nor is the method's text, which names the
/// policy.
fn differs(pair: Pair<'_>, value: &impl Fn(&Option<Sensitive>) -> Option<String>) -> bool {
    let (Some(one), Some(other)) = pair else { return true };
    one.action != other.action
        || one.action != "marker" && one.after != other.after
        || one.path == "(0028,0303)" && value(&one.after) != value(&other.after)
}

fn cells(
    (one, other): Pair<'_>,
    value: &impl Fn(&Option<Sensitive>) -> Option<String>,
) -> Vec<String> {
    let fate = |row: Option<&Explained>| match row {
        Some(row) => match value(&row.after) {
            Some(after) if row.action != "keep" => format!("{}: {after}", row.action),
            _ => row.action.to_owned(),
        },
        None => "-".to_owned(),
    };
    let rule = |row: Option<&Explained>| {
        row.map_or_else(|| "-".to_owned(), |r| format!("{} ({})", r.rule, r.reference))
    };
    let either = one.or(other);
    vec![
        either.map_or_else(String::new, |r| r.path.clone()),
        either.map_or("", |r| r.keyword).to_owned(),
        either.and_then(|r| value(&r.before)).unwrap_or_else(|| "-".to_owned()),
        fate(one),
        fate(other),
        rule(one),
        rule(other),
    ]
}
