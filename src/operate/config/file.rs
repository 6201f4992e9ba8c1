//! The configuration file as it is written. Every key has its meaning in `config/tokumei.yaml`.

use std::path::PathBuf;

use serde::Deserialize;

use crate::{
    policy::{
        checks::CautionResponses,
        options::{Category, ProfileOption},
    },
    receive::UnknownClasses,
};

/// The whole file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub listen: Listen,
    pub destinations: Vec<Destination>,
    pub routes: Vec<Route>,
    pub limits: Limits,
    pub store: Store,
    pub policy: Policy,
    pub log: super::Log,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Listen {
    pub address: String,
    pub ae_title: String,
    pub any_caller_from_this_machine: bool,
    pub callers: Vec<Caller>,
    pub unknown_sop_classes: UnknownClasses,
    pub max_associations: u64,
    pub max_pdu_bytes: u64,
    pub artim_timeout_seconds: u64,
    pub idle_timeout_seconds: u64,
    pub write_timeout_seconds: u64,
    pub drain_seconds: u64,
}

impl Default for Listen {
    fn default() -> Self {
        Listen {
            address: "0.0.0.0:11112".to_owned(),
            ae_title: "TOKUMEI".to_owned(),
            any_caller_from_this_machine: true,
            callers: Vec::new(),
            unknown_sop_classes: UnknownClasses::Refuse,
            max_associations: 32,
            max_pdu_bytes: 131_072,
            artim_timeout_seconds: 30,
            idle_timeout_seconds: 120,
            write_timeout_seconds: 60,
            drain_seconds: 30,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Caller {
    pub ae_title: String,
    pub address: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Destination {
    pub name: String,
    pub ae_title: String,
    pub address: String,
    #[serde(default = "tokumei")]
    pub calling_ae_title: String,
    #[serde(default = "number::<2>")]
    pub associations: u64,
    #[serde(default = "number::<15>")]
    pub connect_timeout_seconds: u64,
    #[serde(default = "number::<120>")]
    pub response_timeout_seconds: u64,
    #[serde(default = "number::<5>")]
    pub linger_seconds: u64,
    #[serde(default = "number::<2>")]
    pub retry_first_seconds: u64,
    #[serde(default = "number::<300>")]
    pub retry_longest_seconds: u64,
}

fn tokumei() -> String {
    "TOKUMEI".to_owned()
}

fn number<const N: u64>() -> u64 {
    N
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    pub name: String,
    #[serde(default)]
    pub callers: Vec<String>,
    pub destination: String,
    #[serde(default)]
    pub confidentiality: Confidentiality,
    #[serde(default)]
    pub cautions: CautionResponses,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Confidentiality {
    pub category: Category,
    pub options: Vec<String>,
    pub age_band_years: u64,
    pub age_top: u64,
    pub trust_declared_safe: bool,
    pub why_device_identity: String,
}

impl Default for Confidentiality {
    fn default() -> Self {
        let options = [
            ProfileOption::ModifiedDates,
            ProfileOption::PatientCharacteristics,
            ProfileOption::Descriptors,
            ProfileOption::StructuredContent,
            ProfileOption::SafePrivate,
        ];
        Confidentiality {
            category: Category::Anonymized,
            options: options.map(|o| o.word().to_owned()).into(),
            age_band_years: 1,
            age_top: 90,
            trust_declared_safe: false,
            why_device_identity: String::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Limits {
    pub header_bytes: u64,
    pub long_value_bytes: u64,
    pub depth: u64,
    pub elements: u64,
    pub object_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            header_bytes: 8 << 20,
            long_value_bytes: 64 << 10,
            depth: 32,
            elements: 1_000_000,
            object_bytes: 16 << 30,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Store {
    pub data_dir: PathBuf,
    pub key_dir: PathBuf,
    pub max_waiting: u64,
    pub min_free_bytes: u64,
}

impl Default for Store {
    fn default() -> Self {
        Store {
            data_dir: "./data".into(),
            key_dir: "./keys".into(),
            max_waiting: 100_000,
            min_free_bytes: 1 << 30,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Policy {
    pub directory: PathBuf,
    pub canary_interval_seconds: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { directory: PathBuf::new(), canary_interval_seconds: 600 }
    }
}
