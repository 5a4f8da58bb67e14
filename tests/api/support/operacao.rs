//! One write in the words of both doors, and what came of it in those of neither.
//!
//! An operation is written once, as the input of its mutation; the route, the
//! method and the body of REST are derived from it.

use super::{App, Resposta};
use elos::error::CodigoErro;
use serde_json::{Map, Value, json};

/// A write: the name of the mutation, and its input without the fields of [`Modo`].
#[derive(Debug, Clone, PartialEq)]
pub struct Operacao {
    pub mutation: &'static str,
    pub input: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Porta {
    Rest,
    Graphql,
}

/// How a write is sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Modo<'a> {
    pub chave: Option<&'a str>,
    pub simular: bool,
}

/// What came of a write.
#[derive(Debug)]
pub struct Desfecho {
    /// The one of REST, whichever door was used.
    pub status: u16,
    /// What decides the status of a refusal.
    pub codigo: Option<String>,
    /// All codes, sorted; GraphQL alone tells them.
    pub codigos: Vec<String>,
    /// What is said of each refusal, without the field, sorted.
    pub textos: Vec<String>,
    /// GraphQL refused the shape of the input, before any rule saw it.
    pub de_forma: bool,
    /// The name that the server gave to what it made: an identificador, a code, a number.
    pub gerado: Option<String>,
    pub resposta: Resposta,
}

impl App {
    pub fn executar(
        &self,
        cliente: &str,
        porta: Porta,
        operacao: &Operacao,
        modo: Modo<'_>,
    ) -> Desfecho {
        match porta {
            Porta::Rest => de_rest(operacao, operacao.pedir_rest(self, cliente, modo)),
            Porta::Graphql => de_graphql(operacao, operacao.pedir_graphql(self, cliente, modo)),
        }
    }
}

impl Operacao {
    pub fn nova(mutation: &'static str, input: Value) -> Self {
        Self { mutation, input }
    }

    fn pedir_graphql(&self, app: &App, cliente: &str, modo: Modo<'_>) -> Resposta {
        let nome = self.mutation;
        let tipo = format!("{}{}Input", nome[..1].to_uppercase(), &nome[1..]);
        let feito = match nome {
            "cadastrarAdolescente" | "atualizarAdolescente" => {
                "adolescente { gerado: identificador }"
            }
            "registrarRascunho" => "rascunho { gerado: codigo }",
            "emitirGuia" | "baixarGuia" => "guia { gerado: numero }",
            _ => "processo { gerado: numero }",
        };
        let query = format!(
            "mutation($i: {tipo}!) {{ r: {nome}(input: $i) {{ simulado {feito} erros {{ codigo mensagem orientacao }} }} }}"
        );
        let mut input = self.input.clone();
        if let Some(chave) = modo.chave {
            input["chaveIdempotencia"] = chave.into();
        }
        if modo.simular {
            input["simular"] = true.into();
        }
        app.graphql(cliente, &query, json!({ "i": input }))
    }

    fn pedir_rest(&self, app: &App, cliente: &str, modo: Modo<'_>) -> Resposta {
        let (metodo, caminho, corpo) = self.em_rest();
        let caminho =
            format!("/api/v1{caminho}{}", if modo.simular { "?simular=true" } else { "" });
        let bearer = format!("Bearer {}", app.token(cliente));
        let versao = self.input.get("versaoEsperada").map(|versao| format!("\"{versao}\""));
        let corpo = corpo.map(|corpo| corpo.to_string()).unwrap_or_default();
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend((!corpo.is_empty()).then_some(("Content-Type", "application/json")));
        headers.extend(modo.chave.map(|chave| ("Idempotency-Key", chave)));
        headers.extend(versao.as_deref().map(|versao| ("If-Match", versao)));
        app.pedir(metodo, &caminho, &headers, corpo.as_bytes())
    }

