//! The state machine of a trâmite: which step each situação admits, and whose it is.

use crate::db::texto_enum;

texto_enum! {
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

texto_enum! {
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
    /// 10: parado demais em 1 a 4 (final).
    CanceladoAutomaticamente,
}

use SituacaoTramite as S;

/// One step of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passo {
    /// The last componente that was asked for has come.
    CompletarEnvio,
    ReceberMetadados,
    /// The destinatário has all componentes.
    CompletarRecebimento,
    EnviarRecibo,
    ReceberRecibo,
    Recusar,
    DarCiencia,
    Cancelar,
    /// The time of a trâmite that stands still is over.
    Expirar,
}

impl Passo {
    pub const TODOS: [Self; 9] = [
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

    /// Whose step it is.
    pub const fn de_quem(self) -> ParteDoTramite {
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

    /// Who is said to have taken it: that all files have come, this server says.
    pub const fn por_quem(self) -> ParteDoTramite {
        match self {
            Self::CompletarEnvio => ParteDoTramite::Solucao,
            outro => outro.de_quem(),
        }
    }
}

impl SituacaoTramite {
    pub const TODAS: [Self; 10] = [
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

    /// 1 to 10, as in the REST routes.
    pub const fn codigo(self) -> i16 {
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

    pub fn de_codigo(codigo: i16) -> Option<Self> {
        Self::TODAS.into_iter().find(|situacao| situacao.codigo() == codigo)
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

    /// The situação that follows; the one it was, when the step is not admitted.
    pub const fn passar(self, passo: Passo) -> Result<Self, Self> {
        let seguinte = match (self, passo) {
            (S::AguardandoComponentes, Passo::CompletarEnvio) => S::ComponentesRecebidosSolucao,
            (S::ComponentesRecebidosSolucao, Passo::ReceberMetadados) => {
                S::MetadadosRecebidosDestinatario
            }
            (S::MetadadosRecebidosDestinatario, Passo::CompletarRecebimento) => {
                S::ComponentesRecebidosDestinatario
            }
            (S::ComponentesRecebidosDestinatario, Passo::EnviarRecibo) => S::ReciboRecebidoSolucao,
            (S::ReciboRecebidoSolucao, Passo::ReceberRecibo) => S::ReciboRecebidoRemetente,
            (
                S::ComponentesRecebidosSolucao
                | S::MetadadosRecebidosDestinatario
                | S::ComponentesRecebidosDestinatario,
                Passo::Recusar,
            ) => S::RecusadoAguardandoCiencia,
            (S::RecusadoAguardandoCiencia, Passo::DarCiencia) => S::RecusadoCiente,
            (_, Passo::Cancelar) if self.parado() => S::Cancelado,
            (_, Passo::Expirar) if self.parado() => S::CanceladoAutomaticamente,
            _ => return Err(self),
        };
        Ok(seguinte)
    }

    /// 1 to 4: what the sender may still call back, and what expires.
    pub const fn parado(self) -> bool {
        self.codigo() <= 4
    }

    /// The destinatário may fetch files, again too: it has the metadata, and they are still here.
    pub const fn admite_baixar(self) -> bool {
        matches!(
            self,
            S::MetadadosRecebidosDestinatario
                | S::ComponentesRecebidosDestinatario
                | S::ReciboRecebidoSolucao
        )
    }

    /// What a party may do now.
    pub fn acoes(self, parte: ParteDoTramite) -> Vec<AcaoTramite> {
        use AcaoTramite as A;
        [
            (A::Receber, Passo::ReceberMetadados),
            (A::EnviarRecibo, Passo::EnviarRecibo),
            (A::ReceberRecibo, Passo::ReceberRecibo),
            (A::Recusar, Passo::Recusar),
            (A::DarCiencia, Passo::DarCiencia),
            (A::Cancelar, Passo::Cancelar),
        ]
        .into_iter()
        .filter(|(_, passo)| passo.de_quem() == parte && self.passar(*passo).is_ok())
        .map(|(acao, _)| acao)
        .collect()
    }

    /// The next step that waits for a party. What is only taken up again after a
    /// fall (1, 3 and 4) counts when `todas` are asked for.
    pub const fn pendencia(self, parte: ParteDoTramite, todas: bool) -> Option<AcaoTramite> {
        use ParteDoTramite::{Destinatario, Remetente};
        match (self, parte) {
            (S::ReciboRecebidoSolucao, Remetente) => Some(AcaoTramite::ReceberRecibo),
            (S::RecusadoAguardandoCiencia, Remetente) => Some(AcaoTramite::DarCiencia),
            (S::ComponentesRecebidosSolucao, Destinatario) => Some(AcaoTramite::Receber),
            (S::AguardandoComponentes, Remetente) if todas => Some(AcaoTramite::Cancelar),
            (S::MetadadosRecebidosDestinatario, Destinatario) if todas => {
                Some(AcaoTramite::Receber)
            }
            (S::ComponentesRecebidosDestinatario, Destinatario) if todas => {
                Some(AcaoTramite::EnviarRecibo)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of situação and step, as the table of transitions has them.
    #[test]
    fn a_maquina_e_a_tabela() {
        let tabela = [
            (1, Passo::CompletarEnvio, 2),
            (2, Passo::ReceberMetadados, 3),
            (3, Passo::CompletarRecebimento, 4),
            (4, Passo::EnviarRecibo, 5),
            (5, Passo::ReceberRecibo, 6),
            (2, Passo::Recusar, 8),
            (3, Passo::Recusar, 8),
            (4, Passo::Recusar, 8),
            (8, Passo::DarCiencia, 9),
            (1, Passo::Cancelar, 7),
            (2, Passo::Cancelar, 7),
            (3, Passo::Cancelar, 7),
            (4, Passo::Cancelar, 7),
            (1, Passo::Expirar, 10),
            (2, Passo::Expirar, 10),
            (3, Passo::Expirar, 10),
            (4, Passo::Expirar, 10),
        ];
        for situacao in S::TODAS {
            for passo in Passo::TODOS {
                let esperado =
                    tabela.iter().find(|(de, p, _)| (*de, *p) == (situacao.codigo(), passo));
                let esperado = esperado.map(|(_, _, para)| *para).ok_or(situacao.codigo());
                let passou = situacao.passar(passo).map(S::codigo).map_err(S::codigo);
                assert_eq!(passou, esperado, "{situacao:?} {passo:?}");
            }
        }
    }

    #[test]
    fn o_que_acabou_nao_admite_passo_nenhum() {
        for situacao in S::TODAS {
            let admite = Passo::TODOS.iter().any(|passo| situacao.passar(*passo).is_ok());
            assert_eq!(admite, situacao.em_andamento(), "{situacao:?}");
            assert_eq!(S::de_codigo(situacao.codigo()), Some(situacao));
        }
    }

    #[test]
    fn pendencias_de_cada_parte() {
        use ParteDoTramite::{Destinatario, Remetente};
        let de = |parte, todas| -> Vec<i16> {
            S::TODAS
                .iter()
                .filter(|s| s.pendencia(parte, todas).is_some())
                .map(|s| s.codigo())
                .collect()
        };
        assert_eq!((de(Remetente, false), de(Remetente, true)), (vec![5, 8], vec![1, 5, 8]));
        assert_eq!((de(Destinatario, false), de(Destinatario, true)), (vec![2], vec![2, 3, 4]));
    }
}
