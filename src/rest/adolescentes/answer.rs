//! How an adolescente looks in an answer.

use super::super::envelope::objeto;
use crate::adolescente::{Adolescente, completa_21_anos};
use crate::audit::CampoSensivel;
use crate::call::record::Rastro;
use crate::value::time;
use serde_json::{Value, json};

/// An adolescente as the façade shows it: absent is what it has not, and what the caller may not see.
pub fn dados(adolescente: &Adolescente, rastro: &Rastro) -> Value {
    let sensivel = |campo, valor: Option<Value>| rastro.sensivel(campo, valor);
    let texto = |valor: &Option<String>| valor.clone().map(Value::from);
    let data = |valor: Option<chrono::NaiveDate>| valor.map(|data| json!(time::data(data)));
    let sim = |valor: bool| Some(json!(if valor { "Sim" } else { "Não" }));
    let (a, d) = (adolescente, &adolescente.dados);
    let rg = objeto([
        ("numero", texto(&d.rg.numero)),
        ("orgaoExpedidor", texto(&d.rg.orgao_expedidor)),
        ("dataExpedicao", data(d.rg.data_expedicao)),
        ("estadoRg", texto(&d.rg.estado)),
    ]);
    let certidao = objeto([
        ("cartorio", texto(&d.certidao.cartorio)),
        ("livro", texto(&d.certidao.livro)),
        ("folha", texto(&d.certidao.folha)),
        ("numero", texto(&d.certidao.numero)),
    ]);
    objeto([
        ("identificador", Some(json!(a.identificador.to_string()))),
        ("dataCadastro", Some(json!(time::data(time::dia(a.criado_em))))),
        ("cadastroPendente", Some(json!(a.cadastro_pendente))),
        ("versao", Some(json!(a.versao))),
        (
            "nome",
            if d.nome_social.is_some() {
                sensivel(CampoSensivel::Nome, texto(&d.nome))
            } else {
                texto(&d.nome)
            },
        ),
        ("sobrenome", texto(&d.sobrenome)),
        ("possuiNomeSocial", sim(d.nome_social.is_some())),
        ("nomeSocial", texto(&d.nome_social)),
        ("dataNascimento", data(d.data_nascimento)),
        ("dataNascimentoPresumida", sim(d.data_nascimento_presumida)),
        ("dataCompleta21Anos", data(a.dados.data_nascimento.map(completa_21_anos))),
        ("dataObito", data(a.data_obito)),
        ("naturalidade", texto(&d.naturalidade)),
        (
            "sexoBiologico",
            sensivel(
                CampoSensivel::SexoBiologico,
                d.sexo_biologico.map(|valor| json!(valor.texto())),
            ),
        ),
        (
            "identidadeGenero",
            sensivel(
                CampoSensivel::IdentidadeGenero,
                d.identidade_genero.map(|valor| json!(valor.texto())),
            ),
        ),
        (
            "orientacaoSexual",
            sensivel(
                CampoSensivel::OrientacaoSexual,
                d.orientacao_sexual.map(|valor| json!(valor.texto())),
            ),
        ),
        ("racaCor", sensivel(CampoSensivel::RacaCor, d.raca_cor.map(|valor| json!(valor.texto())))),
        ("nomeMae", sensivel(CampoSensivel::NomeMae, texto(&d.nome_mae))),
        ("nomePai", sensivel(CampoSensivel::NomePai, texto(&d.nome_pai))),
        (
            "cpf",
            sensivel(
                CampoSensivel::Cpf,
                d.cpf.as_ref().map(|cpf| json!({ "numero": cpf.completo() })),
            ),
        ),
        ("rg", sensivel(CampoSensivel::Rg, (!d.rg.vazio()).then_some(rg))),
        (
            "certidaoNascimento",
            sensivel(CampoSensivel::CertidaoNascimento, (!d.certidao.vazia()).then_some(certidao)),
        ),
    ])
}
