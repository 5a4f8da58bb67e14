//! What reads recibos.

use super::super::Chamada;
use super::super::openapi::tramite::DoTramite;
use super::super::openapi::tramite::answers::{ReciboDeConclusao, ReciboDeEnvio};
use super::super::openapi::tramite::refusals::{DoTramita, PeloEstado, SemTramite};
use super::entry::enter;
use super::refusal::Recusado;
use super::steps::passar;
use super::{answer, idt, ok};
use crate::auth::Papel;
use crate::command::Modo;
use crate::db::Sessao;
use crate::error::{Error, Falha};
use crate::http::request;
use crate::tramite::rules::{self, ParteDoTramite};
use crate::tramite::{Componente, Idt, ReceberRecibo, Tramite, store};
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::Arc;

/// `GET /tramites/{idt}/recibo`: fetched by the remetente, 5→6; by the
/// destinatário it changes nothing.
#[utoipa::path(
    get,
    path = "/tramites/{idt}/recibo",
    operation_id = "receberReciboDeConclusao",
    tag = "Tramita",
    summary = "Mostra o recibo de conclusão.",
    description = "Lido pelo remetente na situação 5, o trâmite passa à 6; depois, e pelo destinatário, não \
        muda nada.",
    params(DoTramite),
    responses(ReciboDeConclusao, DoTramita, SemTramite, PeloEstado)
)]
pub async fn de_conclusao(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let chamada = enter(&req, Papel::Consulta).await?;
    let idt = idt(&caminho)?;
    let (tramite, componentes) = com_componentes(&chamada, idt).await?;
    let remetente = tramite.parte(chamada.ator().tribunal()) == Some(ParteDoTramite::Remetente);
    // A HEAD asks what a GET would be answered, and changes nothing.
    if remetente && tramite.recibo_entregue_em.is_none() && !request::is_head(&req) {
        let passo = passar(&chamada, ReceberRecibo { idt: tramite.idt }, Modo::default()).await?;
        return Ok(ok(&answer::recibo(&passo.tramite, &componentes)));
    }
    match tramite.recibo_em {
        Some(_) => Ok(ok(&answer::recibo(&tramite, &componentes))),
        None => Err(rules::transicao_nao_permitida(&tramite).into()),
    }
}

async fn com_componentes(
    chamada: &Chamada,
    idt: Idt,
) -> Result<(Tramite, Arc<Vec<Componente>>), Recusado> {
    let ler = move |sessao: &mut Sessao<'_>| {
        let Some(tramite) = store::tramite_se_visivel(sessao, idt)? else { return Ok(None) };
        Ok(Some((tramite, store::componentes(sessao, idt)?)))
    };
    let achado = chamada.ler(ler).await?;
    achado.ok_or_else(|| rules::tramite_visivel().into())
}

/// `GET /tramites/{idt}/recibo-de-envio`: to the remetente, from situação 2 on.
#[utoipa::path(
    get,
    path = "/tramites/{idt}/recibo-de-envio",
    operation_id = "verReciboDeEnvio",
    tag = "Tramita",
    summary = "Mostra o recibo de envio, ao remetente.",
    description = "Da situação 2 em diante; antes, diz que arquivos faltam.",
    params(DoTramite),
    responses(ReciboDeEnvio, DoTramita, SemTramite, PeloEstado)
)]
pub async fn de_envio(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let chamada = enter(&req, Papel::Consulta).await?;
    let idt = idt(&caminho)?;
    let (tramite, componentes) = com_componentes(&chamada, idt).await?;
    if tramite.parte(chamada.ator().tribunal()) == Some(ParteDoTramite::Destinatario) {
        let mensagem = "o recibo de envio é do remetente do trâmite";
        return Err(Error::falha(Falha::SemPermissao, mensagem).into());
    }
    let Some(completo) = tramite.completo_em else {
        return Err(rules::envio_incompleto(&tramite, &componentes).into());
    };
    let assinante = chamada.app.assinante.as_deref();
    Ok(ok(&answer::recibo_de_envio(&tramite, &componentes, completo, assinante)?))
}
