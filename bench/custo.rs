//! What the walls and the memory cost: the same requests to two servers that run side by
//! side, one as in production, one whose policies let everything pass and that remembers
//! nothing of what was read or written.
//!
//! `script/bench custo` runs it; `--clients 32` has as many ask at a time. CPU time is that of each server and of the backends that
//! serve it, from before the first request until the trail is sealed, so that no cost ends
//! up with the other; what PostgreSQL shares goes to whose turn it is. Its autovacuum is off, as
//! nobody could say for whom it works, and its work is done between the measurements. With valgrind on the machine the server's instructions
//! are counted too, which no neighbour disturbs.

mod callgrind;

use callgrind::{contar_ate_aqui, contar_daqui};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::auth::issuer::{CAMINHO, Emissor};
use elos::auth::{Auth, AuthOptions};
use elos::db::migrations::Migrador;
use elos::db::{Db, DbOptions, Sql};
use elos::embedded::{Embedded, Options};
use elos::server::{Partes, servir};
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

/// Of the one server and of the other.
const BANCOS: [&str; 2] = ["completo", "aberto"];
/// Of the seed; a tribunal has a twenty-seventh of it.
const PROCESSOS: u32 = 54_000;
const RODADAS: usize = 7;
/// When no other number is asked for.
const CLIENTES: usize = 4;
/// By then what was read is written and sealed.
const ASSENTAR: Duration = Duration::from_secs(12);
/// Of the mix, under valgrind.
const CONTADOS: usize = 400;
const MIX: [(&str, usize); 4] = [("ponto", 60), ("aninhada", 20), ("página", 10), ("escrita", 10)];

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["servir", url, audita] => servidor(url, *audita == "sim"),
        ["--clients", clients] => medir(clients.parse()?),
        [] => medir(CLIENTES),
        outros => anyhow::bail!("custo takes --clients N, not {outros:?}"),
    }
}

/// One of the two servers, in a process of its own.
fn servidor(url: &str, audita: bool) -> anyhow::Result<()> {
    let escuta = TcpListener::bind("127.0.0.1:0")?;
    let endereco = escuta.local_addr()?;
    let iss = format!("http://{endereco}{CAMINHO}");
    let mut options = DbOptions::nova(url);
    // One of the two databases has policies that let everything pass.
    options.any_structure = true;
    let db = Db::conectar(&options)?;
    let app = elos::App::novo(db, elos::value::regras::Regras::default(), agora);
    let app = app.com_ausencias_por_minuto(0);
    let app = if audita { app } else { app.sem_auditoria() };
    let credenciais = elos::db::credentials::do_banco(&app.db)?;
    let partes = Partes {
        tls: None,
        loopback_only: false,
        connections: elos::config::Connections::default(),
        app,
        auth: Auth::novo(AuthOptions::novas(iss.clone(), vec!["elos".into()]), credenciais),
        graphiql: false,
        cors: Vec::new(),
        metricas: None,
        pause: Duration::ZERO,
        emissor: Some(Emissor::novo(iss, "elos".into(), agora)),
    };
    writeln!(std::io::stdout(), "{endereco}")?;
    std::thread::spawn(|| {
        for ordem in std::io::stdin().lines().map_while(Result::ok) {
            match ordem.as_str() {
                "contar" => contar_daqui(),
                _ => contar_ate_aqui(),
            }
            let _ = writeln!(std::io::stdout(), "{ordem}");
        }
    });
    Ok(actix_web::rt::System::new().block_on(async { servir(partes, escuta)?.await })?)
}

fn agora() -> chrono::DateTime<chrono::Utc> {
    #[expect(clippy::disallowed_methods, reason = "a server's clock")]
    chrono::Utc::now()
}

struct Lado {
    nome: &'static str,
    processo: Child,
    ordens: ChildStdin,
    respostas: BufReader<ChildStdout>,
    base: String,
    token: String,
    clients: usize,
    agente: ureq::Agent,
    numeros: Vec<String>,
    adolescente: String,
    proximo: AtomicUsize,
}

