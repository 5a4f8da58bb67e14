//! What changes a processo: responsáveis, situação, links; through both doors.

use crate::support::{Ajustes, App, Modelo, Resposta, rounds};
use elos::processo::NumeroProcesso;
use elos::value::regras::Regras;
use serde_json::{Value, json};

const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";
const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";

fn numero(n: u32) -> String {
    NumeroProcesso::sintetico(9_200_000 + n, 2024, 820, 1).to_string()
}

/// Registers processo `n` with these adolescentes; an execução of `referencia` if one is given.
#[track_caller]
fn cadastrar(app: &App, n: u32, adolescentes: &[&str], referencia: Option<&str>) -> Resposta {
    let corpo = json!({ "numeroProcesso": numero(n), "tipoProcesso": if referencia.is_some() { EXECUCAO } else { APURACAO },
        "idOrgao": 1, "appNameSistemaTribunal": "t", "identificadoresAdolescentes": adolescentes,
        "numeroProcessoReferencia": referencia });
    app.post("tjrn", "/api/v1/processos", &corpo)
}

fn rest(app: &App, metodo: &str, caminho: &str, corpo: &Value) -> Resposta {
    com_headers(app, metodo, caminho, corpo, &[])
}

fn com_headers(
    app: &App,
    metodo: &str,
    caminho: &str,
    corpo: &Value,
    mais: &[(&str, &str)],
) -> Resposta {
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(mais);
    let corpo = if corpo.is_null() { String::new() } else { corpo.to_string() };
    if !corpo.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    app.pedir(metodo, &format!("/api/v1/processos{caminho}"), &headers, corpo.as_bytes())
}

fn vinculo(n: u32, adolescente: &str) -> String {
    format!("/{}/apuracao/adolescentes/{adolescente}", numero(n))
}

fn codigo(resposta: &Resposta) -> (u16, &str) {
    (resposta.status, resposta.corpo["mensagemDesenvolvedor"].as_str().unwrap_or("-"))
}

