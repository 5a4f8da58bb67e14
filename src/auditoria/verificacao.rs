//! Holds the trail against its chain: `elos auditoria verify`.

use super::selo::{
    self, Hash, INICIO, MOSTRADOS, Selavel, Selo, colunas_do_selavel, colunas_do_selo,
};
use crate::db::{Sql, Valor};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types as tipo;
use std::collections::HashMap;
use std::fmt;

/// Seals that are read at a time.
const SELOS: i64 = 50;

/// What was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Achado {
    pub tribunal: i16,
    /// The seal that does not hold; none when what is wrong lies outside of all.
    pub selo: Option<i64>,
    /// The record, and its place in the seal, from 1.
    pub registro: Option<(i64, usize)>,
    pub defeito: Defeito,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defeito {
    Alterado,
    Removido,
    Inserido,
    ForaDeOrdem,
    SeloAlterado,
    SeloRemovido,
    Ancora,
}

impl fmt::Display for Achado {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tribunal {}", self.tribunal)?;
        if let Some(ordem) = self.selo {
            write!(f, ", selo {ordem}")?;
        }
        if let Some((id, posicao)) = self.registro {
            write!(f, ", posição {posicao}, registro {id}")?;
        }
        f.write_str(match self.defeito {
            Defeito::Alterado => ": o registro foi alterado",
            Defeito::Removido => ": o registro foi removido",
            Defeito::Inserido => ": o registro foi inserido depois de selado o trecho",
            Defeito::ForaDeOrdem => ": o registro está fora da ordem em que foi selado",
            Defeito::SeloAlterado => ": o selo foi alterado",
            Defeito::SeloRemovido => ": falta o selo",
            Defeito::Ancora => ": o selo não é o que foi anotado na âncora",
        })
    }
}

/// What a chain came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cadeia {
    pub tribunal: i16,
    pub selos: i64,
    pub registros: i64,
    /// The last seal's hash: whoever notes it elsewhere can tell if the end was cut off.
    pub hash: Hash,
    /// Records that no seal holds yet, and since when the oldest waits.
    pub cauda: i64,
    pub desde: Option<DateTime<Utc>>,
}

/// A seal as somebody noted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancora {
    pub tribunal: i16,
    pub ordem: i64,
    pub hash: String,
}

#[derive(QueryableByName)]
struct Cauda {
    #[diesel(sql_type = tipo::BigInt)]
    n: i64,
    #[diesel(sql_type = tipo::Nullable<tipo::Timestamptz>)]
    desde: Option<DateTime<Utc>>,
}

/// How many records the database could not hold, and since when the first stands aside.
pub fn set_aside(conn: &mut PgConnection) -> QueryResult<(i64, Option<DateTime<Utc>>)> {
    let aside: Cauda =
        Sql::new("SELECT count(*) AS n, min(recusada_em) AS desde FROM auditoria_recusada")
            .get_result(conn)?;
    Ok((aside.n, aside.desde))
}

/// How many seals there are to hold.
pub fn selos(conn: &mut PgConnection) -> QueryResult<i64> {
    let contados: Cauda =
        Sql::new("SELECT count(*) AS n, NULL::timestamptz AS desde FROM selo").get_result(conn)?;
    Ok(contados.n)
}

/// Every chain, from its beginning; `avancou` is told of each seal that was held.
pub fn verificar(
    conn: &mut PgConnection,
    ancoras: &[Ancora],
    mut avancou: impl FnMut(),
) -> QueryResult<(Vec<Cadeia>, Vec<Achado>)> {
    let (mut cadeias, mut achados) = (Vec::new(), Vec::new());
    for tribunal in selo::tribunais() {
        let cadeia = Verificacao { conn, tribunal, ancoras, achados: &mut achados };
        cadeias.extend(cadeia.cadeia(&mut avancou)?);
    }
    // Of no tribunal that there is, or of a transaction that has not been.
    let estranhos: Vec<Selavel> = Sql::new(concat!(
        "SELECT ",
        colunas_do_selavel!(),
        " FROM auditoria a WHERE a.xid >= pg_snapshot_xmax(pg_current_snapshot()) OR a.tribunal_codigo <> ALL("
    ))
    .bind(selo::tribunais())
    .push(") ORDER BY a.id LIMIT 100")
    .load(conn)?;
    achados.extend(estranhos.iter().map(|registro| Achado {
        tribunal: registro.tribunal_codigo,
        selo: None,
        registro: Some((registro.id, 1)),
        defeito: Defeito::Inserido,
    }));
    Ok((cadeias, achados))
}

struct Verificacao<'a> {
    conn: &'a mut PgConnection,
    tribunal: i16,
    ancoras: &'a [Ancora],
    achados: &'a mut Vec<Achado>,
}

