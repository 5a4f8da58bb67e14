//! What a document must be to run here, and the codes of those that are not.

use super::document::preparar::{self, Preparado, Preparador, Recusado};
use super::document::{
    self, ErroNoDocumento, EsquemaInvalido, Invalido, NaoNormalizado, Tamanho, VariavelInvalida,
};
use super::escalares::confere;
use super::operacao::Desfecho;
use crate::config;
use crate::error::{CodigoErro, Falha};
use async_graphql::Variables;
use serde_json::json;
use std::sync::Arc;

/// One for the whole server: it remembers what it has prepared.
pub struct Documentos {
    preparador: Preparador,
    limites: config::Documentos,
}

impl Documentos {
    pub fn novos(sdl: &str, limites: config::Documentos) -> Result<Self, EsquemaInvalido> {
        let validar =
            document::Opcoes { sugestoes: limites.introspeccao, ..document::Opcoes::default() };
        let opcoes = preparar::Opcoes { validar, confere, ..preparar::Opcoes::default() };
        Ok(Self { preparador: Preparador::novo(sdl, opcoes)?, limites })
    }

    pub const fn custo_maximo(&self) -> u64 {
        self.limites.custo_maximo
    }

    /// The operation to run, and what it costs; or its refusal, before anything of it ran.
    pub fn preparar(
        &self,
        texto: &str,
        operacao: Option<&str>,
        variaveis: &Variables,
    ) -> Result<(Arc<Preparado>, u64), Desfecho> {
        let preparado = self.preparador.preparar(texto, operacao, variaveis).map_err(recusa)?;
        if preparado.introspeccao && !self.limites.introspeccao {
            let mensagem = "este servidor não responde a `__schema` nem a `__type`; o esquema está em /schema.graphql";
            return Err(Desfecho::da_falha(Falha::DocumentoInvalido, mensagem));
        }
        match preparado.custo.conferir(self.limites.custo_maximo, variaveis) {
            Ok(custo) => Ok((preparado, custo)),
            Err(excedido) => {
                Err(Desfecho::da_falha(Falha::CustoExcedeLimite, &excedido.to_string()))
            }
        }
    }
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
    Desfecho { errors: erros.iter().map(erro).collect(), data: None, extensions: None }
}
