//! The cost of row-level security and of the trail. Two servers that run side by side get the same
//! requests: one as in production; the other with policies that let every row pass, and without a
//! trail.
//!
//! `script/bench custo` runs it; `--clients 32` sets the number of simultaneous clients. CPU time
//! is that of each server and of its backends, from before the first request until the trail is
//! sealed, so that no cost is charged to the other server. Shared processes of PostgreSQL are
//! charged to the server whose turn it is. Autovacuum is off, because nobody could say for which
//! server it works; its work is done between the measurements. If valgrind is installed, the
//! instructions of the servers are counted too, which other programs do not disturb.

mod callgrind;

use callgrind::{count_from_here, count_until_here};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::auth::issuer::{Issuer, PATH};
use elos::auth::{Auth, AuthOptions};
use elos::db::migrations::Migrator;
use elos::db::{Db, DbOptions, Sql};
use elos::embedded::{Embedded, Options};
use elos::server::{Parts, serve};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The databases of the two servers.
const DATABASES: [&str; 2] = ["completo", "aberto"];
/// Processos of the synthetic data. A tribunal has a twenty-seventh of them.
const PROCESSOS: u32 = 54_000;
const ROUNDS: usize = 7;
/// The default number of clients.
const CLIENTS: usize = 4;
/// After this time, the server has written and sealed every record.
const SETTLE_TIME: Duration = Duration::from_secs(12);
/// The number of requests of the mix that callgrind counts.
const COUNTED: usize = 400;
const MIX: [(&str, usize); 4] = [("ponto", 60), ("aninhada", 20), ("página", 10), ("escrita", 10)];

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["servir", url, audited] => server(url, *audited == "sim"),
        ["--clients", clients] => measure(clients.parse()?),
        [] => measure(CLIENTS),
        others => anyhow::bail!("custo takes --clients N, not {others:?}"),
    }
}

/// Runs one of the two servers, in its own process.
fn server(url: &str, audited: bool) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let iss = format!("http://{address}{PATH}");
    let mut options = DbOptions::new(url);
    // One of the two databases has policies that let every row pass.
    options.skip_structure_check = true;
    let db = Db::connect(&options)?;
    let app = elos::App::new(db, elos::value::rules::RuleSwitches::default(), now);
    let app = app.with_absences_per_minute(0);
    let app = if audited { app } else { app.without_audit() };
    let credentials = elos::db::credentials::from_database(&app.db)?;
    let parts = Parts {
        tls: None,
        loopback_only: false,
        connections: elos::http::connections::ConnectionLimits::default(),
        app,
        auth: Auth::new(AuthOptions::new(iss.clone(), vec!["elos".into()]), credentials),
        graphql: elos::server::GraphqlSettings::default(),
        graphiql: false,
        cors: Vec::new(),
        metrics: None,
        drain_delay: Duration::ZERO,
        issuer: Some(Issuer::new(iss, "elos".into(), now)),
    };
    writeln!(std::io::stdout(), "{address}")?;
    std::thread::spawn(|| {
        for order in std::io::stdin().lines().map_while(Result::ok) {
            match order.as_str() {
                "contar" => count_from_here(),
                _ => count_until_here(),
            }
            let _ = writeln!(std::io::stdout(), "{order}");
        }
    });
    Ok(actix_web::rt::System::new().block_on(async { serve(parts, listener)?.await })?)
}

fn now() -> chrono::DateTime<chrono::Utc> {
    #[expect(clippy::disallowed_methods, reason = "a server's clock")]
    chrono::Utc::now()
}

struct Side {
    name: &'static str,
    child: Child,
    orders: ChildStdin,
    responses: BufReader<ChildStdout>,
    base: String,
    token: String,
    clients: usize,
    agent: ureq::Agent,
    numeros: Vec<String>,
    adolescente: String,
    next: AtomicUsize,
}

