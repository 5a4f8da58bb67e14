//! What a change of a record is: which fields it touches, and what comes of it.

use super::{
    Adolescente, Certidao, DadosDeAdolescente, IdentidadeGenero, Identificador, OrientacaoSexual,
    RacaCor, Rg, SexoBiologico,
};
use crate::error::Recusa;
use crate::evento::MudancaDeCampo;
use crate::value::cpf::Cpf;
use crate::value::field::{Mudanca, alterados};
use chrono::NaiveDate;
use serde::Serialize;

/// What a change asks of a record. Nobody erases the mandatory minimum (R24).
#[derive(Clone, Default, Serialize)]
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

/// A new record.
#[derive(Clone, Default, Serialize)]
pub struct CadastrarAdolescente {
    pub dados: DadosDeAdolescente,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// A change of one record.
#[derive(Clone, Serialize)]
pub struct AtualizarAdolescente {
    pub identificador: Identificador,
    pub dados: AlteracaoDeAdolescente,
    pub versao_esperada: Option<i32>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

impl AlteracaoDeAdolescente {
    /// The record as it will be. A pending one is pending until its minimum is there.
    pub fn sobre(&self, atual: &Adolescente) -> Adolescente {
        let era = &atual.dados;
        let dados = DadosDeAdolescente {
            nome: self.nome.sobre(era.nome.as_ref()),
            sobrenome: self.sobrenome.sobre(era.sobrenome.as_ref()),
            nome_social: self.nome_social.sobre(era.nome_social.as_ref()),
            data_nascimento: self.data_nascimento.sobre(era.data_nascimento.as_ref()),
            data_nascimento_presumida: self
                .data_nascimento_presumida
                .unwrap_or(era.data_nascimento_presumida),
            sexo_biologico: self.sexo_biologico.sobre(era.sexo_biologico.as_ref()),
            identidade_genero: self.identidade_genero.sobre(era.identidade_genero.as_ref()),
            orientacao_sexual: self.orientacao_sexual.sobre(era.orientacao_sexual.as_ref()),
            raca_cor: self.raca_cor.sobre(era.raca_cor.as_ref()),
            nome_mae: self.nome_mae.sobre(era.nome_mae.as_ref()),
            nome_pai: self.nome_pai.sobre(era.nome_pai.as_ref()),
            naturalidade: self.naturalidade.sobre(era.naturalidade.as_ref()),
            cpf: self.cpf.sobre(era.cpf.as_ref()),
            rg: self.rg.sobre(Some(&era.rg)).unwrap_or_default(),
            certidao: self.certidao.sobre(Some(&era.certidao)).unwrap_or_default(),
        };
        Adolescente {
            cadastro_pendente: atual.cadastro_pendente && !dados.tem_minimo(),
            data_obito: self.data_obito.sobre(atual.data_obito.as_ref()),
            dados,
            ..atual.clone()
        }
    }
}

impl DadosDeAdolescente {
    fn tem_minimo(&self) -> bool {
        self.nome.is_some()
            && self.sobrenome.is_some()
            && self.data_nascimento.is_some()
            && self.sexo_biologico.is_some()
    }
}

impl Adolescente {
    /// The fields, by their names in the schema, in which `outro` differs.
    pub fn diferencas(&self, outro: &Self) -> Vec<String> {
        let (a, b) = (&self.dados, &outro.dados);
        let mudancas = [
            ("nome", a.nome != b.nome),
            ("sobrenome", a.sobrenome != b.sobrenome),
            ("nomeSocial", a.nome_social != b.nome_social),
            ("dataNascimento", a.data_nascimento != b.data_nascimento),
            ("dataNascimentoPresumida", a.data_nascimento_presumida != b.data_nascimento_presumida),
            ("dataObito", self.data_obito != outro.data_obito),
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
            ("cadastroPendente", self.cadastro_pendente != outro.cadastro_pendente),
        ];
        alterados(mudancas)
    }

    /// From what to what, of the fields that anybody may see at any time: a social name that comes
    /// later makes the civil one sensitive.
    pub fn mudancas(&self, outro: &Self) -> Vec<MudancaDeCampo> {
        let (a, b) = (&self.dados, &outro.dados);
        let mudancas = [
            MudancaDeCampo::nova("sobrenome", a.sobrenome.as_ref(), b.sobrenome.as_ref()),
            MudancaDeCampo::nova("nomeSocial", a.nome_social.as_ref(), b.nome_social.as_ref()),
            MudancaDeCampo::nova(
                "dataNascimento",
                a.data_nascimento.as_ref(),
                b.data_nascimento.as_ref(),
            ),
            MudancaDeCampo::nova(
                "dataNascimentoPresumida",
                Some(&a.data_nascimento_presumida),
                Some(&b.data_nascimento_presumida),
            ),
            MudancaDeCampo::nova("dataObito", self.data_obito.as_ref(), outro.data_obito.as_ref()),
            MudancaDeCampo::nova("naturalidade", a.naturalidade.as_ref(), b.naturalidade.as_ref()),
            MudancaDeCampo::nova(
                "cadastroPendente",
                Some(&self.cadastro_pendente),
                Some(&outro.cadastro_pendente),
            ),
        ];
        mudancas.into_iter().flatten().collect()
    }
}
