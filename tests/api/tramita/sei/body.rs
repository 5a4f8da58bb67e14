//! What the module sends: the metadata of a processo, and the form of a file.

use super::Sei;
use crate::tramita::NUP;
use crate::tramita::componentes::hash;
use serde_json::{Value, json};

/// A document: its order, what it is called, its bytes, and whether it was written in SEI.
pub struct Documento<'a> {
    pub ordem: i32,
    pub bytes: &'a [u8],
    pub escrito: bool,
    pub retirado: bool,
}

pub const fn anexo(ordem: i32, bytes: &[u8]) -> Documento<'_> {
    Documento { ordem, bytes, escrito: false, retirado: false }
}

impl Sei<'_> {
    pub fn corpo(&self, para: &Sei<'_>, nre: Option<&str>, documentos: &[Documento<'_>]) -> Value {
        let produtor = json!({ "nome": "Fictícia da Silva", "tipo": "fisica", "numeroDeIdentificacao": 11_144_477_735_i64,
            "unidade": { "nome": "Secretaria fictícia", "tipo": "orgaopublico" } });
        let datas = "2026-11-30T09:00:00-03:00";
        let um = |d: &Documento<'_>| {
            let tamanho = if d.retirado { json!(0) } else { json!(d.bytes.len().to_string()) };
            let tipo = if d.escrito { "text/html" } else { "application/pdf" };
            json!({ "ordem": d.ordem, "descricao": "***", "retirado": d.retirado, "nivelDeSigilo": "2",
                "hipoteseLegal": { "identificacao": "3" },
                "dataHoraDeProducao": datas, "dataHoraDeRegistro": datas, "produtor": produtor,
                "especie": { "codigo": "42", "nomeNoProdutor": "Despacho" },
                "identificacao": { "numero": d.ordem, "ano": "2026", "siglaDaUnidadeProdutora": "SEC", "complemento": "" },
                "idDocumentoSEI": format!("{}", 700 + d.ordem), "idProcedimentoAnexadoSEI": null,
                "componentesDigitais": [{ "ordem": 1, "nome": format!("{}.pdf", d.ordem), "idAnexo": 9000 + d.ordem,
                    "hash": { "algoritmo": "SHA256", "conteudo": hash(d.bytes) }, "tamanhoEmBytes": tamanho,
                    "mimeType": tipo, "tipoDeConteudo": "txt",
                    "assinaturasDigitais": [{ "razao": "Assinado\npor Fictícia", "observacao": "vazio", "dataHora": datas,
                        "hash": { "algoritmo": "SHA256withRSA", "conteudo": "vazio" },
                        "cadeiaDoCertificado": { "formato": "PEM", "conteudo": "vazio" } }] }] })
        };
        let mut corpo = json!({
            "cabecalho": {
                "remetente": { "identificacaoDoRepositorioDeEstruturas": "1", "numeroDeIdentificacaoDaEstrutura": self.estrutura },
                "destinatario": { "identificacaoDoRepositorioDeEstruturas": "1", "numeroDeIdentificacaoDaEstrutura": para.estrutura.to_string() },
                "urgencia": true, "motivoDaUrgencia": true, "enviarApenasComponentesDigitaisPendentes": nre.is_some(),
                "propriedadesAdicionais": [{ "chave": "CLASSIFICACAO_Descricao_1", "valor": "Assunto" }, { "chave": "MODULO_PEN_VERSAO", "valor": 403 }],
            },
            "processo": {
                "protocolo": NUP, "nivelDeSigilo": "2", "hipoteseLegal": { "identificacao": "3" }, "processoDeNegocio": "Pessoal: fictício",
                "descricao": "Primeira linha\nsegunda linha", "dataHoraDeProducao": datas, "dataHoraDeRegistro": datas, "produtor": produtor,
                "interessados": [{ "nome": "Interessada fictícia" }],
                "itensHistorico": [{ "dataHoraOperacao": datas, "unidadeOperacao": { "nome": "NA", "tipo": "orgaopublico" },
                    "operacao": "Processo\r\ngerado", "usuario": { "nome": "NA", "tipo": "fisica" } }],
                "staTipoProtocolo": "P", "idProcedimentoSEI": "88",
                "documentos": documentos.iter().map(um).collect::<Vec<_>>(),
            },
        });
        if let Some(nre) = nre {
            corpo["cabecalho"]["NRE"] = json!(nre);
        }
        corpo
    }
}

/// The bytes come before what says what they are; each part has its length.
pub fn formulario(arquivo: &str, bloco: &[u8], inteiro: &[u8]) -> Vec<u8> {
    let (hash, protocolo) = (hash(inteiro), NUP);
    let mut corpo = format!(
        "--limite\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"{arquivo}\"\r\n\
         Content-Length: {}\r\nContent-Type: text/html\r\n\r\n",
        bloco.len()
    )
    .into_bytes();
    corpo.extend_from_slice(bloco);
    for (nome, valor) in [("hashDoComponenteDigital", hash.as_str()), ("protocolo", protocolo)] {
        corpo.extend(
            format!(
                "\r\n--limite\r\nContent-Disposition: form-data; name=\"{nome}\"\r\nContent-Length: {}\r\n\
                 Content-Type: text/plain\r\n\r\n{valor}",
                valor.len()
            )
            .bytes(),
        );
    }
    corpo.extend(b"\r\n--limite--\r\n");
    corpo
}
