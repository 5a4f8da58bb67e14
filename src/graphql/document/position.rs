//! Line and column of a byte, in constant time: one long line must not cost a scan per field.

use apollo_compiler::parser::SourceSpan;
use async_graphql::Pos;

const BLOCO: usize = 256;

pub struct Posicoes<'t> {
    texto: &'t str,
    /// Where each line begins.
    linhas: Vec<usize>,
    /// How many characters come before each block of bytes.
    caracteres: Vec<usize>,
}

impl<'t> Posicoes<'t> {
    pub fn novas(texto: &'t str) -> Self {
        let bytes = texto.as_bytes();
        let mut linhas = vec![0];
        for (i, byte) in bytes.iter().enumerate() {
            // \r\n ends one line.
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                linhas.push(i + 1);
            }
        }
        let mut total = 0;
        let mut caracteres = vec![0];
        for bloco in bytes.chunks(BLOCO) {
            total += contar(bloco);
            caracteres.push(total);
        }
        Self { texto, linhas, caracteres }
    }

    /// Lines and columns count from one; a column is a character.
    pub fn de(&self, lugar: Option<SourceSpan>) -> Pos {
        let byte = lugar.map_or(0, |lugar| lugar.offset()).min(self.texto.len());
        let linha = self.linhas.partition_point(|&inicio| inicio <= byte);
        let inicio = self.linhas.get(linha.saturating_sub(1)).copied().unwrap_or_default();
        let column = (self.antes(byte) + 1).saturating_sub(self.antes(inicio));
        Pos { line: linha, column }
    }

    fn antes(&self, byte: usize) -> usize {
        let bloco = byte / BLOCO;
        let resto = self.texto.as_bytes().get(bloco * BLOCO..byte).unwrap_or_default();
        self.caracteres.get(bloco).copied().unwrap_or_default() + contar(resto)
    }
}

/// Every byte of UTF-8 but the continuing ones begins a character.
fn contar(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0b1100_0000 != 0b1000_0000).count()
}
