//! A client authenticates with a certificate, in the TLS handshake or in a header of a trusted
//! proxy.

use super::LIST;
use crate::credentials::{created, credential};
use crate::outage::program::Program;
use crate::support::{App, Database, MAX_WAIT, Settings, TempDir, Template, until};
use crate::tramita::code;
use elos::auth::AuthOptions;
use elos::http::tls::{CertificateFiles, Tls};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const HEADER: &str = "x-certificado-cliente";

/// Certificates and keys of one test, made by OpenSSL. The folder is removed at the end of the
/// test.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(TempDir::created())
    }

    pub fn path(&self, name: &str) -> String {
        self.0.0.join(name).display().to_string()
    }

    /// Makes the certificate `name.pem` and the key `name.key`. The certificate is valid between
    /// these days, counted from now.
    pub fn certificate(&self, name: &str, days: (i64, i64)) {
        let day = |days: i64| {
            let day = crate::support::now() + chrono::Duration::days(days);
            day.format("%Y%m%d%H%M%SZ").to_string()
        };
        // Sign with `openssl ca`, because only that command takes both dates.
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
                self.0.0.display()
            ),
        )
        .unwrap();
        std::fs::write(self.path("index"), "").unwrap();
        let run = |args: &[&str]| {
            let output = Command::new("openssl").args(args).output().unwrap();
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{args:?}: {message}");
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

    /// Returns the certificate, percent-encoded as a proxy sends it in the header.
    fn escaped(&self, name: &str) -> String {
        self.pem(name).replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B")
    }
}

const SEI: [&str; 7] =
    ["add", "sei", "--tribunal", "8.20", "--papel", "pse-consulta", "--certificado"];

/// Starts a server that trusts the header of these proxies.
fn behind(database: &Arc<Database>, proxies: &[&str]) -> App {
    let mut auth = AuthOptions::new("http://127.0.0.1:9".into(), vec!["elos".into()]);
    auth.tramita.certificate_header = Some(HEADER.parse().unwrap());
    auth.tramita.proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
    App::start(Arc::clone(database), Settings::default(), Some(auth))
}

fn ask(app: &App, values: &[&str]) -> (u16, String) {
    let headers: Vec<_> = values.iter().map(|value| (HEADER, *value)).collect();
    let answer = app.request("GET", LIST, &headers, b"");
    let (status, code) = code(&answer);
    (status, format!("{code} {}", answer.body["mensagem"].as_str().unwrap_or_default()))
}

#[test]
fn only_a_trusted_proxy_forwards_a_certificate() {
    let folder = Folder::new();
    folder.certificate("sei", (-1, 30));
    folder.certificate("outro", (-1, 30));
    let database = Arc::new(Database::new(Template::Empty));
    created(&database, &[&SEI[..], &[&folder.path("sei.pem")]].concat());
    assert!(created(&database, &["list"]).contains("certificados: 1"));
    let app = behind(&database, &["127.0.0.1"]);
    let pem = folder.escaped("sei");
    let print = elos::auth::Certificate::from_pem(folder.pem("sei").as_bytes()).unwrap();
    let print = print.fingerprint.to_string();
    assert_eq!(ask(&app, &[&pem]).0, 200);
    assert_eq!(ask(&app, &[&print]).0, 200);
    // The papéis are those of the credential.
    let headers = [(HEADER, print.as_str())];
    assert_eq!(code(&app.request("DELETE", "/tramites/1", &headers, b"")), (403, "9005"));
    let (status, message) = ask(&app, &[&folder.escaped("outro")]);
    assert!(status == 401 && message.contains("não está registrado"), "{message}");
    let (status, message) = ask(&app, &["lixo"]);
    assert!(status == 400 && message.contains("SHA-256"), "{message}");
    assert_eq!(ask(&app, &[]).0, 401);
    assert_eq!(ask(&app, &[""]).0, 401, "the proxy's client showed none");
    assert_eq!(ask(&app, &["", &print]).0, 403, "one of them is the client's own");
    // A token takes precedence over the header, so the server refuses a bad token even with a valid
    // certificate.
    let both = [(HEADER, print.as_str()), ("Authorization", "Bearer x")];
    let refused = app.request("GET", LIST, &both, b"");
    assert!(refused.status == 401 && refused.text.contains("o token"), "{}", refused.text);
    // The other APIs ignore the header.
    assert_eq!(app.request("GET", "/api/v1/processos", &headers, b"").status, 401);

    let elsewhere = behind(&database, &["10.0.0.1"]);
    for forged in [pem.as_str(), &print, "", "lixo"] {
        let (status, message) = ask(&elsewhere, &[forged]);
        assert!(status == 403 && message.contains("ELOS_PROXIES"), "{status} {message}");
    }

    created(&database, &["revoke", "sei"]);
    until(MAX_WAIT, "it is revoked", || ask(&app, &[&print]).0 == 403);
    assert!(ask(&app, &[&print]).1.contains("revogada"));
}

