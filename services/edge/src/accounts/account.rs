//! The pure core of one account: what is stored on `account.<login>`.

use proto::{
    edge::v1::{AccountDisabled, AccountEvent, AccountSet, Role as StoredRole, account_event::What},
    journal::v1::Sealed,
};

use crate::frames::Role;

/// Longest login.
pub const MAX_LOGIN: usize = 40;

/// An account as its events say.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its id, the same for its whole life.
    pub id: String,
    /// What it signs in with.
    pub login: String,
    /// Never [`Role::Customer`].
    pub role: Role,
    /// Display name.
    pub name: Sealed,
    /// Argon2id PHC string.
    pub password: Sealed,
    /// It can no longer sign in.
    pub disabled: bool,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// Create it, or change it. A disabled one is enabled again.
    Set {
        /// Its id; of an account that exists, the one it has.
        id: String,
        /// What it signs in with.
        login: String,
        /// What it may do.
        role: Role,
        /// Display name.
        name: Sealed,
        /// `None` keeps the password it has.
        password: Option<Sealed>,
    },
    /// End its use.
    Disable,
}

/// Why a command is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Not 1 to 40 characters of [a-z0-9._-], with dots only inside and never two together.
    #[error("a login is 1 to 40 characters of a-z 0-9 . _ -, with single dots inside")]
    BadLogin,
    /// Customers have no accounts.
    #[error("an account is an agent's, a supervisor's or a machine's")]
    BadRole,
    /// A new account needs one.
    #[error("a new account needs a password")]
    PasswordRequired,
    /// An account keeps its id.
    #[error("the account has another id")]
    OtherId,
    /// There is none of this login.
    #[error("there is no such account")]
    NotFound,
}

/// Whether `login` can be a subject's end and a person's login.
pub fn is_login(login: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    (1..=MAX_LOGIN).contains(&login.len())
        && login.bytes().all(allowed)
        && login.split('.').all(|part| !part.is_empty())
}

/// What follows from a command. No event: it holds already.
///
/// # Errors
/// [`Rejection`].
pub fn decide(state: Option<&Account>, command: Command, now_ms: u64) -> Result<Vec<AccountEvent>, Rejection> {
    let what = match (command, state) {
        (Command::Set { id, login, role, name, password }, state) => {
            What::AccountSet(set(state, id, login, role, name, password)?)
        }
        (Command::Disable, None) => return Err(Rejection::NotFound),
        (Command::Disable, Some(account)) if account.disabled => return Ok(Vec::new()),
        (Command::Disable, Some(account)) => What::AccountDisabled(AccountDisabled { account_id: account.id.clone() }),
    };
    Ok(vec![AccountEvent { at_ms: now_ms, what: Some(what) }])
}

fn set(
    state: Option<&Account>,
    id: String,
    login: String,
    role: Role,
    name: Sealed,
    password: Option<Sealed>,
) -> Result<AccountSet, Rejection> {
    if !is_login(&login) {
        return Err(Rejection::BadLogin);
    }
    if state.is_some_and(|account| account.id != id) {
        return Err(Rejection::OtherId);
    }
    let role = match role {
        Role::Agent => StoredRole::Agent,
        Role::Supervisor => StoredRole::Supervisor,
        Role::Reporter => StoredRole::Reporter,
        Role::Customer => return Err(Rejection::BadRole),
    };
    let kept = state.map(|account| account.password.clone());
    let password = password.or(kept).ok_or(Rejection::PasswordRequired)?;
    Ok(AccountSet { account_id: id, login, role: role.into(), name: Some(name), password: Some(password) })
}

/// The state after an event.
pub fn evolve(state: &mut Option<Account>, event: &AccountEvent) {
    match &event.what {
        Some(What::AccountSet(set)) => *state = Some(Account::from_set(set)),
        Some(What::AccountDisabled(_)) => {
            if let Some(account) = state {
                account.disabled = true;
            }
        }
        None => {}
    }
}

impl Account {
    fn from_set(set: &AccountSet) -> Self {
        let role = match set.role() {
            StoredRole::Supervisor => Role::Supervisor,
            StoredRole::Reporter => Role::Reporter,
            StoredRole::Agent | StoredRole::Unspecified => Role::Agent,
        };
        Self {
            id: set.account_id.clone(),
            login: set.login.clone(),
            role,
            name: set.name.clone().unwrap_or_default(),
            password: set.password.clone().unwrap_or_default(),
            disabled: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(text: &str) -> Sealed {
        Sealed { key_id: "1".to_owned(), r#box: text.as_bytes().to_vec().into() }
    }

    fn set(id: &str, password: Option<&str>) -> Command {
        Command::Set {
            id: id.to_owned(),
            login: "sato".to_owned(),
            role: Role::Agent,
            name: sealed("佐藤"),
            password: password.map(sealed),
        }
    }

    fn run(commands: impl IntoIterator<Item = Command>) -> (Option<Account>, Vec<Result<usize, Rejection>>) {
        let mut state = None;
        let outcomes = commands
            .into_iter()
            .map(|command| {
                let events = decide(state.as_ref(), command, 7)?;
                events.iter().for_each(|event| evolve(&mut state, event));
                Ok(events.len())
            })
            .collect();
        (state, outcomes)
    }

    #[test]
    fn an_account_is_made_changed_disabled_and_enabled() {
        let commands = [set("1", Some("a")), set("1", None), Command::Disable, Command::Disable];
        let (state, outcomes) = run(commands);
        assert_eq!(outcomes, [Ok(1), Ok(1), Ok(1), Ok(0)]);
        let account = state.unwrap();
        assert!(account.disabled);
        assert_eq!(account.password, sealed("a"));
        let again = decide(Some(&account), set("1", None), 8).unwrap();
        let mut state = Some(account);
        evolve(&mut state, &again[0]);
        assert!(!state.unwrap().disabled);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(run([set("1", None)]).1, [Err(Rejection::PasswordRequired)]);
        assert_eq!(run([Command::Disable]).1, [Err(Rejection::NotFound)]);
        assert_eq!(run([set("1", Some("a")), set("2", None)]).1[1], Err(Rejection::OtherId));
        for login in ["", ".", "a.", ".a", "a..b", "A", "a b", "a>", "a*", "佐藤", &"a".repeat(41)] {
            assert!(!is_login(login), "{login}");
        }
        for login in ["a", "a.b", "sato-1", "s_1", &"a".repeat(40)] {
            assert!(is_login(login), "{login}");
        }
    }

    proptest! {
        #[test]
        fn an_id_never_changes_and_a_password_is_never_lost(steps in proptest::collection::vec((0_u8..3, 0_u8..2), 1..30)) {
            let mut state: Option<Account> = None;
            for (what, id) in steps {
                let command = match what {
                    0 => Command::Disable,
                    1 => set(&id.to_string(), None),
                    _ => set(&id.to_string(), Some("p")),
                };
                let before = state.clone();
                if let Ok(events) = decide(state.as_ref(), command, 0) {
                    events.iter().for_each(|event| evolve(&mut state, event));
                }
                if let Some(before) = before {
                    let after = state.as_ref().unwrap();
                    prop_assert_eq!(&before.id, &after.id);
                    prop_assert_eq!(&after.password, &sealed("p"));
                }
            }
        }
    }
}
