//! Every account in memory, as far as this door has followed the journal.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{PoisonError, RwLock},
};

use prost::Message as _;
use proto::edge::v1::AccountEvent;

use super::account::{self, Account};
use crate::frames::Role;

/// The accounts.
#[derive(Debug, Default)]
pub(super) struct Directory(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    by_login: BTreeMap<String, Account>,
    login_of: HashMap<String, String>,
}

impl Directory {
    /// Takes one journal message of `account.<login>` in. Events that cannot be read are skipped and logged.
    pub(super) fn apply(&self, sequence: u64, login: &str, events: &[bytes::Bytes]) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut state = inner.by_login.remove(login);
        for event in events {
            match AccountEvent::decode(event.clone()) {
                Ok(event) => account::evolve(&mut state, &event),
                Err(error) => tracing::error!(sequence, %error, "an account event cannot be read"),
            }
        }
        if let Some(account) = state {
            inner.login_of.insert(account.id.clone(), login.to_owned());
            inner.by_login.insert(login.to_owned(), account);
        }
    }

    pub(super) fn by_login(&self, login: &str) -> Option<Account> {
        self.read().by_login.get(login).cloned()
    }

    pub(super) fn by_id(&self, id: &str) -> Option<Account> {
        let inner = self.read();
        inner.by_login.get(inner.login_of.get(id)?).cloned()
    }

    /// False of an account that is not known here: its token was sealed by a site that knew it.
    pub(super) fn refuses(&self, id: &str, role: Role) -> bool {
        self.by_id(id).is_some_and(|account| account.disabled || account.role != role)
    }

    pub(super) fn all(&self) -> Vec<Account> {
        self.read().by_login.values().cloned().collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proto::edge::v1::{AccountDisabled, AccountSet, account_event::What};

    use super::*;

    fn event(what: What) -> bytes::Bytes {
        AccountEvent { at_ms: 1, what: Some(what) }.encode_to_vec().into()
    }

    #[test]
    fn a_disabled_account_is_known_by_its_id() {
        let directory = Directory::default();
        let set = AccountSet { account_id: "1".to_owned(), login: "sato".to_owned(), ..AccountSet::default() };
        directory.apply(1, "sato", &[event(What::AccountSet(set))]);
        assert!(!directory.refuses("1", Role::Agent) && !directory.refuses("2", Role::Agent));
        assert!(directory.refuses("1", Role::Supervisor), "it is no supervisor any more");
        let disabled = AccountDisabled { account_id: "1".to_owned() };
        directory.apply(2, "sato", &[bytes::Bytes::from_static(b"\xff\xff"), event(What::AccountDisabled(disabled))]);
        assert!(directory.refuses("1", Role::Agent));
        assert_eq!(directory.by_id("1"), directory.by_login("sato"));
    }
}
