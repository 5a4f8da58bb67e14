//! Import of the items of a shared catalogue.

use super::file::Line;
use super::{Options, Report};
use crate::catalogo::item_columns;
use crate::catalogo::{GravarItem, ItemDoCatalogo, TipoDeCatalogo, rules};
use crate::db::Sql;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

pub fn import(
    conn: &mut PgConnection,
    tipo: TipoDeCatalogo,
    lines: &[Line],
    options: &Options,
    report: &mut Report,
    on_line: &impl Fn(usize, usize),
) -> QueryResult<()> {
    let known = known(conn, tipo)?;
    let mut named = HashSet::new();
    for (n, line) in lines.iter().enumerate() {
        on_line(n + 1, lines.len());
        let command = match read(line, tipo) {
            Ok(command) if !named.insert(command.codigo) => {
                report.refuse(line.number, format!("codigo: {} vem duas vezes", command.codigo));
                continue;
            }
            Ok(command) => command,
            Err(reason) => {
                report.refuse(line.number, reason);
                continue;
            }
        };
        match known.get(&command.codigo) {
            Some(current) if command.is_already(current) => report.unchanged += 1,
            Some(_) => {
                write(conn, &command, options)?;
                report.changed += 1;
            }
            None => {
                write(conn, &command, options)?;
                report.added += 1;
            }
        }
    }
    Ok(())
}

/// The item that a line describes, or the reason to refuse the line.
fn read(line: &Line, tipo: TipoDeCatalogo) -> Result<GravarItem, String> {
    let codigo = line.integer(&["codigo", "identificacao", "id"])?;
    let command = GravarItem {
        tipo,
        codigo: codigo.ok_or("codigo: o campo é obrigatório")?,
        nome: line.text(&["nome", "nomenoprodutor", "descricao"]),
        base_legal: line.text(&["baselegal", "base_legal"]),
        ativo: line.boolean(&["ativo", "status"], true)?,
        versao_esperada: None,
    };
    match rules::item(&command).first() {
        None => Ok(command),
        Some(refusal) => Err(format!("{}: {}", refusal.campo.join("."), refusal.mensagem)),
    }
}

fn known(
    conn: &mut PgConnection,
    tipo: TipoDeCatalogo,
) -> QueryResult<HashMap<i32, ItemDoCatalogo>> {
    let items: Vec<ItemDoCatalogo> =
        Sql::new(concat!("SELECT ", item_columns!(), " FROM catalogo_item i WHERE i.tipo = "))
            .bind(tipo.text().to_owned())
            .push(" FOR UPDATE")
            .load(conn)?;
    Ok(items.into_iter().map(|item| (item.codigo, item)).collect())
}

fn write(conn: &mut PgConnection, command: &GravarItem, options: &Options) -> QueryResult<()> {
    Sql::new("INSERT INTO catalogo_item AS i (tipo, codigo, nome, base_legal, ativo, atualizado_em) VALUES (")
        .bind_all([
            command.tipo.text().to_owned().into(),
            command.codigo.into(),
            command.nome.clone().into(),
            command.base_legal.clone().into(),
            command.ativo.into(),
            options.now.into(),
        ])
        .push(
            ") ON CONFLICT (tipo, codigo) DO UPDATE SET nome = excluded.nome, base_legal = excluded.base_legal, \
             ativo = excluded.ativo, versao = i.versao + 1, atualizado_em = excluded.atualizado_em",
        )
        .execute(conn)?;
    Ok(())
}
