//! Rules on changing a processo: its responsáveis (R13), its vínculos (R14 to R18) and its
//! visibility (R1).

use crate::adolescente::Identificador;
use crate::adolescente::rules::r23_cpf_valido;
use crate::error::{CodigoErro, Refusal};
use crate::processo::{
    AtualizarResponsaveis, NumeroProcesso, Processo, ResponsavelChange, SituacaoProcesso,
    TipoProcesso,
};
use crate::value::field;
use crate::value::rules::RuleSwitches;
use std::borrow::Cow;

/// Facts from the database about a processo and an adolescente, read while both rows are locked.
#[derive(Debug, Clone, Default)]
pub struct VinculoFacts {
    /// Whether an open vínculo joins the two.
    pub ativo: bool,
    /// Number of adolescentes with an open vínculo to the processo.
    pub adolescentes: usize,
    /// The active execução of the adolescente in the tribunal, if any.
    pub execucao_ativa: Option<NumeroProcesso>,
}

/// R15: the conditions for a new vínculo. An active execução alone does not block the vínculo,
/// because an adolescente who already serves a measure may be a party of a new apuração.
pub fn r15_vincular(processo: &Processo, facts: &VinculoFacts) -> Vec<Refusal> {
    let mut refusals = apuracao_ativa(processo, "R15");
    if facts.ativo {
        let message: Cow<'static, str> = match &facts.execucao_ativa {
            None => "Adolescente já vinculado ao processo".into(),
            Some(execucao) => {
                format!("Adolescente já vinculado ao processo e com execução ativa, a {execucao}")
                    .into()
            }
        };
        let refusal = Refusal::new(CodigoErro::VinculoJaAtivo, "R15", message);
        let refusal = refusal.at(["adolescente"]).hint("nada a fazer: o vínculo já existe");
        refusals.push(with_processo(refusal, facts.execucao_ativa.as_ref()));
    }
    refusals
}

/// R16 to R18: the conditions for ending a vínculo. Ending a vínculo never registers an
/// adolescente.
pub fn r16_r18_desvincular(processo: &Processo, facts: &VinculoFacts) -> Vec<Refusal> {
    let mut refusals = apuracao_ativa(processo, "R16");
    if processo.tipo != TipoProcesso::Apuracao {
        return refusals;
    }
    if !facts.ativo {
        refusals.push(
            Refusal::new(CodigoErro::VinculoNaoEncontrado, "R17", "Vínculo não encontrado")
                .at(["adolescente"])
                .hint("não há vínculo ativo a encerrar"),
        );
        return refusals;
    }
    if let Some(execucao) = &facts.execucao_ativa {
        let message = format!("Adolescente possui execução ativa, a {execucao}");
        let refusal = Refusal::new(CodigoErro::ExecucaoAtiva, "R16", message);
        let refusal = refusal.at(["adolescente"]).hint("arquive a execução antes");
        refusals.push(with_processo(refusal, Some(execucao)));
    }
    if facts.adolescentes == 1 {
        refusals.push(
            Refusal::new(CodigoErro::UltimoAdolescente, "R18", "Processo ficaria sem adolescente")
                .at(["adolescente"])
                .hint("vincule outro adolescente antes, ou arquive o processo"),
        );
    }
    refusals
}

/// R15, R16: vínculos change only on an apuração that is not archived.
fn apuracao_ativa(processo: &Processo, rule: &'static str) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if processo.tipo != TipoProcesso::Apuracao {
        let message = "Processo não é de apuração de ato infracional";
        refusals.push(
            Refusal::new(CodigoErro::TipoDeProcessoIncompativel, rule, message)
                .at(["processo"])
                .hint("os vínculos de uma execução não mudam; use a apuração de origem"),
        );
    }
    if processo.situacao != SituacaoProcesso::Ativo {
        refusals.push(
            Refusal::new(CodigoErro::ProcessoArquivado, rule, "Processo não está ativo")
                .at(["processo"])
                .hint("reative o processo antes"),
        );
    }
    refusals
}

fn with_processo(mut refusal: Refusal, processo: Option<&NumeroProcesso>) -> Refusal {
    refusal.processo = processo.map(|numero| numero.digits().to_owned());
    refusal
}

/// R1: the processo to change exists and is visible. A processo of another tribunal and one that
/// does not exist get the same answer.
pub fn r1_processo_visivel() -> Refusal {
    Refusal::new(CodigoErro::ProcessoNaoEncontrado, "R1", "Processo não encontrado")
        .at(["processo"])
        .hint("confira o número")
}

/// R1, R4: the refusal for a number that was not found. If its check digits are wrong, the refusal
/// says so. The caller searches first and then checks the digits, because a legacy load may have
/// registered such a number.
pub fn r1_r4_processo_do_numero(numero: &NumeroProcesso, rules: RuleSwitches) -> Refusal {
    match super::r4_digito(numero, rules) {
        Some(refusal) => refusal.at(["processo"]),
        None => r1_processo_visivel(),
    }
}

/// R14: a new vínculo registers an identificador that the tribunal does not know. Without data, the
/// record is pending. If the setting `registrar_pendente` is off, this refuses a vínculo without
/// data, because a typing error would enter a person who does not exist in a register of criminal
/// justice.
pub fn r14_desconhecido(
    identificador: &Identificador,
    has_dados: bool,
    rules: RuleSwitches,
) -> Option<Refusal> {
    (!has_dados && !rules.registrar_pendente).then(|| {
        let message = format!("Adolescente não encontrado: {identificador}");
        Refusal::new(CodigoErro::AdolescenteNaoEncontrado, "R14", message)
            .at(["adolescente"])
            .hint("confira o identificador, ou mande os dados para o cadastrar")
    })
}

/// R13, R23: the checks of the names and CPFs that an update of the responsáveis sets.
pub fn r13_responsaveis(command: &AtualizarResponsaveis) -> Vec<Refusal> {
    let check_cpf = |person: &ResponsavelChange| r23_cpf_valido(person.cpf.new_value());
    let check_nome = |person: &ResponsavelChange| {
        field::check_name(person.nome.new_value().map(String::as_str), super::MAX_NOME)
    };
    [
        check_nome(&command.magistrado).map(|r| r.at(["magistrado", "nome"])),
        check_cpf(&command.magistrado).map(|r| r.at(["magistrado", "cpf"])),
        check_nome(&command.serventuario).map(|r| r.at(["serventuario", "nome"])),
        check_cpf(&command.serventuario).map(|r| r.at(["serventuario", "cpf"])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// R17: the reason for ending a vínculo has at most 500 characters.
pub fn r17_motivo(motivo: Option<&str>) -> Option<Refusal> {
    const MAX_MOTIVO: usize = 500;
    field::multiline_text(motivo, MAX_MOTIVO).map(|refusal| refusal.at(["motivo"]))
}
