//! The practice company: queues for questions, complaints and purchases, one supervisor, four agents, a few settings.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use practice_shop::{Shop, Stand};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::http::{self, Answer};
use super::options::UpError;
use super::parts::Parts;
use super::services::SHOP;
use crate::operator::account::{self, Role};

/// Logins of the practice accounts; the first is the supervisor.
pub(super) const LOGINS: [&str; 5] = [SUPERVISOR, "agent1", "agent2", "agent3", "agent4"];
const SUPERVISOR: &str = "supervisor";
/// The queue that everything ends in, and the skill that it asks for.
const QUEUE: &str = "support";
const SKILL: &str = "general";
/// Queues for some, each with the skill of its name, the agent who has it, and its priority.
const SPECIAL: [(&str, &str, &str, u32); 2] =
    [("complaints", "ご意見・苦情", "agent2", 8), ("sales", "ご購入前のご相談", "agent3", 6)];
/// A contact of theirs is anybody's after so long, ms.
const SPECIAL_WAIT_MS: u32 = 60_000;
/// Conversations that an agent holds at once.
const CAPACITY: u32 = 4;
/// The floor needs an owner and the accounts a view of what was just written: seconds, when all is well.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

/// Opens the company's simulated shop.
pub(super) async fn shop(parts: &Parts) -> Result<Shop, UpError> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    let opened = Shop::open(parts.layout.shop(), Stand::practice(SHOP, now)).await;
    opened.map_err(|error| UpError::Practice(format!("opening the simulated shop: {error}")))
}

/// Makes what is missing of it, through the API of the first site.
pub(super) async fn make(parts: &Parts) -> Result<(), UpError> {
    let site = &parts.layout.sites[0];
    let url = format!("http://{}", parts.layout.edge(site));
    let password = |login| parts.secrets.password("account", login);
    let token = match sign_in(&url, SUPERVISOR, &password(SUPERVISOR)).await? {
        Some(token) => token,
        None => {
            let config = parts.layout.folder(site).join("services.toml");
            let made = account::set(&config, SUPERVISOR, "Supervisor", Role::Supervisor, &password(SUPERVISOR)).await;
            made.map_err(|error| UpError::Practice(error.to_string()))?;
            until_signed_in(&url, &password(SUPERVISOR)).await?
        }
    };
    let queue =
        json!({"queue": QUEUE, "skills": [{"name": SKILL, "level": 1}], "priority": 5, "offer_timeout_ms": 20_000});
    until_done(&url, "/api/v1/queues", &token, &queue).await?;
    for (queue, name, _, priority) in SPECIAL {
        let rules = json!({
            "name": name, "skills": [{"name": queue, "level": 1}], "priority": priority, "offer_timeout_ms": 20_000,
            "target_ms": 30_000, "overflow": [{"after_ms": SPECIAL_WAIT_MS, "to_queue": QUEUE}],
        });
        until_set(&url, &format!("/api/v1/queues/{queue}"), &token, &rules).await?;
    }
    // What supervisors made of them since is theirs.
    if ask("GET", &url, "/api/v1/codes", Some(&token), None).await?.body == "[]" {
        for (path, body) in settings() {
            until_set(&url, path, &token, &body).await?;
        }
    }
    let mut agents = Vec::new();
    for login in &LOGINS[1..] {
        let agent = json!({
            "login": login, "name": login.replace("agent", "Agent "), "role": "agent", "password": password(login),
            "skills": [{"name": SKILL, "level": 3}], "chat_capacity": CAPACITY,
        });
        let answer = until_done(&url, "/api/v1/accounts", &token, &agent).await?;
        let made: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let id = made["id"].as_str().ok_or_else(|| refused("/api/v1/accounts", &answer))?;
        agents.push((id.to_owned(), *login));
    }
    voice(&url, &token, &agents).await
}

/// Queues for calls and for clerical work, agents who take them, and the flow that callers hear.
async fn voice(url: &str, token: &str, agents: &[(String, &str)]) -> Result<(), UpError> {
    let always: Vec<Value> = (1..=7).map(|day| json!({"day": day, "from": "00:00", "to": "24:00"})).collect();
    let office = json!({"id": "office", "name": "Office", "time_zone": "Asia/Tokyo", "week": always, "holidays": "none", "closed": [], "open": []});
    until_set(url, "/api/v1/calendars/office", token, &office).await?;
    let queues = [("phone", "電話", "voice"), ("phone-orders", "電話（ご注文）", "voice"), ("clerks", "事務", "task")];
    for (queue, name, channel) in queues {
        let rules = json!({
            "name": name, "channel": channel, "skills": [{"name": SKILL, "level": 1}], "priority": 5,
            "offer_timeout_ms": 20_000, "calendar": "office",
        });
        until_set(url, &format!("/api/v1/queues/{queue}"), token, &rules).await?;
    }
    for (id, login) in agents {
        let special = SPECIAL.iter().filter(|(_, _, who, _)| who == login).map(|(queue, ..)| *queue);
        let skills: Vec<Value> =
            [SKILL].into_iter().chain(special).map(|name| json!({"name": name, "level": 3})).collect();
        let rules = json!({
            "name": login.replace("agent", "Agent "), "unit": "", "reserved_for": [], "skills": skills,
            "capacities": [{"channel": "chat", "limit": CAPACITY, "weight": 12}, {"channel": "voice", "limit": 1, "weight": 50}, {"channel": "callback", "limit": 1, "weight": 50}, {"channel": "task", "limit": 1, "weight": 50}],
        });
        until_set(url, &format!("/api/v1/agents/{id}"), token, &rules).await?;
    }
    let stored = ask("GET", url, "/api/v1/flows/practice", Some(token), None).await?;
    if stored.status == 404 {
        let flow: Value = serde_json::from_str(telephony::PRACTICE_FLOW).unwrap_or_default();
        until_set(url, "/api/v1/flows/practice", token, &flow).await?;
    }
    Ok(())
}

