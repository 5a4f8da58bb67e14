//! `/api/v1/adolescentes`.

use super::corpo::Corpo;
use super::envelope::{self, Negado, objeto};
use super::pagina::{self, PaginaPedida};
use super::{Chamada, Parametros, com_etag, if_match};
use crate::adolescente::store::{self, Adolescentes};
use crate::adolescente::{
    Adolescente, AlteracaoDeAdolescente, AtualizarAdolescente, Certidao, DadosDeAdolescente,
    IdentidadeGenero, Identificador, OrientacaoSexual, RacaCor, Rg, SexoBiologico, rules, service,
};
use crate::app::App;
use crate::auth::{Ator, Papel};
use crate::campo::Mudanca;
use crate::cpf::Cpf;
use crate::db::lista::deslocada;
use crate::error::{CodigoErro, Error, Recusa};
use crate::tempo;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

/// `POST /adolescentes`: registers, and answers with the identificador.
pub async fn cadastrar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Negado> {
    let Chamada { app, ator } = Chamada::entrar(&req).await?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let novo = novo(&mut corpo);
    let (malformados, avisos) = corpo.terminar(app.regras.campos_desconhecidos);
    let adolescente = service::cadastrar(&app, &ator, novo, malformados).await.map_err(negar)?;
    Ok(responder(&app, &ator, &adolescente, &avisos))
}

/// `PUT /adolescentes`: changes the record that `identificador` names.
pub async fn atualizar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Negado> {
    let Chamada { app, ator } = Chamada::entrar(&req).await?;
    let versao_esperada = if_match(&req)?;
    let mut corpo = Corpo::ler(&req, payload).await?.de_alteracao();
    let identificador: Option<Identificador> = corpo.forma("identificador", &["identificador"]);
    let dados = alteracao(&mut corpo);
    let (mut malformados, avisos) = corpo.terminar(app.regras.campos_desconhecidos);
    let Some(identificador) = identificador else {
        if malformados.iter().all(|recusa| recusa.campo != ["identificador"]) {
            let falta = Recusa::nova(CodigoErro::CampoObrigatorio, "b.3", "o campo é obrigatório");
            malformados.push(falta.em(["identificador"]).oriente("diga de quem se trata"));
        }
        return Err(negar(Error::Recusas(malformados)));
    };
    let comando = AtualizarAdolescente { identificador, dados, versao_esperada, malformados };
    let feito = service::atualizar(&app, &ator, comando).await.map_err(negar)?;
    Ok(responder(&app, &ator, &feito.adolescente, &avisos))
}

/// `GET /adolescentes/identificador/{identificador}`.
pub async fn por_identificador(
    req: HttpRequest,
    identificador: web::Path<String>,
) -> Result<HttpResponse, Negado> {
    let Chamada { app, ator } = Chamada::entrar(&req).await?;
    ator.exige(Papel::Consulta)?;
    let lido = identificador.parse::<Identificador>();
    let lido = lido.map_err(|erro| pagina::invalido("identificador", &erro.to_string()))?;
    let achado = app
        .db
        .ler(&ator, move |sessao| Ok(store::por_identificadores(sessao, &[&lido])?.pop()))
        .await?;
    let achado = achado.ok_or_else(|| negar(rules::r1_adolescente_visivel().into()))?;
    Ok(responder(&app, &ator, &achado, &[]))
}

/// `GET /adolescentes`, a Spring `Page` in the order of registration.
pub async fn listar(req: HttpRequest) -> Result<HttpResponse, Negado> {
    let Chamada { app, ator } = Chamada::entrar_com_parametros(&req).await?;
    ator.exige(Papel::Consulta)?;
    let mut parametros = Parametros::de(&req);
    let pagina = PaginaPedida::ler(&mut parametros)?;
    parametros.terminar()?;
    let PaginaPedida { numero, tamanho } = pagina;
    let lista = Adolescentes::default();
    let (linhas, total) = app
        .db
        .ler(&ator, move |sessao| deslocada(sessao, &lista, numero * tamanho, tamanho))
        .await?;
    let conteudo: Vec<Value> = linhas.iter().map(|linha| dados(linha, &ator)).collect();
    Ok(envelope::sucesso((app.agora)(), &pagina.spring(&conteudo, total), &[]))
}

fn responder(app: &App, ator: &Ator, adolescente: &Adolescente, avisos: &[String]) -> HttpResponse {
    let resposta = envelope::sucesso((app.agora)(), &dados(adolescente, ator), avisos);
    com_etag(resposta, adolescente.versao)
}

fn negar(error: Error) -> Negado {
    Negado::from(error).nas_palavras(nome_do_campo)
}

