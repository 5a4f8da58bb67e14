//! Handlers that read trâmites.

use super::super::answer::to_json;
use super::super::openapi::parameters::PageQuery;
use super::super::openapi::tramite::refusals::{Conflict, NotFound, TramitaRefusals};
use super::super::openapi::tramite::{
    NrePath, PendingQuery, ProtocoloPath, TramitePath, TramitesQuery,
};
use super::super::page::{PageRequest, invalid};
use super::super::{Call, Params};
use super::answer::{
    self, PaginaDeTramites, Pendencias, RegistroVisto, TramitePendente, TramiteVisto,
};
use super::begin::{begin_read, begin_with_params, boolean, estrutura};
use super::refusal::TramitaError;
use super::steps::advance;
use super::{answered, idt, ok_of_parts};
use crate::auth::{Actor, Papel};
use crate::command::Mode;
use crate::db::list::offset_page;
use crate::db::{BatchKey, Session};
use crate::error::{CodigoErro, Error, Refusal};
use crate::http::request;
use crate::tramite::rules::{self, ParteDoTramite, SituacaoTramite};
use crate::tramite::store::{
    self, ComponentesOf, HistoricoOf, RegistroOf, TramiteFilter, Tramites,
};
use crate::tramite::{Componente, Idt, MudancaDeSituacao, Nre, Protocolo, ReceberTramite, Tramite};
use crate::value::field::parse_digits;
use crate::value::resource::no_resources;
use crate::value::time;
use actix_web::{HttpRequest, HttpResponse, web};
use ahash::{HashMap, HashMapExt};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// The related rows that an answer about trâmites shows.
struct Details {
    histories: HashMap<HistoricoOf, Arc<Vec<MudancaDeSituacao>>>,
    componentes: HashMap<ComponentesOf, Arc<Vec<Componente>>>,
}

// The audit trail notes the trâmites themselves, so their details add nothing to it.
no_resources!(Details);

/// Largest number of trâmites in an answer without pages.
const MAX_ROWS: i64 = 1000;

impl Details {
    /// Loads the history of these trâmites, and the componentes of the first one only, because one
    /// trâmite may have thousands. A destinatário sees componentes only after it has received the
    /// metadata.
    fn load_first(session: &mut Session<'_>, tramites: &[Arc<Tramite>]) -> Result<Self, Error> {
        let details = Self::load(session, tramites)?;
        let Some(tramite) = tramites.first() else { return Ok(details) };
        let party = tramite.party(session.scope.tribunal());
        let knows = party != Some(ParteDoTramite::Destinatario) || tramite.metadados_em.is_some();
        if !knows || !answer::shows_componentes(tramite.situacao) {
            return Ok(details);
        }
        let componentes = ComponentesOf::load(session, &[ComponentesOf(tramite.idt)])?;
        Ok(Self { componentes, ..details })
    }

    /// Loads the history of these trâmites.
    fn load(session: &mut Session<'_>, tramites: &[Arc<Tramite>]) -> Result<Self, Error> {
        let histories: Vec<_> = tramites.iter().map(|t| HistoricoOf(t.idt)).collect();
        let histories = HistoricoOf::load(session, &histories)?;
        Ok(Self { histories, componentes: HashMap::new() })
    }

    fn show(&self, tramites: &[Arc<Tramite>]) -> Vec<TramiteVisto> {
        tramites.iter().map(|tramite| self.show_one(tramite)).collect()
    }

    fn show_one(&self, tramite: &Tramite) -> TramiteVisto {
        let historico = self.histories.get(&HistoricoOf(tramite.idt));
        let componentes = self.componentes.get(&ComponentesOf(tramite.idt));
        let componentes = componentes.map(|componentes| componentes.as_slice());
        let historico = historico.map_or(&[][..], |historico| historico.as_slice());
        TramiteVisto::new(tramite, historico, &answer::Pending::of(tramite, componentes))
    }
}

