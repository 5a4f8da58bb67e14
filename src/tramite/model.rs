use super::rules::{ParteDoTramite, SituacaoTramite};
use super::{Nre, Protocolo, TipoDeProtocolo};
use crate::auth::Actor;
use crate::db::text_enum;
use crate::value::resource::{Resource, no_resources, resources};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz};
use serde::Serialize;
use std::fmt;

/// Identifies one trâmite: one movement of a processo.
pub type Idt = i64;

/// The address by which a client names an estrutura: a repository, and a number in that repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct EstruturaAddress {
    pub repositorio: i32,
    pub numero: String,
}

/// A unit of an órgão that sends and receives processos. Its name is public.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Estrutura {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Integer)]
    pub repositorio: i32,
    #[diesel(sql_type = Text)]
    pub numero: String,
    #[diesel(sql_type = Text)]
    pub nome: String,
    /// The tribunal whose systems act for this estrutura.
    #[diesel(sql_type = SmallInt)]
    pub tribunal_codigo: i16,
    #[diesel(sql_type = Bool)]
    pub ativa: bool,
    #[diesel(sql_type = Bool)]
    pub pode_enviar: bool,
    #[diesel(sql_type = Bool)]
    pub pode_receber: bool,
}

impl Estrutura {
    pub fn is_of_caller(&self, actor: &Actor, tribunal: i16) -> bool {
        self.tribunal_codigo == tribunal && actor.acts_for(self.repositorio, &self.numero)
    }
}

text_enum! {
    /// Motivo de uma recusa.
    pub enum MotivoRecusa {
        /// 01: formato de componente digital não suportado.
        FormatoNaoSuportado = "FORMATO_NAO_SUPORTADO",
        /// 02: componente digital corrompido.
        ComponenteCorrompido = "COMPONENTE_CORROMPIDO",
        /// 03: faltam componentes digitais.
        FaltaDeComponentes = "FALTA_DE_COMPONENTES",
        /// 04: espécie documental não mapeada no destino.
        EspecieNaoMapeada = "ESPECIE_NAO_MAPEADA",
        /// 99: outro.
        Outro = "OUTRO",
    }
}

impl MotivoRecusa {
    /// The two-digit code that the REST API writes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FormatoNaoSuportado => "01",
            Self::ComponenteCorrompido => "02",
            Self::FaltaDeComponentes => "03",
            Self::EspecieNaoMapeada => "04",
            Self::Outro => "99",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|motivo| motivo.code() == code)
    }
}

text_enum! {
    /// Nível de sigilo.
    pub enum NivelDeSigilo {
        /// 1: público.
        Publico = "PUBLICO",
        /// 2: restrito.
        Restrito = "RESTRITO",
        /// 3: sigiloso.
        Sigiloso = "SIGILOSO",
    }
}

text_enum! {
    /// Motivo da urgência de um trâmite.
    pub enum MotivoDaUrgencia {
        /// 1: prioridade prevista em lei.
        PrioridadeLegal = "PRIORIDADE_LEGAL",
        /// 2: cumprimento de decisão judicial.
        DecisaoJudicial = "DECISAO_JUDICIAL",
        /// 3: risco de perecimento de direito.
        RiscoDePerecimentoDeDireito = "RISCO_DE_PERECIMENTO_DE_DIREITO",
        /// 4: risco de prescrição ou decadência.
        RiscoDePrescricaoOuDecadencia = "RISCO_DE_PRESCRICAO_OU_DECADENCIA",
        /// 5: interesse público relevante.
        InteressePublicoRelevante = "INTERESSE_PUBLICO_RELEVANTE",
    }
}

/// Gives an enum numeric codes from 1, in the order of its variants.
macro_rules! numbered {
    ($($name:ident)*) => {$(
        impl $name {
            pub fn code(self) -> i16 {
                Self::ALL.iter().zip(1..).find(|(value, _)| **value == self).map_or(0, |(_, n)| n)
            }

            pub fn from_code(code: i64) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| i64::from(value.code()) == code)
            }
        }
    )*};
}
numbered!(NivelDeSigilo MotivoDaUrgencia);

