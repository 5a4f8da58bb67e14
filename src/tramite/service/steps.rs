//! The steps of a trâmite after it was sent. Each one locks the trâmite, checks that the step is
//! the caller's, asks the state machine, and writes the change.

use super::envio::destination_refusal;
use crate::auth::Actor;
use crate::command::{Command, Context, Effect, Remembered};
use crate::db::Session;
use crate::error::{Error, Failure, Refusal};
use crate::processo;
use crate::tramite::recibo::{self, SignatureCheck};
use crate::tramite::rules::{self, ParteDoTramite, SituacaoTramite, Step};
use crate::tramite::store::{self, Annotation};
use crate::tramite::{
    CancelarTramite, DarCiencia, EnviarRecibo, Idt, MotivoRecusa, ReceberRecibo, ReceberTramite,
    RecusarTramite, Tramite, hashes_tramitados,
};
use crate::value::resource::{HasResources, Resource};
use chrono::{DateTime, Utc};

/// A trâmite in the situação that it entered.
#[derive(Debug)]
pub struct StepTaken {
    pub tramite: Tramite,
    /// Set when the destinatário's step ended in a refusal to the sender.
    pub refusal: Option<Refusal>,
}

impl HasResources for StepTaken {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.tramite.collect_resources(resources);
    }
}

