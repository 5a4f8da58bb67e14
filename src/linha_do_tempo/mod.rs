//! Timelines: the changes of a processo or an adolescente in order of time, from all the tables
//! that record them.

mod sentence;
pub mod graphql;
pub mod store;

use crate::adolescente::AdolescenteId;
use crate::db::{row, text_enum};
use crate::guia::GuiaId;
use crate::processo::ProcessoId;
use crate::value::resource::{HasResources, Resource};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

text_enum! {
    /// O que aconteceu, numa linha do tempo.
    pub enum TipoDeAcontecimento {
        /// Processo cadastrado: o da linha do tempo, uma execução dele ou um processo do adolescente.
        ProcessoCadastrado = "PROCESSO_CADASTRADO",
        /// Magistrado ou serventuário alterado.
        ResponsaveisAtualizados = "RESPONSAVEIS_ATUALIZADOS",
        /// Processo arquivado ou reativado.
        SituacaoAlterada = "SITUACAO_ALTERADA",
        /// Adolescente cadastrado.
        AdolescenteCadastrado = "ADOLESCENTE_CADASTRADO",
        /// Dados do adolescente alterados.
        AdolescenteAtualizado = "ADOLESCENTE_ATUALIZADO",
        /// Vínculo iniciado.
        VinculoIniciado = "VINCULO_INICIADO",
        /// Vínculo encerrado.
        VinculoEncerrado = "VINCULO_ENCERRADO",
        /// Guia emitida.
        GuiaEmitida = "GUIA_EMITIDA",
        /// Guia baixada.
        GuiaBaixada = "GUIA_BAIXADA",
        /// Trâmite que passou a outra situação.
        Tramite = "TRAMITE",
    }
}

row! {
    columns acontecimento_columns of "t";

    /// An entry of a timeline, and the objects that it concerns.
    #[derive(Debug, Clone, QueryableByName)]
    pub struct Acontecimento {
        /// The id of the row that records it, with the kind of that row in the high bits. No two are
        /// equal.
        pub id: i64,
        pub tipo: TipoDeAcontecimento,
        pub ocorrido_em: DateTime<Utc>,
        pub evento_id: Option<i64>,
        pub processo_id: Option<ProcessoId>,
        pub adolescente_id: Option<AdolescenteId>,
        pub guia_id: Option<GuiaId>,
        pub vinculo_id: Option<i64>,
        pub idt: Option<i64>,
        /// The situação of the trâmite from then on.
        pub situacao: Option<i16>,
    }
}

impl HasResources for Acontecimento {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        resources.extend(self.processo_id.map(|id| Resource::Processo(id.0)));
        resources.extend(self.adolescente_id.map(|id| Resource::Adolescente(id.0)));
        resources.extend(self.guia_id.map(|id| Resource::Guia(id.0)));
        resources.extend(self.idt.map(Resource::Tramite));
    }
}
