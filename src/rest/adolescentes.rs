//! `/api/v1/adolescentes`.

use super::Chamada;
use super::corpo::Corpo;
use super::envelope::{self, Negado};
use crate::adolescente::{
    Adolescente, Certidao, IdentidadeGenero, NovoAdolescente, OrientacaoSexual, RacaCor, Rg,
    SexoBiologico, service,
};
use crate::auth::{Ator, Papel};
use crate::error::{CodigoErro, Recusa};
use crate::tempo;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

/// `POST /api/v1/adolescentes`: registers, and answers with the identificador.
pub async fn cadastrar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Negado> {
    let Chamada { app, ator } = Chamada::entrar(&req).await?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let novo = novo(&mut corpo);
    let (malformados, avisos) = corpo.terminar(app.regras.campos_desconhecidos);

    let adolescente = service::cadastrar(&app, &ator, novo, malformados)
        .await
        .map_err(|error| Negado::from(error).nas_palavras(nome_do_campo))?;
    Ok(envelope::sucesso((app.agora)(), &dados(&adolescente, &ator), &avisos))
}

pub fn novo(corpo: &mut Corpo) -> NovoAdolescente {
    let nome_social = corpo.texto("nomeSocial", &["dados", "nomeSocial"]);
    match (corpo.sim_ou_nao("possuiNomeSocial", &["dados", "possuiNomeSocial"]), &nome_social) {
        (Some(true), None) => corpo.malformados.push(
            Recusa::nova(
                CodigoErro::CampoObrigatorio,
                "R24",
                "possuiNomeSocial é S e falta nomeSocial",
            )
            .em(["dados", "nomeSocial"]),
        ),
        (Some(false), Some(_)) => corpo.malformados.push(
            Recusa::nova(CodigoErro::CampoInvalido, "R24", "há nomeSocial e possuiNomeSocial é N")
                .em(["dados", "possuiNomeSocial"]),
        ),
        _ => {}
    }
    NovoAdolescente {
        nome: corpo.texto("nome", &["dados", "nome"]),
        sobrenome: corpo.texto("sobrenome", &["dados", "sobrenome"]),
        nome_social,
        data_nascimento: corpo.data("dataNascimento", &["dados", "dataNascimento"]),
        data_nascimento_presumida: corpo
            .sim_ou_nao("dataNascimentoPresumida", &["dados", "dataNascimentoPresumida"])
            .unwrap_or(false),
        sexo_biologico: corpo.palavra(
            "sexoBiologico",
            &["dados", "sexoBiologico"],
            SexoBiologico::TODOS,
            SexoBiologico::texto,
        ),
        identidade_genero: corpo.palavra(
            "identidadeGenero",
            &["dados", "identidadeGenero"],
            IdentidadeGenero::TODOS,
            IdentidadeGenero::texto,
        ),
        orientacao_sexual: corpo.palavra(
            "orientacaoSexual",
            &["dados", "orientacaoSexual"],
            OrientacaoSexual::TODOS,
            OrientacaoSexual::texto,
        ),
        raca_cor: corpo.palavra("racaCor", &["dados", "racaCor"], RacaCor::TODOS, RacaCor::texto),
        nome_mae: corpo.texto("nomeMae", &["dados", "nomeMae"]),
        nome_pai: corpo.texto("nomePai", &["dados", "nomePai"]),
        naturalidade: corpo.texto("naturalidade", &["dados", "naturalidade"]),
        cpf: corpo.dentro("cpf", &["dados", "cpf"], |cpf| cpf.forma("numero", &["dados", "cpf"])),
        rg: corpo.dentro("rg", &["dados", "rg"], |rg| Rg {
            numero: rg.texto("numero", &["dados", "rg", "numero"]),
            orgao_expedidor: rg.texto("orgaoExpedidor", &["dados", "rg", "orgaoExpedidor"]),
            data_expedicao: rg.data("dataExpedicao", &["dados", "rg", "dataExpedicao"]),
            estado: rg.texto("estadoRg", &["dados", "rg", "estadoRg"]),
        }),
        certidao: corpo.dentro(
            "certidaoNascimento",
            &["dados", "certidaoNascimento"],
            |certidao| Certidao {
                cartorio: certidao.texto("cartorio", &["dados", "certidaoNascimento", "cartorio"]),
                livro: certidao.texto("livro", &["dados", "certidaoNascimento", "livro"]),
                folha: certidao.texto("folha", &["dados", "certidaoNascimento", "folha"]),
                numero: certidao.texto("numero", &["dados", "certidaoNascimento", "numero"]),
            },
        ),
    }
}

