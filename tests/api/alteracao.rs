//! Changes of a processo through both APIs: responsáveis, situação, vínculos.

use crate::support::{
    App, EXECUCAO, NewProcesso, Response, Settings, Template, code, numero, rounds,
};
use elos::value::rules::RuleSwitches;
use serde_json::{Value, json};

/// Registers processo `n` with these adolescentes. With a `referencia`, the processo is an execução
/// of that apuração.
#[track_caller]
fn cadastrar(app: &App, n: u32, adolescentes: &[&str], referencia: Option<&str>) -> Response {
    let processo = match referencia {
        None => NewProcesso::apuracao(&numero(n), adolescentes),
        Some(referencia) => NewProcesso::execucao(&numero(n), adolescentes, referencia),
    };
    app.cadastrar("tjrn", &processo)
}

fn rest(app: &App, method: &str, path: &str, body: &Value) -> Response {
    app.rest("tjrn", method, &format!("/api/v1/processos{path}"), &[], body)
}

/// Changes processo 1 to ARQUIVADO if it has this version.
fn arquivar_if_match(app: &App, version: &str) -> Response {
    let path = format!("/api/v1/processos/numero-processo/{}/situacao/Arquivado", numero(1));
    app.rest("tjrn", "PUT", &path, &[("If-Match", version)], &Value::Null)
}

fn vinculo(n: u32, adolescente: &str) -> String {
    format!("/{}/apuracao/adolescentes/{adolescente}", numero(n))
}

#[test]
fn r13_so_os_responsaveis_mudam_e_o_igual_nao_e_mudanca() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let body = json!({ "numeroProcesso": numero(1), "magistradoNome": "Juíza Fictícia", "magistradoCPF": "52998224725", "serventuarioNome": null });
    let response = rest(&app, "PUT", "", &body);
    assert_eq!(response.status, 200, "{}", response.text);
    let dados = &response.body["dados"];
    assert_eq!((&dados["magistradoNome"], &dados["versao"]), (&json!("Juíza Fictícia"), &json!(2)));
    assert_eq!(response.headers["etag"], "\"2\"");

    let same = rest(&app, "PUT", "", &body);
    assert_eq!((same.status, &same.body["dados"]), (200, dados));
    let partial =
        rest(&app, "PUT", "", &json!({ "numeroProcesso": numero(1), "serventuarioNome": "S" }));
    assert_eq!(partial.body["dados"]["magistradoNome"], "Juíza Fictícia");
    let fields = app.database.text(elos::db::Sql::new(
        "SELECT string_agg(array_to_string(campos, '+'), ',' ORDER BY id) AS t FROM evento WHERE tipo = 'RESPONSAVEIS_ATUALIZADOS'",
    ));
    assert_eq!(fields, "magistrado.nome+magistrado.cpf,serventuario.nome");

    for (body, field) in [
        (json!({ "numeroProcesso": numero(1), "magistradoCPF": "52998224726" }), "magistradoCPF"),
        (json!({ "numeroProcesso": numero(1), "idOrgao": 2 }), "idOrgao"),
        (
            json!({ "numeroProcesso": numero(1), "situacaoProcesso": "ARQUIVADO" }),
            "situacaoProcesso",
        ),
        (json!({ "numeroProcesso": numero(1), "tipoProcesso": EXECUCAO }), "tipoProcesso"),
        (json!({ "magistradoNome": "x" }), "numeroProcesso"),
        (json!({ "numeroProcesso": "x" }), "numeroProcesso"),
    ] {
        let response = rest(&app, "PUT", "", &body);
        assert_eq!(response.status, 400, "{field}: {}", response.text);
        assert!(
            response.body["erros"][0].as_str().unwrap().starts_with(field),
            "{}",
            response.text
        );
    }
    assert_eq!(
        code(&rest(&app, "PUT", "", &json!({ "numeroProcesso": numero(9) }))),
        (404, "PROCESSO_NAO_ENCONTRADO")
    );
}

