//! The Tramita's routes: `/tramites`, `/tramite/processo`, `/NREs`, alone and below
//! the prefix of the real platform.

mod componentes;
mod corpo;
mod dados;
mod documentos;
mod leitura;
mod recusa;

use super::corpo::Corpo;
use super::{Chamada, rota};
use crate::config::CamposDesconhecidos;
use crate::db::Sessao;
use crate::error::{Error, Falha};
use crate::escrita::{self, Comando, Feito, Modo};
use crate::tramite::service::{Enviado, Passado};
use crate::tramite::{
    CancelarTramite, DarCiencia, EnviarRecibo, Idt, MotivoRecusa, ReceberTramite, RecusarTramite,
    Tramite, rules, store,
};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use recusa::Recusado;
use serde_json::{Value, json};

/// The body of a send: some thousands of documents.
const ENVIO_MAXIMO: usize = 4 * 1024 * 1024;

/// Where the real platform has them.
const PREFIXO: &str = "/interoperabilidade/rest/v3";

pub fn rotas(config: &mut web::ServiceConfig) {
    config.service(web::scope(PREFIXO).configure(recursos).default_service(web::to(desconhecida)));
    config.configure(recursos);
}

fn recursos(config: &mut web::ServiceConfig) {
    config
        .service(recurso("/tramite/processo", "POST").post(enviar))
        .service(recurso("/tramites/processo", "POST").post(enviar))
        .service(recurso("/tramites", "GET").get(leitura::listar))
        .service(recurso("/tramites/pendentes", "GET").get(leitura::pendentes))
        .service(recurso("/tramites/protocolo/{protocolo:.*}", "GET").get(leitura::por_protocolo))
        .service(recurso("/tramites/{idt}", "GET, DELETE").get(leitura::por_idt).delete(cancelar))
        .service(recurso("/tramites/{idt}/recebimento", "POST").post(receber))
        .service(
            recurso("/tramites/{idt}/recibo", "GET, POST").get(leitura::recibo).post(enviar_recibo),
        )
        .service(recurso("/tramites/{idt}/recusa", "POST").post(recusar))
        .service(
            recurso("/tramites/{idt}/ciencia", "GET, POST").get(ciencia_por_get).post(dar_ciencia),
        )
        .service(
            recurso(
                "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar",
                "PUT",
            )
            .put(componentes::enviar),
        )
        .service(
            recurso("/tramites/{idt}/protocolos/componentes-digitais", "POST")
                .post(componentes::baixar),
        )
        .service(recurso("/tramites/{idt}/recibo-de-envio", "GET").get(leitura::recibo_de_envio))
        .service(recurso("/NREs/{nre}", "GET").get(leitura::por_nre));
}

/// A path, and the methods that it answers to; others get a 405 that names them.
fn recurso(caminho: &'static str, metodos: &'static str) -> actix_web::Resource {
    rota(caminho, metodos).default_service(web::to(move || async move {
        Recusado::from(super::metodo(metodos).await)
    }))
}

async fn desconhecida() -> Recusado {
    Recusado::from(super::desconhecida().await)
}

fn ok(corpo: &Value) -> HttpResponse {
    super::envelope::responder(StatusCode::OK, corpo)
}

/// What is no number names no trâmite.
fn idt(texto: &str) -> Result<Idt, Recusado> {
    let digitos = !texto.is_empty() && texto.bytes().all(|b| b.is_ascii_digit());
    let lido = texto.parse().ok().filter(|_| digitos);
    lido.ok_or_else(|| rules::tramite_visivel().into())
}

/// `POST /tramites/processo`.
async fn enviar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Recusado> {
    let (Chamada { app, ator }, modo) = Chamada::entrar_para_escrever(&req).await?;
    let comando = corpo::envio(Corpo::ler_ate(&req, payload, ENVIO_MAXIMO).await?);
    let pedidos = |sessao: &mut Sessao<'_>, enviado: &Enviado| {
        store::componentes(sessao, enviado.tramite.idt)
    };
    let Feito { efeito: enviado, lido: componentes, simulado, .. } =
        escrita::executar(&app, &ator, comando, modo, pedidos).await?;
    Ok(ok(&dados::envio(&enviado.tramite, &componentes, simulado, &enviado.avisos)))
}

