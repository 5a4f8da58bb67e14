//! Guias (b.4, R26, R27), through both doors.

use crate::support::{App, Resposta};
use elos::db::Sql;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};

const CPF: &str = "52998224725";

fn numero(n: u32) -> String {
    NumeroProcesso::sintetico(9_400_000 + n, 2024, 820, 1).to_string()
}

/// An apuração (0) with two adolescentes, and the execução (1) of the first.
pub struct Cena {
    pub app: App,
    pub ana: String,
    rui: String,
}

impl Cena {
    pub fn nova() -> Self {
        let app = App::vazio();
        let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
        let cena = Self { app, ana, rui };
        let (ana, rui) = (&cena.ana, &cena.rui);
        cena.processo(0, &[ana, rui], None);
        cena.processo(1, &[ana], Some(&numero(0)));
        cena
    }

    #[track_caller]
    fn processo(&self, n: u32, adolescentes: &[&String], referencia: Option<&str>) {
        let tipo = match referencia {
            None => "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
            Some(_) => "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS",
        };
        let corpo = json!({ "numeroProcesso": numero(n), "tipoProcesso": tipo, "idOrgao": 1,
            "appNameSistemaTribunal": "t", "identificadoresAdolescentes": adolescentes, "numeroProcessoReferencia": referencia });
        let resposta = self.app.post("tjrn", "/api/v1/processos", &corpo);
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
    }

    pub fn corpo(&self, especie: &str) -> Value {
        let mut corpo = json!({
            "identificadorAdolescente": self.ana, "origemGuia": "SENTENCA_CONDENATORIA", "magistrado": "Juíza Fictícia",
            "magistradoCPF": CPF, "serventuarioCPF": CPF, "serventuarioCargo": "Escrivã", "codigoTpuMedida": "11386",
            "atosInfracionais": [{ "codigoTpu": "11428", "descricao": "Ato fictício", "localFato": "Natal", "dataFato": "01/02/2024" }],
        });
        let proprios = match especie {
            "provisoria" => {
                json!({ "numeroProcessoConhecimento": numero(0), "dataSentenca": "10/03/2024", "houveInternacao": "Sim",
                "dataInicioInternacao": "01/02/2024", "dataFimInternacao": "10/03/2024",
                "documentosInstruirGuia": [{ "tipoDocumento": "Cópia da representação", "identificadorDocAutos": "123" }] })
            }
            "definitiva" => {
                json!({ "numeroProcessoConhecimento": numero(0), "dataSentenca": "10/03/2024", "dataTransitoJulgado": "10/04/2024" })
            }
            "internacao-sancao" => {
                json!({ "numeroProcessoConhecimento": numero(0), "numeroProcessoExecucao": numero(1),
                "dataDecisaoInternacaoSancao": "10/05/2024", "prazo": "50" })
            }
            _ => {
                json!({ "numeroProcessoExecucao": numero(1), "dataDecisaoUnifcacaoDeMedidas": "10/06/2024",
                "medidaResultanteUnificacao": "Semiliberdade", "listaNumeroDaGuiaDefinitiva": [] })
            }
        };
        for (nome, valor) in proprios.as_object().unwrap() {
            corpo[nome] = valor.clone();
        }
        corpo
    }

    pub fn emitir(&self, especie: &str, corpo: &Value) -> Resposta {
        self.app.post("tjrn", &format!("/api/v1/guias/{especie}"), corpo)
    }

    #[track_caller]
    pub fn emitida(&self, especie: &str) -> String {
        let resposta = self.emitir(especie, &self.corpo(especie));
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
        resposta.corpo["dados"]["numeroGuia"].as_str().unwrap().to_owned()
    }

    pub fn pedir(&self, metodo: &str, caminho: &str, corpo: &str) -> Resposta {
        let bearer = format!("Bearer {}", self.app.token("tjrn"));
        let mut headers = vec![("Authorization", bearer.as_str())];
        if !corpo.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        self.app.pedir(metodo, &format!("/api/v1{caminho}"), &headers, corpo.as_bytes())
    }
}

fn codigo(resposta: &Resposta) -> (u16, &str) {
    (resposta.status, resposta.corpo["mensagemDesenvolvedor"].as_str().unwrap_or("-"))
}

