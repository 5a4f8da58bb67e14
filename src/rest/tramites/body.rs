//! The bodies of the Tramita API, by the names of the real platform.

use super::super::body_fields::{Readable, body};
use super::super::json_fields::{FieldPath, JsonBody};
use super::super::openapi::texts::{Instante, Justificativa};
use super::documentos;
use super::fields::{self, APENSADOS, Unknown};
use crate::tramite::rules::MAX_HIPOTESE;
use crate::tramite::{
    EnviarRecibo, EnviarTramite, EstruturaAddress, MotivoDaUrgencia, MotivoRecusa, NivelDeSigilo,
    RecusarTramite,
};
use crate::value::field::multiline_text;
use crate::value::rules::UnknownFields;
use serde_json::{Map, Value};
use utoipa::ToSchema;

body! {
    /// O recibo de conclusão: o destinatário tem tudo.
    pub struct NovoRecibo for EnviarRecibo {
        /// Entre o último recebimento e agora, em segundos inteiros, com tolerância de 60 s.
        dataDeRecebimento: Instante => data_de_recebimento,
        /// A assinatura do texto do recibo (SHA256withRSA, em base64); obrigatória se a estrutura tem
        /// chave registrada.
        #[schema(max_length = 4000)]
        hashDaAssinatura: Option<String> => hash_da_assinatura,
    }
}

body! {
    /// A recusa de um trâmite.
    #[schema(examples(json!({ "motivo": "99", "justificativa": "não é deste órgão" })))]
    pub struct NovaRecusa for RecusarTramite {
        motivo: MotivoDaRecusa => motivo,
        justificativa: Justificativa => justificativa,
    }
}

/// 01 formato não suportado, 02 componente corrompido, 03 faltam componentes, 04 espécie não
/// mapeada, 99 outro.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema, of which nobody makes a value")]
pub enum MotivoDaRecusa {
    #[schema(rename = "01")]
    FormatoNaoSuportado,
    #[schema(rename = "02")]
    ComponenteCorrompido,
    #[schema(rename = "03")]
    FaltaDeComponentes,
    #[schema(rename = "04")]
    EspecieNaoMapeada,
    #[schema(rename = "99")]
    Outro,
}

impl Readable for MotivoDaRecusa {
    type Value = Option<MotivoRecusa>;

    fn read(body: &mut JsonBody, name: &'static str, field: FieldPath) -> Option<MotivoRecusa> {
        let motivo = MotivoRecusa::from_code(&body.text(name, field)?);
        if motivo.is_none() {
            body.refuse_because(field, "o motivo é 01, 02, 03, 04 ou 99");
        }
        motivo
    }
}

/// Documented fields that this server stores to deliver them. The rules read only some values
/// within them.
const CABECALHO_FIELDS: [&str; 1] = ["propriedadesAdicionais"];
const PROCESSO_FIELDS: [&str; 4] =
    ["produtor", "dataHoraDeProducao", "dataHoraDeRegistro", "dataHoraDeEncerramento"];
const PROCESSO_LISTS: [&str; 4] =
    ["interessados", "itensHistorico", "protocolosAnteriores", "documentos"];
/// The key of the kept fields of the cabeçalho among the kept fields of the processo.
pub const KEPT_CABECALHO: &str = "doCabecalho";

/// Reads `{cabecalho, processo}`. Keeps a field that the platform does not have, and reports it in
/// a notice. Refuses instead an `NRE` with other capitals, because without it the send would start
/// another registro.
pub fn envio(mut body: JsonBody) -> EnviarTramite {
    fields::drop_senders_own(body.fields_mut());
    let mut command = EnviarTramite::default();
    let mut unknown = Unknown::default();
    let (mut kept, mut of_cabecalho) = (Map::new(), Map::new());
    body.nested("cabecalho", &["cabecalho"], |header| {
        command.nre = header.parse("NRE", &["nre"]);
        command.remetente = estrutura(header, "remetente", &["remetente"]);
        command.destinatario = estrutura(header, "destinatario", &["destinatario"]);
        command.data_de_retorno = header.instant("dataDeRetorno", &["dataDeRetorno"]);
        urgencia(header, &mut command);
        let all = boolean(header, "obrigarEnvioDeTodosOsComponentesDigitais");
        let only_pending = boolean(header, "enviarApenasComponentesDigitaisPendentes");
        command.todos_os_componentes = all == Some(true) || only_pending == Some(false);
        of_cabecalho = header.keep(&CABECALHO_FIELDS);
        let rest = header.rest(|name| !name.eq_ignore_ascii_case("NRE"));
        of_cabecalho.extend(unknown.keep("cabecalho.", rest));
    });
    body.nested("processo", &["processo"], |processo| {
        command.protocolo = processo.text("protocolo", &["protocolo"]);
        command.descricao = processo.text("descricao", &["descricao"]);
        command.processo_de_negocio = processo.text("processoDeNegocio", &["processoDeNegocio"]);
        let field: FieldPath = &["nivelDeSigilo"];
        if let Some(code) = processo.integer_or_text("nivelDeSigilo", field) {
            command.nivel_de_sigilo = NivelDeSigilo::from_code(code.into());
            if command.nivel_de_sigilo.is_none() {
                processo.refuse_because(field, "o nível de sigilo vai de 1 a 3");
            }
        }
        kept.extend(hipotese_legal(processo, &mut command));
        kept.extend(processo.keep(&PROCESSO_FIELDS));
        let mut lists = processo.keep(&PROCESSO_LISTS);
        lists.extend(processo.keep(&APENSADOS));
        for name in PROCESSO_LISTS.iter().chain(&APENSADOS) {
            if lists.get(*name).is_some_and(|value| !value.is_array()) {
                processo.refuse_because(std::slice::from_ref(name), "é uma lista");
            }
        }
        unknown.notice_unknown_fields("processo.", &mut lists);
        let produtor = kept.get("produtor");
        command.componentes =
            documentos::read(processo, command.protocolo.as_deref(), produtor, &lists);
        kept.extend(lists);
        let rest = processo.rest(|name| name != KEPT_CABECALHO);
        kept.extend(unknown.keep("processo.", rest));
    });
    // The destinatário gets only `cabecalho` and `processo`. A notice reports any field next to
    // them, and the field is not kept.
    unknown.ignore("", &body.rest(|_| true));
    if !of_cabecalho.is_empty() {
        kept.insert(KEPT_CABECALHO.into(), of_cabecalho.into());
    }
    command.sealed_below = documentos::sealed_place(&kept);
    if !kept.is_empty() {
        command.metadados = Some(Value::Object(kept).to_string());
    }
    command.avisos.extend(unknown.notices());
    command.malformed = body.finish(UnknownFields::Recusar).0;
    command
}

