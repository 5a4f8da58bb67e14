//! The decision table of a send: S0, A1 to A4, B1 to B7. The first row that
//! matches wins; every combination of conditions has one.

use crate::db::texto_enum;

texto_enum! {
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
    /// The row tells that the destinatário has a processo of which the sender is no party.
    pub const fn is_of_another_party(self) -> bool {
        matches!(self, Self::A2 | Self::B5)
    }
}

/// What the table asks. O is the órgão that sends, D the one that would receive,
/// P the protocolo, N the NRE given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condicoes {
    /// The input is well formed, O is the caller's and may send, D may receive, and they are two.
    pub apto: bool,
    pub nre: ComNre,
    /// D has P: among its registros, or among its processos here.
    pub destino_tem_protocolo: bool,
}

/// What is known by the NRE that came, or by its absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComNre {
    Ausente {
        /// O's registro of P, if it has one.
        origem: RegistroDaOrigem,
    },
    Presente {
        /// N exists and O is a party of it.
        parte: bool,
        /// P is the number that is registered under N.
        protocolo_confere: bool,
        /// A trâmite of N is in situação 1 to 5, or 8.
        em_andamento: bool,
        /// The processo is at another órgão.
        bloqueado: bool,
        /// D is a party of N.
        destino_e_parte: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistroDaOrigem {
    Nenhum,
    /// Made by a first trâmite that has ended in 7, 9 or 10: nobody received the processo.
    Provisorio,
    /// Confirmed by a recibo, or of a trâmite in progress.
    Firme,
}

/// The row that applies.
pub const fn linha(condicoes: &Condicoes) -> LinhaDeDecisao {
    use LinhaDeDecisao as L;
    if !condicoes.apto {
        return L::S0;
    }
    match condicoes.nre {
        ComNre::Ausente { origem: RegistroDaOrigem::Firme } => L::A1,
        ComNre::Ausente { .. } if condicoes.destino_tem_protocolo => L::A2,
        ComNre::Ausente { origem: RegistroDaOrigem::Provisorio } => L::A3,
        ComNre::Ausente { origem: RegistroDaOrigem::Nenhum } => L::A4,
        ComNre::Presente { parte: false, .. } => L::B1,
        ComNre::Presente { protocolo_confere: false, .. } => L::B2,
        ComNre::Presente { em_andamento: true, .. } => L::B3,
        ComNre::Presente { bloqueado: true, .. } => L::B4,
        ComNre::Presente { destino_e_parte: true, .. } => L::B6,
        ComNre::Presente { .. } if condicoes.destino_tem_protocolo => L::B5,
        ComNre::Presente { .. } => L::B7,
    }
}

impl LinhaDeDecisao {
    pub const fn aceita(self) -> bool {
        matches!(self, Self::A3 | Self::A4 | Self::B6 | Self::B7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LinhaDeDecisao as L;

    /// Every combination of the conditions.
    fn todas() -> Vec<Condicoes> {
        let sim_ou_nao = [false, true];
        let mut nres: Vec<ComNre> =
            [RegistroDaOrigem::Nenhum, RegistroDaOrigem::Provisorio, RegistroDaOrigem::Firme]
                .map(|origem| ComNre::Ausente { origem })
                .to_vec();
        for bits in 0..32_u8 {
            let bit = |n: u8| bits >> n & 1 == 1;
            nres.push(ComNre::Presente {
                parte: bit(0),
                protocolo_confere: bit(1),
                em_andamento: bit(2),
                bloqueado: bit(3),
                destino_e_parte: bit(4),
            });
        }
        let mut condicoes = Vec::new();
        for nre in nres {
            for apto in sim_ou_nao {
                for destino_tem_protocolo in sim_ou_nao {
                    condicoes.push(Condicoes { apto, nre, destino_tem_protocolo });
                }
            }
        }
        condicoes
    }

    /// The rows as they are written: each by its own condition and no other's.
    fn casa(linha: L, c: Condicoes) -> bool {
        let d = c.destino_tem_protocolo;
        match (linha, c.nre) {
            (L::S0, _) => !c.apto,
            (L::A1, ComNre::Ausente { origem }) => origem == RegistroDaOrigem::Firme,
            (L::A2, ComNre::Ausente { .. }) => d,
            (L::A3, ComNre::Ausente { origem }) => origem == RegistroDaOrigem::Provisorio,
            (L::A4, ComNre::Ausente { origem }) => origem == RegistroDaOrigem::Nenhum,
            (L::B1, ComNre::Presente { parte, .. }) => !parte,
            (L::B2, ComNre::Presente { protocolo_confere, .. }) => !protocolo_confere,
            (L::B3, ComNre::Presente { em_andamento, .. }) => em_andamento,
            (L::B4, ComNre::Presente { bloqueado, .. }) => bloqueado,
            (L::B5, ComNre::Presente { destino_e_parte, .. }) => d && !destino_e_parte,
            (L::B6, ComNre::Presente { destino_e_parte, .. }) => destino_e_parte,
            (L::B7, ComNre::Presente { destino_e_parte, .. }) => !d && !destino_e_parte,
            _ => false,
        }
    }

    #[test]
    fn a_primeira_linha_que_casa_vence_em_toda_combinacao() {
        let todas = todas();
        assert_eq!(todas.len(), 140);
        for condicoes in &todas {
            let esperada = L::TODOS.iter().copied().find(|linha| casa(*linha, *condicoes));
            assert_eq!(Some(linha(condicoes)), esperada, "{condicoes:?}");
        }
        // No row is out of reach.
        for esperada in L::TODOS {
            assert!(todas.iter().any(|condicoes| linha(condicoes) == *esperada), "{esperada:?}");
        }
    }

    const APTO: Condicoes = Condicoes {
        apto: true,
        nre: ComNre::Ausente { origem: RegistroDaOrigem::Nenhum },
        destino_tem_protocolo: false,
    };
    const LIVRE: ComNre = ComNre::Presente {
        parte: true,
        protocolo_confere: true,
        em_andamento: false,
        bloqueado: false,
        destino_e_parte: false,
    };

    fn com(nre: ComNre, destino_tem_protocolo: bool) -> L {
        linha(&Condicoes { nre, destino_tem_protocolo, ..APTO })
    }

    fn ausente(origem: RegistroDaOrigem, destino_tem_protocolo: bool) -> L {
        com(ComNre::Ausente { origem }, destino_tem_protocolo)
    }

    #[test]
    fn s0_entrada_ou_estrutura_inapta() {
        assert_eq!(linha(&Condicoes { apto: false, ..APTO }), L::S0);
    }

    #[test]
    fn a1_o_remetente_ja_e_parte() {
        assert_eq!(ausente(RegistroDaOrigem::Firme, false), L::A1);
        assert_eq!(ausente(RegistroDaOrigem::Firme, true), L::A1);
    }

    #[test]
    fn a2_o_destinatario_ja_tem_o_protocolo() {
        assert_eq!(ausente(RegistroDaOrigem::Nenhum, true), L::A2);
        assert_eq!(ausente(RegistroDaOrigem::Provisorio, true), L::A2);
    }

    #[test]
    fn a3_os_anteriores_nao_se_concluiram() {
        assert_eq!(ausente(RegistroDaOrigem::Provisorio, false), L::A3);
    }

    #[test]
    fn a4_primeiro_tramite() {
        assert_eq!(ausente(RegistroDaOrigem::Nenhum, false), L::A4);
    }

    #[test]
    fn b1_nre_desconhecido_ou_alheio() {
        let ComNre::Presente {
            protocolo_confere, em_andamento, bloqueado, destino_e_parte, ..
        } = LIVRE
        else {
            unreachable!()
        };
        let alheio = ComNre::Presente {
            parte: false,
            protocolo_confere,
            em_andamento,
            bloqueado,
            destino_e_parte,
        };
        assert_eq!(com(alheio, true), L::B1);
    }

    fn presente(mudar: impl FnOnce(&mut [bool; 4])) -> ComNre {
        let mut bits = [true, false, false, false];
        mudar(&mut bits);
        let [protocolo_confere, em_andamento, bloqueado, destino_e_parte] = bits;
        ComNre::Presente {
            parte: true,
            protocolo_confere,
            em_andamento,
            bloqueado,
            destino_e_parte,
        }
    }

    #[test]
    fn b2_outro_protocolo() {
        assert_eq!(com(presente(|bits| bits[0] = false), false), L::B2);
    }

    #[test]
    fn b3_tramite_em_andamento() {
        assert_eq!(com(presente(|bits| (bits[1], bits[2]) = (true, true)), false), L::B3);
    }

    #[test]
    fn b4_processo_com_outro_orgao() {
        assert_eq!(com(presente(|bits| bits[2] = true), false), L::B4);
    }

    #[test]
    fn b5_o_destinatario_tem_o_protocolo_fora_deste_nre() {
        assert_eq!(com(LIVRE, true), L::B5);
    }

    #[test]
    fn b6_devolucao() {
        assert_eq!(com(presente(|bits| bits[3] = true), true), L::B6);
    }

    #[test]
    fn b7_segue_adiante_com_o_mesmo_nre() {
        assert_eq!(com(LIVRE, false), L::B7);
    }
}