impl Drop for Side {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Side {
    fn start(
        name: &'static str,
        url: &str,
        audited: bool,
        clients: usize,
        wrapper: &[&str],
    ) -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        let mut command = match wrapper {
            [] => Command::new(&this),
            [program, args @ ..] => {
                let mut command = Command::new(program);
                command.args(args).arg(&this);
                command
            }
        };
        command.args(["servir", url, if audited { "sim" } else { "nao" }]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (Some(orders), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            anyhow::bail!("no pipes")
        };
        let mut responses = BufReader::new(output);
        let mut line = String::new();
        responses.read_line(&mut line)?;
        let base = format!("http://{}", line.trim());
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut side = Self {
            name,
            child,
            orders,
            responses,
            base,
            token: String::new(),
            clients,
            agent,
            numeros: Vec::new(),
            adolescente: String::new(),
            next: AtomicUsize::new(0),
        };
        let basic = "Basic dGpybjpkZW1v";
        let url = format!("{}{PATH}/protocol/openid-connect/token", side.base);
        let body: Value = serde_json::from_str(
            &side
                .agent
                .post(url)
                .header("Authorization", basic)
                .send_form([("grant_type", "client_credentials")])?
                .body_mut()
                .read_to_string()?,
        )?;
        side.token = format!("Bearer {}", body["access_token"].as_str().unwrap_or_default());
        // Under valgrind, the keys of the tokens are not ready at first.
        for _ in 0..10 {
            if side.graphql("{ eu { sub } }", &json!({})).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_secs(3));
        }
        let nodes = side.graphql("{ processos(first: 100) { nodes { numero } } adolescentes(first: 1) { nodes { identificador } } }", &json!({}))?;
        let numeros = nodes["data"]["processos"]["nodes"].as_array().into_iter().flatten();
        side.numeros =
            numeros.filter_map(|node| Some(node["numero"].as_str()?.to_owned())).collect();
        let first = &nodes["data"]["adolescentes"]["nodes"][0]["identificador"];
        first.as_str().unwrap_or_default().clone_into(&mut side.adolescente);
        anyhow::ensure!(side.numeros.len() == 100, "the data are not there: {nodes}");
        Ok(side)
    }

    /// Sends an order to the server and waits until it is done.
    fn send(&mut self, order: &str) -> anyhow::Result<()> {
        writeln!(self.orders, "{order}")?;
        let mut line = String::new();
        self.responses.read_line(&mut line)?;
        anyhow::ensure!(line.trim() == order, "the server is gone");
        Ok(())
    }

    fn graphql(&self, query: &str, variables: &Value) -> anyhow::Result<Value> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let mut response = self
            .agent
            .post(format!("{}/graphql", self.base))
            .header("Authorization", &self.token)
            .header("Content-Type", "application/json")
            .send(&body)?;
        let body: Value = serde_json::from_str(&response.body_mut().read_to_string()?)?;
        anyhow::ensure!(body.get("errors").is_none(), "{body}");
        Ok(body)
    }

    fn request(&self, shape: &str) -> anyhow::Result<()> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let numero = &self.numeros[n % self.numeros.len()];
        match shape {
            "ponto" => self.graphql(
                "query($n: NumeroProcesso!) { processo(numero: $n) { id numero tipo situacao idOrgao criadoEm } }",
                &json!({ "n": numero }),
            ),
            "aninhada" => self.graphql(
                "{ processos(first: 20) { nodes { numero tipo adolescentes(first: 5, situacao: null) { edges { situacao node { identificador nome cpf } } } } } }",
                &json!({}),
            ),
            "página" => self.graphql(
                "{ processos(first: 100) { totalCount nodes { numero tipo situacao idOrgao criadoEm } } }",
                &json!({}),
            ),
            _ => {
                let new = elos::processo::NumeroProcesso::synthetic(u32::try_from(n).unwrap_or(0), 2025, 820, 999);
                let done = self.graphql(
                    "mutation($n: NumeroProcesso!, $a: IdentificadorAdolescente!) { cadastrarProcesso(input: {numero: $n, tipo: PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL,
                        adolescentes: [$a], idOrgao: 1, appNameSistemaTribunal: \"b\"}) { processo { id } erros { mensagem } } }",
                    &json!({ "n": new.to_string(), "a": self.adolescente }),
                )?;
                anyhow::ensure!(done["data"]["cadastrarProcesso"]["processo"]["id"].is_string(), "{done}");
                Ok(done)
            }
        }
        .map(drop)
    }

    /// Sends this number of requests of a shape from several clients at once.
    fn load(&self, shape: &str, requests: usize) -> anyhow::Result<()> {
        let failures = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..self.clients)
                .map(|_| {
                    scope.spawn(|| {
                        (0..requests / self.clients).try_for_each(|_| self.request(shape))
                    })
                })
                .collect();
            clients.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
        });
        for failure in failures {
            failure.map_err(|_| anyhow::anyhow!("a client broke"))??;
        }
        Ok(())
    }
}

/// Returns the CPU seconds of a process, including its threads that ended, or zero if it is gone.
fn cpu(pid: i32) -> f64 {
    let clock = clock_getcpuclockid(Pid::from_raw(pid)).and_then(ClockId::now);
    clock.map_or(0.0, |time| Duration::from(time).as_secs_f64())
}

