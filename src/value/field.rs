//! Checks of one text field that every slice shares.

use crate::error::{CodigoErro, Recusa};
use crate::value::characters::{self, Foreign};
use crate::value::time;
use async_graphql::MaybeUndefined;
use chrono::NaiveDate;
use serde::Serialize;
use std::str::FromStr;

/// Blank counts as absent (design of the REST contract); the rest is trimmed.
pub fn preenchido(texto: Option<String>) -> Option<String> {
    let texto = texto?;
    let util = texto.trim();
    match util.len() {
        0 => None,
        n if n == texto.len() => Some(texto),
        _ => Some(util.to_owned()),
    }
}

/// R3, R24: the field must be there.
pub fn obrigatorio<T>(valor: Option<&T>, regra: &'static str) -> Option<Recusa> {
    valor.is_none().then(|| {
        Recusa::nova(CodigoErro::CampoObrigatorio, regra, "o campo é obrigatório")
            .oriente("preencha o campo")
    })
}

/// What a document tells of happened within living memory.
pub fn desde_1900() -> NaiveDate {
    NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default()
}

/// A date that can be, from one day to another; the refusal says which.
pub fn data_entre(
    data: Option<NaiveDate>,
    de: NaiveDate,
    ate: NaiveDate,
    regra: &'static str,
) -> Option<Recusa> {
    (!(de..=ate).contains(&data?)).then(|| {
        let mensagem = format!("a data vai de {} a {}", time::data(de), time::data(ate));
        Recusa::nova(CodigoErro::CampoInvalido, regra, mensagem)
    })
}

/// A text of at most `maximo` characters, none of them a control character:
/// PostgreSQL stores no NUL, and the others only spoil what people read.
pub fn texto(valor: Option<&str>, maximo: usize) -> Option<Recusa> {
    let valor = valor?;
    let mensagem = if valor.chars().count() > maximo {
        format!("o texto tem mais de {maximo} caracteres")
    } else if let Some(letra) = characters::control(valor) {
        format!("o texto tem um caractere de controle: {letra}")
    } else {
        return None;
    };
    Some(Recusa::nova(CodigoErro::CampoInvalido, "forma", mensagem))
}

/// A text that may have several lines, and columns.
pub fn linhas(valor: Option<&str>, maximo: usize) -> Option<Recusa> {
    texto(Some(&numa_linha(valor?)), maximo)
}

/// A name, of somebody or of something: a text of which every character is seen. Others make
/// two names that look the same and are not.
pub fn nome(valor: Option<&str>, maximo: usize) -> Option<Recusa> {
    texto(valor, maximo).or_else(|| {
        let letra = characters::hidden(valor?)?;
        let mensagem = format!("o nome tem um caractere que não se vê: {letra}");
        let recusa = Recusa::nova(CodigoErro::CampoInvalido, "forma", mensagem);
        Some(recusa.oriente("retire-o: costuma vir de um texto copiado"))
    })
}

/// The same, of what is pasted in several lines.
pub fn nome_em_linhas(valor: Option<&str>, maximo: usize) -> Option<Recusa> {
    nome(Some(&numa_linha(valor?)), maximo)
}

fn numa_linha(texto: &str) -> String {
    texto.replace(['\n', '\r', '\t'], " ")
}

/// Longer than any list of a real processo.
pub const ITENS_MAXIMO: usize = 100;

/// The items to be judged: all of a list or, of one that is too long, none. That
/// is told once; a refusal for each item would be larger than the list.
pub fn itens<T>(lista: &[T]) -> &[T] {
    if lista.len() > ITENS_MAXIMO { &[] } else { lista }
}

/// A list has at most a hundred items.
pub fn lista_longa<T>(lista: &[T]) -> Option<Recusa> {
    (lista.len() > ITENS_MAXIMO).then(|| {
        let mensagem = format!("a lista tem mais de {ITENS_MAXIMO} itens");
        Recusa::nova(CodigoErro::CampoInvalido, "forma", mensagem)
    })
}

/// The row is still the one that the client read.
pub fn versao_esperada(atual: i32, esperada: Option<i32>) -> Option<Recusa> {
    (esperada? != atual).then(|| {
        let mensagem = "o objeto mudou desde a leitura";
        let mut recusa = Recusa::nova(CodigoErro::ConflitoDeVersao, "versão", mensagem)
            .em(["versaoEsperada"])
            .oriente(format!("releia e repita com a versão {atual}"));
        recusa.versao_atual = Some(atual);
        recusa
    })
}

