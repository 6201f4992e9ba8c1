//! What is the same for all elements of an object: by how much its dates are shifted, and when the patient was born.

use std::cell::OnceCell;

use super::value;
use crate::{
    dicom::{Tag, VR, dataset::DataSet},
    records::batch::BatchKeys,
};

const PATIENT_ID: Tag = Tag(0x0010, 0x0020);
const PATIENT_ID_ISSUER: Tag = Tag(0x0010, 0x0021);
const STUDY: Tag = Tag(0x0020, 0x000D);
const BIRTH_DATE: Tag = Tag(0x0010, 0x0030);
/// The dates of study, series, acquisition and content: of these the first that is one says when the patient had the age.
const EVENTS: [Tag; 4] =
    [Tag(0x0008, 0x0020), Tag(0x0008, 0x0021), Tag(0x0008, 0x0022), Tag(0x0008, 0x0023)];

/// The patient of an object. All is found when it is first needed.
pub(super) struct Patient<'a> {
    data: &'a DataSet,
    charset: &'a [u8],
    offset: OnceCell<Option<i32>>,
}

impl<'a> Patient<'a> {
    pub fn new(data: &'a DataSet, charset: &'a [u8]) -> Patient<'a> {
        Patient { data, charset, offset: OnceCell::new() }
    }

    /// The days by which the dates of this patient are shifted in this batch: whole weeks (PS3.15 E.3.6). An object without
    /// a Patient ID has the offset of its study. `None` if there is neither.
    pub fn offset(&self, keys: &BatchKeys) -> Option<i32> {
        *self.offset.get_or_init(|| {
            let text = |tag| {
                let element = self.data.find(tag)?;
                let text = value::key_text(VR::LO, self.data.value(element), self.charset);
                Some(text).filter(|t| !t.is_empty())
            };
            match (text(PATIENT_ID), text(STUDY)) {
                (Some(id), _) => {
                    let issuer = text(PATIENT_ID_ISSUER).unwrap_or_default();
                    Some(keys.date_offset_days(&issuer, &id))
                }
                (None, Some(study)) => Some(keys.date_offset_days("study", &study)),
                (None, None) => None,
            }
        })
    }

    /// The patient's birth date, and a date on which the patient had the age that the object states.
    pub fn age_dates(&self) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        let value = |tag| {
            let value = self.data.value(self.data.find(tag)?);
            Some(value).filter(|v| !v.trim_ascii().is_empty())
        };
        (value(BIRTH_DATE), EVENTS.into_iter().find_map(value))
    }
}
