//! The measure itself: small, and only that it measures. Figures of a busy machine prove nothing.

use std::time::Duration;

use telephony::media::bench::{Options, bench};

#[tokio::test]
async fn the_measure_sees_calls_and_their_cost() {
    let recordings = std::env::temp_dir().join(format!("recordings-{}", uuid::Uuid::new_v4()));
    let options = Options { calls: 10, time: Duration::from_secs(4), threads: 1, recordings: Some(recordings.clone()) };
    let outcome = bench(options).await.unwrap();
    let files = std::fs::read_dir(&recordings).unwrap().count();
    std::fs::remove_dir_all(recordings).unwrap();
    assert_eq!((outcome.calls, files), (10, 10));
    assert!(outcome.core_percent > 0.0 && outcome.writer_percent > 0.0 && outcome.echo_percent > 0.0, "{outcome:?}");
    assert!(outcome.lost_permille < 500.0, "{outcome:?}");
}
