//! Rules on processos. They are pure functions: the facts that they need are arguments. This file
//! holds the rules on registering a processo (R3 to R12); `alteracao.rs` holds those on changing
//! one.

mod alteracao;

pub use alteracao::*;

use super::{CadastrarProcesso, NewProcesso, NumeroProcesso, Responsavel, TipoProcesso};
use crate::adolescente::rules::r23_cpf_valido;
use crate::adolescente::{AdolescenteId, Identificador};
use crate::error::{CodigoErro, Refusal};
use crate::rascunho::Rascunho;
use crate::value::field::{self, items, list_too_long, required, text};
use crate::value::rules::RuleSwitches;
use crate::value::tribunal::Tribunal;
use std::collections::HashMap;

const MAX_APP_NAME_LEN: usize = 100;
const MAX_EXTERNAL_ID_LEN: usize = 100;
const MAX_NOME: usize = 200;

/// Ids of the adolescentes of the tribunal, by identificador.
pub type Known = HashMap<Identificador, AdolescenteId>;

/// Facts from the database that the rules on a registration need.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The adolescentes in the command that the tribunal knows.
    pub known: Known,
    /// Whether a visible processo has the number already. The service looks this up only for a
    /// registration that another rule refuses; for the others the insert finds a number that is
    /// taken, also by a processo that the caller may not see.
    pub numero_taken: bool,
    /// Whether the reference is an apuração of some tribunal.
    pub referencia_is_apuracao: bool,
    /// The active execução, in the tribunal, of an adolescente in the command. `store::facts` reads
    /// it only for an execução, while it holds the lock on the adolescente.
    pub execucao_ativa: Option<NumeroProcesso>,
    /// The adolescentes in the command that have or had a vínculo to the reference. `None` when the
    /// caller's tribunal does not have the reference.
    pub vinculados_in_referencia: Option<Vec<AdolescenteId>>,
    /// The rascunho that the command names, if the tribunal has it; its row is locked until the
    /// transaction ends.
    pub rascunho: Option<Rascunho>,
}

/// The outcome of the rules on a registration.
#[derive(Debug)]
pub struct CadastroVerdict {
    pub refusals: Vec<Refusal>,
    pub warnings: Vec<String>,
}

/// Applies every rule on a registration, so that one answer reports all violations.
pub fn cadastro(
    command: &CadastrarProcesso,
    facts: &Facts,
    tribunal: i16,
    rules: RuleSwitches,
) -> CadastroVerdict {
    let mut refusals = Vec::new();
    refusals.extend(r3_obrigatorios(command));
    refusals.extend(r3_adolescentes_sem_repeticao(&command.adolescentes));
    refusals.extend(formats(command));
    refusals.extend(r7_orgao_positivo(command.id_orgao));
    if let Some(numero) = &command.numero {
        refusals.extend(r4_digito(numero, rules).map(|r| r.at(["numero"])));
        refusals.extend(r5_do_tribunal(numero, tribunal, rules));
        refusals.extend(r6_numero_livre(numero, facts.numero_taken));
    }
    if let Some(referencia) = &command.referencia {
        refusals.extend(r4_digito(referencia, rules).map(|r| r.at(["referencia"])));
    }
    refusals.extend(r8_rascunho_livre(command, facts.rascunho.as_ref(), rules));
    refusals.extend(r9_r10_referencia(command, facts));
    refusals.extend(r11_um_adolescente(command));
    if command.tipo == Some(TipoProcesso::Execucao) {
        refusals.extend(r12_uma_execucao_ativa(facts.execucao_ativa.as_ref(), rules));
    }
    refusals.extend(unknown_adolescentes(&command.adolescentes, facts));
    refusals.extend(r23_responsavel(&command.magistrado).map(|r| r.at(["magistrado", "cpf"])));
    refusals.extend(r23_responsavel(&command.serventuario).map(|r| r.at(["serventuario", "cpf"])));

    let mut warnings = Vec::new();
    match r11_vinculado_na_referencia(command, facts) {
        Some(refusal) if rules.exigir_vinculo_na_referencia => refusals.push(refusal),
        Some(refusal) => warnings.push(format!("adolescentes: {}", refusal.mensagem)),
        None => {}
    }
    CadastroVerdict { refusals, warnings }
}

/// The processo to insert, once [`cadastro`] returned no refusal. `None` when a mandatory field is
/// missing or an adolescente is unknown.
pub fn accepted(mut command: CadastrarProcesso, facts: &Facts) -> Option<NewProcesso> {
    let known = |item: &Option<Identificador>| facts.known.get(item.as_ref()?).copied();
    Some(NewProcesso {
        adolescentes: command.adolescentes.iter().map(known).collect::<Option<_>>()?,
        numero: command.numero.take()?,
        tipo: command.tipo?,
        id_orgao: command.id_orgao?,
        app_name_sistema_tribunal: command.app_name_sistema_tribunal.take()?,
        command,
    })
}

