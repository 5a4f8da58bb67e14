//! One client sends 500 operations, each with its key. Another client sends each of them three
//! times. Both databases must be the same afterwards.

use super::{key_count, perform, replayed};
use crate::support::{APURACAO, Api, App, EXECUCAO, Operation, Outcome, Rng, numero};
use elos::db::Sql;
use elos::value::cpf::Cpf;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const OPERATIONS: usize = 500;
const SEED: u64 = 5;
/// The client sends a retry after at most this number of other operations.
const DELAY: usize = 12;

/// The objects that were created so far. The server generates other names in each database, so an
/// operation names an object by its index here.
#[derive(Default)]
struct Created {
    adolescentes: Vec<String>,
    rascunhos: Vec<String>,
    guias: Vec<String>,
    /// A processo and the adolescentes that it was registered with.
    apuracoes: Vec<(Value, Vec<Value>)>,
    execucoes: Vec<(Value, Vec<Value>)>,
}

impl Created {
    fn note(&mut self, operation: &Operation, outcome: &Outcome) {
        let Some(generated) = outcome.generated.clone() else { return };
        let Operation { mutation, input } = operation;
        match *mutation {
            "cadastrarAdolescente" => self.adolescentes.push(generated),
            "registrarRascunho" => self.rascunhos.push(generated),
            "emitirGuia" => self.guias.push(generated),
            "cadastrarProcesso" => {
                let who = input["adolescentes"].as_array().unwrap().clone();
                let processo = (input["numero"].clone(), who);
                match input["tipo"] == APURACAO {
                    true => self.apuracoes.push(processo),
                    false => self.execucoes.push(processo),
                }
            }
            _ => {}
        }
    }
}

fn one(rng: &mut Rng, of: &[String], otherwise: &str) -> Value {
    if of.is_empty() || rng.chance(6) { otherwise.into() } else { rng.one(of).as_str().into() }
}

fn processo(rng: &mut Rng, of: &[(Value, Vec<Value>)]) -> (Value, Value) {
    if of.is_empty() || rng.chance(6) {
        return (json!("9000741-62.2021.8.20.0083"), json!("203000000099"));
    }
    let (numero, who) = rng.one(of);
    (numero.clone(), rng.one(who).clone())
}