/// The codes that a mutation refuses with.
fn erros(app: &App, campo: &str, input: &Value) -> Vec<String> {
    let tipo = format!("{}{}Input", campo[..1].to_uppercase(), &campo[1..]);
    let query =
        format!("mutation($input: {tipo}!) {{ {campo}(input: $input) {{ erros {{ codigo }} }} }}");
    let dados = app.gql_com("tjrn", &query, json!({ "input": input }));
    let erros = dados[campo]["erros"].as_array().unwrap().clone();
    erros.iter().map(|erro| erro["codigo"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn r13_so_os_responsaveis_mudam_e_o_igual_nao_e_mudanca() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let corpo = json!({ "numeroProcesso": numero(1), "magistradoNome": "Juíza Fictícia", "magistradoCPF": "52998224725", "serventuarioNome": null });
    let resposta = rest(&app, "PUT", "", &corpo);
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    let dados = &resposta.corpo["dados"];
    assert_eq!((&dados["magistradoNome"], &dados["versao"]), (&json!("Juíza Fictícia"), &json!(2)));
    assert_eq!(resposta.headers["etag"], "\"2\"");

    let mesmo = rest(&app, "PUT", "", &corpo);
    assert_eq!((mesmo.status, &mesmo.corpo["dados"]), (200, dados));
    let parcial =
        rest(&app, "PUT", "", &json!({ "numeroProcesso": numero(1), "serventuarioNome": "S" }));
    assert_eq!(parcial.corpo["dados"]["magistradoNome"], "Juíza Fictícia");
    let campos = app.banco.texto(elos::db::Sql::new(
        "SELECT string_agg(array_to_string(campos, '+'), ',' ORDER BY id) AS t FROM evento WHERE tipo = 'RESPONSAVEIS_ATUALIZADOS'",
    ));
    assert_eq!(campos, "magistrado.nome+magistrado.cpf,serventuario.nome");

    for (corpo, campo) in [
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
        let resposta = rest(&app, "PUT", "", &corpo);
        assert_eq!(resposta.status, 400, "{campo}: {}", resposta.texto);
        assert!(
            resposta.corpo["erros"][0].as_str().unwrap().starts_with(campo),
            "{}",
            resposta.texto
        );
    }
    assert_eq!(
        codigo(&rest(&app, "PUT", "", &json!({ "numeroProcesso": numero(9) }))),
        (404, "PROCESSO_NAO_ENCONTRADO")
    );
}

#[test]
fn r13_no_graphql_ausente_mantem_e_null_apaga() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let mutation = "mutation($i: AtualizarResponsaveisInput!) { atualizarResponsaveis(input: $i) {
        alterado processo { magistrado { nome cpf } versao } erros { __typename codigo campo ... on ErroConflitoDeVersao { versaoAtual } } } }";
    let mudar = |mudanca: Value| {
        let mut input = json!({ "processo": numero(1) });
        input.as_object_mut().unwrap().extend(mudanca.as_object().unwrap().clone());
        app.gql_com("tjrn", mutation, json!({ "i": input }))["atualizarResponsaveis"].clone()
    };
    let feito = mudar(json!({ "magistrado": { "nome": "J", "cpf": "52998224725" } }));
    assert_eq!(
        feito["processo"],
        json!({ "magistrado": { "nome": "J", "cpf": "52998224725" }, "versao": 2 })
    );
    assert_eq!(
        mudar(json!({ "magistrado": { "nome": "K" } }))["processo"]["magistrado"]["cpf"],
        "52998224725"
    );
    assert_eq!(mudar(json!({}))["alterado"], false);
    assert_eq!(
        mudar(json!({ "magistrado": { "cpf": null } }))["processo"]["magistrado"],
        json!({ "nome": "K", "cpf": null })
    );
    assert_eq!(mudar(json!({ "magistrado": null }))["processo"]["magistrado"], Value::Null);
    assert_eq!(
        mudar(json!({ "magistrado": { "nome": " " } }))["erros"][0]["campo"],
        json!(["input", "magistrado", "nome"])
    );
    let velha = mudar(json!({ "versaoEsperada": 1, "magistrado": { "nome": "X" } }));
    assert_eq!(
        velha["erros"],
        json!([{ "__typename": "ErroConflitoDeVersao", "codigo": "CONFLITO_DE_VERSAO", "campo": ["input", "versaoEsperada"], "versaoAtual": 5 }])
    );
}

#[test]
fn versao_esperada_pelo_etag() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let caminho = format!("/numero-processo/{}", numero(1));
    let lido = rest(&app, "GET", &caminho, &Value::Null);
    let etag = lido.headers["etag"].clone();
    let arquivar = format!("{caminho}/situacao/Arquivado");
    let velho = com_headers(&app, "PUT", &arquivar, &Value::Null, &[("If-Match", "\"7\"")]);
    assert_eq!(codigo(&velho), (412, "CONFLITO_DE_VERSAO"));
    assert_eq!(com_headers(&app, "PUT", &arquivar, &Value::Null, &[("If-Match", "x")]).status, 400);
    let novo = com_headers(&app, "PUT", &arquivar, &Value::Null, &[("If-Match", &etag)]);
    assert_eq!((novo.status, novo.headers["etag"].as_str()), (200, "\"2\""));
}

