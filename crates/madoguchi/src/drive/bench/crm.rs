//! Customers by the hundred thousand: how fast they are loaded, and how fast one of them is on the agent's screen.

use std::{ops::Range, path::PathBuf, time::Duration};

use clap::Args;
use futures::{StreamExt as _, stream};
use proto::crm::v1 as pb;
use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep};

use crate::{
    drive::{
        Error,
        check::any_replica,
        figures::{Bar, Figures, say},
        import::{AT_ONCE, Client, REPORTS, client, odd, people, report},
        stats::{millis, percentile},
    },
    up::{Center, Options, SyncMode},
};

/// Between two looks at how far the views are.
const PAUSE: Duration = Duration::from_millis(500);
/// A view that has not moved for so long will not.
const STUCK: Duration = Duration::from_secs(60);

/// Questions of each sort before any is measured.
const WARM_UP: u64 = 300;

/// Loads customers, waits for both sites' views, asks.
#[derive(Debug, Args)]
pub struct Command {
    /// Customers.
    #[arg(long, default_value_t = 1_000_000)]
    pub customers: u64,
    /// Touchpoints of each, beside a profile, a number and a mail address. 1 to 100.
    #[arg(long, default_value_t = 10)]
    pub events: u64,
    /// Questions of each sort.
    #[arg(long, default_value_t = 2_000)]
    pub questions: u64,
    /// Memory of each site's PostgreSQL server for its pages, MiB. Unset: as much as such a view takes, 7,680 for a million customers of ten
    /// touchpoints; the machine needs three times that.
    #[arg(long, value_parser = clap::value_parser!(u32).range(16..=65_536))]
    pub database_mib: Option<u32>,
    /// The folder of an earlier run of as many customers, which is kept when a bar was missed: asks there, and loads nothing.
    #[arg(long)]
    pub again: Option<PathBuf>,
}

/// What the view of so many touchpoints takes with their customers, MiB: 768 for a million of them; 2,048 for few.
fn view_mib(touchpoints: u64) -> u32 {
    u32::try_from(touchpoints * 768 / 1_000_000).unwrap_or(u32::MAX).clamp(2_048, 65_536)
}

/// Runs it; false when a bar is missed.
///
/// # Errors
/// When it cannot be carried out.
pub async fn run(command: &Command) -> Result<bool, Error> {
    if command.customers == 0 || !(1..=100).contains(&command.events) || command.questions == 0 {
        return Err(Error::Usage("at least one customer and one question, 1 to 100 events".to_owned()));
    }
    if let Some(folder) = command.again.as_ref().filter(|folder| !folder.join("secrets.json").is_file()) {
        return Err(Error::Usage(format!("{} holds no earlier run", folder.display())));
    }
    let fresh = || PathBuf::from(format!(".madoguchi/crm-{}", std::process::id()));
    let mut options = Options::new(command.again.clone().unwrap_or_else(fresh));
    (options.wires, options.split, options.sync) = (false, true, SyncMode::Default);
    options.database_mib = command.database_mib.unwrap_or_else(|| view_mib(command.customers * command.events));
    let folder = options.data.clone();
    say(&format!("starting a center in {}", folder.display()));
    let center = Center::start(options).await?;
    let result = on(&center, command).await;
    center.shutdown().await?;
    drop(center);
    if matches!(result, Ok(true)) && command.again.is_none() {
        let _ = tokio::fs::remove_dir_all(&folder).await;
    } else {
        say(&format!("logs are in {}", folder.display()));
    }
    result
}

async fn on(center: &Center, command: &Command) -> Result<bool, Error> {
    let sites = center.sites();
    let client = client(center, sites.first().map_or("", String::as_str))?;
    // Before hours of loading: not every installation of PostgreSQL has it.
    for site in &sites {
        administer(center, site, &["create extension if not exists pg_prewarm"]).await?;
    }
    let rate = match command.again {
        Some(_) => {
            seen(center, command, Instant::now()).await?;
            None
        }
        None => Some(load(center, &client, command).await?),
    };
    tidy(center).await?;
    // A center that works has its connections open and its plans made.
    say("asking");
    asked(&client, command.customers, 0..WARM_UP).await?;
    let mut took = asked(&client, command.customers, WARM_UP..WARM_UP + command.questions).await?;
    let (mut bytes, mut resident) = (0_i64, 0_u64);
    for site in &sites {
        bytes = bytes.max(database_bytes(center, site).await?);
        resident = resident.max(center.resident_bytes(site, "crm")?);
    }
    let mut figures = Figures::default();
    figures.add("customers", command.customers as f64, Bar::Above(0.0));
    figures.add("events", (command.customers * command.events) as f64, Bar::Above(0.0));
    if let Some(rate) = rate {
        figures.add("load_events_per_s", rate.round(), Bar::Above(0.0));
    }
    for (name, took) in [("lookup", &mut took.lookups), ("pop", &mut took.pops), ("search", &mut took.searches)] {
        figures.add(&format!("{name}_p50_ms"), millis(percentile(took, 50.0)), Bar::None);
    }
    figures.add("lookup_p99_ms", millis(percentile(&mut took.lookups, 99.0)), Bar::Below(5.0));
    figures.add("pop_p99_ms", millis(percentile(&mut took.pops, 99.0)), Bar::Below(30.0));
    figures.add("search_p99_ms", millis(percentile(&mut took.searches, 99.0)), Bar::Below(50.0));
    figures.add("db_gib", bytes as f64 / f64::from(1 << 30), Bar::None);
    figures.add("rss_mib", resident as f64 / f64::from(1 << 20), Bar::None);
    figures.print()
}

