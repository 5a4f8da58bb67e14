//! Writes literals as GraphQL text, the way graphql-js prints them.

use apollo_compiler::ast::Value;
use std::fmt::Write;

pub fn print(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Boolean(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Enum(name) => text.push_str(name),
        Value::Variable(name) => {
            text.push('$');
            text.push_str(name);
        }
        Value::Int(number) => text.push_str(number.as_str()),
        Value::Float(number) => text.push_str(number.as_str()),
        Value::String(value) => quote(text, value),
        Value::List(items) => {
            text.push('[');
            for (n, item) in items.iter().enumerate() {
                text.push_str(if n > 0 { ", " } else { "" });
                write(text, item);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (n, (name, value)) in fields.iter().enumerate() {
                text.push_str(if n > 0 { ", " } else { " " });
                text.push_str(name);
                text.push_str(": ");
                write(text, value);
            }
            text.push_str(if fields.is_empty() { "}" } else { " }" });
        }
    }
}

fn quote(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            // Writing to a `String` cannot fail.
            c if c.is_control() => _ = write!(text, "\\u{:04X}", u32::from(c)),
            c => text.push(c),
        }
    }
    text.push('"');
}
