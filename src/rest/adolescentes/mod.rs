//! `/api/v1/adolescentes`.

mod body;
mod answer;

pub use answer::dados;
pub use body::novo;

use super::envelope::{self, Negado};
use super::json_fields::Corpo;
use super::openapi::adolescente::{CadastroAlterado, NovoAdolescente, ProcuraDeSemelhantes};
use super::openapi::envelope::{
    RespostaDeAdolescente, RespostaDeAdolescenteGravado, RespostaDeAdolescentes,
    RespostaDeSemelhantes,
};
use super::openapi::parameters::{
    Chave, Escrita, Paginas, PorCpf, PorIdentificador, QuemSeProcura, Versao,
};
use super::openapi::refusals::{DaChave, DaVersao, DoCaminho, DoCorpo, DoEstado, Recusas};
use super::page::{self, PaginaPedida};
use super::{Chamada, com_etag, if_match, responder_escrita};
use crate::adolescente::store::{self, AdolescentePorCpf, Adolescentes, Semelhantes};
use crate::adolescente::{
    AtualizarAdolescente, CadastrarAdolescente, DadosDeAdolescente, Identificador, Procura,
    Semelhante, rules, service,
};
use crate::auth::Papel;
use crate::command::{self, Comando, Modo};
use crate::db::list::deslocada;
use crate::db::{Relation, Sessao};
use crate::error::{CodigoErro, Error, Recusa};
use crate::value::cpf::Cpf;
use crate::value::field::preenchido;
use crate::value::time;
use actix_web::{HttpRequest, HttpResponse, web};
use body::{alteracao, nome_do_campo};
use serde_json::Value;

/// `POST /adolescentes`: registers, and answers with the identificador.
#[utoipa::path(
    post, path = "/api/v1/adolescentes",
    operation_id = "cadastrarAdolescente", tag = "Adolescentes",
    summary = "Cadastra um adolescente.",
    description = "A resposta traz o identificador que lhe foi dado. Um CPF já cadastrado no \
        tribunal é 409.",
    params(Escrita, Chave),
    request_body = NovoAdolescente,
    responses(RespostaDeAdolescenteGravado, Recusas, DoEstado, DoCorpo, DaChave),
)]
pub async fn cadastrar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let dados = novo(&mut corpo);
    let (malformados, avisos) = corpo.terminar(chamada.app.regras.campos_desconhecidos);
    let comando = CadastrarAdolescente { dados, malformados };
    // One that was only tried has no identificador: whoever comes next is given it.
    escrever(&chamada, comando, modo, avisos, &["identificador"]).await
}

/// `PUT /adolescentes`: changes the record that `identificador` names.
#[utoipa::path(
    put, path = "/api/v1/adolescentes",
    operation_id = "atualizarAdolescente", tag = "Adolescentes",
    summary = "Muda o cadastro de um adolescente.",
    description = "O que falta no corpo, ou vem em branco, fica como está; o que vem nulo se apaga, menos o \
        mínimo do cadastro. Um documento (`rg`, `certidaoNascimento`) muda inteiro. Completa um \
        cadastro pendente.",
    params(Escrita, Chave, Versao),
    request_body = CadastroAlterado,
    responses(RespostaDeAdolescenteGravado, Recusas, DoCaminho, DoEstado, DaVersao, DoCorpo, DaChave),
)]
pub async fn atualizar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let versao_esperada = if_match(&req)?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let identificador: Option<Identificador> = corpo.forma("identificador", &["identificador"]);
    let dados = alteracao(&mut corpo);
    let (mut malformados, avisos) = corpo.terminar(chamada.app.regras.campos_desconhecidos);
    let Some(identificador) = identificador else {
        if malformados.iter().all(|recusa| recusa.campo != ["identificador"]) {
            let falta = Recusa::nova(CodigoErro::CampoObrigatorio, "b.3", "o campo é obrigatório");
            malformados.push(falta.em(["identificador"]).oriente("diga de quem se trata"));
        }
        return Err(negar(Error::Recusas(malformados)));
    };
    let comando = AtualizarAdolescente { identificador, dados, versao_esperada, malformados };
    escrever(&chamada, comando, modo, avisos, &[]).await
}

