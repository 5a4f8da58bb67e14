use super::*;
use crate::rascunho::RascunhoId;
use chrono::DateTime;

fn rules() -> RuleSwitches {
    RuleSwitches::default()
}

fn numero(text: &str) -> NumeroProcesso {
    text.parse().unwrap()
}

fn ana() -> Identificador {
    "202600000001".parse().unwrap()
}

fn rui() -> Identificador {
    "202600000002".parse().unwrap()
}

/// An apuração of TJRN that passes every rule.
fn apuracao() -> CadastrarProcesso {
    CadastrarProcesso {
        numero: Some(numero("9000741-62.2021.8.20.0083")),
        tipo: Some(TipoProcesso::Apuracao),
        adolescentes: vec![Some(ana())],
        id_orgao: Some(1),
        app_name_sistema_tribunal: Some("pje-tjrn-1g".into()),
        ..CadastrarProcesso::default()
    }
}

fn execucao() -> CadastrarProcesso {
    let referencia = Some(numero("9000501-26.2024.8.20.0000"));
    CadastrarProcesso { tipo: Some(TipoProcesso::Execucao), referencia, ..apuracao() }
}

fn facts() -> Facts {
    Facts {
        known: [(ana(), AdolescenteId(1)), (rui(), AdolescenteId(2))].into(),
        referencia_is_apuracao: true,
        vinculados_in_referencia: Some(vec![AdolescenteId(1)]),
        ..Facts::default()
    }
}

fn evaluate(
    command: &CadastrarProcesso,
    facts: &Facts,
    rules: RuleSwitches,
) -> Vec<(&'static str, String)> {
    let verdict = cadastro(command, facts, 820, rules);
    verdict.refusals.iter().map(|r| (r.codigo.name(), r.campo.join("."))).collect()
}

fn refusal(command: &CadastrarProcesso) -> Vec<(&'static str, String)> {
    evaluate(command, &facts(), rules())
}

fn pair(code: &'static str, field: &str) -> (&'static str, String) {
    (code, field.to_owned())
}

#[test]
fn o_que_cumpre_as_regras_passa() {
    assert_eq!(refusal(&apuracao()), []);
    assert_eq!(refusal(&execucao()), []);
    assert!(accepted(execucao(), &facts()).is_some());
}

#[test]
fn r3_cada_falta_e_dita_e_todas_de_uma_vez() {
    let missing = |field| pair("CAMPO_OBRIGATORIO", field);
    assert_eq!(
        refusal(&CadastrarProcesso::default()),
        ["numero", "tipo", "adolescentes", "idOrgao", "appNameSistemaTribunal"].map(missing)
    );
}

#[test]
fn r3_adolescente_repetido() {
    let command = CadastrarProcesso {
        adolescentes: vec![Some(ana()), Some(rui()), Some(ana())],
        ..apuracao()
    };
    assert_eq!(refusal(&command), [pair("CAMPO_INVALIDO", "adolescentes.2")]);
}

#[test]
fn r4_digito_errado_diz_o_esperado_e_se_pode_desligar() {
    let command =
        CadastrarProcesso { numero: Some(numero("9000741-00.2021.8.20.0083")), ..apuracao() };
    assert_eq!(refusal(&command), [pair("NUMERO_DIGITO_INVALIDO", "numero")]);
    let refusals = cadastro(&command, &facts(), 820, rules()).refusals;
    assert!(refusals[0].orientacao.as_ref().unwrap().contains("62"));
    let without = RuleSwitches { verificar_digito: false, ..rules() };
    assert_eq!(evaluate(&command, &facts(), without), []);
}

#[test]
fn r4_vale_para_a_referencia_tambem() {
    let referencia = Some(numero("9000501-27.2024.8.20.0000"));
    let command = CadastrarProcesso { referencia, ..apuracao() };
    assert_eq!(refusal(&command), [pair("NUMERO_DIGITO_INVALIDO", "referencia")]);
}

