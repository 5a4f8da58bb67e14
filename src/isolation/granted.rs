//! What the design grants across tribunals. Whatever is not here is a crossing.

/// A right over every tribunal's rows, and why it was given.
pub struct Granted {
    pub role: &'static str,
    pub what: What,
    pub name: &'static str,
    pub why: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Read,
    Insert,
    Call,
}

impl What {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Read => "lê",
            Self::Insert => "acrescenta em",
            Self::Call => "chama",
        }
    }
}

const APP: &str = "elos_app";
const AUDITOR: &str = "elos_auditor";
const NACIONAL: &str = "elos_nacional";

const fn granted(role: &'static str, what: What, name: &'static str, why: &'static str) -> Granted {
    Granted { role, what, name, why }
}

pub const GRANTED: [Granted; 30] = [
    granted(APP, What::Read, "tribunal", "os nomes dos tribunais são públicos"),
    granted(APP, What::Read, "estrutura", "os nomes dos órgãos são públicos"),
    granted(APP, What::Read, "catalogo_item", "os catálogos do Tramita são de todos"),
    granted(APP, What::Read, "credencial", "lida antes de se saber de quem é a chamada"),
    granted(APP, What::Read, "credencial_estrutura", "lida antes de se saber de quem é a chamada"),
    granted(APP, What::Read, "certificado", "lido antes de se saber de quem é a chamada"),
    granted(APP, What::Read, "__diesel_schema_migrations", "diz que migrações o banco tem"),
    granted(APP, What::Read, "epoca", "diz em que servidores o banco esteve, e mais nada"),
    granted(AUDITOR, What::Read, "epoca", "diz em que servidores o banco esteve, e mais nada"),
    granted(NACIONAL, What::Read, "epoca", "diz em que servidores o banco esteve, e mais nada"),
    granted(AUDITOR, What::Call, "elos_epoca_conferir", "começa outra época, se é outro servidor"),
    granted(APP, What::Insert, "registro_eletronico", "um NRE novo ainda não é de ninguém"),
    granted(AUDITOR, What::Read, "selo", "sabe até onde se selou"),
    granted(AUDITOR, What::Read, "trilha_arquivada", "sabe até onde se arquivou"),
    granted(AUDITOR, What::Call, "elos_trilha_de_leitura", "acrescenta à trilha de todos"),
    granted(AUDITOR, What::Call, "elos_trilha_escritos", "só quantos, dos que enviou"),
    granted(AUDITOR, What::Call, "elos_trilha_provar", "acrescenta à trilha de todos"),
    granted(AUDITOR, What::Call, "elos_trilha_preparar", "faz os meses que vêm"),
    granted(AUDITOR, What::Call, "elos_trilha_selar", "sela a trilha de todos"),
    granted(APP, What::Call, "elos_trilha_de_escrita", "só do tribunal da sessão"),
    granted(APP, What::Call, "elos_novo_identificador", "o próximo número livre, e nada mais"),
    granted(APP, What::Call, "elos_novo_numero_de_guia", "o próximo número livre, e nada mais"),
    granted(APP, What::Call, "elos_e_apuracao", "sim ou não (R10)"),
    granted(APP, What::Call, "elos_adolescentes_semelhantes", "só do tribunal da sessão (R25)"),
    granted(APP, What::Call, "elos_fatos_do_envio", "sim ou não, e só a uma parte do NRE"),
    granted(APP, What::Call, "elos_componentes_do_nre", "sim ou não, e só a uma parte do NRE"),
    granted(
        APP,
        What::Call,
        "elos_gravar_item_do_catalogo",
        "os catálogos do Tramita são de todos",
    ),
    granted(APP, What::Call, "elos_vincular_nre", "só os dois lados pedem"),
    granted("elos_dono", What::Call, "elos_novo_identificador", "carrega dados"),
    granted("elos_dono", What::Call, "elos_novo_numero_de_guia", "carrega dados"),
];

pub fn is_granted(role: &str, what: What, name: &str) -> bool {
    GRANTED.iter().any(|one| one.role == role && one.what == what && one.name == name)
}
