//! Files in parts: which bytes of a file a part is, and how parts make a file.

use crate::blob_store::{ConteudoId, PARTE};
use crate::db::schema::parte_enviada;
use crate::value::resource::sem_recursos;
use diesel::prelude::*;
use serde::Serialize;

/// Bytes of a file, from one on and before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Trecho {
    pub inicio: i64,
    pub fim: i64,
}

impl Trecho {
    pub const fn tamanho(self) -> i64 {
        self.fim - self.inicio
    }

    pub const fn contem(self, outro: Self) -> bool {
        self.inicio <= outro.inicio && outro.fim <= self.fim
    }
}

// A part of a trâmite.
sem_recursos!(ParteEnviada);

/// A part that came, and the content that holds its bytes.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = parte_enviada)]
pub struct ParteEnviada {
    pub conteudo_id: ConteudoId,
    pub inicio: i64,
    pub fim: i64,
}

impl ParteEnviada {
    pub const fn trecho(&self) -> Trecho {
        Trecho { inicio: self.inicio, fim: self.fim }
    }
}

/// Bytes of a file that one content holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segmento {
    pub conteudo: ConteudoId,
    pub trecho: Trecho,
    /// Where in the content they begin.
    pub deslocamento: i64,
}

impl Segmento {
    /// A file that came whole.
    pub const fn inteiro(conteudo: ConteudoId, tamanho: i64) -> Self {
        Self { conteudo, trecho: Trecho { inicio: 0, fim: tamanho }, deslocamento: 0 }
    }

    /// The piece of the content that holds this byte of the file, and its place in the piece.
    pub fn pedaco(&self, posicao: i64) -> Option<(i32, usize)> {
        let no_conteudo = usize::try_from(posicao - self.trecho.inicio + self.deslocamento).ok()?;
        Some((i32::try_from(no_conteudo / PARTE).ok()?, no_conteudo % PARTE))
    }
}

/// The parts that make up the whole file, each byte once; or the first byte that no part has.
///
/// # Errors
/// That byte, when one is missing.
pub fn montar(partes: &[ParteEnviada], tamanho: i64) -> Result<Vec<Segmento>, i64> {
    let mut em_ordem: Vec<&ParteEnviada> = partes.iter().collect();
    em_ordem.sort_by_key(|parte| parte.inicio);
    let mut em_ordem = em_ordem.into_iter().peekable();
    let (mut segmentos, mut posicao) = (Vec::new(), 0);
    while posicao < tamanho {
        // Of those that begin by here, the one that reaches farthest.
        let mut melhor: Option<&ParteEnviada> = None;
        while let Some(parte) = em_ordem.next_if(|parte| parte.inicio <= posicao) {
            if melhor.is_none_or(|melhor| parte.fim > melhor.fim) {
                melhor = Some(parte);
            }
        }
        let Some(parte) = melhor.filter(|parte| parte.fim > posicao) else { return Err(posicao) };
        let trecho = Trecho { inicio: posicao, fim: parte.fim.min(tamanho) };
        let deslocamento = posicao - parte.inicio;
        segmentos.push(Segmento { conteudo: parte.conteudo_id, trecho, deslocamento });
        posicao = trecho.fim;
    }
    Ok(segmentos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parte(conteudo_id: i64, inicio: i64, fim: i64) -> ParteEnviada {
        ParteEnviada { conteudo_id, inicio, fim }
    }

    fn montadas(partes: &[ParteEnviada], tamanho: i64) -> Result<Vec<(i64, i64, i64, i64)>, i64> {
        let segmentos = montar(partes, tamanho)?;
        let um = |s: &Segmento| (s.conteudo, s.trecho.inicio, s.trecho.fim, s.deslocamento);
        Ok(segmentos.iter().map(um).collect())
    }

    #[test]
    fn as_partes_em_qualquer_ordem_fazem_o_arquivo() {
        let partes = [parte(3, 20, 25), parte(1, 0, 10), parte(2, 10, 20)];
        assert_eq!(montadas(&partes, 25), Ok(vec![(1, 0, 10, 0), (2, 10, 20, 0), (3, 20, 25, 0)]));
        assert_eq!(montadas(&[parte(1, 0, 1)], 1), Ok(vec![(1, 0, 1, 0)]));
    }

    #[test]
    fn as_que_se_sobrepoem_dao_cada_byte_uma_vez() {
        let partes = [parte(1, 0, 10), parte(2, 3, 6), parte(3, 5, 12), parte(4, 8, 15)];
        assert_eq!(montadas(&partes, 15), Ok(vec![(1, 0, 10, 0), (4, 10, 15, 2)]));
    }

    #[test]
    fn diz_o_primeiro_byte_que_falta() {
        assert_eq!(montadas(&[], 5), Err(0));
        assert_eq!(montadas(&[parte(1, 1, 5)], 5), Err(0));
        assert_eq!(montadas(&[parte(1, 0, 3), parte(2, 4, 5)], 5), Err(3));
        assert_eq!(montadas(&[parte(1, 0, 3)], 5), Err(3));
    }

    #[test]
    fn um_byte_esta_num_so_pedaco() {
        let tamanho = i64::try_from(PARTE).unwrap();
        let trecho = Trecho { inicio: 100, fim: 100 + 3 * tamanho };
        let segmento = Segmento { conteudo: 1, trecho, deslocamento: 7 };
        assert_eq!(segmento.pedaco(100), Some((0, 7)));
        assert_eq!(segmento.pedaco(100 + tamanho - 7), Some((1, 0)));
        assert_eq!(segmento.pedaco(0), None);
    }
}
