//! The bytes of a JSON request, for both doors.

use crate::error::{Error, Falha};
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use std::time::Duration;
use tokio::time::timeout;

/// Longer than any body of a megabyte takes on a line that is worth the name.
const ESPERA: Duration = Duration::from_secs(30);

/// The body, when it says that it is JSON and is not too large.
pub async fn corpo_json(
    req: &HttpRequest,
    payload: web::Payload,
    maximo: usize,
) -> Result<web::Bytes, Error> {
    let tipo = req.headers().get(header::CONTENT_TYPE).and_then(|valor| valor.to_str().ok());
    let essencia = tipo.and_then(|tipo| tipo.split(';').next()).map(str::trim);
    if !essencia.is_some_and(|tipo| tipo.eq_ignore_ascii_case("application/json")) {
        let mensagem = "mande o corpo como application/json";
        return Err(Error::falha(Falha::MidiaNaoSuportada, mensagem));
    }
    let lido = timeout(ESPERA, payload.to_bytes_limited(maximo)).await;
    let Ok(lido) = lido else {
        return Err(Error::falha(Falha::EntradaInvalida, "o corpo demorou demais a chegar"));
    };
    match lido {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Error::falha(Falha::EntradaInvalida, "o corpo não chegou inteiro")),
        Err(_) => {
            let mensagem = format!("o corpo tem mais de {maximo} bytes");
            Err(Error::falha(Falha::CorpoExcedeLimite, mensagem))
        }
    }
}
