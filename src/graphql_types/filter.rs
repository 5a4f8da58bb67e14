//! Nested filters: the limits that hold in every slice, and the conditions on relations.

use crate::Result;
use crate::audit::SensitiveField;
use crate::auth::Papel;
use crate::call::Call;
use crate::db::related::Related;
use crate::error::Error;
use crate::graphql_types::connection::{Connection, GraphqlList, Paging, connect};
use crate::graphql_types::context::ContextExt;
use crate::value::rules::RuleSwitches;
use crate::value::{characters, time};
use async_graphql::Context;
use chrono::NaiveDate;

/// Maximum number of conditions in one filter. Neither a person nor a page of a front end needs
/// more.
const MAX_CONDITIONS: usize = 100;
const MAX_VALUES: usize = 100;
const MIN_CHARS: usize = 3;
const MAX_CHARS: usize = 200;
const MAX_MINIMUM: i32 = 100;
/// Maximum nesting of relations. Each level multiplies the rows that PostgreSQL examines.
const DEPTH: usize = 2;

/// Converts a filter of the schema to a filter of the store, and counts its conditions.
pub type Converter<I, F> = fn(I, &mut FilterContext<'_>) -> Result<F>;

/// The state of one conversion. It counts the conditions, because each nested condition adds a
/// piece of SQL.
pub struct FilterContext<'c> {
    call: &'c Call,
    count: usize,
    /// Number of objects that the filter names so far.
    named: usize,
    /// Number of relations that enclose the current position.
    depth: usize,
}

impl<'c> FilterContext<'c> {
    pub fn of(ctx: &'c Context<'_>) -> Self {
        Self { call: ctx.call(), count: 0, named: 0, depth: 0 }
    }

    pub fn count_condition(&mut self) -> Result<()> {
        self.count += 1;
        if self.count <= MAX_CONDITIONS {
            return Ok(());
        }
        Err(Error::invalid("o filtro tem mais de 100 condições aninhadas"))
    }

    /// Takes the lookups of the objects that the filter names, at any depth, and returns how many
    /// they are.
    pub fn charge_lookups(&self) -> Result<usize> {
        if self.named > 0 {
            self.call.charge_lookups(self.named)?;
        }
        Ok(self.named)
    }

    /// Converts the filters of `e` or `ou`.
    pub fn many<I, F>(
        &mut self,
        list: Option<Vec<I>>,
        converter: Converter<I, F>,
    ) -> Result<Option<Vec<F>>> {
        list.map(|list| list.into_iter().map(|filter| converter(filter, self)).collect())
            .transpose()
    }

    /// Converts the filter of `nao`.
    pub fn one<I, F>(
        &mut self,
        filter: Option<Box<I>>,
        converter: Converter<I, F>,
    ) -> Result<Option<Box<F>>> {
        filter.map(|filter| converter(*filter, self).map(Box::new)).transpose()
    }

    /// Converts a filter on the other side of a relation. The count of named objects becomes the
    /// larger of the two sides, not their sum.
    pub fn other_side<I, F>(
        &mut self,
        filter: Option<Box<I>>,
        converter: Converter<I, F>,
    ) -> Result<Option<Box<F>>> {
        if filter.is_some() && self.depth == DEPTH {
            return Err(Error::invalid(
                "o filtro passa por mais de 2 relações, uma dentro da outra",
            ));
        }
        let this_side = std::mem::take(&mut self.named);
        self.depth += 1;
        let converted = self.one(filter, converter);
        self.depth -= 1;
        self.named = self.named.max(this_side);
        converted
    }

    /// Converts a condition on a to-many relation: the filter that at least `min` rows match, and
    /// the filter that no row matches.
    pub fn relation<R: RelationFilter, F>(
        &mut self,
        input: Option<R>,
        converter: Converter<R::Filter, F>,
    ) -> Result<Related<F>> {
        let (some, min, none) = input.map_or((None, None, None), R::into_parts);
        if some.is_none() && min.is_some() {
            return Err(Error::invalid(
                "o filtro `minimo` diz de quantos precisa `algum`: dê os dois",
            ));
        }
        let min = min.unwrap_or(1);
        if !(1..=MAX_MINIMUM).contains(&min) {
            return Err(Error::invalid("o filtro `minimo` vai de 1 a 100"));
        }
        let some = self.other_side(some, converter)?;
        let some = some.map(|filter| (filter, i64::from(min)));
        Ok(Related { some, none: self.other_side(none, converter)? })
    }

    /// Adds the objects that one filter names. `count` holds one number for each way of naming
    /// them. This function adds only the largest, because the filter finds no more objects than
    /// that.
    pub fn add_named<const N: usize>(&mut self, count: [usize; N]) {
        self.named += count.into_iter().max().unwrap_or_default();
    }

