//! Defects that the verification finds in the trail of the database.

use std::fmt;

/// A defect and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainFinding {
    pub tribunal: i16,
    /// The seal that failed. `None` when the defect is outside all seals.
    pub seal: Option<i64>,
    /// The id of the record and its position in the seal, counted from 1; 1 for a record that no
    /// seal lists. `None` if the defect is of no record.
    pub record: Option<(i64, usize)>,
    pub defect: Defect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    Changed,
    Removed,
    Inserted,
    OutOfOrder,
    SealAltered,
    SealRemoved,
    /// The database still has the seal, although an archive holds its range.
    SealArchived,
    Anchor,
}

impl fmt::Display for ChainFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tribunal {}", self.tribunal)?;
        if let Some(order) = self.seal {
            write!(f, ", selo {order}")?;
        }
        if let Some((id, position)) = self.record {
            write!(f, ", posição {position}, registro {id}")?;
        }
        f.write_str(match self.defect {
            Defect::Changed => ": o registro foi alterado",
            Defect::Removed => ": o registro foi removido",
            Defect::Inserted => ": o registro foi inserido depois de selado o trecho",
            Defect::OutOfOrder => ": o registro está fora da ordem em que foi selado",
            Defect::SealAltered => ": o selo foi alterado",
            Defect::SealRemoved => ": falta o selo",
            Defect::SealArchived => ": o selo está no banco, e o seu trecho num arquivo",
            Defect::Anchor => ": o selo não é o que foi anotado na âncora",
        })
    }
}
