//! `tokumei serve`: puts the gateway together, runs it until it is told to stop, and stops it in order.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, runtime::Runtime};
use tracing::{error, info, warn};

use super::{
    NOT_DEIDENTIFIED, Outcome, Problems,
    canary::watch::{self, Watch},
    cli::Configured,
    config::Config,
    logs,
    open::{self, Rules},
    originals, stop_signal,
};
use crate::{
    deidentify::PASS_THROUGH,
    forward::{Destination, Forwarder},
    pipeline::Gateway,
    receive,
    records::ledger::Event,
    store::{Access, Store},
};

/// Runs the command.
pub(super) fn run(options: &Configured) -> anyhow::Result<Outcome> {
    let (config, rules) = open::config_and_rules(options)?;
    let unfit = open::folders(&config);
    if !unfit.is_empty() {
        return Err(Problems(unfit).into());
    }
    logs::start(config.log);
    if PASS_THROUGH {
        error!("{NOT_DEIDENTIFIED}");
    }
    runtime(&config)?.block_on(async {
        let listener = TcpListener::bind(config.address)
            .await
            .with_context(|| format!("cannot listen on {}", config.address))?;
        let stop = stop_signal()?;
        House::open(config, rules)?.run(listener, stop).await
    })?;
    Ok(Outcome::Done)
}

/// Threads for associations, and a bounded number for the work on objects.
///
/// # Errors
/// The system gives no threads.
pub(super) fn runtime(config: &Config) -> anyhow::Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(config.listen.max_associations.saturating_add(16))
        .build()?)
}

/// A gateway, put together and not yet listening. Its forwarders are already at work.
pub(super) struct House {
    config: Config,
    gateway: Arc<Gateway>,
    store: Store,
    forwarders: Arc<Vec<(String, Arc<Forwarder>)>>,
    policy: String,
    watch: Watch,
}

impl House {
    /// Opens keys and store, starts forwarding, and builds the pipeline over them.
    ///
    /// # Errors
    /// Keys or store cannot be used.
    pub fn open(config: Config, rules: Rules) -> anyhow::Result<House> {
        let used_before = config.store.directory.join("index.sqlite").exists();
        let (keys, made) = originals::keys(&config)?;
        if !made.is_empty() {
            warn!(
                files = made.join(", "),
                folder = %config.key_dir.display(),
                "new keys were made: back them up apart from the data; nothing that was kept back can be opened without them"
            );
        }
        if used_before && !made.is_empty() {
            warn!(
                batch = keys.batch().id(),
                "there was no batch key any more: a new batch begins, and patients and UIDs get other pseudonyms than \
                 before. If that is not meant, stop, put the old key folder back and start again"
            );
        }
        let (store, recovery) = Store::open(&config.store, keys.clone(), Access::Gateway)
            .with_context(|| config.store.directory.display().to_string())?;
        let missing = recovery.missing.len();
        info!(waiting = recovery.waiting, removed = recovery.removed, missing, "store opened");
        if recovery.aside > 0 {
            warn!(
                files = recovery.aside,
                folder = %config.store.directory.join("aside").display(),
                "complete files that the index does not know were set aside: was the index lost or restored from a back-up?"
            );
        }
        for id in &recovery.missing {
            error!(object = id, "the file of this object is missing or damaged");
        }
        let digest = rules.digests();
        store.record(&Event::Started {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            policy: digest.clone(),
            batch: keys.batch().id().to_owned(),
        })?;
        let closures = watch::at_start(&rules, config.limits, &store)?;
        let forwarder = |d: &Destination| {
            let closed = closures.iter().any(|c| c.destination == d.name);
            let start = if closed { Forwarder::start_closed } else { Forwarder::start };
            (d.name.clone(), Arc::new(start(d.clone(), store.clone())))
        };
        let forwarders: Arc<Vec<_>> = Arc::new(config.destinations.iter().map(forwarder).collect());
        let told = forwarders.clone();
        let released = Box::new(move |destination: &str| {
            told.iter().filter(|(name, _)| name == destination).for_each(|(_, f)| f.notify());
        });
        let limits = config.limits;
        let gateway =
            Gateway::new(rules.checks, rules.routes, keys, store.clone(), limits, released);
        closures.iter().for_each(|closure| gateway.close(&closure.route));
        let interval = config.canary_interval;
        let watch = Watch::start(interval, limits, gateway.clone(), forwarders.clone())?;
        Ok(House { config, gateway, store, forwarders, policy: digest, watch })
    }

    /// The store, for looking.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Receives and forwards until `stop` resolves; then finishes what is under way.
    ///
    /// # Errors
    /// The ledger could not be completed.
    pub async fn run(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> anyhow::Result<()> {
        let House { config, gateway, store, forwarders, policy, watch } = self;
        let destinations: Vec<String> = config
            .destinations
            .iter()
            .map(|d| format!("{} ({} at {})", d.name, d.ae_title, d.address))
            .collect();
        info!(
            address = %listener.local_addr()?,
            ae_title = config.listen.ae_title,
            callers = config.listen.callers.len(),
            destinations = destinations.join(", "),
            policy,
            version = env!("CARGO_PKG_VERSION"),
            "gateway ready"
        );
        receive::serve(listener, config.listen, Arc::new(gateway), stop, config.drain).await;
        let stopped = tokio::task::spawn_blocking(move || {
            drop(watch);
            stop_all(&forwarders, config.drain);
            store.record(&Event::Stopped)
        });
        stopped.await??;
        info!("gateway stopped");
        Ok(())
    }
}

/// Stops all forwarders at the same time.
fn stop_all(forwarders: &[(String, Arc<Forwarder>)], drain: Duration) {
    std::thread::scope(|scope| {
        for (name, forwarder) in forwarders {
            let stopping = scope.spawn(|| forwarder.clone().stop(drain));
            if stopping.join().is_err() {
                warn!(
                    destination = name,
                    "forwarding did not stop in order; what was not delivered still waits"
                );
            }
        }
    });
}
