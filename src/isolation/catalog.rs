//! Tables, functions, roles and privileges, read from the database's own catalogue. This module
//! lists no tables and no functions, so it covers new ones without a change.

use super::probe::{json, literal, quoted};
use super::test_rows::Row;
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// A table, a view or any other readable relation. Partitions are relations too.
#[derive(Debug, Deserialize)]
pub struct Relation {
    pub oid: i64,
    pub schema: String,
    pub name: String,
    /// Whether it is a table, partitioned or not, and not a view.
    pub table: bool,
    pub columns: Vec<Column>,
    /// The columns of each unique key, with the primary key first.
    keys: Vec<Vec<String>>,
    /// The parent, the partition column and the bound of a partition. `None` for other relations.
    pub part: Option<PartitionOf>,
}

#[derive(Debug, Deserialize)]
pub struct Column {
    pub name: String,
    pub ty: String,
    /// Whether an insert may not set it, because it is `GENERATED ALWAYS`.
    pub fixed: bool,
}

#[derive(Debug, Deserialize)]
pub struct PartitionOf {
    /// The oid of the parent.
    pub of: i64,
    /// The first column of the partition key. Empty if that is an expression.
    pub column: String,
    /// The range of the partition, as PostgreSQL prints it.
    pub bound: String,
}

#[derive(Debug, Deserialize)]
pub struct Function {
    pub signature: String,
    pub name: String,
    pub arguments: Vec<String>,
    pub definer: bool,
    pub owner: String,
    /// Whether it sets its own `search_path`.
    pub fixed_path: bool,
    /// The roles that may call it, among those that [`functions`] was asked about.
    pub callers: Vec<String>,
}

/// The privileges of one role: the columns that it may read, insert or update, by the oid of their
/// table, and the oids of the tables from which it may delete.
pub struct Rights {
    read: HashMap<i64, HashSet<String>>,
    insert: HashMap<i64, HashSet<String>>,
    update: HashMap<i64, HashSet<String>>,
    delete: HashSet<i64>,
}

/// An SQL condition that leaves out the schemas of PostgreSQL itself.
const OURS: &str =
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'";

impl Relation {
    pub fn path(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// A condition that only `row` meets, for a role that may read all columns.
    pub fn named(&self, row: &Row) -> Option<String> {
        let all = || self.columns.iter().map(|column| column.name.clone()).collect();
        let key: Vec<_> = self.keys.first().cloned().unwrap_or_else(all);
        let filled: Vec<_> = key.into_iter().filter(|name| row.get(name).is_some()).collect();
        self.equal(&filled, row)
    }

    /// A condition that only `row` meets, made of columns that the role may read. `None` if it may
    /// read none that has a value.
    pub fn row_condition(&self, row: &Row, rights: &Rights) -> Option<String> {
        let readable = rights.read.get(&self.oid)?;
        let usable = |name: &String| readable.contains(name) && row.get(name).is_some();
        if let Some(key) = self.keys.iter().find(|key| key.iter().all(usable)) {
            return self.equal(key, row);
        }
        // The unique keys of a partitioned table include the partition column, which the role may
        // not be able to read. Then compare every readable column.
        let columns = self.columns.iter().map(|column| column.name.clone());
        let all: Vec<_> = columns.filter(usable).collect();
        (!all.is_empty()).then(|| self.equal(&all, row)).flatten()
    }

    fn equal(&self, key: &[String], row: &Row) -> Option<String> {
        let equal = |name: &String| {
            let column = self.columns.iter().find(|column| column.name == *name)?;
            Some(format!("{} = {}", quoted(name), row.literal(column)))
        };
        Some(key.iter().map(equal).collect::<Option<Vec<_>>>()?.join(" AND "))
    }
}

impl Rights {
    pub fn may_read(&self, relation: &Relation, column: &Column) -> bool {
        has(&self.read, relation, column)
    }

    pub fn may_insert(&self, relation: &Relation, column: &Column) -> bool {
        has(&self.insert, relation, column)
    }

    pub fn may_update(&self, relation: &Relation, column: &Column) -> bool {
        has(&self.update, relation, column)
    }

