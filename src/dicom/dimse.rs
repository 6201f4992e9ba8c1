//! DIMSE-C messages (PS3.7 9.3): command sets of C-STORE and C-ECHO, parsed under a bound, built by hand.

use std::fmt;

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
    /// Refused: not authorised.
    pub const NOT_AUTHORIZED: Status = Status(0x0124);
    /// Unrecognised operation.
    pub const UNRECOGNIZED_OPERATION: Status = Status(0x0211);
    /// Mistyped argument.
    pub const MISTYPED_ARGUMENT: Status = Status(0x0212);

    /// Whether the object was taken: Success, or a warning (PS3.7 C.2).
    pub fn is_stored(self) -> bool {
        matches!(self.0, 0x0000 | 0x0001 | 0x0107 | 0x0116 | 0xB000..=0xBFFF)
    }

    /// Whether the peer only lacks resources now (PS3.4 B.2.3).
    pub fn is_transient(self) -> bool {
        matches!(self.0, 0xA700..=0xA7FF)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}H", self.0)
    }
}

/// A command set.
#[derive(Clone, PartialEq, Eq)]
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
        /// (0000,0002) as in the request; empty where it is left out.
        sop_class: String,
        /// (0000,1000) as in the request; empty where it is left out.
        sop_instance: String,
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
    /// Any other response.
    OtherResponse {
        /// (0000,0100), with its high bit.
        field: u16,
        /// (0000,0120)
        message_id: u16,
        /// (0000,0900)
        status: Status,
    },
}

/// Without UIDs: those of a request identify the original.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Cancel => f.write_str("Cancel"),
            Command::EchoRequest { message_id } => write!(f, "EchoRequest({message_id})"),
            Command::StoreRequest { message_id, .. } => write!(f, "StoreRequest({message_id})"),
            Command::EchoResponse { message_id, status } => {
                write!(f, "EchoResponse({message_id}, {status})")
            }
            Command::StoreResponse { message_id, status, .. } => {
                write!(f, "StoreResponse({message_id}, {status})")
            }
            Command::Other { field, message_id, has_data_set } => {
                write!(f, "Other({field:04X}H, {message_id}, {has_data_set})")
            }
            Command::OtherResponse { field, message_id, status } => {
                write!(f, "OtherResponse({field:04X}H, {message_id}, {status})")
            }
        }
    }
}

/// Why bytes are not a command set that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed command set: {0}")]
pub struct DimseError(pub &'static str);

/// The largest command set that is buffered.
pub const MAX_COMMAND: usize = 64 * 1024;

const C_STORE: u16 = 0x0001;
const C_ECHO: u16 = 0x0030;
const C_CANCEL: u16 = 0x0FFF;
const RESPONSE: u16 = 0x8000;

// Element numbers in group 0000.
const SOP_CLASS: u16 = 0x0002;
const FIELD: u16 = 0x0100;
const MESSAGE_ID: u16 = 0x0110;
const RESPONDED_TO: u16 = 0x0120;
const PRIORITY: u16 = 0x0700;
const DATA_SET_TYPE: u16 = 0x0800;
const STATUS: u16 = 0x0900;
const COMMENT: u16 = 0x0902;
const SOP_INSTANCE: u16 = 0x1000;

/// (0000,0800): no data set.
const NO_DATA_SET: u16 = 0x0101;

/// The elements that a message is made of, as they stand in the command set.
#[derive(Default)]
struct Elements<'a> {
    sop_class: Option<&'a [u8]>,
    sop_instance: Option<&'a [u8]>,
    field: Option<u16>,
    message_id: Option<u16>,
    responded_to: Option<u16>,
    data_set_type: Option<u16>,
    status: Option<u16>,
}

