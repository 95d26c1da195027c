//! sipp, a stack of its own, as the callers.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

use crate::drive::Error;

/// A port for the callers; 0 lets sipp choose badly.
const PORT: u16 = 15_070;
/// What ends a run that does not come to its end.
const LIMIT_S: u32 = 120;

/// What sipp counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) successful: u64,
    pub(super) failed: u64,
    pub(super) retransmissions: u64,
}

/// Makes calls of 100 ms: INVITE, ACK, BYE.
pub(super) async fn call(to: SocketAddr, rate: u32, calls: u32, folder: &Path) -> Result<Counted, Error> {
    let table = folder.join("sipp.csv");
    let _ = tokio::fs::remove_file(&table).await;
    let run = Command::new("sipp")
        .args([&to.to_string(), "-sn", "uac", "-i", "127.0.0.1", "-p", &PORT.to_string(), "-d", "100", "-s", "0120"])
        .args(["-m", &calls.to_string(), "-r", &rate.to_string(), "-l", "100000", "-nostdin", "-timeout"])
        .args([&LIMIT_S.to_string(), "-trace_stat", "-fd", "1", "-stf"])
        .arg(&table)
        .current_dir(folder)
        .env("TERM", "dumb")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    let patience = Duration::from_secs(u64::from(LIMIT_S) + 10);
    let late = |_| Error::Answer(format!("sipp did not end within {patience:?}"));
    let ran = tokio::time::timeout(patience, run).await.map_err(late)?;
    ran.map_err(|error| Error::Answer(format!("running sipp (package sip-tester): {error}")))?;
    let text = tokio::fs::read_to_string(&table).await;
    let text = text.map_err(|error| Error::Answer(format!("sipp left no figures in {}: {error}", table.display())))?;
    counted(&text).ok_or_else(|| Error::Answer("sipp's figures cannot be read".into()))
}

/// The last row of its table.
fn counted(table: &str) -> Option<Counted> {
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next()?.split(';').collect();
    let last: Vec<&str> = lines.last()?.split(';').collect();
    let field = |name: &str| last.get(names.iter().position(|found| *found == name)?)?.trim().parse().ok();
    Some(Counted {
        successful: field("SuccessfulCall(C)")?,
        failed: field("FailedCall(C)")?,
        retransmissions: field("Retransmissions(C)")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_counts() {
        let table = "StartTime;SuccessfulCall(C);FailedCall(C);Retransmissions(C);\nx;1;0;0;\nx;98;2;7;\n";
        assert_eq!(counted(table), Some(Counted { successful: 98, failed: 2, retransmissions: 7 }));
        assert_eq!(counted("a;b;\n"), None);
    }
}
