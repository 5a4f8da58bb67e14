//! Filters that nest: the same limits in every slice, and how the conditions on relations look.

use crate::Result;
use crate::audit::CampoSensivel;
use crate::auth::Papel;
use crate::call::Chamada;
use crate::error::{Error, Falha};
use crate::filters::Related;
use crate::graphql_types::context::ContextExt;
use crate::processo::NumeroProcesso;
use crate::processo::rules::r4_digito;
use crate::value::regras::Regras;
use crate::value::{characters, time};
use async_graphql::Context;
use chrono::NaiveDate;

/// More conditions than a person would write; enough for any page.
const CONDICOES_MAXIMO: usize = 100;
const VALORES_MAXIMO: usize = 100;
const LETRAS_MINIMO: usize = 3;
const LETRAS_MAXIMO: usize = 200;
const MINIMO_MAXIMO: i32 = 100;
/// Relations that stand one within the other: each multiplies the rows that are looked at.
const DEPTH: usize = 2;

/// Turns one filter of the schema into one of the store, counting as it goes.
type Converter<E, F> = fn(E, &mut Condicoes<'_>) -> Result<F>;

/// The conditions of a filter, counted: each nested one costs a piece of SQL.
pub struct Condicoes<'c> {
    chamada: &'c Chamada,
    quantas: usize,
    nomeados: usize,
    /// How many relations lead to where it is being read.
    depth: usize,
}

impl<'c> Condicoes<'c> {
    pub fn de(ctx: &'c Context<'_>) -> Self {
        Self { chamada: ctx.chamada(), quantas: 0, nomeados: 0, depth: 0 }
    }

    pub fn mais_uma(&mut self) -> Result<()> {
        self.quantas += 1;
        if self.quantas <= CONDICOES_MAXIMO {
            return Ok(());
        }
        Err(recusa("o filtro tem mais de 100 condições aninhadas"))
    }

    /// How many objects the filter names, wherever in it they stand.
    pub const fn nomeados(&self) -> usize {
        self.nomeados
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

    /// What stands on the other side of a relation. Who is named there is not looked for besides
    /// who is named on this side.
    pub fn other_side<E, F>(
        &mut self,
        filtro: Option<Box<E>>,
        converter: Converter<E, F>,
    ) -> Result<Option<Box<F>>> {
        if filtro.is_some() && self.depth == DEPTH {
            return Err(recusa("o filtro passa por mais de 2 relações, uma dentro da outra"));
        }
        let deste_lado = std::mem::take(&mut self.nomeados);
        self.depth += 1;
        let convertido = self.um(filtro, converter);
        self.depth -= 1;
        self.nomeados = self.nomeados.max(deste_lado);
        convertido
    }

    /// What a filter says of many rows on the other side of a relation: of some, and of none.
    pub fn relation<E, F>(
        &mut self,
        (algum, minimo, nenhum): RelationInput<E>,
        converter: Converter<E, F>,
    ) -> Result<Related<F>> {
        if algum.is_none() && minimo.is_some() {
            return Err(recusa("o filtro `minimo` diz de quantos precisa `algum`: dê os dois"));
        }
        let minimo = minimo.unwrap_or(1);
        if !(1..=MINIMO_MAXIMO).contains(&minimo) {
            return Err(recusa("o filtro `minimo` vai de 1 a 100"));
        }
        let some = self.other_side(algum, converter)?;
        let some = some.map(|filtro| (filtro, i64::from(minimo)));
        Ok(Related { some, none: self.other_side(nenhum, converter)? })
    }

    /// R4: a number that no processo can have is an error, negated or not.
    pub fn numero(&self, campo: &'static str, numero: &NumeroProcesso) -> Result<()> {
        match r4_digito(numero, self.regras()) {
            Some(recusa) => Err(recusa.em(["filtro", campo]).into()),
            None => Ok(()),
        }
    }

    /// One filter names so many objects in each of these ways: it finds no more than the most.
    pub fn nomear<const N: usize>(&mut self, quantos: [usize; N]) {
        self.nomeados += quantos.into_iter().max().unwrap_or_default();
    }

    /// Whether a field is empty tells of it: what only some may see, only they may ask.
    pub fn sensivel(&self, campo: CampoSensivel) -> Result<()> {
        match self.chamada.rastro.sensivel(campo, Some(())) {
            Some(()) => Ok(()),
            None => self.chamada.ator().exige(Papel::DadosSensiveis),
        }
    }

    pub fn hoje(&self) -> NaiveDate {
        time::dia((self.chamada.app.agora)())
    }

    fn regras(&self) -> Regras {
        self.chamada.app.regras
    }
}

/// `algum`, `minimo` and `nenhum`.
pub type RelationInput<E> = (Option<Box<E>>, Option<i32>, Option<Box<E>>);

pub fn recusa(mensagem: impl Into<String>) -> Error {
    Error::falha(Falha::EntradaInvalida, mensagem.into())
}

/// A list of a filter has at most so many values.
pub fn ate_cem<T>(campo: &str, lista: Option<&Vec<T>>) -> Result<()> {
    match lista {
        Some(lista) if lista.len() > VALORES_MAXIMO => {
            Err(recusa(format!("o filtro `{campo}` aceita no máximo 100 valores")))
        }
        _ => Ok(()),
    }
}

/// A text to be found within another.
pub fn trecho(campo: &str, texto: Option<String>) -> Result<Option<String>> {
    let Some(texto) = texto.map(|texto| texto.trim().to_owned()) else { return Ok(None) };
    let letras = texto.chars().count();
    if !(LETRAS_MINIMO..=LETRAS_MAXIMO).contains(&letras) || characters::control(&texto).is_some() {
        return Err(recusa(format!("o filtro `{campo}` pede de 3 a 200 letras")));
    }
    Ok(Some(texto))
}

/// How a relation is filtered: the same three fields for each kind of row on the other side.
macro_rules! relation_filter {
    ($(#[$doc:meta])* $nome:ident de $filtro:ident) => {
        $(#[$doc])*
        #[derive(async_graphql::InputObject)]
        pub struct $nome {
            /// Ao menos um assim; `{}` casa com qualquer um.
            #[graphql(directive = $crate::graphql_types::directives::Cost::apply($crate::graphql_types::directives::CONDICAO.into()))]
            algum: Option<Box<$filtro>>,
            /// De quantos `algum` precisa, 1 a 100; ausente, 1.
            #[graphql(directive = $crate::graphql_types::directives::Cost::apply($crate::graphql_types::directives::CONDICAO_DE_RELACAO.into()))]
            minimo: Option<i32>,
            /// Nenhum assim; `{}` pede que não haja nenhum.
            #[graphql(directive = $crate::graphql_types::directives::Cost::apply($crate::graphql_types::directives::CONDICAO.into()))]
            nenhum: Option<Box<$filtro>>,
        }

        impl $nome {
            pub fn partes(de: Option<Self>) -> $crate::graphql_types::filter::RelationInput<$filtro> {
                de.map_or((None, None, None), |de| (de.algum, de.minimo, de.nenhum))
            }
        }
    };
}
pub(crate) use relation_filter;