impl<'a> Elements<'a> {
    fn read(mut bytes: &'a [u8]) -> Result<Elements<'a>, DimseError> {
        if bytes.len() > MAX_COMMAND {
            return Err(DimseError("too long"));
        }
        let mut found = Elements::default();
        let mut previous = None;
        while !bytes.is_empty() {
            let (header, rest) = bytes.split_first_chunk::<8>().ok_or(DimseError("cut short"))?;
            let [g0, g1, e0, e1, length @ ..] = *header;
            if u16::from_le_bytes([g0, g1]) != 0 {
                return Err(DimseError("an element outside group 0000"));
            }
            let element = u16::from_le_bytes([e0, e1]);
            if previous.is_some_and(|p| p >= element) {
                return Err(DimseError("elements out of order"));
            }
            previous = Some(element);
            let length = u32::from_le_bytes(length) as usize;
            let (value, rest) = rest.split_at_checked(length).ok_or(DimseError("cut short"))?;
            bytes = rest;
            let number = || {
                <[u8; 2]>::try_from(value)
                    .map(|v| Some(u16::from_le_bytes(v)))
                    .map_err(|_| not_two_bytes(element))
            };
            match element {
                SOP_CLASS => found.sop_class = Some(super::uid::trim(value)),
                SOP_INSTANCE => found.sop_instance = Some(super::uid::trim(value)),
                FIELD => found.field = number()?,
                MESSAGE_ID => found.message_id = number()?,
                RESPONDED_TO => found.responded_to = number()?,
                DATA_SET_TYPE => found.data_set_type = number()?,
                STATUS => found.status = number()?,
                _ => {}
            }
        }
        Ok(found)
    }
}

fn not_two_bytes(element: u16) -> DimseError {
    DimseError(match element {
        FIELD => "(0000,0100) has not two bytes",
        MESSAGE_ID => "(0000,0110) has not two bytes",
        RESPONDED_TO => "(0000,0120) has not two bytes",
        DATA_SET_TYPE => "(0000,0800) has not two bytes",
        _ => "(0000,0900) has not two bytes",
    })
}

impl Command {
    /// Parses a command set (always Implicit VR Little Endian).
    ///
    /// # Errors
    /// Short or contradictory elements, a missing (0000,0100), a missing mandatory element of the message.
    pub fn parse(bytes: &[u8]) -> Result<Command, DimseError> {
        let e = Elements::read(bytes)?;
        let field = e.field.ok_or(DimseError("no command field (0000,0100)"))?;
        let has_data_set = e.data_set_type.is_some_and(|t| t != NO_DATA_SET);
        let text =
            |uid: Option<&[u8]>| String::from_utf8_lossy(uid.unwrap_or_default()).into_owned();
        if field & RESPONSE != 0 {
            let message_id =
                e.responded_to.ok_or(DimseError("no message id responded to (0000,0120)"))?;
            let status = Status(e.status.ok_or(DimseError("no status (0000,0900)"))?);
            if has_data_set {
                return Err(DimseError("a response with a data set (0000,0800)"));
            }
            return Ok(match field & !RESPONSE {
                C_ECHO => Command::EchoResponse { message_id, status },
                C_STORE => Command::StoreResponse {
                    message_id,
                    sop_class: text(e.sop_class),
                    sop_instance: text(e.sop_instance),
                    status,
                },
                _ => Command::OtherResponse { field, message_id, status },
            });
        }
        if field == C_CANCEL {
            return Ok(Command::Cancel);
        }
        let message_id = e.message_id.ok_or(DimseError("no message id (0000,0110)"))?;
        match field {
            C_ECHO if has_data_set => Err(DimseError("C-ECHO with a data set (0000,0800)")),
            C_ECHO => Ok(Command::EchoRequest { message_id }),
            C_STORE if !has_data_set => Err(DimseError("C-STORE without a data set (0000,0800)")),
            C_STORE => Ok(Command::StoreRequest {
                message_id,
                sop_class: text(e.sop_class),
                sop_instance: text(e.sop_instance),
            }),
            _ => Ok(Command::Other { field, message_id, has_data_set }),
        }
    }