/// What a PUT changes: absent and null keep, a document is changed whole.
fn alteracao(corpo: &mut Corpo) -> AlteracaoDeAdolescente {
    let mut alteracao = AlteracaoDeAdolescente {
        nome: corpo.mudanca("nome", &["dados", "nome"]),
        sobrenome: corpo.mudanca("sobrenome", &["dados", "sobrenome"]),
        nome_social: corpo.mudanca("nomeSocial", &["dados", "nomeSocial"]),
        nome_mae: corpo.mudanca("nomeMae", &["dados", "nomeMae"]),
        nome_pai: corpo.mudanca("nomePai", &["dados", "nomePai"]),
        naturalidade: corpo.mudanca("naturalidade", &["dados", "naturalidade"]),
        data_nascimento: corpo.data("dataNascimento", &["dados", "dataNascimento"]).into(),
        data_nascimento_presumida: corpo
            .sim_ou_nao("dataNascimentoPresumida", &["dados", "dataNascimentoPresumida"]),
        data_obito: corpo.data("dataObito", &["dados", "dataObito"]).into(),
        sexo_biologico: corpo.sexo_biologico().into(),
        identidade_genero: corpo.identidade_genero().into(),
        orientacao_sexual: corpo.orientacao_sexual().into(),
        raca_cor: corpo.raca_cor().into(),
        cpf: ler_cpf(corpo).into(),
        rg: Some(ler_rg(corpo)).filter(|rg| !rg.vazio()).into(),
        certidao: Some(ler_certidao(corpo)).filter(|certidao| !certidao.vazia()).into(),
    };
    corpo.imutavel("dataCadastro", &["dados", "dataCadastro"]);
    corpo.imutavel("cadastroPendente", &["dados", "cadastroPendente"]);
    corpo.imutavel("versao", &["dados", "versao"]);
    corpo.imutavel("dataCompleta21Anos", &["dados", "dataCompleta21Anos"]);
    // "possuiNomeSocial": "N" is how this façade says that there is none any more.
    let possui = corpo.sim_ou_nao("possuiNomeSocial", &["dados", "possuiNomeSocial"]);
    match (possui, &alteracao.nome_social) {
        (Some(false), Mudanca::Manter) => alteracao.nome_social = Mudanca::Apagar,
        (Some(false), Mudanca::Trocar(_)) => corpo.malformados.push(social_contradito()),
        _ => {}
    }
    alteracao
}

impl Corpo {
    fn sexo_biologico(&mut self) -> Option<SexoBiologico> {
        let campo = &["dados", "sexoBiologico"];
        self.palavra("sexoBiologico", campo, SexoBiologico::TODOS, SexoBiologico::texto)
    }

    fn identidade_genero(&mut self) -> Option<IdentidadeGenero> {
        let campo = &["dados", "identidadeGenero"];
        self.palavra("identidadeGenero", campo, IdentidadeGenero::TODOS, IdentidadeGenero::texto)
    }

    fn orientacao_sexual(&mut self) -> Option<OrientacaoSexual> {
        let campo = &["dados", "orientacaoSexual"];
        self.palavra("orientacaoSexual", campo, OrientacaoSexual::TODOS, OrientacaoSexual::texto)
    }

    fn raca_cor(&mut self) -> Option<RacaCor> {
        self.palavra("racaCor", &["dados", "racaCor"], RacaCor::TODOS, RacaCor::texto)
    }
}

fn ler_cpf(corpo: &mut Corpo) -> Option<Cpf> {
    corpo.dentro("cpf", &["dados", "cpf"], |cpf| cpf.forma("numero", &["dados", "cpf"]))
}

fn ler_rg(corpo: &mut Corpo) -> Rg {
    corpo.dentro("rg", &["dados", "rg"], |rg| Rg {
        numero: rg.texto("numero", &["dados", "rg", "numero"]),
        orgao_expedidor: rg.texto("orgaoExpedidor", &["dados", "rg", "orgaoExpedidor"]),
        data_expedicao: rg.data("dataExpedicao", &["dados", "rg", "dataExpedicao"]),
        estado: rg.texto("estadoRg", &["dados", "rg", "estadoRg"]),
    })
}

fn ler_certidao(corpo: &mut Corpo) -> Certidao {
    corpo.dentro("certidaoNascimento", &["dados", "certidaoNascimento"], |certidao| Certidao {
        cartorio: certidao.texto("cartorio", &["dados", "certidaoNascimento", "cartorio"]),
        livro: certidao.texto("livro", &["dados", "certidaoNascimento", "livro"]),
        folha: certidao.texto("folha", &["dados", "certidaoNascimento", "folha"]),
        numero: certidao.texto("numero", &["dados", "certidaoNascimento", "numero"]),
    })
}

