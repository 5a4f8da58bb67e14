//! What the walls and the memory cost: the same requests to two servers that run side by
//! side, one as in production, one whose policies let everything pass and that remembers
//! nothing of what was read or written.
//!
//! `script/bench custo` runs it: CPU time of server and PostgreSQL per request, in rounds that
//! alternate, and the median of the rounds' ratios. With valgrind on the machine it also
//! counts the server's instructions, which no neighbour on the machine disturbs.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::auth::issuer::{CAMINHO, Emissor};
use elos::auth::{Auth, AuthOptions};
use elos::db::migracoes::Migrador;
use elos::db::{Db, DbOptions, Sql};
use elos::embedded::{Embedded, Options};
use elos::server::{Partes, servir};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Of the seed; a tribunal has a twenty-seventh of it.
const PROCESSOS: u32 = 54_000;
const RODADAS: usize = 7;
const CLIENTES: usize = 4;
const MIX: [(&str, usize); 4] = [("ponto", 60), ("aninhada", 20), ("página", 10), ("escrita", 10)];

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["servir", url, audita] => servidor(url, *audita == "sim"),
        _ => medir(),
    }
}

/// One of the two servers, in a process of its own.
fn servidor(url: &str, audita: bool) -> anyhow::Result<()> {
    let escuta = TcpListener::bind("127.0.0.1:0")?;
    let endereco = escuta.local_addr()?;
    let iss = format!("http://{endereco}{CAMINHO}");
    let db = Db::conectar(&DbOptions::nova(url))?;
    let app = elos::App::novo(db, elos::config::Regras::default(), agora);
    let app = app.com_ausencias_por_minuto(0);
    let app = if audita { app } else { app.sem_auditoria() };
    let credenciais = elos::credencial::do_banco(&app.db)?;
    let partes = Partes {
        app,
        auth: Auth::novo(AuthOptions::novas(iss.clone(), vec!["elos".into()]), credenciais),
        graphiql: false,
        cors: Vec::new(),
        metricas: None,
        emissor: Some(Emissor::novo(iss, "elos".into(), agora)),
    };
    writeln!(std::io::stdout(), "{endereco}")?;
    Ok(actix_web::rt::System::new().block_on(async { servir(partes, escuta)?.await })?)
}

fn agora() -> chrono::DateTime<chrono::Utc> {
    #[expect(clippy::disallowed_methods, reason = "a server's clock")]
    chrono::Utc::now()
}

