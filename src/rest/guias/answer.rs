//! How a guia looks in an answer.

use super::super::adolescentes;
use super::super::envelope::objeto;
use crate::adolescente::Adolescente;
use crate::adolescente::store::AdolescentePorId;
use crate::audit::CampoSensivel;
use crate::call::Chamada;
use crate::db::{Relation, Sessao};
use crate::error::Error;
use crate::guia::store::{AtosDe, DocumentosDe, UnificadasPor};
use crate::guia::{AtoInfracional, Documento, Guia, GuiaId, TipoGuia};
use crate::processo::store::ProcessoPorId;
use crate::processo::{Processo, ProcessoId};
use crate::value::cpf::Cpf;
use crate::value::resource::{Rastreavel, Recurso};
use crate::value::time;
use crate::value::tribunal::Tribunal;
use ahash::HashMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the answer about guias shows besides them, read in the same transaction.
pub struct Partes {
    atos: HashMap<AtosDe, Arc<Vec<AtoInfracional>>>,
    documentos: HashMap<DocumentosDe, Arc<Vec<Documento>>>,
    unificadas: HashMap<UnificadasPor, Vec<Arc<Guia>>>,
    adolescentes: HashMap<AdolescentePorId, Arc<Adolescente>>,
    processos: HashMap<ProcessoPorId, Arc<Processo>>,
}

impl Rastreavel for Partes {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.unificadas.rastrear(recursos);
        self.adolescentes.rastrear(recursos);
        self.processos.rastrear(recursos);
    }
}

