//! The error codes and the HTTP status of each.

use serde::{Deserialize, Serialize};

/// Código estável da recusa de uma regra, com o status HTTP que tem nas rotas REST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, async_graphql::Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CodigoErro {
    /// 400: preencha o campo (R3, R24).
    CampoObrigatorio,
    /// 400: corrija o valor do campo (R7, R23).
    CampoInvalido,
    /// 400: dígito verificador errado; `orientacao` traz o esperado (R4).
    NumeroDigitoInvalido,
    /// 400: o número não é do tribunal de quem chama (R5).
    NumeroDeOutroTribunal,
    /// 404: não há processo visível com esse número.
    ProcessoNaoEncontrado,
    /// 409: número já cadastrado; use `existente` (R6).
    ProcessoJaExiste,
    /// 409: reative o processo antes (R15, R16).
    ProcessoArquivado,
    /// 400: a operação é só para o outro tipo de processo.
    TipoDeProcessoIncompativel,
    /// 400: a referência falta, é desconhecida ou não é apuração (R9, R10).
    ReferenciaInvalida,
    /// 404, ou 400 no corpo de um cadastro: identificador desconhecido.
    AdolescenteNaoEncontrado,
    /// 409: CPF já cadastrado no tribunal (R25).
    AdolescenteJaExiste,
    /// 409: já vinculado; nada a fazer (R15).
    VinculoJaAtivo,
    /// 404: não há vínculo ativo a encerrar (R16, R17).
    VinculoNaoEncontrado,
    /// 409: o processo ficaria sem adolescente (R18).
    UltimoAdolescente,
    /// 409: há execução ativa, em `impedimento` (R12, R16).
    ExecucaoAtiva,
    /// 400: cadastre uma execução por adolescente (R11).
    ExecucaoAdmiteUmAdolescente,
    /// 400 se desconhecido, 409 se já consumido: registre outro rascunho (R8).
    RascunhoInvalido,
    /// 404: guia ou trâmite ausente ou invisível.
    NaoEncontrado,
    /// 412: mudou desde a leitura; releia e repita.
    ConflitoDeVersao,
    /// 422: a chave já serviu a outra entrada; use outra.
    ChaveIdempotenciaReutilizada,
    /// 409 (9001, linhas A1, A2, B5): reenvie com o NRE.
    NupJaCadastrado,
    /// 404 (9002, linha B1): NRE desconhecido, ou de que não se é parte.
    NreNaoLocalizado,
    /// 409 (9003, linha B2; 0047): o protocolo ou um documento difere do que já tramitou por este NRE.
    ProtocoloDivergente,
    /// 409 (0044, linha B3): espere o fim do trâmite `idt`.
    TramiteEmAndamento,
    /// 409 (9006, linha B4): o processo está com outro órgão.
    ProcessoBloqueado,
    /// 409 (9004): a situação do trâmite não admite a ação.
    TransicaoNaoPermitida,
    /// 422 (0055, linha S0): estrutura desconhecida, inapta, ou origem igual ao destino.
    EstruturaInvalida,
}

impl CodigoErro {
    pub const ALL: [Self; 27] = [
        Self::CampoObrigatorio,
        Self::CampoInvalido,
        Self::NumeroDigitoInvalido,
        Self::NumeroDeOutroTribunal,
        Self::ProcessoNaoEncontrado,
        Self::ProcessoJaExiste,
        Self::ProcessoArquivado,
        Self::TipoDeProcessoIncompativel,
        Self::ReferenciaInvalida,
        Self::AdolescenteNaoEncontrado,
        Self::AdolescenteJaExiste,
        Self::VinculoJaAtivo,
        Self::VinculoNaoEncontrado,
        Self::UltimoAdolescente,
        Self::ExecucaoAtiva,
        Self::ExecucaoAdmiteUmAdolescente,
        Self::RascunhoInvalido,
        Self::NaoEncontrado,
        Self::ConflitoDeVersao,
        Self::ChaveIdempotenciaReutilizada,
        Self::NupJaCadastrado,
        Self::NreNaoLocalizado,
        Self::ProtocoloDivergente,
        Self::TramiteEmAndamento,
        Self::ProcessoBloqueado,
        Self::TransicaoNaoPermitida,
        Self::EstruturaInvalida,
    ];

