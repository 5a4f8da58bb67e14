//! What stands still too long is called off by itself (1 to 4→10), and what nobody
//! will fetch any more is forgotten.

use super::componentes::limpar;
use crate::auth::{Ator, Papel};
use crate::call::App;
use crate::error::Error;
use crate::tramite::rules::Passo;
use crate::tramite::store::{self, Anotacao};
use crate::value::tribunal::TRIBUNAIS;
use chrono::Duration;

/// One round over every origin; answers how many ended. Rounds of several
/// instances at once each take others, and none takes one twice. What fails for one
/// origin does not keep the others waiting.
pub async fn expirar(app: &App) -> Result<usize, Error> {
    let prazo = Duration::days(i64::from(app.regras.prazo_do_tramite));
    let (mut quantos, mut falhou) = (0, None);
    for tribunal in TRIBUNAIS {
        let quem = "elos:prazo".to_owned();
        let ator = Ator::novo(quem, None, Some(tribunal.codigo), vec![Papel::Integracao])?;
        let relogio = app.agora;
        let ronda = app
            .db
            .escrever(&ator, move |sessao| {
                let agora = relogio();
                let vencidos = store::vencidos(sessao, tribunal.codigo, agora - prazo)?;
                for idt in &vencidos {
                    let tramite = store::por_idt(sessao, *idt)?;
                    if let Ok(situacao) = tramite.situacao.passar(Passo::Expirar) {
                        let nada = Anotacao::default();
                        let por = Passo::Expirar.de_quem();
                        store::passar(sessao, *idt, situacao, por, &nada, agora)?;
                    }
                }
                Ok(vencidos.len())
            })
            .await;
        let ronda = match ronda {
            Ok(expirados) => limpar(app, &ator).await.map(|()| expirados),
            falha => falha,
        };
        match ronda {
            Ok(expirados) => quantos += expirados,
            Err(error) => falhou = Some(error),
        }
    }
    match falhou {
        None => Ok(quantos),
        Some(error) => Err(error),
    }
}
