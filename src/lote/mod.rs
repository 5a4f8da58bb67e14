//! Batches: several writes in one transaction, all of them or none.

pub mod graphql;
pub mod service;

/// Maximum number of operations in a batch.
pub const MAX_OPERATIONS: usize = 100;

/// Calls `$macro` with every operation that a batch may contain: its name, its command, its input and
/// payload in the schema, and its field there with the description.
macro_rules! operations {
    ($macro:ident) => {
        $macro! {
            CadastrarProcesso, crate::processo::CadastrarProcesso, CadastrarProcessoInput, CadastrarProcessoPayload, cadastrar_processo, "Como em `cadastrarProcesso`.";
            AtualizarResponsaveis, crate::processo::AtualizarResponsaveis, AtualizarResponsaveisInput, AtualizarResponsaveisPayload, atualizar_responsaveis, "Como em `atualizarResponsaveis`.";
            AlterarSituacao, crate::processo::AlterarSituacao, AlterarSituacaoInput, AlterarSituacaoPayload, alterar_situacao, "Como em `alterarSituacao`.";
            VincularAdolescente, crate::processo::VincularAdolescente, VincularAdolescenteInput, VincularAdolescentePayload, vincular_adolescente, "Como em `vincularAdolescente`.";
            DesvincularAdolescente, crate::processo::DesvincularAdolescente, DesvincularAdolescenteInput, DesvincularAdolescentePayload, desvincular_adolescente, "Como em `desvincularAdolescente`.";
            CadastrarAdolescente, crate::adolescente::CadastrarAdolescente, CadastrarAdolescenteInput, CadastrarAdolescentePayload, cadastrar_adolescente, "Como em `cadastrarAdolescente`.";
            AtualizarAdolescente, crate::adolescente::AtualizarAdolescente, AtualizarAdolescenteInput, AtualizarAdolescentePayload, atualizar_adolescente, "Como em `atualizarAdolescente`.";
            RegistrarRascunho, crate::rascunho::RegistrarRascunho, RegistrarRascunhoInput, RegistrarRascunhoPayload, registrar_rascunho, "Como em `registrarRascunho`.";
            EmitirGuia, crate::guia::EmitirGuia, EmitirGuiaInput, EmitirGuiaPayload, emitir_guia, "Como em `emitirGuia`.";
            BaixarGuia, crate::guia::BaixarGuia, BaixarGuiaInput, BaixarGuiaPayload, baixar_guia, "Como em `baixarGuia`.";
        }
    };
}
pub(crate) use operations;
