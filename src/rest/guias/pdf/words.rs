//! Turns the codes and numbers of the JSON into text for people.

use crate::processo::NumeroProcesso;
use crate::value::cpf::Cpf;

/// The value of a JSON field as people read it.
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

/// The text that people read in place of a code of a closed list. `None` if the code is in no list.
/// `ATIVO` is here the situacao of a guia; [`readable`] handles that of a processo.
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
    use super::*;
    use crate::adolescente::{IdentidadeGenero, OrientacaoSexual, RacaCor, SexoBiologico};
    use crate::guia::{MotivoBaixaGuia, OrigemGuia, SituacaoGuia, TipoGuia};
    use crate::processo::{SituacaoProcesso, TipoProcesso};
    use crate::rest::guias::especies::ESPECIES;

    #[test]
    fn every_word_of_a_closed_list_has_a_readable_text() {
        let words = [
            TipoGuia::ALL.iter().map(|v| v.text()).collect::<Vec<_>>(),
            SituacaoGuia::ALL.iter().map(|v| v.text()).collect(),
            MotivoBaixaGuia::ALL.iter().map(|v| v.text()).collect(),
            OrigemGuia::ALL.iter().map(|v| v.text()).collect(),
            TipoProcesso::ALL.iter().map(|v| v.text()).collect(),
            SituacaoProcesso::ALL.iter().map(|v| v.text()).collect(),
            SexoBiologico::ALL.iter().map(|v| v.text()).collect(),
            IdentidadeGenero::ALL.iter().map(|v| v.text()).collect(),
            OrientacaoSexual::ALL.iter().map(|v| v.text()).collect(),
            RacaCor::ALL.iter().map(|v| v.text()).collect(),
        ];
        for written in words.concat() {
            assert!(word(written).is_some(), "{written}");
        }
        assert_eq!(ESPECIES.map(|(tipo, ..)| tipo), TipoGuia::ALL);
        for (tipo, in_path, _) in ESPECIES {
            assert_eq!(tipo.text(), in_path.to_uppercase().replace('-', "_"));
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
