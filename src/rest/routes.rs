//! The known routes, and the nearest one to an unknown path.

use super::{PREFIX, openapi, tramites};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The comparison reads this many segments of a path, and `MAX_LETTERS` letters of each.
const MAX_SEGMENTS: usize = 12;
const MAX_LETTERS: usize = 40;
/// Largest distance, in segments, at which a route is still suggested.
const MAX_DISTANCE: f32 = 2.0;

/// Cost of matching a segment with a path parameter. It is below 1, so a parameter is nearer than
/// an unrelated segment.
const PARAMETER_COST: f32 = 0.4;
/// Cost of adding the `/api/v1` prefix that the caller forgot.
const PREFIX_COST: f32 = 0.3;

/// The API whose format the answer to a path has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    Rest,
    Tramita,
    Graphql,
}

struct Route {
    methods: Cow<'static, str>,
    path: Cow<'static, str>,
}

/// The routes of `openapi.json`, and others that it does not list.
static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(&openapi::render()).unwrap_or_default();
    let of_contract = document["paths"].as_object().into_iter().flatten().map(|(path, item)| {
        let methods: Vec<_> =
            item.as_object().into_iter().flatten().map(|(name, _)| name.to_uppercase()).collect();
        Route { methods: methods.join(", ").into(), path: path.clone().into() }
    });
    let others = [
        ("GET, POST", "/graphql"),
        ("GET", "/graphiql"),
        ("GET", "/schema.graphql"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
    ];
    let others = others.map(|(methods, path)| Route { methods: methods.into(), path: path.into() });
    of_contract.chain(others).collect()
});

/// The message for an unknown path. The message does not repeat the path, which may hold the name
/// of a person.
pub fn unknown_route_message(path: &str) -> String {
    match nearest(path) {
        Some(Route { methods, path }) => {
            format!("rota desconhecida; a mais próxima é {methods} {path}")
        }
        None => "rota desconhecida; as rotas estão em /docs".to_owned(),
    }
}

/// The API of a path. A path of no API gets the API of its nearest route, or else the REST API.
pub fn api_of(path: &str) -> Api {
    let of = |path: &str| match path {
        path if path.starts_with(PREFIX) => Some(Api::Rest),
        path if path.starts_with("/graphql") => Some(Api::Graphql),
        path if tramites::is_of_tramita(path) => Some(Api::Tramita),
        _ => None,
    };
    of(path).or_else(|| of(&nearest(path)?.path)).unwrap_or(Api::Rest)
}

fn nearest(path: &str) -> Option<&'static Route> {
    let path = path.strip_prefix(tramites::PREFIX).unwrap_or(path);
    let segments: Vec<Vec<char>> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .take(MAX_SEGMENTS)
        .map(|segment| segment.to_lowercase().chars().take(MAX_LETTERS).collect())
        .collect();
    if segments.is_empty() {
        return None;
    }
    // Clients easily forget the prefix of the REST API, so also compare the path with the prefix
    // added.
    let prefix = PREFIX.split('/').filter(|segment| !segment.is_empty());
    let prefix = prefix.map(|segment| segment.chars().collect::<Vec<char>>());
    let prefixed: Vec<_> = prefix.chain(segments.iter().cloned()).collect();
    let distances = ROUTES.iter().map(|route| {
        let plain = distance(&segments, &route.path);
        (plain.min(PREFIX_COST + distance(&prefixed, &route.path)), route)
    });
    let nearest = distances.min_by(|(a, _), (b, _)| a.total_cmp(b));
    nearest.filter(|(distance, _)| *distance < MAX_DISTANCE).map(|(_, route)| route)
}

/// The number of segments in which two paths differ. Two segments that share letters differ by less
/// than 1.
fn distance(path: &[Vec<char>], route: &str) -> f32 {
    let route: Vec<&str> = route.split('/').filter(|segment| !segment.is_empty()).collect();
    edits(path, &route, |requested, segment| match segment.starts_with('{') {
        true => PARAMETER_COST,
        false => {
            let known: Vec<char> = segment.to_lowercase().chars().collect();
            let letters = edits(requested, &known, |a, b| if a == b { 0.0 } else { 1.0 });
            #[expect(clippy::cast_precision_loss, reason = "a segment has few letters")]
            let longest = requested.len().max(known.len()) as f32;
            letters / longest.max(1.0)
        }
    })
}

/// The Levenshtein distance, with a given cost of substitution. Insertion and deletion cost 1.
fn edits<A, B>(from: &[A], to: &[B], substitution: impl Fn(&A, &B) -> f32) -> f32 {
    let mut row: Vec<f32> =
        std::iter::successors(Some(0.0), |n| Some(n + 1.0)).take(to.len() + 1).collect();
    for a in from {
        let mut diagonal = row[0];
        row[0] += 1.0;
        for (j, b) in to.iter().enumerate() {
            let above = row[j + 1];
            let cost = diagonal + substitution(a, b);
            row[j + 1] = cost.min(above + 1.0).min(row[j] + 1.0);
            diagonal = above;
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_path_finds_its_route() {
        for (path, route) in [
            ("/api/v1/processo", "/api/v1/processos"),
            ("/api/v1/processos/numero/123", "/api/v1/processos/numero-processo/{numeroProcesso}"),
            ("/api/v2/adolescentes", "/api/v1/adolescentes"),
            ("/interoperabilidade/rest/v3/tramite/1/recibos", "/tramites/{idt}/recibo"),
            ("/grapql", "/graphql"),
            ("/graphql/schema", "/graphql"),
            ("/processos", "/api/v1/processos"),
        ] {
            let found = nearest(path).map(|route| &*route.path);
            assert_eq!(found, Some(route), "{path}");
        }
        assert!(nearest("/um/caminho/que/nada/tem/com/isto").is_none());
        let long = "/x".repeat(10_000);
        assert!(nearest(&long).is_none());
    }
}
