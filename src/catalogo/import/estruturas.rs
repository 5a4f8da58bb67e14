//! Units, brought in from a file. A unit may come before the one that it is part of.

use super::file::Line;
use super::{Options, Report};
use crate::catalogo::store::{Nova, da_estrutura};
use crate::catalogo::{EstruturaDoCatalogo, GravarEstrutura, rules};
use crate::db::Sql;
use crate::tramite::EnderecoDeEstrutura;
use crate::value::tribunal::Tribunal;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use std::collections::{HashMap, HashSet};

type Key = (i32, String);

/// A line that may be taken, as far as it tells by itself.
struct Wanted {
    line: usize,
    comando: GravarEstrutura,
    /// As the line says, or the unit that is there already.
    tribunal: Option<i16>,
}

impl Wanted {
    fn key(&self) -> Key {
        (self.comando.endereco.repositorio, self.comando.endereco.numero.clone())
    }

    fn parent(&self) -> Option<Key> {
        Some((self.comando.endereco.repositorio, self.comando.pai.clone()?))
    }
}

pub fn import(
    conn: &mut PgConnection,
    lines: &[Line],
    options: &Options,
    report: &mut Report,
    seen: &impl Fn(usize, usize),
) -> QueryResult<()> {
    let known = known(conn)?;
    let repositorios = repositorios(conn)?;
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut named = HashSet::new();
    for line in lines {
        match read(line, options, &known, &repositorios) {
            Ok(one) if !named.insert(one.key()) => {
                let numero = &one.comando.endereco.numero;
                report.refuse(line.number, format!("numero: {numero} vem duas vezes"));
            }
            Ok(one) => wanted.push(one),
            Err(reason) => report.refuse(line.number, reason),
        }
    }
    let ordered = in_order(wanted, &known, options, report);
    let mut ids: HashMap<Key, i64> = known.iter().map(|(key, row)| (key.clone(), row.id)).collect();
    let all = ordered.len();
    for (n, (one, tribunal)) in ordered.into_iter().enumerate() {
        seen(n + 1, all);
        let pai_id = one.parent().and_then(|parent| ids.get(&parent).copied());
        let nova = Nova { comando: &one.comando, pai_id, tribunal, agora: options.now };
        match known.get(&one.key()) {
            Some(row) if one.comando.is_already(row, pai_id) => report.unchanged += 1,
            Some(row) => {
                nova.mudar(conn, row.id)?;
                report.changed += 1;
            }
            None => {
                ids.insert(one.key(), nova.inserir(conn)?);
                report.added += 1;
            }
        }
    }
    Ok(())
}

/// A line as the unit that it asks for, or why it is none.
fn read(
    line: &Line,
    options: &Options,
    known: &HashMap<Key, EstruturaDoCatalogo>,
    repositorios: &HashSet<i32>,
) -> Result<Wanted, String> {
    const REPOSITORIO: [&str; 2] = ["repositorio", "identificacaodorepositoriodeestruturas"];
    let repositorio = line.integer(&REPOSITORIO)?.unwrap_or(options.repositorio);
    let numero = line.text(&["numero", "numerodeidentificacaodaestrutura"]).unwrap_or_default();
    let ativa = line.boolean(&["ativa", "ativo"], true)?;
    let comando = GravarEstrutura {
        endereco: EnderecoDeEstrutura { repositorio, numero },
        nome: line.text(&["nome"]),
        sigla: line.text(&["sigla"]),
        pai: line.text(&["pai"]),
        codigo_no_orgao: line.text(&["codigonoorgaoentidade", "codigo_no_orgao"]),
        ativa,
        pode_enviar: line.boolean(&["podeenviar", "pode_enviar"], true)?,
        pode_receber: line
            .boolean(&["podereceber", "pode_receber", "aptopararecebertramites"], true)?,
        versao_esperada: None,
    };
    if let Some(recusa) = rules::forma_da_estrutura(&comando).first() {
        return Err(format!("{}: {}", recusa.campo.join("."), recusa.mensagem));
    }
    if !repositorios.contains(&repositorio) {
        return Err(format!("repositorio: {repositorio} não está no catálogo"));
    }
    let said = line.text(&["tribunal"]).map(|text| {
        let tribunal = Tribunal::de_texto(&text).map(|tribunal| tribunal.codigo);
        tribunal.ok_or("tribunal: desconhecido; use, por exemplo, 8.20")
    });
    let said = said.transpose()?;
    let key = (repositorio, comando.endereco.numero.clone());
    let has = known.get(&key).map(|row| row.tribunal_codigo);
    if has.zip(said).is_some_and(|(has, said)| has != said) {
        return Err("tribunal: a estrutura com este número é de outro".into());
    }
    Ok(Wanted { line: line.number, comando, tribunal: has.or(said) })
}

