//! A trail of past months, and the commands of the program on it.

use crate::support::{Database, TempDir, Template, now, pem};
use chrono::{Datelike, Months, NaiveDate};
use diesel::connection::SimpleConnection;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A database whose trail has partitions for the three months before the current one.
pub struct Trail {
    pub database: Database,
    pub dir: TempDir,
    key: PathBuf,
    _secret: TempDir,
}

impl Trail {
    pub fn new() -> Self {
        let database = Database::new(Template::Empty);
        database
            .conn()
            .batch_execute(&include_str!("past_months.sql").replace(":meses", "3"))
            .unwrap();
        let secret = TempDir::created();
        let key = secret.0.join("chave.pem");
        std::fs::write(&key, pem()).unwrap();
        Self { database, dir: TempDir::created(), key, _secret: secret }
    }

    /// Writes `n` records in one transaction, dated `months_ago` months before the current one.
    pub fn save(&self, tribunal: i16, months_ago: u32, n: u32) {
        self.database
            .conn()
            .batch_execute(&format!(
                "INSERT INTO auditoria (tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
                     campos_sensiveis, correlacao, correlacoes)
                 SELECT {tribunal}, ('{}'::date + interval '10 days' + n * interval '1 second') AT TIME ZONE 'UTC', 'sub-ação', nullif(n % 3, 0)::text,
                     'REST', 'GET /api/v1/processos', 'LEITURA', 'OK', 200, ARRAY[8 * n, 8 * n + 1], '{{Adolescente.cpf}}', gen_random_uuid()::text,
                     CASE n % 4 WHEN 0 THEN ARRAY[gen_random_uuid()] END
                 FROM generate_series(1, {n}) AS n",
                month(months_ago)
            ))
            .unwrap();
    }

    /// Seals until no record is without a seal. An open transaction of another database can delay
    /// sealing.
    pub fn seal_pending(&self) {
        while self.database.count(
            "SELECT count(*) - (SELECT coalesce(sum(cardinality(ids)), 0) FROM selo)::bigint AS n FROM auditoria",
        ) > 0
        {
            self.database.conn().batch_execute("SELECT elos_trilha_selar()").unwrap();
        }
    }

    pub fn file(&self, before: u32) -> PathBuf {
        self.dir.0.join(format!("elos-trilha-{}.ndjson.gz", month_name(before)))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
        command
            .arg("auditoria")
            .args(args)
            .env("ELOS_MIGRATE_URL", self.database.url("postgres"))
            .env("ELOS_CHAVE_DOS_RECIBOS", &self.key);
        command
    }

    /// Starts `elos auditoria archive` up to the month that is `until` months before the current
    /// one, and does not wait for it.
    pub fn spawn_archive(&self, until: u32) -> Child {
        let until = month_name(until);
        let args = ["archive", "--ate", &until, "--para", self.dir.text()];
        self.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub fn archive(&self, until: u32) -> (Option<i32>, String) {
        output_of(self.spawn_archive(until))
    }

    /// Runs `elos auditoria verify`.
    pub fn verify(&self, args: &[&str]) -> (Option<i32>, String) {
        let args = [&["verify"], args].concat();
        let mut command = self.command(&args);
        output_of(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Runs `elos auditoria verify` with the folder of the archives, which must be complete.
    pub fn verify_all(&self) -> (Option<i32>, String) {
        self.verify(&["--arquivo", self.dir.text(), "--exigir-arquivos"])
    }

    /// Runs `elos auditoria verify` on the archives, without a database and without a key.
    pub fn verify_only(&self, file: &Path, args: &[&str]) -> (Option<i32>, String) {
        let file = ["verify", "--arquivo", file.to_str().unwrap()];
        let mut command = self.command(&[&file, args].concat());
        command.env_remove("ELOS_MIGRATE_URL").env_remove("ELOS_CHAVE_DOS_RECIBOS");
        output_of(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Runs `elos auditoria archive` without one setting.
    pub fn archive_without(&self, setting: &str) -> (Option<i32>, String) {
        let args = ["archive", "--ate", &month_name(1), "--para", self.dir.text()];
        let mut command = self.command(&args);
        command.env_remove(setting).stdout(Stdio::piped()).stderr(Stdio::piped());
        output_of(command.spawn().unwrap())
    }

    /// Runs `elos auditoria archive` in a shell after the command `before`.
    pub fn archive_after(&self, before: &str) -> (Option<i32>, String) {
        let program = self.command(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{before}; exec \"$@\""), "sh"]);
        shell.arg(program.get_program()).args(["auditoria", "archive", "--ate", &month_name(1)]);
        shell.args(["--para", self.dir.text()]);
        for (variable, value) in program.get_envs() {
            shell.env(variable, value.unwrap());
        }
        output_of(shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }
}

fn month(before: u32) -> NaiveDate {
    now().date_naive().with_day(1).unwrap() - Months::new(before)
}

/// Returns the month `before` months before the current one, as `AAAA-MM`.
pub fn month_name(before: u32) -> String {
    month(before).format("%Y-%m").to_string()
}

fn output_of(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}