/// Returns the `n`-th operation and its API. Most operations are valid.
fn draw(n: usize, created: &Created) -> (Api, Operation) {
    let rng = &mut Rng::new(SEED, n.try_into().unwrap());
    let api = if rng.chance(70) { Api::Rest } else { Api::Graphql };
    let numero = |n: usize| numero(n.try_into().unwrap());
    let cpf = |n: usize| Cpf::synthetic(n.try_into().unwrap()).unmasked().to_owned();
    let names = ["Ana", "Rui", "Eva", " ", "Lia"].map(Value::from);
    let who = one(rng, &created.adolescentes, "203000000001");
    let apuracao = processo(rng, &created.apuracoes);
    let execucao = processo(rng, &created.execucoes);
    let any = if rng.chance(70) { apuracao.0.clone() } else { execucao.0.clone() };
    let (mutation, mut input) = match rng.below(100) {
        0..14 => {
            let mut dados = json!({ "nome": rng.one(&names), "sobrenome": "Fictícia",
                "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" });
            if rng.chance(50) {
                dados["cpf"] = cpf(rng.below(60)).into();
            }
            ("cadastrarAdolescente", json!({ "dados": dados }))
        }
        14..24 => {
            let dados = json!({ "nome": rng.one(&names), "cpf": cpf(rng.below(60)) });
            ("atualizarAdolescente", json!({ "identificador": who, "dados": dados }))
        }
        24..38 => {
            let mut who = vec![who];
            if rng.chance(60) {
                who.push(one(rng, &created.adolescentes, "203000000002"));
            }
            let mut input = json!({ "numero": numero(rng.below(60)), "tipo": APURACAO, "adolescentes": who,
                "idOrgao": 1, "appNameSistemaTribunal": "t" });
            if rng.chance(40) {
                input["idProcessoSistemaExterno"] = one(rng, &created.rascunhos, "x");
            }
            ("cadastrarProcesso", input)
        }
        38..48 => {
            let input = json!({ "numero": numero(60 + rng.below(60)), "tipo": EXECUCAO, "adolescentes": [apuracao.1],
                "idOrgao": 1, "appNameSistemaTribunal": "t", "referencia": apuracao.0 });
            ("cadastrarProcesso", input)
        }
        48..56 => {
            let input = json!({ "processo": any, "magistrado": { "nome": rng.one(&names), "cpf": cpf(1) } });
            ("atualizarResponsaveis", input)
        }
        56..64 => {
            let situacao = if rng.chance(50) { "ATIVO" } else { "ARQUIVADO" };
            ("alterarSituacao", json!({ "processo": any, "situacao": situacao }))
        }
        64..72 => {
            let mut input = json!({ "processo": any, "adolescente": who });
            if rng.chance(15) {
                input["adolescente"] = format!("2030{:08}", 100 + rng.below(20)).into();
            }
            ("vincularAdolescente", input)
        }
        72..80 => {
            ("desvincularAdolescente", json!({ "processo": apuracao.0, "adolescente": apuracao.1 }))
        }
        80..86 => {
            let dados = *rng.one(&["{}", r#"{"a":1}"#, "[]"]);
            ("registrarRascunho", json!({ "appNameSistemaTribunal": "t", "dados": dados }))
        }
        86..94 => {
            let decisao = json!("2024-03-01");
            let especie = match rng.below(4) {
                0 => {
                    json!({ "provisoria": { "apuracao": apuracao.0, "dataSentenca": decisao, "houveInternacao": false } })
                }
                1 => {
                    json!({ "definitiva": { "apuracao": apuracao.0, "dataSentenca": decisao, "dataTransitoJulgado": decisao,
                             "documentos": [{ "tipoDocumento": "RG" }] } })
                }
                2 => {
                    json!({ "internacaoSancao": { "apuracao": apuracao.0, "execucao": execucao.0, "dataDecisao": decisao, "prazo": 90 } })
                }
                _ => json!({ "unificadora": { "execucao": execucao.0, "dataDecisao": decisao,
                             "definitivas": [one(rng, &created.guias, "202601019999")] } }),
            };
            let who = if especie["unificadora"].is_null() { &apuracao.1 } else { &execucao.1 };
            let input = json!({ "adolescente": who, "magistrado": { "cpf": cpf(1) }, "serventuario": { "cpf": cpf(2) },
                "serventuarioCargo": "Analista", "codigoTpuMedida": "11386", "especie": especie,
                "atosInfracionais": [{ "codigoTpu": "3401", "descricao": "d" }] });
            ("emitirGuia", input)
        }
        _ => (
            "baixarGuia",
            json!({ "numero": one(rng, &created.guias, "202601019999"), "motivo": "EXTINTA" }),
        ),
    };
    if input.get("processo").is_some() && rng.chance(10) {
        input["versaoEsperada"] = 2.into();
    }
    (api, Operation::new(mutation, input))
}

fn key(n: usize) -> String {
    format!("operacao {n}")
}

/// Returns the contents of the database. It names objects by their number or index, and leaves out
/// generated values (keys, codes, instants).
fn snapshot(app: &App) -> String {
    app.database.text(Sql::new(
        r"WITH a AS (SELECT row_number() OVER (ORDER BY id) AS n, * FROM adolescente),
               r AS (SELECT row_number() OVER (ORDER BY id) AS n, * FROM rascunho),
               g AS (SELECT row_number() OVER (ORDER BY id) AS n, * FROM guia),
               sem AS (SELECT '{id,n,criado_em,atualizado_em,tribunal_codigo,identificador,codigo,consumido_em,processo_id,adolescente_id,
                                baixada_em,unificada_por,apuracao_id,execucao_id,guia_id,encerrado_em,iniciado_em,xid,ocorrido_em,
                                id_processo_sistema_externo}'::text[] AS nomes),
               linha(tabela, ordem, t) AS (
            SELECT 'adolescente', lpad(a.n::text, 6, '0'), (to_jsonb(a) - nomes)::text FROM a, sem
            UNION ALL SELECT 'processo', p.numero, concat_ws(' ', to_jsonb(p) - nomes, r.n)
              FROM sem, processo p LEFT JOIN r ON r.codigo = p.id_processo_sistema_externo
            UNION ALL SELECT 'vinculo', lpad(v.id::text, 6, '0'), concat_ws(' ', p.numero, a.n, v.encerrado_em IS NULL, v.motivo)
              FROM vinculo v JOIN processo p ON p.id = v.processo_id JOIN a ON a.id = v.adolescente_id
            UNION ALL SELECT 'rascunho', lpad(r.n::text, 6, '0'), concat_ws(' ', to_jsonb(r) - nomes, r.consumido_em IS NULL, p.numero)
              FROM sem, r LEFT JOIN processo p ON p.id = r.processo_id
            UNION ALL SELECT 'guia', lpad(g.n::text, 6, '0'), concat_ws(' ', to_jsonb(g) - nomes - 'numero', a.n, x.numero, y.numero, u.n, g.baixada_em IS NULL)
              FROM sem, g JOIN a ON a.id = g.adolescente_id LEFT JOIN processo x ON x.id = g.apuracao_id
              LEFT JOIN processo y ON y.id = g.execucao_id LEFT JOIN g u ON u.id = g.unificada_por
            UNION ALL SELECT 'ato', lpad(t.id::text, 6, '0'), concat_ws(' ', to_jsonb(t) - nomes, g.n)
              FROM sem, ato_infracional t JOIN g ON g.id = t.guia_id
            UNION ALL SELECT 'documento', lpad(d.id::text, 6, '0'), concat_ws(' ', to_jsonb(d) - nomes, g.n)
              FROM sem, documento_da_guia d JOIN g ON g.id = d.guia_id
            UNION ALL SELECT 'evento', lpad(e.id::text, 6, '0'), concat_ws(' ', to_jsonb(e) - nomes, p.numero, a.n, g.n)
              FROM sem, evento e LEFT JOIN processo p ON p.id = e.processo_id LEFT JOIN a ON a.id = e.adolescente_id
              LEFT JOIN g ON g.id = e.guia_id)
          SELECT string_agg(tabela || ': ' || t, E'\n' ORDER BY tabela, ordem) AS t FROM linha",
    ))
}

type Verdicts = Vec<(u16, Option<String>)>;

fn verdict(outcome: &Outcome) -> (u16, Option<String>) {
    (outcome.status, outcome.code.clone())
}

/// Sends each operation once.
fn simple(app: &App) -> (Verdicts, BTreeMap<&'static str, usize>) {
    let (mut created, mut verdicts, mut accepted) =
        (Created::default(), Vec::new(), BTreeMap::new());
    for n in 0..OPERATIONS {
        let (api, operation) = draw(n, &created);
        let outcome = perform(app, api, &operation, &key(n));
        created.note(&operation, &outcome);
        *accepted.entry(operation.mutation).or_default() += usize::from(outcome.status == 200);
        verdicts.push(verdict(&outcome));
    }
    (verdicts, accepted)
}

/// A retry that is still to be sent, and the outcome that it must have.
struct Retry {
    n: usize,
    when: usize,
    api: Api,
    operation: Operation,
    first: ((u16, Option<String>), Option<String>),
}

impl Retry {
    fn send(&self, app: &App) {
        let outcome = perform(app, self.api, &self.operation, &key(self.n));
        let text = &outcome.response.text;
        assert_eq!(
            (verdict(&outcome), outcome.generated.clone()),
            self.first,
            "{}: {text}",
            self.n
        );
        assert_eq!(replayed(&outcome), self.api == Api::Rest && outcome.status == 200, "{text}");
    }
}

/// Sends each operation and two retries of it: simultaneous, immediate or later.
fn with_retries(app: &App) -> Verdicts {
    let rng = &mut Rng::new(SEED + 1, 0);
    let (mut created, mut verdicts) = (Created::default(), Vec::new());
    let mut pending: Vec<Retry> = Vec::new();
    for n in 0..OPERATIONS {
        let (api, operation) = draw(n, &created);
        let send = || perform(app, api, &operation, &key(n));
        let together = if rng.chance(34) { 3 } else { 1 };
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..together).map(|_| scope.spawn(send)).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        let first = (verdict(&outcomes[0]), outcomes[0].generated.clone());
        for outcome in &outcomes {
            let text = &outcome.response.text;
            assert_eq!((verdict(outcome), outcome.generated.clone()), first, "{n}: {text}");
        }
        created.note(&operation, &outcomes[0]);
        verdicts.push(first.0.clone());
        for _ in together..3 {
            let when = if rng.chance(40) { n } else { n + 1 + rng.below(DELAY) };
            let (operation, first) = (operation.clone(), first.clone());
            pending.push(Retry { n, when, api, operation, first });
        }
        for retry in pending.extract_if(.., |retry| retry.when <= n) {
            retry.send(app);
        }
    }
    for retry in &pending {
        retry.send(app);
    }
    verdicts
}

#[test]
fn sending_all_three_times_does_the_same_as_once() {
    let (one, three) = (App::empty(), App::empty());
    let (verdicts, accepted) = simple(&one);
    let others = with_retries(&three);
    for (n, (one, other)) in verdicts.iter().zip(&others).enumerate() {
        assert_eq!(one, other, "operation {n}");
    }
    let (expected, found) = (snapshot(&one), snapshot(&three));
    for (expected, found) in expected.lines().zip(found.lines()) {
        assert_eq!(expected, found);
    }
    assert_eq!(expected.lines().count(), found.lines().count());
    assert_eq!(key_count(&one), key_count(&three));

    // The server accepted each kind of operation some times, and refused many operations.
    let refused = verdicts.iter().filter(|(status, _)| *status != 200).count();
    eprintln!("{accepted:?}, {refused} refused, {} lines", expected.lines().count());
    assert!(accepted.len() == 10 && accepted.values().all(|n| *n >= 5), "{accepted:?}");
    assert!((100..=250).contains(&refused), "{refused}");
    let without_names = three
        .database
        .text(Sql::new("SELECT string_agg(t::text, E'\\n') AS t FROM chave_idempotencia t"));
    assert!(!without_names.contains("Fictícia"));
    for n in 0..60 {
        assert!(!without_names.contains(Cpf::synthetic(n).unmasked()));
    }
}
