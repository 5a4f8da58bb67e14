//! The access across tribunals that the design grants. Any other access of the application or the
//! auditor is a finding. The national role may read every table that it is granted.

/// A privilege that row-level security does not limit to the session's tribunal, and the reason for
/// it.
pub struct Granted {
    pub role: &'static str,
    pub what: Access,
    pub name: &'static str,
    pub why: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Insert,
    Call,
}

impl Access {
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

const fn granted(
    role: &'static str,
    what: Access,
    name: &'static str,
    why: &'static str,
) -> Granted {
    Granted { role, what, name, why }
}

pub const GRANTED: [Granted; 32] = [
    granted(APP, Access::Read, "tribunal", "os nomes dos tribunais são públicos"),
    granted(APP, Access::Read, "estrutura", "os nomes dos órgãos são públicos"),
    granted(APP, Access::Read, "catalogo_item", "os catálogos do Tramita são de todos"),
    granted(APP, Access::Read, "credencial", "lida antes de se saber de quem é a chamada"),
    granted(
        APP,
        Access::Read,
        "credencial_estrutura",
        "lida antes de se saber de quem é a chamada",
    ),
    granted(APP, Access::Read, "certificado", "lido antes de se saber de quem é a chamada"),
    granted(APP, Access::Read, "__diesel_schema_migrations", "diz que migrações o banco tem"),
    granted(APP, Access::Read, "epoca", "diz em que servidores o banco esteve, e mais nada"),
    granted(AUDITOR, Access::Read, "epoca", "diz em que servidores o banco esteve, e mais nada"),
    granted(NACIONAL, Access::Read, "epoca", "diz em que servidores o banco esteve, e mais nada"),
    granted(
        AUDITOR,
        Access::Call,
        "elos_epoca_conferir",
        "começa outra época, se é outro servidor",
    ),
    granted(APP, Access::Insert, "registro_eletronico", "um NRE novo ainda não é de ninguém"),
    granted(AUDITOR, Access::Read, "selo", "sabe até onde se selou"),
    granted(AUDITOR, Access::Read, "trilha_arquivada", "sabe até onde se arquivou"),
    granted(AUDITOR, Access::Call, "elos_trilha_de_leitura", "acrescenta à trilha de todos"),
    granted(AUDITOR, Access::Call, "elos_trilha_escritos", "só quantos, dos que enviou"),
    granted(AUDITOR, Access::Call, "elos_trilha_provar", "acrescenta à trilha de todos"),
    granted(AUDITOR, Access::Call, "elos_trilha_preparar", "faz os meses que vêm"),
    granted(AUDITOR, Access::Call, "elos_trilha_selar", "sela a trilha de todos"),
    granted(APP, Access::Call, "elos_trilha_de_escrita", "só do tribunal da sessão"),
    granted(APP, Access::Call, "elos_novo_identificador", "o próximo número livre, e nada mais"),
    granted(APP, Access::Call, "elos_novo_numero_de_guia", "o próximo número livre, e nada mais"),
    granted(APP, Access::Call, "elos_e_apuracao", "sim ou não (R10)"),
    granted(APP, Access::Call, "elos_adolescentes_semelhantes", "só do tribunal da sessão (R25)"),
    granted(
        APP,
        Access::Call,
        "elos_estatisticas",
        "figuras arredondadas de todos, sem grupos pequenos e sem linha nenhuma",
    ),
    granted(APP, Access::Call, "elos_busca", "só do tribunal da sessão"),
    granted(APP, Access::Call, "elos_fatos_do_envio", "sim ou não, e só a uma parte do NRE"),
    granted(APP, Access::Call, "elos_componentes_do_nre", "sim ou não, e só a uma parte do NRE"),
    granted(
        APP,
        Access::Call,
        "elos_gravar_item_do_catalogo",
        "os catálogos do Tramita são de todos",
    ),
    granted(APP, Access::Call, "elos_vincular_nre", "só os dois lados pedem"),
    granted("elos_dono", Access::Call, "elos_novo_identificador", "carrega dados"),
    granted("elos_dono", Access::Call, "elos_novo_numero_de_guia", "carrega dados"),
];

pub fn is_granted(role: &str, what: Access, name: &str) -> bool {
    GRANTED
        .iter()
        .any(|granted| granted.role == role && granted.what == what && granted.name == name)
}
