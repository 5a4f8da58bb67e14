//! The command line. The only module that prints, and the only one that knows the clock.

mod archive;
mod catalogo;
mod verify;

use crate::audit::archive::PublicKey;
use crate::auth::{Auth, Certificate, Papel, url_segura};
use crate::call::App;
use crate::config::ranges::number;
use crate::config::{Config, Opcoes};
use crate::db::catalog::{Left, Listed, Repair};
use crate::db::credentials::Alheio;
use crate::db::migrations::Migrador;
use crate::db::{self, Db, DbOptions, Transport, credentials};
use crate::isolation::{self, Login};
use crate::server::{self, Partes};
use crate::telemetry::logs;
use crate::tramite::EnderecoDeEstrutura;
use crate::value::characters;
use crate::value::tribunal::{self, Tribunal};
use crate::{graphql, rest, seed};
use anyhow::{Context, bail, ensure};
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Parser, Subcommand};
use diesel::{Connection, PgConnection};
use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use verify::Conferencia;

/// elos: processos da justiça juvenil, adolescentes e os vínculos entre eles, num só grafo.
#[derive(Parser)]
#[command(
    name = "elos",
    version,
    arg_required_else_help = true,
    after_help = "Comece por `elos demo`."
)]
pub struct Cli {
    #[command(subcommand)]
    comando: Comando,
    #[command(flatten)]
    opcoes: Opcoes,
}

#[derive(Subcommand)]
enum Comando {
    /// Sobe tudo nesta máquina: PostgreSQL próprio, dados sintéticos, emissor de tokens e GraphiQL.
    #[cfg(feature = "dev-issuer")]
    Demo {
        /// Apaga os dados e recomeça do zero.
        #[arg(long)]
        fresh: bool,
        /// Quantos processos sintéticos semear num banco vazio.
        #[arg(long, default_value_t = 3000, value_name = "N", value_parser = number::<u32>("processos"))]
        processos: u32,
    },
    /// Serve em produção; exige DATABASE_URL e ELOS_OIDC_ISSUER.
    Serve,
    /// Migra o banco, com ELOS_MIGRATE_URL.
    #[command(subcommand)]
    Migrate(Migrate),
    /// Enche um banco vazio com dados sintéticos, com ELOS_MIGRATE_URL.
    Seed {
        /// Quantos processos acrescentar.
        #[arg(long, value_name = "N", value_parser = number::<u32>("processos"))]
        processos: u32,
        /// Faz sem perguntar.
        #[arg(long)]
        yes: bool,
    },
    /// Diz de que tribunal é um cliente OIDC (azp), que papéis tem e por que estruturas age, com ELOS_MIGRATE_URL. Vale em até 10 s.
    #[command(subcommand)]
    Credencial(CredencialCmd),
    /// Catálogos do Tramita, com ELOS_MIGRATE_URL.
    #[command(subcommand)]
    Catalogo(CatalogoCmd),
    /// Estruturas do Tramita, com ELOS_MIGRATE_URL.
    #[command(subcommand)]
    Estrutura(EstruturaCmd),
    /// Imprime o esquema GraphQL (SDL).
    Schema,
    /// Imprime o contrato das rotas REST (OpenAPI 3.1, JSON).
    Openapi,
    /// Confere a configuração e imprime cada ajuste em vigor, sem segredos.
    CheckConfig,
    /// A trilha de auditoria, com ELOS_MIGRATE_URL.
    #[command(subcommand)]
    Auditoria(AuditoriaCmd),
    /// A muralha entre os tribunais, com ELOS_MIGRATE_URL e DATABASE_URL.
    #[command(subcommand)]
    Isolamento(IsolamentoCmd),
    /// Diz se o servidor em `--bind` está pronto: sai com 0 ou 1.
    Healthcheck,
    /// Imprime a versão.
    Version {
        /// Em JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum Migrate {
    /// Aplica o que falta.
    Run,
    /// Desfaz a última, num banco vazio.
    Revert {
        /// Faz sem perguntar.
        #[arg(long)]
        yes: bool,
    },
    /// Lista as migrações e quais o banco tem.
    Status,
    /// Refaz papéis, políticas, direitos e funções que não estão como as migrações os fazem.
    Repair,
}

#[derive(Subcommand)]
enum CredencialCmd {
    /// Reconhece um cliente; se já havia, passa a ser como se diz aqui.
    Add {
        /// Cliente OIDC, como em `azp`.
        #[arg(value_parser = nome_de_cliente)]
        azp: String,
        /// De que tribunal é: 8.20, 820 ou 20. Dispensa-se com o papel pse-nacional.
        #[arg(long, value_parser = read_tribunal, required_unless_present = "nacional", value_name = "CÓDIGO")]
        tribunal: Option<Tribunal>,
        /// Vê todos os tribunais (papel pse-nacional), e em nenhum escreve.
        #[arg(long)]
        nacional: bool,
        /// Um papel; repita para cada um.
        #[arg(long = "papel", value_parser = papel, required = true, value_name = "PAPEL")]
        papeis: Vec<Papel>,
        /// Estrutura do tribunal pela qual age no Tramita, por exemplo 1/820; repita para cada uma.
        /// Sem nenhuma, age por todas.
        #[arg(
            long = "estrutura",
            value_parser = estrutura,
            conflicts_with = "nacional",
            value_name = "REPOSITÓRIO/NÚMERO"
        )]
        estruturas: Vec<(i32, String)>,
        /// Certificado de cliente (PEM) pelo qual também é reconhecida, nas rotas do Tramita; repita para cada um.
        #[arg(long = "certificado", value_name = "ARQUIVO")]
        certificados: Vec<PathBuf>,
    },
    /// Lista os clientes reconhecidos e os revogados.
    List,
    /// Recusa, de agora em diante, os tokens de um cliente.
    Revoke {
        /// Cliente OIDC, como em `azp`.
        azp: String,
    },
}

