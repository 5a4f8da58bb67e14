//! The send of a processo: applies the decision table and writes the trâmite.

use crate::auth::Actor;
use crate::command::{Command, Context, Effect, Remembered};
use crate::db::{BatchKey, Session};
use crate::error::{CodigoErro, Error, Failure, FileMismatch, Refusal, TramitaDetails};
use crate::tramite::rules::{
    self, Conditions, Information, LinhaDeDecisao, NreConditions, OriginRegistro,
};
use crate::tramite::store::{self, InProgress, Route};
use crate::tramite::{ComponenteDigital, EnviarTramite, Estrutura, Nre, Protocolo, Tramite};
use crate::value::resource::{HasResources, Resource};
use crate::value::rules::RuleSwitches;
use crate::value::time;
use chrono::Datelike;

/// Largest number of mismatches in one answer: as many as a person corrects at a time.
const MAX_MISMATCHES: usize = 10;

/// A trâmite after its send, with the warnings for its sender.
#[derive(Debug)]
pub struct Enviado {
    pub tramite: Tramite,
    /// Whether this send generated the NRE (row A4).
    pub nre_gerado: bool,
    pub warnings: Vec<String>,
    /// The trâmite was sent although the destinatário already has the processo (A2, B5), and it
    /// will come back refused. Its sender will learn from this that the destinatário has the
    /// processo.
    pub will_be_refused: bool,
}

impl HasResources for Enviado {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.tramite.collect_resources(resources);
    }
}

impl Effect for Enviado {
    fn created(&self) -> Vec<Resource> {
        vec![Resource::Tramite(self.tramite.idt)]
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn absences(&self) -> usize {
        usize::from(self.will_be_refused)
    }

    fn remember(&self) -> Remembered {
        let warnings = self.warnings.clone();
        Remembered {
            id: self.tramite.idt,
            changed: self.nre_gerado,
            warnings,
            ..Remembered::default()
        }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let tramite = store::by_idt(session, remembered.id)?;
        let (nre_gerado, warnings) = (remembered.changed, remembered.warnings);
        // The first execution counted the absence against the enumeration limit, so a replay does
        // not count it again.
        Ok(Self { tramite, nre_gerado, warnings, will_be_refused: false })
    }
}

/// The outcome of the decision table for a send.
pub struct VerifiedEnvio {
    pub linha: LinhaDeDecisao,
    pub refusals: Vec<Refusal>,
    /// The NRE that the sender must give, or under which the send would go; only for a party.
    pub nre: Option<Nre>,
    /// The files that the send would request. Only a dry run fills this.
    pub solicitados: Vec<ComponenteDigital>,
    pub warnings: Vec<String>,
}

/// The outcome for a send, with the values that the write needs: the remetente, the destinatário
/// and the protocolo. They are `None` when S0 refuses the send.
struct Decision {
    verified: VerifiedEnvio,
    route: Option<(Estrutura, Estrutura, Protocolo)>,
}

/// Runs the checks of a send without writing: returns the row of the table that applies, and the
/// advice for the caller.
pub fn verify(
    session: &mut Session<'_>,
    actor: &Actor,
    rules: RuleSwitches,
    command: &EnviarTramite,
) -> Result<VerifiedEnvio, Error> {
    if !command.malformed.is_empty() {
        return Ok(s0(command.malformed.clone()));
    }
    let Decision { mut verified, route } = decide(session, actor, rules, command)?;
    let Some((_, destinatario, _)) = route.filter(|_| verified.refusals.is_empty()) else {
        return Ok(verified);
    };
    let (componentes, all) = (command.componentes.clone(), command.todos_os_componentes);
    match requested_components(session, &destinatario, verified.nre.as_ref(), componentes, all) {
        Ok(requested) => {
            let solicitados = requested.into_iter().filter(|(_, solicitado)| *solicitado);
            verified.solicitados = solicitados.map(|(componente, _)| componente).collect();
        }
        Err(Error::Refusals(refusals)) => verified.refusals = refusals,
        Err(error) => return Err(error),
    }
    Ok(verified)
}

/// The outcome of a send that a rule refuses before the table applies.
const fn s0(refusals: Vec<Refusal>) -> VerifiedEnvio {
    let linha = LinhaDeDecisao::S0;
    VerifiedEnvio { linha, refusals, nre: None, solicitados: Vec::new(), warnings: Vec::new() }
}

/// Sends a processo to another órgão.
impl Command for EnviarTramite {
    const NAME: &'static str = "enviarTramite";
    type Effect = Enviado;

