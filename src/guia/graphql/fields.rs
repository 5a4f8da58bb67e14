//! The fields of a guia.

use crate::Result;
use crate::adolescente::graphql::AdolescenteNode;
use crate::adolescente::store::AdolescenteById;
use crate::graphql_types::connection::{Edge, connections};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::ListSize;
use crate::graphql_types::field_error::{Fallible, FieldError};
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::json::ToJson;
use crate::graphql_types::scalars::{Date, Timestamp};
use crate::guia::store::{AtosOf, DocumentosOf, GuiasOf, UnificadasBy};
use crate::guia::{
    AtoInfracional, Documento, Guia, MotivoBaixaGuia, OrigemGuia, SituacaoGuia, TipoGuia,
};
use crate::processo::ProcessoId;
use crate::processo::graphql::{
    ByName, ProcessoApuracao, ProcessoExecucao, ProcessoNode, ResponsavelNode,
};
use crate::processo::store::ProcessoById;
use crate::value::time;
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

pub struct GuiaNode(pub Arc<Guia>);

/// Guia: ordem judicial de uma medida.
#[Object(name = "Guia")]
impl GuiaNode {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::Guia(self.0.id.0).into()
    }

    /// Número, 12 dígitos: AAAAMMDD e sequência de 4.
    async fn numero(&self) -> String {
        self.0.numero.to_string()
    }

    /// Espécie.
    async fn tipo(&self) -> TipoGuia {
        self.0.tipo
    }

    /// Situação.
    async fn situacao(&self) -> SituacaoGuia {
        self.0.situacao
    }

    /// Motivo da baixa, se informado.
    async fn motivo_baixa(&self) -> Option<MotivoBaixaGuia> {
        self.0.motivo_baixa
    }

    /// Quando foi baixada; nulo enquanto ativa.
    async fn baixada_em(&self) -> Option<Timestamp> {
        self.0.baixada_em.map(Timestamp)
    }

    /// Primeiro dia em que a medida já não pode vigorar: o fim do prazo da sanção, e nunca depois dos 21 anos (R26).
    async fn vence_em(&self) -> Option<Date> {
        self.0.vence_em().map(Date)
    }

    /// Ainda ativa, embora vencida (R26).
    async fn vencida(&self, ctx: &Context<'_>) -> bool {
        self.0.vencida(time::day((ctx.app().now)()))
    }

    /// Ato que deu origem.
    async fn origem(&self) -> Option<OrigemGuia> {
        self.0.origem
    }

    /// Emissão.
    async fn emitida_em(&self) -> Timestamp {
        self.0.criado_em.into()
    }

    /// Tribunal.
    async fn tribunal(&self) -> Result<Tribunal> {
        Tribunal::from_row(self.0.tribunal_codigo)
    }

    /// Magistrado.
    async fn magistrado(&self) -> ResponsavelNode {
        ResponsavelNode::with_cpf(self.0.magistrado_nome.as_ref(), &self.0.magistrado_cpf)
    }

    /// Serventuário.
    async fn serventuario(&self) -> ResponsavelNode {
        ResponsavelNode::with_cpf(self.0.serventuario_nome.as_ref(), &self.0.serventuario_cpf)
    }

    /// Cargo do serventuário.
    async fn serventuario_cargo(&self) -> &str {
        &self.0.serventuario_cargo
    }

    /// Código TPU da medida, só dígitos.
    async fn codigo_tpu_medida(&self) -> &str {
        &self.0.codigo_tpu_medida
    }

    /// Texto da medida.
    async fn medida(&self) -> Option<&str> {
        self.0.medida()
    }

    /// Sentença (provisória e definitiva).
    async fn data_sentenca(&self) -> Option<Date> {
        self.0.data_sentenca.map(Date)
    }

    /// Houve internação (provisória).
    async fn houve_internacao(&self) -> Option<bool> {
        self.0.houve_internacao
    }

    /// Início da internação (provisória).
    async fn data_inicio_internacao(&self) -> Option<Date> {
        self.0.data_inicio_internacao.map(Date)
    }

    /// Fim da internação (provisória).
    async fn data_fim_internacao(&self) -> Option<Date> {
        self.0.data_fim_internacao.map(Date)
    }

    /// Trânsito em julgado (definitiva).
    async fn data_transito_julgado(&self) -> Option<Date> {
        self.0.data_transito_julgado.map(Date)
    }

    /// Prazo em dias (internação-sanção).
    async fn prazo(&self) -> Option<i32> {
        self.0.prazo
    }

    /// Decisão que impôs a sanção ou unificou as medidas (internação-sanção e unificadora).
    async fn data_decisao(&self) -> Option<Date> {
        self.0.data_decisao.map(Date)
    }

    /// Medida resultante (unificadora).
    async fn medida_resultante_unificacao(&self) -> Option<&str> {
        self.0.medida_resultante.as_deref()
    }

    /// Guias definitivas que esta unificou (unificadora).
    #[graphql(directive = ListSize::apply(Some(10), None, None, None))]
    async fn definitivas_unificadas(&self, ctx: &Context<'_>) -> Option<Result<Vec<GuiaNode>>> {
        if self.0.tipo != TipoGuia::Unificadora {
            return None;
        }
        let found = ctx.loaders().load(UnificadasBy(self.0.id)).await;
        let nodes = |guias: Vec<Arc<Guia>>| guias.into_iter().map(GuiaNode).collect();
        Some(found.map(|found| found.map(nodes).unwrap_or_default()))
    }

    /// Adolescente.
    async fn adolescente(&self, ctx: &Context<'_>) -> Option<Result<AdolescenteNode>> {
        let found = ctx.loaders().load(AdolescenteById(self.0.adolescente_id)).await;
        found.map(|found| found.map(AdolescenteNode::from)).transpose()
    }

    /// Processo de conhecimento; nulo na unificadora.
    async fn apuracao(&self, ctx: &Context<'_>) -> Option<Result<ByName<ProcessoApuracao>>> {
        let found = processo(ctx, self.0.apuracao_id).await;
        let apuracao = |node| match node {
            ProcessoNode::Apuracao(apuracao) => Some(ByName(apuracao)),
            ProcessoNode::Execucao(_) => None,
        };
        found.map(|found| found.and_then(apuracao)).transpose()
    }

    /// Processo de execução (internação-sanção e unificadora).
    async fn execucao(&self, ctx: &Context<'_>) -> Option<Result<ByName<ProcessoExecucao>>> {
        let found = processo(ctx, self.0.execucao_id).await;
        let execucao = |node| match node {
            ProcessoNode::Execucao(execucao) => Some(ByName(execucao)),
            ProcessoNode::Apuracao(_) => None,
        };
        found.map(|found| found.and_then(execucao)).transpose()
    }

    /// Atos infracionais; ao menos um.
    async fn atos_infracionais(&self, ctx: &Context<'_>) -> Fallible<Vec<AtoNode>> {
        let atos = ctx.loaders().load(AtosOf(self.0.id)).await;
        let atos = atos.map_err(|error| FieldError::at(ctx, error))?.unwrap_or_default();
        ctx.request().count_objects(atos.len()).map_err(|error| FieldError::at(ctx, error))?;
        Ok(atos.iter().cloned().map(AtoNode).collect())
    }

    /// Documentos que instruem a guia (provisória e definitiva).
    async fn documentos(&self, ctx: &Context<'_>) -> Fallible<Vec<DocumentoNode>> {
        let documentos = ctx.loaders().load(DocumentosOf(self.0.id)).await;
        let documentos =
            documentos.map_err(|error| FieldError::at(ctx, error))?.unwrap_or_default();
        ctx.request()
            .count_objects(documentos.len())
            .map_err(|error| FieldError::at(ctx, error))?;
        Ok(documentos.iter().cloned().map(DocumentoNode).collect())
    }

    /// Cadastro.
    async fn criado_em(&self) -> Timestamp {
        self.0.criado_em.into()
    }

    /// Última alteração.
    async fn atualizado_em(&self) -> Timestamp {
        self.0.atualizado_em.into()
    }

    /// Cresce a cada alteração; devolva em `versaoEsperada`.
    async fn versao(&self) -> i32 {
        self.0.versao
    }
}

