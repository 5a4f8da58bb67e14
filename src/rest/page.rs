//! Pages as Spring writes them: what the callers of the façade read.

use super::Parametros;
use super::envelope::Negado;
use crate::error::{Error, Falha};
use serde_json::{Value, json};

/// The source promises "all": the default page is large.
const TAMANHO_PADRAO: i64 = 100;
const TAMANHO_MAXIMO: i64 = 1000;

#[derive(Clone, Copy)]
pub struct PaginaPedida {
    pub numero: i64,
    pub tamanho: i64,
}

impl PaginaPedida {
    pub fn ler(parametros: &mut Parametros) -> Result<Self, Negado> {
        let inteiro = |texto: Option<String>,
                       nome,
                       padrao,
                       faixa: std::ops::RangeInclusive<i64>| match texto {
            None => Ok(padrao),
            Some(texto) => match texto.trim().parse() {
                Ok(n) if faixa.contains(&n) => Ok(n),
                _ => Err(invalido(nome, &format!("vai de {} a {}", faixa.start(), faixa.end()))),
            },
        };
        Ok(Self {
            numero: inteiro(parametros.tirar("page"), "page", 0, 0..=2_147_483_647)?,
            tamanho: inteiro(parametros.tirar("size"), "size", TAMANHO_PADRAO, 1..=TAMANHO_MAXIMO)?,
        })
    }

    /// `total` is of the whole list, `conteudo` this page.
    pub fn spring(self, conteudo: &[Value], total: i64) -> Value {
        let Self { numero, tamanho } = self;
        let paginas = (total + tamanho - 1) / tamanho;
        let quantos = conteudo.len();
        let sort = json!({ "empty": false, "sorted": true, "unsorted": false });
        json!({
            "content": conteudo,
            "pageable": {
                "sort": sort, "offset": numero * tamanho, "pageNumber": numero, "pageSize": tamanho,
                "paged": true, "unpaged": false,
            },
            "totalElements": total,
            "totalPages": paginas,
            "last": numero + 1 >= paginas,
            "first": numero == 0,
            "size": tamanho,
            "number": numero,
            "numberOfElements": quantos,
            "sort": sort,
            "empty": quantos == 0,
        })
    }
}

/// A query parameter that cannot be read.
pub fn invalido(nome: &str, mensagem: &str) -> Negado {
    let mensagem = format!("{nome}: {mensagem}");
    Error::falha(Falha::EntradaInvalida, mensagem).into()
}
