use super::related::Path;
use super::{
    AdolescenteFilter, Conditions, EventoFilter, Filter, GuiaFilter, Nested, Place, Related,
    Stretch, VinculoFilter,
};
use crate::adolescente::Identificador;
use crate::db::Sql;
use crate::guia::SituacaoGuia;
use crate::processo::{NumeroProcesso, SituacaoProcesso, TipoProcesso};
use crate::tramite::store::{Filtro as TramiteFilter, do_processo};

/// Conditions on processos (`p`); `e`, `ou` and `nao` nest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ProcessoFilter {
    pub tribunal: Option<i16>,
    pub adolescente: Option<Identificador>,
    pub situacao: Option<Vec<SituacaoProcesso>>,
    pub tipo: Option<Vec<TipoProcesso>>,
    pub situacao_guia: Option<SituacaoGuia>,
    pub numero: Option<Vec<NumeroProcesso>>,
    /// The first digits of the number.
    pub prefixo: Option<String>,
    pub id_orgao: Option<i32>,
    pub criado: Stretch,
    pub atualizado: Stretch,
    pub magistrado: Option<String>,
    pub serventuario: Option<String>,
    pub vazio: Option<Vec<ProcessoField>>,
    pub guias: Related<GuiaFilter>,
    /// The guias of the measure that an execução enforces: its own, and those that its apuração gave
    /// for its adolescente.
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
    const fn empty(self) -> &'static str {
        match self {
            Self::IdProcessoSistemaExterno => "p.id_processo_sistema_externo IS NULL",
            Self::Magistrado => "(p.magistrado_nome IS NULL AND p.magistrado_cpf IS NULL)",
            Self::NumeroReferencia => "p.numero_referencia IS NULL",
            Self::Serventuario => "(p.serventuario_nome IS NULL AND p.serventuario_cpf IS NULL)",
        }
    }
}

/// The guias of a measure, looked for by each index in turn, until one is found.
const DA_MEDIDA: &str = "(SELECT g.* FROM guia g WHERE g.execucao_id = p.id \
     UNION ALL SELECT g.* FROM guia g WHERE g.apuracao_id = p.id \
     UNION ALL SELECT g.* FROM processo o JOIN guia g ON g.apuracao_id = o.id \
     WHERE o.numero = p.numero_referencia AND o.tipo = p.tipo_referencia AND g.execucao_id IS NULL \
     AND EXISTS (SELECT FROM vinculo v WHERE v.processo_id = p.id AND v.adolescente_id = g.adolescente_id)) AS g \
     JOIN adolescente a ON a.id = g.adolescente_id WHERE true";

impl Filter for ProcessoFilter {
    fn conditions(&self, place: Place) -> Conditions {
        let mut all = Conditions::default();
        all.compare("p.tribunal_codigo = ", self.tribunal);
        all.push(self.adolescente.as_ref().map(|identificador| {
            let com = Sql::new(
                "EXISTS (SELECT FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id \
                 WHERE v.processo_id = p.id AND a.identificador = ",
            );
            com.bind(identificador.to_string()).push(")")
        }));
        all.one_of("p.situacao", self.situacao.as_ref(), |valor| valor.texto().to_owned());
        all.one_of("p.tipo", self.tipo.as_ref(), |valor| valor.texto().to_owned());
        all.push(self.situacao_guia.map(|situacao| {
            // R27: a guia counts for its apuração and for its execução.
            let com = Sql::new(
                "EXISTS (SELECT FROM guia g WHERE (g.apuracao_id = p.id OR g.execucao_id = p.id) \
                 AND g.situacao = ",
            );
            com.bind(situacao.texto().to_owned()).push(")")
        }));
        all.one_of("p.numero", self.numero.as_ref(), |valor| valor.digitos().to_owned());
        if let Some(prefixo) = &self.prefixo {
            // Twenty digits each: the numbers that begin so are those between these two.
            all.compare("p.numero >= ", Some(format!("{prefixo:0<20}")));
            all.compare("p.numero <= ", Some(format!("{prefixo:9<20}")));
        }
        all.compare("p.id_orgao = ", self.id_orgao);
        all.within("p.criado_em", self.criado);
        all.within("p.atualizado_em", self.atualizado);
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
    fn relations(&self, all: &mut Conditions, place: Place) {
        let guias = "guia g JOIN adolescente a ON a.id = g.adolescente_id \
                     WHERE (g.apuracao_id = p.id OR g.execucao_id = p.id)";
        all.related(&self.guias, &Path::new(guias, "g.id"), place);
        all.related(&self.guias_da_medida, &Path::new(DA_MEDIDA, "g.id"), place);
        all.related(&self.execucoes, &execucoes(place.tribunal), place);
        let adolescentes =
            "vinculo v JOIN adolescente a ON a.id = v.adolescente_id WHERE v.processo_id = p.id";
        all.related(&self.adolescentes, &Path::new(adolescentes, "a.id"), place);
        all.related(
            &self.vinculos,
            &Path::new("vinculo v WHERE v.processo_id = p.id", "v.id"),
            place,
        );
        let tramites = Path { rows: do_processo(place.tribunal), key: "t.idt", close: "" };
        all.related(&self.tramites, &tramites, place);
        let eventos = Path::new("evento e WHERE e.processo_id = p.id", "e.id");
        all.related(&self.eventos, &eventos, place);
    }
}

/// The other side has this side's alias: what ties the two stands in a scope between them. An
/// execução may be of another tribunal than its apuração.
fn execucoes(tribunal: Option<i16>) -> Path {
    let rows =
        Sql::new("processo x WHERE x.numero_referencia = p.numero AND x.tipo_referencia = p.tipo");
    let rows = match tribunal {
        Some(codigo) => rows.and(Sql::new("x.tribunal_codigo = ").bind(codigo)),
        None => rows,
    };
    let rows = rows.push(" AND EXISTS (SELECT FROM processo p WHERE p.id = x.id");
    Path { rows, key: "x.id", close: ")" }
}
