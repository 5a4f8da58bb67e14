//! Trâmites in the schema: what is asked of them. Their fields are in `campos.rs`,
//! what a client says in `entrada.rs` and `ensaio.rs`, the mutations in `escrita.rs`.

mod subscription;
mod fields;
mod dry_run;
mod input;
mod mutation;
mod registro;

pub use fields::TramiteNode;
pub use input::{TramiteRelacaoFiltro, filtro_contado};
pub use mutation::TramiteMutation;
pub use registro::RegistroNode;
pub use subscription::TramiteSubscription;

use super::rules::{self, AcaoTramite, LinhaDeDecisao};
use super::store::{Filtro, RegistroDe, TramitePorIdt, Tramites};
use super::{ComponenteDigital, EnviarTramite, Nre, Protocolo, Tramite, service};
use crate::Result;
use crate::auth::Papel;
use crate::db::list::{Fatia, PaginaDe};
use crate::error::{Error, Falha, Recusa};
use crate::graphql::schema::errors::ErroGraphql;
use crate::graphql_types::connection::{Conexao, Paginacao, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, FILTRO, ListSize, Pagina};
use crate::graphql_types::scalars::Instante;
use async_graphql::{Context, ID, Object, SimpleObject};
use dry_run::VerificarEnvioInput;
use input::TramiteFiltro;
use std::sync::Arc;

/// As many as one look shows.
const PENDENCIAS_MAXIMO: usize = 100;

#[derive(Default)]
pub struct TramiteQuery;

#[Object]
impl TramiteQuery {
    /// Trâmite em que quem chama é parte.
    async fn tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identificação do trâmite (IDT).")] idt: ID,
    ) -> Option<Result<TramiteNode>> {
        por_idt(ctx, &idt).await.transpose()
    }

    /// Trâmites em que quem chama é parte, do mais antigo ao mais novo.
    #[graphql(directive = Pagina::apply())]
    async fn tramites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.", directive = Cost::apply(FILTRO.into()))]
        filtro: Option<TramiteFiltro>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Conexao<Tramites>>> {
        let pagina = Paginacao { first, after, last, before };
        Some(listar(ctx, filtro, pagina).await)
    }

    /// Registro de um processo no Tramita; nulo para quem não é parte.
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
        Some(verificar(ctx, input.into()).await)
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
    desde: Instante,
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

/// A text that is no IDT names no trâmite.
async fn por_idt(ctx: &Context<'_>, idt: &ID) -> Result<Option<TramiteNode>> {
    ctx.ator().exige(Papel::Consulta)?;
    let achado = match input::ler_idt(idt) {
        Some(idt) => ctx.loaders().named(TramitePorIdt(idt)).await?,
        None => ctx.loaders().unnamed()?,
    };
    Ok(achado.map(TramiteNode))
}

async fn listar(
    ctx: &Context<'_>,
    filtro: Option<TramiteFiltro>,
    pagina: Paginacao,
) -> Result<Conexao<Tramites>> {
    ctx.ator().exige(Papel::Consulta)?;
    let filtro = filtro.map(input::filtro).transpose()?.unwrap_or_default();
    conectar(ctx, Tramites::Todos(Box::new(filtro)), pagina).await
}

async fn registro(
    ctx: &Context<'_>,
    nre: Option<Nre>,
    protocolo: Option<String>,
) -> Result<Option<RegistroNode>> {
    ctx.ator().exige(Papel::Consulta)?;
    let key = match (nre, protocolo) {
        (Some(nre), None) => RegistroDe::Nre(nre),
        (None, Some(texto)) => match Protocolo::ler(&texto) {
            Ok(protocolo) => RegistroDe::Chave(protocolo.chave().to_owned()),
            Err(erro) => {
                let mensagem = format!("protocolo: {erro}");
                return Err(Error::falha(Falha::EntradaInvalida, mensagem));
            }
        },
        _ => {
            let mensagem = "dê `nre` ou `protocolo`, nunca os dois";
            return Err(Error::falha(Falha::EntradaInvalida, mensagem));
        }
    };
    Ok(ctx.loaders().named(key).await?.map(RegistroNode))
}

/// What a party has to do next.
fn acao_pendente(tramite: &Tramite, tribunal: Option<i16>, todas: bool) -> Option<AcaoTramite> {
    tramite.situacao.pendencia(tramite.parte(tribunal)?, todas)
}

async fn pendencias(ctx: &Context<'_>, todas: bool) -> Result<Vec<Pendencia>> {
    ctx.ator().exige(Papel::Consulta)?;
    let filtro = Filtro { pendencia: Some(todas), ..Filtro::default() };
    let lista = Tramites::Todos(Box::new(filtro));
    let fatia = Fatia { tamanho: PENDENCIAS_MAXIMO, do_fim: false, depois: None, antes: None };
    let Some(pagina) = ctx.loaders().load(PaginaDe(lista, fatia)).await? else {
        return Ok(Vec::new());
    };
    ctx.loaders().gastar(pagina.linhas.len())?;
    let pendencia = |tramite: &Arc<Tramite>| {
        let acao = acao_pendente(tramite, ctx.ator().tribunal(), todas)?;
        let desde = tramite.atualizado_em.into();
        Some(Pendencia { tramite: TramiteNode(Arc::clone(tramite)), acao, desde })
    };
    Ok(pagina.linhas.iter().filter_map(pendencia).collect())
}

async fn verificar(ctx: &Context<'_>, comando: EnviarTramite) -> Result<VerificacaoEnvio> {
    ctx.ator().exige(Papel::Consulta)?;
    ctx.chamada().naming(1)?;
    let (ator, regras) = (ctx.ator().clone(), ctx.app().regras);
    // Rehearsed in a transaction that is undone, because the table is judged in its turn.
    let ensaio = move |sessao: &mut crate::db::Sessao<'_>| {
        service::verificar(sessao, &ator, regras, &comando)
    };
    let verificado = ctx.app().db.ensaiar(ctx.ator(), ensaio).await?;
    // Who tries numbers out by it is counted, as by a send; also where such a send would set out.
    let linha = verificado.linha;
    if linha == LinhaDeDecisao::B1 || linha.is_of_another_party() {
        ctx.chamada().missed(1)?;
    }
    let aceito = verificado.recusas.is_empty();
    let devolucao = aceito.then_some(verificado.linha == LinhaDeDecisao::B6);
    let explicacao = explicar(verificado.linha, &verificado.recusas);
    let erros = verificado.recusas.into_iter().map(Into::into).collect();
    let (linha, nre) = (verificado.linha, verificado.nre);
    let pedido = |componente: ComponenteDigital| ComponenteSolicitado {
        documento: componente.documento,
        ordem: componente.ordem,
        hash: componente.hash.to_string(),
    };
    let componentes_solicitados = verificado.solicitados.into_iter().map(pedido).collect();
    let resposta = VerificacaoEnvio {
        linha,
        aceito,
        explicacao,
        nre,
        devolucao,
        componentes_solicitados,
        erros,
    };
    Ok(resposta)
}

fn explicar(linha: LinhaDeDecisao, recusas: &[Recusa]) -> String {
    if !recusas.is_empty() {
        let dizer = |recusa: &Recusa| match &recusa.orientacao {
            Some(orientacao) => format!("{}: {orientacao}", recusa.mensagem),
            None => recusa.mensagem.to_string(),
        };
        return recusas.iter().map(dizer).collect::<Vec<_>>().join("; ");
    }
    rules::explicacao(linha).to_owned()
}
