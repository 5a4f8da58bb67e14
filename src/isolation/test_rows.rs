//! Throw-away rows of two tribunals, in every table that holds rows of a tribunal, with names and
//! numbers that occur nowhere else.

use super::catalog::{Column, Relation};
use super::probe::{json, literal, quoted, text};
use crate::processo::NumeroProcesso;
use crate::value::cpf::Cpf;
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A row: each value as PostgreSQL writes it, by the name of its column. `None` is NULL.
#[derive(Debug, Clone, Deserialize)]
pub struct Row(BTreeMap<String, Option<String>>);

impl Row {
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column)?.as_deref()
    }

    /// The value of a column as an SQL literal, with its type.
    pub fn literal(&self, column: &Column) -> String {
        match self.get(&column.name) {
            Some(value) => format!("{}::{}", literal(value), column.ty),
            None => format!("NULL::{}", column.ty),
        }
    }

    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().flatten().map(String::as_str)
    }
}

/// The rows of one tribunal.
pub struct TribunalRows {
    pub tribunal: i16,
    /// The rows by the oid of their relation.
    rows: HashMap<i64, Vec<Row>>,
    /// The oid of each table, by its name. Partitions are not in it.
    names: HashMap<&'static str, i64>,
}

impl TribunalRows {
    pub fn of(&self, relation: &Relation) -> &[Row] {
        self.rows.get(&relation.oid).map_or(&[], Vec::as_slice)
    }

    /// The first row of the table with this name.
    pub fn first(&self, table: &str) -> Option<&Row> {
        self.named(table).first()
    }

    pub fn named(&self, table: &str) -> &[Row] {
        let rows = self.names.get(table).and_then(|oid| self.rows.get(oid));
        rows.map_or(&[], Vec::as_slice)
    }

    /// A value of the first row of a table, or an empty text if there is none.
    pub fn value(&self, table: &str, column: &str) -> &str {
        self.first(table).and_then(|row| row.get(column)).unwrap_or_default()
    }

    pub fn all(&self) -> impl Iterator<Item = (i64, &Row)> {
        self.rows.iter().flat_map(|(oid, rows)| rows.iter().map(|row| (*oid, row)))
    }
}

/// The rows of A, which makes the attempts, and of B, whose rows A must not reach.
pub struct TestRows {
    pub a: TribunalRows,
    pub b: TribunalRows,
}

/// The ids of throw-away rows begin here: far above the sequences of any live database, and still
/// within an `int`.
const BASE: u32 = 2_000_000_000;

/// Inserts the rows of both tribunals, as the owner of the tables.
pub fn make(conn: &mut PgConnection, relations: &[Relation]) -> QueryResult<TestRows> {
    let codes = text(
        conn,
        "SELECT string_agg(codigo::text, ' ' ORDER BY codigo) AS t FROM (SELECT codigo FROM tribunal ORDER BY codigo LIMIT 3) c",
    )?;
    let codes: Vec<i16> = codes.split(' ').filter_map(|code| code.parse().ok()).collect();
    let [a, b, other] = *codes else { return Err(diesel::result::Error::NotFound) };
    // Seven random digits, so that two runs at the same time use different values.
    let seed = u32::try_from(Uuid::new_v4().as_u128() % 9_000_000).unwrap_or_default() + 1_000_000;
    let mut insert =
        |tribunal, seed| RowInserter::new(conn, relations, tribunal, other, seed).insert_all();
    Ok(TestRows { a: insert(a, seed)?, b: insert(b, seed + 1)? })
}

struct RowInserter<'a> {
    conn: &'a mut PgConnection,
    relations: &'a [Relation],
    /// The other party of the trâmites: neither A nor B.
    other: i16,
    seed: u32,
    inserted: TribunalRows,
}

impl<'a> RowInserter<'a> {
    fn new(
        conn: &'a mut PgConnection,
        relations: &'a [Relation],
        tribunal: i16,
        other: i16,
        seed: u32,
    ) -> Self {
        let inserted = TribunalRows { tribunal, rows: HashMap::new(), names: HashMap::new() };
        Self { conn, relations, other, seed, inserted }
    }

