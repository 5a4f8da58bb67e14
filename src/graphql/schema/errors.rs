//! Errors in the schema: refusals of rules as data (the interface `Erro` and its
//! types), and failures of a field that is never null.

use crate::error::{CodigoErro, Error, Recusa};
use crate::graphql_types::context::ContextExt;
use crate::processo::graphql::ProcessoNode;
use crate::processo::store::ProcessoPorNumero;
use crate::tramite::Nre;
use async_graphql::{Context, ErrorExtensions, ID, Interface, Object, QueryPathSegment, Value};

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

impl From<Recusa> for ErroGraphql {
    fn from(recusa: Recusa) -> Self {
        match recusa.codigo {
            CodigoErro::CampoObrigatorio
            | CodigoErro::CampoInvalido
            | CodigoErro::NumeroDigitoInvalido
            | CodigoErro::NumeroDeOutroTribunal
            | CodigoErro::ReferenciaInvalida
            | CodigoErro::ExecucaoAdmiteUmAdolescente => ErroCampoInvalido(recusa).into(),
            CodigoErro::ProcessoNaoEncontrado
            | CodigoErro::AdolescenteNaoEncontrado
            | CodigoErro::VinculoNaoEncontrado
            | CodigoErro::NaoEncontrado => ErroNaoEncontrado(recusa).into(),
            CodigoErro::ProcessoJaExiste => ErroProcessoJaExiste(recusa).into(),
            CodigoErro::ConflitoDeVersao => ErroConflitoDeVersao(recusa).into(),
            CodigoErro::AdolescenteJaExiste
            | CodigoErro::ProcessoArquivado
            | CodigoErro::TipoDeProcessoIncompativel
            | CodigoErro::VinculoJaAtivo
            | CodigoErro::UltimoAdolescente
            | CodigoErro::RascunhoInvalido
            | CodigoErro::ExecucaoAtiva => ErroDeRegra(recusa).into(),
            CodigoErro::ChaveIdempotenciaReutilizada => ErroDeIdempotencia(recusa).into(),
            CodigoErro::NupJaCadastrado
            | CodigoErro::NreNaoLocalizado
            | CodigoErro::ProtocoloDivergente
            | CodigoErro::TramiteEmAndamento
            | CodigoErro::ProcessoBloqueado
            | CodigoErro::TransicaoNaoPermitida
            | CodigoErro::EstruturaInvalida => ErroDeTramite(recusa).into(),
        }
    }
}

pub struct ErroCampoInvalido(Recusa);
pub struct ErroNaoEncontrado(Recusa);
pub struct ErroProcessoJaExiste(Recusa);
pub struct ErroConflitoDeVersao(Recusa);
pub struct ErroDeRegra(Recusa);
pub struct ErroDeIdempotencia(Recusa);
pub struct ErroDeTramite(Recusa);

/// The four fields of `Erro`, and the type's own after them.
macro_rules! erro {
    ($(#[$doc:meta])* $nome:ident { $($proprio:tt)* }) => {
        $(#[$doc])*
        #[Object]
        impl $nome {
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

            $($proprio)*
        }
    };
}

erro! {
    /// Um campo da entrada não passou numa regra.
    ErroCampoInvalido {
        /// A regra, por exemplo `R4`.
        async fn regra(&self) -> &str {
            &self.0.regra
        }
    }
}

erro! {
    /// O objeto pedido não existe ou não é visível.
    ErroNaoEncontrado {}
}

erro! {
    /// Já existe um processo com este número.
    ErroProcessoJaExiste {
        /// O que existe.
        async fn existente(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode, Error>> {
            processo(ctx, &self.0).await.transpose()
        }
    }
}

erro! {
    /// O objeto mudou desde que foi lido.
    ErroConflitoDeVersao {
        /// A versão de agora, para `versaoEsperada`.
        async fn versao_atual(&self) -> i32 {
            self.0.versao_atual.unwrap_or_default()
        }
    }
}

erro! {
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

erro! {
    /// A chave de idempotência já serviu a outra entrada.
    ErroDeIdempotencia {}
}

erro! {
    /// Recusa do Tramita.
    ErroDeTramite {
        /// O código das rotas REST, 4 dígitos, por exemplo `9001`.
        async fn codigo_erro(&self) -> &str {
            self.0.codigo.no_tramita()
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

async fn processo(ctx: &Context<'_>, recusa: &Recusa) -> Result<Option<ProcessoNode>, Error> {
    let Some(numero) = recusa.processo.as_ref().and_then(|numero| numero.parse().ok()) else {
        return Ok(None);
    };
    Ok(ctx.loaders().load(ProcessoPorNumero(numero)).await?.map(ProcessoNode::from))
}

/// A field that may fail and is never null. Not spelled `Result`: what the derive
/// unwraps by itself it resolves otherwise.
pub type Falivel<T> = std::result::Result<T, ErroDeCampo>;

/// A failure that remembers its field. The executor forgets it: on the way up
/// through a list each item writes its own path over the deeper one.
#[derive(Debug, Clone)]
pub struct ErroDeCampo {
    error: Error,
    caminho: Vec<Value>,
}

impl ErroDeCampo {
    /// Extension under which the path travels, until the answer is written.
    pub const CAMINHO: &'static str = "caminho";

    pub fn em(ctx: &Context<'_>, error: Error) -> Self {
        let mut caminho = Vec::new();
        let mut onde = ctx.path_node.as_ref();
        while let Some(parte) = onde {
            caminho.push(match parte.segment {
                QueryPathSegment::Index(indice) => Value::from(indice),
                QueryPathSegment::Name(nome) => Value::from(nome),
            });
            onde = parte.parent;
        }
        caminho.reverse();
        Self { error, caminho }
    }
}

impl From<ErroDeCampo> for async_graphql::Error {
    fn from(ErroDeCampo { error, caminho }: ErroDeCampo) -> Self {
        Self::from(error).extend_with(|_, extensions| extensions.set(ErroDeCampo::CAMINHO, caminho))
    }
}
