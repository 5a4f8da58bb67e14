//! Reads of the feeds, shared: subscribers who ask the same of the same tribunal and
//! stand at the same place, as all who are up to date do, read it once together.

use crate::auth::{Ator, Escopo};
use crate::db::Db;
use crate::db::feed::{Lugar, Trecho};
use crate::error::Error;
use crate::graphql::schema::feeds::{Fato, Pergunta};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// The most rows that one statement reads.
const PAGINA: i64 = 100;

/// A stretch of a feed, as it was read.
pub struct Pagina {
    pub fatos: Vec<(Lugar, Fato)>,
    /// There is no more up to here.
    pub ate: Lugar,
}

type Chave = (Escopo, Pergunta, Lugar);
type Leitura = Arc<OnceCell<Arc<Pagina>>>;

/// The reads up to the newest horizonte that anybody has seen.
#[derive(Default)]
pub struct Leituras(Mutex<(u64, HashMap<Chave, Leitura>)>);

impl Leituras {
    pub async fn ler(
        &self,
        db: &Db,
        ator: &Ator,
        pergunta: &Pergunta,
        depois: Lugar,
        horizonte: u64,
    ) -> Result<Arc<Pagina>, Error> {
        let leitura = self.vaga((ator.escopo(), pergunta.clone(), depois), horizonte);
        let ler = || async {
            let (pergunta, trecho) =
                (pergunta.clone(), Trecho { depois, horizonte, limite: PAGINA });
            let fatos = db.ler(ator, move |sessao| pergunta.ler(sessao, trecho)).await?;
            let ate = match fatos.last() {
                Some((lugar, _))
                    if fatos.len() >= usize::try_from(PAGINA).unwrap_or(usize::MAX) =>
                {
                    *lugar
                }
                _ => Lugar::antes_de(horizonte),
            };
            Ok(Arc::new(Pagina { fatos, ate }))
        };
        leitura.get_or_try_init(ler).await.map(Arc::clone)
    }

    fn vaga(&self, chave: Chave, horizonte: u64) -> Leitura {
        let mut guardadas = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (ate, por_chave) = &mut *guardadas;
        if *ate < horizonte {
            *ate = horizonte;
            por_chave.clear();
        }
        match *ate == horizonte {
            true => Arc::clone(por_chave.entry(chave).or_default()),
            // Who comes late reads alone.
            false => Leitura::default(),
        }
    }
}