#[test]
fn r5_numero_de_outro_tribunal_e_tribunal_que_nao_existe() {
    let foreign =
        CadastrarProcesso { numero: Some(numero("9000630-14.2023.8.17.0044")), ..apuracao() };
    assert_eq!(refusal(&foreign), [pair("NUMERO_DE_OUTRO_TRIBUNAL", "numero")]);
    let message = &cadastro(&foreign, &facts(), 820, rules()).refusals[0].mensagem;
    assert!(message.contains("TJPE") && message.contains("TJRN"), "{message}");

    let without = RuleSwitches { exigir_numero_do_tribunal: false, ..rules() };
    assert_eq!(evaluate(&foreign, &facts(), without), []);
    let nonexistent =
        CadastrarProcesso { numero: Some(numero("9000038-88.2022.8.28.0014")), ..apuracao() };
    assert_eq!(
        evaluate(&nonexistent, &facts(), without),
        [pair("NUMERO_DE_OUTRO_TRIBUNAL", "numero")]
    );
}

#[test]
fn r6_numero_tomado() {
    let taken = Facts { numero_taken: true, ..facts() };
    assert_eq!(evaluate(&apuracao(), &taken, rules()), [pair("PROCESSO_JA_EXISTE", "numero")]);
}

#[test]
fn r7_orgao_positivo_de_fato() {
    for id_orgao in [0, -1] {
        let command = CadastrarProcesso { id_orgao: Some(id_orgao), ..apuracao() };
        assert_eq!(refusal(&command), [pair("CAMPO_INVALIDO", "idOrgao")]);
    }
}

#[test]
fn r9_execucao_sem_referencia_ou_de_si_mesma() {
    let without = CadastrarProcesso { referencia: None, ..execucao() };
    assert_eq!(refusal(&without), [pair("REFERENCIA_INVALIDA", "referencia")]);
    let own = CadastrarProcesso { referencia: execucao().numero, ..execucao() };
    assert_eq!(refusal(&own), [pair("REFERENCIA_INVALIDA", "referencia")]);
}

#[test]
fn r9_na_apuracao_a_referencia_e_informacao() {
    let unknown = Facts { referencia_is_apuracao: false, ..facts() };
    let command = CadastrarProcesso { referencia: execucao().referencia, ..apuracao() };
    assert_eq!(evaluate(&command, &unknown, rules()), []);
}

#[test]
fn r10_referencia_desconhecida_ou_que_nao_e_apuracao() {
    let unknown = Facts { referencia_is_apuracao: false, ..facts() };
    assert_eq!(
        evaluate(&execucao(), &unknown, rules()),
        [pair("REFERENCIA_INVALIDA", "referencia")]
    );
}

#[test]
fn r11_execucao_de_dois_adolescentes() {
    let command = CadastrarProcesso { adolescentes: vec![Some(ana()), Some(rui())], ..execucao() };
    assert_eq!(refusal(&command), [pair("EXECUCAO_ADMITE_UM_ADOLESCENTE", "adolescentes")]);
}

#[test]
fn r11_sem_vinculo_na_referencia_avisa_ou_recusa() {
    let command = CadastrarProcesso { adolescentes: vec![Some(rui())], ..execucao() };
    let verdict = cadastro(&command, &facts(), 820, rules());
    assert!(verdict.refusals.is_empty() && verdict.warnings.len() == 1, "{verdict:?}");

    let strict = RuleSwitches { exigir_vinculo_na_referencia: true, ..rules() };
    assert_eq!(evaluate(&command, &facts(), strict), [pair("CAMPO_INVALIDO", "adolescentes.0")]);

    let of_another_tribunal = Facts { vinculados_in_referencia: None, ..facts() };
    assert!(cadastro(&command, &of_another_tribunal, 820, strict).refusals.is_empty());
}

#[test]
fn o_que_a_api_nao_leu_guarda_o_lugar() {
    let command = CadastrarProcesso {
        adolescentes: vec![None, Some(ana()), None, Some(ana())],
        ..apuracao()
    };
    assert_eq!(refusal(&command), [pair("CAMPO_INVALIDO", "adolescentes.3")]);
    let command = CadastrarProcesso { adolescentes: vec![None, Some(ana())], ..execucao() };
    assert_eq!(refusal(&command), [pair("EXECUCAO_ADMITE_UM_ADOLESCENTE", "adolescentes")]);
    assert!(accepted(command, &facts()).is_none());
}

