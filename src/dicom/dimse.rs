//! DIMSE-C messages (PS3.7 9.3): command sets of C-STORE and C-ECHO, parsed under a bound, built by hand.

/// A DIMSE status (PS3.7 Annex C).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// Success.
    pub const SUCCESS: Status = Status(0x0000);
    /// Refused: out of resources (PS3.4 B.2.3): transient, the sender tries again.
    pub const OUT_OF_RESOURCES: Status = Status(0xA700);
    /// Error: data set does not match SOP class.
    pub const DOES_NOT_MATCH: Status = Status(0xA900);
    /// Error: cannot understand.
    pub const CANNOT_UNDERSTAND: Status = Status(0xC000);
    /// Processing failure.
    pub const PROCESSING_FAILURE: Status = Status(0x0110);
    /// Invalid object instance: UID syntax.
    pub const INVALID_OBJECT_INSTANCE: Status = Status(0x0117);
    /// SOP class not supported.
    pub const SOP_CLASS_NOT_SUPPORTED: Status = Status(0x0122);
    /// Unrecognised operation.
    pub const UNRECOGNIZED_OPERATION: Status = Status(0x0211);
    /// Mistyped argument.
    pub const MISTYPED_ARGUMENT: Status = Status(0x0212);
}

/// A command set that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// C-ECHO-RQ.
    EchoRequest {
        /// (0000,0110)
        message_id: u16,
    },
    /// C-ECHO-RSP.
    EchoResponse {
        /// (0000,0120)
        message_id: u16,
        /// (0000,0900)
        status: Status,
    },
    /// C-STORE-RQ.
    StoreRequest {
        /// (0000,0110)
        message_id: u16,
        /// (0000,0002)
        sop_class: String,
        /// (0000,1000): an identifier of the original; never to be logged.
        sop_instance: String,
    },
    /// C-STORE-RSP.
    StoreResponse {
        /// (0000,0120)
        message_id: u16,
        /// (0000,0900)
        status: Status,
    },
    /// C-CANCEL-RQ.
    Cancel,
    /// Any other request: answered with 0x0211 in its own response field.
    Other {
        /// (0000,0100)
        field: u16,
        /// (0000,0110)
        message_id: u16,
        /// Whether a data set follows, (0000,0800) ≠ 0101H.
        has_data_set: bool,
    },
}

/// Why bytes are not a command set that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed command set: {0}")]
pub struct DimseError(pub &'static str);

/// The largest command set that is buffered.
pub const MAX_COMMAND: usize = 64 * 1024;

impl Command {
    /// Parses a command set (always Implicit VR Little Endian).
    ///
    /// # Errors
    /// Short or contradictory elements, a missing (0000,0100), a missing mandatory element of the message.
    pub fn parse(bytes: &[u8]) -> Result<Command, DimseError> {
        let _ = bytes;
        todo!()
    }

    /// Encodes the command set, with group length and Command Data Set Type.
    /// `comment` is (0000,0902), at most 64 characters: a rule id, never a value.
    pub fn encode(&self, comment: Option<&str>) -> Vec<u8> {
        let _ = comment;
        todo!()
    }
}