    fn execute(mut self, session: &mut Session<'_>, context: &Context) -> Result<Enviado, Error> {
        let &Context { tribunal, rules, clock, .. } = context;
        let malformed = std::mem::take(&mut self.malformed);
        let api_warnings = std::mem::take(&mut self.avisos);
        Refusal::ensure_none(malformed, rules::s0_campos(&self, rules))?;
        let Decision { verified, route } = decide(session, &context.author, rules, &self)?;
        let VerifiedEnvio { linha, refusals, nre: known, mut warnings, .. } = verified;
        warnings.extend(api_warnings);
        Refusal::ensure_none(Vec::new(), refusals)?;
        let Some((remetente, destinatario, protocolo)) = route else {
            return Err(Error::internal(anyhow::anyhow!(
                "no row refused a send without estruturas"
            )));
        };

        let componentes = std::mem::take(&mut self.componentes);
        let all = self.todos_os_componentes;
        let componentes =
            requested_components(session, &destinatario, known.as_ref(), componentes, all)?;
        let now = clock();
        let nre_gerado = known.is_none();
        let nre = match known {
            Some(nre) => nre,
            None => store::create_registro(session, &protocolo, time::day(now).year(), now)?,
        };
        let route = Route {
            nre: &nre,
            remetente: &remetente,
            destinatario: &destinatario,
            devolucao: linha == LinhaDeDecisao::B6,
            nre_informado: self.nre.is_some(),
            componentes: &componentes,
        };
        // The unique index decides between concurrent sends: one trâmite per NRE is in progress.
        match store::insert(session, &route, self, now)? {
            Some(tramite) => {
                if nre_gerado {
                    store::make_party(session, tribunal, &nre, protocolo.key(), now)?;
                }
                let will_be_refused = linha.is_of_another_party();
                Ok(Enviado { tramite, nre_gerado, warnings, will_be_refused })
            }
            None => {
                let refusal = rules::linha_refusal(LinhaDeDecisao::B3, &Information::default());
                Err(Error::Refusals(refusal.into_iter().collect()))
            }
        }
    }
}

/// Marks which files to request: those that the destinatário does not have under this NRE, or
/// `all`. Refuses (0047) a file that differs from those that were received under the NRE in the
/// same position.
fn requested_components(
    session: &mut Session<'_>,
    destinatario: &Estrutura,
    nre: Option<&Nre>,
    componentes: Vec<ComponenteDigital>,
    all: bool,
) -> Result<Vec<(ComponenteDigital, bool)>, Error> {
    let Some(nre) = nre.filter(|_| !componentes.is_empty()) else {
        return Ok(componentes.into_iter().map(|componente| (componente, true)).collect());
    };
    let tramitados = store::tramitados(session, destinatario.tribunal_codigo, nre, &componentes)?;
    let mut refusals = Vec::new();
    let mismatched = componentes.iter().zip(&tramitados).filter(|(_, before)| before.diverge);
    for (componente, _) in mismatched.take(MAX_MISMATCHES) {
        let mismatch = FileMismatch {
            documento: componente.documento,
            componente: componente.ordem,
            esperado: store::hash_tramitado(session, nre, componente)?,
            informado: componente.hash.to_string(),
        };
        let protocolo = componente.protocolo.clone();
        refusals.push(rules::documento_mismatch(nre, protocolo, mismatch));
    }
    Refusal::ensure_none(Vec::new(), refusals)?;
    let solicitado =
        |(componente, before): (_, store::Tramitado)| (componente, all || !before.destino_tem);
    Ok(componentes.into_iter().zip(tramitados).map(solicitado).collect())
}

/// Checks S0, and applies the table to a send that passes. Reads the facts of the table after it
/// takes the advisory lock.
fn decide(
    session: &mut Session<'_>,
    actor: &Actor,
    rules: RuleSwitches,
    command: &EnviarTramite,
) -> Result<Decision, Error> {
    let tribunal = actor.write_tribunal()?;
    let refusals = rules::s0_campos(command, rules);
    if !refusals.is_empty() {
        return Ok(Decision { verified: s0(refusals), route: None });
    }
    let mut find = |address: &Option<_>| match address {
        Some(address) => store::estrutura(session, address),
        None => Ok(None),
    };
    let (remetente, destinatario) = (find(&command.remetente)?, find(&command.destinatario)?);
    if remetente.as_ref().is_some_and(|estrutura| !estrutura.is_of_caller(actor, tribunal)) {
        let message = "a estrutura do remetente não é de quem chama";
        return Err(Error::failure(Failure::SemPermissao, message));
    }
    let refusals = rules::s0_estruturas(remetente.as_ref(), destinatario.as_ref());
    let protocolo = command.protocolo.as_deref().and_then(|text| Protocolo::read(text).ok());
    let (Some(remetente), Some(destinatario), Some(protocolo), true) =
        (remetente, destinatario, protocolo, refusals.is_empty())
    else {
        return Ok(Decision { verified: s0(refusals), route: None });
    };

    store::take_advisory_lock(session, tribunal, protocolo.key(), command.nre.as_ref())?;
    let (conditions, information, would_be_refused) =
        conditions(session, tribunal, rules, command.nre.as_ref(), &protocolo, &destinatario)?;
    let linha = rules::linha(&conditions);
    // Do as the real platform does: accept a send that only the destination would refuse, and let
    // the destination refuse it on arrival. Accept no other refused send: otherwise a sender that
    // lost its NRE would bypass the rows that check which órgão holds the processo.
    let sent_anyway = !rules.recusa_no_envio
        && match linha {
            LinhaDeDecisao::A1 => would_be_refused,
            LinhaDeDecisao::A2 | LinhaDeDecisao::B5 => true,
            _ => false,
        };
    let refusal = rules::linha_refusal(linha, &information).filter(|_| !sent_anyway);
    let mut warnings = Vec::new();
    if !protocolo.has_valid_check_digit() {
        warnings.push("protocolo: o dígito verificador não confere".to_owned());
    }
    if let Some(registered) = information.registered_protocolo.as_deref()
        && registered != protocolo.text()
    {
        warnings.push(format!(
            "AVISO_GRAFIA_DO_PROTOCOLO: o protocolo segue na grafia registrada, {registered}"
        ));
    }
    let (refusals, nre) = (refusal.into_iter().collect(), information.nre);
    let verified = VerifiedEnvio { linha, refusals, nre, solicitados: Vec::new(), warnings };
    Ok(Decision { verified, route: Some((remetente, destinatario, protocolo)) })
}

/// The conditions of the table, the details for a refusal, and whether a send without NRE would be
/// refused by nothing but the destination.
fn conditions(
    session: &mut Session<'_>,
    tribunal: i16,
    rules: RuleSwitches,
    nre: Option<&Nre>,
    protocolo: &Protocolo,
    destinatario: &Estrutura,
) -> Result<(Conditions, Information, bool), Error> {
    let destination = destinatario.tribunal_codigo;
    // Without a given NRE, take the one that the sender's órgão has for this protocolo.
    let known_nre = match nre {
        None => store::own_registro(session, tribunal, protocolo.key())?,
        Some(_) => None,
    };
    let effective_nre = nre.or(known_nre.as_ref());
    let facts = store::envio_facts(session, destination, protocolo.key(), effective_nre)?;
    let registro = match effective_nre {
        Some(nre) => store::registro_of(session, tribunal, nre)?,
        None => None,
    };
    let em_andamento = match &registro {
        Some(registro) if facts.em_andamento => {
            let key = InProgress(registro.nre.clone());
            InProgress::load_one(session, &key)?
        }
        _ => None,
    };
    let bloqueado = rules.exigir_processo_desbloqueado && !facts.com_quem_pergunta;
    let nre_conditions = match nre {
        None => NreConditions::Absent {
            origin: match &registro {
                None => OriginRegistro::None,
                Some(_) if facts.em_andamento => OriginRegistro::Firm,
                Some(registro) => match store::already_concluded(session, tribunal, &registro.nre)?
                {
                    true => OriginRegistro::Firm,
                    false => OriginRegistro::Provisional,
                },
            },
        },
        Some(_) => NreConditions::Present {
            is_party: registro.is_some(),
            protocolo_matches: registro.as_ref().is_some_and(|registro| {
                registro.matches_protocolo(protocolo, rules.protocolo_exato)
            }),
            em_andamento: facts.em_andamento,
            bloqueado,
            destino_e_parte: facts.destino_e_parte,
        },
    };
    let conditions = Conditions {
        eligible: true,
        nre: nre_conditions,
        destination_has_protocolo: facts.destino_tem,
    };
    let information = Information {
        protocolo: Some(protocolo.text().to_owned()),
        nre: registro.as_ref().map(|registro| registro.nre.clone()),
        em_andamento: em_andamento.map(|tramite| (*tramite).clone()),
        registered_protocolo: registro.map(|registro| registro.protocolo),
        destinatario: destinatario.nome.clone(),
    };
    let would_be_refused = facts.destino_tem && !facts.em_andamento && !bloqueado;
    Ok((conditions, information, would_be_refused))
}

/// The refusal by which a destination that already has the processo sends it back.
pub fn destination_refusal(tramite: &Tramite) -> Refusal {
    let refusal = Refusal::new(CodigoErro::NupJaCadastrado, "B5", rules::NUP_JA_CADASTRADO)
        .at(["idt"])
        .hint("o trâmite volta ao remetente, recusado com o motivo 99");
    Refusal {
        tramite: Some(TramitaDetails { idt: Some(tramite.idt), ..TramitaDetails::default() }),
        ..refusal
    }
}