/// A trâmite, its registro eletrônico and the two órgãos, as one row.
#[derive(Clone, QueryableByName)]
pub struct Tramite {
    #[diesel(sql_type = BigInt)]
    pub idt: Idt,
    /// The transaction that inserted the row or, later, moved it to situação 2, in decimal digits.
    /// Together with `idt` it is the position in the feed.
    #[diesel(sql_type = Text)]
    pub xid: String,
    #[diesel(sql_type = Text)]
    pub nre: Nre,
    #[diesel(sql_type = Text)]
    pub protocolo: String,
    #[diesel(sql_type = Text)]
    pub protocolo_chave: String,
    #[diesel(sql_type = Text)]
    pub tipo_protocolo: TipoDeProtocolo,
    #[diesel(sql_type = Integer)]
    pub remetente_repositorio: i32,
    #[diesel(sql_type = Text)]
    pub remetente_numero: String,
    #[diesel(sql_type = Text)]
    pub remetente_nome: String,
    #[diesel(sql_type = SmallInt)]
    pub remetente_tribunal: i16,
    #[diesel(sql_type = Integer)]
    pub destinatario_repositorio: i32,
    #[diesel(sql_type = Text)]
    pub destinatario_numero: String,
    #[diesel(sql_type = Text)]
    pub destinatario_nome: String,
    #[diesel(sql_type = SmallInt)]
    pub destinatario_tribunal: i16,
    #[diesel(sql_type = SmallInt)]
    pub situacao: SituacaoTramite,
    #[diesel(sql_type = Bool)]
    pub devolucao: bool,
    /// Whether the sender gave the NRE.
    #[diesel(sql_type = Bool)]
    pub nre_informado: bool,
    #[diesel(sql_type = Text)]
    pub descricao: String,
    #[diesel(sql_type = SmallInt)]
    pub nivel_de_sigilo: i16,
    #[diesel(sql_type = Nullable<Text>)]
    pub hipotese_legal: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub processo_de_negocio: Option<String>,
    #[diesel(sql_type = Bool)]
    pub urgente: bool,
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub motivo_da_urgencia: Option<i16>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub data_de_retorno: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub metadados: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub data_de_recebimento: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub hash_da_assinatura: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub recibo_em: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub recibo_entregue_em: Option<DateTime<Utc>>,
    /// Whether the signature on the recibo matches the registered key of the destinatário. `None`
    /// until there is a recibo; `false` if no key is registered.
    #[diesel(sql_type = Nullable<Bool>)]
    pub recibo_assinado: Option<bool>,
    #[diesel(sql_type = Nullable<Text>)]
    pub motivo_recusa: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub justificativa: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub recusado_em: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ciencia_em: Option<DateTime<Utc>>,
    /// The time at which the last requested file arrived (situação 2).
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub completo_em: Option<DateTime<Utc>>,
    /// The time at which the destinatário fetched the metadata (situação 3).
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub metadados_em: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub criado_em: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub atualizado_em: DateTime<Utc>,
}

impl fmt::Debug for Tramite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tramite").field("idt", &self.idt).finish_non_exhaustive()
    }
}

impl Tramite {
    /// The party of the trâmite that `tribunal` is; `None` for an observer.
    pub fn party(&self, tribunal: Option<i16>) -> Option<ParteDoTramite> {
        match tribunal? {
            code if code == self.remetente_tribunal => Some(ParteDoTramite::Remetente),
            code if code == self.destinatario_tribunal => Some(ParteDoTramite::Destinatario),
            _ => None,
        }
    }

    /// Whether the actor acts for the estrutura of `party` in this trâmite.
    pub fn can_act(&self, actor: &Actor, party: ParteDoTramite) -> bool {
        match party {
            ParteDoTramite::Remetente => {
                actor.acts_for(self.remetente_repositorio, &self.remetente_numero)
            }
            ParteDoTramite::Destinatario => {
                actor.acts_for(self.destinatario_repositorio, &self.destinatario_numero)
            }
            ParteDoTramite::Solucao => false,
        }
    }
}

/// A registro eletrônico, as one of its parties sees it.
#[derive(Clone, QueryableByName)]
pub struct RegistroEletronico {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub nre: Nre,
    #[diesel(sql_type = Text)]
    pub protocolo: String,
    #[diesel(sql_type = Text)]
    pub protocolo_chave: String,
    #[diesel(sql_type = Text)]
    pub tipo_protocolo: TipoDeProtocolo,
    #[diesel(sql_type = Timestamptz)]
    pub criado_em: DateTime<Utc>,
}

impl RegistroEletronico {
    /// Whether `protocolo` is the registered one: the same number or, if `exact`, the same text.
    pub fn matches_protocolo(&self, protocolo: &Protocolo, exact: bool) -> bool {
        match exact {
            true => self.protocolo == protocolo.text(),
            false => self.protocolo_chave == protocolo.key(),
        }
    }
}

impl fmt::Debug for RegistroEletronico {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistroEletronico").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A situação that a trâmite entered, with the time and the party that caused it.
#[derive(Debug, Clone, QueryableByName)]
pub struct MudancaDeSituacao {
    #[diesel(sql_type = BigInt)]
    pub idt: Idt,
    #[diesel(sql_type = SmallInt)]
    pub situacao: SituacaoTramite,
    #[diesel(sql_type = Timestamptz)]
    pub ocorrida_em: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub por: ParteDoTramite,
}

resources!(
    Tramite => |tramite| Resource::Tramite(tramite.idt),
    RegistroEletronico => |registro| Resource::RegistroEletronico(registro.id),
);
// A change adds no resource to the audit entry, because the entry names the trâmite.
no_resources!(MudancaDeSituacao);
