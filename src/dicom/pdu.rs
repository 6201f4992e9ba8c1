//! PDUs of the upper layer (PS3.8 9.3): framing under a bound, over `dicom_ul::pdu` for what is negotiated.

use std::panic::catch_unwind;

use bytes::{Buf, Bytes, BytesMut};
pub use dicom_ul::pdu::Pdu;
use dicom_ul::pdu::{
    AbortRQServiceProviderReason, AbortRQSource, MINIMUM_PDU_SIZE, read_pdu, write_pdu,
};

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

impl PduError {
    /// The reason to give in the A-ABORT that answers it (PS3.8 9.3.8).
    pub fn abort_reason(self) -> AbortRQServiceProviderReason {
        match self {
            PduError::Unrecognized(_) => AbortRQServiceProviderReason::UnrecognizedPdu,
            _ => AbortRQServiceProviderReason::InvalidPduParameter,
        }
    }
}

/// Type byte and length in front of every PDU.
const PDU_HEADER: usize = 6;

/// Length, context id and message control header in front of every fragment.
const PDV_HEADER: usize = 6;

const P_DATA: u8 = 0x04;

/// What a type of PDU is called (PS3.8 9.3), for logs.
pub fn name(kind: u8) -> &'static str {
    match kind {
        1 => "A-ASSOCIATE-RQ",
        2 => "A-ASSOCIATE-AC",
        3 => "A-ASSOCIATE-RJ",
        P_DATA => "P-DATA-TF",
        5 => "A-RELEASE-RQ",
        6 => "A-RELEASE-RP",
        7 => "A-ABORT",
        _ => "unknown",
    }
}

/// Takes the next whole PDU out of `buffer`; `None` while it is incomplete.
///
/// `max_data` bounds P-DATA-TF (the length that we advertised), `max_control` every other PDU. The first six bytes
/// are judged as soon as they are there, so nothing that is refused is ever buffered.
///
/// # Errors
/// [`PduError`]; the buffer is then of no further use.
pub fn next(
    buffer: &mut BytesMut,
    max_data: u32,
    max_control: u32,
) -> Result<Option<Incoming>, PduError> {
    let Some(&kind) = buffer.first() else { return Ok(None) };
    if !(0x01..=0x07).contains(&kind) {
        return Err(PduError::Unrecognized(kind));
    }
    let Some(header) = buffer.first_chunk::<PDU_HEADER>() else { return Ok(None) };
    let length = u32::from_be_bytes([header[2], header[3], header[4], header[5]]);
    let bound = if kind == P_DATA { max_data } else { max_control };
    if length > bound {
        return Err(PduError::TooLarge { length, bound });
    }
    let total = PDU_HEADER + length as usize;
    if buffer.len() < total {
        return Ok(None);
    }
    let pdu = buffer.split_to(total).freeze();
    if kind == P_DATA {
        return fragments(pdu.slice(PDU_HEADER..)).map(|pdvs| Some(Incoming::Data(pdvs)));
    }
    let stripped = if kind <= 0x02 { without_unrecognised_items(&pdu) } else { None };
    let pdu = stripped.as_deref().unwrap_or(&pdu);
    // dicom-ul sees exactly one PDU, whole. A panic in there is a malformed PDU.
    match catch_unwind(|| read_pdu(pdu, bound.max(MINIMUM_PDU_SIZE), true)) {
        Ok(Ok(Some(pdu))) => Ok(Some(Incoming::Control(pdu))),
        _ => Err(PduError::Malformed(kind)),
    }
}

/// An A-ASSOCIATE-RQ or -AC without the items that PS3.8 9.3.2 and 9.3.3 do not know: these "shall be ignored and
/// skipped", but dicom-ul refuses the PDU. `None` where there are none, or the items do not add up.
fn without_unrecognised_items(pdu: &[u8]) -> Option<Vec<u8>> {
    const ITEMS: usize = 74;
    const ITEM_HEADER: usize = 4;
    let known = |kind| matches!(kind, 0x10 | 0x20 | 0x21 | 0x50);
    let (_, mut rest) = pdu.split_at_checked(ITEMS)?;
    let mut kept: Option<Vec<u8>> = None;
    while !rest.is_empty() {
        let header = rest.first_chunk::<ITEM_HEADER>()?;
        let length = ITEM_HEADER + usize::from(u16::from_be_bytes([header[2], header[3]]));
        let (item, behind) = rest.split_at_checked(length)?;
        match &mut kept {
            Some(kept) if known(header[0]) => kept.extend_from_slice(item),
            None if !known(header[0]) => kept = Some(pdu[..pdu.len() - rest.len()].to_vec()),
            _ => {}
        }
        rest = behind;
    }
    let mut kept = kept?;
    let length = (kept.len() - PDU_HEADER) as u32;
    kept.get_mut(2..PDU_HEADER)?.copy_from_slice(&length.to_be_bytes());
    Some(kept)
}