#[test]
fn r19_r20_situacao() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let mudar = |situacao: &str| {
        rest(
            &app,
            "PUT",
            &format!("/numero-processo/{}/situacao/{situacao}", numero(1)),
            &Value::Null,
        )
    };
    for (situacao, esperada, versao) in [
        ("ATIVO", "ATIVO", 1),
        ("Arquivado", "ARQUIVADO", 2),
        ("ARQUIVADO", "ARQUIVADO", 2),
        ("ativo", "ATIVO", 3),
    ] {
        let resposta = mudar(situacao);
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
        let dados = &resposta.corpo["dados"];
        assert_eq!(
            (&dados["situacaoProcesso"], &dados["versao"]),
            (&json!(esperada), &json!(versao))
        );
    }
    assert_eq!(mudar("Suspenso").status, 400);
    let ausente = format!("/numero-processo/{}/situacao/Suspenso", numero(9));
    assert_eq!(
        codigo(&rest(&app, "PUT", &ausente, &Value::Null)),
        (404, "PROCESSO_NAO_ENCONTRADO")
    );
    assert_eq!(rest(&app, "PUT", "/numero-processo/123/situacao/Ativo", &Value::Null).status, 400);
    assert_eq!(
        app.banco.contar("SELECT count(*) AS n FROM evento WHERE tipo = 'SITUACAO_ALTERADA'"),
        2
    );

    let mutation = "mutation($i: AlterarSituacaoInput!) { alterarSituacao(input: $i) { alterado processo { situacao } erros { codigo } } }";
    let dados = app.gql_com(
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
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    assert_eq!(cadastrar(&app, 2, &[&ana], Some(&numero(1))).status, 200);
    let segunda = cadastrar(&app, 3, &[&ana], Some(&numero(1)));
    assert_eq!(codigo(&segunda), (409, "EXECUCAO_ATIVA"), "{}", segunda.texto);
    assert!(segunda.texto.contains(&numero(2)), "{}", segunda.texto);

    let situacao = |n: u32, para: &str| {
        rest(&app, "PUT", &format!("/numero-processo/{}/situacao/{para}", numero(n)), &Value::Null)
    };
    assert_eq!(situacao(2, "Arquivado").status, 200);
    assert_eq!(cadastrar(&app, 3, &[&ana], Some(&numero(1))).status, 200);
    assert_eq!(codigo(&situacao(2, "Ativo")), (409, "EXECUCAO_ATIVA"));
    let input = json!({ "processo": numero(2), "situacao": "ATIVO" });
    let query = "mutation($i: AlterarSituacaoInput!) { alterarSituacao(input: $i) { erros { codigo ... on ErroDeRegra { regra impedimento { numero } } } } }";
    assert_eq!(
        app.gql_com("tjrn", query, json!({ "i": input }))["alterarSituacao"]["erros"],
        json!([{ "codigo": "EXECUCAO_ATIVA", "regra": "R12", "impedimento": { "numero": numero(3) } }])
    );

    let regras = Regras { exigir_execucao_unica: false, ..Regras::default() };
    let app = App::com(Modelo::Vazio, Ajustes { regras, ..Ajustes::default() });
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    for n in [2, 3] {
        assert_eq!(cadastrar(&app, n, &[&ana], Some(&numero(1))).status, 200);
    }
}

