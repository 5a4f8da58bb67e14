//! The input of a dry run of a send.

use super::input::EstruturaInput;
use crate::error::{CodigoErro, Refusal};
use crate::tramite::{ComponenteDigital, EnviarTramite, MalformedHash, Nre};
use async_graphql::InputObject;

/// Documento de um envio: a ordem no processo e os arquivos.
#[derive(InputObject)]
pub struct DocumentoInput {
    /// Ordem do documento no processo, a contar de 1.
    ordem: i32,
    /// Retirado: os seus arquivos não se pedem.
    #[graphql(default_with = "Some(false)")]
    retirado: Option<bool>,
    /// Os arquivos, em ordem.
    componentes_digitais: Vec<ComponenteDigitalInput>,
}

/// Arquivo de um documento.
#[derive(InputObject)]
pub struct ComponenteDigitalInput {
    /// SHA-256 em base64, 44 caracteres.
    hash: String,
    /// Tamanho em bytes.
    tamanho_em_bytes: i32,
}

/// Entrada de verificarEnvio.
#[derive(InputObject)]
pub struct VerificarEnvioInput {
    /// Estrutura de origem, do tribunal de quem chama.
    remetente: EstruturaInput,
    /// Destino.
    destinatario: EstruturaInput,
    /// Protocolo, 1 a 40 caracteres.
    protocolo: String,
    /// O NRE que se enviaria.
    nre: Option<Nre>,
    /// Os documentos que se enviariam; com eles se diz que arquivos o destinatário não tem.
    documentos: Option<Vec<DocumentoInput>>,
    /// Pede todos os arquivos, também os que o destinatário já teve.
    #[graphql(default_with = "Some(false)")]
    todos_os_componentes: Option<bool>,
}

/// The files of the documentos. A hash that cannot be read becomes a refusal that names the index
/// of its documento, from 0.
fn componentes(
    protocolo: &str,
    documentos: Vec<DocumentoInput>,
) -> (Vec<ComponenteDigital>, Vec<Refusal>) {
    let (mut found, mut refusals) = (Vec::new(), Vec::new());
    for (n, documento) in documentos.into_iter().enumerate() {
        if documento.retirado == Some(true) {
            continue;
        }
        for (ordem, componente) in (1..).zip(documento.componentes_digitais) {
            match componente.hash.trim().parse() {
                Ok(hash) => found.push(ComponenteDigital {
                    protocolo: protocolo.to_owned(),
                    documento: documento.ordem,
                    ordem,
                    hash,
                    tamanho: componente.tamanho_em_bytes.into(),
                }),
                Err(error) => {
                    let error: MalformedHash = error;
                    let refusal =
                        Refusal::new(CodigoErro::CampoInvalido, "forma", error.to_string());
                    refusals.push(refusal.at(["documentos".to_owned(), n.to_string()]));
                }
            }
        }
    }
    (found, refusals)
}

impl From<VerificarEnvioInput> for EnviarTramite {
    fn from(input: VerificarEnvioInput) -> Self {
        let documentos = input.documentos.unwrap_or_default();
        let (componentes, malformed) = componentes(&input.protocolo, documentos);
        Self {
            componentes,
            malformed,
            todos_os_componentes: input.todos_os_componentes.unwrap_or(false),
            remetente: Some(input.remetente.into()),
            destinatario: Some(input.destinatario.into()),
            protocolo: Some(input.protocolo),
            nre: input.nre,
            // The input of a dry run has no descrição, and the decision table does not depend on
            // it.
            descricao: Some("ensaio".into()),
            ..Self::default()
        }
    }
}
