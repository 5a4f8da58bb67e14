//! The body of a send, in the words of the real platform.

use super::super::json_fields::{Campo, Corpo};
use super::documentos;
use super::fields::{self, APENSADOS, Unknown};
use crate::tramite::rules::HIPOTESE_MAXIMO;
use crate::tramite::{EnderecoDeEstrutura, EnviarTramite, MotivoDaUrgencia, NivelDeSigilo};
use crate::value::field::linhas;
use crate::value::regras::CamposDesconhecidos;
use serde_json::{Map, Value};

/// Documented fields that are kept as they come, because nothing here depends on them.
const DO_CABECALHO: [&str; 1] = ["propriedadesAdicionais"];
const DO_PROCESSO: [&str; 4] =
    ["produtor", "dataHoraDeProducao", "dataHoraDeRegistro", "dataHoraDeEncerramento"];
const LISTAS_DO_PROCESSO: [&str; 4] =
    ["interessados", "itensHistorico", "protocolosAnteriores", "documentos"];
/// Under which what the cabeçalho has is kept, among the fields of the processo.
pub const GUARDADO_DO_CABECALHO: &str = "doCabecalho";

/// `{cabecalho, processo}`. A field that the platform does not have is kept and told of; but a
/// mistyped NRE is refused: it must not start another.
pub fn envio(mut corpo: Corpo) -> EnviarTramite {
    fields::drop_senders_own(corpo.campos_mut());
    let mut comando = EnviarTramite::default();
    let mut desconhecidos = Unknown::default();
    let (mut guardados, mut do_cabecalho) = (Map::new(), Map::new());
    corpo.dentro("cabecalho", &["cabecalho"], |cabecalho| {
        comando.nre = cabecalho.forma("NRE", &["nre"]);
        comando.remetente = estrutura(cabecalho, "remetente", &["remetente"]);
        comando.destinatario = estrutura(cabecalho, "destinatario", &["destinatario"]);
        comando.data_de_retorno = cabecalho.instante("dataDeRetorno", &["dataDeRetorno"]);
        urgencia(cabecalho, &mut comando);
        let todos = logico(cabecalho, "obrigarEnvioDeTodosOsComponentesDigitais");
        let so_os_pendentes = logico(cabecalho, "enviarApenasComponentesDigitaisPendentes");
        comando.todos_os_componentes = todos == Some(true) || so_os_pendentes == Some(false);
        do_cabecalho = cabecalho.guardar(&DO_CABECALHO);
        let resto = cabecalho.resto(|nome| !nome.eq_ignore_ascii_case("NRE"));
        do_cabecalho.extend(desconhecidos.keep("cabecalho.", resto));
    });
    corpo.dentro("processo", &["processo"], |processo| {
        comando.protocolo = processo.texto("protocolo", &["protocolo"]);
        comando.descricao = processo.texto("descricao", &["descricao"]);
        comando.processo_de_negocio = processo.texto("processoDeNegocio", &["processoDeNegocio"]);
        let campo: Campo = &["nivelDeSigilo"];
        if let Some(codigo) = processo.inteiro_ou_texto("nivelDeSigilo", campo) {
            comando.nivel_de_sigilo = NivelDeSigilo::de_codigo(codigo.into());
            if comando.nivel_de_sigilo.is_none() {
                processo.recusar_por(campo, "o nível de sigilo vai de 1 a 3");
            }
        }
        guardados.extend(hipotese_legal(processo, &mut comando));
        guardados.extend(processo.guardar(&DO_PROCESSO));
        let mut listas = processo.guardar(&LISTAS_DO_PROCESSO);
        listas.extend(processo.guardar(&APENSADOS));
        for nome in LISTAS_DO_PROCESSO.iter().chain(&APENSADOS) {
            if listas.get(*nome).is_some_and(|valor| !valor.is_array()) {
                processo.recusar_por(std::slice::from_ref(nome), "é uma lista");
            }
        }
        desconhecidos.look_into("processo.", &mut listas);
        let produtor = guardados.get("produtor");
        comando.componentes =
            documentos::read(processo, comando.protocolo.as_deref(), produtor, &listas);
        guardados.extend(listas);
        let resto = processo.resto(|nome| nome != GUARDADO_DO_CABECALHO);
        guardados.extend(desconhecidos.keep("processo.", resto));
    });
    // Beside the two there is nothing to deliver: it is told of, and not kept.
    desconhecidos.keep("", corpo.resto(|_| true));
    if !do_cabecalho.is_empty() {
        guardados.insert(GUARDADO_DO_CABECALHO.into(), do_cabecalho.into());
    }
    comando.sealed_below = documentos::sealed_place(&guardados);
    if !guardados.is_empty() {
        comando.metadados = Some(Value::Object(guardados).to_string());
    }
    comando.avisos.extend(desconhecidos.notices());
    comando.malformados = corpo.terminar(CamposDesconhecidos::Recusar).0;
    comando
}

