//! Progress bars for the audit commands of the CLI.

use indicatif::{ProgressBar, ProgressStyle};

pub fn bar(length: u64, doing: &str, units: &str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_prefix(doing.to_owned()).with_message(units.to_owned());
    match ProgressStyle::with_template("{prefix} {bar:40} {pos}/{len} {msg} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
