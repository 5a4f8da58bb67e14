//! Sets of object types, as bit sets.

/// A set of object types, by their index in the schema's list of object types.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TypeSet(Vec<u64>);

impl TypeSet {
    pub(crate) fn insert(&mut self, index: usize) {
        let word = index / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (index % 64);
    }

    pub(crate) fn only(index: usize) -> Self {
        let mut set = Self::default();
        set.insert(index);
        set
    }

    pub(crate) fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Trims empty words at the end, so that equal sets compare equal.
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let mut common: Vec<u64> = self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect();
        while common.last() == Some(&0) {
            common.pop();
        }
        Self(common)
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        let (longer, shorter) =
            if self.0.len() < other.0.len() { (other, self) } else { (self, other) };
        let mut all = longer.clone();
        for (word, another) in all.0.iter_mut().zip(&shorter.0) {
            *word |= another;
        }
        all
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn is_disjoint(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & b == 0)
    }

    /// Whether the set contains all of `other`.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.intersection(other) == *other
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|&index| self.contains(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_are_equal_however_they_are_made() {
        let (a, b) = (TypeSet::only(3), TypeSet::only(130));
        assert_eq!(a.union(&b), b.union(&a));
        assert_eq!(a.union(&b).intersection(&a), a);
        assert!(a.intersection(&b).is_empty() && a.is_disjoint(&b));
        assert!(a.union(&b).covers(&b) && !b.covers(&a));
        assert_eq!(a.union(&b).iter().collect::<Vec<_>>(), [3, 130]);
    }
}
