//! The steps of a trâmite: its send, and what the parties do with it.

use super::super::json_fields::{Corpo, Limits};
use super::super::openapi::parameters::{Chave, Escrita};
use super::super::openapi::tramite::answers::{EnvioFeito, MetadadosDoTramite, PassoDado};
use super::super::openapi::tramite::refusals::{
    Desligavel, DoTramita, PelaEntrada, PeloCorpo, PeloEstado, SemTramite,
};
use super::super::openapi::tramite::{DoTramite, EnvioDeProcesso, NovaRecusa, NovoRecibo};
use super::super::{Chamada, repetida};
use super::entry::enter_to_write;
use super::refusal::Recusado;
use super::{answer, body, idt, ok, ok_of_parts};
use crate::command::{self, Comando, Feito, Modo};
use crate::db::Sessao;
use crate::error::{Error, Falha};
use crate::tramite::service::{Enviado, Passado};
use crate::tramite::{
    CancelarTramite, DarCiencia, EnviarRecibo, MotivoRecusa, ReceberTramite, RecusarTramite,
    Tramite, store,
};
use crate::value::regras::CamposDesconhecidos;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

/// The body of a send: some thousands of documents, with all that happened to them.
const ENVIO_MAXIMO: Limits = Limits { bytes: 4 * 1024 * 1024, values: 150_000 };

/// `POST /tramites/processo`.
#[utoipa::path(
    post, path = "/tramites/processo",
    operation_id = "enviarProcesso", tag = "Tramita",
    summary = "Envia um processo a outro órgão.",
    description = "O primeiro trâmite de um processo gera o seu NRE, que vai em todos os seguintes. A \
        resposta diz que arquivos faltam ao destinatário: mandam-se um a um, pelo ticket. Também \
        em `/tramite/processo`; todas as rotas do Tramita respondem ainda sob \
        `/interoperabilidade/rest/v3`.",
    params(Escrita, Chave),
    request_body = EnvioDeProcesso,
    responses(EnvioFeito, DoTramita, SemTramite, PeloEstado, PeloCorpo, PelaEntrada),
)]
pub async fn enviar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = enter_to_write(&req).await?;
    let comando = Corpo::read(&req, payload, ENVIO_MAXIMO, body::envio).await?;
    let pedidos = |sessao: &mut Sessao<'_>, enviado: &Enviado| {
        store::componentes(sessao, enviado.tramite.idt)
    };
    let Feito { efeito: enviado, lido: componentes, simulado, repetido } =
        command::executar(&chamada, comando, modo, pedidos).await?;
    let parts = componentes.len();
    let resposta =
        move || Ok(answer::envio(&enviado.tramite, &componentes, simulado, &enviado.avisos));
    Ok(repetida(ok_of_parts(&chamada, parts, resposta).await?, repetido))
}

/// A step that was taken, or only tried.
pub struct Passo {
    pub tramite: Tramite,
    pub simulado: bool,
    pub repetido: bool,
}

/// Takes a step. One that ended in a refusal to the sender answers as a refusal.
pub async fn passar<C: Comando<Efeito = Passado>>(
    chamada: &Chamada,
    comando: C,
    modo: Modo,
) -> Result<Passo, Recusado> {
    let feito = command::executar(chamada, comando, modo, |_: &mut Sessao<'_>, _| Ok(())).await?;
    match feito.efeito {
        Passado { recusa: Some(recusa), .. } => Err(recusa.into()),
        Passado { tramite, .. } => {
            Ok(Passo { tramite, simulado: feito.simulado, repetido: feito.repetido })
        }
    }
}

fn situacao(Passo { tramite, simulado, repetido }: &Passo) -> HttpResponse {
    repetida(situacao_de(tramite, *simulado), *repetido)
}

pub fn situacao_de(tramite: &Tramite, simulado: bool) -> HttpResponse {
    let mut corpo = json!({ "IDT": tramite.idt, "NRE": tramite.nre, "situacaoAtual": tramite.situacao.codigo() });
    if simulado {
        corpo["simulado"] = true.into();
    }
    ok(&corpo)
}

/// `POST /tramites/{idt}/recebimento`: the metadata, to the destinatário.
#[utoipa::path(
    post,
    path = "/tramites/{idt}/recebimento",
    operation_id = "receberMetadados",
    tag = "Tramita",
    summary = "O destinatário recebe os metadados.",
    description = "Da situação 2 para a 3 e, sem arquivo a baixar, para a 4. Repetido depois, até a 6, responde o \
        mesmo.",
    params(DoTramite, Escrita, Chave),
    responses(MetadadosDoTramite, DoTramita, SemTramite, PeloEstado, PelaEntrada)
)]
pub async fn receber(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = enter_to_write(&req).await?;
    let passo = passar(&chamada, ReceberTramite { idt: idt(&caminho)? }, modo).await?;
    // To read what was sent is to receive it: a rehearsal does not.
    if passo.simulado {
        return Ok(situacao(&passo));
    }
    let Passo { tramite, repetido, .. } = passo;
    // About the bytes of a field that was sent.
    let parts = tramite.metadados.as_ref().map_or(0, String::len) / 64;
    let resposta =
        ok_of_parts(&chamada, parts, move || Ok(answer::metadados(&tramite)?.into())).await?;
    Ok(repetida(resposta, repetido))
}

