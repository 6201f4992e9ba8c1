//! `tokumei explain`: what happens to each attribute of a file, by which rule and why.

use std::{fs::File, path::Path, sync::Arc};

use anyhow::{Context, anyhow};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Outcome,
    cli::Reported,
    config::Config,
    files::{Workshop, choose},
    head, open,
    quarantine::{self, reason_table},
    show::{print, print_json, table},
};
use crate::{
    deidentify::{Explained, Explanation, Sensitive, explain},
    dicom::sop_class,
    records::{Fate, Reason, keyring::KeyRing},
};

/// What the whole way says of the file.
#[derive(Serialize)]
struct Verdict {
    fate: Fate,
    route: String,
    destination: String,
    reasons: Vec<Reason>,
    cautions: Vec<Reason>,
}

/// Runs the command. That the object would be kept back is an outcome, not a failure.
pub(super) fn run(
    file: &Path,
    show_values: bool,
    route: Option<&str>,
    options: &Reported,
) -> anyhow::Result<Outcome> {
    let (mut config, rules) = open::config_and_rules(&options.config)?;
    let route = choose(&rules, route)?;
    let opened = File::open(file).context("the file cannot be read")?;
    let received = head::read(opened, config.limits)?;
    let (keys, own) = keys(&config)?;
    let explained = received.as_ref().map(|received| {
        let class = received.announced().sop_class.clone();
        (explain(&route.policy, keys.batch(), received.data_set(), &class), class)
    });
    let digest = route.policy.digest().to_owned();
    // What the way writes is temporary: sealed, or de-identified.
    config.store.min_free_bytes = 0;
    let (name, destination) = (route.name.clone(), route.destination.clone());
    let place = std::env::temp_dir();
    let workshop = Workshop::open(&config, rules.checks, route, keys, &place)?;
    let passed = workshop.passed(file).context("the gateway would not take this file")?;
    let verdict = Verdict {
        fate: passed.fate.ok_or_else(|| anyhow!("the gateway would not take this file"))?,
        route: name,
        destination,
        reasons: passed.reasons,
        cautions: passed.cautions,
    };
    let value = |v: &Option<Sensitive>| {
        v.as_ref().map(|v| if show_values { v.reveal() } else { v.masked() }.to_owned())
    };
    let rows = explained.as_ref().map_or(&[][..], |(e, _)| &e.rows);
    if options.json {
        let rows: Vec<Value> = rows.iter().map(|r| row_json(r, &value)).collect();
        print_json(&json!({
            "verdict": verdict,
            "sop_class": explained.as_ref().map(|(_, class)| class),
            "policy": digest,
            "attributes": rows,
            "refused": explained.as_ref().and_then(|(e, _)| e.refused.as_ref()),
        }))?;
        return Ok(Outcome::Done);
    }
    let mut out = format!("{}\n", verdict.line());
    match &explained {
        Some((explanation, class)) => {
            out.push_str(&format!("\n{} under policy {digest}\n\n", sop_class::name(class)));
            out.push_str(&text(explanation, &value));
        }
        None => out.push_str("\nThe header is past limits.header_bytes: it was not looked at.\n"),
    }
    if !own {
        out.push_str(
            "\nThere are no keys yet: the replacements were made with a key of this run.\n",
        );
    }
    out.push_str(&format!("\n{}", verdict.text()));
    print(&out)?;
    Ok(Outcome::Done)
}

impl Verdict {
    /// In one line.
    fn line(&self) -> String {
        let Verdict { route, destination, .. } = self;
        match self.fate {
            Fate::Released => {
                format!("Verdict: released, to {destination} (route {route})")
            }
            kept => {
                let state = crate::store::State::from(kept).word();
                let rules = quarantine::rules(&self.reasons);
                format!("Verdict: kept back, {state} by {rules} (route {route})")
            }
        }
    }

    /// With every reason and caution.
    fn text(&self) -> String {
        let mut out = format!("{}\n", self.line());
        for (heading, list) in [("kept back by", &self.reasons), ("caution", &self.cautions)] {
            if !list.is_empty() {
                out.push_str(&format!("\n{}", reason_table(heading, list)));
            }
        }
        out
    }
}

/// The gateway's keys, so that the replacements are those of the gateway; where there are none, keys of this run.
fn keys(config: &Config) -> anyhow::Result<(Arc<KeyRing>, bool)> {
    if config.key_dir.is_dir() {
        return Ok((open::keys(config)?, true));
    }
    Ok((Arc::new(KeyRing::ephemeral()), false))
}

fn row_json(row: &Explained, value: &impl Fn(&Option<Sensitive>) -> Option<String>) -> Value {
    json!({
        "path": row.path,
        "keyword": row.keyword,
        "vr": row.vr.to_string(),
        "before": value(&row.before),
        "action": row.action,
        "rule": row.rule,
        "reference": row.reference,
        "after": value(&row.after),
    })
}

fn text(
    explanation: &Explanation,
    value: &impl Fn(&Option<Sensitive>) -> Option<String>,
) -> String {
    let cells: Vec<_> = explanation
        .rows
        .iter()
        .map(|row| {
            let before = value(&row.before).unwrap_or_else(|| "-".to_owned());
            let after = match value(&row.after) {
                Some(after) if row.before.is_some() && after == before && row.action == "keep" => {
                    "as it is".to_owned()
                }
                Some(after) => after,
                None => "-".to_owned(),
            };
            vec![
                row.path.clone(),
                row.vr.to_string().to_owned(),
                row.keyword.to_owned(),
                before,
                row.action.to_owned(),
                after,
                row.rule.clone(),
                row.reference.clone(),
            ]
        })
        .collect();
    let heading = ["attribute", "VR", "keyword", "before", "action", "after", "rule", "reference"];
    let mut out = table(&heading, &cells);
    if explanation.refused.is_some() {
        out.push_str("De-identification stopped here.\n");
    }
    out
}
