//! Handlers that change processos.

use super::super::envelope::RestError;
use super::super::json_fields::{JsonBody, required};
use super::super::openapi::adolescente::DadosDoVinculo;
use super::super::openapi::envelope::RespostaDeProcessoGravado;
use super::super::openapi::parameters::{
    DryRunQuery, IdempotencyKey, IfMatch, ProcessoNumeroPath, SituacaoPath, VinculoPath,
};
use super::super::openapi::refusals::{
    BadBody, Conflict, KeyReused, NotFound, PreconditionFailed, Refusals,
};
use super::super::{Call, adolescentes, if_match, write_response};
use super::body::{NovoProcesso, ResponsaveisAlterados, Update, field_name};
use super::{answer, numero_from_path, vinculos};
use crate::adolescente::Identificador;
use crate::command::{self, Command, Effect, Mode};
use crate::db::Session;
use crate::error::{CodigoErro, Error, Refusal};
use crate::processo::{
    AlterarSituacao, AtualizarResponsaveis, CadastrarProcesso, DesvincularAdolescente,
    NumeroProcesso, Processo, SituacaoProcesso, VincularAdolescente, rules, store,
};
use actix_web::{HttpRequest, HttpResponse, web};

/// E2: `POST /processos`. The body is the one of the source document.
#[utoipa::path(
    post, path = "/api/v1/processos",
    operation_id = "cadastrarProcesso", tag = "Processos",
    summary = "Cadastra um processo.",
    description = "O número já cadastrado é 409, em qualquer tribunal; o que o corpo nomeia e \
        não existe é 400.",
    params(DryRunQuery, IdempotencyKey),
    request_body = NovoProcesso,
    responses(RespostaDeProcessoGravado, Refusals, Conflict, BadBody, KeyReused),
)]
pub async fn cadastrar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(&req).await?;
    let mut body = JsonBody::read(&req, payload).await?;
    let command = NovoProcesso::read(&mut body);
    let (malformed, warnings) = body.finish(call.app.rules.campos_desconhecidos);
    write(&call, CadastrarProcesso { malformed, ..command }, mode, warnings).await
}

/// E3: `PUT /processos` (R13).
#[utoipa::path(
    put, path = "/api/v1/processos",
    operation_id = "atualizarResponsaveis", tag = "Processos",
    summary = "Muda os responsáveis de um processo.",
    description = "O que falta no corpo, ou vem em branco, fica como está; o que vem nulo se apaga.",
    params(DryRunQuery, IdempotencyKey, IfMatch),
    request_body = ResponsaveisAlterados,
    responses(RespostaDeProcessoGravado, Refusals, NotFound, PreconditionFailed, BadBody, KeyReused),
)]
pub async fn atualizar_responsaveis(
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(&req).await?;
    let expected_version = if_match(&req)?;
    let mut body = JsonBody::read(&req, payload).await?;
    let Update { processo, magistrado, serventuario } = ResponsaveisAlterados::read(&mut body);
    body.immutable_fields_of::<answer::Processo>();
    let (malformed, warnings) = body.finish(call.app.rules.campos_desconhecidos);
    let (processo, malformed) =
        required(processo, "processo", ("R13", "diga de que processo se trata"), malformed)
            .map_err(rest_error)?;
    let command = AtualizarResponsaveis {
        processo,
        magistrado,
        serventuario,
        versao_esperada: expected_version,
        malformed,
    };
    write(&call, command, mode, warnings).await
}

/// E9: `PUT /processos/numero-processo/{numeroProcesso}/situacao/{situacao}` (R19, R20).
#[utoipa::path(
    put,
    path = "/api/v1/processos/numero-processo/{numeroProcesso}/situacao/{situacao}",
    operation_id = "alterarSituacao",
    tag = "Processos",
    summary = "Arquiva ou reativa um processo.",
    description = "O processo que já está na situação fica como está. Uma execução não se \
        reativa enquanto o adolescente tem outra ativa.",
    params(ProcessoNumeroPath, SituacaoPath, DryRunQuery, IdempotencyKey, IfMatch),
    responses(
        RespostaDeProcessoGravado,
        Refusals,
        NotFound,
        Conflict,
        PreconditionFailed,
        KeyReused
    )
)]
pub async fn alterar_situacao(
    req: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(&req).await?;
    let expected_version = if_match(&req)?;
    let (numero, situacao) = path.into_inner();
    let processo = numero_from_path(&numero)?;
    let Some(situacao) = SituacaoProcesso::from_text(&situacao.to_uppercase()) else {
        // R19: the absence of the processo takes precedence over an unknown situacao.
        let requested = processo.clone();
        let found = call.read(move |session| Ok(store::by_numero(session, &requested)?)).await?;
        if found.is_none() {
            return Err(rest_error(
                rules::r1_r4_processo_do_numero(&processo, call.app.rules).into(),
            ));
        }
        let message = "situação desconhecida; use Ativo ou Arquivado";
        let refusal = Refusal::new(CodigoErro::CampoInvalido, "R19", message).at(["situacao"]);
        return Err(rest_error(refusal.into()));
    };
    let command = AlterarSituacao { processo, situacao, versao_esperada: expected_version };
    write(&call, command, mode, Vec::new()).await
}

