use super::related::JoinSource;
use super::{
    AdolescenteFilter, Conditions, EventoFilter, Filter, FilterScope, GuiaFilter, Nested, Related,
    TimeRange, VinculoFilter,
};
use crate::adolescente::Identificador;
use crate::db::Sql;
use crate::guia::SituacaoGuia;
use crate::processo::{NumeroProcesso, SituacaoProcesso, TipoProcesso};
use crate::tramite::store::{TramiteFilter, of_processo};

/// Conditions on processos (alias `p`). All that are given must hold; `e`, `ou` and `nao` contain
/// further filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ProcessoFilter {
    pub tribunal: Option<i16>,
    pub adolescente: Option<Identificador>,
    pub situacao: Option<Vec<SituacaoProcesso>>,
    pub tipo: Option<Vec<TipoProcesso>>,
    pub situacao_guia: Option<SituacaoGuia>,
    pub numero: Option<Vec<NumeroProcesso>>,
    /// The first digits of the numero.
    pub prefix: Option<String>,
    pub id_orgao: Option<i32>,
    pub created: TimeRange,
    pub updated: TimeRange,
    pub magistrado: Option<String>,
    pub serventuario: Option<String>,
    /// Fields, each of which must be empty.
    pub vazio: Option<Vec<ProcessoField>>,
    pub guias: Related<GuiaFilter>,
    /// The guias of the measure that an execução enforces: its own guias, and those of its apuração
    /// for the same adolescente that have no execução. For an apuração, its own guias.
    pub guias_da_medida: Related<GuiaFilter>,
    pub execucoes: Related<Self>,
    pub adolescentes: Related<AdolescenteFilter>,
    pub vinculos: Related<VinculoFilter>,
    pub tramites: Related<TramiteFilter>,
    pub eventos: Related<EventoFilter>,
    pub e: Option<Vec<Self>>,
    pub ou: Option<Vec<Self>>,
    pub nao: Option<Box<Self>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProcessoField {
    IdProcessoSistemaExterno,
    Magistrado,
    NumeroReferencia,
    Serventuario,
}

impl ProcessoField {
    /// The SQL condition that the field is empty.
    const fn empty(self) -> &'static str {
        match self {
            Self::IdProcessoSistemaExterno => "p.id_processo_sistema_externo IS NULL",
            Self::Magistrado => "(p.magistrado_nome IS NULL AND p.magistrado_cpf IS NULL)",
            Self::NumeroReferencia => "p.numero_referencia IS NULL",
            Self::Serventuario => "(p.serventuario_nome IS NULL AND p.serventuario_cpf IS NULL)",
        }
    }
}

/// The rows of `guias_da_medida`. With UNION ALL, PostgreSQL searches each index in turn, and an
/// EXISTS stops at the first guia that matches.
const GUIAS_DA_MEDIDA: &str = "(SELECT g.* FROM guia g WHERE g.execucao_id = p.id \
     UNION ALL SELECT g.* FROM guia g WHERE g.apuracao_id = p.id \
     UNION ALL SELECT g.* FROM processo o JOIN guia g ON g.apuracao_id = o.id \
     WHERE o.numero = p.numero_referencia AND o.tipo = p.tipo_referencia AND g.execucao_id IS NULL \
     AND EXISTS (SELECT FROM vinculo v WHERE v.processo_id = p.id AND v.adolescente_id = g.adolescente_id)) AS g \
     JOIN adolescente a ON a.id = g.adolescente_id WHERE true";

impl Filter for ProcessoFilter {
    fn conditions(&self, place: FilterScope) -> Conditions {
        let mut all = Conditions::default();
        all.compare("p.tribunal_codigo = ", self.tribunal);
        all.push(self.adolescente.as_ref().map(|identificador| {
            let exists = Sql::new(
                "EXISTS (SELECT FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id \
                 WHERE v.processo_id = p.id AND a.identificador = ",
            );
            exists.bind(identificador.to_string()).push(")")
        }));
        all.one_of("p.situacao", self.situacao.as_ref(), |value| value.text().to_owned());
        all.one_of("p.tipo", self.tipo.as_ref(), |value| value.text().to_owned());
        all.push(self.situacao_guia.map(|situacao| {
            // R27: a guia belongs to both its apuração and its execução.
            let exists = Sql::new(
                "EXISTS (SELECT FROM guia g WHERE (g.apuracao_id = p.id OR g.execucao_id = p.id) \
                 AND g.situacao = ",
            );
            exists.bind(situacao.text().to_owned()).push(")")
        }));
        all.one_of("p.numero", self.numero.as_ref(), |value| value.digits().to_owned());
        if let Some(prefix) = &self.prefix {
            // A numero has twenty digits, so the numbers with this prefix are those between these
            // two.
            all.compare("p.numero >= ", Some(format!("{prefix:0<20}")));
            all.compare("p.numero <= ", Some(format!("{prefix:9<20}")));
        }
        all.compare("p.id_orgao = ", self.id_orgao);
        all.within("p.criado_em", self.created);
        all.within("p.atualizado_em", self.updated);
        all.contains("p.magistrado_nome", self.magistrado.as_ref());
        all.contains("p.serventuario_nome", self.serventuario.as_ref());
        all.empty(self.vazio.iter().flatten().map(|field| field.empty()));
        self.relations(&mut all, place);
        all
    }

    fn nested(&self) -> Nested<'_, Self> {
        let (all, any, not) = (self.e.as_deref(), self.ou.as_deref(), self.nao.as_deref());
        Nested { all, any, not }
    }
}

impl ProcessoFilter {
    fn relations(&self, all: &mut Conditions, place: FilterScope) {
        let guias = "guia g JOIN adolescente a ON a.id = g.adolescente_id \
                     WHERE (g.apuracao_id = p.id OR g.execucao_id = p.id)";
        all.related(&self.guias, &JoinSource::new(guias, "g.id"), place);
        all.related(&self.guias_da_medida, &JoinSource::new(GUIAS_DA_MEDIDA, "g.id"), place);
        all.related(&self.execucoes, &execucoes(place.tribunal), place);
        let adolescentes =
            "vinculo v JOIN adolescente a ON a.id = v.adolescente_id WHERE v.processo_id = p.id";
        all.related(&self.adolescentes, &JoinSource::new(adolescentes, "a.id"), place);
        all.related(
            &self.vinculos,
            &JoinSource::new("vinculo v WHERE v.processo_id = p.id", "v.id"),
            place,
        );
        let tramites = JoinSource { rows: of_processo(place.tribunal), key: "t.idt", close: "" };
        all.related(&self.tramites, &tramites, place);
        let eventos = JoinSource::new("evento e WHERE e.processo_id = p.id", "e.id");
        all.related(&self.eventos, &eventos, place);
    }
}

/// The path to the execuções of an apuração. Both sides have the alias `p`, so the path reads the
/// execuções under the alias `x`, and a subquery gives each of them the alias `p` for its filter. An
/// execução and its apuração may belong to different tribunais, so the path filters by tribunal
/// itself.
fn execucoes(tribunal: Option<i16>) -> JoinSource {
    let rows =
        Sql::new("processo x WHERE x.numero_referencia = p.numero AND x.tipo_referencia = p.tipo");
    let rows = match tribunal {
        Some(code) => rows.and(Sql::new("x.tribunal_codigo = ").bind(code)),
        None => rows,
    };
    let rows = rows.push(" AND EXISTS (SELECT FROM processo p WHERE p.id = x.id");
    JoinSource { rows, key: "x.id", close: ")" }
}
