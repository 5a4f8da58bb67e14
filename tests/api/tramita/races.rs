//! Races between requests: the outcome is one that some order of them can have.

use super::{CE, PE, RN, Tramita, code};
use crate::support::rounds;

pub fn race<T: Send>(count: usize, one: impl Fn(usize) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let one = &one;
        let handles: Vec<_> = (0..count).map(|n| scope.spawn(move || one(n))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

#[test]
fn de_16_primeiros_envios_um_so_gera_o_nre() {
    let t = Tramita::new();
    for round in 0..rounds(20, 50) {
        let protocolo = format!("CORRIDA-{round}");
        let responses =
            race(16, |n| t.enviar(RN, if n % 2 == 0 { PE } else { CE }, &protocolo, None));
        let mut accepted = responses.iter().filter(|response| response.status == 200);
        let nre = accepted.next().expect("one is accepted").body["NRE"].clone();
        assert!(accepted.next().is_none(), "two were accepted");
        for refused in responses.iter().filter(|response| response.status != 200) {
            assert_eq!(code(refused), (409, "9001"), "{}", refused.text);
            assert_eq!(super::parameter(refused, "nre"), nre.as_str());
        }
    }
    let records = t.0.database.count("SELECT count(*) AS n FROM registro_eletronico");
    assert_eq!(usize::try_from(records), Ok(rounds(20, 50)));
}

#[test]
fn cancelar_contra_receber_e_recusar_contra_recibo() {
    let t = Tramita::new();
    for round in 0..rounds(20, 50) {
        let (idt, _) = t.enviado(RN, PE, &format!("A-{round}"), None);
        let status = race(2, |n| match n {
            0 => t.step(RN, idt, "cancelar").status,
            _ => t.step(PE, idt, "receber").status,
        });
        // A received trâmite may still be cancelled. A cancelled one cannot be received.
        assert!(status == [200, 200] || status == [200, 409], "{status:?}");
        assert_eq!(t.situacao(RN, idt), 7);

        let (idt, _) = t.enviado(RN, PE, &format!("B-{round}"), None);
        t.steps(idt, &[(PE, "receber")]);
        let status = race(2, |n| match n {
            0 => t.step(PE, idt, "recusar"),
            _ => t.step(PE, idt, "recibo"),
        });
        let (refused, confirmed) = (status[0].status, status[1].status);
        let end = t.situacao(RN, idt);
        assert!(
            (refused, end) == (200, 8) && [404, 409].contains(&confirmed)
                || (confirmed, end) == (200, 5) && refused == 409,
            "{refused} {confirmed} {end}"
        );
    }
    let duplicates = "SELECT count(*) AS n FROM (SELECT idt, situacao FROM mudanca_de_situacao GROUP BY 1, 2 HAVING count(*) > 1) AS d";
    assert_eq!(t.0.database.count(duplicates), 0);
}
