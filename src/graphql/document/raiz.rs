//! What a subscription may select at its root: one field, whatever the variables say.
//!
//! The executor would merge the streams of two fields, and pass over a fragment in silence.

use async_graphql::parser::types::{OperationDefinition, OperationType, Selection};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Recusada {
    #[error("uma subscription seleciona um só campo na raiz; abra uma para cada campo")]
    VariosCampos,
    #[error("selecione o campo da subscription diretamente na raiz, sem fragmento")]
    Fragmento,
    #[error("o campo na raiz de uma subscription não leva @skip nem @include")]
    Diretiva,
    #[error("`{0}` não se pede na raiz de uma subscription")]
    Introspeccao(&'static str),
}

pub fn conferir(operacao: &OperationDefinition) -> Result<(), Recusada> {
    if operacao.ty != OperationType::Subscription {
        return Ok(());
    }
    let [unica] = operacao.selection_set.node.items.as_slice() else {
        return Err(Recusada::VariosCampos);
    };
    let Selection::Field(campo) = &unica.node else { return Err(Recusada::Fragmento) };
    for nome in ["__typename", "__schema", "__type"] {
        if campo.node.name.node == nome {
            return Err(Recusada::Introspeccao(nome));
        }
    }
    match campo.node.directives.is_empty() {
        true => Ok(()),
        false => Err(Recusada::Diretiva),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    #[test]
    fn um_campo_direto_e_nada_mais() {
        let conferir = |texto: &str| {
            let documento = parse_query(texto).unwrap();
            conferir(&documento.operations.iter().next().unwrap().1.node)
        };
        assert_eq!(conferir("{ a b __typename }"), Ok(()));
        assert_eq!(conferir("subscription { x: a(b: 1) { c d __typename } }"), Ok(()));
        assert_eq!(conferir("subscription { a b }"), Err(Recusada::VariosCampos));
        assert_eq!(conferir("subscription { ... { a } }"), Err(Recusada::Fragmento));
        assert_eq!(
            conferir("subscription { ...F } fragment F on S { a }"),
            Err(Recusada::Fragmento)
        );
        assert_eq!(conferir("subscription { a @skip(if: true) }"), Err(Recusada::Diretiva));
        let introspeccao = Err(Recusada::Introspeccao("__typename"));
        assert_eq!(conferir("subscription { x: __typename }"), introspeccao);
    }
}
