use elos::error::{CodigoErro, Falha};

/// The one table of codes: a change of contract is one line of this diff.
#[test]
fn tabela_de_codigos() {
    let recusas = CodigoErro::TODOS.map(|codigo| format!("{} {}", codigo.status(), codigo.nome()));
    let falhas = Falha::TODAS.map(|falha| format!("{} {}", falha.status(), falha.nome()));
    insta::assert_snapshot!(recusas.join("\n"), @r"
    400 CAMPO_OBRIGATORIO
    400 CAMPO_INVALIDO
    400 NUMERO_DIGITO_INVALIDO
    400 NUMERO_DE_OUTRO_TRIBUNAL
    404 PROCESSO_NAO_ENCONTRADO
    409 PROCESSO_JA_EXISTE
    409 PROCESSO_ARQUIVADO
    400 TIPO_DE_PROCESSO_INCOMPATIVEL
    400 REFERENCIA_INVALIDA
    404 ADOLESCENTE_NAO_ENCONTRADO
    409 ADOLESCENTE_JA_EXISTE
    409 VINCULO_JA_ATIVO
    404 VINCULO_NAO_ENCONTRADO
    409 ULTIMO_ADOLESCENTE
    409 EXECUCAO_ATIVA
    400 EXECUCAO_ADMITE_UM_ADOLESCENTE
    412 CONFLITO_DE_VERSAO
    ");
    insta::assert_snapshot!(falhas.join("\n"), @r"
    400 GRAPHQL_PARSE_FAILED
    400 GRAPHQL_VALIDATION_FAILED
    400 BAD_USER_INPUT
    400 DOCUMENTO_EXCEDE_LIMITE
    400 CUSTO_EXCEDE_LIMITE
    401 NAO_AUTENTICADO
    403 SEM_PERMISSAO
    404 NAO_ENCONTRADO
    405 METODO_NAO_PERMITIDO
    406 NAO_ACEITAVEL
    413 CORPO_EXCEDE_LIMITE
    415 MIDIA_NAO_SUPORTADA
    503 INDISPONIVEL
    500 ERRO_INTERNO
    ");
}
