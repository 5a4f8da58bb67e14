//! Checks of one text field that every slice shares.

use crate::error::{CodigoErro, Recusa};

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

/// A text of at most `maximo` characters, none of them a control character:
/// PostgreSQL stores no NUL, and the others only spoil what people read.
pub fn texto(valor: Option<&str>, maximo: usize) -> Option<Recusa> {
    let valor = valor?;
    let mensagem = if valor.chars().count() > maximo {
        format!("o texto tem mais de {maximo} caracteres")
    } else if valor.chars().any(char::is_control) {
        "o texto tem um caractere de controle".to_owned()
    } else {
        return None;
    };
    Some(Recusa::nova(CodigoErro::CampoInvalido, "forma", mensagem))
}

/// What a change does to one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mudanca<T> {
    #[default]
    Manter,
    Apagar,
    Trocar(T),
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
}