#[test]
fn as_quatro_especies_por_rest() {
    let cena = Cena::nova();
    let provisoria = cena.emitir("provisoria", &cena.corpo("provisoria"));
    assert_eq!(provisoria.status, 200, "{}", provisoria.texto);
    let dados = &provisoria.corpo["dados"];
    let hoje = cena
        .app
        .banco
        .texto(Sql::new("SELECT to_char(now() AT TIME ZONE 'America/Sao_Paulo', 'YYYYMMDD') AS t"));
    let numero_da_guia = dados["numeroGuia"].as_str().unwrap();
    assert!(numero_da_guia.len() == 12 && numero_da_guia.starts_with(&hoje), "{numero_da_guia}");
    assert_eq!(
        (&dados["tipoGuia"], &dados["situacaoGuia"]),
        (&json!("PROVISORIA"), &json!("ATIVO"))
    );
    assert_eq!(
        (&dados["medida"], &dados["houveInternacao"]),
        (&json!("Advertência"), &json!("Sim"))
    );
    assert_eq!(dados["adolescente"]["identificador"], json!(cena.ana));
    assert_eq!(
        dados["processoConhecimento"]["tipoProcesso"],
        "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL"
    );
    assert_eq!(dados["atosInfracionais"][0]["dataFato"], "01/02/2024");
    assert_eq!(dados["documentosInstruirGuia"][0]["tipoDocumento"], "Cópia da representação");
    assert_eq!((&dados["venceEm"], &dados["vencida"]), (&json!("01/02/2031"), &json!(false)));
    assert_eq!(provisoria.headers["etag"], "\"1\"");

    let definitiva = cena.emitida("definitiva");
    let sancao = cena.emitir("internacao-sancao", &cena.corpo("internacao-sancao"));
    let dados = &sancao.corpo["dados"];
    // 50 days from 10/05/2024: over since 29/06/2024.
    assert_eq!(
        (&dados["prazo"], &dados["venceEm"], &dados["vencida"]),
        (&json!(50), &json!("29/06/2024"), &json!(true))
    );
    assert!(dados.get("documentosInstruirGuia").is_none());

    let mut unificadora = cena.corpo("unificadora");
    unificadora["listaNumeroDaGuiaDefinitiva"] = json!([definitiva]);
    let unificadora = cena.emitir("unificadora", &unificadora);
    assert_eq!(unificadora.status, 200, "{}", unificadora.texto);
    assert_eq!(unificadora.corpo["dados"]["listaNumeroDaGuiaDefinitiva"], json!([definitiva]));
    assert!(unificadora.corpo["dados"].get("processoConhecimento").is_none());
    // What was unified is lowered by it.
    let baixada = &cena.pedir("GET", &format!("/guias?numeroGuia={definitiva}"), "").corpo["dados"]
        ["content"][0];
    assert_eq!(
        (&baixada["situacaoGuia"], &baixada["motivoBaixa"]),
        (&json!("BAIXADA"), &json!("UNIFICADA"))
    );
    let eventos = cena.app.banco.texto(Sql::new(
        "SELECT string_agg(e.tipo || ' ' || p.numero, ',' ORDER BY e.id) AS t FROM evento e JOIN processo p ON p.id = e.processo_id WHERE e.guia_id IS NOT NULL",
    ));
    let (a, e) = (numero(0).replace(['-', '.'], ""), numero(1).replace(['-', '.'], ""));
    assert_eq!(
        eventos,
        format!(
            "GUIA_EMITIDA {a},GUIA_EMITIDA {a},GUIA_EMITIDA {a},GUIA_EMITIDA {e},GUIA_EMITIDA {e},GUIA_BAIXADA {a}"
        )
    );
    assert_eq!(cena.pedir("POST", "/guias/outra", "{}").status, 404);
    // Of one guia the adolescente is told once, in how many processos it may be.
    cena.app.assentado();
    let do_adolescente = cena.app.gql_com(
        "tjrn",
        "query($a: IdentificadorAdolescente!) { adolescente(identificador: $a) { eventos { nodes { tipo guia { tipo } } } } }",
        json!({ "a": cena.ana }),
    );
    let sancoes = do_adolescente["adolescente"]["eventos"]["nodes"].as_array().unwrap().iter();
    assert_eq!(sancoes.filter(|evento| evento["guia"]["tipo"] == "INTERNACAO_SANCAO").count(), 1);
}

