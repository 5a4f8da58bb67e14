//! Words and numbers of the JSON, as people read them.

use crate::processo::NumeroProcesso;
use crate::value::cpf::Cpf;

/// What a program reads, as people read it.
pub fn readable(name: &str, value: &str) -> String {
    match name {
        "numeroProcesso" => value.parse::<NumeroProcesso>().map_or(value.into(), |n| n.to_string()),
        "cpf" | "magistradoCPF" | "serventuarioCPF" if value.parse::<Cpf>().is_ok() => {
            format!("{}.{}.{}-{}", &value[..3], &value[3..6], &value[6..9], &value[9..])
        }
        "situacaoProcesso" if value == "ATIVO" => "Ativo".into(),
        "prazo" if value == "1" => "1 dia".into(),
        "prazo" if !value.is_empty() => format!("{value} dias"),
        _ => word(value).unwrap_or(value).to_owned(),
    }
}

/// The words of closed lists, with accents.
fn word(text: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 36] = [
        ("PROVISORIA", "Provisória"),
        ("DEFINITIVA", "Definitiva"),
        ("INTERNACAO_SANCAO", "Internação-sanção"),
        ("UNIFICADORA", "Unificadora"),
        ("ATIVO", "Em vigor"),
        ("BAIXADA", "Baixada"),
        ("ARQUIVADO", "Arquivado"),
        ("CONVERTIDA", "Convertida"),
        ("UNIFICADA", "Unificada"),
        ("SUBSTITUIDA", "Substituída"),
        ("EXTINTA", "Extinta"),
        ("MAIORIDADE", "Completou 21 anos"),
        ("SENTENCA_HOMOLOGATORIA", "Sentença homologatória"),
        ("SENTENCA_CONDENATORIA", "Sentença condenatória"),
        ("DECISAO_INTERNACAO_SANCAO", "Decisão de internação-sanção"),
        ("PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL", "Apuração de ato infracional"),
        ("EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS", "Execução de medidas socioeducativas"),
        ("MASCULINO", "Masculino"),
        ("FEMININO", "Feminino"),
        ("INTERSEXO", "Intersexo"),
        ("MULHER_CIS", "Mulher cis"),
        ("HOMEM_CIS", "Homem cis"),
        ("MULHER_TRANS", "Mulher trans"),
        ("HOMEM_TRANS", "Homem trans"),
        ("TRAVESTI", "Travesti"),
        ("PESSOA_NAO_BINARIA", "Pessoa não binária"),
        ("NAO_INFORMADO", "Não informado"),
        ("ASSEXUAL", "Assexual"),
        ("BISSEXUAL_PANSEXUAL", "Bissexual ou pansexual"),
        ("HETEROSSEXUAL", "Heterossexual"),
        ("HOMOSSEXUAL", "Homossexual"),
        ("BRANCA", "Branca"),
        ("PRETA", "Preta"),
        ("AMARELA", "Amarela"),
        ("PARDA", "Parda"),
        ("INDIGENA", "Indígena"),
    ];
    WORDS.iter().find(|(written, _)| *written == text).map(|(_, read)| *read)
}

#[cfg(test)]
mod tests {
    use super::super::ESPECIES;
    use super::*;
    use crate::adolescente::{IdentidadeGenero, OrientacaoSexual, RacaCor, SexoBiologico};
    use crate::guia::{MotivoBaixaGuia, OrigemGuia, SituacaoGuia, TipoGuia};
    use crate::processo::{SituacaoProcesso, TipoProcesso};

    #[test]
    fn every_word_of_a_closed_list_is_one_that_people_read() {
        let words = [
            TipoGuia::TODOS.iter().map(|v| v.texto()).collect::<Vec<_>>(),
            SituacaoGuia::TODOS.iter().map(|v| v.texto()).collect(),
            MotivoBaixaGuia::TODOS.iter().map(|v| v.texto()).collect(),
            OrigemGuia::TODOS.iter().map(|v| v.texto()).collect(),
            TipoProcesso::TODOS.iter().map(|v| v.texto()).collect(),
            SituacaoProcesso::TODOS.iter().map(|v| v.texto()).collect(),
            SexoBiologico::TODOS.iter().map(|v| v.texto()).collect(),
            IdentidadeGenero::TODOS.iter().map(|v| v.texto()).collect(),
            OrientacaoSexual::TODOS.iter().map(|v| v.texto()).collect(),
            RacaCor::TODOS.iter().map(|v| v.texto()).collect(),
        ];
        for written in words.concat() {
            assert!(word(written).is_some(), "{written}");
        }
        assert_eq!(ESPECIES.map(|(tipo, ..)| tipo), TipoGuia::TODOS);
        for (tipo, in_path, _) in ESPECIES {
            assert_eq!(tipo.texto(), in_path.to_uppercase().replace('-', "_"));
        }
    }

    #[test]
    fn numbers_are_written_with_their_masks() {
        assert_eq!(readable("cpf", "52998224725"), "529.982.247-25");
        assert_eq!(readable("numeroProcesso", "80000967220228200001"), "8000096-72.2022.8.20.0001");
        assert_eq!(
            (readable("prazo", "1"), readable("prazo", "90")),
            ("1 dia".into(), "90 dias".into())
        );
        assert_eq!(readable("prazo", ""), "");
    }
}
