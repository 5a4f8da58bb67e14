//! The error codes: one line each, from which the two enums, their texts, the HTTP statuses and the
//! page of the reference come.

use serde::{Deserialize, Serialize};

/// Declares an enum of codes from one line a code: its text, its HTTP status, further facts, and what
/// it means and what to do, in Portuguese.
macro_rules! codes {
    ($(#[$meta:meta])* pub enum $name:ident $facts:ty {
        $($variant:ident $text:literal $status:literal $fact:tt $meaning:tt;)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = $meaning] $variant,)+
        }

        impl $name {
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// What the code means and what to do, as the reference says it.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),+ }
            }

            const fn facts(self) -> $facts {
                match self { $(Self::$variant => $fact),+ }
            }
        }
    };
}

/// The GraphQL type of a refusal, named like the type without its `Erro`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    CampoInvalido,
    NaoEncontrado,
    ProcessoJaExiste,
    ConflitoDeVersao,
    DeRegra,
    DeIdempotencia,
    /// Only the REST API of the Tramita returns these.
    DeTramite,
}

/// When a refusal reveals that a named object does not exist or is hidden from the caller.
#[derive(Debug, Clone, Copy)]
pub enum RevealsAbsence {
    Never,
    Always,
    /// When one of these rules refused. R10 looks for the apuração in every tribunal, so its refusal
    /// reveals that no tribunal has one with this number. A2 and B5 reveal that another órgão has the
    /// processo, to which the caller is not a party.
    OfRules(&'static [&'static str]),
    /// When the refusal has this status. A rascunho that was consumed already is refused with
    /// another one: it exists, and it is the tribunal's own.
    InStatus(u16),
}

use RefusalKind::{
    CampoInvalido, ConflitoDeVersao, DeIdempotencia, DeRegra, DeTramite, NaoEncontrado,
    ProcessoJaExiste,
};
use RevealsAbsence::{Always, InStatus, Never, OfRules};

