//! The interface `Processo` and its two types.

use super::fields::{ApuracaoFields, CommonFields, ExecucaoFields, ResponsavelNode};
use crate::Result;
use crate::evento::graphql::EventoFiltro;
use crate::evento::store::EventosOf;
use crate::graphql_types::connection::{Connection, SentidoOrdem};
use crate::graphql_types::directives::{Cost, FILTER, PageSize};
use crate::graphql_types::field_error::Fallible;
use crate::graphql_types::json::{JsonObject, ToJson};
use crate::graphql_types::scalars::Timestamp;
use crate::guia::SituacaoGuia;
use crate::guia::store::GuiasOf;
use crate::linha_do_tempo::store::LinhaDoTempo;
use crate::processo::store::AdolescentesOfProcesso;
use crate::processo::{NumeroProcesso, Processo, SituacaoProcesso, SituacaoVinculo, TipoProcesso};
use crate::tramite::store::Tramites;
use crate::value::tribunal::Tribunal;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    Context, ContextSelectionSet, ID, Interface, MergedObject, OutputType, Positioned,
    ServerResult, Value,
};
use futures_util::future::BoxFuture;
use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

/// Processo do sistema socioeducativo.
#[derive(Interface)]
#[graphql(
    name = "Processo",
    field(name = "id", ty = "ID", desc = "Identificador global, opaco e estável."),
    field(
        name = "codigo",
        ty = "i32",
        desc = "Código nas rotas REST (`/api/v1/processos/{id}`), menor que 2³¹."
    ),
    field(name = "numero", ty = "NumeroProcesso", desc = "Número único."),
    field(name = "tipo", ty = "TipoProcesso", desc = "Natureza."),
    field(name = "situacao", ty = "SituacaoProcesso", desc = "Situação."),
    field(name = "tribunal", ty = "JsonObject<Tribunal>", desc = "Tribunal."),
    field(name = "id_orgao", ty = "i32", desc = "Órgão julgador (vara), de 1 a 2147483647."),
    field(
        name = "app_name_sistema_tribunal",
        ty = "String",
        desc = "Sistema do tribunal em que o processo corre."
    ),
    field(
        name = "id_processo_sistema_externo",
        ty = "Option<String>",
        desc = "Código do rascunho de que veio (R8)."
    ),
    field(
        name = "numero_referencia",
        ty = "Option<NumeroProcesso>",
        desc = "Número da apuração de origem, numa execução; numa apuração, só informação (R9)."
    ),
    field(name = "magistrado", ty = "Option<JsonObject<ResponsavelNode>>", desc = "Magistrado responsável."),
    field(
        name = "serventuario",
        ty = "Option<JsonObject<ResponsavelNode>>",
        desc = "Serventuário responsável."
    ),
    field(name = "criado_em", ty = "Timestamp", desc = "Cadastro."),
    field(name = "atualizado_em", ty = "Timestamp", desc = "Última alteração."),
    field(
        name = "versao",
        ty = "i32",
        desc = "Cresce a cada alteração; devolva em `versaoEsperada`."
    ),
    field(
        name = "adolescentes",
        ty = "Fallible<Connection<AdolescentesOfProcesso>>",
        desc = "Adolescentes do processo, com o vínculo na aresta.",
        directive = PageSize::apply(),
        arg(
            name = "situacao",
            ty = "Option<SituacaoVinculo>",
            default_with = "Some(SituacaoVinculo::Ativo)",
            desc = "Só vínculos nesta situação; null traz todos."
        ),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    ),
    field(
        name = "guias",
        ty = "Fallible<Connection<GuiasOf>>",
        desc = "Guias do processo.",
        directive = PageSize::apply(),
        arg(
            name = "situacao",
            ty = "Option<SituacaoGuia>",
            desc = "Só guias nesta situação; ausente traz todas."
        ),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    ),
    field(
        name = "tramites",
        ty = "Fallible<Connection<Tramites>>",
        desc = "Trâmites cujo protocolo é o número deste processo e em que quem chama é parte.",
        directive = PageSize::apply(),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    ),
    field(
        name = "eventos",
        ty = "Fallible<Connection<EventosOf>>",
        desc = "Alterações do processo, da mais antiga à mais nova se não se diz `sentido`.",
        directive = PageSize::apply(),
        arg(
            name = "filtro",
            ty = "Option<EventoFiltro>",
            desc = "Condições; ausente traz todos.",
            directive = Cost::apply(FILTER.into())
        ),
        arg(
            name = "sentido",
            ty = "SentidoOrdem",
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        ),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    ),
    field(
        name = "linha_do_tempo",
        ty = "Fallible<Connection<LinhaDoTempo>>",
        desc = "O que aconteceu ao processo e às execuções dele: cadastros, situações, responsáveis, vínculos, guias e trâmites, em ordem de tempo, cada um numa frase.",
        directive = PageSize::apply(),
        arg(name = "de", ty = "Option<Timestamp>", desc = "Desde este instante, inclusive."),
        arg(name = "ate", ty = "Option<Timestamp>", desc = "Até este instante, exclusive."),
        arg(
            name = "sentido",
            ty = "SentidoOrdem",
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        ),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    )
)]
pub enum ProcessoNode {
    Apuracao(ProcessoApuracao),
    Execucao(ProcessoExecucao),
}