/// `GET /tramites`: the trâmites of which the caller is a party, in pages.
#[utoipa::path(
    get,
    path = "/tramites",
    operation_id = "listarTramites",
    tag = "Tramita",
    summary = "Lista os trâmites em que quem chama é parte.",
    description = "Do mais novo ao mais antigo. Um trâmite recusado só o remetente o vê. A estrutura se \
        escreve também como `remetente[identificacaoDoRepositorioDeEstruturas]=1` e \
        `remetente[numeroDeIdentificacaoDaEstrutura]=820`.",
    params(TramitesQuery, PageQuery),
    responses(PaginaDeTramites, TramitaRefusals)
)]
pub async fn list(req: HttpRequest) -> Result<HttpResponse, TramitaError> {
    let (call, mut params) = begin_with_params(&req, Papel::Consulta).await?;
    let protocolo = params.take("protocolo").map(|text| Protocolo::read(&text)).transpose();
    let protocolo = protocolo.map_err(|error| invalid("protocolo", &error.to_string()))?;
    let situacao = params.take("situacaoAtual").map(|text| {
        let parsed = text.trim().parse().ok().and_then(SituacaoTramite::from_code);
        parsed.ok_or_else(|| invalid("situacaoAtual", "vai de 1 a 10"))
    });
    let filter = TramiteFilter {
        idt: requested_idt(&mut params)?,
        nre: params.parse::<Nre>("NRE")?,
        protocolo_chave: protocolo.map(|protocolo| protocolo.key().to_owned()),
        situacao: situacao.transpose()?.map(|situacao| vec![situacao]),
        remetente: estrutura(&mut params, "remetente")?,
        destinatario: estrutura(&mut params, "destinatario")?,
        criado_de: instant(&mut params, "de")?,
        criado_ate: instant(&mut params, "ate")?,
        newest_first: true,
        ..TramiteFilter::default()
    };
    let page @ PageRequest { number, size } = PageRequest::read(&mut params)?;
    params.finish()?;
    let list = Tramites::All(Box::new(filter));
    let read = move |session: &mut Session<'_>| {
        let (tramites, total) = offset_page(session, &list, number * size, size)?;
        let details = Details::load_first(session, &tramites)?;
        Ok((tramites, total, details))
    };
    let (tramites, total, details) = call.read(read).await?;
    Ok(answered(&PaginaDeTramites::new(page, details.show(&tramites), total)))
}

fn instant(params: &mut Params, name: &str) -> Result<Option<DateTime<Utc>>, TramitaError> {
    let Some(text) = params.take(name) else { return Ok(None) };
    let error = || invalid(name, "o instante tem a forma AAAA-MM-DDThh:mm:ssZ");
    Ok(Some(time::read_instant(text.trim()).ok_or_else(error)?))
}

fn requested_idt(params: &mut Params) -> Result<Option<Idt>, TramitaError> {
    let Some(text) = params.take("IDT") else { return Ok(None) };
    let parsed = parse_digits(text.trim())
        .filter(|idt| *idt > 0)
        .ok_or_else(|| invalid("IDT", "esperava um número"));
    Ok(Some(parsed?))
}

/// `GET /tramites/pendentes`: the trâmites that wait for a step of the caller, oldest first.
#[utoipa::path(
    get,
    path = "/tramites/pendentes",
    operation_id = "listarPendentes",
    tag = "Tramita",
    summary = "Lista os trâmites que esperam um passo de quem chama.",
    description = "Do mais antigo ao mais novo, no máximo 1000.",
    params(PendingQuery),
    responses(Pendencias, TramitaRefusals)
)]
pub async fn pending(req: HttpRequest) -> Result<HttpResponse, TramitaError> {
    let (call, mut params) = begin_with_params(&req, Papel::Consulta).await?;
    let all = boolean(&mut params, "todas")?.unwrap_or(false);
    params.finish()?;
    let filter = TramiteFilter { pendencia: Some(all), ..TramiteFilter::default() };
    let list = Tramites::All(Box::new(filter));
    let read = move |session: &mut Session<'_>| Ok(offset_page(session, &list, 0, MAX_ROWS)?.0);
    let tramites: Vec<Arc<Tramite>> = call.read(read).await?;
    Ok(answered(&Pendencias(
        tramites.iter().map(|tramite| TramitePendente::new(tramite)).collect(),
    )))
}

/// `GET /tramites/{idt}`: the trâmite and, for a caller that may see it, its metadata. As on the
/// platform, this GET is how the destinatário receives the metadata.
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
    params(TramitePath),
    responses(TramiteVisto, TramitaRefusals, NotFound, Conflict)
)]
pub async fn by_idt(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let call = begin_read(&req, Papel::Consulta).await?;
    let idt = idt(&path)?;
    let (mut tramite, mut details) = view(&call, idt).await?;
    if waits_for(call.actor(), &tramite) && !request::is_head(&req) {
        advance(&call, ReceberTramite { idt }, Mode::default()).await?;
        (tramite, details) = view(&call, idt).await?;
    }
    let shows = sees_metadados(call.actor(), &tramite);
    // Estimates the number of fields in the metadata: about 64 bytes each.
    let fields = tramite.metadados.as_ref().filter(|_| shows).map_or(0, String::len) / 64;
    let files: usize = details.componentes.values().map(|all| all.len()).sum();
    let body = move || {
        let mut body = to_json(&details.show_one(&tramite));
        if let Some(object) = body.as_object_mut().filter(|_| shows) {
            object.extend(answer::metadados(&tramite)?);
        }
        Ok(body)
    };
    Ok(ok_of_parts(&call, files + fields, body).await?)
}

