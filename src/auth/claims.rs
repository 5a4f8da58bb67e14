//! Where in a token's claims it is said who the client is: paths, from configuration.

use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A path into the claims, for example `resource_access.*.roles` or `corporativo[].seq_tribunal_pai`.
///
/// Parts are separated by `.`; `*` is every member of an object, and `[]` after a part every
/// item of a list. A `\` before a `.` makes it part of the name.
///
/// ```
/// use elos::auth::Caminho;
/// let claims = serde_json::json!({ "a": { "x": { "roles": ["p"] }, "y": { "roles": ["q", 7] } } });
/// let caminho: Caminho = "a.*.roles".parse()?;
/// assert_eq!(caminho.textos(&claims), ["p", "q", "7"]);
/// # Ok::<(), elos::auth::CaminhoMalformado>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caminho(Vec<Passo>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Passo {
    Membro(String),
    Todos,
    Itens,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("um caminho tem partes separadas por ponto, por exemplo `resource_access.*.roles`")]
pub struct CaminhoMalformado;

impl FromStr for Caminho {
    type Err = CaminhoMalformado;

    fn from_str(texto: &str) -> Result<Self, CaminhoMalformado> {
        let mut passos = Vec::new();
        for parte in partes(texto) {
            let (nome, de_lista) = match parte.strip_suffix("[]") {
                Some(nome) => (nome, true),
                None => (parte.as_str(), false),
            };
            passos.push(match nome {
                "" => return Err(CaminhoMalformado),
                "*" => Passo::Todos,
                nome => Passo::Membro(nome.to_owned()),
            });
            passos.extend(de_lista.then_some(Passo::Itens));
        }
        Ok(Self(passos))
    }
}

fn partes(texto: &str) -> Vec<String> {
    let (mut partes, mut letras) = (vec![String::new()], texto.chars());
    while let Some(letra) = letras.next() {
        match letra {
            '.' => partes.push(String::new()),
            outra => {
                let literal = if outra == '\\' { letras.next() } else { Some(outra) };
                partes.last_mut().into_iter().for_each(|parte| parte.extend(literal));
            }
        }
    }
    partes
}

impl fmt::Display for Caminho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, passo) in self.0.iter().enumerate() {
            match passo {
                Passo::Itens => f.write_str("[]")?,
                _ if i > 0 => f.write_str(".")?,
                _ => {}
            }
            match passo {
                Passo::Membro(nome) => f.write_str(&nome.replace('.', "\\."))?,
                Passo::Todos => f.write_str("*")?,
                Passo::Itens => {}
            }
        }
        Ok(())
    }
}

impl Caminho {
    /// Whether it goes through every member of something.
    pub fn de_todos(&self) -> bool {
        self.0.contains(&Passo::Todos)
    }

    /// Texts and numbers at its end; a list there counts by its items.
    pub fn textos(&self, claims: &Value) -> Vec<String> {
        let mut achados = Vec::new();
        percorrer(&self.0, claims, &mut achados);
        achados
    }
}

fn percorrer(passos: &[Passo], valor: &Value, achados: &mut Vec<String>) {
    match (passos, valor) {
        ([], Value::String(texto)) => achados.push(texto.clone()),
        ([], Value::Number(numero)) => achados.push(numero.to_string()),
        ([], Value::Array(itens)) => {
            let folhas = itens.iter().filter(|item| !item.is_array());
            folhas.for_each(|item| percorrer(&[], item, achados));
        }
        ([Passo::Membro(nome), resto @ ..], Value::Object(membros)) => {
            membros.get(nome).into_iter().for_each(|membro| percorrer(resto, membro, achados));
        }
        ([Passo::Todos, resto @ ..], Value::Object(membros)) => {
            membros.values().for_each(|membro| percorrer(resto, membro, achados));
        }
        ([Passo::Itens, resto @ ..], Value::Array(itens)) => {
            for item in itens {
                percorrer(resto, item, achados);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn textos(caminho: &str, claims: &Value) -> Vec<String> {
        caminho.parse::<Caminho>().unwrap().textos(claims)
    }

    #[test]
    fn caminhos_levam_ao_que_o_token_tem_e_so_a_isso() {
        let claims = json!({
            "realm_access": { "roles": ["a", "b"] },
            "corporativo": [{ "seq_tribunal_pai": 6 }, { "seq_tribunal_pai": 7 }, {}],
            "https://x.y/tribunal": "8.20", "solto": true,
        });
        assert_eq!(textos("realm_access.roles", &claims), ["a", "b"]);
        assert_eq!(textos("corporativo[].seq_tribunal_pai", &claims), ["6", "7"]);
        assert_eq!(textos(r"https://x\.y/tribunal", &claims), ["8.20"]);
        for nada in ["solto", "realm_access", "realm_access[].roles", "corporativo.seq", "x.y.z"] {
            assert_eq!(textos(nada, &claims), [""; 0], "{nada}");
        }
    }

    #[test]
    fn um_caminho_se_le_como_se_escreve() {
        for texto in ["a", "a.*.roles", "c[].s", r"https://x\.y/t"] {
            assert_eq!(texto.parse::<Caminho>().unwrap().to_string(), texto);
        }
        for texto in ["", ".", "a.", "a..b", "[]"] {
            assert_eq!(texto.parse::<Caminho>(), Err(CaminhoMalformado), "{texto}");
        }
    }
}
