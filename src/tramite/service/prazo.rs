//! Expiry: cancels each trâmite that does not advance in time (from situação 1, 2, 3 or 4 to 10),
//! and deletes the files that no destinatário will download.

use super::componentes::purge;
use crate::auth::{Actor, Papel};
use crate::call::App;
use crate::error::Error;
use crate::tramite::rules::Step;
use crate::tramite::store::{self, Annotation};
use crate::value::tribunal::TRIBUNAIS;
use chrono::Duration;

/// Runs one round over every tribunal and returns how many trâmites expired, at most 100 of each
/// remetente's tribunal. Several instances may run rounds at the same time: each takes other
/// trâmites, and none expires twice. A failure for one tribunal does not stop the others.
pub async fn expire(app: &App) -> Result<usize, Error> {
    let prazo = Duration::days(i64::from(app.rules.prazo_do_tramite));
    let (mut count, mut failed) = (0, None);
    for tribunal in TRIBUNAIS {
        let caller = "elos:prazo".to_owned();
        let actor = Actor::new(caller, None, Some(tribunal.code), vec![Papel::Integracao])?;
        let clock = app.now;
        let round = app
            .db
            .write(&actor, move |session| {
                let now = clock();
                let overdue = store::overdue(session, tribunal.code, now - prazo)?;
                for idt in &overdue {
                    let tramite = store::by_idt(session, *idt)?;
                    if let Ok(situacao) = tramite.situacao.advance(Step::Expirar) {
                        let nothing = Annotation::default();
                        let by = Step::Expirar.owner();
                        store::advance(session, *idt, situacao, by, &nothing, now)?;
                    }
                }
                Ok(overdue.len())
            })
            .await;
        let round = match round {
            Ok(expired) => purge(app, &actor).await.map(|()| expired),
            failure => failure,
        };
        match round {
            Ok(expired) => count += expired,
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        None => Ok(count),
        Some(error) => Err(error),
    }
}
