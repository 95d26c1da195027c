//! Many seeds, or the one of `SEED`.
#![allow(clippy::print_stdout, reason = "what the seeds did is for the person who runs them")]

use simulation::{
    Report,
    day::{Size, play},
    simulate,
};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn everything_holds_whatever_fails() {
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(30),
    };
    let (mut all, mut runs) = (Report::default(), 0);
    for seed in seeds {
        match simulate(seed) {
            Ok(report) => {
                all.acked += report.acked;
                all.taken += report.taken;
                all.claims += report.claims;
                all.conflicts += report.conflicts;
                all.faults += report.faults;
                runs += 1;
            }
            Err(broken) => panic!("SEED={seed}: {broken}"),
        }
    }
    println!("{runs} seeds: {all:?}");
    // A simulation in which nothing happens proves nothing.
    assert!(all.acked > 20 * runs && all.taken > 5 * runs && all.claims > runs && all.conflicts > 0, "{all:?}");
}

#[test]
fn a_seed_is_the_same_run_every_time() {
    assert_eq!(simulate(3), simulate(3));
}

/// The short form of `scripts/simulate day`.
#[test]
fn a_busy_morning_keeps_every_rule() {
    let size = Size { agents: 24, queues: 10, hours: 2, contacts_per_hour: 240, seed: 1 };
    let figures = play(size, &mut |line| println!("{line}"));
    println!("{figures:?}");
    assert_eq!(figures.violations, 0);
    assert!(figures.contacts > 300 && figures.served > 200 && figures.estimates > 20, "{figures:?}");
}
