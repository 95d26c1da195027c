//! What another gateway needs to go on with a call.

use rsipstack::{
    dialog::{
        DialogId,
        dialog::{DialogSnapshot, DialogSnapshotState},
    },
    sip::{
        Route, Uri,
        headers::untyped::Contact,
        prelude::ToTypedHeader as _,
        typed::{From as TypedFrom, To as TypedTo},
    },
    transaction::key::TransactionRole,
};
use serde::{Deserialize, Serialize};

use super::{error::SipError, wire};
use crate::sip::config::Transport;

/// The form of [`Snapshot`]; another one is refused.
const VERSION: u8 = 1;

/// A dialog as it stood when the leg was confirmed or last changed. Holds no secret, but numbers: seal it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    version: u8,
    /// True when the other side called.
    incoming: bool,
    call_id: String,
    local_tag: String,
    remote_tag: String,
    from: String,
    to: String,
    local_cseq: u32,
    remote_cseq: u32,
    remote_target: String,
    remote_contact: Option<String>,
    routes: Vec<String>,
    reliable: bool,
    /// The trunk that carries the leg.
    pub trunk: Option<String>,
    /// The agent whose phone it is.
    pub agent: Option<String>,
}

impl Snapshot {
    /// For the journal.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// From the journal.
    ///
    /// # Errors
    /// [`SipError::BadSnapshot`] when the bytes are none, or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SipError> {
        let snapshot: Self = serde_json::from_slice(bytes).map_err(|_| SipError::BadSnapshot("not a snapshot"))?;
        if snapshot.version != VERSION {
            return Err(SipError::BadSnapshot("another version"));
        }
        Ok(snapshot)
    }

    /// The Call-ID on the wire.
    pub fn sip_call_id(&self) -> &str {
        &self.call_id
    }

    pub(super) fn take(dialog: &DialogSnapshot, trunk: Option<String>, agent: Option<String>) -> Self {
        Self {
            version: VERSION,
            incoming: dialog.role == TransactionRole::Server,
            call_id: dialog.id.call_id.clone(),
            local_tag: dialog.id.local_tag.clone(),
            remote_tag: dialog.id.remote_tag.clone(),
            from: dialog.from.to_string(),
            to: dialog.to.to_string(),
            local_cseq: dialog.local_cseq,
            remote_cseq: dialog.remote_cseq,
            remote_target: dialog.remote_uri.to_string(),
            remote_contact: dialog.remote_contact.as_ref().map(|contact| contact.value().to_owned()),
            routes: dialog.route_set.iter().map(|route| route.value().to_owned()).collect(),
            reliable: dialog.supports_100rel,
            trunk,
            agent,
        }
    }

    pub(super) fn id(&self) -> DialogId {
        DialogId {
            call_id: self.call_id.clone(),
            local_tag: self.local_tag.clone(),
            remote_tag: self.remote_tag.clone(),
        }
    }

    /// How the first hop towards the other side is reached.
    pub(super) fn transport(&self) -> Result<Transport, SipError> {
        let hop = match self.routes.first() {
            Some(route) => Route::from(route.clone()).typed().map_err(|_| SipError::BadSnapshot("its route"))?.uri,
            None => self.target()?,
        };
        Ok(wire::transport(&hop))
    }

    fn target(&self) -> Result<Uri, SipError> {
        Uri::try_from(self.remote_target.as_str()).map_err(|_| SipError::BadSnapshot("its target"))
    }

    /// The dialog as the new owner has it: its own contact, and a sequence number that the dead owner cannot have reached.
    pub(super) fn dialog(&self, contact: Uri) -> Result<DialogSnapshot, SipError> {
        Ok(DialogSnapshot {
            state: DialogSnapshotState::Confirmed,
            role: if self.incoming { TransactionRole::Server } else { TransactionRole::Client },
            id: self.id(),
            from: TypedFrom::parse(&self.from).map_err(|_| SipError::BadSnapshot("its From"))?,
            to: TypedTo::parse(&self.to).map_err(|_| SipError::BadSnapshot("its To"))?,
            local_cseq: self.local_cseq.saturating_add(LEAP),
            remote_cseq: self.remote_cseq,
            local_contact: Some(contact),
            remote_uri: self.target()?,
            remote_contact: self.remote_contact.clone().map(Contact::from),
            route_set: self.routes.iter().cloned().map(Route::from).collect(),
            supports_100rel: self.reliable,
            session_id: None,
        })
    }
}

/// How far the sequence number leaps at a takeover: requests that the dead owner sent since the snapshot are fewer.
const LEAP: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Snapshot {
        Snapshot {
            version: VERSION,
            incoming: true,
            call_id: "abc@203.0.113.7".to_owned(),
            local_tag: "ours".to_owned(),
            remote_tag: "theirs".to_owned(),
            from: "\"鈴木\" <sip:0312345678@carrier.example>;tag=theirs".to_owned(),
            to: "<sip:0120@gw.example>;tag=ours".to_owned(),
            local_cseq: 3,
            remote_cseq: 9,
            remote_target: "sip:0312345678@203.0.113.7:5070;transport=TCP".to_owned(),
            remote_contact: Some("<sip:0312345678@203.0.113.7:5070>".to_owned()),
            routes: vec!["<sip:proxy.example;lr>".to_owned()],
            reliable: false,
            trunk: Some("main".to_owned()),
            agent: None,
        }
    }

    #[test]
    fn it_comes_back_whole_from_bytes_and_from_a_dialog() {
        let snapshot = sample();
        assert_eq!(Snapshot::from_bytes(&snapshot.to_bytes()).unwrap(), snapshot);
        let dialog = snapshot.dialog(Uri::try_from("sip:192.0.2.1:5060").unwrap()).unwrap();
        assert_eq!(dialog.local_cseq, 103);
        assert_eq!(dialog.local_contact.as_ref().unwrap().to_string(), "sip:192.0.2.1:5060");
        let again = Snapshot::take(&dialog, Some("main".to_owned()), None);
        assert_eq!(again, Snapshot { local_cseq: 103, ..snapshot });
    }

    #[test]
    fn the_transport_is_that_of_the_first_hop() {
        assert_eq!(sample().transport().unwrap(), Transport::Udp);
        assert_eq!(Snapshot { routes: Vec::new(), ..sample() }.transport().unwrap(), Transport::Tcp);
    }

    #[test]
    fn others_are_refused() {
        assert!(Snapshot::from_bytes(b"{}").is_err());
        assert!(Snapshot::from_bytes(b"").is_err());
        let newer = Snapshot { version: VERSION + 1, ..sample() };
        assert!(matches!(Snapshot::from_bytes(&newer.to_bytes()), Err(SipError::BadSnapshot("another version"))));
    }
}