/// R3: the fields that a registration must have.
pub fn r3_obrigatorios(command: &CadastrarProcesso) -> impl Iterator<Item = Refusal> {
    let adolescentes = (!command.adolescentes.is_empty()).then_some(&command.adolescentes);
    [
        required(command.numero.as_ref(), "R3").map(|r| r.at(["numero"])),
        required(command.tipo.as_ref(), "R3").map(|r| r.at(["tipo"])),
        required(adolescentes, "R3").map(|r| r.at(["adolescentes"])),
        required(command.id_orgao.as_ref(), "R3").map(|r| r.at(["idOrgao"])),
        required(command.app_name_sistema_tribunal.as_ref(), "R3")
            .map(|r| r.at(["appNameSistemaTribunal"])),
    ]
    .into_iter()
    .flatten()
}

/// R3: the list names each adolescente once.
pub fn r3_adolescentes_sem_repeticao(
    list: &[Option<Identificador>],
) -> impl Iterator<Item = Refusal> {
    let repeated = move |i: usize| list[i].is_some() && list[..i].contains(&list[i]);
    (0..items(list).len()).filter(move |&i| repeated(i)).map(|i| {
        Refusal::new(CodigoErro::CampoInvalido, "R3", "o adolescente se repete na lista")
            .at_item("adolescentes", i)
            .hint("mande cada identificador uma só vez")
    })
}

/// R4: the check digits are right. The rule holds unless the setting `verificar_digito` is off, as
/// for legacy loads.
pub fn r4_digito(numero: &NumeroProcesso, rules: RuleSwitches) -> Option<Refusal> {
    let expected = numero.expected_digit();
    (rules.verificar_digito && numero.digit() != expected).then(|| {
        let message = "o dígito verificador do número do processo não confere";
        Refusal::new(CodigoErro::NumeroDigitoInvalido, "R4", message)
            .hint(format!("o dígito esperado é {expected:02}; confira o número"))
    })
}

/// R5: refuses a number of another tribunal than the caller's. With `exigir_numero_do_tribunal`
/// off, refuses only a number of no existing tribunal.
pub fn r5_do_tribunal(
    numero: &NumeroProcesso,
    tribunal: i16,
    rules: RuleSwitches,
) -> Option<Refusal> {
    let of_numero = numero.tribunal_code();
    let refused = match rules.exigir_numero_do_tribunal {
        true => of_numero != tribunal,
        false => Tribunal::by_code(of_numero).is_none(),
    };
    refused.then(|| {
        let describe = |code: i16| match Tribunal::by_code(code) {
            Some(t) => format!("{} (8.{})", t.sigla, t.tr),
            None => format!("{}.{:02}, que não é da justiça estadual", code / 100, code % 100),
        };
        let message = format!(
            "o número é do tribunal {} e quem chama é do {}",
            describe(of_numero),
            describe(tribunal)
        );
        Refusal::new(CodigoErro::NumeroDeOutroTribunal, "R5", message)
            .at(["numero"])
            .hint("cadastre com a credencial do tribunal do processo")
    })
}

/// R6: a number identifies one processo, archived or not, with or without punctuation.
pub fn r6_numero_livre(numero: &NumeroProcesso, taken: bool) -> Option<Refusal> {
    taken.then(|| {
        let mut refusal =
            Refusal::new(CodigoErro::ProcessoJaExiste, "R6", "Processo já existe na base de dados")
                .at(["numero"])
                .hint("consulte o processo pelo número; não o cadastre de novo");
        refusal.processo = Some(numero.digits().to_owned());
        refusal
    })
}

/// R7: the órgão is a positive integer.
pub fn r7_orgao_positivo(id_orgao: Option<i32>) -> Option<Refusal> {
    (id_orgao? < 1).then(|| {
        Refusal::new(CodigoErro::CampoInvalido, "R7", "o idOrgao vai de 1 a 2147483647")
            .at(["idOrgao"])
    })
}

/// R8: the code is that of a rascunho of the tribunal that no processo has consumed. With
/// `exigir_rascunho` off, the code is any text of the tribunal's system.
pub fn r8_rascunho_livre(
    command: &CadastrarProcesso,
    rascunho: Option<&Rascunho>,
    rules: RuleSwitches,
) -> Option<Refusal> {
    let code = command.id_processo_sistema_externo.as_ref()?;
    if !rules.exigir_rascunho || readable_external_code(code).is_some() {
        return None;
    }
    let refusal = |message| {
        Refusal::new(CodigoErro::RascunhoInvalido, "R8", message)
            .at(["idProcessoSistemaExterno"])
            .hint("registre outro rascunho e mande o código dele, ou omita o campo")
    };
    match rascunho {
        None => Some(refusal("o rascunho não está registrado")),
        Some(Rascunho { consumido_em: Some(_), .. }) => {
            Some(refusal("o rascunho já se transformou em processo").as_conflict())
        }
        Some(_) => None,
    }
}

