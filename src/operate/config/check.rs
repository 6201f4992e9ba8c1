//! What a configuration must mean, beyond its spelling. Every problem is found, not only the first.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    path::{Component, Path, PathBuf},
    time::Duration,
};

use super::{Config, Overrides, Route, file};
use crate::{
    dicom::tokenizer,
    forward,
    policy::{
        Problem, Terms,
        age::AgeRule,
        options::{self, Options, ProfileOption},
        source::Source,
    },
    receive,
    receive::collect::Limits,
    store,
};

/// An hour is the longest time that one may wait for a peer.
const TIMEOUT: RangeInclusive<u64> = 1..=3600;

/// Checks a file as a whole and turns it into a [`Config`].
pub(super) fn check(
    source: &Source,
    name: &str,
    overrides: &Overrides,
) -> Result<Config, Vec<Problem>> {
    let (file, problems) = source.read_what_fits::<file::File>();
    let mut check = Check { source, problems };
    let Some(mut file) = file else { return Err(check.problems) };
    if let Some(dir) = &overrides.data_dir {
        file.store.data_dir.clone_from(dir);
    }
    if let Some(dir) = &overrides.key_dir {
        file.store.key_dir.clone_from(dir);
    }
    let address = check.listen(&file.listen);
    let callers = check.callers(&file.listen.callers);
    // What was taken out for its spelling may be what a route means.
    let names_known = !check.names_misspelt();
    check.destinations(&file.destinations, address);
    check.routes(&file.routes, names_known.then_some(&file.destinations));
    let terms = check.terms(&file.routes);
    check.limits(&file.limits);
    check.store(&file.store);
    check.policy(&file.policy);
    match address {
        Some(address) if check.problems.is_empty() => {
            Ok(assemble(file, name, address, callers, terms))
        }
        _ => {
            check.problems.sort_by_key(|p| p.line);
            Err(check.problems)
        }
    }
}

/// A checked file in the terms of the stages.
fn assemble(
    file: file::File,
    name: &str,
    address: SocketAddr,
    callers: Vec<receive::Caller>,
    terms: Vec<Terms>,
) -> Config {
    let seconds = Duration::from_secs;
    // Every number was checked against its bound, which fits the type that takes it.
    let narrow = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let narrow32 = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Config {
        file: name.to_owned(),
        address,
        drain: seconds(file.listen.drain_seconds),
        listen: receive::Settings {
            ae_title: file.listen.ae_title.trim_matches(' ').to_owned(),
            callers,
            allow_local: file.listen.any_caller_from_this_machine,
            max_pdu: narrow32(file.listen.max_pdu_bytes),
            max_associations: narrow(file.listen.max_associations),
            artim_timeout: seconds(file.listen.artim_timeout_seconds),
            idle_timeout: seconds(file.listen.idle_timeout_seconds),
            write_timeout: seconds(file.listen.write_timeout_seconds),
            unknown_sop_classes: file.listen.unknown_sop_classes,
        },
        destinations: file
            .destinations
            .into_iter()
            .map(|d| forward::Destination {
                name: d.name,
                ae_title: d.ae_title.trim_matches(' ').to_owned(),
                address: d.address,
                calling_ae_title: d.calling_ae_title.trim_matches(' ').to_owned(),
                associations: narrow(d.associations),
                connect_timeout: seconds(d.connect_timeout_seconds),
                response_timeout: seconds(d.response_timeout_seconds),
                linger: seconds(d.linger_seconds),
                retry_first: seconds(d.retry_first_seconds),
                retry_longest: seconds(d.retry_longest_seconds),
            })
            .collect(),
        routes: file
            .routes
            .into_iter()
            .zip(terms)
            .map(|(r, terms)| Route {
                name: r.name,
                terms,
                callers: r.callers.iter().map(|c| c.trim_matches(' ').to_owned()).collect(),
                destination: r.destination,
                cautions: r.cautions,
            })
            .collect(),
        limits: Limits {
            header_bytes: narrow(file.limits.header_bytes),
            long_value_bytes: narrow32(file.limits.long_value_bytes),
            object_bytes: file.limits.object_bytes,
            structure: tokenizer::Limits {
                depth: narrow(file.limits.depth),
                elements: narrow32(file.limits.elements),
            },
        },
        store: store::Settings {
            directory: file.store.data_dir,
            max_waiting: file.store.max_waiting,
            min_free_bytes: file.store.min_free_bytes,
        },
        key_dir: file.store.key_dir,
        policy_dir: Some(file.policy.directory).filter(|d| !d.as_os_str().is_empty()),
        canary_interval: seconds(file.policy.canary_interval_seconds),
        log: file.log,
    }
}

