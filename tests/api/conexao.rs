//! Who the server refuses to be in the database.

use crate::support::{Banco, Modelo};
use diesel::connection::SimpleConnection;
use elos::db::{ConexaoRecusada, Db, DbOptions, login};

fn recusa(url: String) -> ConexaoRecusada {
    Db::conectar(&DbOptions::nova(url)).err().expect("a refusal")
}

#[test]
fn superusuario_dono_e_estranho_sao_recusados() {
    let banco = Banco::novo(Modelo::Vazio);
    let mut admin = banco.conn();
    for (login, como) in [
        ("elos_teste_dono", "GRANT elos_dono TO elos_teste_dono"),
        ("elos_teste_definidor", "GRANT elos_definidor TO elos_teste_definidor"),
        ("elos_teste_livre", "ALTER ROLE elos_teste_livre BYPASSRLS"),
        ("elos_teste_criador", "ALTER ROLE elos_teste_criador CREATEROLE"),
        ("elos_teste_programas", "GRANT pg_execute_server_program TO elos_teste_programas"),
        (
            "elos_teste_do_banco",
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO elos_teste_do_banco', current_database()); END $$",
        ),
    ] {
        login::admit(&mut admin, login).unwrap();
        admin.batch_execute(como).unwrap();
        let recusada = recusa(banco.url(login));
        assert!(matches!(recusada, ConexaoRecusada::PapelPoderoso { .. }), "{login}: {recusada}");
    }
    admin
        .batch_execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO postgres', current_database()); END $$")
        .unwrap();
    let estranho = "DO $$ BEGIN CREATE ROLE elos_teste_estranho LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$";
    admin.batch_execute(estranho).unwrap();
    assert!(matches!(recusa(banco.url("postgres")), ConexaoRecusada::PapelPoderoso { .. }));
    assert!(matches!(
        recusa(banco.url("elos_teste_estranho")),
        ConexaoRecusada::ForaDoPapel { .. }
    ));
    assert!(matches!(recusa(banco.url("ninguem")), ConexaoRecusada::Conexao(_)));
    assert!(Db::conectar(&DbOptions::nova(banco.url_do_app())).is_ok());
}

#[test]
fn banco_sem_migracoes_e_recusado() {
    let banco = Banco::cru();
    assert!(matches!(recusa(banco.url_do_app()), ConexaoRecusada::SemMigracoes));
}

#[test]
fn seguranca_de_linha_desligada_e_recusada() {
    let banco = Banco::novo(Modelo::Vazio);
    let conectar = || Db::conectar(&DbOptions::nova(banco.url_do_app()));
    // Of the first a row has a tribunal, of the second two, of the third none.
    for tabela in ["vinculo", "tramite", "conteudo_parte"] {
        let mudar = |como: &str| {
            let comando = format!("ALTER TABLE {tabela} {como} ROW LEVEL SECURITY");
            banco.conn().batch_execute(&comando).unwrap();
        };
        mudar("DISABLE");
        let recusa = conectar().err().expect("a refusal").to_string();
        assert!(recusa.contains(tabela) && recusa.contains("elos migrate repair"), "{recusa}");
        mudar("ENABLE");
        assert!(conectar().is_ok());
    }
}

/// What `elos serve` and `elos demo` say of it, as programs.
#[test]
fn o_programa_recusa_e_diz_o_que_fazer() {
    let banco = Banco::novo(Modelo::Vazio);
    let rodar = |args: &[&str], env: &[(&str, String)]| {
        let mut comando = std::process::Command::new(env!("CARGO_BIN_EXE_elos"));
        let saida = comando
            .args(args)
            .env_remove("DATABASE_URL")
            .envs(env.iter().map(|(k, v)| (k, v)))
            .output()
            .unwrap();
        (saida.status.code(), String::from_utf8(saida.stderr).unwrap())
    };
    let issuer = ("ELOS_OIDC_ISSUER", "http://127.0.0.1:1/x".to_owned());
    let (codigo, texto) =
        rodar(&["serve"], &[("DATABASE_URL", banco.url("postgres")), issuer.clone()]);
    assert_eq!(codigo, Some(1));
    assert!(texto.contains("superusuário") && texto.contains("GRANT elos_app"), "{texto}");

    let (codigo, texto) = rodar(&["demo"], &[("DATABASE_URL", banco.url_do_app())]);
    assert!(codigo == Some(1) && texto.contains("tire DATABASE_URL"), "{texto}");
    let (codigo, texto) = rodar(&["serve"], &[]);
    assert!(codigo == Some(1) && texto.contains("falta DATABASE_URL"), "{texto}");
    let (codigo, texto) = rodar(&["serve"], &[("DATABASE_URL", banco.url_do_app())]);
    assert!(codigo == Some(1) && texto.contains("falta ELOS_OIDC_ISSUER"), "{texto}");
    let inseguro = ("ELOS_OIDC_ISSUER", "http://sso.example/x".to_owned());
    let (codigo, texto) = rodar(&["serve"], &[("DATABASE_URL", banco.url_do_app()), inseguro]);
    assert!(codigo == Some(1) && texto.contains("https"), "{texto}");
    let (codigo, texto) = rodar(&["demo", "--bind", "0.0.0.0:0"], &[]);
    assert!(codigo == Some(1) && texto.contains("127.0.0.1"), "{texto}");
    let (codigo, texto) = rodar(&["demo"], &[issuer]);
    assert!(codigo == Some(1) && texto.contains("ELOS_OIDC"), "{texto}");
}
