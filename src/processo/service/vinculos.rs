//! R14 to R18: vínculos between adolescentes and apurações.
//!
//! Every use case locks the processo first and the adolescente second, so that no two of them
//! deadlock.

use super::lock;
use crate::adolescente::{self, Adolescente, AdolescenteDados, AdolescenteId, Identificador};
use crate::command::{Command, Context, Effect, Remembered};
use crate::db::Session;
use crate::error::{Error, Refusal};
use crate::evento::{self, FieldChange, NewEvento, TipoEvento};
use crate::processo::{
    DesvincularAdolescente, Processo, SituacaoVinculo, VincularAdolescente, Vinculo, rules, store,
};
use crate::value::resource::{HasResources, Resource};
use crate::value::time;
use chrono::{DateTime, Utc};

/// A new vínculo, its two ends, and the warnings for the client.
#[derive(Debug)]
pub struct Vinculado {
    pub processo: Processo,
    pub adolescente: Adolescente,
    /// Whether the command registered the adolescente (R14).
    pub registered: bool,
    pub vinculo: Vinculo,
    pub warnings: Vec<String>,
}

/// Links an adolescente to an apuração (R15). Registers the adolescente if the tribunal does not
/// know the identificador (R14).
impl Command for VincularAdolescente {
    const NAME: &'static str = "vincularAdolescente";
    type Effect = Vinculado;

    fn execute(mut self, session: &mut Session<'_>, context: &Context) -> Result<Vinculado, Error> {
        let malformed = std::mem::take(&mut self.malformed);
        let today = time::day((context.clock)());
        let dados = self.dados.as_ref();
        let refusals =
            dados.map_or_else(Vec::new, |dados| adolescente::rules::cadastro(dados, today));
        Refusal::ensure_none(malformed, refusals)?;

        let (processo, now) = lock(session, context, &self.processo, self.versao_esperada)?;
        let known = adolescente::store::locked(session, context.tribunal, &self.adolescente)?;
        let facts = store::vinculo_facts(session, &processo, known.as_ref())?;
        Refusal::ensure_none(Vec::new(), rules::r15_vincular(&processo, &facts))?;

        let mut warnings = Vec::new();
        let (adolescente, registered) = match known {
            Some(adolescente) => {
                if self.dados.is_some() {
                    warnings.push(IGNORED_DADOS.into());
                }
                (adolescente, false)
            }
            None => {
                let unknown = Unknown { identificador: self.adolescente, dados: self.dados };
                register(session, unknown, now, context, &mut warnings)?
            }
        };
        let vinculo = store::vincular(session, &processo, adolescente.id, now)?;
        let processo = store::update(session, &processo, now)?;
        let tipo = TipoEvento::AdolescenteVinculado;
        record_evento(session, tipo, &processo, (&adolescente, &vinculo), now, context)?;
        Ok(Vinculado { processo, adolescente, registered, vinculo, warnings })
    }
}

/// An ended vínculo, and its two ends.
#[derive(Debug)]
pub struct Desvinculado {
    pub processo: Processo,
    pub adolescente: Adolescente,
    pub vinculo: Vinculo,
}

/// Ends the vínculo of an adolescente with an apuração (R16 to R18).
impl Command for DesvincularAdolescente {
    const NAME: &'static str = "desvincularAdolescente";
    type Effect = Desvinculado;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Desvinculado, Error> {
        let motivo = rules::r17_motivo(self.motivo.as_deref());
        Refusal::ensure_none(Vec::new(), motivo.into_iter().collect())?;
        let (processo, now) = lock(session, context, &self.processo, self.versao_esperada)?;
        let known = adolescente::store::locked(session, context.tribunal, &self.adolescente)?;
        let facts = store::vinculo_facts(session, &processo, known.as_ref())?;
        Refusal::ensure_none(Vec::new(), rules::r16_r18_desvincular(&processo, &facts))?;
        let Some(adolescente) = known else {
            return Err(Error::internal(anyhow::anyhow!("a link without adolescente")));
        };
        let vinculo = store::desvincular(session, processo.id, adolescente.id, self.motivo, now)?;
        let processo = store::update(session, &processo, now)?;
        let tipo = TipoEvento::AdolescenteDesvinculado;
        record_evento(session, tipo, &processo, (&adolescente, &vinculo), now, context)?;
        Ok(Desvinculado { processo, adolescente, vinculo })
    }
}

impl AsRef<Processo> for Vinculado {
    fn as_ref(&self) -> &Processo {
        &self.processo
    }
}

impl AsRef<Processo> for Desvinculado {
    fn as_ref(&self) -> &Processo {
        &self.processo
    }
}

impl HasResources for Vinculado {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.processo.collect_resources(resources);
        self.adolescente.collect_resources(resources);
    }
}

