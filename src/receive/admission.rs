//! Who is admitted, and for what: the answer to an A-ASSOCIATE-RQ (PS3.8 9.3.2 to 9.3.4).

use std::net::IpAddr;

use dicom_ul::pdu::{
    AbortRQServiceProviderReason as AbortReason, AssociationAC, AssociationRJ, AssociationRJResult,
    AssociationRJServiceProviderASCEReason as AcseReason,
    AssociationRJServiceUserReason as UserReason, AssociationRJSource, AssociationRQ, Pdu,
    PresentationContextProposed, PresentationContextResult,
    PresentationContextResultReason as ContextReason, UserIdentityType, UserVariableItem,
};

use super::{Settings, UnknownClasses};
use crate::dicom::{
    sop_class,
    syntax::{self, TransferSyntax},
    uid,
};

/// More presentation contexts than this cannot have ids of their own (PS3.8 9.3.2.2).
const MAX_CONTEXTS: usize = 128;

/// A peer that takes less than this cannot be answered sensibly.
const SMALLEST_PEER_PDU: u32 = 16;

/// An accepted presentation context.
pub(super) struct Context {
    pub(super) abstract_syntax: String,
    pub(super) transfer_syntax: &'static TransferSyntax,
}

/// The accepted presentation contexts by id.
pub(super) struct Contexts(Vec<(u8, Context)>);

