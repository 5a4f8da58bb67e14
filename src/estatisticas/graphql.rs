//! Statistics in the GraphQL schema.

use super::store::{Counted, Estatisticas};
use super::{AlvoEstatistico, DimensaoEstatistica, Group};
use crate::Result;
use crate::adolescente::graphql::{
    AdolescenteFiltro, {self as adolescente},
};
use crate::audit::SensitiveField;
use crate::auth::Papel;
use crate::error::Error;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{CONDITION, Cost, ESTATISTICA, FILTER, ListSize};
use crate::graphql_types::filter::{FilterContext, invalid_input};
use crate::guia::graphql::{
    GuiaFiltro, {self as guia},
};
use crate::processo::graphql::{
    ProcessoFiltro, VinculoFiltro, {self as processo},
};
use crate::value::time;
use async_graphql::{Context, Object, OneofObject, SimpleObject};

const MAX_DIMENSIONS: usize = 5;

#[derive(Default)]
pub struct EstatisticaQuery;

#[Object]
impl EstatisticaQuery {
    /// Contagens e tempos do que quem chama vê, em grupos, na ordem das chaves; no máximo 1.000 grupos.
    #[graphql(directive = ListSize::apply(Some(1000), None, None, None), directive = Cost::apply(ESTATISTICA.into()))]
    async fn estatisticas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "O que se conta.")] de: AlvoEstatistico,
        #[graphql(
            desc = "As dimensões, 1 a 5, sem repetição; cada grupo tem um valor de cada uma."
        )]
        por: Vec<DimensaoEstatistica>,
        #[graphql(desc = "Condições sobre o que se conta; ausente, tudo o que é visível.", directive = Cost::apply(FILTER.into()))]
        filtro: Option<EstatisticaFiltro>,
    ) -> Option<Result<Vec<GrupoEstatistico>>> {
        Some(count(ctx, de, por, filtro).await)
    }
}

/// Condições sobre o que se conta: as do próprio alvo.
#[derive(OneofObject)]
pub enum EstatisticaFiltro {
    /// Sobre processos.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    Processos(ProcessoFiltro),
    /// Sobre guias.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    Guias(GuiaFiltro),
    /// Sobre vínculos.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    Vinculos(VinculoFiltro),
    /// Sobre adolescentes.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    Adolescentes(AdolescenteFiltro),
}

impl EstatisticaFiltro {
    fn read(self, conditions: &mut FilterContext<'_>) -> Result<Counted> {
        Ok(match self {
            Self::Processos(filter) => {
                Counted::Processos(Box::new(processo::filter(filter, conditions)?))
            }
            Self::Guias(filter) => Counted::Guias(Box::new(guia::filter(filter, conditions)?)),
            Self::Vinculos(filter) => {
                Counted::Vinculos(Box::new(VinculoFiltro::read(filter, conditions)?))
            }
            Self::Adolescentes(filter) => {
                Counted::Adolescentes(Box::new(adolescente::filter(filter, conditions)?))
            }
        })
    }
}

/// Um grupo: o que as suas linhas têm em comum, quantas são e que tempo levam.
#[derive(SimpleObject)]
pub struct GrupoEstatistico {
    /// Um valor por dimensão, na ordem pedida.
    chaves: Vec<ChaveEstatistica>,
    /// Quantas linhas.
    total: i32,
    /// Há quantos dias existe o que ainda está ativo; nulo se nada está.
    idade: Option<Quartis>,
    /// Quantos dias levou: do cadastro da apuração ao da execução, da emissão à baixa da guia, do início ao fim do vínculo; nulo se nada os tem.
    duracao: Option<Quartis>,
}

/// Valor de uma dimensão.
#[derive(SimpleObject)]
pub struct ChaveEstatistica {
    /// A dimensão.
    dimensao: DimensaoEstatistica,
    /// O valor; nulo se a linha não tem.
    valor: Option<String>,
}

/// Mediana e quartis, em dias.
#[derive(SimpleObject)]
pub struct Quartis {
    /// De quantas linhas.
    quantos: i32,
    /// Primeiro quartil.
    primeiro: f64,
    /// Mediana.
    mediana: f64,
    /// Terceiro quartil.
    terceiro: f64,
}

/// Checks the request and the papéis of the caller, and counts.
pub async fn count(
    ctx: &Context<'_>,
    target: AlvoEstatistico,
    by: Vec<DimensaoEstatistica>,
    filter: Option<EstatisticaFiltro>,
) -> Result<Vec<GrupoEstatistico>> {
    ctx.actor().require(Papel::Consulta)?;
    let mut conditions = FilterContext::of(ctx);
    let counted = match filter {
        Some(filter) => filter.read(&mut conditions)?,
        None => Counted::all(target),
    };
    if counted.target() != target {
        return Err(invalid_input("o `filtro` é de outro alvo que não `de`"));
    }
    let repeated = by.iter().enumerate().any(|(n, dimension)| by[..n].contains(dimension));
    if repeated || !(1..=MAX_DIMENSIONS).contains(&by.len()) {
        return Err(invalid_input("`por` pede de 1 a 5 dimensões, sem repetição"));
    }
    if by.contains(&DimensaoEstatistica::Sexo) {
        conditions.sensitive(SensitiveField::SexoBiologico)?;
    }
    let now = (ctx.app().now)();
    let query = Estatisticas { counted, by, now, today: time::day(now) };
    let inapplicable = query.inapplicable();
    if !inapplicable.is_empty() {
        let which = inapplicable.join(", ");
        return Err(invalid_input(format!("{} não se agrupam por {which}", target.text())));
    }
    let named = conditions.take_lookups()?;
    let by = query.by.clone();
    let groups = ctx.loaders().load(query).await?.unwrap_or_default();
    ctx.request().count_objects(groups.len())?;
    let row_count: usize =
        groups.iter().filter_map(|group| usize::try_from(group.total).ok()).sum();
    ctx.call().count_absent(named.saturating_sub(row_count))?;
    groups.iter().map(|group| show(group, &by)).collect()
}

fn show(group: &Group, by: &[DimensaoEstatistica]) -> Result<GrupoEstatistico> {
    let integer = |n: i64| i32::try_from(n).map_err(Error::internal);
    let quartiles = |count: i64, values: &Option<Vec<f64>>| match values.as_deref() {
        Some(&[first, median, third]) => Ok(Some(Quartis {
            quantos: integer(count)?,
            primeiro: first,
            mediana: median,
            terceiro: third,
        })),
        _ => Ok::<_, Error>(None),
    };
    let key = |(dimension, value): (&DimensaoEstatistica, &Option<String>)| ChaveEstatistica {
        dimensao: *dimension,
        valor: value.clone(),
    };
    Ok(GrupoEstatistico {
        chaves: by.iter().zip(&group.chaves).map(key).collect(),
        total: integer(group.total)?,
        idade: quartiles(group.com_idade, &group.idade)?,
        duracao: quartiles(group.com_duracao, &group.duracao)?,
    })
}
