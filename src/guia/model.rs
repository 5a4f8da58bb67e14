use crate::adolescente::{AdolescenteId, turns_21_on};
use crate::db::{columns_hold, row, text_enum};
use crate::processo::ProcessoId;
use crate::value::characters::UnexpectedCharacter;
use crate::value::cpf::Cpf;
use crate::value::field::digits;
use crate::value::resource::{Resource, no_resources, resources};
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_derive_newtype::DieselNewType;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType)]
pub struct GuiaId(pub i64);

/// The day of emission as AAAAMMDD, and four digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType, Serialize)]
pub struct NumeroDaGuia(String);

columns_hold!(GuiaId as BigInt, NumeroDaGuia as Text);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o número da guia tem 12 dígitos{0}")]
pub struct MalformedNumeroDaGuia(UnexpectedCharacter);

impl FromStr for NumeroDaGuia {
    type Err = MalformedNumeroDaGuia;

    fn from_str(text: &str) -> Result<Self, MalformedNumeroDaGuia> {
        digits(text, "NNNNNNNNNNNN").map(Self).map_err(MalformedNumeroDaGuia)
    }
}

impl fmt::Display for NumeroDaGuia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_enum! {
    /// Espécie de guia.
    pub enum TipoGuia {
        /// Execução provisória.
        Provisoria = "PROVISORIA",
        /// Execução definitiva.
        Definitiva = "DEFINITIVA",
        /// Internação-sanção (ECA 122, III).
        InternacaoSancao = "INTERNACAO_SANCAO",
        /// Unificação de medidas (SINASE 45).
        Unificadora = "UNIFICADORA",
    }
}

text_enum! {
    /// Situação da guia. "Vencida" se calcula das datas, não é situação.
    pub enum SituacaoGuia {
        /// Não baixada, ainda que vencida.
        Ativo = "ATIVO",
        /// Baixada.
        Baixada = "BAIXADA",
    }
}

text_enum! {
    /// Motivo da baixa de uma guia.
    pub enum MotivoBaixaGuia {
        /// Provisória que virou definitiva.
        Convertida = "CONVERTIDA",
        /// Absorvida por uma guia unificadora.
        Unificada = "UNIFICADA",
        /// Medida substituída.
        Substituida = "SUBSTITUIDA",
        /// Medida extinta.
        Extinta = "EXTINTA",
        /// Completou 21 anos.
        Maioridade = "MAIORIDADE",
    }
}

text_enum! {
    /// Ato que deu origem à guia.
    pub enum OrigemGuia {
        /// Sentença homologatória de remissão.
        SentencaHomologatoria = "SENTENCA_HOMOLOGATORIA",
        /// Sentença que aplicou a medida.
        SentencaCondenatoria = "SENTENCA_CONDENATORIA",
        /// Decisão de internação-sanção.
        DecisaoInternacaoSancao = "DECISAO_INTERNACAO_SANCAO",
    }
}

row! {
    columns guia_columns of "g";

    /// An emitted guia, and the date of birth of its adolescente, from which the limit of 21 years
    /// (R26) is counted.
    #[derive(Clone, QueryableByName)]
    pub struct Guia {
        pub id: GuiaId,
        pub tribunal_codigo: i16,
        pub numero: NumeroDaGuia,
        pub tipo: TipoGuia,
        pub situacao: SituacaoGuia,
        pub motivo_baixa: Option<MotivoBaixaGuia>,
        pub baixada_em: Option<DateTime<Utc>>,
        pub origem: Option<OrigemGuia>,
        pub adolescente_id: AdolescenteId,
        pub apuracao_id: Option<ProcessoId>,
        pub execucao_id: Option<ProcessoId>,
        pub magistrado_nome: Option<String>,
        pub magistrado_cpf: Cpf,
        pub serventuario_nome: Option<String>,
        pub serventuario_cpf: Cpf,
        pub serventuario_cargo: String,
        pub codigo_tpu_medida: String,
        pub data_sentenca: Option<NaiveDate>,
        pub houve_internacao: Option<bool>,
        pub data_inicio_internacao: Option<NaiveDate>,
        pub data_fim_internacao: Option<NaiveDate>,
        pub data_transito_julgado: Option<NaiveDate>,
        pub prazo: Option<i32>,
        pub data_decisao: Option<NaiveDate>,
        pub medida_resultante: Option<String>,
        pub criado_em: DateTime<Utc>,
        pub atualizado_em: DateTime<Utc>,
        pub versao: i32,
        pub data_nascimento: Option<NaiveDate> = "a.data_nascimento",
    }
}