#[test]
fn a_certificate_belongs_to_one_credential_and_expires() {
    use diesel::connection::SimpleConnection;
    let folder = Folder::new();
    folder.certificate("sei", (-1, 30));
    folder.certificate("velho", (-30, -1));
    folder.certificate("novo", (-1, 60));
    let database = Arc::new(Database::new(Template::Empty));
    let (exit, message) = credential(&database, &[&SEI[..], &[&folder.path("velho.pem")]].concat());
    assert!(exit != Some(0) && message.contains("fora da validade"), "{message}");
    let (exit, message) = credential(&database, &[&SEI[..], &[&folder.path("sei.key")]].concat());
    assert!(exit != Some(0) && message.contains("não é um certificado"), "{message}");
    // A credential may have two certificates, so that one can replace the other.
    let both = [&folder.path("sei.pem")[..], "--certificado", &folder.path("novo.pem")];
    created(&database, &[&SEI[..], &both].concat());
    let mut other = SEI;
    other[1] = "outro";
    let (exit, message) = credential(&database, &[&other[..], &[&folder.path("sei.pem")]].concat());
    assert!(exit != Some(0) && message.contains("já é de outra credencial"), "{message}");

    let app = behind(&database, &["127.0.0.1"]);
    assert_eq!(ask(&app, &[&folder.escaped("sei")]).0, 200);
    assert_eq!(ask(&app, &[&folder.escaped("novo")]).0, 200);
    // The server refuses a certificate that has expired by its own dates or by the stored dates,
    // also if the proxy sends only the fingerprint.
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
    database.conn().batch_execute(&over).unwrap();
    until(MAX_WAIT, "its time is over", || ask(&app, &[&print("sei")]).0 == 401);
    for shown in [folder.escaped("velho"), folder.escaped("sei"), print("sei")] {
        until(MAX_WAIT, "it is refused", || ask(&app, &[&shown]).1.contains("fora da validade"));
    }
    assert_eq!(ask(&app, &[&folder.escaped("novo")]).0, 200);
    // `add` without certificates removes those of the credential.
    created(&database, &SEI[..6]);
    until(MAX_WAIT, "its certificate is removed", || {
        ask(&app, &[&folder.escaped("novo")]).0 == 401
    });
}

/// Returns the output of `openssl s_client` for one request on one connection.
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
    // Closing the input early would end the client before the response arrives.
    let output = child.wait_with_output().unwrap();
    drop(input);
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// Returns the certificate that the server shows.
fn shown_by(address: &str) -> String {
    let mut command = Command::new("openssl");
    let output = command.args(["s_client", "-connect", address]).stdin(std::process::Stdio::null());
    String::from_utf8_lossy(&output.output().unwrap().stdout).into_owned()
}

#[test]
fn the_tls_of_the_server_requests_a_certificate_and_does_not_require_it() {
    let folder = Folder::new();
    for name in ["servidor", "outro-servidor", "sei", "estranho"] {
        folder.certificate(name, (-1, 30));
    }
    let app = App::empty();
    created(&app.database, &[&SEI[..], &[&folder.path("sei.pem")]].concat());
    let copy = |from: &str, to: &str| std::fs::copy(folder.path(from), folder.path(to)).unwrap();
    copy("servidor.pem", "tls.pem");
    copy("servidor.key", "tls.key");
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let program = Program::serve_with(&app, &app.database.app_url(), "0", |command| {
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

    // The server loads new files, and keeps the old certificate if the new files are invalid.
    assert!(shown_by(&free).contains("CN = servidor") || shown_by(&free).contains("CN=servidor"));
    copy("outro-servidor.pem", "tls.pem");
    copy("outro-servidor.key", "tls.key");
    until(MAX_WAIT, "the new certificate is shown", || shown_by(&free).contains("outro-servidor"));
    copy("servidor.key", "tls.key");
    until(MAX_WAIT, "an unusable certificate is logged", || {
        program.log().iter().any(|line| line.contains("is not usable"))
    });
    assert!(shown_by(&free).contains("outro-servidor"));
}

#[test]
fn a_certificate_with_another_key_is_refused() {
    let folder = Folder::new();
    folder.certificate("a", (-1, 30));
    folder.certificate("b", (-1, 30));
    let read = |certificate: &str, key: &str| {
        let path = |name: &str| Path::new(&folder.path(name)).to_owned();
        Tls::read(CertificateFiles { certificate: path(certificate), key: path(key) }).map(drop)
    };
    assert!(read("a.pem", "a.key").is_ok());
    for (certificate, key) in
        [("a.pem", "b.key"), ("a.key", "a.key"), ("a.pem", "a.pem"), ("x", "a.key")]
    {
        assert!(read(certificate, key).is_err(), "{certificate} {key}");
    }
}
