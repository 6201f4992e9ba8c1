//! PDUs of the upper layer (PS3.8 9.3): framing under a bound, over `dicom_ul::pdu` for what is negotiated.

use bytes::{Bytes, BytesMut};
pub use dicom_ul::pdu::Pdu;

/// A presentation data value (PS3.8 9.3.5.1).
pub struct Pdv {
    /// The presentation context's id.
    pub context_id: u8,
    /// Whether it belongs to a command set (else to a data set).
    pub command: bool,
    /// Whether it ends the command or data set.
    pub last: bool,
    /// The fragment: a view into the read buffer, possibly empty.
    pub data: Bytes,
}

/// A PDU that came in.
pub enum Incoming {
    /// P-DATA-TF.
    Data(Vec<Pdv>),
    /// Every other PDU, as dicom-ul understands it.
    Control(Pdu),
}

/// Why bytes are not a PDU that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PduError {
    /// An unknown type byte: answered with A-ABORT, provider, unrecognised PDU.
    #[error("unrecognised PDU type {0:#04x}")]
    Unrecognized(u8),
    /// Announces more than the bound: answered with A-ABORT before any of it is buffered.
    #[error("PDU of {length} bytes exceeds the bound of {bound}")]
    TooLarge {
        /// Announced length.
        length: u32,
        /// Our bound.
        bound: u32,
    },
    /// Malformed inside: answered with A-ABORT, provider, invalid parameter value.
    #[error("malformed PDU of type {0:#04x}")]
    Malformed(u8),
}

/// Takes the next whole PDU out of `buffer`; `None` while it is incomplete.
///
/// `max_data` bounds P-DATA-TF (the length that we advertised), `max_control` every other PDU.
///
/// # Errors
/// [`PduError`]; the buffer is then of no further use.
pub fn next(
    buffer: &mut BytesMut,
    max_data: u32,
    max_control: u32,
) -> Result<Option<Incoming>, PduError> {
    let _ = (buffer, max_data, max_control);
    todo!()
}

/// Encodes a PDU that is not P-DATA-TF.
pub fn encode(pdu: &Pdu) -> Vec<u8> {
    let _ = pdu;
    todo!()
}

/// Length of what stands before the fragment in a P-DATA-TF of one PDV.
pub const DATA_HEADER: usize = 12;

/// The first 12 bytes of a P-DATA-TF with one PDV whose fragment has `length` bytes.
pub fn data_header(context_id: u8, command: bool, last: bool, length: u32) -> [u8; DATA_HEADER] {
    let _ = (context_id, command, last, length);
    todo!()
}
