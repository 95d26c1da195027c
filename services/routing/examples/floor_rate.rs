//! Prints how many decisions a floor makes a second: `cargo run --release -p routing --example floor_rate`.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let figures = routing::bench::run(10_000, 100_000, 50, 1_000_000);
    writeln!(std::io::stdout(), "{figures:#?}")
}
