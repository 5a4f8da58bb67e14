//! The calls of SEI's Tramita module as it makes them: the same paths, spellings, types and order.
//! Only the sizes of files and of their parts are smaller.

use super::componentes::hash;
use super::{FRASE, NUP, PE, RN, Tramita, codigo, parametro};
use crate::support::{Resposta, assinante};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

const BASE: &str = "/interoperabilidade/rest/v3/";
/// What the module cuts files into: 50 MB there.
const BLOCO: usize = 300_000;

/// One SEI, and the estrutura that it sends and receives for.
struct Sei<'a> {
    t: &'a Tramita,
    quem: &'a str,
    estrutura: i64,
}

/// A document: its order, what it is called, its bytes, and whether it was written in SEI.
struct Documento<'a> {
    ordem: i32,
    bytes: &'a [u8],
    escrito: bool,
    retirado: bool,
}

const fn anexo(ordem: i32, bytes: &[u8]) -> Documento<'_> {
    Documento { ordem, bytes, escrito: false, retirado: false }
}

impl Sei<'_> {
    fn pedir(&self, metodo: &str, caminho: &str, corpo: &[u8], tipo: &str) -> Resposta {
        let bearer = format!("Bearer {}", self.t.0.token(self.quem));
        let headers =
            [("Authorization", bearer.as_str()), ("Accept", "*/*"), ("Content-Type", tipo)];
        self.t.0.pedir(metodo, &format!("{BASE}{caminho}"), &headers, corpo)
    }

    /// The body of an answer that must not be an error.
    #[track_caller]
    fn json(&self, metodo: &str, caminho: &str, corpo: &Value) -> Value {
        let corpo = if corpo.is_null() { String::new() } else { corpo.to_string() };
        let resposta = self.pedir(metodo, caminho, corpo.as_bytes(), "application/json");
        assert!(
            resposta.status < 400,
            "{metodo} {caminho}: {} {}",
            resposta.status,
            resposta.texto
        );
        resposta.corpo
    }

    /// Of one trâmite, with the IDT in the query once more.
    #[track_caller]
    fn do_tramite(&self, metodo: &str, idt: i64, resto: &str) -> Value {
        self.json(metodo, &format!("tramites/{idt}{resto}?IDT={idt}"), &Value::Null)
    }

    #[track_caller]
    fn pendentes(&self) -> Vec<(i64, i64)> {
        let lista = self.json("GET", "tramites/pendentes?todas=1", &Value::Null);
        let um = |p: &Value| (p["IDT"].as_i64().unwrap(), p["status"].as_i64().unwrap());
        lista.as_array().unwrap().iter().map(um).collect()
    }

    /// The trâmite as a search finds it: the module looks at the first alone.
    #[track_caller]
    fn consultar(&self, filtro: &str) -> Value {
        let achados = self.json("GET", &format!("tramites?{filtro}"), &Value::Null);
        achados["tramites"].as_array().unwrap().first().cloned().unwrap_or_default()
    }

    fn corpo(&self, para: &Sei<'_>, nre: Option<&str>, documentos: &[Documento<'_>]) -> Value {
        let produtor = json!({ "nome": "Fictícia da Silva", "tipo": "fisica", "numeroDeIdentificacao": 11_144_477_735_i64,
            "unidade": { "nome": "Secretaria fictícia", "tipo": "orgaopublico" } });
        let datas = "2026-11-30T09:00:00-03:00";
        let um = |d: &Documento<'_>| {
            let tamanho = if d.retirado { json!(0) } else { json!(d.bytes.len().to_string()) };
            let tipo = if d.escrito { "text/html" } else { "application/pdf" };
            json!({ "ordem": d.ordem, "descricao": "***", "retirado": d.retirado, "nivelDeSigilo": "2",
                "hipoteseLegal": { "identificacao": "3" },
                "dataHoraDeProducao": datas, "dataHoraDeRegistro": datas, "produtor": produtor,
                "especie": { "codigo": "42", "nomeNoProdutor": "Despacho" },
                "identificacao": { "numero": d.ordem, "ano": "2026", "siglaDaUnidadeProdutora": "SEC", "complemento": "" },
                "idDocumentoSEI": format!("{}", 700 + d.ordem), "idProcedimentoAnexadoSEI": null,
                "componentesDigitais": [{ "ordem": 1, "nome": format!("{}.pdf", d.ordem), "idAnexo": 9000 + d.ordem,
                    "hash": { "algoritmo": "SHA256", "conteudo": hash(d.bytes) }, "tamanhoEmBytes": tamanho,
                    "mimeType": tipo, "tipoDeConteudo": "txt",
                    "assinaturasDigitais": [{ "razao": "Assinado\npor Fictícia", "observacao": "vazio", "dataHora": datas,
                        "hash": { "algoritmo": "SHA256withRSA", "conteudo": "vazio" },
                        "cadeiaDoCertificado": { "formato": "PEM", "conteudo": "vazio" } }] }] })
        };
        let mut corpo = json!({
            "cabecalho": {
                "remetente": { "identificacaoDoRepositorioDeEstruturas": "1", "numeroDeIdentificacaoDaEstrutura": self.estrutura },
                "destinatario": { "identificacaoDoRepositorioDeEstruturas": "1", "numeroDeIdentificacaoDaEstrutura": para.estrutura.to_string() },
                "urgencia": true, "motivoDaUrgencia": true, "enviarApenasComponentesDigitaisPendentes": nre.is_some(),
                "propriedadesAdicionais": [{ "chave": "CLASSIFICACAO_Descricao_1", "valor": "Assunto" }, { "chave": "MODULO_PEN_VERSAO", "valor": 403 }],
            },
            "processo": {
                "protocolo": NUP, "nivelDeSigilo": "2", "hipoteseLegal": { "identificacao": "3" }, "processoDeNegocio": "Pessoal: fictício",
                "descricao": "Primeira linha\nsegunda linha", "dataHoraDeProducao": datas, "dataHoraDeRegistro": datas, "produtor": produtor,
                "interessados": [{ "nome": "Interessada fictícia" }],
                "itensHistorico": [{ "dataHoraOperacao": datas, "unidadeOperacao": { "nome": "NA", "tipo": "orgaopublico" },
                    "operacao": "Processo\r\ngerado", "usuario": { "nome": "NA", "tipo": "fisica" } }],
                "staTipoProtocolo": "P", "idProcedimentoSEI": "88",
                "documentos": documentos.iter().map(um).collect::<Vec<_>>(),
            },
        });
        if let Some(nre) = nre {
            corpo["cabecalho"]["NRE"] = json!(nre);
        }
        corpo
    }

    /// Calls 8 to 12: the send, the files that are asked for, the recibo de envio.
    #[track_caller]
    fn enviar(
        &self,
        para: &Sei<'_>,
        nre: Option<&str>,
        documentos: &[Documento<'_>],
    ) -> (i64, String) {
        let enviado = self.json("POST", "tramites/processo", &self.corpo(para, nre, documentos));
        let ticket = enviado["ticketParaEnvioDeComponentesDigitais"].to_string();
        assert!(ticket.len() <= 10 && !ticket.contains('"'), "{ticket}");
        let quando = enviado["dataHoraDeRegistroDoTramite"].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(quando).is_ok(), "{quando}");
        let solicitados = enviado["processosComComponentesDigitaisSolicitados"].as_array().unwrap();
        let pedidos = |hash: &str| {
            solicitados.first().is_some_and(|primeiro| {
                primeiro["protocolo"] == NUP
                    && primeiro["hashes"].as_array().unwrap().contains(&json!(hash))
            })
        };
        for documento in documentos {
            let hash = hash(documento.bytes);
            assert!(!(documento.retirado && pedidos(&hash)), "a withdrawn document has no file");
            if pedidos(&hash) {
                match documento.escrito {
                    true => self.mandar_inteiro(&ticket, documento.bytes),
                    false => self.mandar_em_partes(&ticket, documento.bytes),
                }
            }
        }
        let idt = enviado["IDT"].as_i64().unwrap();
        let recibo = self.do_tramite("GET", idt, "/recibo-de-envio");
        assert!(recibo["hashDaAssinatura"].as_str().unwrap().len() <= 1000);
        assert_eq!(recibo["reciboDeEnvio"]["IDT"], json!(idt));
        assert_eq!(self.consultar(&format!("IDT={idt}"))["situacaoAtual"], 2);
        (idt, enviado["NRE"].as_str().unwrap().to_owned())
    }

    #[track_caller]
    fn mandar_inteiro(&self, ticket: &str, bytes: &[u8]) {
        let form = formulario("conteudo.html", bytes, bytes);
        let caminho =
            format!("tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar");
        let resposta = self.pedir("PUT", &caminho, &form, "multipart/form-data; boundary=limite");
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
    }

    #[track_caller]
    fn mandar_em_partes(&self, ticket: &str, bytes: &[u8]) {
        let raiz = format!(
            "tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar/partes"
        );
        for (n, bloco) in bytes.chunks(BLOCO).enumerate() {
            let inicio = n * BLOCO;
            let form = formulario("arquivo_externo.html", bloco, bytes);
            let caminho = format!("{raiz}/{inicio}-{}", inicio + bloco.len());
            // A part may come twice.
            for _ in 0..=usize::from(n == 0) {
                let tipo = "multipart/form-data; boundary=limite";
                let resposta = self.pedir("PUT", &caminho, &form, tipo);
                assert_eq!(resposta.status, 200, "{}", resposta.texto);
            }
        }
        let fim = json!({ "hashDoComponenteDigital": hash(bytes), "protocolo": NUP });
        self.json("POST", &format!("{raiz}/sinalizacao-termino-envio"), &fim);
    }

    /// Calls 14 to 17: the metadata, the files, the recibo.
    #[track_caller]
    fn receber(&self, idt: i64, nre: &str, arquivos: &[&[u8]]) -> Value {
        let metadados = self.do_tramite("GET", idt, "");
        assert_eq!(metadados["nre"], nre);
        let tramite = self.consultar(&format!("IDT={idt}"));
        assert_eq!(tramite["NRE"], nre);
        let protocolo = tramite["protocolo"].clone();
        let pendentes = tramite["hashDosComponentesPendentesDeRecebimento"].as_array();
        let pendentes: Vec<String> =
            pendentes.into_iter().flatten().map(|h| h.as_str().unwrap().to_owned()).collect();
        let mut baixados = Vec::new();
        let mut esperados: Vec<String> = arquivos.iter().map(|bytes| hash(bytes)).collect();
        esperados.sort();
        assert_eq!(pendentes, esperados);
        for documento in metadados["processo"]["documentos"].as_array().unwrap() {
            assert!(documento["especie"]["codigo"].is_string());
            for componente in documento["componentesDigitais"].as_array().unwrap() {
                let hash_dele = componente["hash"]["conteudo"].as_str().unwrap().to_owned();
                if pendentes.contains(&hash_dele) && !baixados.contains(&hash_dele) {
                    let tamanho = componente["tamanhoEmBytes"].as_str().unwrap().parse().unwrap();
                    let bytes = self.baixar(idt, &protocolo, &hash_dele, tamanho);
                    assert!(arquivos.contains(&bytes.as_slice()), "not the bytes that were sent");
                    baixados.push(hash_dele);
                }
            }
        }
        // Again, while it is being received: it is the same.
        assert_eq!(self.do_tramite("GET", idt, "")["processo"], metadados["processo"]);
        let tramite = self.consultar(&format!("IDT={idt}"));
        assert_eq!(tramite["situacaoAtual"], 4, "{tramite}");
        let mudancas = tramite["mudancasDeSituacao"].as_array().unwrap();
        let quatro = mudancas.iter().find(|m| m["situacao"] == 4).unwrap();
        let quando = quatro["dataHora"].as_str().unwrap();
        let data = format!("{}.000Z", &quando[..19]);
        baixados.sort();
        let hashes = baixados
            .iter()
            .map(|h| format!("<hashDoComponenteDigital>{h}</hashDoComponenteDigital>"))
            .collect::<Vec<_>>()
            .concat();
        let texto = format!(
            "<recibo><IDT>{idt}</IDT><NRE>{nre}</NRE><dataDeRecebimento>{data}</dataDeRecebimento>{hashes}</recibo>"
        );
        let assinatura = assinante().assinar(&texto).unwrap();
        let recibo = json!({ "dataDeRecebimento": data, "hashDaAssinatura": assinatura });
        self.json("POST", &format!("tramites/{idt}/recibo"), &recibo);
        metadados
    }

    fn baixar(&self, idt: i64, protocolo: &Value, hash: &str, tamanho: usize) -> Vec<u8> {
        let corpo = json!({ "hashDoComponenteDigital": hash, "protocolo": protocolo });
        let mut bytes = Vec::new();
        for inicio in (0..tamanho).step_by(BLOCO) {
            let fim = (inicio + BLOCO).min(tamanho);
            let caminho =
                format!("tramites/{idt}/protocolos/componentes-digitais/partes/{inicio}-{fim}");
            let texto = self.json("POST", &caminho, &corpo);
            bytes.extend(BASE64_STANDARD.decode(texto.as_str().unwrap()).unwrap());
        }
        bytes
    }

    /// Call 18, and what follows it: the sender learns that the processo was received.
    #[track_caller]
    fn concluir(&self, idt: i64) {
        assert!(self.pendentes().contains(&(idt, 5)));
        let recibo = self.do_tramite("GET", idt, "/recibo");
        assert_eq!(recibo["recibo"]["IDT"], json!(idt));
        assert!(recibo["hashDaAssinatura"].is_string());
        assert_eq!(self.consultar(&format!("IDT={idt}"))["situacaoAtual"], 6);
    }
}

