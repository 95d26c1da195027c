//! The binary; everything is in the library.

use std::process::ExitCode;

use clap::Parser;
use madoguchi::cli::{self, Cli};

// Frames, records and rows are many small allocations on every thread, which contend in the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Cli::parse()).await
}
