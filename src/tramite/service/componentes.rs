//! The files of a trâmite. The remetente uploads them, the destinatário downloads them, and this
//! server deletes them when no trâmite needs them.

use super::steps::{StepTaken, check_party, lock, take_step};
use crate::auth::Actor;
use crate::blob_store::ContentId;
use crate::call::App;
use crate::command::{Command, Context, Effect, Remembered};
use crate::db::Session;
use crate::error::{CodigoErro, Error, Refusal};
use crate::tramite::rules::{self, SituacaoTramite, Step};
use crate::tramite::store::{self, Annotation};
use crate::tramite::{
    BaixarComponente, ByteRange, Componente, EnviarComponente, HashSha256, Idt, Protocolo, Segment,
    Tramite, assemble,
};
use crate::value::field::required;
use crate::value::resource::{HasResources, Resource};
use chrono::{DateTime, Duration, Utc};

/// The age from which an unfinished upload counts as abandoned. No upload may take this long.
const ABANDONED_AFTER: Duration = Duration::hours(1);

/// The file of an upload, which arrived now or before.
#[derive(Debug)]
pub struct ReceivedComponente {
    pub tramite: Tramite,
    /// Whether this call stored the bytes; `false` when the file had arrived before.
    pub stored: bool,
    /// Contents that are no longer needed. The caller deletes them after the commit.
    pub leftovers: Vec<ContentId>,
}

impl ReceivedComponente {
    pub(super) const fn already_received(tramite: Tramite) -> Self {
        Self { tramite, stored: false, leftovers: Vec::new() }
    }
}

impl HasResources for ReceivedComponente {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.tramite.collect_resources(resources);
    }
}

impl Effect for ReceivedComponente {
    fn remember(&self) -> Remembered {
        Remembered { id: self.tramite.idt, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        Ok(Self::already_received(store::by_idt(session, remembered.id)?))
    }
}

/// The file that a call names: a protocolo of the trâmite, and a hash.
pub(super) fn named_file(
    protocolo: Option<&str>,
    hash: Option<&HashSha256>,
    malformed: Vec<Refusal>,
) -> Result<(Protocolo, HashSha256), Error> {
    let parsed = protocolo.map(Protocolo::read);
    let unreadable = parsed.as_ref().and_then(|parsed| parsed.as_ref().err()).map(|error| {
        Refusal::new(CodigoErro::CampoInvalido, "S0", error.to_string())
            .at(["arquivo", "protocolo"])
    });
    let refusals = [
        required(protocolo.as_ref(), "S0").map(|r| r.at(["arquivo", "protocolo"])),
        required(hash, "S0").map(|r| r.at(["arquivo", "hashDoComponenteDigital"])),
        unreadable,
    ];
    Refusal::ensure_none(malformed, refusals.into_iter().flatten().collect())?;
    match (parsed, hash) {
        (Some(Ok(protocolo)), Some(hash)) => Ok((protocolo, hash.clone())),
        _ => Err(Error::internal(anyhow::anyhow!("a file without a name was not refused"))),
    }
}

/// The first position in which the trâmite requests this file, and all of them. Refuses a file that
/// the trâmite does not request.
pub(super) fn locate(
    session: &mut Session<'_>,
    idt: Idt,
    protocolo: &Protocolo,
    hash: &HashSha256,
) -> Result<(Componente, Vec<Componente>), Error> {
    let placements = store::solicitados(session, idt, protocolo, hash)?;
    let first = placements.first().cloned();
    first.map(|first| (first, placements)).ok_or_else(|| rules::componente_nao_localizado().into())
}

/// Moves the trâmite from situação 1 to 2 with the last file. A file that had arrived before
/// changes nothing.
impl Command for EnviarComponente {
    const NAME: &'static str = "enviarComponente";
    type Effect = ReceivedComponente;

    fn execute(
        self,
        session: &mut Session<'_>,
        context: &Context,
    ) -> Result<ReceivedComponente, Error> {
        let (tramite, now) = lock(session, context, self.idt, Step::CompletarEnvio)?;
        let (protocolo, hash) =
            named_file(self.protocolo.as_deref(), self.hash.as_ref(), self.malformed)?;
        let (componente, placements) = locate(session, self.idt, &protocolo, &hash)?;
        if self.calculado != hash || self.tamanho != componente.tamanho {
            return Err(rules::content_mismatch(componente, &self.calculado).into());
        }
        let Some(content) = awaited(&tramite, &placements, self.conteudo)? else {
            return Ok(ReceivedComponente::already_received(tramite));
        };
        // Parts of the same file that arrived before are no longer needed.
        let parts = store::sent_parts(session, self.idt, protocolo.key(), &hash)?;
        let leftovers: Vec<ContentId> = parts.iter().map(|part| part.conteudo_id).collect();
        store::remove_parts(session, &leftovers)?;
        complete(session, tramite, &placements, content, leftovers, now)
    }
}

/// What the call brings of the file, if the trâmite waits for it. `None` when the whole file has
/// arrived already and the trâmite is in progress or ended well (situações 1 to 6).
///
/// # Errors
/// The refusal of a step that the situação does not permit.
pub(super) fn awaited<T>(
    tramite: &Tramite,
    placements: &[Componente],
    brought: Option<T>,
) -> Result<Option<T>, Error> {
    let under_way = tramite.situacao <= SituacaoTramite::ReciboRecebidoRemetente;
    if under_way && !placements.iter().any(Componente::is_pending_upload) {
        return Ok(None);
    }
    match (tramite.situacao, brought) {
        (SituacaoTramite::AguardandoComponentes, Some(brought)) => Ok(Some(brought)),
        _ => Err(rules::transicao_nao_permitida(tramite).into()),
    }
}

/// Records that the file has arrived, in all these positions. With the last file, moves the trâmite
/// from situação 1 to 2.
pub(super) fn complete(
    session: &mut Session<'_>,
    tramite: Tramite,
    placements: &[Componente],
    content: ContentId,
    leftovers: Vec<ContentId>,
    now: DateTime<Utc>,
) -> Result<ReceivedComponente, Error> {
    store::receive_componente(session, placements, content, now)?;
    if store::missing(session, tramite.idt)?.enviar {
        return Ok(ReceivedComponente { tramite, stored: true, leftovers });
    }
    let annotation = Annotation { completo_em: Some(now), ..Annotation::default() };
    let step_taken = take_step(session, &tramite, Step::CompletarEnvio, &annotation, now)?;
    Ok(ReceivedComponente { tramite: step_taken.tramite, stored: true, leftovers })
}

/// A file that the destinatário may download.
pub struct Downloadable {
    idt: Idt,
    /// The segments that make the file, in order.
    pub segments: Vec<Segment>,
    /// The requested bytes, cut at the end of the file.
    pub range: ByteRange,
    placements: Vec<Componente>,
}

impl HasResources for Downloadable {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        resources.push(Resource::Tramite(self.idt));
    }
}

