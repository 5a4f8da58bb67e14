//! Everything that needs a database or an HTTP request. One crate, so it links once.

#![expect(clippy::unwrap_used, reason = "a test that unwraps has already failed")]

mod adolescentes;
mod alteracao;
mod arquitetura;
mod assinaturas;
mod auditoria;
mod carona;
mod cadastro;
mod documento;
mod codigos;
mod comandos;
mod conexao;
mod credenciais;
mod emissor;
mod fechaduras;
mod consulta_rest;
mod guias;
mod http;
mod identidade;
mod isolamento;
mod leitura;
mod matriz;
mod migracoes;
mod modelo;
mod openapi;
mod oraculo;
mod outage;
mod paginacao;
mod paridade;
mod planos;
mod perfil;
mod persistidos;
mod quedas;
mod rascunhos;
mod reenvio;
mod regras;
mod schema;
mod segredo;
mod semelhantes;
mod semente;
mod support;
mod tramita;
mod turma;
mod uma_leitura;
