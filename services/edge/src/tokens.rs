//! Browsers' tokens: PASETO v4.local, sealed with a key that every site has. No personal data inside.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chassis::Secret;
use pasetors::{
    keys::SymmetricKey,
    token::{Local, UntrustedToken},
    version4::{LocalToken, V4},
};
use proto::chat::v1::{Party, PartyKind};
use serde::{Deserialize, Serialize};

use crate::{config::ConfigError, frames::Role};

/// Ties a token to this use: a token that another program sealed with the same key is refused.
const USE: &[u8] = b"madoguchi edge 1";
/// The same for links: a link is no token.
const LINK_USE: &[u8] = b"madoguchi link 1";
/// Longer ones are refused unread.
const MAX_TOKEN: usize = 1_024;

/// Who somebody is, as their token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: Arc<str>,
    pub(crate) role: Role,
    /// Milliseconds since the Unix epoch.
    pub(crate) expires: u64,
}

impl Identity {
    pub(crate) fn is_agent(&self) -> bool {
        match self.role {
            Role::Agent | Role::Supervisor => true,
            Role::Customer | Role::Reporter => false,
        }
    }

    pub(crate) fn party(&self) -> Party {
        let kind = if self.is_agent() { PartyKind::Agent } else { PartyKind::Customer };
        Party { kind: kind.into(), id: self.id.to_string(), supervisor: self.role == Role::Supervisor }
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the token is not one of ours")]
    Bad,
    #[error("the token is over: sign in again")]
    Expired,
}

#[derive(Serialize, Deserialize)]
struct Claims<'a> {
    sub: &'a str,
    role: Role,
    exp: u64,
}

/// A link with which a customer goes on elsewhere, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    /// Names this link.
    pub(crate) code: String,
    /// Whose it is.
    pub(crate) customer: String,
    /// What they go on with.
    pub(crate) conversation: String,
    /// Milliseconds since the Unix epoch.
    pub(crate) expires: u64,
}

/// Seals and opens tokens.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<SymmetricKey<V4>>);

impl Tokens {
    pub(crate) fn new(key: &Secret) -> Result<Self, ConfigError> {
        let bytes = BASE64_STANDARD.decode(key.expose()).map_err(|_| ConfigError::TokenKey)?;
        let key = SymmetricKey::from(&bytes).map_err(|_| ConfigError::TokenKey)?;
        Ok(Self(Arc::new(key)))
    }

    /// `None` only when the system has no randomness.
    pub(crate) fn seal(&self, identity: &Identity) -> Option<String> {
        let claims = Claims { sub: &identity.id, role: identity.role, exp: identity.expires };
        let claims = serde_json::to_vec(&claims).ok()?;
        LocalToken::encrypt(&self.0, &claims, None, Some(USE)).ok()
    }

    /// As [`Tokens::seal`].
    pub(crate) fn seal_link(&self, link: &Link) -> Option<String> {
        LocalToken::encrypt(&self.0, &serde_json::to_vec(link).ok()?, None, Some(LINK_USE)).ok()
    }

    pub(crate) fn open_link(&self, sealed: &str, now: u64) -> Result<Link, TokenError> {
        let link: Link = serde_json::from_str(&self.payload(sealed, LINK_USE)?).map_err(|_| TokenError::Bad)?;
        if link.expires <= now { Err(TokenError::Expired) } else { Ok(link) }
    }

    fn payload(&self, token: &str, for_use: &[u8]) -> Result<String, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Bad);
        }
        let untrusted = UntrustedToken::<Local, V4>::try_from(token).map_err(|_| TokenError::Bad)?;
        let trusted = LocalToken::decrypt(&self.0, &untrusted, None, Some(for_use)).map_err(|_| TokenError::Bad)?;
        Ok(trusted.payload().to_owned())
    }

    pub(crate) fn open(&self, token: &str, now: u64) -> Result<Identity, TokenError> {
        let payload = self.payload(token, USE)?;
        let claims: Claims<'_> = serde_json::from_str(&payload).map_err(|_| TokenError::Bad)?;
        if claims.exp <= now {
            return Err(TokenError::Expired);
        }
        Ok(Identity { id: claims.sub.into(), role: claims.role, expires: claims.exp })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(byte: u8) -> Tokens {
        Tokens::new(&Secret::new(BASE64_STANDARD.encode([byte; 32]))).unwrap()
    }

    fn identity() -> Identity {
        Identity { id: "a-1".into(), role: Role::Supervisor, expires: 1_000 }
    }

    #[test]
    fn a_link_is_no_token_and_a_token_no_link() {
        let (code, customer, conversation) = ("1".to_owned(), "c".to_owned(), "v".to_owned());
        let link = Link { code, customer, conversation, expires: 1_000 };
        let sealed = tokens(1).seal_link(&link).unwrap();
        assert_eq!(tokens(1).open_link(&sealed, 999), Ok(link));
        assert_eq!(tokens(1).open_link(&sealed, 1_000), Err(TokenError::Expired));
        assert_eq!(tokens(1).open(&sealed, 999), Err(TokenError::Bad));
        assert_eq!(tokens(1).open_link(&tokens(1).seal(&identity()).unwrap(), 0), Err(TokenError::Bad));
    }

    #[test]
    fn every_site_with_the_key_opens_a_token_until_it_expires() {
        let token = tokens(1).seal(&identity()).unwrap();
        assert_eq!(tokens(1).open(&token, 999), Ok(identity()));
        assert_eq!(tokens(1).open(&token, 1_000), Err(TokenError::Expired));
        assert_eq!(tokens(2).open(&token, 0), Err(TokenError::Bad));
        assert!(!token.contains("a-1"));
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused() {
        assert!(Tokens::new(&Secret::new(BASE64_STANDARD.encode([1; 31]))).is_err());
        assert!(Tokens::new(&Secret::new("not base64")).is_err());
    }

    #[test]
    fn supervisors_act_as_agents() {
        let party = identity().party();
        assert_eq!((party.kind(), party.supervisor), (PartyKind::Agent, true));
    }

    proptest! {
        #[test]
        fn a_changed_token_is_refused(at in any::<prop::sample::Index>(), with in proptest::char::range('!', '~')) {
            let token = tokens(1).seal(&identity()).unwrap();
            let at = at.index(token.len());
            prop_assume!(token.as_bytes()[at] != with as u8);
            let changed = format!("{}{with}{}", &token[..at], &token[at + 1..]);
            // The last character of unpadded base64 may carry unused bits; a strict decoder refuses those too.
            prop_assert!(tokens(1).open(&changed, 0).is_err());
        }

        #[test]
        fn no_text_is_taken_for_a_token(text in any::<String>()) {
            prop_assert!(tokens(1).open(&text, 0).is_err());
        }
    }
}
