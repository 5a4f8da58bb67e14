//! Files taken from the remetente in parts, as the platform's client sends every attached file.

use super::form::Formulario;
use super::named::{Read, enter_with_file, from_json};
use super::reader::Reader;
use super::upload::{Form, esquecer, receber};
use crate::call::Chamada;
use crate::command::{self, Modo};
use crate::db::Sessao;
use crate::error::{CodigoErro, Error, Recusa};
use crate::rest::openapi::tramite::answers::PassoDado;
use crate::rest::openapi::tramite::refusals::{DoTramita, PeloCorpo, PeloEstado, SemTramite};
use crate::rest::openapi::tramite::{ArquivoPedido, DaParte, DoTicket, FormularioDoArquivo};
use crate::rest::tramites::idt;
use crate::rest::tramites::refusal::Recusado;
use crate::rest::tramites::steps::situacao_de;
use crate::tramite::rules::PARTE_MAXIMA;
use crate::tramite::service::{self, Montagem};
use crate::tramite::{ConcluirComponente, EnviarParte, HashSha256, Montado, Segmento, Trecho};
use crate::value::field::natural;
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

/// `PUT …/componentes-a-enviar/partes/{inicio}-{fim}`: the same form, of some bytes of the file.
#[utoipa::path(
    put, path = "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar/partes/{inicio}-{fim}",
    operation_id = "enviarParteDoComponente", tag = "Tramita",
    summary = "O remetente envia uma parte de um arquivo.",
    description = "Os bytes de `inicio` (a contar de 0) até antes de `fim`, no mesmo formulário do arquivo \
        inteiro, com o hash do arquivo inteiro. As partes vêm em qualquer ordem e ao mesmo tempo; a que \
        vem de novo substitui a anterior. Guardam-se até o fim do trâmite: quem caiu no meio manda só as \
        que faltam. Depois da última, sinaliza-se o término.",
    params(DoTicket, DaParte),
    request_body(content = FormularioDoArquivo, content_type = "multipart/form-data"),
    responses(PassoDado, DoTramita, SemTramite, PeloEstado, PeloCorpo),
)]
pub async fn enviar(
    req: HttpRequest,
    caminho: web::Path<(String, String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let (chamada, named) = enter_with_file(&req).await?;
    let (idt, trecho) = (idt(&caminho.0)?, trecho(&caminho.1, &caminho.2)?);
    let form = Form { payload, named, maximo: trecho.tamanho(), com_hash: false };
    let recebido = receber(&req, form, &chamada, idt, |formulario, conteudo| {
        let Formulario { hash, protocolo, tamanho, malformados, .. } = formulario;
        Ok(EnviarParte { idt, protocolo, hash, trecho, tamanho, conteudo, malformados })
    });
    Ok(situacao_de(&recebido.await?, false))
}

/// `{inicio}-{fim}`, of at most 200 MiB.
pub fn trecho(inicio: &str, fim: &str) -> Result<Trecho, Recusado> {
    let lido = natural::<i64>(inicio).zip(natural::<i64>(fim)).and_then(|(inicio, fim)| {
        (inicio < fim && fim - inicio <= PARTE_MAXIMA).then_some(Trecho { inicio, fim })
    });
    let recusa = || {
        let mensagem = "a parte é inicio-fim, em bytes a contar de 0, o fim exclusive, até 200 MiB";
        Recusa::nova(CodigoErro::CampoInvalido, "S0", mensagem).em(["partes"])
    };
    Ok(lido.ok_or_else(recusa)?)
}

/// `POST …/componentes-a-enviar/partes/sinalizacao-termino-envio`: all parts of a file were sent.
#[utoipa::path(
    post, path = "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar/partes/sinalizacao-termino-envio",
    operation_id = "concluirComponente", tag = "Tramita",
    summary = "O remetente diz que enviou todas as partes de um arquivo.",
    description = "O arquivo é conferido inteiro, pelo hash. Com o último, o trâmite passa da situação 1 à 2 \
        antes da resposta. Se falta alguma parte, a recusa diz desde que byte.",
    params(DoTicket),
    request_body = ArquivoPedido,
    responses(PassoDado, DoTramita, SemTramite, PeloEstado, PeloCorpo),
)]
pub async fn concluir(
    req: HttpRequest,
    caminho: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let (chamada, query) = enter_with_file(&req).await?;
    let idt = idt(&caminho)?;
    let Read { hash, protocolo, malformed: malformados } = from_json(&req, payload, query).await?;
    let mut comando = ConcluirComponente { idt, protocolo, hash, montado: None, malformados };
    let (ator, pedido) = (chamada.ator().clone(), comando.clone());
    let achar = move |sessao: &mut Sessao<'_>| service::montagem(sessao, &ator, &pedido);
    let Montagem { segmentos, .. } = chamada.ler(achar).await?;
    if let Some(segmentos) = segmentos {
        let partes = segmentos.iter().map(|segmento| segmento.conteudo).collect();
        let calculado = calcular(&req, &chamada, segmentos).await?;
        comando.montado = Some(Montado { partes, calculado });
    }
    let feito =
        command::executar(&chamada, comando, Modo::default(), |_: &mut Sessao<'_>, _| Ok(()));
    let recebido = feito.await?.efeito;
    esquecer(&chamada, recebido.sobras.iter().copied()).await;
    Ok(situacao_de(&recebido.tramite, false))
}

/// The hash of the whole file, read piece by piece.
async fn calcular(
    req: &HttpRequest,
    chamada: &Chamada,
    segmentos: Vec<Segmento>,
) -> Result<HashSha256, Error> {
    let inicio = segmentos.first().map_or(0, |segmento| segmento.trecho.inicio);
    let fim = segmentos.last().map_or(0, |segmento| segmento.trecho.fim);
    let (app, ator) = (chamada.app.clone(), chamada.ator().clone());
    let mut reader = Reader::new(req.clone(), app, ator, segmentos, Trecho { inicio, fim });
    let mut sha = Sha256::new();
    while let Some(bytes) = reader.next().await? {
        sha.update(&bytes);
    }
    Ok(HashSha256::de(&sha.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_two_numbers() {
        let read = |from: &str, to: &str| trecho(from, to).ok().map(|t| (t.inicio, t.fim));
        assert_eq!(read("0", "1"), Some((0, 1)));
        assert_eq!(read("52428800", "104857600"), Some((52_428_800, 104_857_600)));
        assert_eq!(read("7", "209715207"), Some((7, 209_715_207)));
        for (from, to) in [
            ("", "1"),
            ("0", "0"),
            ("5", "4"),
            ("-1", "4"),
            ("a", "b"),
            ("0", "+1"),
            ("0", "209715201"),
            ("0", "99999999999999999999"),
        ] {
            assert_eq!(read(from, to), None, "{from}-{to}");
        }
    }
}
