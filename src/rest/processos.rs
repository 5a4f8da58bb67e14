//! `/api/v1/processos`.

use super::Chamada;
use super::corpo::Corpo;
use super::envelope::{self, Negado};
use crate::adolescente::Identificador;
use crate::auth::{Ator, Papel};
use crate::processo::{
    CadastrarProcesso, Processo, Responsavel, SituacaoVinculo, TipoProcesso, service,
};
use crate::tempo;
use crate::tribunal::Tribunal;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

/// `POST /api/v1/processos`, with the body of the source document.
pub async fn cadastrar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Negado> {
    let Chamada { app, ator } = Chamada::entrar(&req).await?;
    let corpo = Corpo::ler(&req, payload).await?;
    let (comando, avisos_do_corpo) = comando(corpo, app.regras.campos_desconhecidos);
    let adolescentes = comando.adolescentes.clone();

    let cadastrado = service::cadastrar(&app, &ator, comando)
        .await
        .map_err(|error| Negado::from(error).nas_palavras(nome_do_campo))?;

    let vinculos: Vec<_> =
        adolescentes.iter().flatten().map(|a| (a, SituacaoVinculo::Ativo)).collect();
    let avisos: Vec<_> = avisos_do_corpo.into_iter().chain(cadastrado.avisos).collect();
    let dados = dados(&cadastrado.processo, &vinculos, &ator);
    Ok(envelope::sucesso((app.agora)(), &dados, &avisos))
}

fn comando(
    mut corpo: Corpo,
    politica: crate::config::CamposDesconhecidos,
) -> (CadastrarProcesso, Vec<String>) {
    let mut comando = CadastrarProcesso {
        numero: corpo.forma("numeroProcesso", &["numero"]),
        tipo: corpo.palavra("tipoProcesso", &["tipo"], TipoProcesso::TODOS, TipoProcesso::texto),
        adolescentes: corpo.lista("identificadoresAdolescentes", "adolescentes"),
        referencia: corpo.forma("numeroProcessoReferencia", &["referencia"]),
        id_orgao: corpo.inteiro("idOrgao", &["idOrgao"]),
        app_name_sistema_tribunal: corpo
            .texto("appNameSistemaTribunal", &["appNameSistemaTribunal"]),
        id_processo_sistema_externo: corpo
            .texto("idProcessoSistemaExterno", &["idProcessoSistemaExterno"]),
        magistrado: Responsavel {
            nome: corpo.texto("magistradoNome", &["magistrado", "nome"]),
            cpf: corpo.forma("magistradoCPF", &["magistrado", "cpf"]),
        },
        serventuario: Responsavel {
            nome: corpo.texto("serventuarioNome", &["serventuario", "nome"]),
            cpf: corpo.forma("serventuarioCPF", &["serventuario", "cpf"]),
        },
        malformados: Vec::new(),
    };
    let (malformados, avisos) = corpo.terminar(politica);
    comando.malformados = malformados;
    (comando, avisos)
}

/// The name that a field of the command has in the body.
fn nome_do_campo(campo: &[&str]) -> String {
    match campo {
        ["numero"] => "numeroProcesso".into(),
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
fn dados(
    processo: &Processo,
    vinculos: &[(&Identificador, SituacaoVinculo)],
    ator: &Ator,
) -> Value {
    let ve_cpf = ator.tem(Papel::DadosSensiveis);
    let cpf = |cpf: &Option<crate::cpf::Cpf>| {
        cpf.as_ref().filter(|_| ve_cpf).map(|cpf| cpf.completo().to_owned())
    };
    let ativos = vinculos.iter().filter(|(_, situacao)| *situacao == SituacaoVinculo::Ativo);
    let ativos: Vec<_> = ativos.map(|(identificador, _)| identificador.to_string()).collect();
    let adolescentes: Vec<_> = vinculos
        .iter()
        .map(|(identificador, situacao)| {
            json!({ "identificador": identificador.to_string(), "situacao": situacao.texto() })
        })
        .collect();
    let tribunal = Tribunal::por_codigo(processo.tribunal_codigo)
        .map(|t| json!({ "id": t.codigo, "tr": t.tr, "nome": t.nome }));
    let campos = [
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
        ("dataCadastro", Some(json!(tempo::por_extenso(processo.criado_em)))),
        ("dataAtualizacao", Some(json!(tempo::por_extenso(processo.atualizado_em)))),
    ];
    let presentes = campos.into_iter().filter_map(|(nome, valor)| Some((nome.to_owned(), valor?)));
    Value::Object(presentes.collect::<Map<_, _>>())
}
