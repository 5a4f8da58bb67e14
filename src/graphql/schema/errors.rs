//! Refusals of rules as data: the interface `Erro` and the types that implement it.

use crate::error::{CodigoErro, Error, Refusal, RefusalKind};
use crate::graphql_types::context::ContextExt;
use crate::processo::graphql::ProcessoNode;
use crate::processo::store::ProcessoByNumero;
use crate::tramite::Nre;
use async_graphql::{Context, ID, Interface, Object};

/// Recusa de uma regra do domínio. Todas as que se julgam de forma independente vêm juntas.
#[derive(Interface)]
#[graphql(
    name = "Erro",
    field(name = "codigo", ty = "CodigoErro", desc = "Código estável."),
    field(name = "mensagem", ty = "String", desc = "Mensagem para pessoas."),
    field(
        name = "campo",
        ty = "Option<Vec<String>>",
        desc = "Caminho na entrada, por exemplo `[\"input\", \"adolescentes\", \"1\"]`."
    ),
    field(name = "orientacao", ty = "Option<String>", desc = "O que fazer.")
)]
pub enum ErroGraphql {
    CampoInvalido(ErroCampoInvalido),
    NaoEncontrado(ErroNaoEncontrado),
    ProcessoJaExiste(ErroProcessoJaExiste),
    ConflitoDeVersao(ErroConflitoDeVersao),
    DeRegra(ErroDeRegra),
    DeIdempotencia(ErroDeIdempotencia),
    DeTramite(ErroDeTramite),
}

impl From<Refusal> for ErroGraphql {
    fn from(refusal: Refusal) -> Self {
        match refusal.codigo.kind() {
            RefusalKind::CampoInvalido => ErroCampoInvalido(refusal).into(),
            RefusalKind::NaoEncontrado => ErroNaoEncontrado(refusal).into(),
            RefusalKind::ProcessoJaExiste => ErroProcessoJaExiste(refusal).into(),
            RefusalKind::ConflitoDeVersao => ErroConflitoDeVersao(refusal).into(),
            RefusalKind::DeRegra => ErroDeRegra(refusal).into(),
            RefusalKind::DeIdempotencia => ErroDeIdempotencia(refusal).into(),
            RefusalKind::DeTramite => ErroDeTramite(refusal).into(),
        }
    }
}

pub struct ErroCampoInvalido(Refusal);
pub struct ErroNaoEncontrado(Refusal);
pub struct ErroProcessoJaExiste(Refusal);
pub struct ErroConflitoDeVersao(Refusal);
pub struct ErroDeRegra(Refusal);
pub struct ErroDeIdempotencia(Refusal);
pub struct ErroDeTramite(Refusal);

/// Implements the four fields of `Erro`, and then the fields of the type itself.
macro_rules! erro_object {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[Object]
        impl $name {
            /// Código estável.
            pub async fn codigo(&self) -> CodigoErro {
                self.0.codigo
            }

            /// Mensagem para pessoas.
            pub async fn mensagem(&self) -> String {
                self.0.sentence()
            }

            /// Caminho na entrada, por exemplo `["input", "adolescentes", "1"]`.
            pub async fn campo(&self) -> Option<Vec<String>> {
                let campo = self.0.campo.iter().map(ToString::to_string);
                (!self.0.campo.is_empty()).then(|| std::iter::once("input".to_owned()).chain(campo).collect())
            }

            /// O que fazer.
            pub async fn orientacao(&self) -> Option<String> {
                self.0.orientacao.as_ref().map(ToString::to_string)
            }

            $($own)*
        }
    };
}

erro_object! {
    /// Um campo da entrada não passou numa regra.
    ErroCampoInvalido {
        /// A regra, por exemplo `R4`.
        async fn regra(&self) -> &str {
            &self.0.regra
        }
    }
}

erro_object! {
    /// O objeto pedido não existe ou não é visível.
    ErroNaoEncontrado {}
}

erro_object! {
    /// Já existe um processo com este número.
    ErroProcessoJaExiste {
        /// O processo que já existe; nulo se não é visível.
        async fn existente(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode, Error>> {
            processo(ctx, &self.0).await.transpose()
        }
    }
}

erro_object! {
    /// O objeto mudou desde que foi lido.
    ErroConflitoDeVersao {
        /// A versão atual, a dar em `versaoEsperada`.
        async fn versao_atual(&self) -> i32 {
            self.0.versao_atual.unwrap_or_default()
        }
    }
}

erro_object! {
    /// O estado atual impede a operação.
    ErroDeRegra {
        /// A regra, por exemplo `R12`.
        async fn regra(&self) -> &str {
            &self.0.regra
        }

        /// O processo que impede, se há um e é visível.
        async fn impedimento(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode, Error>> {
            processo(ctx, &self.0).await.transpose()
        }
    }
}

erro_object! {
    /// A chave de idempotência já serviu a outra entrada.
    ErroDeIdempotencia {}
}

erro_object! {
    /// Recusa de uma operação do Tramita.
    ErroDeTramite {
        /// O código das rotas REST, 4 dígitos, por exemplo `9001`.
        async fn codigo_erro(&self) -> &str {
            self.0.codigo.tramita_code()
        }

        /// O NRE a enviar, só para quem é parte.
        async fn nre(&self) -> Option<Nre> {
            self.0.tramite.as_ref()?.nre.as_ref()?.parse().ok()
        }

        /// O trâmite em causa, se quem chama é parte.
        async fn idt(&self) -> Option<ID> {
            self.0.tramite.as_ref()?.idt.map(ID::from)
        }
    }
}

async fn processo(ctx: &Context<'_>, refusal: &Refusal) -> Result<Option<ProcessoNode>, Error> {
    let Some(numero) = refusal.processo.as_ref().and_then(|numero| numero.parse().ok()) else {
        return Ok(None);
    };
    Ok(ctx.loaders().load(ProcessoByNumero(numero)).await?.map(ProcessoNode::from))
}
