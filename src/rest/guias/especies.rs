//! The kinds of guias, as paths and documents write them.

use crate::guia::TipoGuia;

/// The tipo of each guia, its name in a path, and the title of its document.
pub const ESPECIES: [(TipoGuia, &str, &str); 4] = [
    (TipoGuia::Provisoria, "provisoria", "Guia de execução provisória de medida socioeducativa"),
    (TipoGuia::Definitiva, "definitiva", "Guia de execução definitiva de medida socioeducativa"),
    (TipoGuia::InternacaoSancao, "internacao-sancao", "Guia de internação-sanção"),
    (TipoGuia::Unificadora, "unificadora", "Guia unificadora de medidas socioeducativas"),
];
