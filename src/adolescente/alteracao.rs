//! Commands that register and change a record, and the difference between two versions of it.

use super::{
    Adolescente, AdolescenteDados, Certidao, IdentidadeGenero, Identificador, OrientacaoSexual,
    RacaCor, Rg, SexoBiologico,
};
use crate::error::Refusal;
use crate::evento::FieldChange;
use crate::value::cpf::Cpf;
use crate::value::field::{Change, changed_fields};
use chrono::NaiveDate;
use serde::Serialize;

/// The changes to a record. The rules refuse a change that erases a mandatory field (R24).
#[derive(Clone, Default, Serialize)]
pub struct AdolescenteAlteracao {
    pub nome: Change<String>,
    pub sobrenome: Change<String>,
    pub nome_social: Change<String>,
    pub data_nascimento: Change<NaiveDate>,
    /// `None` keeps the value.
    pub data_nascimento_presumida: Option<bool>,
    pub data_obito: Change<NaiveDate>,
    pub sexo_biologico: Change<SexoBiologico>,
    pub identidade_genero: Change<IdentidadeGenero>,
    pub orientacao_sexual: Change<OrientacaoSexual>,
    pub raca_cor: Change<RacaCor>,
    pub nome_mae: Change<String>,
    pub nome_pai: Change<String>,
    pub naturalidade: Change<String>,
    pub cpf: Change<Cpf>,
    pub rg: Change<Rg>,
    pub certidao: Change<Certidao>,
}

/// The registration of an adolescente, as a client asks for it.
#[derive(Clone, Default, Serialize)]
pub struct CadastrarAdolescente {
    pub dados: AdolescenteDados,
    /// Refusals of the fields that the API could not parse.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// A change of one record, as a client asks for it.
#[derive(Clone, Serialize)]
pub struct AtualizarAdolescente {
    pub identificador: Identificador,
    pub dados: AdolescenteAlteracao,
    pub versao_esperada: Option<i32>,
    /// Refusals of the fields that the API could not parse.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

impl AdolescenteAlteracao {
    /// The record after the change. A pending record stays pending until it has its mandatory
    /// fields.
    pub fn apply_to(&self, current: &Adolescente) -> Adolescente {
        let old = &current.dados;
        let dados = AdolescenteDados {
            nome: self.nome.apply_to(old.nome.as_ref()),
            sobrenome: self.sobrenome.apply_to(old.sobrenome.as_ref()),
            nome_social: self.nome_social.apply_to(old.nome_social.as_ref()),
            data_nascimento: self.data_nascimento.apply_to(old.data_nascimento.as_ref()),
            data_nascimento_presumida: self
                .data_nascimento_presumida
                .unwrap_or(old.data_nascimento_presumida),
            sexo_biologico: self.sexo_biologico.apply_to(old.sexo_biologico.as_ref()),
            identidade_genero: self.identidade_genero.apply_to(old.identidade_genero.as_ref()),
            orientacao_sexual: self.orientacao_sexual.apply_to(old.orientacao_sexual.as_ref()),
            raca_cor: self.raca_cor.apply_to(old.raca_cor.as_ref()),
            nome_mae: self.nome_mae.apply_to(old.nome_mae.as_ref()),
            nome_pai: self.nome_pai.apply_to(old.nome_pai.as_ref()),
            naturalidade: self.naturalidade.apply_to(old.naturalidade.as_ref()),
            cpf: self.cpf.apply_to(old.cpf.as_ref()),
            rg: self.rg.apply_to(Some(&old.rg)).unwrap_or_default(),
            certidao: self.certidao.apply_to(Some(&old.certidao)).unwrap_or_default(),
        };
        Adolescente {
            cadastro_pendente: current.cadastro_pendente && !dados.has_minimum(),
            data_obito: self.data_obito.apply_to(current.data_obito.as_ref()),
            dados,
            ..current.clone()
        }
    }
}

impl AdolescenteDados {
    fn has_minimum(&self) -> bool {
        self.nome.is_some()
            && self.sobrenome.is_some()
            && self.data_nascimento.is_some()
            && self.sexo_biologico.is_some()
    }
}

impl Adolescente {
    /// The fields in which `other` differs, by their names in the schema.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (a, b) = (&self.dados, &other.dados);
        let changes = [
            ("nome", a.nome != b.nome),
            ("sobrenome", a.sobrenome != b.sobrenome),
            ("nomeSocial", a.nome_social != b.nome_social),
            ("dataNascimento", a.data_nascimento != b.data_nascimento),
            ("dataNascimentoPresumida", a.data_nascimento_presumida != b.data_nascimento_presumida),
            ("dataObito", self.data_obito != other.data_obito),
            ("sexoBiologico", a.sexo_biologico != b.sexo_biologico),
            ("identidadeGenero", a.identidade_genero != b.identidade_genero),
            ("orientacaoSexual", a.orientacao_sexual != b.orientacao_sexual),
            ("racaCor", a.raca_cor != b.raca_cor),
            ("nomeMae", a.nome_mae != b.nome_mae),
            ("nomePai", a.nome_pai != b.nome_pai),
            ("naturalidade", a.naturalidade != b.naturalidade),
            ("cpf", a.cpf != b.cpf),
            ("rg", a.rg != b.rg),
            ("certidaoNascimento", a.certidao != b.certidao),
            ("cadastroPendente", self.cadastro_pendente != other.cadastro_pendente),
        ];
        changed_fields(changes)
    }

    /// The old and new values of the fields that every caller may see at all times. The civil name
    /// is not among them, because a social name that is added later makes it sensitive.
    pub fn changes(&self, other: &Self) -> Vec<FieldChange> {
        let (a, b) = (&self.dados, &other.dados);
        let changes = [
            FieldChange::new("sobrenome", a.sobrenome.as_ref(), b.sobrenome.as_ref()),
            FieldChange::new("nomeSocial", a.nome_social.as_ref(), b.nome_social.as_ref()),
            FieldChange::new(
                "dataNascimento",
                a.data_nascimento.as_ref(),
                b.data_nascimento.as_ref(),
            ),
            FieldChange::new(
                "dataNascimentoPresumida",
                Some(&a.data_nascimento_presumida),
                Some(&b.data_nascimento_presumida),
            ),
            FieldChange::new("dataObito", self.data_obito.as_ref(), other.data_obito.as_ref()),
            FieldChange::new("naturalidade", a.naturalidade.as_ref(), b.naturalidade.as_ref()),
            FieldChange::new(
                "cadastroPendente",
                Some(&self.cadastro_pendente),
                Some(&other.cadastro_pendente),
            ),
        ];
        changes.into_iter().flatten().collect()
    }
}
