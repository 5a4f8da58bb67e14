//! The bodies that issue a guia: the fields of every guia, and those of each tipo.

use super::super::body_fields::{Body, body, named};
use super::super::json_fields::JsonBody;
use super::super::openapi::texts::{
    CodigoTpu, Cpf, Data, Descricao, Identificador, Nome, NumeroCnj, NumeroDaGuia, Prazo,
};
use super::super::openapi::words::{MotivoBaixaGuia, OrigemGuia, SimOuNao, TipoDocumento};
use crate::guia::{EmitirGuia, EspecieDetails, NewAto, NewDocumento, TipoGuia};
use crate::processo::Responsavel;

body! {
    /// O que toda guia tem.
    pub struct NovaGuia within EmitirGuia {
        /// Um adolescente do tribunal.
        identificadorAdolescente: Identificador => adolescente at ["adolescente"],
        origemGuia: Option<OrigemGuia> => origem at ["origem"],
        magistrado: Option<Nome> => magistrado.nome at ["magistrado", "nome"],
        magistradoCPF: Cpf => magistrado.cpf at ["magistrado", "cpf"],
        serventuario: Option<Nome> => serventuario.nome at ["serventuario", "nome"],
        serventuarioCPF: Cpf => serventuario.cpf at ["serventuario", "cpf"],
        serventuarioCargo: Nome => serventuario_cargo,
        codigoTpuMedida: CodigoTpu => codigo_tpu_medida,
        #[schema(min_items = 1, max_items = 100)]
        atosInfracionais: Vec<NovoAto> => atos,
    }
}

body! {
    /// Um ato infracional.
    pub struct NovoAto for NewAto {
        codigoTpu: CodigoTpu => codigo_tpu,
        descricao: Option<Descricao> => descricao,
        localFato: Option<Descricao> => local_fato,
        dataFato: Option<Data> => data_fato,
    }
}

body! {
    /// Um documento que acompanha a guia.
    pub struct NovoDocumento for NewDocumento {
        tipoDocumento: TipoDocumento => tipo,
        identificadorDocAutos: Option<Nome> => identificador_autos,
    }
}

body! {
    /// O que é próprio da guia provisória.
    pub struct PropriosDaProvisoria for EspecieDetails in ["especie", "provisoria"] {
        /// Uma apuração a que o adolescente tem ou teve vínculo.
        numeroProcessoConhecimento: NumeroCnj => apuracao at ["especie", "provisoria", "apuracao"],
        dataSentenca: Data => data_sentenca,
        /// Se sim, as duas datas são obrigatórias; se não, têm de faltar.
        houveInternacao: SimOuNao => houve_internacao,
        dataInicioInternacao: Option<Data> => data_inicio_internacao,
        dataFimInternacao: Option<Data> => data_fim_internacao,
        #[schema(max_items = 100)]
        documentosInstruirGuia: Option<Vec<NovoDocumento>> => documentos at ["especie", "provisoria", "documentos"],
    }
}

body! {
    /// O que é próprio da guia definitiva.
    pub struct PropriosDaDefinitiva for EspecieDetails in ["especie", "definitiva"] {
        /// Uma apuração a que o adolescente tem ou teve vínculo.
        numeroProcessoConhecimento: NumeroCnj => apuracao at ["especie", "definitiva", "apuracao"],
        dataSentenca: Data => data_sentenca,
        /// Não é anterior à sentença.
        dataTransitoJulgado: Data => data_transito_julgado,
        #[schema(max_items = 100)]
        documentosInstruirGuia: Option<Vec<NovoDocumento>> => documentos at ["especie", "definitiva", "documentos"],
    }
}

body! {
    /// O que é próprio da guia de internação-sanção.
    pub struct PropriosDaInternacaoSancao for EspecieDetails in ["especie", "internacaoSancao"] {
        /// Uma apuração a que o adolescente tem ou teve vínculo.
        numeroProcessoConhecimento: NumeroCnj => apuracao at ["especie", "internacaoSancao", "apuracao"],
        /// Uma execução a que o adolescente tem ou teve vínculo.
        numeroProcessoExecucao: NumeroCnj => execucao at ["especie", "internacaoSancao", "execucao"],
        dataDecisaoInternacaoSancao: Data => data_decisao at ["especie", "internacaoSancao", "dataDecisao"],
        prazo: Prazo => prazo,
    }
}

body! {
    /// O que é próprio da guia unificadora.
    pub struct PropriosDaUnificadora for EspecieDetails {
        /// Uma execução a que o adolescente tem ou teve vínculo.
        numeroProcessoExecucao: NumeroCnj => execucao at ["especie", "unificadora", "execucao"],
        /// O nome deste campo se escreve assim no sistema de origem.
        dataDecisaoUnifcacaoDeMedidas: Data => data_decisao at ["especie", "unificadora", "dataDecisao"],
        medidaResultanteUnificacao: Option<Descricao> => medida_resultante at ["especie", "unificadora", "medidaResultante"],
        /// Guias definitivas do adolescente, ainda em vigor; são baixadas.
        #[schema(min_items = 1, max_items = 100)]
        listaNumeroDaGuiaDefinitiva: Vec<NumeroDaGuia> => definitivas at ["especie", "unificadora", "definitivas"],
    }
}

body! {
    /// Por que a guia se baixa.
    #[schema(examples(json!({ "motivo": "EXTINTA" })))]
    pub struct BaixaDeGuia for Reason {
        motivo: Option<MotivoBaixaGuia> => motivo,
    }
}

#[derive(Default)]
pub struct Reason {
    pub motivo: Option<MotivoBaixaGuia>,
}

/// Reads the body into a command. A field of another tipo counts as unknown.
pub fn command(tipo: TipoGuia, body: &mut JsonBody) -> EmitirGuia {
    let mut command = EmitirGuia {
        tipo,
        adolescente: None,
        origem: None,
        magistrado: Responsavel::default(),
        serventuario: Responsavel::default(),
        serventuario_cargo: None,
        codigo_tpu_medida: None,
        atos: Vec::new(),
        propria: EspecieDetails::default(),
        malformed: Vec::new(),
    };
    NovaGuia::read_into(&mut command, body);
    command.propria = match tipo {
        TipoGuia::Provisoria => PropriosDaProvisoria::read(body),
        TipoGuia::Definitiva => PropriosDaDefinitiva::read(body),
        TipoGuia::InternacaoSancao => PropriosDaInternacaoSancao::read(body),
        TipoGuia::Unificadora => PropriosDaUnificadora::read(body),
    };
    command
}

/// Maps a field of a command to its name in the body.
pub fn field_name(field: &[&str]) -> String {
    let fields = match field {
        ["numero"] => return "numeroGuia".into(),
        ["especie", "provisoria", ..] => PropriosDaProvisoria::FIELDS,
        ["especie", "definitiva", ..] => PropriosDaDefinitiva::FIELDS,
        ["especie", "internacaoSancao", ..] => PropriosDaInternacaoSancao::FIELDS,
        ["especie", "unificadora", ..] => PropriosDaUnificadora::FIELDS,
        _ => NovaGuia::FIELDS,
    };
    match field {
        ["especie", _, own] if fields.iter().all(|(_, path)| *path != field) => (*own).to_owned(),
        _ => named(fields, field),
    }
}
