//! The bodies that register and change an adolescente, and the names of their fields.

use super::super::body_fields::named;
use super::super::json_fields::JsonBody;
use super::answer::Adolescente;
use crate::adolescente::{
    AdolescenteAlteracao, AdolescenteDados, Certidao, IdentidadeGenero, OrientacaoSexual, RacaCor,
    Rg, SexoBiologico,
};
use crate::error::{CodigoErro, Refusal};
use crate::value::cpf::Cpf;
use crate::value::field::Change;

/// Reads the changes of a PUT. An absent or blank field stays as it is, null erases it, and a
/// document (`rg`, `certidaoNascimento`) is replaced whole.
pub fn alteracao(body: &mut JsonBody) -> AdolescenteAlteracao {
    let mut alteracao = AdolescenteAlteracao {
        nome: body.parse_change("nome", &["dados", "nome"]),
        sobrenome: body.parse_change("sobrenome", &["dados", "sobrenome"]),
        nome_social: body.parse_change("nomeSocial", &["dados", "nomeSocial"]),
        nome_mae: body.parse_change("nomeMae", &["dados", "nomeMae"]),
        nome_pai: body.parse_change("nomePai", &["dados", "nomePai"]),
        naturalidade: body.parse_change("naturalidade", &["dados", "naturalidade"]),
        data_nascimento: body.change("dataNascimento", |body| {
            body.date("dataNascimento", &["dados", "dataNascimento"])
        }),
        data_nascimento_presumida: body
            .yes_or_no("dataNascimentoPresumida", &["dados", "dataNascimentoPresumida"]),
        data_obito: body
            .change("dataObito", |body| body.date("dataObito", &["dados", "dataObito"])),
        sexo_biologico: body.change("sexoBiologico", JsonBody::sexo_biologico),
        identidade_genero: body.change("identidadeGenero", JsonBody::identidade_genero),
        orientacao_sexual: body.change("orientacaoSexual", JsonBody::orientacao_sexual),
        raca_cor: body.change("racaCor", JsonBody::raca_cor),
        cpf: body.change("cpf", |body| Some(change_cpf(body))).flatten(),
        rg: body.change("rg", |body| Some(read_rg(body)).filter(|rg| !rg.is_empty())),
        certidao: body.change("certidaoNascimento", |body| {
            Some(read_certidao(body)).filter(|certidao| !certidao.is_empty())
        }),
    };
    // In this API, `"possuiNomeSocial": "N"` erases the nome social.
    let has = body.yes_or_no("possuiNomeSocial", &["dados", "possuiNomeSocial"]);
    match (has, &alteracao.nome_social) {
        (Some(false), Change::Keep) => alteracao.nome_social = Change::Clear,
        (Some(false), Change::Set(_)) => body.malformed.push(contradicted_nome_social()),
        _ => {}
    }
    body.immutable_fields_of::<Adolescente>();
    alteracao
}

impl JsonBody {
    fn sexo_biologico(&mut self) -> Option<SexoBiologico> {
        let field = &["dados", "sexoBiologico"];
        self.word("sexoBiologico", field, SexoBiologico::ALL, SexoBiologico::text)
    }

    fn identidade_genero(&mut self) -> Option<IdentidadeGenero> {
        let field = &["dados", "identidadeGenero"];
        self.word("identidadeGenero", field, IdentidadeGenero::ALL, IdentidadeGenero::text)
    }

    fn orientacao_sexual(&mut self) -> Option<OrientacaoSexual> {
        let field = &["dados", "orientacaoSexual"];
        self.word("orientacaoSexual", field, OrientacaoSexual::ALL, OrientacaoSexual::text)
    }

    fn raca_cor(&mut self) -> Option<RacaCor> {
        self.word("racaCor", &["dados", "racaCor"], RacaCor::ALL, RacaCor::text)
    }
}

fn read_cpf(body: &mut JsonBody) -> Option<Cpf> {
    body.nested("cpf", &["dados", "cpf"], |cpf| cpf.parse("numero", &["dados", "cpf"]))
}

/// `{"cpf": {"numero": null}}` erases the CPF too.
fn change_cpf(body: &mut JsonBody) -> Change<Cpf> {
    let field = &["dados", "cpf"];
    body.nested("cpf", field, |cpf| cpf.parse_change("numero", field))
}

fn read_rg(body: &mut JsonBody) -> Rg {
    body.nested("rg", &["dados", "rg"], |rg| Rg {
        numero: rg.text("numero", &["dados", "rg", "numero"]),
        orgao_expedidor: rg.text("orgaoExpedidor", &["dados", "rg", "orgaoExpedidor"]),
        data_expedicao: rg.date("dataExpedicao", &["dados", "rg", "dataExpedicao"]),
        estado: rg.text("estadoRg", &["dados", "rg", "estadoRg"]),
    })
}

fn read_certidao(body: &mut JsonBody) -> Certidao {
    body.nested("certidaoNascimento", &["dados", "certidaoNascimento"], |certidao| Certidao {
        cartorio: certidao.text("cartorio", &["dados", "certidaoNascimento", "cartorio"]),
        livro: certidao.text("livro", &["dados", "certidaoNascimento", "livro"]),
        folha: certidao.text("folha", &["dados", "certidaoNascimento", "folha"]),
        numero: certidao.text("numero", &["dados", "certidaoNascimento", "numero"]),
    })
}

/// The data that a POST registers, on its own or together with a vinculo (R14).
pub fn new(body: &mut JsonBody) -> AdolescenteDados {
    let nome_social = body.text("nomeSocial", &["dados", "nomeSocial"]);
    match (body.yes_or_no("possuiNomeSocial", &["dados", "possuiNomeSocial"]), &nome_social) {
        (Some(true), None) => body.malformed.push(
            Refusal::new(
                CodigoErro::CampoObrigatorio,
                "R24",
                "falta nomeSocial, e possuiNomeSocial é S",
            )
            .at(["dados", "nomeSocial"]),
        ),
        (Some(false), Some(_)) => body.malformed.push(contradicted_nome_social()),
        _ => {}
    }
    AdolescenteDados {
        nome: body.text("nome", &["dados", "nome"]),
        sobrenome: body.text("sobrenome", &["dados", "sobrenome"]),
        nome_social,
        data_nascimento: body.date("dataNascimento", &["dados", "dataNascimento"]),
        data_nascimento_presumida: body
            .yes_or_no("dataNascimentoPresumida", &["dados", "dataNascimentoPresumida"])
            .unwrap_or(false),
        sexo_biologico: body.sexo_biologico(),
        identidade_genero: body.identidade_genero(),
        orientacao_sexual: body.orientacao_sexual(),
        raca_cor: body.raca_cor(),
        nome_mae: body.text("nomeMae", &["dados", "nomeMae"]),
        nome_pai: body.text("nomePai", &["dados", "nomePai"]),
        naturalidade: body.text("naturalidade", &["dados", "naturalidade"]),
        cpf: read_cpf(body),
        rg: read_rg(body),
        certidao: read_certidao(body),
    }
}

fn contradicted_nome_social() -> Refusal {
    Refusal::new(CodigoErro::CampoInvalido, "R24", "há nomeSocial e possuiNomeSocial é N")
        .at(["dados", "possuiNomeSocial"])
}

/// Maps a field of a command to its name in the body.
pub fn field_name(field: &[&str]) -> String {
    match field {
        ["dados", "cpf"] => "cpf.numero".into(),
        ["dados", rest @ ..] | rest => named(&[], rest),
    }
}