/// The file that the destinatário would download now. Changes nothing.
pub fn downloadable(
    session: &mut Session<'_>,
    actor: &Actor,
    command: &BaixarComponente,
) -> Result<Downloadable, Error> {
    let found = store::visible_tramite(session, command.idt)?;
    locate_download(session, actor, &found.ok_or_else(rules::tramite_visivel)?, command)
}

fn locate_download(
    session: &mut Session<'_>,
    actor: &Actor,
    tramite: &Tramite,
    command: &BaixarComponente,
) -> Result<Downloadable, Error> {
    check_party(tramite, actor, Step::CompletarRecebimento)?;
    let BaixarComponente { idt, protocolo, hash, trecho: range, malformed } = command;
    let (protocolo, hash) = named_file(protocolo.as_deref(), hash.as_ref(), malformed.clone())?;
    if !tramite.situacao.admits_download() {
        return Err(rules::transicao_nao_permitida(tramite).into());
    }
    let (Componente { conteudo_id, tamanho: size, .. }, placements) =
        locate(session, *idt, &protocolo, &hash)?;
    let content = conteudo_id.ok_or_else(rules::componente_nao_localizado)?;
    let parts = store::sent_parts(session, *idt, protocolo.key(), &hash)?;
    let segments = match parts.is_empty() {
        true => vec![Segment::whole_file(content, size)],
        false => assemble(&parts, size).map_err(|missing| {
            Error::internal(anyhow::anyhow!("a received file lacks its byte {missing}"))
        })?,
    };
    let range = range.unwrap_or(ByteRange { inicio: 0, fim: size });
    let range = ByteRange { fim: range.fim.min(size), ..range };
    Refusal::ensure_none(Vec::new(), rules::range(range, size).into_iter().collect())?;
    Ok(Downloadable { idt: *idt, segments, range, placements })
}

/// Moves the trâmite from situação 3 to 4 with the last file, or with the last part of it.
impl Command for BaixarComponente {
    const NAME: &'static str = "baixarComponente";
    type Effect = StepTaken;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<StepTaken, Error> {
        let (tramite, now) = lock(session, context, self.idt, Step::CompletarRecebimento)?;
        let Downloadable { range, placements, .. } =
            locate_download(session, &context.author, &tramite, &self)?;
        if self.trecho.is_some() && !store::deliver_range(session, &placements, range)? {
            return Ok(StepTaken { tramite, refusal: None });
        }
        store::baixar_componente(session, &placements, now)?;
        let awaiting = tramite.situacao == SituacaoTramite::MetadadosRecebidosDestinatario;
        if !awaiting || store::missing(session, self.idt)?.baixar {
            return Ok(StepTaken { tramite, refusal: None });
        }
        take_step(session, &tramite, Step::CompletarRecebimento, &Annotation::default(), now)
    }
}

/// Deletes a content that no destinatário will download. Deletes the bytes before the row that
/// names them, so that after a crash in between the row remains and a later round repeats the
/// deletion.
pub async fn forget(app: &App, actor: &Actor, content: ContentId) -> Result<(), Error> {
    app.blob_store.delete(actor, content).await?;
    let close = move |session: &mut Session<'_>| Ok(store::close_content(session, content)?);
    app.db.write(actor, close).await
}

/// Deletes all unused contents that a tribunal uploaded. A failure on one does not stop the others
/// of the same batch.
pub(super) async fn purge(app: &App, actor: &Actor) -> Result<(), Error> {
    let (tribunal, cutoff) = (actor.write_tribunal()?, (app.now)() - ABANDONED_AFTER);
    loop {
        let list =
            move |session: &mut Session<'_>| Ok(store::unused_contents(session, tribunal, cutoff)?);
        let unused = app.db.read(actor, list).await?;
        if unused.is_empty() {
            return Ok(());
        }
        let mut outcome = Ok(());
        for content in unused {
            outcome = outcome.and(forget(app, actor, content).await);
        }
        outcome?;
    }
}
