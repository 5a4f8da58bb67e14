//! A client that sends 500 operations, each with its key; and another that sends
//! each of them three times. What they leave behind is the same.

use super::{APURACAO, chaves, fazer, repetida};
use crate::support::{App, Desfecho, Operacao, Porta, Sorteio};
use elos::db::Sql;
use elos::processo::NumeroProcesso;
use elos::value::cpf::Cpf;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const OPERACOES: usize = 500;
const SEMENTE: u64 = 5;
/// A retry comes back after at most so many other operations.
const DEMORA: usize = 12;
const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";

/// What was made so far. The server names it anew in each database, so that an
/// operation speaks of it by its place here.
#[derive(Default)]
struct Feitos {
    adolescentes: Vec<String>,
    rascunhos: Vec<String>,
    guias: Vec<String>,
    /// Each with the adolescentes that it was registered with.
    apuracoes: Vec<(Value, Vec<Value>)>,
    execucoes: Vec<(Value, Vec<Value>)>,
}

impl Feitos {
    fn anotar(&mut self, operacao: &Operacao, desfecho: &Desfecho) {
        let Some(gerado) = desfecho.gerado.clone() else { return };
        let Operacao { mutation, input } = operacao;
        match *mutation {
            "cadastrarAdolescente" => self.adolescentes.push(gerado),
            "registrarRascunho" => self.rascunhos.push(gerado),
            "emitirGuia" => self.guias.push(gerado),
            "cadastrarProcesso" => {
                let quem = input["adolescentes"].as_array().unwrap().clone();
                let processo = (input["numero"].clone(), quem);
                match input["tipo"] == APURACAO {
                    true => self.apuracoes.push(processo),
                    false => self.execucoes.push(processo),
                }
            }
            _ => {}
        }
    }
}

fn um(sorteio: &mut Sorteio, de: &[String], senao: &str) -> Value {
    if de.is_empty() || sorteio.vez(6) { senao.into() } else { sorteio.um(de).as_str().into() }
}

fn processo(sorteio: &mut Sorteio, de: &[(Value, Vec<Value>)]) -> (Value, Value) {
    if de.is_empty() || sorteio.vez(6) {
        return (json!("9000741-62.2021.8.20.0083"), json!("203000000099"));
    }
    let (numero, quem) = sorteio.um(de);
    (numero.clone(), sorteio.um(quem).clone())
}

