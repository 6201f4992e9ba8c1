//! `tokumei echo`: do destinations answer, or the gateway itself? Also the health check of a container.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use serde::Serialize;

use super::{
    Outcome,
    cli::Reported,
    config::Config,
    open,
    show::{print, print_json, table},
};
use crate::forward::{self, Destination};

#[derive(Serialize)]
struct Answer {
    name: String,
    ae_title: String,
    address: String,
    milliseconds: Option<f64>,
    error: Option<String>,
}

/// Runs the command; fails where one does not answer.
pub(super) fn run(named: Option<&str>, own: bool, options: &Reported) -> anyhow::Result<Outcome> {
    let config = open::config(&options.config)?;
    let asked = if own { vec![ourselves(&config)] } else { config.destinations.clone() };
    let asked: Vec<_> = asked.into_iter().filter(|d| named.is_none_or(|n| n == d.name)).collect();
    if asked.is_empty() {
        let names: Vec<&str> = config.destinations.iter().map(|d| d.name.as_str()).collect();
        anyhow::bail!(
            "the configuration has no destination of this name; it has: {}",
            names.join(", ")
        );
    }
    let mut answers: Vec<Answer> = asked.into_iter().map(ask).collect();
    let closed = if own { closed(&config) } else { None };
    if let Some(answer) = answers.first_mut() {
        answer.error = answer.error.take().or_else(|| closed.clone());
    }
    if options.json {
        print_json(&answers)?;
    } else {
        let rows: Vec<_> = answers
            .iter()
            .map(|a| {
                let result = match (&a.error, a.milliseconds) {
                    (None, Some(ms)) => format!("answered after {ms:.1} ms"),
                    (error, _) => error.clone().unwrap_or_default(),
                };
                vec![a.name.clone(), a.ae_title.clone(), a.address.clone(), result]
            })
            .collect();
        print(&table(&["name", "AE title", "address", "C-ECHO"], &rows))?;
    }
    match answers.iter().filter(|a| a.error.is_some()).count() {
        0 => Ok(Outcome::Done),
        _ if answers.first().is_some_and(|a| a.error == closed) => {
            anyhow::bail!("the gateway answers, but: {}", closed.unwrap_or_default())
        }
        silent => anyhow::bail!("{silent} of {} did not answer", answers.len()),
    }
}

/// A gateway that answers is not well while a canary keeps a destination closed.
fn closed(config: &Config) -> Option<String> {
    // Where the data cannot be looked at from here, only the answer counts.
    let closed = open::store(config).ok()?.closed().ok()?;
    let mut names: Vec<&str> = closed.iter().map(|c| c.closure.destination.as_str()).collect();
    names.dedup();
    let names = names.join(", ");
    (!names.is_empty()).then(|| format!("closed by a canary: {names}; see `tokumei status`"))
}

fn ask(destination: Destination) -> Answer {
    let result = forward::echo(&destination);
    Answer {
        milliseconds: result.as_ref().ok().map(|t| t.as_secs_f64() * 1000.0),
        error: result.err(),
        name: destination.name,
        ae_title: destination.ae_title,
        address: destination.address,
    }
}

/// The gateway as a destination: at a loopback address where it listens on all.
fn ourselves(config: &Config) -> Destination {
    let ip = match config.address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let seconds = Duration::from_secs(5);
    Destination {
        name: "gateway".to_owned(),
        ae_title: config.listen.ae_title.clone(),
        address: SocketAddr::new(ip, config.address.port()).to_string(),
        calling_ae_title: own_title(config, ip).to_owned(),
        associations: 1,
        connect_timeout: seconds,
        response_timeout: seconds,
        linger: Duration::ZERO,
        retry_first: seconds,
        retry_longest: seconds,
    }
}

/// The AE title under which we may call ourselves: any, or that of a caller who may call from here.
fn own_title(config: &Config, ip: IpAddr) -> &str {
    let callers = config.listen.callers.iter().filter(|c| c.address.contains(ip));
    match callers.map(|c| c.ae_title.as_str()).find(|title| *title != "*") {
        Some(title) if !config.listen.allow_local => title,
        _ => "TOKUMEI_ECHO",
    }
}
