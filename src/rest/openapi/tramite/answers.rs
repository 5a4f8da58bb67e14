//! Schemas of the answers of the Tramita API. They have no envelope.

use super::super::envelope::REPLAYED;
use super::super::texts::{Hash, Instante, Nre, Protocolo};
use super::Estrutura;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, ToSchema};

/// Declares a success answer with this body and, for a write, with the header of a replay.
macro_rules! responses {
    ($($name:ident $($header:ident)?),+ $(,)?) => { $(
        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let schema = Ref::from_schema_name(Self::name());
                let content = ContentBuilder::new().schema(Some(schema)).build();
                let response = ResponseBuilder::new()
                    .description("Feito.")
                    .content("application/json", content)
                    $(.header($header.0, $header.to_openapi()))?;
                [("200".to_owned(), response.build().into())].into()
            }
        }
    )+ };
}

pub(super) use responses;

responses! {
    EnvioFeito REPLAYED, TramiteVisto, PaginaDeTramites, Pendencias, PassoDado REPLAYED,
    MetadadosDoTramite REPLAYED, ReciboDeConclusao, ReciboDeEnvio, RegistroVisto, ParteEmBase64,
    PendenciaEsperada,
}

/// Bytes de um arquivo, em base64.
#[derive(ToSchema)]
#[schema(value_type = String, examples("dW0="))]
pub struct ParteEmBase64(String);

/// Um trâmite que nasceu; simulado, sem IDT, NRE e ticket.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct EnvioFeito {
    #[schema(rename = "IDT", minimum = 1)]
    idt: Option<i64>,
    /// Guarde-o: vai em todo trâmite seguinte do processo.
    #[schema(rename = "NRE")]
    nre: Option<Nre>,
    #[schema(minimum = 1)]
    ticket_para_envio_de_componentes_digitais: Option<i64>,
    data_hora_de_registro_do_tramite: Instante,
    /// Os arquivos que faltam ao destinatário, e que se mandam agora.
    processos_com_componentes_digitais_solicitados: Vec<ArquivosDoProcesso>,
    /// O destinatário já tinha o processo por este NRE.
    devolucao: bool,
    simulado: Option<bool>,
    avisos: Option<Vec<String>>,
}

/// Arquivos de um processo, cada hash uma vez.
#[derive(ToSchema)]
pub struct ArquivosDoProcesso {
    protocolo: Protocolo,
    hashes: Vec<Hash>,
}

/// Um trâmite.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct TramiteVisto {
    #[schema(rename = "IDT", minimum = 1)]
    idt: i64,
    #[schema(rename = "NRE")]
    nre: Nre,
    protocolo: Protocolo,
    remetente: Estrutura,
    destinatario: Estrutura,
    #[schema(minimum = 1, maximum = 10)]
    situacao_atual: i32,
    mudancas_de_situacao: Vec<PassagemDoTramite>,
    /// O mesmo que `mudancasDeSituacao`.
    historico: Vec<PassagemDoTramite>,
    devolucao: bool,
    motivo_da_recusa: Option<String>,
    justificativa_da_recusa: Option<String>,
    /// Na situação 1, ao remetente. De uma lista, só o primeiro trâmite traz os campos de arquivos.
    hash_dos_componentes_pendentes_de_envio: Option<Vec<Hash>>,
    /// Na situação 3.
    hash_dos_componentes_pendentes_de_recebimento: Option<Vec<Hash>>,
    /// Nas situações 3 e 4: os do recibo, na ordem em que se assinam.
    hashes_dos_componentes_digitais: Option<Vec<Hash>>,
    /// Os pendentes, por protocolo.
    processos_com_componentes_digitais_pendentes: Option<Vec<ArquivosDoProcesso>>,
    /// Este e os seguintes são os metadados: ao remetente e, desde a situação 3, ao destinatário.
    #[schema(rename = "nre")]
    nre_dos_metadados: Option<Nre>,
    urgente: Option<bool>,
    #[schema(minimum = 1, maximum = 5)]
    motivo_da_urgencia: Option<i32>,
    data_de_retorno: Option<Instante>,
    propriedades_adicionais: Option<Value>,
    /// O processo como foi enviado, com o protocolo na grafia registrada primeiro.
    processo: Option<Value>,
}

