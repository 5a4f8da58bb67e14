//! The answers about guias.

use super::super::adolescentes::answer::{self as adolescentes, data};
use super::super::answer::answer;
use super::super::openapi::texts::{
    CodigoTpu, CpfSemMascara, Data, DataHora, DataHoraMinuto, Descricao, Nome, NumeroCnjSemMascara,
    NumeroDaGuia,
};
use super::super::openapi::words::{SimOuNao, TipoDocumento};
use super::super::processos::answer::{Tribunal, cpf, sem_mascara};
use crate::adolescente::Adolescente;
use crate::adolescente::store::AdolescenteById;
use crate::call::Call;
use crate::db::{BatchKey, Session};
use crate::error::Error;
use crate::guia::store::{AtosOf, DocumentosOf, UnificadasBy};
use crate::guia::{
    self, Documento, Guia, GuiaId, MotivoBaixaGuia, OrigemGuia, SituacaoGuia, TipoGuia,
};
use crate::processo::store::ProcessoById;
use crate::processo::{Processo, ProcessoId, SituacaoProcesso, TipoProcesso};
use crate::value::resource::{HasResources, Resource};
use crate::value::time;
use ahash::HashMap;
use serde_json::Value;
use std::sync::Arc;

/// The related rows that an answer about guias shows, read in the same transaction.
pub struct Parts {
    atos: HashMap<AtosOf, Arc<Vec<guia::AtoInfracional>>>,
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

    fn atos(&self, of: GuiaId) -> Vec<AtoInfracional> {
        let atos = self.atos.get(&AtosOf(of)).map_or(&[][..], |atos| atos.as_slice());
        atos.iter().map(AtoInfracional::new).collect()
    }

    /// Only two tipos of guia have documentos.
    fn documentos(&self, of: &Guia) -> Option<Vec<DocumentoDaGuia>> {
        let documentos = self.documentos.get(&DocumentosOf(of.id));
        let documentos = documentos.map_or(&[][..], |documentos| documentos.as_slice());
        matches!(of.tipo, TipoGuia::Provisoria | TipoGuia::Definitiva)
            .then(|| documentos.iter().map(DocumentoDaGuia::new).collect())
    }

    fn unificadas(&self, by: &Guia) -> Option<Vec<NumeroDaGuia>> {
        let unificadas = self.unificadas.get(&UnificadasBy(by.id))?;
        (by.tipo == TipoGuia::Unificadora)
            .then(|| unificadas.iter().map(|guia| NumeroDaGuia(guia.numero.to_string())).collect())
    }

    fn processo(&self, id: Option<ProcessoId>) -> Option<ProcessoDaGuia> {
        self.processos.get(&ProcessoById(id?)).map(|processo| ProcessoDaGuia::new(processo))
    }

    fn adolescente(&self, of: &Guia, call: &Call) -> Option<adolescentes::Adolescente> {
        let adolescente = self.adolescentes.get(&AdolescenteById(of.adolescente_id))?;
        Some(adolescentes::Adolescente::new(adolescente, &call.record))
    }
}

/// The JSON of a guia.
pub fn to_json(of: &Guia, parts: &Parts, call: &Call) -> Value {
    super::super::answer::to_json(&GuiaEmitida::new(of, parts, call))
}

