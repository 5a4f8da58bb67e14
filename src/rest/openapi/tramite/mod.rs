//! Parameters and request bodies of the Tramita API. Its answers are in `answers.rs`, and its
//! errors in `refusals.rs`.

pub mod catalogos;
pub mod refusals;
pub mod answers;

use super::texts::{
    Codigo, DescricaoDoTramite, Hash, HipoteseLegalTexto, Instante, Nre, Protocolo,
};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Um processo a enviar. Um campo que não está aqui é guardado, entregue como veio e dito em
/// `avisos`; as chaves internas do SEI (`idAnexo`, `idDocumentoSEI`, `idProcedimentoSEI`,
/// `idProcedimentoAnexadoSEI`, `staTipoProtocolo`) não se entregam.
#[derive(ToSchema)]
#[schema(examples(json!({
    "cabecalho": {
        "remetente": { "identificacaoDoRepositorioDeEstruturas": 1, "numeroDeIdentificacaoDaEstrutura": "820" },
        "destinatario": { "identificacaoDoRepositorioDeEstruturas": 1, "numeroDeIdentificacaoDaEstrutura": "817" },
        "urgente": false,
    },
    "processo": {
        "protocolo": "99990.000003/2026-42", "nivelDeSigilo": 1, "descricao": "Pedido fictício",
        "documentos": [{ "ordem": 1, "componentesDigitais": [{
            "ordem": 1, "tamanhoEmBytes": 8,
            "hash": { "algoritmo": "SHA256", "conteudo": "LaHDdtOC17TDTtNcL5jpWS/+/yG2Wzv7V6YUWTx6Yh4=" },
        }] }],
    },
})))]
pub struct EnvioDeProcesso {
    cabecalho: CabecalhoDoEnvio,
    processo: ProcessoEnviado,
}

/// De quem, para quem e por qual NRE. `NRE` escrito de outro modo é recusado.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct CabecalhoDoEnvio {
    /// Obrigatório do segundo trâmite do processo em diante, seja quem for que envia.
    #[schema(rename = "NRE")]
    nre: Option<Nre>,
    remetente: EstruturaEnviada,
    destinatario: EstruturaEnviada,
    urgente: Option<Logico>,
    /// O mesmo que `urgente`, como o SEI o escreve.
    urgencia: Option<Logico>,
    /// Só se urgente: 1 prioridade legal, 2 decisão judicial, 3 risco a um direito, 4 risco de
    /// prescrição ou decadência, 5 interesse público; `true`, como o SEI o escreve, é motivo
    /// desconhecido.
    motivo_da_urgencia: Option<MotivoDaUrgenciaEnviado>,
    data_de_retorno: Option<Instante>,
    /// `false` pede todos os arquivos.
    enviar_apenas_componentes_digitais_pendentes: Option<Logico>,
    /// Pede todos os arquivos, também os que o destinatário já teve: para quem os perdeu.
    obrigar_envio_de_todos_os_componentes_digitais: Option<Logico>,
    /// Guardadas e entregues como vieram.
    propriedades_adicionais: Option<Value>,
}

/// Um número, ou os seus dígitos em texto.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(examples(1))]
pub enum NumeroOuTexto {
    Numero(i64),
    Texto(String),
}

/// A boolean, also in the forms in which PHP writes one.
pub struct Logico;

impl PartialSchema for Logico {
    fn schema() -> RefOr<Schema> {
        let number =
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(1));
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^\\s*(true|false|0|1)\\s*$"));
        AnyOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::Boolean))
            .item(number)
            .item(text)
            .description(Some("Sim ou não; também como 1 e 0, em número ou em texto."))
            .examples([false])
            .into()
    }
}

impl ToSchema for Logico {}

/// O motivo da urgência, de 1 a 5, ou só que existe.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(examples(2))]
pub enum MotivoDaUrgenciaEnviado {
    Codigo(i32),
    Texto(String),
    Existe(bool),
}

/// Uma unidade de um repositório de estruturas, em números ou em texto.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", examples(json!({
    "identificacaoDoRepositorioDeEstruturas": 1, "numeroDeIdentificacaoDaEstrutura": "820",
})))]
pub struct EstruturaEnviada {
    identificacao_do_repositorio_de_estruturas: NumeroOuTexto,
    numero_de_identificacao_da_estrutura: NumeroOuTexto,
}

/// Os metadados do processo. Os campos sem descrição são guardados e entregues como vieram.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ProcessoEnviado {
    protocolo: Protocolo,
    descricao: DescricaoDoTramite,
    processo_de_negocio: Option<Codigo>,
    /// 1 público, 2 restrito, 3 sigiloso, que só se aceita onde a configuração o admite; de 2 em diante exige a hipótese legal.
    nivel_de_sigilo: Option<NumeroOuTexto>,
    hipotese_legal: Option<HipoteseLegal>,
    produtor: Option<Value>,
    data_hora_de_producao: Option<Value>,
    data_hora_de_registro: Option<Value>,
    data_hora_de_encerramento: Option<Value>,
    interessados: Option<Vec<Value>>,
    itens_historico: Option<Vec<Value>>,
    processos_apensados: Option<Vec<ProcessoApensado>>,
    /// O mesmo que `processosApensados`, como o SEI o escreve.
    processo_apensado: Option<Vec<ProcessoApensado>>,
    protocolos_anteriores: Option<Vec<Value>>,
    documentos: Option<Vec<DocumentoEnviado>>,
}

