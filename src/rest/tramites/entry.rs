//! How a call enters the Tramita's routes. The client of the real platform repeats the IDT of
//! the path in the query, and writes booleans as PHP does.

use super::refusal::Recusado;
use crate::auth::Papel;
use crate::call::Chamada;
use crate::command::Modo;
use crate::http::request;
use crate::rest::page::invalido;
use crate::rest::{Parametros, chave};
use crate::tramite::{EnderecoDeEstrutura, rules};
use actix_web::HttpRequest;

/// Lets the caller in, to a route without query parameters.
pub async fn enter(req: &HttpRequest, papel: Papel) -> Result<Chamada, Recusado> {
    let (chamada, parametros) = enter_with_query(req, papel).await?;
    parametros.terminar()?;
    Ok(chamada)
}

/// Lets the caller in, to a route that writes: with a key, or only to try.
pub async fn enter_to_write(req: &HttpRequest) -> Result<(Chamada, Modo), Recusado> {
    let (chamada, mut parametros) = enter_with_query(req, Papel::Integracao).await?;
    // A HEAD asks what a GET would be answered, and changes nothing.
    let simular = boolean(&mut parametros, "simular")?.unwrap_or(false) || request::is_head(req);
    parametros.terminar()?;
    Ok((chamada, Modo { simular, chave: chave(req)? }))
}

/// Lets the caller in, with what the query says beyond the IDT of the path.
pub async fn enter_with_query(
    req: &HttpRequest,
    papel: Papel,
) -> Result<(Chamada, Parametros), Recusado> {
    let (chamada, mut parametros) = Chamada::entrar_com_parametros(req, papel).await?;
    if request::rota(req).contains("/{idt}") {
        while parametros.tirar_como_veio("IDT").is_some() {}
    }
    Ok((chamada, parametros))
}

/// `true` and `false`, or `1` and `0`.
pub fn boolean(parametros: &mut Parametros, nome: &str) -> Result<Option<bool>, Recusado> {
    match parametros.tirar(nome).as_deref().map(str::trim) {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(_) => Err(invalido(nome, "use true ou false, ou 1 ou 0").into()),
    }
}

/// `repositorio:numero`, or the number alone in the Poder Judiciário; or each in a parameter of
/// its own, as PHP writes a nested filter.
pub fn estrutura(
    parametros: &mut Parametros,
    nome: &str,
) -> Result<Option<EnderecoDeEstrutura>, Recusado> {
    let dentro = |campo: &str| format!("{nome}[{campo}]");
    let (no_repositorio, no_numero) = (
        dentro("identificacaoDoRepositorioDeEstruturas"),
        dentro("numeroDeIdentificacaoDaEstrutura"),
    );
    let partes = (parametros.tirar(&no_repositorio), parametros.tirar(&no_numero));
    let texto = parametros.tirar(nome);
    let (repositorio, numero) = match (&texto, &partes) {
        (None, (None, None)) => return Ok(None),
        (Some(texto), (None, None)) => texto.trim().split_once(':').unwrap_or(("1", texto.trim())),
        (None, (repositorio, Some(numero))) => {
            (repositorio.as_deref().unwrap_or("1").trim(), numero.trim())
        }
        (None, (Some(_), None)) => {
            return Err(invalido(&no_numero, "dê também o número da estrutura").into());
        }
        _ => return Err(invalido(nome, "dê a estrutura uma vez só").into()),
    };
    let Ok(repositorio) = repositorio.parse() else {
        return Err(invalido(nome, "use repositorio:numero").into());
    };
    if let Some(recusa) = rules::numero_de_estrutura(numero) {
        return Err(invalido(nome, &recusa.mensagem).into());
    }
    Ok(Some(EnderecoDeEstrutura { repositorio, numero: numero.to_owned() }))
}