#[test]
fn r13_no_graphql_ausente_mantem_e_null_apaga() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let mutation = "mutation($i: AtualizarResponsaveisInput!) { atualizarResponsaveis(input: $i) {
        alterado processo { magistrado { nome cpf } versao } erros { __typename codigo campo ... on ErroConflitoDeVersao { versaoAtual } } } }";
    let change = |fields: Value| {
        let mut input = json!({ "processo": numero(1) });
        input.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        app.gql_with("tjrn", mutation, json!({ "i": input }))["atualizarResponsaveis"].clone()
    };
    let changed = change(json!({ "magistrado": { "nome": "J", "cpf": "52998224725" } }));
    assert_eq!(
        changed["processo"],
        json!({ "magistrado": { "nome": "J", "cpf": "52998224725" }, "versao": 2 })
    );
    assert_eq!(
        change(json!({ "magistrado": { "nome": "K" } }))["processo"]["magistrado"]["cpf"],
        "52998224725"
    );
    assert_eq!(change(json!({}))["alterado"], false);
    assert_eq!(
        change(json!({ "magistrado": { "cpf": null } }))["processo"]["magistrado"],
        json!({ "nome": "K", "cpf": null })
    );
    assert_eq!(change(json!({ "magistrado": null }))["processo"]["magistrado"], Value::Null);
    assert_eq!(
        change(json!({ "magistrado": { "nome": " " } }))["erros"][0]["campo"],
        json!(["input", "magistrado", "nome"])
    );
    let old = change(json!({ "versaoEsperada": 1, "magistrado": { "nome": "X" } }));
    assert_eq!(
        old["erros"],
        json!([{ "__typename": "ErroConflitoDeVersao", "codigo": "CONFLITO_DE_VERSAO", "campo": ["input", "versaoEsperada"], "versaoAtual": 5 }])
    );
}

#[test]
fn the_etag_is_the_expected_version() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let path = format!("/numero-processo/{}", numero(1));
    let read = rest(&app, "GET", &path, &Value::Null);
    let etag = read.headers["etag"].clone();
    let old = arquivar_if_match(&app, "\"7\"");
    assert_eq!(code(&old), (412, "CONFLITO_DE_VERSAO"));
    assert_eq!(arquivar_if_match(&app, "x").status, 400);
    let new = arquivar_if_match(&app, &etag);
    assert_eq!((new.status, new.headers["etag"].as_str()), (200, "\"2\""));
}

#[test]
fn r19_r20_situacao() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let change = |situacao: &str| {
        rest(
            &app,
            "PUT",
            &format!("/numero-processo/{}/situacao/{situacao}", numero(1)),
            &Value::Null,
        )
    };
    for (situacao, expected, version) in [
        ("ATIVO", "ATIVO", 1),
        ("Arquivado", "ARQUIVADO", 2),
        ("ARQUIVADO", "ARQUIVADO", 2),
        ("ativo", "ATIVO", 3),
    ] {
        let response = change(situacao);
        assert_eq!(response.status, 200, "{}", response.text);
        let dados = &response.body["dados"];
        assert_eq!(
            (&dados["situacaoProcesso"], &dados["versao"]),
            (&json!(expected), &json!(version))
        );
    }
    assert_eq!(change("Suspenso").status, 400);
    let absent = format!("/numero-processo/{}/situacao/Suspenso", numero(9));
    assert_eq!(code(&rest(&app, "PUT", &absent, &Value::Null)), (404, "PROCESSO_NAO_ENCONTRADO"));
    assert_eq!(rest(&app, "PUT", "/numero-processo/123/situacao/Ativo", &Value::Null).status, 400);
    assert_eq!(
        app.database.count("SELECT count(*) AS n FROM evento WHERE tipo = 'SITUACAO_ALTERADA'"),
        2
    );

    let mutation = "mutation($i: AlterarSituacaoInput!) { alterarSituacao(input: $i) { alterado processo { situacao } erros { codigo } } }";
    let dados = app.gql_with(
        "tjrn",
        mutation,
        json!({ "i": { "processo": numero(1), "situacao": "ATIVO" } }),
    );
    assert_eq!(
        dados["alterarSituacao"],
        json!({ "alterado": false, "processo": { "situacao": "ATIVO" }, "erros": [] })
    );
}

