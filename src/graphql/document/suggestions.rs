//! The name of the schema that a client probably meant.

/// Returns the known name that is nearest to a wrong one, if one is near.
pub fn nearest<'s>(wrong: &str, known: impl Iterator<Item = &'s str>) -> Option<&'s str> {
    const TOO_LONG: usize = 80;
    let max = wrong.len().div_ceil(3).max(1);
    let distances = known.filter_map(|known| {
        let comparable = wrong.len().max(known.len()) <= TOO_LONG;
        comparable.then(|| (edit_distance(wrong, known), known))
    });
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= max).then_some(name)
}

/// The Levenshtein distance in bytes, ignoring ASCII case.
fn edit_distance(one: &str, other: &str) -> usize {
    let other: Vec<u8> = other.bytes().map(|b| b.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().map(|b| b.to_ascii_lowercase()).enumerate() {
        let mut diagonal = i;
        let mut previous = i + 1;
        for (b, cell) in other.iter().zip(row.iter_mut().skip(1)) {
            let substitution = diagonal + usize::from(a != *b);
            diagonal = *cell;
            *cell = substitution.min(diagonal + 1).min(previous + 1);
            previous = *cell;
        }
        row[0] = i + 1;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_changed_letters() {
        assert_eq!(edit_distance("sub", "SUB"), 0);
        assert_eq!(edit_distance("subs", "sub"), 1);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("firts", "first"), 2);
    }
}
