use super::related::JoinSource;
use super::{
    AdolescenteFilter, Conditions, Filter, FilterScope, Nested, ProcessoFilter, Related, TimeRange,
};
use crate::adolescente::Identificador;
use crate::db::Sql;
use crate::processo::{NumeroProcesso, SituacaoVinculo};

/// Conditions on vinculos (alias `v`). All that are given must hold; `e`, `ou` and `nao` contain
/// further filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct VinculoFilter {
    pub tribunal: Option<i16>,
    pub situacao: Option<SituacaoVinculo>,
    pub processo: Option<NumeroProcesso>,
    pub adolescente: Option<Identificador>,
    pub iniciado: TimeRange,
    pub encerrado: TimeRange,
    /// Text that the motivo contains, ignoring case and accents.
    pub motivo: Option<String>,
    /// Fields, each of which must be empty.
    pub vazio: Option<Vec<VinculoField>>,
    pub processo_com: Option<Box<ProcessoFilter>>,
    pub adolescente_com: Option<Box<AdolescenteFilter>>,
    pub e: Option<Vec<Self>>,
    pub ou: Option<Vec<Self>>,
    pub nao: Option<Box<Self>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VinculoField {
    EncerradoEm,
    Motivo,
}

impl Filter for VinculoFilter {
    fn conditions(&self, place: FilterScope) -> Conditions {
        let mut all = Conditions::default();
        all.compare("v.tribunal_codigo = ", self.tribunal);
        all.push(self.situacao.map(|situacao| {
            Sql::new(match situacao {
                SituacaoVinculo::Ativo => "v.encerrado_em IS NULL",
                SituacaoVinculo::Encerrado => "v.encerrado_em IS NOT NULL",
            })
        }));
        all.push(self.processo.as_ref().map(|numero| {
            Sql::new("v.processo_id = (SELECT p.id FROM processo p WHERE p.numero = ")
                .bind(numero.digits().to_owned())
                .push(")")
        }));
        all.push(self.adolescente.as_ref().map(|identificador| {
            // IN and not `=`: a national caller may see the same identificador in several tribunais.
            Sql::new("v.adolescente_id IN (SELECT a.id FROM adolescente a WHERE a.identificador = ")
                .bind(identificador.to_string())
                .push(")")
        }));
        all.within("v.iniciado_em", self.iniciado);
        all.within("v.encerrado_em", self.encerrado);
        all.contains("v.motivo", self.motivo.as_ref());
        all.empty(self.vazio.iter().flatten().map(|field| match field {
            VinculoField::EncerradoEm => "v.encerrado_em IS NULL",
            VinculoField::Motivo => "v.motivo IS NULL",
        }));
        let processo = JoinSource::new("processo p WHERE p.id = v.processo_id", "p.id");
        all.related(&single(self.processo_com.as_deref()), &processo, place);
        let adolescente = JoinSource::new("adolescente a WHERE a.id = v.adolescente_id", "a.id");
        all.related(&single(self.adolescente_com.as_deref()), &adolescente, place);
        all
    }

    fn nested(&self) -> Nested<'_, Self> {
        let (all, any, not) = (self.e.as_deref(), self.ou.as_deref(), self.nao.as_deref());
        Nested { all, any, not }
    }
}

/// The condition that the single related row matches the filter. Without a filter, no condition.
pub(super) fn single<F: Clone>(filter: Option<&F>) -> Related<F> {
    Related { some: filter.map(|filter| (Box::new(filter.clone()), 1)), none: None }
}
