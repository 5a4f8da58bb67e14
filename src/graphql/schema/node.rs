//! The interface `Node`, the two fields that resolve global ids, and the field `busca`.

use crate::Result;
use crate::adolescente::AdolescenteId;
use crate::adolescente::graphql::AdolescenteNode;
use crate::adolescente::store::AdolescenteById;
use crate::audit::store::RecordById;
use crate::auth::Papel;
use crate::busca::AlvoDaBusca;
use crate::busca::graphql::{ResultadoDaBusca, search};
use crate::error::Error;
use crate::evento::graphql::EventoNode;
use crate::evento::store::EventoById;
use crate::graphql::schema::audit::RegistroAuditoriaNode;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, ListSize, SIMILARITY};
use crate::graphql_types::global_id::GlobalId;
use crate::guia::GuiaId;
use crate::guia::graphql::GuiaNode;
use crate::guia::store::GuiaById;
use crate::processo::ProcessoId;
use crate::processo::graphql::{ProcessoApuracao, ProcessoExecucao, ProcessoNode, VinculoNode};
use crate::processo::store::{ProcessoById, VinculoById};
use crate::rascunho::RascunhoId;
use crate::rascunho::graphql::RascunhoNode;
use crate::rascunho::store::RascunhoById;
use crate::tramite::graphql::{RegistroNode, TramiteNode};
use crate::tramite::store::{RegistroOf, TramiteByIdt};
use crate::value::tribunal::Tribunal;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    Context, ContextSelectionSet, ID, Interface, Object, OutputType, Positioned, ServerResult,
    Value,
};
use std::borrow::Cow;

const MAX_IDS: usize = 100;

/// Objeto com identidade global.
#[derive(Interface)]
#[graphql(
    name = "Node",
    field(name = "id", ty = "ID", desc = "Identificador global, opaco e estável.")
)]
pub enum ConcreteNode {
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

/// The interface `Node`. The interface `Processo` implements it too, which the derive of
/// [`ConcreteNode`] cannot express because it knows only objects.
pub struct Node(ConcreteNode);

impl OutputType for Node {
    fn type_name() -> Cow<'static, str> {
        ConcreteNode::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let type_name = ConcreteNode::create_type_info(registry);
        registry.add_implements(&ProcessoNode::type_name(), &Self::type_name());
        type_name
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
        load(ctx, &id).await.transpose()
    }

    /// Uma caixa de busca: parte de um número, com ou sem máscara, ou nomes, sem distinguir acentos nem maiúsculas; o que casa melhor vem primeiro. Procura só no que quem chama pode ver.
    #[graphql(directive = ListSize::apply(Some(20), Some(vec!["first".into()]), None, Some(false)), directive = Cost::apply(SIMILARITY.into()))]
    async fn busca(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "De 3 a 200 caracteres: ao menos 5 algarismos de um número, ou palavras de um nome, todas as quais têm de casar."
        )]
        texto: String,
        #[graphql(desc = "Onde se procura; ausente, em tudo.")] em: Option<Vec<AlvoDaBusca>>,
        #[graphql(default_with = "Some(20)", desc = "Quantos, de 1 a 50.")] first: Option<i32>,
    ) -> Option<Result<Vec<ResultadoDaBusca>>> {
        Some(search(ctx, &texto, em, first).await)
    }

    /// Vários objetos, na ordem pedida, com nulo no lugar de cada ausente.
    #[graphql(directive = ListSize::apply(Some(100), Some(vec!["ids".into()]), None, Some(false)))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identificadores globais, no máximo 100.")] ids: Vec<ID>,
    ) -> Option<Result<Vec<Option<Result<Node>>>>> {
        if ids.len() > MAX_IDS {
            let message = "`nodes` aceita no máximo 100 identificadores";
            return Some(Err(Error::invalid(message)));
        }
        let load_one = |id: ID| async move { load(ctx, &id).await.transpose() };
        Some(Ok(futures_util::future::join_all(ids.into_iter().map(load_one)).await))
    }
}

async fn load(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    ctx.actor().require(Papel::Consulta)?;
    let loaders = ctx.loaders();
    let Some(id) = GlobalId::read(id) else { return loaders.absent() };
    ctx.call().charge_lookups(1)?;
    let concrete = match id {
        GlobalId::Processo(id) => {
            loaders.load(ProcessoById(ProcessoId(id))).await?.map(|processo| {
                match ProcessoNode::from(processo) {
                    ProcessoNode::Apuracao(apuracao) => apuracao.into(),
                    ProcessoNode::Execucao(execucao) => execucao.into(),
                }
            })
        }
        GlobalId::Adolescente(id) => loaders
            .load(AdolescenteById(AdolescenteId(id)))
            .await?
            .map(|row| AdolescenteNode::from(row).into()),
        GlobalId::Guia(id) => {
            loaders.load(GuiaById(GuiaId(id))).await?.map(|row| GuiaNode(row).into())
        }
        GlobalId::Vinculo(id) => {
            loaders.load(VinculoById(id)).await?.map(|row| VinculoNode(row).into())
        }
        GlobalId::Rascunho(id) => {
            loaders.load(RascunhoById(RascunhoId(id))).await?.map(|row| RascunhoNode(row).into())
        }
        GlobalId::Tramite(idt) => {
            loaders.load(TramiteByIdt(idt)).await?.map(|row| TramiteNode(row).into())
        }
        GlobalId::RegistroEletronico(id) => {
            loaders.load(RegistroOf::Id(id)).await?.map(|row| RegistroNode(row).into())
        }
        GlobalId::Evento(id) => {
            loaders.load(EventoById(id)).await?.map(|row| EventoNode(row).into())
        }
        GlobalId::Tribunal(code) => Tribunal::by_code(code).map(Into::into),
        // For a caller that may not read the trail, records are absent, like objects of another
        // tribunal.
        GlobalId::RegistroAuditoria(_) if !ctx.actor().has(Papel::Auditoria) => None,
        GlobalId::RegistroAuditoria(id) => {
            loaders.load(RecordById(id)).await?.map(|row| RegistroAuditoriaNode(row).into())
        }
    };
    Ok(ctx.call().count_lookup(concrete)?.map(Node))
}
