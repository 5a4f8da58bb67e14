//! Random queries, mostly valid, from random bytes.

use std::fmt::Write;

const TIPOS: &[(&str, &[(&str, &str)])] = &[
    ("Query", &[("um", "Coisa"), ("coisas", "Coisa"), ("todos", "Qualquer"), ("nos", "Node")]),
    ("Coisa", &[("id", ""), ("nome", ""), ("dono", "Pessoa"), ("irmas", "Coisa")]),
    (
        "Livro",
        &[
            ("id", ""),
            ("nome", ""),
            ("dono", "Pessoa"),
            ("irmas", "Coisa"),
            ("paginas", ""),
            ("autor", "Pessoa"),
        ],
    ),
    (
        "Disco",
        &[
            ("id", ""),
            ("nome", ""),
            ("dono", "Pessoa"),
            ("irmas", "Coisa"),
            ("faixas", ""),
            ("autor", "Pessoa"),
        ],
    ),
    ("Pessoa", &[("id", ""), ("nome", ""), ("coisas", "Coisa"), ("favorito", "Qualquer")]),
    ("Node", &[("id", "")]),
    ("Qualquer", &[]),
];

/// Which conditions may stand within which type.
const CABEM: &[(&str, &[&str])] = &[
    ("Query", &["Query"]),
    ("Coisa", &["Coisa", "Livro", "Disco", "Node"]),
    ("Livro", &["Livro", "Coisa", "Node"]),
    ("Disco", &["Disco", "Coisa", "Node"]),
    ("Pessoa", &["Pessoa", "Node"]),
    ("Node", &["Node", "Coisa", "Livro", "Disco", "Pessoa"]),
    ("Qualquer", &["Livro", "Pessoa", "Node", "Coisa"]),
];

fn de<T: Copy>(tabela: &[(&str, T)], tipo: &str) -> T {
    tabela.iter().find(|(nome, _)| *nome == tipo).map(|(_, valor)| *valor).unwrap()
}

pub struct Gerador<'b> {
    bytes: std::slice::Iter<'b, u8>,
    fragmentos: Vec<(String, String)>,
}

impl<'b> Gerador<'b> {
    pub fn documento(bytes: &'b [u8]) -> String {
        let mut gerador = Self { bytes: bytes.iter(), fragmentos: Vec::new() };
        let raiz = gerador.selecoes("Query", 4);
        let mut texto = raiz;
        for (_, fragmento) in &gerador.fragmentos {
            write!(texto, " {fragmento}").unwrap();
        }
        let usadas = ["a", "b"].into_iter().filter(|v| texto.contains(&format!("${v}")));
        let variaveis: Vec<String> = usadas.map(|v| format!("${v}: Boolean!")).collect();
        match variaveis.is_empty() {
            true => texto,
            false => format!("query({}) {texto}", variaveis.join(" ")),
        }
    }

    /// Zero once the bytes are spent, which ends all that grows.
    fn sorte(&mut self, ate: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or_default()) % ate
    }

    fn selecoes(&mut self, tipo: &str, nivel: usize) -> String {
        let quantas = 1 + self.sorte(5);
        let selecoes: Vec<String> = (0..quantas).map(|_| self.selecao(tipo, nivel)).collect();
        format!("{{ {} }}", selecoes.join(" "))
    }

    fn selecao(&mut self, tipo: &str, nivel: usize) -> String {
        match self.sorte(8) {
            0 => format!("__typename{}", self.diretiva()),
            1 | 2 if nivel > 0 => {
                let condicoes = de(CABEM, tipo);
                let condicao = condicoes[self.sorte(condicoes.len())];
                let diretiva = self.diretiva();
                let selecoes = self.selecoes(condicao, nivel - 1);
                match self.sorte(4) {
                    0 => {
                        let nome = format!("F{}", self.fragmentos.len());
                        let texto = format!("fragment {nome} on {condicao} {selecoes}");
                        self.fragmentos.push((nome.clone(), texto));
                        format!("...{nome}{diretiva} ...{nome}")
                    }
                    1 if condicao == tipo => format!("...{diretiva} {selecoes}"),
                    _ => format!("... on {condicao}{diretiva} {selecoes}"),
                }
            }
            _ => self.campo(tipo, nivel),
        }
    }

    fn campo(&mut self, tipo: &str, nivel: usize) -> String {
        let campos = de(TIPOS, tipo);
        let escolha = self.sorte(campos.len().max(1));
        let Some((nome, filho)) = campos.get(escolha) else { return "__typename".to_owned() };
        if !filho.is_empty() && nivel == 0 {
            return "__typename".to_owned();
        }
        let apelido = match self.sorte(6) {
            0 => format!("{nome}2: "),
            // Now and then, one that may conflict.
            1 => "x: ".to_owned(),
            _ => String::new(),
        };
        let argumento = match *nome == "nome" && self.sorte(4) == 0 {
            true => format!("(vezes: {})", self.sorte(2) + 1),
            false => String::new(),
        };
        let diretiva = self.diretiva();
        match filho.is_empty() {
            true => format!("{apelido}{nome}{argumento}{diretiva}"),
            false => format!("{apelido}{nome}{diretiva} {}", self.selecoes(filho, nivel - 1)),
        }
    }

    fn diretiva(&mut self) -> String {
        let diretivas = [
            "@skip(if: true)",
            "@include(if: $a)",
            "@skip(if: $b)",
            "@include(if: $b) @skip(if: $a)",
        ];
        match self.sorte(8) {
            n @ 0..4 if self.bytes.len() > 0 => format!(" {}", diretivas[n]),
            _ => String::new(),
        }
    }
}