/// The n-th operation, and the door it goes through: valid more often than not.
fn sortear(n: usize, feitos: &Feitos) -> (Porta, Operacao) {
    let sorteio = &mut Sorteio::novo(SEMENTE, n.try_into().unwrap());
    let porta = if sorteio.vez(70) { Porta::Rest } else { Porta::Graphql };
    let numero = |n: usize| {
        let n = u32::try_from(n).unwrap();
        NumeroProcesso::sintetico(9_600_000 + n, 2024, 820, 1).to_string()
    };
    let cpf = |n: usize| Cpf::sintetico(n.try_into().unwrap()).completo().to_owned();
    let nomes = ["Ana", "Rui", "Eva", " ", "Lia"].map(Value::from);
    let quem = um(sorteio, &feitos.adolescentes, "203000000001");
    let apuracao = processo(sorteio, &feitos.apuracoes);
    let execucao = processo(sorteio, &feitos.execucoes);
    let qualquer = if sorteio.vez(70) { apuracao.0.clone() } else { execucao.0.clone() };
    let (mutation, mut input) = match sorteio.ate(100) {
        0..14 => {
            let mut dados = json!({ "nome": sorteio.um(&nomes), "sobrenome": "Fictícia",
                "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" });
            if sorteio.vez(50) {
                dados["cpf"] = cpf(sorteio.ate(60)).into();
            }
            ("cadastrarAdolescente", json!({ "dados": dados }))
        }
        14..24 => {
            let dados = json!({ "nome": sorteio.um(&nomes), "cpf": cpf(sorteio.ate(60)) });
            ("atualizarAdolescente", json!({ "identificador": quem, "dados": dados }))
        }
        24..38 => {
            let mut quem = vec![quem];
            if sorteio.vez(60) {
                quem.push(um(sorteio, &feitos.adolescentes, "203000000002"));
            }
            let mut input = json!({ "numero": numero(sorteio.ate(60)), "tipo": APURACAO, "adolescentes": quem,
                "idOrgao": 1, "appNameSistemaTribunal": "t" });
            if sorteio.vez(40) {
                input["idProcessoSistemaExterno"] = um(sorteio, &feitos.rascunhos, "x");
            }
            ("cadastrarProcesso", input)
        }
        38..48 => {
            let input = json!({ "numero": numero(60 + sorteio.ate(60)), "tipo": EXECUCAO, "adolescentes": [apuracao.1],
                "idOrgao": 1, "appNameSistemaTribunal": "t", "referencia": apuracao.0 });
            ("cadastrarProcesso", input)
        }
        48..56 => {
            let input = json!({ "processo": qualquer, "magistrado": { "nome": sorteio.um(&nomes), "cpf": cpf(1) } });
            ("atualizarResponsaveis", input)
        }
        56..64 => {
            let situacao = if sorteio.vez(50) { "ATIVO" } else { "ARQUIVADO" };
            ("alterarSituacao", json!({ "processo": qualquer, "situacao": situacao }))
        }
        64..72 => {
            let mut input = json!({ "processo": qualquer, "adolescente": quem });
            if sorteio.vez(15) {
                input["adolescente"] = format!("2030{:08}", 100 + sorteio.ate(20)).into();
            }
            ("vincularAdolescente", input)
        }
        72..80 => {
            ("desvincularAdolescente", json!({ "processo": apuracao.0, "adolescente": apuracao.1 }))
        }
        80..86 => {
            let dados = *sorteio.um(&["{}", r#"{"a":1}"#, "[]"]);
            ("registrarRascunho", json!({ "appNameSistemaTribunal": "t", "dados": dados }))
        }
        86..94 => {
            let decisao = json!("2024-03-01");
            let especie = match sorteio.ate(4) {
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
                             "definitivas": [um(sorteio, &feitos.guias, "202601019999")] } }),
            };
            let quem = if especie["unificadora"].is_null() { &apuracao.1 } else { &execucao.1 };
            let input = json!({ "adolescente": quem, "magistrado": { "cpf": cpf(1) }, "serventuario": { "cpf": cpf(2) },
                "serventuarioCargo": "Analista", "codigoTpuMedida": "11386", "especie": especie,
                "atosInfracionais": [{ "codigoTpu": "3401", "descricao": "d" }] });
            ("emitirGuia", input)
        }
        _ => (
            "baixarGuia",
            json!({ "numero": um(sorteio, &feitos.guias, "202601019999"), "motivo": "EXTINTA" }),
        ),
    };
    if input.get("processo").is_some() && sorteio.vez(10) {
        input["versaoEsperada"] = 2.into();
    }
    (porta, Operacao::nova(mutation, input))
}

fn chave(n: usize) -> String {
    format!("operacao {n}")
}