/// The name that a field of the command has in the body.
fn nome_do_campo(campo: &[&str]) -> String {
    match campo {
        ["dados", "cpf"] => "cpf.numero".into(),
        ["dados", resto @ ..] | resto => resto.join("."),
    }
}

/// An adolescente as the façade shows it: absent is what it has not, and what the caller may not see.
fn dados(adolescente: &Adolescente, ator: &Ator) -> Value {
    let sensiveis = ator.tem(Papel::DadosSensiveis);
    let so_se = |mostrar: bool, valor: Option<Value>| valor.filter(|_| mostrar);
    let texto = |valor: &Option<String>| valor.clone().map(Value::from);
    let data = |valor: Option<chrono::NaiveDate>| valor.map(|data| json!(tempo::data(data)));
    let sim = |valor: bool| Some(json!(if valor { "Sim" } else { "Não" }));
    let a = adolescente;
    let rg = objeto([
        ("numero", texto(&a.rg.numero)),
        ("orgaoExpedidor", texto(&a.rg.orgao_expedidor)),
        ("dataExpedicao", data(a.rg.data_expedicao)),
        ("estadoRg", texto(&a.rg.estado)),
    ]);
    let certidao = objeto([
        ("cartorio", texto(&a.certidao.cartorio)),
        ("livro", texto(&a.certidao.livro)),
        ("folha", texto(&a.certidao.folha)),
        ("numero", texto(&a.certidao.numero)),
    ]);
    objeto([
        ("identificador", Some(json!(a.identificador.to_string()))),
        ("dataCadastro", Some(json!(tempo::data(tempo::dia(a.criado_em))))),
        ("cadastroPendente", Some(json!(a.cadastro_pendente))),
        ("versao", Some(json!(a.versao))),
        ("nome", so_se(sensiveis || a.nome_social.is_none(), texto(&a.nome))),
        ("sobrenome", texto(&a.sobrenome)),
        ("possuiNomeSocial", sim(a.nome_social.is_some())),
        ("nomeSocial", texto(&a.nome_social)),
        ("dataNascimento", data(a.data_nascimento)),
        ("dataNascimentoPresumida", sim(a.data_nascimento_presumida)),
        ("dataCompleta21Anos", data(a.completa_21_anos())),
        ("dataObito", data(a.data_obito)),
        ("naturalidade", texto(&a.naturalidade)),
        ("sexoBiologico", so_se(sensiveis, a.sexo_biologico.map(|valor| json!(valor.texto())))),
        (
            "identidadeGenero",
            so_se(sensiveis, a.identidade_genero.map(|valor| json!(valor.texto()))),
        ),
        (
            "orientacaoSexual",
            so_se(sensiveis, a.orientacao_sexual.map(|valor| json!(valor.texto()))),
        ),
        ("racaCor", so_se(sensiveis, a.raca_cor.map(|valor| json!(valor.texto())))),
        ("nomeMae", so_se(sensiveis, texto(&a.nome_mae))),
        ("nomePai", so_se(sensiveis, texto(&a.nome_pai))),
        ("cpf", so_se(sensiveis, a.cpf.as_ref().map(|cpf| json!({ "numero": cpf.completo() })))),
        ("rg", so_se(sensiveis && !a.rg.vazio(), Some(rg))),
        ("certidaoNascimento", so_se(sensiveis && !a.certidao.vazia(), Some(certidao))),
    ])
}

fn objeto<const N: usize>(campos: [(&str, Option<Value>); N]) -> Value {
    let presentes = campos.into_iter().filter_map(|(nome, valor)| Some((nome.to_owned(), valor?)));
    Value::Object(presentes.collect::<Map<_, _>>())
}
