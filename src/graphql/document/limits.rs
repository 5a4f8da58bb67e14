//! Limits counted on the raw text, in one pass, before any parser sees it.
//!
//! Parsers recurse: 6 KB of brackets overflow the stack and end the process.
//! This scanner has no stack but a counter.

/// The most a document may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limites {
    pub bytes: usize,
    pub tokens: usize,
    pub aninhamento: usize,
}

impl Default for Limites {
    fn default() -> Self {
        Self { bytes: 256 * 1024, tokens: 10_000, aninhamento: 64 }
    }
}

/// Which limit a document passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Excesso {
    #[error("o documento tem mais de {0} bytes")]
    Bytes(usize),
    #[error("o documento tem mais de {0} símbolos (tokens)")]
    Tokens(usize),
    #[error("o documento tem mais de {0} níveis de aninhamento")]
    Aninhamento(usize),
}

/// Lets a document through to the parser, or says which limit it passes.
pub fn conferir(texto: &str, limites: Limites) -> Result<(), Excesso> {
    if texto.len() > limites.bytes {
        return Err(Excesso::Bytes(limites.bytes));
    }
    let bytes = texto.as_bytes();
    let (mut i, mut tokens, mut nivel) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(i) {
        i = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                i += 1;
                continue;
            }
            b'#' => {
                i = fim_da_linha(bytes, i);
                continue;
            }
            b'"' => fim_do_texto(bytes, i),
            b'{' | b'[' | b'(' => {
                nivel += 1;
                i + 1
            }
            b'}' | b']' | b')' => {
                nivel = nivel.saturating_sub(1);
                i + 1
            }
            _ if e_de_palavra(byte) => {
                bytes[i..].iter().position(|&b| !e_de_palavra(b)).map_or(bytes.len(), |n| i + n)
            }
            _ => i + 1,
        };
        tokens += 1;
        if tokens > limites.tokens {
            return Err(Excesso::Tokens(limites.tokens));
        }
        if nivel > limites.aninhamento {
            return Err(Excesso::Aninhamento(limites.aninhamento));
        }
    }
    Ok(())
}

/// Names and numbers; the sign and the point of a number count as its own.
fn e_de_palavra(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
}

fn fim_da_linha(bytes: &[u8], inicio: usize) -> usize {
    bytes[inicio..]
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
        .map_or(bytes.len(), |n| inicio + n)
}

/// Past the closing quote; an unclosed text ends with the document, and the
/// parser will say so. An unclosed simple text ends with its line.
fn fim_do_texto(bytes: &[u8], inicio: usize) -> usize {
    if bytes[inicio..].starts_with(b"\"\"\"") {
        let mut i = inicio + 3;
        while i < bytes.len() {
            match &bytes[i..] {
                [b'\\', b'"', b'"', b'"', ..] => i += 4,
                [b'"', b'"', b'"', ..] => return i + 3,
                _ => i += 1,
            }
        }
        return bytes.len();
    }
    let mut i = inicio + 1;
    while let Some(&byte) = bytes.get(i) {
        match byte {
            b'\\' => i += 2,
            b'"' => return i + 1,
            b'\n' | b'\r' => return i,
            _ => i += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn conferir_com(texto: &str, tokens: usize, aninhamento: usize) -> Result<(), Excesso> {
        conferir(texto, Limites { bytes: 1 << 20, tokens, aninhamento })
    }

    #[test]
    fn conta_tokens_sem_comentario_virgula_nem_espaco() {
        let texto = "query Q($a: Int = -1.5e+3) { # {{{ \n a(b: \"}\\\"{\", c: \"\"\"{ \\\"\"\" }\"\"\"), ...F @skip(if: true) }";
        let exato = (1..100).find(|&n| conferir_com(texto, n, 9).is_ok());
        // -1.5e+3 counts three: "-1", ".", "5e+3". Spread dots count one each.
        assert_eq!(exato, Some(34));
        assert_eq!(conferir_com(texto, 99, 2), Ok(()));
        assert_eq!(conferir_com(texto, 99, 1), Err(Excesso::Aninhamento(1)));
    }

    #[test]
    fn bombas_de_colchetes_e_de_chaves_nao_passam() {
        let limites = Limites::default();
        let colchetes =
            format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000));
        assert_eq!(conferir(&colchetes, limites), Err(Excesso::Aninhamento(64)));
        assert_eq!(conferir(&"{a:".repeat(2000), limites), Err(Excesso::Aninhamento(64)));
        assert_eq!(conferir(&"a ".repeat(10_001), limites), Err(Excesso::Tokens(10_000)));
        assert_eq!(conferir(&" ".repeat(262_145), limites), Err(Excesso::Bytes(262_144)));
    }

    proptest! {
        #[test]
        fn nunca_entra_em_panico(texto in "\\PC*") {
            let _ = conferir(&texto, Limites::default());
        }

        #[test]
        fn nunca_entra_em_panico_com_simbolos(texto in "[\"\\\\{}\\[\\]()#\n a]*") {
            let _ = conferir(&texto, Limites::default());
        }
    }
}