impl Drop for Lado {
    fn drop(&mut self) {
        let _ = self.processo.kill();
        let _ = self.processo.wait();
    }
}

impl Lado {
    fn iniciar(
        nome: &'static str,
        url: &str,
        audita: bool,
        clients: usize,
        por: &[&str],
    ) -> anyhow::Result<Self> {
        let este = std::env::current_exe()?;
        let mut comando = match por {
            [] => Command::new(&este),
            [programa, args @ ..] => {
                let mut comando = Command::new(programa);
                comando.args(args).arg(&este);
                comando
            }
        };
        comando.args(["servir", url, if audita { "sim" } else { "nao" }]);
        comando.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut processo = comando.spawn()?;
        let (Some(ordens), Some(saida)) = (processo.stdin.take(), processo.stdout.take()) else {
            anyhow::bail!("no pipes")
        };
        let mut respostas = BufReader::new(saida);
        let mut linha = String::new();
        respostas.read_line(&mut linha)?;
        let base = format!("http://{}", linha.trim());
        let agente: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut lado = Self {
            nome,
            processo,
            ordens,
            respostas,
            base,
            token: String::new(),
            clients,
            agente,
            numeros: Vec::new(),
            adolescente: String::new(),
            proximo: AtomicUsize::new(0),
        };
        let basic = "Basic dGpybjpkZW1v";
        let url = format!("{}{CAMINHO}/protocol/openid-connect/token", lado.base);
        let corpo: Value = serde_json::from_str(
            &lado
                .agente
                .post(url)
                .header("Authorization", basic)
                .send_form([("grant_type", "client_credentials")])?
                .body_mut()
                .read_to_string()?,
        )?;
        lado.token = format!("Bearer {}", corpo["access_token"].as_str().unwrap_or_default());
        // Under valgrind the keys are not there in time at first.
        for _ in 0..10 {
            if lado.graphql("{ eu { sub } }", &json!({})).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_secs(3));
        }
        let nodes = lado.graphql("{ processos(first: 100) { nodes { numero } } adolescentes(first: 1) { nodes { identificador } } }", &json!({}))?;
        let numeros = nodes["data"]["processos"]["nodes"].as_array().into_iter().flatten();
        lado.numeros =
            numeros.filter_map(|node| Some(node["numero"].as_str()?.to_owned())).collect();
        let primeiro = &nodes["data"]["adolescentes"]["nodes"][0]["identificador"];
        primeiro.as_str().unwrap_or_default().clone_into(&mut lado.adolescente);
        anyhow::ensure!(lado.numeros.len() == 100, "the data are not there: {nodes}");
        Ok(lado)
    }

    /// Tells the server, and waits until it is done.
    fn mandar(&mut self, ordem: &str) -> anyhow::Result<()> {
        writeln!(self.ordens, "{ordem}")?;
        let mut feita = String::new();
        self.respostas.read_line(&mut feita)?;
        anyhow::ensure!(feita.trim() == ordem, "the server is gone");
        Ok(())
    }

    fn graphql(&self, query: &str, variables: &Value) -> anyhow::Result<Value> {
        let corpo = json!({ "query": query, "variables": variables }).to_string();
        let mut resposta = self
            .agente
            .post(format!("{}/graphql", self.base))
            .header("Authorization", &self.token)
            .header("Content-Type", "application/json")
            .send(&corpo)?;
        let corpo: Value = serde_json::from_str(&resposta.body_mut().read_to_string()?)?;
        anyhow::ensure!(corpo.get("errors").is_none(), "{corpo}");
        Ok(corpo)
    }

    fn pedir(&self, forma: &str) -> anyhow::Result<()> {
        let n = self.proximo.fetch_add(1, Ordering::Relaxed);
        let numero = &self.numeros[n % self.numeros.len()];
        match forma {
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
                let novo = elos::processo::NumeroProcesso::sintetico(u32::try_from(n).unwrap_or(0), 2025, 820, 999);
                let feito = self.graphql(
                    "mutation($n: NumeroProcesso!, $a: IdentificadorAdolescente!) { cadastrarProcesso(input: {numero: $n, tipo: PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL,
                        adolescentes: [$a], idOrgao: 1, appNameSistemaTribunal: \"b\"}) { processo { id } erros { mensagem } } }",
                    &json!({ "n": novo.to_string(), "a": self.adolescente }),
                )?;
                anyhow::ensure!(feito["data"]["cadastrarProcesso"]["processo"]["id"].is_string(), "{feito}");
                Ok(feito)
            }
        }
        .map(drop)
    }

    /// So many requests of a shape, from several clients at once.
    fn carga(&self, forma: &str, pedidos: usize) -> anyhow::Result<()> {
        let falhas = std::thread::scope(|escopo| {
            let clientes: Vec<_> = (0..self.clients)
                .map(|_| {
                    escopo.spawn(|| (0..pedidos / self.clients).try_for_each(|_| self.pedir(forma)))
                })
                .collect();
            clientes.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
        });
        for falha in falhas {
            falha.map_err(|_| anyhow::anyhow!("a client broke"))??;
        }
        Ok(())
    }
}

