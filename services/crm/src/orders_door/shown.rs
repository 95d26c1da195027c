//! Orders and commands as agents see them.

use journal::DataKey;
use prost::Message as _;
use proto::{
    crm::v1::{self as pb, OrderPrivate, ShopWords},
    journal::v1::{Claim, Sealed},
};

use crate::{
    order::{report, view::Row},
    shop::{
        carrier::{opened, subject},
        command::Command,
    },
};

/// An order; without the key, what is not personal.
pub(crate) fn order(row: &Row, key: Option<&DataKey>) -> pb::Order {
    let sealed = row.sealed.clone().map(|bytes| Sealed { key_id: row.record_id.clone(), r#box: bytes.into() });
    let private = key.zip(sealed).and_then(|(key, sealed)| key.open(&report::subject(&row.order_id), &sealed).ok());
    pb::Order {
        order_id: row.order_id.clone(),
        record_id: row.record_id.clone(),
        state: Some(row.state()),
        private: private.and_then(|plain| OrderPrivate::decode(plain.as_slice()).ok()),
        version: row.version.unsigned_abs(),
        source: row.source.clone(),
    }
}

/// A command; without the key, what is not personal.
pub(super) fn command(id: String, command: Command, claim: Option<Claim>, key: Option<&DataKey>) -> pb::Command {
    let words = key.zip(command.words.as_ref()).and_then(|(key, words)| key.open(&subject(&id), words).ok());
    let owner = claim.map(|claim| claim.owner).unwrap_or_default();
    pb::Command {
        body: key.and_then(|key| opened(&id, &command, key)),
        words: words.and_then(|plain| ShopWords::decode(plain.as_slice()).ok()),
        command_id: id,
        shop: command.asked.shop,
        record_id: command.asked.record_id,
        order_id: command.order,
        kind: command.asked.kind,
        state: command.state.into(),
        by: command.asked.by,
        conversation_id: command.asked.conversation_id,
        asked_at_ms: command.asked_at,
        at_ms: command.at,
        attempts: command.attempts,
        fault: command.fault,
        reason: command.reason,
        told: command.told.map(|reason| if reason.is_empty() { "told".to_owned() } else { reason }).unwrap_or_default(),
        site: owner.split('.').next().unwrap_or_default().to_owned(),
    }
}
