//! The body of a registration and of a change, and the words of its fields.

use super::super::json_fields::Corpo;
use crate::adolescente::{
    AlteracaoDeAdolescente, Certidao, DadosDeAdolescente, IdentidadeGenero, OrientacaoSexual,
    RacaCor, Rg, SexoBiologico,
};
use crate::error::{CodigoErro, Recusa};
use crate::value::cpf::Cpf;
use crate::value::field::Mudanca;

/// What a PUT changes: absent and blank keep, null erases, a document is changed whole.
pub fn alteracao(corpo: &mut Corpo) -> AlteracaoDeAdolescente {
    let mut alteracao = AlteracaoDeAdolescente {
        nome: corpo.mudanca_de_forma("nome", &["dados", "nome"]),
        sobrenome: corpo.mudanca_de_forma("sobrenome", &["dados", "sobrenome"]),
        nome_social: corpo.mudanca_de_forma("nomeSocial", &["dados", "nomeSocial"]),
        nome_mae: corpo.mudanca_de_forma("nomeMae", &["dados", "nomeMae"]),
        nome_pai: corpo.mudanca_de_forma("nomePai", &["dados", "nomePai"]),
        naturalidade: corpo.mudanca_de_forma("naturalidade", &["dados", "naturalidade"]),
        data_nascimento: corpo.mudanca("dataNascimento", |corpo| {
            corpo.data("dataNascimento", &["dados", "dataNascimento"])
        }),
        data_nascimento_presumida: corpo
            .sim_ou_nao("dataNascimentoPresumida", &["dados", "dataNascimentoPresumida"]),
        data_obito: corpo
            .mudanca("dataObito", |corpo| corpo.data("dataObito", &["dados", "dataObito"])),
        sexo_biologico: corpo.mudanca("sexoBiologico", Corpo::sexo_biologico),
        identidade_genero: corpo.mudanca("identidadeGenero", Corpo::identidade_genero),
        orientacao_sexual: corpo.mudanca("orientacaoSexual", Corpo::orientacao_sexual),
        raca_cor: corpo.mudanca("racaCor", Corpo::raca_cor),
        cpf: corpo.mudanca("cpf", |corpo| Some(mudar_cpf(corpo))).plana(),
        rg: corpo.mudanca("rg", |corpo| Some(ler_rg(corpo)).filter(|rg| !rg.vazio())),
        certidao: corpo.mudanca("certidaoNascimento", |corpo| {
            Some(ler_certidao(corpo)).filter(|certidao| !certidao.vazia())
        }),
    };
    corpo.imutavel("dataCadastro", &["dados", "dataCadastro"]);
    corpo.imutavel("cadastroPendente", &["dados", "cadastroPendente"]);
    corpo.imutavel("versao", &["dados", "versao"]);
    corpo.imutavel("dataCompleta21Anos", &["dados", "dataCompleta21Anos"]);
    // "possuiNomeSocial": "N" is how this façade says that there is none any more.
    let possui = corpo.sim_ou_nao("possuiNomeSocial", &["dados", "possuiNomeSocial"]);
    match (possui, &alteracao.nome_social) {
        (Some(false), Mudanca::Manter) => alteracao.nome_social = Mudanca::Apagar,
        (Some(false), Mudanca::Trocar(_)) => corpo.malformados.push(social_contradito()),
        _ => {}
    }
    alteracao
}

impl Corpo {
    fn sexo_biologico(&mut self) -> Option<SexoBiologico> {
        let campo = &["dados", "sexoBiologico"];
        self.palavra("sexoBiologico", campo, SexoBiologico::TODOS, SexoBiologico::texto)
    }

    fn identidade_genero(&mut self) -> Option<IdentidadeGenero> {
        let campo = &["dados", "identidadeGenero"];
        self.palavra("identidadeGenero", campo, IdentidadeGenero::TODOS, IdentidadeGenero::texto)
    }

    fn orientacao_sexual(&mut self) -> Option<OrientacaoSexual> {
        let campo = &["dados", "orientacaoSexual"];
        self.palavra("orientacaoSexual", campo, OrientacaoSexual::TODOS, OrientacaoSexual::texto)
    }

