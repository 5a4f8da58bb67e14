//! Files taken from the remetente, by ticket.

use super::formulario::{Destino, formulario};
use crate::app::{App, Chamada};
use crate::armazem::{ConteudoId, PARTE};
use crate::auth::Papel;
use crate::db::Sessao;
use crate::error::{Error, Falha};
use crate::rest::openapi::tramite::recusas::{DoTramita, PeloCorpo, PeloEstado, SemTramite};
use crate::rest::openapi::tramite::respostas::PassoDado;
use crate::rest::openapi::tramite::{DoTicket, FormularioDoArquivo};
use crate::rest::tramites::idt;
use crate::rest::tramites::passos::situacao_de;
use crate::rest::tramites::recusa::Recusado;
use crate::tramite::rules::{self, ParteDoTramite, SituacaoTramite};
use crate::tramite::service;
use crate::tramite::{Idt, store};
use actix_web::{HttpRequest, HttpResponse, web};

/// `PUT /tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar`:
/// a form with `hashDoComponenteDigital`, `protocolo` and `conteudo`, in any order.
#[utoipa::path(
    put, path = "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar",
    operation_id = "enviarComponente", tag = "Tramita",
    summary = "O remetente envia um arquivo do trâmite.",
    description = "O hash e o tamanho são conferidos com os do envio. Com o último, o trâmite passa da \
        situação 1 à 2. Repetir não faz mal.",
    params(DoTicket),
    request_body(content = FormularioDoArquivo, content_type = "multipart/form-data"),
    responses(PassoDado, DoTramita, SemTramite, PeloEstado, PeloCorpo),
)]
pub async fn enviar(
    req: HttpRequest,
    caminho: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let chamada = Chamada::entrar(&req, Papel::Integracao).await?;
    let idt = idt(&caminho)?;
    let espera = espera_arquivos(&chamada, idt).await?;
    let App { bodies, regras, .. } = &*chamada.app;
    let _in_memory = bodies.reserve_piece(PARTE, chamada.ator().credencial()).await?;
    let partes = formulario(&req, payload, regras.componente_maximo).await?;
    // Past the last file a retry is only held against what came before: nothing is kept.
    let conteudo = match espera {
        true => Some(abrir(&chamada, idt).await?),
        false => None,
    };
    let destino = Destino { chamada: &chamada, conteudo };
    let feito = destino.receber(idt, partes).await;
    let sobra = match &feito {
        Ok(feito) => !feito.efeito.guardado,
        // What came of it is not known: the next round will see.
        Err(
            Error::Interno(_) | Error::Sobrecarga { .. } | Error::Falha(Falha::Indisponivel, _),
        ) => false,
        Err(_) => true,
    };
    if let Some(conteudo) = conteudo.filter(|_| sobra)
        && let Err(error) = service::esquecer(&chamada.app, chamada.ator(), conteudo).await
    {
        let (falha, _) = error.publica();
        tracing::warn!(codigo = falha.nome(), "a content is left to the next round");
    }
    Ok(situacao_de(&feito?.efeito.tramite, false))
}

/// Whether the trâmite waits for files of the caller; refused if it is not one of theirs to fill.
async fn espera_arquivos(chamada: &Chamada, idt: Idt) -> Result<bool, Recusado> {
    let ler = move |sessao: &mut Sessao<'_>| store::tramite_se_visivel(sessao, idt);
    let achado = chamada.ler(ler).await?;
    let Some(tramite) = achado else { return Err(rules::tramite_visivel().into()) };
    match tramite.parte(chamada.ator().tribunal()) {
        Some(ParteDoTramite::Remetente) => {
            Ok(tramite.situacao == SituacaoTramite::AguardandoComponentes)
        }
        _ => {
            let mensagem = "o ticket é do remetente do trâmite";
            Err(Error::falha(Falha::SemPermissao, mensagem).into())
        }
    }
}

async fn abrir(Chamada { app, rastro, .. }: &Chamada, idt: Idt) -> Result<ConteudoId, Error> {
    let agora = (app.agora)();
    let abrir = move |sessao: &mut Sessao<'_>| Ok(store::abrir_conteudo(sessao, idt, agora)?);
    app.db.escrever(rastro.ator(), abrir).await
}