/// The bytes come before what says what they are; each part has its length.
fn formulario(arquivo: &str, bloco: &[u8], inteiro: &[u8]) -> Vec<u8> {
    let (hash, protocolo) = (hash(inteiro), NUP);
    let mut corpo = format!(
        "--limite\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"{arquivo}\"\r\n\
         Content-Length: {}\r\nContent-Type: text/html\r\n\r\n",
        bloco.len()
    )
    .into_bytes();
    corpo.extend_from_slice(bloco);
    for (nome, valor) in [("hashDoComponenteDigital", hash.as_str()), ("protocolo", protocolo)] {
        corpo.extend(
            format!(
                "\r\n--limite\r\nContent-Disposition: form-data; name=\"{nome}\"\r\nContent-Length: {}\r\n\
                 Content-Type: text/plain\r\n\r\n{valor}",
                valor.len()
            )
            .bytes(),
        );
    }
    corpo.extend(b"\r\n--limite--\r\n");
    corpo
}

/// A name that occurs anywhere.
fn tem_chave(valor: &Value, chave: &str) -> bool {
    match valor {
        Value::Object(campos) => {
            campos.iter().any(|(nome, valor)| nome == chave || tem_chave(valor, chave))
        }
        Value::Array(itens) => itens.iter().any(|item| tem_chave(item, chave)),
        _ => false,
    }
}