#[derive(Subcommand)]
enum CatalogoCmd {
    /// Traz de um arquivo estruturas, repositórios, espécies, hipóteses legais ou motivos de urgência.
    ///
    /// Só grava o que mudou e diz quantas linhas acrescentou, mudou, achou iguais e recusou; o que o arquivo não
    /// nomeia fica como está. Sai com 1 se recusou alguma.
    Import(catalogo::Import),
}

#[derive(Subcommand)]
enum EstruturaCmd {
    /// Registra a chave com que o sistema de uma estrutura assina recibos; desde então só valem os que ela assina.
    SetKey {
        /// A estrutura, por exemplo 1/820.
        #[arg(value_parser = estrutura, value_name = "REPOSITÓRIO/NÚMERO")]
        estrutura: (i32, String),
        /// Chave RSA pública ou certificado (PEM), ou JWK.
        #[arg(value_name = "ARQUIVO")]
        chave: PathBuf,
    },
}

#[derive(Subcommand)]
enum AuditoriaCmd {
    /// Confere a trilha com a cadeia de hashes; sai com 1 se achar registro alterado, removido, inserido ou fora de ordem.
    Verify {
        /// Linhas `cabeça …` de uma conferência anterior, guardadas noutro lugar: acha também o fim que foi cortado.
        #[arg(long, value_name = "ARQUIVO")]
        ancora: Option<PathBuf>,
        /// Mês arquivado, ou pasta deles, a conferir também; repita para cada um.
        #[arg(long = "arquivo", value_name = "ARQUIVO|PASTA")]
        arquivos: Vec<PathBuf>,
        /// Chave RSA pública (PEM ou JWK) com que os arquivos têm de estar assinados; repita se houve mais de uma
        /// [padrão: a de --chave-dos-recibos].
        #[arg(long = "chave", value_name = "ARQUIVO")]
        chaves: Vec<PathBuf>,
        /// É um achado que falte o arquivo de um mês.
        #[arg(long)]
        exigir_arquivos: bool,
        /// Só os arquivos, sem o banco.
        #[arg(long, requires = "arquivos")]
        sem_banco: bool,
    },
    /// Grava em arquivos assinados os meses até este, confere cada um e o retira do banco; assina com --chave-dos-recibos.
    Archive {
        /// O último mês a arquivar, AAAA-MM; o corrente não se arquiva.
        #[arg(long, value_name = "AAAA-MM", value_parser = mes)]
        ate: NaiveDate,
        /// Pasta dos arquivos.
        #[arg(long, value_name = "PASTA")]
        para: PathBuf,
    },
}

