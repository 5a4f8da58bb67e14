use crate::Result;
use crate::adolescente::AdolescenteId;
use crate::audit::trail::Trilha;
use crate::audit::{CanalAuditoria, EspecieAuditoria, NACIONAL, Registro, ResultadoAuditoria};
use crate::auth::Papel;
use crate::error::{Error, Falha};
use crate::graphql::schema::node::GlobalId;
use crate::graphql_types::connection::{Aresta, Conexao, ListaGraphql, Paginacao, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{AUDITORIA, Pagina, RequerPapel};
use crate::graphql_types::json::Escrevivel;
use crate::graphql_types::scalars::Instante;
use crate::guia::GuiaId;
use crate::processo::ProcessoId;
use crate::rascunho::RascunhoId;
use crate::value::resource::Recurso;
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

#[derive(Default)]
pub struct AuditoriaQuery;

#[Object]
impl AuditoriaQuery {
    /// Trilha de auditoria, leituras inclusive, do mais antigo ao mais novo.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    #[graphql(directive = Pagina::apply(), directive = RequerPapel::apply(AUDITORIA.into()))]
    async fn auditoria(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Desde este instante, inclusive.")] de: Option<Instante>,
        #[graphql(desc = "Até este instante, exclusive.")] ate: Option<Instante>,
        #[graphql(desc = "O `sub` ou o `azp` de quem agiu.")] ator: Option<String>,
        #[graphql(desc = "Identificador global do objeto lido ou alterado.")] recurso: Option<ID>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Conexao<Trilha>>> {
        let pagina = Paginacao { first, after, last, before };
        // No text that the trail could hold has it, and PostgreSQL takes none that does.
        let ator = ator.map(|ator| ator.replace('\0', "\u{fffd}"));
        let recurso = recurso.map(|id| ler_recurso(&id)).transpose();
        let trilha = recurso.map(|recurso| Trilha {
            de: de.map(|de| de.0),
            ate: ate.map(|ate| ate.0),
            ator,
            recurso,
        });
        Some(listar(ctx, trilha, pagina).await)
    }
}

async fn listar(
    ctx: &Context<'_>,
    trilha: Result<Trilha>,
    pagina: Paginacao,
) -> Result<Conexao<Trilha>> {
    ctx.ator().exige(Papel::Auditoria)?;
    conectar(ctx, trilha?, pagina).await
}

/// None for an object that the trail does not tell of.
fn ler_recurso(id: &ID) -> Result<Option<Recurso>> {
    let ilegivel = || {
        let mensagem = "`recurso`: não é o identificador global de um objeto";
        Error::falha(Falha::EntradaInvalida, mensagem)
    };
    GlobalId::ler(id).map(de_global).ok_or_else(ilegivel)
}

impl Escrevivel for RegistroAuditoriaNode {}

impl ListaGraphql for Trilha {
    type Node = RegistroAuditoriaNode;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "RegistroAuditoriaConnection";
    const ARESTA: &'static str = "RegistroAuditoriaEdge";

    fn node(linha: &Self::Linha) -> RegistroAuditoriaNode {
        RegistroAuditoriaNode(Arc::clone(linha))
    }
}

pub struct RegistroAuditoriaNode(pub Arc<Registro>);

/// Registro da trilha de auditoria: quem fez o quê, quando e sobre quais objetos. Sem corpos nem valores.
#[Object(name = "RegistroAuditoria")]
impl RegistroAuditoriaNode {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::RegistroAuditoria(self.0.id).into()
    }

    /// Quando.
    async fn ocorrido_em(&self) -> Instante {
        self.0.ocorrido_em.into()
    }

    /// Sujeito do token.
    async fn sub(&self) -> Option<&str> {
        Some(&self.0.sub)
    }

    /// Cliente OIDC.
    async fn azp(&self) -> Option<&str> {
        self.0.azp.as_deref()
    }

    /// Tribunal de quem agiu.
    async fn tribunal(&self) -> Option<Result<Tribunal>> {
        let codigo = self.0.tribunal_codigo;
        (codigo != NACIONAL).then(|| Tribunal::da_linha(codigo))
    }

    /// Por onde entrou.
    async fn canal(&self) -> CanalAuditoria {
        self.0.canal
    }

    /// Nome da operação GraphQL (sem nome, os seus campos da raiz, em ordem alfabética) ou modelo da rota REST.
    async fn operacao(&self) -> &str {
        &self.0.operacao
    }

    /// Leitura ou escrita.
    async fn especie(&self) -> EspecieAuditoria {
        self.0.especie
    }

    /// Desfecho.
    async fn resultado(&self) -> ResultadoAuditoria {
        self.0.resultado
    }

    /// Status HTTP correspondente.
    async fn status(&self) -> i32 {
        self.0.status.into()
    }

    /// Identificadores globais dos objetos lidos ou alterados.
    async fn recursos(&self) -> Vec<ID> {
        let recursos = self.0.recursos.iter().filter_map(|numero| Recurso::de_numero(*numero));
        recursos.map(|recurso| para_global(recurso).into()).collect()
    }

    /// Campos sensíveis lidos, por exemplo `Adolescente.cpf`.
    async fn campos_sensiveis(&self) -> &[String] {
        &self.0.campos_sensiveis
    }

    /// Identificador da requisição, o mesmo dos logs.
    async fn correlacao(&self) -> Option<&str> {
        Some(&self.0.correlacao)
    }

    /// Se o registro conta entregas de eventos feitas juntas: os identificadores das requisições (assinaturas) da
    /// credencial que as receberam.
    async fn correlacoes(&self) -> Option<&[String]> {
        self.0.correlacoes.as_deref()
    }
}

fn para_global(recurso: Recurso) -> GlobalId {
    match recurso {
        Recurso::Processo(id) => GlobalId::Processo(ProcessoId(id)),
        Recurso::Adolescente(id) => GlobalId::Adolescente(AdolescenteId(id)),
        Recurso::Guia(id) => GlobalId::Guia(GuiaId(id)),
        Recurso::Rascunho(id) => GlobalId::Rascunho(RascunhoId(id)),
        Recurso::Tramite(idt) => GlobalId::Tramite(idt),
        Recurso::RegistroEletronico(id) => GlobalId::RegistroEletronico(id),
    }
}

fn de_global(id: GlobalId) -> Option<Recurso> {
    Some(match id {
        GlobalId::Processo(ProcessoId(id)) => Recurso::Processo(id),
        GlobalId::Adolescente(AdolescenteId(id)) => Recurso::Adolescente(id),
        GlobalId::Guia(GuiaId(id)) => Recurso::Guia(id),
        GlobalId::Rascunho(RascunhoId(id)) => Recurso::Rascunho(id),
        GlobalId::Tramite(idt) => Recurso::Tramite(idt),
        GlobalId::RegistroEletronico(id) => Recurso::RegistroEletronico(id),
        GlobalId::Evento(_)
        | GlobalId::Vinculo(_)
        | GlobalId::Tribunal(_)
        | GlobalId::RegistroAuditoria(_) => {
            return None;
        }
    })
}
