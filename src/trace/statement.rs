//! Spans of the statements that a thread sends to the database, and of the reads that they belong
//! to.

use super::span::{Attributes, Span};
use super::{Kind, TraceContext, sampled_per_mille};
use std::cell::RefCell;
use std::fmt::{self, Display, Write};
use std::time::Instant;

/// Diesel writes this between the text of a statement and its values.
const BEFORE_VALUES: &str = " -- binds: ";
/// The longest text of a statement that a span holds, in bytes.
const MAX_TEXT: usize = 4096;
/// The most statements of one piece of work that have a span.
const MAX_STATEMENTS: usize = 128;

struct Statement {
    text: String,
    start: Instant,
    /// The time at which it ended, and what [`end`] was told. `None` while it runs.
    end: Option<(Instant, Option<&'static str>)>,
}

thread_local! {
    /// The statements of the work that runs now, if they are recorded.
    static COLLECTED: RefCell<Option<Vec<Statement>>> = const { RefCell::new(None) };
}

/// Notes that a statement begins.
pub fn begin(query: &(impl Display + ?Sized)) {
    COLLECTED.with_borrow_mut(|collected| {
        let Some(statements) = collected.as_mut().filter(|all| all.len() < MAX_STATEMENTS) else {
            return;
        };
        statements.push(Statement { text: text_of(query), start: Instant::now(), end: None });
    });
}

/// Notes that the statement has ended. `failed` is `None` if it succeeded, else the class of its
/// SQLSTATE, which is empty if the database did not report the failure.
pub fn end(failed: Option<&'static str>) {
    COLLECTED.with_borrow_mut(|collected| {
        if let Some(statement) = collected.as_mut().and_then(|statements| statements.last_mut())
            && statement.end.is_none()
        {
            statement.end = Some((Instant::now(), failed));
        }
    });
}

/// Puts back what was collected before, even after a panic.
struct Collecting(Option<Vec<Statement>>);

impl Drop for Collecting {
    fn drop(&mut self) {
        COLLECTED.set(self.0.take());
    }
}

fn collect<T>(work: impl FnOnce() -> T) -> (T, Vec<Statement>) {
    let _outer = Collecting(COLLECTED.replace(Some(Vec::new())));
    let result = work();
    (result, COLLECTED.take().unwrap_or_default())
}

/// Runs `work` in the context of a trace, and records each of its statements.
pub fn traced<T>(context: Option<&TraceContext>, work: impl FnOnce() -> T) -> T {
    let run = || traced_for(context.map(std::slice::from_ref).unwrap_or_default(), work);
    super::current::run(context.cloned(), run)
}

/// Runs `work`, which several requests share, and records its statements in the trace of each.
pub fn traced_for<T>(contexts: &[TraceContext], work: impl FnOnce() -> T) -> T {
    if !contexts.iter().any(is_recorded) {
        return work();
    }
    let (result, statements) = collect(work);
    for context in contexts {
        record(context, &statements);
    }
    result
}

/// Like [`traced_for`], with a span around the statements. `attributes` returns the attributes of
/// that span, and whether the work failed.
pub fn traced_read<T>(
    contexts: &[TraceContext],
    name: impl FnOnce() -> String,
    work: impl FnOnce() -> T,
    attributes: impl FnOnce(&T) -> (Attributes, bool),
) -> T {
    if !contexts.iter().any(is_recorded) {
        return work();
    }
    let (start, name) = (Instant::now(), name());
    let (result, statements) = collect(work);
    let end = Instant::now();
    let (attributes, failed) = attributes(&result);
    for context in contexts {
        let Some(span) = Span::under(context, start) else { continue };
        record(span.context(), &statements);
        span.end_at(end, Kind::Internal, name.clone().into(), attributes.clone(), failed);
    }
    result
}

fn is_recorded(context: &TraceContext) -> bool {
    context.sampled && sampled_per_mille().is_some()
}

fn record(parent: &TraceContext, statements: &[Statement]) {
    for Statement { text, start, end } in statements {
        let Some((span, (end, failed))) = Span::under(parent, *start).zip(*end) else { continue };
        let name = operation_of(text);
        let mut attributes: Attributes = vec![
            ("db.system.name", "postgresql".into()),
            ("db.operation.name", name.clone().into()),
            ("db.query.text", text.clone().into()),
        ];
        if let Some(sqlstate) = failed.filter(|class| !class.is_empty()) {
            attributes.push(("elos.sqlstate", sqlstate.into()));
        }
        span.end_at(end, Kind::Client, name.into(), attributes, failed.is_some());
    }
}

/// The first word of a statement.
fn operation_of(text: &str) -> String {
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).take(16).collect();
    word.to_ascii_uppercase()
}

