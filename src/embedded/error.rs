//! Errors of the embedded server.

use std::io;
use std::path::{Path, PathBuf};

/// The reason why the private PostgreSQL did not start, in words for the user of the program.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{} não é uma pasta; remova-o ou escolha outra pasta de dados", .0.display())]
    NotADirectory(PathBuf),
    #[error(
        "a pasta {} não pode ser alcançada pelo usuário {user}, que executa o PostgreSQL: {} está fechada para ele; \
         escolha outra pasta de dados ou abra essa com `chmod a+x {}`",
        .folder.display(), .closed.display(), .closed.display()
    )]
    Unreachable { folder: PathBuf, closed: PathBuf, user: String },
    #[error("sem permissão de escrita em {}; mude o dono da pasta ou escolha outra pasta de dados", .0.display())]
    NotWritable(PathBuf),
    #[error(
        "outro servidor{} já está usando {}; encerre-o ou escolha outra pasta de dados",
        by_process(*.pid), .folder.display()
    )]
    InUse { folder: PathBuf, pid: Option<i32> },
    #[error(
        "nenhuma instalação do PostgreSQL foi encontrada; instale-o (`apt-get install postgresql` ou \
         `brew install postgresql@17`), indique a pasta dos programas em ELOS_PG_BIN ou um servidor em DATABASE_URL"
    )]
    NoPrograms,
    #[error(
        "{} não serve como pasta de programas do PostgreSQL ({reason}); \
         ELOS_PG_BIN deve ser a pasta que contém initdb e postgres",
        .bin.display()
    )]
    UnusablePrograms { bin: PathBuf, reason: String },
    #[error(
        "o PostgreSQL {version} em {} é antigo demais; instale a versão {} ou mais nova, \
         ou indique outra em ELOS_PG_BIN",
        .bin.display(), super::programs::OLDEST
    )]
    TooOld { version: String, bin: PathBuf },
    #[error(
        "os dados em {} são do PostgreSQL {data}, mas os programas em {} são do PostgreSQL {programs}; \
         instale a versão {data} ou indique-a em ELOS_PG_BIN, ou comece com dados novos em outra pasta",
        .folder.display(), .bin.display()
    )]
    OtherMajor { folder: PathBuf, data: u32, programs: u32, bin: PathBuf },
    #[error("{} contém arquivos que não são de um banco PostgreSQL; retire-os ou escolha outra pasta de dados", .0.display())]
    NotACluster(PathBuf),
    #[error(
        "o PostgreSQL não roda como root, e não há usuário postgres, _postgres nem nobody; \
         crie um deles ou execute o programa com um usuário comum"
    )]
    NoUser,
    #[error(
        "a pasta do socket {} já existe e não é uma pasta só nossa; remova-a ou escolha \
         uma pasta de dados de caminho mais curto",
        .0.display()
    )]
    ForeignSocketDir(PathBuf),
    #[error(
        "initdb não conseguiu criar o banco em {}; corrija a causa e tente de novo:\n{output}",
        .folder.display()
    )]
    Initdb { folder: PathBuf, output: String },
    #[error(
        "o PostgreSQL terminou ao iniciar ({status}); veja {} e tente de novo. As últimas linhas:\n{tail}",
        .log.display()
    )]
    Exited { status: String, log: PathBuf, tail: String },
    #[error(
        "o PostgreSQL deixado por outra execução (processo {0}) não terminou; encerre-o e tente de novo"
    )]
    OrphanStays(i32),
    #[error("não foi possível {action} {}: {source}; verifique o disco e as permissões", .path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error(
        "não foi possível criar a thread do PostgreSQL: {0}; libere memória ou processos e tente de novo"
    )]
    Thread(io::Error),
}

impl StartError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::PermissionDenied => Self::NotWritable(path),
            _ => Self::Io { action, path, source },
        }
    }
}

fn by_process(pid: Option<i32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (processo {pid})"))
}
