//! `simulate day`: a day of 300 agents and 40 queues; progress on standard error, the figures as the last line on standard output.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it tells the person who runs it")]

use std::process::ExitCode;

use simulation::day::{Size, play};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() != Some("day") {
        eprintln!("usage: simulate day [SEED]");
        return ExitCode::from(2);
    }
    let seed = words.next().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let size = Size { agents: 300, queues: 40, hours: 10, contacts_per_hour: 2_500, seed };
    let figures = play(size, &mut |line| eprintln!("{line}"));
    let (enough, lawful) = (figures.contacts >= 10_000, figures.violations == 0);
    println!(
        "{{\"contacts\":{{\"value\":{},\"bar\":\">= 10000\",\"ok\":{enough}}},\
         \"violations\":{{\"value\":{},\"bar\":\"== 0\",\"ok\":{lawful}}},\
         \"expected_wait_mape\":{{\"value\":{:.3},\"bar\":null,\"ok\":true}}}}",
        figures.contacts, figures.violations, figures.expected_wait_mape
    );
    if enough && lawful { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