    #[rustfmt::skip]
    const fn row(self) -> (&'static str, u16) {
        match self {
            Self::CampoObrigatorio        => ("CAMPO_OBRIGATORIO",              400),
            Self::CampoInvalido           => ("CAMPO_INVALIDO",                 400),
            Self::NumeroDigitoInvalido    => ("NUMERO_DIGITO_INVALIDO",         400),
            Self::NumeroDeOutroTribunal   => ("NUMERO_DE_OUTRO_TRIBUNAL",       400),
            Self::ProcessoNaoEncontrado   => ("PROCESSO_NAO_ENCONTRADO",        404),
            Self::ProcessoJaExiste        => ("PROCESSO_JA_EXISTE",             409),
            Self::ProcessoArquivado       => ("PROCESSO_ARQUIVADO",             409),
            Self::TipoDeProcessoIncompativel=> ("TIPO_DE_PROCESSO_INCOMPATIVEL",  400),
            Self::ReferenciaInvalida      => ("REFERENCIA_INVALIDA",            400),
            Self::AdolescenteNaoEncontrado=> ("ADOLESCENTE_NAO_ENCONTRADO",     404),
            Self::AdolescenteJaExiste     => ("ADOLESCENTE_JA_EXISTE",          409),
            Self::VinculoJaAtivo          => ("VINCULO_JA_ATIVO",               409),
            Self::VinculoNaoEncontrado    => ("VINCULO_NAO_ENCONTRADO",         404),
            Self::UltimoAdolescente       => ("ULTIMO_ADOLESCENTE",             409),
            Self::ExecucaoAtiva           => ("EXECUCAO_ATIVA",                 409),
            Self::ExecucaoAdmiteUmAdolescente=> ("EXECUCAO_ADMITE_UM_ADOLESCENTE", 400),
            Self::RascunhoInvalido        => ("RASCUNHO_INVALIDO",              400),
            Self::NaoEncontrado           => ("NAO_ENCONTRADO",                 404),
            Self::ConflitoDeVersao        => ("CONFLITO_DE_VERSAO",             412),
            Self::ChaveIdempotenciaReutilizada=> ("CHAVE_IDEMPOTENCIA_REUTILIZADA", 422),
            Self::NupJaCadastrado         => ("NUP_JA_CADASTRADO",              409),
            Self::NreNaoLocalizado        => ("NRE_NAO_LOCALIZADO",             404),
            Self::ProtocoloDivergente     => ("PROTOCOLO_DIVERGENTE",           409),
            Self::TramiteEmAndamento      => ("TRAMITE_EM_ANDAMENTO",           409),
            Self::ProcessoBloqueado       => ("PROCESSO_BLOQUEADO",             409),
            Self::TransicaoNaoPermitida   => ("TRANSICAO_NAO_PERMITIDA",        409),
            Self::EstruturaInvalida       => ("ESTRUTURA_INVALIDA",             422),
        }
    }

    pub const fn name(self) -> &'static str {
        self.row().0
    }

    pub const fn status(self) -> u16 {
        self.row().1
    }

    /// Whether only the REST API of the Tramita returns this refusal.
    pub const fn is_tramita_only(self) -> bool {
        matches!(
            self,
            Self::NupJaCadastrado
                | Self::NreNaoLocalizado
                | Self::ProtocoloDivergente
                | Self::TramiteEmAndamento
                | Self::ProcessoBloqueado
                | Self::TransicaoNaoPermitida
                | Self::EstruturaInvalida
        )
    }

    /// The four digits of this code in the responses of the Tramita. Codes that begin with 9 are
    /// defined by this server, the others by the platform.
    pub const fn tramita_code(self) -> &'static str {
        match self {
            Self::NupJaCadastrado => "9001",
            Self::NreNaoLocalizado => "9002",
            Self::ProtocoloDivergente => "9003",
            Self::TransicaoNaoPermitida => "9004",
            Self::ProcessoBloqueado => "9006",
            Self::NaoEncontrado => "9007",
            Self::ChaveIdempotenciaReutilizada => "9008",
            Self::TramiteEmAndamento => "0044",
            Self::EstruturaInvalida => "0055",
            _ => "9000",
        }
    }
}