impl Verificacao<'_> {
    fn cadeia(mut self, avancou: &mut impl FnMut()) -> QueryResult<Option<Cadeia>> {
        let (mut ordem, mut registros) = (0, 0);
        let (mut hash, mut ate) = (INICIO.to_vec(), ("0".to_owned(), i64::MIN));
        loop {
            let selos: Vec<Selo> = Sql::new(concat!(
                "SELECT ",
                colunas_do_selo!(),
                " FROM selo s WHERE s.tribunal_codigo = "
            ))
            .bind(self.tribunal)
            .push(" AND s.ordem > ")
            .bind(ordem)
            .push(" ORDER BY s.ordem LIMIT ")
            .bind(SELOS)
            .load(self.conn)?;
            if selos.is_empty() {
                break;
            }
            for selo in selos {
                if selo.ordem != ordem + 1 {
                    self.achar(ordem + 1, None, Defeito::SeloRemovido);
                }
                if selo.ordem == ordem + 1 && selo.anterior != hash {
                    self.achar(selo.ordem, None, Defeito::SeloAlterado);
                }
                registros += i64::try_from(selo.ids.len()).unwrap_or(i64::MAX);
                self.selo(&selo, &ate)?;
                ordem = selo.ordem;
                ate = (selo.ate_xid, selo.ate_id);
                hash = selo.hash;
                avancou();
            }
        }
        // The end of the chain may have been cut off.
        for ancora in self.ancoras.iter().filter(|a| a.tribunal == self.tribunal) {
            if ancora.ordem > ordem {
                self.achados.push(self.achado(ancora.ordem, None, Defeito::SeloRemovido));
            }
        }
        let cauda: Cauda = Sql::new(
            "SELECT count(*) AS n, min(ocorrido_em) FILTER (WHERE isfinite(ocorrido_em)) AS desde FROM auditoria a WHERE a.tribunal_codigo = ",
        )
        .bind(self.tribunal)
        .push(" AND (a.xid, a.id) > (")
        .bind(Valor::Xid(ate.0))
        .push(", ")
        .bind(ate.1)
        .push(")")
        .get_result(self.conn)?;
        let hash = hash.try_into().unwrap_or(INICIO);
        let vazia = ordem == 0 && cauda.n == 0;
        let (tribunal, selos) = (self.tribunal, ordem);
        Ok((!vazia).then_some(Cadeia {
            tribunal,
            selos,
            registros,
            hash,
            cauda: cauda.n,
            desde: cauda.desde,
        }))
    }

    /// One seal against the records in its stretch of the trail.
    fn selo(&mut self, selo: &Selo, depois_de: &(String, i64)) -> QueryResult<()> {
        let registros: Vec<Selavel> = Sql::new(concat!(
            "SELECT ",
            colunas_do_selavel!(),
            " FROM auditoria a WHERE a.tribunal_codigo = "
        ))
        .bind(self.tribunal)
        .push(" AND (a.xid, a.id) > (")
        .bind(Valor::Xid(depois_de.0.clone()))
        .push(", ")
        .bind(depois_de.1)
        .push(") AND (a.xid, a.id) <= (")
        .bind(Valor::Xid(selo.ate_xid.clone()))
        .push(", ")
        .bind(selo.ate_id)
        .push(") ORDER BY a.xid, a.id")
        .load(self.conn)?;
        let antes = self.achados.len();
        let lugar: HashMap<i64, usize> =
            selo.ids.iter().enumerate().map(|(lugar, id)| (*id, lugar)).collect();
        let mut resumos = vec![None; selo.ids.len()];
        let mut anterior = None;
        for registro in &registros {
            let Some(&posicao) = lugar.get(&registro.id) else {
                let onde = anterior.map_or(1, |posicao: usize| posicao + 2);
                self.achar(selo.ordem, Some((registro.id, onde)), Defeito::Inserido);
                continue;
            };
            if anterior.is_some_and(|anterior| posicao < anterior) {
                self.achar(selo.ordem, Some((registro.id, posicao + 1)), Defeito::ForaDeOrdem);
            }
            anterior = Some(posicao);
            let resumo = registro.resumo();
            let mostrado = selo.resumos.chunks(MOSTRADOS).nth(posicao);
            if mostrado != Some(&resumo[..MOSTRADOS]) {
                self.achar(selo.ordem, Some((registro.id, posicao + 1)), Defeito::Alterado);
            }
            resumos[posicao] = Some(resumo);
        }
        for (posicao, _) in resumos.iter().enumerate().filter(|(_, resumo)| resumo.is_none()) {
            let registro = Some((selo.ids[posicao], posicao + 1));
            self.achar(selo.ordem, registro, Defeito::Removido);
        }
        // With every record in its place, the seal alone is left to doubt.
        let inteiros: Vec<Hash> = resumos.into_iter().flatten().collect();
        if self.achados.len() == antes && selo.hash != selo::hash(selo, &inteiros) {
            self.achar(selo.ordem, None, Defeito::SeloAlterado);
        }
        let noutra_ancora = |ancora: &&Ancora| {
            (ancora.tribunal, ancora.ordem) == (self.tribunal, selo.ordem)
                && ancora.hash != hexadecimal(&selo.hash)
        };
        if self.ancoras.iter().any(|ancora| noutra_ancora(&ancora)) {
            self.achar(selo.ordem, None, Defeito::Ancora);
        }
        Ok(())
    }

    fn achar(&mut self, ordem: i64, registro: Option<(i64, usize)>, defeito: Defeito) {
        self.achados.push(self.achado(ordem, registro, defeito));
    }

    fn achado(&self, ordem: i64, registro: Option<(i64, usize)>, defeito: Defeito) -> Achado {
        Achado { tribunal: self.tribunal, selo: Some(ordem), registro, defeito }
    }
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut texto, byte| {
        let _ = write!(texto, "{byte:02x}");
        texto
    })
}
