//! Races: one winner, whatever the timing.

use super::{CE, PE, RN, Tramita, codigo};
use crate::support::rounds;

pub fn correr<T: Send>(quantos: usize, um: impl Fn(usize) -> T + Sync) -> Vec<T> {
    std::thread::scope(|escopo| {
        let um = &um;
        let correm: Vec<_> = (0..quantos).map(|n| escopo.spawn(move || um(n))).collect();
        correm.into_iter().map(|corre| corre.join().unwrap()).collect()
    })
}

#[test]
fn de_16_primeiros_envios_um_so_gera_o_nre() {
    let t = Tramita::novo();
    for rodada in 0..rounds(20, 50) {
        let protocolo = format!("CORRIDA-{rodada}");
        let respostas =
            correr(16, |n| t.enviar(RN, if n % 2 == 0 { PE } else { CE }, &protocolo, None));
        let mut aceitos = respostas.iter().filter(|resposta| resposta.status == 200);
        let nre = aceitos.next().expect("one is accepted").corpo["NRE"].clone();
        assert!(aceitos.next().is_none(), "two were accepted");
        for recusado in respostas.iter().filter(|resposta| resposta.status != 200) {
            assert_eq!(codigo(recusado), (409, "9001"), "{}", recusado.texto);
            assert_eq!(super::parametro(recusado, "nre"), nre.as_str());
        }
    }
    let registros = t.0.banco.contar("SELECT count(*) AS n FROM registro_eletronico");
    assert_eq!(usize::try_from(registros), Ok(rounds(20, 50)));
}

#[test]
fn cancelar_contra_receber_e_recusar_contra_recibo() {
    let t = Tramita::novo();
    for rodada in 0..rounds(20, 50) {
        let (idt, _) = t.enviado(RN, PE, &format!("A-{rodada}"), None);
        let status = correr(2, |n| match n {
            0 => t.passo(RN, idt, "cancelar").status,
            _ => t.passo(PE, idt, "receber").status,
        });
        // Received first, it may still be called back; called back first, it is not received.
        assert!(status == [200, 200] || status == [200, 409], "{status:?}");
        assert_eq!(t.situacao(RN, idt), 7);

        let (idt, _) = t.enviado(RN, PE, &format!("B-{rodada}"), None);
        t.passos(idt, &[(PE, "receber")]);
        let status = correr(2, |n| match n {
            0 => t.passo(PE, idt, "recusar"),
            _ => t.passo(PE, idt, "recibo"),
        });
        let (recusou, confirmou) = (status[0].status, status[1].status);
        let fim = t.situacao(RN, idt);
        assert!(
            (recusou, fim) == (200, 8) && [404, 409].contains(&confirmou)
                || (confirmou, fim) == (200, 5) && recusou == 409,
            "{recusou} {confirmou} {fim}"
        );
    }
    let dobrados = "SELECT count(*) AS n FROM (SELECT idt, situacao FROM mudanca_de_situacao GROUP BY 1, 2 HAVING count(*) > 1) AS d";
    assert_eq!(t.0.banco.contar(dobrados), 0);
}
