//! Files taken from the remetente, by ticket.

use super::form::{Destino, Formulario, formulario};
use super::named::{Named, enter_with_file};
use crate::blob_store::{ConteudoId, PARTE};
use crate::call::Chamada;
use crate::command::{self, Comando, Modo};
use crate::db::Sessao;
use crate::error::{Error, Falha};
use crate::rest::openapi::tramite::answers::PassoDado;
use crate::rest::openapi::tramite::refusals::{DoTramita, PeloCorpo, PeloEstado, SemTramite};
use crate::rest::openapi::tramite::{DoTicket, FormularioDoArquivo};
use crate::rest::tramites::idt;
use crate::rest::tramites::refusal::Recusado;
use crate::rest::tramites::steps::situacao_de;
use crate::tramite::rules::{self, MIB, ParteDoTramite, SituacaoTramite};
use crate::tramite::service::{self, ComponenteRecebido};
use crate::tramite::{EnviarComponente, Idt, Tramite, store};
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
    let (chamada, named) = enter_with_file(&req).await?;
    let idt = idt(&caminho)?;
    let maximo = i64::from(chamada.app.regras.componente_maximo) * MIB;
    let form = Form { payload, named, maximo, com_hash: true };
    let recebido = receber(&req, form, &chamada, idt, |formulario, conteudo| {
        let Formulario { hash, protocolo, calculado, tamanho, malformados } = formulario;
        let sem_hash = || Error::interno(anyhow::anyhow!("a file was not measured"));
        let calculado = calculado.ok_or_else(sem_hash)?;
        Ok(EnviarComponente { idt, protocolo, hash, calculado, tamanho, conteudo, malformados })
    });
    Ok(situacao_de(&recebido.await?, false))
}

/// A form on its way in.
pub struct Form {
    pub payload: web::Payload,
    /// The file, as the query names it.
    pub named: Named,
    /// The most bytes that may come.
    pub maximo: i64,
    /// Their hash is asked for.
    pub com_hash: bool,
}

/// Takes a form in: keeps its bytes if the trâmite waits for them, says what came by the command
/// that `comando` makes of it, and forgets the bytes that nobody needs.
pub async fn receber<C: Comando<Efeito = ComponenteRecebido>>(
    req: &HttpRequest,
    Form { payload, named, maximo, com_hash }: Form,
    chamada: &Chamada,
    idt: Idt,
    comando: impl FnOnce(Formulario, Option<ConteudoId>) -> Result<C, Error>,
) -> Result<Tramite, Recusado> {
    let espera = espera_arquivos(chamada, idt).await?;
    let bodies = &chamada.app.bodies;
    let _in_memory = bodies.reserve_piece(PARTE, chamada.ator().credencial()).await?;
    let partes = formulario(req, payload, maximo).await?;
    // Past the last file a retry is only held against what came before: nothing is kept.
    let conteudo = match espera {
        true => Some(abrir(chamada, idt).await?),
        false => None,
    };
    let destino = Destino { req, chamada, conteudo, maximo, com_hash };
    let feito = async {
        let comando = comando(destino.ler(partes, named).await?, conteudo)?;
        command::executar(chamada, comando, Modo::default(), |_: &mut Sessao<'_>, _| Ok(())).await
    };
    let feito = feito.await.map(|feito| feito.efeito);
    let nosso = match &feito {
        Ok(recebido) => !recebido.guardado,
        // What came of it is not known: the next round will see.
        Err(
            Error::Interno(_)
            | Error::Sobrecarga { .. }
            | Error::Outage(..)
            | Error::Falha(Falha::Indisponivel, _),
        ) => false,
        Err(_) => true,
    };
    let sobras = feito.as_ref().map_or(&[][..], |recebido| &recebido.sobras);
    esquecer(chamada, conteudo.into_iter().filter(|_| nosso).chain(sobras.iter().copied())).await;
    Ok(feito?.tramite)
}

/// What cannot be forgotten now is left to the next round.
pub async fn esquecer(chamada: &Chamada, conteudos: impl Iterator<Item = ConteudoId>) {
    for conteudo in conteudos {
        if let Err(error) = service::esquecer(&chamada.app, chamada.ator(), conteudo).await {
            let (falha, _) = error.publica();
            tracing::warn!(codigo = falha.nome(), "a content is left to the next round");
        }
    }
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
