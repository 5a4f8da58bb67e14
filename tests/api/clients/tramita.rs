//! Sends with what the platform's closed lists do not have.

use crate::tramita::componentes::documento;
use crate::tramita::{NUP, PE, RN, Tramita, envio};
use serde_json::{Value, json};

#[test]
fn what_is_outside_a_closed_list_is_refused_with_its_place() {
    let tramita = Tramita::novo();
    let file = b"bytes";
    let send = |change: &dyn Fn(&mut Value)| {
        let mut body = envio(RN, PE, NUP, None);
        body["processo"]["documentos"] = json!([documento(1, &[file])]);
        change(&mut body["processo"]);
        tramita.pedir(RN, "POST", "/tramites/processo?simular=true", &body)
    };
    let component = |name: &'static str, value: Value| {
        send(&move |p: &mut Value| {
            p["documentos"][0]["componentesDigitais"][0][name] = value.clone();
        })
    };
    for (name, value) in [
        ("nome", json!("x".repeat(5_000))),
        ("nome", json!("")),
        ("nome", json!(7)),
        ("mimeType", json!("application/zip")),
        ("tipoDeConteudo", json!("pdf")),
    ] {
        let answer = component(name, value);
        assert_eq!(answer.status, 400, "{name}: {}", answer.texto);
        let place = format!("documentos[0].componentesDigitais[0].{name}");
        assert!(answer.texto.contains(&place), "{place}: {}", answer.texto);
    }
    type Change = Box<dyn Fn(&mut Value)>;
    let others: [(&str, Change); 3] = [
        (
            "documentos[0].nivelDeSigilo",
            Box::new(|p| p["documentos"][0]["nivelDeSigilo"] = json!(9)),
        ),
        (
            "interessados[0].polo",
            Box::new(|p| p["interessados"] = json!([{ "nome": "X", "polo": "outro" }])),
        ),
        (
            "documentos[0].produtor.tipo",
            Box::new(|p| p["documentos"][0]["produtor"] = json!({ "nome": "X", "tipo": "robo" })),
        ),
    ];
    for (place, change) in others {
        let answer = send(&*change);
        assert_eq!(answer.status, 400, "{place}: {}", answer.texto);
        assert!(answer.texto.contains(place), "{place}: {}", answer.texto);
    }
    for (name, value) in [
        ("nome", json!("despacho.pdf")),
        ("mimeType", json!("text/html")),
        ("tipoDeConteudo", json!("txt")),
    ] {
        let answer = component(name, value);
        assert_eq!(answer.status, 200, "{name}: {}", answer.texto);
    }
}
