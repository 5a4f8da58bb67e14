//! The routes under `/api/v1/adolescentes`.

pub mod body;
pub mod answer;

pub use body::{field_name, new};

use super::envelope::{self, RestError};
use super::json_fields::{JsonBody, required};
use super::openapi::adolescente::ProcuraDeSemelhantes;
use super::openapi::envelope::{
    RespostaDeAdolescente, RespostaDeAdolescenteGravado, RespostaDeAdolescentes,
    RespostaDeSemelhantes,
};
use super::openapi::parameters::{
    CpfPath, DryRunQuery, IdempotencyKey, IdentificadorPath, IfMatch, PageQuery, SimilarityQuery,
};
use super::openapi::refusals::{
    BadBody, Conflict, KeyReused, NotFound, PreconditionFailed, Refusals,
};
use super::page::{self, PageRequest, PaginaDeAdolescentes};
use super::{Call, if_match, with_etag, write_response};
use crate::adolescente::store::{self, AdolescenteByCpf, Adolescentes, Semelhantes};
use crate::adolescente::{
    AdolescenteDados, AtualizarAdolescente, CadastrarAdolescente, Identificador, Search,
    Semelhante, rules, service,
};
use crate::auth::Papel;
use crate::command::{self, Command, Mode};
use crate::db::list::offset_page;
use crate::db::{BatchKey, Session};
use crate::error::{Error, Refusal};
use crate::value::cpf::Cpf;
use crate::value::field::filled;
use crate::value::time;
use actix_web::{HttpRequest, HttpResponse, web};
use answer::{Adolescente, AdolescenteSemelhante};
use body::{CadastroAlterado, NovoAdolescente, Update, update};

/// `POST /adolescentes`: registers an adolescente and answers with its identificador.
#[utoipa::path(
    post, path = "/api/v1/adolescentes",
    operation_id = "cadastrarAdolescente", tag = "Adolescentes",
    summary = "Cadastra um adolescente.",
    description = "A resposta traz o identificador que lhe foi dado. Um CPF já cadastrado no \
        tribunal é 409.",
    params(DryRunQuery, IdempotencyKey),
    request_body = NovoAdolescente,
    responses(RespostaDeAdolescenteGravado, Refusals, Conflict, BadBody, KeyReused),
)]
pub async fn cadastrar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(&req).await?;
    let mut body = JsonBody::read(&req, payload).await?;
    let dados = new(&mut body);
    let (malformed, warnings) = body.finish(call.app.rules.campos_desconhecidos);
    let command = CadastrarAdolescente { dados, malformed };
    // A dry run shows no identificador, because the next real registration gets it.
    write(&call, command, mode, warnings, &["identificador"]).await
}

/// `PUT /adolescentes`: changes the adolescente that `identificador` names.
#[utoipa::path(
    put, path = "/api/v1/adolescentes",
    operation_id = "atualizarAdolescente", tag = "Adolescentes",
    summary = "Muda o cadastro de um adolescente.",
    description = "O que falta no corpo, ou vem em branco, fica como está; o que vem nulo se apaga, menos o \
        mínimo do cadastro. Um documento (`rg`, `certidaoNascimento`) muda inteiro. Completa um \
        cadastro pendente.",
    params(DryRunQuery, IdempotencyKey, IfMatch),
    request_body = CadastroAlterado,
    responses(RespostaDeAdolescenteGravado, Refusals, NotFound, Conflict, PreconditionFailed, BadBody, KeyReused),
)]
pub async fn atualizar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(&req).await?;
    let expected_version = if_match(&req)?;
    let mut body = JsonBody::read(&req, payload).await?;
    let Update { identificador, dados, .. } = update(&mut body);
    let (malformed, warnings) = body.finish(call.app.rules.campos_desconhecidos);
    let (identificador, malformed) =
        required(identificador, "identificador", ("b.3", "diga de quem se trata"), malformed)
            .map_err(rest_error)?;
    let command =
        AtualizarAdolescente { identificador, dados, versao_esperada: expected_version, malformed };
    write(&call, command, mode, warnings, &[]).await
}