/// Those that may be written, each after the one that it is part of, and whose each is. A parent
/// is of the same tribunal, and a line without a tribunal is of its parent's.
fn in_order(
    wanted: Vec<Wanted>,
    known: &HashMap<Key, EstruturaDoCatalogo>,
    options: &Options,
    report: &mut Report,
) -> Vec<(Wanted, i16)> {
    // Where each unit stands once it is written: whose it is, and how deep.
    let mut placed: HashMap<Key, (i16, usize)> = HashMap::new();
    let mut untouched: HashSet<Key> = known.keys().cloned().collect();
    for one in &wanted {
        untouched.remove(&one.key());
    }
    let by_id: HashMap<i64, &EstruturaDoCatalogo> =
        known.values().map(|row| (row.id, row)).collect();
    let key = |row: &EstruturaDoCatalogo| (row.repositorio, row.numero.clone());
    let mut waiting = wanted;
    let mut ordered = Vec::new();
    loop {
        let mut progress = false;
        // Units that the file does not name stay where they are, below what it may move.
        let ready: Vec<Key> = untouched
            .iter()
            .filter(|one| {
                let parent = known.get(*one).and_then(|row| by_id.get(&row.pai_id?));
                parent.is_none_or(|parent| placed.contains_key(&key(parent)))
            })
            .cloned()
            .collect();
        for one in ready {
            let Some(row) = known.get(&one) else { continue };
            let parent = row.pai_id.and_then(|id| by_id.get(&id)).map(|parent| key(parent));
            let depth = parent.and_then(|parent| placed.get(&parent)).map_or(1, |at| at.1 + 1);
            untouched.remove(&one);
            placed.insert(one, (row.tribunal_codigo, depth));
            progress = true;
        }
        let mut still = Vec::new();
        for one in waiting {
            let parent = match one.parent() {
                None => None,
                Some(parent) => match placed.get(&parent) {
                    Some(at) => Some(*at),
                    None => {
                        still.push(one);
                        continue;
                    }
                },
            };
            progress = true;
            let tribunal = one.tribunal.or(parent.map(|parent| parent.0));
            let tribunal = tribunal.or(options.tribunal.map(|tribunal| tribunal.codigo));
            let depth = parent.map_or(1, |parent| parent.1 + 1);
            match tribunal {
                None => report.refuse(one.line, "tribunal: falta, e nada o diz; use --tribunal"),
                Some(tribunal) if parent.is_some_and(|parent| parent.0 != tribunal) => {
                    report.refuse(one.line, "pai: é de outro tribunal");
                }
                Some(_) if depth > rules::NIVEIS => {
                    report.refuse(one.line, "pai: a hierarquia tem no máximo vinte níveis");
                }
                Some(tribunal) => {
                    placed.insert(one.key(), (tribunal, depth));
                    ordered.push((one, tribunal));
                }
            }
        }
        waiting = still;
        if !progress {
            break;
        }
    }
    for one in waiting {
        report.refuse(
            one.line,
            "pai: não está no repositório nem entre as linhas aceitas, ou é parte desta",
        );
    }
    ordered
}

fn known(conn: &mut PgConnection) -> QueryResult<HashMap<Key, EstruturaDoCatalogo>> {
    let rows: Vec<EstruturaDoCatalogo> =
        Sql::new(concat!("SELECT ", da_estrutura!(), " FROM estrutura e FOR UPDATE")).load(conn)?;
    Ok(rows.into_iter().map(|row| ((row.repositorio, row.numero.clone()), row)).collect())
}

fn repositorios(conn: &mut PgConnection) -> QueryResult<HashSet<i32>> {
    #[derive(QueryableByName)]
    struct Codigo {
        #[diesel(sql_type = Integer)]
        codigo: i32,
    }
    let codigos: Vec<Codigo> =
        Sql::new("SELECT codigo FROM catalogo_item WHERE tipo = 'REPOSITORIO'").load(conn)?;
    Ok(codigos.into_iter().map(|Codigo { codigo }| codigo).collect())
}
