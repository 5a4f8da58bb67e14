//! The evento, and the values that an evento keeps of a change.

use crate::adolescente::{Adolescente, AdolescenteId};
use crate::auth::Actor;
use crate::db::{columns_hold, row, text_enum};
use crate::guia::{Guia, GuiaId};
use crate::processo::{Processo, ProcessoId};
use crate::value::resource::{HasResources, Resource};
use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::Jsonb;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

text_enum! {
    /// Tipo de evento.
    pub enum TipoEvento {
        /// Processo cadastrado.
        ProcessoCadastrado = "PROCESSO_CADASTRADO",
        /// Cadastrada, no mesmo tribunal, uma execução que referencia esta apuração.
        ExecucaoCadastrada = "EXECUCAO_CADASTRADA",
        /// Magistrado ou serventuário alterado.
        ResponsaveisAtualizados = "RESPONSAVEIS_ATUALIZADOS",
        /// Processo arquivado ou reativado.
        SituacaoAlterada = "SITUACAO_ALTERADA",
        /// Adolescente vinculado.
        AdolescenteVinculado = "ADOLESCENTE_VINCULADO",
        /// Vínculo encerrado.
        AdolescenteDesvinculado = "ADOLESCENTE_DESVINCULADO",
        /// Adolescente cadastrado; não vem em `Processo.eventos`.
        AdolescenteCadastrado = "ADOLESCENTE_CADASTRADO",
        /// Dados do adolescente alterados; não vem em `Processo.eventos`.
        AdolescenteAtualizado = "ADOLESCENTE_ATUALIZADO",
        /// Guia emitida.
        GuiaEmitida = "GUIA_EMITIDA",
        /// Guia baixada.
        GuiaBaixada = "GUIA_BAIXADA",
    }
}

/// The old and the new value of a field that is not sensitive, as text. `None` stands for no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The name of the field in the GraphQL schema.
    pub campo: String,
    pub de: Option<String>,
    pub para: Option<String>,
}

impl FieldChange {
    /// `None` when the two values are equal.
    pub fn new<T>(field: &str, from: Option<&T>, to: Option<&T>) -> Option<Self>
    where
        T: ToString + PartialEq + ?Sized,
    {
        let text = |value: Option<&T>| value.map(ToString::to_string);
        (from != to).then(|| Self { campo: field.to_owned(), de: text(from), para: text(to) })
    }
}

/// The changes of an evento, as the column `mudancas` holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromSqlRow)]
pub struct Changes(pub Vec<FieldChange>);

columns_hold!(Changes as Jsonb);

impl Deref for Changes {
    type Target = [FieldChange];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FromSql<Jsonb, Pg> for Changes {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let value: serde_json::Value = FromSql::<Jsonb, Pg>::from_sql(bytes)?;
        Ok(Self(serde_json::from_value(value)?))
    }
}

row! {
    columns evento_columns of "e";

    /// A recorded change.
    #[derive(Debug, Clone, QueryableByName)]
    pub struct Evento {
        pub id: i64,
        /// The id of the transaction that wrote the evento, in digits. With `id`, it is the position in
        /// the feed.
        pub xid: String = "e.xid::text",
        pub tipo: TipoEvento,
        pub processo_id: Option<ProcessoId>,
        pub adolescente_id: Option<AdolescenteId>,
        pub guia_id: Option<GuiaId>,
        pub ocorrido_em: DateTime<Utc>,
        pub ator_sub: String,
        /// Names of the changed fields in the GraphQL schema; never their values.
        pub campos: Vec<String>,
        pub mudancas: Changes,
    }
}

/// An evento to insert in the transaction of its change.
#[derive(Debug, Clone)]
pub struct NewEvento {
    pub tribunal_codigo: i16,
    pub tipo: TipoEvento,
    pub processo_id: Option<ProcessoId>,
    pub adolescente_id: Option<AdolescenteId>,
    pub guia_id: Option<GuiaId>,
    pub ocorrido_em: DateTime<Utc>,
    pub ator_sub: String,
    pub ator_azp: Option<String>,
    pub fields: Vec<String>,
    /// Old and new values of the fields that are not sensitive.
    pub changes: Vec<FieldChange>,
}

impl NewEvento {
    /// An evento of a processo.
    pub fn of_processo(
        tipo: TipoEvento,
        processo: &Processo,
        ocorrido_em: DateTime<Utc>,
        actor: &Actor,
    ) -> Self {
        let at = (processo.tribunal_codigo, Some(processo.id), None);
        Self::new(tipo, at, ocorrido_em, actor)
    }

    /// An evento of an adolescente.
    pub fn of_adolescente(
        tipo: TipoEvento,
        adolescente: &Adolescente,
        ocorrido_em: DateTime<Utc>,
        actor: &Actor,
    ) -> Self {
        let at = (adolescente.tribunal_codigo, None, Some(adolescente.id));
        Self::new(tipo, at, ocorrido_em, actor)
    }

    /// An evento about a guia, in one of its processos.
    pub fn of_guia(
        tipo: TipoEvento,
        guia: &Guia,
        processo: ProcessoId,
        ocorrido_em: DateTime<Utc>,
        actor: &Actor,
    ) -> Self {
        let at = (guia.tribunal_codigo, Some(processo), Some(guia.adolescente_id));
        let fields = vec!["guias".into()];
        Self { guia_id: Some(guia.id), fields, ..Self::new(tipo, at, ocorrido_em, actor) }
    }

    fn new(
        tipo: TipoEvento,
        (tribunal_codigo, processo_id, adolescente_id): (
            i16,
            Option<ProcessoId>,
            Option<AdolescenteId>,
        ),
        ocorrido_em: DateTime<Utc>,
        actor: &Actor,
    ) -> Self {
        let (ator_sub, ator_azp) = (actor.sub().to_owned(), actor.azp().map(str::to_owned));
        let (fields, guia_id) = (Vec::new(), None);
        Self {
            tribunal_codigo,
            tipo,
            processo_id,
            adolescente_id,
            guia_id,
            ocorrido_em,
            ator_sub,
            ator_azp,
            fields,
            changes: Vec::new(),
        }
    }
}

impl HasResources for Evento {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        resources.extend(self.processo_id.map(|id| Resource::Processo(id.0)));
        resources.extend(self.adolescente_id.map(|id| Resource::Adolescente(id.0)));
        resources.extend(self.guia_id.map(|id| Resource::Guia(id.0)));
    }
}