/// R9, R10: an execução names the apuração that it comes from, of any tribunal. On an apuração, the
/// reference is only information.
pub fn r9_r10_referencia(command: &CadastrarProcesso, facts: &Facts) -> Option<Refusal> {
    if command.tipo != Some(TipoProcesso::Execucao) {
        return None;
    }
    let (rule, message) = match &command.referencia {
        None => ("R9", "a execução exige o número da apuração de origem"),
        Some(referencia) if Some(referencia) == command.numero.as_ref() => {
            ("R9", "a execução não pode referenciar a si mesma")
        }
        Some(_) if !facts.referencia_is_apuracao => {
            ("R10", "o processo de referência não está cadastrado ou não é uma apuração")
        }
        Some(_) => return None,
    };
    Some(
        Refusal::new(CodigoErro::ReferenciaInvalida, rule, message)
            .at(["referencia"])
            .hint("informe o número de uma apuração já cadastrada"),
    )
}

/// R11: an execução has at most one adolescente. R3 refuses an empty list.
pub fn r11_um_adolescente(command: &CadastrarProcesso) -> Option<Refusal> {
    (command.tipo == Some(TipoProcesso::Execucao) && command.adolescentes.len() > 1).then(|| {
        let message = "a execução admite um único adolescente";
        Refusal::new(CodigoErro::ExecucaoAdmiteUmAdolescente, "R11", message)
            .at(["adolescentes"])
            .hint("cadastre uma execução por adolescente")
    })
}

/// R12: an adolescente serves one execução at a time in the tribunal; a court that unifies measures
/// archives the other execuções. `ativa` is the execução that is active now. The rule holds unless
/// the setting `exigir_execucao_unica` is off.
pub fn r12_uma_execucao_ativa(
    ativa: Option<&NumeroProcesso>,
    rules: RuleSwitches,
) -> Option<Refusal> {
    let ativa = ativa.filter(|_| rules.exigir_execucao_unica)?;
    let message = format!("Adolescente já possui processo de execução ativo, o {ativa}");
    let mut refusal = Refusal::new(CodigoErro::ExecucaoAtiva, "R12", message)
        .at(["adolescentes"])
        .hint(format!("arquive antes a execução {ativa}, ou unifique as medidas nela"));
    refusal.processo = Some(ativa.digits().to_owned());
    Some(refusal)
}

/// R11: the adolescente of an execução has or had a vínculo to its apuração. By default a violation
/// is a warning, because the clerk may edit the parties.
pub fn r11_vinculado_na_referencia(command: &CadastrarProcesso, facts: &Facts) -> Option<Refusal> {
    if command.tipo != Some(TipoProcesso::Execucao) {
        return None;
    }
    let [Some(identificador)] = command.adolescentes.as_slice() else { return None };
    let id = facts.known.get(identificador)?;
    (!facts.vinculados_in_referencia.as_ref()?.contains(id)).then(|| {
        let message = "o adolescente não tem vínculo com a apuração de referência";
        Refusal::new(CodigoErro::CampoInvalido, "R11", message)
            .at_item("adolescentes", 0)
            .hint("vincule o adolescente à apuração antes")
    })
}

/// An unknown identificador is an error here, because only `vincularAdolescente` registers an
/// identificador that the client gives (R14).
fn unknown_adolescentes(
    list: &[Option<Identificador>],
    facts: &Facts,
) -> impl Iterator<Item = Refusal> {
    let present = items(list).iter().enumerate();
    let present = present.filter_map(|(i, item)| Some((i, item.as_ref()?)));
    present.filter(|(_, identificador)| !facts.known.contains_key(identificador)).map(
        |(i, identificador)| {
            let message = format!("Adolescente não encontrado: {identificador}");
            Refusal::new(CodigoErro::AdolescenteNaoEncontrado, "R3", message)
                .at_item("adolescentes", i)
                .hint("cadastre o adolescente antes")
                .in_body()
        },
    )
}

fn r23_responsavel(responsavel: &Responsavel) -> Option<Refusal> {
    r23_cpf_valido(responsavel.cpf.as_ref())
}

/// Checks the form of a rascunho code: at most 100 characters, none of them a control character. A
/// code that fails must not reach the database.
pub fn readable_external_code(code: &str) -> Option<Refusal> {
    text(Some(code), MAX_EXTERNAL_ID_LEN).map(|refusal| refusal.at(["idProcessoSistemaExterno"]))
}

fn formats(command: &CadastrarProcesso) -> impl Iterator<Item = Refusal> {
    let excess = list_too_long(&command.adolescentes).map(|r| r.at(["adolescentes"]));
    let check_nome =
        |responsavel: &Responsavel| field::check_name(responsavel.nome.as_deref(), MAX_NOME);
    [
        excess,
        field::check_name(command.app_name_sistema_tribunal.as_deref(), MAX_APP_NAME_LEN)
            .map(|r| r.at(["appNameSistemaTribunal"])),
        command.id_processo_sistema_externo.as_deref().and_then(readable_external_code),
        check_nome(&command.magistrado).map(|r| r.at(["magistrado", "nome"])),
        check_nome(&command.serventuario).map(|r| r.at(["serventuario", "nome"])),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests;
