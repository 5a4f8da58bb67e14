//! Global ids, and the two fields that resolve them.

use crate::Result;
use crate::adolescente::AdolescenteId;
use crate::adolescente::graphql::AdolescenteNode;
use crate::adolescente::store::AdolescentePorId;
use crate::audit::trail::RegistroPorId;
use crate::auth::Papel;
use crate::error::{Error, Falha};
use crate::evento::graphql::EventoNode;
use crate::evento::store::EventoPorId;
use crate::graphql::schema::audit::RegistroAuditoriaNode;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::ListSize;
use crate::guia::GuiaId;
use crate::guia::graphql::GuiaNode;
use crate::guia::store::GuiaPorId;
use crate::processo::ProcessoId;
use crate::processo::graphql::{ProcessoApuracao, ProcessoExecucao, ProcessoNode, VinculoNode};
use crate::processo::store::{ProcessoPorId, VinculoPorId};
use crate::rascunho::RascunhoId;
use crate::rascunho::graphql::RascunhoNode;
use crate::rascunho::store::RascunhoPorId;
use crate::tramite::graphql::{RegistroNode, TramiteNode};
use crate::tramite::store::{RegistroDe, TramitePorIdt};
use crate::value::tribunal::Tribunal;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    Context, ContextSelectionSet, ID, Interface, Object, OutputType, Positioned, ServerResult,
    Value,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use std::borrow::Cow;

const IDS_MAXIMO: usize = 100;

/// What an opaque id stands for: a kind and a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalId {
    Processo(ProcessoId),
    Adolescente(AdolescenteId),
    Guia(GuiaId),
    Vinculo(i64),
    Rascunho(RascunhoId),
    Tramite(i64),
    RegistroEletronico(i64),
    Evento(i64),
    Tribunal(i16),
    RegistroAuditoria(i64),
}

impl From<GlobalId> for ID {
    fn from(id: GlobalId) -> Self {
        let texto = match id {
            GlobalId::Processo(ProcessoId(id)) => format!("Processo:{id}"),
            GlobalId::Adolescente(AdolescenteId(id)) => format!("Adolescente:{id}"),
            GlobalId::Guia(GuiaId(id)) => format!("Guia:{id}"),
            GlobalId::Vinculo(id) => format!("Vinculo:{id}"),
            GlobalId::Rascunho(RascunhoId(id)) => format!("Rascunho:{id}"),
            GlobalId::Tramite(idt) => format!("Tramite:{idt}"),
            GlobalId::RegistroEletronico(id) => format!("RegistroEletronico:{id}"),
            GlobalId::Evento(id) => format!("Evento:{id}"),
            GlobalId::Tribunal(codigo) => format!("Tribunal:{codigo}"),
            GlobalId::RegistroAuditoria(id) => format!("RegistroAuditoria:{id}"),
        };
        BASE64.encode(texto).into()
    }
}

impl GlobalId {
    /// None when the id is none of ours: `node` answers null, without an error.
    pub fn ler(id: &ID) -> Option<Self> {
        let texto = String::from_utf8(BASE64.decode(id.as_bytes()).ok()?).ok()?;
        let (tipo, chave) = texto.split_once(':')?;
        let lido = match tipo {
            "Processo" => Self::Processo(ProcessoId(chave.parse().ok()?)),
            "Adolescente" => Self::Adolescente(AdolescenteId(chave.parse().ok()?)),
            "Guia" => Self::Guia(GuiaId(chave.parse().ok()?)),
            "Vinculo" => Self::Vinculo(chave.parse().ok()?),
            "Rascunho" => Self::Rascunho(RascunhoId(chave.parse().ok()?)),
            "Tramite" => Self::Tramite(chave.parse().ok()?),
            "RegistroEletronico" => Self::RegistroEletronico(chave.parse().ok()?),
            "Evento" => Self::Evento(chave.parse().ok()?),
            "Tribunal" => Self::Tribunal(chave.parse().ok()?),
            "RegistroAuditoria" => Self::RegistroAuditoria(chave.parse().ok()?),
            _ => return None,
        };
        // One spelling per object: `+1` and `01` are not ids.
        (ID::from(lido) == *id).then_some(lido)
    }
}

