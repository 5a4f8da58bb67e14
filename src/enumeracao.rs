//! Names that are numbers in a row can be tried out one after the other. Asking for what
//! is not there is therefore counted, by credential, and beyond a measure has to wait.
//!
//! A foreign object is as absent as one that never was, so nothing is told by this but
//! that somebody guesses.

use crate::auth::Ator;
use crate::error::Error;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A system that looks before it registers asks for this many in a minute, and no more.
pub const POR_MINUTO: u32 = 300;

/// One bucket a credential: full, it holds what may be asked for in a minute; what goes
/// beyond is owed, and nothing more is answered until it is filled again.
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
        if self.tem > 0.0 {
            return None;
        }
        let segundos = (1.0 - self.tem) * 60.0 / f64::from(por_minuto);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and at most an hour"
        )]
        Some(segundos.clamp(1.0, 3600.0).ceil() as u32)
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

    /// Refuses a credential that owes.
    pub fn conferir(&self, ator: &Ator) -> Result<(), Error> {
        let Some(balde) = self.baldes().get(ator.credencial()).copied() else { return Ok(()) };
        match balde.agora(self.por_minuto, Instant::now()).espera(self.por_minuto) {
            None => Ok(()),
            Some(segundos) => Err(Error::Limite { segundos }),
        }
    }

    /// So many that were asked for were not there.
    pub fn gastar(&self, ator: &Ator, ausencias: u32) {
        if self.por_minuto == 0 {
            return;
        }
        let (agora, cheio) = (Instant::now(), f64::from(self.por_minuto));
        let mut baldes = self.baldes();
        let balde = baldes
            .entry(ator.credencial().to_owned())
            .or_insert(Balde { tem: cheio, quando: agora });
        *balde = balde.agora(self.por_minuto, agora);
        // Nobody is shut out for more than an hour.
        balde.tem = (balde.tem - f64::from(ausencias)).max(-59.0 * cheio);
        // Full again is as good as never seen.
        if baldes.len() > 10_000 {
            baldes.retain(|_, balde| balde.agora(self.por_minuto, agora).tem < cheio);
        }
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

    fn ator(azp: &str) -> Ator {
        Ator::novo("s".into(), Some(azp.into()), Some(820), vec![Papel::Consulta]).unwrap()
    }

    #[test]
    fn quem_deve_espera_e_os_outros_nao() {
        let enumeracao = Enumeracao::nova(60);
        let (a, b) = (ator("a"), ator("b"));
        enumeracao.gastar(&a, 59);
        assert!(enumeracao.conferir(&a).is_ok());
        enumeracao.gastar(&a, 11);
        assert!(matches!(enumeracao.conferir(&a), Err(Error::Limite { segundos: 10..=12 })));
        assert!(enumeracao.conferir(&b).is_ok());
        let sem_limite = Enumeracao::nova(0);
        sem_limite.gastar(&a, 1_000_000);
        assert!(sem_limite.conferir(&a).is_ok());
    }

    #[test]
    fn o_balde_enche_com_o_tempo_e_nao_transborda() {
        let quando = Instant::now();
        let balde = Balde { tem: -60.0, quando };
        assert_eq!(balde.espera(60), Some(61));
        assert_eq!(balde.agora(60, quando + Duration::from_secs(59)).espera(60), Some(2));
        assert_eq!(balde.agora(60, quando + Duration::from_secs(61)).espera(60), None);
        let cheio = balde.agora(60, quando + Duration::from_secs(3600));
        assert!((cheio.tem - 60.0).abs() < f64::EPSILON);
    }
}
