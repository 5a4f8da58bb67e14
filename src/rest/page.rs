//! Pages in the JSON format of Spring Data's `Page`, which the clients of the REST API parse.

use super::Params;
use super::adolescentes::answer::Adolescente;
use super::answer::answer;
use super::envelope::RestError;
use super::guias::answer::GuiaEmitida;
use super::processos::answer::Processo;
use crate::error::Error;
use serde::Serialize;
use utoipa::ToSchema;

/// The source document promises all rows, so the default page is large.
const DEFAULT_SIZE: i64 = 100;
const MAX_SIZE: i64 = 1000;

/// The page that a client asks for: its number, counted from 0, and its size.
#[derive(Clone, Copy)]
pub struct PageRequest {
    pub number: i64,
    pub size: i64,
}

impl PageRequest {
    pub fn read(params: &mut Params) -> Result<Self, RestError> {
        let integer = |text: Option<String>,
                       name,
                       default,
                       range: std::ops::RangeInclusive<i64>| match text {
            None => Ok(default),
            Some(text) => match text.trim().parse() {
                Ok(n) if range.contains(&n) => Ok(n),
                _ => Err(invalid(name, &format!("vai de {} a {}", range.start(), range.end()))),
            },
        };
        Ok(Self {
            number: integer(params.take("page"), "page", 0, 0..=2_147_483_647)?,
            size: integer(params.take("size"), "size", DEFAULT_SIZE, 1..=MAX_SIZE)?,
        })
    }
}

/// Declares a page, in the JSON format of Spring Data's `Page`, for each type of item.
macro_rules! pages {
    ($($name:ident of $object:ty;)+) => { $(
        /// Uma página de uma lista.
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            content: Vec<$object>,
            pageable: Paginacao,
            /// Quantos itens tem a lista toda.
            #[schema(minimum = 0, examples(1))]
            total_elements: i64,
            #[schema(minimum = 0, examples(1))]
            total_pages: i64,
            last: bool,
            first: bool,
            /// O tamanho pedido.
            #[schema(value_type = i32, minimum = 1, maximum = 1000, examples(100))]
            size: i64,
            /// A página pedida, a contar de 0.
            #[schema(value_type = i32, minimum = 0, examples(0))]
            number: i64,
            #[schema(value_type = i32, minimum = 0, maximum = 1000, examples(1))]
            number_of_elements: usize,
            sort: Ordem,
            empty: bool,
        }

        impl $name {
            /// `total` counts the whole list; `content` holds the rows of this page.
            pub fn new(page: PageRequest, content: Vec<$object>, total: i64) -> Self {
                let PageRequest { number, size } = page;
                let pages = (total + size - 1) / size;
                let count = content.len();
                Self {
                    content,
                    pageable: Paginacao::new(page),
                    total_elements: total,
                    total_pages: pages,
                    last: number + 1 >= pages,
                    first: number == 0,
                    size,
                    number,
                    number_of_elements: count,
                    sort: Ordem::new(),
                    empty: count == 0,
                }
            }
        }
    )+ };
}

pages! {
    PaginaDeProcessos of Processo;
    PaginaDeAdolescentes of Adolescente;
    PaginaDeGuias of GuiaEmitida;
}

answer! {
    /// O que se pediu de uma lista.
    pub struct Paginacao from (page: PageRequest) {
        sort: Ordem = Ordem::new(),
        #[schema(minimum = 0)]
        offset: i64 = page.number * page.size,
        #[schema(value_type = i32, minimum = 0)]
        page_number: i64 = page.number,
        #[schema(value_type = i32, minimum = 1, maximum = 1000)]
        page_size: i64 = page.size,
        paged: bool = true,
        unpaged: bool = false,
    }
}

answer! {
    /// Se a lista tem ordem.
    pub struct Ordem from () {
        empty: bool = false,
        sorted: bool = true,
        unsorted: bool = false,
    }
}

/// The error for a query parameter that cannot be read.
pub fn invalid(name: &str, message: &str) -> RestError {
    let message = format!("{name}: {message}");
    Error::invalid(message).into()
}
