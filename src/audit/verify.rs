//! Holds the trail against its chain: `elos auditoria verify`.

use super::archive::{Archived, Run};
use super::finding::{Achado, Defeito};
use super::seal::{
    self, Hash, INICIO, MOSTRADOS, Selavel, Selo, colunas_do_selavel, colunas_do_selo,
};
use crate::db::{Sql, Valor};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types as tipo;
use std::collections::{HashMap, VecDeque};
use std::fmt;

/// Seals that are read at a time.
const SELOS: i64 = 50;

/// What a chain came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cadeia {
    pub tribunal: i16,
    pub selos: i64,
    pub registros: i64,
    /// Those of them that are in archives.
    pub arquivados: i64,
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

/// Every chain, from its beginning; of what is archived, that it continues. `avancou` is told of
/// each seal that was held.
pub fn verificar(
    conn: &mut PgConnection,
    ancoras: &[Ancora],
    arquivados: &[Archived],
    mut avancou: impl FnMut(),
) -> QueryResult<(Vec<Cadeia>, Vec<Achado>)> {
    let (mut cadeias, mut achados) = (Vec::new(), Vec::new());
    for tribunal in seal::tribunais() {
        let dele = |arquivado: &&Archived| arquivado.run.tribunal == tribunal;
        let cadeia = Verificacao {
            conn,
            tribunal,
            ancoras,
            arquivados: arquivados.iter().filter(dele).map(|arquivado| &arquivado.run).collect(),
            ponta: Ponta::default(),
            achados: &mut achados,
        };
        cadeias.extend(cadeia.cadeia(&mut avancou)?);
    }
    let arquivado_ate = arquivados.iter().map(|arquivado| arquivado.mes).max();
    // Of no tribunal that there is, of a transaction that has not been, or of a month that is not here.
    let estranhos: Vec<Selavel> = Sql::new(concat!(
        "SELECT ",
        colunas_do_selavel!(),
        " FROM auditoria a WHERE a.xid >= (SELECT elos_proxima_posicao()) OR a.tribunal_codigo <> ALL("
    ))
    .bind(seal::tribunais())
    .push(") OR a.ocorrido_em < (")
    .bind_ou_nulo(arquivado_ate)
    .push("::date + interval '1 month') AT TIME ZONE 'UTC' ORDER BY a.id LIMIT 100")
    .load(conn)?;
    for registro in estranhos {
        let achado = Achado {
            tribunal: registro.tribunal_codigo,
            selo: None,
            registro: Some((registro.id, 1)),
            defeito: Defeito::Inserido,
        };
        let o_mesmo = |outro: &Achado| {
            outro.registro.is_some_and(|(id, _)| id == registro.id)
                && outro.defeito == Defeito::Inserido
        };
        if !achados.iter().any(o_mesmo) {
            achados.push(achado);
        }
    }
    Ok((cadeias, achados))
}

/// How far a chain was held.
struct Ponta {
    ordem: i64,
    hash: Vec<u8>,
    ate: (String, i64),
    registros: i64,
    arquivados: i64,
}

impl Default for Ponta {
    fn default() -> Self {
        let ate = ("0".to_owned(), i64::MIN);
        Self { ordem: 0, hash: INICIO.to_vec(), ate, registros: 0, arquivados: 0 }
    }
}

struct Verificacao<'a> {
    conn: &'a mut PgConnection,
    tribunal: i16,
    ancoras: &'a [Ancora],
    /// The runs of its chain that are archived, not yet passed over.
    arquivados: VecDeque<&'a Run>,
    ponta: Ponta,
    achados: &'a mut Vec<Achado>,
}

