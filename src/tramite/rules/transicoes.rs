//! The state machine of a trâmite: the steps that each situação admits, and the party that takes
//! each step.

use crate::db::text_enum;

text_enum! {
    /// Quem age num trâmite.
    pub enum ParteDoTramite {
        /// Órgão de origem.
        Remetente = "REMETENTE",
        /// Órgão de destino.
        Destinatario = "DESTINATARIO",
        /// Este servidor.
        Solucao = "SOLUCAO",
    }
}

text_enum! {
    /// O que uma parte pode fazer num trâmite.
    pub enum AcaoTramite {
        /// Destinatário: `receberTramite`.
        Receber = "RECEBER",
        /// Destinatário: `enviarRecibo`.
        EnviarRecibo = "ENVIAR_RECIBO",
        /// Remetente: `receberRecibo`.
        ReceberRecibo = "RECEBER_RECIBO",
        /// Destinatário: `recusarTramite`.
        Recusar = "RECUSAR",
        /// Remetente: `darCiencia`.
        DarCiencia = "DAR_CIENCIA",
        /// Remetente: `cancelarTramite`.
        Cancelar = "CANCELAR",
    }
}

/// Situação de um trâmite. Em andamento: 1 a 5 e 8.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    async_graphql::Enum,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::SmallInt)]
pub enum SituacaoTramite {
    /// 1: a Solução tem os metadados e espera os arquivos.
    AguardandoComponentes,
    /// 2: à espera do destinatário.
    ComponentesRecebidosSolucao,
    /// 3: o destinatário recebeu os metadados.
    MetadadosRecebidosDestinatario,
    /// 4: o destinatário tem tudo; falta o recibo.
    ComponentesRecebidosDestinatario,
    /// 5: recibo enviado; falta o remetente recebê-lo.
    ReciboRecebidoSolucao,
    /// 6: realizado (final).
    ReciboRecebidoRemetente,
    /// 7: cancelado pelo remetente (final).
    Cancelado,
    /// 8: recusado; falta a ciência do remetente.
    RecusadoAguardandoCiencia,
    /// 9: recusado e ciente (final).
    RecusadoCiente,
    /// 10: cancelado pelo servidor, por ficar parado numa das situações 1 a 4 (final).
    CanceladoAutomaticamente,
}

crate::db::columns_hold!(SituacaoTramite as diesel::sql_types::SmallInt);

use SituacaoTramite as S;

/// A transition of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The last requested componente has arrived.
    CompletarEnvio,
    ReceberMetadados,
    /// The destinatário has all componentes.
    CompletarRecebimento,
    EnviarRecibo,
    ReceberRecibo,
    Recusar,
    DarCiencia,
    Cancelar,
    /// The trâmite has not advanced within its prazo.
    Expirar,
}

impl Step {
    pub const ALL: [Self; 9] = [
        Self::CompletarEnvio,
        Self::ReceberMetadados,
        Self::CompletarRecebimento,
        Self::EnviarRecibo,
        Self::ReceberRecibo,
        Self::Recusar,
        Self::DarCiencia,
        Self::Cancelar,
        Self::Expirar,
    ];

    /// The party that takes the step.
    pub const fn owner(self) -> ParteDoTramite {
        match self {
            Self::CompletarEnvio | Self::ReceberRecibo | Self::DarCiencia | Self::Cancelar => {
                ParteDoTramite::Remetente
            }
            Self::ReceberMetadados
            | Self::CompletarRecebimento
            | Self::EnviarRecibo
            | Self::Recusar => ParteDoTramite::Destinatario,
            Self::Expirar => ParteDoTramite::Solucao,
        }
    }

    /// The party that the history names for the step. This server records that all files have
    /// arrived, although the remetente uploads them.
    pub const fn recorded_by(self) -> ParteDoTramite {
        match self {
            Self::CompletarEnvio => ParteDoTramite::Solucao,
            other => other.owner(),
        }
    }
}

impl SituacaoTramite {
    pub const ALL: [Self; 10] = [
        Self::AguardandoComponentes,
        Self::ComponentesRecebidosSolucao,
        Self::MetadadosRecebidosDestinatario,
        Self::ComponentesRecebidosDestinatario,
        Self::ReciboRecebidoSolucao,
        Self::ReciboRecebidoRemetente,
        Self::Cancelado,
        Self::RecusadoAguardandoCiencia,
        Self::RecusadoCiente,
        Self::CanceladoAutomaticamente,
    ];