/// How long each question took.
#[derive(Default)]
struct Took {
    lookups: Vec<Duration>,
    pops: Vec<Duration>,
    searches: Vec<Duration>,
}

/// Asks who called, for what the screen shows of them, and for somebody by what an agent types.
async fn asked(client: &Client, customers: u64, questions: Range<u64>) -> Result<Took, Error> {
    let mut took = Took::default();
    for question in questions {
        let n = people::any(question) % customers;
        let began = Instant::now();
        let id = look_up(client, n).await?;
        took.lookups.push(began.elapsed());
        let began = Instant::now();
        let request = pb::GetCustomerRequest { customer_id: id, entries: 20 };
        client.clone().get_customer(request).await.map_err(|status| odd(&status))?;
        took.pops.push(began.elapsed());
        let began = Instant::now();
        let request = pb::SearchCustomersRequest { text: people::question(n, question), limit: 20 };
        let found = client.clone().search_customers(request).await.map_err(|status| odd(&status))?;
        took.searches.push(began.elapsed());
        if found.into_inner().customers.is_empty() {
            return Err(Error::Answer(format!("customer {n} is not found by question {question}")));
        }
    }
    Ok(took)
}

/// Facts a second, from the first report until both sites' views have the last of them.
async fn load(center: &Center, client: &Client, command: &Command) -> Result<f64, Error> {
    let began = Instant::now();
    let firsts = (0..command.customers).step_by(usize::try_from(AT_ONCE).unwrap_or(1));
    let client = client.clone();
    let mut reports = stream::iter(firsts)
        .map(|first| {
            let (client, people) = (client.clone(), first..(first + AT_ONCE).min(command.customers));
            async move { report(&[client], 0, people, command.events).await }
        })
        .buffer_unordered(REPORTS);
    let (mut stored, every) = (0_u64, (command.customers * (command.events + people::KNOWN)).div_ceil(20));
    while let Some(facts) = reports.next().await {
        let before = stored / every;
        stored += facts?;
        if stored / every > before {
            say(&format!("{stored} facts stored, {:.0} s", began.elapsed().as_secs_f64()));
        }
    }
    seen(center, command, began).await?;
    Ok(stored as f64 / began.elapsed().as_secs_f64())
}

/// Waits until both sites' views have all that the journal has, and every touchpoint with it.
async fn seen(center: &Center, command: &Command, began: Instant) -> Result<(), Error> {
    let last = any_replica(center).await?.last_sequence("CRM").await?;
    let wanted = i64::try_from(last).unwrap_or(i64::MAX);
    for site in center.sites() {
        let (mut moved, mut said) = ((-1, Instant::now()), 0);
        loop {
            let at = ask(center, &site, "select sequence from crm.journal_position where projection = 'crm'").await?;
            if at >= wanted {
                break;
            }
            if at > moved.0 {
                moved = (at, Instant::now());
            }
            if moved.1.elapsed() > STUCK {
                return Err(Error::Stuck { what: format!("{site}'s view"), count: at.to_string() });
            }
            if (at - said) * 20 > wanted {
                said = at;
                say(&format!("{site}'s view is at {at} of {wanted}, {:.0} s", began.elapsed().as_secs_f64()));
            }
            sleep(PAUSE).await;
        }
        let seen = ask(center, &site, "select count(*) from crm.touchpoints").await?.unsigned_abs();
        if seen < command.customers * command.events {
            return Err(Error::Answer(format!("{site}'s view has {seen} touchpoints only")));
        }
    }
    Ok(())
}

/// Reads into the server's memory all that agents' questions ask for, as it is in one that has been asked for a day; not what only reports and
/// imports use.
const WARM: &str = "select sum(pg_prewarm(oid)) from pg_class where relkind in ('r', 'i') and relnamespace = 'crm'::regnamespace \
    and relname not in ('touchpoints_pkey', 'touchpoints_by_day')";

/// What a database does by itself in the minutes and hours after a load: its questions are measured, not its tidying up.
async fn tidy(center: &Center) -> Result<(), Error> {
    for site in center.sites() {
        say(&format!("{site}'s database tidies up"));
        administer(center, &site, &["vacuum analyze", "checkpoint", WARM]).await?;
    }
    Ok(())
}

async fn administer(center: &Center, site: &str, statements: &[&'static str]) -> Result<(), Error> {
    let url = center.database_url(site, "postgres")?;
    let done = async {
        let mut connection = PgConnection::connect(&url).await?;
        for statement in statements {
            sqlx::raw_sql(*statement).execute(&mut connection).await?;
        }
        Ok(())
    };
    done.await.map_err(|source| Error::View { site: site.to_owned(), source })
}

async fn look_up(client: &Client, n: u64) -> Result<String, Error> {
    let request = pb::LookUpRequest { identities: vec![people::phone(n)] };
    let found = client.clone().look_up(request).await.map_err(|status| odd(&status))?.into_inner().customers;
    let [one] = found.as_slice() else {
        return Err(Error::Answer(format!("customer {n} was found {} times", found.len())));
    };
    Ok(one.customer_id.clone())
}

async fn database_bytes(center: &Center, site: &str) -> Result<i64, Error> {
    ask(center, site, "select pg_database_size(current_database())").await
}

async fn ask(center: &Center, site: &str, question: &'static str) -> Result<i64, Error> {
    let url = center.database_url(site, "reader")?;
    let asked = async {
        let mut connection = PgConnection::connect(&url).await?;
        sqlx::query_scalar(question).fetch_one(&mut connection).await
    };
    asked.await.map_err(|source| Error::View { site: site.to_owned(), source })
}
