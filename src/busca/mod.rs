//! One search box: parts of numbers and names, of processos, guias, adolescentes and magistrados.

pub mod graphql;
pub mod rules;
pub mod store;

use crate::db::text_enum;
use crate::value::resource::{HasResources, Resource};

text_enum! {
    /// Onde se procura.
    pub enum AlvoDaBusca {
        /// Processos, por parte do número.
        Processos = "PROCESSOS",
        /// Guias, por parte do número.
        Guias = "GUIAS",
        /// Adolescentes, pelo nome social ou, sem ele, pelo nome; com o papel `pse-dados-sensiveis`, também pelo nome civil de quem tem nome social.
        Adolescentes = "ADOLESCENTES",
        /// Processos, pelo nome do magistrado.
        Magistrados = "MAGISTRADOS",
    }
}

/// A row that matches, and how well, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub target: AlvoDaBusca,
    /// The id of the processo (also for a magistrado), the guia or the adolescente.
    pub id: i64,
    pub score: f64,
}

/// A hit tells that the row exists, even if nothing of it is asked for.
impl HasResources for Hit {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        resources.push(match self.target {
            AlvoDaBusca::Processos | AlvoDaBusca::Magistrados => Resource::Processo(self.id),
            AlvoDaBusca::Guias => Resource::Guia(self.id),
            AlvoDaBusca::Adolescentes => Resource::Adolescente(self.id),
        });
    }
}
