//! The routes under `/api/v1/guias` (b.4).

pub mod body;
pub mod especies;
pub mod answer;
pub mod pdf;

use super::envelope::{self, RestError};
use super::json_fields::JsonBody;
use super::openapi::emissao::{
    NovaGuiaDeInternacaoSancao, NovaGuiaDefinitiva, NovaGuiaProvisoria, NovaGuiaUnificadora,
};
use super::openapi::envelope::{RespostaDeGuiaGravada, RespostaDeGuias};
use super::openapi::parameters::{
    DryRunQuery, GuiaPath, GuiasQuery, IdempotencyKey, IfMatch, PageQuery,
};
use super::openapi::refusals::{BadBody, KeyReused, NotFound, PreconditionFailed, Refusals};
use super::page::{PageRequest, PaginaDeGuias};
use super::{Call, Params, if_match, write_response};
use crate::auth::Papel;
use crate::command::{self, Command, Mode};
use crate::db::list::offset_page;
use crate::db::{BatchKey, Session};
use crate::error::{CodigoErro, Error, Refusal};
use crate::filters::GuiaFilter;
use crate::guia::service::Changed;
use crate::guia::store::{GuiaByNumero, Guias, GuiasOf};
use crate::guia::{BaixarGuia, NumeroDaGuia, SituacaoGuia, TipoGuia, rules};
use crate::processo::NumeroProcesso;
use crate::processo::rules::r4_digito;
use crate::value::rules::RuleSwitches;
use actix_web::{HttpRequest, HttpResponse, web};
use answer::{GuiaEmitida, Parts};
use body::{BaixaDeGuia, Reason, command, field_name};
use std::sync::Arc;

/// Declares the routes that issue a guia, one for each tipo, with its body.
macro_rules! emissions {
    ($(
        $(#[$doc:meta])*
        $handler:ident: $path:literal, $id:literal, $tipo:ident, $body:ident, $summary:literal, $description:literal;
    )+) => { $(
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, operation_id = $id, tag = "Guias",
            summary = $summary, description = $description,
            params(DryRunQuery, IdempotencyKey),
            request_body = $body,
            responses(RespostaDeGuiaGravada, Refusals, BadBody, KeyReused),
        )]
        pub async fn $handler(
            req: HttpRequest,
            payload: web::Payload,
        ) -> Result<HttpResponse, RestError> {
            emitir(TipoGuia::$tipo, &req, payload).await
        }
    )+ };
}

emissions! {
    /// `POST /guias/provisoria`.
    emitir_provisoria: "/api/v1/guias/provisoria", "emitirGuiaProvisoria", Provisoria, NovaGuiaProvisoria,
        "Emite uma guia provisória.", "A resposta traz o número que lhe foi dado.";
    /// `POST /guias/definitiva`.
    emitir_definitiva: "/api/v1/guias/definitiva", "emitirGuiaDefinitiva", Definitiva, NovaGuiaDefinitiva,
        "Emite uma guia definitiva.", "A resposta traz o número que lhe foi dado.";
    /// `POST /guias/internacao-sancao`.
    emitir_internacao_sancao: "/api/v1/guias/internacao-sancao", "emitirGuiaDeInternacaoSancao", InternacaoSancao,
        NovaGuiaDeInternacaoSancao, "Emite uma guia de internação-sanção.",
        "A resposta traz o número que lhe foi dado; o prazo é de até 90 dias.";
    /// `POST /guias/unificadora`.
    emitir_unificadora: "/api/v1/guias/unificadora", "emitirGuiaUnificadora", Unificadora, NovaGuiaUnificadora,
        "Emite uma guia unificadora.", "As guias unificadas são baixadas.";
}

async fn emitir(
    tipo: TipoGuia,
    req: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(req).await?;
    let mut body = JsonBody::read(req, payload).await?;
    let mut command = command(tipo, &mut body);
    let (malformed, warnings) = body.finish(call.app.rules.campos_desconhecidos);
    command.malformed = malformed;
    write(&call, command, mode, warnings, &["numeroGuia"]).await
}

/// `PUT /guias/{numeroGuia}/situacao/{situacao}`. The body `{motivo}` is optional.
#[utoipa::path(
    put, path = "/api/v1/guias/{numeroGuia}/situacao/{situacao}",
    operation_id = "baixarGuia", tag = "Guias",
    summary = "Baixa uma guia.",
    description = "A guia que já está baixada fica como está.",
    params(GuiaPath, DryRunQuery, IdempotencyKey, IfMatch),
    request_body = Option<BaixaDeGuia>,
    responses(RespostaDeGuiaGravada, Refusals, NotFound, PreconditionFailed, BadBody, KeyReused),
)]
pub async fn alterar_situacao(
    req: HttpRequest,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(&req).await?;
    let expected_version = if_match(&req)?;
    let (numero, situacao) = path.into_inner();
    let numero = numero.parse::<NumeroDaGuia>().map_err(|error| {
        let refusal = Refusal::new(CodigoErro::CampoInvalido, "forma", error.to_string());
        rest_error(refusal.at(["numero"]).into())
    })?;
    let (motivo, (malformed, warnings)) = match JsonBody::read_optional(&req, payload).await? {
        None => (None, (Vec::new(), Vec::new())),
        Some(mut body) => {
            let Reason { motivo } = BaixaDeGuia::read(&mut body);
            (motivo, body.finish(call.app.rules.campos_desconhecidos))
        }
    };
    Refusal::ensure_none(malformed, Vec::new()).map_err(rest_error)?;
    if SituacaoGuia::from_text(&situacao.to_uppercase()) != Some(SituacaoGuia::Baixada) {
        return Err(impossible_situacao(&call, numero).await?);
    }
    let command = BaixarGuia { numero: Ok(numero), motivo, versao_esperada: expected_version };
    write(&call, command, mode, warnings, &[]).await
}

