//! The wire and the data set, under bounds. The only place that works around dicom-rs.

pub mod charset;
pub mod dataset;
pub mod dictionary;
pub mod dimse;
pub mod encode;
pub mod meta;
pub mod modality;
pub mod pdu;
pub mod sop_class;
pub mod syntax;
pub mod tokenizer;
pub mod uid;

pub use dicom_core::{Tag, VR};