async fn write<C: Command<Effect = service::Changed>>(
    call: &Call,
    command: C,
    mode: Mode,
    warnings: Vec<String>,
    generated: &[&str],
) -> Result<HttpResponse, RestError> {
    let read = |_: &mut Session<'_>, _: &_| Ok(());
    let done = command::execute(call, command, mode, read).await.map_err(rest_error)?;
    let dados = Adolescente::new(&done.effect.adolescente, &call.record);
    Ok(write_response(&call.app, &done, &dados, generated, warnings))
}

/// `GET /adolescentes/similaridade` (R25): adolescentes that may be the same person.
#[utoipa::path(
    get,
    path = "/api/v1/adolescentes/similaridade",
    operation_id = "adolescentesSemelhantes",
    tag = "Adolescentes",
    summary = "Quem pode já estar cadastrado.",
    description = "Os mais semelhantes primeiro.",
    params(SimilarityQuery),
    responses(RespostaDeSemelhantes, Refusals)
)]
pub async fn semelhantes(req: HttpRequest) -> Result<HttpResponse, RestError> {
    let (call, mut params) = Call::begin_with_params(&req, Papel::Consulta).await?;
    let nascimento = params.take("dataNascimento");
    let nascimento = nascimento.map(|text| {
        time::read_date(text.trim())
            .ok_or_else(|| page::invalid("dataNascimento", "a data tem a forma dd/MM/aaaa"))
    });
    let limit = params.take("limite").map(|text| {
        text.trim().parse().map_err(|_| page::invalid("limite", "o limite vai de 1 a 50"))
    });
    let search = Search {
        nome: filled(params.take("nome")),
        sobrenome: filled(params.take("sobrenome")),
        nome_mae: filled(params.take("nomeMae")),
        nascimento: nascimento.transpose()?,
        limit: limit.transpose()?,
    };
    params.finish()?;
    similar(&call, search, &[]).await
}

/// `POST /adolescentes/similaridade`: the same search with the body of a registration, so that no
/// name of a person appears in a URL.
#[utoipa::path(
    post, path = "/api/v1/adolescentes/similaridade",
    operation_id = "procurarSemelhantes", tag = "Adolescentes",
    summary = "Quem pode já estar cadastrado, sem nomes no endereço.",
    description = "Não grava nada; aceita o corpo de um cadastro.",
    request_body = ProcuraDeSemelhantes,
    responses(RespostaDeSemelhantes, Refusals, BadBody),
)]
pub async fn semelhantes_by_body(
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, RestError> {
    let call = Call::begin_read(&req, Papel::Consulta).await?;
    let mut body = JsonBody::read(&req, payload).await?;
    let limit = body.integer("limite", &["limite"]);
    let dados = new(&mut body);
    let (malformed, warnings) = body.finish(call.app.rules.campos_desconhecidos);
    Refusal::ensure_none(malformed, Vec::new()).map_err(rest_error)?;
    let AdolescenteDados { nome, sobrenome, nome_mae, data_nascimento: nascimento, .. } = dados;
    let search = Search { nome, sobrenome, nome_mae, nascimento, limit };
    similar(&call, search, &warnings).await
}

async fn similar(
    call: &Call,
    search: Search,
    warnings: &[String],
) -> Result<HttpResponse, RestError> {
    let search = service::search(call.actor(), search).map_err(rest_error)?;
    let find = move |session: &mut Session<'_>| Semelhantes::load_one(session, &search);
    let found = call.read(find).await?.unwrap_or_default();
    let show = |semelhante: &Semelhante| AdolescenteSemelhante::new(semelhante, &call.record);
    let found: Vec<_> = found.iter().map(show).collect();
    Ok(envelope::success((call.app.now)(), &found, warnings))
}

/// `GET /adolescentes/identificador/{identificador}`.
#[utoipa::path(
    get,
    path = "/api/v1/adolescentes/identificador/{identificador}",
    operation_id = "adolescentePorIdentificador",
    tag = "Adolescentes",
    summary = "Um adolescente, pelo identificador.",
    description = "O de outro tribunal é como se não existisse.",
    params(IdentificadorPath),
    responses(RespostaDeAdolescente, Refusals, NotFound)
)]
pub async fn by_identificador(
    req: HttpRequest,
    identificador: web::Path<String>,
) -> Result<HttpResponse, RestError> {
    let call = Call::begin_read(&req, Papel::Consulta).await?;
    let parsed = identificador.parse::<Identificador>();
    let parsed = parsed.map_err(|error| page::invalid("identificador", &error.to_string()))?;
    let found =
        call.read(move |session| Ok(store::by_identificadores(session, &[&parsed])?.pop())).await?;
    let found = found.ok_or_else(|| rest_error(rules::r1_adolescente_visivel().into()))?;
    let response =
        envelope::success((call.app.now)(), &Adolescente::new(&found, &call.record), &[]);
    Ok(with_etag(response, found.versao.into()))
}

