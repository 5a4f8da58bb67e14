//! A client's certificate, shown to the server's own TLS or told by the proxy in front.

use super::LIST;
use crate::outage::program::Program;
use crate::support::{Ajustes, App, Banco, Modelo, PATIENCE};
use crate::tramita::codigo;
use elos::auth::AuthOptions;
use elos::http::tls::{Files, Tls};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

const HEADER: &str = "x-certificado-cliente";

/// Certificates and keys of one test, made by OpenSSL, gone with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("elos-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// A certificate `name.pem` and its key `name.key`, good from and until so many days from now.
    pub fn certificate(&self, name: &str, days: (i64, i64)) {
        let day = |days: i64| {
            let day = crate::support::agora() + chrono::Duration::days(days);
            day.format("%Y%m%d%H%M%SZ").to_string()
        };
        // Of `ca`, because only that command takes both dates.
        let (pem, key, csr) = (
            self.path(&format!("{name}.pem")),
            self.path(&format!("{name}.key")),
            self.path("csr"),
        );
        let config = self.path("ca.cnf");
        std::fs::write(
            &config,
            format!(
                "[ca]\ndefault_ca=c\n[c]\nnew_certs_dir={0}\ndatabase={0}/index\nrand_serial=yes\n\
                 default_md=sha256\npolicy=p\nunique_subject=no\nx509_extensions=e\n[p]\ncommonName=supplied\n\
                 [e]\nsubjectAltName=IP:127.0.0.1\n[req]\ndistinguished_name=d\n[d]\n",
                self.0.display()
            ),
        )
        .unwrap();
        std::fs::write(self.path("index"), "").unwrap();
        let run = |args: &[&str]| {
            let output = Command::new("openssl").args(args).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{args:?}: {told}");
        };
        let subject = format!("/CN={name}");
        let new = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        let more = ["-keyout", &key, "-out", &csr, "-subj", &subject, "-config", &config];
        run(&[&new[..], &more[..]].concat());
        let (from, until) = (day(days.0), day(days.1));
        let sign = ["ca", "-batch", "-notext", "-selfsign", "-config", &config, "-in", &csr];
        let dates = ["-keyfile", &key, "-out", &pem, "-startdate", &from, "-enddate", &until];
        run(&[&sign[..], &dates[..]].concat());
    }

    fn pem(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(&format!("{name}.pem"))).unwrap()
    }

    /// As a proxy escapes it.
    fn escaped(&self, name: &str) -> String {
        self.pem(name).replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn credencial(banco: &Banco, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    command.arg("credencial").args(args).env("ELOS_MIGRATE_URL", banco.url("postgres"));
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

const SEI: [&str; 7] =
    ["add", "sei", "--tribunal", "8.20", "--papel", "pse-consulta", "--certificado"];

/// A server that believes the header of `proxies`.
fn behind(banco: &Arc<Banco>, proxies: &[&str]) -> App {
    let mut auth = AuthOptions::novas("http://127.0.0.1:9".into(), vec!["elos".into()]);
    auth.facade.certificate_header = Some(HEADER.parse().unwrap());
    auth.facade.proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
    App::sobre(Arc::clone(banco), Ajustes::default(), Some(auth))
}

fn ask(app: &App, values: &[&str]) -> (u16, String) {
    let headers: Vec<_> = values.iter().map(|value| (HEADER, *value)).collect();
    let answer = app.pedir("GET", LIST, &headers, b"");
    let (status, code) = codigo(&answer);
    (status, format!("{code} {}", answer.corpo["mensagem"].as_str().unwrap_or_default()))
}

#[track_caller]
fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_proxy_says_who_its_client_is_and_nobody_else_does() {
    let folder = Folder::new("proxy");
    folder.certificate("sei", (-1, 30));
    folder.certificate("outro", (-1, 30));
    let banco = Arc::new(Banco::novo(Modelo::Vazio));
    let (ok, told) = credencial(&banco, &[&SEI[..], &[&folder.path("sei.pem")]].concat());
    assert!(ok, "{told}");
    assert!(credencial(&banco, &["list"]).1.contains("certificados: 1"));
    let app = behind(&banco, &["127.0.0.1"]);
    let pem = folder.escaped("sei");
    let print = elos::auth::Certificate::from_pem(folder.pem("sei").as_bytes()).unwrap();
    let print = print.fingerprint.to_string();
    assert_eq!(ask(&app, &[&pem]).0, 200);
    assert_eq!(ask(&app, &[&print]).0, 200);
    // Its papéis are those of its credential.
    let headers = [(HEADER, print.as_str())];
    assert_eq!(codigo(&app.pedir("DELETE", "/tramites/1", &headers, b"")), (403, "9005"));
    let (status, told) = ask(&app, &[&folder.escaped("outro")]);
    assert!(status == 401 && told.contains("não está registrado"), "{told}");
    let (status, told) = ask(&app, &["lixo"]);
    assert!(status == 400 && told.contains("SHA-256"), "{told}");
    assert_eq!(ask(&app, &[]).0, 401);
    assert_eq!(ask(&app, &[""]).0, 401, "the proxy's client showed none");
    assert_eq!(ask(&app, &["", &print]).0, 403, "one of them is the client's own");
    // A token goes before it; nobody in is not let in by it either.
    let both = [(HEADER, print.as_str()), ("Authorization", "Bearer x")];
    let refused = app.pedir("GET", LIST, &both, b"");
    assert!(refused.status == 401 && refused.texto.contains("o token"), "{}", refused.texto);
    // Other doors do not look at it.
    assert_eq!(app.pedir("GET", "/api/v1/processos", &headers, b"").status, 401);

    let elsewhere = behind(&banco, &["10.0.0.1"]);
    for forged in [pem.as_str(), &print, "", "lixo"] {
        let (status, told) = ask(&elsewhere, &[forged]);
        assert!(status == 403 && told.contains("ELOS_PROXIES"), "{status} {told}");
    }

    let (ok, told) = credencial(&banco, &["revoke", "sei"]);
    assert!(ok, "{told}");
    until("it is revoked", || ask(&app, &[&print]).0 == 403);
    assert!(ask(&app, &[&print]).1.contains("revogada"));
}

#[test]
fn a_certificate_is_one_credentials_and_good_for_its_time() {
    use diesel::connection::SimpleConnection;
    let folder = Folder::new("times");
    folder.certificate("sei", (-1, 30));
    folder.certificate("velho", (-30, -1));
    folder.certificate("novo", (-1, 60));
    let banco = Arc::new(Banco::novo(Modelo::Vazio));
    let (ok, told) = credencial(&banco, &[&SEI[..], &[&folder.path("velho.pem")]].concat());
    assert!(!ok && told.contains("fora da validade"), "{told}");
    let (ok, told) = credencial(&banco, &[&SEI[..], &[&folder.path("sei.key")]].concat());
    assert!(!ok && told.contains("não é um certificado"), "{told}");
    // Two at once, so that one takes over from the other.
    let both = [&folder.path("sei.pem")[..], "--certificado", &folder.path("novo.pem")];
    assert!(credencial(&banco, &[&SEI[..], &both].concat()).0);
    let mut other = SEI;
    other[1] = "outro";
    let (ok, told) = credencial(&banco, &[&other[..], &[&folder.path("sei.pem")]].concat());
    assert!(!ok && told.contains("já é de outra credencial"), "{told}");

    let app = behind(&banco, &["127.0.0.1"]);
    assert_eq!(ask(&app, &[&folder.escaped("sei")]).0, 200);
    assert_eq!(ask(&app, &[&folder.escaped("novo")]).0, 200);
    // Its time is over: told by the certificate itself, and by what was noted when only its print comes.
    let print = |name: &str| {
        let certificate = elos::auth::Certificate::from_pem(folder.pem(name).as_bytes()).unwrap();
        certificate.fingerprint.to_string()
    };
    let over = format!(
        "UPDATE certificado SET valido_de = '2020-01-01', valido_ate = '2020-02-01' WHERE impressao = '{}'; \
         INSERT INTO certificado (impressao, azp, valido_de, valido_ate) VALUES ('{}', 'sei', '2020-01-01', '2999-01-01')",
        print("sei"),
        print("velho"),
    );
    banco.conn().batch_execute(&over).unwrap();
    until("its time is over", || ask(&app, &[&print("sei")]).0 == 401);
    for shown in [folder.escaped("velho"), folder.escaped("sei"), print("sei")] {
        until("it is refused", || ask(&app, &[&shown]).1.contains("fora da validade"));
    }
    assert_eq!(ask(&app, &[&folder.escaped("novo")]).0, 200);
    // Said anew without it, the credential is no longer known by it.
    assert!(credencial(&banco, &SEI[..6]).0);
    until("it is forgotten", || ask(&app, &[&folder.escaped("novo")]).0 == 401);
}

/// What `openssl s_client` is answered on one connection.
fn over_tls(address: &str, more: &[&str]) -> String {
    use std::io::Write;
    use std::process::Stdio;
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", address, "-quiet", "-no_ign_eof"]).args(more);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    write!(input, "GET {LIST} HTTP/1.1\r\nHost: elos\r\nConnection: close\r\n\r\n").unwrap();
    // The end of what is sent would end the client before it is answered.
    let output = child.wait_with_output().unwrap();
    drop(input);
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// Which certificate the server shows.
fn shown_by(address: &str) -> String {
    let mut command = Command::new("openssl");
    let output = command.args(["s_client", "-connect", address]).stdin(std::process::Stdio::null());
    String::from_utf8_lossy(&output.output().unwrap().stdout).into_owned()
}

#[test]
fn the_servers_own_tls_asks_for_a_certificate_and_takes_none_for_an_answer() {
    let folder = Folder::new("tls");
    for name in ["servidor", "outro-servidor", "sei", "estranho"] {
        folder.certificate(name, (-1, 30));
    }
    let app = App::vazio();
    let (ok, told) = credencial(&app.banco, &[&SEI[..], &[&folder.path("sei.pem")]].concat());
    assert!(ok, "{told}");
    let copy = |from: &str, to: &str| std::fs::copy(folder.path(from), folder.path(to)).unwrap();
    copy("servidor.pem", "tls.pem");
    copy("servidor.key", "tls.key");
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let program = Program::serve_with(&app, &app.banco.url_do_app(), "0", |command| {
        command
            .env("ELOS_TLS_BIND", &free)
            .env("ELOS_TLS_CERTIFICADO", folder.path("tls.pem"))
            .env("ELOS_TLS_CHAVE", folder.path("tls.key"));
    });
    let client =
        |name: &str| [folder.path(&format!("{name}.pem")), folder.path(&format!("{name}.key"))];
    for version in ["-tls1_2", "-tls1_3"] {
        let [cert, key] = client("sei");
        let answer = over_tls(&free, &[version, "-cert", &cert, "-key", &key]);
        assert!(answer.contains("HTTP/1.1 200"), "{version}: {answer}");
        let [cert, key] = client("estranho");
        let answer = over_tls(&free, &[version, "-cert", &cert, "-key", &key]);
        assert!(answer.contains("HTTP/1.1 401") && answer.contains("registrado"), "{answer}");
        let answer = over_tls(&free, &[version]);
        assert!(answer.contains("HTTP/1.1 401") && answer.contains("Bearer"), "{answer}");
    }
    let old = over_tls(&free, &["-tls1_1"]);
    assert!(!old.contains("HTTP/1.1"), "{old}");

    // New files are taken up, and such as do not serve are not.
    assert!(shown_by(&free).contains("CN = servidor") || shown_by(&free).contains("CN=servidor"));
    copy("outro-servidor.pem", "tls.pem");
    copy("outro-servidor.key", "tls.key");
    until("the new certificate is shown", || shown_by(&free).contains("outro-servidor"));
    copy("servidor.key", "tls.key");
    until("what does not serve is told", || {
        program.log().iter().any(|line| line.contains("does not serve"))
    });
    assert!(shown_by(&free).contains("outro-servidor"));
}

#[test]
fn a_certificate_and_a_key_that_are_not_each_others_do_not_serve() {
    let folder = Folder::new("pairs");
    folder.certificate("a", (-1, 30));
    folder.certificate("b", (-1, 30));
    let read = |certificate: &str, key: &str| {
        let path = |name: &str| Path::new(&folder.path(name)).to_owned();
        Tls::read(Files { certificate: path(certificate), key: path(key) }).map(drop)
    };
    assert!(read("a.pem", "a.key").is_ok());
    for (certificate, key) in
        [("a.pem", "b.key"), ("a.key", "a.key"), ("a.pem", "a.pem"), ("x", "a.key")]
    {
        assert!(read(certificate, key).is_err(), "{certificate} {key}");
    }
}