codes! {
    /// Código estável da recusa de uma regra, com o status HTTP que tem nas rotas REST.
    #[derive(async_graphql::Enum, Serialize, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    // Facts: the GraphQL type, the four digits of the Tramita, and whether it reveals an absence.
    pub enum CodigoErro (RefusalKind, &'static str, RevealsAbsence) {
        CampoObrigatorio             "CAMPO_OBRIGATORIO"              400 (CampoInvalido, "9000", Never)                    "400: preencha o campo (R3, R24).";
        CampoInvalido                "CAMPO_INVALIDO"                 400 (CampoInvalido, "9000", Never)                    "400: corrija o valor do campo (R7, R23).";
        NumeroDigitoInvalido         "NUMERO_DIGITO_INVALIDO"         400 (CampoInvalido, "9000", Never)                    "400: dígito verificador errado; `orientacao` traz o esperado (R4).";
        NumeroDeOutroTribunal        "NUMERO_DE_OUTRO_TRIBUNAL"       400 (CampoInvalido, "9000", Never)                    "400: o número não é do tribunal de quem chama (R5).";
        ProcessoNaoEncontrado        "PROCESSO_NAO_ENCONTRADO"        404 (NaoEncontrado, "9000", Always)                   "404: não há processo visível com esse número.";
        ProcessoJaExiste             "PROCESSO_JA_EXISTE"             409 (ProcessoJaExiste, "9000", Never)                 "409: número já cadastrado; use `existente` (R6).";
        ProcessoArquivado            "PROCESSO_ARQUIVADO"             409 (DeRegra, "9000", Never)                          "409: reative o processo antes (R15, R16).";
        TipoDeProcessoIncompativel   "TIPO_DE_PROCESSO_INCOMPATIVEL"  400 (DeRegra, "9000", Never)                          "400: a operação é só para o outro tipo de processo.";
        ReferenciaInvalida           "REFERENCIA_INVALIDA"            400 (CampoInvalido, "9000", OfRules(&["R10"]))        "400: a referência falta, é desconhecida ou não é apuração (R9, R10).";
        AdolescenteNaoEncontrado     "ADOLESCENTE_NAO_ENCONTRADO"     404 (NaoEncontrado, "9000", Always)                   "404, ou 400 no corpo de um cadastro: identificador desconhecido.";
        AdolescenteJaExiste          "ADOLESCENTE_JA_EXISTE"          409 (DeRegra, "9000", Never)                          "409: CPF já cadastrado no tribunal (R25).";
        VinculoJaAtivo               "VINCULO_JA_ATIVO"               409 (DeRegra, "9000", Never)                          "409: já vinculado; nada a fazer (R15).";
        VinculoNaoEncontrado         "VINCULO_NAO_ENCONTRADO"         404 (NaoEncontrado, "9000", Never)                    "404: não há vínculo ativo a encerrar (R16, R17).";
        UltimoAdolescente            "ULTIMO_ADOLESCENTE"             409 (DeRegra, "9000", Never)                          "409: o processo ficaria sem adolescente (R18).";
        ExecucaoAtiva                "EXECUCAO_ATIVA"                 409 (DeRegra, "9000", Never)                          "409: há execução ativa, em `impedimento` (R12, R16).";
        ExecucaoAdmiteUmAdolescente  "EXECUCAO_ADMITE_UM_ADOLESCENTE" 400 (CampoInvalido, "9000", Never)                    "400: cadastre uma execução por adolescente (R11).";
        RascunhoInvalido             "RASCUNHO_INVALIDO"              400 (DeRegra, "9000", InStatus(400))                  "400 se desconhecido, 409 se já consumido: registre outro rascunho (R8).";
        NaoEncontrado                "NAO_ENCONTRADO"                 404 (NaoEncontrado, "9007", Always)                   "404: guia ou trâmite ausente ou invisível.";
        ConflitoDeVersao             "CONFLITO_DE_VERSAO"             412 (ConflitoDeVersao, "9000", Never)                 "412: mudou desde a leitura; releia e repita.";
        ChaveIdempotenciaReutilizada "CHAVE_IDEMPOTENCIA_REUTILIZADA" 422 (DeIdempotencia, "9008", Never)                   "422: a chave já serviu a outra entrada; use outra.";
        NupJaCadastrado              "NUP_JA_CADASTRADO"              409 (DeTramite, "9001", OfRules(&["A2", "B5"]))       "409 (9001, linhas A1, A2, B5): reenvie com o NRE.";
        NreNaoLocalizado             "NRE_NAO_LOCALIZADO"             404 (DeTramite, "9002", Always)                       "404 (9002, linha B1): NRE desconhecido, ou de que não se é parte.";
        ProtocoloDivergente          "PROTOCOLO_DIVERGENTE"           409 (DeTramite, "9003", Never)                        "409 (9003, linha B2; 0047): o protocolo ou um documento difere do que já tramitou por este NRE.";
        TramiteEmAndamento           "TRAMITE_EM_ANDAMENTO"           409 (DeTramite, "0044", Never)                        "409 (0044, linha B3): espere o fim do trâmite `idt`.";
        ProcessoBloqueado            "PROCESSO_BLOQUEADO"             409 (DeTramite, "9006", Never)                        "409 (9006, linha B4): o processo está com outro órgão.";
        TransicaoNaoPermitida        "TRANSICAO_NAO_PERMITIDA"        409 (DeTramite, "9004", Never)                        "409 (9004): a situação do trâmite não admite a ação.";
        EstruturaInvalida            "ESTRUTURA_INVALIDA"             422 (DeTramite, "0055", Never)                        "422 (0055, linha S0): estrutura desconhecida, inapta, ou origem igual ao destino.";
    }
}

impl CodigoErro {
    pub const fn kind(self) -> RefusalKind {
        self.facts().0
    }

    /// Whether only the REST API of the Tramita returns this refusal.
    pub const fn is_tramita_only(self) -> bool {
        matches!(self.kind(), DeTramite)
    }

