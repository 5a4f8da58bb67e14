//! The text formats of the metrics.

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;
use std::fmt::Write;

/// The two text formats that scrapers read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    OpenMetrics,
    /// Version 0.0.4, for clients that do not ask for OpenMetrics.
    Prometheus,
}

impl TextForm {
    /// Chooses the format by the header `Accept`.
    pub fn accepted(accept: &str) -> Self {
        match accept.to_ascii_lowercase().contains("application/openmetrics-text") {
            true => Self::OpenMetrics,
            false => Self::Prometheus,
        }
    }

    pub(super) fn encode(self, registry: &Registry) -> String {
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        let _ = text::encode(&mut text, registry);
        match self {
            Self::OpenMetrics => text,
            Self::Prometheus => as_prometheus(&text),
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Converts OpenMetrics to the older format. There a family of counters has the same name as its
/// samples, and the type `info` does not exist.
fn as_prometheus(text: &str) -> String {
    let mut converted = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let described = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' '));
        let Some((family, help)) = described else {
            if !line.starts_with("# ") {
                converted.push_str(line);
                converted.push('\n');
            }
            continue;
        };
        let kind = lines.next_if(|next| next.starts_with("# TYPE "));
        let kind = kind.and_then(|line| line.rsplit(' ').next()).unwrap_or("untyped");
        let (ending, kind) = match kind {
            "counter" => ("_total", kind),
            "info" => ("_info", "gauge"),
            _ => ("", kind),
        };
        // Writing to a `String` cannot fail.
        let _ =
            writeln!(converted, "# HELP {family}{ending} {help}\n# TYPE {family}{ending} {kind}");
    }
    converted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_form_has_the_names_of_the_samples() {
        let text = "# HELP elos_build Versão.\n# TYPE elos_build info\nelos_build_info{version=\"1\"} 1\n\
                    # HELP elos_selados Selados.\n# TYPE elos_selados counter\nelos_selados_total 3\n\
                    # HELP elos_ouvindo 1 ou 0.\n# TYPE elos_ouvindo gauge\nelos_ouvindo 1\n# EOF\n";
        let converted = "# HELP elos_build_info Versão.\n# TYPE elos_build_info gauge\nelos_build_info{version=\"1\"} 1\n\
                    # HELP elos_selados_total Selados.\n# TYPE elos_selados_total counter\nelos_selados_total 3\n\
                    # HELP elos_ouvindo 1 ou 0.\n# TYPE elos_ouvindo gauge\nelos_ouvindo 1\n";
        assert_eq!(as_prometheus(text), converted);
        assert_eq!(TextForm::accepted("*/*"), TextForm::Prometheus);
        let scraper = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.3";
        assert_eq!(TextForm::accepted(scraper), TextForm::OpenMetrics);
    }
}
