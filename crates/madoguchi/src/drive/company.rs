//! The sites, and the people who answer in a drill.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

use super::{Error, http::Door, link::Site};
use crate::up::Center;

/// The queue that drills use; it asks for no skill.
pub const QUEUE: &str = "drill";
/// Password of every account that a drill makes. Practice centers only.
const PASSWORD: &str = "practice-drill-1";

/// What clients must know before they connect.
#[derive(Debug, Clone)]
pub struct Company {
    /// Every site.
    pub sites: Vec<Site>,
    /// The agents of the drills.
    pub agents: Vec<Member>,
}

/// An agent with a token.
#[derive(Debug, Clone)]
pub struct Member {
    /// Account id.
    pub id: String,
    /// Good at every site.
    pub token: String,
    /// Index of the site they start at.
    pub home: usize,
}

impl Company {
    /// Makes `agents` agents with room for `capacity` conversations each, and their queue, spread over the sites.
    ///
    /// # Errors
    /// When the center does not answer, or refuses.
    pub async fn prepare(center: &Center, agents: usize, capacity: u32) -> Result<Self, Error> {
        let sites = sites(center)?;
        let supervisor = supervisor(center).await?;
        let queue = json!({"queue": QUEUE, "skills": [], "priority": 0, "offer_timeout_ms": 20_000});
        supervisor.post("/api/v1/queues", &queue).await?;
        let members = stream::iter(0..agents).map(|number| member(&supervisor, &sites, number, capacity));
        let agents = members.buffered(4).try_collect().await?;
        Ok(Self { sites, agents })
    }

    /// The sites as somebody at `home` lists them.
    pub fn sites_from(&self, home: usize) -> Vec<Site> {
        let mut sites = self.sites.clone();
        sites.rotate_left(home % self.sites.len());
        sites
    }

    /// A new anonymous customer's token, from the site `home`.
    ///
    /// # Errors
    /// When the site does not answer, or refuses.
    pub async fn customer(&self, home: usize) -> Result<String, Error> {
        let door = Door::anonymous(&self.sites[home % self.sites.len()].address);
        let answer = door.post("/api/v1/customers", &json!({})).await?;
        text(&answer, "token")
    }
}

/// Every site's door.
///
/// # Errors
/// When the center has no address for one of its sites.
pub fn sites(center: &Center) -> Result<Vec<Site>, Error> {
    let site = |name: String| -> Result<Site, Error> {
        let url = center.site_url(&name)?;
        let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Ok(Site { name, address })
    };
    center.sites().into_iter().map(site).collect()
}

/// A door that a supervisor has opened, at the first site.
///
/// # Errors
/// When the site does not answer, or the practice company has no supervisor.
pub async fn supervisor(center: &Center) -> Result<Door, Error> {
    let sites = sites(center)?;
    let account = center.account("supervisor");
    let (login, password) = account.ok_or_else(|| Error::Answer("the practice company has no supervisor".into()))?;
    sign_in(&sites[0], &login, &password).await
}

/// Signs in.
///
/// # Errors
/// When the site does not answer, or refuses.
pub async fn sign_in(site: &Site, login: &str, password: &str) -> Result<Door, Error> {
    let door = Door::anonymous(&site.address);
    let body = json!({"login": login, "password": password});
    let answer = door.post("/api/v1/sign-in", &body).await?;
    Ok(Door { token: Some(text(&answer, "token")?), ..door })
}

async fn member(supervisor: &Door, sites: &[Site], number: usize, capacity: u32) -> Result<Member, Error> {
    let login = format!("drill{number}");
    let account = json!({
        "login": login, "name": format!("Drill {number}"), "role": "agent", "password": PASSWORD,
        "skills": [], "chat_capacity": capacity,
    });
    supervisor.post("/api/v1/accounts", &account).await?;
    let home = number % sites.len();
    let token = sign_in(&sites[0], &login, PASSWORD).await?.token.unwrap_or_default();
    let me = Door { address: sites[0].address.clone(), token: Some(token.clone()) };
    let id = text(&me.get("/api/v1/me").await?, "id")?;
    Ok(Member { id, token, home })
}

/// A field of an answer that must be text.
///
/// # Errors
/// When it is not there.
pub fn text(answer: &Value, field: &str) -> Result<String, Error> {
    let text = answer[field].as_str().map(str::to_owned);
    text.ok_or_else(|| Error::Answer(format!("the center's answer has no `{field}`")))
}