/// `POST /tramites/{idt}/recibo`: the destinatário has everything.
#[utoipa::path(
    post, path = "/tramites/{idt}/recibo",
    operation_id = "enviarReciboDeConclusao", tag = "Tramita",
    summary = "O destinatário envia o recibo de conclusão.",
    description = "Da situação 4 para a 5.",
    params(DoTramite, Escrita, Chave),
    request_body = NovoRecibo,
    responses(PassoDado, DoTramita, SemTramite, PeloEstado, PeloCorpo, PelaEntrada),
)]
pub async fn enviar_recibo(
    req: HttpRequest,
    caminho: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = enter_to_write(&req).await?;
    let idt = idt(&caminho)?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let mut comando = EnviarRecibo {
        idt,
        data_de_recebimento: corpo.instante("dataDeRecebimento", &["dataDeRecebimento"]),
        hash_da_assinatura: corpo.texto("hashDaAssinatura", &["hashDaAssinatura"]),
        malformados: Vec::new(),
    };
    comando.malformados = corpo.terminar(CamposDesconhecidos::Avisar).0;
    Ok(situacao(&passar(&chamada, comando, modo).await?))
}

/// `POST /tramites/{idt}/recusa`: the destinatário declines.
#[utoipa::path(
    post, path = "/tramites/{idt}/recusa",
    operation_id = "recusarTramite", tag = "Tramita",
    summary = "O destinatário recusa o trâmite.",
    description = "Da situação 2, 3 ou 4 para a 8.",
    params(DoTramite, Escrita, Chave),
    request_body = NovaRecusa,
    responses(PassoDado, DoTramita, SemTramite, PeloEstado, PeloCorpo, PelaEntrada),
)]
pub async fn recusar(
    req: HttpRequest,
    caminho: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = enter_to_write(&req).await?;
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
    comando.malformados = corpo.terminar(CamposDesconhecidos::Avisar).0;
    Ok(situacao(&passar(&chamada, comando, modo).await?))
}

/// `POST /tramites/{idt}/ciencia`: the remetente knows of the refusal.
#[utoipa::path(
    post,
    path = "/tramites/{idt}/ciencia",
    operation_id = "darCiencia",
    tag = "Tramita",
    summary = "O remetente toma ciência da recusa.",
    description = "Da situação 8 para a 9.",
    params(DoTramite, Escrita, Chave),
    responses(PassoDado, DoTramita, SemTramite, PeloEstado, PelaEntrada)
)]
pub async fn dar_ciencia(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = enter_to_write(&req).await?;
    Ok(situacao(&passar(&chamada, DarCiencia { idt: idt(&caminho)? }, modo).await?))
}

/// `GET /tramites/{idt}/ciencia`, as the real platform has it: a GET that changes
/// the situação, which is why it can be switched off.
#[utoipa::path(
    get,
    path = "/tramites/{idt}/ciencia",
    operation_id = "darCienciaPorGet",
    tag = "Tramita",
    summary = "O remetente toma ciência da recusa, como na plataforma.",
    description = "Um GET que muda a situação: prefira o POST. Pode estar desligado na configuração.",
    params(DoTramite, Escrita, Chave),
    responses(PassoDado, DoTramita, SemTramite, PeloEstado, PelaEntrada, Desligavel)
)]
pub async fn ciencia_por_get(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = enter_to_write(&req).await?;
    if !chamada.app.regras.ciencia_por_get {
        let mensagem = "use POST para dar ciência";
        return Err(Error::falha(Falha::MetodoNaoPermitido, mensagem).into());
    }
    Ok(situacao(&passar(&chamada, DarCiencia { idt: idt(&caminho)? }, modo).await?))
}

/// `DELETE /tramites/{idt}`: the remetente calls it back.
#[utoipa::path(
    delete,
    path = "/tramites/{idt}",
    operation_id = "cancelarTramite",
    tag = "Tramita",
    summary = "O remetente cancela o trâmite.",
    description = "Da situação 1, 2, 3 ou 4 para a 7.",
    params(DoTramite, Escrita, Chave),
    responses(PassoDado, DoTramita, SemTramite, PeloEstado, PelaEntrada)
)]
pub async fn cancelar(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let (chamada, modo) = enter_to_write(&req).await?;
    Ok(situacao(&passar(&chamada, CancelarTramite { idt: idt(&caminho)? }, modo).await?))
}
