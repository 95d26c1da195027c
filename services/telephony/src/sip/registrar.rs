//! Agents' SIP phones: who they are, and where.

use std::{
    collections::HashMap,
    sync::{Mutex, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use rsipstack::{
    sip::{Header, HeadersExt as _, Request, StatusCode, Uri, typed::Contact},
    transaction::transaction::Transaction,
    transport::SipAddr,
};

use super::{
    config::Phone,
    digest::{NonceBook, Proof, Refused},
    event::PhoneStatus,
    gate::lock,
    legs::Shared,
    wire,
};
use crate::media;

/// All phones and their registrations.
#[derive(Debug)]
pub(super) struct Phones(Mutex<Book>);

#[derive(Debug)]
struct Book {
    by_user: HashMap<String, Phone>,
    bindings: HashMap<String, Binding>,
    nonces: NonceBook,
}

/// Where a phone is.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// How it wants to be addressed.
    pub(super) contact: Uri,
    /// Where its packets come from, which is where ours go: it may sit behind a router.
    pub(super) at: SipAddr,
    user_agent: String,
    until: Instant,
}

/// Why a request of a phone is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unproven {
    /// It has to prove itself; true when its last proof was only too old.
    Challenge(bool),
    /// It proved somebody else, or nobody.
    Wrong,
}

impl Phones {
    pub(super) fn new(phones: Vec<Phone>, nonce_s: u64) -> Self {
        let nonces = NonceBook::new(rand::random(), nonce_s * 1_000);
        let book = Book { by_user: HashMap::new(), bindings: HashMap::new(), nonces };
        let all = Self(Mutex::new(book));
        all.set(phones);
        all
    }

    /// Takes a new list; phones that are gone from it, or whose secret changed, are no longer registered.
    pub(super) fn set(&self, phones: Vec<Phone>) {
        let mut book = lock(&self.0);
        let old = std::mem::take(&mut book.by_user);
        book.by_user = phones.into_iter().map(|phone| (phone.user.clone(), phone)).collect();
        let Book { by_user, bindings, .. } = &mut *book;
        bindings.retain(|user, _| match (old.get(user), by_user.get(user)) {
            (Some(old), Some(new)) => old.ha1 == new.ha1 && old.agent == new.agent,
            (None | Some(_), None | Some(_)) => false,
        });
    }

    /// Where an agent's phone is.
    pub(super) fn find(&self, agent: &str) -> Option<Binding> {
        let book = lock(&self.0);
        let now = Instant::now();
        let users = book.by_user.values().filter(|phone| phone.agent == agent);
        users
            .filter_map(|phone| book.bindings.get(&phone.user))
            .filter(|at| at.until > now)
            .max_by_key(|at| at.until)
            .cloned()
    }

    /// What an agent's phones want of their sound, together.
    pub(super) fn wish(&self, agent: &str) -> media::Wish {
        let book = lock(&self.0);
        book.by_user
            .values()
            .filter(|phone| phone.agent == agent)
            .map(Phone::wish)
            .reduce(media::Wish::max)
            .unwrap_or_default()
    }

    pub(super) fn status(&self, agent: &str) -> Option<PhoneStatus> {
        let binding = self.find(agent)?;
        Some(PhoneStatus {
            agent: agent.to_owned(),
            address: binding.at.get_socketaddr().ok()?,
            transport: binding.at.r#type.map(wire::own_transport).unwrap_or_default(),
            user_agent: binding.user_agent,
            expires_s: binding.until.saturating_duration_since(Instant::now()).as_secs(),
        })
    }

