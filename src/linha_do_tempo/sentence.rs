//! What happened, as a sentence.

use super::{Acontecimento, TipoDeAcontecimento as Tipo};
use crate::adolescente::Adolescente;
use crate::evento::{Evento, MudancaDeCampo};
use crate::guia::{Guia, MotivoBaixaGuia, TipoGuia};
use crate::processo::{Ligacao, Processo, TipoProcesso};

/// What is known of the objects; none where they are not there to see.
#[derive(Default)]
pub struct Partes<'p> {
    pub evento: Option<&'p Evento>,
    pub processo: Option<&'p Processo>,
    pub adolescente: Option<&'p Adolescente>,
    pub guia: Option<&'p Guia>,
    pub vinculo: Option<&'p Ligacao>,
}

pub fn frase(este: &Acontecimento, partes: &Partes<'_>) -> String {
    let (processo, quem) = (processo(partes.processo), quem(partes.adolescente));
    match este.tipo {
        Tipo::ProcessoCadastrado => match partes.processo.map(|processo| processo.tipo) {
            Some(TipoProcesso::Execucao) => format!("{} cadastrada.", maiuscula(&processo)),
            _ => format!("{} cadastrado.", maiuscula(&processo)),
        },
        Tipo::SituacaoAlterada => situacao(&processo, partes),
        Tipo::ResponsaveisAtualizados => responsaveis(&processo, partes.evento),
        Tipo::AdolescenteCadastrado => format!("Cadastro de {quem} criado."),
        Tipo::AdolescenteAtualizado => match partes.evento.map(|evento| evento.campos.join(", ")) {
            Some(campos) if !campos.is_empty() => format!("Cadastro de {quem} alterado: {campos}."),
            _ => format!("Cadastro de {quem} alterado."),
        },
        Tipo::VinculoIniciado => {
            format!("Vínculo de {quem} com {} {processo} iniciado.", artigo(partes.processo))
        }
        Tipo::VinculoEncerrado => {
            let motivo = partes.vinculo.and_then(|ligacao| ligacao.vinculo.motivo.as_deref());
            let motivo = motivo.map(|motivo| format!(": {}", motivo.trim_end_matches('.')));
            let motivo = motivo.unwrap_or_default();
            format!(
                "Vínculo de {quem} com {} {processo} encerrado{motivo}.",
                artigo(partes.processo)
            )
        }
        Tipo::GuiaEmitida => format!("{} emitida para {quem}.", guia(partes.guia)),
        Tipo::GuiaBaixada => {
            let motivo = partes.guia.and_then(|guia| guia.motivo_baixa).map(motivo_da_baixa);
            let motivo = motivo.map(|motivo| format!(": {motivo}"));
            format!("{} de {quem} baixada{}.", guia(partes.guia), motivo.unwrap_or_default())
        }
        Tipo::Tramite => {
            let idt = este.idt.map_or_else(String::new, |idt| format!(" {idt}"));
            let situacao = situacao_do_tramite(este.situacao);
            format!("Trâmite{idt} d{} {processo}: {situacao}.", artigo(partes.processo))
        }
    }
}

fn processo(processo: Option<&Processo>) -> String {
    match processo {
        Some(processo) => match processo.tipo {
            TipoProcesso::Apuracao => format!("processo de apuração {}", processo.numero),
            TipoProcesso::Execucao => format!("execução {}", processo.numero),
        },
        None => "processo".to_owned(),
    }
}

const fn artigo(processo: Option<&Processo>) -> char {
    match processo {
        Some(Processo { tipo: TipoProcesso::Execucao, .. }) => 'a',
        _ => 'o',
    }
}

fn quem(adolescente: Option<&Adolescente>) -> String {
    match adolescente {
        Some(adolescente) => adolescente
            .resumo()
            .nome_exibicao()
            .unwrap_or_else(|| format!("adolescente {}", adolescente.identificador)),
        None => "adolescente".to_owned(),
    }
}

fn guia(guia: Option<&Guia>) -> String {
    let Some(guia) = guia else { return "Guia".to_owned() };
    let especie = match guia.tipo {
        TipoGuia::Provisoria => "provisória",
        TipoGuia::Definitiva => "definitiva",
        TipoGuia::InternacaoSancao => "de internação-sanção",
        TipoGuia::Unificadora => "unificadora",
    };
    format!("Guia {especie} {}", guia.numero)
}

const fn motivo_da_baixa(motivo: MotivoBaixaGuia) -> &'static str {
    match motivo {
        MotivoBaixaGuia::Convertida => "convertida em definitiva",
        MotivoBaixaGuia::Unificada => "absorvida por uma unificadora",
        MotivoBaixaGuia::Substituida => "medida substituída",
        MotivoBaixaGuia::Extinta => "medida extinta",
        MotivoBaixaGuia::Maioridade => "completou 21 anos",
    }
}

fn mudanca<'e>(evento: Option<&'e Evento>, campo: &str) -> Option<&'e MudancaDeCampo> {
    evento?.mudancas.iter().find(|mudanca| mudanca.campo == campo)
}

/// Eventos of before what changed was kept say only that it did.
fn situacao(processo: &str, partes: &Partes<'_>) -> String {
    let o = |masculino: &'static str, feminino: &'static str| match partes.processo {
        Some(Processo { tipo: TipoProcesso::Execucao, .. }) => feminino,
        _ => masculino,
    };
    let para = mudanca(partes.evento, "situacao").and_then(|mudanca| mudanca.para.as_deref());
    match para {
        Some("ARQUIVADO") => format!("{} {}.", maiuscula(processo), o("arquivado", "arquivada")),
        Some("ATIVO") => format!("{} {}.", maiuscula(processo), o("reativado", "reativada")),
        _ => format!("{}: situação alterada.", maiuscula(processo)),
    }
}

fn responsaveis(processo: &str, evento: Option<&Evento>) -> String {
    let uma = |campo, papel| {
        let mudanca = mudanca(evento, campo)?;
        let nome = |nome: &Option<String>| nome.clone().unwrap_or_else(|| "ninguém".to_owned());
        Some(format!("{papel}, de {} para {}", nome(&mudanca.de), nome(&mudanca.para)))
    };
    let ditas = [uma("magistrado.nome", "magistrado"), uma("serventuario.nome", "serventuário")];
    let ditas: Vec<_> = ditas.into_iter().flatten().collect();
    match ditas.is_empty() {
        true => format!("{}: responsáveis alterados.", maiuscula(processo)),
        false => format!("{}: {}.", maiuscula(processo), ditas.join("; ")),
    }
}

const fn situacao_do_tramite(situacao: Option<i16>) -> &'static str {
    match situacao {
        Some(1) => "enviado, à espera dos arquivos",
        Some(2) => "à espera do destinatário",
        Some(3) => "metadados recebidos pelo destinatário",
        Some(4) => "arquivos recebidos pelo destinatário",
        Some(5) => "recibo enviado pelo destinatário",
        Some(6) => "recibo recebido pelo remetente",
        Some(7) => "cancelado pelo remetente",
        Some(8) => "recusado pelo destinatário",
        Some(9) => "recusado, com ciência do remetente",
        Some(10) => "cancelado por ficar parado",
        _ => "situação alterada",
    }
}

fn maiuscula(texto: &str) -> String {
    let mut letras = texto.chars();
    letras.next().map_or_else(String::new, |letra| letra.to_uppercase().chain(letras).collect())
}
