//! Pages in the JSON format of Spring Data's `Page`, which the clients of the REST API parse.

use super::Params;
use super::envelope::RestError;
use crate::error::{Error, Failure};
use serde_json::{Value, json};

/// The source document promises all rows, so the default page is large.
const DEFAULT_SIZE: i64 = 100;
const MAX_SIZE: i64 = 1000;

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

    /// `total` counts the whole list; `content` holds the rows of this page.
    pub fn to_spring_page(self, content: &[Value], total: i64) -> Value {
        let Self { number, size } = self;
        let pages = (total + size - 1) / size;
        let count = content.len();
        let sort = json!({ "empty": false, "sorted": true, "unsorted": false });
        json!({
            "content": content,
            "pageable": {
                "sort": sort, "offset": number * size, "pageNumber": number, "pageSize": size,
                "paged": true, "unpaged": false,
            },
            "totalElements": total,
            "totalPages": pages,
            "last": number + 1 >= pages,
            "first": number == 0,
            "size": size,
            "number": number,
            "numberOfElements": count,
            "sort": sort,
            "empty": count == 0,
        })
    }
}

/// The error for a query parameter that cannot be read.
pub fn invalid(name: &str, message: &str) -> RestError {
    let message = format!("{name}: {message}");
    Error::failure(Failure::EntradaInvalida, message).into()
}
