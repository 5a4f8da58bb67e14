//! Makes an heir a party of an NRE, once a party and the heir itself have made the same request.

use crate::command::{Command, Context, Effect, Remembered};
use crate::db::{BatchKey, Session};
use crate::error::{CodigoErro, Error, Failure, Refusal, TramitaDetails};
use crate::tramite::rules::{self, Information, LinhaDeDecisao};
use crate::tramite::store::{self, InProgress, RegistroOf, VinculoOutcome, VinculoRequest};
use crate::tramite::{Estrutura, Protocolo, RegistroEletronico, VincularNre};
use crate::value::resource::{HasResources, Resource};
use std::sync::Arc;

/// The outcome of a request: it waits for that of the other side, or completes it.
#[derive(Debug)]
pub struct Vinculado {
    pub efetivado: bool,
    /// The registro eletrônico of the NRE, once the heir is a party of it; `None` before.
    pub registro: Option<Arc<RegistroEletronico>>,
}

impl HasResources for Vinculado {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.registro.collect_resources(resources);
    }
}

impl Effect for Vinculado {
    fn remember(&self) -> Remembered {
        let id = self.registro.as_ref().map_or(0, |registro| registro.id);
        Remembered { id, changed: self.efetivado, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let registro = RegistroOf::load_one(session, &RegistroOf::Id(remembered.id))?;
        Ok(Self { efetivado: remembered.changed, registro })
    }
}

impl Command for VincularNre {
    const NAME: &'static str = "vincularNre";
    type Effect = Vinculado;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Vinculado, Error> {
        Refusal::ensure_none(Vec::new(), rules::vinculo_fields(&self))?;
        let Ok(protocolo) = Protocolo::read(&self.protocolo) else {
            return Err(Error::internal(anyhow::anyhow!("no rule refused the protocolo")));
        };
        let party = store::estrutura(session, &self.parte)?;
        let herdeira = store::estrutura(session, &self.herdeira)?;
        let refusals = rules::vinculo_estruturas(party.as_ref(), herdeira.as_ref());
        let (Some(party), Some(herdeira), true) = (&party, &herdeira, refusals.is_empty()) else {
            return Err(Error::Refusals(refusals));
        };
        let request = VinculoRequest {
            nre: &self.nre,
            protocolo: &protocolo,
            party,
            herdeira,
            justificativa: self.justificativa.as_deref().unwrap_or_default(),
            author: context.author.sub(),
        };
        request_vinculo(session, context, &request)
    }
}

fn request_vinculo(
    session: &mut Session<'_>,
    context: &Context,
    request: &VinculoRequest<'_>,
) -> Result<Vinculado, Error> {
    let &VinculoRequest { nre, protocolo, party, herdeira, .. } = request;
    let Context { tribunal, rules, clock, .. } = context;
    let is_party = party.is_of_caller(&context.author, *tribunal);
    if !is_party && !herdeira.is_of_caller(&context.author, *tribunal) {
        let message = "nem a parte nem a herdeira é de quem chama";
        return Err(Error::failure(Failure::SemPermissao, message));
    }
    take_advisory_locks(session, request)?;
    // Only a party learns what is in its own registro eletrônico. An heir gets no details.
    let registro = store::registro_of(session, *tribunal, nre)?;
    let information = Information {
        protocolo: Some(protocolo.text().to_owned()),
        registered_protocolo: registro.as_ref().map(|registro| registro.protocolo.clone()),
        ..Information::default()
    };
    let exact = rules.protocolo_exato;
    let protocolo_matches =
        registro.as_ref().is_none_or(|registro| registro.matches_protocolo(protocolo, exact));
    let linha = match (&registro, protocolo_matches) {
        (None, _) if is_party => Some(LinhaDeDecisao::B1),
        (_, false) => Some(LinhaDeDecisao::B2),
        _ => None,
    };
    refuse(linha, &information)?;
    match store::request_vinculo(session, request, clock())? {
        VinculoOutcome::Pending => Ok(Vinculado { efetivado: false, registro: None }),
        VinculoOutcome::Efetivado => {
            let registro = RegistroOf::load_one(session, &RegistroOf::Nre(nre.clone()))?;
            Ok(Vinculado { efetivado: true, registro })
        }
        VinculoOutcome::InProgress => {
            let em_andamento = InProgress::load_one(session, &InProgress(nre.clone()))?;
            let em_andamento = em_andamento.map(|tramite| (*tramite).clone());
            let information = Information { em_andamento, nre: Some(nre.clone()), ..information };
            refuse(Some(LinhaDeDecisao::B3), &information)?;
            Err(Error::internal(anyhow::anyhow!("row B3 did not refuse")))
        }
        VinculoOutcome::OtherNre => Err(other_nre(herdeira, protocolo).into()),
    }
}

/// Locks the protocolo of both sides, then the NRE, always in the same order: no send of this
/// processo runs in between, and two such requests never deadlock.
fn take_advisory_locks(
    session: &mut Session<'_>,
    request: &VinculoRequest<'_>,
) -> Result<(), Error> {
    let mut sides = [request.party.tribunal_codigo, request.herdeira.tribunal_codigo];
    sides.sort_unstable();
    let key = request.protocolo.key();
    store::take_advisory_lock(session, sides[0], key, None)?;
    Ok(store::take_advisory_lock(session, sides[1], key, Some(request.nre))?)
}

fn refuse(linha: Option<LinhaDeDecisao>, information: &Information) -> Result<(), Error> {
    let refusal = linha.and_then(|linha| rules::linha_refusal(linha, information));
    Refusal::ensure_none(Vec::new(), refusal.into_iter().collect())
}

/// The refusal (row B5) for an heir that knows the protocolo under another NRE.
fn other_nre(herdeira: &Estrutura, protocolo: &Protocolo) -> Refusal {
    let refusal = Refusal::new(CodigoErro::NupJaCadastrado, "B5", rules::NUP_JA_CADASTRADO)
        .at(["herdeira"])
        .hint(format!("{} tem este protocolo por outro NRE", herdeira.nome));
    let protocolo = Some(protocolo.text().to_owned());
    Refusal { tramite: Some(TramitaDetails { protocolo, ..TramitaDetails::default() }), ..refusal }
}
