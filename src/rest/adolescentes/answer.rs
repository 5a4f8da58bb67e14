//! The JSON of an adolescente.

use super::super::envelope::object;
use crate::adolescente::{Adolescente, turns_21_on};
use crate::audit::SensitiveField;
use crate::call::record::CallRecord;
use crate::value::time;
use serde_json::{Value, json};

/// The JSON of an adolescente. A field is absent when it has no value or when the caller may not
/// see it.
pub fn to_json(adolescente: &Adolescente, record: &CallRecord) -> Value {
    let sensitive = |field, value: Option<Value>| record.sensitive(field, value);
    let text = |value: &Option<String>| value.clone().map(Value::from);
    let date = |value: Option<chrono::NaiveDate>| value.map(|date| json!(time::format_date(date)));
    let yes_or_no = |value: bool| Some(json!(if value { "Sim" } else { "Não" }));
    let (a, d) = (adolescente, &adolescente.dados);
    let rg = object([
        ("numero", text(&d.rg.numero)),
        ("orgaoExpedidor", text(&d.rg.orgao_expedidor)),
        ("dataExpedicao", date(d.rg.data_expedicao)),
        ("estadoRg", text(&d.rg.estado)),
    ]);
    let certidao = object([
        ("cartorio", text(&d.certidao.cartorio)),
        ("livro", text(&d.certidao.livro)),
        ("folha", text(&d.certidao.folha)),
        ("numero", text(&d.certidao.numero)),
    ]);
    object([
        ("identificador", Some(json!(a.identificador.to_string()))),
        ("dataCadastro", Some(json!(time::format_date(time::day(a.criado_em))))),
        ("cadastroPendente", Some(json!(a.cadastro_pendente))),
        ("versao", Some(json!(a.versao))),
        (
            "nome",
            if d.nome_social.is_some() {
                sensitive(SensitiveField::Nome, text(&d.nome))
            } else {
                text(&d.nome)
            },
        ),
        ("sobrenome", text(&d.sobrenome)),
        ("possuiNomeSocial", yes_or_no(d.nome_social.is_some())),
        ("nomeSocial", text(&d.nome_social)),
        ("dataNascimento", date(d.data_nascimento)),
        ("dataNascimentoPresumida", yes_or_no(d.data_nascimento_presumida)),
        ("dataCompleta21Anos", date(a.dados.data_nascimento.map(turns_21_on))),
        ("dataObito", date(a.data_obito)),
        ("naturalidade", text(&d.naturalidade)),
        (
            "sexoBiologico",
            sensitive(
                SensitiveField::SexoBiologico,
                d.sexo_biologico.map(|value| json!(value.text())),
            ),
        ),
        (
            "identidadeGenero",
            sensitive(
                SensitiveField::IdentidadeGenero,
                d.identidade_genero.map(|value| json!(value.text())),
            ),
        ),
        (
            "orientacaoSexual",
            sensitive(
                SensitiveField::OrientacaoSexual,
                d.orientacao_sexual.map(|value| json!(value.text())),
            ),
        ),
        (
            "racaCor",
            sensitive(SensitiveField::RacaCor, d.raca_cor.map(|value| json!(value.text()))),
        ),
        ("nomeMae", sensitive(SensitiveField::NomeMae, text(&d.nome_mae))),
        ("nomePai", sensitive(SensitiveField::NomePai, text(&d.nome_pai))),
        (
            "cpf",
            sensitive(
                SensitiveField::Cpf,
                d.cpf.as_ref().map(|cpf| json!({ "numero": cpf.unmasked() })),
            ),
        ),
        ("rg", sensitive(SensitiveField::Rg, (!d.rg.is_empty()).then_some(rg))),
        (
            "certidaoNascimento",
            sensitive(
                SensitiveField::CertidaoNascimento,
                (!d.certidao.is_empty()).then_some(certidao),
            ),
        ),
    ])
}