/// CPU seconds of a process, with those of threads that are gone; none when it is itself.
fn cpu(pid: i32) -> f64 {
    let relogio = clock_getcpuclockid(Pid::from_raw(pid)).and_then(ClockId::now);
    relogio.map_or(0.0, |tempo| Duration::from(tempo).as_secs_f64())
}

/// CPU seconds of PostgreSQL: of who serves each database, and of who serves all.
fn cpu_do_postgres(postmaster: i32) -> ([f64; 2], f64) {
    let (mut de_cada, mut de_todos) = ([0.0; 2], cpu(postmaster));
    let processos = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in processos.filter_map(|pasta| pasta.file_name().to_str()?.parse::<i32>().ok()) {
        let ler = |de| std::fs::read_to_string(format!("/proc/{pid}/{de}")).unwrap_or_default();
        let estado = ler("stat");
        let pai = estado.rsplit(')').next().and_then(|resto| resto.split_whitespace().nth(1));
        if pai != Some(&postmaster.to_string()) {
            continue;
        }
        let titulo = ler("cmdline");
        match BANCOS.iter().position(|banco| titulo.contains(&format!(" {banco} "))) {
            Some(qual) => de_cada[qual] += cpu(pid),
            None => de_todos += cpu(pid),
        }
    }
    (de_cada, de_todos)
}

#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn medir(clients: usize) -> anyhow::Result<()> {
    let pasta = PathBuf::from(format!("/var/tmp/elos-custo-{}", std::process::id()));
    let mut opcoes = Options::new(&pasta);
    opcoes.settings.push(("autovacuum".into(), "off".into()));
    let postgres = Embedded::start(opcoes)?;
    let desfecho = medir_em(&postgres, &pasta, clients);
    postgres.stop();
    let _ = std::fs::remove_dir_all(&pasta);
    let linhas = desfecho?;
    println!("{linhas}");
    Ok(())
}

