//! Schemas of processos: request bodies and answers.

use super::texts::{
    Codigo, Cpf, CpfSemMascara, DataHora, Identificador, Nome, NumeroCnj, NumeroCnjSemMascara,
};
use super::words::{SituacaoProcesso, SituacaoVinculo, TipoProcesso};
use utoipa::ToSchema;

/// Um processo a cadastrar.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    examples(json!({
        "appNameSistemaTribunal": "pje-tjrn-1g", "idOrgao": 1234, "idProcessoSistemaExterno": "",
        "identificadoresAdolescentes": ["202500000058"], "magistradoCPF": "52998224725",
        "magistradoNome": "Magistrada Fictícia", "numeroProcesso": "9000743-32.2021.8.20.0083",
        "numeroProcessoReferencia": "", "serventuarioCPF": "", "serventuarioNome": "",
        "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
    }))
)]
pub struct NovoProcesso {
    /// Número do processo; do tribunal de quem chama.
    numero_processo: NumeroCnj,
    tipo_processo: TipoProcesso,
    /// Adolescentes já cadastrados, cada um uma vez; uma execução tem exatamente um.
    #[schema(min_items = 1, max_items = 100)]
    identificadores_adolescentes: Vec<Identificador>,
    /// Órgão (vara) do tribunal.
    #[schema(minimum = 1, examples(1234))]
    id_orgao: i32,
    /// Sistema do tribunal que cadastra.
    app_name_sistema_tribunal: Codigo,
    /// Código de um rascunho ainda livre, como o `id` de `POST /processo-rascunho`.
    id_processo_sistema_externo: Option<Codigo>,
    /// Número da apuração de origem: obrigatório numa execução, informativo numa apuração.
    numero_processo_referencia: Option<NumeroCnj>,
    #[schema(rename = "magistradoCPF")]
    magistrado_cpf: Option<Cpf>,
    magistrado_nome: Option<Nome>,
    #[schema(rename = "serventuarioCPF")]
    serventuario_cpf: Option<Cpf>,
    serventuario_nome: Option<Nome>,
}

/// Os responsáveis de um processo, a mudar. O que falta ou vem em branco fica como está, e o que
/// vem nulo se apaga; outro campo do processo é recusado, porque não se altera por aqui.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    examples(json!({
        "numeroProcesso": "8000096-72.2022.8.20.0001", "magistradoNome": "Magistrado Fictício",
        "magistradoCPF": "52998224725",
    }))
)]
pub struct ResponsaveisAlterados {
    /// De que processo se trata.
    numero_processo: NumeroCnj,
    #[schema(rename = "magistradoCPF")]
    magistrado_cpf: Option<Cpf>,
    magistrado_nome: Option<Nome>,
    #[schema(rename = "serventuarioCPF")]
    serventuario_cpf: Option<Cpf>,
    serventuario_nome: Option<Nome>,
}

/// Um processo. O que não tem valor, ou quem chama não pode ver, não vem.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Processo {
    #[schema(minimum = 1, maximum = 2_147_483_647, examples(1))]
    id: i64,
    numero_processo: NumeroCnjSemMascara,
    tipo_processo: TipoProcesso,
    situacao_processo: SituacaoProcesso,
    tribunal: Tribunal,
    /// Órgão (vara) do tribunal.
    #[schema(minimum = 1, examples(1234))]
    id_orgao: i32,
    /// Cresce a cada alteração; é a de `ETag`.
    #[schema(minimum = 1, examples(1))]
    versao: i32,
    app_name_sistema_tribunal: Codigo,
    id_processo_sistema_externo: Option<Codigo>,
    numero_processo_referencia: Option<NumeroCnjSemMascara>,
    /// Só com o papel pse-dados-sensiveis.
    #[schema(rename = "magistradoCPF")]
    magistrado_cpf: Option<CpfSemMascara>,
    magistrado_nome: Option<Nome>,
    /// Só com o papel pse-dados-sensiveis.
    #[schema(rename = "serventuarioCPF")]
    serventuario_cpf: Option<CpfSemMascara>,
    serventuario_nome: Option<Nome>,
    /// Os de vínculo ativo.
    identificadores_adolescentes: Vec<Identificador>,
    /// Todos os vínculos, também os encerrados.
    adolescentes: Vec<AdolescenteVinculado>,
    data_cadastro: DataHora,
    data_atualizacao: DataHora,
}

/// Tribunal de um processo ou de uma guia.
#[derive(ToSchema)]
pub struct Tribunal {
    /// Código J·100+TR.
    #[schema(minimum = 801, maximum = 827, examples(820))]
    id: i32,
    /// TR do número do CNJ.
    #[schema(pattern = "^[0-9]{2}$", examples("20"))]
    tr: String,
    #[schema(examples("Tribunal de Justiça do Estado do Rio Grande do Norte"))]
    nome: String,
}

/// Quem está ou esteve vinculado a um processo.
#[derive(ToSchema)]
pub struct AdolescenteVinculado {
    identificador: Identificador,
    situacao: SituacaoVinculo,
}
