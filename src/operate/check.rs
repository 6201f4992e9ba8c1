//! `tokumei check`: is this configuration good, and what would it do?

use std::fmt::Write;

use serde_json::json;

use super::{
    Outcome, Problems,
    canary::{Canaries, Flight, Leak},
    cli::Reported,
    config::Config,
    open::{self, Rules},
    originals,
    show::{print, print_json, table},
};
use crate::{
    deidentify::descriptor::failing_examples,
    inspect::cautions::prove as prove_cautions,
    policy::{
        Policy, Problem, Terms,
        checks::CautionResponses,
        source::Named,
        vocabulary::{Example, surnames},
    },
    records::keyring::KeyRing,
};

/// Runs the command; fails with every problem.
pub(super) fn run(options: &Reported) -> anyhow::Result<Outcome> {
    match prove(options) {
        Ok(Proven { config, digests, flights, warnings }) => {
            if options.json {
                let good = json!({
                    "problems": [], "policy": digests, "canaries": flights, "warnings": warnings,
                });
                print_json(&good)?;
            } else {
                let warned: String = warnings.iter().map(|w| format!("\nWARNING: {w}\n")).collect();
                print(&format!("{}{}{warned}", summary(&config, &digests), told(&flights)))?;
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

/// A configuration without a problem.
struct Proven {
    config: Config,
    /// What names the policies.
    digests: String,
    /// What became of the canaries, route by route.
    flights: Vec<Flight>,
    /// What is allowed and should be looked at.
    warnings: Vec<Problem>,
}

/// The configuration's own problems and those of the rules, all together.
fn prove(options: &Reported) -> Result<Proven, Problems> {
    let config = open::config(&options.config);
    let good = config.as_ref().ok();
    let directory = good.and_then(|c| c.policy_dir.clone());
    let routes = good.map_or(&[][..], |c| &c.routes);
    let rules = open::rules(directory.as_deref(), routes);
    match (config, rules) {
        (Ok(config), Ok(rules)) => {
            // The examples that stand beside the rules are run, so that a rule says what its author meant.
            let mut wrong = prove_cautions(&rules.checks);
            wrong.extend(rules.routes.first().map_or(Vec::new(), |r| unclean(&r.policy)));
            wrong.extend(unusable(&config));
            let flights = fly(&config, &rules).map_err(|problem| Problems(vec![problem]))?;
            wrong.extend(flights.iter().flat_map(|flight| leaks(&config, flight)));
            match wrong.is_empty() {
                true => {
                    let (digests, warnings) = (rules.digests(), names_added(&rules));
                    Ok(Proven { config, digests, flights, warnings })
                }
                false => Err(Problems(wrong)),
            }
        }
        (config, rules) => {
            let mut problems = config.err().map(|p| p.0).unwrap_or_default();
            problems.extend(rules.err().unwrap_or_default());
            Err(Problems(problems))
        }
    }
}

/// Tries the canaries on every route.
fn fly(config: &Config, rules: &Rules) -> Result<Vec<Flight>, Problem> {
    let canaries = Canaries::new();
    let flown = rules.routes.iter().map(|r| canaries.fly(&rules.checks, config.limits, r));
    flown.collect::<anyhow::Result<_>>().map_err(|error| Problem {
        file: config.file.clone(),
        line: 0,
        key: "routes".to_owned(),
        message: format!("the canaries could not be tried ({error})"),
        remedy: "Please report this".to_owned(),
    })
}

/// The canaries that would leave by a route.
fn leaks(config: &Config, flight: &Flight) -> Vec<Problem> {
    let index = config.routes.iter().position(|r| r.name == flight.route).unwrap_or_default();
    let problem = |leak: &Leak| {
        Problem {
        file: config.file.clone(),
        line: 0,
        key: format!("routes[{index}] {}", flight.route),
        message: format!(
            "the canary {} would leave: {} in {}",
            leak.canary,
            leak.what,
            leak.place()
        ),
        remedy: "A patient's would leave so too: take back what was changed last in policy.directory or in the \
                 route's options"
            .to_owned(),
    }
    };
    flight.leaks.iter().map(problem).collect()
}

/// What became of the canaries, in words.
fn told(flights: &[Flight]) -> String {
    let mut out = String::new();
    for f in flights {
        let _ = writeln!(
            out,
            "\ncanaries on route {}: {} tried, {} kept back, {} made clean, none would leave",
            f.route, f.tried, f.kept_back, f.made_clean
        );
        for alarm in &f.false_alarms {
            let _ = writeln!(
                out,
                "  WARNING: {} holds nothing of a patient and would be kept back: {}",
                alarm.canary, alarm.why
            );
        }
    }
    out
}

/// The words of the site's vocabulary that are names of families too: in its descriptions they would stay everywhere.
fn names_added(rules: &Rules) -> Vec<Problem> {
    let added = rules.routes.first().map_or(&[][..], |r| r.policy.vocabulary().added());
    let warning = |named: &Named| Problem {
        file: named.file.clone(),
        line: named.line,
        key: named.key.clone(),
        message: format!("the word {} is a common surname too", named.id),
        remedy: "Put it under `phrases` with the words that it stands beside, or into a list with \
                 also_names: true"
            .to_owned(),
    };
    added.iter().filter(|named| surnames::is_common(&named.id)).map(warning).collect()
}

/// The examples of the vocabulary that come out otherwise than they say.
fn unclean(policy: &Policy) -> Vec<Problem> {
    let failing = failing_examples(policy.vocabulary()).into_iter();
    let problem = |example: &Example| Problem {
        file: example.place.as_ref().map_or_else(String::new, |place| place.file.clone()),
        line: example.place.as_ref().map_or(0, |place| place.line),
        key: example.place.as_ref().map_or_else(String::new, |place| place.key.clone()),
        message: "this example does not come out as it says".to_owned(),
        remedy: "Mend the example, or the words that it needs".to_owned(),
    };
    failing.map(problem).collect()
}

/// Why the gateway would not start with these folders. Makes nothing.
fn unusable(config: &Config) -> Vec<Problem> {
    let problems = open::folders(config);
    let complete = std::fs::read_dir(&config.key_dir).into_iter().flatten().flatten();
    let complete = complete.filter(|e| {
        let name = e.file_name();
        name == "identity.txt" || name.as_encoded_bytes().starts_with(b"batch-")
    });
    if !problems.is_empty() || complete.count() < 2 {
        return problems;
    }
    match KeyRing::open_or_create(&config.key_dir) {
        Ok((keys, _)) => originals::strange(config, &keys).into_iter().collect(),
        Err(error) => vec![Problem {
            file: config.key_dir.display().to_string(),
            line: 0,
            key: String::new(),
            message: error.to_string(),
            remedy: "The gateway does not start with these keys".to_owned(),
        }],
    }
}

fn summary(config: &Config, digests: &str) -> String {
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
        digests,
    );
    let rows: Vec<_> = config
        .routes
        .iter()
        .map(|r| {
            let callers =
                if r.callers.is_empty() { "everyone".to_owned() } else { r.callers.join(", ") };
            vec![
                r.name.clone(),
                callers,
                r.destination.clone(),
                terms(&r.terms),
                responses(&r.cautions),
            ]
        })
        .collect();
    out.push_str(&table(
        &["route", "for", "to", "given away as", "images that show a person"],
        &rows,
    ));
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

/// A route's category, and the codes of its options.
fn terms(terms: &Terms) -> String {
    let codes: Vec<&str> = terms.options.iter().map(|o| o.code()).collect();
    format!("{}, 113100 {}", terms.category.word(), codes.join(" ")).trim_end().to_owned()
}

fn responses(cautions: &CautionResponses) -> String {
    let CautionResponses { head, fundus, photograph, burned_in, weak_findings } = cautions;
    format!("head {head:?}, fundus {fundus:?}, photograph {photograph:?}, burned-in {burned_in:?}, weak findings {weak_findings:?}")
        .to_lowercase()
}
