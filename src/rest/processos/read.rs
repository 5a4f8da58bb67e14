//! What reads processos.

use super::super::envelope::{self, Negado};
use super::super::openapi::envelope::{RespostaDeProcesso, RespostaDeProcessos};
use super::super::openapi::parameters::{FiltroDeProcessos, Paginas, PorId, PorNumero};
use super::super::openapi::refusals::{DoCaminho, Recusas};
use super::super::page::{PaginaPedida, invalido};
use super::super::{Chamada, Parametros};
use super::{dados, numero_do_caminho, responder};
use crate::auth::{Ator, Escopo, Papel};
use crate::db::agrupar;
use crate::db::list::deslocada;
use crate::error::{Error, Falha, Recusa};
use crate::filters::ProcessoFilter;
use crate::guia::SituacaoGuia;
use crate::processo::store::{self, Campo, Processos};
use crate::processo::{
    NumeroProcesso, Processo, ProcessoId, SituacaoProcesso, TipoProcesso, rules,
};
use crate::value::field::natural;
use crate::value::tribunal::Tribunal;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

/// E4: `GET /processos/{id}`.
#[utoipa::path(
    get,
    path = "/api/v1/processos/{id}",
    operation_id = "processoPorId",
    tag = "Processos",
    summary = "Um processo, pelo id.",
    description = "O de outro tribunal é como se não existisse.",
    params(PorId),
    responses(RespostaDeProcesso, Recusas, DoCaminho)
)]
pub async fn por_codigo(
    req: HttpRequest,
    codigo: web::Path<String>,
) -> Result<HttpResponse, Negado> {
    let chamada = Chamada::entrar(&req, Papel::Consulta).await?;
    let Some(codigo) = natural(&codigo).map(ProcessoId) else {
        return Err(invalido("id", "esperava um número inteiro"));
    };
    let achado = chamada.ler(move |sessao| Ok(store::por_codigo(sessao, codigo)?)).await?;
    let ausente = || negar(rules::r1_processo_visivel().em(["id"]).oriente("confira o id"));
    responder(&chamada, &achado.ok_or_else(ausente)?).await
}

/// E8: `GET /processos/numero-processo/{numeroProcesso}`.
#[utoipa::path(
    get,
    path = "/api/v1/processos/numero-processo/{numeroProcesso}",
    operation_id = "processoPorNumero",
    tag = "Processos",
    summary = "Um processo, pelo número.",
    description = "O de outro tribunal é como se não existisse.",
    params(PorNumero),
    responses(RespostaDeProcesso, Recusas, DoCaminho)
)]
pub async fn por_numero(
    req: HttpRequest,
    numero: web::Path<String>,
) -> Result<HttpResponse, Negado> {
    let chamada = Chamada::entrar(&req, Papel::Consulta).await?;
    let numero = numero_do_caminho(&numero)?;
    let buscado = numero.clone();
    let achado = chamada.ler(move |sessao| Ok(store::por_numero(sessao, &buscado)?)).await?;
    responder(&chamada, &achado.ok_or_else(|| ausente(&chamada, &numero))?).await
}

/// E7: `GET /processos/apuracao/numero-processo/{numeroProcesso}`: the apuração, by its
/// number or by that of an execução (R22).
#[utoipa::path(
    get,
    path = "/api/v1/processos/apuracao/numero-processo/{numeroProcesso}",
    operation_id = "apuracaoPorNumero",
    tag = "Processos",
    summary = "A apuração, pelo seu número ou pelo da execução.",
    description = "Com o número de uma execução, responde a apuração de que ela decorre.",
    params(PorNumero),
    responses(RespostaDeProcesso, Recusas, DoCaminho)
)]
pub async fn apuracao(req: HttpRequest, numero: web::Path<String>) -> Result<HttpResponse, Negado> {
    let chamada = Chamada::entrar(&req, Papel::Consulta).await?;
    let numero = numero_do_caminho(&numero)?;
    let buscado = numero.clone();
    let buscar = move |sessao: &mut crate::db::Sessao<'_>| {
        let achado = store::por_numero(sessao, &buscado)?;
        Ok(match achado {
            Some(Processo {
                tipo: TipoProcesso::Execucao,
                numero_referencia: Some(origem),
                ..
            }) => store::por_numero(sessao, &origem)?,
            outro => outro,
        })
    };
    let achado = chamada.ler(buscar).await?;
    responder(&chamada, &achado.ok_or_else(|| ausente(&chamada, &numero))?).await
}

