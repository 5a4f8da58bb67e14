//! Import of estruturas. An estrutura may come before its parent in the file.

use super::file::Line;
use super::{Options, Report};
use crate::catalogo::store::NewEstrutura;
use crate::catalogo::{EstruturaDoCatalogo, GravarEstrutura, estrutura_columns, rules};
use crate::db::Sql;
use crate::tramite::EstruturaAddress;
use crate::value::tribunal::Tribunal;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};
use std::iter;

type Key = (i32, String);

const TOO_DEEP: &str = "pai: a hierarquia tem no máximo vinte níveis";

/// A line that passed the checks that need no other line.
struct Wanted {
    line: usize,
    command: GravarEstrutura,
    /// The tribunal of the existing row or, without one, of the line. `None` if neither gives one.
    tribunal: Option<i16>,
}

impl Wanted {
    fn key(&self) -> Key {
        (self.command.endereco.repositorio, self.command.endereco.numero.clone())
    }

    fn parent(&self) -> Option<Key> {
        Some((self.command.endereco.repositorio, self.command.pai.clone()?))
    }
}

pub fn import(
    conn: &mut PgConnection,
    lines: &[Line],
    options: &Options,
    report: &mut Report,
    on_line: &impl Fn(usize, usize),
) -> QueryResult<()> {
    let known = known(conn)?;
    let repositorios = repositorios(conn)?;
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut named = HashSet::new();
    for line in lines {
        match read(line, options, &known, &repositorios) {
            Ok(estrutura) if !named.insert(estrutura.key()) => {
                let numero = &estrutura.command.endereco.numero;
                report.refuse(line.number, format!("numero: {numero} vem duas vezes"));
            }
            Ok(estrutura) => wanted.push(estrutura),
            Err(reason) => report.refuse(line.number, reason),
        }
    }
    let mut ordered = in_order(wanted, &known, options, report);
    take_back_moves(&mut ordered, &known, report);
    let mut ids: HashMap<Key, i64> = known.iter().map(|(key, row)| (key.clone(), row.id)).collect();
    let all = ordered.len();
    for (n, (estrutura, tribunal)) in ordered.into_iter().enumerate() {
        on_line(n + 1, all);
        let pai_id = estrutura.parent().and_then(|parent| ids.get(&parent).copied());
        let new = NewEstrutura { command: &estrutura.command, pai_id, tribunal, now: options.now };
        match known.get(&estrutura.key()) {
            Some(row) if estrutura.command.is_already(row, pai_id) => report.unchanged += 1,
            Some(row) => {
                new.update(conn, row.id)?;
                report.changed += 1;
            }
            None => {
                ids.insert(estrutura.key(), new.insert(conn)?);
                report.added += 1;
            }
        }
    }
    Ok(())
}

/// The estrutura that a line describes, or the reason to refuse the line.
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
    let command = GravarEstrutura {
        endereco: EstruturaAddress { repositorio, numero },
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
    if let Some(refusal) = rules::estrutura_shape(&command).first() {
        return Err(format!("{}: {}", refusal.campo.join("."), refusal.mensagem));
    }
    if !repositorios.contains(&repositorio) {
        return Err(format!("repositorio: {repositorio} não está no catálogo"));
    }
    let tribunal = line.text(&["tribunal"]).map(|text| {
        let tribunal = Tribunal::from_text(&text).map(|tribunal| tribunal.code);
        tribunal.ok_or("tribunal: desconhecido; use, por exemplo, 8.20")
    });
    let tribunal = tribunal.transpose()?;
    let key = (repositorio, command.endereco.numero.clone());
    let current = known.get(&key).map(|row| row.tribunal_codigo);
    if current.zip(tribunal).is_some_and(|(current, tribunal)| current != tribunal) {
        return Err("tribunal: a estrutura com este número é de outro".into());
    }
    Ok(Wanted { line: line.number, command, tribunal: current.or(tribunal) })
}

