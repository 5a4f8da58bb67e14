//! What a document must be to run here, and the codes of those that are not.

use super::Desfecho;
use crate::config::{self, Confiavel};
use crate::error::{CodigoErro, Falha};
use crate::graphql::document::persisted::{NaoAchado, Persistidos, Referencia, Repetido};
use crate::graphql::document::prepare::{self, Preparado, Preparador, Recusado};
use crate::graphql::document::{
    self, ErroNoDocumento, EsquemaInvalido, Invalido, NaoNormalizado, Tamanho, VariavelInvalida,
};
use crate::graphql::protocol::http::variables::Unread;
use crate::graphql::schema::scalars::confere;
use async_graphql::Variables;
use serde_json::json;
use std::sync::Arc;

/// A document of so many bytes is validated on the worker: that takes less than a millisecond.
const DOCUMENT_INLINE: usize = 2 * 1024;

/// One for the whole server: it remembers what it has prepared.
pub struct Documentos {
    preparador: Preparador,
    persistidos: Persistidos,
    custo_maximo: u64,
    introspeccao: bool,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum NaoServem {
    #[error(transparent)]
    Esquema(#[from] EsquemaInvalido),
    #[error("documento confiável {0}: {1}")]
    Confiavel(String, String),
}

impl From<Repetido> for NaoServem {
    fn from(Repetido(id): Repetido) -> Self {
        Self::Confiavel(id, "o id é de dois documentos".into())
    }
}

impl Documentos {
    /// Every trusted document has to be valid: a client would find out too late.
    pub fn novos(sdl: &str, dados: &config::Documentos) -> Result<Self, NaoServem> {
        let config::Documentos { custo_maximo, introspeccao, ref confiaveis, so_confiaveis } =
            *dados;
        let validar = document::Opcoes { sugestoes: introspeccao, ..document::Opcoes::default() };
        let opcoes = prepare::Opcoes { validar, confere, ..prepare::Opcoes::default() };
        let preparador = Preparador::novo(sdl, opcoes)?;
        for Confiavel { id, texto } in confiaveis.iter() {
            preparador.conferir(texto).map_err(|recusado| {
                NaoServem::Confiavel(id.clone(), recusa(recusado).mensagens())
            })?;
        }
        let persistidos = Persistidos::novos(confiaveis, so_confiaveis)?;
        Ok(Self { preparador, persistidos, custo_maximo, introspeccao })
    }

    pub const fn custo_maximo(&self) -> u64 {
        self.custo_maximo
    }

    /// Whether preparing it holds whoever does it for longer than the async workers should be:
    /// a long document that is not remembered as it is.
    pub fn takes_long(&self, referencia: &Referencia, operacao: Option<&str>) -> bool {
        let longo =
            |texto: &str| texto.len() > DOCUMENT_INLINE && !self.preparador.lembra(texto, operacao);
        self.persistidos.olhar(referencia, longo).unwrap_or(false)
    }

    /// The operation to run, with its variables, and what it costs; or its refusal, before anything of it ran.
    pub fn preparar(
        &self,
        referencia: Referencia,
        operacao: Option<&str>,
        variaveis: &Unread,
    ) -> Result<(Arc<Preparado>, Variables, u64), Desfecho> {
        let achado = self.persistidos.achar(referencia).map_err(nao_achado)?;
        let valido = self.preparador.validar(achado.texto(), operacao).map_err(recusa)?;
        let variaveis = variaveis.read(|nome| valido.declara(nome));
        let variaveis = variaveis.map_err(|error| Desfecho::recusa(&error))?;
        let preparado = self.preparador.com_variaveis(achado.texto(), &valido, &variaveis);
        let preparado = preparado.map_err(recusa)?;
        self.persistidos.lembrar(achado);
        if preparado.introspeccao && !self.introspeccao {
            let mensagem = "este servidor não responde a `__schema` nem a `__type`; o esquema está em /schema.graphql";
            return Err(Desfecho::da_falha(Falha::DocumentoInvalido, mensagem));
        }
        match preparado.custo.conferir(self.custo_maximo, &variaveis) {
            Ok(custo) => Ok((preparado, variaveis, custo)),
            Err(excedido) => {
                Err(Desfecho::da_falha(Falha::CustoExcedeLimite, &excedido.to_string()))
            }
        }
    }
}

fn nao_achado(porque: NaoAchado) -> Desfecho {
    let falha = match porque {
        NaoAchado::Desconhecido => Falha::DocumentoDesconhecido,
        NaoAchado::Divergente => Falha::EntradaInvalida,
        NaoAchado::NaoConfiavel => Falha::DocumentoNaoConfiavel,
    };
    Desfecho::da_falha(falha, &porque.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "it goes into `map_err`")]
fn recusa(recusado: Recusado) -> Desfecho {
    let falha = match &recusado {
        Recusado::Documento(Invalido::Malformado(erros)) => {
            return com_lugares(Falha::DocumentoMalformado, erros);
        }
        Recusado::Documento(Invalido::Invalido(erros)) => {
            return com_lugares(Falha::DocumentoInvalido, erros);
        }
        Recusado::Variavel(VariavelInvalida::Escalar { .. }) | Recusado::Valor(_) => {
            let codigo = CodigoErro::CampoInvalido;
            return Desfecho::do_codigo(codigo.nome(), codigo.status(), &recusado.to_string());
        }
        Recusado::Documento(Invalido::Tamanho(Tamanho::Ciclo))
        | Recusado::Operacao(_)
        | Recusado::Normalizacao(NaoNormalizado::Conflito(_)) => Falha::DocumentoInvalido,
        Recusado::Documento(Invalido::Limite(_) | Invalido::Tamanho(_))
        | Recusado::Normalizacao(NaoNormalizado::Grande)
        | Recusado::IntrospeccaoFunda => Falha::DocumentoExcedeLimite,
        Recusado::Variavel(_) => Falha::EntradaInvalida,
    };
    Desfecho::da_falha(falha, &recusado.to_string())
}

fn com_lugares(falha: Falha, erros: &[ErroNoDocumento]) -> Desfecho {
    let extensions = json!({ "code": falha.nome(), "status": falha.status() });
    let erro = |erro: &ErroNoDocumento| json!({ "message": erro.mensagem, "locations": erro.lugares, "extensions": extensions });
    let errors = erros.iter().map(erro).collect();
    Desfecho { errors, data: None, extensions: None, retry_after: None, room: None }
}