fn bytes(semente: u8, tamanho: usize) -> Vec<u8> {
    (0..tamanho).map(|i| u8::try_from(i % 253).unwrap() ^ semente).collect()
}

#[test]
fn o_sei_envia_recebe_e_devolve() {
    let t = Tramita::novo().com_chave_em_pe();
    let a = Sei { t: &t, quem: RN, estrutura: 820 };
    let b = Sei { t: &t, quem: PE, estrutura: 817 };
    let (html, pdf, pequeno) =
        (b"<html>um despacho</html>".to_vec(), bytes(1, 1_000_001), b"1234".to_vec());
    let documentos = [
        Documento { ordem: 1, bytes: &html, escrito: true, retirado: false },
        anexo(2, &pdf),
        anexo(3, &pequeno),
        Documento { ordem: 4, bytes: b"retirado", escrito: true, retirado: true },
    ];
    assert_eq!(a.json("GET", "tramites/pendentes?todas=0", &Value::Null), json!([]));
    let (idt, nre) = a.enviar(&b, None, &documentos);
    let da_remetente = a.do_tramite("GET", idt, "");
    assert_eq!((&da_remetente["situacaoAtual"], &da_remetente["nre"]), (&json!(2), &json!(nre)));

    assert_eq!(b.pendentes(), [(idt, 2)]);
    let metadados = b.receber(idt, &nre, &[&html, &pdf, &pequeno]);
    for chave in [
        "idAnexo",
        "idDocumentoSEI",
        "idProcedimentoSEI",
        "idProcedimentoAnexadoSEI",
        "staTipoProtocolo",
    ] {
        assert!(!tem_chave(&metadados, chave), "{chave} was delivered");
    }
    let processo = &metadados["processo"];
    assert_eq!(processo["hipoteseLegal"]["identificacao"], "3");
    assert_eq!(processo["documentos"][0]["hipoteseLegal"]["identificacao"], "3");
    assert_eq!(processo["descricao"], "Primeira linha\nsegunda linha");
    assert_eq!(processo["nivelDeSigilo"], 2);
    assert_eq!(processo["documentos"][3]["retirado"], true);
    assert_eq!(processo["documentos"][0]["retirado"], false);
    assert_eq!(metadados["urgente"], true);
    assert_eq!(metadados["propriedadesAdicionais"][1]["valor"], 403);
    a.concluir(idt);
    // Who sends it back looks at what it received.
    assert_eq!(b.do_tramite("GET", idt, "")["processo"]["protocolo"], NUP);

    // Without the NRE: the sentence, and the NRE to send.
    let sem_nre = b.corpo(&a, None, &documentos).to_string();
    let recusado = b.pedir("POST", "tramites/processo", sem_nre.as_bytes(), "application/json");
    assert_eq!((codigo(&recusado), &recusado.corpo["mensagem"]), ((409, "9001"), &json!(FRASE)));
    assert_eq!(parametro(&recusado, "nre"), Some(nre.as_str()));

    // Back, with one document more: only that one goes.
    let novo = bytes(9, 2 * BLOCO);
    let mut volta: Vec<_> = documentos.into_iter().collect();
    volta.push(anexo(5, &novo));
    let (volta_idt, mesmo) = b.enviar(&a, Some(&nre), &volta);
    assert_eq!(mesmo, nre);
    assert_eq!(b.consultar(&format!("NRE={nre}"))["IDT"], json!(volta_idt), "the newest first");
    a.receber(volta_idt, &nre, &[&novo]);
    b.concluir(volta_idt);

    // All files are asked for when not only those that are pending are to go.
    let mut tudo = a.corpo(&b, Some(&nre), &volta);
    tudo["cabecalho"]["enviarApenasComponentesDigitaisPendentes"] = json!(false);
    let enviado = a.json("POST", "tramites/processo", &tudo);
    let pedidos = &enviado["processosComComponentesDigitaisSolicitados"][0]["hashes"];
    assert_eq!(pedidos.as_array().unwrap().len(), 4);
}

