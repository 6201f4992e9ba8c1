//! `tokumei quarantine release`: a kept original goes through today's pipeline once more.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    sync::Arc,
};

use anyhow::{Context, bail};
use serde_json::json;

use super::{
    Outcome, canary,
    cli::Reported,
    open, originals, quarantine,
    show::{print, print_json},
};
use crate::{
    dicom::{meta, syntax},
    pipeline::{Gateway, Outcome as Passed, Rerun},
    receive::collect::Announced,
    records::{Fate, Severity},
    store::{Review, Row, State, Store},
};

/// Runs the command. What is kept back again stays as it was.
pub(super) fn run(
    review: &Review,
    accept: &[String],
    options: &Reported,
) -> anyhow::Result<Outcome> {
    let (config, rules) = open::config_and_rules(&options.config)?;
    // A parked object passed the pipeline already, and needs no keys.
    let looked = open::store(&config)?;
    if looked.get(review.id)?.state == State::Parked {
        return requeue(&looked, review, accept, options);
    }
    drop(looked);
    let keys = open::keys(&config)?;
    let store = open::store_with(&config, keys.clone())?;
    let row = store.get(review.id)?;
    acceptable(&row, accept)?;
    quarantine::impersonal(review, &store, &config, &rules.checks)?;
    if let Some(route) = rules.routes.iter().find(|r| r.takes(&row.origin.calling_ae)) {
        canary::refuse(&rules.checks, config.limits, route)?;
    }
    let gateway = Gateway::new(
        rules.checks,
        rules.routes,
        keys,
        store.clone(),
        config.limits,
        // The running gateway looks into the queue by itself.
        Box::new(|_: &str| {}),
    );
    let passed = rerun(&gateway, &store, &row, review, accept)?;
    match (passed.fate, passed.id) {
        (Some(Fate::Released), Some(id)) => {
            if options.json {
                print_json(&json!({"id": row.id, "released": true, "as": id}))?;
            } else {
                let to = store.get(id)?.destination;
                print(&format!("object {}: released as object {id}, waits for {to}\n", row.id))?;
            }
            Ok(Outcome::Done)
        }
        (Some(_), _) => {
            if options.json {
                print_json(&json!({"id": row.id, "released": false, "reasons": passed.reasons}))?;
            } else {
                let reasons = quarantine::reason_table("kept back by", &passed.reasons);
                print(&format!("object {}: not released\n\n{reasons}", row.id))?;
            }
            Ok(Outcome::KeptBack)
        }
        (None, _) => bail!(
            "object {}: the pipeline did not take it (status {:04X}H{})",
            row.id,
            passed.answer.status.0,
            passed.answer.comment.map(|c| format!(", {c}")).unwrap_or_default()
        ),
    }
}

/// Puts a parked object back into the queue.
fn requeue(
    store: &Store,
    review: &Review,
    accept: &[String],
    options: &Reported,
) -> anyhow::Result<Outcome> {
    if !accept.is_empty() {
        bail!("--accept: object {} was not kept back, but parked by its destination", review.id);
    }
    store.requeue(review)?;
    let to = store.get(review.id)?.destination;
    if options.json {
        print_json(&json!({"id": review.id, "released": true, "as": review.id}))?;
    } else {
        print(&format!("object {}: was parked; back in the queue, waits for {to}\n", review.id))?;
    }
    Ok(Outcome::Done)
}

/// Only cautions and weak findings can be accepted, and only those that kept this object back.
fn acceptable(row: &Row, accept: &[String]) -> anyhow::Result<()> {
    if !row.state.is_kept() {
        bail!("object {}: it is {}, not kept back", row.id, row.state.word());
    }
    for rule in accept {
        let mut named =
            row.reasons.iter().chain(&row.cautions).filter(|r| r.rule == *rule).peekable();
        if named.peek().is_none() && rule.starts_with("CAUTION-") {
            bail!("--accept: object {} was not kept back by this caution", row.id);
        }
        if !rule.starts_with("CAUTION-") && !named.any(|r| r.severity == Severity::Weak) {
            bail!(
                "--accept: a residual finding cannot be accepted; the rule or the object must change"
            );
        }
    }
    Ok(())
}

/// Leads the kept original along the way.
fn rerun(
    gateway: &Arc<Gateway>,
    store: &Store,
    row: &Row,
    review: &Review,
    accept: &[String],
) -> anyhow::Result<Passed> {
    let mut original = BufReader::new(originals::open(store, row.id)?);
    original.fill_buf()?;
    let meta = meta::read(&mut original).context("the sealed original cannot be read")?;
    let unknown = "the transfer syntax is not carried any more";
    let announced = Announced {
        sop_class: meta.sop_class,
        sop_instance: meta.sop_instance,
        transfer_syntax: syntax::lookup(&meta.transfer_syntax).context(unknown)?,
        origin: row.origin.clone(),
    };
    let rerun = Rerun {
        review: review.clone(),
        accepted: accept.to_vec(),
        origin: row.origin.clone(),
        transfer_syntax: syntax::lookup(&row.transfer_syntax).context(unknown)?,
    };
    let Ok(mut passage) = gateway.begin(announced, Some(rerun)) else {
        bail!("no route takes objects of this caller any more");
    };
    passage.feed(&meta.ahead);
    let mut chunk = vec![0; 256 * 1024];
    loop {
        match original.read(&mut chunk)? {
            0 => return Ok(passage.finish()),
            read => passage.feed(chunk.get(..read).unwrap_or_default()),
        }
    }
}