impl Contexts {
    pub(super) fn get(&self, id: u8) -> Option<&Context> {
        self.0.binary_search_by_key(&id, |(id, _)| *id).ok().map(|at| &self.0[at].1)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// What an association was admitted for.
pub(super) struct Accepted {
    pub(super) answer: Pdu,
    pub(super) contexts: Contexts,
    /// The largest P-DATA-TF that the peer takes; 0 for no limit.
    pub(super) peer_max: u32,
}

/// Why an association was not admitted.
pub(super) enum Refusal {
    /// A-ASSOCIATE-RJ, and why in words for the log.
    Reject(AssociationRJ, &'static str),
    /// A-ABORT, and why.
    Abort(AbortReason, &'static str),
}

impl Refusal {
    /// A permanent rejection by the service user.
    fn by_user(reason: UserReason, why: &'static str) -> Refusal {
        let source = AssociationRJSource::ServiceUser(reason);
        Refusal::Reject(AssociationRJ { result: AssociationRJResult::Permanent, source }, why)
    }
}

/// Judges a request: first the caller, then what it wants.
pub(super) fn negotiate(
    request: &AssociationRQ,
    settings: &Settings,
    address: IpAddr,
) -> Result<Accepted, Refusal> {
    // Only bit 0 is to be tested (PS3.8 9.3.2).
    if request.protocol_version & 1 == 0 {
        let source =
            AssociationRJSource::ServiceProviderASCE(AcseReason::ProtocolVersionNotSupported);
        let reject = AssociationRJ { result: AssociationRJResult::Permanent, source };
        return Err(Refusal::Reject(reject, "protocol version not supported"));
    }
    if clean(&request.application_context_name) != uid::APPLICATION_CONTEXT {
        return Err(Refusal::by_user(
            UserReason::ApplicationContextNameNotSupported,
            "application context not supported",
        ));
    }
    // The caller comes before the called title: an unknown caller learns nothing else.
    if !is_known(&request.calling_ae_title, settings, address) {
        return Err(Refusal::by_user(
            UserReason::CallingAETitleNotRecognized,
            "calling AE title not recognised from this address",
        ));
    }
    if request.called_ae_title != settings.ae_title.trim() {
        return Err(Refusal::by_user(
            UserReason::CalledAETitleNotRecognized,
            "called AE title not recognised",
        ));
    }
    let peer_max = request
        .user_variables
        .iter()
        .find_map(|item| match item {
            UserVariableItem::MaxLength(max) => Some(*max),
            _ => None,
        })
        .unwrap_or(0);
    if (1..SMALLEST_PEER_PDU).contains(&peer_max) {
        let why = "maximum length too small for any answer";
        return Err(Refusal::Abort(AbortReason::InvalidPduParameter, why));
    }
    let (results, contexts) = contexts(&request.presentation_contexts, settings)?;
    let answer = Pdu::AssociationAC(AssociationAC {
        protocol_version: 1,
        calling_ae_title: request.calling_ae_title.clone(),
        called_ae_title: request.called_ae_title.clone(),
        application_context_name: uid::APPLICATION_CONTEXT.into(),
        presentation_contexts: results,
        user_variables: user_variables(request, settings),
    });
    Ok(Accepted { answer, contexts, peer_max })
}

/// Whether there is anybody who may call from this address.
pub(super) fn may_call_from(settings: &Settings, address: IpAddr) -> bool {
    (settings.allow_local && address.to_canonical().is_loopback())
        || settings.callers.iter().any(|caller| caller.address.contains(address))
}

fn is_known(calling: &str, settings: &Settings, address: IpAddr) -> bool {
    if !is_ae_title(calling) {
        return false;
    }
    (settings.allow_local && address.to_canonical().is_loopback())
        || settings.callers.iter().any(|caller| {
            (caller.ae_title == "*" || caller.ae_title.trim() == calling)
                && caller.address.contains(address)
        })
}

/// Whether the text is an AE title (PS3.5 6.2): 1 to 16 characters of ISO 646 without controls and backslash.
fn is_ae_title(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|b| matches!(b, 0x20..=0x7e) && b != b'\\')
}

/// An AE title as it may stand in a log: nothing in it but what an AE title can hold.
pub(super) fn printable(title: &str) -> String {
    title.chars().take(16).map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect()
}

type Negotiated = (Vec<PresentationContextResult>, Contexts);

fn contexts(
    proposed: &[PresentationContextProposed],
    settings: &Settings,
) -> Result<Negotiated, Refusal> {
    let invalid = |why| Err(Refusal::Abort(AbortReason::InvalidPduParameter, why));
    if proposed.is_empty() || proposed.len() > MAX_CONTEXTS {
        return invalid("no presentation contexts, or too many");
    }
    let mut seen = [false; 256];
    let mut results = Vec::with_capacity(proposed.len());
    let mut accepted = Vec::with_capacity(proposed.len());
    for context in proposed {
        if context.id % 2 == 0 || std::mem::replace(&mut seen[usize::from(context.id)], true) {
            return invalid("a presentation context id that is even or repeated");
        }
        let chosen = choose(context, settings);
        let (reason, transfer_syntax) = match &chosen {
            Ok(context) => (ContextReason::Acceptance, context.transfer_syntax.uid),
            // Not significant, but the item must be there (PS3.8 9.3.3.2).
            Err(reason) => (reason.clone(), "1.2.840.10008.1.2"),
        };
        let transfer_syntax = transfer_syntax.into();
        results.push(PresentationContextResult { id: context.id, reason, transfer_syntax });
        accepted.extend(chosen.ok().map(|chosen| (context.id, chosen)));
    }
    accepted.sort_unstable_by_key(|(id, _)| *id);
    Ok((results, Contexts(accepted)))
}

/// Takes Verification and storage classes, with the first transfer syntax in the peer's order that we carry.
fn choose(
    proposed: &PresentationContextProposed,
    settings: &Settings,
) -> Result<Context, ContextReason> {
    let class = clean(&proposed.abstract_syntax);
    let taken = class == uid::VERIFICATION
        || sop_class::is_storage(class)
        || (settings.unknown_sop_classes == UnknownClasses::Quarantine
            && sop_class::is_unknown(class));
    if !taken {
        return Err(ContextReason::AbstractSyntaxNotSupported);
    }
    let transfer_syntax = proposed
        .transfer_syntaxes
        .iter()
        .find_map(|uid| syntax::lookup(clean(uid)))
        .ok_or(ContextReason::TransferSyntaxesNotSupported)?;
    Ok(Context { abstract_syntax: class.into(), transfer_syntax })
}

/// Strips the padding that some writers put behind a UID.
fn clean(uid: &str) -> &str {
    uid.trim_matches(['\0', ' '])
}

/// Our user information. Asynchronous operations and extended negotiation are not answered, which means their
/// defaults (PS3.7 D.3.3.3, D.3.3.5).
fn user_variables(request: &AssociationRQ, settings: &Settings) -> Vec<UserVariableItem> {
    let mut items = vec![
        UserVariableItem::MaxLength(settings.max_pdu),
        UserVariableItem::ImplementationClassUID(uid::IMPLEMENTATION_CLASS_UID.into()),
        UserVariableItem::ImplementationVersionName(uid::IMPLEMENTATION_VERSION.into()),
    ];
    let asked = request.user_variables.iter().any(|item| match item {
        UserVariableItem::UserIdentityItem(identity) => {
            identity.positive_response_requested()
                && matches!(
                    identity.identity_type(),
                    UserIdentityType::Username | UserIdentityType::UsernamePassword
                )
        }
        _ => false,
    });
    if asked {
        // A server response of no bytes, as for these types (PS3.7 D.3.3.7.2).
        items.push(UserVariableItem::Unknown(0x59, vec![0, 0]));
    }
    items
}