async fn escrever<C: Comando<Efeito = service::Alterado>>(
    chamada: &Chamada,
    comando: C,
    modo: Modo,
    avisos: Vec<String>,
    gerados: &[&str],
) -> Result<HttpResponse, Negado> {
    let ler = |_: &mut Sessao<'_>, _: &_| Ok(());
    let feito = command::executar(chamada, comando, modo, ler).await.map_err(negar)?;
    let dados = dados(&feito.efeito.adolescente, &chamada.rastro);
    Ok(responder_escrita(&chamada.app, &feito, dados, gerados, avisos))
}

/// `GET /adolescentes/similaridade` (R25): who may be registered already.
#[utoipa::path(
    get,
    path = "/api/v1/adolescentes/similaridade",
    operation_id = "adolescentesSemelhantes",
    tag = "Adolescentes",
    summary = "Quem pode já estar cadastrado.",
    description = "Os mais semelhantes primeiro.",
    params(QuemSeProcura),
    responses(RespostaDeSemelhantes, Recusas)
)]
pub async fn semelhantes(req: HttpRequest) -> Result<HttpResponse, Negado> {
    let (chamada, mut parametros) = Chamada::entrar_com_parametros(&req, Papel::Consulta).await?;
    let nascimento = parametros.tirar("dataNascimento");
    let nascimento = nascimento.map(|texto| {
        time::ler_data(texto.trim())
            .ok_or_else(|| page::invalido("dataNascimento", "a data tem a forma dd/MM/aaaa"))
    });
    let limite = parametros.tirar("limite").map(|texto| {
        texto.trim().parse().map_err(|_| page::invalido("limite", "o limite vai de 1 a 50"))
    });
    let procura = Procura {
        nome: preenchido(parametros.tirar("nome")),
        sobrenome: preenchido(parametros.tirar("sobrenome")),
        nome_mae: preenchido(parametros.tirar("nomeMae")),
        nascimento: nascimento.transpose()?,
        limite: limite.transpose()?,
    };
    parametros.terminar()?;
    procurar(&chamada, procura, &[]).await
}

/// `POST /adolescentes/similaridade`: the same, asked with the body of a
/// registration, so that no name stands in an address.
#[utoipa::path(
    post, path = "/api/v1/adolescentes/similaridade",
    operation_id = "procurarSemelhantes", tag = "Adolescentes",
    summary = "Quem pode já estar cadastrado, sem nomes no endereço.",
    description = "Não grava nada; aceita o corpo de um cadastro.",
    request_body = ProcuraDeSemelhantes,
    responses(RespostaDeSemelhantes, Recusas, DoCorpo),
)]
pub async fn semelhantes_do_corpo(
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Negado> {
    let chamada = Chamada::entrar(&req, Papel::Consulta).await?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let limite = corpo.inteiro("limite", &["limite"]);
    let dados = novo(&mut corpo);
    let (malformados, avisos) = corpo.terminar(chamada.app.regras.campos_desconhecidos);
    Recusa::nenhuma(malformados, Vec::new()).map_err(negar)?;
    let DadosDeAdolescente { nome, sobrenome, nome_mae, data_nascimento: nascimento, .. } = dados;
    let procura = Procura { nome, sobrenome, nome_mae, nascimento, limite };
    procurar(&chamada, procura, &avisos).await
}

async fn procurar(
    chamada: &Chamada,
    procura: Procura,
    avisos: &[String],
) -> Result<HttpResponse, Negado> {
    let procura = service::procura(chamada.ator(), procura).map_err(negar)?;
    let buscar = move |sessao: &mut Sessao<'_>| Semelhantes::load_one(sessao, &procura);
    let achados = chamada.ler(buscar).await?.unwrap_or_default();
    let mostrar = |semelhante: &Semelhante| {
        let mut dados = dados(&semelhante.adolescente, &chamada.rastro);
        dados["scoreSimilaridade"] = format!("{:.2}", semelhante.score).into();
        dados
    };
    let achados: Vec<Value> = achados.iter().map(mostrar).collect();
    Ok(envelope::sucesso((chamada.app.agora)(), &achados.into(), avisos))
}

/// `GET /adolescentes/identificador/{identificador}`.
#[utoipa::path(
    get,
    path = "/api/v1/adolescentes/identificador/{identificador}",
    operation_id = "adolescentePorIdentificador",
    tag = "Adolescentes",
    summary = "Um adolescente, pelo identificador.",
    description = "O de outro tribunal é como se não existisse.",
    params(PorIdentificador),
    responses(RespostaDeAdolescente, Recusas, DoCaminho)
)]
pub async fn por_identificador(
    req: HttpRequest,
    identificador: web::Path<String>,
) -> Result<HttpResponse, Negado> {
    let chamada = Chamada::entrar(&req, Papel::Consulta).await?;
    let lido = identificador.parse::<Identificador>();
    let lido = lido.map_err(|erro| page::invalido("identificador", &erro.to_string()))?;
    let achado =
        chamada.ler(move |sessao| Ok(store::por_identificadores(sessao, &[&lido])?.pop())).await?;
    let achado = achado.ok_or_else(|| negar(rules::r1_adolescente_visivel().into()))?;
    let resposta = envelope::sucesso((chamada.app.agora)(), &dados(&achado, &chamada.rastro), &[]);
    Ok(com_etag(resposta, achado.versao.into()))
}

