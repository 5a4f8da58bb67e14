use super::*;
use crate::rascunho::RascunhoId;
use chrono::DateTime;

fn regras() -> Regras {
    Regras::default()
}

fn numero(texto: &str) -> NumeroProcesso {
    texto.parse().unwrap()
}

fn ana() -> Identificador {
    "202600000001".parse().unwrap()
}

fn rui() -> Identificador {
    "202600000002".parse().unwrap()
}

/// An apuração of TJRN that every rule lets pass.
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

fn fatos() -> Fatos {
    Fatos {
        conhecidos: [(ana(), AdolescenteId(1)), (rui(), AdolescenteId(2))].into(),
        referencia_e_apuracao: true,
        vinculados_na_referencia: Some(vec![AdolescenteId(1)]),
        ..Fatos::default()
    }
}

fn julgar(
    comando: &CadastrarProcesso,
    fatos: &Fatos,
    regras: Regras,
) -> Vec<(&'static str, String)> {
    let parecer = cadastro(comando, fatos, 820, regras);
    parecer.recusas.iter().map(|r| (r.codigo.nome(), r.campo.join("."))).collect()
}

fn recusa(comando: &CadastrarProcesso) -> Vec<(&'static str, String)> {
    julgar(comando, &fatos(), regras())
}

fn par(codigo: &'static str, campo: &str) -> (&'static str, String) {
    (codigo, campo.to_owned())
}

#[test]
fn o_que_cumpre_as_regras_passa() {
    assert_eq!(recusa(&apuracao()), []);
    assert_eq!(recusa(&execucao()), []);
    assert!(aceito(execucao(), &fatos()).is_some());
}

#[test]
fn r3_cada_falta_e_dita_e_todas_de_uma_vez() {
    let falta = |campo| par("CAMPO_OBRIGATORIO", campo);
    assert_eq!(
        recusa(&CadastrarProcesso::default()),
        ["numero", "tipo", "adolescentes", "idOrgao", "appNameSistemaTribunal"].map(falta)
    );
}

#[test]
fn r3_adolescente_repetido() {
    let comando = CadastrarProcesso {
        adolescentes: vec![Some(ana()), Some(rui()), Some(ana())],
        ..apuracao()
    };
    assert_eq!(recusa(&comando), [par("CAMPO_INVALIDO", "adolescentes.2")]);
}

#[test]
fn r4_digito_errado_diz_o_esperado_e_se_pode_desligar() {
    let comando =
        CadastrarProcesso { numero: Some(numero("9000741-00.2021.8.20.0083")), ..apuracao() };
    assert_eq!(recusa(&comando), [par("NUMERO_DIGITO_INVALIDO", "numero")]);
    let recusas = cadastro(&comando, &fatos(), 820, regras()).recusas;
    assert!(recusas[0].orientacao.as_ref().unwrap().contains("62"));
    let sem = Regras { verificar_digito: false, ..regras() };
    assert_eq!(julgar(&comando, &fatos(), sem), []);
}

#[test]
fn r4_vale_para_a_referencia_tambem() {
    let referencia = Some(numero("9000501-27.2024.8.20.0000"));
    let comando = CadastrarProcesso { referencia, ..apuracao() };
    assert_eq!(recusa(&comando), [par("NUMERO_DIGITO_INVALIDO", "referencia")]);
}

#[test]
fn r5_numero_de_outro_tribunal_e_tribunal_que_nao_existe() {
    let alheio =
        CadastrarProcesso { numero: Some(numero("9000630-14.2023.8.17.0044")), ..apuracao() };
    assert_eq!(recusa(&alheio), [par("NUMERO_DE_OUTRO_TRIBUNAL", "numero")]);
    let mensagem = &cadastro(&alheio, &fatos(), 820, regras()).recusas[0].mensagem;
    assert!(mensagem.contains("TJPE") && mensagem.contains("TJRN"), "{mensagem}");

    let sem = Regras { exigir_numero_do_tribunal: false, ..regras() };
    assert_eq!(julgar(&alheio, &fatos(), sem), []);
    let inexistente =
        CadastrarProcesso { numero: Some(numero("9000038-88.2022.8.28.0014")), ..apuracao() };
    assert_eq!(julgar(&inexistente, &fatos(), sem), [par("NUMERO_DE_OUTRO_TRIBUNAL", "numero")]);
}

