//! The last line of a drill: one JSON object of named figures.

use std::io::Write as _;

use serde_json::{Map, Value, json};

use super::Error;

/// What a figure must be.
#[derive(Debug, Clone, Copy)]
pub enum Bar {
    /// Exactly this.
    Exactly(f64),
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
    /// Less than this.
    Below(f64),
    /// More than this.
    Above(f64),
    /// Only told.
    None,
}

/// Named figures in the order of adding.
#[derive(Debug, Default)]
pub struct Figures {
    values: Map<String, Value>,
    failed: Vec<String>,
}

impl Figures {
    /// Adds a figure.
    pub fn add(&mut self, name: &str, value: f64, bar: Bar) {
        let ok = match bar {
            Bar::Exactly(bar) => value == bar,
            Bar::AtMost(bar) => value <= bar,
            Bar::AtLeast(bar) => value >= bar,
            Bar::Below(bar) => value < bar,
            Bar::Above(bar) => value > bar,
            Bar::None => true,
        };
        let sign = match bar {
            Bar::Exactly(bar) => json!(format!("== {bar}")),
            Bar::AtMost(bar) => json!(format!("<= {bar}")),
            Bar::AtLeast(bar) => json!(format!(">= {bar}")),
            Bar::Below(bar) => json!(format!("< {bar}")),
            Bar::Above(bar) => json!(format!("> {bar}")),
            Bar::None => Value::Null,
        };
        if !ok {
            self.failed.push(name.to_owned());
        }
        self.values.insert(name.to_owned(), json!({"value": number(value), "bar": sign, "ok": ok}));
    }

    /// True when every bar is met.
    pub fn ok(&self) -> bool {
        self.failed.is_empty()
    }

    /// Writes the line to standard output and returns whether every bar is met.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn print(&self) -> Result<bool, Error> {
        let line = serde_json::to_string(&self.values).unwrap_or_default();
        writeln!(std::io::stdout(), "{line}").map_err(Error::Output)?;
        if !self.ok() {
            say(&format!("below the bar: {}", self.failed.join(", ")));
        }
        Ok(self.ok())
    }
}

/// A line of progress, on standard error.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Whole numbers without a point.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        json!(value as i64)
    } else {
        json!((value * 1_000.0).round() / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_bar_is_not_ok() {
        let mut figures = Figures::default();
        figures.add("acked", 12.0, Bar::Above(0.0));
        assert!(figures.ok());
        figures.add("lost", 1.0, Bar::Exactly(0.0));
        figures.add("gap", f64::NAN, Bar::AtMost(3.0));
        assert!(!figures.ok());
        assert_eq!(figures.failed, ["lost", "gap"]);
        assert_eq!(figures.values["acked"], json!({"value": 12, "bar": "> 0", "ok": true}));
    }
}
