//! What is wrong with the trail in the database, and where.

use std::fmt;

/// What was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Achado {
    pub tribunal: i16,
    /// The seal that does not hold; none when what is wrong lies outside of all.
    pub selo: Option<i64>,
    /// The record, and its place in the seal, from 1.
    pub registro: Option<(i64, usize)>,
    pub defeito: Defeito,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defeito {
    Alterado,
    Removido,
    Inserido,
    ForaDeOrdem,
    SeloAlterado,
    SeloRemovido,
    /// A seal, though an archive holds its stretch.
    SeloArquivado,
    Ancora,
}

impl fmt::Display for Achado {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tribunal {}", self.tribunal)?;
        if let Some(ordem) = self.selo {
            write!(f, ", selo {ordem}")?;
        }
        if let Some((id, posicao)) = self.registro {
            write!(f, ", posição {posicao}, registro {id}")?;
        }
        f.write_str(match self.defeito {
            Defeito::Alterado => ": o registro foi alterado",
            Defeito::Removido => ": o registro foi removido",
            Defeito::Inserido => ": o registro foi inserido depois de selado o trecho",
            Defeito::ForaDeOrdem => ": o registro está fora da ordem em que foi selado",
            Defeito::SeloAlterado => ": o selo foi alterado",
            Defeito::SeloRemovido => ": falta o selo",
            Defeito::SeloArquivado => ": o selo está no banco, e o seu trecho num arquivo",
            Defeito::Ancora => ": o selo não é o que foi anotado na âncora",
        })
    }
}