#[test]
fn r12_uma_execucao_ativa_ao_cadastrar_e_ao_reativar() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    assert_eq!(cadastrar(&app, 2, &[&ana], Some(&numero(1))).status, 200);
    let second = cadastrar(&app, 3, &[&ana], Some(&numero(1)));
    assert_eq!(code(&second), (409, "EXECUCAO_ATIVA"), "{}", second.text);
    assert!(second.text.contains(&numero(2)), "{}", second.text);

    let situacao = |n: u32, to: &str| {
        rest(&app, "PUT", &format!("/numero-processo/{}/situacao/{to}", numero(n)), &Value::Null)
    };
    assert_eq!(situacao(2, "Arquivado").status, 200);
    assert_eq!(cadastrar(&app, 3, &[&ana], Some(&numero(1))).status, 200);
    assert_eq!(code(&situacao(2, "Ativo")), (409, "EXECUCAO_ATIVA"));
    let input = json!({ "processo": numero(2), "situacao": "ATIVO" });
    let query = "mutation($i: AlterarSituacaoInput!) { alterarSituacao(input: $i) { erros { codigo ... on ErroDeRegra { regra impedimento { numero } } } } }";
    assert_eq!(
        app.gql_with("tjrn", query, json!({ "i": input }))["alterarSituacao"]["erros"],
        json!([{ "codigo": "EXECUCAO_ATIVA", "regra": "R12", "impedimento": { "numero": numero(3) } }])
    );

    let rules = RuleSwitches { exigir_execucao_unica: false, ..RuleSwitches::default() };
    let app = App::with(Template::Empty, Settings { rules, ..Settings::default() });
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    for n in [2, 3] {
        assert_eq!(cadastrar(&app, n, &[&ana], Some(&numero(1))).status, 200);
    }
}

#[test]
fn r15_vincular_e_r16_a_r18_desvincular() {
    let app = App::empty();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    cadastrar(&app, 1, &[&ana], None);
    let post = |adolescente: &str| rest(&app, "POST", &vinculo(1, adolescente), &Value::Null);
    let delete = |adolescente: &str| rest(&app, "DELETE", &vinculo(1, adolescente), &Value::Null);

    assert_eq!(code(&delete(&ana)), (409, "ULTIMO_ADOLESCENTE"));
    let linked = post(&rui);
    assert_eq!(linked.status, 200, "{}", linked.text);
    assert_eq!(linked.body["dados"]["identificadoresAdolescentes"], json!([ana, rui]));
    assert_eq!(code(&post(&rui)), (409, "VINCULO_JA_ATIVO"));
    let outside = delete(&ana);
    assert_eq!(
        outside.body["dados"]["identificadoresAdolescentes"],
        json!([rui]),
        "{}",
        outside.text
    );
    assert_eq!(
        outside.body["dados"]["adolescentes"][0],
        json!({ "identificador": ana, "situacao": "ENCERRADO" })
    );
    assert_eq!(code(&delete(&ana)), (404, "VINCULO_NAO_ENCONTRADO"));
    assert_eq!(code(&delete("202699999999")), (404, "VINCULO_NAO_ENCONTRADO"));
    // A vínculo that ended can start again, as another row.
    assert_eq!(post(&ana).status, 200);
    assert_eq!(app.database.count("SELECT count(*) AS n FROM vinculo"), 3);

    // R16: an adolescente with an active execução cannot be unlinked. R15: the same adolescente can
    // be linked to another processo.
    assert_eq!(cadastrar(&app, 2, &[&rui], Some(&numero(1))).status, 200);
    assert_eq!(code(&delete(&rui)), (409, "EXECUCAO_ATIVA"));
    cadastrar(&app, 3, &[&ana], None);
    assert_eq!(rest(&app, "POST", &vinculo(3, &rui), &Value::Null).status, 200);

    let execucao = rest(&app, "POST", &vinculo(2, &ana), &Value::Null);
    assert_eq!(code(&execucao), (400, "TIPO_DE_PROCESSO_INCOMPATIVEL"));
    assert_eq!(
        code(&rest(&app, "POST", &vinculo(9, &ana), &Value::Null)),
        (404, "PROCESSO_NAO_ENCONTRADO")
    );
    assert_eq!(rest(&app, "POST", &vinculo(1, "123"), &Value::Null).status, 400);
    rest(&app, "PUT", &format!("/numero-processo/{}/situacao/Arquivado", numero(3)), &Value::Null);
    assert_eq!(
        code(&rest(&app, "POST", &vinculo(3, &ana), &Value::Null)),
        (409, "PROCESSO_ARQUIVADO")
    );
    assert_eq!(
        code(&rest(&app, "DELETE", &vinculo(3, &ana), &Value::Null)),
        (409, "PROCESSO_ARQUIVADO")
    );

    // GraphQL gives the same verdicts.
    let input =
        |n: u32, adolescente: &str| json!({ "processo": numero(n), "adolescente": adolescente });
    assert_eq!(
        app.refusal_codes("tjrn", "vincularAdolescente", &input(1, &rui)),
        ["VINCULO_JA_ATIVO"]
    );
    assert_eq!(
        app.refusal_codes("tjrn", "vincularAdolescente", &input(9, &rui)),
        ["PROCESSO_NAO_ENCONTRADO"]
    );
    assert_eq!(
        app.refusal_codes("tjrn", "vincularAdolescente", &input(3, &ana)),
        ["PROCESSO_ARQUIVADO", "VINCULO_JA_ATIVO"]
    );
    assert_eq!(
        app.refusal_codes("tjrn", "desvincularAdolescente", &input(1, &rui)),
        ["EXECUCAO_ATIVA"]
    );
    assert_eq!(
        app.refusal_codes("tjrn", "desvincularAdolescente", &input(2, &rui)),
        ["TIPO_DE_PROCESSO_INCOMPATIVEL"]
    );
}