/// E5: `POST /processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}` (R14, R15).
#[utoipa::path(
    post, path = "/api/v1/processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}",
    operation_id = "vincularAdolescente", tag = "Processos",
    summary = "Vincula um adolescente a uma apuração.",
    description = "Um identificador desconhecido é registrado: com os dados do corpo, ou com o \
        cadastro pendente.",
    params(ProcessoNumeroPath, VinculoPath, DryRunQuery, IdempotencyKey, IfMatch),
    request_body = Option<DadosDoVinculo>,
    responses(RespostaDeProcessoGravado, Refusals, NotFound, Conflict, PreconditionFailed, BadBody, KeyReused),
)]
pub async fn vincular(
    req: HttpRequest,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(&req).await?;
    let expected_version = if_match(&req)?;
    let (processo, adolescente) = pair_from_path(&path)?;
    let body = JsonBody::read_optional(&req, payload).await?.filter(|body| !body.is_empty());
    let (dados, (malformed, warnings)) = match body {
        None => (None, (Vec::new(), Vec::new())),
        Some(mut body) => {
            let dados = adolescentes::new(&mut body);
            (Some(dados), body.finish(call.app.rules.campos_desconhecidos))
        }
    };
    let command = VincularAdolescente {
        processo,
        adolescente,
        dados,
        versao_esperada: expected_version,
        malformed,
    };
    write(&call, command, mode, warnings).await
}

/// E6: `DELETE` on the same path (R16 to R18).
#[utoipa::path(
    delete,
    path = "/api/v1/processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}",
    operation_id = "desvincularAdolescente",
    tag = "Processos",
    summary = "Encerra o vínculo de um adolescente com uma apuração.",
    description = "O vínculo encerrado fica no histórico. O último adolescente, e o que tem \
        execução ativa, não se desvinculam.",
    params(ProcessoNumeroPath, VinculoPath, DryRunQuery, IdempotencyKey, IfMatch),
    responses(
        RespostaDeProcessoGravado,
        Refusals,
        NotFound,
        Conflict,
        PreconditionFailed,
        KeyReused
    )
)]
pub async fn desvincular(
    req: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(&req).await?;
    let expected_version = if_match(&req)?;
    let (processo, adolescente) = pair_from_path(&path)?;
    let command = DesvincularAdolescente {
        processo,
        adolescente,
        motivo: None,
        versao_esperada: expected_version,
    };
    write(&call, command, mode, Vec::new()).await
}

/// Runs a command and answers with its processo and vinculos as the transaction left them.
async fn write<C: Command<Effect: AsRef<Processo>>>(
    call: &Call,
    command: C,
    mode: Mode,
    mut warnings: Vec<String>,
) -> Result<HttpResponse, RestError> {
    let read =
        |session: &mut Session<'_>, effect: &C::Effect| vinculos(session, effect.as_ref().id);
    let done = command::execute(call, command, mode, read).await.map_err(rest_error)?;
    let dados = answer::Processo::new(done.effect.as_ref(), &done.read, &call.record);
    warnings.extend_from_slice(done.effect.warnings());
    Ok(write_response(&call.app, &done, &dados, &[], warnings))
}

fn rest_error(error: Error) -> RestError {
    RestError::from(error).with_field_names(field_name)
}

fn pair_from_path(path: &(String, String)) -> Result<(NumeroProcesso, Identificador), RestError> {
    let (numero, identificador) = path;
    let processo = numero_from_path(numero)?;
    let adolescente =
        identificador.parse().map_err(|error: crate::adolescente::MalformedIdentificador| {
            let refusal = Refusal::new(CodigoErro::CampoInvalido, "R14", error.to_string());
            rest_error(refusal.at(["adolescente"]).into())
        })?;
    Ok((processo, adolescente))
}
