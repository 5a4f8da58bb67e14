//! A write that is sent again under its key is not done again, and is answered
//! as the first was.
//!
//! Here, each promise by itself; in `cliente`, all of them at once.

mod cliente;

use crate::support::{App, Desfecho, Modo, Operacao, Porta};
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};

const PORTAS: [Porta; 2] = [Porta::Rest, Porta::Graphql];
const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";

fn cadastro(nome: &str, cpf: Option<&str>) -> Operacao {
    let dados = json!({ "nome": nome, "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO", "cpf": cpf });
    Operacao::nova("cadastrarAdolescente", json!({ "dados": dados }))
}

fn fazer(app: &App, porta: Porta, operacao: &Operacao, chave: &str) -> Desfecho {
    app.executar("tjrn", porta, operacao, Modo { chave: Some(chave), ..Modo::default() })
}

/// The answer says that it is of an earlier request; REST says it in a header.
fn repetida(desfecho: &Desfecho) -> bool {
    desfecho.resposta.headers.get("idempotent-replayed").is_some_and(|valor| valor == "true")
}

fn verdito(desfecho: &Desfecho) -> (u16, Option<&str>) {
    (desfecho.status, desfecho.codigo.as_deref())
}

fn chaves(app: &App) -> i64 {
    app.banco.contar("SELECT count(*) AS n FROM chave_idempotencia")
}

fn adolescentes(app: &App) -> (i64, i64) {
    let eventos = "SELECT count(*) AS n FROM evento WHERE tipo = 'ADOLESCENTE_CADASTRADO'";
    (app.banco.contar("SELECT count(*) AS n FROM adolescente"), app.banco.contar(eventos))
}

#[test]
fn o_reenvio_responde_o_mesmo_e_o_rest_diz_que_e_reenvio() {
    let app = App::vazio();
    for porta in PORTAS {
        let chave = format!("{porta:?}");
        let (primeira, outra) = (
            fazer(&app, porta, &cadastro("Ana", None), &chave),
            fazer(&app, porta, &cadastro("Ana", None), &chave),
        );
        assert_eq!((primeira.status, outra.status), (200, 200), "{}", outra.resposta.texto);
        assert_eq!(primeira.gerado, outra.gerado);
        assert_eq!((repetida(&primeira), repetida(&outra)), (false, porta == Porta::Rest));
    }
    assert_eq!(adolescentes(&app), (2, 2));
    // Both doors read one command: a key of one is a key of the other.
    let pela_outra = fazer(&app, Porta::Rest, &cadastro("Ana", None), "Graphql");
    assert!(repetida(&pela_outra), "{}", pela_outra.resposta.texto);
    assert_eq!(adolescentes(&app), (2, 2));
}

#[test]
fn a_mesma_chave_com_outra_entrada_e_422_e_nada_se_faz() {
    let app = App::vazio();
    for porta in PORTAS {
        let chave = format!("{porta:?}");
        assert_eq!(fazer(&app, porta, &cadastro("Ana", None), &chave).status, 200);
        let antes = adolescentes(&app);
        for operacao in [cadastro("Eva", None), cadastro("Ana", Some("52998224725"))] {
            let recusada = fazer(&app, porta, &operacao, &chave);
            assert_eq!(verdito(&recusada), (422, Some("CHAVE_IDEMPOTENCIA_REUTILIZADA")));
        }
        assert_eq!(adolescentes(&app), antes);
        // The first outcome is still there.
        assert_eq!(fazer(&app, porta, &cadastro("Ana", None), &chave).status, 200);
        assert_eq!(adolescentes(&app), antes);
    }
}

#[test]
fn de_8_pedidos_simultaneos_com_uma_chave_um_so_faz() {
    let app = App::vazio();
    for rodada in 0..20 {
        for porta in PORTAS {
            let antes = adolescentes(&app);
            let (chave, largada) = (format!("{porta:?} {rodada}"), std::sync::Barrier::new(8));
            let pedir = || {
                largada.wait();
                fazer(&app, porta, &cadastro("Ana", None), &chave)
            };
            let desfechos: Vec<_> = std::thread::scope(|escopo| {
                let correm: Vec<_> = (0..8).map(|_| escopo.spawn(pedir)).collect();
                correm.into_iter().map(|corre| corre.join().unwrap()).collect()
            });
            for desfecho in &desfechos {
                assert_eq!(desfecho.status, 200, "{}", desfecho.resposta.texto);
                assert_eq!(desfecho.gerado, desfechos[0].gerado);
            }
            let reenvios = desfechos.iter().filter(|desfecho| repetida(desfecho)).count();
            assert_eq!(reenvios, if porta == Porta::Rest { 7 } else { 0 });
            assert_eq!(adolescentes(&app), (antes.0 + 1, antes.1 + 1));
        }
    }
}

