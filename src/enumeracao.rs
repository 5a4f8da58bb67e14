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
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A system that looks before it registers asks for this many in a minute, and no more.
pub const POR_MINUTO: u32 = 300;

/// One bucket for each of those who are counted: full, it holds what may be missed in a minute.
/// What a call misses beyond that is owed, and the next look-up waits until it is filled again.
pub struct Enumeracao {
    por_minuto: u32,
    baldes: Mutex<HashMap<String, Balde>>,
}

#[derive(Debug, Clone, Copy)]
struct Balde {
    tem: f64,
    quando: Instant,
}

impl Balde {
    /// What it has come to hold by now.
    fn agora(self, por_minuto: u32, agora: Instant) -> Self {
        let passou = agora.saturating_duration_since(self.quando).as_secs_f64();
        let tem = (self.tem + passou * f64::from(por_minuto) / 60.0).min(f64::from(por_minuto));
        Self { tem, quando: agora }
    }

    /// Whole seconds until something may be asked again; none when it may be now.
    fn espera(self, por_minuto: u32) -> Option<u32> {
        if self.tem >= 1.0 {
            return None;
        }
        let segundos = (1.0 - self.tem) * 60.0 / f64::from(por_minuto);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and at most two minutes"
        )]
        Some(segundos.clamp(1.0, 120.0).ceil() as u32)
    }
}

impl Default for Enumeracao {
    fn default() -> Self {
        Self::nova(POR_MINUTO)
    }
}

impl Enumeracao {
    /// Zero is no limit.
    pub fn nova(por_minuto: u32) -> Self {
        Self { por_minuto, baldes: Mutex::default() }
    }

    /// The most that one call is told to be absent, and owes for it; none without a limit.
    pub const fn por_chamada(&self) -> Option<u32> {
        match self.por_minuto {
            0 => None,
            por_minuto => Some(por_minuto),
        }
    }

    /// Takes the first names of a call; refuses whoever has none left.
    pub fn begin(&self, ator: &Ator, names: u32) -> Result<(), Error> {
        if self.por_minuto == 0 {
            return Ok(());
        }
        self.em(ator, |balde, por_minuto| match balde.espera(por_minuto) {
            Some(segundos) => Err(Error::Limite { segundos }),
            None => {
                balde.tem -= f64::from(names);
                Ok(())
            }
        })
    }

    /// Takes more names for a call that has begun.
    pub fn take(&self, ator: &Ator, names: u32) {
        if self.por_minuto > 0 && names > 0 {
            self.em(ator, |balde, _| balde.tem -= f64::from(names));
        }
    }

    /// A call is over: what it took and found comes back, and what it missed is gone.
    pub fn settle(&self, ator: &Ator, taken: u32, missed: u32) {
        if self.por_minuto > 0 && taken != missed {
            self.em(ator, |balde, por_minuto| {
                let cheio = f64::from(por_minuto);
                let tem = balde.tem + f64::from(taken) - f64::from(missed);
                // Nobody is shut out for more than a minute.
                balde.tem = tem.clamp(-cheio, cheio);
            });
        }
    }

    /// In how many seconds one more may be asked for.
    pub fn wait(&self, ator: &Ator) -> u32 {
        self.em(ator, |balde, por_minuto| balde.espera(por_minuto).unwrap_or(1))
    }

    fn em<T>(&self, ator: &Ator, fazer: impl FnOnce(&mut Balde, u32) -> T) -> T {
        let (agora, cheio) = (Instant::now(), f64::from(self.por_minuto));
        let mut baldes = self.baldes();
        let balde = match baldes.get_mut(ator.counted_as()) {
            Some(balde) => balde,
            None => {
                let novo = Balde { tem: cheio, quando: agora };
                baldes.entry(ator.counted_as().to_owned()).or_insert(novo)
            }
        };
        *balde = balde.agora(self.por_minuto, agora);
        let feito = fazer(balde, self.por_minuto);
        // Full again is as good as never seen.
        if baldes.len() > 10_000 {
            baldes.retain(|_, balde| balde.agora(self.por_minuto, agora).tem < cheio);
        }
        feito
    }

    fn baldes(&self) -> MutexGuard<'_, HashMap<String, Balde>> {
        self.baldes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Papel;
    use std::time::Duration;

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

    #[test]
    fn o_balde_enche_com_o_tempo_e_nao_transborda() {
        let quando = Instant::now();
        let balde = Balde { tem: -60.0, quando };
        assert_eq!(balde.espera(60), Some(61));
        assert_eq!(balde.agora(60, quando + Duration::from_secs(59)).espera(60), Some(2));
        assert_eq!(balde.agora(60, quando + Duration::from_secs(62)).espera(60), None);
        let cheio = balde.agora(60, quando + Duration::from_secs(3600));
        assert!((cheio.tem - 60.0).abs() < f64::EPSILON);
    }
}
