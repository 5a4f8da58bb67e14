//! The decision table of a send: S0, A1 to A4, B1 to B7. The first row that matches applies, and
//! every combination of conditions has one.

use crate::db::text_enum;

text_enum! {
    /// Linha da tabela de decisão de um envio.
    pub enum LinhaDeDecisao {
        /// Entrada inválida ou estrutura inapta: recusado.
        S0 = "S0",
        /// Sem NRE, e o remetente já é parte: recusado, o NRE é informado.
        A1 = "A1",
        /// Sem NRE, e o destinatário já tem o protocolo: recusado, o NRE não é informado.
        A2 = "A2",
        /// Sem NRE, e os trâmites anteriores não se concluíram: aceito com o mesmo NRE.
        A3 = "A3",
        /// Sem NRE, primeiro trâmite: aceito, gera o NRE.
        A4 = "A4",
        /// NRE desconhecido ou alheio: recusado.
        B1 = "B1",
        /// O protocolo não é o registrado no NRE: recusado.
        B2 = "B2",
        /// Há trâmite em andamento: recusado.
        B3 = "B3",
        /// O processo está com outro órgão: recusado.
        B4 = "B4",
        /// O destinatário tem o protocolo fora deste NRE: recusado.
        B5 = "B5",
        /// O destinatário é parte do NRE: aceito, devolução.
        B6 = "B6",
        /// O destinatário não conhece o processo: aceito, segue com o mesmo NRE.
        B7 = "B7",
    }
}

impl LinhaDeDecisao {
    /// Whether the row reveals that the destinatário has a processo of which the sender is no
    /// party.
    pub const fn is_of_another_party(self) -> bool {
        matches!(self, Self::A2 | Self::B5)
    }
}

/// The inputs of the table. In the comments, O is the órgão that sends, D the órgão that would
/// receive, P the protocolo, and N the given NRE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditions {
    /// Whether the input is well formed, O belongs to the caller and may send, D may receive, and O
    /// and D differ.
    pub eligible: bool,
    pub nre: NreConditions,
    /// D has P, among its registros eletrônicos or among its processos on this server.
    pub destination_has_protocolo: bool,
}