/// One client writes `urgencia`, and writes the reason as a boolean. Such a send is urgent, with an
/// unknown reason.
fn urgencia(header: &mut JsonBody, command: &mut EnviarTramite) {
    let written = [boolean(header, "urgente"), boolean(header, "urgencia")];
    command.urgente = written.contains(&Some(true));
    let field: FieldPath = &["motivoDaUrgencia"];
    match header.keep(&["motivoDaUrgencia"]).remove("motivoDaUrgencia") {
        None => {}
        Some(Value::Bool(_)) => command
            .avisos
            .push("cabecalho.motivoDaUrgencia: o motivo não veio, só que existe".to_owned()),
        Some(value) => {
            let code = fields::integer(&value);
            command.motivo_da_urgencia = code.and_then(MotivoDaUrgencia::from_code);
            if command.motivo_da_urgencia.is_none() {
                header.refuse_because(field, "o motivo da urgência vai de 1 a 5");
            }
        }
    }
}

/// Keeps `hipoteseLegal` as it came, because the receiver reads its `identificacao`, which may be
/// the only field.
fn hipotese_legal(processo: &mut JsonBody, command: &mut EnviarTramite) -> Map<String, Value> {
    let kept = processo.keep(&["hipoteseLegal"]);
    match kept.get("hipoteseLegal") {
        None => {}
        Some(Value::Object(fields)) => {
            let parts = ["identificacao", "nome", "baseLegal"];
            command.hipotese_informada = parts.iter().any(|part| fields.contains_key(*part));
            let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::trim);
            let text = text("baseLegal").or_else(|| text("nome"));
            command.hipotese_legal = text.filter(|text| !text.is_empty()).map(str::to_owned);
            if fields.get("identificacao").is_some_and(Value::is_null) {
                let warning = "processo.hipoteseLegal.identificacao: veio sem valor";
                command.avisos.push(warning.to_owned());
            }
            for part in parts {
                let refusal = match fields.get(part) {
                    None | Some(Value::Null) => None,
                    Some(Value::Number(n)) if part == "identificacao" && n.is_i64() => None,
                    Some(Value::String(text)) => multiline_text(Some(text.trim()), MAX_HIPOTESE)
                        .map(|refusal| refusal.mensagem),
                    Some(_) => Some("esperava um texto, ou um número se é a identificação".into()),
                };
                if let Some(refusal) = refusal {
                    processo.refuse_because(&["hipoteseLegal"], format!("{part}: {refusal}"));
                }
            }
        }
        Some(_) => processo.refuse_because(&["hipoteseLegal"], "esperava um objeto"),
    }
    kept
}

fn boolean(body: &mut JsonBody, name: &'static str) -> Option<bool> {
    let value = body.keep(&[name]).remove(name)?;
    let parsed = fields::boolean(&value);
    if parsed.is_none() {
        body.refuse_because(cabecalho_field(name), "esperava true ou false");
    }
    parsed
}

fn cabecalho_field(name: &'static str) -> FieldPath {
    match name {
        "urgente" | "urgencia" => &["urgente"],
        "obrigarEnvioDeTodosOsComponentesDigitais" => &["obrigarEnvioDeTodosOsComponentesDigitais"],
        _ => &["enviarApenasComponentesDigitaisPendentes"],
    }
}

fn estrutura(
    body: &mut JsonBody,
    name: &'static str,
    field: FieldPath,
) -> Option<EstruturaAddress> {
    body.nested(name, field, |estrutura| {
        let repositorio =
            estrutura.integer_or_text("identificacaoDoRepositorioDeEstruturas", field);
        let numero = estrutura.text_or_number("numeroDeIdentificacaoDaEstrutura", field);
        // The other fields, such as the name of the estrutura, are in the catalogue, so drop them
        // without a notice.
        estrutura.rest(|_| true);
        repositorio
            .zip(numero)
            .map(|(repositorio, numero)| EstruturaAddress { repositorio, numero })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_field_that_is_kept_is_told_to_be_kept() {
        let mut body = JsonBody::default();
        let sent = json!({ "ao lado": 1, "cabecalho": { "novo": 2 }, "processo": { "novo": 3 } });
        *body.fields_mut() = sent.as_object().unwrap().clone();
        let command = envio(body);
        let kept = json!({ "novo": 3, (KEPT_CABECALHO): { "novo": 2 } });
        assert_eq!(serde_json::from_str::<Value>(&command.metadados.unwrap()).unwrap(), kept);
        assert_eq!(
            command.avisos,
            [
                "ao lado: campo desconhecido, ignorado",
                "cabecalho.novo: campo desconhecido, guardado e entregue como veio",
                "processo.novo: campo desconhecido, guardado e entregue como veio",
            ]
        );
    }
}
