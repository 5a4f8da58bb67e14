//! Rascunhos in the GraphQL schema: the type, and the mutation that registers one.

use super::{Rascunho, Registrado, RegistrarRascunho};
use crate::Result;
use crate::audit::SensitiveField;
use crate::graphql::schema::mutation::{mutations, payload};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::mutation::input;
use crate::graphql_types::object::object;
use crate::graphql_types::scalars::Timestamp;
use crate::processo::graphql::ProcessoNode;
use crate::processo::store::ProcessoById;
use crate::value::field::filled;
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

pub struct RascunhoNode(pub Arc<Rascunho>);

object! {
    /// Rascunho de processo, registrado antes de haver número.
    #[Object(name = "Rascunho")]
    impl RascunhoNode as this {
        fields {
            /// Identificador global, opaco e estável.
            pub id: ID = GlobalId::Rascunho(this.0.id.0).into();
            /// O valor a enviar em `idProcessoSistemaExterno` (o `dados.id` da rota REST).
            codigo: &str = &this.0.codigo;
            /// Sistema do tribunal.
            app_name_sistema_tribunal: &str = &this.0.app_name_sistema_tribunal;
        }
        functions {
            /// Os dados, texto JSON, como recebidos. Podem nomear pessoas: sem o papel `pse-dados-sensiveis`, `{}`.
            async fn dados(&self, ctx: &Context<'_>) -> &str {
                ctx.sensitive(SensitiveField::DadosDeRascunho, Some(self.0.dados.as_str())).unwrap_or("{}")
            }
        }
        fields {
            /// Registro.
            criado_em: Timestamp = this.0.criado_em.into();
            /// Quando virou processo; nulo enquanto livre.
            consumido_em: Option<Timestamp> = this.0.consumido_em.map(Timestamp);
        }
        functions {
            /// O processo em que se transformou.
            async fn processo(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode>> {
                let found = ctx.loaders().load(ProcessoById(self.0.processo_id?)).await;
                found.map(|found| found.map(ProcessoNode::from)).transpose()
            }
        }
    }
}

input! {
    /// Entrada de registrarRascunho.
    pub struct RegistrarRascunhoInput for RegistrarRascunho {
        /// Sistema do tribunal, até 100 caracteres.
        app_name_sistema_tribunal: String => filled(Some(app_name_sistema_tribunal)),
        /// Um objeto JSON, como texto.
        dados: String => Some(dados),
    }
    and malformed: Vec::new()
}

payload! {
    /// Resultado de registrarRascunho.
    pub struct RegistrarRascunhoPayload from Registrado {
        /// O rascunho; nulo se recusado ou simulado.
        rascunho: RascunhoNode = |Registrado(new)| RascunhoNode(Arc::new(new)),
    }
}

mutations! {
    RascunhoMutation requires INTEGRACAO;

    /// Registra o rascunho de um processo ainda sem número (R8).
    registrar_rascunho(RegistrarRascunhoInput) -> RegistrarRascunhoPayload;
}
