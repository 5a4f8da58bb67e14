//! Figures in the schema.

use super::store::{Contados, Estatisticas};
use super::{AlvoEstatistico, DimensaoEstatistica, Grupo};
use crate::Result;
use crate::adolescente::graphql::{
    AdolescenteFiltro, {self as adolescente},
};
use crate::audit::CampoSensivel;
use crate::auth::Papel;
use crate::error::Error;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{CONDICAO, Cost, ESTATISTICA, FILTRO, ListSize};
use crate::graphql_types::filter::{Condicoes, recusa};
use crate::guia::graphql::{
    GuiaFiltro, {self as guia},
};
use crate::processo::graphql::{
    ProcessoFiltro, VinculoFiltro, {self as processo},
};
use crate::value::time;
use async_graphql::{Context, Object, OneofObject, SimpleObject};

const DIMENSOES_MAXIMO: usize = 5;

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
        #[graphql(desc = "Condições sobre o que se conta; ausente, tudo o que é visível.", directive = Cost::apply(FILTRO.into()))]
        filtro: Option<EstatisticaFiltro>,
    ) -> Option<Result<Vec<GrupoEstatistico>>> {
        Some(contar(ctx, de, por, filtro).await)
    }
}

/// Condições sobre o que se conta: as do próprio alvo.
#[derive(OneofObject)]
pub enum EstatisticaFiltro {
    /// Sobre processos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    Processos(ProcessoFiltro),
    /// Sobre guias.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    Guias(GuiaFiltro),
    /// Sobre vínculos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    Vinculos(VinculoFiltro),
    /// Sobre adolescentes.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    Adolescentes(AdolescenteFiltro),
}

impl EstatisticaFiltro {
    fn ler(self, condicoes: &mut Condicoes<'_>) -> Result<Contados> {
        Ok(match self {
            Self::Processos(filtro) => {
                Contados::Processos(Box::new(processo::filtro(filtro, condicoes)?))
            }
            Self::Guias(filtro) => Contados::Guias(Box::new(guia::filtro(filtro, condicoes)?)),
            Self::Vinculos(filtro) => {
                Contados::Vinculos(Box::new(VinculoFiltro::ler(filtro, condicoes)?))
            }
            Self::Adolescentes(filtro) => {
                Contados::Adolescentes(Box::new(adolescente::filtro(filtro, condicoes)?))
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

/// The question, if it makes sense and the caller may ask it.
pub async fn contar(
    ctx: &Context<'_>,
    de: AlvoEstatistico,
    por: Vec<DimensaoEstatistica>,
    filtro: Option<EstatisticaFiltro>,
) -> Result<Vec<GrupoEstatistico>> {
    ctx.ator().exige(Papel::Consulta)?;
    let mut condicoes = Condicoes::de(ctx);
    let contados = match filtro {
        Some(filtro) => filtro.ler(&mut condicoes)?,
        None => Contados::todos(de),
    };
    if contados.alvo() != de {
        return Err(recusa("o `filtro` é de outro alvo que não `de`"));
    }
    let repetida = por.iter().enumerate().any(|(n, dimensao)| por[..n].contains(dimensao));
    if repetida || !(1..=DIMENSOES_MAXIMO).contains(&por.len()) {
        return Err(recusa("`por` pede de 1 a 5 dimensões, sem repetição"));
    }
    if por.contains(&DimensaoEstatistica::Sexo) {
        condicoes.sensivel(CampoSensivel::SexoBiologico)?;
    }
    let agora = (ctx.app().agora)();
    let pergunta = Estatisticas { de: contados, por, agora, hoje: time::dia(agora) };
    let sem_sentido = pergunta.sem_sentido();
    if !sem_sentido.is_empty() {
        let quais = sem_sentido.join(", ");
        return Err(recusa(format!("{} não se agrupam por {quais}", de.texto())));
    }
    let nomeados = condicoes.nomeados();
    if nomeados > 0 {
        ctx.chamada().naming(nomeados)?;
    }
    let por = pergunta.por.clone();
    let grupos = ctx.loaders().load(pergunta).await?.unwrap_or_default();
    ctx.loaders().gastar(grupos.len())?;
    let contadas: usize = grupos.iter().filter_map(|grupo| usize::try_from(grupo.total).ok()).sum();
    ctx.chamada().missed(nomeados.saturating_sub(contadas))?;
    grupos.iter().map(|grupo| mostrar(grupo, &por)).collect()
}

fn mostrar(grupo: &Grupo, por: &[DimensaoEstatistica]) -> Result<GrupoEstatistico> {
    let inteiro = |n: i64| i32::try_from(n).map_err(Error::interno);
    let quartis = |quantos: i64, valores: &Option<Vec<f64>>| match valores.as_deref() {
        Some(&[primeiro, mediana, terceiro]) => {
            Ok(Some(Quartis { quantos: inteiro(quantos)?, primeiro, mediana, terceiro }))
        }
        _ => Ok::<_, Error>(None),
    };
    let chave = |(dimensao, valor): (&DimensaoEstatistica, &Option<String>)| ChaveEstatistica {
        dimensao: *dimensao,
        valor: valor.clone(),
    };
    Ok(GrupoEstatistico {
        chaves: por.iter().zip(&grupo.chaves).map(chave).collect(),
        total: inteiro(grupo.total)?,
        idade: quartis(grupo.com_idade, &grupo.idade)?,
        duracao: quartis(grupo.com_duracao, &grupo.duracao)?,
    })
}