/// Returns the CPU seconds of PostgreSQL: of the backends of each database, and of the shared
/// processes.
fn postgres_cpu(postmaster: i32) -> ([f64; 2], f64) {
    let (mut of_each, mut of_all) = ([0.0; 2], cpu(postmaster));
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in processes.filter_map(|dir| dir.file_name().to_str()?.parse::<i32>().ok()) {
        let read = |of| std::fs::read_to_string(format!("/proc/{pid}/{of}")).unwrap_or_default();
        let state = read("stat");
        let parent = state.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        if parent != Some(&postmaster.to_string()) {
            continue;
        }
        let title = read("cmdline");
        match DATABASES.iter().position(|database| title.contains(&format!(" {database} "))) {
            Some(index) => of_each[index] += cpu(pid),
            None => of_all += cpu(pid),
        }
    }
    (of_each, of_all)
}

#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn measure(clients: usize) -> anyhow::Result<()> {
    let dir = PathBuf::from(format!("/var/tmp/elos-custo-{}", std::process::id()));
    let mut options = Options::new(&dir);
    options.settings.push(("autovacuum".into(), "off".into()));
    let postgres = Embedded::start(options)?;
    let outcome = measure_on(&postgres, &dir, clients);
    postgres.stop();
    let _ = std::fs::remove_dir_all(&dir);
    let rows = outcome?;
    println!("{rows}");
    Ok(())
}

#[expect(clippy::print_stderr, reason = "progress")]
fn measure_on(
    postgres: &Embedded,
    dir: &std::path::Path,
    clients: usize,
) -> anyhow::Result<String> {
    let mut admin = PgConnection::establish(&postgres.url("postgres", "postgres"))?;
    admin.batch_execute("CREATE DATABASE completo")?;
    {
        let mut migrator = Migrator::connect(&postgres.url("postgres", "completo"))?;
        migrator.apply()?;
        elos::seed::seed(migrator.conn(), PROCESSOS)?;
        migrator.conn().batch_execute("VACUUM ANALYZE")?;
    }
    elos::db::login::create_login(&mut admin, "medido")?;
    admin.batch_execute("CREATE DATABASE aberto TEMPLATE completo")?;
    open(&mut PgConnection::establish(&postgres.url("postgres", "aberto"))?)?;
    let pid = std::fs::read_to_string(dir.join("data/postmaster.pid"))?;
    let postmaster: i32 = pid.lines().next().unwrap_or_default().parse()?;

    let (full, open) = (postgres.url("medido", "completo"), postgres.url("medido", "aberto"));
    let sides = [("com", &full, true), ("sem", &open, false)]
        .map(|(name, url, audited)| Side::start(name, url, audited, clients, &[]));
    let [with, without] = sides;
    let sides = [with?, without?];
    let mut rows = Vec::new();
    // The values of the server and of PostgreSQL, for each side.
    let mut mix = [[0.0_f64; 2]; 2];
    for (shape, weight) in MIX {
        sides.iter().try_for_each(|side| side.load(shape, 400))?;
        std::thread::sleep(SETTLE_TIME);
        for database in DATABASES {
            PgConnection::establish(&postgres.url("postgres", database))?
                .batch_execute("VACUUM ANALYZE")?;
        }
        let costs = measure_shape(&sides, postmaster, shape)?;
        #[expect(clippy::cast_precision_loss, reason = "a hundred at most")]
        let part = weight as f64 / 100.0;
        let mut lines_of_shape = String::new();
        for ((side, [server, database]), total) in sides.iter().zip(costs).zip(&mut mix) {
            total[0] += part * server;
            total[1] += part * database;
            let _ = writeln!(
                lines_of_shape,
                "{shape:9} {:4} servidor {server:7.1} µs  PostgreSQL {database:7.1} µs",
                side.name
            );
        }
        let _ = write!(lines_of_shape, "{shape:9} razão {:.3}", ratio(costs));
        // The run takes minutes, so print each result at once.
        eprintln!("{lines_of_shape}");
        rows.push(lines_of_shape);
    }
    drop(sides);
    let [[server_with, database_with], [server_without, database_without]] = mix;
    rows.push(format!(
        "mistura 60/20/10/10: com {server_with:.1} + {database_with:.1} µs, sem {server_without:.1} + {database_without:.1} µs\n\
         razão de CPU, servidor + PostgreSQL: {:.3}",
        ratio(mix)
    ));
    match instructions(&full, &open)? {
        None => rows.push("valgrind is not here: instructions were not counted".to_owned()),
        Some([with, without]) => {
            // The sum has two units, so convert an instruction to the time that it took here.
            let per_instruction = (server_with + server_without) / (with + without);
            let [cpu_with, cpu_without] =
                [with, without].map(|instructions| instructions * per_instruction);
            rows.push(format!(
                "instruções do servidor por pedido da mistura: com {with:.0}, sem {without:.0}, razão {:.3}\n\
                 razão de instruções do servidor (a {:.3} ns cada, como medido acima) + CPU do PostgreSQL: {:.3}",
                with / without,
                per_instruction * 1e3,
                ratio([[cpu_with, database_with], [cpu_without, database_without]])
            ));
        }
    }
    Ok(rows.join("\n"))
}

