use crate::adolescente::{Adolescente, AdolescenteId};
use crate::auth::Ator;
use crate::db::texto_enum;
use crate::guia::{Guia, GuiaId};
use crate::processo::{Processo, ProcessoId};
use crate::value::resource::{Rastreavel, Recurso};
use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

texto_enum! {
    /// Tipo de evento.
    pub enum TipoEvento {
        /// Processo cadastrado.
        ProcessoCadastrado = "PROCESSO_CADASTRADO",
        /// Execução que referencia esta apuração cadastrada no mesmo tribunal.
        ExecucaoCadastrada = "EXECUCAO_CADASTRADA",
        /// Magistrado ou serventuário alterado.
        ResponsaveisAtualizados = "RESPONSAVEIS_ATUALIZADOS",
        /// Processo arquivado ou reativado.
        SituacaoAlterada = "SITUACAO_ALTERADA",
        /// Adolescente vinculado.
        AdolescenteVinculado = "ADOLESCENTE_VINCULADO",
        /// Vínculo encerrado.
        AdolescenteDesvinculado = "ADOLESCENTE_DESVINCULADO",
        /// Adolescente cadastrado; só em `Adolescente.eventos`.
        AdolescenteCadastrado = "ADOLESCENTE_CADASTRADO",
        /// Dados do adolescente alterados; só em `Adolescente.eventos`.
        AdolescenteAtualizado = "ADOLESCENTE_ATUALIZADO",
        /// Guia emitida.
        GuiaEmitida = "GUIA_EMITIDA",
        /// Guia baixada.
        GuiaBaixada = "GUIA_BAIXADA",
    }
}

/// A field that changed: from what to what. Only of what is not sensitive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MudancaDeCampo {
    /// By its name in the schema.
    pub campo: String,
    pub de: Option<String>,
    pub para: Option<String>,
}

impl MudancaDeCampo {
    /// None when nothing changed.
    pub fn nova<T>(campo: &str, de: Option<&T>, para: Option<&T>) -> Option<Self>
    where
        T: ToString + PartialEq + ?Sized,
    {
        let texto = |valor: Option<&T>| valor.map(ToString::to_string);
        (de != para).then(|| Self { campo: campo.to_owned(), de: texto(de), para: texto(para) })
    }
}

/// As the column holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromSqlRow)]
pub struct Mudancas(pub Vec<MudancaDeCampo>);

impl Deref for Mudancas {
    type Target = [MudancaDeCampo];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FromSql<Jsonb, Pg> for Mudancas {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let valor: serde_json::Value = FromSql::<Jsonb, Pg>::from_sql(bytes)?;
        Ok(Self(serde_json::from_value(valor)?))
    }
}

/// Something that happened.
#[derive(Debug, Clone, QueryableByName)]
pub struct Evento {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The transaction that wrote it, in digits; with `id`, its place in the feed.
    #[diesel(sql_type = Text)]
    pub xid: String,
    #[diesel(sql_type = Text)]
    pub tipo: TipoEvento,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub processo_id: Option<ProcessoId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub adolescente_id: Option<AdolescenteId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub guia_id: Option<GuiaId>,
    #[diesel(sql_type = Timestamptz)]
    pub ocorrido_em: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub ator_sub: String,
    /// Names of the schema; never values.
    #[diesel(sql_type = Array<Text>)]
    pub campos: Vec<String>,
    #[diesel(sql_type = Jsonb)]
    pub mudancas: Mudancas,
}

/// A fact to be written in the transaction of its change.
#[derive(Debug, Clone)]
pub struct NovoEvento {
    pub tribunal_codigo: i16,
    pub tipo: TipoEvento,
    pub processo_id: Option<ProcessoId>,
    pub adolescente_id: Option<AdolescenteId>,
    pub guia_id: Option<GuiaId>,
    pub ocorrido_em: DateTime<Utc>,
    pub ator_sub: String,
    pub ator_azp: Option<String>,
    pub campos: Vec<String>,
    /// From what to what, of the fields that are not sensitive.
    pub mudancas: Vec<MudancaDeCampo>,
}

impl NovoEvento {
    pub fn do_processo(
        tipo: TipoEvento,
        processo: &Processo,
        ocorrido_em: DateTime<Utc>,
        ator: &Ator,
    ) -> Self {
        let onde = (processo.tribunal_codigo, Some(processo.id), None);
        Self::novo(tipo, onde, ocorrido_em, ator)
    }

    pub fn do_adolescente(
        tipo: TipoEvento,
        adolescente: &Adolescente,
        ocorrido_em: DateTime<Utc>,
        ator: &Ator,
    ) -> Self {
        let onde = (adolescente.tribunal_codigo, None, Some(adolescente.id));
        Self::novo(tipo, onde, ocorrido_em, ator)
    }

    /// One that a guia brings about, told in one of its processos.
    pub fn da_guia(
        tipo: TipoEvento,
        guia: &Guia,
        processo: ProcessoId,
        ocorrido_em: DateTime<Utc>,
        ator: &Ator,
    ) -> Self {
        let onde = (guia.tribunal_codigo, Some(processo), Some(guia.adolescente_id));
        let campos = vec!["guias".into()];
        Self { guia_id: Some(guia.id), campos, ..Self::novo(tipo, onde, ocorrido_em, ator) }
    }

    fn novo(
        tipo: TipoEvento,
        (tribunal_codigo, processo_id, adolescente_id): (
            i16,
            Option<ProcessoId>,
            Option<AdolescenteId>,
        ),
        ocorrido_em: DateTime<Utc>,
        ator: &Ator,
    ) -> Self {
        let (ator_sub, ator_azp) = (ator.sub().to_owned(), ator.azp().map(str::to_owned));
        let (campos, guia_id) = (Vec::new(), None);
        Self {
            tribunal_codigo,
            tipo,
            processo_id,
            adolescente_id,
            guia_id,
            ocorrido_em,
            ator_sub,
            ator_azp,
            campos,
            mudancas: Vec::new(),
        }
    }
}

impl Rastreavel for Evento {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        recursos.extend(self.processo_id.map(|id| Recurso::Processo(id.0)));
        recursos.extend(self.adolescente_id.map(|id| Recurso::Adolescente(id.0)));
        recursos.extend(self.guia_id.map(|id| Recurso::Guia(id.0)));
    }
}
