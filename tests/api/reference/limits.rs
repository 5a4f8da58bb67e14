//! The page of limits: each row names the line of the code that holds its number.

use super::{read, rows};

/// Returns the number of a row of the page: `256 KiB`, `10.000`, `15 s`. Times are in milliseconds.
fn written(text: &str) -> u64 {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number: u64 = number.replace('.', "").parse().unwrap_or_else(|_| panic!("{text}"));
    number
        * match unit {
            "" | "ms" => 1,
            "KiB" => 1024,
            "MiB" => 1024 * 1024,
            "s" => 1000,
            "min" => 60_000,
            "h" => 3_600_000,
            _ => panic!("{text}: unknown unit"),
        }
}

/// Evaluates the number of a line of the code: a product or a shift of integers, or a `Duration`.
fn coded(line: &str) -> u64 {
    let separator = if line.contains('=') { '=' } else { ':' };
    let expression = line.split_once(separator).map_or(line, |(_, right)| right);
    let expression = expression.trim().trim_end_matches([',', ';']);
    let (unit, expression) = match expression.split_once('(') {
        None => (1, expression),
        Some(("Duration::from_millis" | "Semaphore::const_new", inner)) => (1, inner),
        Some(("Duration::hours", inner)) => (3_600_000, inner),
        Some((_, inner)) => (1000, inner),
    };
    let integer = |text: &str| -> u64 {
        match text.trim().trim_end_matches(')') {
            "MIB" => 1024 * 1024,
            digits => digits.replace('_', "").parse().unwrap_or_else(|_| panic!("{line}")),
        }
    };
    let product = match expression.split_once("<<") {
        Some((left, right)) => integer(left) << integer(right),
        None => expression.split('*').map(integer).product(),
    };
    product * unit
}

#[test]
fn limits_are_those_of_the_code() {
    let mut compared = 0;
    for heading in ["GraphQL", "REST e Tramita", "Tempo e espera", "Identidade", "Registros"] {
        for row in rows("limites", heading) {
            let [what, value, line, file] = row.as_slice() else { panic!("{row:?}") };
            assert!(
                read(file).lines().any(|found| found.trim().contains(line.as_str())),
                "{what}: `{line}` is not in {file}"
            );
            assert_eq!(written(value), coded(line), "{what}: `{line}` of {file}");
            compared += 1;
        }
    }
    assert!(compared > 40, "only {compared} limits");
}
