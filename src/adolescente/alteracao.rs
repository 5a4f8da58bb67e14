//! What a change of a record is: which fields it touches, and what comes of it.

use super::{
    Adolescente, Certidao, IdentidadeGenero, Identificador, NovoAdolescente, OrientacaoSexual,
    RacaCor, Rg, SexoBiologico,
};
use crate::campo::{Mudanca, alterados};
use crate::cpf::Cpf;
use crate::error::Recusa;
use chrono::NaiveDate;

/// What a change asks of a record. Nobody erases the mandatory minimum (R24).
#[derive(Clone, Default)]
pub struct AlteracaoDeAdolescente {
    pub nome: Mudanca<String>,
    pub sobrenome: Mudanca<String>,
    pub nome_social: Mudanca<String>,
    pub data_nascimento: Mudanca<NaiveDate>,
    pub data_nascimento_presumida: Option<bool>,
    pub data_obito: Mudanca<NaiveDate>,
    pub sexo_biologico: Mudanca<SexoBiologico>,
    pub identidade_genero: Mudanca<IdentidadeGenero>,
    pub orientacao_sexual: Mudanca<OrientacaoSexual>,
    pub raca_cor: Mudanca<RacaCor>,
    pub nome_mae: Mudanca<String>,
    pub nome_pai: Mudanca<String>,
    pub naturalidade: Mudanca<String>,
    pub cpf: Mudanca<Cpf>,
    pub rg: Mudanca<Rg>,
    pub certidao: Mudanca<Certidao>,
}

/// A change of one record.
#[derive(Clone)]
pub struct AtualizarAdolescente {
    pub identificador: Identificador,
    pub dados: AlteracaoDeAdolescente,
    pub versao_esperada: Option<i32>,
    /// Fields that the door could not read, as refusals.
    pub malformados: Vec<Recusa>,
}

impl AlteracaoDeAdolescente {
    /// The record as it will be. A pending one is pending until its minimum is there.
    pub fn sobre(&self, atual: &Adolescente) -> Adolescente {
        let (rg, certidao) =
            (self.rg.sobre(Some(&atual.rg)), self.certidao.sobre(Some(&atual.certidao)));
        let mut novo = Adolescente {
            nome: self.nome.sobre(atual.nome.as_ref()),
            sobrenome: self.sobrenome.sobre(atual.sobrenome.as_ref()),
            nome_social: self.nome_social.sobre(atual.nome_social.as_ref()),
            data_nascimento: self.data_nascimento.sobre(atual.data_nascimento.as_ref()),
            data_nascimento_presumida: self
                .data_nascimento_presumida
                .unwrap_or(atual.data_nascimento_presumida),
            data_obito: self.data_obito.sobre(atual.data_obito.as_ref()),
            sexo_biologico: self.sexo_biologico.sobre(atual.sexo_biologico.as_ref()),
            identidade_genero: self.identidade_genero.sobre(atual.identidade_genero.as_ref()),
            orientacao_sexual: self.orientacao_sexual.sobre(atual.orientacao_sexual.as_ref()),
            raca_cor: self.raca_cor.sobre(atual.raca_cor.as_ref()),
            nome_mae: self.nome_mae.sobre(atual.nome_mae.as_ref()),
            nome_pai: self.nome_pai.sobre(atual.nome_pai.as_ref()),
            naturalidade: self.naturalidade.sobre(atual.naturalidade.as_ref()),
            cpf: self.cpf.sobre(atual.cpf.as_ref()),
            rg: rg.unwrap_or_default(),
            certidao: certidao.unwrap_or_default(),
            ..atual.clone()
        };
        novo.cadastro_pendente = atual.cadastro_pendente && !novo.tem_minimo();
        novo
    }
}

impl Adolescente {
    fn tem_minimo(&self) -> bool {
        self.nome.is_some()
            && self.sobrenome.is_some()
            && self.data_nascimento.is_some()
            && self.sexo_biologico.is_some()
    }

    /// The data of the record, for the rules that judge a registration.
    pub fn dados(&self) -> NovoAdolescente {
        let a = self.clone();
        NovoAdolescente {
            nome: a.nome,
            sobrenome: a.sobrenome,
            nome_social: a.nome_social,
            data_nascimento: a.data_nascimento,
            data_nascimento_presumida: a.data_nascimento_presumida,
            sexo_biologico: a.sexo_biologico,
            identidade_genero: a.identidade_genero,
            orientacao_sexual: a.orientacao_sexual,
            raca_cor: a.raca_cor,
            nome_mae: a.nome_mae,
            nome_pai: a.nome_pai,
            naturalidade: a.naturalidade,
            cpf: a.cpf,
            rg: a.rg,
            certidao: a.certidao,
        }
    }

    /// The fields, by their names in the schema, in which `outro` differs.
    pub fn diferencas(&self, outro: &Self) -> Vec<String> {
        let (a, b) = (self, outro);
        let mudancas = [
            ("nome", a.nome != b.nome),
            ("sobrenome", a.sobrenome != b.sobrenome),
            ("nomeSocial", a.nome_social != b.nome_social),
            ("dataNascimento", a.data_nascimento != b.data_nascimento),
            ("dataNascimentoPresumida", a.data_nascimento_presumida != b.data_nascimento_presumida),
            ("dataObito", a.data_obito != b.data_obito),
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
            ("cadastroPendente", a.cadastro_pendente != b.cadastro_pendente),
        ];
        alterados(mudancas)
    }
}