    fn insert_all(mut self) -> QueryResult<TribunalRows> {
        self.people()?;
        self.guias()?;
        self.tramites()?;
        self.files()?;
        self.clients()?;
        self.trail()?;
        self.partitions()?;
        Ok(self.inserted)
    }

    /// The id of the row number `kind` of a table. Each tribunal has a range of 16 ids.
    fn id(&self, kind: u32) -> String {
        (BASE + (self.seed - 1_000_000) * 16 + kind).to_string()
    }

    /// Inserts a row and keeps it. The values are SQL expressions.
    fn insert(&mut self, table: &'static str, columns: &[(&str, String)]) -> QueryResult<()> {
        let relation = self.relation(table)?;
        let names: Vec<_> = columns.iter().map(|(name, _)| quoted(name)).collect();
        let values: Vec<_> = columns.iter().map(|(_, value)| value.as_str()).collect();
        let sql = format!(
            "INSERT INTO {} AS x ({}) OVERRIDING SYSTEM VALUE VALUES ({}) RETURNING {} AS t",
            relation.path(),
            names.join(", "),
            values.join(", "),
            as_json(relation, "x")
        );
        let oid = relation.oid;
        let row = json(self.conn, &sql)?;
        self.inserted.names.insert(table, oid);
        self.inserted.rows.entry(oid).or_default().push(row);
        Ok(())
    }

