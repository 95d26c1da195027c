//! The daily run: the first process that speaks does it, the journal lets only one go on, and each customer is looked at again right before they are
//! forgotten.

use std::time::Duration;

use chassis::refusal::{Code, Refusal};
use proto::crm::v1::{RetentionRun, RetentionSettings};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    rule::{Facts, Millis, Noted, Rules, Verdict, due},
    store, view,
};
use crate::{error::away, grpc::Door as Customers, service::now_ms};

/// How often it is looked whether a run is due.
const LOOK: Duration = Duration::from_secs(1);
/// Customers that are looked at together.
const TOGETHER: usize = 500;
/// The longest silent customers that one run looks at.
const LOOKED_AT: i64 = 50_000;
/// Whom the journal names as the one who erased.
const BY: &str = "retention";

/// Runs when it is due, until the signal; a customer is forgotten whole or not at all. `first`: whether this process is the one.
pub(crate) async fn run(customers: Customers, first: watch::Receiver<bool>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
        if *first.borrow()
            && let Err(refusal) = look(&customers, &stop).await
        {
            tracing::warn!(reason = %refusal.reason, "a retention run was not begun, or did not come to its end");
        }
    }
}

/// What stands in the view.
struct Known {
    settings: RetentionSettings,
    set_at: Millis,
    run: RetentionRun,
    sequence: u64,
}

impl Known {
    async fn read(customers: &Customers) -> Result<Option<Self>, Refusal> {
        let set = view::settings(&customers.pool).await.map_err(|error| away(&error))?;
        let Some((settings, set_at)) = set else { return Ok(None) };
        let last = view::last_run(&customers.pool).await.map_err(|error| away(&error))?;
        let (run, sequence) = last.unwrap_or_default();
        Ok(Some(Self { settings, set_at, run, sequence }))
    }

    fn due(&self) -> Option<u32> {
        let now = now_ms();
        let run = &self.run;
        let noted = Noted { day: run.day, began_at: run.began_at_ms, ended: run.ended_at_ms > 0 };
        let noted = (self.sequence > 0).then_some(noted);
        due(self.set_at, noted, now).filter(|_| rules_of(&self.settings).earliest(now).is_some())
    }
}

async fn look(customers: &Customers, stop: &CancellationToken) -> Result<(), Refusal> {
    if Known::read(customers).await?.and_then(|known| known.due()).is_none() {
        return Ok(());
    }
    // The rules may have been changed a moment ago at another site.
    customers.all_caught_up().await?;
    let Some(known) = Known::read(customers).await? else { return Ok(()) };
    let Some(day) = known.due() else { return Ok(()) };
    // What a process that died began is gone on with: whom it named last may be forgotten in part.
    let begun = known.run.day == day && known.sequence > 0;
    let run = if begun { known.run } else { RetentionRun { day, ..RetentionRun::default() } };
    let unfinished = run.erased_customer_ids.last().cloned();
    let run = RetentionRun { began_at_ms: now_ms(), ..run };
    let sequence = store::ran(&customers.journal, known.sequence, run.clone()).await?;
    let mut runner = Runner { customers, stop, settings: known.settings, run, sequence };
    if let Some(id) = unfinished {
        runner.erase(&id).await?;
    }
    runner.run().await
}

/// What is set, for the core.
pub(super) fn rules_of(settings: &RetentionSettings) -> Rules {
    Rules { prospect_days: settings.prospect_days, customer_days: settings.customer_days }
}

/// A run that goes on.
struct Runner<'a> {
    customers: &'a Customers,
    stop: &'a CancellationToken,
    settings: RetentionSettings,
    run: RetentionRun,
    sequence: u64,
}

impl Runner<'_> {
    /// Until nobody is left, the rules are changed, enough were forgotten, or the signal.
    ///
    /// # Errors
    /// When something does not answer, or somebody else took the run: whoever looks later goes on with it.
    async fn run(&mut self) -> Result<(), Refusal> {
        let rules = rules_of(&self.settings);
        let Some(earliest) = rules.earliest(self.run.began_at_ms) else { return Ok(()) };
        let silent = view::silent(&self.customers.pool, &rules, earliest, LOOKED_AT).await;
        let silent = silent.map_err(|error| away(&error))?;
        self.run.more = i64::try_from(silent.len()).unwrap_or(i64::MAX) >= LOOKED_AT;
        for ids in silent.chunks(TOGETHER) {
            let facts = view::facts(&self.customers.pool, ids).await.map_err(|error| away(&error))?;
            for id in ids.iter().filter(|id| facts.get(*id).is_some_and(|facts| is_meant(&rules, facts))) {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                if self.run.erased_customer_ids.len() >= usize::try_from(self.settings.most_per_run).unwrap_or(0) {
                    self.run.more = true;
                    return self.end().await;
                }
                match self.look_again(&rules, id).await? {
                    Again::Meant => {}
                    Again::Spared => continue,
                    Again::OtherRules => return self.end().await,
                }
                self.run.erased_customer_ids.push(id.clone());
                self.note().await?;
                self.erase(id).await?;
            }
        }
        self.end().await
    }

    /// Looks once more, at all that the journal has by now.
    async fn look_again(&self, rules: &Rules, id: &String) -> Result<Again, Refusal> {
        self.customers.all_caught_up().await?;
        let settings = view::settings(&self.customers.pool).await.map_err(|error| away(&error))?;
        if settings.is_none_or(|(settings, _)| settings.version != self.settings.version) {
            return Ok(Again::OtherRules);
        }
        let facts = view::facts(&self.customers.pool, std::slice::from_ref(id)).await.map_err(|error| away(&error))?;
        let meant = facts.get(id).is_some_and(|facts| is_meant(rules, facts));
        Ok(if meant { Again::Meant } else { Again::Spared })
    }

    /// Forgets the customer who was noted last.
    async fn erase(&mut self, id: &str) -> Result<(), Refusal> {
        match self.customers.erase(id, BY).await {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.code == Code::Unavailable => Err(refusal),
            Err(refusal) => {
                tracing::warn!(reason = %refusal.reason, "a customer is not forgotten this time");
                self.run.erased_customer_ids.pop();
                self.run.failed += 1;
                self.note().await
            }
        }
    }

    async fn note(&mut self) -> Result<(), Refusal> {
        self.sequence = store::ran(&self.customers.journal, self.sequence, self.run.clone()).await?;
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Refusal> {
        self.run.ended_at_ms = now_ms();
        let (erased, failed, more) = (self.run.erased_customer_ids.len(), self.run.failed, self.run.more);
        tracing::info!(day = self.run.day, erased, failed, more, "a retention run is over");
        self.note().await
    }
}

/// What a second look says.
enum Again {
    /// They are forgotten.
    Meant,
    /// Something happened with them since the first look.
    Spared,
    /// The rules were changed: the run is over.
    OtherRules,
}

fn is_meant(rules: &Rules, facts: &Facts) -> bool {
    rules.decide(facts, now_ms()) == Verdict::Erase
}
