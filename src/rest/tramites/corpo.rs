//! The body of a send, in the words of the real platform.

use super::super::corpo::{Campo, Corpo};
use super::documentos::componentes;
use crate::config::CamposDesconhecidos;
use crate::tramite::{EnderecoDeEstrutura, EnviarTramite, MotivoDaUrgencia, NivelDeSigilo};
use serde_json::{Map, Value};

/// Documented fields that are kept as they come, because nothing here depends on them.
const DO_CABECALHO: [&str; 2] =
    ["enviarApenasComponentesDigitaisPendentes", "propriedadesAdicionais"];
const DO_PROCESSO: [&str; 4] =
    ["produtor", "dataHoraDeProducao", "dataHoraDeRegistro", "dataHoraDeEncerramento"];
const LISTAS_DO_PROCESSO: [&str; 5] =
    ["interessados", "itensHistorico", "processosApensados", "protocolosAnteriores", "documentos"];

/// `{cabecalho, processo}`. A field that the platform does not have is refused: a
/// mistyped NRE must not start another.
pub fn envio(mut corpo: Corpo) -> EnviarTramite {
    let mut comando = EnviarTramite::default();
    let mut guardados = Map::new();
    corpo.dentro("cabecalho", &["cabecalho"], |cabecalho| {
        comando.nre = cabecalho.forma("NRE", &["nre"]);
        comando.remetente = estrutura(cabecalho, "remetente", &["remetente"]);
        comando.destinatario = estrutura(cabecalho, "destinatario", &["destinatario"]);
        comando.urgente = cabecalho.logico("urgente", &["urgente"]).unwrap_or(false);
        comando.data_de_retorno = cabecalho.instante("dataDeRetorno", &["dataDeRetorno"]);
        let campo: Campo = &["motivoDaUrgencia"];
        if let Some(codigo) = cabecalho.inteiro("motivoDaUrgencia", campo) {
            comando.motivo_da_urgencia = MotivoDaUrgencia::de_codigo(codigo.into());
            if comando.motivo_da_urgencia.is_none() {
                cabecalho.recusar_por(campo, "o motivo da urgência vai de 1 a 5");
            }
        }
        let todos: Campo = &["obrigarEnvioDeTodosOsComponentesDigitais"];
        comando.todos_os_componentes = cabecalho.logico(todos[0], todos).unwrap_or(false);
        guardados.extend(cabecalho.guardar(&DO_CABECALHO));
    });
    corpo.dentro("processo", &["processo"], |processo| {
        comando.protocolo = processo.texto("protocolo", &["protocolo"]);
        comando.descricao = processo.texto("descricao", &["descricao"]);
        comando.processo_de_negocio = processo.texto("processoDeNegocio", &["processoDeNegocio"]);
        let campo: Campo = &["nivelDeSigilo"];
        if let Some(codigo) = processo.inteiro("nivelDeSigilo", campo) {
            comando.nivel_de_sigilo = NivelDeSigilo::de_codigo(codigo.into());
            if comando.nivel_de_sigilo.is_none() {
                processo.recusar_por(campo, "o nível de sigilo vai de 1 a 3");
            }
        }
        comando.hipotese_legal = processo.dentro("hipoteseLegal", &["hipoteseLegal"], |hipotese| {
            let base = hipotese.texto("baseLegal", &["hipoteseLegal"]);
            let nome = hipotese.texto("nome", &["hipoteseLegal"]);
            hipotese.guardar(&["identificacao"]);
            base.or(nome)
        });
        guardados.extend(processo.guardar(&DO_PROCESSO));
        let listas = processo.guardar(&LISTAS_DO_PROCESSO);
        for nome in &LISTAS_DO_PROCESSO {
            if listas.get(*nome).is_some_and(|valor| !valor.is_array() && !valor.is_null()) {
                processo.recusar_por(std::slice::from_ref(nome), "é uma lista");
            }
        }
        comando.componentes = componentes(processo, comando.protocolo.as_deref(), &listas);
        guardados.extend(listas);
    });
    if !guardados.is_empty() {
        comando.metadados = Some(Value::Object(guardados).to_string());
    }
    comando.malformados = corpo.terminar(CamposDesconhecidos::Recusar).0;
    comando
}

fn estrutura(corpo: &mut Corpo, nome: &'static str, campo: Campo) -> Option<EnderecoDeEstrutura> {
    corpo.dentro(nome, campo, |estrutura| {
        let repositorio = estrutura.inteiro("identificacaoDoRepositorioDeEstruturas", campo);
        let numero = estrutura.texto("numeroDeIdentificacaoDaEstrutura", campo);
        repositorio
            .zip(numero)
            .map(|(repositorio, numero)| EnderecoDeEstrutura { repositorio, numero })
    })
}