#[test]
fn a_mutation_returns_the_edge() {
    let app = App::empty();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    cadastrar(&app, 1, &[&ana], None);
    let query = "mutation($i: VincularAdolescenteInput!) { vincularAdolescente(input: $i) {
        edge { cursor situacao node { identificador } } processo { versao } avisos erros { codigo } } }";
    let linked =
        &app.gql_with("tjrn", query, json!({ "i": { "processo": numero(1), "adolescente": rui } }))
            ["vincularAdolescente"];
    assert_eq!(linked["edge"]["node"]["identificador"], rui);
    assert_eq!(linked["processo"]["versao"], 2);
    // The cursor equals the one that the connection of the processo has for this row.
    let query = "query($n: NumeroProcesso!) { processo(numero: $n) { adolescentes { edges { cursor node { identificador } } } } }";
    let edges = app.gql_with("tjrn", query, json!({ "n": numero(1) }));
    assert_eq!(edges["processo"]["adolescentes"]["edges"][1]["cursor"], linked["edge"]["cursor"]);
    let query = "mutation($i: DesvincularAdolescenteInput!) { desvincularAdolescente(input: $i) { edge { situacao motivo encerradoEm } erros { codigo } } }";
    let input = json!({ "processo": numero(1), "adolescente": rui, "motivo": "engano" });
    let end = &app.gql_with("tjrn", query, json!({ "i": input }))["desvincularAdolescente"];
    assert_eq!(
        (&end["edge"]["situacao"], &end["edge"]["motivo"]),
        (&json!("ENCERRADO"), &json!("engano"))
    );
}