async fn until_signed_in(url: &str, password: &str) -> Result<String, UpError> {
    let began = Instant::now();
    loop {
        if let Some(token) = sign_in(url, SUPERVISOR, password).await? {
            return Ok(token);
        }
        if began.elapsed() > PATIENCE {
            return Err(UpError::Practice(format!("{url} does not know the supervisor that was just made")));
        }
        sleep(PAUSE).await;
    }
}

/// The token; `None` when the center does not know this login with this password.
async fn sign_in(url: &str, login: &str, password: &str) -> Result<Option<String>, UpError> {
    let body = json!({"login": login, "password": password});
    let answer = until_answered("POST", url, "/api/v1/sign-in", None, &body).await?;
    match answer.status {
        200 => {
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            let token = body["token"].as_str().map(str::to_owned);
            token.map(Some).ok_or_else(|| refused("/api/v1/sign-in", &answer))
        }
        401 => Ok(None),
        _ => Err(refused("/api/v1/sign-in", &answer)),
    }
}

/// What the desk and the widget of the practice company find.
fn settings() -> [(&'static str, Value); 10] {
    let canned = |shortcut: &str, ja: &str, en: &str, language: &str, text: &str| json!({"shortcut": shortcut, "title": {"ja": ja, "en": en}, "text": text, "tags": [], "language": language});
    let sorry = "{{customer.name}} 様\n大変お待たせいたしました。担当の{{agent.name}}でございます。";
    [
        ("/api/v1/canned/greeting-ja", canned("hi", "挨拶", "Greeting (Japanese)", "ja", sorry)),
        (
            "/api/v1/canned/greeting-en",
            canned(
                "hi",
                "挨拶（英語）",
                "Greeting",
                "en",
                "Hello {{customer.name}}, this is {{agent.name}}. How can I help?",
            ),
        ),
        (
            "/api/v1/canned/order-number",
            canned(
                "order",
                "注文番号の確認",
                "Ask for the order number",
                "ja",
                "恐れ入りますが、ご注文番号をお知らせいただけますでしょうか。",
            ),
        ),
        ("/api/v1/codes/return", json!({"ja": "返品・交換", "en": "Return"})),
        ("/api/v1/codes/delivery", json!({"ja": "配送", "en": "Delivery"})),
        ("/api/v1/codes/complaint", json!({"ja": "ご意見・苦情", "en": "Complaint"})),
        ("/api/v1/codes/do_not_call", json!({"ja": "今後の電話不要", "en": "No more calls"})),
        ("/api/v1/codes/other", json!({"ja": "その他", "en": "Other"})),
        (
            "/api/v1/macros/solved",
            json!({"title": {"ja": "解決して終了", "en": "Solved and closed"}, "steps": [
                {"do": "reply", "text": "お問い合わせいただき、ありがとうございました。"}, {"do": "tag", "tag": "solved"}, {"do": "close"},
            ]}),
        ),
        (
            "/api/v1/theme",
            json!({"company": {"ja": "窓口商店", "en": "Madoguchi Shop"}, "color": "#1c5fa8",
            "welcome": {"ja": "こんにちは。ご用件をお聞かせください。", "en": "Hello. How can we help?"},
            "pre_chat": [{"id": "order", "label": {"ja": "ご注文番号", "en": "Order number"}, "kind": "text", "required": false}],
            "reasons": [
                {"id": "return", "ja": "返品・交換", "en": "Returns", "queue": QUEUE},
                {"id": "delivery", "ja": "配送について", "en": "Delivery", "queue": QUEUE},
                {"id": "purchase", "ja": "ご購入前のご相談", "en": "Before buying", "queue": "sales"},
                {"id": "complaint", "ja": "ご意見・苦情", "en": "Complaints", "queue": "complaints"},
                {"id": "other", "ja": "その他", "en": "Something else", "queue": QUEUE},
            ]}),
        ),
    ]
}

/// Asks again while the center says that it may work later.
async fn until_done(url: &str, path: &str, token: &str, body: &Value) -> Result<Answer, UpError> {
    until_accepted("POST", url, path, token, body).await
}

async fn until_set(url: &str, path: &str, token: &str, body: &Value) -> Result<Answer, UpError> {
    until_accepted("PUT", url, path, token, body).await
}

async fn until_accepted(method: &str, url: &str, path: &str, token: &str, body: &Value) -> Result<Answer, UpError> {
    let answer = until_answered(method, url, path, Some(token), body).await?;
    if (200..=299).contains(&answer.status) { Ok(answer) } else { Err(refused(path, &answer)) }
}

async fn until_answered(
    method: &str,
    url: &str,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Result<Answer, UpError> {
    let began = Instant::now();
    loop {
        let answer = ask(method, url, path, token, Some(body)).await?;
        if answer.status < 500 || began.elapsed() > PATIENCE {
            return Ok(answer);
        }
        sleep(PAUSE).await;
    }
}

async fn ask(
    method: &str,
    url: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<Answer, UpError> {
    let answer = http::request(method, url, path, token, body).await;
    answer.map_err(|error| UpError::Practice(format!("asking {url}{path}: {error}")))
}

fn refused(path: &str, answer: &Answer) -> UpError {
    UpError::Practice(format!("{path} was answered by {}: {}", answer.status, answer.body))
}