/// Bytes that a whole PDU still lacks, as far as its header tells; for sizing the read buffer.
pub fn missing(buffer: &[u8]) -> usize {
    match buffer.first_chunk::<PDU_HEADER>() {
        Some(header) => {
            let length = u32::from_be_bytes([header[2], header[3], header[4], header[5]]) as usize;
            (PDU_HEADER + length).saturating_sub(buffer.len())
        }
        None => PDU_HEADER - buffer.len(),
    }
}

fn fragments(mut body: Bytes) -> Result<Vec<Pdv>, PduError> {
    const MALFORMED: PduError = PduError::Malformed(P_DATA);
    let mut pdvs = Vec::with_capacity(2);
    while body.has_remaining() {
        if body.remaining() < PDV_HEADER {
            return Err(MALFORMED);
        }
        // The length counts the context id and the control header.
        let length = (body.get_u32() as usize).checked_sub(2).ok_or(MALFORMED)?;
        let context_id = body.get_u8();
        let control = body.get_u8();
        if body.remaining() < length {
            return Err(MALFORMED);
        }
        pdvs.push(Pdv {
            context_id,
            command: control & 1 != 0,
            last: control & 2 != 0,
            data: body.split_to(length),
        });
    }
    Ok(pdvs)
}

/// Encodes a PDU that is not P-DATA-TF.
///
/// # Errors
/// A text in it does not fit its field (an AE title over 16 characters or outside ISO 646).
pub fn encode(pdu: &Pdu) -> Result<Vec<u8>, PduError> {
    let mut bytes = Vec::with_capacity(512);
    write_pdu(&mut bytes, pdu).map_err(|_| PduError::Malformed(0))?;
    Ok(bytes)
}

/// An A-ABORT (PS3.8 9.3.8).
pub fn abort(source: &AbortRQSource) -> [u8; 10] {
    use AbortRQServiceProviderReason as Reason;
    let (source, reason) = match source {
        AbortRQSource::ServiceUser => (0, 0),
        AbortRQSource::Reserved => (1, 0),
        AbortRQSource::ServiceProvider(reason) => (
            2,
            match reason {
                Reason::ReasonNotSpecified => 0,
                Reason::UnrecognizedPdu => 1,
                Reason::UnexpectedPdu => 2,
                Reason::Reserved => 3,
                Reason::UnrecognizedPduParameter => 4,
                Reason::UnexpectedPduParameter => 5,
                Reason::InvalidPduParameter => 6,
            },
        ),
    };
    [7, 0, 0, 0, 0, 4, 0, 0, source, reason]
}

/// An A-RELEASE-RQ (PS3.8 9.3.6).
pub const RELEASE_RQ: [u8; 10] = [5, 0, 0, 0, 0, 4, 0, 0, 0, 0];

/// An A-RELEASE-RP (PS3.8 9.3.7).
pub const RELEASE_RP: [u8; 10] = [6, 0, 0, 0, 0, 4, 0, 0, 0, 0];

/// Length of what stands before the fragment in a P-DATA-TF of one PDV.
pub const DATA_HEADER: usize = PDU_HEADER + PDV_HEADER;

/// The first 12 bytes of a P-DATA-TF with one PDV whose fragment has `length` bytes.
pub fn data_header(context_id: u8, command: bool, last: bool, length: u32) -> [u8; DATA_HEADER] {
    let mut header = [0; DATA_HEADER];
    header[0] = P_DATA;
    header[2..6].copy_from_slice(&length.saturating_add(PDV_HEADER as u32).to_be_bytes());
    header[6..10].copy_from_slice(&length.saturating_add(2).to_be_bytes());
    header[10] = context_id;
    header[11] = u8::from(command) | u8::from(last) << 1;
    header
}

/// The largest fragment that fits a peer's maximum length (0: no limit) and `own` bytes; even, as PS3.8 E.1 asks.
pub fn fragment_length(peer_max: u32, own: u32) -> usize {
    let max = if peer_max == 0 { own } else { peer_max.min(own) };
    (max.saturating_sub(PDV_HEADER as u32).max(2) & !1) as usize
}

