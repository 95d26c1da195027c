//! One call talks, and its site is killed.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::{
    Tally,
    hall::{Hall, Talk, now_ms, until},
    say,
};
use crate::drive::{Error, drill, http::Door, stats::millis};

/// Longest silence that is waited for.
const SILENCE: Duration = Duration::from_secs(15);
/// Talk before the kill: several chunks of the recording.
const TALK: Duration = Duration::from_secs(6);
/// Talk after it: a second gap would be seen.
const ON: Duration = Duration::from_secs(2);
/// What is in flight when the site dies.
const FLIGHT: Duration = Duration::from_millis(50);

/// Runs once.
pub(super) async fn run(hall: &Hall, number: usize, tally: &mut Tally) -> Result<(), Error> {
    let (site, other) = hall.turn(number);
    drill::steered(&hall.center).await?;
    let line = hall.carrier.call(hall.sip(&site)?, &format!("+8190000{number:05}"), false).await?;
    let mut talks = hall.talking(std::slice::from_ref(&line), &other).await?;
    let Some(talk) = talks.pop() else { return Err(Error::Answer("no call talks".into())) };
    // At any moment of a chunk.
    sleep(TALK + Duration::from_millis(rand::random_range(0..2_000))).await;
    talk.measure();
    let killed_ms = now_ms();
    hall.center.kill_site(&site).await?;
    let dead = Instant::now() + FLIGHT;
    let talks_on = talks_again(&talk, dead).await;
    sleep(ON).await;
    let gap = talk.gap();
    let now = other.get(&format!("/api/v1/calls/{}", talk.id())).await?;
    let same = talk.is(&now) && now["moved"].as_u64() > talk.call["moved"].as_u64() && now["phase"] == "talking";
    tally.call(talks_on && same);
    tally.gaps.push(gap);
    let cut = recorded(&talk, &other, killed_ms, talks_on, tally).await?;
    say(&format!(
        "run {number}: {site} killed, gap {} ms, recording cut by {cut} ms, talks on: {talks_on}, same call: {same}",
        millis(gap)
    ));
    hall.carrier.hang_up(&talk.line);
    hall.center.start_site(&site).await?;
    hall.center.settled(Duration::from_secs(60)).await?;
    hall.all_free("everybody is free after the call").await
}

async fn talks_again(talk: &Talk, since: Instant) -> bool {
    let waiting = async {
        while !talk.heard_after(since) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SILENCE, waiting).await.is_ok()
}

/// How much the first part of the recording lacks at its end, ms; the next gateway's part is waited for.
async fn recorded(talk: &Talk, door: &Door, killed_ms: i64, talks_on: bool, tally: &mut Tally) -> Result<i64, Error> {
    let path = format!("/api/v1/calls/{}/recording", talk.id());
    let parts = async || Ok::<_, Error>(door.get(&path).await?["parts"].as_array().cloned().unwrap_or_default());
    let second = until("the recording's second part", async || Ok((parts().await?.len() > 1).then_some(())));
    let waited = timeout(SILENCE, second).await;
    if talks_on && !matches!(waited, Ok(Ok(()))) {
        tally.unrecorded += 1;
    }
    let first = parts().await?.into_iter().next().unwrap_or_default();
    let field = |name: &str| first[name].as_i64();
    let reaches = match (field("started"), field("length_ms")) {
        (Some(started), Some(length)) => started + length,
        _ => return Err(Error::Answer(format!("the call of run has no recording: {}", Value::from(parts().await?)))),
    };
    let cut = killed_ms - reaches;
    tally.recording_cut_ms = tally.recording_cut_ms.max(cut);
    Ok(cut)
}
