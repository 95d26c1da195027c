//! Answers every call and says what that cost: the gateway's half of a signalling benchmark; a generator such as sipp is
//! the other.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::{Counts, Sip, SipEvent};

/// What answering cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// Calls that came in.
    pub incoming: u64,
    /// Calls that stood.
    pub confirmed: u64,
    /// Calls that ended.
    pub ended: u64,
    /// Processor time of this process, user and system, ms.
    pub cpu_ms: f64,
    /// How long it took, ms.
    pub took_ms: u64,
    /// Resident memory at the end, bytes.
    pub memory: u64,
    /// The gateway's own counts at the end.
    pub counts: Counts,
}

impl Report {
    /// Processor time a call, ms. 0 when there was none.
    pub fn cpu_ms_per_call(&self) -> f64 {
        if self.confirmed == 0 { 0.0 } else { self.cpu_ms / self.confirmed as f64 }
    }
}

/// Answers each incoming call with `sdp` until `until` is over or, after the first call, nothing happened for
/// `quiet`. Run it in a process of its own: the processor time is the whole process's.
pub async fn answer(
    sip: &Sip,
    events: &mut mpsc::Receiver<SipEvent>,
    sdp: &[u8],
    until: Instant,
    quiet: Duration,
) -> Report {
    let mut report = Report::default();
    let (started, cpu_before) = (Instant::now(), cpu_ms());
    loop {
        let now = Instant::now();
        let left = until.saturating_duration_since(now);
        let wait = if report.incoming > 0 { left.min(quiet) } else { left };
        match tokio::time::timeout(wait, events.recv()).await {
            Ok(Some(event)) => count(sip, sdp, event, &mut report),
            Ok(None) | Err(_) => break,
        }
    }
    report.cpu_ms = cpu_ms() - cpu_before;
    report.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    report.memory = memory();
    report.counts = sip.counts();
    report
}

fn count(sip: &Sip, sdp: &[u8], event: SipEvent, report: &mut Report) {
    match event {
        SipEvent::Incoming { key, .. } => {
            report.incoming += 1;
            let (sip, sdp) = (sip.clone(), sdp.to_vec());
            tokio::spawn(async move {
                // A caller who gave up at the same moment is told by an event.
                let _ = sip.answer(key, sdp).await;
            });
        }
        SipEvent::Confirmed { .. } => report.confirmed += 1,
        SipEvent::Ended { .. } => report.ended += 1,
        SipEvent::Changing { key, .. } => {
            let (sip, sdp) = (sip.clone(), sdp.to_vec());
            tokio::spawn(async move {
                let _ = sip.accept_change(key, sdp).await;
            });
        }
        SipEvent::Ringing { .. }
        | SipEvent::Answered { .. }
        | SipEvent::PeerAnswer { .. }
        | SipEvent::Digit { .. }
        | SipEvent::Transfer { .. }
        | SipEvent::Referred { .. } => {}
    }
}

/// Processor time of this process so far, ms. The kernel counts it in hundredths of a second.
pub fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in the second field may hold spaces.
    let Some((_, fields)) = stat.rsplit_once(") ") else { return 0.0 };
    fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() * 10.0
}

/// Resident memory of this process, bytes.
pub fn memory() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4_096
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_process_uses_is_read() {
        let before = cpu_ms();
        let mut sum = 0u64;
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(60) {
            sum = sum.wrapping_add(std::hint::black_box(1));
        }
        assert!(sum > 0 && cpu_ms() > before);
        assert!(memory() > 1 << 20);
    }
}