async fn view(call: &Call, idt: Idt) -> Result<(Arc<Tramite>, Details), TramitaError> {
    let read = move |session: &mut Session<'_>| {
        let Some(found) = store::visible_tramite(session, idt)?.map(Arc::new) else {
            return Ok(None);
        };
        let details = Details::load_first(session, std::slice::from_ref(&found))?;
        Ok(Some((found, details)))
    };
    call.read(read).await?.ok_or_else(|| rules::tramite_visivel().into())
}

/// Whether the trâmite waits for this caller to receive its metadata, and the caller has the right
/// to do so.
fn waits_for(actor: &Actor, tramite: &Tramite) -> bool {
    tramite.situacao == SituacaoTramite::ComponentesRecebidosSolucao
        && tramite.party(actor.tribunal()) == Some(ParteDoTramite::Destinatario)
        && tramite.can_act(actor, ParteDoTramite::Destinatario)
        && actor.has(Papel::Integracao)
}

fn sees_metadados(actor: &Actor, tramite: &Tramite) -> bool {
    match tramite.party(actor.tribunal()) {
        Some(ParteDoTramite::Remetente) => true,
        Some(ParteDoTramite::Destinatario) => tramite.metadados_em.is_some(),
        _ => false,
    }
}

/// `GET /NREs/{nre}`, for a party of the registro.
#[utoipa::path(
    get,
    path = "/NREs/{nre}",
    operation_id = "verRegistroPorNre",
    tag = "Tramita",
    summary = "Mostra o registro de um NRE, a uma parte.",
    description = "Um NRE desconhecido e um de que não se é parte têm a mesma resposta.",
    params(NrePath),
    responses(RegistroVisto, TramitaRefusals, NotFound)
)]
pub async fn by_nre(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let call = begin_read(&req, Papel::Consulta).await?;
    let parsed = path.parse::<Nre>();
    let nre = parsed.map_err(|error| {
        Refusal::new(CodigoErro::CampoInvalido, "S0", error.to_string()).at(["caminho", "nre"])
    })?;
    registro(&call, RegistroOf::Nre(nre)).await
}

/// `GET /tramites/protocolo/{protocolo}`, for a party: finds a lost NRE by its protocolo.
#[utoipa::path(
    get,
    path = "/tramites/protocolo/{protocolo}",
    operation_id = "verRegistroPorProtocolo",
    tag = "Tramita",
    summary = "Devolve a uma parte o NRE perdido de um protocolo.",
    description = "Um protocolo desconhecido e um de que não se é parte têm a mesma resposta.",
    params(ProtocoloPath),
    responses(RegistroVisto, TramitaRefusals, NotFound)
)]
pub async fn by_protocolo(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let call = begin_read(&req, Papel::Consulta).await?;
    let parsed = Protocolo::read(&path);
    let protocolo = parsed.map_err(|error| {
        Refusal::new(CodigoErro::CampoInvalido, "S0", error.to_string())
            .at(["caminho", "protocolo"])
    })?;
    registro(&call, RegistroOf::Key(protocolo.key().to_owned())).await
}

/// The registro with its trâmites. An unknown registro and one of other parties get the same
/// answer.
async fn registro(call: &Call, key: RegistroOf) -> Result<HttpResponse, TramitaError> {
    let asked_by = match key {
        RegistroOf::Nre(_) => "nre",
        _ => "protocolo",
    };
    let read = move |session: &mut Session<'_>| {
        let found = RegistroOf::load_one(session, &key)?;
        let Some(registro) = found else { return Ok(None) };
        let filter = TramiteFilter { nre: Some(registro.nre.clone()), ..TramiteFilter::default() };
        let (tramites, _) = offset_page(session, &Tramites::All(Box::new(filter)), 0, MAX_ROWS)?;
        let details = Details::load(session, &tramites)?;
        Ok(Some((registro, tramites, details)))
    };
    match call.read(read).await? {
        Some((registro, tramites, details)) => {
            let parts = tramites.len();
            let response =
                move || Ok(to_json(&RegistroVisto::new(&registro, details.show(&tramites))));
            Ok(ok_of_parts(call, parts, response).await?)
        }
        None => {
            let message = "NRE não localizado";
            let refusal = Refusal::new(CodigoErro::NreNaoLocalizado, "B1", message);
            Err(refusal.at(["caminho", asked_by]).hint("só uma parte consulta o registro").into())
        }
    }
}
