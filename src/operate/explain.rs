//! `tokumei explain`: what happens to each attribute of a file, by which rule and why.

mod diff;

use std::{fs::File, path::PathBuf, sync::Arc};

use anyhow::{Context, anyhow};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Outcome,
    cli::{Configured, Reported},
    config::Config,
    files::{Workshop, choose},
    head,
    open::{self, Rules},
    quarantine::{self, reason_table},
    show::{print, print_json, table},
};
use crate::{
    deidentify::{Explained, Explanation, Sensitive, explain},
    dicom::sop_class,
    inspect::cautions::cautions,
    policy::checks::CautionClass,
    records::{Fate, Reason, keyring::KeyRing},
};

/// What the whole way says of the file.
#[derive(Serialize, PartialEq)]
struct Verdict {
    fate: Fate,
    route: String,
    destination: String,
    reasons: Vec<Reason>,
    cautions: Vec<Reason>,
}

/// What is asked for.
pub(super) struct Asked {
    /// The file.
    pub file: PathBuf,
    /// Whether values are shown.
    pub show_values: bool,
    /// The route whose rules apply; the first if none is named.
    pub route: Option<String>,
    /// Another configuration, with which this one is compared.
    pub diff: Option<PathBuf>,
}

/// What a configuration does with the file.
struct Looked {
    verdict: Verdict,
    /// What happens to each attribute, unless the header is past the bound.
    explanation: Option<Explanation>,
    sop_class: String,
    /// The policy's digest.
    policy: String,
    /// The configuration as named.
    config: String,
}

/// Runs the command. That the object would be kept back is an outcome, not a failure.
pub(super) fn run(asked: &Asked, options: &Reported) -> anyhow::Result<Outcome> {
    let (config, rules) = open::config_and_rules(&options.config)?;
    let other = match &asked.diff {
        Some(file) => Some(open::config_and_rules(&Configured { config: Some(file.clone()) })?),
        None => None,
    };
    let (keys, own) = keys(&config)?;
    let looked = look(asked, config, rules, &keys)?;
    let value = |v: &Option<Sensitive>| {
        v.as_ref().map(|v| if asked.show_values { v.reveal() } else { v.masked() }.to_owned())
    };
    if let Some((config, rules)) = other {
        let other = look(asked, config, rules, &keys)?;
        diff::show(&looked, &other, &value, options.json)?;
        return Ok(Outcome::Done);
    }
    let rows = looked.rows();
    if options.json {
        let rows: Vec<Value> = rows.iter().map(|r| row_json(r, &value)).collect();
        print_json(&json!({
            "verdict": looked.verdict,
            "sop_class": looked.explanation.as_ref().map(|_| &looked.sop_class),
            "policy": looked.policy,
            "claims": looked.explanation.as_ref().map(claims),
            "attributes": rows,
            "items_numbered": "as they came",
            "refused": looked.explanation.as_ref().and_then(|e| e.refused.as_ref()),
        }))?;
        return Ok(Outcome::Done);
    }
    let mut out = format!("{}\n", looked.verdict.line());
    match &looked.explanation {
        Some(explanation) => {
            let class = sop_class::name(&looked.sop_class);
            out.push_str(&format!("\n{class} under policy {}\n\n", looked.policy));
            out.push_str(&text(explanation, &value));
        }
        None => out.push_str("\nThe header is past limits.header_bytes: it was not looked at.\n"),
    }
    if !own {
        out.push_str(
            "\nThere are no keys yet: the replacements were made with a key of this run.\n",
        );
    }
    out.push_str(&format!("\n{}", looked.verdict.text()));
    print(&out)?;
    Ok(Outcome::Done)
}

impl Looked {
    fn rows(&self) -> &[Explained] {
        self.explanation.as_ref().map_or(&[], |e| &e.rows)
    }
}

/// Leads the file along the way of a configuration.
fn look(
    asked: &Asked,
    mut config: Config,
    rules: Rules,
    keys: &Arc<KeyRing>,
) -> anyhow::Result<Looked> {
    let route = choose(&rules, asked.route.as_deref())?;
    let opened = File::open(&asked.file).context("the file cannot be read")?;
    let read = head::read_all(opened, config.limits)?;
    let announced = read.as_ref().map(|(head, _)| head.announced().sop_class.clone());
    let sop_class = announced.unwrap_or_default();
    let explanation = read.as_ref().map(|(received, rest)| {
        let (policy, keys, head) = (&route.policy, keys.batch(), received.data_set());
        let cautions = cautions(&rules.checks, head, &sop_class);
        let recognizable = cautions.iter().any(|c| c.class != CautionClass::BurnedIn);
        let mut explanation = explain(policy, keys, head, &sop_class, recognizable);
        let object = (head, sop_class.as_str());
        explanation.add_rest(policy, keys, object, rest.pixels, rest.tail.as_ref());
        explanation
    });
    let policy = route.policy.digest().to_owned();
    // What the way writes is temporary: sealed, or de-identified.
    config.store.min_free_bytes = 0;
    let (name, destination) = (route.name.clone(), route.destination.clone());
    let place = std::env::temp_dir();
    let workshop = Workshop::open(&config, rules.checks, route, keys.clone(), &place)?;
    let passed = workshop.passed(&asked.file).context("the gateway would not take this file")?;
    let verdict = Verdict {
        fate: passed.fate.ok_or_else(|| anyhow!("the gateway would not take this file"))?,
        route: name,
        destination,
        reasons: passed.reasons,
        cautions: passed.cautions,
    };
    Ok(Looked { verdict, explanation, sop_class, policy, config: config.file })
}

/// The codes that the object claims in (0012,0064).
fn claims(explanation: &Explanation) -> Vec<&'static str> {
    std::iter::once("113100").chain(explanation.claims.iter().map(|o| o.code())).collect()
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
    if explanation.rows.iter().any(|row| row.path.contains('[')) {
        out.push_str(
            "\nItems have the numbers with which they came; behind one that is dropped the output counts on without it, \
             and reasons of G2 checks name items of the output.\n",
        );
    }
    match explanation.refused {
        Some(_) => out.push_str("De-identification stopped here.\n"),
        None => {
            out.push_str("\nClaims:\n  113100  Basic Application Confidentiality Profile\n");
            for option in explanation.claims.iter() {
                out.push_str(&format!("  {}  {}\n", option.code(), option.meaning()));
            }
        }
    }
    out
}