/// The facts about the given NRE, or about the lack of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NreConditions {
    Absent {
        /// O's registro eletrônico of P, if O has one.
        origin: OriginRegistro,
    },
    Present {
        /// Whether N exists and O is a party of it.
        is_party: bool,
        /// Whether P is the number that is registered under N or, if the setting `protocolo_exato`
        /// is on, the registered text.
        protocolo_matches: bool,
        /// Whether a trâmite of N is in situação 1 to 5, or 8.
        em_andamento: bool,
        /// Whether another órgão holds the processo. Always false if the setting
        /// `exigir_processo_desbloqueado` is off.
        bloqueado: bool,
        /// Whether D is a party of N.
        destino_e_parte: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginRegistro {
    None,
    /// An NRE whose trâmites all ended in situação 7, 9 or 10: no órgão received the processo.
    Provisional,
    /// An NRE with a trâmite in progress, or one that a recibo or an inheritance confirmed.
    Firm,
}

/// The row that applies.
pub const fn linha(conditions: &Conditions) -> LinhaDeDecisao {
    use LinhaDeDecisao as L;
    if !conditions.eligible {
        return L::S0;
    }
    match conditions.nre {
        NreConditions::Absent { origin: OriginRegistro::Firm } => L::A1,
        NreConditions::Absent { .. } if conditions.destination_has_protocolo => L::A2,
        NreConditions::Absent { origin: OriginRegistro::Provisional } => L::A3,
        NreConditions::Absent { origin: OriginRegistro::None } => L::A4,
        NreConditions::Present { is_party: false, .. } => L::B1,
        NreConditions::Present { protocolo_matches: false, .. } => L::B2,
        NreConditions::Present { em_andamento: true, .. } => L::B3,
        NreConditions::Present { bloqueado: true, .. } => L::B4,
        NreConditions::Present { destino_e_parte: true, .. } => L::B6,
        NreConditions::Present { .. } if conditions.destination_has_protocolo => L::B5,
        NreConditions::Present { .. } => L::B7,
    }
}

impl LinhaDeDecisao {
    pub const fn accepts(self) -> bool {
        matches!(self, Self::A3 | Self::A4 | Self::B6 | Self::B7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LinhaDeDecisao as L;

    /// Every combination of the conditions.
    fn all() -> Vec<Conditions> {
        let yes_or_no = [false, true];
        let mut nres: Vec<NreConditions> =
            [OriginRegistro::None, OriginRegistro::Provisional, OriginRegistro::Firm]
                .map(|origin| NreConditions::Absent { origin })
                .to_vec();
        for bits in 0..32_u8 {
            let bit = |n: u8| bits >> n & 1 == 1;
            nres.push(NreConditions::Present {
                is_party: bit(0),
                protocolo_matches: bit(1),
                em_andamento: bit(2),
                bloqueado: bit(3),
                destino_e_parte: bit(4),
            });
        }
        let mut conditions = Vec::new();
        for nre in nres {
            for eligible in yes_or_no {
                for destination_has_protocolo in yes_or_no {
                    conditions.push(Conditions { eligible, nre, destination_has_protocolo });
                }
            }
        }
        conditions
    }

    /// The condition of each row as the specification writes it, independent of the other rows.
    fn matches(linha: L, c: Conditions) -> bool {
        let d = c.destination_has_protocolo;
        match (linha, c.nre) {
            (L::S0, _) => !c.eligible,
            (L::A1, NreConditions::Absent { origin }) => origin == OriginRegistro::Firm,
            (L::A2, NreConditions::Absent { .. }) => d,
            (L::A3, NreConditions::Absent { origin }) => origin == OriginRegistro::Provisional,
            (L::A4, NreConditions::Absent { origin }) => origin == OriginRegistro::None,
            (L::B1, NreConditions::Present { is_party, .. }) => !is_party,
            (L::B2, NreConditions::Present { protocolo_matches, .. }) => !protocolo_matches,
            (L::B3, NreConditions::Present { em_andamento, .. }) => em_andamento,
            (L::B4, NreConditions::Present { bloqueado, .. }) => bloqueado,
            (L::B5, NreConditions::Present { destino_e_parte, .. }) => d && !destino_e_parte,
            (L::B6, NreConditions::Present { destino_e_parte, .. }) => destino_e_parte,
            (L::B7, NreConditions::Present { destino_e_parte, .. }) => !d && !destino_e_parte,
            _ => false,
        }
    }

    #[test]
    fn a_primeira_linha_que_casa_vence_em_toda_combinacao() {
        let all = all();
        assert_eq!(all.len(), 140);
        for conditions in &all {
            let expected = L::ALL.iter().copied().find(|linha| matches(*linha, *conditions));
            assert_eq!(Some(linha(conditions)), expected, "{conditions:?}");
        }
        // Check that every row is reachable.
        for expected in L::ALL {
            assert!(all.iter().any(|conditions| linha(conditions) == *expected), "{expected:?}");
        }
    }

    const ELIGIBLE: Conditions = Conditions {
        eligible: true,
        nre: NreConditions::Absent { origin: OriginRegistro::None },
        destination_has_protocolo: false,
    };
    const FREE: NreConditions = NreConditions::Present {
        is_party: true,
        protocolo_matches: true,
        em_andamento: false,
        bloqueado: false,
        destino_e_parte: false,
    };

    fn with(nre: NreConditions, destination_has_protocolo: bool) -> L {
        linha(&Conditions { nre, destination_has_protocolo, ..ELIGIBLE })
    }

    fn absent(origin: OriginRegistro, destination_has_protocolo: bool) -> L {
        with(NreConditions::Absent { origin }, destination_has_protocolo)
    }

    #[test]
    fn s0_entrada_ou_estrutura_inapta() {
        assert_eq!(linha(&Conditions { eligible: false, ..ELIGIBLE }), L::S0);
    }

    #[test]
    fn a1_o_remetente_ja_e_parte() {
        assert_eq!(absent(OriginRegistro::Firm, false), L::A1);
        assert_eq!(absent(OriginRegistro::Firm, true), L::A1);
    }

    #[test]
    fn a2_o_destinatario_ja_tem_o_protocolo() {
        assert_eq!(absent(OriginRegistro::None, true), L::A2);
        assert_eq!(absent(OriginRegistro::Provisional, true), L::A2);
    }

    #[test]
    fn a3_os_anteriores_nao_se_concluiram() {
        assert_eq!(absent(OriginRegistro::Provisional, false), L::A3);
    }

    #[test]
    fn a4_primeiro_tramite() {
        assert_eq!(absent(OriginRegistro::None, false), L::A4);
    }

    #[test]
    fn b1_nre_desconhecido_ou_alheio() {
        let NreConditions::Present {
            protocolo_matches,
            em_andamento,
            bloqueado,
            destino_e_parte,
            ..
        } = FREE
        else {
            unreachable!()
        };
        let foreign = NreConditions::Present {
            is_party: false,
            protocolo_matches,
            em_andamento,
            bloqueado,
            destino_e_parte,
        };
        assert_eq!(with(foreign, true), L::B1);
    }

    fn present(change: impl FnOnce(&mut [bool; 4])) -> NreConditions {
        let mut bits = [true, false, false, false];
        change(&mut bits);
        let [protocolo_matches, em_andamento, bloqueado, destino_e_parte] = bits;
        NreConditions::Present {
            is_party: true,
            protocolo_matches,
            em_andamento,
            bloqueado,
            destino_e_parte,
        }
    }

    #[test]
    fn b2_outro_protocolo() {
        assert_eq!(with(present(|bits| bits[0] = false), false), L::B2);
    }

    #[test]
    fn b3_tramite_em_andamento() {
        assert_eq!(with(present(|bits| (bits[1], bits[2]) = (true, true)), false), L::B3);
    }

    #[test]
    fn b4_processo_com_outro_orgao() {
        assert_eq!(with(present(|bits| bits[2] = true), false), L::B4);
    }

    #[test]
    fn b5_o_destinatario_tem_o_protocolo_fora_deste_nre() {
        assert_eq!(with(FREE, true), L::B5);
    }

    #[test]
    fn b6_devolucao() {
        assert_eq!(with(present(|bits| bits[3] = true), true), L::B6);
    }

    #[test]
    fn b7_segue_adiante_com_o_mesmo_nre() {
        assert_eq!(with(FREE, false), L::B7);
    }
}