/// The codes of errors that are not domain rules. In GraphQL they are top-level errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    DocumentoMalformado,
    DocumentoInvalido,
    EntradaInvalida,
    DocumentoExcedeLimite,
    CustoExcedeLimite,
    DocumentoDesconhecido,
    DocumentoNaoConfiavel,
    NaoAutenticado,
    SemPermissao,
    NaoEncontrado,
    MetodoNaoPermitido,
    NaoAceitavel,
    CorpoExcedeLimite,
    MidiaNaoSuportada,
    LimiteDeRequisicoes,
    Indisponivel,
    /// The server has no free permit: too many requests wait already.
    Sobrecarregado,
    TempoEsgotado,
    Interna,
}

impl Failure {
    pub const ALL: [Self; 19] = [
        Self::DocumentoMalformado,
        Self::DocumentoInvalido,
        Self::EntradaInvalida,
        Self::DocumentoExcedeLimite,
        Self::CustoExcedeLimite,
        Self::DocumentoDesconhecido,
        Self::DocumentoNaoConfiavel,
        Self::NaoAutenticado,
        Self::SemPermissao,
        Self::NaoEncontrado,
        Self::MetodoNaoPermitido,
        Self::NaoAceitavel,
        Self::CorpoExcedeLimite,
        Self::MidiaNaoSuportada,
        Self::LimiteDeRequisicoes,
        Self::Indisponivel,
        Self::Sobrecarregado,
        Self::TempoEsgotado,
        Self::Interna,
    ];

    #[rustfmt::skip]
    const fn row(self) -> (&'static str, u16) {
        match self {
            Self::DocumentoMalformado   => ("GRAPHQL_PARSE_FAILED",      400),
            Self::DocumentoInvalido     => ("GRAPHQL_VALIDATION_FAILED", 400),
            Self::EntradaInvalida       => ("BAD_USER_INPUT",            400),
            Self::DocumentoExcedeLimite => ("DOCUMENTO_EXCEDE_LIMITE",   400),
            Self::CustoExcedeLimite     => ("CUSTO_EXCEDE_LIMITE",       400),
            Self::DocumentoDesconhecido => ("PERSISTED_QUERY_NOT_FOUND", 400),
            Self::DocumentoNaoConfiavel => ("DOCUMENTO_NAO_CONFIAVEL",   403),
            Self::NaoAutenticado        => ("NAO_AUTENTICADO",           401),
            Self::SemPermissao          => ("SEM_PERMISSAO",             403),
            Self::NaoEncontrado         => ("NAO_ENCONTRADO",            404),
            Self::MetodoNaoPermitido    => ("METODO_NAO_PERMITIDO",      405),
            Self::NaoAceitavel          => ("NAO_ACEITAVEL",             406),
            Self::CorpoExcedeLimite     => ("CORPO_EXCEDE_LIMITE",       413),
            Self::MidiaNaoSuportada     => ("MIDIA_NAO_SUPORTADA",       415),
            Self::LimiteDeRequisicoes   => ("LIMITE_DE_REQUISICOES",     429),
            Self::Interna               => ("ERRO_INTERNO",              500),
            Self::Indisponivel          => ("INDISPONIVEL",              503),
            Self::Sobrecarregado        => ("SOBRECARREGADO",            503),
            Self::TempoEsgotado         => ("TEMPO_ESGOTADO",            504),
        }
    }

    pub const fn name(self) -> &'static str {
        self.row().0
    }

    pub const fn status(self) -> u16 {
        self.row().1
    }
}
