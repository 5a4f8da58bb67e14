//! Statistics in the GraphQL schema.

use super::service::{Question, READERS, count_absent, prepare};
use super::store::Counted;
use super::{AlvoEstatistico, DimensaoEstatistica, Group, rules};
use crate::Result;
use crate::adolescente::graphql::{
    AdolescenteFiltro, {self as adolescente},
};
use crate::auth::Scope;
use crate::error::Error;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{CONDITION, Cost, ESTATISTICA, FILTER, ListSize};
use crate::graphql_types::filter::FilterContext;
use crate::guia::graphql::{
    GuiaFiltro, {self as guia},
};
use crate::processo::graphql::{
    ProcessoFiltro, VinculoFiltro, {self as processo},
};
use async_graphql::{Context, InputObject, Object, OneofObject, SimpleObject};

#[derive(Default)]
pub struct EstatisticaQuery;

#[Object]
impl EstatisticaQuery {
    /// Contagens e tempos do que quem chama vê, em grupos, na ordem das chaves; no máximo 1.000 grupos. Com o papel `pse-estatistica`, de todos os tribunais: contagens arredondadas ao acaso a múltiplos de 3, sem os grupos de menos de 5 nem os que os revelariam, e quartis só de 20 linhas ou mais; no máximo 3 dimensões, contando TRIBUNAL com ORGAO e ANO com MES.
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
    /// Valores de dimensões, no máximo um de cada; serve a todo alvo, e é o único filtro do papel `pse-estatistica`.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    Dimensoes(Vec<ValorDeDimensao>),
}

/// Um valor de uma dimensão.
#[derive(InputObject)]
pub struct ValorDeDimensao {
    /// A dimensão, que o alvo tem de ter.
    dimensao: DimensaoEstatistica,
    /// O valor, como vem nas chaves dos grupos; ausente ou nulo, as linhas que não têm nenhum.
    valor: Option<String>,
}

/// The rows that count, where `None` stands for all, and the values of dimensions that they have.
type Limits = (Option<Counted>, Vec<(DimensaoEstatistica, Option<String>)>);

impl EstatisticaFiltro {
    fn read(self, conditions: &mut FilterContext<'_>) -> Result<Limits> {
        let counted = match self {
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
            dimensions @ Self::Dimensoes(_) => return dimensions.values_only(),
        };
        Ok((Some(counted), Vec::new()))
    }

    /// A caller who sees no row may state conditions on dimensions only. Any other filter is
    /// refused before it is converted.
    fn values_only(self) -> Result<Limits> {
        let Self::Dimensoes(values) = self else { return Err(rules::only_dimensions()) };
        Ok((None, values.into_iter().map(|one| (one.dimensao, one.valor)).collect()))
    }
}

/// Um grupo: o que as suas linhas têm em comum, quantas são e que tempo levam.
#[derive(SimpleObject)]
pub struct GrupoEstatistico {
    /// Um valor por dimensão, na ordem pedida.
    chaves: Vec<ChaveEstatistica>,
    /// Quantas linhas.
    total: i32,
    /// Há quantos dias existe o que ainda está ativo; nulo se nada está ou, com o papel `pse-estatistica`, se são menos de 20 linhas.
    idade: Option<Quartis>,
    /// Quantos dias levou: do cadastro da apuração ao da execução, da emissão à baixa da guia, do início ao fim do vínculo; nulo se nenhuma linha tem os dois ou, com o papel `pse-estatistica`, se são menos de 20.
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
async fn count(
    ctx: &Context<'_>,
    target: AlvoEstatistico,
    by: Vec<DimensaoEstatistica>,
    filter: Option<EstatisticaFiltro>,
) -> Result<Vec<GrupoEstatistico>> {
    ctx.actor().require_one_of(&READERS)?;
    let mut conditions = FilterContext::of(ctx);
    let (counted, values) = match filter {
        Some(filter) if ctx.actor().scope() == Scope::Estatistica => filter.values_only()?,
        Some(filter) => filter.read(&mut conditions)?,
        None => (None, Vec::new()),
    };
    let times = ["idade", "duracao"].iter().any(|field| ctx.look_ahead().field(field).exists());
    let query = prepare(ctx.call(), Question { target, by, counted, values, times })?;
    let named = conditions.charge_lookups()?;
    let by = query.by.clone();
    let groups = ctx.loaders().load(query).await?.unwrap_or_default();
    ctx.request().count_objects(groups.len())?;
    count_absent(ctx.call(), named, &groups)?;
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
