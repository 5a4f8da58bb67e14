//! What reads trâmites.

use super::super::openapi::parameters::Paginas;
use super::super::openapi::tramite::answers::{
    PaginaDeTramites, Pendencias, RegistroVisto, TramiteVisto,
};
use super::super::openapi::tramite::refusals::{DoTramita, PeloEstado, SemTramite};
use super::super::openapi::tramite::{
    DoTramite, FiltroDeTramites, Pendentes, PorNre, PorProtocolo,
};
use super::super::page::{PaginaPedida, invalido};
use super::super::{Chamada, Parametros};
use super::entry::{boolean, enter, enter_with_query, estrutura};
use super::refusal::Recusado;
use super::steps::passar;
use super::{answer, idt, ok, ok_of_parts};
use crate::auth::{Ator, Papel};
use crate::command::Modo;
use crate::db::list::deslocada;
use crate::db::{Relation, Sessao};
use crate::error::{CodigoErro, Error, Recusa};
use crate::http::request;
use crate::tramite::rules::{self, ParteDoTramite, SituacaoTramite};
use crate::tramite::store::{self, ComponentesDe, Filtro, HistoricoDe, RegistroDe, Tramites};
use crate::tramite::{Componente, Idt, MudancaDeSituacao, Nre, Protocolo, ReceberTramite, Tramite};
use crate::value::field::natural;
use crate::value::resource::sem_recursos;
use actix_web::{HttpRequest, HttpResponse, web};
use ahash::{HashMap, HashMapExt};
use chrono::{DateTime, Datelike, Utc};
use serde_json::{Value, json};
use std::sync::Arc;

/// What is shown of trâmites besides themselves.
struct Detalhes {
    historicos: HashMap<HistoricoDe, Arc<Vec<MudancaDeSituacao>>>,
    componentes: HashMap<ComponentesDe, Arc<Vec<Componente>>>,
}

// Told of trâmites, which are noted by themselves.
sem_recursos!(Detalhes);

/// The most that a look without pages shows.
const TODOS: i64 = 1000;

impl Detalhes {
    /// Of these trâmites, and of the first of them its files, as far as the caller may know of
    /// them: each may have thousands.
    fn do_primeiro(sessao: &mut Sessao<'_>, tramites: &[Arc<Tramite>]) -> Result<Self, Error> {
        let detalhes = Self::de(sessao, tramites)?;
        let Some(tramite) = tramites.first() else { return Ok(detalhes) };
        let parte = tramite.parte(sessao.escopo.tribunal());
        let sabe = parte != Some(ParteDoTramite::Destinatario) || tramite.metadados_em.is_some();
        if !sabe || !answer::mostra_componentes(tramite.situacao) {
            return Ok(detalhes);
        }
        let componentes = ComponentesDe::load(sessao, &[ComponentesDe(tramite.idt)])?;
        Ok(Self { componentes, ..detalhes })
    }

    /// Of these trâmites, without their files.
    fn de(sessao: &mut Sessao<'_>, tramites: &[Arc<Tramite>]) -> Result<Self, Error> {
        let historicos: Vec<_> = tramites.iter().map(|t| HistoricoDe(t.idt)).collect();
        let historicos = HistoricoDe::load(sessao, &historicos)?;
        Ok(Self { historicos, componentes: HashMap::new() })
    }

    fn mostrar(&self, tramites: &[Arc<Tramite>]) -> Vec<Value> {
        tramites.iter().map(|tramite| self.mostrar_um(tramite)).collect()
    }

    fn mostrar_um(&self, tramite: &Tramite) -> Value {
        let historico = self.historicos.get(&HistoricoDe(tramite.idt));
        let componentes = self.componentes.get(&ComponentesDe(tramite.idt));
        let componentes = componentes.map(|componentes| componentes.as_slice());
        let historico = historico.map_or(&[][..], |historico| historico.as_slice());
        answer::tramite(tramite, historico, componentes)
    }
}