#[test]
fn r15_vincular_e_r16_a_r18_desvincular() {
    let app = App::vazio();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    cadastrar(&app, 1, &[&ana], None);
    let post = |quem: &str| rest(&app, "POST", &vinculo(1, quem), &Value::Null);
    let delete = |quem: &str| rest(&app, "DELETE", &vinculo(1, quem), &Value::Null);

    assert_eq!(codigo(&delete(&ana)), (409, "ULTIMO_ADOLESCENTE"));
    let feito = post(&rui);
    assert_eq!(feito.status, 200, "{}", feito.texto);
    assert_eq!(feito.corpo["dados"]["identificadoresAdolescentes"], json!([ana, rui]));
    assert_eq!(codigo(&post(&rui)), (409, "VINCULO_JA_ATIVO"));
    let fora = delete(&ana);
    assert_eq!(fora.corpo["dados"]["identificadoresAdolescentes"], json!([rui]), "{}", fora.texto);
    assert_eq!(
        fora.corpo["dados"]["adolescentes"][0],
        json!({ "identificador": ana, "situacao": "ENCERRADO" })
    );
    assert_eq!(codigo(&delete(&ana)), (404, "VINCULO_NAO_ENCONTRADO"));
    assert_eq!(codigo(&delete("202699999999")), (404, "VINCULO_NAO_ENCONTRADO"));
    // A link that ended may begin anew, as another row.
    assert_eq!(post(&ana).status, 200);
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM vinculo"), 3);

    // R16: who serves a measure does not leave; R15: but may be linked elsewhere.
    assert_eq!(cadastrar(&app, 2, &[&rui], Some(&numero(1))).status, 200);
    assert_eq!(codigo(&delete(&rui)), (409, "EXECUCAO_ATIVA"));
    cadastrar(&app, 3, &[&ana], None);
    assert_eq!(rest(&app, "POST", &vinculo(3, &rui), &Value::Null).status, 200);

    let execucao = rest(&app, "POST", &vinculo(2, &ana), &Value::Null);
    assert_eq!(codigo(&execucao), (400, "TIPO_DE_PROCESSO_INCOMPATIVEL"));
    assert_eq!(
        codigo(&rest(&app, "POST", &vinculo(9, &ana), &Value::Null)),
        (404, "PROCESSO_NAO_ENCONTRADO")
    );
    assert_eq!(rest(&app, "POST", &vinculo(1, "123"), &Value::Null).status, 400);
    rest(&app, "PUT", &format!("/numero-processo/{}/situacao/Arquivado", numero(3)), &Value::Null);
    assert_eq!(
        codigo(&rest(&app, "POST", &vinculo(3, &ana), &Value::Null)),
        (409, "PROCESSO_ARQUIVADO")
    );
    assert_eq!(
        codigo(&rest(&app, "DELETE", &vinculo(3, &ana), &Value::Null)),
        (409, "PROCESSO_ARQUIVADO")
    );

    // The other door gives the same verdicts.
    let input = |n: u32, quem: &str| json!({ "processo": numero(n), "adolescente": quem });
    assert_eq!(erros(&app, "vincularAdolescente", &input(1, &rui)), ["VINCULO_JA_ATIVO"]);
    assert_eq!(erros(&app, "vincularAdolescente", &input(9, &rui)), ["PROCESSO_NAO_ENCONTRADO"]);
    assert_eq!(
        erros(&app, "vincularAdolescente", &input(3, &ana)),
        ["PROCESSO_ARQUIVADO", "VINCULO_JA_ATIVO"]
    );
    assert_eq!(erros(&app, "desvincularAdolescente", &input(1, &rui)), ["EXECUCAO_ATIVA"]);
    assert_eq!(
        erros(&app, "desvincularAdolescente", &input(2, &rui)),
        ["TIPO_DE_PROCESSO_INCOMPATIVEL"]
    );
}

#[test]
fn a_mutation_devolve_a_aresta() {
    let app = App::vazio();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    cadastrar(&app, 1, &[&ana], None);
    let query = "mutation($i: VincularAdolescenteInput!) { vincularAdolescente(input: $i) {
        edge { cursor situacao node { identificador } } processo { versao } avisos erros { codigo } } }";
    let feito =
        &app.gql_com("tjrn", query, json!({ "i": { "processo": numero(1), "adolescente": rui } }))
            ["vincularAdolescente"];
    assert_eq!(feito["edge"]["node"]["identificador"], rui);
    assert_eq!(feito["processo"]["versao"], 2);
    // The cursor is the one that the client's connection has for this row.
    let query = "query($n: NumeroProcesso!) { processo(numero: $n) { adolescentes { edges { cursor node { identificador } } } } }";
    let arestas = app.gql_com("tjrn", query, json!({ "n": numero(1) }));
    assert_eq!(arestas["processo"]["adolescentes"]["edges"][1]["cursor"], feito["edge"]["cursor"]);
    let query = "mutation($i: DesvincularAdolescenteInput!) { desvincularAdolescente(input: $i) { edge { situacao motivo encerradoEm } erros { codigo } } }";
    let input = json!({ "processo": numero(1), "adolescente": rui, "motivo": "engano" });
    let fim = &app.gql_com("tjrn", query, json!({ "i": input }))["desvincularAdolescente"];
    assert_eq!(
        (&fim["edge"]["situacao"], &fim["edge"]["motivo"]),
        (&json!("ENCERRADO"), &json!("engano"))
    );
}