    /// Encodes the command set, with group length and Command Data Set Type.
    /// `comment` is (0000,0902), at most 64 characters: a rule id, never a value.
    pub fn encode(&self, comment: Option<&str>) -> Vec<u8> {
        let mut set = Builder { bytes: Vec::with_capacity(256) };
        set.number32(0x0000, 0);
        match self {
            Command::EchoRequest { message_id } => {
                set.text(SOP_CLASS, super::uid::VERIFICATION, 0);
                set.number(FIELD, C_ECHO);
                set.number(MESSAGE_ID, *message_id);
                set.number(DATA_SET_TYPE, NO_DATA_SET);
            }
            Command::StoreRequest { message_id, sop_class, sop_instance } => {
                set.text(SOP_CLASS, sop_class, 0);
                set.number(FIELD, C_STORE);
                set.number(MESSAGE_ID, *message_id);
                set.number(PRIORITY, 0);
                set.number(DATA_SET_TYPE, 0x0001);
                set.text(SOP_INSTANCE, sop_instance, 0);
            }
            Command::Cancel => {
                set.number(FIELD, C_CANCEL);
                set.number(RESPONDED_TO, 0);
                set.number(DATA_SET_TYPE, NO_DATA_SET);
            }
            Command::Other { field, message_id, has_data_set } => {
                set.number(FIELD, *field);
                set.number(MESSAGE_ID, *message_id);
                set.number(DATA_SET_TYPE, if *has_data_set { 0x0001 } else { NO_DATA_SET });
            }
            Command::EchoResponse { message_id, status } => {
                let class = super::uid::VERIFICATION;
                set.response(class, RESPONSE | C_ECHO, *message_id, *status, comment);
            }
            Command::StoreResponse { message_id, sop_class, sop_instance, status } => {
                set.response(sop_class, RESPONSE | C_STORE, *message_id, *status, comment);
                if !sop_instance.is_empty() {
                    set.text(SOP_INSTANCE, sop_instance, 0);
                }
            }
            Command::OtherResponse { field, message_id, status } => {
                set.response("", *field, *message_id, *status, comment);
            }
        }
        set.finish()
    }
}

/// Writes elements in the order in which it is told them.
struct Builder {
    bytes: Vec<u8>,
}

impl Builder {
    fn header(&mut self, element: u16, length: usize) {
        self.bytes.extend_from_slice(&[0, 0]);
        self.bytes.extend_from_slice(&element.to_le_bytes());
        self.bytes.extend_from_slice(&(length as u32).to_le_bytes());
    }