#[expect(clippy::print_stderr, reason = "progress")]
fn medir_em(
    postgres: &Embedded,
    pasta: &std::path::Path,
    clients: usize,
) -> anyhow::Result<String> {
    let mut admin = PgConnection::establish(&postgres.url("postgres", "postgres"))?;
    admin.batch_execute("CREATE DATABASE completo")?;
    {
        let mut migrador = Migrador::conectar(&postgres.url("postgres", "completo"))?;
        migrador.aplicar()?;
        elos::seed::semear(migrador.conn(), PROCESSOS)?;
        migrador.conn().batch_execute("VACUUM ANALYZE")?;
    }
    elos::db::login::admit(&mut admin, "medido")?;
    admin.batch_execute("CREATE DATABASE aberto TEMPLATE completo")?;
    abrir(&mut PgConnection::establish(&postgres.url("postgres", "aberto"))?)?;
    let pid = std::fs::read_to_string(pasta.join("data/postmaster.pid"))?;
    let postmaster: i32 = pid.lines().next().unwrap_or_default().parse()?;

    let (completo, aberto) = (postgres.url("medido", "completo"), postgres.url("medido", "aberto"));
    let lados = [("com", &completo, true), ("sem", &aberto, false)]
        .map(|(nome, url, audita)| Lado::iniciar(nome, url, audita, clients, &[]));
    let [com, sem] = lados;
    let lados = [com?, sem?];
    let mut linhas = Vec::new();
    // Of the server and of PostgreSQL, on either side.
    let mut mistura = [[0.0_f64; 2]; 2];
    for (forma, peso) in MIX {
        lados.iter().try_for_each(|lado| lado.carga(forma, 400))?;
        std::thread::sleep(ASSENTAR);
        for banco in BANCOS {
            PgConnection::establish(&postgres.url("postgres", banco))?
                .batch_execute("VACUUM ANALYZE")?;
        }
        let custos = medir_forma(&lados, postmaster, forma)?;
        #[expect(clippy::cast_precision_loss, reason = "a hundred at most")]
        let parte = peso as f64 / 100.0;
        let mut da_forma = String::new();
        for ((lado, [servidor, banco]), total) in lados.iter().zip(custos).zip(&mut mistura) {
            total[0] += parte * servidor;
            total[1] += parte * banco;
            let _ = writeln!(
                da_forma,
                "{forma:9} {:4} servidor {servidor:7.1} µs  PostgreSQL {banco:7.1} µs",
                lado.nome
            );
        }
        let _ = write!(da_forma, "{forma:9} razão {:.3}", razao(custos));
        // It takes minutes: what is known is told.
        eprintln!("{da_forma}");
        linhas.push(da_forma);
    }
    drop(lados);
    let [[servidor_com, banco_com], [servidor_sem, banco_sem]] = mistura;
    linhas.push(format!(
        "mistura 60/20/10/10: com {servidor_com:.1} + {banco_com:.1} µs, sem {servidor_sem:.1} + {banco_sem:.1} µs\n\
         razão de CPU, servidor + PostgreSQL: {:.3}",
        razao(mistura)
    ));
    match instrucoes(&completo, &aberto)? {
        None => linhas.push("valgrind is not here: instructions were not counted".to_owned()),
        Some([com, sem]) => {
            // Two kinds of cost in one sum: an instruction counts as long as one took here.
            let por_instrucao = (servidor_com + servidor_sem) / (com + sem);
            let [de_com, de_sem] = [com, sem].map(|instrucoes| instrucoes * por_instrucao);
            linhas.push(format!(
                "instruções do servidor por pedido da mistura: com {com:.0}, sem {sem:.0}, razão {:.3}\n\
                 razão de instruções do servidor (a {:.3} ns cada, como medido acima) + CPU do PostgreSQL: {:.3}",
                com / sem,
                por_instrucao * 1e3,
                razao([[de_com, banco_com], [de_sem, banco_sem]])
            ));
        }
    }
    Ok(linhas.join("\n"))
}

fn razao([com, sem]: [[f64; 2]; 2]) -> f64 {
    com.iter().sum::<f64>() / sem.iter().sum::<f64>()
}

