//! The answer of the figures, as JSON or as CSV.

use super::envelope::RespostaDeEstatisticas;
use std::collections::BTreeMap;
use utoipa::IntoResponses;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, RefOr};

const EXAMPLE: &str = "tribunal,ano,total,idadeQuantos,idadePrimeiro,idadeMediana,idadeTerceiro,duracaoQuantos,\
                       duracaoPrimeiro,duracaoMediana,duracaoTerceiro\r\n820,2024,31,12,90,180,400,,,,\r\n";

/// The answer in either format.
pub struct JsonOrCsv;

impl IntoResponses for JsonOrCsv {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = RespostaDeEstatisticas::responses();
        if let Some(RefOr::T(response)) = all.get_mut("200") {
            let text = ObjectBuilder::new().schema_type(Type::String).description(Some(
                "CSV (RFC 4180) em UTF-8, com cabeçalho: as dimensões, `total`, e de `idade` e \
                 `duracao` quantos e os quartis. Um texto que uma planilha tomaria por fórmula vem \
                 depois de um apóstrofo.",
            ));
            let content = ContentBuilder::new().schema(Some(text)).example(Some(EXAMPLE.into()));
            let content = content.build();
            response.content.insert("text/csv".to_owned(), content.into());
        }
        all
    }
}