    /// Who made a request: the phone, proven.
    fn prove(&self, request: &Request, realm: &str, now_ms: u64) -> Result<Phone, Unproven> {
        let proof = request.authorization_header().and_then(|header| Proof::parse(header.value()));
        let Some(proof) = proof else { return Err(Unproven::Challenge(false)) };
        let mut book = lock(&self.0);
        let phone = book.by_user.get(&proof.user).cloned().ok_or(Unproven::Wrong)?;
        match book.nonces.check(&proof, realm, &phone.ha1, &request.method.to_string(), now_ms) {
            Ok(()) => Ok(phone),
            Err(Refused::Stale | Refused::Replayed) => Err(Unproven::Challenge(true)),
            Err(Refused::Wrong) => Err(Unproven::Wrong),
        }
    }

    fn challenge(&self, realm: &str, stale: bool, now_ms: u64) -> Header {
        let nonce = lock(&self.0).nonces.issue(now_ms);
        let stale = if stale { ", stale=true" } else { "" };
        let value = format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\"{stale}");
        Header::WwwAuthenticate(value.into())
    }

    fn bind(&self, user: &str, binding: Option<Binding>) {
        let mut book = lock(&self.0);
        match binding {
            Some(binding) => drop(book.bindings.insert(user.to_owned(), binding)),
            None => drop(book.bindings.remove(user)),
        }
    }
}