impl Effect for Vinculado {
    fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn created(&self) -> Vec<Resource> {
        let created = Resource::Adolescente(self.adolescente.id.0);
        self.registered.then_some(created).into_iter().collect()
    }

    fn remember(&self) -> Remembered {
        let warnings = self.warnings.clone();
        Remembered { warnings, ..remember(&self.processo, &self.adolescente, &self.vinculo) }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let (processo, adolescente, vinculo) = reload(session, &remembered)?;
        let (registered, warnings) = (false, remembered.warnings);
        Ok(Self { processo, adolescente, registered, vinculo, warnings })
    }
}

impl HasResources for Desvinculado {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.processo.collect_resources(resources);
        self.adolescente.collect_resources(resources);
    }
}

impl Effect for Desvinculado {
    fn remember(&self) -> Remembered {
        remember(&self.processo, &self.adolescente, &self.vinculo)
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let (processo, adolescente, vinculo) = reload(session, &remembered)?;
        Ok(Self { processo, adolescente, vinculo })
    }
}

fn remember(processo: &Processo, adolescente: &Adolescente, vinculo: &Vinculo) -> Remembered {
    Remembered {
        id: processo.id.0,
        version: processo.versao,
        adolescente: Some(adolescente.id.0),
        vinculo: Some(vinculo.id),
        ..Remembered::default()
    }
}

fn reload(
    session: &mut Session<'_>,
    remembered: &Remembered,
) -> Result<(Processo, Adolescente, Vinculo), Error> {
    let processo = store::load_remembered(session, remembered)?;
    let adolescente = AdolescenteId(remembered.adolescente.unwrap_or_default());
    let adolescente = adolescente::store::by_id(session, adolescente)?;
    let vinculo = store::vinculo_by_id(session, remembered.vinculo.unwrap_or_default())?;
    Ok((processo, adolescente, vinculo))
}

struct Unknown {
    identificador: Identificador,
    dados: Option<AdolescenteDados>,
}

/// R14: registers an adolescente that the tribunal does not know. Returns it, and whether it is
/// new: a concurrent transaction may have registered it first.
fn register(
    session: &mut Session<'_>,
    unknown: Unknown,
    now: DateTime<Utc>,
    context: &Context,
    warnings: &mut Vec<String>,
) -> Result<(Adolescente, bool), Error> {
    let &Context { tribunal, rules, ref author, .. } = context;
    let Unknown { identificador, dados } = unknown;
    if let Some(refusal) = rules::r14_desconhecido(&identificador, dados.is_some(), rules) {
        return Err(refusal.into());
    }
    let (has_dados, cpf) = (dados.is_some(), dados.as_ref().and_then(|dados| dados.cpf.clone()));
    let cpf_owner = adolescente::store::by_cpf(session, cpf.as_ref())?;
    if let Some(refusal) = adolescente::rules::r25_cpf_livre(cpf_owner.as_ref()) {
        return Err(refusal.into());
    }
    if let Some(new) =
        adolescente::store::insert_with(session, tribunal, &identificador, dados, now)?
    {
        if !has_dados {
            warnings.push(format!(
                "adolescente: {identificador} não estava cadastrado; criado um cadastro pendente"
            ));
        }
        let tipo = TipoEvento::AdolescenteCadastrado;
        let evento = NewEvento::of_adolescente(tipo, &new, now, author);
        evento::store::record(session, &[evento])?;
        return Ok((new, true));
    }
    // A concurrent transaction registered the same identificador, or took the CPF, after the reads
    // above.
    if let Some(adolescente) = adolescente::store::locked(session, tribunal, &identificador)? {
        if has_dados {
            warnings.push(IGNORED_DADOS.into());
        }
        return Ok((adolescente, false));
    }
    Err(adolescente::service::cpf_just_taken(session, cpf.as_ref())?)
}

const IGNORED_DADOS: &str =
    "dados: ignorados, porque o adolescente já está cadastrado; altere-os no cadastro dele";

/// Records one evento that names both ends of the vínculo.
fn record_evento(
    session: &mut Session<'_>,
    tipo: TipoEvento,
    processo: &Processo,
    (adolescente, vinculo): (&Adolescente, &Vinculo),
    now: DateTime<Utc>,
    context: &Context,
) -> Result<(), Error> {
    let mut evento = NewEvento::of_processo(tipo, processo, now, &context.author);
    evento.adolescente_id = Some(adolescente.id);
    evento.fields = vec!["adolescentes".into()];
    let old = vinculo.encerrado_em.map(|_| SituacaoVinculo::Ativo.text());
    let new = Some(vinculo.situacao().text());
    evento.changes.extend(FieldChange::new("vinculo.situacao", old, new));
    evento.changes.extend(FieldChange::new("vinculo.motivo", None, vinculo.motivo.as_deref()));
    Ok(evento::store::record(session, &[evento])?)
}