#[test]
fn r6_numero_tomado() {
    let tomado = Fatos { numero_tomado: true, ..fatos() };
    assert_eq!(julgar(&apuracao(), &tomado, regras()), [par("PROCESSO_JA_EXISTE", "numero")]);
}

#[test]
fn r7_orgao_positivo_de_fato() {
    for id_orgao in [0, -1] {
        let comando = CadastrarProcesso { id_orgao: Some(id_orgao), ..apuracao() };
        assert_eq!(recusa(&comando), [par("CAMPO_INVALIDO", "idOrgao")]);
    }
}

#[test]
fn r9_execucao_sem_referencia_ou_de_si_mesma() {
    let sem = CadastrarProcesso { referencia: None, ..execucao() };
    assert_eq!(recusa(&sem), [par("REFERENCIA_INVALIDA", "referencia")]);
    let propria = CadastrarProcesso { referencia: execucao().numero, ..execucao() };
    assert_eq!(recusa(&propria), [par("REFERENCIA_INVALIDA", "referencia")]);
}

#[test]
fn r9_na_apuracao_a_referencia_e_informacao() {
    let desconhecida = Fatos { referencia_e_apuracao: false, ..fatos() };
    let comando = CadastrarProcesso { referencia: execucao().referencia, ..apuracao() };
    assert_eq!(julgar(&comando, &desconhecida, regras()), []);
}

#[test]
fn r10_referencia_desconhecida_ou_que_nao_e_apuracao() {
    let desconhecida = Fatos { referencia_e_apuracao: false, ..fatos() };
    assert_eq!(
        julgar(&execucao(), &desconhecida, regras()),
        [par("REFERENCIA_INVALIDA", "referencia")]
    );
}

#[test]
fn r11_execucao_de_dois_adolescentes() {
    let comando = CadastrarProcesso { adolescentes: vec![Some(ana()), Some(rui())], ..execucao() };
    assert_eq!(recusa(&comando), [par("EXECUCAO_ADMITE_UM_ADOLESCENTE", "adolescentes")]);
}

#[test]
fn r11_sem_vinculo_na_referencia_avisa_ou_recusa() {
    let comando = CadastrarProcesso { adolescentes: vec![Some(rui())], ..execucao() };
    let parecer = cadastro(&comando, &fatos(), 820, regras());
    assert!(parecer.recusas.is_empty() && parecer.avisos.len() == 1, "{parecer:?}");

    let exigente = Regras { exigir_vinculo_na_referencia: true, ..regras() };
    assert_eq!(julgar(&comando, &fatos(), exigente), [par("CAMPO_INVALIDO", "adolescentes.0")]);

    let de_outro_tribunal = Fatos { vinculados_na_referencia: None, ..fatos() };
    assert!(cadastro(&comando, &de_outro_tribunal, 820, exigente).recusas.is_empty());
}

#[test]
fn o_que_a_porta_nao_leu_guarda_o_lugar() {
    let comando = CadastrarProcesso {
        adolescentes: vec![None, Some(ana()), None, Some(ana())],
        ..apuracao()
    };
    assert_eq!(recusa(&comando), [par("CAMPO_INVALIDO", "adolescentes.3")]);
    let comando = CadastrarProcesso { adolescentes: vec![None, Some(ana())], ..execucao() };
    assert_eq!(recusa(&comando), [par("EXECUCAO_ADMITE_UM_ADOLESCENTE", "adolescentes")]);
    assert!(aceito(comando, &fatos()).is_none());
}