#[test]
fn r14_identificador_desconhecido() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let pending = rest(&app, "POST", &vinculo(1, "203000000001"), &Value::Null);
    assert_eq!(pending.status, 200, "{}", pending.text);
    assert!(pending.body["avisos"][0].as_str().unwrap().contains("pendente"), "{}", pending.text);
    let dados = json!({ "nome": "Nova", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
    let with_dados = rest(&app, "POST", &vinculo(1, "203000000002"), &dados);
    assert_eq!(
        (with_dados.status, with_dados.body.get("avisos")),
        (200, None),
        "{}",
        with_dados.text
    );
    assert_eq!(
        rest(&app, "POST", &vinculo(1, "203000000003"), &json!({ "nome": "Só" })).status,
        400
    );
    let query = r#"{ a: adolescente(identificador: "203000000001") { cadastroPendente nome } b: adolescente(identificador: "203000000002") { cadastroPendente nome }
                     c: adolescente(identificador: "203000000003") { id } }"#;
    assert_eq!(
        app.gql("tjrn", query),
        json!({ "a": { "cadastroPendente": true, "nome": null }, "b": { "cadastroPendente": false, "nome": "Nova" }, "c": null })
    );

    let rules = RuleSwitches { registrar_pendente: false, ..RuleSwitches::default() };
    let app = App::with(Template::Empty, Settings { rules, ..Settings::default() });
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let refused = rest(&app, "POST", &vinculo(1, "203000000001"), &Value::Null);
    assert_eq!(code(&refused), (404, "ADOLESCENTE_NAO_ENCONTRADO"));
    assert_eq!(rest(&app, "POST", &vinculo(1, "203000000001"), &dados).status, 200);
}

