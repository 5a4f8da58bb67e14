//! An attacker who knows every true margin asks hundreds of questions at random under each of five
//! keys (10,000 in all in the extended run), keeps every answer, and then names the cells of fewer
//! than 5 rows. A second person is told the margins alone.

use super::{BY_ORGAO, Cells, truth};
use crate::support::{Database, Rng, Template, rounds};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use elos::db::Sql;
use std::collections::{BTreeMap, BTreeSet};

/// The name of each dimension, and its expression in the SQL of the true counts.
const DIMENSIONS: [(&str, &str); 3] =
    [("TRIBUNAL", "tribunal_codigo::text"), ("ORGAO", "id_orgao::text"), ("SITUACAO", "situacao")];

/// Six tribunais and ten órgãos, independent of each other: the best world for a guess from the
/// margins, and so the hardest to beat.
const WORLD: &str = "
    SELECT setseed(0.25);
    INSERT INTO processo (tribunal_codigo, numero, tipo, situacao, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em)
    SELECT 815 + floor(6 * power(random(), 1.7))::int, '9' || lpad(n::text, 19, '0'), 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL',
           CASE WHEN random() < 0.2 THEN 'ARQUIVADO' ELSE 'ATIVO' END, 1 + floor(10 * power(random(), 1.5))::int, 'PJe', now(), now()
      FROM generate_series(1, 420) n;";

/// What the attacker holds: the figure of each cell that was shown. Pairs of a dimension and a
/// value, in order, name the cell.
type Answers = BTreeMap<Vec<(String, String)>, i64>;

#[derive(QueryableByName)]
struct Group {
    #[diesel(sql_type = diesel::sql_types::Array<diesel::sql_types::Text>)]
    chaves: Vec<String>,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    total: i64,
}

/// Asks one question at random: one or two dimensions, and perhaps a value of another one.
fn ask(conn: &mut PgConnection, rng: &mut Rng, margins: &[Cells], answers: &mut Answers) {
    let mut left: Vec<usize> = (0..DIMENSIONS.len()).collect();
    let mut take = |rng: &mut Rng| left.remove(rng.below(left.len()));
    let by: Vec<usize> = (0..=rng.below(2)).map(|_| take(rng)).collect();
    let filtered: Vec<usize> = (0..rng.below(2)).map(|_| take(rng)).collect();
    let name = |which: &usize| DIMENSIONS[*which].0.to_owned();
    let values: Vec<String> = filtered
        .iter()
        .map(|which| rng.one(&margins[*which].keys().cloned().collect::<Vec<_>>())[0].clone())
        .collect();
    let sql = Sql::new("SELECT chaves, total FROM elos_estatisticas('PROCESSOS', ")
        .bind(by.iter().map(name).collect::<Vec<_>>())
        .push(", ")
        .bind(filtered.iter().map(name).collect::<Vec<_>>())
        .push(", ")
        .bind(values.clone())
        .push(", false)");
    let groups: Vec<Group> = sql.load(conn).unwrap();
    for Group { chaves, total } in groups {
        let keys = by.iter().map(name).zip(chaves);
        let mut cell: Vec<_> = keys.chain(filtered.iter().map(name).zip(values.clone())).collect();
        cell.sort();
        let before = answers.insert(cell.clone(), total);
        assert!(before.is_none_or(|before| before == total), "{cell:?} has two figures");
    }
}

/// The cells of tribunal and órgão: the lowest and the highest count that each can have.
struct Table {
    rows: Cells,
    columns: Cells,
    cells: BTreeMap<(String, String), (i64, i64)>,
}

impl Table {
    /// Knows the margins alone.
    fn new(margins: &[Cells]) -> Self {
        let (rows, columns) = (margins[0].clone(), margins[1].clone());
        let mut cells = BTreeMap::new();
        for (row, of_row) in &rows {
            for (column, of_column) in &columns {
                cells.insert((row[0].clone(), column[0].clone()), (0, *of_row.min(of_column)));
            }
        }
        Self { rows, columns, cells }
    }

