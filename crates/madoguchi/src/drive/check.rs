//! The checker: what the clients know, against every replica of the journal and every site's view.

pub mod floor;
pub mod replica;
pub mod stored;
pub mod views;

use std::{collections::BTreeMap, time::Duration};

use prost::Message as _;
use proto::{
    chat::v1::{ChatEvent, chat_event::What},
    routing::v1::RoutingEvent,
};
use tokio::time::Instant;
use uuid::Uuid;

use self::{
    floor::{FloorCheck, taken_twice},
    replica::{Kept, Replica},
    stored::{Findings, Stored, compare, complete},
};
use super::{
    Error,
    ledger::{Diary, Seen},
};
use crate::up::Center;

/// How long the views may take to catch up after everything is healed.
const CATCH_UP: Duration = Duration::from_secs(60);
/// Receipts wait for at most a second in `chat`, and for a quarter of one at the door.
const REST: Duration = Duration::from_secs(3);
/// How often everything is read again because something was still written.
const RESTLESS: usize = 60;

/// Where the journal stood before a run.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// Last sequence of the chat stream.
    pub chat: u64,
    /// Last sequence of the floor's stream.
    pub routing: u64,
}

impl Mark {
    /// Where it stands now.
    ///
    /// # Errors
    /// When the journal does not answer.
    pub async fn now(center: &Center) -> Result<Self, Error> {
        let replica = any_replica(center).await?;
        Ok(Self { chat: replica.last_sequence("CHAT").await?, routing: replica.last_sequence("ROUTING").await? })
    }
}

/// What all checks of a run say.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Lost, doubled and out of order, over all replicas and views.
    pub findings: Findings,
    /// Contacts accepted by two.
    pub double_accepts: u64,
    /// Writes of an owner that had been replaced.
    pub stale_writes: u64,
    /// Hand-overs of the floor during the run.
    pub claims: u64,
    /// Both sites' views hold the same, and what the journal says.
    pub views_equal: bool,
    /// All servers hold the same messages.
    pub replicas_equal: bool,
}

/// Checks a run that is over. Everything must run again. Late receipts may still be written: what was read while the journal moved
/// is read again.
///
/// # Errors
/// When a replica or a view cannot be read, or a view does not catch up within a minute, or the journal does not come to rest.
pub async fn everything(center: &Center, mark: &Mark, diaries: &[Diary]) -> Result<Verdict, Error> {
    for _ in 0..RESTLESS {
        let last = at_rest(center).await?;
        let verdict = up_to(center, mark, diaries, last).await?;
        if any_replica(center).await?.last_sequence("CHAT").await? == last {
            for note in &verdict.findings.notes {
                super::figures::say(&format!("  {note}"));
            }
            return Ok(verdict);
        }
    }
    Err(Error::Answer("the journal did not come to rest after everybody had left".to_owned()))
}