fn mes(texto: &str) -> Result<NaiveDate, String> {
    let dia = NaiveDate::parse_from_str(&format!("{texto}-01"), "%Y-%m-%d").ok();
    dia.filter(|_| texto.len() == 7)
        .ok_or_else(|| "diga o mês como AAAA-MM; por exemplo, 2026-11".into())
}

#[derive(Subcommand)]
enum IsolamentoCmd {
    /// Tenta passar de um tribunal a outro, por todos os meios, neste banco; sai com 1 se passar por algum.
    ///
    /// Faz linhas de prova de dois tribunais numa transação que nunca se confirma, e tenta lê-las, mudá-las e fazê-las
    /// como cada papel do servidor, como o login de DATABASE_URL e por cada operação GraphQL e REST: cada coluna, tabela,
    /// função e papel que o catálogo do banco tem. Imprime o que tentou e o que conteve; cada ACHADO diz a tabela e a
    /// coluna, a função ou a operação.
    ///
    /// Nada fica no banco: só as sequências (números de cadastro, de guia e da trilha) avançam algumas unidades. Dura
    /// segundos; enquanto dura, a trilha e os fluxos de eventos mostram só o que veio antes dela. Pode rodar com o servidor no ar.
    Prove,
}

fn nome_de_cliente(texto: &str) -> Result<String, String> {
    if !(1..=255).contains(&texto.chars().count()) {
        return Err("tem de 1 a 255 caracteres".into());
    }
    match characters::unfit_for_identifier(texto) {
        None => Ok(texto.to_owned()),
        Some(letra) => Err(format!(
            "tem o caractere {letra}: nele não há brancos, acentos soltos nem o que não se vê"
        )),
    }
}

fn estrutura(texto: &str) -> Result<(i32, String), String> {
    credentials::ler_estrutura(texto)
        .ok_or_else(|| "diga repositório e número; por exemplo, 1/820".into())
}