/// A number in digits, without sign or white space.
pub fn natural<T: FromStr>(texto: &str) -> Option<T> {
    texto.bytes().all(|b| b.is_ascii_digit()).then(|| texto.parse().ok()).flatten()
}

/// The digits of a text that is nothing else, or that wears `mascara`: each `N` stands for one.
/// The text is read as it was meant, see [`characters::typed`].
pub fn digitos(texto: &str, mascara: &str) -> Result<String, Foreign> {
    let texto = characters::typed(texto);
    let nus = mascara.bytes().filter(|b| *b == b'N').count();
    let nua = texto.len() == nus;
    let mut digitos = String::with_capacity(nus);
    let lugares = mascara.bytes().filter(|lugar| !nua || *lugar == b'N');
    let forma = texto.bytes().zip(lugares).all(|(byte, lugar)| match lugar {
        b'N' => {
            digitos.push(char::from(byte));
            byte.is_ascii_digit()
        }
        sinal => byte == sinal,
    });
    if !forma || !(nua || texto.len() == mascara.len()) {
        return Err(characters::foreign_to_numbers(&texto));
    }
    Ok(digitos)
}

/// The names of the fields that changed: what an evento keeps of them.
pub fn alterados<const N: usize>(mudancas: [(&str, bool); N]) -> Vec<String> {
    mudancas.into_iter().filter(|(_, mudou)| *mudou).map(|(campo, _)| campo.to_owned()).collect()
}

/// What a change does to one field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub enum Mudanca<T> {
    #[default]
    Manter,
    Apagar,
    Trocar(T),
}

/// In GraphQL a field that is absent keeps, and null erases.
impl<T> From<MaybeUndefined<T>> for Mudanca<T> {
    fn from(valor: MaybeUndefined<T>) -> Self {
        match valor {
            MaybeUndefined::Undefined => Self::Manter,
            MaybeUndefined::Null => Self::Apagar,
            MaybeUndefined::Value(valor) => Self::Trocar(valor),
        }
    }
}

/// In REST a field that is absent keeps; what erases is null, and seen before.
impl<T> From<Option<T>> for Mudanca<T> {
    fn from(valor: Option<T>) -> Self {
        valor.map_or(Self::Manter, Self::Trocar)
    }
}

impl Mudanca<String> {
    /// Trimmed; none when the new text is blank, which says neither what to write nor to erase.
    pub fn preenchida(self) -> Option<Self> {
        match self {
            Self::Trocar(texto) => preenchido(Some(texto)).map(Self::Trocar),
            outra => Some(outra),
        }
    }
}

impl<T> Mudanca<Mudanca<T>> {
    /// The change that a change within brings.
    pub fn plana(self) -> Mudanca<T> {
        match self {
            Self::Manter => Mudanca::Manter,
            Self::Apagar => Mudanca::Apagar,
            Self::Trocar(dentro) => dentro,
        }
    }
}

impl<T: Clone> Mudanca<T> {
    /// The field as it will be.
    pub fn sobre(&self, atual: Option<&T>) -> Option<T> {
        match self {
            Self::Manter => atual.cloned(),
            Self::Apagar => None,
            Self::Trocar(novo) => Some(novo.clone()),
        }
    }

    /// The value it brings, if it brings one.
    pub fn novo(&self) -> Option<&T> {
        match self {
            Self::Trocar(novo) => Some(novo),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branco_e_ausente() {
        assert_eq!(preenchido(Some(" \t".into())), None);
        assert_eq!(preenchido(Some(" a b ".into())), Some("a b".into()));
    }

    #[test]
    fn texto_conta_caracteres_e_recusa_controle() {
        assert!(texto(Some("çãé"), 3).is_none());
        assert!(texto(Some("çãéo"), 3).is_some());
        assert!(texto(Some("a\0b"), 9).is_some());
    }

    #[test]
    fn um_nome_so_tem_o_que_se_ve() {
        assert!(nome(Some("Jose\u{301} da Silva"), 20).is_none());
        assert!(nome(Some("abc"), 2).is_some());
        let recusa = nome(Some("Ana\u{202e}"), 20).unwrap();
        assert!(recusa.mensagem.contains("U+202E"), "{recusa:?}");
    }
}
