//! All that one answer reads: on one connection, of one state of the data.
//!
//! A statement that fails ends the snapshot, and a lost connection takes it along. Then the
//! answer is read again from its start, of another snapshot; `careful` this time: each statement
//! is undone alone if it fails (a savepoint, which costs a round trip), so that it fails its own
//! field and no other.

use super::manager::{self, Inicio, Lease};
use super::{Db, Sessao, indisponivel};
use crate::auth::Escopo;
use crate::error::{Error, Falha};
use std::time::{Duration, Instant};

/// A statement's time is cut to what is left of the answer's only when that is this much less:
/// to say so costs a statement of its own.
const FOLGA: Duration = Duration::from_millis(250);

/// The connection is taken when the first thing is read, on the thread that reads.
pub struct Leitura {
    db: Db,
    escopo: Escopo,
    prazo: Instant,
    lease: Option<Lease>,
    instantaneo: bool,
    careful: bool,
    /// What ended the snapshot: there is nothing else to tell of it.
    falha: Option<Error>,
}

impl Leitura {
    pub(super) fn nova(db: Db, escopo: Escopo, careful: bool) -> Self {
        let prazo = Instant::now() + db.tempo;
        Self { db, escopo, prazo, lease: None, instantaneo: false, careful, falha: None }
    }

    /// Whether the answer is worth reading again from its start, carefully.
    pub fn again(&self) -> bool {
        let worth = |falha: &Error| {
            matches!(falha, Error::Interno(_) | Error::Falha(Falha::Indisponivel, _))
        };
        let begun = self.lease.is_some();
        begun && !self.careful && self.falha.as_ref().is_some_and(worth)
    }

    /// Reads `relacao`. When it is all that the answer reads (`so_esta`), one statement is its
    /// own snapshot; otherwise a transaction is, from here on. `ler` runs again, once, if the
    /// first connection turns out to be closed.
    pub fn ler<T>(
        &mut self,
        relacao: &'static str,
        so_esta: bool,
        ler: impl Fn(&mut Sessao<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(falha) = &self.falha {
            return Err(falha.clone());
        }
        let lido = match self.lease {
            None => self.comecar(so_esta, ler),
            Some(_) => self.continuar(ler),
        };
        lido.map_err(|error| {
            let error = self.no_prazo(relacao, error);
            let lost = self.lease.as_ref().is_none_or(Lease::perdida);
            if self.instantaneo && (lost || !self.careful) {
                self.falha = Some(error.clone());
            }
            error
        })
    }

    fn comecar<T>(
        &mut self,
        so_esta: bool,
        ler: impl Fn(&mut Sessao<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.instantaneo = !so_esta;
        let inicio = if so_esta { Inicio::Solto } else { Inicio::Instantaneo };
        let (db, escopo) = (&self.db, self.escopo);
        let reservar = || db.reservar(escopo, inicio);
        let careful = self.careful && self.instantaneo;
        let usar =
            |lease: &mut Lease| lease.usar(careful, |conn| ler(&mut db.sessao(conn, escopo)));
        let (lease, lido) = manager::usar_uma(reservar, usar)?;
        self.lease = Some(lease);
        lido
    }

    fn continuar<T>(
        &mut self,
        ler: impl Fn(&mut Sessao<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let resta = self.prazo.saturating_duration_since(Instant::now());
        let (db, escopo) = (&self.db, self.escopo);
        let lease = self.lease.as_mut().filter(|_| !resta.is_zero()).ok_or_else(indisponivel)?;
        if resta + FOLGA < db.tempo {
            lease.limitar(resta)?;
        }
        lease.usar(self.careful && self.instantaneo, |conn| ler(&mut db.sessao(conn, escopo)))
    }

    fn no_prazo(&self, relacao: &'static str, error: Error) -> Error {
        if Instant::now() < self.prazo {
            return error;
        }
        self.db.tempo_esgotado(Some(&curto(relacao)))
    }
}

/// What was begun ends with the answer; of a read there is nothing to keep or to undo.
impl Drop for Leitura {
    fn drop(&mut self) {
        if let Some(lease) = &mut self.lease {
            lease.encerrar(self.falha.is_none());
        }
    }
}

/// A type's name, without the modules where it and its parameters are.
fn curto(nome: &str) -> String {
    let partes = nome.split_inclusive(['<', '>', ',', ' ']);
    partes.map(|parte| parte.rsplit("::").next().unwrap_or(parte)).collect()
}

#[cfg(test)]
mod tests {
    use super::curto;

    #[test]
    fn o_nome_de_uma_relacao_se_le() {
        assert_eq!(curto("elos::db::lista::PaginaDe<elos::a::Processos>"), "PaginaDe<Processos>");
        assert_eq!(curto("elos::a::Por<(i64, x::Y)>"), "Por<(i64, Y)>");
        assert_eq!(curto("Simples"), "Simples");
    }
}