#[test]
fn o_sei_recusa_reenvia_e_cancela() {
    let t = Tramita::novo();
    let a = Sei { t: &t, quem: RN, estrutura: 820 };
    let b = Sei { t: &t, quem: PE, estrutura: 817 };
    let pdf = bytes(3, 10);
    let (idt, nre) = a.enviar(&b, None, &[anexo(1, &pdf)]);
    b.do_tramite("GET", idt, "");
    let recusa = json!({ "justificativa": "O tipo não está mapeado.\nConfigure-o.\tObrigado", "motivo": "04" });
    b.json("POST", &format!("tramites/{idt}/recusa"), &recusa);
    assert_eq!(a.pendentes(), [(idt, 8)]);
    let lido = a.consultar(&format!("IDT={idt}"));
    assert_eq!(lido["justificativaDaRecusa"], recusa["justificativa"]);
    a.do_tramite("GET", idt, "/ciencia");
    assert_eq!(a.pendentes(), []);

    // Sent again, and called back: the module looks first for one that is in 1.
    let (idt, de_novo) = a.enviar(&b, Some(&nre), &[anexo(1, &pdf)]);
    assert_eq!(de_novo, nre);
    let filtro = format!(
        "IDT={idt}&remetente%5BidentificacaoDoRepositorioDeEstruturas%5D=1&remetente%5BnumeroDeIdentificacaoDaEstrutura%5D=820"
    );
    assert_eq!(a.consultar(&filtro)["situacaoAtual"], 2);
    let outra = filtro.replace("%5D=820", "%5D=817");
    assert_eq!(a.consultar(&outra), Value::Null);
    a.do_tramite("DELETE", idt, "");
    assert_eq!(a.consultar(&format!("IDT={idt}"))["situacaoAtual"], 7);
    assert_eq!(a.enviar(&b, None, &[anexo(1, &pdf)]).1, nre);
}

