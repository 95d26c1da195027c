//! One run of a drill: people talk, something fails, it is healed, and everything is checked.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use tokio::time::{Instant, sleep, timeout};

use super::{
    Error,
    check::{self, Mark, Verdict},
    company::Company,
    figures::say,
    ledger::Diary,
    stats::{Gaps, millis, percentile},
    talk::{Plan, Talk},
};
use crate::up::{Center, Options, STREAMS};

/// A center for drills, and its people.
pub struct Stage {
    /// The center.
    pub center: Center,
    /// Sites and agents.
    pub company: Company,
    folder: PathBuf,
}

impl Stage {
    /// Starts a center of its own, below `.madoguchi/` unless `change` says otherwise, with agents for `customers` conversations.
    ///
    /// # Errors
    /// When the center does not come up.
    pub async fn open(name: &str, customers: usize, change: impl FnOnce(&mut Options)) -> Result<Self, Error> {
        let mut options = Options::new(format!(".madoguchi/{name}-{}", std::process::id()));
        change(&mut options);
        let folder = options.data.clone();
        say(&format!("starting a center in {}", folder.display()));
        let center = Center::start(options).await?;
        let agents = customers.div_ceil(8).max(2).next_multiple_of(2);
        let company = Company::prepare(&center, agents, 12).await?;
        Ok(Self { center, company, folder })
    }

    /// Stops the center and, when all went well, removes its folder.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub async fn end(self, well: bool) -> Result<(), Error> {
        self.center.shutdown().await?;
        drop(self.center);
        if well {
            let _ = tokio::fs::remove_dir_all(&self.folder).await;
        } else {
            say(&format!("logs are in {}", self.folder.display()));
        }
        Ok(())
    }
}

/// What fails in a run.
pub trait Failure {
    /// Lets it fail and heal while people write. Returns when it is healed. The name of the site whose customers suffer, if one.
    fn strike(&self, center: &Center, run: usize, talk: &Talk) -> impl Future<Output = Result<Option<String>, Error>>;
}

/// What a run showed.
#[derive(Debug)]
pub struct Outcome {
    /// What the checks found.
    pub verdict: Verdict,
    /// Messages acknowledged.
    pub acked: u64,
    /// Longest gaps of the conversations of the site that failed, or of all when none did.
    pub dead_site: Vec<Gaps>,
    /// Longest gaps of the others.
    pub other_site: Vec<Gaps>,
    /// Refusals that a retry would not have mended, and messages never answered.
    pub refused: u64,
    /// When it was let fail.
    pub struck_at: Instant,
}

/// Runs once.
///
/// # Errors
/// When the drill cannot be carried out; a defect is no error.
pub async fn run(stage: &Stage, plan: &Plan, number: usize, failure: &impl Failure) -> Result<Outcome, Error> {
    steered(&stage.center).await?;
    let mark = Mark::now(&stage.center).await?;
    let talk = Talk::start(&stage.company, plan).await?;
    talk.write();
    let warm = 5 * plan.customers as u64;
    talk.reach("five messages each", |count| count.acked >= warm).await?;
    let struck_at = Instant::now();
    let struck = failure.strike(&stage.center, number, &talk).await?;
    stage.center.settled(Duration::from_secs(60)).await?;
    talk.drain().await?;
    let diaries = talk.close().await?;
    let verdict = check::everything(&stage.center, &mark, &diaries).await?;
    Ok(outcome(verdict, &diaries, struck.as_deref(), struck_at))
}

/// Every stream is led from the witness again, as it is in a center at rest.
///
/// # Errors
/// When they are not within a minute.
pub async fn steered(center: &Center) -> Result<(), Error> {
    let at_rest = async {
        for stream in STREAMS {
            while center.leader_of(stream).await?.as_deref() != Some("witness") {
                sleep(Duration::from_millis(100)).await;
            }
        }
        Ok::<(), Error>(())
    };
    let late = |_| Error::Answer("the streams' leaders were not steered to the witness within a minute".to_owned());
    timeout(Duration::from_secs(60), at_rest).await.map_err(late)?
}

fn outcome(verdict: Verdict, diaries: &[Diary], struck: Option<&str>, struck_at: Instant) -> Outcome {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for reason in diaries.iter().flat_map(|diary| &diary.refusals) {
        *reasons.entry(reason).or_default() += 1;
    }
    if !reasons.is_empty() {
        say(&format!("  refused: {reasons:?}"));
    }
    let unanswered: u64 = diaries.iter().map(|diary| diary.unanswered).sum();
    let (mut dead_site, mut other_site) = (Vec::new(), Vec::new());
    for diary in diaries {
        let Some(gap) = diary.gaps else { continue };
        match struck {
            Some(site) if site != diary.home => other_site.push(gap),
            _ => dead_site.push(gap),
        }
    }
    Outcome {
        verdict,
        acked: diaries.iter().map(|diary| diary.acks.len() as u64).sum(),
        dead_site,
        other_site,
        refused: reasons.values().sum::<u64>() + unanswered,
        struck_at,
    }
}

/// The p99 of gaps, in ms: of the waits, or of the times between acknowledgements.
pub fn p99_ms(gaps: &[Gaps], of: impl Fn(&Gaps) -> Duration) -> f64 {
    let mut values: Vec<Duration> = gaps.iter().map(of).collect();
    millis(percentile(&mut values, 99.0))
}

impl Outcome {
    /// When the longest of the waits ended, after the failure.
    fn when(&self, gaps: &[Gaps]) -> String {
        let longest = gaps.iter().map(|gap| gap.failure).max_by_key(|gap| gap.waited).and_then(|gap| gap.waited_until);
        match longest.map(|at| at.checked_duration_since(self.struck_at)) {
            Some(Some(after)) => format!("longest ended {:.1} s after the failure", after.as_secs_f64()),
            Some(None) => "longest before the failure".to_owned(),
            None => "none".to_owned(),
        }
    }

    /// Every conversation's gaps.
    pub fn all(&self) -> Vec<Gaps> {
        self.dead_site.iter().chain(&self.other_site).copied().collect()
    }

    /// A line for people.
    pub fn describe(&self, run: usize) -> String {
        let found = &self.verdict.findings;
        let waited = |gaps: &[Gaps]| format!("{} ms ({})", p99_ms(gaps, |gap| gap.failure.waited), self.when(gaps));
        format!(
            "run {run}: acked {}, lost {}, doubled {}, disorder {}, double accepts {}, stale writes {}, views equal {}, replicas equal {}, \
             refused {}, claims {}, gap p99 {}, others' {}, at the start {} ms",
            self.acked,
            found.lost,
            found.doubled,
            found.disorder,
            self.verdict.double_accepts,
            self.verdict.stale_writes,
            self.verdict.views_equal,
            self.verdict.replicas_equal,
            self.refused,
            self.verdict.claims,
            waited(&self.dead_site),
            waited(&self.other_site),
            p99_ms(&self.all(), |gap| gap.start.waited),
        )
    }
}
