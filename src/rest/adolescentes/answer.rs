//! The answers about adolescentes.

use super::super::answer::answer;
use super::super::openapi::texts::{
    CpfSemMascara, Data, Identificador, Naturalidade, Nome, Score, TextoDeDocumento,
};
use super::super::openapi::words::{SimOuNao, Uf};
use crate::adolescente::{
    self, Certidao, IdentidadeGenero, OrientacaoSexual, RacaCor, Semelhante, SexoBiologico,
    turns_21_on,
};
use crate::audit::SensitiveField;
use crate::call::record::CallRecord;
use crate::value::cpf::Cpf;
use crate::value::time;
use chrono::NaiveDate;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

answer! {
    /// Um adolescente. O que não tem valor, ou quem chama não pode ver, não vem: sem o papel
    /// pse-dados-sensiveis faltam sexo, gênero, orientação, raça, filiação e documentos, e o nome de
    /// quem tem nome social.
    pub struct Adolescente from (a: &adolescente::Adolescente, record: &CallRecord) {
        identificador: Identificador = Identificador(a.identificador.to_string()),
        data_cadastro: Data = data(time::day(a.criado_em)),
        /// Registrado por um vínculo, e ainda sem o mínimo de um cadastro.
        cadastro_pendente: bool = a.cadastro_pendente,
        /// Cresce a cada alteração; é a de `ETag`.
        #[schema(minimum = 1, examples(1))]
        versao: i32 = a.versao,
        nome: Option<Nome> = nome(a, record),
        sobrenome: Option<Nome> = a.dados.sobrenome.clone().map(Nome),
        possui_nome_social: SimOuNao = SimOuNao(a.dados.nome_social.is_some()),
        nome_social: Option<Nome> = a.dados.nome_social.clone().map(Nome),
        data_nascimento: Option<Data> = a.dados.data_nascimento.map(data),
        data_nascimento_presumida: SimOuNao = SimOuNao(a.dados.data_nascimento_presumida),
        #[serde(rename = "dataCompleta21Anos")]
        data_completa_21_anos: Option<Data> = a.dados.data_nascimento.map(turns_21_on).map(data),
        data_obito: Option<Data> = a.data_obito.map(data),
        naturalidade: Option<Naturalidade> = a.dados.naturalidade.clone().map(Naturalidade),
        sexo_biologico: Option<SexoBiologico> = record.sensitive(SensitiveField::SexoBiologico, a.dados.sexo_biologico),
        identidade_genero: Option<IdentidadeGenero> = record.sensitive(SensitiveField::IdentidadeGenero, a.dados.identidade_genero),
        orientacao_sexual: Option<OrientacaoSexual> = record.sensitive(SensitiveField::OrientacaoSexual, a.dados.orientacao_sexual),
        raca_cor: Option<RacaCor> = record.sensitive(SensitiveField::RacaCor, a.dados.raca_cor),
        nome_mae: Option<Nome> = record.sensitive(SensitiveField::NomeMae, a.dados.nome_mae.clone().map(Nome)),
        nome_pai: Option<Nome> = record.sensitive(SensitiveField::NomePai, a.dados.nome_pai.clone().map(Nome)),
        #[schema(inline)]
        cpf: Option<CpfRegistrado> = record.sensitive(SensitiveField::Cpf, a.dados.cpf.as_ref().map(CpfRegistrado::new)),
        #[schema(inline)]
        rg: Option<Rg> = record.sensitive(SensitiveField::Rg, (!a.dados.rg.is_empty()).then(|| Rg::new(&a.dados.rg))),
        #[schema(inline)]
        certidao_nascimento: Option<CertidaoNascimento> = record.sensitive(
            SensitiveField::CertidaoNascimento,
            (!a.dados.certidao.is_empty()).then(|| CertidaoNascimento::new(&a.dados.certidao)),
        ),
    }
}

answer! {
    /// CPF.
    pub struct CpfRegistrado from (cpf: &Cpf) {
        numero: CpfSemMascara = CpfSemMascara(cpf.unmasked().to_owned()),
    }
}

answer! {
    /// Registro geral.
    pub struct Rg from (rg: &adolescente::Rg) {
        numero: Option<TextoDeDocumento> = rg.numero.clone().map(TextoDeDocumento),
        orgao_expedidor: Option<TextoDeDocumento> = rg.orgao_expedidor.clone().map(TextoDeDocumento),
        data_expedicao: Option<Data> = rg.data_expedicao.map(data),
        estado_rg: Option<Uf> = rg.estado.clone().map(Uf),
    }
}

answer! {
    /// Certidão de nascimento.
    pub struct CertidaoNascimento from (certidao: &Certidao) {
        cartorio: Option<TextoDeDocumento> = certidao.cartorio.clone().map(TextoDeDocumento),
        livro: Option<TextoDeDocumento> = certidao.livro.clone().map(TextoDeDocumento),
        folha: Option<TextoDeDocumento> = certidao.folha.clone().map(TextoDeDocumento),
        numero: Option<TextoDeDocumento> = certidao.numero.clone().map(TextoDeDocumento),
    }
}

pub fn data(date: NaiveDate) -> Data {
    Data(time::format_date(date))
}

/// The civil name, which is sensitive for a person with a nome social.
fn nome(a: &adolescente::Adolescente, record: &CallRecord) -> Option<Nome> {
    let nome = a.dados.nome.clone().map(Nome);
    match a.dados.nome_social {
        Some(_) => record.sensitive(SensitiveField::Nome, nome),
        None => nome,
    }
}

/// An adolescente with its similarity score.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdolescenteSemelhante {
    #[serde(flatten)]
    adolescente: Adolescente,
    score_similaridade: Score,
}

impl AdolescenteSemelhante {
    pub fn new(semelhante: &Semelhante, record: &CallRecord) -> Self {
        Self {
            adolescente: Adolescente::new(&semelhante.adolescente, record),
            score_similaridade: Score(format!("{:.2}", semelhante.score)),
        }
    }
}

impl PartialSchema for AdolescenteSemelhante {
    fn schema() -> RefOr<Schema> {
        let score = ObjectBuilder::new()
            .property("scoreSimilaridade", Ref::from_schema_name(Score::name()))
            .required("scoreSimilaridade");
        AllOfBuilder::new()
            .item(Ref::from_schema_name(Adolescente::name()))
            .item(score)
            .description(Some("Um adolescente que pode ser quem se procura."))
            .into()
    }
}

impl ToSchema for AdolescenteSemelhante {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Adolescente::name().into(), Adolescente::schema()));
        schemas.push((Score::name().into(), Score::schema()));
        Adolescente::schemas(schemas);
    }
}
