//! Signing in, and new anonymous customers.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Json, extract::State};
use chassis::{
    Secret,
    refusal::{Code, Refusal},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    error::ApiError,
    extract::{Body, Client, Signed},
};
use crate::{
    accounts::{HashError, Opened},
    clock, config,
    door::App,
    frames::Role,
    limits::Failures,
    tokens::Identity,
};

/// Logins longer than an account's are counted by their first characters.
const COUNTED: usize = 40;

/// Wrong passwords by login and by address.
pub(crate) struct Guard {
    counted: Mutex<(Failures<String>, Failures<IpAddr>)>,
}

impl Guard {
    pub(crate) fn new(settings: &config::SignIn) -> Self {
        let by_login = Failures::new(settings.failures_per_login, settings.window_ms);
        let by_address = Failures::new(settings.failures_per_address, settings.window_ms);
        Self { counted: Mutex::new((by_login, by_address)) }
    }

    fn may_try(&self, login: &str, address: IpAddr) -> bool {
        let now = clock::steady_ms();
        let counted = self.lock();
        counted.0.may_try(&key(login), now) && counted.1.may_try(&address, now)
    }

    /// Counted before the password is checked, so that many at once cannot slip through; taken back when it was right.
    fn tried(&self, login: &str, address: IpAddr) {
        let now = clock::steady_ms();
        let mut counted = self.lock();
        counted.0.failed(key(login), now);
        counted.1.failed(address, now);
    }

    fn succeeded(&self, login: &str, address: IpAddr) {
        let mut counted = self.lock();
        counted.0.succeeded(&key(login));
        counted.1.take_back(&address);
    }

    /// An attempt that was not the person's fault.
    fn take_back(&self, login: &str, address: IpAddr) {
        let mut counted = self.lock();
        counted.0.take_back(&key(login));
        counted.1.take_back(&address);
    }

    fn lock(&self) -> MutexGuard<'_, (Failures<String>, Failures<IpAddr>)> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(login: &str) -> String {
    login.chars().take(COUNTED).collect()
}

/// Body of `POST /api/v1/sign-in`.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct SignIn {
    /// The account's login.
    login: String,
    /// Its password.
    password: String,
}

/// Answer of `POST /api/v1/sign-in`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SignedIn {
    /// For `Authorization: Bearer` and for `hello`, at any site.
    token: String,
    /// Milliseconds since the Unix epoch.
    expires_at: u64,
    /// Who signed in.
    account: AccountBody,
}

/// An account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Account")]
pub(crate) struct AccountBody {
    /// Its id.
    id: String,
    /// What it signs in with.
    login: String,
    /// Display name.
    name: String,
    /// What it may do.
    role: Role,
}

/// Signs in with a local account.
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    client: Client,
    Body(SignIn { login, password }): Body<SignIn>,
) -> Result<Json<SignedIn>, ApiError> {
    let outcome = check(&app, client.address, &login, password).await;
    let (who, word) = match &outcome {
        Ok(account) => (account.id.as_str(), "ok"),
        Err(refusal) => ("", refusal.reason.as_ref()),
    };
    client.note(&app, who, "sign_in", "", word);
    let Opened { id, login, name, role, .. } = outcome?;
    let (token, expires_at) = seal(&app, &id, role, app.config.sign_in.account_token_s)?;
    Ok(Json(SignedIn { token, expires_at, account: AccountBody { id, login, name, role } }))
}

async fn check(app: &App, address: IpAddr, login: &str, password: String) -> Result<Opened, Refusal> {
    if !app.guard.may_try(login, address) {
        let message = "too many wrong passwords: wait a few minutes";
        return Err(Refusal::new(Code::ResourceExhausted, "too_many_attempts", message));
    }
    app.guard.tried(login, address);
    let checked = verify(app, login, Secret::new(password)).await;
    match &checked {
        Ok(Some(_)) => app.guard.succeeded(login, address),
        Ok(None) => {}
        Err(_) => app.guard.take_back(login, address),
    }
    let wrong = || Refusal::new(Code::PermissionDenied, "wrong_credentials", "login or password is wrong");
    checked?.ok_or_else(wrong)
}

/// `None`: no such account, a disabled one, or the wrong password; all take as long.
async fn verify(app: &App, login: &str, password: Secret) -> Result<Option<Opened>, Refusal> {
    let found = app.accounts.credentials(login).await?.filter(|(account, _)| !account.disabled);
    let (account, phc) = found.unzip();
    let matches = app.hashing.verify(&password, phc).await.map_err(|error| match error {
        HashError::Busy => Refusal::new(Code::ResourceExhausted, "too_many_requests", error.to_string()),
        HashError::Length | HashError::Failed => Refusal::new(Code::Internal, "internal", error.to_string()),
    })?;
    Ok(account.filter(|_| matches))
}

pub(super) fn seal(app: &App, id: &str, role: Role, seconds: u64) -> Result<(String, u64), Refusal> {
    let expires = clock::unix_ms() + seconds * 1_000;
    let token = app.tokens.seal(&Identity { id: id.into(), role, expires });
    let token = token.ok_or_else(|| Refusal::new(Code::Internal, "internal", "sealing a token"))?;
    Ok((token, expires))
}

/// Answer of `POST /api/v1/customers`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NewCustomer {
    /// For `Authorization: Bearer` and for `hello`, at any site.
    token: String,
    /// The new customer.
    customer_id: String,
    /// Milliseconds since the Unix epoch.
    expires_at: u64,
}

/// Makes an anonymous customer.
pub(super) async fn new_customer(State(app): State<Arc<App>>, client: Client) -> Result<Json<NewCustomer>, ApiError> {
    if !app.customers.take(client.address, clock::steady_ms()) {
        let message = "too many new customers from this address";
        return Err(Refusal::new(Code::ResourceExhausted, "too_many_requests", message).into());
    }
    let customer_id = Uuid::new_v4().to_string();
    let (token, expires_at) = seal(&app, &customer_id, Role::Customer, app.config.sign_in.customer_token_s)?;
    client.note(&app, &customer_id, "new_customer", "", "ok");
    Ok(Json(NewCustomer { token, customer_id, expires_at }))
}

/// Answer of `GET /api/v1/me`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Me {
    /// Account or customer id.
    id: String,
    /// What they may do.
    role: Role,
    /// Display name of an account; empty for customers.
    name: String,
}

/// Whose token it is.
pub(super) async fn me(State(app): State<Arc<App>>, Signed(identity): Signed) -> Json<Me> {
    let name = if identity.is_agent() { app.accounts.name_of(&identity.id).await } else { String::new() };
    Json(Me { id: identity.id.to_string(), role: identity.role, name })
}