fn papel(texto: &str) -> Result<Papel, String> {
    Papel::de_nome(texto).ok_or_else(|| {
        let nomes: Vec<_> = Papel::TODOS.iter().map(|papel| papel.nome()).collect();
        format!("papel desconhecido; use um de {}", nomes.join(", "))
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
fn agora() -> DateTime<Utc> {
    Utc::now()
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn executar(cli: Cli) -> anyhow::Result<()> {
    let config = Config::resolver(cli.opcoes)?;
    logs::iniciar(&config);
    match cli.comando {
        #[cfg(feature = "dev-issuer")]
        Comando::Demo { fresh, processos } => crate::demo::rodar(&config, fresh, processos, agora),
        Comando::Serve => serve(&config),
        Comando::Migrate(comando) => migrate(&config, &comando),
        Comando::Seed { processos, yes } => {
            let mut migrador = Migrador::conectar(migrate_url(&config)?)?;
            disposable(&config, &mut migrador, "semear", yes)?;
            let inicio = std::time::Instant::now();
            seed::semear(migrador.conn(), processos)?;
            seed::catalogos(migrador.conn(), agora())?;
            println!(
                "semeados cerca de {processos} processos em {:.1} s",
                inicio.elapsed().as_secs_f32()
            );
            Ok(())
        }
        Comando::Credencial(comando) => credencial(&config, comando),
        Comando::Catalogo(CatalogoCmd::Import(asked)) => {
            let mut migrador = Migrador::conectar(migrate_url(&config)?)?;
            catalogo::import(migrador.conn(), &asked, agora())
        }
        Comando::Estrutura(EstruturaCmd::SetKey { estrutura: (repositorio, numero), chave }) => {
            let mut migrador = Migrador::conectar(migrate_url(&config)?)?;
            let estrutura = EnderecoDeEstrutura { repositorio, numero };
            catalogo::set_key(migrador.conn(), &estrutura, &chave)
        }
        Comando::Auditoria(comando) => auditoria(&config, comando),
        Comando::Isolamento(IsolamentoCmd::Prove) => prove(&config),
        Comando::Schema => {
            print!("{}", graphql::sdl());
            Ok(())
        }
        Comando::Openapi => {
            print!("{}", rest::openapi::documento());
            Ok(())
        }
        Comando::CheckConfig => {
            println!("{config}");
            warn_of_transports(&config);
            graphql::execution::documents::Documentos::novos(
                &graphql::sdl(),
                &config.documentos(false)?,
            )?;
            Ok(())
        }
        Comando::Healthcheck => healthcheck(config.bind),
        Comando::Version { json } => {
            let (nome, versao) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
            match json {
                true => println!("{}", serde_json::json!({ "nome": nome, "versao": versao })),
                false => println!("{nome} {versao}"),
            }
            Ok(())
        }
    }
}

fn serve(config: &Config) -> anyhow::Result<()> {
    let url = config.database_url.as_deref().context(
        "falta DATABASE_URL: `elos serve` não traz banco (para experimentar, `elos demo`)",
    )?;
    check_transport(config, "DATABASE_URL", url)?;
    let oidc = &config.oidc;
    let issuer = oidc
        .issuer
        .as_ref()
        .context("falta ELOS_OIDC_ISSUER, o emissor dos tokens, exatamente como em `iss`")?;
    for (nome, url) in [
        ("ISSUER", Some(issuer)),
        ("JWKS_URL", oidc.jwks_url.as_ref()),
        ("TOKEN_URL", oidc.token_url.as_ref()),
    ] {
        ensure!(
            url.is_none_or(|url| url_segura(url)) || oidc.allow_http,
            "ELOS_OIDC_{nome} tem de ser https, ou de loopback: por http qualquer um no caminho trocaria as \
             chaves ou leria os segredos (se a rede é de confiança, ELOS_OIDC_ALLOW_HTTP=on)"
        );
    }
    let mut banco = DbOptions::nova(url);
    banco.nacional_url.clone_from(&config.nacional_url);
    banco.auditor_url.clone_from(&config.auditor_url);
    banco.pool_max = config.pool_max;
    banco.tempo = config.tempo_maximo;
    let db = Db::connect_when_there(&banco)?;
    let credenciais = credentials::do_banco(&db)?;
    let escuta = TcpListener::bind(config.bind)
        .with_context(|| format!("não foi possível escutar em {}", config.bind))?;
    let app = App::novo(db, config.regras, agora)
        .assinando(config.assinante()?)
        .com_assinaturas(config.assinaturas)
        .com_documentos(config.documentos(false)?)
        .com_http(config.http)
        .with_trail(config.relaxed_trail)
        .com_ausencias_por_minuto(config.ausencias_por_minuto);
    let partes = Partes {
        app,
        auth: Auth::novo(oidc.opcoes(issuer.clone(), config.facade(false)), credenciais),
        tls: server::listen_tls(config)?,
        graphiql: config.graphiql.unwrap_or(false),
        loopback_only: false,
        cors: config.cors_origins.clone(),
        connections: config.connections.clone(),
        metricas: server::escutar_metricas(config)?,
        pause: config.pause.unwrap_or(server::PAUSE),
        #[cfg(feature = "dev-issuer")]
        emissor: None,
    };
    server::rodar(partes, escuta, || ())
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
fn migrate(config: &Config, comando: &Migrate) -> anyhow::Result<()> {
    let mut migrador = Migrador::conectar(migrate_url(config)?)?;
    match comando {
        Migrate::Run => {
            match migrador.aplicar()?.as_slice() {
                [] => println!("nada a aplicar"),
                feitas => feitas.iter().for_each(|nome| println!("aplicada {nome}")),
            }
            let faults = migrador.faults()?;
            ensure!(
                faults.is_empty(),
                "o banco tem as migrações, mas não está como elas o fazem:{}\nrode `elos migrate repair`",
                Listed(&faults)
            );
        }
        Migrate::Repair => return repair(&mut migrador),
        Migrate::Revert { yes } => {
            disposable(config, &mut migrador, "desfazer a última migração", *yes)?;
            println!("desfeita {}", migrador.reverter()?);
        }
        Migrate::Status => {
            for migracao in migrador.situacao()? {
                println!("[{}] {}", if migracao.aplicada { 'x' } else { ' ' }, migracao.nome);
            }
        }
    }
    Ok(())
}

/// Refuses what would harm data: in production, where there are rows, and unless whoever types
/// it says so.
fn disposable(
    config: &Config,
    migrador: &mut Migrador,
    what: &str,
    yes: bool,
) -> anyhow::Result<()> {
    ensure!(
        config.ambiente.as_deref() != Some("production"),
        "ELOS_ENV=production: {what} não se faz em produção"
    );
    ensure!(!migrador.has_rows()?, "o banco tem registros: {what} só se faz num banco vazio");
    ensure!(yes || confirmed(what)?, "nada foi feito; para {what} sem perguntas, use --yes");
    Ok(())
}

/// Asks on a terminal; elsewhere nobody would answer.
#[expect(clippy::print_stderr, reason = "a question for the person who typed the command")]
fn confirmed(what: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    eprint!("Quer {what}? Escreva sim: ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "sim")
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
fn repair(migrador: &mut Migrador) -> anyhow::Result<()> {
    let Repair { done, left } = migrador.repair()?;
    for difference in &done {
        println!("reparado   {difference}");
    }
    for Left { difference, statements, reason } in &left {
        println!("por fazer  {difference}");
        if let Some(reason) = reason {
            println!("           o banco disse: {reason}");
        }
        match statements.as_str() {
            "" => println!("           nenhum comando o refaz: restaure-o de uma cópia"),
            _ => println!("           como superusuário, se for o que quer: {statements};"),
        }
    }
    if done.is_empty() && left.is_empty() {
        println!("nada a reparar");
    }
    ensure!(
        left.is_empty(),
        "nem tudo pôde ser refeito por este login: peça o que falta a quem administra o banco"
    );
    ensure!(
        !migrador.behind()?,
        "faltam migrações: rode `elos migrate run` e depois `elos migrate repair`"
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
fn credencial(config: &Config, comando: CredencialCmd) -> anyhow::Result<()> {
    let mut migrador = Migrador::conectar(migrate_url(config)?)?;
    let conn = migrador.conn();
    match comando {
        CredencialCmd::Add { azp, tribunal, nacional, mut papeis, estruturas, certificados } => {
            let certificados = certificados.iter().map(|arquivo| certificado(arquivo));
            let certificados = certificados.collect::<anyhow::Result<Vec<_>>>()?;
            papeis.extend(nacional.then_some(Papel::Nacional));
            ensure!(
                tribunal.is_some() || papeis.contains(&Papel::Nacional),
                "diga o tribunal, com --tribunal"
            );
            let cliente = credentials::Reconhecida {
                azp: &azp,
                tribunal,
                papeis: &papeis,
                estruturas: &estruturas,
                certificados: &certificados,
            };
            match credentials::acrescentar(conn, &cliente)? {
                Some(Alheio::Estrutura(repositorio, numero)) => {
                    bail!("a estrutura {repositorio}/{numero} não é do tribunal da credencial");
                }
                Some(Alheio::Certificado(impressao)) => {
                    bail!("o certificado {impressao} já é de outra credencial");
                }
                None => {}
            }
            println!("reconhecida {azp}");
        }
        CredencialCmd::List => {
            for linha in credentials::listar(conn)? {
                let credentials::Linha {
                    azp,
                    tribunal,
                    papeis,
                    estruturas,
                    revogada,
                    certificados,
                } = linha;
                let tribunal = tribunal.map_or_else(|| "-".into(), |codigo| codigo.to_string());
                let estruturas = match estruturas.as_slice() {
                    [] => String::new(),
                    suas => format!("  {}", suas.join(",")),
                };
                let certificados = match certificados {
                    0 => String::new(),
                    quantos => format!("  certificados: {quantos}"),
                };
                let revogada = if revogada { "  (revogada)" } else { "" };
                println!(
                    "{azp}  {tribunal}  {}{estruturas}{certificados}{revogada}",
                    papeis.join(",")
                );
            }
        }
        CredencialCmd::Revoke { azp } => {
            ensure!(
                credentials::revogar(conn, &azp)?,
                "não há credencial de {azp}; veja `elos credencial list`"
            );
            println!("revogada {azp}");
        }
    }
    Ok(())
}

fn certificado(arquivo: &Path) -> anyhow::Result<Certificate> {
    let texto = std::fs::read(arquivo);
    let texto = texto.with_context(|| format!("não foi possível ler {}", arquivo.display()))?;
    let certificado = Certificate::from_pem(&texto);
    let certificado = certificado
        .with_context(|| format!("{}: não é um certificado em PEM", arquivo.display()))?;
    let dentro = certificado.validity.until > agora();
    ensure!(dentro, "{}: o certificado está fora da validade", arquivo.display());
    Ok(certificado)
}

fn auditoria(config: &Config, comando: AuditoriaCmd) -> anyhow::Result<()> {
    match comando {
        AuditoriaCmd::Verify { ancora, arquivos, chaves, exigir_arquivos, sem_banco } => {
            let sem_banco = sem_banco || (!arquivos.is_empty() && config.migrate_url.is_none());
            let mut conn = match sem_banco {
                true => None,
                false => Some(PgConnection::establish(migrate_url(config)?)?),
            };
            let conferencia = Conferencia {
                ancora: ancora.as_deref(),
                arquivos: &arquivos,
                chaves: match chaves.as_slice() {
                    [] => config
                        .assinante()?
                        .and_then(|assinante| PublicKey::from_jwk(assinante.chave_publica()))
                        .into_iter()
                        .collect(),
                    dadas => {
                        dadas.iter().map(|dada| chave_publica(dada)).collect::<Result<_, _>>()?
                    }
                },
                exigir_arquivos,
            };
            verify::verificar(conn.as_mut(), &conferencia)
        }
        AuditoriaCmd::Archive { ate, para } => {
            let assinante = config.assinante()?.context(
                "falta a chave que assina os arquivos: diga --chave-dos-recibos, ou ELOS_CHAVE_DOS_RECIBOS, com uma chave RSA \
                 privada em PEM",
            )?;
            let mut conn = PgConnection::establish(migrate_url(config)?)?;
            archive::archive(&mut conn, ate, &para, &assinante)
        }
    }
}

fn chave_publica(arquivo: &Path) -> anyhow::Result<PublicKey> {
    let texto = std::fs::read_to_string(arquivo);
    let texto = texto.with_context(|| format!("não foi possível ler {}", arquivo.display()))?;
    PublicKey::from_text(&texto).with_context(|| arquivo.display().to_string())
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
fn prove(config: &Config) -> anyhow::Result<()> {
    let owner = PgConnection::establish(migrate_url(config)?)?;
    let url = config.database_url.as_ref().context("falta DATABASE_URL, o login que se prova")?;
    let urls = [
        (url, "elos_app"),
        (config.nacional_url.as_ref().unwrap_or(url), "elos_nacional"),
        (config.auditor_url.as_ref().unwrap_or(url), "elos_auditor"),
    ];
    let mut logins: Vec<(&String, Vec<&'static str>)> = Vec::new();
    for (url, role) in urls {
        match logins.iter_mut().find(|(known, _)| *known == url) {
            Some((_, may)) => may.push(role),
            None => logins.push((url, vec![role])),
        }
    }
    let login = |(url, may): (&String, Vec<&'static str>)| {
        let mixed_up = db::sessions_kept(url).err().map(|refused| refused.to_string());
        Ok(Login { conn: PgConnection::establish(url)?, may, mixed_up })
    };
    let logins = logins.into_iter().map(login).collect::<anyhow::Result<Vec<_>>>()?;
    let report = isolation::prove(owner, logins, isolation::Options::all(agora))?;
    print!("{report}");
    ensure!(report.holds(), "atravessou-se a muralha: {} achado(s)", report.findings.len());
    println!("contida: {} tentativas, nenhuma atravessou", report.tried());
    Ok(())
}

fn migrate_url(config: &Config) -> anyhow::Result<&str> {
    let url = config
        .migrate_url
        .as_deref()
        .context("falta ELOS_MIGRATE_URL, a URL do banco como o dono das tabelas")?;
    check_transport(config, "ELOS_MIGRATE_URL", url)?;
    Ok(url)
}

/// Refuses a way to PostgreSQL on which others could listen, unless it is allowed.
fn check_transport(config: &Config, setting: &str, url: &str) -> anyhow::Result<()> {
    match db::transport(url) {
        Err(reason) if !config.pg_sem_tls => bail!("{setting}: {reason}"),
        Err(_) => tracing::warn!(setting, "PostgreSQL is reached without TLS, as allowed"),
        Ok(Transport::Unverified) => {
            tracing::warn!(setting, "PostgreSQL's certificate is not verified");
        }
        Ok(Transport::Local | Transport::Verified) => {}
    }
    Ok(())
}

/// What `check-config` says of the ways to PostgreSQL, beside the settings.
#[expect(clippy::print_stderr, reason = "warnings go beside the answer, not into it")]
fn warn_of_transports(config: &Config) {
    for (setting, url) in
        [("DATABASE_URL", &config.database_url), ("ELOS_MIGRATE_URL", &config.migrate_url)]
    {
        let warning = match url.as_deref().map(db::transport) {
            Some(Err(reason)) if config.pg_sem_tls => {
                format!("aceito por ELOS_PG_SEM_TLS=on: {reason}")
            }
            Some(Err(reason)) => format!("seria recusado: {reason}"),
            Some(Ok(Transport::Unverified)) => db::UNVERIFIED.to_owned(),
            Some(Ok(Transport::Local | Transport::Verified)) | None => continue,
        };
        eprintln!("aviso: {setting}: {warning}");
    }
}

/// Asks `/readyz` without a client library: what a shell-less image can run.
fn healthcheck(bind: SocketAddr) -> anyhow::Result<()> {
    use std::io::{Read, Write};
    let mut alvo = bind;
    if alvo.ip().is_unspecified() {
        alvo.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let prazo = Duration::from_secs(3);
    let mut conexao = TcpStream::connect_timeout(&alvo, prazo)
        .with_context(|| format!("ninguém escuta em {alvo}"))?;
    conexao.set_read_timeout(Some(prazo))?;
    write!(conexao, "GET /readyz HTTP/1.1\r\nHost: {alvo}\r\nConnection: close\r\n\r\n")?;
    let mut resposta = String::new();
    conexao.read_to_string(&mut resposta)?;
    ensure!(resposta.starts_with("HTTP/1.1 200"), "o servidor em {alvo} não está pronto");
    Ok(())
}

/// A tribunal, as a command line says it.
fn read_tribunal(texto: &str) -> Result<Tribunal, String> {
    Tribunal::de_texto(texto).ok_or_else(|| "tribunal desconhecido; use, por exemplo, 8.20".into())
}
