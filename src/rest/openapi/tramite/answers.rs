//! The answers of the Tramita API as responses. They have no envelope.

use super::super::envelope::REPLAYED;
use super::super::texts::{Instante, Nre};
use crate::rest::tramites::answer::{
    EnvioFeito, Estrutura, PaginaDeTramites, PassoDado, PendenciaEsperada, Pendencias,
    ReciboDeConclusao, ReciboDeEnvio, RegistroVisto, TramiteVisto,
};
use crate::rest::tramites::catalogos::{
    Especies, EstruturaVista, Hipoteses, Motivos, PaginaDeEstruturas, Repositorios, Saude,
};
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

responses! {
    EnvioFeito REPLAYED, TramiteVisto, PaginaDeTramites, Pendencias, PassoDado REPLAYED,
    MetadadosDoTramite REPLAYED, ReciboDeConclusao, ReciboDeEnvio, RegistroVisto, ParteEmBase64,
    PendenciaEsperada, Saude, Repositorios, EstruturaVista, PaginaDeEstruturas, Especies,
    Hipoteses, Motivos,
}

/// Bytes de um arquivo, em base64.
#[derive(ToSchema)]
#[schema(value_type = String, examples("dW0="))]
pub struct ParteEmBase64(String);

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