/// What the database holds, each thing told by its number or by its place
/// instead of what is generated: keys, codes, instants.
fn retrato(app: &App) -> String {
    app.banco.texto(Sql::new(
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

type Verditos = Vec<(u16, Option<String>)>;

fn verdito(desfecho: &Desfecho) -> (u16, Option<String>) {
    (desfecho.status, desfecho.codigo.clone())
}

/// Each operation once.
fn simples(app: &App) -> (Verditos, BTreeMap<&'static str, usize>) {
    let (mut feitos, mut verditos, mut aceitas) = (Feitos::default(), Vec::new(), BTreeMap::new());
    for n in 0..OPERACOES {
        let (porta, operacao) = sortear(n, &feitos);
        let desfecho = fazer(app, porta, &operacao, &chave(n));
        feitos.anotar(&operacao, &desfecho);
        *aceitas.entry(operacao.mutation).or_default() += usize::from(desfecho.status == 200);
        verditos.push(verdito(&desfecho));
    }
    (verditos, aceitas)
}

/// A retry to be sent, and what must come of it.
struct Reenvio {
    n: usize,
    quando: usize,
    porta: Porta,
    operacao: Operacao,
    primeiro: ((u16, Option<String>), Option<String>),
}

impl Reenvio {
    fn enviar(&self, app: &App) {
        let desfecho = fazer(app, self.porta, &self.operacao, &chave(self.n));
        let texto = &desfecho.resposta.texto;
        assert_eq!(
            (verdito(&desfecho), desfecho.gerado.clone()),
            self.primeiro,
            "{}: {texto}",
            self.n
        );
        assert_eq!(
            repetida(&desfecho),
            self.porta == Porta::Rest && desfecho.status == 200,
            "{texto}"
        );
    }
}

/// Each operation, and two retries of it: at the same time, at once, or later.
fn insistente(app: &App) -> Verditos {
    let sorteio = &mut Sorteio::novo(SEMENTE + 1, 0);
    let (mut feitos, mut verditos) = (Feitos::default(), Vec::new());
    let mut pendentes: Vec<Reenvio> = Vec::new();
    for n in 0..OPERACOES {
        let (porta, operacao) = sortear(n, &feitos);
        let enviar = || fazer(app, porta, &operacao, &chave(n));
        let juntos = if sorteio.vez(34) { 3 } else { 1 };
        let desfechos: Vec<_> = std::thread::scope(|escopo| {
            let correm: Vec<_> = (0..juntos).map(|_| escopo.spawn(enviar)).collect();
            correm.into_iter().map(|corre| corre.join().unwrap()).collect()
        });
        let primeiro = (verdito(&desfechos[0]), desfechos[0].gerado.clone());
        for desfecho in &desfechos {
            let texto = &desfecho.resposta.texto;
            assert_eq!((verdito(desfecho), desfecho.gerado.clone()), primeiro, "{n}: {texto}");
        }
        feitos.anotar(&operacao, &desfechos[0]);
        verditos.push(primeiro.0.clone());
        for _ in juntos..3 {
            let quando = if sorteio.vez(40) { n } else { n + 1 + sorteio.ate(DEMORA) };
            let (operacao, primeiro) = (operacao.clone(), primeiro.clone());
            pendentes.push(Reenvio { n, quando, porta, operacao, primeiro });
        }
        for reenvio in pendentes.extract_if(.., |reenvio| reenvio.quando <= n) {
            reenvio.enviar(app);
        }
    }
    for reenvio in &pendentes {
        reenvio.enviar(app);
    }
    verditos
}

#[test]
fn enviar_tudo_tres_vezes_da_no_mesmo_que_uma() {
    let (uma, tres) = (App::vazio(), App::vazio());
    let (verditos, aceitas) = simples(&uma);
    let outros = insistente(&tres);
    for (n, (um, outro)) in verditos.iter().zip(&outros).enumerate() {
        assert_eq!(um, outro, "operation {n}");
    }
    let (esperado, achado) = (retrato(&uma), retrato(&tres));
    for (esperada, achada) in esperado.lines().zip(achado.lines()) {
        assert_eq!(esperada, achada);
    }
    assert_eq!(esperado.lines().count(), achado.lines().count());
    assert_eq!(chaves(&uma), chaves(&tres));

    // The operations were worth sending: each kind was carried out, and many were refused.
    let recusadas = verditos.iter().filter(|(status, _)| *status != 200).count();
    eprintln!("{aceitas:?}, {recusadas} refused, {} lines", esperado.lines().count());
    assert!(aceitas.len() == 10 && aceitas.values().all(|n| *n >= 5), "{aceitas:?}");
    assert!((100..=250).contains(&recusadas), "{recusadas}");
    let sem_nomes = tres
        .banco
        .texto(Sql::new("SELECT string_agg(t::text, E'\\n') AS t FROM chave_idempotencia t"));
    assert!(!sem_nomes.contains("Fictícia"));
    for n in 0..60 {
        assert!(!sem_nomes.contains(Cpf::sintetico(n).completo()));
    }
}