fn ratio([with, without]: [[f64; 2]; 2]) -> f64 {
    with.iter().sum::<f64>() / without.iter().sum::<f64>()
}

/// Returns the microseconds per request, of the server and of PostgreSQL, for each side.
fn measure_shape(sides: &[Side; 2], postmaster: i32, shape: &str) -> anyhow::Result<[[f64; 2]; 2]> {
    let (start, clients) = (Instant::now(), sides[0].clients);
    sides.iter().try_for_each(|side| side.load(shape, 400))?;
    // So many requests take about two seconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand")]
    let requests = (800.0 / start.elapsed().as_secs_f64() * 2.0) as usize / clients * clients;
    std::thread::sleep(SETTLE_TIME);
    let server_cpu = || [0, 1].map(|index: usize| cpu(sides[index].child.id().cast_signed()));
    let before = (server_cpu(), postgres_cpu(postmaster).0);
    let mut common = [0.0; 2];
    for round in 0..ROUNDS {
        for n in 0..2 {
            let index = (n + round) % 2;
            let before = postgres_cpu(postmaster).1;
            sides[index].load(shape, requests)?;
            std::thread::sleep(Duration::from_millis(600));
            common[index] += postgres_cpu(postmaster).1 - before;
        }
    }
    std::thread::sleep(SETTLE_TIME);
    let after = (server_cpu(), postgres_cpu(postmaster).0);
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let per_request = 1e6 / (requests * ROUNDS) as f64;
    Ok([0, 1].map(|index: usize| {
        let database = after.1[index] - before.1[index] + common[index];
        [(after.0[index] - before.0[index]) * per_request, database * per_request]
    }))
}

/// Makes the policies let every row pass, so that they cost nothing.
fn open(conn: &mut PgConnection) -> anyhow::Result<()> {
    #[derive(diesel::QueryableByName)]
    struct Command {
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    let commands: Vec<Command> = Sql::new(
        "SELECT format('ALTER POLICY %I ON %I %s %s', policyname, tablename, \
             CASE WHEN cmd <> 'INSERT' THEN 'USING (true)' ELSE '' END, \
             CASE WHEN with_check IS NOT NULL THEN 'WITH CHECK (true)' ELSE '' END) AS t \
         FROM pg_policies WHERE schemaname = 'public' AND 'elos_app' = ANY(roles)",
    )
    .load(conn)?;
    for Command { t } in commands {
        conn.batch_execute(&t)?;
    }
    Ok(())
}

/// Instructions of each server per request of the mix, counted by callgrind; `None` without
/// valgrind.
///
/// Under valgrind a second has fewer requests than on the real processor, so the trail is written
/// in smaller batches. The server with the trail therefore looks more expensive than it is.
fn instructions(full: &str, open: &str) -> anyhow::Result<Option<[f64; 2]>> {
    if !callgrind::present() {
        return Ok(None);
    }
    let with = count(full, true)?;
    Ok(Some([with, count(open, false)?]))
}

fn count(url: &str, audited: bool) -> anyhow::Result<f64> {
    let output = std::env::temp_dir().join(format!("elos-callgrind-{}", std::process::id()));
    let to = format!("--callgrind-out-file={}", output.display());
    let [tool, zero, dump] = callgrind::OPTIONS;
    let wrapper = ["valgrind", tool, zero, dump, &to];
    let mut side = Side::start("valgrind", url, audited, CLIENTS, &wrapper)?;
    side.next.store(5_000_000, Ordering::Relaxed);
    let load = |side: &Side, times: usize| {
        let parts = MIX.iter().map(|(shape, weight)| (shape, weight * times / 100));
        parts.into_iter().try_for_each(|(shape, requests)| side.load(shape, requests))
    };
    // Fill caches and open connections first: making the key of the tokens takes billions of
    // instructions, and their number varies.
    load(&side, COUNTED / 5)?;
    std::thread::sleep(Duration::from_secs(2));
    side.send("contar")?;
    load(&side, COUNTED)?;
    std::thread::sleep(SETTLE_TIME);
    side.send("parar")?;
    drop(side);
    let total = callgrind::total(&output, 1);
    let dump_file = format!("{}.1", output.display());
    let _ = (std::fs::remove_file(dump_file), std::fs::remove_file(output));
    let total = total?;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let requests = COUNTED as f64;
    Ok(total / requests)
}