impl Partes {
    pub fn ler(sessao: &mut Sessao<'_>, guias: &[Arc<Guia>]) -> Result<Self, Error> {
        let ids = || guias.iter().map(|guia| guia.id);
        let unicos = |mut ids: Vec<_>| {
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let de_quem: Vec<_> =
            guias.iter().map(|guia| AdolescentePorId(guia.adolescente_id)).collect();
        let processos = unicos(guias.iter().flat_map(|guia| guia.processos()).collect());
        let processos: Vec<_> = processos.into_iter().map(ProcessoPorId).collect();
        Ok(Self {
            atos: AtosDe::load(sessao, &ids().map(AtosDe).collect::<Vec<_>>())?,
            documentos: DocumentosDe::load(sessao, &ids().map(DocumentosDe).collect::<Vec<_>>())?,
            unificadas: UnificadasPor::load(sessao, &ids().map(UnificadasPor).collect::<Vec<_>>())?,
            adolescentes: AdolescentePorId::load(sessao, &de_quem)?,
            processos: ProcessoPorId::load(sessao, &processos)?,
        })
    }

    fn atos(&self, de: GuiaId) -> Vec<Value> {
        let atos = self.atos.get(&AtosDe(de)).map_or(&[][..], |atos| atos.as_slice());
        let mostrar = |ato: &AtoInfracional| {
            objeto([
                ("id", Some(json!(ato.id))),
                ("codigoTpu", Some(json!(ato.codigo_tpu))),
                ("descricao", ato.descricao.clone().map(Value::from)),
                ("localFato", ato.local_fato.clone().map(Value::from)),
                ("dataFato", ato.data_fato.map(|data| json!(time::data(data)))),
            ])
        };
        atos.iter().map(mostrar).collect()
    }

    fn documentos(&self, de: GuiaId) -> Vec<Value> {
        let documentos = self.documentos.get(&DocumentosDe(de));
        let documentos = documentos.map_or(&[][..], |documentos| documentos.as_slice());
        let mostrar = |documento: &Documento| {
            objeto([
                ("id", Some(json!(documento.id))),
                ("tipoDocumento", Some(json!(documento.tipo))),
                ("identificadorDocAutos", documento.identificador_autos.clone().map(Value::from)),
            ])
        };
        documentos.iter().map(mostrar).collect()
    }

    fn processo(&self, id: Option<ProcessoId>) -> Option<Value> {
        let processo = self.processos.get(&ProcessoPorId(id?))?;
        Some(json!({
            "id": processo.id.0,
            "numeroProcesso": processo.numero.digitos(),
            "tipoProcesso": processo.tipo.texto(),
            "situacaoProcesso": processo.situacao.texto(),
        }))
    }
}

/// A guia as the façade shows it; what it has not is absent.
pub fn dados(guia: &Guia, partes: &Partes, Chamada { app, rastro, .. }: &Chamada) -> Value {
    let cpf =
        |cpf: &Cpf| rastro.sensivel(CampoSensivel::CpfDeResponsavel, Some(json!(cpf.completo())));
    let texto = |valor: &Option<String>| valor.clone().map(Value::from);
    let data = |valor: Option<chrono::NaiveDate>| valor.map(|data| json!(time::data(data)));
    let sim = |valor: bool| json!(if valor { "Sim" } else { "Não" });
    let (sancao, unificacao) = match guia.tipo {
        TipoGuia::InternacaoSancao => (guia.data_decisao, None),
        _ => (None, guia.data_decisao),
    };
    let unificadas = partes.unificadas.get(&UnificadasPor(guia.id));
    let unificadas = unificadas.filter(|_| guia.tipo == TipoGuia::Unificadora).map(|unificadas| {
        unificadas.iter().map(|guia| json!(guia.numero.to_string())).collect::<Vec<_>>()
    });
    let com_documentos = matches!(guia.tipo, TipoGuia::Provisoria | TipoGuia::Definitiva);
    let adolescente = partes.adolescentes.get(&AdolescentePorId(guia.adolescente_id));
    let tribunal = Tribunal::por_codigo(guia.tribunal_codigo)
        .map(|t| json!({ "id": t.codigo, "tr": t.tr, "nome": t.nome }));
    objeto([
        ("id", Some(json!(guia.id.0))),
        ("numeroGuia", Some(json!(guia.numero.to_string()))),
        ("tipoGuia", Some(json!(guia.tipo.texto()))),
        ("situacaoGuia", Some(json!(guia.situacao.texto()))),
        ("motivoBaixa", guia.motivo_baixa.map(|motivo| json!(motivo.texto()))),
        ("dataBaixa", guia.baixada_em.map(|quando| json!(time::por_extenso(quando)))),
        ("venceEm", data(guia.vence_em())),
        ("vencida", Some(json!(guia.vencida(time::dia((app.agora)()))))),
        ("versao", Some(json!(guia.versao))),
        ("tribunal", tribunal),
        ("origemGuia", guia.origem.map(|origem| json!(origem.texto()))),
        ("dataEmissao", Some(json!(time::ate_o_minuto(guia.criado_em)))),
        ("magistrado", texto(&guia.magistrado_nome)),
        ("magistradoCPF", cpf(&guia.magistrado_cpf)),
        ("serventuario", texto(&guia.serventuario_nome)),
        ("serventuarioCPF", cpf(&guia.serventuario_cpf)),
        ("serventuarioCargo", Some(json!(guia.serventuario_cargo))),
        ("codigoTpuMedida", Some(json!(guia.codigo_tpu_medida))),
        ("medida", guia.medida().map(Value::from)),
        ("dataSentenca", data(guia.data_sentenca)),
        ("houveInternacao", guia.houve_internacao.map(sim)),
        ("dataInicioInternacao", data(guia.data_inicio_internacao)),
        ("dataFimInternacao", data(guia.data_fim_internacao)),
        ("dataTransitoJulgado", data(guia.data_transito_julgado)),
        ("prazo", guia.prazo.map(Value::from)),
        ("dataDecisaoInternacaoSancao", data(sancao)),
        // The misspelling is the real API's.
        ("dataDecisaoUnifcacaoDeMedidas", data(unificacao)),
        ("medidaResultanteUnificacao", texto(&guia.medida_resultante)),
        ("listaNumeroDaGuiaDefinitiva", unificadas.map(Value::from)),
        ("adolescente", adolescente.map(|adolescente| adolescentes::dados(adolescente, rastro))),
        ("processoConhecimento", partes.processo(guia.apuracao_id)),
        ("processoExecucao", partes.processo(guia.execucao_id)),
        ("atosInfracionais", Some(partes.atos(guia.id).into())),
        ("documentosInstruirGuia", com_documentos.then(|| partes.documentos(guia.id).into())),
    ])
}
