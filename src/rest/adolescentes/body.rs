//! The bodies that register and change an adolescente, and the names of their fields.

use super::super::body_fields::{Place, Readable, body, named};
use super::super::json_fields::{FieldPath, JsonBody};
use super::super::openapi::texts::{
    Cpf, Data, Identificador, Naturalidade, Nome, TextoDeDocumento,
};
use super::super::openapi::words::{SouN, Uf};
use super::answer::Adolescente;
use crate::adolescente::{
    self, AdolescenteAlteracao, AdolescenteDados, Certidao, IdentidadeGenero, OrientacaoSexual,
    RacaCor, Rg, SexoBiologico,
};
use crate::error::{CodigoErro, Refusal};
use crate::value::cpf;
use crate::value::field::Change;

/// The data of a record, as a POST names them.
#[derive(Default)]
pub struct Registration {
    dados: AdolescenteDados,
    possui_nome_social: Option<bool>,
}

body! {
    /// Um adolescente a cadastrar.
    #[schema(examples(json!({
        "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010",
        "sexoBiologico": "FEMININO", "nomeMae": "Maria Fictícia",
    })))]
    pub struct NovoAdolescente for Registration in ["dados"] {
        nomeSocial: Option<Nome> => dados.nome_social,
        /// Se sim, `nomeSocial` é obrigatório; se não, tem de faltar.
        possuiNomeSocial: Option<SouN> => possui_nome_social,
        nome: Nome => dados.nome,
        sobrenome: Nome => dados.sobrenome,
        /// Não é futura nem anterior a 1900.
        dataNascimento: Data => dados.data_nascimento,
        /// Sem valor conta como não.
        dataNascimentoPresumida: Option<SouN> => dados.data_nascimento_presumida,
        sexoBiologico: SexoBiologico => dados.sexo_biologico,
        identidadeGenero: Option<IdentidadeGenero> => dados.identidade_genero,
        orientacaoSexual: Option<OrientacaoSexual> => dados.orientacao_sexual,
        racaCor: Option<RacaCor> => dados.raca_cor,
        nomeMae: Option<Nome> => dados.nome_mae,
        nomePai: Option<Nome> => dados.nome_pai,
        naturalidade: Option<Naturalidade> => dados.naturalidade,
        /// Um CPF é de um só cadastro do tribunal.
        #[schema(inline)]
        cpf: Option<DocumentoCpf> => dados.cpf,
        #[schema(inline)]
        rg: Option<DocumentoRg> => dados.rg,
        #[schema(inline)]
        certidaoNascimento: Option<DocumentoCertidao> => dados.certidao,
    }
}

/// The changes of a record, as a PUT names them.
#[derive(Default)]
pub struct Update {
    pub identificador: Option<adolescente::Identificador>,
    pub dados: AdolescenteAlteracao,
    possui_nome_social: Option<bool>,
}

body! {
    /// Um cadastro a mudar. O que falta ou vem em branco fica como está, e o que vem nulo se apaga; `rg` e `certidaoNascimento` se
    /// trocam inteiros.
    #[schema(examples(json!({ "identificador": "202500000058", "naturalidade": "Natal" })))]
    pub struct CadastroAlterado for Update in ["dados"] {
        /// De quem se trata.
        identificador: Identificador => identificador at ["identificador"],
        nome: Option<Nome> => dados.nome,
        sobrenome: Option<Nome> => dados.sobrenome,
        nomeSocial: Option<Nome> => dados.nome_social,
        nomeMae: Option<Nome> => dados.nome_mae,
        nomePai: Option<Nome> => dados.nome_pai,
        naturalidade: Option<Naturalidade> => dados.naturalidade,
        dataNascimento: Option<Data> => dados.data_nascimento,
        dataNascimentoPresumida: Option<SouN> => dados.data_nascimento_presumida,
        /// Não é futura nem anterior ao nascimento.
        dataObito: Option<Data> => dados.data_obito,
        sexoBiologico: Option<SexoBiologico> => dados.sexo_biologico,
        identidadeGenero: Option<IdentidadeGenero> => dados.identidade_genero,
        orientacaoSexual: Option<OrientacaoSexual> => dados.orientacao_sexual,
        racaCor: Option<RacaCor> => dados.raca_cor,
        #[schema(inline)]
        cpf: Option<DocumentoCpf> => dados.cpf,
        #[schema(inline)]
        rg: Option<DocumentoRg> => dados.rg,
        #[schema(inline)]
        certidaoNascimento: Option<DocumentoCertidao> => dados.certidao,
        /// Não: apaga o nome social.
        possuiNomeSocial: Option<SouN> => possui_nome_social,
    }
}