/// `GET /tramites`: those of which the caller is a party, by pages.
#[utoipa::path(
    get,
    path = "/tramites",
    operation_id = "listarTramites",
    tag = "Tramita",
    summary = "Lista os trâmites em que quem chama é parte.",
    description = "Do mais novo ao mais antigo. Um trâmite recusado só o remetente o vê. A estrutura se \
        escreve também como `remetente[identificacaoDoRepositorioDeEstruturas]=1` e \
        `remetente[numeroDeIdentificacaoDaEstrutura]=820`.",
    params(FiltroDeTramites, Paginas),
    responses(PaginaDeTramites, DoTramita)
)]
pub async fn listar(req: HttpRequest) -> Result<HttpResponse, Recusado> {
    let (chamada, mut parametros) = enter_with_query(&req, Papel::Consulta).await?;
    let protocolo = parametros.tirar("protocolo").map(|texto| Protocolo::ler(&texto)).transpose();
    let protocolo = protocolo.map_err(|erro| invalido("protocolo", &erro.to_string()))?;
    let situacao = parametros.tirar("situacaoAtual").map(|texto| {
        let lida = texto.trim().parse().ok().and_then(SituacaoTramite::de_codigo);
        lida.ok_or_else(|| invalido("situacaoAtual", "vai de 1 a 10"))
    });
    let filtro = Filtro {
        idt: idt_pedido(&mut parametros)?,
        nre: parametros.forma::<Nre>("NRE")?,
        protocolo_chave: protocolo.map(|protocolo| protocolo.chave().to_owned()),
        situacao: situacao.transpose()?.map(|situacao| vec![situacao]),
        remetente: estrutura(&mut parametros, "remetente")?,
        destinatario: estrutura(&mut parametros, "destinatario")?,
        criado_de: instante(&mut parametros, "de")?,
        criado_ate: instante(&mut parametros, "ate")?,
        newest_first: true,
        ..Filtro::default()
    };
    let PaginaPedida { numero, tamanho } = PaginaPedida::ler(&mut parametros)?;
    parametros.terminar()?;
    let lista = Tramites::Todos(Box::new(filtro));
    let ler = move |sessao: &mut Sessao<'_>| {
        let (tramites, total) = deslocada(sessao, &lista, numero * tamanho, tamanho)?;
        let detalhes = Detalhes::do_primeiro(sessao, &tramites)?;
        Ok((tramites, total, detalhes))
    };
    let (tramites, total, detalhes) = chamada.ler(ler).await?;
    let tramites = detalhes.mostrar(&tramites);
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

fn idt_pedido(parametros: &mut Parametros) -> Result<Option<Idt>, Recusado> {
    let Some(texto) = parametros.tirar("IDT") else { return Ok(None) };
    let lido = natural(texto.trim())
        .filter(|idt| *idt > 0)
        .ok_or_else(|| invalido("IDT", "esperava um número"));
    Ok(Some(lido?))
}

/// `GET /tramites/pendentes`: what waits for a step of the caller, oldest first.
#[utoipa::path(
    get,
    path = "/tramites/pendentes",
    operation_id = "listarPendentes",
    tag = "Tramita",
    summary = "Lista os trâmites que esperam um passo de quem chama.",
    description = "Do mais antigo ao mais novo, no máximo 1000.",
    params(Pendentes),
    responses(Pendencias, DoTramita)
)]
pub async fn pendentes(req: HttpRequest) -> Result<HttpResponse, Recusado> {
    let (chamada, mut parametros) = enter_with_query(&req, Papel::Consulta).await?;
    let todas = boolean(&mut parametros, "todas")?.unwrap_or(false);
    parametros.terminar()?;
    let filtro = Filtro { pendencia: Some(todas), ..Filtro::default() };
    let lista = Tramites::Todos(Box::new(filtro));
    let ler = move |sessao: &mut Sessao<'_>| Ok(deslocada(sessao, &lista, 0, TODOS)?.0);
    let tramites: Vec<Arc<Tramite>> = chamada.ler(ler).await?;
    Ok(ok(&tramites.iter().map(|tramite| answer::pendencia(tramite)).collect()))
}

/// `GET /tramites/{idt}`: the trâmite and, to whoever may have them, its metadata. As on the
/// platform, the destinatário receives them by it.
#[utoipa::path(
    get,
    path = "/tramites/{idt}",
    operation_id = "verTramite",
    tag = "Tramita",
    summary = "Mostra um trâmite e os seus metadados.",
    description = "O remetente lê os metadados desde a situação 1. Lido pelo destinatário na situação 2, o \
        trâmite passa à 3 e, sem arquivo a baixar, à 4; depois lê-se de novo sem mudar nada. Quem só \
        consulta não muda nada, e até a 3 não vê os metadados; para olhar sem receber há \
        `GET /tramites?IDT=`.",
    params(DoTramite),
    responses(TramiteVisto, DoTramita, SemTramite, PeloEstado)
)]
pub async fn por_idt(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let chamada = enter(&req, Papel::Consulta).await?;
    let idt = idt(&caminho)?;
    let (mut tramite, mut detalhes) = ver(&chamada, idt).await?;
    if espera_por(chamada.ator(), &tramite) && !request::is_head(&req) {
        passar(&chamada, ReceberTramite { idt }, Modo::default()).await?;
        (tramite, detalhes) = ver(&chamada, idt).await?;
    }
    let shows = ve_metadados(chamada.ator(), &tramite);
    // About the bytes of a field that was sent.
    let fields = tramite.metadados.as_ref().filter(|_| shows).map_or(0, String::len) / 64;
    let files: usize = detalhes.componentes.values().map(|todos| todos.len()).sum();
    let corpo = move || {
        let mut corpo = detalhes.mostrar_um(&tramite);
        if let Some(campos) = corpo.as_object_mut().filter(|_| shows) {
            campos.extend(answer::metadados(&tramite)?);
        }
        Ok(corpo)
    };
    Ok(ok_of_parts(&chamada, files + fields, corpo).await?)
}

