//! Upload of files by the remetente, by ticket.

use super::file_key::{FileKey, begin_with_file};
use super::form::{Destination, Upload, form};
use crate::blob_store::{ContentId, PART_SIZE};
use crate::call::Call;
use crate::command::{self, Command, Mode};
use crate::db::Session;
use crate::error::{Error, Failure};
use crate::rest::openapi::tramite::refusals::{BadBody, Conflict, NotFound, TramitaRefusals};
use crate::rest::openapi::tramite::{FormularioDoArquivo, TicketPath};
use crate::rest::tramites::answer::PassoDado;
use crate::rest::tramites::idt;
use crate::rest::tramites::refusal::TramitaError;
use crate::rest::tramites::steps::situacao_of;
use crate::tramite::rules::{self, MIB, ParteDoTramite, SituacaoTramite};
use crate::tramite::service::{self, ReceivedComponente};
use crate::tramite::{EnviarComponente, Idt, Tramite, store};
use actix_web::{HttpRequest, HttpResponse, web};

/// `PUT /tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar`:
/// a form with `hashDoComponenteDigital`, `protocolo` and `conteudo`, in any order.
#[utoipa::path(
    put, path = "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar",
    operation_id = "enviarComponente", tag = "Tramita",
    summary = "O remetente envia um arquivo do trâmite.",
    description = "O hash e o tamanho são conferidos com os do envio. Com o último arquivo, o trâmite \
        passa da situação 1 à 2. Repetir não faz mal.",
    params(TicketPath),
    request_body(content = FormularioDoArquivo, content_type = "multipart/form-data"),
    responses(PassoDado, TramitaRefusals, NotFound, Conflict, BadBody),
)]
pub async fn upload_file(
    req: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, TramitaError> {
    let (call, named) = begin_with_file(&req).await?;
    let idt = idt(&path)?;
    let max = i64::from(call.app.rules.componente_maximo) * MIB;
    let form = Form { payload, named, max, with_hash: true };
    let received = receive(&req, form, &call, idt, |upload, content| {
        let Upload { hash, protocolo, computed, size, malformed } = upload;
        let missing_hash = || Error::internal(anyhow::anyhow!("a file was not measured"));
        let computed = computed.ok_or_else(missing_hash)?;
        Ok(EnviarComponente {
            idt,
            protocolo,
            hash,
            calculado: computed,
            tamanho: size,
            conteudo: content,
            malformed,
        })
    });
    Ok(situacao_of(&received.await?, false))
}

/// The unread body of an upload, and the values with which to read it.
pub struct Form {
    pub payload: web::Payload,
    /// The key of the file in the query.
    pub named: FileKey,
    /// Largest number of bytes of the file or part.
    pub max: i64,
    /// Whether to hash the bytes. True for a whole file, false for a part.
    pub with_hash: bool,
}

/// Receives a form. Stores its bytes if the trâmite still waits for files, runs the command that
/// `command` makes of the form, and deletes the stored bytes that ended up unused.
pub async fn receive<C: Command<Effect = ReceivedComponente>>(
    req: &HttpRequest,
    Form { payload, named, max, with_hash }: Form,
    call: &Call,
    idt: Idt,
    command: impl FnOnce(Upload, Option<ContentId>) -> Result<C, Error>,
) -> Result<Tramite, TramitaError> {
    let awaiting = expects_files(call, idt).await?;
    let bodies = &call.app.body_budget;
    let _in_memory = bodies.reserve_piece(PART_SIZE, call.actor().credential()).await?;
    let parts = form(req, payload, max).await?;
    // After the last file, this only compares a retry with the stored file, and stores nothing.
    let content = match awaiting {
        true => Some(open(call, idt).await?),
        false => None,
    };
    let destination = Destination { req, call, content, max, with_hash };
    let done = async {
        let command = command(destination.read(parts, named).await?, content)?;
        command::execute(call, command, Mode::default(), |_: &mut Session<'_>, _| Ok(())).await
    };
    let done = done.await.map(|done| done.effect);
    let delete = match &done {
        Ok(received) => !received.stored,
        // The outcome is unknown, and the bytes may be in use. The periodic purge decides.
        Err(
            Error::Internal(_)
            | Error::Overloaded { .. }
            | Error::Outage(..)
            | Error::Failure(Failure::Indisponivel, _),
        ) => false,
        Err(_) => true,
    };
    let leftovers = done.as_ref().map_or(&[][..], |received| &received.leftovers);
    forget(call, content.into_iter().filter(|_| delete).chain(leftovers.iter().copied())).await;
    Ok(done?.tramite)
}

/// Deletes contents. One that cannot be deleted now is left to the periodic purge.
pub async fn forget(call: &Call, contents: impl Iterator<Item = ContentId>) {
    for content in contents {
        if let Err(error) = service::forget(&call.app, call.actor(), content).await {
            let (failure, _) = error.log_and_redact();
            tracing::warn!(
                codigo = failure.name(),
                "a content could not be deleted; the periodic purge will delete it"
            );
        }
    }
}

/// Whether the trâmite still waits for files. Refuses a caller that is not its remetente.
async fn expects_files(call: &Call, idt: Idt) -> Result<bool, TramitaError> {
    let read = move |session: &mut Session<'_>| store::visible_tramite(session, idt);
    let found = call.read(read).await?;
    let Some(tramite) = found else { return Err(rules::tramite_visivel().into()) };
    match tramite.party(call.actor().tribunal()) {
        Some(ParteDoTramite::Remetente) => {
            Ok(tramite.situacao == SituacaoTramite::AguardandoComponentes)
        }
        _ => {
            let message = "o ticket é do remetente do trâmite";
            Err(Error::failure(Failure::SemPermissao, message).into())
        }
    }
}

async fn open(Call { app, record, .. }: &Call, idt: Idt) -> Result<ContentId, Error> {
    let now = (app.now)();
    let open = move |session: &mut Session<'_>| Ok(store::open_content(session, idt, now)?);
    app.db.write(record.actor(), open).await
}
