//! The interface `Processo` and its two types.

use super::fields::{ApuracaoFields, CommonFields, ExecucaoFields};
use crate::graphql_types::json::ToJson;
use crate::processo::{Processo, TipoProcesso};
use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaField, MetaType, MetaTypeId, Registry};
use async_graphql::resolver_utils::ContainerType;
use async_graphql::{
    Context, ContextSelectionSet, InterfaceType, MergedObject, OutputType, Positioned,
    ServerResult, Value,
};
use futures_util::future::BoxFuture;
use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

/// A processo as the interface `Processo`.
pub enum ProcessoNode {
    Apuracao(ProcessoApuracao),
    Execucao(ProcessoExecucao),
}

/// The interface has the fields that both types have, so it takes them from there. async-graphql's
/// macro would want each of them, with its arguments and descriptions, a second time.
fn fields_of<T: OutputType>(registry: &mut Registry) -> IndexMap<String, MetaField> {
    match registry.create_fake_output_type::<T>() {
        MetaType::Object { fields, .. } => fields,
        _ => IndexMap::new(),
    }
}

impl OutputType for ProcessoNode {
    fn type_name() -> Cow<'static, str> {
        "Processo".into()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        match self {
            Self::Apuracao(_) => ProcessoApuracao::type_name(),
            Self::Execucao(_) => ProcessoExecucao::type_name(),
        }
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Interface, |registry| {
            ProcessoApuracao::create_type_info(registry);
            ProcessoExecucao::create_type_info(registry);
            let types = [ProcessoApuracao::type_name(), ProcessoExecucao::type_name()];
            for name in &types {
                registry.add_implements(name, &Self::type_name());
            }
            let mut fields = fields_of::<CommonFields>(registry);
            // The type of this field differs: an execução always has a reference.
            let of_apuracao = fields_of::<ApuracaoFields>(registry).shift_remove_entry(REFERENCIA);
            let place = fields.get_index_of("magistrado").unwrap_or_default();
            fields.extend(of_apuracao);
            fields.move_index(fields.len() - 1, place);
            MetaType::Interface {
                name: Self::type_name().into_owned(),
                description: Some("Processo do sistema socioeducativo.".to_owned()),
                fields,
                possible_types: types.into_iter().map(Cow::into_owned).collect(),
                extends: false,
                keys: None,
                visible: None,
                inaccessible: false,
                tags: Vec::new(),
                rust_typename: Some(std::any::type_name::<Self>()),
                directive_invocations: Vec::new(),
                requires_scopes: Vec::new(),
            }
        })
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match self {
            Self::Apuracao(apuracao) => apuracao.resolve(ctx, field).await,
            Self::Execucao(execucao) => execucao.resolve(ctx, field).await,
        }
    }
}

const REFERENCIA: &str = "numeroReferencia";

impl ContainerType for ProcessoNode {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        match self {
            Self::Apuracao(apuracao) => apuracao.resolve_field(ctx).await,
            Self::Execucao(execucao) => execucao.resolve_field(ctx).await,
        }
    }
}

impl InterfaceType for ProcessoNode {}

impl From<Arc<Processo>> for ProcessoNode {
    fn from(row: Arc<Processo>) -> Self {
        let common = CommonFields(Arc::clone(&row));
        match row.tipo {
            TipoProcesso::Apuracao => Self::Apuracao(ProcessoApuracao(common, ApuracaoFields(row))),
            TipoProcesso::Execucao => Self::Execucao(ProcessoExecucao(common, ExecucaoFields(row))),
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

// The interface `Node` calls `id` as a method of each type. `Deref` finds it.
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
