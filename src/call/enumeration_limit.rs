//! Names that are numbers in a row can be tried out one after the other. Asking for what
//! is not there is therefore counted, by credential, and beyond a measure has to wait.
//!
//! A foreign object is as absent as one that never was, so nothing is told by this but
//! that somebody guesses.
//!
//! A call takes what it will name out of its bucket before it reads, and gives back what it
//! found when it is over: calls that run side by side are counted before any of them is answered.

use crate::auth::Ator;
use crate::error::Error;
use crate::value::token_bucket::{Bucket, Buckets};

/// A system that looks before it registers asks for this many in a minute, and no more.
pub const POR_MINUTO: u32 = 300;

/// One bucket for each of those who are counted: full, it holds what may be missed in a minute.
/// What a call misses beyond that is owed, and the next look-up waits until it is filled again.
pub struct Enumeracao(Buckets<String>);

impl Default for Enumeracao {
    fn default() -> Self {
        Self::nova(POR_MINUTO)
    }
}

impl Enumeracao {
    /// Zero is no limit.
    pub fn nova(por_minuto: u32) -> Self {
        Self(Buckets::new(por_minuto))
    }

    /// The most that one call is told to be absent, and owes for it; none without a limit.
    pub const fn por_chamada(&self) -> Option<u32> {
        match self.0.per_minute() {
            0 => None,
            por_minuto => Some(por_minuto),
        }
    }

    /// Takes the first names of a call; refuses whoever has none left.
    pub fn begin(&self, ator: &Ator, names: u32) -> Result<(), Error> {
        if self.por_chamada().is_none() {
            return Ok(());
        }
        self.em(ator, |balde, por_minuto| match balde.wait(por_minuto) {
            Some(segundos) => Err(Error::Limite { segundos }),
            None => {
                balde.holds -= f64::from(names);
                Ok(())
            }
        })
    }

    /// Takes more names for a call that has begun.
    pub fn take(&self, ator: &Ator, names: u32) {
        if self.por_chamada().is_some() && names > 0 {
            self.em(ator, |balde, _| balde.holds -= f64::from(names));
        }
    }

    /// A call is over: what it took and found comes back, and what it missed is gone.
    pub fn settle(&self, ator: &Ator, taken: u32, missed: u32) {
        if self.por_chamada().is_some() && taken != missed {
            self.em(ator, |balde, por_minuto| {
                let cheio = f64::from(por_minuto);
                let tem = balde.holds + f64::from(taken) - f64::from(missed);
                // Nobody is shut out for more than a minute.
                balde.holds = tem.clamp(-cheio, cheio);
            });
        }
    }

    /// In how many seconds one more may be asked for.
    pub fn wait(&self, ator: &Ator) -> u32 {
        self.0.wait(ator.counted_as()).unwrap_or(1)
    }

    fn em<T>(&self, ator: &Ator, fazer: impl FnOnce(&mut Bucket, u32) -> T) -> T {
        self.0.with(ator.counted_as(), fazer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Papel;

    fn ator(sub: &str, azp: &str) -> Ator {
        Ator::novo(sub.into(), Some(azp.into()), Some(820), vec![Papel::Consulta]).unwrap()
    }

    #[test]
    fn quem_deve_espera_e_os_outros_nao() {
        let enumeracao = Enumeracao::nova(60);
        let (a, b) = (ator("s", "a"), ator("s", "b"));
        enumeracao.begin(&a, 59).unwrap();
        assert!(enumeracao.begin(&a, 12).is_ok());
        assert!(matches!(enumeracao.begin(&a, 1), Err(Error::Limite { segundos: 11..=13 })));
        assert!(enumeracao.begin(&b, 1).is_ok());
        let sem_limite = Enumeracao::nova(0);
        sem_limite.begin(&a, 1_000_000).unwrap();
        sem_limite.settle(&a, 0, 1_000_000);
        assert!(sem_limite.begin(&a, 1).is_ok());
    }

    #[test]
    fn what_was_found_comes_back_and_a_call_owes_a_minute_at_most() {
        let enumeracao = Enumeracao::nova(60);
        let a = ator("s", "a");
        // Side by side: the second is counted before the first is answered.
        enumeracao.begin(&a, 60).unwrap();
        assert!(enumeracao.begin(&a, 1).is_err());
        enumeracao.settle(&a, 60, 0);
        enumeracao.begin(&a, 1).unwrap();
        enumeracao.take(&a, 59);
        enumeracao.settle(&a, 60, 1_000);
        assert!((60..=62).contains(&enumeracao.wait(&a)), "{}", enumeracao.wait(&a));
    }

    #[test]
    fn people_are_counted_one_by_one_whichever_client_they_come_by() {
        let enumeracao = Enumeracao::nova(60);
        let (maria, joao) =
            (ator("maria", "painel").of_person(), ator("joao", "painel").of_person());
        enumeracao.begin(&maria, 60).unwrap();
        assert!(enumeracao.begin(&maria, 1).is_err());
        assert!(enumeracao.begin(&ator("maria", "outro").of_person(), 1).is_err());
        assert!(enumeracao.begin(&joao, 1).is_ok());
        assert!(enumeracao.begin(&ator("maria", "painel"), 1).is_ok());
    }
}
