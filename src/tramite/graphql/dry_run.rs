//! What a client says of a send that is only rehearsed.

use super::input::EstruturaInput;
use crate::error::{CodigoErro, Recusa};
use crate::tramite::{ComponenteDigital, EnviarTramite, HashMalformado, Nre};
use async_graphql::InputObject;

/// Documento de um envio: o lugar e os arquivos.
#[derive(InputObject)]
pub struct DocumentoInput {
    /// Lugar no processo, a contar de 1.
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
    /// Origem, de quem chama.
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

/// The files that the documents tell of; what cannot be read is refused by its place.
fn componentes(
    protocolo: &str,
    documentos: Vec<DocumentoInput>,
) -> (Vec<ComponenteDigital>, Vec<Recusa>) {
    let (mut achados, mut recusas) = (Vec::new(), Vec::new());
    for (n, documento) in documentos.into_iter().enumerate() {
        if documento.retirado == Some(true) {
            continue;
        }
        for (ordem, componente) in (1..).zip(documento.componentes_digitais) {
            match componente.hash.trim().parse() {
                Ok(hash) => achados.push(ComponenteDigital {
                    protocolo: protocolo.to_owned(),
                    documento: documento.ordem,
                    ordem,
                    hash,
                    tamanho: componente.tamanho_em_bytes.into(),
                }),
                Err(erro) => {
                    let erro: HashMalformado = erro;
                    let recusa = Recusa::nova(CodigoErro::CampoInvalido, "forma", erro.to_string());
                    recusas.push(recusa.em(["documentos".to_owned(), n.to_string()]));
                }
            }
        }
    }
    (achados, recusas)
}

impl From<VerificarEnvioInput> for EnviarTramite {
    fn from(entrada: VerificarEnvioInput) -> Self {
        let documentos = entrada.documentos.unwrap_or_default();
        let (componentes, malformados) = componentes(&entrada.protocolo, documentos);
        Self {
            componentes,
            malformados,
            todos_os_componentes: entrada.todos_os_componentes.unwrap_or(false),
            remetente: Some(entrada.remetente.into()),
            destinatario: Some(entrada.destinatario.into()),
            protocolo: Some(entrada.protocolo),
            nre: entrada.nre,
            // Not asked of a rehearsal, and no part of the table.
            descricao: Some("ensaio".into()),
            ..Self::default()
        }
    }
}
