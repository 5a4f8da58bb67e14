//! What reads trâmites.

use super::super::pagina::{PaginaPedida, invalido};
use super::super::{Chamada, Parametros};
use super::recusa::Recusado;
use super::{dados, idt, ok, passar};
use crate::app::App;
use crate::auth::{Ator, Papel};
use crate::db::lista::deslocada;
use crate::db::{Relation, Sessao};
use crate::error::{CodigoErro, Error, Falha, Recusa};
use crate::escrita::Modo;
use crate::tramite::rules::{self, ParteDoTramite, SituacaoTramite};
use crate::tramite::store::{
    self, ComponentesDe, Filtro, HistoricoDe, RegistroDe, TramitePorIdt, Tramites,
};
use crate::tramite::{
    Componente, EnderecoDeEstrutura, MudancaDeSituacao, Nre, Protocolo, ReceberRecibo,
    RegistroEletronico, Tramite,
};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Datelike, Utc};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// What is shown of trâmites besides themselves.
struct Detalhes {
    historicos: HashMap<HistoricoDe, Arc<Vec<MudancaDeSituacao>>>,
    componentes: HashMap<ComponentesDe, Arc<Vec<Componente>>>,
}

/// The most that a look without pages shows.
const TODOS: i64 = 1000;

impl Detalhes {
    fn de(sessao: &mut Sessao<'_>, tramites: &[Arc<Tramite>]) -> Result<Self, Error> {
        let historicos: Vec<_> = tramites.iter().map(|t| HistoricoDe(t.idt)).collect();
        let componentes: Vec<_> = tramites.iter().map(|t| ComponentesDe(t.idt)).collect();
        Ok(Self {
            historicos: HistoricoDe::load(sessao, &historicos)?,
            componentes: ComponentesDe::load(sessao, &componentes)?,
        })
    }

    fn mostrar(&self, tramites: &[Arc<Tramite>]) -> Vec<Value> {
        let um = |tramite: &Arc<Tramite>| {
            let historico = self.historicos.get(&HistoricoDe(tramite.idt));
            let componentes = self.componentes.get(&ComponentesDe(tramite.idt));
            dados::tramite(
                tramite,
                historico.map_or(&[][..], |historico| historico.as_slice()),
                componentes.map_or(&[][..], |componentes| componentes.as_slice()),
            )
        };
        tramites.iter().map(um).collect()
    }
}

/// `GET /tramites`: those of which the caller is a party, by pages.
pub async fn listar(req: HttpRequest) -> Result<HttpResponse, Recusado> {
    let Chamada { app, ator } = Chamada::entrar_com_parametros(&req).await?;
    ator.exige(Papel::Consulta)?;
    let mut parametros = Parametros::de(&req);
    let protocolo = parametros.tirar("protocolo").map(|texto| Protocolo::ler(&texto)).transpose();
    let protocolo = protocolo.map_err(|erro| invalido("protocolo", &erro.to_string()))?;
    let situacao = parametros.tirar("situacaoAtual").map(|texto| {
        let lida = texto.trim().parse().ok().and_then(SituacaoTramite::de_codigo);
        lida.ok_or_else(|| invalido("situacaoAtual", "vai de 1 a 10"))
    });
    let filtro = Filtro {
        idt: parametros.forma("IDT")?,
        nre: parametros.forma::<Nre>("NRE")?,
        protocolo_chave: protocolo.map(|protocolo| protocolo.chave().to_owned()),
        situacao: situacao.transpose()?.map(|situacao| vec![situacao]),
        em_andamento: None,
        remetente: estrutura(&mut parametros, "remetente")?,
        destinatario: estrutura(&mut parametros, "destinatario")?,
        criado_de: instante(&mut parametros, "de")?,
        criado_ate: instante(&mut parametros, "ate")?,
        pendencia: None,
    };
    let PaginaPedida { numero, tamanho } = PaginaPedida::ler(&mut parametros)?;
    parametros.terminar()?;
    let lista = Tramites::Todos(Box::new(filtro));
    let ler = move |sessao: &mut Sessao<'_>| {
        let (tramites, total) = deslocada(sessao, &lista, numero * tamanho, tamanho)?;
        let detalhes = Detalhes::de(sessao, &tramites)?;
        Ok((detalhes.mostrar(&tramites), total))
    };
    let (tramites, total): (Vec<Value>, i64) = app.db.ler(&ator, ler).await?;
    Ok(ok(&json!({
        "totalDeRegistros": total, "pagina": numero, "tamanho": tamanho,
        "tramites": tramites,
    })))
}

