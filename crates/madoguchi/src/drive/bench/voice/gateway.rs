//! A gateway's signalling in this process, which answers everything.

use std::{
    fmt,
    net::Ipv4Addr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use telephony::sip::{
    Config, Counts, Sip, SipEvent, Transport, Trunk,
    admission::Limits,
    bench::{self, Report},
};
use tokio::{
    sync::{Mutex, mpsc},
    time::sleep,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::sipp::{self, Counted};
use crate::drive::Error;

/// What it answers with; nobody speaks.
const SDP: &str = "v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";
/// The last call is over when nothing happened for so long.
const QUIET: Duration = Duration::from_secs(3);
/// Transactions are remembered for 64 T1 after their end.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// See the module.
pub(super) struct Gateway {
    sip: Sip,
    events: Arc<Mutex<mpsc::Receiver<SipEvent>>>,
    refused: u64,
    _stop: DropGuard,
}

/// A run, as both sides saw it.
pub(super) struct Answered {
    pub(super) report: Report,
    pub(super) calls: u64,
    pub(super) sipp: Counted,
}

impl Gateway {
    /// Listens on a free port; its only trunk is this machine.
    pub(super) async fn start(limits: Limits) -> Result<Self, Error> {
        let mut trunk = Trunk::new("line", "127.0.0.1", 9);
        trunk.probe = false;
        let udp = Some((Ipv4Addr::LOCALHOST, 0).into());
        let config = Config { udp, trunks: vec![trunk], limits, ..Config::default() };
        let stop = CancellationToken::new();
        let started = Sip::start(config, stop.clone()).await;
        let (sip, events) = started.map_err(|error| Error::Answer(format!("starting signalling: {error}")))?;
        Ok(Self { sip, events: Arc::new(Mutex::new(events)), refused: 0, _stop: stop.drop_guard() })
    }

    /// Answers so many calls of sipp.
    pub(super) async fn answer(&mut self, rate: u32, calls: u32, folder: &Path) -> Result<Answered, Error> {
        let no_address = || Error::Answer("the gateway has no address".into());
        let to = self.sip.address(Transport::Udp).ok_or_else(no_address)?;
        let until = Instant::now() + Duration::from_secs(150);
        let callers = sipp::call(to, rate, calls, folder);
        let (sip, events) = (self.sip.clone(), Arc::clone(&self.events));
        // Where a gateway takes its events too.
        let answers = self.sip.runtime().spawn(async move {
            let mut events = events.lock().await;
            bench::answer(&sip, &mut events, SDP.as_bytes(), until, QUIET).await
        });
        let (sipp, report) = tokio::join!(callers, answers);
        let mut report = report.map_err(|error| Error::Answer(format!("answering ended: {error}")))?;
        // Counted since the start; this run's are wanted.
        let total = report.counts.refused_rate;
        report.counts.refused_rate -= self.refused;
        self.refused = total;
        Ok(Answered { report, calls: u64::from(calls), sipp: sipp? })
    }

    /// What it counts now.
    pub(super) fn counts(&self) -> Counts {
        self.sip.counts()
    }

    /// Whether nothing of any call is left, at once or when the last transaction may be forgotten.
    pub(super) async fn empty(&self) -> bool {
        let start = Instant::now();
        loop {
            let counts = self.counts();
            if (counts.legs, counts.dialogs, counts.transactions) == (0, 0, 0) {
                return true;
            }
            if start.elapsed() > FORGOTTEN {
                return false;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Answered {
    /// Every call stood and ended, and no message had to be sent twice.
    pub(super) fn clean(&self) -> bool {
        let both = (self.sipp.successful, self.report.ended) == (self.calls, self.calls);
        both && self.sipp.failed == 0 && self.sipp.retransmissions == 0
    }

    /// What was let in stood and ended; the callers' successes are among it.
    pub(super) fn carried(&self) -> bool {
        let report = &self.report;
        report.confirmed == report.incoming
            && report.ended == report.incoming
            && self.sipp.successful <= report.confirmed
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, calls, sipp } = self;
        write!(
            f,
            "{} of {calls} answered, {} failed, {} retransmissions, {} refused, {:.3} ms CPU a call, {} MiB",
            sipp.successful,
            sipp.failed,
            sipp.retransmissions,
            report.counts.refused_rate,
            report.cpu_ms_per_call(),
            report.memory >> 20,
        )
    }
}