/// A hipótese legal do sigilo: basta a identificação. Entrega-se como veio.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct HipoteseLegal {
    identificacao: Option<NumeroOuTexto>,
    nome: Option<HipoteseLegalTexto>,
    base_legal: Option<HipoteseLegalTexto>,
}

/// Um processo apensado ao que se envia, com os seus documentos; o mais é guardado como veio.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ProcessoApensado {
    /// Obrigatório se há componentes digitais.
    protocolo: Option<Protocolo>,
    documentos: Option<Vec<DocumentoEnviado>>,
}

/// Um documento; o mais que traga é guardado como veio.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct DocumentoEnviado {
    /// Lugar no processo, a contar de 1, que não muda entre trâmites; obrigatório se há componentes.
    ordem: Option<NumeroOuTexto>,
    /// Os arquivos de um documento retirado não se pedem, e o seu tamanho pode ser 0.
    retirado: Option<Logico>,
    componentes_digitais: Option<Vec<ComponenteEnviado>>,
}

/// Um arquivo, que se manda depois, pelo ticket, se o destinatário não o tem; o mais que traga é
/// guardado como veio.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ComponenteEnviado {
    /// Lugar no documento, a contar de 1; se falta, o da lista.
    ordem: Option<NumeroOuTexto>,
    hash: HashDoComponente,
    #[schema(examples(10240))]
    tamanho_em_bytes: NumeroOuTexto,
}

/// A identidade do arquivo no processo.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct HashDoComponente {
    algoritmo: Option<Algoritmo>,
    conteudo: Hash,
}

/// O algoritmo do hash.
#[derive(ToSchema)]
pub enum Algoritmo {
    #[schema(rename = "SHA256")]
    Sha256,
}

/// Um arquivo a enviar, como formulário, os campos em qualquer ordem. O hash e o protocolo podem vir na consulta, em vez do formulário; se vêm nos dois, são os mesmos.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct FormularioDoArquivo {
    hash_do_componente_digital: Hash,
    protocolo: Protocolo,
    /// Os bytes do arquivo.
    #[schema(value_type = String, format = Binary)]
    conteudo: Vec<u8>,
}

/// Os bytes de um arquivo.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Bytes(Vec<u8>);

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TramitePath {
    /// Identificação do trâmite (IDT).
    #[param(minimum = 1, maximum = 9_223_372_036_854_775_807_i64, example = 1)]
    idt: i64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TicketPath {
    /// O ticket que o envio respondeu.
    #[param(minimum = 1, maximum = 9_223_372_036_854_775_807_i64, example = 1)]
    ticket: i64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PartPath {
    /// O primeiro byte, a contar de 0.
    #[param(minimum = 0, example = 0)]
    inicio: i64,
    /// O byte depois do último; no máximo 200 MiB depois do primeiro.
    #[param(minimum = 1, example = 8)]
    fim: i64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct NrePath {
    /// O NRE.
    nre: Nre,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProtocoloPath {
    /// O protocolo, com ou sem a máscara; a barra vai codificada (`%2F`) ou não.
    #[param(
        value_type = String,
        pattern = "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]{1,40}$",
        example = "99990.000003/2026-42"
    )]
    protocolo: Protocolo,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PendingQuery {
    /// Inclui o que só se retoma após uma queda (situações 1, 3 e 4); também `1` e `0`.
    todas: Option<bool>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct PendenciaQuery {
    /// O IDT da última pendência recebida; se falta, a primeira.
    #[param(minimum = 0, example = 0)]
    id_tramite_da_pendencia_recebida: Option<i64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct TramitesQuery {
    /// Só este trâmite.
    #[param(rename = "IDT", minimum = 1, example = 1)]
    idt: Option<i64>,
    /// Só os deste NRE.
    #[param(rename = "NRE")]
    nre: Option<Nre>,
    /// Só os deste protocolo, com ou sem a máscara.
    #[param(
        value_type = Option<String>,
        pattern = "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]{1,40}$",
        example = "99990.000003/2026-42"
    )]
    protocolo: Option<Protocolo>,
    /// Só os que estão nesta situação.
    #[param(minimum = 1, maximum = 10, example = 2)]
    situacao_atual: Option<i32>,
    /// Só os enviados por esta estrutura: `repositorio:numero`, ou só o número, se é do Poder
    /// Judiciário.
    #[param(
        pattern = "^([0-9]{1,9}:)?[^:\\s\\u0000-\\u001f\\u007f-\\u009f]{1,20}$",
        example = "1:820"
    )]
    remetente: Option<String>,
    /// Só os enviados a esta estrutura, escrita como em `remetente`.
    #[param(
        pattern = "^([0-9]{1,9}:)?[^:\\s\\u0000-\\u001f\\u007f-\\u009f]{1,20}$",
        example = "817"
    )]
    destinatario: Option<String>,
    /// Só os registrados desde este instante, inclusive.
    de: Option<Instante>,
    /// Só os registrados antes deste instante.
    ate: Option<Instante>,
}
