use super::rules::{ParteDoTramite, SituacaoTramite};
use super::{Nre, Protocolo, TipoDeProtocolo};
use crate::auth::Ator;
use crate::db::texto_enum;
use crate::value::resource::{Recurso, recursos, sem_recursos};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz};
use serde::Serialize;
use std::fmt;

/// One movement of a processo.
pub type Idt = i64;

/// How a client names a unit: repository and number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct EnderecoDeEstrutura {
    pub repositorio: i32,
    pub numero: String,
}

/// A unit that sends and receives. Its name is public.
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
    /// Whose systems act for it.
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
    pub fn de_quem_chama(&self, ator: &Ator, tribunal: i16) -> bool {
        self.tribunal_codigo == tribunal && ator.age_por(self.repositorio, &self.numero)
    }
}

texto_enum! {
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
    /// As the REST routes write it.
    pub const fn codigo(self) -> &'static str {
        match self {
            Self::FormatoNaoSuportado => "01",
            Self::ComponenteCorrompido => "02",
            Self::FaltaDeComponentes => "03",
            Self::EspecieNaoMapeada => "04",
            Self::Outro => "99",
        }
    }

    pub fn de_codigo(codigo: &str) -> Option<Self> {
        Self::TODOS.iter().copied().find(|motivo| motivo.codigo() == codigo)
    }
}

texto_enum! {
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

texto_enum! {
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

/// Both are numbered from 1, in the order of their words.
macro_rules! numerado {
    ($($nome:ident)*) => {$(
        impl $nome {
            pub fn codigo(self) -> i16 {
                Self::TODOS.iter().zip(1..).find(|(valor, _)| **valor == self).map_or(0, |(_, n)| n)
            }

            pub fn de_codigo(codigo: i64) -> Option<Self> {
                Self::TODOS.iter().copied().find(|valor| i64::from(valor.codigo()) == codigo)
            }
        }
    )*};
}
numerado!(NivelDeSigilo MotivoDaUrgencia);

/// A trâmite, the processo it carries and the two órgãos, as one row.
#[derive(Clone, QueryableByName)]
pub struct Tramite {
    #[diesel(sql_type = BigInt)]
    pub idt: Idt,
    /// The transaction that wrote it, in digits; with `idt`, its place in the feed.
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
    /// The sender gave the NRE.
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
    /// The signature on the recibo agreed with the key of who sent it.
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
    /// The last file that was asked for had come (situação 2).
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub completo_em: Option<DateTime<Utc>>,
    /// The destinatário took the metadata (situação 3).
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
    /// Which party a tribunal is; none for who only looks on.
    pub fn parte(&self, tribunal: Option<i16>) -> Option<ParteDoTramite> {
        match tribunal? {
            codigo if codigo == self.remetente_tribunal => Some(ParteDoTramite::Remetente),
            codigo if codigo == self.destinatario_tribunal => Some(ParteDoTramite::Destinatario),
            _ => None,
        }
    }

    /// Whether the caller acts for the estrutura on that side.
    pub fn age(&self, ator: &Ator, parte: ParteDoTramite) -> bool {
        match parte {
            ParteDoTramite::Remetente => {
                ator.age_por(self.remetente_repositorio, &self.remetente_numero)
            }
            ParteDoTramite::Destinatario => {
                ator.age_por(self.destinatario_repositorio, &self.destinatario_numero)
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
    /// The protocolo is the one registered: the same number or, if `exato`, the same letters.
    pub fn nomeia(&self, protocolo: &Protocolo, exato: bool) -> bool {
        match exato {
            true => self.protocolo == protocolo.texto(),
            false => self.protocolo_chave == protocolo.chave(),
        }
    }
}

impl fmt::Debug for RegistroEletronico {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistroEletronico").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A situação that a trâmite passed to.
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

recursos!(
    Tramite => |tramite| Recurso::Tramite(tramite.idt),
    RegistroEletronico => |registro| Recurso::RegistroEletronico(registro.id),
);
// Parts of a trâmite.
sem_recursos!(MudancaDeSituacao);