    /// Requires the papel that may see the field. Whether a field is empty already reveals
    /// something, so only those who may see the field may filter by it.
    pub fn sensitive(&self, field: SensitiveField) -> Result<()> {
        match self.call.record.sensitive(field, Some(())) {
            Some(()) => Ok(()),
            None => self.call.actor().require(Papel::DadosSensiveis),
        }
    }

    pub fn today(&self) -> NaiveDate {
        time::day((self.call.app.now)())
    }

    pub fn rules(&self) -> RuleSwitches {
        self.call.app.rules
    }
}

/// Loads a page of a filtered list. Objects that the filter names and that the page shows to be
/// absent count against the enumeration limit.
pub async fn connect_filtered<I, F: Default, L: GraphqlList>(
    ctx: &Context<'_>,
    input: Option<I>,
    converter: Converter<I, F>,
    list_of: impl FnOnce(F) -> L + Send,
    paging: Paging,
) -> Result<Connection<L>> {
    ctx.actor().require(Papel::Consulta)?;
    let mut conditions = FilterContext::of(ctx);
    let filter = input.map(|input| converter(input, &mut conditions));
    let filter = filter.transpose()?.unwrap_or_default();
    let named = conditions.charge_lookups()?;
    let found = connect(ctx, list_of(filter), paging).await?;
    ctx.call().count_absent(found.0.missing_of(named))?;
    Ok(found)
}

/// The fields `algum`, `minimo` and `nenhum` of a relation filter.
pub type RelationInput<I> = (Option<Box<I>>, Option<i32>, Option<Box<I>>);

/// A filter that [`relation_filter`] declares.
pub trait RelationFilter {
    /// The filter of the other side.
    type Filter;

    fn into_parts(self) -> RelationInput<Self::Filter>;
}

/// Refuses a list of more than 100 values.
pub fn at_most_100<T>(field: &str, list: Option<&Vec<T>>) -> Result<()> {
    match list {
        Some(list) if list.len() > MAX_VALUES => {
            Err(Error::invalid(format!("o filtro `{field}` aceita no máximo 100 valores")))
        }
        _ => Ok(()),
    }
}

/// Trims and checks a text for a search within another text.
pub fn check_substring(field: &str, text: Option<String>) -> Result<Option<String>> {
    let Some(text) = text.map(|text| text.trim().to_owned()) else { return Ok(None) };
    let letters = text.chars().count();
    if !(MIN_CHARS..=MAX_CHARS).contains(&letters) || characters::control(&text).is_some() {
        return Err(Error::invalid(format!("o filtro `{field}` pede de 3 a 200 letras")));
    }
    Ok(Some(text))
}

/// Declares a filter: conditions, each of which costs as much as one on a column unless it says otherwise.
///
/// ```text
/// conditions! {
///     /// Condições sobre processos.
///     pub struct ProcessoFiltro {
///         /// Numa destas situações.
///         situacao: Option<Vec<SituacaoProcesso>>,
///         /// Pelos vínculos.
///         vinculos: Option<VinculoRelacaoFiltro> => RELATION_CONDITION,
///     }
/// }
/// ```
macro_rules! conditions {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty $(=> $cost:ident)?,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(async_graphql::InputObject)]
        pub struct $name { $(
            $(#[$field_meta])*
            #[graphql(directive = $crate::graphql_types::directives::Cost::apply(
                $crate::graphql_types::filter::cost!($($cost)?).into()
            ))]
            $field: $ty,
        )+ }
    };
}
pub(crate) use conditions;

/// The weight of a condition.
macro_rules! cost {
    () => {
        $crate::graphql_types::directives::CONDITION
    };
    ($cost:ident) => {
        $crate::graphql_types::directives::$cost
    };
}
pub(crate) use cost;

/// Declares the filter of a relation. It has the same three fields for every type on the other
/// side.
macro_rules! relation_filter {
    ($(#[$doc:meta])* $name:ident of $filter:ident) => {
        $crate::graphql_types::filter::conditions! {
            $(#[$doc])*
            pub struct $name {
                /// Ao menos `minimo` casam com este filtro; `{}` casa com qualquer um.
                algum: Option<Box<$filter>>,
                /// Quantos têm de casar com `algum`, de 1 a 100; ausente, 1.
                minimo: Option<i32> => RELATION_CONDITION,
                /// Nenhum casa com este filtro; `{}` pede que não haja nenhum.
                nenhum: Option<Box<$filter>>,
            }
        }

        impl $crate::graphql_types::filter::RelationFilter for $name {
            type Filter = $filter;

            fn into_parts(self) -> $crate::graphql_types::filter::RelationInput<$filter> {
                (self.algum, self.minimo, self.nenhum)
            }
        }
    };
}
pub(crate) use relation_filter;
