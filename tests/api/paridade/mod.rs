//! Both doors judge alike (R29): one input, sent through each as a simulation
//! against one state, is accepted by both, or refused with the same status, the
//! same decisive code and the same texts. Nothing of it stays.

mod campos;
mod estado;
mod provas;

use crate::support::{Desfecho, Modo, Operacao, Porta, Sorteio};
use elos::db::Sql;
use elos::error::CodigoErro;
use estado::Estado;
use provas::{Prova, das_guias, dos_processos};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ENTRADAS: u64 = 200;
const SEMENTE: u64 = 29;

impl Estado {
    /// A digest of every table: what was written nowhere changes none. But for the trail:
    /// who asked is remembered even of a rehearsal.
    fn retrato(&self) -> String {
        self.app.banco.texto(Sql::new(
            "SELECT string_agg(relname || ' ' || md5(table_to_xml(oid, true, false, '')::text), E'\n' ORDER BY relname) AS t
             FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname !~ '^(auditoria|selo)_[0-9]'",
        ))
    }

    /// What came of it, and how the doors differ, if they do.
    fn comparar(&self, operacao: &Operacao) -> (Desfecho, Option<String>) {
        let simular = Modo { simular: true, ..Modo::default() };
        let rest = self.app.executar("tjrn", Porta::Rest, operacao, simular);
        let graphql = self.app.executar("tjrn", Porta::Graphql, operacao, simular);
        let iguais = match graphql.de_forma {
            // What a scalar or a type refuses at the top is a 400 of the field in REST.
            true => rest.status == 400,
            false => {
                let julgado = |d: &Desfecho| (d.status, d.codigo.clone(), sem_porta(&d.textos));
                julgado(&rest) == julgado(&graphql)
            }
        };
        let diferenca = (!iguais).then(|| {
            format!("{operacao:?}\n{}\n{}\n", rest.resposta.texto, graphql.resposta.texto)
        });
        (Desfecho { codigos: graphql.codigos, ..rest }, diferenca)
    }
}

/// A blank text in a change: each door says in its words how to keep or to erase.
fn sem_porta(textos: &[String]) -> Vec<String> {
    let palavras = |texto: &&str| texto.contains("em branco");
    let comum = |texto: &String| {
        Some(texto.as_str()).filter(|texto| !palavras(texto)).unwrap_or("em branco").to_owned()
    };
    textos.iter().map(comum).collect()
}

/// The input with one of its fields replaced, or taken away.
fn trocar(input: &mut Value, caminho: &str, valor: &Value) {
    let (pais, ultimo) =
        caminho.rsplit_once('.').map_or((None, caminho), |(pais, ultimo)| (Some(pais), ultimo));
    let mut onde = input;
    for parte in pais.into_iter().flat_map(|pais| pais.split('.')) {
        onde = &mut onde[parte];
    }
    match onde {
        Value::Object(campos) if valor.is_null() => drop(campos.remove(ultimo)),
        Value::Null if valor.is_null() => {}
        onde => onde[ultimo] = valor.clone(),
    }
}

#[test]
fn r29_as_duas_portas_julgam_igual_e_o_ensaio_nada_grava() {
    let estado = Estado::preparar();
    let provas: Vec<_> = dos_processos(&estado).into_iter().chain(das_guias(&estado)).collect();
    let antes = estado.retrato();
    let provar = |prova: &Prova| {
        let (mut vistos, mut diferencas) = (BTreeMap::new(), Vec::new());
        let mut codigos = BTreeSet::new();
        for n in 0..ENTRADAS {
            let mut sorteio = Sorteio::novo(SEMENTE, n);
            let mut input = prova.base.clone();
            for _ in 0..sorteio.ate(5) {
                let (campo, valores) = sorteio.um(&prova.campos);
                trocar(&mut input, campo, sorteio.um(valores));
            }
            if prova.mutation == "vincularAdolescente" && input["dados"] == json!({}) {
                // In REST an empty body is no body.
                trocar(&mut input, "dados", &Value::Null);
            }
            if prova.mutation.starts_with("atualizar") && has_blank(&input) {
                // In a PUT a blank text is absent; in a graph it is refused.
                continue;
            }
            let (visto, diferenca) = estado.comparar(&Operacao::nova(prova.mutation, input));
            *vistos.entry((visto.status, visto.codigo)).or_insert(0) += 1;
            codigos.extend(visto.codigos);
            diferencas.extend(diferenca);
        }
        eprintln!("{}: {vistos:?}", prova.nome);
        assert!(diferencas.is_empty(), "{} differ:\n{}", diferencas.len(), diferencas.join("\n"));
        // Inputs that all pass prove nothing, nor do those that all fail.
        let aceitas = vistos.get(&(200, None)).copied().unwrap_or(0);
        assert!((30..=190).contains(&aceitas) && vistos.len() >= 3, "{}: {vistos:?}", prova.nome);
        codigos
    };
    let correr = |provas: &[Prova]| provas.iter().flat_map(provar).collect::<BTreeSet<_>>();
    let vistos: BTreeSet<_> = std::thread::scope(|escopo| {
        let metades = provas.chunks(provas.len().div_ceil(2));
        let correm: Vec<_> = metades.map(|metade| escopo.spawn(|| correr(metade))).collect();
        correm.into_iter().flat_map(|corre| corre.join().unwrap()).collect()
    });
    assert_eq!(estado.retrato(), antes);
    // A simulation takes no key; every other refusal of the façade was seen.
    let da_fachada = CodigoErro::TODOS.into_iter().filter(|codigo| !codigo.so_do_tramita());
    let da_fachada = da_fachada.map(CodigoErro::nome);
    let faltam: Vec<_> = da_fachada.filter(|codigo| !vistos.contains(*codigo)).collect();
    assert_eq!(faltam, ["CHAVE_IDEMPOTENCIA_REUTILIZADA"]);
}

fn has_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().any(has_blank),
        Value::Object(fields) => fields.values().any(has_blank),
        _ => false,
    }
}
