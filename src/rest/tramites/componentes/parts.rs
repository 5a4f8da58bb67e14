//! Upload of a file in parts, which is how the platform's client sends every attached file.

use super::file_key::{ArquivoPedido, ParsedFileKey, begin_with_file, from_json};
use super::form::Upload;
use super::reader::Reader;
use super::upload::{Form, forget, receive};
use crate::call::Call;
use crate::command::{self, Mode};
use crate::db::Session;
use crate::error::{CodigoErro, Error, Refusal};
use crate::rest::openapi::tramite::refusals::{BadBody, Conflict, NotFound, TramitaRefusals};
use crate::rest::openapi::tramite::{FormularioDoArquivo, PartPath, TicketPath};
use crate::rest::tramites::answer::PassoDado;
use crate::rest::tramites::idt;
use crate::rest::tramites::refusal::TramitaError;
use crate::rest::tramites::steps::situacao_of;
use crate::tramite::rules::MAX_PART_LEN;
use crate::tramite::service::{self, Assembly};
use crate::tramite::{Assembled, ByteRange, ConcluirComponente, EnviarParte, HashSha256, Segment};
use crate::value::field::parse_digits;
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

/// `PUT …/componentes-a-enviar/partes/{inicio}-{fim}`: the same form as for a whole file, with a
/// byte range of it.
#[utoipa::path(
    put, path = "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar/partes/{inicio}-{fim}",
    operation_id = "enviarParteDoComponente", tag = "Tramita",
    summary = "O remetente envia uma parte de um arquivo.",
    description = "Os bytes de `inicio` (a contar de 0) até antes de `fim`, no mesmo formulário do arquivo \
        inteiro, com o hash do arquivo inteiro. As partes vêm em qualquer ordem e ao mesmo tempo; a que \
        vem de novo substitui a anterior. Guardam-se até o fim do trâmite: quem caiu no meio manda só as \
        que faltam. Depois da última, sinaliza-se o término.",
    params(TicketPath, PartPath),
    request_body(content = FormularioDoArquivo, content_type = "multipart/form-data"),
    responses(PassoDado, TramitaRefusals, NotFound, Conflict, BadBody),
)]
pub async fn upload_part(
    req: HttpRequest,
    path: web::Path<(String, String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, TramitaError> {
    let (call, named) = begin_with_file(&req).await?;
    let (idt, range) = (idt(&path.0)?, range(&path.1, &path.2)?);
    let form = Form { payload, named, max: range.size(), with_hash: false };
    let received = receive(&req, form, &call, idt, |upload, content| {
        let Upload { hash, protocolo, size, malformed, .. } = upload;
        Ok(EnviarParte {
            idt,
            protocolo,
            hash,
            trecho: range,
            tamanho: size,
            conteudo: content,
            malformed,
        })
    });
    Ok(situacao_of(&received.await?, false))
}

/// Parses `{inicio}-{fim}`, at most 200 MiB.
pub fn range(start: &str, end: &str) -> Result<ByteRange, TramitaError> {
    let parsed =
        parse_digits::<i64>(start).zip(parse_digits::<i64>(end)).and_then(|(start, end)| {
            (start < end && end - start <= MAX_PART_LEN)
                .then_some(ByteRange { inicio: start, fim: end })
        });
    let refusal = || {
        let message = "a parte é inicio-fim, em bytes a contar de 0, o fim exclusive, até 200 MiB";
        Refusal::new(CodigoErro::CampoInvalido, "S0", message).at(["partes"])
    };
    Ok(parsed.ok_or_else(refusal)?)
}

/// `POST …/componentes-a-enviar/partes/sinalizacao-termino-envio`: the remetente has sent all parts
/// of a file.
#[utoipa::path(
    post, path = "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar/partes/sinalizacao-termino-envio",
    operation_id = "concluirComponente", tag = "Tramita",
    summary = "O remetente diz que enviou todas as partes de um arquivo.",
    description = "O arquivo é conferido inteiro, pelo hash. Com o último arquivo, o trâmite passa da \
        situação 1 à 2 antes da resposta. Se falta alguma parte, a recusa diz desde que byte.",
    params(TicketPath),
    request_body = ArquivoPedido,
    responses(PassoDado, TramitaRefusals, NotFound, Conflict, BadBody),
)]
pub async fn finish_upload(
    req: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, TramitaError> {
    let (call, query) = begin_with_file(&req).await?;
    let idt = idt(&path)?;
    let ParsedFileKey { hash, protocolo, malformed } = from_json(&req, payload, query).await?;
    let mut command = ConcluirComponente { idt, protocolo, hash, montado: None, malformed };
    let (actor, request) = (call.actor().clone(), command.clone());
    let find = move |session: &mut Session<'_>| service::assembly(session, &actor, &request);
    let Assembly { segments, .. } = call.read(find).await?;
    if let Some(segments) = segments {
        let parts = segments.iter().map(|segment| segment.content).collect();
        let computed = hash_file(&req, &call, segments).await?;
        command.montado = Some(Assembled { partes: parts, calculado: computed });
    }
    let done = command::execute(&call, command, Mode::default(), |_: &mut Session<'_>, _| Ok(()));
    let received = done.await?.effect;
    forget(&call, received.leftovers.iter().copied()).await;
    Ok(situacao_of(&received.tramite, false))
}

/// Reads the whole file piece by piece and returns its hash.
async fn hash_file(
    req: &HttpRequest,
    call: &Call,
    segments: Vec<Segment>,
) -> Result<HashSha256, Error> {
    let start = segments.first().map_or(0, |segment| segment.range.inicio);
    let end = segments.last().map_or(0, |segment| segment.range.fim);
    let (app, actor) = (call.app.clone(), call.actor().clone());
    let mut reader =
        Reader::new(req.clone(), app, actor, segments, ByteRange { inicio: start, fim: end });
    let mut sha = Sha256::new();
    while let Some(bytes) = reader.next().await? {
        sha.update(&bytes);
    }
    Ok(HashSha256::of(&sha.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_range_is_two_numbers() {
        let read = |from: &str, to: &str| range(from, to).ok().map(|t| (t.inicio, t.fim));
        assert_eq!(read("0", "1"), Some((0, 1)));
        assert_eq!(read("52428800", "104857600"), Some((52_428_800, 104_857_600)));
        assert_eq!(read("7", "209715207"), Some((7, 209_715_207)));
        for (from, to) in [
            ("", "1"),
            ("0", "0"),
            ("5", "4"),
            ("-1", "4"),
            ("a", "b"),
            ("0", "+1"),
            ("0", "209715201"),
            ("0", "99999999999999999999"),
        ] {
            assert_eq!(read(from, to), None, "{from}-{to}");
        }
    }
}