/// Hides the adolescente, because a log must not identify the person.
impl fmt::Debug for Guia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guia").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Guia {
    /// The name of the measure, if the source gives one for its TPU code.
    pub fn medida(&self) -> Option<&'static str> {
        match self.codigo_tpu_medida.as_str() {
            "11386" => Some("Advertência"),
            "11387" => Some("Internação com atividades externas"),
            _ => None,
        }
    }

    /// R26: the first day on which the measure may no longer be in force: the end of the prazo of
    /// an internação-sanção, and never later than the 21st birthday. `None` if neither is known.
    pub fn vence_em(&self) -> Option<NaiveDate> {
        let maioridade = self.data_nascimento.map(turns_21_on);
        let prazo = self.prazo.and_then(|days| u64::try_from(days).ok()).map(Days::new);
        let sancao = self.data_decisao.zip(prazo).map(|(decisao, prazo)| decisao + prazo);
        [maioridade, sancao].into_iter().flatten().min()
    }

    /// R26: whether the guia is still active although its time is over.
    pub fn vencida(&self, today: NaiveDate) -> bool {
        self.situacao == SituacaoGuia::Ativo && self.vence_em().is_some_and(|day| day <= today)
    }

    /// The processos that this guia names.
    pub fn processos(&self) -> impl Iterator<Item = ProcessoId> {
        [self.apuracao_id, self.execucao_id].into_iter().flatten()
    }
}

/// An ato infracional of a guia.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct AtoInfracional {
    pub id: i64,
    pub codigo_tpu: String,
    pub descricao: Option<String>,
    pub local_fato: Option<String>,
    pub data_fato: Option<NaiveDate>,
}

/// A document that accompanies a guia.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Documento {
    pub id: i64,
    pub tipo: String,
    pub identificador_autos: Option<String>,
}

resources!(Guia => |guia| Resource::Guia(guia.id.0));
// The parts add no resource to the audit entry, because the entry names the guia.
no_resources!(AtoInfracional, Documento);

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn guia() -> Guia {
        let cpf = Cpf::synthetic(1);
        Guia {
            id: GuiaId(1),
            tribunal_codigo: 820,
            numero: "202601010001".parse().unwrap(),
            tipo: TipoGuia::InternacaoSancao,
            situacao: SituacaoGuia::Ativo,
            motivo_baixa: None,
            baixada_em: None,
            origem: None,
            adolescente_id: AdolescenteId(1),
            apuracao_id: Some(ProcessoId(1)),
            execucao_id: Some(ProcessoId(2)),
            magistrado_nome: None,
            magistrado_cpf: cpf.clone(),
            serventuario_nome: None,
            serventuario_cpf: cpf,
            serventuario_cargo: "Escrivã".into(),
            codigo_tpu_medida: "11387".into(),
            data_sentenca: None,
            houve_internacao: None,
            data_inicio_internacao: None,
            data_fim_internacao: None,
            data_transito_julgado: None,
            prazo: Some(90),
            data_decisao: Some(day(2026, 1, 1)),
            medida_resultante: None,
            criado_em: DateTime::UNIX_EPOCH,
            atualizado_em: DateTime::UNIX_EPOCH,
            versao: 1,
            data_nascimento: Some(day(2008, 2, 29)),
        }
    }

    #[test]
    fn r26_vence_no_fim_do_prazo_e_nunca_depois_dos_21() {
        assert_eq!(guia().vence_em(), Some(day(2026, 4, 1)));
        let old = Guia { data_nascimento: Some(day(2005, 2, 1)), ..guia() };
        assert_eq!(old.vence_em(), Some(day(2026, 2, 1)));
        let without_prazo = Guia { prazo: None, data_decisao: None, ..guia() };
        assert_eq!(without_prazo.vence_em(), Some(day(2029, 3, 1)));
        assert_eq!(Guia { data_nascimento: None, ..without_prazo }.vence_em(), None);
    }

    #[test]
    fn r26_vencida_e_a_ativa_desde_o_dia_em_que_vence() {
        assert!(!guia().vencida(day(2026, 3, 31)) && guia().vencida(day(2026, 4, 1)));
        let baixada = Guia { situacao: SituacaoGuia::Baixada, ..guia() };
        assert!(!baixada.vencida(day(2026, 4, 1)));
    }
}