    pub fn may_delete(&self, relation: &Relation) -> bool {
        self.delete.contains(&relation.oid)
    }
}

fn has(rights: &HashMap<i64, HashSet<String>>, relation: &Relation, column: &Column) -> bool {
    rights.get(&relation.oid).is_some_and(|columns| columns.contains(&column.name))
}

pub fn relations(conn: &mut PgConnection) -> QueryResult<Vec<Relation>> {
    let sql = format!(
        "SELECT coalesce(json_agg(r ORDER BY r.name), '[]')::text AS t FROM ( \
         SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, c.relkind IN ('r', 'p', 'f') AS table, \
          (SELECT json_agg(json_build_object('name', a.attname, 'ty', format_type(a.atttypid, a.atttypmod), \
             'fixed', a.attidentity = 'a' OR a.attgenerated <> '') ORDER BY a.attnum) \
           FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns, \
          (SELECT coalesce(json_agg((SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid \
             AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) ORDER BY i.indisprimary DESC), '[]') \
           FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL) AS keys, \
          (SELECT json_build_object('of', h.inhparent::bigint, 'bound', pg_get_expr(c.relpartbound, c.oid), \
             'column', coalesce((SELECT a.attname FROM pg_attribute a WHERE a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]), '')) \
           FROM pg_inherits h JOIN pg_partitioned_table p ON p.partrelid = h.inhparent WHERE h.inhrelid = c.oid) AS part \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {OURS} \
           AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) \
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) r"
    );
    json(conn, &sql)
}

pub fn rights(conn: &mut PgConnection, role: &str) -> QueryResult<Rights> {
    let mut of = |privilege: &str| {
        let sql = format!(
            "SELECT coalesce(json_object_agg(oid, names), '{{}}')::text AS t FROM ( \
             SELECT c.oid, json_agg(a.attname) AS names FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {OURS} \
               AND has_column_privilege({}, c.oid, a.attnum, '{privilege}') GROUP BY c.oid) r",
            literal(role)
        );
        json(conn, &sql)
    };
    let (select, insert, update) = (of("SELECT")?, of("INSERT")?, of("UPDATE")?);
    let delete = json(
        conn,
        &format!(
            "SELECT coalesce(json_agg(c.oid::bigint), '[]')::text AS t FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {OURS} AND has_table_privilege({}, c.oid, 'DELETE')",
            literal(role)
        ),
    )?;
    Ok(Rights { read: select, insert, update, delete })
}

/// All functions of the application, and functions of extensions that are `SECURITY DEFINER`, but
/// no trigger functions. `roles` are the possible callers.
pub fn functions(conn: &mut PgConnection, roles: &[String]) -> QueryResult<Vec<Function>> {
    let roles: Vec<_> = roles.iter().map(|role| literal(role)).collect();
    let sql = format!(
        "SELECT coalesce(json_agg(r ORDER BY r.signature), '[]')::text AS t FROM ( \
         SELECT p.oid::regprocedure::text AS signature, format('%I.%I', n.nspname, p.proname) AS name, p.prosecdef AS definer, \
          pg_get_userbyid(p.proowner) AS owner, \
          EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=%') AS fixed_path, \
          (SELECT coalesce(json_agg(format_type(a.t, NULL) ORDER BY a.n), '[]') \
           FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a (t, n)) AS arguments, \
          (SELECT coalesce(json_agg(r), '[]') FROM unnest(ARRAY[{}]::text[]) r WHERE has_function_privilege(r, p.oid, 'EXECUTE')) AS callers \
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
         WHERE {OURS} AND p.prokind = 'f' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) \
           AND (p.prosecdef OR NOT EXISTS (SELECT FROM pg_depend d \
                WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'))) r",
        roles.join(", ")
    );
    json(conn, &sql)
}

/// Every role of the cluster.
pub fn roles(conn: &mut PgConnection) -> QueryResult<Vec<String>> {
    json(conn, "SELECT json_agg(rolname ORDER BY rolname)::text AS t FROM pg_roles")
}

/// A power that a role of the server has and must not have.
#[derive(Debug, Deserialize)]
pub struct Power {
    pub role: String,
    pub power: String,
}

/// The excess powers of the server's roles: attributes, membership in other roles, and `CREATE` on
/// the schema.
pub fn powers(conn: &mut PgConnection) -> QueryResult<Vec<Power>> {
    json(
        conn,
        "WITH ours AS (SELECT * FROM pg_roles WHERE rolname IN ('elos_app', 'elos_nacional', 'elos_auditor', 'elos_definidor', 'elos_dono')) \
         SELECT coalesce(json_agg(json_build_object('role', role, 'power', power)), '[]')::text AS t FROM ( \
          SELECT o.rolname AS role, p.power FROM ours o, LATERAL (VALUES (o.rolsuper, 'SUPERUSER'), (o.rolbypassrls, 'BYPASSRLS'), \
             (o.rolcreaterole, 'CREATEROLE'), (o.rolcreatedb, 'CREATEDB'), (o.rolreplication, 'REPLICATION'), (o.rolcanlogin, 'LOGIN')) p (has, power) \
           WHERE p.has \
          UNION ALL SELECT o.rolname, 'membro de ' || r.rolname FROM ours o JOIN pg_roles r ON r.rolname <> o.rolname \
           WHERE pg_has_role(o.rolname, r.oid, 'MEMBER') AND NOT o.rolsuper \
          UNION ALL SELECT o.rolname, 'CREATE no esquema public' FROM ours o \
           WHERE o.rolname NOT IN ('elos_dono') AND has_schema_privilege(o.rolname, 'public', 'CREATE') AND NOT o.rolsuper) x",
    )
}
