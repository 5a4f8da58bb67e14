//! Items of a shared catalogue, brought in from a file.

use super::file::Line;
use super::{Options, Report};
use crate::catalogo::store::do_item;
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
    seen: &impl Fn(usize, usize),
) -> QueryResult<()> {
    let known = known(conn, tipo)?;
    let mut named = HashSet::new();
    for (n, line) in lines.iter().enumerate() {
        seen(n + 1, lines.len());
        let comando = match read(line, tipo) {
            Ok(comando) if !named.insert(comando.codigo) => {
                report.refuse(line.number, format!("codigo: {} vem duas vezes", comando.codigo));
                continue;
            }
            Ok(comando) => comando,
            Err(reason) => {
                report.refuse(line.number, reason);
                continue;
            }
        };
        match known.get(&comando.codigo) {
            Some(atual) if comando.is_already(atual) => report.unchanged += 1,
            Some(_) => {
                write(conn, &comando, options)?;
                report.changed += 1;
            }
            None => {
                write(conn, &comando, options)?;
                report.added += 1;
            }
        }
    }
    Ok(())
}

/// A line as the item that it asks for, or why it is none.
fn read(line: &Line, tipo: TipoDeCatalogo) -> Result<GravarItem, String> {
    let codigo = line.integer(&["codigo", "identificacao", "id"])?;
    let comando = GravarItem {
        tipo,
        codigo: codigo.ok_or("codigo: o campo é obrigatório")?,
        nome: line.text(&["nome", "nomenoprodutor", "descricao"]),
        base_legal: line.text(&["baselegal", "base_legal"]),
        ativo: line.boolean(&["ativo", "status"], true)?,
        versao_esperada: None,
    };
    match rules::item(&comando).first() {
        None => Ok(comando),
        Some(recusa) => Err(format!("{}: {}", recusa.campo.join("."), recusa.mensagem)),
    }
}

fn known(
    conn: &mut PgConnection,
    tipo: TipoDeCatalogo,
) -> QueryResult<HashMap<i32, ItemDoCatalogo>> {
    let itens: Vec<ItemDoCatalogo> =
        Sql::new(concat!("SELECT ", do_item!(), " FROM catalogo_item i WHERE i.tipo = "))
            .bind(tipo.texto().to_owned())
            .push(" FOR UPDATE")
            .load(conn)?;
    Ok(itens.into_iter().map(|item| (item.codigo, item)).collect())
}

fn write(conn: &mut PgConnection, comando: &GravarItem, options: &Options) -> QueryResult<()> {
    Sql::new("INSERT INTO catalogo_item AS i (tipo, codigo, nome, base_legal, ativo, atualizado_em) VALUES (")
        .bind(comando.tipo.texto().to_owned())
        .push(", ")
        .bind(comando.codigo)
        .push(", ")
        .bind(comando.nome.clone())
        .push(", ")
        .bind(comando.base_legal.clone())
        .push(", ")
        .bind(comando.ativo)
        .push(", ")
        .bind(options.now)
        .push(
            ") ON CONFLICT (tipo, codigo) DO UPDATE SET nome = excluded.nome, base_legal = excluded.base_legal, \
             ativo = excluded.ativo, versao = i.versao + 1, atualizado_em = excluded.atualizado_em",
        )
        .execute(conn)?;
    Ok(())
}