async fn processo(ctx: &Context<'_>, id: Option<ProcessoId>) -> Result<Option<ProcessoNode>> {
    let Some(id) = id else { return Ok(None) };
    Ok(ctx.loaders().load(ProcessoById(id)).await?.map(ProcessoNode::from))
}

pub struct AtoNode(AtoInfracional);

/// Ato infracional de uma guia.
#[Object(name = "AtoInfracional")]
impl AtoNode {
    /// Código TPU, só dígitos.
    async fn codigo_tpu(&self) -> &str {
        &self.0.codigo_tpu
    }

    /// Descrição.
    async fn descricao(&self) -> Option<&str> {
        self.0.descricao.as_deref()
    }

    /// Local do fato.
    async fn local_fato(&self) -> Option<&str> {
        self.0.local_fato.as_deref()
    }

    /// Data do fato.
    async fn data_fato(&self) -> Option<Date> {
        self.0.data_fato.map(Date)
    }
}

pub struct DocumentoNode(Documento);

/// Documento que instrui uma guia.
#[Object(name = "DocumentoDaGuia")]
impl DocumentoNode {
    /// Tipo, da lista fechada da PSE, por exemplo `Cópia da representação`.
    async fn tipo_documento(&self) -> &str {
        &self.0.tipo
    }

    /// Identificador do documento nos autos.
    async fn identificador_doc_autos(&self) -> Option<&str> {
        self.0.identificador_autos.as_deref()
    }
}

impl ToJson for GuiaNode {}

connections! {
    GuiasOf as "GuiaConnection" of Edge "GuiaEdge": |row| GuiaNode = GuiaNode(Arc::clone(row));
}