#[test]
fn r12_uma_execucao_ativa_por_adolescente_e_se_pode_desligar() {
    let com_ativa = Fatos { execucao_ativa: Some(numero("9000501-26.2024.8.20.0000")), ..fatos() };
    assert_eq!(julgar(&execucao(), &com_ativa, regras()), [par("EXECUCAO_ATIVA", "adolescentes")]);
    assert_eq!(julgar(&apuracao(), &com_ativa, regras()), []);
    let sem = Regras { exigir_execucao_unica: false, ..regras() };
    assert_eq!(julgar(&execucao(), &com_ativa, sem), []);
}

#[test]
fn adolescente_desconhecido_e_dito_pelo_indice() {
    let ninguem: Identificador = "202699999999".parse().unwrap();
    let comando =
        CadastrarProcesso { adolescentes: vec![Some(ana()), Some(ninguem)], ..apuracao() };
    assert_eq!(recusa(&comando), [par("ADOLESCENTE_NAO_ENCONTRADO", "adolescentes.1")]);
}

#[test]
fn r23_cpf_de_responsavel() {
    let cpf = Some("52998224726".parse().unwrap());
    let comando = CadastrarProcesso { magistrado: Responsavel { nome: None, cpf }, ..apuracao() };
    assert_eq!(recusa(&comando), [par("CAMPO_INVALIDO", "magistrado.cpf")]);
}

#[test]
fn textos_tem_limite() {
    let comando = CadastrarProcesso {
        app_name_sistema_tribunal: Some("x".repeat(101)),
        id_processo_sistema_externo: Some("a\u{1}".into()),
        ..apuracao()
    };
    let regras = Regras { exigir_rascunho: false, ..Regras::default() };
    let campos = ["appNameSistemaTribunal", "idProcessoSistemaExterno"];
    assert_eq!(
        julgar(&comando, &fatos(), regras),
        campos.map(|campo| par("CAMPO_INVALIDO", campo))
    );
}

#[test]
fn r8_o_rascunho_existe_e_esta_livre() {
    let comando = CadastrarProcesso { id_processo_sistema_externo: Some("r".into()), ..apuracao() };
    let livre = Rascunho {
        id: RascunhoId(1),
        codigo: "r".into(),
        app_name_sistema_tribunal: "pje".into(),
        dados: "{}".into(),
        criado_em: DateTime::UNIX_EPOCH,
        consumido_em: None,
        processo_id: None,
    };
    let consumido = Rascunho { consumido_em: Some(livre.criado_em), ..livre.clone() };
    let com = |rascunho| Fatos { rascunho, ..fatos() };
    let status = |rascunho, exigir_rascunho| {
        let regras = Regras { exigir_rascunho, ..Regras::default() };
        let recusas = cadastro(&comando, &com(rascunho), 820, regras).recusas;
        recusas.iter().map(|recusa| (recusa.codigo.nome(), recusa.status)).collect::<Vec<_>>()
    };
    assert_eq!(status(None, true), [("RASCUNHO_INVALIDO", 400)]);
    assert_eq!(status(Some(consumido.clone()), true), [("RASCUNHO_INVALIDO", 409)]);
    assert_eq!(status(Some(livre), true), []);
    assert_eq!(status(Some(consumido), false), []);
}

#[test]
fn violacoes_independentes_vem_juntas() {
    let comando = CadastrarProcesso {
        numero: Some(numero("9000630-15.2023.8.17.0044")),
        id_orgao: Some(0),
        ..apuracao()
    };
    let codigos: Vec<_> = recusa(&comando).into_iter().map(|(codigo, _)| codigo).collect();
    assert_eq!(codigos, ["CAMPO_INVALIDO", "NUMERO_DIGITO_INVALIDO", "NUMERO_DE_OUTRO_TRIBUNAL"]);
}