/// Has a request's sender prove itself. `None` when it was answered with a challenge or refused.
pub(super) async fn proven(shared: &Shared, transaction: &mut Transaction) -> Option<Phone> {
    let now_ms = shared.gate.now_ms();
    let realm = &shared.config.realm;
    let result = match shared.phones.prove(&transaction.original, realm, now_ms) {
        Ok(phone) => return Some(phone),
        Err(Unproven::Challenge(stale)) => {
            let header = shared.phones.challenge(realm, stale, now_ms);
            transaction.reply_with(StatusCode::Unauthorized, vec![header], None).await
        }
        Err(Unproven::Wrong) => {
            shared.gate.count.secret.fetch_add(1, Relaxed);
            transaction.reply(StatusCode::Forbidden).await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a challenge could not be sent");
    }
    None
}

/// What a REGISTER asks for.
#[derive(Debug, PartialEq)]
enum Wish {
    Stay(Uri, u32),
    Go,
    Ask,
    Nonsense,
}

fn wish(request: &Request) -> Wish {
    let header_s = request.expires_header().and_then(|expires| expires.value().trim().parse::<u32>().ok());
    let contacts = request.contact_headers();
    let Some(first) = contacts.first() else { return Wish::Ask };
    if first.value().trim() == "*" {
        return if header_s == Some(0) { Wish::Go } else { Wish::Nonsense };
    }
    let Ok(contacts) = Contact::parse_header_list(first.value()) else { return Wish::Nonsense };
    let Some(contact) = contacts.into_iter().next() else { return Wish::Nonsense };
    match contact.expires().or(header_s).unwrap_or(3_600) {
        0 => Wish::Go,
        wanted_s => Wish::Stay(contact.uri, wanted_s),
    }
}

/// Answers a REGISTER.
pub(super) async fn register(shared: &Shared, mut transaction: Transaction) {
    if !shared.gate.phones.load(Relaxed) {
        shared.gate.count.source.fetch_add(1, Relaxed);
        let _ = transaction.reply(StatusCode::Forbidden).await;
        return;
    }
    let Some(phone) = proven(shared, &mut transaction).await else { return };
    let (status, headers) = decide(shared, &phone, &transaction);
    if let Err(error) = transaction.reply_with(status, headers, None).await {
        tracing::debug!(%error, "a registration could not be answered");
    }
}

fn decide(shared: &Shared, phone: &Phone, transaction: &Transaction) -> (StatusCode, Vec<Header>) {
    let request = &transaction.original;
    let (shortest_s, longest_s) = shared.config.expires_s;
    let named = request.to_header().ok().and_then(|to| to.uri().ok()).map(|uri| wire::party(&uri));
    if named.as_deref() != Some(phone.user.as_str()) {
        return (StatusCode::Forbidden, Vec::new());
    }
    match wish(request) {
        Wish::Nonsense => (StatusCode::BadRequest, Vec::new()),
        Wish::Ask => (StatusCode::OK, shared.phones.find(&phone.agent).map(|at| shown(&at)).into_iter().collect()),
        Wish::Go => {
            shared.phones.bind(&phone.user, None);
            (StatusCode::OK, Vec::new())
        }
        Wish::Stay(_, wanted_s) if wanted_s < shortest_s => {
            (StatusCode::IntervalTooBrief, vec![Header::MinExpires(shortest_s.to_string().into())])
        }
        Wish::Stay(contact, wanted_s) => {
            let at = transaction.connection.as_ref().and_then(|connection| connection.get_remote_addr()).cloned();
            let Some(at) = at else { return (StatusCode::ServerInternalError, Vec::new()) };
            let life_s = u64::from(wanted_s.min(longest_s));
            let user_agent = request.user_agent_header().map(|agent| agent.value().chars().take(80).collect());
            let binding = Binding {
                contact,
                at,
                user_agent: user_agent.unwrap_or_default(),
                until: Instant::now() + Duration::from_secs(life_s),
            };
            let header = shown(&binding);
            shared.phones.bind(&phone.user, Some(binding));
            (StatusCode::OK, vec![header])
        }
    }
}

fn shown(binding: &Binding) -> Header {
    // Rounded, not cut: a life of 60 s is shown as 60.
    let left_s = (binding.until.saturating_duration_since(Instant::now()).as_millis() + 500) / 1_000;
    Header::Contact(format!("<{}>;expires={left_s}", binding.contact).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &str) -> Request {
        let text = format!(
            "REGISTER sip:gw SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:a@gw>;tag=1\r\n\
             To: <sip:a@gw>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n{headers}Content-Length: 0\r\n\r\n"
        );
        Request::try_from(text.as_str()).unwrap()
    }

    #[test]
    fn what_a_phone_wishes() {
        let uri = |text: &str| Uri::try_from(text).unwrap();
        let stay = |s| Wish::Stay(uri("sip:a@192.0.2.9:5062"), s);
        assert_eq!(wish(&request("Contact: <sip:a@192.0.2.9:5062>;expires=120\r\nExpires: 60\r\n")), stay(120));
        assert_eq!(wish(&request("Contact: <sip:a@192.0.2.9:5062>\r\nExpires: 60\r\n")), stay(60));
        assert_eq!(wish(&request("Contact: <sip:a@192.0.2.9:5062>\r\n")), stay(3_600));
        assert_eq!(wish(&request("Contact: <sip:a@192.0.2.9:5062>;expires=0\r\n")), Wish::Go);
        assert_eq!(wish(&request("Contact: *\r\nExpires: 0\r\n")), Wish::Go);
        assert_eq!(wish(&request("Contact: *\r\n")), Wish::Nonsense);
        assert_eq!(wish(&request("")), Wish::Ask);
        assert_eq!(wish(&request("Contact: <sip:a@192\r\n")), Wish::Nonsense);
    }

    #[test]
    fn a_changed_secret_ends_the_registration() {
        let phone = |ha1: &str| Phone {
            agent: "a1".into(),
            user: "a".into(),
            ha1: ha1.into(),
            srtp: media::Srtp::Off,
            codec: media::Prefer::G711,
        };
        let phones = Phones::new(vec![phone("x")], 60);
        let at = SipAddr::from("192.0.2.9:5062".parse::<std::net::SocketAddr>().unwrap());
        let until = Instant::now() + Duration::from_secs(60);
        let contact = Uri::try_from("sip:a@192.0.2.9:5062").unwrap();
        phones.bind("a", Some(Binding { contact, at, user_agent: String::new(), until }));
        phones.set(vec![phone("x")]);
        assert!(phones.find("a1").is_some());
        phones.set(vec![phone("y")]);
        assert!(phones.find("a1").is_none());
    }
}