/// Objeto com identidade global.
#[derive(Interface)]
#[graphql(
    name = "Node",
    field(name = "id", ty = "ID", desc = "Identificador global, opaco e estável.")
)]
pub enum NodeConcreto {
    Apuracao(ProcessoApuracao),
    Execucao(ProcessoExecucao),
    Adolescente(AdolescenteNode),
    Guia(GuiaNode),
    Vinculo(VinculoNode),
    Rascunho(RascunhoNode),
    Tramite(TramiteNode),
    RegistroEletronico(RegistroNode),
    Evento(EventoNode),
    Tribunal(Tribunal),
    RegistroAuditoria(RegistroAuditoriaNode),
}

/// The interface `Node`, which the interface `Processo` implements too: the
/// derive above knows only objects.
pub struct Node(NodeConcreto);

impl OutputType for Node {
    fn type_name() -> Cow<'static, str> {
        NodeConcreto::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let nome = NodeConcreto::create_type_info(registry);
        registry.add_implements(&ProcessoNode::type_name(), &Self::type_name());
        nome
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Qualquer objeto; nulo, sem erro, se desconhecido, de outro tribunal ou malformado.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identificador global.")] id: ID,
    ) -> Option<Result<Node>> {
        carregar(ctx, &id).await.transpose()
    }

    /// Vários objetos, na ordem pedida, com nulo no lugar de cada ausente.
    #[graphql(directive = ListSize::apply(Some(100), Some(vec!["ids".into()]), None, Some(false)))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identificadores globais, no máximo 100.")] ids: Vec<ID>,
    ) -> Option<Result<Vec<Option<Result<Node>>>>> {
        if ids.len() > IDS_MAXIMO {
            let mensagem = "`nodes` aceita no máximo 100 identificadores";
            return Some(Err(Error::falha(Falha::EntradaInvalida, mensagem)));
        }
        let um = |id: ID| async move { carregar(ctx, &id).await.transpose() };
        Some(Ok(futures_util::future::join_all(ids.into_iter().map(um)).await))
    }
}

async fn carregar(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    ctx.ator().exige(Papel::Consulta)?;
    let loaders = ctx.loaders();
    let Some(id) = GlobalId::ler(id) else { return loaders.unnamed() };
    ctx.chamada().naming(1)?;
    let concreto = match id {
        GlobalId::Processo(id) => loaders.load(ProcessoPorId(id)).await?.map(|processo| {
            match ProcessoNode::from(processo) {
                ProcessoNode::Apuracao(apuracao) => apuracao.into(),
                ProcessoNode::Execucao(execucao) => execucao.into(),
            }
        }),
        GlobalId::Adolescente(id) => loaders
            .load(AdolescentePorId(id))
            .await?
            .map(|linha| AdolescenteNode::from(linha).into()),
        GlobalId::Guia(id) => {
            loaders.load(GuiaPorId(id)).await?.map(|linha| GuiaNode(linha).into())
        }
        GlobalId::Vinculo(id) => {
            loaders.load(VinculoPorId(id)).await?.map(|linha| VinculoNode(linha).into())
        }
        GlobalId::Rascunho(id) => {
            loaders.load(RascunhoPorId(id)).await?.map(|linha| RascunhoNode(linha).into())
        }
        GlobalId::Tramite(idt) => {
            loaders.load(TramitePorIdt(idt)).await?.map(|linha| TramiteNode(linha).into())
        }
        GlobalId::RegistroEletronico(id) => {
            loaders.load(RegistroDe::Id(id)).await?.map(|linha| RegistroNode(linha).into())
        }
        GlobalId::Evento(id) => {
            loaders.load(EventoPorId(id)).await?.map(|linha| EventoNode(linha).into())
        }
        GlobalId::Tribunal(codigo) => Tribunal::por_codigo(codigo).map(Into::into),
        // As absent as foreign ones are, to who may not read the trail.
        GlobalId::RegistroAuditoria(_) if !ctx.ator().tem(Papel::Auditoria) => None,
        GlobalId::RegistroAuditoria(id) => {
            loaders.load(RegistroPorId(id)).await?.map(|linha| RegistroAuditoriaNode(linha).into())
        }
    };
    Ok(ctx.chamada().found(concreto)?.map(Node))
}
