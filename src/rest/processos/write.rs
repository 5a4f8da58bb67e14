//! What changes processos.

use super::super::envelope::Negado;
use super::super::json_fields::Corpo;
use super::super::openapi::adolescente::DadosDoVinculo;
use super::super::openapi::envelope::RespostaDeProcessoGravado;
use super::super::openapi::parameters::{
    Chave, DoVinculo, Escrita, ParaSituacao, PorNumero, Versao,
};
use super::super::openapi::processo::{NovoProcesso, ResponsaveisAlterados};
use super::super::openapi::refusals::{DaChave, DaVersao, DoCaminho, DoCorpo, DoEstado, Recusas};
use super::super::{Chamada, adolescentes, if_match, responder_escrita};
use super::{dados, nome_do_campo, numero_do_caminho, vinculos};
use crate::adolescente::Identificador;
use crate::command::{self, Comando, Efeito, Modo};
use crate::db::Sessao;
use crate::error::{CodigoErro, Error, Recusa};
use crate::processo::{
    AlterarSituacao, AtualizarResponsaveis, CadastrarProcesso, DesvincularAdolescente,
    MudancaDeResponsavel, NumeroProcesso, Processo, Responsavel, SituacaoProcesso, TipoProcesso,
    VincularAdolescente, rules, store,
};
use crate::value::regras::CamposDesconhecidos;
use actix_web::{HttpRequest, HttpResponse, web};

/// E2: `POST /processos`, with the body of the source document.
#[utoipa::path(
    post, path = "/api/v1/processos",
    operation_id = "cadastrarProcesso", tag = "Processos",
    summary = "Cadastra um processo.",
    description = "O número já cadastrado é 409, em qualquer tribunal; o que o corpo nomeia e \
        não existe é 400.",
    params(Escrita, Chave),
    request_body = NovoProcesso,
    responses(RespostaDeProcessoGravado, Recusas, DoEstado, DoCorpo, DaChave),
)]
pub async fn cadastrar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let corpo = Corpo::ler(&req, payload).await?;
    let (comando, avisos) = comando(corpo, chamada.app.regras.campos_desconhecidos);
    escrever(&chamada, comando, modo, avisos).await
}

/// E3: `PUT /processos` (R13).
#[utoipa::path(
    put, path = "/api/v1/processos",
    operation_id = "atualizarResponsaveis", tag = "Processos",
    summary = "Muda os responsáveis de um processo.",
    description = "O que falta no corpo, ou vem em branco, fica como está; o que vem nulo se apaga.",
    params(Escrita, Chave, Versao),
    request_body = ResponsaveisAlterados,
    responses(RespostaDeProcessoGravado, Recusas, DoCaminho, DaVersao, DoCorpo, DaChave),
)]
pub async fn atualizar_responsaveis(
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let versao_esperada = if_match(&req)?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let processo: Option<NumeroProcesso> = corpo.forma("numeroProcesso", &["processo"]);
    let pessoa = |corpo: &mut Corpo,
                  nomes: [&'static str; 2],
                  campos: [crate::rest::json_fields::Campo; 2]| {
        MudancaDeResponsavel {
            nome: corpo.mudanca_de_forma(nomes[0], campos[0]),
            cpf: corpo.mudanca_de_forma(nomes[1], campos[1]),
        }
    };
    let magistrado = pessoa(
        &mut corpo,
        ["magistradoNome", "magistradoCPF"],
        [&["magistrado", "nome"], &["magistrado", "cpf"]],
    );
    let serventuario = pessoa(
        &mut corpo,
        ["serventuarioNome", "serventuarioCPF"],
        [&["serventuario", "nome"], &["serventuario", "cpf"]],
    );
    corpo.imutavel("tipoProcesso", &["tipo"]);
    corpo.imutavel("idOrgao", &["idOrgao"]);
    corpo.imutavel("appNameSistemaTribunal", &["appNameSistemaTribunal"]);
    corpo.imutavel("idProcessoSistemaExterno", &["idProcessoSistemaExterno"]);
    corpo.imutavel("identificadoresAdolescentes", &["adolescentes"]);
    corpo.imutavel("numeroProcessoReferencia", &["referencia"]);
    corpo.imutavel("situacaoProcesso", &["situacaoProcesso"]);
    corpo.imutavel("adolescentes", &["adolescentes"]);
    corpo.imutavel("tribunal", &["tribunal"]);
    corpo.imutavel("id", &["id"]);
    corpo.imutavel("versao", &["versao"]);
    corpo.imutavel("dataCadastro", &["dataCadastro"]);
    corpo.imutavel("dataAtualizacao", &["dataAtualizacao"]);
    let (mut malformados, avisos) = corpo.terminar(chamada.app.regras.campos_desconhecidos);

    let Some(processo) = processo else {
        if malformados.iter().all(|recusa| recusa.campo != ["processo"]) {
            let falta = Recusa::nova(CodigoErro::CampoObrigatorio, "R13", "o campo é obrigatório");
            malformados.push(falta.em(["processo"]).oriente("diga de que processo se trata"));
        }
        return Err(negar(Error::Recusas(malformados)));
    };
    let comando =
        AtualizarResponsaveis { processo, magistrado, serventuario, versao_esperada, malformados };
    escrever(&chamada, comando, modo, avisos).await
}

/// E9: `PUT /processos/numero-processo/{numeroProcesso}/situacao/{situacao}` (R19, R20).
#[utoipa::path(
    put,
    path = "/api/v1/processos/numero-processo/{numeroProcesso}/situacao/{situacao}",
    operation_id = "alterarSituacao",
    tag = "Processos",
    summary = "Arquiva ou reativa um processo.",
    description = "O processo que já está na situação fica como está. Uma execução não se \
        reativa enquanto o adolescente tem outra ativa.",
    params(PorNumero, ParaSituacao, Escrita, Chave, Versao),
    responses(RespostaDeProcessoGravado, Recusas, DoCaminho, DoEstado, DaVersao, DaChave)
)]
pub async fn alterar_situacao(
    req: HttpRequest,
    caminho: web::Path<(String, String)>,
) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let versao_esperada = if_match(&req)?;
    let (numero, situacao) = caminho.into_inner();
    let processo = numero_do_caminho(&numero)?;
    let Some(situacao) = SituacaoProcesso::de_texto(&situacao.to_uppercase()) else {
        // R19: that the processo is absent comes before that the value is unknown.
        let buscado = processo.clone();
        let achado = chamada.ler(move |sessao| Ok(store::por_numero(sessao, &buscado)?)).await?;
        if achado.is_none() {
            return Err(negar(
                rules::r1_r4_processo_do_numero(&processo, chamada.app.regras).into(),
            ));
        }
        let mensagem = "situação desconhecida; use Ativo ou Arquivado";
        let recusa = Recusa::nova(CodigoErro::CampoInvalido, "R19", mensagem).em(["situacao"]);
        return Err(negar(recusa.into()));
    };
    let comando = AlterarSituacao { processo, situacao, versao_esperada };
    escrever(&chamada, comando, modo, Vec::new()).await
}

