//! Guias as PDF documents.

use super::pdf_text::lines;
use super::pse::kinds;
use super::send_as;
use crate::guias::Fixture;
use crate::support::{App, Response};
use elos::processo::NumeroProcesso;
use elos::value::cpf::Cpf;
use serde_json::{Value, json};

const ESPECIES: [&str; 4] = ["provisoria", "definitiva", "internacao-sancao", "unificadora"];

fn path(especie: &str, numero: &str) -> String {
    format!("/api/v1/guias/{especie}/numero-guia/{numero}/pdf")
}

/// Issues a guia of each especie, with accents in its texts, for an adolescente with many fields.
/// Returns the especie and the number of each guia.
fn emitted() -> (Fixture, Vec<(&'static str, String)>) {
    let fixture = Fixture::new();
    let person = json!({
        "identificador": fixture.ana, "nome": "Conceição", "sobrenome": "D’Ávila Fictícia", "nomeSocial": "Zoé",
        "dataNascimento": "29/02/2008", "nomeMae": "Antônia Çelik Müller", "nomePai": "João Ñandú",
        "naturalidade": "Mossoró (RN)", "racaCor": "INDIGENA", "identidadeGenero": "PESSOA_NAO_BINARIA",
        "orientacaoSexual": "NAO_INFORMADO", "cpf": { "numero": "11144477735" },
        "rg": { "numero": "1.234", "orgaoExpedidor": "SSP", "dataExpedicao": "01/02/2020", "estadoRg": "RN" },
        "certidaoNascimento": { "cartorio": "2º Ofício", "livro": "A-1", "folha": "23", "numero": "456" },
    });
    let answer = fixture.rest("PUT", "/adolescentes", &person);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let guias = ESPECIES.map(|especie| {
        let mut body = fixture.body(especie);
        body["atosInfracionais"] = json!([
            { "codigoTpu": "11428", "descricao": "Lesão à pessoa — sem arma; “aspas” e nº 1ª", "localFato": "Açu", "dataFato": "01/02/2024" },
            { "codigoTpu": "11429", "descricao": "Ato\nem duas linhas", "localFato": "Natal", "dataFato": "02/02/2024" },
        ]);
        body["serventuario"] = json!("Serventuário Fictício da Conceição");
        if especie == "unificadora" {
            body["listaNumeroDaGuiaDefinitiva"] = json!([fixture.emitida("definitiva")]);
        }
        let answer = fixture.emitir(especie, &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        (especie, answer.body["dados"]["numeroGuia"].as_str().unwrap().to_owned())
    });
    (fixture, guias.into())
}

fn printed(app: &App, who: &str, especie: &str, numero: &str) -> Response {
    let answer = app.get(who, &path(especie, numero));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// Returns the text with single spaces instead of line breaks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Collects every text of the JSON that the document must show to people.
fn texts_for_people(name: &str, value: &Value, all: &mut Vec<String>) {
    // Fields that the PDF does not show: technical fields, and those that depend on the date of the
    // request.
    const NOT_PRINTED: [&str; 7] =
        ["id", "versao", "vencida", "tr", "dataCadastro", "cadastroPendente", "possuiNomeSocial"];
    match value {
        _ if NOT_PRINTED.contains(&name) => {}
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| texts_for_people(name, value, all));
        }
        Value::Array(items) => items.iter().for_each(|item| texts_for_people(name, item, all)),
        Value::String(text) if name == "numeroProcesso" => {
            all.push(text.parse::<NumeroProcesso>().unwrap().to_string());
        }
        Value::String(text) if text.len() == 11 && text.parse::<Cpf>().is_ok() => {
            all.push(format!("{}.{}.{}-{}", &text[..3], &text[3..6], &text[6..9], &text[9..]));
        }
        // Words of closed lists have another form in the PDF. Other tests check some of them.
        Value::String(text)
            if text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
                && text.len() > 2
                && name != "orgaoExpedidor" => {}
        Value::String(text) => all.push(words(text)),
        Value::Number(n) if name == "prazo" => all.push(format!("{n} dias")),
        other => panic!("{name}: {other}"),
    }
}

#[test]
fn a_guia_is_a_document_with_every_field_and_the_same_bytes_twice() {
    let (fixture, guias) = emitted();
    for (especie, numero) in &guias {
        let pdf = printed(&fixture.app, "tjrn", especie, numero);
        assert_eq!(pdf.headers["content-type"], "application/pdf");
        let name = format!("inline; filename=\"guia-{especie}-{numero}.pdf\"");
        assert_eq!(pdf.headers["content-disposition"], name);
        let again = printed(&fixture.app, "tjrn", &especie.to_uppercase(), numero);
        assert_eq!(
            (pdf.bytes == again.bytes, &pdf.headers["etag"]),
            (true, &again.headers["etag"])
        );

        let lines = lines(&pdf.bytes);
        let text = words(&lines.join(" "));
        let listed = fixture.rest("GET", &format!("/guias?numeroGuia={numero}"), &Value::Null);
        let mut values = Vec::new();
        texts_for_people("", &listed.body["dados"]["content"][0], &mut values);
        assert!(values.len() > 30, "{values:?}");
        for value in values {
            assert!(text.contains(&value), "{especie} lacks {value:?}: {text}");
        }
        for fixed in [
            "Tribunal de Justiça do Estado do Rio Grande do Norte",
            "Nº",
            "ATOS INFRACIONAIS",
            "página 1 de",
        ] {
            assert!(text.contains(fixed), "{especie} lacks {fixed}: {text}");
        }
        assert!(lines.contains(&"versão 1".into()) || text.contains("versão 1"), "{text}");
    }
}

#[test]
fn a_guia_shows_sensitive_fields_only_with_the_papel() {
    let (fixture, guias) = emitted();
    let app = &fixture.app;
    let (especie, numero) = (&guias[0].0, guias[0].1.as_str());
    let all = printed(app, "tjrn", especie, numero);
    let less = printed(app, "tjrn-leitura", especie, numero);
    assert_ne!(all.headers["etag"], less.headers["etag"]);
    let (all, less) = (lines(&all.bytes).join(" "), lines(&less.bytes).join(" "));
    for sealed in [
        "529.982.247-25",
        "111.444.777-35",
        "Antônia Çelik Müller",
        "Pessoa não binária",
        "Indígena",
    ] {
        assert!(all.contains(sealed) && !less.contains(sealed), "{sealed}");
    }
    assert!(less.contains("Zoé") && !less.contains("Conceição D"), "{less}");

    let status = |who: &str, especie: &str, numero: &str| {
        let answer = app.get(who, &path(especie, numero));
        (
            answer.status,
            answer.body["mensagemDesenvolvedor"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let not_found = (404, "NAO_ENCONTRADO".to_owned());
    let invalid = (400, "CAMPO_INVALIDO".to_owned());
    assert_eq!(status("tjpe", especie, numero), not_found);
    assert_eq!(status("tjrn", "definitiva", numero), not_found);
    assert_eq!(status("tjrn", especie, "202601019999"), not_found);
    assert_eq!(status("tjrn", especie, "2026"), invalid);
    assert_eq!(status("tjrn", "nada", numero), invalid);
    assert_eq!(app.request("GET", &path(especie, numero), &[], b"").status, 401);
    let query = app.get("tjrn", &format!("{}?x=1", path(especie, numero)));
    assert_eq!(query.status, 400, "{}", query.text);
}

#[test]
fn an_unchanged_response_is_304() {
    let (fixture, guias) = emitted();
    let (app, (especie, numero)) = (&fixture.app, &guias[1]);
    let first = printed(app, "tjrn", especie, numero);
    let etag = first.headers["etag"].clone();
    let asked = |method: &str, etag: &str| {
        send_as(app, "tjrn", method, &path(especie, numero), &[("If-None-Match", etag)], b"")
    };
    let same = asked("GET", &format!("W/{etag}"));
    assert_eq!((same.status, same.bytes.len()), (304, 0));
    let head = send_as(app, "tjrn", "HEAD", &path(especie, numero), &[], b"");
    assert_eq!((head.status, &head.headers["etag"], head.bytes.len()), (200, &etag, 0));
    let lowered = fixture.rest(
        "PUT",
        &format!("/guias/{numero}/situacao/Baixada"),
        &json!({ "motivo": "EXTINTA" }),
    );
    assert_eq!(lowered.status, 200, "{}", lowered.text);
    let changed = asked("GET", &etag);
    assert_eq!(changed.status, 200);
    let text = lines(&changed.bytes).join(" ");
    assert!(
        text.contains("Baixada") && text.contains("Extinta") && text.contains("versão 2"),
        "{text}"
    );
}

#[test]
fn the_trail_says_who_printed_which_guia() {
    let (fixture, guias) = emitted();
    let (app, (especie, numero)) = (&fixture.app, &guias[0]);
    printed(app, "tjrn", especie, numero);
    app.wait_until_audited();
    let query = "{ auditoria(first: 100, ator: \"tjrn\") { nodes { operacao especie status camposSensiveis recursos } } }";
    let trail = app.gql("cnj", query);
    let nodes = trail["auditoria"]["nodes"].as_array().unwrap();
    let of = "GET /api/v1/guias/{especie}/numero-guia/{numeroGuia}/pdf";
    let record = nodes.iter().find(|node| node["operacao"] == of).expect("it is in the trail");
    assert_eq!(
        (&record["especie"], &record["status"]),
        (&json!("LEITURA"), &json!(200)),
        "{record}"
    );
    assert_eq!(kinds(record), "Adolescente,Guia,Processo", "{record}");
    assert!(record["camposSensiveis"].to_string().contains("Responsavel.cpf"), "{record}");
    assert!(!trail.to_string().contains(numero), "the trail has no numbers of guias");
}

#[test]
fn a_long_guia_takes_the_pages_that_it_needs() {
    let fixture = Fixture::new();
    let mut body = fixture.body("definitiva");
    let act = |n: usize| {
        let text = format!("Descrição número {n}: {}", "ação não é omissão ".repeat(22));
        json!({ "codigoTpu": "11428", "descricao": text.trim(), "localFato": "Açu", "dataFato": "01/02/2024" })
    };
    body["atosInfracionais"] = (0..20).map(act).collect();
    let emitted = fixture.emitir("definitiva", &body);
    assert_eq!(emitted.status, 200, "{}", emitted.text);
    let numero = emitted.body["dados"]["numeroGuia"].as_str().unwrap();
    let pdf = printed(&fixture.app, "tjrn", "definitiva", numero);
    let (of_pages, of_text): (Vec<_>, Vec<_>) = lines(&pdf.bytes).into_iter().partition(|line| {
        line.ends_with("(continuação)") || line.contains("página ") || line.starts_with("Guia ")
    });
    let text = words(&of_text.join(" "));
    for n in 0..20 {
        let whole = words(act(n)["descricao"].as_str().unwrap());
        assert!(text.contains(&whole), "{whole}");
    }
    let text = of_pages.join(" ");
    let pages = text.matches("página ").count();
    assert!(pages >= 3, "{pages}");
    assert!(text.contains(&format!("página {pages} de {pages}")) && text.contains("(continuação)"));
}
