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
use crate::graphql_types::object::object;
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

object! {
    /// Guia: ordem judicial de uma medida.
    #[Object(name = "Guia")]
    impl GuiaNode as this {
        fields {
            /// Identificador global, opaco e estável.
            pub id: ID = GlobalId::Guia(this.0.id.0).into();
            /// Número, 12 dígitos: AAAAMMDD e sequência de 4.
            numero: String = this.0.numero.to_string();
            /// Espécie.
            tipo: TipoGuia = this.0.tipo;
            /// Situação.
            situacao: SituacaoGuia = this.0.situacao;
            /// Motivo da baixa, se informado.
            motivo_baixa: Option<MotivoBaixaGuia> = this.0.motivo_baixa;
            /// Quando foi baixada; nulo enquanto ativa.
            baixada_em: Option<Timestamp> = this.0.baixada_em.map(Timestamp);
            /// Primeiro dia em que a medida já não pode vigorar: o fim do prazo da sanção, e nunca depois dos 21 anos (R26); nulo se não se conhece nem um nem outro.
            vence_em: Option<Date> = this.0.vence_em().map(Date);
        }
        functions {
            /// Ainda ativa, embora vencida (R26).
            async fn vencida(&self, ctx: &Context<'_>) -> bool {
                self.0.vencida(time::day((ctx.app().now)()))
            }
        }
        fields {
            /// Ato que deu origem.
            origem: Option<OrigemGuia> = this.0.origem;
            /// Emissão.
            emitida_em: Timestamp = this.0.criado_em.into();
        }
        functions {
            /// Tribunal.
            async fn tribunal(&self) -> Result<Tribunal> {
                Tribunal::from_row(self.0.tribunal_codigo)
            }
        }
        fields {
            /// Magistrado.
            magistrado: ResponsavelNode = ResponsavelNode::with_cpf(this.0.magistrado_nome.as_ref(), &this.0.magistrado_cpf);
            /// Serventuário.
            serventuario: ResponsavelNode = ResponsavelNode::with_cpf(this.0.serventuario_nome.as_ref(), &this.0.serventuario_cpf);
            /// Cargo do serventuário.
            serventuario_cargo: &str = &this.0.serventuario_cargo;
            /// Código TPU da medida, só dígitos.
            codigo_tpu_medida: &str = &this.0.codigo_tpu_medida;
            /// Texto da medida; nulo se o código não é dos conhecidos.
            medida: Option<&str> = this.0.medida();
            /// Sentença (provisória e definitiva).
            data_sentenca: Option<Date> = this.0.data_sentenca.map(Date);
            /// Houve internação (provisória).
            houve_internacao: Option<bool> = this.0.houve_internacao;
            /// Início da internação (provisória).
            data_inicio_internacao: Option<Date> = this.0.data_inicio_internacao.map(Date);
            /// Fim da internação (provisória).
            data_fim_internacao: Option<Date> = this.0.data_fim_internacao.map(Date);
            /// Trânsito em julgado (definitiva).
            data_transito_julgado: Option<Date> = this.0.data_transito_julgado.map(Date);
            /// Prazo em dias (internação-sanção).
            prazo: Option<i32> = this.0.prazo;
            /// Decisão que impôs a sanção ou unificou as medidas (internação-sanção e unificadora).
            data_decisao: Option<Date> = this.0.data_decisao.map(Date);
            /// Medida resultante (unificadora).
            medida_resultante_unificacao: Option<&str> = this.0.medida_resultante.as_deref();
        }
        functions {
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
        }
        fields {
            /// Cadastro.
            criado_em: Timestamp = this.0.criado_em.into();
            /// Última alteração.
            atualizado_em: Timestamp = this.0.atualizado_em.into();
            /// Cresce a cada alteração; devolva em `versaoEsperada`.
            versao: i32 = this.0.versao;
        }
    }
}

async fn processo(ctx: &Context<'_>, id: Option<ProcessoId>) -> Result<Option<ProcessoNode>> {
    let Some(id) = id else { return Ok(None) };
    Ok(ctx.loaders().load(ProcessoById(id)).await?.map(ProcessoNode::from))
}

pub struct AtoNode(AtoInfracional);

object! {
    /// Ato infracional de uma guia.
    #[Object(name = "AtoInfracional")]
    impl AtoNode as this {
        fields {
            /// Código TPU, só dígitos.
            codigo_tpu: &str = &this.0.codigo_tpu;
            /// Descrição.
            descricao: Option<&str> = this.0.descricao.as_deref();
            /// Local do fato.
            local_fato: Option<&str> = this.0.local_fato.as_deref();
            /// Data do fato.
            data_fato: Option<Date> = this.0.data_fato.map(Date);
        }
    }
}

pub struct DocumentoNode(Documento);

object! {
    /// Documento que instrui uma guia.
    #[Object(name = "DocumentoDaGuia")]
    impl DocumentoNode as this {
        fields {
            /// Tipo, da lista fechada da PSE, por exemplo `Cópia da representação`.
            tipo_documento: &str = &this.0.tipo;
            /// Identificador do documento nos autos.
            identificador_doc_autos: Option<&str> = this.0.identificador_autos.as_deref();
        }
    }
}

impl ToJson for GuiaNode {}

connections! {
    GuiasOf as "GuiaConnection" of Edge "GuiaEdge": |row| GuiaNode = GuiaNode(Arc::clone(row));
}