    /// Learns the answers: a figure shown is at most 2 off, and so are its parts by situação.
    fn learn(&mut self, answers: &Answers) {
        for ((row, column), (low, high)) in &mut self.cells {
            let cell = [("ORGAO", column), ("TRIBUNAL", row)];
            let cell: Vec<_> =
                cell.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())).collect();
            if let Some(total) = answers.get(&cell) {
                (*low, *high) = ((*low).max(total - 2).max(5), (*high).min(total + 2));
            }
            let parts = ["ATIVO", "ARQUIVADO"].map(|situacao| {
                let mut part = cell.clone();
                part.insert(1, ("SITUACAO".to_owned(), situacao.to_owned()));
                answers.get(&part)
            });
            let shown: Vec<i64> =
                parts.into_iter().flatten().map(|total| (total - 2).max(5)).collect();
            *low = (*low).max(shown.iter().sum());
            if let [Some(active), Some(archived)] = parts {
                *high = (*high).min(active + archived + 4);
            }
        }
    }

    /// Narrows each cell by the others of its row and of its column, until nothing changes.
    fn narrow(&mut self) {
        loop {
            let before = self.cells.clone();
            for (margins, of_row) in [(&self.rows, true), (&self.columns, false)] {
                for (key, total) in margins {
                    let is_of = |cell: &(String, String)| match of_row {
                        true => cell.0 == key[0],
                        false => cell.1 == key[0],
                    };
                    let line = self.cells.iter().filter(|(cell, _)| is_of(cell));
                    let (low, high) =
                        line.fold((0, 0), |sum, (_, one)| (sum.0 + one.0, sum.1 + one.1));
                    for (_, cell) in self.cells.iter_mut().filter(|(cell, _)| is_of(cell)) {
                        let others = (low - cell.0, high - cell.1);
                        *cell = (cell.0.max(total - others.1), cell.1.min(total - others.0));
                    }
                }
            }
            if before == self.cells {
                return;
            }
        }
    }

    /// The small cells that are certain.
    fn certain(&self) -> BTreeSet<(String, String)> {
        let small =
            self.cells.iter().filter(|(_, (low, high))| low == high && (1..5).contains(low));
        small.map(|(cell, _)| cell.clone()).collect()
    }

    /// The best guess of each cell: what is left of its row and of its column, shared among the
    /// cells of which no figure is known, in proportion to the margins.
    fn guesses(
        &self,
        figures: &BTreeMap<(String, String), i64>,
    ) -> BTreeMap<(String, String), i64> {
        let left = |margin: i64, key: &str, of_row: bool| {
            let of = |cell: &&(String, String)| key == if of_row { &cell.0 } else { &cell.1 };
            let known: i64 = figures.iter().filter(|(cell, _)| of(cell)).map(|(_, n)| n).sum();
            let unknown = self.cells.keys().filter(of).filter(|cell| !figures.contains_key(*cell));
            let weight: i64 = unknown
                .map(|cell| {
                    if of_row {
                        self.columns[&vec![cell.1.clone()]]
                    } else {
                        self.rows[&vec![cell.0.clone()]]
                    }
                })
                .sum();
            ((margin - known).max(0), weight.max(1))
        };
        let unknown = self.cells.iter().filter(|(cell, _)| !figures.contains_key(*cell));
        unknown
            .map(|(cell, (low, high))| {
                let (row, column) =
                    (self.rows[&vec![cell.0.clone()]], self.columns[&vec![cell.1.clone()]]);
                let (of_row, row_weight) = left(row, &cell.0, true);
                let (of_column, column_weight) = left(column, &cell.1, false);
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let share = f64::midpoint(
                    of_row as f64 * column as f64 / row_weight as f64,
                    of_column as f64 * row as f64 / column_weight as f64,
                );
                #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
                let guess = share.round() as i64;
                (cell.clone(), guess.clamp(*low, *high))
            })
            .collect()
    }
}

fn named(guesses: &BTreeMap<(String, String), i64>, truth: &Cells) -> usize {
    let right = |((row, column), guess): &(&(String, String), &i64)| {
        (1..5).contains(*guess) && truth.get(&vec![row.clone(), column.clone()]) == Some(guess)
    };
    guesses.iter().filter(right).count()
}

/// Sets the key of the rounding, so that the run is the same every time.
fn set_key(conn: &mut PgConnection, key: usize) {
    let sql = format!(
        "UPDATE chave_estatistica SET interna = sha256('i{key}') || sha256('j{key}'), externa = sha256('e{key}') || sha256('f{key}')"
    );
    conn.batch_execute(&sql).unwrap();
}

#[test]
fn quem_pergunta_dez_mil_vezes_nao_nomeia_mais_do_que_quem_so_sabe_os_totais() {
    let database = Database::new(Template::Empty);
    let mut conn = database.conn();
    conn.batch_execute(WORLD).unwrap();
    let margins: Vec<Cells> = DIMENSIONS.iter().map(|(_, sql)| truth(&database, sql)).collect();
    let truth = truth(&database, BY_ORGAO);
    let small = truth.values().filter(|n| (1..5).contains(*n)).count();
    let mut caller = PgConnection::establish(&database.app_url()).unwrap();
    caller.batch_execute("SET ROLE elos_app; SET elos.tribunal = '-1'; SET jit = off").unwrap();
    let (mut certain, mut certain_told, mut right, mut right_told) = (0, 0, 0, 0);
    let keys = 5;
    for key in 0..keys {
        set_key(&mut conn, key);
        let mut rng = Rng::new(7, key as u64);
        let mut answers = Answers::new();
        for _ in 0..rounds(400, 2000) {
            ask(&mut caller, &mut rng, &margins, &mut answers);
        }
        let mut told = Table::new(&margins);
        told.narrow();
        right_told += named(&told.guesses(&BTreeMap::new()), &truth);
        certain_told += told.certain().len();
        let mut attacker = Table::new(&margins);
        attacker.learn(&answers);
        attacker.narrow();
        certain += attacker.certain().len();
        let figures = attacker.cells.keys().filter_map(|cell| {
            let name =
                vec![("ORGAO".to_owned(), cell.1.clone()), ("TRIBUNAL".to_owned(), cell.0.clone())];
            Some((cell.clone(), *answers.get(&name)?))
        });
        right += named(&attacker.guesses(&figures.collect()), &truth);
    }
    println!(
        "{small} small cells × {keys} keys: certain {certain} against {certain_told}, guessed {right} against {right_told}"
    );
    assert!(small >= 15, "{small}");
    assert!(certain <= certain_told, "certain of {certain}, and by the margins of {certain_told}");
    assert!(right <= right_told, "right in {right}, and by the margins in {right_told}");
}
