//! Configurable paths to the claims of a token that describe the client.

use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A path into the claims, for example `resource_access.*.roles` or
/// `corporativo[].seq_tribunal_pai`.
///
/// Parts are separated by `.`. `*` selects every member of an object, and `[]` after a part selects
/// every item of a list. A `\` before a `.` makes the dot part of the name.
///
/// ```
/// use elos::auth::ClaimPath;
/// let claims = serde_json::json!({ "a": { "x": { "roles": ["p"] }, "y": { "roles": ["q", 7] } } });
/// let path: ClaimPath = "a.*.roles".parse()?;
/// assert_eq!(path.texts(&claims), ["p", "q", "7"]);
/// # Ok::<(), elos::auth::MalformedClaimPath>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    All,
    Items,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("um caminho tem partes separadas por ponto, por exemplo `resource_access.*.roles`")]
pub struct MalformedClaimPath;

impl FromStr for ClaimPath {
    type Err = MalformedClaimPath;

    fn from_str(text: &str) -> Result<Self, MalformedClaimPath> {
        let mut steps = Vec::new();
        for part in parts(text) {
            let (name, is_list) = match part.strip_suffix("[]") {
                Some(name) => (name, true),
                None => (part.as_str(), false),
            };
            steps.push(match name {
                "" => return Err(MalformedClaimPath),
                "*" => Step::All,
                name => Step::Member(name.to_owned()),
            });
            steps.extend(is_list.then_some(Step::Items));
        }
        Ok(Self(steps))
    }
}

fn parts(text: &str) -> Vec<String> {
    let (mut parts, mut chars) = (vec![String::new()], text.chars());
    while let Some(character) = chars.next() {
        match character {
            '.' => parts.push(String::new()),
            other => {
                let literal = if other == '\\' { chars.next() } else { Some(other) };
                parts.last_mut().into_iter().for_each(|part| part.extend(literal));
            }
        }
    }
    parts
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Items => f.write_str("[]")?,
                _ if i > 0 => f.write_str(".")?,
                _ => {}
            }
            match step {
                Step::Member(name) => f.write_str(&name.replace('.', "\\."))?,
                Step::All => f.write_str("*")?,
                Step::Items => {}
            }
        }
        Ok(())
    }
}

impl ClaimPath {
    /// Whether the path has a `*`.
    pub fn has_wildcard(&self) -> bool {
        self.0.contains(&Step::All)
    }

    /// The strings and numbers at the end of the path. A list there yields its items.
    pub fn texts(&self, claims: &Value) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.0, claims, &mut found);
        found
    }
}

fn walk(steps: &[Step], value: &Value, found: &mut Vec<String>) {
    match (steps, value) {
        ([], Value::String(text)) => found.push(text.clone()),
        ([], Value::Number(number)) => found.push(number.to_string()),
        ([], Value::Array(items)) => {
            let leaves = items.iter().filter(|item| !item.is_array());
            leaves.for_each(|item| walk(&[], item, found));
        }
        ([Step::Member(name), rest @ ..], Value::Object(members)) => {
            members.get(name).into_iter().for_each(|member| walk(rest, member, found));
        }
        ([Step::All, rest @ ..], Value::Object(members)) => {
            members.values().for_each(|member| walk(rest, member, found));
        }
        ([Step::Items, rest @ ..], Value::Array(items)) => {
            for item in items {
                walk(rest, item, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(path: &str, claims: &Value) -> Vec<String> {
        path.parse::<ClaimPath>().unwrap().texts(claims)
    }

    #[test]
    fn a_path_yields_the_values_at_its_end_and_nothing_else() {
        let claims = json!({
            "realm_access": { "roles": ["a", "b"] },
            "corporativo": [{ "seq_tribunal_pai": 6 }, { "seq_tribunal_pai": 7 }, {}],
            "https://x.y/tribunal": "8.20", "solto": true,
        });
        assert_eq!(texts("realm_access.roles", &claims), ["a", "b"]);
        assert_eq!(texts("corporativo[].seq_tribunal_pai", &claims), ["6", "7"]);
        assert_eq!(texts(r"https://x\.y/tribunal", &claims), ["8.20"]);
        for nothing in ["solto", "realm_access", "realm_access[].roles", "corporativo.seq", "x.y.z"]
        {
            assert_eq!(texts(nothing, &claims), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn a_path_is_displayed_as_it_was_parsed() {
        for text in ["a", "a.*.roles", "c[].s", r"https://x\.y/t"] {
            assert_eq!(text.parse::<ClaimPath>().unwrap().to_string(), text);
        }
        for text in ["", ".", "a.", "a..b", "[]"] {
            assert_eq!(text.parse::<ClaimPath>(), Err(MalformedClaimPath), "{text}");
        }
    }
}
