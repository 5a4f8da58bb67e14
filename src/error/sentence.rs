//! Texts for people.

/// Makes a sentence of a message: with a capital letter and a full stop. A first word that is an
/// identifier, such as `numeroProcesso` or `If-Match`, keeps its case.
pub fn sentence(message: &str) -> String {
    let message = message.trim();
    let first_word = message.split([' ', ':']).next().unwrap_or_default();
    let is_a_name = first_word.chars().skip(1).any(|c| c.is_uppercase() || c == '_');
    let mut letters = message.chars();
    let capital = letters.next().filter(|_| !is_a_name).map(char::to_uppercase);
    let mut sentence: String = match capital {
        Some(capital) => capital.chain(letters.as_str().chars()).collect(),
        None => message.to_owned(),
    };
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_message_becomes_a_sentence() {
        for (message, told) in [
            ("o campo é obrigatório", "O campo é obrigatório."),
            ("Processo não encontrado", "Processo não encontrado."),
            ("é tarde", "É tarde."),
            ("Não foi possível.", "Não foi possível."),
            ("possuiNomeSocial é S", "possuiNomeSocial é S."),
            ("", "."),
        ] {
            assert_eq!(sentence(message), told);
        }
    }
}