/// Paths with more slashes than they need, and a filter that is only half of one.
#[test]
fn os_caminhos_e_filtros_do_sei() {
    let t = Tramita::novo();
    let a = Sei { t: &t, quem: RN, estrutura: 820 };
    for caminho in ["/tramites/pendentes?todas=1", "tramites//pendentes/?todas=0", "tramites/"] {
        let resposta = a.pedir("GET", caminho, b"", "application/json");
        assert_eq!(resposta.status, 200, "{caminho}: {}", resposta.texto);
    }
    let sem_prefixo = t.pedir(RN, "GET", "/tramites//pendentes/", &Value::Null);
    assert_eq!(sem_prefixo.status, 200, "{}", sem_prefixo.texto);
    for filtro in [
        "remetente%5BidentificacaoDoRepositorioDeEstruturas%5D=1",
        "remetente=820&remetente%5BnumeroDeIdentificacaoDaEstrutura%5D=820",
        "todas=2",
        "IDT=1&IDT=2",
    ] {
        let resposta = a.pedir("GET", &format!("tramites?{filtro}"), b"", "application/json");
        assert_eq!(resposta.status, 400, "{filtro}: {}", resposta.texto);
        assert!(resposta.corpo["codigoErro"].is_string() && resposta.corpo["mensagem"].is_string());
    }
    for (metodo, caminho) in [
        ("POST", "NREs/0000000001342016/destinatarios/1/817/reproducoes-de-tramite"),
        ("POST", "tramites/documento"),
        ("GET", "sincroniza-tramite/1"),
    ] {
        let resposta = a.pedir(metodo, caminho, b"[]", "application/json");
        assert_eq!(resposta.status, 404, "{}", resposta.texto);
        let mensagem = resposta.corpo["mensagem"].as_str().unwrap();
        assert!(mensagem.contains("não é oferecid"), "{mensagem}");
    }
}

