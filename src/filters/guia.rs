use super::related::JoinSource;
use super::vinculo::single;
use super::{
    AdolescenteFilter, Conditions, Filter, FilterScope, Nested, ProcessoFilter, Related, TimeRange,
    birth_of,
};
use crate::adolescente::Identificador;
use crate::db::Sql;
use crate::guia::{MotivoBaixaGuia, NumeroDaGuia, OrigemGuia, SituacaoGuia, TipoGuia};
use crate::processo::NumeroProcesso;
use chrono::{Days, NaiveDate};

/// Conditions on guias (alias `g`, with alias `a` for the adolescente). All that are given must
/// hold; `e`, `ou` and `nao` contain further filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct GuiaFilter {
    pub tribunal: Option<i16>,
    pub numero: Option<Vec<NumeroDaGuia>>,
    pub tipo: Option<Vec<TipoGuia>>,
    pub situacao: Option<Vec<SituacaoGuia>>,
    pub motivo_baixa: Option<Vec<MotivoBaixaGuia>>,
    pub origem: Option<Vec<OrigemGuia>>,
    pub codigo_tpu_medida: Option<Vec<String>>,
    pub adolescente: Option<Identificador>,
    pub processo: Option<NumeroProcesso>,
    pub id_orgao: Option<i32>,
    pub emitida: TimeRange,
    pub baixada: TimeRange,
    pub updated: TimeRange,
    /// R26: day on which the measure ends; from, inclusive; until, exclusive.
    pub due: (Option<NaiveDate>, Option<NaiveDate>),
    /// R26: whether the guia must be expired or not, and the day on which that is decided. A guia is
    /// expired if it is active and its measure ended on that day or before.
    pub vencida: Option<(bool, NaiveDate)>,
    pub magistrado: Option<String>,
    pub serventuario: Option<String>,
    /// Fields, each of which must be empty.
    pub vazio: Option<Vec<GuiaField>>,
    pub processos: Related<ProcessoFilter>,
    pub adolescente_com: Option<Box<AdolescenteFilter>>,
    pub e: Option<Vec<Self>>,
    pub ou: Option<Vec<Self>>,
    pub nao: Option<Box<Self>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuiaField {
    Apuracao,
    BaixadaEm,
    DataDecisao,
    DataFimInternacao,
    DataInicioInternacao,
    DataSentenca,
    DataTransitoJulgado,
    Execucao,
    HouveInternacao,
    MagistradoNome,
    MedidaResultanteUnificacao,
    MotivoBaixa,
    Origem,
    Prazo,
    ServentuarioNome,
    VenceEm,
}

impl GuiaField {
    /// The SQL condition that the field is empty.
    const fn empty(self) -> &'static str {
        match self {
            Self::Apuracao => "g.apuracao_id IS NULL",
            Self::BaixadaEm => "g.baixada_em IS NULL",
            Self::DataDecisao => "g.data_decisao IS NULL",
            Self::DataFimInternacao => "g.data_fim_internacao IS NULL",
            Self::DataInicioInternacao => "g.data_inicio_internacao IS NULL",
            Self::DataSentenca => "g.data_sentenca IS NULL",
            Self::DataTransitoJulgado => "g.data_transito_julgado IS NULL",
            Self::Execucao => "g.execucao_id IS NULL",
            Self::HouveInternacao => "g.houve_internacao IS NULL",
            Self::MagistradoNome => "g.magistrado_nome IS NULL",
            Self::MedidaResultanteUnificacao => "g.medida_resultante IS NULL",
            Self::MotivoBaixa => "g.motivo_baixa IS NULL",
            Self::Origem => "g.origem IS NULL",
            Self::Prazo => "g.prazo IS NULL",
            Self::ServentuarioNome => "g.serventuario_nome IS NULL",
            Self::VenceEm => {
                "(a.data_nascimento IS NULL AND (g.data_decisao IS NULL OR g.prazo IS NULL))"
            }
        }
    }
}

/// The SQL condition that the measure ends before `day`. R26: a measure ends on the 21st birthday
/// or at the end of the sanção's prazo, whichever comes first. For a guia that lacks one of the
/// dates or both, the condition is NULL where it would be false.
fn due_before(day: NaiveDate) -> Sql {
    Sql::new("(a.data_nascimento < ")
        .bind(birth_of(21, day))
        .push(" OR g.data_decisao + g.prazo < ")
        .bind(day)
        .push(")")
}

impl Filter for GuiaFilter {
    fn conditions(&self, place: FilterScope) -> Conditions {
        let mut all = Conditions::default();
        all.compare("g.tribunal_codigo = ", self.tribunal);
        all.one_of("g.numero", self.numero.as_ref(), ToString::to_string);
        all.one_of("g.tipo", self.tipo.as_ref(), |tipo| tipo.text().to_owned());
        all.one_of("g.situacao", self.situacao.as_ref(), |situacao| situacao.text().to_owned());
        all.one_of("g.motivo_baixa", self.motivo_baixa.as_ref(), |m| m.text().to_owned());
        all.one_of("g.origem", self.origem.as_ref(), |origem| origem.text().to_owned());
        all.one_of("g.codigo_tpu_medida", self.codigo_tpu_medida.as_ref(), Clone::clone);
        all.compare("a.identificador = ", self.adolescente.as_ref().map(ToString::to_string));
        all.push(self.processo.as_ref().map(|numero| {
            Sql::new("EXISTS (SELECT FROM processo p WHERE p.id IN (g.apuracao_id, g.execucao_id) AND p.numero = ")
                .bind(numero.digits().to_owned())
                .push(")")
        }));
        all.push(self.id_orgao.map(|orgao| {
            Sql::new("EXISTS (SELECT FROM processo p WHERE p.id IN (g.apuracao_id, g.execucao_id) AND p.id_orgao = ")
                .bind(orgao)
                .push(")")
        }));
        all.within("g.criado_em", self.emitida);
        all.within("g.baixada_em", self.baixada);
        all.within("g.atualizado_em", self.updated);
        all.push(self.due.0.map(|from| {
            let before = Sql::new("((").append(due_before(from));
            before.push(") IS NOT TRUE AND NOT ").push(GuiaField::VenceEm.empty()).push(")")
        }));
        all.push(self.due.1.map(due_before));
        all.push(self.vencida.map(|(vencida, today)| {
            let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
            let sql = Sql::new("(g.situacao = 'ATIVO' AND ").append(due_before(tomorrow));
            sql.push(if vencida { ") IS TRUE" } else { ") IS NOT TRUE" })
        }));
        all.contains("g.magistrado_nome", self.magistrado.as_ref());
        all.contains("g.serventuario_nome", self.serventuario.as_ref());
        all.empty(self.vazio.iter().flatten().map(|field| field.empty()));
        let processos =
            JoinSource::new("processo p WHERE p.id IN (g.apuracao_id, g.execucao_id)", "p.id");
        all.related(&self.processos, &processos, place);
        let adolescente = JoinSource::new("adolescente a WHERE a.id = g.adolescente_id", "a.id");
        all.related(&single(self.adolescente_com.as_deref()), &adolescente, place);
        all
    }

    fn nested(&self) -> Nested<'_, Self> {
        let (all, any, not) = (self.e.as_deref(), self.ou.as_deref(), self.nao.as_deref());
        Nested { all, any, not }
    }
}
