//! `/api/v1/processos`: how a processo looks, and in which words its fields are told.

pub mod write;
pub mod read;

use super::com_etag;
use super::envelope::{self, Negado, objeto};
use crate::audit::CampoSensivel;
use crate::call::Chamada;
use crate::call::record::Rastro;
use crate::db::Sessao;
use crate::error::{CodigoErro, Error, Recusa};
use crate::processo::store::{self, VinculoVisto};
use crate::processo::{NumeroProcesso, Processo, ProcessoId, SituacaoVinculo};
use crate::value::time;
use crate::value::tribunal::Tribunal;
use actix_web::HttpResponse;
use serde_json::{Value, json};

/// The answer about one processo: the envelope, and its version as `ETag`.
async fn responder(chamada: &Chamada, processo: &Processo) -> Result<HttpResponse, Negado> {
    let id = processo.id;
    let vinculos = chamada.ler(move |sessao| vinculos(sessao, id)).await?;
    let dados = dados(processo, &vinculos, &chamada.rastro);
    Ok(com_etag(envelope::sucesso((chamada.app.agora)(), &dados, &[]), processo.versao.into()))
}

/// Whom the answer about a processo names.
fn vinculos(sessao: &mut Sessao<'_>, de: ProcessoId) -> Result<Vec<VinculoVisto>, Error> {
    let vinculos = store::vinculos_de(sessao, &[de])?;
    Ok(vinculos.into_iter().map(|(_, visto)| visto).collect())
}

/// R4, R19: a number in a path has the CNJ shape, masked or bare.
fn numero_do_caminho(texto: &str) -> Result<NumeroProcesso, Negado> {
    texto.parse().map_err(|erro: crate::processo::NumeroMalformado| {
        let recusa =
            Recusa::nova(CodigoErro::CampoInvalido, "R4", erro.to_string()).em(["processo"]);
        Negado::from(Error::from(recusa)).nas_palavras(nome_do_campo)
    })
}

/// The name that a field of the command has in the body.
fn nome_do_campo(campo: &[&str]) -> String {
    match campo {
        ["numero" | "processo"] => "numeroProcesso".into(),
        ["adolescente"] => "identificadorAdolescente".into(),
        ["dados", "cpf"] => "cpf.numero".into(),
        ["dados", resto @ ..] => resto.join("."),
        ["versaoEsperada"] => "If-Match".into(),
        ["chaveIdempotencia"] => "Idempotency-Key".into(),
        ["tipo"] => "tipoProcesso".into(),
        ["referencia"] => "numeroProcessoReferencia".into(),
        ["adolescentes"] => "identificadoresAdolescentes".into(),
        ["adolescentes", i] => format!("identificadoresAdolescentes[{i}]"),
        [pessoa, "cpf"] => format!("{pessoa}CPF"),
        [pessoa, "nome"] => format!("{pessoa}Nome"),
        outro => outro.join("."),
    }
}

/// A processo as the façade shows it; what it has not is absent.
fn dados(processo: &Processo, vinculos: &[VinculoVisto], rastro: &Rastro) -> Value {
    let cpf = |cpf: &Option<crate::value::cpf::Cpf>| {
        let cpf = cpf.as_ref().map(|cpf| cpf.completo().to_owned());
        rastro.sensivel(CampoSensivel::CpfDeResponsavel, cpf)
    };
    let ativos = vinculos.iter().filter(|visto| visto.situacao == SituacaoVinculo::Ativo);
    let ativos: Vec<_> = ativos.map(|visto| visto.identificador.to_string()).collect();
    let adolescentes: Vec<_> = vinculos
        .iter()
        .map(|VinculoVisto { identificador, situacao, .. }| {
            json!({ "identificador": identificador.to_string(), "situacao": situacao.texto() })
        })
        .collect();
    let tribunal = Tribunal::por_codigo(processo.tribunal_codigo)
        .map(|t| json!({ "id": t.codigo, "tr": t.tr, "nome": t.nome }));
    objeto([
        ("id", Some(json!(processo.id.0))),
        ("numeroProcesso", Some(json!(processo.numero.digitos()))),
        ("tipoProcesso", Some(json!(processo.tipo.texto()))),
        ("situacaoProcesso", Some(json!(processo.situacao.texto()))),
        ("tribunal", tribunal),
        ("idOrgao", Some(json!(processo.id_orgao))),
        ("versao", Some(json!(processo.versao))),
        ("appNameSistemaTribunal", Some(json!(processo.app_name_sistema_tribunal))),
        ("idProcessoSistemaExterno", processo.id_processo_sistema_externo.clone().map(Value::from)),
        (
            "numeroProcessoReferencia",
            processo.numero_referencia.as_ref().map(|numero| json!(numero.digitos())),
        ),
        ("magistradoCPF", cpf(&processo.magistrado_cpf).map(Value::from)),
        ("magistradoNome", processo.magistrado_nome.clone().map(Value::from)),
        ("serventuarioCPF", cpf(&processo.serventuario_cpf).map(Value::from)),
        ("serventuarioNome", processo.serventuario_nome.clone().map(Value::from)),
        ("identificadoresAdolescentes", Some(json!(ativos))),
        ("adolescentes", Some(json!(adolescentes))),
        ("dataCadastro", Some(json!(time::por_extenso(processo.criado_em)))),
        ("dataAtualizacao", Some(json!(time::por_extenso(processo.atualizado_em)))),
    ])
}