    /// Method, path below `/api/v1`, and body.
    fn em_rest(&self) -> (&'static str, String, Option<Value>) {
        let texto = |campo: &str| self.input[campo].as_str().unwrap_or_default().to_owned();
        let vinculo = || {
            format!(
                "/processos/{}/apuracao/adolescentes/{}",
                texto("processo"),
                texto("adolescente")
            )
        };
        match self.mutation {
            "cadastrarProcesso" => ("POST", "/processos".into(), Some(corpo(&self.input))),
            "atualizarResponsaveis" => ("PUT", "/processos".into(), Some(corpo(&self.input))),
            "alterarSituacao" => {
                let (numero, situacao) = (texto("processo"), texto("situacao"));
                ("PUT", format!("/processos/numero-processo/{numero}/situacao/{situacao}"), None)
            }
            "vincularAdolescente" => ("POST", vinculo(), self.input.get("dados").map(pessoa)),
            "desvincularAdolescente" => ("DELETE", vinculo(), None),
            "cadastrarAdolescente" => {
                ("POST", "/adolescentes".into(), Some(pessoa(&self.input["dados"])))
            }
            "atualizarAdolescente" => {
                let mut corpo = pessoa(&self.input["dados"]);
                corpo["identificador"] = texto("identificador").into();
                ("PUT", "/adolescentes".into(), Some(corpo))
            }
            "registrarRascunho" => {
                let mut corpo = self.input.clone();
                corpo["dados"] = serde_json::from_str(&texto("dados")).unwrap_or(json!("x"));
                ("POST", "/processo-rascunho".into(), Some(corpo))
            }
            "emitirGuia" => {
                let (especie, corpo) = guia(&self.input);
                ("POST", format!("/guias/{especie}"), Some(corpo))
            }
            "baixarGuia" => {
                let motivo = self.input.get("motivo").map(|motivo| json!({ "motivo": motivo }));
                ("PUT", format!("/guias/{}/situacao/Baixada", texto("numero")), motivo)
            }
            outra => unreachable!("no such mutation: {outra}"),
        }
    }
}

fn campos(objeto: &Value) -> impl Iterator<Item = (&str, &Value)> {
    objeto.as_object().into_iter().flatten().map(|(nome, valor)| (nome.as_str(), valor))
}

/// The body of a processo: flat, in the names of the source document.
fn corpo(input: &Value) -> Value {
    let mut corpo = Map::new();
    for (nome, valor) in campos(input) {
        let nome = match nome {
            "versaoEsperada" => continue,
            "magistrado" | "serventuario" => {
                for (parte, valor) in campos(valor) {
                    let parte = if parte == "cpf" { "CPF" } else { "Nome" };
                    corpo.insert(format!("{nome}{parte}"), valor.clone());
                }
                continue;
            }
            "numero" | "processo" => "numeroProcesso",
            "tipo" => "tipoProcesso",
            "adolescentes" => "identificadoresAdolescentes",
            "referencia" => "numeroProcessoReferencia",
            outro => outro,
        };
        corpo.insert(nome.to_owned(), valor.clone());
    }
    corpo.into()
}

/// The data of an adolescente: the same names, other forms of dates, of yes and of the CPF.
fn pessoa(dados: &Value) -> Value {
    let campo = |(nome, valor): (&str, &Value)| {
        let valor = match nome {
            "cpf" => json!({ "numero": valor }),
            _ => em_portugues(valor),
        };
        (nome.to_owned(), valor)
    };
    Value::Object(campos(dados).map(campo).collect())
}

/// The kind of a guia, as the route names it, and its body.
fn guia(input: &Value) -> (&'static str, Value) {
    let mut corpo = Map::new();
    let (especie, propria) = campos(&input["especie"]).next().expect("one kind");
    for (nome, valor) in campos(input).filter(|(nome, _)| *nome != "especie").chain(campos(propria))
    {
        let nome = match (especie, nome) {
            (_, "magistrado" | "serventuario") => {
                for (parte, valor) in campos(valor) {
                    let parte = if parte == "cpf" { "CPF" } else { "" };
                    corpo.insert(format!("{nome}{parte}"), valor.clone());
                }
                continue;
            }
            (_, "adolescente") => "identificadorAdolescente",
            (_, "origem") => "origemGuia",
            (_, "apuracao") => "numeroProcessoConhecimento",
            (_, "execucao") => "numeroProcessoExecucao",
            ("internacaoSancao", "dataDecisao") => "dataDecisaoInternacaoSancao",
            (_, "dataDecisao") => "dataDecisaoUnifcacaoDeMedidas",
            (_, "medidaResultante") => "medidaResultanteUnificacao",
            (_, "definitivas") => "listaNumeroDaGuiaDefinitiva",
            (_, "documentos") => "documentosInstruirGuia",
            (_, outro) => outro,
        };
        corpo.insert(nome.to_owned(), em_portugues(valor));
    }
    let especie = match especie {
        "provisoria" => "provisoria",
        "definitiva" => "definitiva",
        "internacaoSancao" => "internacao-sancao",
        _ => "unificadora",
    };
    (especie, corpo.into())
}

