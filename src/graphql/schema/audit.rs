//! The field `auditoria`: the audit trail as a connection.

use crate::Result;
use crate::audit::store::TrailQuery;
use crate::audit::{CanalAuditoria, Entry, EspecieAuditoria, NACIONAL, ResultadoAuditoria};
use crate::auth::Papel;
use crate::error::Error;
use crate::graphql_types::connection::{Connection, Count, Edge, Paging, connect, connections};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{AUDITORIA, PageSize, RequerPapel};
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::json::ToJson;
use crate::graphql_types::object::object;
use crate::graphql_types::scalars::Timestamp;
use crate::value::resource::Resource;
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

#[derive(Default)]
pub struct AuditoriaQuery;

#[Object]
impl AuditoriaQuery {
    /// Trilha de auditoria, leituras inclusive, do mais antigo ao mais novo.
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    #[graphql(directive = PageSize::apply(), directive = RequerPapel::apply(AUDITORIA.into()))]
    async fn auditoria(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Desde este instante, inclusive.")] de: Option<Timestamp>,
        #[graphql(desc = "Até este instante, exclusive.")] ate: Option<Timestamp>,
        #[graphql(desc = "O `sub` ou o `azp` de quem agiu.")] ator: Option<String>,
        #[graphql(desc = "Identificador global do objeto lido ou alterado.")] recurso: Option<ID>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Connection<TrailQuery>>> {
        let page = Paging { first, after, last, before };
        // PostgreSQL rejects a text with NUL, and no value in the trail contains one. Replace NUL
        // by a character that no `sub` or `azp` has in practice, so that the text matches no
        // record.
        let actor = ator.map(|actor| actor.replace('\0', "\u{fffd}"));
        let resource = recurso.map(|id| read_resource(&id)).transpose();
        let trail = resource.map(|resource| TrailQuery {
            from: de.map(|from| from.0),
            until: ate.map(|until| until.0),
            actor,
            resource,
        });
        Some(list(ctx, trail, page).await)
    }
}

async fn list(
    ctx: &Context<'_>,
    trail: Result<TrailQuery>,
    page: Paging,
) -> Result<Connection<TrailQuery>> {
    ctx.actor().require(Papel::Auditoria)?;
    connect(ctx, trail?, page).await
}

/// Reads the argument `recurso`. Returns `Ok(None)` if the id names an object of a type that the
/// trail does not record.
fn read_resource(id: &ID) -> Result<Option<Resource>> {
    let unreadable = || Error::invalid("`recurso`: não é o identificador global de um objeto");
    GlobalId::read(id).map(from_global_id).ok_or_else(unreadable)
}

impl ToJson for RegistroAuditoriaNode {}

connections! {
    TrailQuery as "RegistroAuditoriaConnection" of Edge "RegistroAuditoriaEdge":
        |row| RegistroAuditoriaNode = RegistroAuditoriaNode(Arc::clone(row));
}

pub struct RegistroAuditoriaNode(pub Arc<Entry>);

object! {
    /// Registro da trilha de auditoria: quem fez o quê, quando e sobre quais objetos. Sem corpos nem valores.
    #[Object(name = "RegistroAuditoria")]
    impl RegistroAuditoriaNode as this {
        fields {
            /// Identificador global, opaco e estável.
            pub id: ID = GlobalId::RegistroAuditoria(this.0.id).into();
            /// Instante da operação.
            ocorrido_em: Timestamp = this.0.ocorrido_em.into();
            /// Sujeito do token.
            sub: Option<&str> = Some(&this.0.sub);
            /// Cliente OIDC.
            azp: Option<&str> = this.0.azp.as_deref();
        }
        functions {
            /// Tribunal de quem agiu; nulo para credencial nacional.
            async fn tribunal(&self) -> Option<Result<Tribunal>> {
                let code = self.0.tribunal_codigo;
                (code != NACIONAL).then(|| Tribunal::from_row(code))
            }
        }
        fields {
            /// Canal por onde a operação chegou.
            canal: CanalAuditoria = this.0.canal;
            /// Nome da operação GraphQL (sem nome, os seus campos da raiz, em ordem alfabética) ou modelo da rota REST.
            operacao: &str = &this.0.operacao;
            /// Leitura ou escrita.
            especie: EspecieAuditoria = this.0.especie;
            /// Desfecho da operação.
            resultado: ResultadoAuditoria = this.0.resultado;
            /// Status HTTP correspondente.
            status: i32 = this.0.status.into();
        }
        functions {
            /// Identificadores globais dos objetos lidos ou alterados.
            async fn recursos(&self) -> Vec<ID> {
                let resources = self.0.recursos.iter().filter_map(|number| Resource::from_number(*number));
                resources.map(|resource| to_global_id(resource).into()).collect()
            }
        }
        fields {
            /// Campos sensíveis lidos, por exemplo `Adolescente.cpf`.
            campos_sensiveis: &[String] = &this.0.campos_sensiveis;
            /// Identificador da requisição, o mesmo dos logs.
            correlacao: Option<&str> = Some(&this.0.correlacao);
            /// Identificadores de todas as requisições, se o registro reúne entregas de eventos de várias; senão, nulo.
            correlacoes: Option<&[String]> = this.0.correlacoes.as_deref();
        }
    }
}

fn to_global_id(resource: Resource) -> GlobalId {
    match resource {
        Resource::Processo(id) => GlobalId::Processo(id),
        Resource::Adolescente(id) => GlobalId::Adolescente(id),
        Resource::Guia(id) => GlobalId::Guia(id),
        Resource::Rascunho(id) => GlobalId::Rascunho(id),
        Resource::Tramite(idt) => GlobalId::Tramite(idt),
        Resource::RegistroEletronico(id) => GlobalId::RegistroEletronico(id),
    }
}

fn from_global_id(id: GlobalId) -> Option<Resource> {
    Some(match id {
        GlobalId::Processo(id) => Resource::Processo(id),
        GlobalId::Adolescente(id) => Resource::Adolescente(id),
        GlobalId::Guia(id) => Resource::Guia(id),
        GlobalId::Rascunho(id) => Resource::Rascunho(id),
        GlobalId::Tramite(idt) => Resource::Tramite(idt),
        GlobalId::RegistroEletronico(id) => Resource::RegistroEletronico(id),
        GlobalId::Evento(_)
        | GlobalId::Vinculo(_)
        | GlobalId::Tribunal(_)
        | GlobalId::RegistroAuditoria(_) => {
            return None;
        }
    })
}
