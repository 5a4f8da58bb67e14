//! What a check of `elos doctor` found, and what to do about it.

use serde::{Serialize, Serializer};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Ok,
    Warning,
    Error,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "aviso",
            Self::Error => "erro",
        }
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the check, for machines.
    #[serde(rename = "verificacao")]
    pub check: &'static str,
    #[serde(rename = "nivel")]
    pub level: Level,
    #[serde(rename = "texto")]
    pub text: String,
    /// What the operator should do. `None` if there is nothing to do.
    #[serde(rename = "acao", skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

impl Finding {
    pub fn ok(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, text: text.into(), action: None }
    }

    pub fn warning(
        check: &'static str,
        text: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        Self { check, level: Level::Warning, text: text.into(), action: Some(action.into()) }
    }

    pub fn error(check: &'static str, text: impl Into<String>, action: impl Into<String>) -> Self {
        Self { check, level: Level::Error, text: text.into(), action: Some(action.into()) }
    }
}
