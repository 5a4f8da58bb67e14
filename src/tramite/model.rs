use super::rules::{ParteDoTramite, SituacaoTramite};
use super::{Nre, Protocolo, TipoDeProtocolo};
use crate::auth::Actor;
use crate::db::{row, text_enum};
use crate::value::resource::{Resource, no_resources, resources};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
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

row! {
    columns estrutura_columns of "e";

    /// A unit of an órgão that sends and receives processos. Its name is public.
    #[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
    pub struct Estrutura {
        pub id: i64,
        pub repositorio: i32,
        pub numero: String,
        pub nome: String,
        /// The tribunal whose systems act for this estrutura.
        pub tribunal_codigo: i16,
        pub ativa: bool,
        pub pode_enviar: bool,
        pub pode_receber: bool,
    }
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

row! {
    columns tramite_columns of "t";

    /// A trâmite, its registro eletrônico and the two órgãos, as one row.
    #[derive(Clone, QueryableByName)]
    pub struct Tramite {
        pub idt: Idt,
        /// The transaction that inserted the row or, later, moved it to situação 2, in decimal digits.
        /// Together with `idt` it is the position in the feed.
        pub xid: String = "t.xid::text",
        pub nre: Nre,
        pub protocolo: String = "g.protocolo",
        pub protocolo_chave: String = "g.protocolo_chave",
        pub tipo_protocolo: TipoDeProtocolo = "g.tipo_protocolo",
        pub remetente_repositorio: i32 = "r.repositorio",
        pub remetente_numero: String = "r.numero",
        pub remetente_nome: String = "r.nome",
        pub remetente_tribunal: i16,
        pub destinatario_repositorio: i32 = "d.repositorio",
        pub destinatario_numero: String = "d.numero",
        pub destinatario_nome: String = "d.nome",
        pub destinatario_tribunal: i16,
        pub situacao: SituacaoTramite,
        pub devolucao: bool,
        /// Whether the sender gave the NRE.
        pub nre_informado: bool,
        pub descricao: String,
        pub nivel_de_sigilo: i16,
        pub hipotese_legal: Option<String>,
        pub processo_de_negocio: Option<String>,
        pub urgente: bool,
        pub motivo_da_urgencia: Option<i16>,
        pub data_de_retorno: Option<DateTime<Utc>>,
        pub metadados: Option<String>,
        pub data_de_recebimento: Option<DateTime<Utc>>,
        pub hash_da_assinatura: Option<String>,
        pub recibo_em: Option<DateTime<Utc>>,
        pub recibo_entregue_em: Option<DateTime<Utc>>,
        /// Whether the signature on the recibo matches the registered key of the destinatário. `None`
        /// until there is a recibo; `false` if no key is registered.
        pub recibo_assinado: Option<bool>,
        pub motivo_recusa: Option<String>,
        pub justificativa: Option<String>,
        pub recusado_em: Option<DateTime<Utc>>,
        pub ciencia_em: Option<DateTime<Utc>>,
        /// The time at which the last requested file arrived (situação 2).
        pub completo_em: Option<DateTime<Utc>>,
        /// The time at which the destinatário fetched the metadata (situação 3).
        pub metadados_em: Option<DateTime<Utc>>,
        pub criado_em: DateTime<Utc>,
        pub atualizado_em: DateTime<Utc>,
    }
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

row! {
    columns registro_columns of "g";

    /// A registro eletrônico, as one of its parties sees it.
    #[derive(Clone, QueryableByName)]
    pub struct RegistroEletronico {
        pub id: i64,
        pub nre: Nre,
        pub protocolo: String,
        pub protocolo_chave: String,
        pub tipo_protocolo: TipoDeProtocolo,
        pub criado_em: DateTime<Utc>,
    }
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

row! {
    columns mudanca_columns of "m";

    /// A situação that a trâmite entered, with the time and the party that caused it.
    #[derive(Debug, Clone, QueryableByName)]
    pub struct MudancaDeSituacao {
        pub idt: Idt,
        pub situacao: SituacaoTramite,
        pub ocorrida_em: DateTime<Utc>,
        pub por: ParteDoTramite,
    }
}

resources!(
    Tramite => |tramite| Resource::Tramite(tramite.idt),
    RegistroEletronico => |registro| Resource::RegistroEletronico(registro.id),
);
// A change adds no resource to the audit entry, because the entry names the trâmite.
no_resources!(MudancaDeSituacao);
