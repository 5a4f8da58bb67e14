//! The answers about processos.

use super::super::answer::answer;
use super::super::openapi::texts::{
    Codigo, CpfSemMascara, DataHora, Identificador, Nome, NumeroCnjSemMascara,
};
use crate::audit::SensitiveField;
use crate::call::record::CallRecord;
use crate::processo::store::SeenVinculo;
use crate::processo::{self, NumeroProcesso, SituacaoProcesso, SituacaoVinculo, TipoProcesso};
use crate::value::cpf;
use crate::value::time;
use crate::value::tribunal;

answer! {
    /// Um processo. O que não tem valor, ou quem chama não pode ver, não vem.
    pub struct Processo from (p: &processo::Processo, vinculos: &[SeenVinculo], record: &CallRecord) {
        #[schema(minimum = 1, maximum = 2_147_483_647, examples(1))]
        id: i64 = p.id.0,
        numero_processo: NumeroCnjSemMascara = sem_mascara(&p.numero),
        tipo_processo: TipoProcesso = p.tipo,
        situacao_processo: SituacaoProcesso = p.situacao,
        #[schema(value_type = Tribunal)]
        tribunal: Option<Tribunal> = Tribunal::by_code(p.tribunal_codigo),
        /// Órgão (vara) do tribunal.
        #[schema(minimum = 1, examples(1234))]
        id_orgao: i32 = p.id_orgao,
        /// Cresce a cada alteração; é a de `ETag`.
        #[schema(minimum = 1, examples(1))]
        versao: i32 = p.versao,
        app_name_sistema_tribunal: Codigo = Codigo(p.app_name_sistema_tribunal.clone()),
        id_processo_sistema_externo: Option<Codigo> = p.id_processo_sistema_externo.clone().map(Codigo),
        numero_processo_referencia: Option<NumeroCnjSemMascara> = p.numero_referencia.as_ref().map(sem_mascara),
        /// Só com o papel pse-dados-sensiveis.
        #[serde(rename = "magistradoCPF")]
        magistrado_cpf: Option<CpfSemMascara> = cpf(record, p.magistrado_cpf.as_ref()),
        magistrado_nome: Option<Nome> = p.magistrado_nome.clone().map(Nome),
        /// Só com o papel pse-dados-sensiveis.
        #[serde(rename = "serventuarioCPF")]
        serventuario_cpf: Option<CpfSemMascara> = cpf(record, p.serventuario_cpf.as_ref()),
        serventuario_nome: Option<Nome> = p.serventuario_nome.clone().map(Nome),
        /// Os de vínculo ativo.
        identificadores_adolescentes: Vec<Identificador> = active(vinculos),
        /// Todos os vínculos, também os encerrados.
        adolescentes: Vec<AdolescenteVinculado> = vinculos.iter().map(AdolescenteVinculado::new).collect(),
        data_cadastro: DataHora = DataHora(time::format_instant(p.criado_em)),
        data_atualizacao: DataHora = DataHora(time::format_instant(p.atualizado_em)),
    }
}

answer! {
    /// Quem está ou esteve vinculado a um processo.
    pub struct AdolescenteVinculado from (vinculo: &SeenVinculo) {
        identificador: Identificador = Identificador(vinculo.identificador.to_string()),
        situacao: SituacaoVinculo = vinculo.situacao,
    }
}

answer! {
    /// Tribunal de um processo ou de uma guia.
    pub struct Tribunal from (tribunal: &tribunal::Tribunal) {
        /// Código J·100+TR.
        #[schema(minimum = 801, maximum = 827, examples(820))]
        id: i32 = tribunal.code.into(),
        /// TR do número do CNJ.
        #[schema(pattern = "^[0-9]{2}$", examples("20"))]
        tr: String = tribunal.tr.to_owned(),
        #[schema(examples("Tribunal de Justiça do Estado do Rio Grande do Norte"))]
        nome: String = tribunal.nome.to_owned(),
    }
}

impl Tribunal {
    /// `None` if no tribunal has this code, which a foreign key excludes.
    pub fn by_code(code: i16) -> Option<Self> {
        tribunal::Tribunal::by_code(code).as_ref().map(Self::new)
    }
}

pub fn sem_mascara(numero: &NumeroProcesso) -> NumeroCnjSemMascara {
    NumeroCnjSemMascara(numero.digits().to_owned())
}

/// The CPF of a responsável, if the caller may see it.
pub fn cpf(record: &CallRecord, cpf: Option<&cpf::Cpf>) -> Option<CpfSemMascara> {
    let cpf = cpf.map(|cpf| CpfSemMascara(cpf.unmasked().to_owned()));
    record.sensitive(SensitiveField::CpfDeResponsavel, cpf)
}

fn active(vinculos: &[SeenVinculo]) -> Vec<Identificador> {
    let active = vinculos.iter().filter(|vinculo| vinculo.situacao == SituacaoVinculo::Ativo);
    active.map(|vinculo| Identificador(vinculo.identificador.to_string())).collect()
}