/// Microseconds per request, of the server and of PostgreSQL, on either side.
fn medir_forma(lados: &[Lado; 2], postmaster: i32, forma: &str) -> anyhow::Result<[[f64; 2]; 2]> {
    let (inicio, clients) = (Instant::now(), lados[0].clients);
    lados.iter().try_for_each(|lado| lado.carga(forma, 400))?;
    // About two seconds a round, with plans made anew.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand")]
    let pedidos = (800.0 / inicio.elapsed().as_secs_f64() * 2.0) as usize / clients * clients;
    std::thread::sleep(ASSENTAR);
    let servidores = || [0, 1].map(|qual: usize| cpu(lados[qual].processo.id().cast_signed()));
    let antes = (servidores(), cpu_do_postgres(postmaster).0);
    let mut comum = [0.0; 2];
    for rodada in 0..RODADAS {
        for n in 0..2 {
            let qual = (n + rodada) % 2;
            let antes = cpu_do_postgres(postmaster).1;
            lados[qual].carga(forma, pedidos)?;
            std::thread::sleep(Duration::from_millis(600));
            comum[qual] += cpu_do_postgres(postmaster).1 - antes;
        }
    }
    std::thread::sleep(ASSENTAR);
    let depois = (servidores(), cpu_do_postgres(postmaster).0);
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let por = 1e6 / (pedidos * RODADAS) as f64;
    Ok([0, 1].map(|qual: usize| {
        let banco = depois.1[qual] - antes.1[qual] + comum[qual];
        [(depois.0[qual] - antes.0[qual]) * por, banco * por]
    }))
}

/// Policies that let everything pass: what they would have cost is gone.
fn abrir(conn: &mut PgConnection) -> anyhow::Result<()> {
    #[derive(diesel::QueryableByName)]
    struct Comando {
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    let comandos: Vec<Comando> = Sql::new(
        "SELECT format('ALTER POLICY %I ON %I %s %s', policyname, tablename, \
             CASE WHEN cmd <> 'INSERT' THEN 'USING (true)' ELSE '' END, \
             CASE WHEN with_check IS NOT NULL THEN 'WITH CHECK (true)' ELSE '' END) AS t \
         FROM pg_policies WHERE schemaname = 'public' AND 'elos_app' = ANY(roles)",
    )
    .load(conn)?;
    for Comando { t } in comandos {
        conn.batch_execute(&t)?;
    }
    Ok(())
}

/// Instructions of either server per request of the mix, by callgrind; none without it.
///
/// They are fewer in a second than on a machine of silicon, so the trail is written in
/// smaller batches: the one that has it looks dearer than it is.
fn instrucoes(completo: &str, aberto: &str) -> anyhow::Result<Option<[f64; 2]>> {
    if !callgrind::ha() {
        return Ok(None);
    }
    let com = contar(completo, true)?;
    Ok(Some([com, contar(aberto, false)?]))
}

fn contar(url: &str, audita: bool) -> anyhow::Result<f64> {
    let saida = std::env::temp_dir().join(format!("elos-callgrind-{}", std::process::id()));
    let para = format!("--callgrind-out-file={}", saida.display());
    let [ferramenta, zerar, despejar] = callgrind::OPCOES;
    let por = ["valgrind", ferramenta, zerar, despejar, &para];
    let mut lado = Lado::iniciar("valgrind", url, audita, CLIENTES, &por)?;
    lado.proximo.store(5_000_000, Ordering::Relaxed);
    let carga = |lado: &Lado, vezes: usize| {
        let partes = MIX.iter().map(|(forma, peso)| (forma, peso * vezes / 100));
        partes.into_iter().try_for_each(|(forma, pedidos)| lado.carga(forma, pedidos))
    };
    // Caches and connections are made once: the key of the tokens costs billions, and never
    // as many.
    carga(&lado, CONTADOS / 5)?;
    std::thread::sleep(Duration::from_secs(2));
    lado.mandar("contar")?;
    carga(&lado, CONTADOS)?;
    std::thread::sleep(ASSENTAR);
    lado.mandar("parar")?;
    drop(lado);
    let total = callgrind::total(&saida, 1);
    let despejo = format!("{}.1", saida.display());
    let _ = (std::fs::remove_file(despejo), std::fs::remove_file(saida));
    let total = total?;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let pedidos = CONTADOS as f64;
    Ok(total / pedidos)
}
