//! `madoguchi status` and `madoguchi erase`: through the API of any site's `edge`.
#![allow(clippy::print_stdout, reason = "a command's answer to the person who typed it")]

use std::io::Read;

use serde_json::{Value, json};

use crate::up::http;

/// Says which sites answer. Ends with an error when one does not.
#[derive(Debug, clap::Args)]
pub struct Status {
    /// Address of any site, `http://host:port`.
    #[arg(long, default_value = "http://127.0.0.1:8400")]
    url: String,
}

/// Erases a customer: their key is deleted, so that nothing they said can be read any more, in no journal and no backup.
/// The supervisor's password is read from standard input.
#[derive(Debug, clap::Args)]
pub struct Erase {
    /// Address of any site, `http://host:port`.
    #[arg(long, default_value = "http://127.0.0.1:8400")]
    url: String,
    /// A supervisor's login.
    #[arg(long, default_value = "supervisor")]
    login: String,
    /// The customer's id.
    customer: String,
}

/// Why a site could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// It did not answer.
    #[error("asking {url}{path}: {source}")]
    Silent {
        /// The site.
        url: String,
        /// What.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It refused.
    #[error("{path} was answered by {status}: {body}")]
    Refused {
        /// What was asked.
        path: String,
        /// HTTP status.
        status: u16,
        /// Its words.
        body: String,
    },
    /// Standard input could not be read.
    #[error("reading the password from standard input: {0}")]
    Password(std::io::Error),
    /// A site does not answer or is not ready.
    #[error("not every site is ready")]
    NotReady,
}

/// `madoguchi status`.
///
/// # Errors
/// [`DoorError`].
pub async fn status(status: Status) -> Result<(), DoorError> {
    let known = ask("GET", &status.url, "/api/v1/sites", None, None).await?;
    let mut all_ready = true;
    for site in known["sites"].as_array().into_iter().flatten() {
        let (name, url) = (site["name"].as_str().unwrap_or("?"), site["url"].as_str().unwrap_or_default());
        let state = match http::get(url, "/readyz").await {
            Ok(answer) if answer.status == 200 => "ready".to_owned(),
            Ok(answer) => format!("not ready: {}", answer.body.trim()),
            Err(error) => format!("does not answer: {error}"),
        };
        all_ready &= state == "ready";
        println!("{name:<16} {url:<32} {state}");
    }
    if all_ready { Ok(()) } else { Err(DoorError::NotReady) }
}

/// `madoguchi erase`.
///
/// # Errors
/// [`DoorError`].
pub async fn erase(erase: Erase) -> Result<(), DoorError> {
    let mut password = String::new();
    std::io::stdin().take(4096).read_to_string(&mut password).map_err(DoorError::Password)?;
    let account = json!({"login": erase.login, "password": password.trim_end_matches(['\r', '\n'])});
    let signed_in = ask("POST", &erase.url, "/api/v1/sign-in", None, Some(&account)).await?;
    let token = signed_in["token"].as_str();
    ask("DELETE", &erase.url, &format!("/api/v1/customers/{}", erase.customer), token, None).await?;
    println!("erased");
    Ok(())
}

async fn ask(
    method: &str,
    url: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<Value, DoorError> {
    let silent = |source| DoorError::Silent { url: url.to_owned(), path: path.to_owned(), source };
    let answer = http::request(method, url, path, token, body).await.map_err(silent)?;
    if (200..300).contains(&answer.status) {
        return Ok(serde_json::from_str(&answer.body).unwrap_or_default());
    }
    Err(DoorError::Refused { path: path.to_owned(), status: answer.status, body: answer.body })
}
