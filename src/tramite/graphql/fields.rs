//! The fields of a trâmite.

use super::registro::RegistroNode;
use crate::Result;
use crate::catalogo::graphql::EstruturaNode;
use crate::graphql_types::connection::{Edge, connections};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::field_error::{Fallible, FieldError};
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::json::ToJson;
use crate::graphql_types::object::object;
use crate::graphql_types::scalars::Timestamp;
use crate::processo::graphql::ProcessoNode;
use crate::processo::store::ProcessoByNumero;
use crate::tramite::rules::{AcaoTramite, ParteDoTramite, SituacaoTramite};
use crate::tramite::store::{HistoricoOf, RegistroOf, Tramites};
use crate::tramite::{
    EstruturaAddress, Idt, MotivoDaUrgencia, MotivoRecusa, MudancaDeSituacao, NivelDeSigilo, Nre,
    TipoDeProtocolo, Tramite,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::Duration;
use std::sync::Arc;

pub struct TramiteNode(pub Arc<Tramite>);

object! {
    /// Trâmite: um movimento de um processo entre dois órgãos.
    #[Object(name = "Tramite")]
    impl TramiteNode as this {
        fields {
            /// Identificador global, opaco e estável.
            pub id: ID = GlobalId::Tramite(this.0.idt).into();
            /// Identificação do trâmite (IDT), um por movimento; o número das rotas REST.
            idt: ID = this.0.idt.into();
            /// Posição no fluxo de trâmites; devolva em `tramiteRecebido(desde:)`.
            cursor: String = format!("{}-{}", this.0.xid, this.0.idt);
            /// NRE do processo.
            nre: &Nre = &this.0.nre;
            /// Protocolo, na grafia registrada primeiro.
            protocolo: &str = &this.0.protocolo;
            /// Numeração que o protocolo segue.
            tipo_de_protocolo: TipoDeProtocolo = this.0.tipo_protocolo;
            /// Situação atual.
            situacao: SituacaoTramite = this.0.situacao;
            /// A situação em número, de 1 a 10, como nas rotas REST.
            codigo_situacao: i32 = this.0.situacao.code().into();
            /// O destinatário já tinha o processo por este NRE (linha B6).
            devolucao: bool = this.0.devolucao;
        }
        functions {
            /// Origem.
            async fn remetente(&self) -> EstruturaNode {
                let tramite = &self.0;
                let address = EstruturaAddress {
                    repositorio: tramite.remetente_repositorio,
                    numero: tramite.remetente_numero.clone(),
                };
                EstruturaNode::named(address, &tramite.remetente_nome, tramite.remetente_tribunal)
            }

            /// Destino.
            async fn destinatario(&self) -> EstruturaNode {
                let tramite = &self.0;
                let address = EstruturaAddress {
                    repositorio: tramite.destinatario_repositorio,
                    numero: tramite.destinatario_numero.clone(),
                };
                EstruturaNode::named(address, &tramite.destinatario_nome, tramite.destinatario_tribunal)
            }

            /// Situações por que passou, da primeira à atual.
            async fn historico(&self, ctx: &Context<'_>) -> Fallible<Vec<MudancaNode>> {
                changes(ctx, self.0.idt).await
            }

            /// O mesmo que `historico`, com o nome das rotas REST.
            async fn mudancas_de_situacao(&self, ctx: &Context<'_>) -> Fallible<Vec<MudancaNode>> {
                changes(ctx, self.0.idt).await
            }

            /// O que quem chama pode fazer agora.
            async fn acoes_possiveis(&self, ctx: &Context<'_>) -> Vec<AcaoTramite> {
                let party = self.0.party(ctx.actor().tribunal());
                let party = party.filter(|&party| self.0.can_act(ctx.actor(), party));
                party.map(|party| self.0.situacao.actions(party)).unwrap_or_default()
            }

            /// Quando o servidor cancela o trâmite, se ele não sair da situação em que está, uma das situações 1 a 4 (em 8 dias, ou no prazo configurado); nulo nas outras.
            async fn expira_em(&self, ctx: &Context<'_>) -> Option<Timestamp> {
                let prazo = Duration::days(ctx.app().rules.prazo_do_tramite.into());
                self.0.situacao.is_cancellable().then(|| (self.0.atualizado_em + prazo).into())
            }

            /// Ticket para envio de componentes digitais; só para o remetente, na situação 1.
            async fn ticket(&self, ctx: &Context<'_>) -> Option<String> {
                let remetente = self.0.party(ctx.actor().tribunal()) == Some(ParteDoTramite::Remetente);
                let awaiting = self.0.situacao == SituacaoTramite::AguardandoComponentes;
                (remetente && awaiting).then(|| self.0.idt.to_string())
            }

            /// O que foi enviado; nulo para o destinatário até `receberTramite`.
            async fn metadados(&self, ctx: &Context<'_>) -> Option<MetadadosTramite> {
                let party = self.0.party(ctx.actor().tribunal());
                (party != Some(ParteDoTramite::Destinatario) || self.0.metadados_em.is_some())
                    .then(|| MetadadosTramite::from(self.0.as_ref()))
            }

            /// Recibo de conclusão, nas situações 5 e 6.
            async fn recibo(&self) -> Option<Recibo> {
                let tramite = &self.0;
                Some(Recibo {
                    data_de_recebimento: tramite.data_de_recebimento?.into(),
                    hash_da_assinatura: tramite.hash_da_assinatura.clone(),
                    registrado_em: tramite.recibo_em?.into(),
                    entregue_em: tramite.recibo_entregue_em.map(Timestamp),
                    assinado: tramite.recibo_assinado.unwrap_or(false),
                })
            }

            /// A recusa, nas situações 8 e 9.
            async fn recusa(&self) -> Option<RecusaNode> {
                let tramite = &self.0;
                Some(RecusaNode {
                    motivo: MotivoRecusa::from_code(tramite.motivo_recusa.as_deref()?)?,
                    justificativa: tramite.justificativa.clone()?,
                    registrada_em: tramite.recusado_em?.into(),
                    ciencia_em: tramite.ciencia_em.map(Timestamp),
                })
            }

            /// Registro eletrônico do processo.
            async fn registro(&self, ctx: &Context<'_>) -> Option<Result<RegistroNode>> {
                let found = ctx.loaders().load(RegistroOf::Nre(self.0.nre.clone())).await;
                found.map(|found| found.map(RegistroNode)).transpose()
            }

            /// O processo, quando o protocolo é um número CNJ visível aqui.
            async fn processo(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode>> {
                processo(ctx, self.0.tipo_protocolo, &self.0.protocolo_chave).await.transpose()
            }
        }
        fields {
            /// Registro do trâmite.
            criado_em: Timestamp = this.0.criado_em.into();
            /// Última mudança de situação.
            atualizado_em: Timestamp = this.0.atualizado_em.into();
        }
    }
}

async fn changes(ctx: &Context<'_>, idt: Idt) -> Fallible<Vec<MudancaNode>> {
    let historico = ctx.loaders().load(HistoricoOf(idt)).await;
    let historico = historico.map_err(|error| FieldError::at(ctx, error))?.unwrap_or_default();
    Ok(historico.iter().map(MudancaNode::from).collect())
}

/// The processo that a protocolo names, if it is a número CNJ and the caller sees such a processo
/// here.
pub async fn processo(
    ctx: &Context<'_>,
    tipo: TipoDeProtocolo,
    key: &str,
) -> Result<Option<ProcessoNode>> {
    let (TipoDeProtocolo::Cnj20, Ok(numero)) = (tipo, key.parse()) else { return Ok(None) };
    Ok(ctx.loaders().load(ProcessoByNumero(numero)).await?.map(ProcessoNode::from))
}

/// Passagem de um trâmite a uma situação.
#[derive(SimpleObject)]
#[graphql(name = "MudancaDeSituacao")]
pub struct MudancaNode {
    /// Situação a que passou.
    situacao: SituacaoTramite,
    /// Quando.
    ocorrida_em: Timestamp,
    /// Quem provocou.
    por: ParteDoTramite,
}

impl From<&MudancaDeSituacao> for MudancaNode {
    fn from(change: &MudancaDeSituacao) -> Self {
        let &MudancaDeSituacao { situacao, ocorrida_em, por: by, .. } = change;
        Self { situacao, ocorrida_em: ocorrida_em.into(), por: by }
    }
}

/// Metadados do processo enviado.
#[derive(SimpleObject)]
pub struct MetadadosTramite {
    /// Descrição, 1 a 1500 caracteres.
    descricao: String,
    /// Nível de sigilo.
    nivel_de_sigilo: NivelDeSigilo,
    /// Base legal do sigilo.
    hipotese_legal: Option<String>,
    /// Tipo de processo na origem.
    processo_de_negocio: Option<String>,
    /// Urgente.
    urgente: bool,
    /// Motivo da urgência.
    motivo_da_urgencia: Option<MotivoDaUrgencia>,
    /// Retorno esperado.
    data_de_retorno: Option<Timestamp>,
}

impl From<&Tramite> for MetadadosTramite {
    fn from(tramite: &Tramite) -> Self {
        let sigilo = NivelDeSigilo::from_code(tramite.nivel_de_sigilo.into());
        Self {
            descricao: tramite.descricao.clone(),
            nivel_de_sigilo: sigilo.unwrap_or(NivelDeSigilo::Sigiloso),
            hipotese_legal: tramite.hipotese_legal.clone(),
            processo_de_negocio: tramite.processo_de_negocio.clone(),
            urgente: tramite.urgente,
            motivo_da_urgencia: tramite
                .motivo_da_urgencia
                .and_then(|code| MotivoDaUrgencia::from_code(code.into())),
            data_de_retorno: tramite.data_de_retorno.map(Timestamp),
        }
    }
}

/// Recibo de conclusão de trâmite.
#[derive(SimpleObject)]
pub struct Recibo {
    /// Recebimento declarado pelo destinatário, em segundos inteiros.
    data_de_recebimento: Timestamp,
    /// Assinatura do destinatário, em base64, se enviada.
    hash_da_assinatura: Option<String>,
    /// Chegada ao servidor (situação 5).
    registrado_em: Timestamp,
    /// Entrega ao remetente (situação 6); nulo até então.
    entregue_em: Option<Timestamp>,
    /// A assinatura foi conferida com a chave registrada da estrutura; sem chave registrada, falso.
    assinado: bool,
}

/// Recusa de um trâmite.
#[derive(SimpleObject)]
#[graphql(name = "Recusa")]
pub struct RecusaNode {
    /// Motivo.
    motivo: MotivoRecusa,
    /// Justificativa, 1 a 1000 caracteres.
    justificativa: String,
    /// Quando recusou.
    registrada_em: Timestamp,
    /// Quando o remetente tomou ciência (situação 9); nulo até então.
    ciencia_em: Option<Timestamp>,
}

impl ToJson for TramiteNode {}

connections! {
    Tramites as "TramiteConnection" of Edge "TramiteEdge": |row| TramiteNode = TramiteNode(Arc::clone(row));
}