answer! {
    /// Uma guia. O que não tem valor, não é da espécie, ou quem chama não pode ver, não vem.
    #[schema(as = Guia)]
    pub struct GuiaEmitida from (guia: &Guia, parts: &Parts, call: &Call) {
        #[schema(minimum = 1, examples(1))]
        id: i64 = guia.id.0,
        numero_guia: NumeroDaGuia = NumeroDaGuia(guia.numero.to_string()),
        tipo_guia: TipoGuia = guia.tipo,
        situacao_guia: SituacaoGuia = guia.situacao,
        motivo_baixa: Option<MotivoBaixaGuia> = guia.motivo_baixa,
        data_baixa: Option<DataHora> = guia.baixada_em.map(time::format_instant).map(DataHora),
        /// O primeiro dia em que a medida já não pode vigorar.
        vence_em: Option<Data> = guia.vence_em().map(data),
        /// Ainda ativa, embora o seu tempo tenha passado.
        vencida: bool = guia.vencida(time::day((call.app.now)())),
        /// Cresce a cada alteração; é a de `ETag`.
        #[schema(minimum = 1, examples(1))]
        versao: i32 = guia.versao,
        #[schema(value_type = Tribunal)]
        tribunal: Option<Tribunal> = Tribunal::by_code(guia.tribunal_codigo),
        origem_guia: Option<OrigemGuia> = guia.origem,
        data_emissao: DataHoraMinuto = DataHoraMinuto(time::format_to_minute(guia.criado_em)),
        magistrado: Option<Nome> = guia.magistrado_nome.clone().map(Nome),
        /// Só com o papel pse-dados-sensiveis.
        #[serde(rename = "magistradoCPF")]
        magistrado_cpf: Option<CpfSemMascara> = cpf(&call.record, Some(&guia.magistrado_cpf)),
        serventuario: Option<Nome> = guia.serventuario_nome.clone().map(Nome),
        /// Só com o papel pse-dados-sensiveis.
        #[serde(rename = "serventuarioCPF")]
        serventuario_cpf: Option<CpfSemMascara> = cpf(&call.record, Some(&guia.serventuario_cpf)),
        serventuario_cargo: Nome = Nome(guia.serventuario_cargo.clone()),
        codigo_tpu_medida: CodigoTpu = CodigoTpu(guia.codigo_tpu_medida.clone()),
        /// O texto do código TPU, quando conhecido.
        #[schema(examples("Advertência"))]
        medida: Option<String> = guia.medida().map(str::to_owned),
        data_sentenca: Option<Data> = guia.data_sentenca.map(data),
        houve_internacao: Option<SimOuNao> = guia.houve_internacao.map(SimOuNao),
        data_inicio_internacao: Option<Data> = guia.data_inicio_internacao.map(data),
        data_fim_internacao: Option<Data> = guia.data_fim_internacao.map(data),
        data_transito_julgado: Option<Data> = guia.data_transito_julgado.map(data),
        /// O prazo, em dias.
        #[schema(minimum = 1, maximum = 90, examples(50))]
        prazo: Option<i32> = guia.prazo,
        data_decisao_internacao_sancao: Option<Data> = decisao(guia, true),
        /// O nome deste campo se escreve assim no sistema de origem.
        data_decisao_unifcacao_de_medidas: Option<Data> = decisao(guia, false),
        medida_resultante_unificacao: Option<Descricao> = guia.medida_resultante.clone().map(Descricao),
        /// As guias que uma unificadora uniu.
        lista_numero_da_guia_definitiva: Option<Vec<NumeroDaGuia>> = parts.unificadas(guia),
        #[schema(value_type = adolescentes::Adolescente)]
        adolescente: Option<adolescentes::Adolescente> = parts.adolescente(guia, call),
        processo_conhecimento: Option<ProcessoDaGuia> = parts.processo(guia.apuracao_id),
        processo_execucao: Option<ProcessoDaGuia> = parts.processo(guia.execucao_id),
        atos_infracionais: Vec<AtoInfracional> = parts.atos(guia.id),
        documentos_instruir_guia: Option<Vec<DocumentoDaGuia>> = parts.documentos(guia),
    }
}

/// The date of the decision, whose name depends on the tipo of the guia.
fn decisao(guia: &Guia, is_sancao: bool) -> Option<Data> {
    let named = (guia.tipo == TipoGuia::InternacaoSancao) == is_sancao;
    guia.data_decisao.filter(|_| named).map(data)
}

answer! {
    /// O processo de que uma guia fala.
    pub struct ProcessoDaGuia from (processo: &Processo) {
        #[schema(minimum = 1, maximum = 2_147_483_647, examples(1))]
        id: i64 = processo.id.0,
        numero_processo: NumeroCnjSemMascara = sem_mascara(&processo.numero),
        tipo_processo: TipoProcesso = processo.tipo,
        situacao_processo: SituacaoProcesso = processo.situacao,
    }
}

answer! {
    /// Um ato infracional de uma guia.
    pub struct AtoInfracional from (ato: &guia::AtoInfracional) {
        /// Ausente num ensaio.
        #[schema(minimum = 1, examples(1))]
        id: Option<i64> = Some(ato.id),
        codigo_tpu: CodigoTpu = CodigoTpu(ato.codigo_tpu.clone()),
        descricao: Option<Descricao> = ato.descricao.clone().map(Descricao),
        local_fato: Option<Descricao> = ato.local_fato.clone().map(Descricao),
        data_fato: Option<Data> = ato.data_fato.map(data),
    }
}

answer! {
    /// Um documento que acompanha uma guia.
    pub struct DocumentoDaGuia from (documento: &Documento) {
        /// Ausente num ensaio.
        #[schema(minimum = 1, examples(1))]
        id: Option<i64> = Some(documento.id),
        tipo_documento: TipoDocumento = TipoDocumento(documento.tipo.clone()),
        identificador_doc_autos: Option<Nome> = documento.identificador_autos.clone().map(Nome),
    }
}
