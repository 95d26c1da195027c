//! Many calls talk at one site, and it is killed.

use std::{collections::BTreeSet, time::Duration};

use futures::future::try_join_all;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{
    Command, Tally,
    hall::{Hall, Talk},
    say,
};
use crate::drive::{
    Error, drill,
    http::Door,
    stats::{millis, percentile},
};

/// A call whose sides do not hear each other by then is not kept.
const LIMIT: Duration = Duration::from_secs(10);
/// Silence that is no gap any more.
const QUIET: Duration = Duration::from_millis(500);
/// Until then a call that was not kept is in the ledger, with its call back: longer than a lost leg is waited for.
const SETTLE: Duration = Duration::from_secs(40);

/// Runs once.
pub(super) async fn run(hall: &Hall, command: &Command, tally: &mut Tally) -> Result<(), Error> {
    let (site, other) = hall.turn(command.runs);
    drill::steered(&hall.center).await?;
    let address = hall.sip(&site)?;
    let total = command.calls + command.refusing;
    let calls = (0..total)
        .map(async |number| hall.carrier.call(address, &format!("+8180000{number:05}"), number >= command.calls).await);
    let lines = try_join_all(calls).await?;
    let talks = hall.talking(&lines, &other).await?;
    let (talks, refusing) = talks.split_at(command.calls);
    say(&format!("{} calls talk at {site}, {} of them with a carrier that refuses", total, refusing.len()));
    sleep(Duration::from_secs(5)).await;
    talks.iter().for_each(Talk::measure);
    hall.center.kill_site(&site).await?;
    sleep(LIMIT).await;
    let mut lost: Vec<&Talk> = refusing.iter().collect();
    for talk in talks {
        let kept = kept(talk, &other).await?;
        tally.call(kept);
        if kept {
            tally.gaps_at_once.push(talk.gap());
        } else {
            lost.push(talk);
        }
    }
    let mut gaps = tally.gaps_at_once.clone();
    say(&format!("{} of {} talk on, gap p95 {} ms", gaps.len(), talks.len(), millis(percentile(&mut gaps, 95.0))));
    ledger(hall, talks, &lost, &other, tally).await?;
    lines.iter().for_each(|line| hall.carrier.hang_up(line));
    hall.center.start_site(&site).await?;
    hall.center.settled(Duration::from_secs(60)).await?;
    tally.left_over = left_over(hall).await?;
    Ok(())
}

/// Both sides hear each other, in the same call of the same agent.
async fn kept(talk: &Talk, door: &Door) -> Result<bool, Error> {
    let recently = Instant::now().checked_sub(QUIET);
    let hear = recently.is_some_and(|since| talk.heard_after(since));
    let now = door.get(&format!("/api/v1/calls/{}", talk.id())).await?;
    Ok(hear && talk.is(&now) && now["moved"].as_u64() > talk.call["moved"].as_u64())
}

/// What was lost is in the ledger and will be called back once; what was kept is neither.
async fn ledger(hall: &Hall, talks: &[Talk], lost: &[&Talk], door: &Door, tally: &mut Tally) -> Result<(), Error> {
    let start = Instant::now();
    loop {
        let ledger = ids(&door.get("/api/v1/lost-calls").await?["calls"], "call");
        let floor = door.get("/api/v1/floor").await?;
        let contacts = floor["contacts"].as_array().cloned().unwrap_or_default();
        let backs = |id: &str| {
            let back = |contact: &&Value| contact["channel"] == "callback" && contact["conversation"] == id;
            contacts.iter().filter(back).count()
        };
        let live = ids(&Value::from(hall.live(door).await?), "call");
        // Late is not lost: such a call is on the line again.
        let gone: Vec<&str> = lost.iter().map(|talk| talk.id()).filter(|id| !live.contains(*id)).collect();
        let missing = gone.iter().filter(|id| !ledger.contains(**id) || backs(id) == 0).count();
        let late = lost.len() - gone.len();
        if (missing + late > 0) && start.elapsed() < SETTLE {
            sleep(Duration::from_millis(200)).await;
            continue;
        }
        let kept = talks.iter().map(Talk::id).filter(|id| !gone.contains(id));
        let twice = gone.iter().filter(|id| backs(id) > 1).count() + kept.filter(|id| backs(id) > 0).count();
        say(&format!(
            "{} lost, {missing} of them not in the ledger with a call back, {twice} called back twice, {late} late",
            gone.len()
        ));
        (tally.lost, tally.ledger_missing, tally.called_back_twice) = (gone.len(), missing, twice);
        return Ok(());
    }
}

fn ids(list: &Value, field: &str) -> BTreeSet<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item[field].as_str().map(str::to_owned)).collect()
}

/// Agents and calls that are not free half a minute after everybody hung up.
async fn left_over(hall: &Hall) -> Result<usize, Error> {
    let start = Instant::now();
    loop {
        let (agents, calls) = hall.left_over().await?;
        if agents + calls == 0 || start.elapsed() > Duration::from_secs(30) {
            say(&format!("after everybody hung up: {agents} agents not free, {calls} calls alive"));
            return Ok(agents + calls);
        }
        sleep(Duration::from_millis(200)).await;
    }
}
