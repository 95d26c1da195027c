//! The daily run: the first process that speaks does it, the journal lets only one begin, and each customer is looked at again right before they are
//! forgotten.

use std::time::Duration;

use chassis::refusal::Refusal;
use proto::crm::v1::{RetentionRun, RetentionSettings};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    rule::{Noted, Rules, Verdict, due},
    store, view,
};
use crate::{error::away, grpc::Door as Customers, service::now_ms};

/// How often it is looked whether a run is due.
const LOOK: Duration = Duration::from_secs(1);
/// Customers that are looked at together.
const TOGETHER: i64 = 500;
/// Whom the journal names as the one who erased.
const BY: &str = "retention";

/// Runs when it is due, until the signal. `first`: whether this process is the one.
pub(crate) async fn run(customers: Customers, first: watch::Receiver<bool>, stop: CancellationToken) {
    let keep = async {
        loop {
            sleep(LOOK).await;
            if *first.borrow()
                && let Err(refusal) = look(&customers).await
            {
                tracing::warn!(reason = %refusal.reason, "a retention run was not begun or not noted");
            }
        }
    };
    tokio::select! {
        () = keep => {}
        () = stop.cancelled() => {}
    }
}

async fn look(customers: &Customers) -> Result<(), Refusal> {
    let Some((settings, set_at)) = view::settings(&customers.pool).await.map_err(|error| away(&error))? else {
        return Ok(());
    };
    let rules = rules_of(&settings);
    let (last, sequence) = match view::last_run(&customers.pool).await.map_err(|error| away(&error))? {
        Some((run, sequence)) => (Some(run), sequence),
        None => (None, 0),
    };
    let noted = last.map(|run| Noted { day: run.day, began_at: run.began_at_ms, ended: run.ended_at_ms > 0 });
    let now = now_ms();
    let Some(day) = due(set_at, noted, now).filter(|_| rules.earliest(now).is_some()) else { return Ok(()) };
    let mut run = RetentionRun { day, began_at_ms: now, ..RetentionRun::default() };
    let began = store::ran(&customers.journal, sequence, run.clone()).await?;
    let most = usize::try_from(settings.most_per_run).unwrap_or(usize::MAX);
    let ended = erase(customers, &rules, most, &mut run).await;
    run.ended_at_ms = now_ms();
    let (erased, failed, more) = (run.erased_customer_ids.len(), run.failed, run.more);
    tracing::info!(day, erased, failed, more, "a retention run is over");
    store::ran(&customers.journal, began, run).await?;
    ended
}

/// What is set, for the core.
pub(super) fn rules_of(settings: &RetentionSettings) -> Rules {
    Rules { prospect_days: settings.prospect_days, customer_days: settings.customer_days }
}

async fn erase(customers: &Customers, rules: &Rules, most: usize, run: &mut RetentionRun) -> Result<(), Refusal> {
    let Some(earliest) = rules.earliest(run.began_at_ms) else { return Ok(()) };
    let mut after = (0, String::new());
    loop {
        let silent = view::silent(&customers.pool, earliest, (after.0, &after.1), TOGETHER).await;
        let silent = silent.map_err(|error| away(&error))?;
        let Some(last) = silent.last() else { return Ok(()) };
        after = (last.1, last.0.clone());
        let ids: Vec<String> = silent.into_iter().map(|(customer, _)| customer).collect();
        let facts = view::facts(&customers.pool, &ids).await.map_err(|error| away(&error))?;
        for id in ids {
            let meant = |facts| rules.decide(facts, now_ms()) == Verdict::Erase;
            if !facts.get(&id).is_some_and(meant) {
                continue;
            }
            if run.erased_customer_ids.len() >= most {
                run.more = true;
                return Ok(());
            }
            match forget(customers, rules, &id).await {
                Ok(true) => run.erased_customer_ids.push(id),
                Ok(false) => {}
                Err(refusal) => {
                    tracing::warn!(reason = %refusal.reason, "a customer is not forgotten this time");
                    run.failed += 1;
                }
            }
        }
    }
}

/// Looks once more, at all that the journal has by now; whether they are forgotten.
async fn forget(customers: &Customers, rules: &Rules, id: &str) -> Result<bool, Refusal> {
    customers.all_caught_up().await?;
    let named = [id.to_owned()];
    let facts = view::facts(&customers.pool, &named).await.map_err(|error| away(&error))?;
    if facts.get(id).is_none_or(|facts| rules.decide(facts, now_ms()) != Verdict::Erase) {
        return Ok(false);
    }
    customers.erase(id, BY).await?;
    Ok(true)
}