    fn number(&mut self, element: u16, value: u16) {
        self.header(element, 2);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn number32(&mut self, element: u16, value: u32) {
        self.header(element, 4);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, element: u16, value: &str, pad: u8) {
        self.header(element, value.len().next_multiple_of(2));
        self.bytes.extend_from_slice(value.as_bytes());
        if !value.len().is_multiple_of(2) {
            self.bytes.push(pad);
        }
    }

    fn response(
        &mut self,
        sop_class: &str,
        field: u16,
        message_id: u16,
        status: Status,
        comment: Option<&str>,
    ) {
        if !sop_class.is_empty() {
            self.text(SOP_CLASS, sop_class, 0);
        }
        self.number(FIELD, field);
        self.number(RESPONDED_TO, message_id);
        self.number(DATA_SET_TYPE, NO_DATA_SET);
        self.number(STATUS, status.0);
        if let Some(comment) = comment {
            let end = comment.char_indices().nth(64).map_or(comment.len(), |(at, _)| at);
            self.text(COMMENT, &comment[..end], b' ');
        }
    }

    /// Sets the group length: the bytes behind it.
    fn finish(mut self) -> Vec<u8> {
        const GROUP_LENGTH: usize = 12;
        let length = self.bytes.len().saturating_sub(GROUP_LENGTH) as u32;
        self.bytes[8..GROUP_LENGTH].copy_from_slice(&length.to_le_bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn store() -> Command {
        Command::StoreRequest {
            message_id: 7,
            sop_class: "1.2.840.10008.5.1.4.1.1.2".into(),
            sop_instance: "1.2.3.4".into(),
        }
    }

    #[test]
    fn commands_round_trip() {
        let status = Status::OUT_OF_RESOURCES;
        for command in [
            store(),
            Command::Cancel,
            Command::EchoRequest { message_id: 65_535 },
            Command::EchoResponse { message_id: 1, status: Status::SUCCESS },
            Command::StoreResponse {
                message_id: 7,
                sop_class: "1.2".into(),
                sop_instance: "1.2.3".into(),
                status,
            },
            Command::StoreResponse {
                message_id: 7,
                sop_class: String::new(),
                sop_instance: String::new(),
                status,
            },
            Command::Other { field: 0x0020, message_id: 2, has_data_set: true },
            Command::Other { field: 0x0130, message_id: 2, has_data_set: false },
            Command::OtherResponse { field: 0x8020, message_id: 2, status },
        ] {
            let bytes = command.encode(Some("G2-02"));
            assert_eq!(bytes.len() % 2, 0);
            let length = u32::from_le_bytes(bytes[8..12].try_into().unwrap());
            assert_eq!(length as usize, bytes.len() - 12, "group length");
            assert!(Command::parse(&bytes) == Ok(command.clone()), "{command:?}");
        }
    }

    #[test]
    fn a_comment_is_cut_to_64_characters() {
        let long = "x".repeat(100);
        let response = Command::EchoResponse { message_id: 1, status: Status::SUCCESS };
        let plain = response.encode(None).len();
        assert_eq!(response.encode(Some(&long)).len(), plain + 8 + 64);
    }

    #[test]
    fn contradictions_are_errors() {
        let good = store().encode(None);
        for cut in 1..good.len() {
            assert!(Command::parse(&good[..cut]) != Ok(store()), "cut at {cut}");
        }
        assert!(Command::parse(&[]).is_err());
        let mut swapped = good[12..].to_vec();
        swapped.extend_from_slice(&good[..12]);
        assert_eq!(Command::parse(&swapped), Err(DimseError("elements out of order")));
        let mut outside = good.clone();
        outside[0] = 8;
        assert!(Command::parse(&outside).is_err());
        // An element that announces 2 GiB.
        assert!(Command::parse(&[0, 0, 0, 1, 0, 0, 0, 0x80, 1, 0, 0]).is_err());
        assert!(Command::parse(&vec![0; MAX_COMMAND + 1]).is_err());
    }

    #[test]
    fn the_data_set_flag_is_held_against_the_message() {
        let with = |field: u16, kind: u16| {
            let mut set = Builder { bytes: Vec::new() };
            set.number32(0, 0);
            set.number(FIELD, field);
            set.number(MESSAGE_ID, 3);
            set.number(DATA_SET_TYPE, kind);
            Command::parse(&set.finish())
        };
        assert!(with(C_STORE, NO_DATA_SET).is_err());
        assert!(with(C_STORE, 0x0102).is_ok(), "any value but 0101H announces a data set");
        assert!(with(C_ECHO, 0).is_err());
        assert!(with(C_ECHO, NO_DATA_SET).is_ok());
    }

    #[test]
    fn statuses_are_told_apart() {
        for stored in [0x0000, 0xB000, 0xB006, 0xB007] {
            assert!(Status(stored).is_stored() && !Status(stored).is_transient());
        }
        for transient in [0xA700, 0xA701] {
            assert!(!Status(transient).is_stored() && Status(transient).is_transient());
        }
        for permanent in [0xA900, 0xC000, 0x0122, 0x0110, 0x0124, 0xFE00] {
            assert!(!Status(permanent).is_stored() && !Status(permanent).is_transient());
        }
    }

    #[test]
    fn debug_shows_no_uid() {
        assert_eq!(format!("{:?}", store()), "StoreRequest(7)");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = Command::parse(&bytes);
        }

        #[test]
        fn no_damage_makes_it_panic(at in 0usize..200, value: u8) {
            let mut bytes = store().encode(None);
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = Command::parse(&bytes);
        }
    }
}