pub fn novo(corpo: &mut Corpo) -> DadosDeAdolescente {
    let nome_social = corpo.texto("nomeSocial", &["dados", "nomeSocial"]);
    match (corpo.sim_ou_nao("possuiNomeSocial", &["dados", "possuiNomeSocial"]), &nome_social) {
        (Some(true), None) => corpo.malformados.push(
            Recusa::nova(
                CodigoErro::CampoObrigatorio,
                "R24",
                "possuiNomeSocial é S e falta nomeSocial",
            )
            .em(["dados", "nomeSocial"]),
        ),
        (Some(false), Some(_)) => corpo.malformados.push(social_contradito()),
        _ => {}
    }
    DadosDeAdolescente {
        nome: corpo.texto("nome", &["dados", "nome"]),
        sobrenome: corpo.texto("sobrenome", &["dados", "sobrenome"]),
        nome_social,
        data_nascimento: corpo.data("dataNascimento", &["dados", "dataNascimento"]),
        data_nascimento_presumida: corpo
            .sim_ou_nao("dataNascimentoPresumida", &["dados", "dataNascimentoPresumida"])
            .unwrap_or(false),
        sexo_biologico: corpo.sexo_biologico(),
        identidade_genero: corpo.identidade_genero(),
        orientacao_sexual: corpo.orientacao_sexual(),
        raca_cor: corpo.raca_cor(),
        nome_mae: corpo.texto("nomeMae", &["dados", "nomeMae"]),
        nome_pai: corpo.texto("nomePai", &["dados", "nomePai"]),
        naturalidade: corpo.texto("naturalidade", &["dados", "naturalidade"]),
        cpf: ler_cpf(corpo),
        rg: ler_rg(corpo),
        certidao: ler_certidao(corpo),
    }
}

fn social_contradito() -> Recusa {
    Recusa::nova(CodigoErro::CampoInvalido, "R24", "há nomeSocial e possuiNomeSocial é N")
        .em(["dados", "possuiNomeSocial"])
}

/// The name that a field of the command has in the body.
fn nome_do_campo(campo: &[&str]) -> String {
    match campo {
        ["dados", "cpf"] => "cpf.numero".into(),
        ["dados", resto @ ..] | resto => resto.join("."),
    }
}

/// An adolescente as the façade shows it: absent is what it has not, and what the caller may not see.
fn dados(adolescente: &Adolescente, ator: &Ator) -> Value {
    let sensiveis = ator.tem(Papel::DadosSensiveis);
    let so_se = |mostrar: bool, valor: Option<Value>| valor.filter(|_| mostrar);
    let texto = |valor: &Option<String>| valor.clone().map(Value::from);
    let data = |valor: Option<chrono::NaiveDate>| valor.map(|data| json!(tempo::data(data)));
    let sim = |valor: bool| Some(json!(if valor { "Sim" } else { "Não" }));
    let (a, d) = (adolescente, &adolescente.dados);
    let rg = objeto([
        ("numero", texto(&d.rg.numero)),
        ("orgaoExpedidor", texto(&d.rg.orgao_expedidor)),
        ("dataExpedicao", data(d.rg.data_expedicao)),
        ("estadoRg", texto(&d.rg.estado)),
    ]);
    let certidao = objeto([
        ("cartorio", texto(&d.certidao.cartorio)),
        ("livro", texto(&d.certidao.livro)),
        ("folha", texto(&d.certidao.folha)),
        ("numero", texto(&d.certidao.numero)),
    ]);
    objeto([
        ("identificador", Some(json!(a.identificador.to_string()))),
        ("dataCadastro", Some(json!(tempo::data(tempo::dia(a.criado_em))))),
        ("cadastroPendente", Some(json!(a.cadastro_pendente))),
        ("versao", Some(json!(a.versao))),
        ("nome", so_se(sensiveis || d.nome_social.is_none(), texto(&d.nome))),
        ("sobrenome", texto(&d.sobrenome)),
        ("possuiNomeSocial", sim(d.nome_social.is_some())),
        ("nomeSocial", texto(&d.nome_social)),
        ("dataNascimento", data(d.data_nascimento)),
        ("dataNascimentoPresumida", sim(d.data_nascimento_presumida)),
        ("dataCompleta21Anos", data(a.completa_21_anos())),
        ("dataObito", data(a.data_obito)),
        ("naturalidade", texto(&d.naturalidade)),
        ("sexoBiologico", so_se(sensiveis, d.sexo_biologico.map(|valor| json!(valor.texto())))),
        (
            "identidadeGenero",
            so_se(sensiveis, d.identidade_genero.map(|valor| json!(valor.texto()))),
        ),
        (
            "orientacaoSexual",
            so_se(sensiveis, d.orientacao_sexual.map(|valor| json!(valor.texto()))),
        ),
        ("racaCor", so_se(sensiveis, d.raca_cor.map(|valor| json!(valor.texto())))),
        ("nomeMae", so_se(sensiveis, texto(&d.nome_mae))),
        ("nomePai", so_se(sensiveis, texto(&d.nome_pai))),
        ("cpf", so_se(sensiveis, d.cpf.as_ref().map(|cpf| json!({ "numero": cpf.completo() })))),
        ("rg", so_se(sensiveis && !d.rg.vazio(), Some(rg))),
        ("certidaoNascimento", so_se(sensiveis && !d.certidao.vazia(), Some(certidao))),
    ])
}