    fn relation(&self, table: &str) -> QueryResult<&'a Relation> {
        let found = self
            .relations
            .iter()
            .find(|relation| relation.name == table && relation.part.is_none());
        found.ok_or_else(|| {
            diesel::result::Error::QueryBuilderError(format!("não há a tabela {table}").into())
        })
    }

    fn tribunal(&self) -> (&'static str, String) {
        ("tribunal_codigo", self.inserted.tribunal.to_string())
    }

    /// A text that occurs only in the rows of this tribunal.
    fn unique_text(&self, what: &str) -> String {
        format!("'{what}{}'", self.seed)
    }

    fn people(&mut self) -> QueryResult<()> {
        let (seed, code) = (self.seed, self.inserted.tribunal);
        let tribunal = self.tribunal();
        let now = |name| (name, "now()".to_owned());
        let number = |n: u32, origin| {
            format!("'{}'", NumeroProcesso::synthetic(n, 1990, code, origin).digits())
        };
        let cpf = |n: u32| format!("'{}'", Cpf::synthetic(n).unmasked());
        // The first adolescente is in both processos, the second is only in the apuração, and the
        // third is in neither.
        for n in 0..3 {
            self.insert(
                "adolescente",
                &[
                    ("id", self.id(n)),
                    tribunal.clone(),
                    ("identificador", format!("'199{n}0{seed}'")),
                    ("nome", format!("'Elosprova{n}{seed}'")),
                    ("sobrenome", format!("'Ficticia{n}{seed}'")),
                    ("nome_mae", format!("'Elosmae{n}{seed}'")),
                    ("data_nascimento", "'2010-02-01'".into()),
                    ("sexo_biologico", "'FEMININO'".into()),
                    ("cpf", cpf(100_000_000 * (n + 1) + seed)),
                    now("criado_em"),
                    now("atualizado_em"),
                ],
            )?;
        }
        let processo = |id: String, number: String, kind: &str, of: String| {
            [
                ("id", id),
                tribunal.clone(),
                ("numero", number),
                ("tipo", format!("'{kind}'")),
                ("id_orgao", "1".into()),
                ("app_name_sistema_tribunal", format!("'elosprova{seed}'")),
                ("numero_referencia", of),
                ("magistrado_nome", format!("'Elosjuiza{seed}'")),
                ("magistrado_cpf", cpf(800_000_000 + seed)),
                ("serventuario_cpf", cpf(700_000_000 + seed)),
                now("criado_em"),
                now("atualizado_em"),
            ]
        };
        let (apuracao, execucao) = (number(seed, 9991), number(seed, 9992));
        let kinds =
            ["PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL", "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS"];
        self.insert("processo", &processo(self.id(0), apuracao.clone(), kinds[0], "NULL".into()))?;
        self.insert("processo", &processo(self.id(1), execucao, kinds[1], apuracao))?;
        for (n, (processo, adolescente)) in (0..).zip([(0, 0), (0, 1), (1, 0)]) {
            self.insert(
                "vinculo",
                &[
                    ("id", self.id(n)),
                    tribunal.clone(),
                    ("processo_id", self.id(processo)),
                    ("adolescente_id", self.id(adolescente)),
                    now("iniciado_em"),
                ],
            )?;
        }
        self.insert(
            "rascunho",
            &[
                ("id", self.id(0)),
                tribunal.clone(),
                ("app_name_sistema_tribunal", self.unique_text("elosprova")),
                ("dados", format!(r#"'{{"prova":"elos{seed}"}}'"#)),
                now("criado_em"),
            ],
        )?;
        let hash = format!("sha256('{seed}'::bytea)");
        self.insert(
            "chave_idempotencia",
            &[
                tribunal,
                ("credencial", self.unique_text("azp:elosprova")),
                ("operacao", "'elosprova'".into()),
                ("chave", hash.clone()),
                ("entrada", hash),
                now("criada_em"),
            ],
        )
    }

    fn guias(&mut self) -> QueryResult<()> {
        let (seed, tribunal) = (self.seed, self.tribunal());
        let cpf = |n: u32| format!("'{}'", Cpf::synthetic(n + seed).unmasked());
        self.insert(
            "guia",
            &[
                ("id", self.id(0)),
                tribunal.clone(),
                ("numero", format!("'19900{seed}'")),
                ("tipo", "'DEFINITIVA'".into()),
                ("adolescente_id", self.id(0)),
                ("apuracao_id", self.id(0)),
                ("execucao_id", self.id(1)),
                ("magistrado_cpf", cpf(600_000_000)),
                ("serventuario_cpf", cpf(500_000_000)),
                ("serventuario_cargo", self.unique_text("Eloscargo")),
                ("codigo_tpu_medida", "'1'".into()),
                ("data_sentenca", "'2020-01-02'".into()),
                ("data_transito_julgado", "'2020-02-03'".into()),
                ("criado_em", "now()".into()),
                ("atualizado_em", "now()".into()),
            ],
        )?;
        self.insert(
            "ato_infracional",
            &[
                ("id", self.id(0)),
                tribunal.clone(),
                ("guia_id", self.id(0)),
                ("codigo_tpu", "'1'".into()),
                ("descricao", self.unique_text("Elosato")),
            ],
        )?;
        self.insert(
            "documento_da_guia",
            &[
                ("id", self.id(0)),
                tribunal.clone(),
                ("guia_id", self.id(0)),
                ("tipo", self.unique_text("Elosdocumento")),
            ],
        )?;
        self.insert(
            "evento",
            &[
                ("id", self.id(0)),
                // The xid of a transaction that ended long ago, because readers skip the rows of an
                // open transaction.
                ("xid", "'3'".into()),
                tribunal,
                ("tipo", "'GUIA_EMITIDA'".into()),
                ("processo_id", self.id(0)),
                ("adolescente_id", self.id(0)),
                ("guia_id", self.id(0)),
                ("ocorrido_em", "now()".into()),
                ("ator_sub", self.unique_text("elosprova")),
            ],
        )
    }

    /// Trâmites that this tribunal sends and receives, in the situações that allow a step. The
    /// other party is neither A nor B.
    fn tramites(&mut self) -> QueryResult<()> {
        let (seed, code, other) = (self.seed, self.inserted.tribunal, self.other);
        let now = |name| (name, "now()".to_owned());
        let estrutura = |id: String, number: String, tribunal: i16| {
            [
                ("id", id),
                ("repositorio", "1".to_owned()),
                ("numero", number),
                ("nome", format!("'Elosorgao{seed}'")),
                ("tribunal_codigo", tribunal.to_string()),
            ]
        };
        self.insert("estrutura", &estrutura(self.id(0), format!("'91{seed}'"), code))?;
        self.insert("estrutura", &estrutura(self.id(1), format!("'92{seed}'"), other))?;
        let (this, that) = ((0, code), (1, other));
        let all =
            [(this, that, 2), (that, this, 2), (that, this, 4), (this, that, 5), (this, that, 8)];
        for (n, (from, to, situacao)) in (0..).zip(all) {
            let when =
                |there: bool, what: &str| if there { what.into() } else { "NULL".to_owned() };
            let (received, refused) = (situacao == 5, situacao == 8);
            let nre = format!("'{n}9{seed}0001990'");
            let key = format!("'ELOSPROVA{n}{seed}'");
            self.insert(
                "registro_eletronico",
                &[
                    ("id", self.id(n)),
                    ("nre", nre.clone()),
                    ("protocolo", key.clone()),
                    ("protocolo_chave", key.clone()),
                    ("tipo_protocolo", "'LIVRE'".into()),
                    now("criado_em"),
                ],
            )?;
            self.insert(
                "registro_no_sistema",
                &[
                    ("tribunal_codigo", from.1.to_string()),
                    ("nre", nre.clone()),
                    ("protocolo_chave", key),
                    now("criado_em"),
                ],
            )?;
            self.insert(
                "tramite",
                &[
                    ("idt", self.id(n)),
                    ("xid", "'3'".into()),
                    ("nre", nre),
                    ("remetente_id", self.id(from.0)),
                    ("remetente_tribunal", from.1.to_string()),
                    ("destinatario_id", self.id(to.0)),
                    ("destinatario_tribunal", to.1.to_string()),
                    ("situacao", situacao.to_string()),
                    ("data_de_recebimento", when(received, "now()")),
                    ("recibo_em", when(received, "now()")),
                    ("recibo_assinado", when(received, "false")),
                    ("motivo_recusa", when(refused, "'99'")),
                    ("justificativa", when(refused, "'elosprova'")),
                    ("devolucao", "false".into()),
                    ("nre_informado", "false".into()),
                    ("descricao", self.unique_text("Elostramite")),
                    ("nivel_de_sigilo", "1".into()),
                    ("urgente", "false".into()),
                    now("criado_em"),
                    now("atualizado_em"),
                    now("completo_em"),
                ],
            )?;
        }
        self.insert(
            "mudanca_de_situacao",
            &[
                ("id", self.id(0)),
                ("idt", self.id(0)),
                ("situacao", "1".into()),
                now("ocorrida_em"),
                ("por", "'REMETENTE'".into()),
            ],
        )
    }

    fn files(&mut self) -> QueryResult<()> {
        let (seed, code, other) = (self.seed, self.inserted.tribunal, self.other);
        let (nre, key) = (format!("'09{seed}0001990'"), format!("'ELOSPROVA0{seed}'"));
        let now = |name| (name, "now()".to_owned());
        // Insert the files of a trâmite that this tribunal sends, and of one that it receives.
        for (n, idt) in [(0, 0), (1, 2)] {
            let key = format!("'ELOSPROVA{idt}{seed}'");
            self.insert(
                "conteudo",
                &[("id", self.id(n)), ("idt", self.id(idt)), now("criado_em")],
            )?;
            self.insert(
                "conteudo_parte",
                &[
                    ("conteudo_id", self.id(n)),
                    ("ordem", "0".into()),
                    ("bytes", format!("'elosbytes{seed}'::bytea")),
                ],
            )?;
            self.insert(
                "componente",
                &[
                    ("id", self.id(n)),
                    ("idt", self.id(idt)),
                    ("protocolo", key.clone()),
                    ("protocolo_chave", key),
                    ("documento", "1".into()),
                    ("ordem", "1".into()),
                    ("hash", format!("encode(sha256('elosbytes{seed}'::bytea), 'base64')")),
                    ("tamanho", "16".into()),
                    ("solicitado", "true".into()),
                    ("conteudo_id", self.id(n)),
                    now("recebido_em"),
                ],
            )?;
            self.insert(
                "parte_enviada",
                &[
                    ("conteudo_id", self.id(n)),
                    ("idt", self.id(idt)),
                    ("protocolo_chave", format!("'ELOSPROVA{idt}{seed}'")),
                    ("hash", format!("encode(sha256('elosbytes{seed}'::bytea), 'base64')")),
                    ("inicio", "0".into()),
                    ("fim", "16".into()),
                ],
            )?;
        }
        self.insert(
            "pedido_de_vinculo",
            &[
                ("id", self.id(0)),
                self.tribunal(),
                ("nre", nre.clone()),
                ("protocolo_chave", key),
                ("parte_id", self.id(0)),
                ("herdeira_id", self.id(1)),
                ("justificativa", self.unique_text("Elosporque")),
                ("autor", self.unique_text("elosprova")),
                now("pedido_em"),
            ],
        )?;
        self.insert(
            "heranca",
            &[
                ("id", self.id(0)),
                ("nre", nre),
                ("de_tribunal", code.to_string()),
                ("para_tribunal", other.to_string()),
                ("depois_do_idt", self.id(0)),
                now("ocorrida_em"),
            ],
        )
    }

    /// Inserts a client that the server knows, and an item of a catalogue.
    fn clients(&mut self) -> QueryResult<()> {
        let seed = self.seed;
        self.insert(
            "credencial",
            &[
                ("azp", self.unique_text("elosprova")),
                self.tribunal(),
                ("papeis", "'{pse-consulta}'".into()),
            ],
        )?;
        self.insert(
            "credencial_estrutura",
            &[
                ("azp", self.unique_text("elosprova")),
                self.tribunal(),
                ("estrutura_id", self.id(0)),
            ],
        )?;
        self.insert(
            "certificado",
            &[
                ("impressao", format!("encode(sha256('{seed}'::bytea), 'hex')")),
                ("azp", self.unique_text("elosprova")),
                ("valido_de", "now()".into()),
                ("valido_ate", "now() + interval '1 day'".into()),
            ],
        )?;
        self.insert(
            "catalogo_item",
            &[
                ("id", self.id(0)),
                ("tipo", "'ESPECIE'".into()),
                ("codigo", seed.to_string()),
                ("nome", self.unique_text("Elosespecie")),
            ],
        )
    }

    fn trail(&mut self) -> QueryResult<()> {
        let (seed, tribunal) = (self.seed, self.tribunal());
        let adolescente = format!("ARRAY[{}::bigint * 8 + 1]", self.id(0));
        let month = "date_trunc('month', now() AT TIME ZONE 'UTC')::date".to_owned();
        self.insert(
            "auditoria",
            &[
                ("id", self.id(0)),
                ("xid", "'3'".into()),
                tribunal.clone(),
                ("ocorrido_em", "now()".into()),
                ("sub", self.unique_text("elosprova")),
                ("azp", self.unique_text("elosprova")),
                ("canal", "'REST'".into()),
                ("operacao", self.unique_text("elosprova")),
                ("especie", "'LEITURA'".into()),
                ("resultado", "'OK'".into()),
                ("status", "200".into()),
                ("recursos", adolescente.clone()),
                ("campos_sensiveis", "'{}'".into()),
                ("correlacao", self.unique_text("elosprova")),
            ],
        )?;
        self.insert(
            "selo",
            &[
                tribunal,
                // The position is beyond the end of the chain, so that the next seal does not wait
                // for this uncommitted row.
                ("ordem", format!("9000000000{seed}")),
                ("ate_xid", "'3'".into()),
                ("ate_id", self.id(0)),
                ("ids", format!("ARRAY[{}::bigint]", self.id(0))),
                ("resumos", format!("substr(sha256('{seed}'::bytea), 1, 16)")),
                ("recursos", adolescente),
                ("anterior", format!("sha256('{seed}'::bytea)")),
                ("hash", format!("sha256('{seed}'::bytea)")),
                ("selado_em", "now()".into()),
                ("mes", month.clone()),
            ],
        )?;
        self.insert(
            "trilha_arquivada",
            &[
                self.tribunal(),
                ("de_ordem", format!("8000000000{seed}")),
                ("ate_ordem", format!("8000000000{seed}")),
                ("mes", month),
                ("anterior", format!("sha256('{seed}'::bytea)")),
                ("hash", format!("sha256('{seed}'::bytea)")),
                ("registros", "1".into()),
                ("ate_xid", "'3'".into()),
                ("ate_id", self.id(0)),
                ("arquivo", self.unique_text("elosprova")),
                ("arquivo_sha256", format!("sha256('{seed}'::bytea)")),
            ],
        )?;
        self.insert(
            "auditoria_recusada",
            &[
                ("sqlstate", "'22000'".into()),
                ("motivo", self.unique_text("elosprova")),
                ("registro", format!("sha256('{seed}'::bytea)")),
            ],
        )?;
        // The rows of the table `tribunal` exist already.
        let table = self.relation("tribunal")?;
        let sql = format!(
            "SELECT {} AS t FROM tribunal x WHERE codigo = {}",
            as_json(table, "x"),
            self.inserted.tribunal
        );
        let found = json(self.conn, &sql)?;
        self.inserted.names.insert("tribunal", table.oid);
        self.inserted.rows.insert(table.oid, vec![found]);
        Ok(())
    }

    /// Copies a row of the parent into each of its partitions, because a query on a partition does
    /// not go through the policies of the parent.
    fn partitions(&mut self) -> QueryResult<()> {
        for relation in self.relations {
            let Some(part) = &relation.part else { continue };
            let Some(from) = first_value(&part.bound) else { continue };
            let Some(parent_row) = self.inserted.rows.get(&part.of).and_then(|rows| rows.first())
            else {
                continue;
            };
            let insertable: Vec<_> =
                relation.columns.iter().filter(|column| !column.fixed).collect();
            let value = |column: &&Column| match column.name == part.column {
                true => format!("{}::{}", literal(from), column.ty),
                false => parent_row.literal(column),
            };
            let sql = format!(
                "INSERT INTO {} AS x ({}) VALUES ({}) ON CONFLICT DO NOTHING RETURNING {} AS t",
                relation.path(),
                insertable.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", "),
                insertable.iter().map(value).collect::<Vec<_>>().join(", "),
                as_json(relation, "x")
            );
            let partition_row = match json(self.conn, &sql) {
                Ok(row) => row,
                // The insert into the parent put this row into the partition.
                Err(diesel::result::Error::NotFound) => parent_row.clone(),
                Err(error) => return Err(error),
            };
            self.inserted.rows.insert(relation.oid, vec![partition_row]);
        }
        Ok(())
    }
}