/// Takes the text of a statement, and fails when its values begin or [`MAX_TEXT`] is reached.
struct TextWriter(String);

impl Write for TextWriter {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0.push_str(part);
        let end = self.0.find(BEFORE_VALUES).or((self.0.len() > MAX_TEXT).then_some(MAX_TEXT));
        let Some(end) = end else { return Ok(()) };
        let is_boundary = |end: &usize| self.0.is_char_boundary(*end);
        let end = (0..=end).rev().find(is_boundary).unwrap_or_default();
        self.0.truncate(end);
        Err(fmt::Error)
    }
}

/// The text of a statement without any value: neither those that are bound nor literals.
fn text_of(query: &(impl Display + ?Sized)) -> String {
    let mut writer = TextWriter(String::new());
    // It fails where the text ends.
    let _ = write!(writer, "{query}");
    without_literals(&writer.0)
}

fn without_literals(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut in_name = false;
    while let Some(char) = rest.next() {
        match char {
            // Two quotes within a literal are one quote, so they look like two literals.
            '\'' => {
                plain.push('?');
                while rest.next().is_some_and(|char| char != '\'') {}
                in_name = false;
            }
            digit if digit.is_ascii_digit() && !in_name => {
                plain.push('?');
                let number = |char: &char| char.is_ascii_alphanumeric() || *char == '.';
                while rest.next_if(number).is_some() {}
            }
            char => {
                plain.push(char);
                // `$1` stands for a bound value, and `a1` is a name.
                in_name = char.is_alphanumeric() || char == '_' || char == '$';
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_no_value_of_any_kind() {
        for (query, text) in [
            ("SELECT a FROM b WHERE c = $1 -- binds: [\"Maria\"]", "SELECT a FROM b WHERE c = $1"),
            ("SET elos.tribunal = '820'", "SET elos.tribunal = ?"),
            ("SELECT 'it''s' || x1 || t2.c3", "SELECT ?? || x1 || t2.c3"),
            ("SET LOCAL statement_timeout = 1500", "SET LOCAL statement_timeout = ?"),
            ("SELECT -12.5e3, a[1], $12", "SELECT -?, a[?], $12"),
            ("SELECT 'open", "SELECT ?"),
        ] {
            assert_eq!(text_of(query), text, "{query}");
        }
        assert!(text_of(&"é".repeat(MAX_TEXT)).len() <= MAX_TEXT);
        assert_eq!(operation_of("select 1"), "SELECT");
    }

    #[test]
    fn statements_are_collected_only_while_they_are_recorded() {
        begin("SELECT a");
        end(None);
        let ((), statements) = collect(|| {
            begin("SELECT b");
            end(Some("23"));
            end(None);
            begin("SELECT c");
        });
        let texts: Vec<_> = statements.iter().map(|s| (s.text.as_str(), s.end.is_some())).collect();
        assert_eq!(texts, [("SELECT b", true), ("SELECT c", false)]);
        assert_eq!(statements[0].end.unwrap().1, Some("23"));
        assert!(COLLECTED.take().is_none());
    }
}
