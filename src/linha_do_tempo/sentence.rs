//! Writes an entry of a timeline as a sentence in Portuguese.

use super::{Acontecimento, TipoDeAcontecimento as Kind};
use crate::adolescente::Adolescente;
use crate::evento::{Evento, FieldChange};
use crate::guia::{Guia, MotivoBaixaGuia, TipoGuia};
use crate::processo::{LinkedVinculo, Processo, TipoProcesso};

/// The objects that a sentence names. `None` where the entry concerns no such object or the caller
/// may not see it.
#[derive(Default)]
pub struct Parts<'p> {
    pub evento: Option<&'p Evento>,
    pub processo: Option<&'p Processo>,
    pub adolescente: Option<&'p Adolescente>,
    pub guia: Option<&'p Guia>,
    pub vinculo: Option<&'p LinkedVinculo>,
}

/// The sentence for `this`.
pub fn sentence(this: &Acontecimento, parts: &Parts<'_>) -> String {
    let (processo, who) = (processo(parts.processo), who(parts.adolescente));
    match this.tipo {
        Kind::ProcessoCadastrado => match parts.processo.map(|processo| processo.tipo) {
            Some(TipoProcesso::Execucao) => format!("{} cadastrada.", capitalize(&processo)),
            _ => format!("{} cadastrado.", capitalize(&processo)),
        },
        Kind::SituacaoAlterada => situacao(&processo, parts),
        Kind::ResponsaveisAtualizados => responsaveis(&processo, parts.evento),
        Kind::AdolescenteCadastrado => format!("Cadastro de {who} criado."),
        Kind::AdolescenteAtualizado => match parts.evento.map(|evento| evento.campos.join(", ")) {
            Some(fields) if !fields.is_empty() => format!("Cadastro de {who} alterado: {fields}."),
            _ => format!("Cadastro de {who} alterado."),
        },
        Kind::VinculoIniciado => {
            format!("Vínculo de {who} com {} {processo} iniciado.", article(parts.processo))
        }
        Kind::VinculoEncerrado => {
            let motivo = parts.vinculo.and_then(|linked| linked.vinculo.motivo.as_deref());
            let motivo = motivo.map(|motivo| format!(": {}", motivo.trim_end_matches('.')));
            let motivo = motivo.unwrap_or_default();
            format!(
                "Vínculo de {who} com {} {processo} encerrado{motivo}.",
                article(parts.processo)
            )
        }
        Kind::GuiaEmitida => format!("{} emitida para {who}.", guia(parts.guia)),
        Kind::GuiaBaixada => {
            let motivo = parts.guia.and_then(|guia| guia.motivo_baixa).map(motivo_baixa_text);
            let motivo = motivo.map(|motivo| format!(": {motivo}"));
            format!("{} de {who} baixada{}.", guia(parts.guia), motivo.unwrap_or_default())
        }
        Kind::Tramite => {
            let idt = this.idt.map_or_else(String::new, |idt| format!(" {idt}"));
            let situacao = situacao_do_tramite(this.situacao);
            format!("Trâmite{idt} d{} {processo}: {situacao}.", article(parts.processo))
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

const fn article(processo: Option<&Processo>) -> char {
    match processo {
        Some(Processo { tipo: TipoProcesso::Execucao, .. }) => 'a',
        _ => 'o',
    }
}

fn who(adolescente: Option<&Adolescente>) -> String {
    match adolescente {
        Some(adolescente) => adolescente
            .summary()
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

const fn motivo_baixa_text(motivo: MotivoBaixaGuia) -> &'static str {
    match motivo {
        MotivoBaixaGuia::Convertida => "convertida em definitiva",
        MotivoBaixaGuia::Unificada => "absorvida por uma unificadora",
        MotivoBaixaGuia::Substituida => "medida substituída",
        MotivoBaixaGuia::Extinta => "medida extinta",
        MotivoBaixaGuia::Maioridade => "completou 21 anos",
    }
}

fn change<'e>(evento: Option<&'e Evento>, field: &str) -> Option<&'e FieldChange> {
    evento?.mudancas.iter().find(|change| change.campo == field)
}

/// Says only that the situação changed if the evento holds no value, because it is older than the
/// recording of values.
fn situacao(processo: &str, parts: &Parts<'_>) -> String {
    let by_gender = |masculine: &'static str, feminine: &'static str| match parts.processo {
        Some(Processo { tipo: TipoProcesso::Execucao, .. }) => feminine,
        _ => masculine,
    };
    let to = change(parts.evento, "situacao").and_then(|change| change.para.as_deref());
    match to {
        Some("ARQUIVADO") => {
            format!("{} {}.", capitalize(processo), by_gender("arquivado", "arquivada"))
        }
        Some("ATIVO") => {
            format!("{} {}.", capitalize(processo), by_gender("reativado", "reativada"))
        }
        _ => format!("{}: situação alterada.", capitalize(processo)),
    }
}

fn responsaveis(processo: &str, evento: Option<&Evento>) -> String {
    let describe = |field, papel| {
        let change = change(evento, field)?;
        let nome = |nome: &Option<String>| nome.clone().unwrap_or_else(|| "ninguém".to_owned());
        Some(format!("{papel}, de {} para {}", nome(&change.de), nome(&change.para)))
    };
    let mentioned =
        [describe("magistrado.nome", "magistrado"), describe("serventuario.nome", "serventuário")];
    let mentioned: Vec<_> = mentioned.into_iter().flatten().collect();
    match mentioned.is_empty() {
        true => format!("{}: responsáveis alterados.", capitalize(processo)),
        false => format!("{}: {}.", capitalize(processo), mentioned.join("; ")),
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

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |character| character.to_uppercase().chain(letters).collect())
}