/// Each field that a kind needs, and each rule on one: 400, named, nothing stored.
#[test]
fn b4_cada_campo_e_cada_regra() {
    let cena = Cena::nova();
    let outro = cena.app.adolescente("tjrn");
    let falta = Value::Null;
    for (especie, campo, valor, esperado) in [
        ("provisoria", "identificadorAdolescente", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("provisoria", "magistradoCPF", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("provisoria", "serventuarioCPF", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("provisoria", "serventuarioCargo", json!(" "), "CAMPO_OBRIGATORIO"),
        ("provisoria", "codigoTpuMedida", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("provisoria", "atosInfracionais", json!([]), "CAMPO_OBRIGATORIO"),
        ("provisoria", "numeroProcessoConhecimento", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("provisoria", "dataSentenca", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("provisoria", "houveInternacao", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("provisoria", "dataInicioInternacao", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("provisoria", "dataFimInternacao", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("definitiva", "dataTransitoJulgado", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("internacao-sancao", "prazo", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("internacao-sancao", "numeroProcessoExecucao", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("internacao-sancao", "dataDecisaoInternacaoSancao", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("unificadora", "dataDecisaoUnifcacaoDeMedidas", falta.clone(), "CAMPO_OBRIGATORIO"),
        ("unificadora", "listaNumeroDaGuiaDefinitiva", json!([]), "CAMPO_OBRIGATORIO"),
        ("provisoria", "magistradoCPF", json!("52998224726"), "CAMPO_INVALIDO"),
        ("provisoria", "codigoTpuMedida", json!("11386a"), "CAMPO_INVALIDO"),
        ("provisoria", "houveInternacao", json!("talvez"), "CAMPO_INVALIDO"),
        ("provisoria", "dataFimInternacao", json!("31/01/2024"), "CAMPO_INVALIDO"),
        ("provisoria", "dataSentenca", json!("01/01/2999"), "CAMPO_INVALIDO"),
        ("provisoria", "dataSentenca", json!("2024-01-01"), "CAMPO_INVALIDO"),
        ("provisoria", "origemGuia", json!("OUTRA"), "CAMPO_INVALIDO"),
        ("provisoria", "atosInfracionais", json!([{ "codigoTpu": "x" }]), "CAMPO_INVALIDO"),
        ("provisoria", "atosInfracionais", json!([{}]), "CAMPO_OBRIGATORIO"),
        ("provisoria", "atosInfracionais", json!([1]), "CAMPO_INVALIDO"),
        (
            "provisoria",
            "documentosInstruirGuia",
            json!([{ "tipoDocumento": "Bilhete" }]),
            "CAMPO_INVALIDO",
        ),
        ("definitiva", "dataTransitoJulgado", json!("09/03/2024"), "CAMPO_INVALIDO"),
        ("internacao-sancao", "prazo", json!(91), "CAMPO_INVALIDO"),
        ("internacao-sancao", "prazo", json!(0), "CAMPO_INVALIDO"),
        ("unificadora", "listaNumeroDaGuiaDefinitiva", json!(["1"]), "CAMPO_INVALIDO"),
        ("unificadora", "listaNumeroDaGuiaDefinitiva", json!(["202401010001"]), "NAO_ENCONTRADO"),
        (
            "definitiva",
            "identificadorAdolescente",
            json!("202600009999"),
            "ADOLESCENTE_NAO_ENCONTRADO",
        ),
        ("definitiva", "numeroProcessoConhecimento", json!(numero(9)), "PROCESSO_NAO_ENCONTRADO"),
        (
            "definitiva",
            "numeroProcessoConhecimento",
            json!(numero(1)),
            "TIPO_DE_PROCESSO_INCOMPATIVEL",
        ),
    ] {
        let mut corpo = cena.corpo(especie);
        corpo[campo] = valor;
        let resposta = cena.emitir(especie, &corpo);
        let erros = resposta.corpo["erros"].as_array().expect(&resposta.texto);
        assert_eq!(resposta.status, 400, "{campo}: {}", resposta.texto);
        assert!(
            erros.iter().any(|erro| erro.as_str().unwrap().starts_with(campo)),
            "{campo}: {}",
            resposta.texto
        );
        if especie != "unificadora" {
            assert_eq!(
                resposta.corpo["mensagemDesenvolvedor"], esperado,
                "{campo}: {}",
                resposta.texto
            );
        }
    }
    let mut corpo = cena.corpo("provisoria");
    corpo["houveInternacao"] = json!("Não");
    assert_eq!(cena.emitir("provisoria", &corpo).corpo["erros"].as_array().unwrap().len(), 2);
    let mut corpo = cena.corpo("definitiva");
    corpo["identificadorAdolescente"] = json!(outro);
    assert_eq!(codigo(&cena.emitir("definitiva", &corpo)), (400, "VINCULO_NAO_ENCONTRADO"));
    assert_eq!(cena.app.banco.contar("SELECT count(*) AS n FROM guia"), 0);
}

/// A list that is too long is refused once, whatever is in it; an item that
/// cannot be read is told of once, in the words of the body.
#[test]
fn listas_sem_fim_e_itens_ilegiveis() {
    let cena = Cena::nova();
    let erros = |campo: &str, valor: Value| {
        let especie = if campo.starts_with("lista") { "unificadora" } else { "provisoria" };
        let mut corpo = cena.corpo(especie);
        corpo[campo] = valor;
        let resposta = cena.emitir(especie, &corpo);
        assert_eq!(resposta.status, 400, "{}", resposta.texto);
        resposta.corpo["erros"].as_array().unwrap().clone()
    };
    for campo in ["atosInfracionais", "documentosInstruirGuia", "listaNumeroDaGuiaDefinitiva"] {
        // With the rest of the body, as many as one may have.
        let muitos = erros(campo, json!(vec![1; 19_900]));
        assert_eq!(muitos.len(), 1);
        assert!(
            muitos[0].as_str().unwrap().starts_with(&format!("{campo}: a lista tem mais")),
            "{muitos:?}"
        );
    }
    for campo in ["atosInfracionais", "documentosInstruirGuia"] {
        assert_eq!(erros(campo, json!([null])), [json!(format!("{campo}[0]: esperava um objeto"))]);
    }
    let query = "mutation($i: EmitirGuiaInput!) { emitirGuia(input: $i) { erros { codigo } } }";
    let input = json!({ "adolescente": cena.ana, "magistrado": { "cpf": CPF }, "serventuario": { "cpf": CPF }, "serventuarioCargo": "E",
        "codigoTpuMedida": "1", "atosInfracionais": [{ "codigoTpu": "1" }],
        "especie": { "unificadora": { "execucao": numero(1), "dataDecisao": "2024-06-10", "definitivas": vec!["x"; 5_000] } } });
    let dados = cena.app.gql_com("tjrn", query, json!({ "i": input }));
    assert!(dados["emitirGuia"]["erros"].as_array().unwrap().len() <= 100);
}

/// Tried, it has nothing of what would be generated; blank is no way to say so.
#[test]
fn simular_nao_gera_nada() {
    let cena = Cena::nova();
    let corpo = cena.corpo("provisoria");
    let resposta = cena.emitir("provisoria?simular=true", &corpo);
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    let dados = &resposta.corpo["dados"];
    for gerado in ["id", "numeroGuia"] {
        assert_eq!(dados.get(gerado), None, "{dados}");
    }
    for lista in ["atosInfracionais", "documentosInstruirGuia"] {
        assert_eq!(dados[lista][0].get("id"), None, "{dados}");
    }
    assert!(!resposta.headers.contains_key("etag"));
    assert!(resposta.corpo["avisos"][0].as_str().unwrap().starts_with("simulação"));
    for branco in ["?simular", "?simular=", "?simular=%20", "?simular=sim"] {
        assert_eq!(cena.emitir(&format!("provisoria{branco}"), &corpo).status, 400, "{branco}");
    }
    assert_eq!(cena.app.banco.contar("SELECT count(*) AS n FROM guia"), 0);
    // Who may not write is told so before anything about the body.
    assert_eq!(cena.app.post("tjrn-leitura", "/api/v1/guias/provisoria", &json!([])).status, 403);
}

#[test]
fn b4_so_definitivas_ativas_do_adolescente_se_unificam() {
    let cena = Cena::nova();
    let provisoria = cena.emitida("provisoria");
    let definitiva = cena.emitida("definitiva");
    let mut de_rui = cena.corpo("definitiva");
    de_rui["identificadorAdolescente"] = json!(cena.rui);
    let de_rui = cena.emitir("definitiva", &de_rui).corpo["dados"]["numeroGuia"].clone();
    let unir = |lista: Value| {
        let mut corpo = cena.corpo("unificadora");
        corpo["listaNumeroDaGuiaDefinitiva"] = lista;
        cena.emitir("unificadora", &corpo)
    };
    for lista in [json!([provisoria]), json!([de_rui]), json!([definitiva, definitiva])] {
        assert_eq!(codigo(&unir(lista.clone())), (400, "CAMPO_INVALIDO"), "{lista}");
    }
    assert_eq!(unir(json!([definitiva])).status, 200);
    assert_eq!(codigo(&unir(json!([definitiva]))), (400, "CAMPO_INVALIDO"));
}

#[test]
fn r26_baixa_com_motivo_uma_vez() {
    let cena = Cena::nova();
    let guia = cena.emitida("definitiva");
    let baixar = |situacao: &str, corpo: &str| {
        cena.pedir("PUT", &format!("/guias/{guia}/situacao/{situacao}"), corpo)
    };
    assert_eq!(codigo(&baixar("Ativo", "")), (400, "CAMPO_INVALIDO"));
    assert_eq!(codigo(&baixar("BAIXADA", r#"{"motivo":"CANSEI"}"#)), (400, "CAMPO_INVALIDO"));
    let feita = baixar("Baixada", r#"{"motivo":"EXTINTA"}"#);
    let dados = &feita.corpo["dados"];
    assert_eq!(
        (feita.status, &dados["situacaoGuia"], &dados["motivoBaixa"]),
        (200, &json!("BAIXADA"), &json!("EXTINTA"))
    );
    assert_eq!((&dados["versao"], &dados["vencida"]), (&json!(2), &json!(false)));
    // Lowered is lowered: the reason stays.
    let de_novo = baixar("BAIXADA", r#"{"motivo":"MAIORIDADE"}"#);
    assert_eq!((de_novo.status, &de_novo.corpo["dados"]["motivoBaixa"]), (200, &json!("EXTINTA")));
    assert_eq!(
        codigo(&cena.pedir("PUT", "/guias/202401010001/situacao/BAIXADA", "")),
        (404, "NAO_ENCONTRADO")
    );
    assert_eq!(
        codigo(&cena.pedir("PUT", "/guias/1/situacao/BAIXADA", "")),
        (400, "CAMPO_INVALIDO")
    );
    let bearer = format!("Bearer {}", cena.app.token("tjpe"));
    let alheia = cena.app.pedir(
        "PUT",
        &format!("/api/v1/guias/{guia}/situacao/BAIXADA"),
        &[("Authorization", &bearer)],
        b"",
    );
    assert_eq!(alheia.status, 404);
}

#[test]
fn r27_situacao_das_guias_conta_os_dois_processos() {
    let cena = Cena::nova();
    let sancao = cena.emitida("internacao-sancao");
    let com = |situacao: &str| {
        let pagina =
            cena.pedir("GET", &format!("/processos?situacaoGuia={situacao}"), "").corpo["dados"]
                .clone();
        let query =
            format!("{{ processos(filtro: {{situacaoGuia: {situacao}}}) {{ totalCount }} }}");
        let total = cena.app.gql("tjrn", &query)["processos"]["totalCount"].clone();
        assert_eq!(pagina["totalElements"], total);
        total
    };
    assert_eq!((com("ATIVO"), com("BAIXADA")), (json!(2), json!(0)));
    assert_eq!(cena.pedir("PUT", &format!("/guias/{sancao}/situacao/BAIXADA"), "").status, 200);
    assert_eq!((com("ATIVO"), com("BAIXADA")), (json!(0), json!(2)));
    assert_eq!(cena.pedir("GET", "/processos?situacaoGuia=VENCIDA", "").status, 400);
}

#[test]
fn a_guia_no_grafo() {
    let cena = Cena::nova();
    let query = "mutation($i: EmitirGuiaInput!) { emitirGuia(input: $i) { guia { id numero tipo situacao venceEm vencida magistrado { nome cpf }
        adolescente { identificador } apuracao { numero } execucao { numero } atosInfracionais { codigoTpu } documentos { tipoDocumento }
        definitivasUnificadas { numero } } simulado erros { codigo campo } } }";
    let comum = json!({ "adolescente": cena.ana, "magistrado": { "nome": "Juíza", "cpf": CPF }, "serventuario": { "cpf": CPF },
        "serventuarioCargo": "Escrivã", "codigoTpuMedida": "11386", "atosInfracionais": [{ "codigoTpu": "11428" }] });
    let emitir = |especie: Value| {
        let mut input = comum.clone();
        input["especie"] = especie;
        cena.app.gql_com("tjrn", query, json!({ "i": input }))["emitirGuia"].clone()
    };
    let definitiva = emitir(
        json!({ "definitiva": { "apuracao": numero(0), "dataSentenca": "2024-03-10", "dataTransitoJulgado": "2024-04-10" } }),
    );
    assert_eq!(definitiva["erros"], json!([]), "{definitiva}");
    let guia = &definitiva["guia"];
    assert_eq!(
        (&guia["apuracao"]["numero"], &guia["definitivasUnificadas"]),
        (&json!(numero(0)), &Value::Null)
    );
    let unificadora = emitir(
        json!({ "unificadora": { "execucao": numero(1), "dataDecisao": "2024-06-10", "definitivas": [guia["numero"]] } }),
    );
    assert_eq!(
        unificadora["guia"]["definitivasUnificadas"][0]["numero"], guia["numero"],
        "{unificadora}"
    );

    // The same rules, the same fields, in the words of the schema.
    let errada = emitir(
        json!({ "internacaoSancao": { "apuracao": numero(0), "execucao": numero(0), "dataDecisao": "2024-05-10", "prazo": 91 } }),
    );
    assert_eq!(
        errada["erros"],
        json!([{ "codigo": "CAMPO_INVALIDO", "campo": ["input", "especie", "internacaoSancao", "prazo"] },
               { "codigo": "TIPO_DE_PROCESSO_INCOMPATIVEL", "campo": ["input", "especie", "internacaoSancao", "execucao"] }])
    );
    // Exactly one kind.
    let mut duas = comum.clone();
    duas["especie"] = json!({ "definitiva": { "apuracao": numero(0), "dataSentenca": "2024-03-10", "dataTransitoJulgado": "2024-04-10" },
        "internacaoSancao": { "apuracao": numero(0), "execucao": numero(1), "dataDecisao": "2024-05-10", "prazo": 9 } });
    assert_eq!(cena.app.graphql("tjrn", query, json!({ "i": duas })).status, 400);

    let baixar = "mutation($i: BaixarGuiaInput!) { baixarGuia(input: $i) { guia { motivoBaixa baixadaEm versao } alterado erros { codigo ... on ErroConflitoDeVersao { versaoAtual } } } }";
    let baixa = |input: Value| {
        cena.app.gql_com("tjrn", baixar, json!({ "i": input }))["baixarGuia"].clone()
    };
    let numero_da_guia = &unificadora["guia"]["numero"];
    assert_eq!(
        baixa(json!({ "numero": numero_da_guia, "versaoEsperada": 7 }))["erros"],
        json!([{ "codigo": "CONFLITO_DE_VERSAO", "versaoAtual": 1 }])
    );
    let feita =
        baixa(json!({ "numero": numero_da_guia, "motivo": "EXTINTA", "versaoEsperada": 1 }));
    assert_eq!(
        (&feita["alterado"], &feita["guia"]["motivoBaixa"]),
        (&json!(true), &json!("EXTINTA"))
    );
    assert_eq!(baixa(json!({ "numero": "x" }))["erros"][0]["codigo"], "CAMPO_INVALIDO");
    assert_eq!(baixa(json!({ "numero": "202401010001" }))["erros"][0]["codigo"], "NAO_ENCONTRADO");

    cena.app.assentado();
    let lido = cena.app.gql_com(
        "tjrn",
        "query($n: NumeroProcesso!, $a: IdentificadorAdolescente!, $id: ID!) {
           processo(numero: $n) { guias { totalCount nodes { numero } } ativas: guias(situacao: ATIVO) { totalCount } eventos { nodes { tipo guia { numero } } } }
           adolescente(identificador: $a) { guias { totalCount } } node(id: $id) { ... on Guia { numero } } }",
        json!({ "n": numero(1), "a": cena.ana, "id": guia["id"] }),
    );
    assert_eq!(lido["processo"]["guias"]["nodes"], json!([{ "numero": numero_da_guia }]));
    assert_eq!(
        (&lido["processo"]["ativas"]["totalCount"], &lido["adolescente"]["guias"]["totalCount"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(lido["node"]["numero"], guia["numero"]);
    let tipos: Vec<_> = lido["processo"]["eventos"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["tipo"].clone())
        .collect();
    assert_eq!(tipos, ["PROCESSO_CADASTRADO", "GUIA_EMITIDA", "GUIA_BAIXADA"]);
    // Sealed: from elsewhere there is no such guia.
    let alheia = format!("{{ guia(numero: {numero_da_guia}) {{ id }} }}");
    assert_eq!(cena.app.gql("tjpe", &alheia)["guia"], Value::Null);
    let sem_papel = format!("{{ guia(numero: {numero_da_guia}) {{ magistrado {{ nome cpf }} }} }}");
    assert_eq!(
        cena.app.gql("tjrn-leitura", &sem_papel)["guia"]["magistrado"],
        json!({ "nome": "Juíza", "cpf": null })
    );
}

/// Numbers are given to sixteen at once, each its own; a guia is lowered or unified, never both.
#[test]
fn guias_em_corrida() {
    let cena = Cena::nova();
    let corpo = cena.corpo("definitiva");
    let mut numeros: Vec<String> = std::thread::scope(|escopo| {
        let um = || {
            cena.emitir("definitiva", &corpo).corpo["dados"]["numeroGuia"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let correm: Vec<_> = (0..16).map(|_| escopo.spawn(um)).collect();
        correm.into_iter().map(|corre| corre.join().unwrap()).collect()
    });
    numeros.sort_unstable();
    numeros.dedup();
    assert_eq!(numeros.len(), 16);
    for guia in &numeros {
        let mut unificadora = cena.corpo("unificadora");
        unificadora["listaNumeroDaGuiaDefinitiva"] = json!([guia]);
        let (unida, baixada) = std::thread::scope(|escopo| {
            let unir = escopo.spawn(|| cena.emitir("unificadora", &unificadora).status);
            let baixar = escopo.spawn(|| {
                cena.pedir(
                    "PUT",
                    &format!("/guias/{guia}/situacao/BAIXADA"),
                    r#"{"motivo":"EXTINTA"}"#,
                )
            });
            (unir.join().unwrap(), baixar.join().unwrap())
        });
        let motivo = baixada.corpo["dados"]["motivoBaixa"].as_str().unwrap().to_owned();
        assert!(
            matches!((unida, motivo.as_str()), (200, "UNIFICADA") | (400, "EXTINTA")),
            "{unida} {motivo}"
        );
    }
    let duplos = "SELECT count(*) AS n FROM (SELECT guia_id, processo_id FROM evento WHERE tipo = 'GUIA_BAIXADA' GROUP BY 1, 2 HAVING count(*) > 1) AS d";
    assert_eq!(cena.app.banco.contar(duplos), 0);
}

#[test]
fn r26_ninguem_cumpre_medida_depois_dos_21() {
    let cena = Cena::nova();
    let velho = json!({ "nome": "Ivo", "sobrenome": "Fictício", "dataNascimento": "29/02/2004", "sexoBiologico": "MASCULINO" });
    let velho =
        cena.app.post("tjrn", "/api/v1/adolescentes", &velho).corpo["dados"]["identificador"]
            .clone();
    let caminho =
        format!("/processos/{}/apuracao/adolescentes/{}", numero(0), velho.as_str().unwrap());
    assert_eq!(cena.pedir("POST", &caminho, "").status, 200);
    let mut corpo = cena.corpo("definitiva");
    corpo["identificadorAdolescente"] = velho;
    let dados = cena.emitir("definitiva", &corpo).corpo["dados"].clone();
    assert_eq!((&dados["venceEm"], &dados["vencida"]), (&json!("01/03/2025"), &json!(true)));
}