async fn ver(chamada: &Chamada, idt: Idt) -> Result<(Arc<Tramite>, Detalhes), Recusado> {
    let ler = move |sessao: &mut Sessao<'_>| {
        let Some(achado) = store::tramite_se_visivel(sessao, idt)?.map(Arc::new) else {
            return Ok(None);
        };
        let detalhes = Detalhes::do_primeiro(sessao, std::slice::from_ref(&achado))?;
        Ok(Some((achado, detalhes)))
    };
    chamada.ler(ler).await?.ok_or_else(|| rules::tramite_visivel().into())
}

/// The trâmite waits for the caller's reception, and this caller may take it.
fn espera_por(ator: &Ator, tramite: &Tramite) -> bool {
    tramite.situacao == SituacaoTramite::ComponentesRecebidosSolucao
        && tramite.parte(ator.tribunal()) == Some(ParteDoTramite::Destinatario)
        && tramite.age(ator, ParteDoTramite::Destinatario)
        && ator.tem(Papel::Integracao)
}

fn ve_metadados(ator: &Ator, tramite: &Tramite) -> bool {
    match tramite.parte(ator.tribunal()) {
        Some(ParteDoTramite::Remetente) => true,
        Some(ParteDoTramite::Destinatario) => tramite.metadados_em.is_some(),
        _ => false,
    }
}

/// `GET /NREs/{nre}`, for a party.
#[utoipa::path(
    get,
    path = "/NREs/{nre}",
    operation_id = "verRegistroPorNre",
    tag = "Tramita",
    summary = "Mostra o registro de um NRE, a uma parte.",
    description = "Desconhecido e alheio são uma só resposta.",
    params(PorNre),
    responses(RegistroVisto, DoTramita, SemTramite)
)]
pub async fn por_nre(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let chamada = enter(&req, Papel::Consulta).await?;
    let lido = caminho.parse::<Nre>();
    let nre = lido.map_err(|erro| {
        Recusa::nova(CodigoErro::CampoInvalido, "S0", erro.to_string()).em(["caminho", "nre"])
    })?;
    registro(&chamada, RegistroDe::Nre(nre)).await
}

/// `GET /tramites/protocolo/{protocolo}`, for a party: gives a lost NRE back.
#[utoipa::path(
    get,
    path = "/tramites/protocolo/{protocolo}",
    operation_id = "verRegistroPorProtocolo",
    tag = "Tramita",
    summary = "Devolve a uma parte o NRE perdido de um protocolo.",
    description = "Desconhecido e alheio são uma só resposta.",
    params(PorProtocolo),
    responses(RegistroVisto, DoTramita, SemTramite)
)]
pub async fn por_protocolo(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let chamada = enter(&req, Papel::Consulta).await?;
    let lido = Protocolo::ler(&caminho);
    let protocolo = lido.map_err(|erro| {
        Recusa::nova(CodigoErro::CampoInvalido, "S0", erro.to_string()).em(["caminho", "protocolo"])
    })?;
    registro(&chamada, RegistroDe::Chave(protocolo.chave().to_owned())).await
}

/// Unknown and not a party are one answer.
async fn registro(chamada: &Chamada, key: RegistroDe) -> Result<HttpResponse, Recusado> {
    let asked_by = match key {
        RegistroDe::Nre(_) => "nre",
        _ => "protocolo",
    };
    let ler = move |sessao: &mut Sessao<'_>| {
        let achado = RegistroDe::load_one(sessao, &key)?;
        let Some(registro) = achado else { return Ok(None) };
        let filtro = Filtro { nre: Some(registro.nre.clone()), ..Filtro::default() };
        let (tramites, _) = deslocada(sessao, &Tramites::Todos(Box::new(filtro)), 0, TODOS)?;
        let detalhes = Detalhes::de(sessao, &tramites)?;
        Ok(Some((registro, tramites, detalhes)))
    };
    match chamada.ler(ler).await? {
        Some((registro, tramites, detalhes)) => {
            let parts = tramites.len();
            let resposta = move || Ok(answer::registro(&registro, &detalhes.mostrar(&tramites)));
            Ok(ok_of_parts(chamada, parts, resposta).await?)
        }
        None => {
            let mensagem = "NRE não localizado";
            let recusa = Recusa::nova(CodigoErro::NreNaoLocalizado, "B1", mensagem);
            Err(recusa.em(["caminho", asked_by]).oriente("só uma parte consulta o registro").into())
        }
    }
}
