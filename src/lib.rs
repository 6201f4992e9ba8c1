//! Tokumei: a DICOM gateway that takes patient identity out of every object in flight.
//!
//! ```text
//! hospital PACS ─ C-STORE ─▶ receive ─▶ deidentify ─▶ inspect ─▶ route ─┬─▶ outgoing ─▶ forward ─ C-STORE ─▶ archive
//!                                                                       ├─▶ held
//!                                                                       └─▶ quarantine ─▶ a reviewer
//! ```
//!
//! Each stage takes the value that the stage before it made, and only that stage can make it.
//! Start reading at [`pipeline`].

#![forbid(unsafe_code)]

pub mod pipeline;

pub mod receive;

pub mod deidentify;

pub mod inspect;

pub mod route;

pub mod forward;

pub mod policy;

pub mod records;

pub mod store;

pub mod operate;

pub mod dicom;