/// The chat stream's last sequence, once nothing came for longer than a late receipt takes: what is written after the check would
/// count as the next run's.
async fn at_rest(center: &Center) -> Result<u64, Error> {
    let replica = any_replica(center).await?;
    let mut last = replica.last_sequence("CHAT").await?;
    let (mut since, start) = (Instant::now(), Instant::now());
    while since.elapsed() < REST && start.elapsed() < CATCH_UP {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = replica.last_sequence("CHAT").await?;
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    Ok(last)
}

async fn up_to(center: &Center, mark: &Mark, diaries: &[Diary], last: u64) -> Result<Verdict, Error> {
    let copies = copies(center, "CHAT", "chat.>", mark.chat, last).await?;
    let mut verdict = Verdict { replicas_equal: same(&copies), ..Verdict::default() };
    let mut journal = Stored::new();
    for (server, kept) in &copies {
        journal = conversations(kept)?;
        verdict.findings.add(compare(server, diaries.iter(), &journal));
    }
    let ends: BTreeMap<Uuid, u64> = diaries.iter().filter_map(|diary| diary.end).collect();
    for (conversation, track) in diaries.iter().flat_map(|diary| &diary.tracks) {
        if let Some(end) = ends.get(conversation) {
            verdict.findings.add(complete(*conversation, track, *end));
        }
    }
    let views = views::caught_up(center, last, CATCH_UP).await?;
    verdict.views_equal = views::check(&views, &journal, &mut verdict.findings).await?;
    floor(center, mark, diaries, &mut verdict).await?;
    Ok(verdict)
}

/// Mean size in bytes of the stored units that hold one message.
///
/// # Errors
/// When the journal cannot be read, or holds no such unit.
pub async fn unit_bytes(center: &Center) -> Result<usize, Error> {
    let replica = any_replica(center).await?;
    let after = replica.last_sequence("CHAT").await?.saturating_sub(20_000);
    let mut sizes = Vec::new();
    for kept in replica.read("CHAT", "chat.>", after).await? {
        let events = kept.unit()?.events;
        let said = events.iter().filter_map(|event| ChatEvent::decode(event.clone()).ok()?.what);
        if events.len() == 1 && said.into_iter().all(|what| matches!(what, What::MessagePosted(_))) {
            sizes.push(kept.payload.len());
        }
    }
    let mean = sizes.iter().sum::<usize>().checked_div(sizes.len());
    mean.ok_or_else(|| Error::Answer("no unit of the chat stream holds just one message".into()))
}

async fn floor(center: &Center, mark: &Mark, diaries: &[Diary], verdict: &mut Verdict) -> Result<(), Error> {
    let mut check = FloorCheck::default();
    let mut before = 0;
    for kept in any_replica(center).await?.read("ROUTING", "routing.>", 0).await? {
        let unit = kept.unit()?;
        let events: Result<Vec<RoutingEvent>, _> = unit.events.iter().cloned().map(RoutingEvent::decode).collect();
        let events = events.map_err(|error| Error::Answer(format!("ROUTING {}: {error}", kept.sequence)))?;
        check.unit(kept.sequence, &unit, &events);
        if kept.sequence <= mark.routing {
            before = check.findings().claims;
        }
    }
    let found = check.findings();
    verdict.claims = found.claims - before;
    verdict.stale_writes = found.stale_units;
    verdict.double_accepts = found.double_accepts + taken_twice(diaries.iter().map(|diary| diary.accepts.as_slice()));
    verdict.findings.notes.extend(found.notes.iter().cloned());
    Ok(())
}

/// A server of the journal that answers.
///
/// # Errors
/// When none does.
pub async fn any_replica(center: &Center) -> Result<Replica, Error> {
    let access = center.nats();
    let mut last = Error::Answer("the center has no journal".into());
    for server in &access.servers {
        match Replica::connect(&access, server).await {
            Ok(replica) => return Ok(replica),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Every server's copy, once it has everything up to `last`.
async fn copies(
    center: &Center,
    stream: &str,
    subjects: &str,
    after: u64,
    last: u64,
) -> Result<Vec<(String, Vec<Kept>)>, Error> {
    let access = center.nats();
    let mut copies = Vec::new();
    for server in &access.servers {
        let replica = Replica::connect(&access, server).await?;
        let start = Instant::now();
        let kept = loop {
            match replica.read(stream, subjects, after).await {
                Ok(kept) if kept.last().map_or(after, |kept| kept.sequence) >= last => break kept,
                Ok(kept) if start.elapsed() > CATCH_UP => break kept,
                Err(error) if start.elapsed() > CATCH_UP => return Err(error),
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        copies.push((server.clone(), kept));
    }
    Ok(copies)
}

fn same(copies: &[(String, Vec<Kept>)]) -> bool {
    let key = |kept: &Kept| (kept.sequence, kept.subject.clone(), kept.id.clone(), kept.payload.clone());
    let first: Option<Vec<_>> = copies.first().map(|(_, kept)| kept.iter().map(key).collect());
    copies.iter().all(|(_, kept)| Some(kept.iter().map(key).collect()) == first)
}

/// Messages of the CHAT stream as conversations, in the journal's order.
fn conversations(kept: &[Kept]) -> Result<Stored, Error> {
    let mut stored: BTreeMap<Uuid, Vec<Seen>> = BTreeMap::new();
    for message in kept {
        let strange = |why: String| Error::Answer(format!("CHAT {}: {why}", message.sequence));
        let name = message.subject.trim_start_matches("chat.");
        let conversation = Uuid::parse_str(name).map_err(|error| strange(error.to_string()))?;
        for event in message.unit()?.events {
            let event = ChatEvent::decode(event).map_err(|error| strange(error.to_string()))?;
            let message = match &event.what {
                Some(What::MessagePosted(posted)) => Uuid::parse_str(&posted.message_id).ok(),
                Some(
                    What::Opened(_)
                    | What::Delivered(_)
                    | What::Read(_)
                    | What::Assigned(_)
                    | What::Transferred(_)
                    | What::Closed(_)
                    | What::Reopened(_)
                    | What::Noted(_)
                    | What::Wrapped(_)
                    | What::Joined(_)
                    | What::Left(_)
                    | What::Rated(_)
                    | What::FilePosted(_)
                    | What::CallbackAsked(_)
                    | What::CallbackCancelled(_)
                    | What::Hidden(_),
                )
                | None => None,
            };
            let seen = Seen { number: event.number, message };
            stored.entry(conversation).or_default().push(seen);
        }
    }
    Ok(stored)
}
