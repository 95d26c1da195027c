//! The share of those who picked up and found nobody.

use super::Millis;
use super::plan::Abandon;
use super::state::Campaign;

/// What was counted in the window that ends at `now`: who picked up, and who of them found nobody.
pub(super) fn counted(campaign: &Campaign, abandon: Abandon, now: Millis) -> (u64, u64) {
    let from = now.saturating_sub(abandon.window_ms);
    let inside = campaign.picked_up.iter().filter(|(at, _)| *at > from || now < abandon.window_ms);
    inside.fold((0, 0), |(all, nobody), (_, found_nobody)| (all + 1, nobody + u64::from(*found_nobody)))
}

fn holds(abandon: Abandon, (all, nobody): (u64, u64)) -> bool {
    nobody * 1_000 <= u64::from(abandon.permille) * all
}

/// Whether the share is within the cap.
pub(super) fn within_cap(campaign: &Campaign, abandon: Abandon, now: Millis) -> bool {
    holds(abandon, counted(campaign, abandon, now))
}

/// When the share is within the cap again if nobody picks up until then: one by one they leave the window.
pub(super) fn within_cap_at(campaign: &Campaign, abandon: Abandon, now: Millis) -> Millis {
    if within_cap(campaign, abandon, now) {
        return now;
    }
    let leaving = campaign.picked_up.iter().map(|(at, _)| at + abandon.window_ms).filter(|at| *at > now);
    let mut moments: Vec<Millis> = leaving.collect();
    moments.dedup();
    moments.into_iter().find(|at| within_cap(campaign, abandon, *at)).unwrap_or(now + abandon.window_ms)
}
