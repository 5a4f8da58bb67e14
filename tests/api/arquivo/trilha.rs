//! A trail of past months, and the program's commands on it.

use crate::support::{Banco, Modelo, agora, pem};
use chrono::{Datelike, Months, NaiveDate};
use diesel::connection::SimpleConnection;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that goes with its test.
pub struct Pasta(pub PathBuf);

impl Pasta {
    pub fn nova() -> Self {
        static NUMERO: AtomicU32 = AtomicU32::new(0);
        let numero = NUMERO.fetch_add(1, Ordering::Relaxed);
        let pasta =
            std::env::temp_dir().join(format!("elos-arquivo-{}-{numero}", std::process::id()));
        std::fs::create_dir_all(&pasta).unwrap();
        Self(pasta)
    }

    pub fn texto(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Pasta {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A database whose trail has partitions for the three months before this one.
pub struct Trilha {
    pub banco: Banco,
    pub pasta: Pasta,
    chave: PathBuf,
    _segredo: Pasta,
}

impl Trilha {
    pub fn nova() -> Self {
        let banco = Banco::novo(Modelo::Vazio);
        banco
            .conn()
            .batch_execute(
                "SET TimeZone = 'UTC'; SET ROLE elos_dono;
                DO $$ DECLARE
                    tabela text;
                    inicio date := date_trunc('month', now());
                    mes date;
                BEGIN
                    FOREACH tabela IN ARRAY ARRAY['auditoria', 'selo'] LOOP
                        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', tabela, tabela || to_char(inicio, '_YYYYMM'));
                        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                            tabela, tabela || to_char(inicio, '_YYYYMM'), inicio, (inicio + interval '1 month')::date);
                        FOR antes IN 1..3 LOOP
                            mes := inicio - make_interval(months => antes);
                            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                                tabela || to_char(mes, '_YYYYMM'), tabela, mes, (mes + interval '1 month')::date);
                        END LOOP;
                    END LOOP;
                END $$",
            )
            .unwrap();
        let segredo = Pasta::nova();
        let chave = segredo.0.join("chave.pem");
        std::fs::write(&chave, pem()).unwrap();
        Self { banco, pasta: Pasta::nova(), chave, _segredo: segredo }
    }

    /// `n` records of one transaction, some months before this one.
    pub fn gravar(&self, tribunal: i16, meses_antes: u32, n: u32) {
        self.banco
            .conn()
            .batch_execute(&format!(
                "INSERT INTO auditoria (tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
                     campos_sensiveis, correlacao, correlacoes)
                 SELECT {tribunal}, ('{}'::date + interval '10 days' + n * interval '1 second') AT TIME ZONE 'UTC', 'sub-ação', nullif(n % 3, 0)::text,
                     'REST', 'GET /api/v1/processos', 'LEITURA', 'OK', 200, ARRAY[8 * n, 8 * n + 1], '{{Adolescente.cpf}}', gen_random_uuid()::text,
                     CASE n % 4 WHEN 0 THEN ARRAY[gen_random_uuid()] END
                 FROM generate_series(1, {n}) AS n",
                mes(meses_antes)
            ))
            .unwrap();
    }

    /// Until no record is left without a seal: a transaction of another database may hold it up.
    pub fn selar(&self) {
        while self.banco.contar(
            "SELECT count(*) - (SELECT coalesce(sum(cardinality(ids)), 0) FROM selo)::bigint AS n FROM auditoria",
        ) > 0
        {
            self.banco.conn().batch_execute("SELECT elos_trilha_selar()").unwrap();
        }
    }

    pub fn arquivo(&self, antes: u32) -> PathBuf {
        self.pasta.0.join(format!("elos-trilha-{}.ndjson.gz", nome(antes)))
    }

    fn comando(&self, args: &[&str]) -> Command {
        let mut comando = Command::new(env!("CARGO_BIN_EXE_elos"));
        comando
            .arg("auditoria")
            .args(args)
            .env("ELOS_MIGRATE_URL", self.banco.url("postgres"))
            .env("ELOS_CHAVE_DOS_RECIBOS", &self.chave);
        comando
    }

    /// `elos auditoria archive` up to that month, not waited for.
    pub fn arquivando(&self, ate: u32) -> Child {
        let ate = nome(ate);
        let args = ["archive", "--ate", &ate, "--para", self.pasta.texto()];
        self.comando(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub fn arquivar(&self, ate: u32) -> (Option<i32>, String) {
        dito(self.arquivando(ate))
    }

    /// `elos auditoria verify`.
    pub fn verificar(&self, args: &[&str]) -> (Option<i32>, String) {
        let args = [&["verify"], args].concat();
        let mut comando = self.comando(&args);
        dito(comando.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// The same with the folder of the archives.
    pub fn verificar_tudo(&self) -> (Option<i32>, String) {
        self.verificar(&["--arquivo", self.pasta.texto(), "--exigir-arquivos"])
    }

    /// Only the archives, and a program that knows no database and no key.
    pub fn verificar_so(&self, arquivo: &Path, args: &[&str]) -> (Option<i32>, String) {
        let arquivo = ["verify", "--arquivo", arquivo.to_str().unwrap()];
        let mut comando = self.comando(&[&arquivo, args].concat());
        comando.env_remove("ELOS_MIGRATE_URL").env_remove("ELOS_CHAVE_DOS_RECIBOS");
        dito(comando.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// `elos auditoria archive` without the setting.
    pub fn arquivar_sem(&self, ajuste: &str) -> (Option<i32>, String) {
        let args = ["archive", "--ate", &nome(1), "--para", self.pasta.texto()];
        let mut comando = self.comando(&args);
        comando.env_remove(ajuste).stdout(Stdio::piped()).stderr(Stdio::piped());
        dito(comando.spawn().unwrap())
    }

    /// The same by a shell that ran `antes`.
    pub fn arquivar_depois_de(&self, antes: &str) -> (Option<i32>, String) {
        let programa = self.comando(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{antes}; exec \"$@\""), "sh"]);
        shell.arg(programa.get_program()).args(["auditoria", "archive", "--ate", &nome(1)]);
        shell.args(["--para", self.pasta.texto()]);
        for (nome, valor) in programa.get_envs() {
            shell.env(nome, valor.unwrap());
        }
        dito(shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }
}

fn mes(antes: u32) -> NaiveDate {
    agora().date_naive().with_day(1).unwrap() - Months::new(antes)
}

/// `AAAA-MM`, so many months before this one.
pub fn nome(antes: u32) -> String {
    mes(antes).format("%Y-%m").to_string()
}

fn dito(processo: Child) -> (Option<i32>, String) {
    let saida = processo.wait_with_output().unwrap();
    let texto = [saida.stdout, saida.stderr].concat();
    (saida.status.code(), String::from_utf8(texto).unwrap())
}