impl Verificacao<'_> {
    fn cadeia(mut self, avancou: &mut impl FnMut()) -> QueryResult<Option<Cadeia>> {
        let mut lido = 0;
        loop {
            let selos: Vec<Selo> = Sql::new(concat!(
                "SELECT ",
                colunas_do_selo!(),
                " FROM selo s WHERE s.tribunal_codigo = "
            ))
            .bind(self.tribunal)
            .push(" AND s.ordem > ")
            .bind(lido)
            .push(" ORDER BY s.ordem LIMIT ")
            .bind(SELOS)
            .load(self.conn)?;
            if selos.is_empty() {
                break;
            }
            for selo in selos {
                lido = selo.ordem;
                self.passar_arquivados(selo.ordem)?;
                if self.continua(selo.ordem, selo.ordem, &selo.anterior) {
                    self.selo(&selo)?;
                    self.ponta.registros += i64::try_from(selo.ids.len()).unwrap_or(i64::MAX);
                    self.ponta.ate = (selo.ate_xid, selo.ate_id);
                    self.ponta.hash = selo.hash;
                }
                avancou();
            }
        }
        self.passar_arquivados(i64::MAX)?;
        self.fim()
    }

    /// Whether these seals come after what was held; what is wrong with their place is told.
    fn continua(&mut self, de: i64, ate: i64, anterior: &[u8]) -> bool {
        let esperado = self.ponta.ordem + 1;
        if de < esperado {
            self.achar(de, None, Defeito::SeloArquivado);
            return false;
        }
        if de > esperado {
            self.achar(esperado, None, Defeito::SeloRemovido);
        } else if *anterior != self.ponta.hash {
            self.achar(de, None, Defeito::SeloAlterado);
        }
        self.ponta.ordem = ate;
        true
    }

    /// Goes over what is archived before this seal: of its records none may be here.
    fn passar_arquivados(&mut self, antes_de: i64) -> QueryResult<()> {
        while let Some(&run) = self.arquivados.front().filter(|run| run.first <= antes_de) {
            self.arquivados.pop_front();
            if !self.continua(run.first, run.last, &run.before) {
                continue;
            }
            let ate = (run.until.0.to_string(), run.until.1);
            for registro in self.registros(&ate)?.iter().take(100) {
                self.achar(run.last, Some((registro.id, 1)), Defeito::Inserido);
            }
            let outra = |ancora: &&Ancora| {
                (ancora.tribunal, ancora.ordem) == (self.tribunal, run.last)
                    && ancora.hash != hexadecimal(&run.hash)
            };
            if self.ancoras.iter().any(|ancora| outra(&ancora)) {
                self.achar(run.last, None, Defeito::Ancora);
            }
            self.ponta.hash = run.hash.to_vec();
            self.ponta.ate = ate;
            self.ponta.registros += run.records;
            self.ponta.arquivados += run.records;
        }
        Ok(())
    }

    fn fim(self) -> QueryResult<Option<Cadeia>> {
        let Ponta { ordem, hash, ate, registros, arquivados } = self.ponta;
        // The end of the chain may have been cut off.
        for ancora in self.ancoras.iter().filter(|a| a.tribunal == self.tribunal) {
            if ancora.ordem > ordem {
                self.achados.push(Achado {
                    tribunal: self.tribunal,
                    selo: Some(ancora.ordem),
                    registro: None,
                    defeito: Defeito::SeloRemovido,
                });
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
            arquivados,
            hash,
            cauda: cauda.n,
            desde: cauda.desde,
        }))
    }

    /// Records after what was held, up to there.
    fn registros(&mut self, ate: &(String, i64)) -> QueryResult<Vec<Selavel>> {
        Sql::new(concat!(
            "SELECT ",
            colunas_do_selavel!(),
            " FROM auditoria a WHERE a.tribunal_codigo = "
        ))
        .bind(self.tribunal)
        .push(" AND (a.xid, a.id) > (")
        .bind(Valor::Xid(self.ponta.ate.0.clone()))
        .push(", ")
        .bind(self.ponta.ate.1)
        .push(") AND (a.xid, a.id) <= (")
        .bind(Valor::Xid(ate.0.clone()))
        .push(", ")
        .bind(ate.1)
        .push(") ORDER BY a.xid, a.id")
        .load(self.conn)
    }

    /// One seal against the records in its stretch of the trail.
    fn selo(&mut self, selo: &Selo) -> QueryResult<()> {
        let registros = self.registros(&(selo.ate_xid.clone(), selo.ate_id))?;
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
        if self.achados.len() == antes && selo.hash != seal::hash(selo, &inteiros) {
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
        let (tribunal, selo) = (self.tribunal, Some(ordem));
        self.achados.push(Achado { tribunal, selo, registro, defeito });
    }
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut texto, byte| {
        let _ = write!(texto, "{byte:02x}");
        texto
    })
}