impl From<Arc<Processo>> for ProcessoNode {
    fn from(row: Arc<Processo>) -> Self {
        let common = CommonFields(Arc::clone(&row));
        match row.tipo {
            TipoProcesso::Apuracao => ProcessoApuracao(common, ApuracaoFields(row)).into(),
            TipoProcesso::Execucao => ProcessoExecucao(common, ExecucaoFields(row)).into(),
        }
    }
}

/// Processo de apuração de ato infracional; pode ter vários adolescentes.
#[derive(MergedObject)]
pub struct ProcessoApuracao(pub(super) CommonFields, pub(super) ApuracaoFields);

/// Processo de execução de medidas socioeducativas; tem exatamente um adolescente (R11).
#[derive(MergedObject)]
pub struct ProcessoExecucao(pub(super) CommonFields, pub(super) ExecucaoFields);

impl ToJson for ProcessoApuracao {}
impl ToJson for ProcessoExecucao {}

impl ToJson for ProcessoNode {
    fn resolve_json<'a>(
        &'a self,
        ctx: &'a ContextSelectionSet<'a>,
    ) -> BoxFuture<'a, ServerResult<Vec<u8>>> {
        match self {
            Self::Apuracao(apuracao) => apuracao.resolve_json(ctx),
            Self::Execucao(execucao) => execucao.resolve_json(ctx),
        }
    }
}

// The interface calls its fields as methods of each type. `Deref` finds the common ones, so they
// are written once.
impl Deref for ProcessoApuracao {
    type Target = CommonFields;

    fn deref(&self) -> &CommonFields {
        &self.0
    }
}

impl Deref for ProcessoExecucao {
    type Target = CommonFields;

    fn deref(&self) -> &CommonFields {
        &self.0
    }
}

impl ProcessoApuracao {
    async fn numero_referencia(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Option<NumeroProcesso>> {
        self.1.numero_referencia(ctx).await
    }
}

impl ProcessoExecucao {
    async fn numero_referencia(&self, ctx: &Context<'_>) -> Result<NumeroProcesso> {
        self.1.numero_referencia(ctx).await
    }
}

/// A processo in the fields of an object that the fields of every processo lead to, such as the
/// timeline. async-graphql registers a type by walking its fields. If it walked from here into the
/// processo types, it would find their common fields half registered, and the types would get none
/// of them. The name is enough, because the query root registers the types.
pub struct ByName<T>(pub T);

impl<T: OutputType> OutputType for ByName<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(_: &mut Registry) -> String {
        T::qualified_type_name()
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}