/// Runs the requests at once and returns their statuses, sorted.
fn race(requests: &[&(dyn Fn() -> u16 + Sync)]) -> Vec<u16> {
    let mut status: Vec<u16> = std::thread::scope(|scope| {
        let handles: Vec<_> = requests.iter().map(|request| scope.spawn(request)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    status.sort_unstable();
    status
}

fn round_count() -> u32 {
    u32::try_from(rounds(20, 50)).unwrap()
}

#[test]
fn de_16_vinculos_iguais_um_so_vale() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    for round in 0..round_count() {
        let rui = app.adolescente("tjrn");
        cadastrar(&app, round, &[&ana], None);
        let link = || rest(&app, "POST", &vinculo(round, &rui), &Value::Null).status;
        let status = race(&[&link as &(dyn Fn() -> u16 + Sync); 16]);
        assert_eq!(status.iter().filter(|s| **s == 200).count(), 1, "{status:?}");
        assert_eq!(status.iter().filter(|s| **s == 409).count(), 15, "{status:?}");
    }
    let vinculos = i64::from(2 * round_count());
    assert_eq!(app.database.count("SELECT count(*) AS n FROM vinculo"), vinculos);
}

/// Each pair of requests runs at once, and the outcome is one that the two requests can have one
/// after the other.
#[test]
fn corridas_que_nao_podem_ganhar_as_duas() {
    let app = App::empty();
    for round in 0..round_count() {
        let (base, n) = (round * 10, round * 10 + 1);
        let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
        cadastrar(&app, base, &[&ana, &rui], None);

        // Two requests register an execução for the same adolescente.
        let origem = numero(base);
        let status = race(&[
            &(|| cadastrar(&app, n, &[&ana], Some(&origem)).status),
            &(|| cadastrar(&app, n + 1, &[&ana], Some(&origem)).status),
        ]);
        assert_eq!(status, [200, 409], "two execuções");

        // One request registers an execução for an adolescente, and the other unlinks the
        // adolescente from the apuração.
        let status = race(&[
            &(|| cadastrar(&app, n + 2, &[&rui], Some(&origem)).status),
            &(|| rest(&app, "DELETE", &vinculo(base, &rui), &Value::Null).status),
        ]);
        let execucao =
            rest(&app, "GET", &format!("/numero-processo/{}", numero(n + 2)), &Value::Null).status
                == 200;
        let linked = rest(&app, "GET", &format!("/numero-processo/{origem}"), &Value::Null).body["dados"]["identificadoresAdolescentes"]
            .as_array().unwrap().contains(&json!(rui));
        // An execução may be registered after the vínculo ended, because R11 only warns. An
        // adolescente with an active execução cannot be unlinked.
        assert!(linked || status == [200, 200], "{status:?} execução {execucao} ligado {linked}");

        // One request links an adolescente to an apuração, and the other archives the apuração.
        let eva = app.adolescente("tjrn");
        let status = race(&[
            &(|| rest(&app, "POST", &vinculo(base, &eva), &Value::Null).status),
            &(|| {
                rest(
                    &app,
                    "PUT",
                    &format!("/numero-processo/{origem}/situacao/Arquivado"),
                    &Value::Null,
                )
                .status
            }),
        ]);
        assert!(status == [200, 200] || status == [200, 409], "{status:?}");
    }
    assert_eq!(
        app.database.count(
            "SELECT count(*) AS n FROM (SELECT v.adolescente_id FROM vinculo v JOIN processo p ON p.id = v.processo_id
             WHERE v.encerrado_em IS NULL AND p.tipo LIKE 'EXECUCAO%' AND p.situacao = 'ATIVO' GROUP BY 1 HAVING count(*) > 1) AS d"
        ),
        0
    );
    let after_archived = app.database.count(
        "SELECT count(*) AS n FROM evento v JOIN evento a ON a.processo_id = v.processo_id AND a.tipo = 'SITUACAO_ALTERADA'
         WHERE v.tipo = 'ADOLESCENTE_VINCULADO' AND v.id > a.id",
    );
    assert_eq!(after_archived, 0);
}

/// Requests link and unlink one pair at once, and link many unknown identificadores with one CPF. A
/// request that waited for a lock must not end a vínculo before its beginning. The table refuses
/// that, and the response would be a 500.
#[test]
fn a_request_that_waited_for_a_lock_has_the_right_time_and_no_500() {
    let app = App::empty();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    cadastrar(&app, 1, &[&ana], None);
    let link = || rest(&app, "POST", &vinculo(1, &rui), &Value::Null).status;
    let unlink = || rest(&app, "DELETE", &vinculo(1, &rui), &Value::Null).status;
    for _ in 0..20 {
        let status = race(&[&link, &unlink, &link, &unlink, &link, &unlink, &link, &unlink]);
        assert!(status.iter().all(|status| [200, 404, 409].contains(status)), "{status:?}");
    }
    for n in 2..10 {
        cadastrar(&app, n, &[&ana], None);
    }
    let dados = json!({ "nome": "Eva", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO",
        "cpf": { "numero": "52998224725" } });
    for round in 0..5 {
        let link_new = |n: u32| {
            rest(&app, "POST", &vinculo(n, &format!("2031{:08}", round * 10 + n)), &dados).status
        };
        let status = race(&[
            &|| link_new(2),
            &|| link_new(3),
            &|| link_new(4),
            &|| link_new(5),
            &|| link_new(6),
            &|| link_new(7),
            &|| link_new(8),
            &|| link_new(9),
        ]);
        let accepted = usize::from(round == 0);
        assert_eq!(status.iter().filter(|status| **status == 200).count(), accepted, "{status:?}");
        assert_eq!(
            status.iter().filter(|status| **status == 409).count(),
            8 - accepted,
            "{status:?}"
        );
    }
}

/// R14.7: the generator skips an identificador that a vínculo registers at the same time.
#[test]
fn o_gerador_e_os_vinculos_nao_se_atropelam() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    for n in 0..8 {
        cadastrar(&app, n, &[&ana], None);
    }
    for _ in 0..20 {
        let current: u64 = app.adolescente("tjrn").parse().unwrap();
        let link = |n: u32| {
            rest(&app, "POST", &vinculo(n, &(current + u64::from(n)).to_string()), &Value::Null)
                .status
        };
        let new = || u16::try_from(app.adolescente("tjrn").len()).unwrap();
        let status =
            race(&[&|| link(1), &new, &|| link(2), &new, &|| link(3), &new, &|| link(4), &new]);
        assert!(status.iter().all(|status| [12, 200, 409].contains(status)), "{status:?}");
    }
}

#[test]
fn r14_dados_de_quem_ja_existe_se_ignoram_com_aviso() {
    let app = App::empty();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    cadastrar(&app, 1, &[&ana], None);
    let dados = json!({ "nome": "Outro", "sobrenome": "Fictício", "dataNascimento": "01/02/2010", "sexoBiologico": "MASCULINO" });
    let linked = rest(&app, "POST", &vinculo(1, &rui), &dados);
    assert_eq!(linked.status, 200, "{}", linked.text);
    assert!(
        linked.body["avisos"][0].as_str().unwrap().starts_with("dados: ignorados"),
        "{}",
        linked.text
    );
}
