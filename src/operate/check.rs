//! `tokumei check`: is this configuration good, and what would it do?

use std::fmt::Write;

use serde_json::json;

use super::{
    Outcome, Problems,
    cli::Reported,
    config::Config,
    open,
    show::{print, print_json, table},
};
use crate::{
    inspect::cautions::prove as prove_cautions,
    policy::{Policy, checks::CautionResponses},
};

/// Runs the command; fails with every problem.
pub(super) fn run(options: &Reported) -> anyhow::Result<Outcome> {
    match prove(options) {
        Ok((config, policy)) => {
            if options.json {
                print_json(&json!({"problems": [], "policy": policy.digest()}))?;
            } else {
                print(&summary(&config, &policy))?;
            }
            Ok(Outcome::Done)
        }
        Err(problems) if options.json => {
            print_json(&json!({"problems": problems.0}))?;
            anyhow::bail!("{} problems", problems.0.len());
        }
        Err(problems) => Err(problems.into()),
    }
}

/// The configuration's own problems and those of the rules, all together.
fn prove(options: &Reported) -> Result<(Config, Policy), Problems> {
    let config = open::config(&options.config);
    let directory = config.as_ref().ok().and_then(|c| c.policy_dir.clone());
    match (config, open::rules(directory.as_deref())) {
        (Ok(config), Ok((policy, checks))) => {
            // The examples that stand beside the rules are run, so that a rule says what its author meant.
            let wrong = prove_cautions(&checks);
            if wrong.is_empty() { Ok((config, policy)) } else { Err(Problems(wrong)) }
        }
        (config, rules) => {
            let mut problems = config.err().map(|p| p.0).unwrap_or_default();
            problems.extend(rules.err().unwrap_or_default());
            Err(Problems(problems))
        }
    }
}

fn summary(config: &Config, policy: &Policy) -> String {
    let mut out = String::new();
    let callers: Vec<String> = config
        .listen
        .callers
        .iter()
        .map(|c| format!("{} from {}", c.ae_title, c.address))
        .chain(config.listen.allow_local.then(|| "any AE title from this machine".to_owned()))
        .collect();
    let _ = writeln!(
        out,
        "{}: no problem\n\nlistens on   {} as {}\ncallers      {}\ndata         {}\nkeys         {}\npolicy       {}\n",
        config.file,
        config.address,
        config.listen.ae_title,
        callers.join(", "),
        config.store.directory.display(),
        config.key_dir.display(),
        policy.digest(),
    );
    let rows: Vec<_> = config
        .routes
        .iter()
        .map(|r| {
            let callers =
                if r.callers.is_empty() { "everyone".to_owned() } else { r.callers.join(", ") };
            vec![r.name.clone(), callers, r.destination.clone(), responses(&r.cautions)]
        })
        .collect();
    out.push_str(&table(&["route", "for", "to", "images that show a person"], &rows));
    out.push('\n');
    let rows: Vec<_> = config
        .destinations
        .iter()
        .map(|d| {
            vec![
                d.name.clone(),
                d.ae_title.clone(),
                d.address.clone(),
                d.calling_ae_title.clone(),
                d.associations.to_string(),
            ]
        })
        .collect();
    let heading = ["destination", "AE title", "address", "called by us as", "associations"];
    out.push_str(&table(&heading, &rows));
    out
}

fn responses(cautions: &CautionResponses) -> String {
    let CautionResponses { head, fundus, photograph, burned_in } = cautions;
    format!("head {head:?}, fundus {fundus:?}, photograph {photograph:?}, burned-in {burned_in:?}")
        .to_lowercase()
}
