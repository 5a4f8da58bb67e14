//! Trâmites in the schema: the queries. The fields of a trâmite are in `fields.rs`, the inputs in
//! `input.rs` and `dry_run.rs`, the mutations in `mutation.rs`. `fields.rs` and `registro.rs`
//! import each other, because a trâmite has a registro eletrônico and a registro eletrônico has
//! trâmites.

mod subscription;
mod scalars;
mod fields;
mod dry_run;
mod input;
mod mutation;
mod registro;

pub use fields::TramiteNode;
pub use input::{TramiteRelacaoFiltro, counted_filter};
pub use mutation::TramiteMutation;
pub use registro::RegistroNode;
pub use subscription::TramiteSubscription;

use super::rules::{self, AcaoTramite, LinhaDeDecisao};
use super::store::{RegistroOf, TramiteByIdt, TramiteFilter, Tramites};
use super::{ComponenteDigital, EnviarTramite, Nre, Protocolo, Tramite, service};
use crate::Result;
use crate::auth::Papel;
use crate::db::list::{PageArgs, PageOf};
use crate::error::{Error, Refusal};
use crate::graphql::schema::errors::ErroGraphql;
use crate::graphql_types::connection::{Connection, Count, Paging, connect};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, FILTER, ListSize, PageSize};
use crate::graphql_types::scalars::Timestamp;
use async_graphql::{Context, ID, Object, SimpleObject};
use dry_run::VerificarEnvioInput;
use input::TramiteFiltro;
use std::sync::Arc;

/// Largest number of pendências in one answer.
const MAX_PENDENCIAS: usize = 100;

#[derive(Default)]
pub struct TramiteQuery;

#[Object]
impl TramiteQuery {
    /// Trâmite em que quem chama é parte; com `pse-nacional`, qualquer um.
    async fn tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identificação do trâmite (IDT).")] idt: ID,
    ) -> Option<Result<TramiteNode>> {
        by_idt(ctx, &idt).await.transpose()
    }

    /// Trâmites em que quem chama é parte (com `pse-nacional`, todos), do mais antigo ao mais novo.
    #[graphql(directive = PageSize::apply())]
    async fn tramites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.", directive = Cost::apply(FILTER.into()))]
        filtro: Option<TramiteFiltro>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Connection<Tramites>>> {
        let page = Paging { first, after, last, before };
        Some(list(ctx, filtro, page).await)
    }

    /// Registro de um processo no Tramita; nulo para um tribunal que não é parte.
    async fn registro_eletronico(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "O NRE; dê este ou `protocolo`, nunca os dois.")] nre: Option<Nre>,
        #[graphql(
            desc = "O protocolo (NUP, número CNJ ou outro), 1 a 40 caracteres; recupera um NRE perdido."
        )]
        protocolo: Option<String>,
    ) -> Option<Result<RegistroNode>> {
        registro(ctx, nre, protocolo).await.transpose()
    }

    /// Trâmites que esperam uma ação de quem chama, do mais antigo ao mais novo; no máximo 100.
    #[graphql(directive = ListSize::apply(Some(100), None, None, None))]
    async fn pendencias(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default_with = "Some(false)",
            desc = "Inclui o que só se retoma após uma queda (situações 1, 3 e 4)."
        )]
        todas: Option<bool>,
    ) -> Option<Result<Vec<Pendencia>>> {
        Some(pendencias(ctx, todas.unwrap_or(false)).await)
    }

    /// Ensaio de um envio: diz qual linha da tabela de decisão se aplica e o que fazer. Nada grava.
    async fn verificar_envio(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "O envio a verificar.")] input: VerificarEnvioInput,
    ) -> Option<Result<VerificacaoEnvio>> {
        Some(verify(ctx, input.into()).await)
    }
}

/// Trâmite que espera uma ação de quem chama.
#[derive(SimpleObject)]
pub struct Pendencia {
    /// Trâmite.
    tramite: TramiteNode,
    /// O próximo passo.
    acao: AcaoTramite,
    /// Desde quando espera.
    desde: Timestamp,
}

/// Resultado do ensaio de um envio.
#[derive(SimpleObject)]
pub struct VerificacaoEnvio {
    /// A linha da tabela que se aplica: a primeira que casa.
    linha: LinhaDeDecisao,
    /// O envio seria aceito.
    aceito: bool,
    /// Por que, e o que fazer.
    explicacao: String,
    /// O NRE a enviar, só para quem é parte; nulo se um seria gerado.
    nre: Option<Nre>,
    /// O trâmite seria devolução; nulo se recusado.
    devolucao: Option<bool>,
    /// Os arquivos que se pediriam, por documento; nenhum se recusado. Mandam-se pela fachada REST, inteiros ou em partes.
    componentes_solicitados: Vec<ComponenteSolicitado>,
    /// As recusas, como `enviarTramite` as daria.
    erros: Vec<ErroGraphql>,
}

/// Arquivo que se pediria ao remetente.
#[derive(SimpleObject)]
pub struct ComponenteSolicitado {
    /// Ordem do documento no processo.
    documento: i32,
    /// Ordem do arquivo no documento.
    ordem: i32,
    /// SHA-256 em base64.
    hash: String,
}