body! {
    /// CPF.
    pub struct DocumentoCpf for NumberOfCpf {
        numero: Option<Cpf> => numero at ["dados", "cpf"],
    }
}

#[derive(Default)]
pub struct NumberOfCpf {
    numero: Change<cpf::Cpf>,
}

/// `{"cpf": {"numero": null}}` erases the CPF too.
impl Readable for DocumentoCpf {
    type Value = Change<cpf::Cpf>;

    fn read(body: &mut JsonBody, name: &'static str, field: FieldPath) -> Change<cpf::Cpf> {
        body.nested(name, field, |cpf| Self::read(cpf).numero)
    }
}

body! {
    /// Registro geral.
    pub struct DocumentoRg for Rg in ["dados", "rg"] {
        numero: Option<TextoDeDocumento> => numero,
        orgaoExpedidor: Option<TextoDeDocumento> => orgao_expedidor,
        dataExpedicao: Option<Data> => data_expedicao,
        estadoRg: Option<Uf> => estado,
    }
}

body! {
    /// Certidão de nascimento.
    pub struct DocumentoCertidao for Certidao in ["dados", "certidaoNascimento"] {
        cartorio: Option<TextoDeDocumento> => cartorio,
        livro: Option<TextoDeDocumento> => livro,
        folha: Option<TextoDeDocumento> => folha,
        numero: Option<TextoDeDocumento> => numero,
    }
}

/// A document without any field counts as absent.
macro_rules! documents {
    ($($schema:ident of $document:ident),+) => { $(
        impl Readable for $schema {
            type Value = Option<$document>;

            fn read(body: &mut JsonBody, name: &'static str, field: FieldPath) -> Option<$document> {
                let document = body.nested(name, field, |document| Some($schema::read(document)));
                document.filter(|document| !document.is_empty())
            }
        }

        impl Place<Option<$document>> for $document {
            fn take(
                body: &mut JsonBody,
                _: &'static str,
                read: impl FnOnce(&mut JsonBody) -> Option<$document>,
            ) -> Self {
                read(body).unwrap_or_default()
            }
        }
    )+ };
}
documents!(DocumentoRg of Rg, DocumentoCertidao of Certidao);

/// Reads the changes of a PUT. A document (`rg`, `certidaoNascimento`) is replaced whole.
pub fn update(body: &mut JsonBody) -> Update {
    let mut update = CadastroAlterado::read(body);
    // In this API, `"possuiNomeSocial": "N"` erases the nome social.
    match (update.possui_nome_social, &update.dados.nome_social) {
        (Some(false), Change::Keep) => update.dados.nome_social = Change::Clear,
        (Some(false), Change::Set(_)) => body.malformed.push(contradicted_nome_social()),
        _ => {}
    }
    body.immutable_fields_of::<Adolescente>();
    update
}

/// The data of a registration, on its own or together with a vinculo (R14), or of a search for it.
pub fn new(body: &mut JsonBody) -> AdolescenteDados {
    let Registration { dados, possui_nome_social } = NovoAdolescente::read(body);
    let contradiction = match (possui_nome_social, &dados.nome_social) {
        (Some(true), None) => {
            let message = "falta nomeSocial, e possuiNomeSocial é S";
            let refusal = Refusal::new(CodigoErro::CampoObrigatorio, "R24", message);
            Some(refusal.at(["dados", "nomeSocial"]))
        }
        (Some(false), Some(_)) => Some(contradicted_nome_social()),
        _ => None,
    };
    // The refusals come in the order of the fields, of which `nomeSocial` is the first.
    let of_nome_social = |refusal: &&Refusal| refusal.campo == ["dados", "nomeSocial"];
    let place = body.malformed.iter().filter(of_nome_social).count();
    body.malformed.splice(place..place, contradiction);
    dados
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