fn instante(parametros: &mut Parametros, nome: &str) -> Result<Option<DateTime<Utc>>, Recusado> {
    let Some(texto) = parametros.tirar(nome) else { return Ok(None) };
    let lido = DateTime::parse_from_rfc3339(texto.trim()).map(|instante| instante.to_utc()).ok();
    let lido = lido.filter(|instante| (1900..=9999).contains(&instante.year()));
    let erro = || invalido(nome, "o instante tem a forma AAAA-MM-DDThh:mm:ssZ");
    Ok(Some(lido.ok_or_else(erro)?))
}

/// `repositorio:numero`, or the number alone in the Poder Judiciário.
fn estrutura(
    parametros: &mut Parametros,
    nome: &str,
) -> Result<Option<EnderecoDeEstrutura>, Recusado> {
    let Some(texto) = parametros.tirar(nome) else { return Ok(None) };
    let (repositorio, numero) = texto.trim().split_once(':').unwrap_or(("1", texto.trim()));
    let Ok(repositorio) = repositorio.parse() else {
        return Err(invalido(nome, "use repositorio:numero").into());
    };
    if let Some(recusa) = rules::numero_de_estrutura(numero) {
        return Err(invalido(nome, &recusa.mensagem).into());
    }
    Ok(Some(EnderecoDeEstrutura { repositorio, numero: numero.to_owned() }))
}

/// `GET /tramites/pendentes`: what waits for a step of the caller, oldest first.
pub async fn pendentes(req: HttpRequest) -> Result<HttpResponse, Recusado> {
    let Chamada { app, ator } = Chamada::entrar_com_parametros(&req).await?;
    ator.exige(Papel::Consulta)?;
    let mut parametros = Parametros::de(&req);
    let todas = match parametros.tirar("todas").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(invalido("todas", "use true ou false").into()),
    };
    parametros.terminar()?;
    let filtro = Filtro { pendencia: Some(todas), ..Filtro::default() };
    let lista = Tramites::Todos(Box::new(filtro));
    let ler = move |sessao: &mut Sessao<'_>| Ok(deslocada(sessao, &lista, 0, TODOS)?.0);
    let tramites: Vec<Arc<Tramite>> = app.db.ler(&ator, ler).await?;
    Ok(ok(&tramites.iter().map(|tramite| dados::pendencia(tramite)).collect()))
}

/// `GET /tramites/{idt}`. It changes nothing, whoever asks.
pub async fn por_idt(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let Chamada { app, ator } = Chamada::entrar(&req).await?;
    ator.exige(Papel::Consulta)?;
    let key = TramitePorIdt(idt(&caminho)?);
    let ler = move |sessao: &mut Sessao<'_>| {
        let achado: Vec<_> = TramitePorIdt::load(sessao, &[key])?.into_values().collect();
        Ok(Detalhes::de(sessao, &achado)?.mostrar(&achado).pop())
    };
    match app.db.ler(&ator, ler).await? {
        Some(tramite) => Ok(ok(&tramite)),
        None => Err(rules::tramite_visivel().into()),
    }
}

/// `GET /tramites/{idt}/recibo`: fetched by the remetente, 5→6; by the
/// destinatário it changes nothing.
pub async fn recibo(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let chamada = Chamada::entrar(&req).await?;
    let Chamada { app, ator } = &chamada;
    ator.exige(Papel::Consulta)?;
    let key = TramitePorIdt(idt(&caminho)?);
    let (tramite, componentes) = com_componentes(app, ator, key).await?;
    let remetente = tramite.parte(ator.tribunal()) == Some(ParteDoTramite::Remetente);
    if remetente && tramite.recibo_entregue_em.is_none() {
        let passo = passar(&chamada, ReceberRecibo { idt: tramite.idt }, Modo::default()).await?;
        return Ok(ok(&dados::recibo(&passo.tramite, &componentes)));
    }
    match tramite.recibo_em {
        Some(_) => Ok(ok(&dados::recibo(&tramite, &componentes))),
        None => Err(rules::transicao_nao_permitida(&tramite).into()),
    }
}

