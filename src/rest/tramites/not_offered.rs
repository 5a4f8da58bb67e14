//! Calls of the real platform that elos does not offer: each says so, and what to do.

use super::entry::enter;
use super::refusal::Recusado;
use crate::auth::Papel;
use crate::error::{Error, Falha};
use actix_web::HttpRequest;

fn not_offered(message: &'static str) -> Recusado {
    Error::falha(Falha::NaoEncontrado, message).into()
}

/// `POST /NREs/{nre}/destinatarios/{repositorio}/{estrutura}/reproducoes-de-tramite`.
pub async fn reproduction(req: HttpRequest) -> Result<&'static str, Recusado> {
    enter(&req, Papel::Integracao).await?;
    Err(not_offered(
        "a reprodução do último trâmite não é oferecida: envie o processo de novo, com o NRE e \
         enviarApenasComponentesDigitaisPendentes=false, que pede todos os arquivos",
    ))
}

/// `POST /tramites/documento`.
pub async fn loose_document(req: HttpRequest) -> Result<&'static str, Recusado> {
    enter(&req, Papel::Integracao).await?;
    Err(not_offered(
        "o envio de documento avulso não é oferecido: envie-o dentro de um processo, por \
         tramites/processo",
    ))
}

/// `GET /sincroniza-tramite/{idt}`.
pub async fn synchronization(req: HttpRequest) -> Result<&'static str, Recusado> {
    enter(&req, Papel::Consulta).await?;
    Err(not_offered(
        "a sincronização de um processo entre vários órgãos não é oferecida: um processo tem um \
         trâmite em andamento por vez",
    ))
}
