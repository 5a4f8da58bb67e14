//! A feed: rows in an order that nothing committed late can upset.
//!
//! The order is (xid, id). It is read only up to the *horizonte*, the oldest
//! transaction still open: below it everything is decided, so who has read up to
//! there has missed nothing and will meet nothing twice. A `xid` here is a position:
//! the number of a transaction, and what the epoch adds to it (`epoch.rs`).

use super::{Sessao, Sql, Valor};
use crate::error::Error;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::fmt;
use std::str::FromStr;

/// Where a row stands in its feed; as text, what `desde` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lugar {
    pub xid: u64,
    pub id: i64,
}

impl Lugar {
    /// Before every row of this transaction, and after all those of older ones.
    pub const fn antes_de(xid: u64) -> Self {
        Self { xid, id: 0 }
    }

    pub fn da_linha(xid: &str, id: i64) -> Result<Self, Error> {
        Ok(Self { xid: xid.parse().map_err(Error::interno)?, id })
    }
}

impl fmt::Display for Lugar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.xid, self.id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o cursor não é de um item recebido nesta assinatura")]
pub struct LugarMalformado;

impl FromStr for Lugar {
    type Err = LugarMalformado;

    fn from_str(texto: &str) -> Result<Self, LugarMalformado> {
        let (xid, id) = texto.split_once('-').ok_or(LugarMalformado)?;
        let numero = |parte: &str| parte.parse::<u64>().map_err(|_| LugarMalformado);
        let id = i64::try_from(numero(id)?).map_err(|_| LugarMalformado)?;
        let lugar = Self { xid: numero(xid)?, id };
        // Zeros and signs in front: numbers that read the same, but no cursor of ours.
        if lugar.to_string() == texto { Ok(lugar) } else { Err(LugarMalformado) }
    }
}

/// What stretch of a feed to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trecho {
    pub depois: Lugar,
    pub horizonte: u64,
    pub limite: i64,
}

impl Trecho {
    /// What ends the statement that reads it.
    pub fn sql(&self, xid: &'static str, id: &'static str) -> Sql {
        let par = |sql: Sql| sql.push(xid).push(", ").push(id);
        par(Sql::new(" AND ("))
            .push(") > (")
            .bind(Valor::Xid(self.depois.xid.to_string()))
            .push(", ")
            .bind(self.depois.id)
            .push(") AND ")
            .push(xid)
            .push(" < ")
            .bind(Valor::Xid(self.horizonte.to_string()))
            .append(par(Sql::new(" ORDER BY ")))
            .push(" LIMIT ")
            .bind(self.limite)
    }
}

/// Which transactions were over at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foto {
    /// The oldest that was open.
    pub horizonte: u64,
    /// The first that had not begun.
    pub proxima: u64,
    abertas: Vec<u64>,
    /// What the epoch adds to the number of a transaction.
    deslocamento: i64,
}

impl Foto {
    pub fn tirar(sessao: &mut Sessao<'_>) -> Result<Self, Error> {
        Ok(Self::do_banco(sessao.conn())?)
    }

    pub(super) fn do_banco(conn: &mut PgConnection) -> QueryResult<Self> {
        #[derive(QueryableByName)]
        struct Linha {
            #[diesel(sql_type = Text)]
            foto: String,
            #[diesel(sql_type = BigInt)]
            deslocamento: i64,
        }
        let Linha { foto, deslocamento } = Sql::new(
            "SELECT pg_current_snapshot()::text AS foto, elos_deslocamento() AS deslocamento",
        )
        .get_result(conn)?;
        let ruim = || diesel::result::Error::DeserializationError("pg_snapshot".into());
        Self::ler(&foto, deslocamento).ok_or_else(ruim)
    }

    /// `xmin:xmax:xip,xip,…`.
    fn ler(texto: &str, deslocamento: i64) -> Option<Self> {
        let posicao = |numero: &str| numero.parse::<u64>().ok()?.checked_add_signed(deslocamento);
        let mut partes = texto.splitn(3, ':');
        let (horizonte, proxima) = (posicao(partes.next()?)?, posicao(partes.next()?)?);
        let abertas = partes.next()?.split(',').filter(|xid| !xid.is_empty());
        let abertas = abertas.map(posicao).collect::<Option<_>>()?;
        Some(Self { horizonte, proxima, abertas, deslocamento })
    }

    /// The number of the oldest open transaction, as PostgreSQL has it.
    pub(super) const fn mais_antiga(&self) -> u64 {
        self.horizonte.wrapping_sub(self.deslocamento.cast_unsigned())
    }

    /// What this transaction wrote was there already.
    pub fn tinha(&self, xid: u64) -> bool {
        xid < self.proxima && !self.abertas.contains(&xid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o_cursor_se_le_como_se_escreve() {
        let lugar = Lugar { xid: 18_446_744_073_709_551_615, id: 7 };
        assert_eq!(lugar.to_string().parse(), Ok(lugar));
        for ruim in
            ["", "-", "1", "1-", "-1", "+1-1", "1-+1", "01-1", "1-1-1", "1--1", "a-1", " 1-1"]
        {
            assert_eq!(ruim.parse::<Lugar>(), Err(LugarMalformado), "{ruim}");
        }
        assert_eq!("1-9223372036854775808".parse::<Lugar>(), Err(LugarMalformado));
    }

    #[test]
    fn a_foto_sabe_o_que_ja_tinha_acabado() {
        let foto = Foto::ler("10:20:10,14", 0).unwrap();
        assert_eq!((foto.horizonte, foto.proxima), (10, 20));
        let tinha: Vec<u64> = (8..22).filter(|xid| foto.tinha(*xid)).collect();
        assert_eq!(tinha, [8, 9, 11, 12, 13, 15, 16, 17, 18, 19]);
        assert_eq!(Foto::ler("10:10:", 0).unwrap().abertas, Vec::<u64>::new());
        assert_eq!(Foto::ler("10:x:", 0), None);
        // In another epoch.
        let foto = Foto::ler("10:20:10,14", 1_000).unwrap();
        assert_eq!((foto.horizonte, foto.proxima, foto.mais_antiga()), (1_010, 1_020, 10));
        assert!(foto.tinha(14) && foto.tinha(1_013) && !foto.tinha(1_014) && !foto.tinha(1_020));
    }
}