/// One client writes `urgencia`, and its reason as a boolean: urgent, the reason unknown.
fn urgencia(cabecalho: &mut Corpo, comando: &mut EnviarTramite) {
    let escritas = [logico(cabecalho, "urgente"), logico(cabecalho, "urgencia")];
    comando.urgente = escritas.contains(&Some(true));
    let campo: Campo = &["motivoDaUrgencia"];
    match cabecalho.guardar(&["motivoDaUrgencia"]).remove("motivoDaUrgencia") {
        None => {}
        Some(Value::Bool(_)) => comando
            .avisos
            .push("cabecalho.motivoDaUrgencia: o motivo não veio, só que existe".to_owned()),
        Some(valor) => {
            let codigo = fields::integer(&valor);
            comando.motivo_da_urgencia = codigo.and_then(MotivoDaUrgencia::de_codigo);
            if comando.motivo_da_urgencia.is_none() {
                cabecalho.recusar_por(campo, "o motivo da urgência vai de 1 a 5");
            }
        }
    }
}

/// Kept as it comes: the receiver looks for its `identificacao`, which may be all there is.
fn hipotese_legal(processo: &mut Corpo, comando: &mut EnviarTramite) -> Map<String, Value> {
    let guardada = processo.guardar(&["hipoteseLegal"]);
    match guardada.get("hipoteseLegal") {
        None => {}
        Some(Value::Object(campos)) => {
            let partes = ["identificacao", "nome", "baseLegal"];
            comando.hipotese_informada = partes.iter().any(|parte| campos.contains_key(*parte));
            let texto = |nome: &str| campos.get(nome).and_then(Value::as_str).map(str::trim);
            let texto = texto("baseLegal").or_else(|| texto("nome"));
            comando.hipotese_legal = texto.filter(|texto| !texto.is_empty()).map(str::to_owned);
            if campos.get("identificacao").is_some_and(Value::is_null) {
                let aviso = "processo.hipoteseLegal.identificacao: veio sem valor";
                comando.avisos.push(aviso.to_owned());
            }
            for parte in partes {
                let recusa = match campos.get(parte) {
                    None | Some(Value::Null) => None,
                    Some(Value::Number(n)) if parte == "identificacao" && n.is_i64() => None,
                    Some(Value::String(texto)) => {
                        linhas(Some(texto.trim()), HIPOTESE_MAXIMO).map(|recusa| recusa.mensagem)
                    }
                    Some(_) => Some("esperava um texto, ou um número se é a identificação".into()),
                };
                if let Some(recusa) = recusa {
                    processo.recusar_por(&["hipoteseLegal"], format!("{parte}: {recusa}"));
                }
            }
        }
        Some(_) => processo.recusar_por(&["hipoteseLegal"], "esperava um objeto"),
    }
    guardada
}

fn logico(corpo: &mut Corpo, nome: &'static str) -> Option<bool> {
    let valor = corpo.guardar(&[nome]).remove(nome)?;
    let lido = fields::boolean(&valor);
    if lido.is_none() {
        corpo.recusar_por(campo_do_cabecalho(nome), "esperava true ou false");
    }
    lido
}

fn campo_do_cabecalho(nome: &'static str) -> Campo {
    match nome {
        "urgente" | "urgencia" => &["urgente"],
        "obrigarEnvioDeTodosOsComponentesDigitais" => &["obrigarEnvioDeTodosOsComponentesDigitais"],
        _ => &["enviarApenasComponentesDigitaisPendentes"],
    }
}

fn estrutura(corpo: &mut Corpo, nome: &'static str, campo: Campo) -> Option<EnderecoDeEstrutura> {
    corpo.dentro(nome, campo, |estrutura| {
        let repositorio =
            estrutura.inteiro_ou_texto("identificacaoDoRepositorioDeEstruturas", campo);
        let numero = estrutura.texto_ou_numero("numeroDeIdentificacaoDaEstrutura", campo);
        // Its name and the like are known here.
        estrutura.resto(|_| true);
        repositorio
            .zip(numero)
            .map(|(repositorio, numero)| EnderecoDeEstrutura { repositorio, numero })
    })
}
