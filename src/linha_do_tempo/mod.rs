//! What happened to a processo or to an adolescente, from all the tables that tell of it, in the
//! order of time.

mod sentence;
pub mod graphql;
pub mod store;

use crate::adolescente::AdolescenteId;
use crate::db::texto_enum;
use crate::guia::GuiaId;
use crate::processo::ProcessoId;
use crate::value::resource::{Rastreavel, Recurso};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text, Timestamptz};

texto_enum! {
    /// O que aconteceu, numa linha do tempo.
    pub enum TipoDeAcontecimento {
        /// Processo cadastrado: este ou uma execução dele.
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

/// Something that happened, and to what.
#[derive(Debug, Clone, QueryableByName)]
pub struct Acontecimento {
    /// Of the row that tells of it and of the kind of that row: no two are the same.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub tipo: TipoDeAcontecimento,
    #[diesel(sql_type = Timestamptz)]
    pub ocorrido_em: DateTime<Utc>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub evento_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub processo_id: Option<ProcessoId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub adolescente_id: Option<AdolescenteId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub guia_id: Option<GuiaId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub vinculo_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub idt: Option<i64>,
    /// Of the trâmite, from then on.
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub situacao: Option<i16>,
}

impl Rastreavel for Acontecimento {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        recursos.extend(self.processo_id.map(|id| Recurso::Processo(id.0)));
        recursos.extend(self.adolescente_id.map(|id| Recurso::Adolescente(id.0)));
        recursos.extend(self.guia_id.map(|id| Recurso::Guia(id.0)));
        recursos.extend(self.idt.map(Recurso::Tramite));
    }
}