/// Appends a command set as P-DATA-TFs of fragments of at most `fragment` bytes.
pub fn push_command(out: &mut Vec<u8>, context_id: u8, command: &[u8], fragment: usize) {
    let count = command.len().div_ceil(fragment).max(1);
    for (i, part) in command.chunks(fragment).enumerate() {
        out.extend_from_slice(&data_header(context_id, true, i + 1 == count, part.len() as u32));
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: u32 = 16_384;

    fn take(bytes: &[u8]) -> Result<Option<Incoming>, PduError> {
        next(&mut BytesMut::from(bytes), MAX, MAX)
    }

    #[test]
    fn an_oversized_pdu_is_refused_at_its_sixth_byte() {
        let header = [4, 0, 0xff, 0xff, 0xff, 0xff];
        assert!(matches!(take(&header), Err(PduError::TooLarge { length: u32::MAX, bound: MAX })));
        assert!(matches!(take(&header[..5]), Ok(None)));
        let rq = [1, 0, 0, 0, 0x40, 1];
        assert!(matches!(take(&rq), Err(PduError::TooLarge { length: 16_385, .. })));
    }

    #[test]
    fn http_is_refused_at_its_first_byte() {
        assert_eq!(take(b"G").err(), Some(PduError::Unrecognized(b'G')));
        assert_eq!(take(&[8]).err(), Some(PduError::Unrecognized(8)));
        assert_eq!(take(&[0]).err(), Some(PduError::Unrecognized(0)));
    }

    #[test]
    fn several_fragments_in_one_pdu_share_the_buffer() {
        let mut bytes = vec![4, 0, 0, 0, 0, 22];
        bytes.extend([0, 0, 0, 6, 1, 3]);
        bytes.extend(b"abcd");
        bytes.extend([0, 0, 0, 2, 3, 0]);
        bytes.extend([0, 0, 0, 2, 255, 2]);
        bytes.extend([9, 9]); // the next PDU's beginning stays
        bytes[5] = 22;
        let mut buffer = BytesMut::from(&bytes[..]);
        let Ok(Some(Incoming::Data(pdvs))) = next(&mut buffer, MAX, MAX) else { panic!() };
        assert_eq!(pdvs.len(), 3);
        assert_eq!((pdvs[0].context_id, pdvs[0].command, pdvs[0].last), (1, true, true));
        assert_eq!(&pdvs[0].data[..], b"abcd");
        assert_eq!((pdvs[1].context_id, pdvs[1].command, pdvs[1].last), (3, false, false));
        assert!(pdvs[1].data.is_empty());
        assert_eq!((pdvs[2].context_id, pdvs[2].command, pdvs[2].last), (255, false, true));
        assert_eq!(&buffer[..], [9, 9]);
    }

    #[test]
    fn fragment_lengths_are_checked() {
        // Shorter than its own header; longer than the PDU; a PDU that ends inside a header.
        for body in [&[0, 0, 0, 1, 1, 0][..], &[0, 0, 0, 3, 1, 0], &[0, 0, 0, 2, 1]] {
            let mut bytes = vec![4, 0, 0, 0, 0, body.len() as u8];
            bytes.extend(body);
            assert_eq!(take(&bytes).err(), Some(PduError::Malformed(4)));
        }
        assert!(matches!(take(&[4, 0, 0, 0, 0, 0]), Ok(Some(Incoming::Data(p))) if p.is_empty()));
    }

    #[test]
    fn control_pdus_round_trip() {
        let source = AbortRQSource::ServiceProvider(AbortRQServiceProviderReason::UnexpectedPdu);
        assert_eq!(
            encode(&Pdu::AbortRQ { source: source.clone() }).ok().as_deref(),
            Some(&abort(&source)[..])
        );
        assert!(matches!(
            take(&abort(&source)),
            Ok(Some(Incoming::Control(Pdu::AbortRQ { source: s }))) if s == source
        ));
        assert!(matches!(take(&RELEASE_RQ), Ok(Some(Incoming::Control(Pdu::ReleaseRQ)))));
        assert!(matches!(take(&RELEASE_RP), Ok(Some(Incoming::Control(Pdu::ReleaseRP)))));
        assert_eq!(take(&[7, 0, 0, 0, 0, 2, 0, 0]).err(), Some(PduError::Malformed(7)));
        assert_eq!(take(&[1, 0, 0, 0, 0, 2, 0, 1]).err(), Some(PduError::Malformed(1)));
    }

    #[test]
    fn unrecognised_items_are_skipped() {
        let plain = request();
        let Ok(Some(Incoming::Control(expected))) = take(&plain) else { panic!() };
        let user_information = plain.windows(4).rposition(|w| w[..2] == [0x50, 0]).unwrap();
        for places in [&[74][..], &[plain.len()], &[74, user_information, plain.len()]] {
            let mut bytes = plain.clone();
            for at in places.iter().rev() {
                bytes.splice(at..at, [0x99, 0, 0, 3, 1, 2, 3]);
                bytes.splice(at..at, [0x51, 0, 0, 0]);
            }
            let length = (bytes.len() - PDU_HEADER) as u32;
            bytes[2..6].copy_from_slice(&length.to_be_bytes());
            let Ok(Some(Incoming::Control(got))) = take(&bytes) else { panic!("{places:?}") };
            assert_eq!(got, expected);
        }
        // One that runs over the end is no item.
        let mut bytes = plain;
        bytes.extend([0x99, 0, 0, 9, 1]);
        let length = (bytes.len() - PDU_HEADER) as u32;
        bytes[2..6].copy_from_slice(&length.to_be_bytes());
        assert_eq!(take(&bytes).err(), Some(PduError::Malformed(1)));
    }

    #[test]
    fn commands_are_cut_to_the_peers_length() {
        let mut out = Vec::new();
        push_command(&mut out, 5, b"abcdefghij", fragment_length(10, 1 << 17));
        let mut buffer = BytesMut::from(&out[..]);
        let mut got = Vec::new();
        while let Ok(Some(Incoming::Data(pdvs))) = next(&mut buffer, 10, 10) {
            got.extend(pdvs.iter().map(|p| (p.context_id, p.command, p.last, p.data.to_vec())));
        }
        assert_eq!(
            got,
            [
                (5, true, false, b"abcd".to_vec()),
                (5, true, false, b"efgh".to_vec()),
                (5, true, true, b"ij".to_vec())
            ]
        );
        assert_eq!(fragment_length(0, 131_072), 131_066);
        assert_eq!(fragment_length(16_385, 131_072), 16_378);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..512), kind in 0u8..9) {
            let mut pdu = vec![kind, 0];
            pdu.extend((bytes.len() as u32).to_be_bytes());
            pdu.extend(&bytes);
            let _ = take(&pdu);
            let _ = take(&bytes);
        }

        #[test]
        fn no_items_make_it_panic(
            items in prop::collection::vec((any::<u8>(), 0u16..9, prop::collection::vec(any::<u8>(), 0..9)), 0..9),
            accept: bool,
        ) {
            let mut pdu = vec![1 + u8::from(accept); 74];
            for (kind, length, value) in items {
                pdu.extend([kind, 0]);
                pdu.extend(length.to_be_bytes());
                pdu.extend(value);
            }
            let length = (pdu.len() - PDU_HEADER) as u32;
            pdu[2..6].copy_from_slice(&length.to_be_bytes());
            if let Some(stripped) = without_unrecognised_items(&pdu) {
                prop_assert!(stripped.len() < pdu.len());
                prop_assert!(without_unrecognised_items(&stripped).is_none());
            }
            let _ = take(&pdu);
        }

        #[test]
        fn no_damage_to_an_associate_request_makes_it_panic(
            at in 0usize..400, value: u8, cut in 0usize..400,
        ) {
            let mut bytes = request();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = take(&bytes);
            let cut = cut % bytes.len();
            let _ = take(&bytes[..cut]);
        }
    }

    /// An A-ASSOCIATE-RQ with every kind of item.
    fn request() -> Vec<u8> {
        use dicom_ul::pdu::{
            AssociationRQ, PresentationContextProposed, RequestorRoles, UserIdentity,
            UserIdentityType, UserVariableItem as Item,
        };
        encode(&Pdu::AssociationRQ(AssociationRQ {
            protocol_version: 1,
            calling_ae_title: "CALLER".into(),
            called_ae_title: "TOKUMEI".into(),
            application_context_name: super::super::uid::APPLICATION_CONTEXT.into(),
            presentation_contexts: vec![PresentationContextProposed {
                id: 1,
                abstract_syntax: super::super::uid::VERIFICATION.into(),
                transfer_syntaxes: vec!["1.2.840.10008.1.2".into()],
            }],
            user_variables: vec![
                Item::MaxLength(MAX),
                Item::ImplementationClassUID("1.2.3".into()),
                Item::SopClassExtendedNegotiationSubItem("1.2.3".into(), vec![2, 0]),
                Item::ScuScpRoleSelectionSubItem(
                    "1.2.3".into(),
                    RequestorRoles { scu: true, scp: false },
                ),
                Item::Unknown(0x53, vec![0, 1, 0, 1]),
                Item::UserIdentityItem(UserIdentity::new(
                    true,
                    UserIdentityType::UsernamePassword,
                    b"user".to_vec(),
                    b"pass".to_vec(),
                )),
            ],
        }))
        .unwrap()
    }
}
