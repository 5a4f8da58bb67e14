//! Filters that nest: the same limits in every slice.

use crate::Result;
use crate::error::{Error, Falha};

/// More conditions than a person would write; enough for any page.
const CONDICOES_MAXIMO: usize = 100;

/// Turns one filter of the schema into one of the store, counting as it goes.
type Converter<E, F> = fn(E, &mut Condicoes) -> Result<F>;

/// The conditions of a filter, counted: each nested one costs a piece of SQL.
#[derive(Default)]
pub struct Condicoes(usize);

impl Condicoes {
    pub fn mais_uma(&mut self) -> Result<()> {
        self.0 += 1;
        if self.0 <= CONDICOES_MAXIMO {
            return Ok(());
        }
        let mensagem = "o filtro tem mais de 100 condições aninhadas";
        Err(Error::falha(Falha::EntradaInvalida, mensagem))
    }

    /// What stands in `e` or `ou`.
    pub fn varios<E, F>(
        &mut self,
        lista: Option<Vec<E>>,
        converter: Converter<E, F>,
    ) -> Result<Option<Vec<F>>> {
        lista.map(|lista| lista.into_iter().map(|um| converter(um, self)).collect()).transpose()
    }

    /// What stands in `nao`.
    pub fn um<E, F>(
        &mut self,
        filtro: Option<Box<E>>,
        converter: Converter<E, F>,
    ) -> Result<Option<Box<F>>> {
        filtro.map(|um| converter(*um, self).map(Box::new)).transpose()
    }
}