#[test]
fn r12_uma_execucao_ativa_por_adolescente_e_se_pode_desligar() {
    let with_active =
        Facts { execucao_ativa: Some(numero("9000501-26.2024.8.20.0000")), ..facts() };
    assert_eq!(
        evaluate(&execucao(), &with_active, rules()),
        [pair("EXECUCAO_ATIVA", "adolescentes")]
    );
    assert_eq!(evaluate(&apuracao(), &with_active, rules()), []);
    let without = RuleSwitches { exigir_execucao_unica: false, ..rules() };
    assert_eq!(evaluate(&execucao(), &with_active, without), []);
}

#[test]
fn adolescente_desconhecido_e_dito_pelo_indice() {
    let nobody: Identificador = "202699999999".parse().unwrap();
    let command = CadastrarProcesso { adolescentes: vec![Some(ana()), Some(nobody)], ..apuracao() };
    assert_eq!(refusal(&command), [pair("ADOLESCENTE_NAO_ENCONTRADO", "adolescentes.1")]);
}

#[test]
fn r23_cpf_de_responsavel() {
    let cpf = Some("52998224726".parse().unwrap());
    let command = CadastrarProcesso { magistrado: Responsavel { nome: None, cpf }, ..apuracao() };
    assert_eq!(refusal(&command), [pair("CAMPO_INVALIDO", "magistrado.cpf")]);
}

#[test]
fn textos_tem_limite() {
    let command = CadastrarProcesso {
        app_name_sistema_tribunal: Some("x".repeat(101)),
        id_processo_sistema_externo: Some("a\u{1}".into()),
        ..apuracao()
    };
    let rules = RuleSwitches { exigir_rascunho: false, ..RuleSwitches::default() };
    let fields = ["appNameSistemaTribunal", "idProcessoSistemaExterno"];
    assert_eq!(
        evaluate(&command, &facts(), rules),
        fields.map(|field| pair("CAMPO_INVALIDO", field))
    );
}

#[test]
fn r8_o_rascunho_existe_e_esta_livre() {
    let command = CadastrarProcesso { id_processo_sistema_externo: Some("r".into()), ..apuracao() };
    let free = Rascunho {
        id: RascunhoId(1),
        codigo: "r".into(),
        app_name_sistema_tribunal: "pje".into(),
        dados: "{}".into(),
        criado_em: DateTime::UNIX_EPOCH,
        consumido_em: None,
        processo_id: None,
    };
    let consumido = Rascunho { consumido_em: Some(free.criado_em), ..free.clone() };
    let with_rascunho = |rascunho| Facts { rascunho, ..facts() };
    let status = |rascunho, exigir_rascunho| {
        let rules = RuleSwitches { exigir_rascunho, ..RuleSwitches::default() };
        let refusals = cadastro(&command, &with_rascunho(rascunho), 820, rules).refusals;
        refusals.iter().map(|refusal| (refusal.codigo.name(), refusal.status)).collect::<Vec<_>>()
    };
    assert_eq!(status(None, true), [("RASCUNHO_INVALIDO", 400)]);
    assert_eq!(status(Some(consumido.clone()), true), [("RASCUNHO_INVALIDO", 409)]);
    assert_eq!(status(Some(free), true), []);
    assert_eq!(status(Some(consumido), false), []);
}

#[test]
fn violacoes_independentes_vem_juntas() {
    let command = CadastrarProcesso {
        numero: Some(numero("9000630-15.2023.8.17.0044")),
        id_orgao: Some(0),
        ..apuracao()
    };
    let codes: Vec<_> = refusal(&command).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["CAMPO_INVALIDO", "NUMERO_DIGITO_INVALIDO", "NUMERO_DE_OUTRO_TRIBUNAL"]);
}