async fn com_componentes(
    app: &App,
    ator: &Ator,
    key: TramitePorIdt,
) -> Result<(Arc<Tramite>, Arc<Vec<Componente>>), Recusado> {
    let ler = move |sessao: &mut Sessao<'_>| {
        let achado = TramitePorIdt::load(sessao, &[key])?.remove(&key);
        let Some(tramite) = achado else { return Ok(None) };
        Ok(Some((tramite, store::componentes(sessao, key.0)?)))
    };
    let achado = app.db.ler(ator, ler).await?;
    achado.ok_or_else(|| rules::tramite_visivel().into())
}

/// `GET /tramites/{idt}/recibo-de-envio`: to the remetente, from situação 2 on.
pub async fn recibo_de_envio(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let Chamada { app, ator } = Chamada::entrar(&req).await?;
    ator.exige(Papel::Consulta)?;
    let key = TramitePorIdt(idt(&caminho)?);
    let (tramite, componentes) = com_componentes(&app, &ator, key).await?;
    if tramite.parte(ator.tribunal()) == Some(ParteDoTramite::Destinatario) {
        let mensagem = "o recibo de envio é do remetente do trâmite";
        return Err(Error::falha(Falha::SemPermissao, mensagem).into());
    }
    let Some(completo) = tramite.completo_em else {
        return Err(rules::envio_incompleto(&tramite, &componentes).into());
    };
    let assinante = app.assinante.as_deref();
    Ok(ok(&dados::recibo_de_envio(&tramite, &componentes, completo, assinante)?))
}

/// `GET /NREs/{nre}`, for a party.
pub async fn por_nre(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let lido = caminho.parse::<Nre>();
    let nre = lido.map_err(|erro| {
        Recusa::nova(CodigoErro::CampoInvalido, "S0", erro.to_string()).em(["nre"])
    })?;
    registro(&req, RegistroDe::Nre(nre)).await
}

/// `GET /tramites/protocolo/{protocolo}`, for a party: gives a lost NRE back.
pub async fn por_protocolo(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let lido = Protocolo::ler(&caminho);
    let protocolo = lido.map_err(|erro| {
        Recusa::nova(CodigoErro::CampoInvalido, "S0", erro.to_string()).em(["protocolo"])
    })?;
    registro(&req, RegistroDe::Chave(protocolo.chave().to_owned())).await
}

/// Unknown and not a party are one answer.
async fn registro(req: &HttpRequest, key: RegistroDe) -> Result<HttpResponse, Recusado> {
    let Chamada { app, ator } = Chamada::entrar(req).await?;
    ator.exige(Papel::Consulta)?;
    let ler = move |sessao: &mut Sessao<'_>| {
        let achado = RegistroDe::load(sessao, std::slice::from_ref(&key))?.remove(&key);
        let Some(registro) = achado else { return Ok(None) };
        let filtro = Filtro { nre: Some(registro.nre.clone()), ..Filtro::default() };
        let (tramites, _) = deslocada(sessao, &Tramites::Todos(Box::new(filtro)), 0, TODOS)?;
        let detalhes = Detalhes::de(sessao, &tramites)?;
        Ok(Some((registro, detalhes.mostrar(&tramites))))
    };
    let achado: Option<(Arc<RegistroEletronico>, Vec<Value>)> = app.db.ler(&ator, ler).await?;
    match achado {
        Some((registro, tramites)) => Ok(ok(&dados::registro(&registro, &tramites))),
        None => {
            let mensagem = "NRE não localizado";
            let recusa = Recusa::nova(CodigoErro::NreNaoLocalizado, "B1", mensagem);
            Err(recusa.em(["nre"]).oriente("só uma parte consulta o registro").into())
        }
    }
}
