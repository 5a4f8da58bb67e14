//! The JSON of a guia.

use super::super::adolescentes;
use super::super::envelope::{object, tribunal};
use crate::adolescente::Adolescente;
use crate::adolescente::store::AdolescenteById;
use crate::audit::SensitiveField;
use crate::call::Call;
use crate::db::{Relation, Session};
use crate::error::Error;
use crate::guia::store::{AtosOf, DocumentosOf, UnificadasBy};
use crate::guia::{AtoInfracional, Documento, Guia, GuiaId, TipoGuia};
use crate::processo::store::ProcessoById;
use crate::processo::{Processo, ProcessoId};
use crate::value::cpf::Cpf;
use crate::value::resource::{HasResources, Resource};
use crate::value::time;
use ahash::HashMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// The related rows that an answer about guias shows, read in the same transaction.
pub struct Parts {
    atos: HashMap<AtosOf, Arc<Vec<AtoInfracional>>>,
    documentos: HashMap<DocumentosOf, Arc<Vec<Documento>>>,
    unificadas: HashMap<UnificadasBy, Vec<Arc<Guia>>>,
    adolescentes: HashMap<AdolescenteById, Arc<Adolescente>>,
    processos: HashMap<ProcessoById, Arc<Processo>>,
}

impl HasResources for Parts {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.unificadas.collect_resources(resources);
        self.adolescentes.collect_resources(resources);
        self.processos.collect_resources(resources);
    }
}

