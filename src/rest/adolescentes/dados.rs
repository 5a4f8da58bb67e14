//! How an adolescente looks in an answer.

use super::super::envelope::objeto;
use crate::adolescente::Adolescente;
use crate::auth::{Ator, Papel};
use crate::tempo;
use serde_json::{Value, json};

/// An adolescente as the façade shows it: absent is what it has not, and what the caller may not see.
pub fn dados(adolescente: &Adolescente, ator: &Ator) -> Value {
    let sensiveis = ator.tem(Papel::DadosSensiveis);
    let so_se = |mostrar: bool, valor: Option<Value>| valor.filter(|_| mostrar);
    let texto = |valor: &Option<String>| valor.clone().map(Value::from);
    let data = |valor: Option<chrono::NaiveDate>| valor.map(|data| json!(tempo::data(data)));
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
        ("dataCadastro", Some(json!(tempo::data(tempo::dia(a.criado_em))))),
        ("cadastroPendente", Some(json!(a.cadastro_pendente))),
        ("versao", Some(json!(a.versao))),
        ("nome", so_se(sensiveis || d.nome_social.is_none(), texto(&d.nome))),
        ("sobrenome", texto(&d.sobrenome)),
        ("possuiNomeSocial", sim(d.nome_social.is_some())),
        ("nomeSocial", texto(&d.nome_social)),
        ("dataNascimento", data(d.data_nascimento)),
        ("dataNascimentoPresumida", sim(d.data_nascimento_presumida)),
        ("dataCompleta21Anos", data(a.completa_21_anos())),
        ("dataObito", data(a.data_obito)),
        ("naturalidade", texto(&d.naturalidade)),
        ("sexoBiologico", so_se(sensiveis, d.sexo_biologico.map(|valor| json!(valor.texto())))),
        (
            "identidadeGenero",
            so_se(sensiveis, d.identidade_genero.map(|valor| json!(valor.texto()))),
        ),
        (
            "orientacaoSexual",
            so_se(sensiveis, d.orientacao_sexual.map(|valor| json!(valor.texto()))),
        ),
        ("racaCor", so_se(sensiveis, d.raca_cor.map(|valor| json!(valor.texto())))),
        ("nomeMae", so_se(sensiveis, texto(&d.nome_mae))),
        ("nomePai", so_se(sensiveis, texto(&d.nome_pai))),
        ("cpf", so_se(sensiveis, d.cpf.as_ref().map(|cpf| json!({ "numero": cpf.completo() })))),
        ("rg", so_se(sensiveis && !d.rg.vazio(), Some(rg))),
        ("certidaoNascimento", so_se(sensiveis && !d.certidao.vazia(), Some(certidao))),
    ])
}