/// `GET /adolescentes/cpf/{cpf}`, for callers that may see a CPF. The audit trail records that the
/// lookup was by CPF.
#[utoipa::path(
    get,
    path = "/api/v1/adolescentes/cpf/{cpf}",
    operation_id = "adolescentePorCpf",
    tag = "Adolescentes",
    summary = "Um adolescente, pelo CPF.",
    description = "Só com o papel pse-dados-sensiveis. O de outro tribunal é como se não existisse.",
    params(CpfPath),
    responses(RespostaDeAdolescente, Refusals, NotFound)
)]
pub async fn by_cpf(req: HttpRequest, cpf: web::Path<String>) -> Result<HttpResponse, RestError> {
    let call = Call::begin_read(&req, Papel::Consulta).await?;
    call.actor().require(Papel::DadosSensiveis)?;
    let cpf = cpf.parse::<Cpf>().map_err(|error| page::invalid("cpf", &error.to_string()))?;
    if let Some(refusal) = rules::r23_cpf_valido(Some(&cpf)) {
        return Err(rest_error(refusal.at(["cpf"]).into()));
    }
    let key = AdolescenteByCpf { cpf, tribunal: None };
    let found = call.read(move |session| AdolescenteByCpf::load_one(session, &key)).await?;
    let found = found.ok_or_else(|| rest_error(rules::r1_cpf_visivel().into()))?;
    let response =
        envelope::success((call.app.now)(), &Adolescente::new(&found, &call.record), &[]);
    Ok(with_etag(response, found.versao.into()))
}

/// `GET /adolescentes`, as a Spring `Page` in the order of registration.
#[utoipa::path(
    get,
    path = "/api/v1/adolescentes",
    operation_id = "adolescentes",
    tag = "Adolescentes",
    summary = "Os adolescentes do tribunal, por página.",
    description = "Na ordem do cadastro.",
    params(PageQuery),
    responses(RespostaDeAdolescentes, Refusals)
)]
pub async fn list(req: HttpRequest) -> Result<HttpResponse, RestError> {
    let (call, mut params) = Call::begin_with_params(&req, Papel::Consulta).await?;
    let page = PageRequest::read(&mut params)?;
    params.finish()?;
    let PageRequest { number, size } = page;
    let list = Adolescentes::default();
    let (rows, total) =
        call.read(move |session| offset_page(session, &list, number * size, size)).await?;
    let content = rows.iter().map(|row| Adolescente::new(row, &call.record)).collect();
    Ok(envelope::success((call.app.now)(), &PaginaDeAdolescentes::new(page, content, total), &[]))
}

fn rest_error(error: Error) -> RestError {
    RestError::from(error).with_field_names(field_name)
}