/// The value at which a range begins: `FOR VALUES FROM ('2026-11-01') TO (…)`. `None` for a
/// partition that is no range.
fn first_value(bound: &str) -> Option<&str> {
    if bound.contains("FROM (MINVALUE)") {
        return Some("-infinity");
    }
    let (_, rest) = bound.split_once("FROM ('")?;
    Some(rest.split_once('\'')?.0)
}

/// The columns of `alias` as a JSON object of texts.
fn as_json(relation: &Relation, alias: &str) -> String {
    let names: Vec<_> = relation.columns.iter().map(|column| literal(&column.name)).collect();
    let values: Vec<_> = relation
        .columns
        .iter()
        .map(|column| format!("{alias}.{}::text", quoted(&column.name)))
        .collect();
    format!("json_object(ARRAY[{}], ARRAY[{}])::text", names.join(", "), values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::first_value;

    #[test]
    fn the_first_value_of_a_range_is_parsed() {
        let bound = "FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')";
        assert_eq!(first_value(bound), Some("2026-11-01 00:00:00+00"));
        assert_eq!(first_value("DEFAULT"), None);
        // The partition column is a date or a time, and the smallest value of both is `-infinity`.
        assert_eq!(first_value("FOR VALUES FROM (MINVALUE) TO ('2026-12-01')"), Some("-infinity"));
    }
}