impl Effect for StepTaken {
    fn remember(&self) -> Remembered {
        let changed = self.refusal.is_some();
        Remembered { id: self.tramite.idt, changed, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let tramite = store::by_idt(session, remembered.id)?;
        let refusal = remembered.changed.then(|| destination_refusal(&tramite));
        Ok(Self { tramite, refusal })
    }
}

/// Locks the trâmite, if the caller may take the step. Also returns the time of the step, which is
/// read after the lock and is never before the last change.
pub(super) fn lock(
    session: &mut Session<'_>,
    context: &Context,
    idt: Idt,
    step: Step,
) -> Result<(Tramite, DateTime<Utc>), Error> {
    let Some(tramite) = store::locked(session, idt)? else {
        return Err(rules::tramite_visivel().into());
    };
    check_party(&tramite, &context.author, step)?;
    let now = (context.clock)().max(tramite.atualizado_em);
    Ok((tramite, now))
}

/// Checks that the caller may take the step.
pub(super) fn check_party(tramite: &Tramite, actor: &Actor, step: Step) -> Result<(), Error> {
    let Some(party) = tramite.party(Some(actor.write_tribunal()?)) else {
        return Err(rules::tramite_visivel().into());
    };
    let refused = matches!(
        tramite.situacao,
        SituacaoTramite::RecusadoAguardandoCiencia | SituacaoTramite::RecusadoCiente
    );
    // A destinatário that refused a trâmite no longer sees it. It may still repeat the refusal.
    if party == ParteDoTramite::Destinatario && refused && step != Step::Recusar {
        return Err(rules::tramite_visivel().into());
    }
    if step.owner() != party {
        let message = match party {
            ParteDoTramite::Remetente => "a ação é do destinatário do trâmite",
            _ => "a ação é do remetente do trâmite",
        };
        return Err(Error::failure(Failure::SemPermissao, message));
    }
    if !tramite.can_act(actor, party) {
        let message = "a credencial não age pela estrutura do trâmite";
        return Err(Error::failure(Failure::SemPermissao, message));
    }
    Ok(())
}

fn next(tramite: &Tramite, step: Step) -> Result<SituacaoTramite, Error> {
    let next = tramite.situacao.advance(step);
    next.map_err(|_| rules::transicao_nao_permitida(tramite).into())
}

/// Takes one step and writes its annotation.
pub(super) fn take_step(
    session: &mut Session<'_>,
    tramite: &Tramite,
    step: Step,
    annotation: &Annotation,
    now: DateTime<Utc>,
) -> Result<StepTaken, Error> {
    let situacao = next(tramite, step)?;
    store::advance(session, tramite.idt, situacao, step.recorded_by(), annotation, now)?;
    Ok(StepTaken { tramite: store::by_idt(session, tramite.idt)?, refusal: None })
}

/// Whether the destinatário has the processo already: under another NRE, under this NRE although
/// the sender did not give it, or as a processo of its own on this server.
fn already_has(
    session: &mut Session<'_>,
    context: &Context,
    tramite: &Tramite,
) -> Result<bool, Error> {
    let known_nre = store::own_registro(session, context.tribunal, &tramite.protocolo_chave)?;
    Ok(match known_nre {
        Some(nre) => nre != tramite.nre || !tramite.nre_informado,
        None => match tramite.protocolo_chave.parse() {
            Ok(numero) => processo::store::by_numero(session, &numero)?.is_some(),
            Err(_) => false,
        },
    })
}

/// Sends the processo back to the sender as refused: the destinatário already has it. Either it
/// received the processo after the send, or the send went out although the decision table had
/// found this.
fn devolver(
    session: &mut Session<'_>,
    tramite: &Tramite,
    now: DateTime<Utc>,
) -> Result<StepTaken, Error> {
    let annotation = Annotation {
        motivo_recusa: Some(MotivoRecusa::Outro.code().into()),
        justificativa: Some(rules::NUP_JA_CADASTRADO.into()),
        recusado_em: Some(now),
        ..Annotation::default()
    };
    let refusal = Some(destination_refusal(tramite));
    Ok(StepTaken { refusal, ..take_step(session, tramite, Step::Recusar, &annotation, now)? })
}

/// Moves the trâmite from situação 2 to 3 and, when there is no componente to download, to 4. When
/// the destinatário already has the processo, moves it to 8 instead. In situações 3 to 6 the call
/// changes nothing and returns the trâmite as it is.
impl Command for ReceberTramite {
    const NAME: &'static str = "receberTramite";
    type Effect = StepTaken;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<StepTaken, Error> {
        let (tramite, now) = lock(session, context, self.idt, Step::ReceberMetadados)?;
        if matches!(
            tramite.situacao,
            SituacaoTramite::MetadadosRecebidosDestinatario
                | SituacaoTramite::ComponentesRecebidosDestinatario
                | SituacaoTramite::ReciboRecebidoSolucao
                | SituacaoTramite::ReciboRecebidoRemetente
        ) {
            return Ok(StepTaken { tramite, refusal: None });
        }
        next(&tramite, Step::ReceberMetadados)?;
        if already_has(session, context, &tramite)? {
            return devolver(session, &tramite, now);
        }
        let annotation = Annotation { metadados_em: Some(now), ..Annotation::default() };
        let received = take_step(session, &tramite, Step::ReceberMetadados, &annotation, now)?;
        if store::missing(session, tramite.idt)?.baixar {
            return Ok(received);
        }
        let nothing = Annotation::default();
        take_step(session, &received.tramite, Step::CompletarRecebimento, &nothing, now)
    }
}

/// Checks the signature against the registered key of the destinatário. Also returns the text that
/// it has to sign.
fn check(
    session: &mut Session<'_>,
    tramite: &Tramite,
    recebimento: Option<DateTime<Utc>>,
    signature: Option<&str>,
) -> Result<(SignatureCheck, String), Error> {
    let key = store::destinatario_key(session, tramite.idt)?;
    let componentes = store::componentes(session, tramite.idt)?;
    let hashes = hashes_tramitados(&componentes);
    let recebimento = recebimento.unwrap_or_default();
    let text = recibo::conclusao_text(tramite.idt, &tramite.nre, recebimento, &hashes);
    let checked = recibo::check(&text, signature, key.as_deref());
    Ok((checked.map_err(Error::internal)?, text))
}

/// Whether the trâmite already has this recibo. A destinatário that did not get the answer sends it
/// again.
fn is_same_recibo(tramite: &Tramite, recibo: &EnviarRecibo) -> bool {
    let second = |when: Option<DateTime<Utc>>| when.map(|when| when.timestamp());
    tramite.recibo_em.is_some()
        && recibo.malformed.is_empty()
        && second(tramite.data_de_recebimento) == second(recibo.data_de_recebimento)
        && tramite.hash_da_assinatura == recibo.hash_da_assinatura
}

/// Moves the trâmite from situação 4 to 5: the destinatário has the processo, and becomes a party
/// of its NRE. When the destinatário has the processo in another way already, moves the trâmite to
/// 8 instead. The same recibo again changes nothing.
impl Command for EnviarRecibo {
    const NAME: &'static str = "enviarRecibo";
    type Effect = StepTaken;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<StepTaken, Error> {
        let (tramite, now) = lock(session, context, self.idt, Step::EnviarRecibo)?;
        if is_same_recibo(&tramite, &self) {
            return Ok(StepTaken { tramite, refusal: None });
        }
        let refusals = rules::recibo(
            self.data_de_recebimento,
            self.hash_da_assinatura.as_deref(),
            tramite.atualizado_em,
            now,
        );
        next(&tramite, Step::EnviarRecibo)?;
        Refusal::ensure_none(self.malformed, refusals)?;
        let (signature, text) =
            check(session, &tramite, self.data_de_recebimento, self.hash_da_assinatura.as_deref())?;
        Refusal::ensure_none(Vec::new(), rules::signature(signature, &text).into_iter().collect())?;
        store::take_advisory_lock(session, context.tribunal, &tramite.protocolo_chave, None)?;
        if already_has(session, context, &tramite)?
            || !store::make_party(
                session,
                context.tribunal,
                &tramite.nre,
                &tramite.protocolo_chave,
                now,
            )?
        {
            return devolver(session, &tramite, now);
        }
        let annotation = Annotation {
            data_de_recebimento: self.data_de_recebimento,
            hash_da_assinatura: self.hash_da_assinatura,
            recibo_em: Some(now),
            recibo_assinado: Some(signature == SignatureCheck::Valid),
            ..Annotation::default()
        };
        take_step(session, &tramite, Step::EnviarRecibo, &annotation, now)
    }
}

/// Moves the trâmite from situação 5 to 6. In situação 6 it changes nothing.
impl Command for ReceberRecibo {
    const NAME: &'static str = "receberRecibo";
    type Effect = StepTaken;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<StepTaken, Error> {
        let (tramite, now) = lock(session, context, self.idt, Step::ReceberRecibo)?;
        if tramite.situacao == SituacaoTramite::ReciboRecebidoRemetente {
            return Ok(StepTaken { tramite, refusal: None });
        }
        let annotation = Annotation { recibo_entregue_em: Some(now), ..Annotation::default() };
        take_step(session, &tramite, Step::ReceberRecibo, &annotation, now)
    }
}

/// Moves the trâmite from situação 2, 3 or 4 to 8. SEI's module repeats refusals: the first one
/// stays.
impl Command for RecusarTramite {
    const NAME: &'static str = "recusarTramite";
    type Effect = StepTaken;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<StepTaken, Error> {
        let refusals = rules::refusal(self.motivo.is_some(), self.justificativa.as_deref());
        Refusal::ensure_none(self.malformed, refusals)?;
        let (tramite, now) = lock(session, context, self.idt, Step::Recusar)?;
        if tramite.situacao == SituacaoTramite::RecusadoAguardandoCiencia {
            return Ok(StepTaken { tramite, refusal: None });
        }
        let annotation = Annotation {
            motivo_recusa: self.motivo.map(|motivo| motivo.code().into()),
            justificativa: self.justificativa,
            recusado_em: Some(now),
            ..Annotation::default()
        };
        take_step(session, &tramite, Step::Recusar, &annotation, now)
    }
}

/// Moves the trâmite from situação 8 to 9: the remetente acknowledges the refusal.
impl Command for DarCiencia {
    const NAME: &'static str = "darCiencia";
    type Effect = StepTaken;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<StepTaken, Error> {
        let (tramite, now) = lock(session, context, self.idt, Step::DarCiencia)?;
        let annotation = Annotation { ciencia_em: Some(now), ..Annotation::default() };
        take_step(session, &tramite, Step::DarCiencia, &annotation, now)
    }
}

/// Moves the trâmite from situação 1, 2, 3 or 4 to 7: the remetente cancels.
impl Command for CancelarTramite {
    const NAME: &'static str = "cancelarTramite";
    type Effect = StepTaken;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<StepTaken, Error> {
        let (tramite, now) = lock(session, context, self.idt, Step::Cancelar)?;
        take_step(session, &tramite, Step::Cancelar, &Annotation::default(), now)
    }
}
