//! The requests of the module: the metadata of a processo, and the form of a file.

use super::Sei;
use crate::tramita::NUP;
use crate::tramita::componentes::hash;
use serde_json::{Value, json};

/// A documento: its order, its bytes, and whether it was written in SEI or withdrawn.
pub struct Documento<'a> {
    pub ordem: i32,
    pub bytes: &'a [u8],
    pub written: bool,
    pub withdrawn: bool,
}

pub const fn anexo(ordem: i32, bytes: &[u8]) -> Documento<'_> {
    Documento { ordem, bytes, written: false, withdrawn: false }
}

impl Sei<'_> {
    pub fn body(&self, to: &Sei<'_>, nre: Option<&str>, documentos: &[Documento<'_>]) -> Value {
        let produtor = json!({ "nome": "Fictícia da Silva", "tipo": "fisica", "numeroDeIdentificacao": 11_144_477_735_i64,
            "unidade": { "nome": "Secretaria fictícia", "tipo": "orgaopublico" } });
        let dates = "2026-11-30T09:00:00-03:00";
        let one = |d: &Documento<'_>| {
            let size = if d.withdrawn { json!(0) } else { json!(d.bytes.len().to_string()) };
            let tipo = if d.written { "text/html" } else { "application/pdf" };
            json!({ "ordem": d.ordem, "descricao": "***", "retirado": d.withdrawn, "nivelDeSigilo": "2",
                "hipoteseLegal": { "identificacao": "3" },
                "dataHoraDeProducao": dates, "dataHoraDeRegistro": dates, "produtor": produtor,
                "especie": { "codigo": "42", "nomeNoProdutor": "Despacho" },
                "identificacao": { "numero": d.ordem, "ano": "2026", "siglaDaUnidadeProdutora": "SEC", "complemento": "" },
                "idDocumentoSEI": format!("{}", 700 + d.ordem), "idProcedimentoAnexadoSEI": null,
                "componentesDigitais": [{ "ordem": 1, "nome": format!("{}.pdf", d.ordem), "idAnexo": 9000 + d.ordem,
                    "hash": { "algoritmo": "SHA256", "conteudo": hash(d.bytes) }, "tamanhoEmBytes": size,
                    "mimeType": tipo, "tipoDeConteudo": "txt",
                    "assinaturasDigitais": [{ "razao": "Assinado\npor Fictícia", "observacao": "vazio", "dataHora": dates,
                        "hash": { "algoritmo": "SHA256withRSA", "conteudo": "vazio" },
                        "cadeiaDoCertificado": { "formato": "PEM", "conteudo": "vazio" } }] }] })
        };
        let mut body = json!({
            "cabecalho": {
                "remetente": { "identificacaoDoRepositorioDeEstruturas": "1", "numeroDeIdentificacaoDaEstrutura": self.estrutura },
                "destinatario": { "identificacaoDoRepositorioDeEstruturas": "1", "numeroDeIdentificacaoDaEstrutura": to.estrutura.to_string() },
                "urgencia": true, "motivoDaUrgencia": true, "enviarApenasComponentesDigitaisPendentes": nre.is_some(),
                "propriedadesAdicionais": [{ "chave": "CLASSIFICACAO_Descricao_1", "valor": "Assunto" }, { "chave": "MODULO_PEN_VERSAO", "valor": 403 }],
            },
            "processo": {
                "protocolo": NUP, "nivelDeSigilo": "2", "hipoteseLegal": { "identificacao": "3" }, "processoDeNegocio": "Pessoal: fictício",
                "descricao": "Primeira linha\nsegunda linha", "dataHoraDeProducao": dates, "dataHoraDeRegistro": dates, "produtor": produtor,
                "interessados": [{ "nome": "Interessada fictícia" }],
                "itensHistorico": [{ "dataHoraOperacao": dates, "unidadeOperacao": { "nome": "NA", "tipo": "orgaopublico" },
                    "operacao": "Processo\r\ngerado", "usuario": { "nome": "NA", "tipo": "fisica" } }],
                "staTipoProtocolo": "P", "idProcedimentoSEI": "88",
                "documentos": documentos.iter().map(one).collect::<Vec<_>>(),
            },
        });
        if let Some(nre) = nre {
            body["cabecalho"]["NRE"] = json!(nre);
        }
        body
    }
}

/// Makes a multipart form. The bytes come before the fields that describe them, and each part has a
/// length.
pub fn multipart_form(file: &str, chunk: &[u8], integer: &[u8]) -> Vec<u8> {
    let (hash, protocolo) = (hash(integer), NUP);
    let mut body = format!(
        "--limite\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"{file}\"\r\n\
         Content-Length: {}\r\nContent-Type: text/html\r\n\r\n",
        chunk.len()
    )
    .into_bytes();
    body.extend_from_slice(chunk);
    for (name, value) in [("hashDoComponenteDigital", hash.as_str()), ("protocolo", protocolo)] {
        body.extend(
            format!(
                "\r\n--limite\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Length: {}\r\n\
                 Content-Type: text/plain\r\n\r\n{value}",
                value.len()
            )
            .bytes(),
        );
    }
    body.extend(b"\r\n--limite--\r\n");
    body
}