#[test]
fn r14_identificador_desconhecido() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let pendente = rest(&app, "POST", &vinculo(1, "203000000001"), &Value::Null);
    assert_eq!(pendente.status, 200, "{}", pendente.texto);
    assert!(
        pendente.corpo["avisos"][0].as_str().unwrap().contains("pendente"),
        "{}",
        pendente.texto
    );
    let dados = json!({ "nome": "Nova", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
    let com_dados = rest(&app, "POST", &vinculo(1, "203000000002"), &dados);
    assert_eq!(
        (com_dados.status, com_dados.corpo.get("avisos")),
        (200, None),
        "{}",
        com_dados.texto
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

    let regras = Regras { registrar_pendente: false, ..Regras::default() };
    let app = App::com(Modelo::Vazio, Ajustes { regras, ..Ajustes::default() });
    let ana = app.adolescente("tjrn");
    cadastrar(&app, 1, &[&ana], None);
    let recusado = rest(&app, "POST", &vinculo(1, "203000000001"), &Value::Null);
    assert_eq!(codigo(&recusado), (404, "ADOLESCENTE_NAO_ENCONTRADO"));
    assert_eq!(rest(&app, "POST", &vinculo(1, "203000000001"), &dados).status, 200);
}

/// Runs these at once and sorts their statuses.
fn correr(pedidos: &[&(dyn Fn() -> u16 + Sync)]) -> Vec<u16> {
    let mut status: Vec<u16> = std::thread::scope(|escopo| {
        let correm: Vec<_> = pedidos.iter().map(|pedido| escopo.spawn(pedido)).collect();
        correm.into_iter().map(|corre| corre.join().unwrap()).collect()
    });
    status.sort_unstable();
    status
}

fn rodadas() -> u32 {
    u32::try_from(rounds(20, 50)).unwrap()
}

#[test]
fn de_16_vinculos_iguais_um_so_vale() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    for rodada in 0..rodadas() {
        let rui = app.adolescente("tjrn");
        cadastrar(&app, rodada, &[&ana], None);
        let um = || rest(&app, "POST", &vinculo(rodada, &rui), &Value::Null).status;
        let status = correr(&[&um as &(dyn Fn() -> u16 + Sync); 16]);
        assert_eq!(status.iter().filter(|s| **s == 200).count(), 1, "{status:?}");
        assert_eq!(status.iter().filter(|s| **s == 409).count(), 15, "{status:?}");
    }
    let vinculos = i64::from(2 * rodadas());
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM vinculo"), vinculos);
}

/// Pairs that must never both hold, each raced again and again.
#[test]
fn corridas_que_nao_podem_ganhar_as_duas() {
    let app = App::vazio();
    for rodada in 0..rodadas() {
        let (base, n) = (rodada * 10, rodada * 10 + 1);
        let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
        cadastrar(&app, base, &[&ana, &rui], None);

        // Two execuções of one adolescente.
        let origem = numero(base);
        let status = correr(&[
            &(|| cadastrar(&app, n, &[&ana], Some(&origem)).status),
            &(|| cadastrar(&app, n + 1, &[&ana], Some(&origem)).status),
        ]);
        assert_eq!(status, [200, 409], "two execuções");

        // An execução of who leaves the apuração: never both.
        let status = correr(&[
            &(|| cadastrar(&app, n + 2, &[&rui], Some(&origem)).status),
            &(|| rest(&app, "DELETE", &vinculo(base, &rui), &Value::Null).status),
        ]);
        let execucao =
            rest(&app, "GET", &format!("/numero-processo/{}", numero(n + 2)), &Value::Null).status
                == 200;
        let ligado = rest(&app, "GET", &format!("/numero-processo/{origem}"), &Value::Null).corpo["dados"]["identificadoresAdolescentes"]
            .as_array().unwrap().contains(&json!(rui));
        // The execução may follow a link that ended (R11 only tells), but nobody leaves while serving.
        assert!(ligado || status == [200, 200], "{status:?} execução {execucao} ligado {ligado}");

        // A link to an apuração that is being archived.
        let eva = app.adolescente("tjrn");
        let status = correr(&[
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
        app.banco.contar(
            "SELECT count(*) AS n FROM (SELECT v.adolescente_id FROM vinculo v JOIN processo p ON p.id = v.processo_id
             WHERE v.encerrado_em IS NULL AND p.tipo LIKE 'EXECUCAO%' AND p.situacao = 'ATIVO' GROUP BY 1 HAVING count(*) > 1) AS d"
        ),
        0
    );
    let depois_de_arquivado = app.banco.contar(
        "SELECT count(*) AS n FROM evento v JOIN evento a ON a.processo_id = v.processo_id AND a.tipo = 'SITUACAO_ALTERADA'
         WHERE v.tipo = 'ADOLESCENTE_VINCULADO' AND v.id > a.id",
    );
    assert_eq!(depois_de_arquivado, 0);
}

/// Links and unlinks of one pair, and links of many unknown ones with one CPF:
/// whoever waits for a lock still tells the time right, and nobody gets a 500.
#[test]
fn quem_espera_a_vez_nao_tropeca_no_relogio_nem_no_cpf() {
    let app = App::vazio();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    cadastrar(&app, 1, &[&ana], None);
    let ligar = || rest(&app, "POST", &vinculo(1, &rui), &Value::Null).status;
    let soltar = || rest(&app, "DELETE", &vinculo(1, &rui), &Value::Null).status;
    for _ in 0..20 {
        let status = correr(&[&ligar, &soltar, &ligar, &soltar, &ligar, &soltar, &ligar, &soltar]);
        assert!(status.iter().all(|status| [200, 404, 409].contains(status)), "{status:?}");
    }
    for n in 2..10 {
        cadastrar(&app, n, &[&ana], None);
    }
    let dados = json!({ "nome": "Eva", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO",
        "cpf": { "numero": "52998224725" } });
    for rodada in 0..5 {
        let um = |n: u32| {
            rest(&app, "POST", &vinculo(n, &format!("2031{:08}", rodada * 10 + n)), &dados).status
        };
        let status = correr(&[
            &|| um(2),
            &|| um(3),
            &|| um(4),
            &|| um(5),
            &|| um(6),
            &|| um(7),
            &|| um(8),
            &|| um(9),
        ]);
        let feitos = usize::from(rodada == 0);
        assert_eq!(status.iter().filter(|status| **status == 200).count(), feitos, "{status:?}");
        assert_eq!(
            status.iter().filter(|status| **status == 409).count(),
            8 - feitos,
            "{status:?}"
        );
    }
}

/// R14.7: the generator skips what a link registers at the same time.
#[test]
fn o_gerador_e_os_vinculos_nao_se_atropelam() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    for n in 0..8 {
        cadastrar(&app, n, &[&ana], None);
    }
    for _ in 0..20 {
        let atual: u64 = app.adolescente("tjrn").parse().unwrap();
        let ligar = |n: u32| {
            rest(&app, "POST", &vinculo(n, &(atual + u64::from(n)).to_string()), &Value::Null)
                .status
        };
        let novo = || u16::try_from(app.adolescente("tjrn").len()).unwrap();
        let status = correr(&[
            &|| ligar(1),
            &novo,
            &|| ligar(2),
            &novo,
            &|| ligar(3),
            &novo,
            &|| ligar(4),
            &novo,
        ]);
        assert!(status.iter().all(|status| [12, 200, 409].contains(status)), "{status:?}");
    }
}

#[test]
fn r14_dados_de_quem_ja_existe_se_ignoram_com_aviso() {
    let app = App::vazio();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    cadastrar(&app, 1, &[&ana], None);
    let dados = json!({ "nome": "Outro", "sobrenome": "Fictício", "dataNascimento": "01/02/2010", "sexoBiologico": "MASCULINO" });
    let feito = rest(&app, "POST", &vinculo(1, &rui), &dados);
    assert_eq!(feito.status, 200, "{}", feito.texto);
    assert!(
        feito.corpo["avisos"][0].as_str().unwrap().starts_with("dados: ignorados"),
        "{}",
        feito.texto
    );
}
