//! Many calls by sipp, which is a stack of its own.

use std::{
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use telephony::sip::{Transport, admission::Limits, bench};

use super::{Gateway, OURS, settings};

/// Runs sipp's own caller against the gateway: so many calls at so many a second.
fn sipp(gateway: &Gateway, calls: u32, rate: u32, port: u16) -> tokio::process::Child {
    let to = gateway.sip.address(Transport::Udp).unwrap().to_string();
    tokio::process::Command::new("sipp")
        .args([&to, "-sn", "uac", "-i", "127.0.0.1", "-p", &port.to_string(), "-d", "100", "-s", "0120333906"])
        .args(["-m", &calls.to_string(), "-r", &rate.to_string(), "-nostdin", "-timeout", "60"])
        .env("TERM", "dumb")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sipp is installed (package sip-tester)")
}

fn tail(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sipp_makes_two_hundred_calls_and_none_fails() {
    let mut config = settings();
    config.t1_ms = 500;
    let mut gateway = Gateway::start(config).await;
    let calls = sipp(&gateway, 200, 50, 15_061);
    let until = Instant::now() + Duration::from_secs(60);
    let sip = gateway.sip.clone();
    let report = bench::answer(&sip, &mut gateway.events, OURS.as_bytes(), until, Duration::from_secs(3)).await;
    let output = calls.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", tail(&output));
    assert_eq!((report.incoming, report.confirmed, report.ended), (200, 200, 200), "{report:?}");
    assert_eq!((report.counts.legs, report.counts.dialogs), (0, 0));
    assert!(report.cpu_ms_per_call() > 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_times_the_limit_is_refused_and_nothing_stays() {
    let mut config = settings();
    (config.t1_ms, config.limits) = (100, Limits { calls_per_s: 30, burst: 10, at_once: 100 });
    let mut gateway = Gateway::start(config).await;
    let calls = sipp(&gateway, 300, 100, 15_063);
    let until = Instant::now() + Duration::from_secs(60);
    let sip = gateway.sip.clone();
    let report = bench::answer(&sip, &mut gateway.events, OURS.as_bytes(), until, Duration::from_secs(3)).await;
    let output = calls.wait_with_output().await.unwrap();
    let counts = report.counts;
    // sipp calls a refusal a failed call; every call is either carried whole or refused.
    assert_eq!(report.incoming + counts.refused_rate, 300, "{report:?}\n{}", tail(&output));
    assert_eq!((report.confirmed, report.ended), (report.incoming, report.incoming), "{report:?}");
    assert!(report.incoming >= 90 && counts.refused_rate >= 100, "{report:?}");
    gateway.is_empty().await;
}
