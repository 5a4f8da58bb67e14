//! `/api/v1/guias` (b.4).

mod body;
mod answer;
pub mod pdf;

use super::envelope::{self, Negado};
use super::json_fields::Corpo;
use super::openapi::emissao::{
    NovaGuiaDeInternacaoSancao, NovaGuiaDefinitiva, NovaGuiaProvisoria, NovaGuiaUnificadora,
};
use super::openapi::envelope::{RespostaDeGuiaGravada, RespostaDeGuias};
use super::openapi::guia::BaixaDeGuia;
use super::openapi::parameters::{Chave, DaGuia, Escrita, FiltroDeGuias, Paginas, Versao};
use super::openapi::refusals::{DaChave, DaVersao, DoCaminho, DoCorpo, Recusas};
use super::page::PaginaPedida;
use super::{Chamada, Parametros, if_match, responder_escrita};
use crate::auth::Papel;
use crate::command::{self, Comando, Modo};
use crate::db::list::deslocada;
use crate::db::{Relation, Sessao};
use crate::error::{CodigoErro, Error, Recusa};
use crate::filters::GuiaFilter;
use crate::guia::service::Alterada;
use crate::guia::store::{GuiaPorNumero, Guias, GuiasDe};
use crate::guia::{BaixarGuia, MotivoBaixaGuia, NumeroDaGuia, SituacaoGuia, TipoGuia, rules};
use crate::processo::NumeroProcesso;
use crate::processo::rules::r4_digito;
use crate::value::regras::Regras;
use actix_web::{HttpRequest, HttpResponse, web};
use answer::{Partes, dados};
use body::{comando, nome_do_campo};
use serde_json::Value;
use std::sync::Arc;

/// `POST /guias/provisoria`.
#[utoipa::path(
    post, path = "/api/v1/guias/provisoria",
    operation_id = "emitirGuiaProvisoria", tag = "Guias",
    summary = "Emite uma guia provisória.",
    description = "A resposta traz o número que lhe foi dado.",
    params(Escrita, Chave),
    request_body = NovaGuiaProvisoria,
    responses(RespostaDeGuiaGravada, Recusas, DoCorpo, DaChave),
)]
pub async fn emitir_provisoria(
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Negado> {
    emitir(TipoGuia::Provisoria, &req, payload).await
}

/// `POST /guias/definitiva`.
#[utoipa::path(
    post, path = "/api/v1/guias/definitiva",
    operation_id = "emitirGuiaDefinitiva", tag = "Guias",
    summary = "Emite uma guia definitiva.",
    description = "A resposta traz o número que lhe foi dado.",
    params(Escrita, Chave),
    request_body = NovaGuiaDefinitiva,
    responses(RespostaDeGuiaGravada, Recusas, DoCorpo, DaChave),
)]
pub async fn emitir_definitiva(
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Negado> {
    emitir(TipoGuia::Definitiva, &req, payload).await
}

/// `POST /guias/internacao-sancao`.
#[utoipa::path(
    post, path = "/api/v1/guias/internacao-sancao",
    operation_id = "emitirGuiaDeInternacaoSancao", tag = "Guias",
    summary = "Emite uma guia de internação-sanção.",
    description = "A resposta traz o número que lhe foi dado; o prazo é de até 90 dias.",
    params(Escrita, Chave),
    request_body = NovaGuiaDeInternacaoSancao,
    responses(RespostaDeGuiaGravada, Recusas, DoCorpo, DaChave),
)]
pub async fn emitir_internacao_sancao(
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Negado> {
    emitir(TipoGuia::InternacaoSancao, &req, payload).await
}

/// `POST /guias/unificadora`.
#[utoipa::path(
    post, path = "/api/v1/guias/unificadora",
    operation_id = "emitirGuiaUnificadora", tag = "Guias",
    summary = "Emite uma guia unificadora.",
    description = "As guias unificadas são baixadas.",
    params(Escrita, Chave),
    request_body = NovaGuiaUnificadora,
    responses(RespostaDeGuiaGravada, Recusas, DoCorpo, DaChave),
)]
pub async fn emitir_unificadora(
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Negado> {
    emitir(TipoGuia::Unificadora, &req, payload).await
}

async fn emitir(
    tipo: TipoGuia,
    req: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(req).await?;
    let mut corpo = Corpo::ler(req, payload).await?;
    let mut comando = comando(tipo, &mut corpo);
    let (malformados, avisos) = corpo.terminar(chamada.app.regras.campos_desconhecidos);
    comando.malformados = malformados;
    escrever(&chamada, comando, modo, avisos, &["numeroGuia"]).await
}

/// `PUT /guias/{numeroGuia}/situacao/{situacao}`, with `{motivo}` if there is one.
#[utoipa::path(
    put, path = "/api/v1/guias/{numeroGuia}/situacao/{situacao}",
    operation_id = "baixarGuia", tag = "Guias",
    summary = "Baixa uma guia.",
    description = "A guia que já está baixada fica como está.",
    params(DaGuia, Escrita, Chave, Versao),
    request_body = Option<BaixaDeGuia>,
    responses(RespostaDeGuiaGravada, Recusas, DoCaminho, DaVersao, DoCorpo, DaChave),
)]
pub async fn alterar_situacao(
    req: HttpRequest,
    caminho: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let versao_esperada = if_match(&req)?;
    let (numero, situacao) = caminho.into_inner();
    let numero = numero.parse::<NumeroDaGuia>().map_err(|erro| {
        let recusa = Recusa::nova(CodigoErro::CampoInvalido, "forma", erro.to_string());
        negar(recusa.em(["numero"]).into())
    })?;
    let (motivo, (malformados, avisos)) = match Corpo::ler_se_houver(&req, payload).await? {
        None => (None, (Vec::new(), Vec::new())),
        Some(mut corpo) => {
            let todos = MotivoBaixaGuia::TODOS;
            let motivo = corpo.palavra("motivo", &["motivo"], todos, MotivoBaixaGuia::texto);
            (motivo, corpo.terminar(chamada.app.regras.campos_desconhecidos))
        }
    };
    Recusa::nenhuma(malformados, Vec::new()).map_err(negar)?;
    if SituacaoGuia::de_texto(&situacao.to_uppercase()) != Some(SituacaoGuia::Baixada) {
        return Err(situacao_impossivel(&chamada, numero).await?);
    }
    let comando = BaixarGuia { numero: Ok(numero), motivo, versao_esperada };
    escrever(&chamada, comando, modo, avisos, &[]).await
}

