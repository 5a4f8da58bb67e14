//! Rascunhos in the schema.

use super::{Rascunho, Registrado, RegistrarRascunho};
use crate::Result;
use crate::audit::CampoSensivel;
use crate::graphql::schema::mutation::{Desfecho, Entrada, Fim, ModoInput, executar};
use crate::graphql::schema::node::GlobalId;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, DEZ, INTEGRACAO, RequerPapel};
use crate::graphql_types::scalars::Instante;
use crate::processo::graphql::ProcessoNode;
use crate::processo::store::ProcessoPorId;
use crate::value::field::preenchido;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

pub struct RascunhoNode(pub Arc<Rascunho>);

/// Rascunho de processo, registrado antes de haver número.
#[Object(name = "Rascunho")]
impl RascunhoNode {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::Rascunho(self.0.id).into()
    }

    /// O valor a enviar em `idProcessoSistemaExterno` (o `dados.id` da rota REST).
    async fn codigo(&self) -> &str {
        &self.0.codigo
    }

    /// Sistema do tribunal.
    async fn app_name_sistema_tribunal(&self) -> &str {
        &self.0.app_name_sistema_tribunal
    }

    /// Os dados, texto JSON, como recebidos. Podem nomear pessoas: sem o papel `pse-dados-sensiveis`, `{}`.
    async fn dados(&self, ctx: &Context<'_>) -> &str {
        ctx.sensivel(CampoSensivel::DadosDeRascunho, Some(self.0.dados.as_str())).unwrap_or("{}")
    }

    /// Registro.
    async fn criado_em(&self) -> Instante {
        self.0.criado_em.into()
    }

    /// Quando virou processo; nulo enquanto livre.
    async fn consumido_em(&self) -> Option<Instante> {
        self.0.consumido_em.map(Instante)
    }

    /// O processo em que se transformou.
    async fn processo(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode>> {
        let achado = ctx.loaders().load(ProcessoPorId(self.0.processo_id?)).await;
        achado.map(|achado| achado.map(ProcessoNode::from)).transpose()
    }
}

/// Entrada de registrarRascunho.
#[derive(InputObject)]
pub struct RegistrarRascunhoInput {
    /// Sistema do tribunal, até 100 caracteres.
    app_name_sistema_tribunal: String,
    /// Um objeto JSON, como texto.
    dados: String,
    #[graphql(flatten)]
    modo: ModoInput,
}

impl Entrada for RegistrarRascunhoInput {
    type Comando = RegistrarRascunho;

    fn partes(self) -> (RegistrarRascunho, ModoInput) {
        let comando = RegistrarRascunho {
            app_name_sistema_tribunal: preenchido(Some(self.app_name_sistema_tribunal)),
            dados: Some(self.dados),
            malformados: Vec::new(),
        };
        (comando, self.modo)
    }
}

/// Resultado de registrarRascunho.
#[derive(SimpleObject)]
pub struct RegistrarRascunhoPayload {
    /// O rascunho; nulo se recusado ou simulado.
    rascunho: Option<RascunhoNode>,
    #[graphql(flatten)]
    fim: Fim,
}

impl From<Desfecho<Registrado>> for RegistrarRascunhoPayload {
    fn from(desfecho: Desfecho<Registrado>) -> Self {
        let (feito, fim) = desfecho.gravado();
        Self { rascunho: feito.map(|Registrado(novo)| RascunhoNode(Arc::new(novo))), fim }
    }
}

#[derive(Default)]
pub struct RascunhoMutation;

#[Object]
impl RascunhoMutation {
    /// Registra o rascunho de um processo ainda sem número (R8).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn registrar_rascunho(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: RegistrarRascunhoInput,
    ) -> Option<Result<RegistrarRascunhoPayload>> {
        Some(executar(ctx, input).await)
    }
}