/// `2010-02-01` as `01/02/2010`, `true` as `S`.
fn em_portugues(valor: &Value) -> Value {
    match valor {
        Value::Bool(valor) => json!(if *valor { "S" } else { "N" }),
        Value::String(texto) => match texto.split('-').collect::<Vec<_>>().as_slice() {
            &[ano, mes, dia] if texto.len() == 10 => json!(format!("{dia}/{mes}/{ano}")),
            _ => valor.clone(),
        },
        Value::Array(itens) => itens.iter().map(em_portugues).collect(),
        Value::Object(campos) => Value::Object(
            campos.iter().map(|(nome, valor)| (nome.clone(), em_portugues(valor))).collect(),
        ),
        _ => valor.clone(),
    }
}

fn de_rest(operacao: &Operacao, resposta: Resposta) -> Desfecho {
    let corpo = &resposta.corpo;
    let gerado = match operacao.mutation {
        "cadastrarAdolescente" | "atualizarAdolescente" => "identificador",
        "registrarRascunho" => "id",
        "emitirGuia" | "baixarGuia" => "numeroGuia",
        _ => "numeroProcesso",
    };
    let gerado = corpo["dados"][gerado].as_str().map(str::to_owned);
    let textos = corpo["erros"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let textos = textos.map(|erro| erro.split_once(": ").map_or(erro, |(_, resto)| resto));
    let mut textos: Vec<_> = textos.map(plain).collect();
    textos.sort();
    let codigo = corpo["mensagemDesenvolvedor"].as_str().map(str::to_owned);
    let (status, codigos, de_forma) = (resposta.status, Vec::new(), false);
    Desfecho { status, codigo, codigos, textos, de_forma, gerado, resposta }
}

/// A message without what makes it a sentence, which one door writes and the other does not.
fn plain(message: &str) -> String {
    let message = message.strip_suffix('.').unwrap_or(message);
    let mut letters = message.chars();
    let first = letters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(letters.as_str().chars()).collect()
}

#[track_caller]
fn de_graphql(operacao: &Operacao, resposta: Resposta) -> Desfecho {
    if let Some(erro) = resposta.corpo["errors"].get(0) {
        let codigo = erro["extensions"]["code"].as_str().map(str::to_owned);
        let de_forma = matches!(
            codigo.as_deref(),
            Some("CAMPO_INVALIDO" | "BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED")
        );
        let status = erro["extensions"]["status"].as_u64().and_then(|n| n.try_into().ok());
        let status = status.unwrap_or(resposta.status);
        let (codigos, textos, gerado) = (Vec::new(), Vec::new(), None);
        return Desfecho { status, codigo, codigos, textos, de_forma, gerado, resposta };
    }
    let feito = &resposta.corpo["data"]["r"];
    let erros = feito["erros"].as_array().expect(&resposta.texto);
    let de = |erro: &Value, campo: &str| erro[campo].as_str().unwrap_or_default().to_owned();
    let texto = |erro: &Value| match erro["orientacao"].as_str() {
        Some(orientacao) => format!("{} ({orientacao})", plain(&de(erro, "mensagem"))),
        None => plain(&de(erro, "mensagem")),
    };
    let status_de = |erro: &&Value| status(operacao, &de(erro, "codigo"), &de(erro, "mensagem"));
    let decisivo = erros.iter().min_by_key(status_de);
    let (mut codigos, mut textos): (Vec<_>, Vec<_>) =
        erros.iter().map(|erro| (de(erro, "codigo"), texto(erro))).unzip();
    codigos.sort();
    textos.sort();
    let gerado = ["processo", "adolescente", "rascunho", "guia"];
    let gerado = gerado.iter().find_map(|objeto| feito[objeto]["gerado"].as_str());
    Desfecho {
        status: decisivo.as_ref().map_or(200, status_de),
        codigo: decisivo.map(|erro| de(erro, "codigo")),
        codigos,
        textos,
        de_forma: false,
        gerado: gerado.map(str::to_owned),
        resposta,
    }
}

/// The status that the façade gives to a code: the code's own, but for what a
/// body names (400 where a path gives 404) and a rascunho that was consumed.
pub fn status(operacao: &Operacao, codigo: &str, mensagem: &str) -> u16 {
    let do_corpo = matches!(operacao.mutation, "cadastrarProcesso" | "emitirGuia");
    match codigo {
        "RASCUNHO_INVALIDO" if mensagem.contains("já se transformou") => 409,
        _ => {
            let todos = CodigoErro::TODOS.into_iter();
            let proprio = todos.filter(|c| c.nome() == codigo).map(CodigoErro::status).next();
            proprio.filter(|status| !(do_corpo && *status == 404)).unwrap_or(400)
        }
    }
}