/// E5: `POST /processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}` (R14, R15).
#[utoipa::path(
    post, path = "/api/v1/processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}",
    operation_id = "vincularAdolescente", tag = "Processos",
    summary = "Vincula um adolescente a uma apuração.",
    description = "Um identificador desconhecido é registrado: com os dados do corpo, ou com o \
        cadastro pendente.",
    params(PorNumero, DoVinculo, Escrita, Chave, Versao),
    request_body = Option<DadosDoVinculo>,
    responses(RespostaDeProcessoGravado, Recusas, DoCaminho, DoEstado, DaVersao, DoCorpo, DaChave),
)]
pub async fn vincular(
    req: HttpRequest,
    caminho: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let versao_esperada = if_match(&req)?;
    let (processo, adolescente) = par_do_caminho(&caminho)?;
    let corpo = Corpo::ler_se_houver(&req, payload).await?.filter(|corpo| !corpo.vazio());
    let (dados, (malformados, avisos)) = match corpo {
        None => (None, (Vec::new(), Vec::new())),
        Some(mut corpo) => {
            let dados = adolescentes::novo(&mut corpo);
            (Some(dados), corpo.terminar(chamada.app.regras.campos_desconhecidos))
        }
    };
    let comando =
        VincularAdolescente { processo, adolescente, dados, versao_esperada, malformados };
    escrever(&chamada, comando, modo, avisos).await
}

/// E6: `DELETE` of the same path (R16 to R18).
#[utoipa::path(
    delete,
    path = "/api/v1/processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}",
    operation_id = "desvincularAdolescente",
    tag = "Processos",
    summary = "Encerra o vínculo de um adolescente com uma apuração.",
    description = "O vínculo encerrado fica no histórico. O último adolescente, e o que tem \
        execução ativa, não se desvinculam.",
    params(PorNumero, DoVinculo, Escrita, Chave, Versao),
    responses(RespostaDeProcessoGravado, Recusas, DoCaminho, DoEstado, DaVersao, DaChave)
)]
pub async fn desvincular(
    req: HttpRequest,
    caminho: web::Path<(String, String)>,
) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let versao_esperada = if_match(&req)?;
    let (processo, adolescente) = par_do_caminho(&caminho)?;
    let comando = DesvincularAdolescente { processo, adolescente, motivo: None, versao_esperada };
    escrever(&chamada, comando, modo, Vec::new()).await
}

/// Carries a command out and answers with its processo, links and all, as the
/// transaction left them.
async fn escrever<C: Comando<Efeito: AsRef<Processo>>>(
    chamada: &Chamada,
    comando: C,
    modo: Modo,
    mut avisos: Vec<String>,
) -> Result<HttpResponse, Negado> {
    let ler = |sessao: &mut Sessao<'_>, efeito: &C::Efeito| vinculos(sessao, efeito.as_ref().id);
    let feito = command::executar(chamada, comando, modo, ler).await.map_err(negar)?;
    let dados = dados(feito.efeito.as_ref(), &feito.lido, &chamada.rastro);
    avisos.extend_from_slice(feito.efeito.avisos());
    Ok(responder_escrita(&chamada.app, &feito, dados, &[], avisos))
}

fn negar(error: Error) -> Negado {
    Negado::from(error).nas_palavras(nome_do_campo)
}

fn par_do_caminho(caminho: &(String, String)) -> Result<(NumeroProcesso, Identificador), Negado> {
    let (numero, identificador) = caminho;
    let processo = numero_do_caminho(numero)?;
    let adolescente =
        identificador.parse().map_err(|erro: crate::adolescente::IdentificadorMalformado| {
            let recusa = Recusa::nova(CodigoErro::CampoInvalido, "R14", erro.to_string());
            negar(recusa.em(["adolescente"]).into())
        })?;
    Ok((processo, adolescente))
}

fn comando(mut corpo: Corpo, politica: CamposDesconhecidos) -> (CadastrarProcesso, Vec<String>) {
    let mut comando = CadastrarProcesso {
        numero: corpo.forma("numeroProcesso", &["numero"]),
        tipo: corpo.palavra("tipoProcesso", &["tipo"], TipoProcesso::TODOS, TipoProcesso::texto),
        adolescentes: corpo.lista("identificadoresAdolescentes", &["adolescentes"]),
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
