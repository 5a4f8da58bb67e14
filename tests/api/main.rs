//! Everything that needs a database or an HTTP request. One crate, so it links once.

#![expect(clippy::unwrap_used, reason = "a test that unwraps has already failed")]

mod adolescentes;
mod alteracao;
mod arquitetura;
mod cadastro;
mod codigos;
mod comandos;
mod conexao;
mod consulta_rest;
mod http;
mod identidade;
mod isolamento;
mod leitura;
mod migracoes;
mod paginacao;
mod quedas;
mod schema;
mod semente;
mod support;