struct Lado {
    nome: &'static str,
    processo: Child,
    base: String,
    token: String,
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
    fn iniciar(nome: &'static str, url: &str, audita: bool, por: &[&str]) -> anyhow::Result<Self> {
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
        let mut processo = comando.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut linha = String::new();
        let saida = processo.stdout.take().ok_or_else(|| anyhow::anyhow!("no stdout"))?;
        BufReader::new(saida).read_line(&mut linha)?;
        let base = format!("http://{}", linha.trim());
        let agente: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut lado = Self {
            nome,
            processo,
            base,
            token: String::new(),
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
        let nodes = lado.graphql("{ processos(first: 100) { nodes { numero } } adolescentes(first: 1) { nodes { identificador } } }", &json!({}))?;
        let numeros = nodes["data"]["processos"]["nodes"].as_array().into_iter().flatten();
        lado.numeros =
            numeros.filter_map(|node| Some(node["numero"].as_str()?.to_owned())).collect();
        let primeiro = &nodes["data"]["adolescentes"]["nodes"][0]["identificador"];
        primeiro.as_str().unwrap_or_default().clone_into(&mut lado.adolescente);
        anyhow::ensure!(lado.numeros.len() == 100, "the data are not there: {nodes}");
        Ok(lado)
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
            let clientes: Vec<_> = (0..CLIENTES)
                .map(|_| {
                    escopo.spawn(|| (0..pedidos / CLIENTES).try_for_each(|_| self.pedir(forma)))
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

/// CPU seconds of a process, all its threads, to the nanosecond.
fn cpu(pid: u32) -> f64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let de_uma = |thread: std::fs::DirEntry| {
        let texto = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        texto.split_whitespace().next()?.parse::<u64>().ok()
    };
    #[expect(clippy::cast_precision_loss, reason = "minutes, in nanoseconds")]
    let ns = threads.filter_map(de_uma).sum::<u64>() as f64;
    ns / 1e9
}

/// CPU seconds of PostgreSQL, all of it.
fn cpu_do_postgres(postmaster: u32) -> f64 {
    let processos = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let filhos = processos.filter_map(|pasta| pasta.file_name().to_str()?.parse::<u32>().ok());
    let filhos = filhos.filter(|pid| {
        let texto = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let pai = texto.rsplit(')').next().and_then(|resto| resto.split_whitespace().nth(1));
        pai == Some(&postmaster.to_string())
    });
    cpu(postmaster) + filhos.map(cpu).sum::<f64>()
}

#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn medir() -> anyhow::Result<()> {
    let pasta = PathBuf::from(format!("/var/tmp/elos-custo-{}", std::process::id()));
    let postgres = Embedded::start(Options::new(&pasta))?;
    let desfecho = medir_em(&postgres, &pasta);
    postgres.stop();
    let _ = std::fs::remove_dir_all(&pasta);
    let linhas = desfecho?;
    println!("{linhas}");
    Ok(())
}

#[expect(clippy::print_stderr, reason = "progress")]
fn medir_em(postgres: &Embedded, pasta: &std::path::Path) -> anyhow::Result<String> {
    let mut admin = PgConnection::establish(&postgres.url("postgres", "postgres"))?;
    admin.batch_execute("CREATE DATABASE completo")?;
    admin.batch_execute("CREATE ROLE medido LOGIN")?;
    {
        let mut migrador = Migrador::conectar(&postgres.url("postgres", "completo"))?;
        migrador.aplicar()?;
        elos::seed::semear(migrador.conn(), PROCESSOS)?;
        migrador.conn().batch_execute("VACUUM ANALYZE")?;
    }
    admin.batch_execute("GRANT elos_app, elos_nacional, elos_auditor TO medido")?;
    admin.batch_execute("CREATE DATABASE aberto TEMPLATE completo")?;
    abrir(&mut PgConnection::establish(&postgres.url("postgres", "aberto"))?)?;
    let pid = std::fs::read_to_string(pasta.join("data/postmaster.pid"))?;
    let postmaster: u32 = pid.lines().next().unwrap_or_default().parse()?;

    let (completo, aberto) = (postgres.url("medido", "completo"), postgres.url("medido", "aberto"));
    let lados =
        [Lado::iniciar("com", &completo, true, &[])?, Lado::iniciar("sem", &aberto, false, &[])?];
    let mut linhas = Vec::new();
    let mut total = [0.0_f64; 2];
    for (forma, peso) in MIX {
        let mut custos: [Vec<(f64, f64)>; 2] = [Vec::new(), Vec::new()];
        let inicio = Instant::now();
        lados.iter().try_for_each(|lado| lado.carga(forma, 400))?;
        // About two seconds a round.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few thousand"
        )]
        let pedidos = (800.0 / inicio.elapsed().as_secs_f64() * 2.0) as usize / CLIENTES * CLIENTES;
        for rodada in 0..RODADAS {
            for n in 0..2 {
                let qual = (n + rodada) % 2;
                let lado = &lados[qual];
                let antes = (cpu(lado.processo.id()), cpu_do_postgres(postmaster));
                lado.carga(forma, pedidos)?;
                // What was queued belongs to the round that queued it.
                std::thread::sleep(Duration::from_millis(1_200));
                let depois = (cpu(lado.processo.id()), cpu_do_postgres(postmaster));
                #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
                let por = 1e6 / pedidos as f64;
                custos[qual].push(((depois.0 - antes.0) * por, (depois.1 - antes.1) * por));
            }
        }
        let soma = |lado: usize, rodada: usize| custos[lado][rodada].0 + custos[lado][rodada].1;
        let razoes = (0..RODADAS).map(|rodada| soma(0, rodada) / soma(1, rodada)).collect();
        for (lado, custos) in custos.iter().enumerate() {
            let servidor = mediana(custos.iter().map(|custo| custo.0).collect());
            let banco = mediana(custos.iter().map(|custo| custo.1).collect());
            #[expect(clippy::cast_precision_loss, reason = "a hundred at most")]
            let parte = peso as f64 / 100.0;
            total[lado] += parte * (servidor + banco);
            let nome = lados[lado].nome;
            linhas.push(format!(
                "{forma:9} {nome:4} servidor {servidor:7.1} µs  PostgreSQL {banco:7.1} µs"
            ));
        }
        linhas.push(format!("{forma:9} razão das rodadas, mediana: {:.3}", mediana(razoes)));
        // It takes minutes: what is known is told.
        eprintln!("{}", linhas[linhas.len() - 3..].join("\n"));
    }
    let razao = total[0] / total[1];
    linhas.push(format!(
        "mistura 60/20/10/10: com {:.1} µs, sem {:.1} µs, razão {razao:.3}",
        total[0], total[1]
    ));
    drop(lados);
    linhas.push(instrucoes(&completo, &aberto)?);
    Ok(linhas.join("\n"))
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

fn mediana(mut valores: Vec<f64>) -> f64 {
    valores.sort_by(f64::total_cmp);
    valores.get(valores.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Instructions of the server per request of the mix, by callgrind: the difference between
/// a long run and a short one, so that its start does not count.
fn instrucoes(completo: &str, aberto: &str) -> anyhow::Result<String> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Ok("valgrind is not here: instructions were not counted".to_owned());
    }
    let mut por_pedido = [0.0_f64; 2];
    for (qual, (url, audita)) in [(completo, true), (aberto, false)].into_iter().enumerate() {
        let mut contadas = Vec::new();
        for vezes in [1, 6] {
            let saida = std::env::temp_dir()
                .join(format!("elos-callgrind-{}-{qual}-{vezes}", std::process::id()));
            let para = format!("--callgrind-out-file={}", saida.display());
            let lado = Lado::iniciar("v", url, audita, &["valgrind", "--tool=callgrind", &para])?;
            for (forma, peso) in MIX {
                lado.proximo.store(5_000_000 + 100_000 * (qual * 10 + vezes), Ordering::Relaxed);
                lado.carga(forma, peso * vezes / 2 / CLIENTES * CLIENTES)?;
            }
            std::thread::sleep(Duration::from_secs(2));
            // Told to stop, it writes what it counted.
            let pid = nix::unistd::Pid::from_raw(lado.processo.id().cast_signed());
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)?;
            let mut lado = lado;
            lado.processo.wait()?;
            let texto = std::fs::read_to_string(&saida)?;
            let total = texto.lines().filter_map(|linha| {
                linha.strip_prefix("totals: ").or_else(|| linha.strip_prefix("summary: "))
            });
            let total: f64 = total.filter_map(|n| n.trim().parse::<f64>().ok()).fold(0.0, f64::max);
            contadas.push(total);
            let _ = std::fs::remove_file(saida);
        }
        let pedidos: usize = MIX
            .iter()
            .map(|(_, peso)| peso * 6 / 2 / CLIENTES * CLIENTES - peso / 2 / CLIENTES * CLIENTES)
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let pedidos = pedidos as f64;
        por_pedido[qual] = (contadas[1] - contadas[0]) / pedidos;
    }
    Ok(format!(
        "instruções do servidor por pedido da mistura: com {:.0}, sem {:.0}, razão {:.3}",
        por_pedido[0],
        por_pedido[1],
        por_pedido[0] / por_pedido[1]
    ))
}
