//! `tokumei explain`: what happens to each attribute of a file, by which rule and why.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use super::{
    Outcome,
    cli::Reported,
    config::Config,
    open, quarantine,
    show::{print, print_json, table},
};
use crate::{
    deidentify::{Explained, Explanation, Sensitive, explain},
    dicom::{Tag, dataset::DataSet, meta, sop_class, syntax},
    policy::Policy,
    receive::collect::{Announced, Collector, Limits, Received, Sink},
    records::keyring::KeyRing,
};

/// Runs the command. De-identification refusing the object is an outcome, not a failure.
pub(super) fn run(file: &Path, show_values: bool, options: &Reported) -> anyhow::Result<Outcome> {
    let (config, policy, _) = open::config_and_rules(&options.config)?;
    let received = header(file, &policy, config.limits)?;
    let (keys, own) = keys(&config)?;
    let class = &received.announced().sop_class;
    let explanation = explain(&policy, keys.batch(), received.data_set(), class);
    let value = |v: &Option<Sensitive>| {
        v.as_ref().map(|v| if show_values { v.reveal() } else { v.masked() }.to_owned())
    };
    if options.json {
        let rows: Vec<Value> = explanation.rows.iter().map(|r| row_json(r, &value)).collect();
        print_json(&json!({
            "sop_class": class,
            "policy": policy.digest(),
            "attributes": rows,
            "refused": explanation.refused,
        }))?;
    } else {
        print(&text(class, &policy, &explanation, &value))?;
        if !own {
            print("\nThere are no keys yet: the replacements were made with a key of this run.\n")?;
        }
    }
    Ok(Outcome::Done)
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
    class: &str,
    policy: &Policy,
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
    let mut out = format!("{} under policy {}\n\n", sop_class::name(class), policy.digest());
    out.push_str(&table(&heading, &cells));
    if let Some(reason) = &explanation.refused {
        out.push('\n');
        out.push_str(&quarantine::reason_table("kept back by", std::slice::from_ref(reason)));
    }
    out
}

/// Reads a Part 10 file up to its pixels, under the bounds of the gateway.
fn header(file: &Path, policy: &Policy, limits: Limits) -> anyhow::Result<Received> {
    let open = || anyhow!("the file cannot be read");
    let mut reader = BufReader::new(File::open(file).with_context(open)?);
    let meta = meta::read(&mut reader)?;
    let transfer_syntax = syntax::lookup(&meta.transfer_syntax)
        .ok_or_else(|| anyhow!("the gateway does not carry this file's transfer syntax"))?;
    let mut collector = Collector::new(Announced::file(transfer_syntax), limits);
    let mut sink = Head { policy, head: None, overflow: false };
    collector.feed(&meta.ahead, &mut sink)?;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        if sink.overflow {
            anyhow::bail!(
                "the header is larger than limits.header_bytes: the gateway keeps it back"
            );
        }
        if let Some(head) = sink.head {
            return Ok(head);
        }
        match reader.read(&mut chunk).with_context(open)? {
            0 => break,
            read => collector.feed(chunk.get(..read).unwrap_or_default(), &mut sink)?,
        }
    }
    collector.finish(&mut sink)?;
    sink.head.ok_or_else(|| anyhow!("the file has no data set"))
}

/// Takes the header, and lets the rest go.
struct Head<'a> {
    policy: &'a Policy,
    head: Option<Received>,
    overflow: bool,
}

impl Sink for Head<'_> {
    fn discards(&self, tag: Tag) -> bool {
        self.policy.discards(tag)
    }
    fn begin_copy(&mut self, _: &[u8]) {}
    fn copy(&mut self, _: &[u8]) {}
    fn overflow(&mut self) {
        self.overflow = true;
    }
    fn head(&mut self, received: Received) {
        self.head = Some(received);
    }
    fn bulk(&mut self, _: &[u8]) {}
    fn tail(&mut self, _: DataSet) {}
}
