//! The fields of a registro eletrônico.

use super::fields::{TramiteNode, processo};
use crate::Result;
use crate::graphql_types::connection::{Connection, Count, Paging, connect_field};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::PageSize;
use crate::graphql_types::field_error::{Fallible, FieldError};
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::object::object;
use crate::graphql_types::scalars::Timestamp;
use crate::processo::graphql::ProcessoNode;
use crate::tramite::store::{HeldByCaller, InProgress, Tramites};
use crate::tramite::{Nre, RegistroEletronico, TipoDeProtocolo};
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

pub struct RegistroNode(pub Arc<RegistroEletronico>);

object! {
    /// Registro de um processo no Tramita, com os seus trâmites.
    #[Object(name = "RegistroEletronico")]
    impl RegistroNode as this {
        fields {
            /// Identificador global, opaco e estável.
            pub id: ID = GlobalId::RegistroEletronico(this.0.id).into();
            /// NRE.
            nre: &Nre = &this.0.nre;
            /// Protocolo, na grafia registrada primeiro.
            protocolo: &str = &this.0.protocolo;
            /// Numeração que o protocolo segue.
            tipo_de_protocolo: TipoDeProtocolo = this.0.tipo_protocolo;
        }
        functions {
            /// O processo está com outro órgão; quem chama não pode enviá-lo (linha B4).
            async fn bloqueado(&self, ctx: &Context<'_>) -> Fallible<bool> {
                let held = ctx.loaders().load(HeldByCaller(self.0.nre.clone())).await;
                held.map(|held| held != Some(true)).map_err(|error| FieldError::at(ctx, error))
            }

            /// O trâmite em andamento; nulo se não há nenhum visível.
            async fn em_andamento(&self, ctx: &Context<'_>) -> Option<Result<TramiteNode>> {
                let found = ctx.loaders().load(InProgress(self.0.nre.clone())).await;
                found.map(|found| found.map(TramiteNode)).transpose()
            }

            /// Trâmites visíveis, do mais antigo ao mais novo.
            #[graphql(directive = PageSize::apply())]
            async fn tramites(
                &self,
                ctx: &Context<'_>,
                #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
                #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
                #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
                #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
            ) -> Fallible<Connection<Tramites>> {
                let page = Paging { first, after, last, before };
                connect_field(ctx, Tramites::OfRegistro(self.0.id), page).await
            }

            /// O processo, quando o protocolo é um número CNJ visível aqui.
            async fn processo(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode>> {
                processo(ctx, self.0.tipo_protocolo, &self.0.protocolo_chave).await.transpose()
            }
        }
        fields {
            /// Geração do NRE.
            criado_em: Timestamp = this.0.criado_em.into();
        }
    }
}
