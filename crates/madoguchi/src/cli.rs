//! The command line.
#![allow(clippy::print_stderr, reason = "a command's last words to the person who typed it")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::drive;
use crate::operator::{account, door};
use crate::serve::{self, ServeError, sentence};
use crate::up::command;

/// A contact center that a company can lose a building from and keep answering.
#[derive(Debug, Parser)]
#[command(name = "madoguchi", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a service of a site, or all of them.
    Serve(serve::Serve),
    /// Run a practice center on this machine.
    Up(command::Up),
    /// Tell a running practice center what to do.
    Ctl(command::Ctl),
    /// Accounts, straight through the journal.
    #[command(subcommand)]
    Account(Account),
    /// Erase a customer.
    Erase(door::Erase),
    /// Which sites answer.
    Status(door::Status),
    /// People talk, a site dies, and what was lost is counted.
    Demo(drive::demo::Command),
    /// Let something fail again and again, and check.
    Chaos(drive::chaos::Command),
    /// Measure, and compare with the bars.
    Bench(drive::bench::Command),
}

#[derive(Debug, Subcommand)]
enum Account {
    /// Create or change one.
    Add(account::Add),
}

/// Runs the command.
pub async fn run(cli: Cli) -> ExitCode {
    raise_open_files();
    let done: Result<(), Box<dyn std::error::Error>> = match cli.command {
        Command::Serve(serve) => return exit_of_serve(serve::serve(serve).await),
        Command::Up(up) => command::up(up).await.map_err(Into::into),
        Command::Ctl(ctl) => command::ctl(ctl).await.map_err(Into::into),
        Command::Account(Account::Add(add)) => account::add(add).await.map_err(Into::into),
        Command::Erase(erase) => door::erase(erase).await.map_err(Into::into),
        Command::Status(status) => door::status(status).await.map_err(Into::into),
        Command::Demo(demo) => return exit_of_drill(drive::demo::run(&demo).await),
        Command::Chaos(chaos) => return exit_of_drill(drive::chaos::run(&chaos).await),
        Command::Bench(bench) => return exit_of_drill(drive::bench::run(&bench).await),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// A missed bar is a failure, too: its figures were printed.
fn exit_of_drill(met: Result<bool, drive::Error>) -> ExitCode {
    match met {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn exit_of_serve(served: Result<(), ServeError>) -> ExitCode {
    let Err(error) = served else { return ExitCode::SUCCESS };
    complain(&error);
    match error {
        ServeError::Config(_) => ExitCode::from(chassis::config::EXIT_WRONG_CONFIG),
        ServeError::Telemetry(_)
        | ServeError::Signals(_)
        | ServeError::Service { .. }
        | ServeError::Ended(_)
        | ServeError::Late(_) => ExitCode::FAILURE,
    }
}

/// A socket is an open file, and the usual soft limit is 1,024: take what the hard limit gives.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Refused, the limit stays, and a full door says `too_many_sockets` or cannot accept.
    let _ = setrlimit(Resource::Nofile, limit);
}

fn complain(error: &dyn std::error::Error) {
    eprintln!("madoguchi: {}", sentence(error));
}
