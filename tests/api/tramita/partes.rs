//! Files in parts: whatever the parts, whoever sends two of them at once, and across a restart.

use super::componentes::{documento, hash};
use super::corridas::correr;
use super::{CE, NUP, PE, RN, Tramita, codigo, envio, parametro};
use crate::support::{Ajustes, App, Resposta};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use diesel::RunQueryDsl;
use elos::db::Sql;
use elos::value::regras::Regras;
use serde_json::json;

fn bytes(tamanho: usize) -> Vec<u8> {
    (0..tamanho).map(|i| u8::try_from((i * 7 + i / 256) % 256).unwrap()).collect()
}

impl Tramita {
    fn com_arquivo(&self, arquivo: &[u8]) -> (i64, String) {
        let mut corpo = envio(RN, PE, NUP, None);
        corpo["processo"]["documentos"] = json!([documento(1, &[arquivo])]);
        let enviado = self.pedir(RN, "POST", "/tramites/processo", &corpo);
        assert_eq!(enviado.status, 200, "{}", enviado.texto);
        let nre = enviado.corpo["NRE"].as_str().unwrap().to_owned();
        (enviado.corpo["IDT"].as_i64().unwrap(), nre)
    }

    /// Bytes of a file, said to be those of this stretch of it.
    pub fn mandar_parte(
        &self,
        quem: &str,
        idt: i64,
        (inicio, fim): (usize, usize),
        vieram: &[u8],
        hash: &str,
    ) -> Resposta {
        let mut corpo = b"--limite\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"a\"\r\n\r\n".to_vec();
        corpo.extend_from_slice(vieram);
        for (nome, valor) in [("hashDoComponenteDigital", hash), ("protocolo", NUP)] {
            corpo.extend(
                format!(
                    "\r\n--limite\r\nContent-Disposition: form-data; name=\"{nome}\"\r\n\r\n{valor}"
                )
                .bytes(),
            );
        }
        corpo.extend(b"\r\n--limite--\r\n");
        let bearer = format!("Bearer {}", self.0.token(quem));
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "multipart/form-data; boundary=limite"),
        ];
        let caminho = format!(
            "/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar/partes/{inicio}-{fim}"
        );
        self.0.pedir("PUT", &caminho, &headers, &corpo)
    }

    fn parte(&self, idt: i64, arquivo: &[u8], (inicio, fim): (usize, usize)) -> Resposta {
        self.mandar_parte(RN, idt, (inicio, fim), &arquivo[inicio..fim], &hash(arquivo))
    }

    pub fn concluir_arquivo(&self, quem: &str, idt: i64, hash: &str) -> Resposta {
        let caminho = format!(
            "/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar/partes/sinalizacao-termino-envio"
        );
        let corpo = json!({ "hashDoComponenteDigital": hash, "protocolo": NUP });
        self.pedir(quem, "POST", &caminho, &corpo)
    }

    pub fn baixar_parte(&self, quem: &str, idt: i64, hash: &str, partes: &str) -> Resposta {
        let caminho = format!("/tramites/{idt}/protocolos/componentes-digitais/partes/{partes}");
        let corpo = json!({ "hashDoComponenteDigital": hash, "protocolo": NUP });
        self.pedir(quem, "POST", &caminho, &corpo)
    }
}

fn decodificado(resposta: &Resposta) -> Vec<u8> {
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    assert_eq!(resposta.headers["content-type"], "application/json");
    BASE64_STANDARD.decode(resposta.corpo.as_str().unwrap()).unwrap()
}