    /// The code that the REST API uses, 1 to 10.
    pub const fn code(self) -> i16 {
        match self {
            S::AguardandoComponentes => 1,
            S::ComponentesRecebidosSolucao => 2,
            S::MetadadosRecebidosDestinatario => 3,
            S::ComponentesRecebidosDestinatario => 4,
            S::ReciboRecebidoSolucao => 5,
            S::ReciboRecebidoRemetente => 6,
            S::Cancelado => 7,
            S::RecusadoAguardandoCiencia => 8,
            S::RecusadoCiente => 9,
            S::CanceladoAutomaticamente => 10,
        }
    }

    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|situacao| situacao.code() == code)
    }

    pub const fn em_andamento(self) -> bool {
        !matches!(
            self,
            S::ReciboRecebidoRemetente
                | S::Cancelado
                | S::RecusadoCiente
                | S::CanceladoAutomaticamente
        )
    }

    /// The situação after `step`.
    ///
    /// # Errors
    /// Returns the current situação if it does not admit the step.
    pub const fn advance(self, step: Step) -> Result<Self, Self> {
        let next = match (self, step) {
            (S::AguardandoComponentes, Step::CompletarEnvio) => S::ComponentesRecebidosSolucao,
            (S::ComponentesRecebidosSolucao, Step::ReceberMetadados) => {
                S::MetadadosRecebidosDestinatario
            }
            (S::MetadadosRecebidosDestinatario, Step::CompletarRecebimento) => {
                S::ComponentesRecebidosDestinatario
            }
            (S::ComponentesRecebidosDestinatario, Step::EnviarRecibo) => S::ReciboRecebidoSolucao,
            (S::ReciboRecebidoSolucao, Step::ReceberRecibo) => S::ReciboRecebidoRemetente,
            (
                S::ComponentesRecebidosSolucao
                | S::MetadadosRecebidosDestinatario
                | S::ComponentesRecebidosDestinatario,
                Step::Recusar,
            ) => S::RecusadoAguardandoCiencia,
            (S::RecusadoAguardandoCiencia, Step::DarCiencia) => S::RecusadoCiente,
            (_, Step::Cancelar) if self.is_cancellable() => S::Cancelado,
            (_, Step::Expirar) if self.is_cancellable() => S::CanceladoAutomaticamente,
            _ => return Err(self),
        };
        Ok(next)
    }

    /// Whether the trâmite is in situação 1 to 4: the remetente may still cancel it, and it expires
    /// if it does not advance.
    pub const fn is_cancellable(self) -> bool {
        self.code() <= 4
    }

    /// Whether the destinatário may download files, also repeatedly: it has the metadata, and the
    /// server still keeps the files.
    pub const fn admits_download(self) -> bool {
        matches!(
            self,
            S::MetadadosRecebidosDestinatario
                | S::ComponentesRecebidosDestinatario
                | S::ReciboRecebidoSolucao
        )
    }

    /// The actions that a party may take now.
    pub fn actions(self, party: ParteDoTramite) -> Vec<AcaoTramite> {
        use AcaoTramite as A;
        [
            (A::Receber, Step::ReceberMetadados),
            (A::EnviarRecibo, Step::EnviarRecibo),
            (A::ReceberRecibo, Step::ReceberRecibo),
            (A::Recusar, Step::Recusar),
            (A::DarCiencia, Step::DarCiencia),
            (A::Cancelar, Step::Cancelar),
        ]
        .into_iter()
        .filter(|(_, step)| step.owner() == party && self.advance(*step).is_ok())
        .map(|(action, _)| action)
        .collect()
    }

    /// The next step that waits for a party. Situações 1, 3 and 4 count only when `all` is set: a
    /// party needs them only to resume after a crash.
    pub const fn pendencia(self, party: ParteDoTramite, all: bool) -> Option<AcaoTramite> {
        use ParteDoTramite::{Destinatario, Remetente};
        match (self, party) {
            (S::ReciboRecebidoSolucao, Remetente) => Some(AcaoTramite::ReceberRecibo),
            (S::RecusadoAguardandoCiencia, Remetente) => Some(AcaoTramite::DarCiencia),
            (S::ComponentesRecebidosSolucao, Destinatario) => Some(AcaoTramite::Receber),
            (S::AguardandoComponentes, Remetente) if all => Some(AcaoTramite::Cancelar),
            (S::MetadadosRecebidosDestinatario, Destinatario) if all => Some(AcaoTramite::Receber),
            (S::ComponentesRecebidosDestinatario, Destinatario) if all => {
                Some(AcaoTramite::EnviarRecibo)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares every pair of situação and step with the table of transitions.
    #[test]
    fn a_maquina_e_a_tabela() {
        let table = [
            (1, Step::CompletarEnvio, 2),
            (2, Step::ReceberMetadados, 3),
            (3, Step::CompletarRecebimento, 4),
            (4, Step::EnviarRecibo, 5),
            (5, Step::ReceberRecibo, 6),
            (2, Step::Recusar, 8),
            (3, Step::Recusar, 8),
            (4, Step::Recusar, 8),
            (8, Step::DarCiencia, 9),
            (1, Step::Cancelar, 7),
            (2, Step::Cancelar, 7),
            (3, Step::Cancelar, 7),
            (4, Step::Cancelar, 7),
            (1, Step::Expirar, 10),
            (2, Step::Expirar, 10),
            (3, Step::Expirar, 10),
            (4, Step::Expirar, 10),
        ];
        for situacao in S::ALL {
            for step in Step::ALL {
                let expected =
                    table.iter().find(|(from, p, _)| (*from, *p) == (situacao.code(), step));
                let expected = expected.map(|(_, _, to)| *to).ok_or(situacao.code());
                let passed = situacao.advance(step).map(S::code).map_err(S::code);
                assert_eq!(passed, expected, "{situacao:?} {step:?}");
            }
        }
    }

    #[test]
    fn o_que_acabou_nao_admite_passo_nenhum() {
        for situacao in S::ALL {
            let admits = Step::ALL.iter().any(|step| situacao.advance(*step).is_ok());
            assert_eq!(admits, situacao.em_andamento(), "{situacao:?}");
            assert_eq!(S::from_code(situacao.code()), Some(situacao));
        }
    }

    #[test]
    fn pendencias_de_cada_parte() {
        use ParteDoTramite::{Destinatario, Remetente};
        let from = |party, all| -> Vec<i16> {
            S::ALL.iter().filter(|s| s.pendencia(party, all).is_some()).map(|s| s.code()).collect()
        };
        assert_eq!((from(Remetente, false), from(Remetente, true)), (vec![5, 8], vec![1, 5, 8]));
        assert_eq!((from(Destinatario, false), from(Destinatario, true)), (vec![2], vec![2, 3, 4]));
    }
}
