//! The routes that there are, and which of them a path that has none looks like.

use super::{PREFIXO, openapi, tramites};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A longer path is compared by its first segments, and each by its first letters.
const SEGMENTS: usize = 12;
const LETTERS: usize = 40;
/// A route that differs in more than this, in segments, is not near.
const NEAR: f32 = 2.0;

/// What a segment that may be anything counts for: less than one of another route.
const PARAMETER: f32 = 0.4;
/// What a forgotten prefix counts for.
const FORGOTTEN: f32 = 0.3;

/// Whose words a path is answered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Rest,
    Tramita,
    Graphql,
}

struct Route {
    methods: Cow<'static, str>,
    path: Cow<'static, str>,
}

/// Those of the contract, and those that no contract has.
static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(&openapi::documento()).unwrap_or_default();
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

/// What is said of a path that is no route. It is not repeated: it may name a person.
pub fn unknown(path: &str) -> String {
    match nearest(path) {
        Some(Route { methods, path }) => {
            format!("rota desconhecida; a mais próxima é {methods} {path}")
        }
        None => "rota desconhecida; as rotas estão em /docs".to_owned(),
    }
}

/// The door that a path is of or, if it is of none, that its nearest route is of.
pub fn door(path: &str) -> Door {
    let of = |path: &str| match path {
        path if path.starts_with(PREFIXO) => Some(Door::Rest),
        path if path.starts_with("/graphql") => Some(Door::Graphql),
        path if tramites::is_of_tramita(path) => Some(Door::Tramita),
        _ => None,
    };
    of(path).or_else(|| of(&nearest(path)?.path)).unwrap_or(Door::Rest)
}

fn nearest(path: &str) -> Option<&'static Route> {
    let path = path.strip_prefix(tramites::PREFIXO).unwrap_or(path);
    let asked: Vec<Vec<char>> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .take(SEGMENTS)
        .map(|segment| segment.to_lowercase().chars().take(LETTERS).collect())
        .collect();
    if asked.is_empty() {
        return None;
    }
    // Without the prefix of the façade, which is easily forgotten.
    let prefix = PREFIXO.split('/').filter(|segment| !segment.is_empty());
    let prefix = prefix.map(|segment| segment.chars().collect::<Vec<char>>());
    let prefixed: Vec<_> = prefix.chain(asked.iter().cloned()).collect();
    let distances = ROUTES.iter().map(|route| {
        let far = distance(&asked, &route.path);
        (far.min(FORGOTTEN + distance(&prefixed, &route.path)), route)
    });
    let nearest = distances.min_by(|(a, _), (b, _)| a.total_cmp(b));
    nearest.filter(|(distance, _)| *distance < NEAR).map(|(_, route)| route)
}

/// In how many segments two paths differ; two that share letters differ in less than one.
fn distance(asked: &[Vec<char>], route: &str) -> f32 {
    let route: Vec<&str> = route.split('/').filter(|segment| !segment.is_empty()).collect();
    edits(asked, &route, |asked, segment| match segment.starts_with('{') {
        true => PARAMETER,
        false => {
            let known: Vec<char> = segment.to_lowercase().chars().collect();
            let letters = edits(asked, &known, |a, b| if a == b { 0.0 } else { 1.0 });
            #[expect(clippy::cast_precision_loss, reason = "a segment has few letters")]
            let longest = asked.len().max(known.len()) as f32;
            letters / longest.max(1.0)
        }
    })
}

/// Levenshtein's distance, by what a substitution costs.
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