#[test]
fn em_partes_ao_mesmo_tempo_e_repetidas() {
    let t = Tramita::novo();
    let arquivo = bytes(1_700_003);
    let (idt, _) = t.com_arquivo(&arquivo);
    let h = hash(&arquivo);
    let cedo = t.concluir_arquivo(RN, idt, &h);
    assert_eq!(codigo(&cedo), (409, "9004"));
    assert!(parametro(&cedo, "orientacao").unwrap().contains("byte 0"), "{}", cedo.texto);

    // Unequal parts, each twice, from several connections.
    let cortes = [0, 1, 524_288, 524_290, 1_100_000, 1_700_003];
    let partes: Vec<_> = cortes.windows(2).map(|par| (par[0], par[1])).collect();
    let feitas = correr(partes.len() * 2, |n| t.parte(idt, &arquivo, partes[n / 2]).status);
    assert!(feitas.iter().all(|status| *status == 200), "{feitas:?}");
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM parte_enviada"), 5);
    assert_eq!(t.situacao(RN, idt), 1);
    for _ in 0..2 {
        let fim = t.concluir_arquivo(RN, idt, &h);
        assert_eq!((fim.status, &fim.corpo["situacaoAtual"]), (200, &json!(2)), "{}", fim.texto);
    }
    // What is here may come again.
    assert_eq!(t.parte(idt, &arquivo, (0, 1)).status, 200);
    t.passos(idt, &[(PE, "receber")]);
    assert!(t.baixar(PE, idt, NUP, &h).bytes == arquivo, "not the bytes that were sent");
    assert_eq!(t.situacao(PE, idt), 4);
    t.passos(idt, &[(PE, "recibo"), (RN, "buscar")]);
    t.0.expirar();
    let sobrou = "SELECT (SELECT count(*) FROM conteudo) + (SELECT count(*) FROM conteudo_parte) + (SELECT count(*) FROM parte_enviada) AS n";
    assert_eq!(t.0.banco.contar(sobrou), 0);
}

/// The parts that a stopped server had are there for the next: only the others are sent.
#[test]
fn o_envio_em_partes_segue_depois_de_um_reinicio() {
    let t = Tramita::novo();
    let arquivo = bytes(900_000);
    let (idt, _) = t.com_arquivo(&arquivo);
    assert_eq!(t.parte(idt, &arquivo, (0, 600_000)).status, 200);
    let banco = std::sync::Arc::clone(&t.0.banco);
    t.0.parar();
    let t = Tramita(App::no_banco(&banco, Ajustes::default()));
    // Nor does a round of the hour take them: the trâmite waits.
    Sql::new("UPDATE conteudo SET criado_em = criado_em - interval '2 hours'")
        .execute(&mut t.0.banco.conn())
        .unwrap();
    t.0.expirar();
    let falta = t.concluir_arquivo(RN, idt, &hash(&arquivo));
    assert!(parametro(&falta, "orientacao").unwrap().contains("byte 600000"), "{}", falta.texto);
    assert_eq!(t.parte(idt, &arquivo, (600_000, 900_000)).status, 200);
    assert_eq!(t.concluir_arquivo(RN, idt, &hash(&arquivo)).corpo["situacaoAtual"], 2);
    t.passos(idt, &[(PE, "receber")]);
    assert!(t.baixar(PE, idt, NUP, &hash(&arquivo)).bytes == arquivo);
}

/// A file counts as fetched when every byte of it was, in whatever parts.
#[test]
fn baixado_em_partes_conta_quando_todos_os_bytes_foram() {
    let t = Tramita::novo();
    let arquivo = bytes(1_300_000);
    let (idt, _) = t.com_arquivo(&arquivo);
    let h = hash(&arquivo);
    assert_eq!(t.parte(idt, &arquivo, (0, 1_300_000)).status, 200);
    assert_eq!(t.concluir_arquivo(RN, idt, &h).status, 200);
    assert_eq!(codigo(&t.baixar_parte(PE, idt, &h, "0-10")), (409, "9004"));
    t.passos(idt, &[(PE, "receber")]);
    // The end first, over it again, then what lies before.
    for (inicio, fim) in [(600_000, 1_300_000), (900_001, 900_002), (0, 524_289), (1, 2)] {
        let parte = t.baixar_parte(PE, idt, &h, &format!("{inicio}-{fim}"));
        assert!(decodificado(&parte) == arquivo[inicio..fim], "{inicio}-{fim}");
        assert_eq!(t.situacao(PE, idt), 3);
    }
    let resto = t.baixar_parte(PE, idt, &h, "524289-9000000");
    assert_eq!(resto.headers["content-length"], resto.bytes.len().to_string());
    assert!(decodificado(&resto) == arquivo[524_289..]);
    assert_eq!(t.situacao(PE, idt), 4);
    for partes in ["1300000-1300001", "5-5", "9-3", "0-209715201", "a-b"] {
        let recusada = t.baixar_parte(PE, idt, &h, partes);
        assert_eq!(recusada.status, 400, "{partes}: {}", recusada.texto);
        assert!(recusada.corpo["codigoErro"].is_string());
    }
    assert_eq!(t.baixar_parte(CE, idt, &h, "0-1").status, 404);
    assert_eq!(t.baixar_parte(RN, idt, &h, "0-1").status, 403);
}