    /// The four digits of this code in the responses of the Tramita. Codes that begin with 9 are
    /// defined by this server, the others by the platform.
    pub const fn tramita_code(self) -> &'static str {
        self.facts().1
    }

    pub const fn reveals_absence(self) -> RevealsAbsence {
        self.facts().2
    }
}

/// The APIs that answer with a failure.
#[derive(PartialEq, Eq)]
enum AnsweredBy {
    Both,
    Graphql,
}

use AnsweredBy::{Both, Graphql};

codes! {
    /// The codes of errors that are not domain rules. In GraphQL they are entries of `errors`.
    // Fact: which API answers with it.
    pub enum Failure AnsweredBy {
        DocumentoMalformado   "GRAPHQL_PARSE_FAILED"      400 Graphql "o documento não é GraphQL; a mensagem diz onde";
        DocumentoInvalido     "GRAPHQL_VALIDATION_FAILED" 400 Graphql "o documento não vale neste esquema; corrija-o, e confira-o com `/schema.graphql`";
        EntradaInvalida       "BAD_USER_INPUT"            400 Both    "uma variável, um argumento, um parâmetro ou um corpo que não se lê; a mensagem diz qual";
        DocumentoExcedeLimite "DOCUMENTO_EXCEDE_LIMITE"   400 Graphql "o documento é grande ou fundo demais; veja [limites](limites.md)";
        CustoExcedeLimite     "CUSTO_EXCEDE_LIMITE"       400 Graphql "a operação custa demais; a mensagem diz o que caberia ([custo](../front-end/custo.md))";
        DocumentoDesconhecido "PERSISTED_QUERY_NOT_FOUND" 400 Graphql "mande o documento e o hash uma vez";
        DocumentoNaoConfiavel "DOCUMENTO_NAO_CONFIAVEL"   403 Graphql "este servidor só roda os documentos que conhece de antemão";
        NaoAutenticado        "NAO_AUTENTICADO"           401 Both    "falta o token, ou ele não vale; peça outro";
        SemPermissao          "SEM_PERMISSAO"             403 Both    "a credencial não tem o papel, ou o tribunal não é o dela; no Tramita, 9005: quem chama não é a parte que age";
        NaoEncontrado         "NAO_ENCONTRADO"            404 Both    "não há essa rota; a mensagem diz a mais próxima";
        MetodoNaoPermitido    "METODO_NAO_PERMITIDO"      405 Both    "`Allow` diz os métodos da rota";
        NaoAceitavel          "NAO_ACEITAVEL"             406 Graphql "nenhum tipo de `Accept` se pode responder";
        CorpoExcedeLimite     "CORPO_EXCEDE_LIMITE"       413 Both    "o corpo é grande demais; veja [limites](limites.md)";
        MidiaNaoSuportada     "MIDIA_NAO_SUPORTADA"       415 Both    "o corpo não é JSON em UTF-8 sem compressão";
        LimiteDeRequisicoes   "LIMITE_DE_REQUISICOES"     429 Both    "muitas ausências, ou muitos segredos errados; espere `Retry-After`";
        Indisponivel          "INDISPONIVEL"              503 Both    "o banco, a trilha ou o emissor não pode agora; espere `Retry-After`";
        Sobrecarregado        "SOBRECARREGADO"            503 Both    "não há lugar para mais um pedido desta credencial; espere `Retry-After`";
        TempoEsgotado         "TEMPO_ESGOTADO"            504 Both    "o que se pediu ao banco passou do tempo; peça menos";
        Interna               "ERRO_INTERNO"              500 Both    "falha do servidor; a mensagem não diz qual, e o log, pelo `X-Request-Id`, diz";
    }
}

impl Failure {
    /// Whether no REST route answers with this failure.
    pub const fn is_graphql_only(self) -> bool {
        matches!(self.facts(), Graphql)
    }
}