/// As in R19: that the guia is absent comes before that the value is not one to pass to.
async fn situacao_impossivel(chamada: &Chamada, numero: NumeroDaGuia) -> Result<Negado, Negado> {
    let key = GuiaPorNumero(numero);
    let achada =
        chamada.ler(move |sessao| GuiaPorNumero::load(sessao, std::slice::from_ref(&key))).await?;
    if achada.is_empty() {
        return Ok(negar(rules::r1_guia_visivel().into()));
    }
    let mensagem = "uma guia só passa a BAIXADA; para reativar a medida, emita outra guia";
    let recusa = Recusa::nova(CodigoErro::CampoInvalido, "R26", mensagem).em(["situacao"]);
    Ok(negar(recusa.into()))
}

/// `GET /guias`, a Spring `Page` in the order of emission; all conditions add up.
#[utoipa::path(
    get,
    path = "/api/v1/guias",
    operation_id = "guias",
    tag = "Guias",
    summary = "As guias do tribunal, por página.",
    description = "Na ordem da emissão; as condições se somam.",
    params(FiltroDeGuias, Paginas),
    responses(RespostaDeGuias, Recusas)
)]
pub async fn listar(req: HttpRequest) -> Result<HttpResponse, Negado> {
    let (chamada, mut parametros) = Chamada::entrar_com_parametros(&req, Papel::Consulta).await?;
    let tipos = (TipoGuia::TODOS, TipoGuia::texto as fn(_) -> _);
    let situacoes = (SituacaoGuia::TODOS, SituacaoGuia::texto as fn(_) -> _);
    let filtro = GuiaFilter {
        numero: parametros.forma("numeroGuia")?.map(|numero| vec![numero]),
        adolescente: parametros.forma("identificadorAdolescente")?,
        processo: processo(&mut parametros, chamada.app.regras)?,
        tipo: parametros.palavra("tipoGuia", tipos)?.map(|tipo| vec![tipo]),
        situacao: parametros.palavra("situacaoGuia", situacoes)?.map(|situacao| vec![situacao]),
        ..GuiaFilter::default()
    };
    let lista = GuiasDe::Todas(Box::new(Guias { filtro, ..Guias::default() }));
    let pagina = PaginaPedida::ler(&mut parametros)?;
    parametros.terminar()?;
    let PaginaPedida { numero, tamanho } = pagina;
    let (guias, total) = chamada
        .ler(move |sessao| {
            let (guias, total) = deslocada(sessao, &lista, numero * tamanho, tamanho)?;
            let partes = Partes::ler(sessao, &guias)?;
            Ok(((guias, partes), total))
        })
        .await?;
    let (guias, partes) = guias;
    let conteudo: Vec<Value> = guias.iter().map(|guia| dados(guia, &partes, &chamada)).collect();
    Ok(envelope::sucesso((chamada.app.agora)(), &pagina.spring(&conteudo, total), &[]))
}

/// R4: a number that no processo can have is an error, and not a list without guias.
fn processo(parametros: &mut Parametros, regras: Regras) -> Result<Option<NumeroProcesso>, Negado> {
    let numero: Option<NumeroProcesso> = parametros.forma("numeroProcesso")?;
    match numero.as_ref().and_then(|numero| r4_digito(numero, regras)) {
        Some(recusa) => Err(Error::from(recusa.em(["numeroProcesso"])).into()),
        None => Ok(numero),
    }
}

async fn escrever<C: Comando<Efeito = Alterada>>(
    chamada: &Chamada,
    comando: C,
    modo: Modo,
    avisos: Vec<String>,
    gerados: &[&str],
) -> Result<HttpResponse, Negado> {
    let ler = |sessao: &mut Sessao<'_>, feita: &Alterada| {
        Partes::ler(sessao, &[Arc::new(feita.guia.clone())])
    };
    let feito = command::executar(chamada, comando, modo, ler).await.map_err(negar)?;
    let dados = dados(&feito.efeito.guia, &feito.lido, chamada);
    Ok(responder_escrita(&chamada.app, &feito, dados, gerados, avisos))
}

fn negar(error: Error) -> Negado {
    Negado::from(error).nas_palavras(nome_do_campo)
}