/// What is not known is kept, delivered and told of; a mistyped NRE is not taken for none.
#[test]
fn o_que_nao_se_conhece_se_guarda_e_se_diz() {
    let t = Tramita::novo();
    let a = Sei { t: &t, quem: RN, estrutura: 820 };
    let b = Sei { t: &t, quem: PE, estrutura: 817 };
    let mut corpo = a.corpo(&b, None, &[]);
    corpo["cabecalho"]["novoCampo"] = json!({ "x": 1 });
    corpo["processo"]["outroCampo"] = json!([1, { "idAnexo": 3, "y": 2 }]);
    corpo["processo"]["processoApensado"] =
        json!([{ "protocolo": "99990.000002/2026-06", "idProcedimentoSEI": 5, "documentos": [] }]);
    corpo["fora"] = json!(1);
    let enviado = a.json("POST", "tramites/processo", &corpo);
    let avisos = enviado["avisos"].to_string();
    for nome in ["cabecalho.novoCampo", "processo.outroCampo", "fora", "motivoDaUrgencia"] {
        assert!(avisos.contains(nome), "{nome}: {avisos}");
    }
    let metadados = b.do_tramite("GET", enviado["IDT"].as_i64().unwrap(), "");
    assert_eq!(metadados["novoCampo"], json!({ "x": 1 }));
    assert_eq!(metadados["processo"]["outroCampo"], json!([1, { "y": 2 }]));
    assert_eq!(
        metadados["processo"]["processoApensado"],
        json!([{ "protocolo": "99990.000002/2026-06", "documentos": [] }])
    );
    assert_eq!(metadados["processo"]["documentos"], json!([]));
    let mut trocado = a.corpo(&b, None, &[]);
    trocado["cabecalho"]["nRE"] = json!("0000000001342016");
    let corpo = trocado.to_string();
    let recusado = a.pedir("POST", "tramites/processo", corpo.as_bytes(), "application/json");
    assert_eq!(recusado.status, 400, "{}", recusado.texto);
}
