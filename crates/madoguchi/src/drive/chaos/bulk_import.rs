//! A site dies while customers are imported through both, and comes back. Nothing may be missing, nothing twice.

use std::{ops::Range, time::Duration};

use futures::{StreamExt as _, stream};
use tokio::time::{Instant, sleep};

use super::{Command, victim};
use crate::{
    drive::{
        Error,
        check::views::reader,
        drill::Stage,
        figures::{Bar, Figures, say},
        import::{AT_ONCE, REPORTS, client, report},
    },
    up::Center,
};

/// Longest that a view may be behind.
const BEHIND: Duration = Duration::from_secs(300);
/// Touchpoints of each customer.
const EVENTS: u64 = 10;

/// Runs it so often; false when a bar is missed.
pub(super) async fn run(stage: &Stage, command: &Command) -> Result<bool, Error> {
    let center = &stage.center;
    let (mut expected, mut missing, mut twice, mut unequal) = (0, 0, 0, 0);
    for run in 1..=command.runs {
        let first = expected / EVENTS;
        once(center, first..first + command.imported, run).await?;
        expected += command.imported * EVENTS;
        for (site, count) in settled(center, expected).await? {
            say(&format!("run {run}: {site} has {count} of {expected} touchpoints"));
            missing += expected.saturating_sub(count);
            twice += count.saturating_sub(expected);
        }
        unequal += u64::from(!equal(center).await?);
    }
    let mut figures = Figures::default();
    figures.add("runs", command.runs as f64, Bar::Above(0.0));
    figures.add("imported", expected as f64, Bar::Above(0.0));
    figures.add("lost", missing as f64, Bar::Exactly(0.0));
    figures.add("doubled", twice as f64, Bar::Exactly(0.0));
    figures.add("views_equal", f64::from(unequal == 0), Bar::Exactly(1.0));
    figures.print()
}

/// Imports; a third on the way a site is killed, and after the import it is started again.
async fn once(center: &Center, customers: Range<u64>, run: usize) -> Result<(), Error> {
    let site = victim(center, run)?;
    let clients = center.sites().iter().map(|site| client(center, site)).collect::<Result<Vec<_>, _>>()?;
    let firsts: Vec<u64> = customers.clone().step_by(usize::try_from(AT_ONCE).unwrap_or(1)).collect();
    let third = firsts.len() / 3;
    let reports = firsts.into_iter().enumerate().map(|(turn, first)| {
        let some = first..(first + AT_ONCE).min(customers.end);
        report(&clients, turn, some, EVENTS)
    });
    let mut reports = stream::iter(reports).buffer_unordered(REPORTS);
    for _ in 0..third {
        reports.next().await.transpose()?;
    }
    say(&format!("  kill -9 of {site}"));
    // What is under way goes on while it dies.
    let (killed, next) = tokio::join!(center.kill_site(&site), reports.next());
    killed?;
    next.transpose()?.ok_or_else(|| Error::Answer("the import was over before the site died".into()))?;
    while reports.next().await.transpose()?.is_some() {}
    center.start_site(&site).await?;
    Ok(())
}

/// Touchpoints of the imports at each site, once its view has followed.
async fn settled(center: &Center, expected: u64) -> Result<Vec<(String, u64)>, Error> {
    let deadline = Instant::now() + BEHIND;
    let mut counts = Vec::new();
    for site in center.sites() {
        let pool = reader(center, &site, crm::view::SCHEMA).await?;
        loop {
            let source = |source| Error::View { site: site.clone(), source };
            let asked = sqlx::query_scalar("select count(*) from touchpoints where fact like '%/import.drill'");
            let count: i64 = asked.fetch_one(&pool).await.map_err(source)?;
            if count.unsigned_abs() >= expected || Instant::now() > deadline {
                counts.push((site, count.unsigned_abs()));
                break;
            }
            sleep(Duration::from_millis(250)).await;
        }
    }
    Ok(counts)
}

async fn equal(center: &Center) -> Result<bool, Error> {
    let mut digests = Vec::new();
    for site in center.sites() {
        let pool = reader(center, &site, crm::view::SCHEMA).await?;
        let source = |source| Error::View { site: site.clone(), source };
        digests.push(crm::view::digest(&pool).await.map_err(source)?);
    }
    Ok(digests.windows(2).all(|pair| pair[0] == pair[1]))
}
