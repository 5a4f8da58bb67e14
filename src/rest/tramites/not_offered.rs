//! Routes of the real platform that this server does not offer. Each answer says so, and says why
//! or what to do instead.

use super::begin::begin_read;
use super::refusal::TramitaError;
use crate::auth::Papel;
use crate::error::{Error, Failure};
use actix_web::HttpRequest;

fn not_offered(message: &'static str) -> TramitaError {
    Error::failure(Failure::NaoEncontrado, message).into()
}

/// `POST /NREs/{nre}/destinatarios/{repositorio}/{estrutura}/reproducoes-de-tramite`.
pub async fn reproduction(req: HttpRequest) -> Result<&'static str, TramitaError> {
    begin_read(&req, Papel::Integracao).await?;
    Err(not_offered(
        "a reprodução do último trâmite não é oferecida: envie o processo de novo, com o NRE e \
         enviarApenasComponentesDigitaisPendentes=false, que pede todos os arquivos",
    ))
}

/// `POST /tramites/documento`.
pub async fn loose_document(req: HttpRequest) -> Result<&'static str, TramitaError> {
    begin_read(&req, Papel::Integracao).await?;
    Err(not_offered(
        "o envio de documento avulso não é oferecido: envie-o dentro de um processo, por \
         tramites/processo",
    ))
}

/// `GET /sincroniza-tramite/{idt}`.
pub async fn synchronization(req: HttpRequest) -> Result<&'static str, TramitaError> {
    begin_read(&req, Papel::Consulta).await?;
    Err(not_offered(
        "a sincronização de um processo entre vários órgãos não é oferecida: um processo tem um \
         trâmite em andamento por vez",
    ))
}