#[test]
fn a_tabela_de_chaves_nao_guarda_nome_nem_cpf() {
    let app = App::vazio();
    let alvo = fazer(&app, Porta::Rest, &cadastro("Ludmila", Some("52998224725")), "a");
    let mudar = json!({ "identificador": alvo.gerado, "dados": { "nomeMae": "Ludmila", "cpf": "52998224725" } });
    for porta in PORTAS {
        let chave = |nome: &str| format!("{nome} {porta:?}");
        // Done, refused for the CPF, refused for the text, refused for the digits.
        fazer(&app, porta, &Operacao::nova("atualizarAdolescente", mudar.clone()), &chave("a"));
        fazer(&app, porta, &cadastro("Ludmila", Some("529.982.247-25")), &chave("b"));
        fazer(&app, porta, &cadastro(&"Ludmila".repeat(50), None), &chave("c"));
        fazer(&app, porta, &cadastro("Ludmila", Some("52998224726")), &chave("52998224725"));
        let rascunho = json!({ "appNameSistemaTribunal": "t", "dados": r#"{"nome":"Ludmila"}"# });
        fazer(&app, porta, &Operacao::nova("registrarRascunho", rascunho), &chave("Ludmila"));
    }
    assert_eq!(chaves(&app), 11);
    let texto = app.banco.texto(Sql::new(
        "SELECT string_agg(t::text || encode(chave, 'escape') || encode(entrada, 'escape'), E'\n') AS t FROM chave_idempotencia t",
    ));
    for segredo in ["Ludmila", "Fictícia", "52998224725", "529.982.247-25", "52998224726"] {
        assert!(!texto.contains(segredo), "{segredo}: {texto}");
    }
}

/// Every key that there is grows older.
fn envelhecer(app: &App, quanto: &str) {
    let sql = format!("UPDATE chave_idempotencia SET criada_em = criada_em - interval '{quanto}'");
    app.banco.conn().batch_execute(&sql).unwrap();
}

#[test]
fn a_chave_vale_um_dia_e_depois_se_esquece() {
    let app = App::vazio();
    for porta in PORTAS {
        let antes = adolescentes(&app).0;
        let primeira = fazer(&app, porta, &cadastro("Ana", None), "k");
        envelhecer(&app, "23 hours 59 minutes");
        assert_eq!(fazer(&app, porta, &cadastro("Ana", None), "k").gerado, primeira.gerado);
        assert_eq!(adolescentes(&app).0, antes + 1);
        envelhecer(&app, "2 minutes");
        // Forgotten, it may serve another input, and is done anew.
        let nova = fazer(&app, porta, &cadastro("Eva", None), "k");
        assert_eq!((nova.status, repetida(&nova)), (200, false), "{}", nova.resposta.texto);
        assert_eq!(adolescentes(&app).0, antes + 2);
        // An old row goes with the next key, whichever it is.
        envelhecer(&app, "25 hours");
        fazer(&app, porta, &cadastro("Ana", None), "outra");
        assert_eq!(chaves(&app), 1);
        envelhecer(&app, "25 hours");
    }
}

#[test]
fn a_recusa_reenviada_e_a_mesma_ainda_que_o_estado_mude() {
    let app = App::vazio();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    for (porta, n) in PORTAS.into_iter().zip(0..) {
        let numero = NumeroProcesso::sintetico(9_500_000 + n, 2024, 820, 1).to_string();
        let sem_chave = |mutation, input: Value| {
            let operacao = Operacao::nova(mutation, input);
            let feito = app.executar("tjrn", porta, &operacao, Modo::default());
            assert_eq!(feito.status, 200, "{}", feito.resposta.texto);
        };
        let situacao =
            |para| sem_chave("alterarSituacao", json!({ "processo": numero, "situacao": para }));
        sem_chave(
            "cadastrarProcesso",
            json!({ "numero": numero, "tipo": APURACAO, "adolescentes": [ana], "idOrgao": 1, "appNameSistemaTribunal": "t" }),
        );
        situacao("ARQUIVADO");
        let vincular = Operacao::nova(
            "vincularAdolescente",
            json!({ "processo": numero, "adolescente": rui }),
        );
        let chave = format!("{porta:?}");
        let recusada = fazer(&app, porta, &vincular, &chave);
        assert_eq!(verdito(&recusada), (409, Some("PROCESSO_ARQUIVADO")));
        situacao("ATIVO");
        let outra = fazer(&app, porta, &vincular, &chave);
        assert_eq!((verdito(&outra), &outra.textos), (verdito(&recusada), &recusada.textos));
        assert_eq!(fazer(&app, porta, &vincular, &format!("nova {chave}")).status, 200);
    }
}

#[test]
fn a_chave_e_da_credencial_e_da_operacao() {
    let app = App::vazio();
    // Of the same tribunal: another client, and a person who is called as the client is.
    app.credencial("outro", "tjrn", |claims| claims["azp"] = "outro".into());
    app.credencial("pessoa", "tjrn", |claims| {
        claims.as_object_mut().unwrap().remove("azp");
        claims["sub"] = "tjrn".into();
    });
    for porta in PORTAS {
        let chave = format!("{porta:?}");
        let modo = Modo { chave: Some(&chave), ..Modo::default() };
        let pedir =
            |cliente: &str, nome: &str| app.executar(cliente, porta, &cadastro(nome, None), modo);
        let mut gerados = Vec::new();
        for (cliente, nome) in
            [("tjrn", "Ana"), ("tjpe", "Eva"), ("outro", "Lia"), ("pessoa", "Rui")]
        {
            let feita = pedir(cliente, nome);
            assert_eq!((feita.status, repetida(&feita)), (200, false), "{cliente}");
            gerados.push(feita.gerado);
        }
        gerados.dedup();
        assert_eq!(gerados.len(), 4);
        let rascunho = json!({ "appNameSistemaTribunal": "t", "dados": "{}" });
        let outra = fazer(&app, porta, &Operacao::nova("registrarRascunho", rascunho), &chave);
        assert_eq!((outra.status, repetida(&outra)), (200, false));
        // Who may not write takes no key either.
        assert_eq!(pedir("tjrn-leitura", "Ana").status, 403);
    }
    assert_eq!(chaves(&app), 10);
}

#[test]
fn o_ensaio_nao_gasta_chave() {
    let app = App::vazio();
    for porta in PORTAS {
        let chave = format!("{porta:?}");
        let ensaiar = |nome: &str| {
            let modo = Modo { chave: Some(&chave), simular: true };
            app.executar("tjrn", porta, &cadastro(nome, None), modo)
        };
        let antes = (chaves(&app), adolescentes(&app));
        assert_eq!(ensaiar("Eva").status, 200);
        assert_eq!((chaves(&app), adolescentes(&app)), antes);
        let feita = fazer(&app, porta, &cadastro("Ana", None), &chave);
        assert_eq!((feita.status, repetida(&feita)), (200, false));
        assert_eq!(ensaiar("Eva").status, 200);
        assert_eq!(chaves(&app), antes.0 + 1);
    }
}

#[test]
fn chave_malformada_e_400_com_o_campo() {
    let app = App::vazio();
    let longa = "k".repeat(256);
    for chave in ["", "\"\"", "   ", &longa] {
        let rest = fazer(&app, Porta::Rest, &cadastro("Ana", None), chave);
        assert_eq!(rest.status, 400, "{chave:?}: {}", rest.resposta.texto);
        let erro = rest.resposta.corpo["erros"][0].as_str().unwrap();
        assert!(erro.starts_with("Idempotency-Key: "), "{erro}");
    }
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let headers = [("Authorization", &*bearer), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")];
    assert_eq!(app.pedir("POST", "/api/v1/adolescentes", &headers, b"{}").status, 400);
    for chave in ["", "\"\"", "   ", &longa, "a\nb"] {
        let graphql = fazer(&app, Porta::Graphql, &cadastro("Ana", None), chave);
        assert_eq!(verdito(&graphql), (400, Some("CAMPO_INVALIDO")), "{chave:?}");
        let query = "mutation($i: CadastrarAdolescenteInput!) { cadastrarAdolescente(input: $i) { erros { campo } } }";
        let mut input = cadastro("Ana", None).input;
        input["chaveIdempotencia"] = chave.into();
        let dados = app.gql_com("tjrn", query, json!({ "i": input }));
        assert_eq!(
            dados["cadastrarAdolescente"]["erros"],
            json!([{ "campo": ["input", "chaveIdempotencia"] }])
        );
    }
    assert_eq!((chaves(&app), adolescentes(&app)), (0, (0, 0)));
    // The longest that is allowed.
    for porta in PORTAS {
        assert_eq!(fazer(&app, porta, &cadastro("Ana", None), &longa[1..]).status, 200);
    }
    assert_eq!(adolescentes(&app).0, 1);
}
