//! Uploads of files in parts. The server stores each part as it arrives. The file has arrived when
//! its parts cover it and its hash is the declared one.

use super::componentes::{ReceivedComponente, awaited, complete, locate, named_file};
use super::steps::lock;
use crate::auth::Actor;
use crate::blob_store::ContentId;
use crate::command::{Command, Context};
use crate::db::Session;
use crate::error::{Error, Failure, Refusal};
use crate::tramite::rules::{self, ParteDoTramite, Step};
use crate::tramite::{ConcluirComponente, EnviarParte, Idt, Segment, SentPart, assemble, store};
use crate::value::resource::{HasResources, Resource};

/// A part replaces the parts that lie entirely within its range.
impl Command for EnviarParte {
    const NAME: &'static str = "enviarParte";
    type Effect = ReceivedComponente;

    fn execute(
        self,
        session: &mut Session<'_>,
        context: &Context,
    ) -> Result<ReceivedComponente, Error> {
        let (tramite, _) = lock(session, context, self.idt, Step::CompletarEnvio)?;
        let (protocolo, hash) =
            named_file(self.protocolo.as_deref(), self.hash.as_ref(), self.malformed)?;
        let (componente, placements) = locate(session, self.idt, &protocolo, &hash)?;
        let refusals = rules::part(componente.tamanho, self.trecho, self.tamanho);
        Refusal::ensure_none(Vec::new(), refusals)?;
        let Some(content) = awaited(&tramite, &placements, self.conteudo)? else {
            return Ok(ReceivedComponente::already_received(tramite));
        };
        let parts = store::sent_parts(session, self.idt, protocolo.key(), &hash)?;
        let is_covered = |part: &&SentPart| self.trecho.contains(part.range());
        let (leftovers, kept): (Vec<&SentPart>, Vec<_>) = parts.iter().partition(is_covered);
        let ranges: Vec<_> = kept.iter().map(|part| part.range()).collect();
        let refusal = rules::too_many_parts(componente.tamanho, &ranges, self.trecho);
        Refusal::ensure_none(Vec::new(), refusal.into_iter().collect())?;
        let leftovers: Vec<ContentId> = leftovers.iter().map(|part| part.conteudo_id).collect();
        store::remove_parts(session, &leftovers)?;
        store::store_part(session, &componente, self.trecho, content)?;
        Ok(ReceivedComponente { tramite, stored: true, leftovers })
    }
}

/// The segments that make a file, in order.
pub struct Assembly {
    idt: Idt,
    /// `None` when the file has arrived already.
    pub segments: Option<Vec<Segment>>,
}

impl HasResources for Assembly {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        resources.push(Resource::Tramite(self.idt));
    }
}

/// The segments of a file that the remetente declares complete. Changes nothing.
pub fn assembly(
    session: &mut Session<'_>,
    actor: &Actor,
    command: &ConcluirComponente,
) -> Result<Assembly, Error> {
    let idt = command.idt;
    let found = store::visible_tramite(session, idt)?;
    let tramite = found.ok_or_else(rules::tramite_visivel)?;
    if tramite.party(actor.tribunal()) != Some(ParteDoTramite::Remetente) {
        return Err(Error::failure(Failure::SemPermissao, "o ticket é do remetente do trâmite"));
    }
    let ConcluirComponente { protocolo, hash, malformed, .. } = command;
    let (protocolo, hash) = named_file(protocolo.as_deref(), hash.as_ref(), malformed.clone())?;
    let (componente, placements) = locate(session, idt, &protocolo, &hash)?;
    if placements.iter().all(|placement| !placement.is_pending_upload()) {
        return Ok(Assembly { idt, segments: None });
    }
    let parts = store::sent_parts(session, idt, protocolo.key(), &hash)?;
    match assemble(&parts, componente.tamanho) {
        Ok(segments) => Ok(Assembly { idt, segments: Some(segments) }),
        Err(missing) => Err(rules::missing_parts(&tramite, missing).into()),
    }
}

/// Moves the trâmite from situação 1 to 2 with the last file. For a file that has arrived already,
/// it changes nothing.
impl Command for ConcluirComponente {
    const NAME: &'static str = "concluirComponente";
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
        let Some(assembled) = awaited(&tramite, &placements, self.montado)? else {
            return Ok(ReceivedComponente::already_received(tramite));
        };
        let parts = store::sent_parts(session, self.idt, protocolo.key(), &hash)?;
        let has = |content: &ContentId| parts.iter().any(|p| p.conteudo_id == *content);
        let (Some(&first), true) = (assembled.partes.first(), assembled.partes.iter().all(has))
        else {
            let message = "uma parte do arquivo chegou de novo enquanto ele se conferia; repita";
            return Err(Error::failure(Failure::Indisponivel, message));
        };
        if assembled.calculado != hash {
            return Err(rules::content_mismatch(componente, &assembled.calculado).into());
        }
        let leftovers: Vec<ContentId> = parts
            .iter()
            .map(|part| part.conteudo_id)
            .filter(|content| !assembled.partes.contains(content))
            .collect();
        store::remove_parts(session, &leftovers)?;
        complete(session, tramite, &placements, first, leftovers, now)
    }
}