#[test]
fn a_parte_que_nao_e_o_que_diz_nao_se_guarda() {
    let t = Tramita(App::com(
        crate::support::Modelo::Vazio,
        Ajustes {
            regras: Regras { componente_maximo: 1, ..Regras::default() },
            ..Ajustes::default()
        },
    ));
    let arquivo = bytes(1000);
    let (idt, _) = t.com_arquivo(&arquivo);
    let h = hash(&arquivo);
    let mandar = |partes, vieram: &[u8], hash: &str| t.mandar_parte(RN, idt, partes, vieram, hash);
    for (partes, vieram, hash_dela, status) in [
        // More bytes than it says, fewer, beyond the file, of no file, empty.
        ((0, 10), &arquivo[..11], &h, 413),
        ((0, 10), &arquivo[..9], &h, 400),
        ((995, 1005), &arquivo[..10], &h, 400),
        ((0, 10), &arquivo[..10], &hash(b"x"), 404),
        ((5, 5), &arquivo[..0], &h, 400),
    ] {
        let resposta = mandar(partes, vieram, hash_dela);
        assert_eq!(resposta.status, status, "{partes:?}: {}", resposta.texto);
        assert!(resposta.corpo["codigoErro"].is_string());
    }
    assert_eq!(t.mandar_parte(CE, idt, (0, 10), &arquivo[..10], &h).status, 404);
    assert_eq!(t.mandar_parte(PE, idt, (0, 10), &arquivo[..10], &h).status, 403);
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM conteudo"), 0);

    // Parts that lie over each other: no byte is lost, but they do not pile up.
    for partes in [(0, 600), (400, 900), (300, 400)] {
        assert_eq!(t.parte(idt, &arquivo, partes).status, 200, "{partes:?}");
    }
    assert_eq!(t.parte(idt, &arquivo, (100, 1000)).status, 200, "it covers two of them");
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM parte_enviada"), 2);
    let demais = t.mandar_parte(RN, idt, (50, 999), &arquivo[50..999], &h);
    assert_eq!(demais.status, 400, "{}", demais.texto);

    // The hash is that of the whole file.
    let mut trocado = arquivo.clone();
    trocado[700] ^= 1;
    assert_eq!(mandar((0, 1000), &trocado, &h).status, 200);
    let errado = t.concluir_arquivo(RN, idt, &h);
    assert_eq!(codigo(&errado), (409, "0047"), "{}", errado.texto);
    assert_eq!(parametro(&errado, "hashInformado"), Some(hash(&trocado).as_str()));
    assert_eq!(t.situacao(RN, idt), 1);
    // Sent whole, by the other route: the parts are forgotten.
    assert_eq!(t.mandar(RN, idt, NUP, &arquivo).corpo["situacaoAtual"], 2);
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM parte_enviada"), 0);
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM conteudo"), 1);
    assert_eq!(t.passo(RN, idt, "cancelar").status, 200);
    assert_eq!(codigo(&t.parte(idt, &arquivo, (0, 1000))), (409, "9004"));
    assert_eq!(codigo(&t.concluir_arquivo(RN, idt, &h)), (409, "9004"));
}