/// `GET /adolescentes/cpf/{cpf}`, for who may see a CPF. The trail tells that by it was looked for.
#[utoipa::path(
    get,
    path = "/api/v1/adolescentes/cpf/{cpf}",
    operation_id = "adolescentePorCpf",
    tag = "Adolescentes",
    summary = "Um adolescente, pelo CPF.",
    description = "Só com o papel pse-dados-sensiveis. O de outro tribunal é como se não existisse.",
    params(PorCpf),
    responses(RespostaDeAdolescente, Recusas, DoCaminho)
)]
pub async fn por_cpf(req: HttpRequest, cpf: web::Path<String>) -> Result<HttpResponse, Negado> {
    let chamada = Chamada::entrar(&req, Papel::Consulta).await?;
    chamada.ator().exige(Papel::DadosSensiveis)?;
    let cpf = cpf.parse::<Cpf>().map_err(|erro| page::invalido("cpf", &erro.to_string()))?;
    if let Some(recusa) = rules::r23_cpf_valido(Some(&cpf)) {
        return Err(negar(recusa.em(["cpf"]).into()));
    }
    let key = AdolescentePorCpf { cpf, tribunal: None };
    let achado = chamada.ler(move |sessao| AdolescentePorCpf::load_one(sessao, &key)).await?;
    let achado = achado.ok_or_else(|| negar(rules::r1_cpf_visivel().into()))?;
    let resposta = envelope::sucesso((chamada.app.agora)(), &dados(&achado, &chamada.rastro), &[]);
    Ok(com_etag(resposta, achado.versao.into()))
}

/// `GET /adolescentes`, a Spring `Page` in the order of registration.
#[utoipa::path(
    get,
    path = "/api/v1/adolescentes",
    operation_id = "adolescentes",
    tag = "Adolescentes",
    summary = "Os adolescentes do tribunal, por página.",
    description = "Na ordem do cadastro.",
    params(Paginas),
    responses(RespostaDeAdolescentes, Recusas)
)]
pub async fn listar(req: HttpRequest) -> Result<HttpResponse, Negado> {
    let (chamada, mut parametros) = Chamada::entrar_com_parametros(&req, Papel::Consulta).await?;
    let pagina = PaginaPedida::ler(&mut parametros)?;
    parametros.terminar()?;
    let PaginaPedida { numero, tamanho } = pagina;
    let lista = Adolescentes::default();
    let (linhas, total) =
        chamada.ler(move |sessao| deslocada(sessao, &lista, numero * tamanho, tamanho)).await?;
    let conteudo: Vec<Value> = linhas.iter().map(|linha| dados(linha, &chamada.rastro)).collect();
    Ok(envelope::sucesso((chamada.app.agora)(), &pagina.spring(&conteudo, total), &[]))
}

fn negar(error: Error) -> Negado {
    Negado::from(error).nas_palavras(nome_do_campo)
}