    fn raca_cor(&mut self) -> Option<RacaCor> {
        self.palavra("racaCor", &["dados", "racaCor"], RacaCor::TODOS, RacaCor::texto)
    }
}

fn ler_cpf(corpo: &mut Corpo) -> Option<Cpf> {
    corpo.dentro("cpf", &["dados", "cpf"], |cpf| cpf.forma("numero", &["dados", "cpf"]))
}

/// `{"cpf": {"numero": null}}` erases it too.
fn mudar_cpf(corpo: &mut Corpo) -> Mudanca<Cpf> {
    let campo = &["dados", "cpf"];
    corpo.dentro("cpf", campo, |cpf| cpf.mudanca_de_forma("numero", campo))
}

fn ler_rg(corpo: &mut Corpo) -> Rg {
    corpo.dentro("rg", &["dados", "rg"], |rg| Rg {
        numero: rg.texto("numero", &["dados", "rg", "numero"]),
        orgao_expedidor: rg.texto("orgaoExpedidor", &["dados", "rg", "orgaoExpedidor"]),
        data_expedicao: rg.data("dataExpedicao", &["dados", "rg", "dataExpedicao"]),
        estado: rg.texto("estadoRg", &["dados", "rg", "estadoRg"]),
    })
}

fn ler_certidao(corpo: &mut Corpo) -> Certidao {
    corpo.dentro("certidaoNascimento", &["dados", "certidaoNascimento"], |certidao| Certidao {
        cartorio: certidao.texto("cartorio", &["dados", "certidaoNascimento", "cartorio"]),
        livro: certidao.texto("livro", &["dados", "certidaoNascimento", "livro"]),
        folha: certidao.texto("folha", &["dados", "certidaoNascimento", "folha"]),
        numero: certidao.texto("numero", &["dados", "certidaoNascimento", "numero"]),
    })
}

/// What a POST registers, here or with a link (R14).
pub fn novo(corpo: &mut Corpo) -> DadosDeAdolescente {
    let nome_social = corpo.texto("nomeSocial", &["dados", "nomeSocial"]);
    match (corpo.sim_ou_nao("possuiNomeSocial", &["dados", "possuiNomeSocial"]), &nome_social) {
        (Some(true), None) => corpo.malformados.push(
            Recusa::nova(
                CodigoErro::CampoObrigatorio,
                "R24",
                "falta nomeSocial, e possuiNomeSocial é S",
            )
            .em(["dados", "nomeSocial"]),
        ),
        (Some(false), Some(_)) => corpo.malformados.push(social_contradito()),
        _ => {}
    }
    DadosDeAdolescente {
        nome: corpo.texto("nome", &["dados", "nome"]),
        sobrenome: corpo.texto("sobrenome", &["dados", "sobrenome"]),
        nome_social,
        data_nascimento: corpo.data("dataNascimento", &["dados", "dataNascimento"]),
        data_nascimento_presumida: corpo
            .sim_ou_nao("dataNascimentoPresumida", &["dados", "dataNascimentoPresumida"])
            .unwrap_or(false),
        sexo_biologico: corpo.sexo_biologico(),
        identidade_genero: corpo.identidade_genero(),
        orientacao_sexual: corpo.orientacao_sexual(),
        raca_cor: corpo.raca_cor(),
        nome_mae: corpo.texto("nomeMae", &["dados", "nomeMae"]),
        nome_pai: corpo.texto("nomePai", &["dados", "nomePai"]),
        naturalidade: corpo.texto("naturalidade", &["dados", "naturalidade"]),
        cpf: ler_cpf(corpo),
        rg: ler_rg(corpo),
        certidao: ler_certidao(corpo),
    }
}

fn social_contradito() -> Recusa {
    Recusa::nova(CodigoErro::CampoInvalido, "R24", "há nomeSocial e possuiNomeSocial é N")
        .em(["dados", "possuiNomeSocial"])
}

/// The name that a field of the command has in the body.
pub fn nome_do_campo(campo: &[&str]) -> String {
    match campo {
        ["dados", "cpf"] => "cpf.numero".into(),
        ["versaoEsperada"] => "If-Match".into(),
        ["chaveIdempotencia"] => "Idempotency-Key".into(),
        ["dados", resto @ ..] | resto => resto.join("."),
    }
}