/// E1: `GET /processos`, a Spring `Page`.
#[utoipa::path(
    get,
    path = "/api/v1/processos",
    operation_id = "processos",
    tag = "Processos",
    summary = "Os processos do tribunal, por página.",
    description = "As condições se somam.",
    params(FiltroDeProcessos, Paginas),
    responses(RespostaDeProcessos, Recusas)
)]
pub async fn listar(req: HttpRequest) -> Result<HttpResponse, Negado> {
    let (chamada, mut parametros) = Chamada::entrar_com_parametros(&req, Papel::Consulta).await?;
    let filtro = filtro(&mut parametros, chamada.ator())?;
    let pagina = PaginaPedida::ler(&mut parametros)?;
    let (campo, decrescente) = ordem(&mut parametros)?;
    parametros.terminar()?;

    let lista = Processos { filtro, campo, decrescente };
    let PaginaPedida { numero, tamanho } = pagina;
    let ((processos, vinculos), total) = chamada
        .ler(move |sessao| {
            let (processos, total) = deslocada(sessao, &lista, numero * tamanho, tamanho)?;
            let ids: Vec<_> = processos.iter().map(|processo| processo.id).collect();
            Ok(((processos, store::vinculos_de(sessao, &ids)?), total))
        })
        .await?;
    let por_processo = agrupar(vinculos);
    let mostrar = |processo: &std::sync::Arc<Processo>| {
        let vinculos = por_processo.get(&processo.id).map_or(&[][..], Vec::as_slice);
        dados(processo, vinculos, &chamada.rastro)
    };
    let conteudo: Vec<Value> = processos.iter().map(mostrar).collect();
    Ok(envelope::sucesso((chamada.app.agora)(), &pagina.spring(&conteudo, total), &[]))
}

/// R1, R2: all filters add up. Another tribunal's code is the one case that is
/// forbidden rather than absent: the caller names it.
fn filtro(parametros: &mut Parametros, ator: &Ator) -> Result<ProcessoFilter, Negado> {
    let mut filtro = ProcessoFilter::default();
    if let Some(texto) = parametros.tirar("codigoTribunal") {
        let Some(tribunal) = Tribunal::de_texto(&texto) else {
            return Err(invalido(
                "codigoTribunal",
                "tribunal desconhecido; use, por exemplo, 20 ou 8.20",
            ));
        };
        if matches!(ator.escopo(), Escopo::Tribunal(codigo) if codigo != tribunal.codigo) {
            let mensagem = "Tribunal informado não é o do usuário";
            return Err(Error::falha(Falha::SemPermissao, mensagem).into());
        }
        filtro.tribunal = Some(tribunal.codigo);
    }
    filtro.adolescente = parametros.forma("identificadorAdolescente")?;
    let situacoes = (SituacaoProcesso::TODOS, SituacaoProcesso::texto as fn(_) -> _);
    filtro.situacao = parametros.palavra("situacaoProcesso", situacoes)?.map(|uma| vec![uma]);
    let tipos = (TipoProcesso::TODOS, TipoProcesso::texto as fn(_) -> _);
    filtro.tipo = parametros.palavra("tipoProcesso", tipos)?.map(|um| vec![um]);
    let guias = (SituacaoGuia::TODOS, SituacaoGuia::texto as fn(_) -> _);
    filtro.situacao_guia = parametros.palavra("situacaoGuia", guias)?;
    Ok(filtro)
}

fn ordem(parametros: &mut Parametros) -> Result<(Campo, bool), Negado> {
    let Some(texto) = parametros.tirar("sort") else { return Ok((Campo::Codigo, false)) };
    let (campo, sentido) = texto.split_once(',').unwrap_or((&texto, "asc"));
    let campo = match campo.trim() {
        "id" => Campo::Codigo,
        "numeroProcesso" => Campo::Numero,
        "dataCadastro" => Campo::CriadoEm,
        _ => return Err(invalido("sort", "use id, numeroProcesso ou dataCadastro, e asc ou desc")),
    };
    match sentido.trim().to_ascii_lowercase().as_str() {
        "asc" => Ok((campo, false)),
        "desc" => Ok((campo, true)),
        _ => Err(invalido("sort", "o sentido é asc ou desc")),
    }
}

/// Absent, or of another tribunal: one answer, unless no processo can have the number.
fn ausente(chamada: &Chamada, numero: &NumeroProcesso) -> Negado {
    negar(rules::r1_r4_processo_do_numero(numero, chamada.app.regras))
}

fn negar(recusa: Recusa) -> Negado {
    Negado::from(Error::from(recusa)).nas_palavras(super::nome_do_campo)
}
