//! Values of B's rows, found by the name of the argument or parameter that takes them.

use crate::isolation::test_rows::TribunalRows;

/// Looks up values in the rows of B.
pub struct Values<'a>(pub &'a TribunalRows);

impl Values<'_> {
    /// The values that a text with this name can take within the type or path `within`. Empty if
    /// the name stands for nothing of B.
    pub fn text(&self, name: &str, within: &str) -> Vec<String> {
        let b = self.0;
        let all = |table: &str, column: &str| -> Vec<String> {
            b.named(table).iter().filter_map(|row| row.get(column)).map(str::to_owned).collect()
        };
        let name = name.to_lowercase();
        let within = within.to_lowercase();
        let receives = ["destinatario", "herdeira"].iter().any(|word| within.contains(word));
        match name.as_str() {
            // The second estrutura belongs to the other party.
            "numerodeidentificacaodaestrutura" => nth(all("estrutura", "numero"), receives),
            "numero" if within.contains("estrutura") => nth(all("estrutura", "numero"), receives),
            "remetente" => vec![format!("1|{}", b.value("estrutura", "numero"))],
            "destinatario" => {
                nth(all("estrutura", "numero"), true).iter().map(|n| format!("1|{n}")).collect()
            }
            "execucao" | "numeroprocessoexecucao" => nth(all("processo", "numero"), true),
            "numeroguia" | "definitivas" | "listanumerodaguiadefinitiva" => all("guia", "numero"),
            "numero" if within.contains("guia") => all("guia", "numero"),
            "numero" | "processo" | "apuracao" | "referencia" => all("processo", "numero"),
            "numeroprefixo" => all("processo", "numero")
                .iter()
                .filter_map(|numero| numero.get(..9))
                .map(str::to_owned)
                .collect(),
            _ if name.starts_with("numeroprocesso") => all("processo", "numero"),
            "adolescente" | "identificador" => all("adolescente", "identificador"),
            _ if name.starts_with("identificador") && name.contains("adolescente") => {
                all("adolescente", "identificador")
            }
            _ if name.starts_with("identificadoresadolescente") => {
                all("adolescente", "identificador")
            }
            "nre" => all("registro_eletronico", "nre"),
            _ if name.starts_with("protocolo") => all("registro_eletronico", "protocolo"),
            "idt" | "ticket" => all("tramite", "idt"),
            "codigo" | "idprocesso" => all("processo", "id"),
            // Here `within` is the path of a route.
            "id" if within.contains("/processos/") => all("processo", "id"),
            _ if name.contains("hash") && name.contains("componente") => all("componente", "hash"),
            "nome" | "nomesocial" => all("adolescente", "nome"),
            "sobrenome" => all("adolescente", "sobrenome"),
            "nomemae" => all("adolescente", "nome_mae"),
            "ator" => all("auditoria", "sub"),
            _ if name.contains("tribunal") && !name.contains("sistema") => {
                vec![b.tribunal.to_string()]
            }
            _ if name.contains("cpf") => all("adolescente", "cpf"),
            "desde" => vec!["3-0".into()],
            // The tipo of B's guia, as a path names it.
            "especie" => vec!["definitiva".into()],
            _ => Vec::new(),
        }
    }

    /// The types and ids of B's rows from which the schema's global ids are made.
    pub fn global_ids(&self) -> Vec<(&'static str, i64)> {
        let kinds = [
            ("Processo", "processo", "id"),
            ("Adolescente", "adolescente", "id"),
            ("Guia", "guia", "id"),
            ("Vinculo", "vinculo", "id"),
            ("Rascunho", "rascunho", "id"),
            ("Tramite", "tramite", "idt"),
            ("RegistroEletronico", "registro_eletronico", "id"),
            ("Evento", "evento", "id"),
            ("RegistroAuditoria", "auditoria", "id"),
        ];
        let id = |(kind, table, column): (&'static str, &str, &str)| {
            Some((kind, self.0.value(table, column).parse().ok()?))
        };
        kinds.into_iter().filter_map(id).collect()
    }
}

/// The second value if `second`, else the first.
fn nth(mut all: Vec<String>, second: bool) -> Vec<String> {
    match second {
        true => all.drain(..).nth(1).into_iter().collect(),
        false => all.into_iter().take(1).collect(),
    }
}