/// An ID that is not a valid IDT names no trâmite.
async fn by_idt(ctx: &Context<'_>, idt: &ID) -> Result<Option<TramiteNode>> {
    ctx.actor().require(Papel::Consulta)?;
    let found = match input::read_idt(idt) {
        Some(idt) => ctx.loaders().load_named(TramiteByIdt(idt)).await?,
        None => ctx.loaders().absent()?,
    };
    Ok(found.map(TramiteNode))
}

async fn list(
    ctx: &Context<'_>,
    filter: Option<TramiteFiltro>,
    page: Paging,
) -> Result<Connection<Tramites>> {
    ctx.actor().require(Papel::Consulta)?;
    let filter = filter.map(input::filter).transpose()?.unwrap_or_default();
    connect(ctx, Tramites::All(Box::new(filter)), page).await
}

async fn registro(
    ctx: &Context<'_>,
    nre: Option<Nre>,
    protocolo: Option<String>,
) -> Result<Option<RegistroNode>> {
    ctx.actor().require(Papel::Consulta)?;
    let key = match (nre, protocolo) {
        (Some(nre), None) => RegistroOf::Nre(nre),
        (None, Some(text)) => match Protocolo::read(&text) {
            Ok(protocolo) => RegistroOf::Key(protocolo.key().to_owned()),
            Err(error) => {
                return Err(Error::invalid(format!("protocolo: {error}")));
            }
        },
        _ => {
            return Err(Error::invalid("dê `nre` ou `protocolo`, nunca os dois"));
        }
    };
    Ok(ctx.loaders().load_named(key).await?.map(RegistroNode))
}

/// The action that the tribunal has to take next; `None` if the trâmite waits for no action of it.
fn pending_action(tramite: &Tramite, tribunal: Option<i16>, all: bool) -> Option<AcaoTramite> {
    tramite.situacao.pendencia(tramite.party(tribunal)?, all)
}

async fn pendencias(ctx: &Context<'_>, all: bool) -> Result<Vec<Pendencia>> {
    ctx.actor().require(Papel::Consulta)?;
    let filter = TramiteFilter { pendencia: Some(all), ..TramiteFilter::default() };
    let list = Tramites::All(Box::new(filter));
    let slice = PageArgs { size: MAX_PENDENCIAS, from_end: false, after: None, before: None };
    let Some(page) = ctx.loaders().load(PageOf(list, slice)).await? else {
        return Ok(Vec::new());
    };
    ctx.request().count_objects(page.rows.len())?;
    let pendencia = |tramite: &Arc<Tramite>| {
        let action = pending_action(tramite, ctx.actor().tribunal(), all)?;
        let since = tramite.atualizado_em.into();
        Some(Pendencia { tramite: TramiteNode(Arc::clone(tramite)), acao: action, desde: since })
    };
    Ok(page.rows.iter().filter_map(pendencia).collect())
}

async fn verify(ctx: &Context<'_>, command: EnviarTramite) -> Result<VerificacaoEnvio> {
    ctx.actor().require(Papel::Consulta)?;
    ctx.call().charge_lookups(1)?;
    let (actor, rules) = (ctx.actor().clone(), ctx.app().rules);
    // The dry run takes the same advisory locks as a send, so it needs a write transaction. It is
    // rolled back.
    let dry_run = move |session: &mut crate::db::Session<'_>| {
        service::verify(session, &actor, rules, &command)
    };
    let verified = ctx.app().db.dry_run(ctx.actor(), dry_run).await?;
    // Count the lookup against the enumeration limit as a send would, also when that send would go
    // out.
    let linha = verified.linha;
    if linha == LinhaDeDecisao::B1 || linha.is_of_another_party() {
        ctx.call().count_absent(1)?;
    }
    let accepted = verified.refusals.is_empty();
    let devolucao = accepted.then_some(verified.linha == LinhaDeDecisao::B6);
    let explanation = explain(verified.linha, &verified.refusals);
    let errors = verified.refusals.into_iter().map(Into::into).collect();
    let (linha, nre) = (verified.linha, verified.nre);
    let solicitado = |componente: ComponenteDigital| ComponenteSolicitado {
        documento: componente.documento,
        ordem: componente.ordem,
        hash: componente.hash.to_string(),
    };
    let componentes_solicitados = verified.solicitados.into_iter().map(solicitado).collect();
    let response = VerificacaoEnvio {
        linha,
        aceito: accepted,
        explicacao: explanation,
        nre,
        devolucao,
        componentes_solicitados,
        erros: errors,
    };
    Ok(response)
}

fn explain(linha: LinhaDeDecisao, refusals: &[Refusal]) -> String {
    if !refusals.is_empty() {
        let describe = |refusal: &Refusal| match &refusal.orientacao {
            Some(orientacao) => format!("{}: {orientacao}", refusal.mensagem),
            None => refusal.mensagem.to_string(),
        };
        return refusals.iter().map(describe).collect::<Vec<_>>().join("; ");
    }
    rules::explanation(linha).to_owned()
}