/// A step that was taken, or only tried.
struct Passo {
    tramite: Tramite,
    simulado: bool,
}

/// Takes a step. One that ended in a refusal to the sender answers as a refusal.
async fn passar<C: Comando<Efeito = Passado>>(
    Chamada { app, ator }: &Chamada,
    comando: C,
    modo: Modo,
) -> Result<Passo, Recusado> {
    let feito = escrita::executar(app, ator, comando, modo, |_: &mut Sessao<'_>, _| Ok(())).await?;
    match feito.efeito {
        Passado { recusa: Some(recusa), .. } => Err(recusa.into()),
        Passado { tramite, .. } => Ok(Passo { tramite, simulado: feito.simulado }),
    }
}

fn situacao(Passo { tramite, simulado }: &Passo) -> HttpResponse {
    situacao_de(tramite, *simulado)
}

fn situacao_de(tramite: &Tramite, simulado: bool) -> HttpResponse {
    let mut corpo = json!({ "IDT": tramite.idt, "NRE": tramite.nre, "situacaoAtual": tramite.situacao.codigo() });
    if simulado {
        corpo["simulado"] = true.into();
    }
    ok(&corpo)
}

/// `POST /tramites/{idt}/recebimento`: the metadata, to the destinatário.
async fn receber(req: HttpRequest, caminho: web::Path<String>) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let passo = passar(&chamada, ReceberTramite { idt: idt(&caminho)? }, modo).await?;
    // To read what was sent is to receive it: a rehearsal does not.
    if passo.simulado {
        return Ok(situacao(&passo));
    }
    Ok(ok(&dados::metadados(&passo.tramite)?))
}

/// `POST /tramites/{idt}/recibo`: the destinatário has everything.
async fn enviar_recibo(
    req: HttpRequest,
    caminho: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let idt = idt(&caminho)?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let mut comando = EnviarRecibo {
        idt,
        data_de_recebimento: corpo.instante("dataDeRecebimento", &["dataDeRecebimento"]),
        hash_da_assinatura: corpo.texto("hashDaAssinatura", &["hashDaAssinatura"]),
        malformados: Vec::new(),
    };
    comando.malformados = corpo.terminar(CamposDesconhecidos::Recusar).0;
    Ok(situacao(&passar(&chamada, comando, modo).await?))
}

/// `POST /tramites/{idt}/recusa`: the destinatário declines.
async fn recusar(
    req: HttpRequest,
    caminho: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let idt = idt(&caminho)?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let codigo = corpo.texto("motivo", &["motivo"]);
    let motivo = codigo.as_deref().and_then(MotivoRecusa::de_codigo);
    if codigo.is_some() && motivo.is_none() {
        corpo.recusar_por(&["motivo"], "o motivo é 01, 02, 03, 04 ou 99");
    }
    let mut comando = RecusarTramite {
        idt,
        motivo,
        justificativa: corpo.texto("justificativa", &["justificativa"]),
        malformados: Vec::new(),
    };
    comando.malformados = corpo.terminar(CamposDesconhecidos::Recusar).0;
    Ok(situacao(&passar(&chamada, comando, modo).await?))
}

/// `POST /tramites/{idt}/ciencia`: the remetente knows of the refusal.
async fn dar_ciencia(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    Ok(situacao(&passar(&chamada, DarCiencia { idt: idt(&caminho)? }, modo).await?))
}

/// `GET /tramites/{idt}/ciencia`, as the real platform has it: a GET that changes
/// the situação, which is why it can be switched off.
async fn ciencia_por_get(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    if !chamada.app.regras.ciencia_por_get {
        let mensagem = "use POST para dar ciência";
        return Err(Error::falha(Falha::MetodoNaoPermitido, mensagem).into());
    }
    Ok(situacao(&passar(&chamada, DarCiencia { idt: idt(&caminho)? }, modo).await?))
}

/// `DELETE /tramites/{idt}`: the remetente calls it back.
async fn cancelar(req: HttpRequest, caminho: web::Path<String>) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    Ok(situacao(&passar(&chamada, CancelarTramite { idt: idt(&caminho)? }, modo).await?))
}