/// Uma situação por que o trâmite passou.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PassagemDoTramite {
    #[schema(minimum = 1, maximum = 10)]
    situacao: i32,
    data_hora: Instante,
}

/// Uma página de trâmites, do mais novo ao mais antigo.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PaginaDeTramites {
    #[schema(minimum = 0)]
    total_de_registros: i64,
    #[schema(minimum = 0)]
    pagina: i64,
    #[schema(minimum = 1, maximum = 1000)]
    tamanho: i64,
    tramites: Vec<TramiteVisto>,
}

/// Os trâmites que esperam um passo de quem chama, do mais antigo ao mais novo; no máximo 1000.
#[derive(ToSchema)]
pub struct Pendencias(Vec<TramitePendente>);

/// A próxima pendência, ou que não há.
#[derive(ToSchema)]
pub struct PendenciaEsperada {
    encontrou: bool,
    #[schema(rename = "IDT", minimum = 1)]
    idt: Option<i64>,
    /// A situação.
    #[schema(minimum = 1, maximum = 10)]
    status: Option<i32>,
}

/// Um trâmite que espera.
#[derive(ToSchema)]
pub struct TramitePendente {
    #[schema(rename = "IDT", minimum = 1)]
    idt: i64,
    /// A situação.
    #[schema(minimum = 1, maximum = 10)]
    status: i32,
    #[schema(rename = "NRE")]
    nre: Nre,
    protocolo: Protocolo,
}

/// O trâmite na nova situação.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PassoDado {
    #[schema(rename = "IDT", minimum = 1)]
    idt: i64,
    #[schema(rename = "NRE")]
    nre: Nre,
    #[schema(minimum = 1, maximum = 10)]
    situacao_atual: i32,
    simulado: Option<bool>,
}

/// O que o destinatário recebe; num ensaio, só a situação a que o trâmite passaria.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct MetadadosDoTramite {
    #[schema(rename = "IDT", minimum = 1)]
    idt: i64,
    nre: Option<Nre>,
    remetente: Option<Estrutura>,
    destinatario: Option<Estrutura>,
    urgente: Option<bool>,
    #[schema(minimum = 1, maximum = 5)]
    motivo_da_urgencia: Option<i32>,
    data_de_retorno: Option<Instante>,
    devolucao: Option<bool>,
    propriedades_adicionais: Option<Value>,
    /// O processo como foi enviado, com o protocolo na grafia registrada primeiro.
    processo: Option<Value>,
    #[schema(rename = "NRE")]
    nre_do_ensaio: Option<Nre>,
    #[schema(minimum = 1, maximum = 10)]
    situacao_atual: Option<i32>,
    simulado: Option<bool>,
}

/// O recibo de conclusão, com o texto que se assina.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ReciboDeConclusao {
    recibo: DadosDoRecibo,
    /// A assinatura do destinatário, se a mandou.
    hash_da_assinatura: Option<String>,
    texto_assinado: String,
    /// A assinatura foi conferida com a chave registrada.
    assinado: bool,
}

/// O que o recibo de conclusão certifica.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct DadosDoRecibo {
    #[schema(rename = "IDT", minimum = 1)]
    idt: i64,
    #[schema(rename = "NRE")]
    nre: Nre,
    data_de_recebimento: Instante,
    hashes_dos_componentes_digitais: Vec<Hash>,
}

/// O recibo de envio: todos os arquivos chegaram.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ReciboDeEnvio {
    recibo_de_envio: DadosDoReciboDeEnvio,
    /// O servidor tem uma chave, e assinou.
    assinado: bool,
    hash_da_assinatura: Option<String>,
    /// A chave pública do servidor, como JWK.
    chave_publica: Option<Value>,
    texto_assinado: String,
}

/// O que o recibo de envio certifica.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct DadosDoReciboDeEnvio {
    #[schema(rename = "IDT", minimum = 1)]
    idt: i64,
    #[schema(rename = "NRE")]
    nre: Nre,
    data_de_recebimento_do_ultimo_componente_digital: Instante,
    hashes_dos_componentes_digitais: Vec<Hash>,
}

/// O registro de um processo, com os trâmites em que quem chama é parte.
#[derive(ToSchema)]
pub struct RegistroVisto {
    #[schema(rename = "NRE")]
    nre: Nre,
    protocolo: Protocolo,
    tramites: Vec<TramiteVisto>,
}