/// The error for a situacao that no guia can change to. As in R19, an absent guia takes precedence.
async fn impossible_situacao(call: &Call, numero: NumeroDaGuia) -> Result<RestError, RestError> {
    let key = GuiaByNumero(numero);
    let found =
        call.read(move |session| GuiaByNumero::load(session, std::slice::from_ref(&key))).await?;
    if found.is_empty() {
        return Ok(rest_error(rules::r1_guia_visivel().into()));
    }
    let message = "uma guia só passa a BAIXADA; para reativar a medida, emita outra guia";
    let refusal = Refusal::new(CodigoErro::CampoInvalido, "R26", message).at(["situacao"]);
    Ok(rest_error(refusal.into()))
}

/// `GET /guias`, as a Spring `Page` in the order of emission. All filters apply together.
#[utoipa::path(
    get,
    path = "/api/v1/guias",
    operation_id = "guias",
    tag = "Guias",
    summary = "As guias do tribunal, por página.",
    description = "Na ordem da emissão; as condições se somam.",
    params(GuiasQuery, PageQuery),
    responses(RespostaDeGuias, Refusals)
)]
pub async fn list(req: HttpRequest) -> Result<HttpResponse, RestError> {
    let (call, mut params) = Call::begin_with_params(&req, Papel::Consulta).await?;
    let filter = filter(&mut params, call.app.rules)?;
    let list = GuiasOf::All(Box::new(Guias { filter, ..Guias::default() }));
    let page = PageRequest::read(&mut params)?;
    params.finish()?;
    let PageRequest { number, size } = page;
    let (guias, total) = call
        .read(move |session| {
            let (guias, total) = offset_page(session, &list, number * size, size)?;
            let parts = Parts::read(session, &guias)?;
            Ok(((guias, parts), total))
        })
        .await?;
    let (guias, parts) = guias;
    let content = guias.iter().map(|guia| GuiaEmitida::new(guia, &parts, &call)).collect();
    Ok(envelope::success((call.app.now)(), &PaginaDeGuias::new(page, content, total), &[]))
}

/// The filter of the query parameters. All of its conditions apply together.
pub fn filter(params: &mut Params, rules: RuleSwitches) -> Result<GuiaFilter, RestError> {
    let types = (TipoGuia::ALL, TipoGuia::text as fn(_) -> _);
    let situacoes = (SituacaoGuia::ALL, SituacaoGuia::text as fn(_) -> _);
    Ok(GuiaFilter {
        numero: params.parse("numeroGuia")?.map(|numero| vec![numero]),
        adolescente: params.parse("identificadorAdolescente")?,
        processo: processo(params, rules)?,
        tipo: params.word("tipoGuia", types)?.map(|tipo| vec![tipo]),
        situacao: params.word("situacaoGuia", situacoes)?.map(|situacao| vec![situacao]),
        ..GuiaFilter::default()
    })
}

/// R4: a numero that no processo can have is an error, not an empty list.
fn processo(params: &mut Params, rules: RuleSwitches) -> Result<Option<NumeroProcesso>, RestError> {
    let numero: Option<NumeroProcesso> = params.parse("numeroProcesso")?;
    match numero.as_ref().and_then(|numero| r4_digito(numero, rules)) {
        Some(refusal) => Err(Error::from(refusal.at(["numeroProcesso"])).into()),
        None => Ok(numero),
    }
}

async fn write<C: Command<Effect = Changed>>(
    call: &Call,
    command: C,
    mode: Mode,
    warnings: Vec<String>,
    generated: &[&str],
) -> Result<HttpResponse, RestError> {
    let read = |session: &mut Session<'_>, changed: &Changed| {
        Parts::read(session, &[Arc::new(changed.guia.clone())])
    };
    let done = command::execute(call, command, mode, read).await.map_err(rest_error)?;
    let dados = GuiaEmitida::new(&done.effect.guia, &done.read, call);
    Ok(write_response(&call.app, &done, &dados, generated, warnings))
}

fn rest_error(error: Error) -> RestError {
    RestError::from(error).with_field_names(field_name)
}
