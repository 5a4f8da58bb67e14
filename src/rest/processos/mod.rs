//! The routes under `/api/v1/processos`: the JSON of a processo, and the names of its fields in a
//! body.

pub mod write;
pub mod read;

use super::envelope::{self, RestError, object, tribunal};
use super::with_etag;
use crate::audit::SensitiveField;
use crate::call::Call;
use crate::call::record::CallRecord;
use crate::db::Session;
use crate::error::{CodigoErro, Error, Refusal};
use crate::processo::store::{self, SeenVinculo};
use crate::processo::{NumeroProcesso, Processo, ProcessoId, SituacaoVinculo};
use crate::value::time;
use actix_web::HttpResponse;
use serde_json::{Value, json};

/// The answer with one processo: the envelope, and the version in `ETag`.
async fn respond(call: &Call, processo: &Processo) -> Result<HttpResponse, RestError> {
    let id = processo.id;
    let vinculos = call.read(move |session| vinculos(session, id)).await?;
    let dados = to_json(processo, &vinculos, &call.record);
    Ok(with_etag(envelope::success((call.app.now)(), &dados, &[]), processo.versao.into()))
}

/// The adolescentes that the answer about a processo names.
fn vinculos(session: &mut Session<'_>, of: ProcessoId) -> Result<Vec<SeenVinculo>, Error> {
    let vinculos = store::vinculos_of(session, &[of])?;
    Ok(vinculos.into_iter().map(|(_, vinculo)| vinculo).collect())
}

/// R4, R19: a numero in a path has the CNJ format, with or without punctuation.
fn numero_from_path(text: &str) -> Result<NumeroProcesso, RestError> {
    text.parse().map_err(|error: crate::processo::MalformedNumero| {
        let refusal =
            Refusal::new(CodigoErro::CampoInvalido, "R4", error.to_string()).at(["processo"]);
        RestError::from(Error::from(refusal)).with_field_names(field_name)
    })
}

/// Maps a field of a command to its name in the body.
fn field_name(field: &[&str]) -> String {
    match field {
        ["numero" | "processo"] => "numeroProcesso".into(),
        ["adolescente"] => "identificadorAdolescente".into(),
        ["dados", "cpf"] => "cpf.numero".into(),
        ["dados", rest @ ..] => rest.join("."),
        ["versaoEsperada"] => "If-Match".into(),
        ["chaveIdempotencia"] => "Idempotency-Key".into(),
        ["tipo"] => "tipoProcesso".into(),
        ["referencia"] => "numeroProcessoReferencia".into(),
        ["adolescentes"] => "identificadoresAdolescentes".into(),
        ["adolescentes", i] => format!("identificadoresAdolescentes[{i}]"),
        [person, "cpf"] => format!("{person}CPF"),
        [person, "nome"] => format!("{person}Nome"),
        other => other.join("."),
    }
}

/// The JSON of a processo. A field without a value is absent.
fn to_json(processo: &Processo, vinculos: &[SeenVinculo], record: &CallRecord) -> Value {
    let cpf = |cpf: &Option<crate::value::cpf::Cpf>| {
        let cpf = cpf.as_ref().map(|cpf| cpf.unmasked().to_owned());
        record.sensitive(SensitiveField::CpfDeResponsavel, cpf)
    };
    let active = vinculos.iter().filter(|vinculo| vinculo.situacao == SituacaoVinculo::Ativo);
    let active: Vec<_> = active.map(|vinculo| vinculo.identificador.to_string()).collect();
    let adolescentes: Vec<_> = vinculos
        .iter()
        .map(|SeenVinculo { identificador, situacao, .. }| {
            json!({ "identificador": identificador.to_string(), "situacao": situacao.text() })
        })
        .collect();
    object([
        ("id", Some(json!(processo.id.0))),
        ("numeroProcesso", Some(json!(processo.numero.digits()))),
        ("tipoProcesso", Some(json!(processo.tipo.text()))),
        ("situacaoProcesso", Some(json!(processo.situacao.text()))),
        ("tribunal", tribunal(processo.tribunal_codigo)),
        ("idOrgao", Some(json!(processo.id_orgao))),
        ("versao", Some(json!(processo.versao))),
        ("appNameSistemaTribunal", Some(json!(processo.app_name_sistema_tribunal))),
        ("idProcessoSistemaExterno", processo.id_processo_sistema_externo.clone().map(Value::from)),
        (
            "numeroProcessoReferencia",
            processo.numero_referencia.as_ref().map(|numero| json!(numero.digits())),
        ),
        ("magistradoCPF", cpf(&processo.magistrado_cpf).map(Value::from)),
        ("magistradoNome", processo.magistrado_nome.clone().map(Value::from)),
        ("serventuarioCPF", cpf(&processo.serventuario_cpf).map(Value::from)),
        ("serventuarioNome", processo.serventuario_nome.clone().map(Value::from)),
        ("identificadoresAdolescentes", Some(json!(active))),
        ("adolescentes", Some(json!(adolescentes))),
        ("dataCadastro", Some(json!(time::format_instant(processo.criado_em)))),
        ("dataAtualizacao", Some(json!(time::format_instant(processo.atualizado_em)))),
    ])
}