struct Check<'a> {
    source: &'a Source,
    problems: Vec<Problem>,
}

impl Check<'_> {
    /// Reports a problem, unless one at this key was reported for its spelling.
    fn wrong(&mut self, key: &str, message: impl Into<String>, remedy: impl Into<String>) {
        if !self.problems.iter().any(|p| p.key == key) {
            self.problems.push(self.source.problem(key, message, remedy));
        }
    }

    fn spelling_failed_under(&self, section: &str) -> bool {
        self.problems.iter().any(|p| p.key.starts_with(section))
    }

    /// Whether a destination, or its name, could not be read.
    fn names_misspelt(&self) -> bool {
        self.problems.iter().any(|p| {
            p.key.strip_prefix("destinations").is_some_and(|rest| {
                rest.is_empty() || rest.ends_with(']') || rest.ends_with("].name")
            })
        })
    }

    fn within(&mut self, key: &str, value: u64, allowed: RangeInclusive<u64>) {
        if !allowed.contains(&value) {
            self.wrong(
                key,
                "out of bounds",
                format!("Give a whole number from {} to {}", allowed.start(), allowed.end()),
            );
        }
    }

    fn ae_title(&mut self, key: &str, title: &str) {
        let trimmed = title.trim_matches(' ');
        let good = !trimmed.is_empty()
            && trimmed.len() <= 16
            && trimmed.bytes().all(|b| matches!(b, 0x20..=0x7e) && b != b'\\');
        if !good {
            self.wrong(
                key,
                "not an AE title",
                "Give 1 to 16 ASCII characters without backslash (PS3.5 6.2)",
            );
        }
    }

    fn name(&mut self, key: &str, name: &str) {
        let good = (1..=64).contains(&name.chars().count())
            && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        if !good {
            self.wrong(key, "not a name", "Give 1 to 64 letters, digits, - or _");
        }
    }

    fn unique<'n>(&mut self, list: &str, names: impl Iterator<Item = &'n str>) {
        let mut seen = HashSet::new();
        for (index, name) in names.enumerate() {
            if !seen.insert(name) {
                self.wrong(
                    &format!("{list}[{index}].name"),
                    "another one has this name already",
                    "Give each its own name",
                );
            }
        }
    }

    fn listen(&mut self, listen: &file::Listen) -> Option<SocketAddr> {
        let address = listen.address.parse::<SocketAddr>().ok();
        if address.is_none() {
            self.wrong(
                "listen.address",
                "not an address and port",
                "Give an IP address and a port, as 0.0.0.0:11112 or [::]:11112",
            );
        }
        if address.is_some_and(|address| address.port() == 0) {
            self.wrong(
                "listen.address",
                "port 0 is none: senders could not find the gateway",
                "Give the port, as 0.0.0.0:11112",
            );
        }
        self.ae_title("listen.ae_title", &listen.ae_title);
        self.within("listen.max_associations", listen.max_associations, 1..=1000);
        self.within("listen.max_pdu_bytes", listen.max_pdu_bytes, 16_384..=1_048_576);
        self.within("listen.artim_timeout_seconds", listen.artim_timeout_seconds, TIMEOUT);
        self.within("listen.idle_timeout_seconds", listen.idle_timeout_seconds, TIMEOUT);
        self.within("listen.write_timeout_seconds", listen.write_timeout_seconds, TIMEOUT);
        self.within("listen.drain_seconds", listen.drain_seconds, 0..=3600);
        if !listen.any_caller_from_this_machine
            && listen.callers.is_empty()
            && !self.spelling_failed_under("listen.")
        {
            self.wrong(
                "listen.callers",
                "nobody may send to this gateway",
                "List a caller, or set any_caller_from_this_machine: true",
            );
        }
        address
    }

    fn callers(&mut self, callers: &[file::Caller]) -> Vec<receive::Caller> {
        let mut good = Vec::new();
        for (index, caller) in callers.iter().enumerate() {
            let key = format!("listen.callers[{index}]");
            if caller.ae_title != "*" {
                self.ae_title(&format!("{key}.ae_title"), &caller.ae_title);
            }
            match address_range(&caller.address) {
                Some(address) => good.push(receive::Caller {
                    ae_title: caller.ae_title.trim_matches(' ').to_owned(),
                    address,
                }),
                None => self.wrong(
                    &format!("{key}.address"),
                    "not an address or network",
                    "Give an IP address, or a network as 192.0.2.0/24 whose other bits are zero",
                ),
            }
        }
        good
    }

    fn destinations(&mut self, destinations: &[file::Destination], own: Option<SocketAddr>) {
        if destinations.is_empty() && !self.spelling_failed_under("destinations") {
            self.wrong("destinations", "no destination", "Add one with name, ae_title, address");
        }
        for (index, d) in destinations.iter().enumerate() {
            let key = |name: &str| format!("destinations[{index}].{name}");
            self.name(&key("name"), &d.name);
            self.ae_title(&key("ae_title"), &d.ae_title);
            self.ae_title(&key("calling_ae_title"), &d.calling_ae_title);
            match host_and_port(&d.address) {
                None => self.wrong(
                    &key("address"),
                    "not a host and port",
                    "Give a host name or IP address and a port, as archive.example.org:104",
                ),
                Some((host, port)) if own.is_some_and(|own| is_own(own, host, port)) => self.wrong(
                    &key("address"),
                    "this is the gateway itself: objects would go round in a circle",
                    "Give the archive's address",
                ),
                Some(_) => {}
            }
            self.within(&key("associations"), d.associations, 1..=64);
            self.within(&key("connect_timeout_seconds"), d.connect_timeout_seconds, TIMEOUT);
            self.within(&key("response_timeout_seconds"), d.response_timeout_seconds, TIMEOUT);
            self.within(&key("linger_seconds"), d.linger_seconds, 0..=3600);
            self.within(&key("retry_first_seconds"), d.retry_first_seconds, 1..=3600);
            self.within(&key("retry_longest_seconds"), d.retry_longest_seconds, 1..=86_400);
            if d.retry_longest_seconds < d.retry_first_seconds {
                self.wrong(
                    &key("retry_longest_seconds"),
                    "shorter than retry_first_seconds",
                    "Give a longer time",
                );
            }
        }
        self.unique("destinations", destinations.iter().map(|d| d.name.as_str()));
    }

    /// `destinations`: those whose names are known for certain.
    fn routes(&mut self, routes: &[file::Route], destinations: Option<&Vec<file::Destination>>) {
        if routes.is_empty() && !self.spelling_failed_under("routes") {
            self.wrong("routes", "no route", "Add one with name and destination");
        }
        let mut taken_by_all = false;
        for (index, route) in routes.iter().enumerate() {
            let key = |name: &str| format!("routes[{index}].{name}");
            self.name(&key("name"), &route.name);
            for (number, caller) in route.callers.iter().enumerate() {
                self.ae_title(&key(&format!("callers[{number}]")), caller);
            }
            let known =
                destinations.is_none_or(|all| all.iter().any(|d| d.name == route.destination));
            if !known {
                self.wrong(
                    &key("destination"),
                    "no destination has this name",
                    "Name one of the destinations of this file",
                );
            }
            if taken_by_all {
                self.wrong(
                    &key("callers"),
                    "no object comes here: a route before it takes every caller",
                    "Put this route before the one with an empty list of callers",
                );
            }
            taken_by_all |=
                route.callers.is_empty() && !self.spelling_failed_under(&key("callers"));
        }
        self.unique("routes", routes.iter().map(|r| r.name.as_str()));
    }

    /// What the routes ask of the confidentiality profile.
    fn terms(&mut self, routes: &[file::Route]) -> Vec<Terms> {
        let mut all = Vec::new();
        for (index, file::Route { confidentiality: asked, .. }) in routes.iter().enumerate() {
            let key = |name: &str| format!("routes[{index}].confidentiality.{name}");
            let mut options = Options::NONE;
            for (number, word) in asked.options.iter().enumerate() {
                let key = key(&format!("options[{number}]"));
                match ProfileOption::parse(word) {
                    Some(option) if options.has(option) => {
                        self.wrong(&key, "this option stands there twice", "Leave one of them");
                    }
                    Some(option) => options.insert(option),
                    None if options::OF_PIXELS.contains(&word.as_str()) => self.wrong(
                        &key,
                        "this option needs a pass over all pixels, which this version does not make",
                        "Leave it out; such images are kept back by `cautions`",
                    ),
                    None => {
                        let known: Vec<&str> = ProfileOption::ALL.map(ProfileOption::word).into();
                        self.wrong(&key, "unknown option", format!("Choose of {}", known.join(", ")));
                    }
                }
            }
            for (option, message, remedy) in options::contradictions(options, asked.category) {
                let place = asked.options.iter().position(|w| w == option.word());
                self.wrong(&key(&format!("options[{}]", place.unwrap_or(0))), message, remedy);
            }
            let reason = asked.why_device_identity.trim().chars().count();
            if options.has(ProfileOption::DeviceIdentity) && reason < 10 {
                self.wrong(
                    &key("why_device_identity"),
                    "device_identity without a reason: a serial number leads to the hospital",
                    "Say why the archive needs it, or leave the option out",
                );
            }
            let narrow = |n: u64| u16::try_from(n).unwrap_or(u16::MAX);
            let ages = AgeRule::new(narrow(asked.age_band_years), narrow(asked.age_top));
            let ages = ages.unwrap_or_else(|(name, message)| {
                self.wrong(&key(name), message, "Give such a number of years");
                AgeRule::default()
            });
            let (category, trust_declared_safe) = (asked.category, asked.trust_declared_safe);
            all.push(Terms { category, options, ages, trust_declared_safe });
        }
        all
    }

    fn limits(&mut self, limits: &file::Limits) {
        self.within("limits.header_bytes", limits.header_bytes, 65_536..=1 << 30);
        self.within("limits.long_value_bytes", limits.long_value_bytes, 1024..=1 << 30);
        if limits.long_value_bytes > limits.header_bytes {
            self.wrong("limits.long_value_bytes", "more than header_bytes", "Give less");
        }
        self.within("limits.depth", limits.depth, 4..=256);
        self.within("limits.elements", limits.elements, 1000..=100_000_000);
        self.within("limits.object_bytes", limits.object_bytes, 1 << 20..=1 << 40);
    }

    fn store(&mut self, store: &file::Store) {
        self.within("store.max_waiting", store.max_waiting, 1..=100_000_000);
        self.within("store.min_free_bytes", store.min_free_bytes, 0..=1 << 50);
        for (key, dir) in [("store.data_dir", &store.data_dir), ("store.key_dir", &store.key_dir)] {
            if dir.as_os_str().is_empty() {
                self.wrong(key, "no folder", "Give the path of a folder");
            }
        }
        let (data, keys) = (resolved(&store.data_dir), resolved(&store.key_dir));
        if keys.starts_with(&data) || data.starts_with(&keys) {
            self.wrong(
                "store.key_dir",
                "keys and data lie in one folder: who copies the data has the keys",
                "Give a folder that is not inside the other (or change TOKUMEI_KEY_DIR)",
            );
        }
    }

    fn policy(&mut self, policy: &file::Policy) {
        let file::Policy { directory, canary_interval_seconds } = policy;
        // Often enough to be worth something, seldom enough to cost nothing.
        self.within("policy.canary_interval_seconds", *canary_interval_seconds, 60..=86_400);
        if !directory.as_os_str().is_empty() && !directory.is_dir() {
            self.wrong(
                "policy.directory",
                "no such folder",
                "Give a folder of rule files, or leave it empty for the built-in rules",
            );
        }
    }
}

/// An absolute path without `.`, `..` and symbolic links, as far as it exists.
pub(in crate::operate) fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.components().fold(PathBuf::new(), |mut out, component| {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
        out.canonicalize().unwrap_or(out)
    })
}

/// `host:port`, an IPv6 address in brackets.
fn host_and_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|p| *p != 0)?;
    let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let good = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        }
    };
    good.then_some((bracketed.unwrap_or(host), port))
}

/// Whether a destination is our own listener.
fn is_own(own: SocketAddr, host: &str, port: u16) -> bool {
    let here = match host.parse::<IpAddr>() {
        Ok(address) => address == own.ip() || address.is_loopback() && own.ip().is_unspecified(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    };
    here && port == own.port()
}

/// An address or network; bits past the prefix must be zero, or the writer meant something else.
fn address_range(text: &str) -> Option<receive::AddressRange> {
    let range: receive::AddressRange = text.parse().ok()?;
    let bits = match range.network {
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    };
    (bits.checked_shl(u32::from(range.prefix)).unwrap_or(0) == 0).then_some(range)
}