/// The estruturas to write, each after its parent and with its tribunal. A line without a tribunal
/// takes its parent's or, without a parent, that of `options`. Reports the lines that it refuses:
/// no tribunal, a parent that is missing or of another tribunal, a hierarchy that is too deep.
fn in_order(
    wanted: Vec<Wanted>,
    known: &HashMap<Key, EstruturaDoCatalogo>,
    options: &Options,
    report: &mut Report,
) -> Vec<(Wanted, i16)> {
    // The tribunal and the depth of each estrutura as it will be after the import.
    let mut placed: HashMap<Key, (i16, usize)> = HashMap::new();
    let mut untouched: HashSet<Key> = known.keys().cloned().collect();
    for estrutura in &wanted {
        untouched.remove(&estrutura.key());
    }
    let by_id: HashMap<i64, &EstruturaDoCatalogo> =
        known.values().map(|row| (row.id, row)).collect();
    let key_of = |row: &EstruturaDoCatalogo| (row.repositorio, row.numero.clone());
    let mut waiting = wanted;
    let mut ordered = Vec::new();
    loop {
        let mut progress = false;
        // Estruturas that no accepted line names keep their parents, but the file may move those
        // parents.
        let ready: Vec<Key> = untouched
            .iter()
            .filter(|key| {
                let parent = known.get(*key).and_then(|row| by_id.get(&row.pai_id?));
                parent.is_none_or(|parent| placed.contains_key(&key_of(parent)))
            })
            .cloned()
            .collect();
        for key in ready {
            let Some(row) = known.get(&key) else { continue };
            let parent = row.pai_id.and_then(|id| by_id.get(&id)).map(|parent| key_of(parent));
            let depth = parent.and_then(|parent| placed.get(&parent)).map_or(1, |at| at.1 + 1);
            untouched.remove(&key);
            placed.insert(key, (row.tribunal_codigo, depth));
            progress = true;
        }
        let mut blocked = Vec::new();
        for estrutura in waiting {
            let parent = match estrutura.parent() {
                None => None,
                Some(parent) => match placed.get(&parent) {
                    Some(at) => Some(*at),
                    None => {
                        blocked.push(estrutura);
                        continue;
                    }
                },
            };
            progress = true;
            let tribunal = estrutura.tribunal.or(parent.map(|parent| parent.0));
            let tribunal = tribunal.or(options.tribunal.map(|tribunal| tribunal.code));
            let depth = parent.map_or(1, |parent| parent.1 + 1);
            match tribunal {
                None => {
                    report.refuse(estrutura.line, "tribunal: falta, e nada o diz; use --tribunal");
                }
                Some(tribunal) if parent.is_some_and(|parent| parent.0 != tribunal) => {
                    report.refuse(estrutura.line, "pai: é de outro tribunal");
                }
                Some(_) if depth > rules::MAX_LEVELS => report.refuse(estrutura.line, TOO_DEEP),
                Some(tribunal) => {
                    placed.insert(estrutura.key(), (tribunal, depth));
                    ordered.push((estrutura, tribunal));
                }
            }
        }
        waiting = blocked;
        if !progress {
            break;
        }
    }
    for estrutura in waiting {
        report.refuse(
            estrutura.line,
            "pai: não está no repositório nem entre as linhas aceitas, ou é parte desta",
        );
    }
    ordered
}

/// Refuses the lines that would push other rows below the last level. Those rows keep the parent
/// that they have, because the file does not name them, or because it refused their lines.
fn take_back_moves(
    ordered: &mut Vec<(Wanted, i16)>,
    known: &HashMap<Key, EstruturaDoCatalogo>,
    report: &mut Report,
) {
    let by_id: HashMap<i64, &Key> = known.iter().map(|(key, row)| (row.id, key)).collect();
    let mut parents: HashMap<Key, Option<Key>> = HashMap::new();
    for (key, row) in known {
        let parent = row.pai_id.and_then(|id| by_id.get(&id)).map(|parent| (*parent).clone());
        parents.insert(key.clone(), parent);
    }
    loop {
        let mut after = parents.clone();
        after.extend(ordered.iter().map(|(line, _)| (line.key(), line.parent())));
        let is_moved = |key: &Key| after.get(key) != parents.get(key);
        let mut taken_back = HashSet::new();
        for key in after.keys() {
            let ancestry: Vec<&Key> = iter::successors(Some(key), |key| after.get(*key)?.as_ref())
                .take(rules::MAX_LEVELS + 1)
                .collect();
            if ancestry.len() > rules::MAX_LEVELS {
                taken_back.extend(ancestry.into_iter().find(|key| is_moved(key)).cloned());
            }
        }
        if taken_back.is_empty() {
            return;
        }
        ordered.retain(|(line, _)| {
            let stays = !taken_back.contains(&line.key());
            if !stays {
                report.refuse(line.line, TOO_DEEP);
            }
            stays
        });
    }
}

fn known(conn: &mut PgConnection) -> QueryResult<HashMap<Key, EstruturaDoCatalogo>> {
    let rows: Vec<EstruturaDoCatalogo> =
        Sql::new(concat!("SELECT ", estrutura_columns!(), " FROM estrutura e FOR UPDATE"))
            .load(conn)?;
    Ok(rows.into_iter().map(|row| ((row.repositorio, row.numero.clone()), row)).collect())
}

fn repositorios(conn: &mut PgConnection) -> QueryResult<HashSet<i32>> {
    let codes = Sql::new("SELECT codigo FROM catalogo_item WHERE tipo = 'REPOSITORIO'");
    Ok(codes.rows(conn)?.into_iter().collect())
}