impl Parts {
    pub fn read(session: &mut Session<'_>, guias: &[Arc<Guia>]) -> Result<Self, Error> {
        let ids = || guias.iter().map(|guia| guia.id);
        let unique = |mut ids: Vec<_>| {
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let owner: Vec<_> = guias.iter().map(|guia| AdolescenteById(guia.adolescente_id)).collect();
        let processos = unique(guias.iter().flat_map(|guia| guia.processos()).collect());
        let processos: Vec<_> = processos.into_iter().map(ProcessoById).collect();
        Ok(Self {
            atos: AtosOf::load(session, &ids().map(AtosOf).collect::<Vec<_>>())?,
            documentos: DocumentosOf::load(session, &ids().map(DocumentosOf).collect::<Vec<_>>())?,
            unificadas: UnificadasBy::load(session, &ids().map(UnificadasBy).collect::<Vec<_>>())?,
            adolescentes: AdolescenteById::load(session, &owner)?,
            processos: ProcessoById::load(session, &processos)?,
        })
    }

    fn atos(&self, of: GuiaId) -> Vec<Value> {
        let atos = self.atos.get(&AtosOf(of)).map_or(&[][..], |atos| atos.as_slice());
        let show = |ato: &AtoInfracional| {
            object([
                ("id", Some(json!(ato.id))),
                ("codigoTpu", Some(json!(ato.codigo_tpu))),
                ("descricao", ato.descricao.clone().map(Value::from)),
                ("localFato", ato.local_fato.clone().map(Value::from)),
                ("dataFato", ato.data_fato.map(|date| json!(time::format_date(date)))),
            ])
        };
        atos.iter().map(show).collect()
    }

    fn documentos(&self, of: GuiaId) -> Vec<Value> {
        let documentos = self.documentos.get(&DocumentosOf(of));
        let documentos = documentos.map_or(&[][..], |documentos| documentos.as_slice());
        let show = |documento: &Documento| {
            object([
                ("id", Some(json!(documento.id))),
                ("tipoDocumento", Some(json!(documento.tipo))),
                ("identificadorDocAutos", documento.identificador_autos.clone().map(Value::from)),
            ])
        };
        documentos.iter().map(show).collect()
    }

    fn processo(&self, id: Option<ProcessoId>) -> Option<Value> {
        let processo = self.processos.get(&ProcessoById(id?))?;
        Some(json!({
            "id": processo.id.0,
            "numeroProcesso": processo.numero.digits(),
            "tipoProcesso": processo.tipo.text(),
            "situacaoProcesso": processo.situacao.text(),
        }))
    }
}

/// The JSON of a guia. A field without a value is absent.
pub fn to_json(guia: &Guia, parts: &Parts, Call { app, record, .. }: &Call) -> Value {
    let cpf =
        |cpf: &Cpf| record.sensitive(SensitiveField::CpfDeResponsavel, Some(json!(cpf.unmasked())));
    let text = |value: &Option<String>| value.clone().map(Value::from);
    let date = |value: Option<chrono::NaiveDate>| value.map(|date| json!(time::format_date(date)));
    let yes_or_no = |value: bool| json!(if value { "Sim" } else { "Não" });
    let (sancao, unificacao) = match guia.tipo {
        TipoGuia::InternacaoSancao => (guia.data_decisao, None),
        _ => (None, guia.data_decisao),
    };
    let unificadas = parts.unificadas.get(&UnificadasBy(guia.id));
    let unificadas = unificadas.filter(|_| guia.tipo == TipoGuia::Unificadora).map(|unificadas| {
        unificadas.iter().map(|guia| json!(guia.numero.to_string())).collect::<Vec<_>>()
    });
    let has_documentos = matches!(guia.tipo, TipoGuia::Provisoria | TipoGuia::Definitiva);
    let adolescente = parts.adolescentes.get(&AdolescenteById(guia.adolescente_id));
    object([
        ("id", Some(json!(guia.id.0))),
        ("numeroGuia", Some(json!(guia.numero.to_string()))),
        ("tipoGuia", Some(json!(guia.tipo.text()))),
        ("situacaoGuia", Some(json!(guia.situacao.text()))),
        ("motivoBaixa", guia.motivo_baixa.map(|motivo| json!(motivo.text()))),
        ("dataBaixa", guia.baixada_em.map(|when| json!(time::format_instant(when)))),
        ("venceEm", date(guia.vence_em())),
        ("vencida", Some(json!(guia.vencida(time::day((app.now)()))))),
        ("versao", Some(json!(guia.versao))),
        ("tribunal", tribunal(guia.tribunal_codigo)),
        ("origemGuia", guia.origem.map(|origem| json!(origem.text()))),
        ("dataEmissao", Some(json!(time::format_to_minute(guia.criado_em)))),
        ("magistrado", text(&guia.magistrado_nome)),
        ("magistradoCPF", cpf(&guia.magistrado_cpf)),
        ("serventuario", text(&guia.serventuario_nome)),
        ("serventuarioCPF", cpf(&guia.serventuario_cpf)),
        ("serventuarioCargo", Some(json!(guia.serventuario_cargo))),
        ("codigoTpuMedida", Some(json!(guia.codigo_tpu_medida))),
        ("medida", guia.medida().map(Value::from)),
        ("dataSentenca", date(guia.data_sentenca)),
        ("houveInternacao", guia.houve_internacao.map(yes_or_no)),
        ("dataInicioInternacao", date(guia.data_inicio_internacao)),
        ("dataFimInternacao", date(guia.data_fim_internacao)),
        ("dataTransitoJulgado", date(guia.data_transito_julgado)),
        ("prazo", guia.prazo.map(Value::from)),
        ("dataDecisaoInternacaoSancao", date(sancao)),
        // The real API misspells this name, and clients depend on it.
        ("dataDecisaoUnifcacaoDeMedidas", date(unificacao)),
        ("medidaResultanteUnificacao", text(&guia.medida_resultante)),
        ("listaNumeroDaGuiaDefinitiva", unificadas.map(Value::from)),
        ("adolescente", adolescente.map(|adolescente| adolescentes::to_json(adolescente, record))),
        ("processoConhecimento", parts.processo(guia.apuracao_id)),
        ("processoExecucao", parts.processo(guia.execucao_id)),
        ("atosInfracionais", Some(parts.atos(guia.id).into())),
        ("documentosInstruirGuia", has_documentos.then(|| parts.documentos(guia.id).into())),
    ])
}
