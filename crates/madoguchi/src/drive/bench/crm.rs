//! A center with many customers: how fast they come in, and how fast one is found.

use std::time::Duration;

use clap::Args;
use proto::crm::v1 as pb;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::time::{Instant, sleep};

use crate::{
    drive::{
        Error,
        check::views::reader,
        drill::Stage,
        figures::{Bar, Figures, say},
        import::{Client, Import, REPORT, client, kana_of, name_of, phone_of, told},
        stats::{millis, percentile},
    },
    up::{Center, SyncMode},
};

/// Questions of each sort.
const QUESTIONS: usize = 2_000;
/// Longest that the view may be behind after the last report.
const BEHIND: Duration = Duration::from_secs(3_600);

/// Loads customers with their history and asks for them.
#[derive(Debug, Args)]
pub struct Command {
    /// Customers.
    #[arg(long, default_value_t = 1_000_000)]
    pub customers: u64,
    /// Touchpoints of each.
    #[arg(long, default_value_t = 10)]
    pub events: u64,
}

/// Runs it; false when a bar is missed.
///
/// # Errors
/// When it cannot be carried out.
pub async fn run(command: &Command) -> Result<bool, Error> {
    // The mode changes nothing in what is asked, and makes the filling short.
    let stage = Stage::open("crm", 16, |options| {
        options.wires = false;
        options.sync = SyncMode::Default;
    })
    .await?;
    let result = on(&stage.center, command).await;
    stage.end(matches!(result, Ok(true))).await?;
    result
}

async fn on(center: &Center, command: &Command) -> Result<bool, Error> {
    let site = center.sites().into_iter().next().ok_or(missing("a site"))?;
    let client = client(center, &site)?;
    let began = Instant::now();
    let import = Import { first: 0, customers: command.customers, events: command.events };
    import.run(std::slice::from_ref(&client)).await?;
    let stored = began.elapsed();
    say(&format!("stored after {:.0} s; waiting for the view", stored.as_secs_f64()));
    viewed(&client, command).await?;
    let loaded = began.elapsed();
    let events = command.customers * command.events;
    let mut figures = Figures::default();
    figures.add("customers", command.customers as f64, Bar::Above(0.0));
    figures.add("events", events as f64, Bar::Above(0.0));
    figures.add("load_events_per_s", (events as f64 / loaded.as_secs_f64()).round(), Bar::None);
    figures.add("store_events_per_s", (events as f64 / stored.as_secs_f64()).round(), Bar::None);
    ask(&client, command, &mut figures).await?;
    figures.add("db_gib", gib(database_bytes(center, &site).await?), Bar::None);
    let resident = center.resident_bytes(&site, "all")?;
    figures.add("rss_mib", (resident as f64 / 1_048_576.0).round(), Bar::None);
    figures.print()
}

/// Waits until the view has the last customers whole.
async fn viewed(client: &Client, command: &Command) -> Result<(), Error> {
    let deadline = Instant::now() + BEHIND;
    let (mut client, mut said) = (client.clone(), Instant::now());
    for number in command.customers.saturating_sub(REPORT)..command.customers {
        loop {
            let known = one(&mut client, number).await?;
            if known.is_some_and(|customer| customer.touchpoints >= command.events) {
                break;
            }
            if Instant::now() > deadline {
                return Err(missing("the last customers in the view"));
            }
            if said.elapsed() > Duration::from_secs(30) {
                say("the view is behind");
                said = Instant::now();
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(())
}

async fn one(client: &mut Client, number: u64) -> Result<Option<pb::Customer>, Error> {
    let found = client.look_up(pb::LookUpRequest { identities: vec![phone(number)] }).await.map_err(|status| told(&status))?;
    Ok(found.into_inner().customers.into_iter().next())
}

fn phone(number: u64) -> pb::Identity {
    pb::Identity { kind: pb::IdentityKind::Phone.into(), value: phone_of(number), ..pb::Identity::default() }
}

async fn ask(client: &Client, command: &Command, figures: &mut Figures) -> Result<(), Error> {
    let mut random = StdRng::seed_from_u64(7);
    let mut client = client.clone();
    let (mut lookups, mut pops, mut searches) = (Vec::new(), Vec::new(), Vec::new());
    for question in 0..QUESTIONS {
        let number = random.random_range(0..command.customers);
        let began = Instant::now();
        let found = one(&mut client, number).await?.ok_or(missing("a customer by number"))?;
        lookups.push(began.elapsed());
        // What the desk asks when the telephone rings: who it is, and what was lately.
        let request = pb::GetCustomerRequest { customer_id: found.customer_id.clone(), entries: 20 };
        let whole = client.get_customer(request).await.map_err(|status| told(&status))?.into_inner();
        pops.push(began.elapsed());
        if (whole.timeline.len() as u64) < command.events.min(20) {
            return Err(missing("a customer's timeline"));
        }
        let text = words(question, number);
        let began = Instant::now();
        let request = pb::SearchCustomersRequest { text, limit: 20 };
        let listed = client.search_customers(request).await.map_err(|status| told(&status))?.into_inner();
        searches.push(began.elapsed());
        let there = listed.customers.iter().any(|customer| customer.customer_id == found.customer_id);
        if !there && !listed.more {
            return Err(missing("a customer by words"));
        }
    }
    figures.add("lookup_p99_ms", millis(percentile(&mut lookups, 99.0)), Bar::Below(5.0));
    figures.add("pop_p99_ms", millis(percentile(&mut pops, 99.0)), Bar::Below(30.0));
    figures.add("search_p99_ms", millis(percentile(&mut searches, 99.0)), Bar::Below(50.0));
    Ok(())
}

/// What people type: a name, its reading, the end of a number, a name with the end of a number.
fn words(question: usize, number: u64) -> String {
    let phone = phone_of(number);
    let end = phone.get(phone.len().saturating_sub(6)..).unwrap_or_default();
    match question % 4 {
        0 => name_of(number),
        1 => kana_of(number),
        2 => end.to_owned(),
        _ => format!("{} {end}", name_of(number)),
    }
}

async fn database_bytes(center: &Center, site: &str) -> Result<u64, Error> {
    let broken = |source| Error::View { site: site.to_owned(), source };
    let pool = reader(center, site, crm::view::SCHEMA).await?;
    let asked = sqlx::query_scalar("select pg_database_size(current_database())");
    let bytes: i64 = asked.fetch_one(&pool).await.map_err(broken)?;
    Ok(bytes.unsigned_abs())
}

fn missing(what: &str) -> Error {
    Error::Answer(format!("crm does not have {what}"))
}

fn gib(bytes: u64) -> f64 {
    (bytes as f64 / 1_073_741_824.0 * 100.0).round() / 100.0
}
