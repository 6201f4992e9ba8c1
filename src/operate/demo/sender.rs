//! The demo's modality: a small Storage SCU that sends made-up objects over one association.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, bail};
use bytes::BytesMut;
use dicom_dictionary_std::tags;
use dicom_ul::pdu::{
    AssociationRQ, PresentationContextProposed, PresentationContextResultReason, UserVariableItem,
};

use super::objects::Attributes;
use crate::dicom::{
    dimse::{Command, Status},
    pdu::{self, Incoming, Pdu},
    syntax::EXPLICIT_LITTLE,
    uid,
};

const MAX_PDU: u32 = 65_536;

/// An open association. One presentation context for each SOP class, Explicit VR Little Endian.
pub(super) struct Sender {
    stream: TcpStream,
    buffer: BytesMut,
    contexts: Vec<(u8, String)>,
    fragment: usize,
    message_id: u16,
}

impl Sender {
    /// Asks for an association in which all the objects can be sent.
    ///
    /// # Errors
    /// No connection, or the association was rejected.
    pub fn open(
        address: SocketAddr,
        calling: &str,
        called: &str,
        objects: &[Attributes],
    ) -> anyhow::Result<Sender> {
        let mut contexts: Vec<(u8, String)> = Vec::new();
        for object in objects {
            let class = object.text(tags::SOP_CLASS_UID);
            if !contexts.iter().any(|(_, known)| *known == class) {
                contexts.push((u8::try_from(contexts.len() * 2 + 1)?, class));
            }
        }
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut sender =
            Sender { stream, buffer: BytesMut::new(), contexts, fragment: 0, message_id: 0 };
        sender.stream.write_all(&pdu::encode(&sender.request(calling, called))?)?;
        match sender.next()? {
            Incoming::Control(Pdu::AssociationAC(answer)) => {
                let max = answer.user_variables.iter().find_map(|item| match item {
                    UserVariableItem::MaxLength(max) => Some(*max),
                    _ => None,
                });
                sender.fragment = pdu::fragment_length(max.unwrap_or(0), MAX_PDU);
                sender.contexts.retain(|(id, _)| {
                    answer.presentation_contexts.iter().any(|c| {
                        c.id == *id && c.reason == PresentationContextResultReason::Acceptance
                    })
                });
                Ok(sender)
            }
            Incoming::Control(Pdu::AssociationRJ(_)) => bail!("the association was rejected"),
            _ => bail!("the association was not accepted"),
        }
    }

    fn request(&self, calling: &str, called: &str) -> Pdu {
        Pdu::AssociationRQ(AssociationRQ {
            protocol_version: 1,
            calling_ae_title: calling.to_owned(),
            called_ae_title: called.to_owned(),
            application_context_name: uid::APPLICATION_CONTEXT.to_owned(),
            presentation_contexts: self
                .contexts
                .iter()
                .map(|(id, class)| PresentationContextProposed {
                    id: *id,
                    abstract_syntax: class.clone(),
                    transfer_syntaxes: vec![EXPLICIT_LITTLE.to_owned()],
                })
                .collect(),
            user_variables: vec![
                UserVariableItem::MaxLength(MAX_PDU),
                UserVariableItem::ImplementationClassUID("2.25.1".to_owned()),
                UserVariableItem::ImplementationVersionName("MADE_UP".to_owned()),
            ],
        })
    }

    /// Sends one object; the status that came back.
    ///
    /// # Errors
    /// No context for its class, or the association broke.
    pub fn store(&mut self, object: &Attributes) -> anyhow::Result<Status> {
        let sop_class = object.text(tags::SOP_CLASS_UID);
        let context = self.contexts.iter().find(|(_, class)| *class == sop_class);
        let context = context.context("no presentation context was accepted")?.0;
        self.message_id += 1;
        let command = Command::StoreRequest {
            message_id: self.message_id,
            sop_class,
            sop_instance: object.text(tags::SOP_INSTANCE_UID),
        };
        let mut out = Vec::new();
        pdu::push_command(&mut out, context, &command.encode(None), self.fragment);
        let data = object.encode();
        let mut fragments = data.chunks(self.fragment).peekable();
        while let Some(fragment) = fragments.next() {
            let length = u32::try_from(fragment.len())?;
            let last = fragments.peek().is_none();
            out.extend_from_slice(&pdu::data_header(context, false, last, length));
            out.extend_from_slice(fragment);
        }
        self.stream.write_all(&out)?;
        let mut answer = Vec::new();
        loop {
            let Incoming::Data(values) = self.next()? else { bail!("the association was aborted") };
            for value in values {
                answer.extend_from_slice(&value.data);
                if value.last {
                    return match Command::parse(&answer)? {
                        Command::StoreResponse { message_id, status, .. }
                            if message_id == self.message_id =>
                        {
                            Ok(status)
                        }
                        _ => bail!("another answer than to this request"),
                    };
                }
            }
        }
    }

    /// Releases the association.
    ///
    /// # Errors
    /// The association broke.
    pub fn release(mut self) -> anyhow::Result<()> {
        self.stream.write_all(&pdu::RELEASE_RQ)?;
        match self.next()? {
            Incoming::Control(Pdu::ReleaseRP) => Ok(()),
            _ => bail!("the release was not answered"),
        }
    }

    fn next(&mut self) -> anyhow::Result<Incoming> {
        let mut chunk = [0; 16 * 1024];
        loop {
            if let Some(incoming) = pdu::next(&mut self.buffer, MAX_PDU, MAX_PDU)? {
                return Ok(incoming);
            }
            match self.stream.read(&mut chunk)? {
                0 => bail!("the connection was closed"),
                read => self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            }
        }
    }
}
