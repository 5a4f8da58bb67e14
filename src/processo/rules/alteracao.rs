//! The rules on changing a processo: its version, its situação (R19 to R21), its links (R14 to R18).

use crate::adolescente::Identificador;
use crate::adolescente::rules::r23_cpf_valido;
use crate::error::{CodigoErro, Recusa};
use crate::processo::{
    AtualizarResponsaveis, MudancaDeResponsavel, NumeroProcesso, Processo, SituacaoProcesso,
    TipoProcesso,
};
use crate::value::field;
use crate::value::regras::Regras;
use std::borrow::Cow;

/// What the database knows of a pair, under the locks of both.
#[derive(Debug, Clone, Default)]
pub struct FatosDoVinculo {
    /// There is an open link between the two.
    pub ativo: bool,
    /// How many adolescentes the processo has, by open links.
    pub adolescentes: usize,
    /// The active execução of the adolescente in the tribunal, if there is one.
    pub execucao_ativa: Option<NumeroProcesso>,
}

/// R15: what must hold to link. An active execução alone does not block: a new
/// apuração of who already serves a measure is what R12 exists for.
pub fn r15_vincular(processo: &Processo, fatos: &FatosDoVinculo) -> Vec<Recusa> {
    let mut recusas = apuracao_ativa(processo, "R15");
    if fatos.ativo {
        let mensagem: Cow<'static, str> = match &fatos.execucao_ativa {
            None => "Adolescente já vinculado ao processo".into(),
            Some(execucao) => {
                format!("Adolescente já vinculado ao processo e com execução ativa, a {execucao}")
                    .into()
            }
        };
        let recusa = Recusa::nova(CodigoErro::VinculoJaAtivo, "R15", mensagem);
        let recusa = recusa.em(["adolescente"]).oriente("nada a fazer: o vínculo já existe");
        recusas.push(por(recusa, fatos.execucao_ativa.as_ref()));
    }
    recusas
}

/// R16 to R18: what must hold to end a link. It never registers anyone.
pub fn r16_r18_desvincular(processo: &Processo, fatos: &FatosDoVinculo) -> Vec<Recusa> {
    let mut recusas = apuracao_ativa(processo, "R16");
    if processo.tipo != TipoProcesso::Apuracao {
        return recusas;
    }
    if !fatos.ativo {
        recusas.push(
            Recusa::nova(CodigoErro::VinculoNaoEncontrado, "R17", "Vínculo não encontrado")
                .em(["adolescente"])
                .oriente("não há vínculo ativo a encerrar"),
        );
        return recusas;
    }
    if let Some(execucao) = &fatos.execucao_ativa {
        let mensagem = format!("Adolescente possui execução ativa, a {execucao}");
        let recusa = Recusa::nova(CodigoErro::ExecucaoAtiva, "R16", mensagem);
        let recusa = recusa.em(["adolescente"]).oriente("arquive a execução antes");
        recusas.push(por(recusa, Some(execucao)));
    }
    if fatos.adolescentes == 1 {
        recusas.push(
            Recusa::nova(CodigoErro::UltimoAdolescente, "R18", "Processo ficaria sem adolescente")
                .em(["adolescente"])
                .oriente("vincule outro adolescente antes, ou arquive o processo"),
        );
    }
    recusas
}

/// R15, R16: links change on an apuração that is not archived.
fn apuracao_ativa(processo: &Processo, regra: &'static str) -> Vec<Recusa> {
    let mut recusas = Vec::new();
    if processo.tipo != TipoProcesso::Apuracao {
        let mensagem = "Processo não é de apuração de ato infracional";
        recusas.push(
            Recusa::nova(CodigoErro::TipoDeProcessoIncompativel, regra, mensagem)
                .em(["processo"])
                .oriente("os vínculos de uma execução não mudam; use a apuração de origem"),
        );
    }
    if processo.situacao != SituacaoProcesso::Ativo {
        recusas.push(
            Recusa::nova(CodigoErro::ProcessoArquivado, regra, "Processo não está ativo")
                .em(["processo"])
                .oriente("reative o processo antes"),
        );
    }
    recusas
}

fn por(mut recusa: Recusa, processo: Option<&NumeroProcesso>) -> Recusa {
    recusa.processo = processo.map(|numero| numero.digitos().to_owned());
    recusa
}

/// What is changed must be there: foreign and absent are one answer (R1).
pub fn r1_processo_visivel() -> Recusa {
    Recusa::nova(CodigoErro::ProcessoNaoEncontrado, "R1", "Processo não encontrado")
        .em(["processo"])
        .oriente("confira o número")
}

/// R1, R4: what a number names and is not there. A number whose check digits are wrong is told to
/// be so, after it was looked for: a legacy load may have one.
pub fn r1_r4_processo_do_numero(numero: &NumeroProcesso, regras: Regras) -> Recusa {
    match super::r4_digito(numero, regras) {
        Some(recusa) => recusa.em(["processo"]),
        None => r1_processo_visivel(),
    }
}

/// R14: an identificador that the tribunal does not know is registered by the
/// link, pending when no data come with it; switchable, because a typo makes a
/// ghost in a register of criminal justice.
pub fn r14_desconhecido(
    identificador: &Identificador,
    ha_dados: bool,
    regras: Regras,
) -> Option<Recusa> {
    (!ha_dados && !regras.registrar_pendente).then(|| {
        let mensagem = format!("Adolescente não encontrado: {identificador}");
        Recusa::nova(CodigoErro::AdolescenteNaoEncontrado, "R14", mensagem)
            .em(["adolescente"])
            .oriente("confira o identificador, ou mande os dados para o cadastrar")
    })
}

/// R13, R23: what an update of the responsáveis brings.
pub fn r13_responsaveis(comando: &AtualizarResponsaveis) -> Vec<Recusa> {
    let cpf = |pessoa: &MudancaDeResponsavel| r23_cpf_valido(pessoa.cpf.novo());
    let nome = |pessoa: &MudancaDeResponsavel| {
        field::nome(pessoa.nome.novo().map(String::as_str), super::NOME_MAXIMO)
    };
    [
        nome(&comando.magistrado).map(|r| r.em(["magistrado", "nome"])),
        cpf(&comando.magistrado).map(|r| r.em(["magistrado", "cpf"])),
        nome(&comando.serventuario).map(|r| r.em(["serventuario", "nome"])),
        cpf(&comando.serventuario).map(|r| r.em(["serventuario", "cpf"])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// R17: a reason is a short text.
pub fn r17_motivo(motivo: Option<&str>) -> Option<Recusa> {
    const MOTIVO_MAXIMO: usize = 500;
    field::linhas(motivo, MOTIVO_MAXIMO).map(|recusa| recusa.em(["motivo"]))
}
