//! Batches in the GraphQL schema.

use super::service::{EmLote, Executed, Operation, OperationEffect, at, of_operation};
use super::{MAX_OPERATIONS, operations};
use crate::Result;
use crate::adolescente::graphql::{
    AtualizarAdolescenteInput, AtualizarAdolescentePayload, CadastrarAdolescenteInput,
    CadastrarAdolescentePayload,
};
use crate::call::Call;
use crate::command::{self, Command, Done, Mode};
use crate::error::{CodigoErro, Error, Refusal};
use crate::graphql::schema::mutation::{Completion, MutationOutcome};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, INTEGRACAO, RequerPapel, WRITE_OR_COUNT};
use crate::graphql_types::mutation::{ModoInput, MutationInput};
use crate::guia::graphql::{
    BaixarGuiaInput, BaixarGuiaPayload, EmitirGuiaInput, EmitirGuiaPayload,
};
use crate::processo::graphql::{
    AlterarSituacaoInput, AlterarSituacaoPayload, AtualizarResponsaveisInput,
    AtualizarResponsaveisPayload, CadastrarProcessoInput, CadastrarProcessoPayload,
    DesvincularAdolescenteInput, DesvincularAdolescentePayload, VincularAdolescenteInput,
    VincularAdolescentePayload,
};
use crate::rascunho::graphql::{RegistrarRascunhoInput, RegistrarRascunhoPayload};
use async_graphql::{Context, Object, OneofObject, SimpleObject};

/// Number of times that a batch is tried when other writes overtake it.
const ATTEMPTS: usize = 4;

#[derive(Default)]
pub struct LoteMutation;

#[Object]
impl LoteMutation {
    /// Faz as operações em ordem, numa só transação: todas, ou nenhuma. Uma operação vê o que fizeram as anteriores.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn em_lote(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "As operações, 1 a 100; `chaveIdempotencia` e `simular` são do lote, e não de cada uma."
        )]
        operacoes: Vec<OperacaoEmLote>,
        #[graphql(
            desc = "Até 255 caracteres: repetir chave e operações devolve o primeiro desfecho e nada refaz."
        )]
        chave_idempotencia: Option<String>,
        #[graphql(
            default_with = "Some(false)",
            desc = "Aplica todas as regras e desfaz: nada grava."
        )]
        simular: Option<bool>,
    ) -> Option<Result<EmLotePayload>> {
        let mode = ModoInput { chave_idempotencia, simular };
        Some(execute(ctx, operacoes, mode).await)
    }
}

/// Resultado de emLote.
#[derive(SimpleObject)]
pub struct EmLotePayload {
    /// Se tudo se gravou; falso se algo foi recusado ou se só se simulou.
    gravado: bool,
    /// O resultado de cada operação, na ordem da entrada; vazia se a recusa é do lote inteiro.
    resultados: Vec<ResultadoEmLote>,
    #[graphql(flatten)]
    completion: Completion,
}

macro_rules! schema {
    ($($name:ident, $command:ty, $input:ident, $payload:ident, $field:ident, $doc:literal;)+) => {
        /// Uma operação de um lote: um só campo.
        #[derive(OneofObject)]
        pub enum OperacaoEmLote {
            $(
                #[doc = $doc]
                #[graphql(directive = Cost::apply(WRITE_OR_COUNT.into()))]
                $name($input),
            )+
        }

        /// O resultado de uma operação de um lote, no campo que tem o nome dela; os outros são nulos.
        #[derive(SimpleObject, Default)]
        pub struct ResultadoEmLote {
            $(
                #[doc = $doc]
                $field: Option<$payload>,
            )+
        }

        /// Which operation stands at an index of the batch, for the result of one without an effect.
        #[derive(Clone, Copy)]
        enum Kind {
            $($name,)+
        }

        impl OperacaoEmLote {
            fn into_parts(self) -> (Operation, ModoInput) {
                match self {
                    $(Self::$name(input) => {
                        let (command, mode) = input.into_parts();
                        (Operation::$name(Box::new(command)), mode)
                    })+
                }
            }

            const fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(_) => Kind::$name,)+
                }
            }
        }

        impl ResultadoEmLote {
            fn done(effect: OperationEffect, dry_run: bool) -> Self {
                match effect {
                    $(OperationEffect::$name(effect) => Self {
                        $field: Some(MutationOutcome::of_batch(Some(effect), dry_run, Vec::new()).into()),
                        ..Self::default()
                    },)+
                }
            }

            fn refused(kind: Kind, dry_run: bool, refusals: Vec<Refusal>) -> Self {
                match kind {
                    $(Kind::$name => {
                        let outcome = MutationOutcome::<<$command as Command>::Effect>::of_batch(None, dry_run, refusals);
                        Self { $field: Some(outcome.into()), ..Self::default() }
                    })+
                }
            }
        }
    };
}
operations!(schema);

async fn execute(
    ctx: &Context<'_>,
    operations: Vec<OperacaoEmLote>,
    mode: ModoInput,
) -> Result<EmLotePayload> {
    let record = &ctx.call().record;
    let dry_run = mode.simular.unwrap_or(false);
    let prepared = ctx.actor().require(EmLote::PAPEL).and_then(|()| {
        if !(1..=MAX_OPERATIONS).contains(&operations.len()) {
            return Err(Error::invalid("`operacoes` pede de 1 a 100 operações"));
        }
        let kinds: Vec<_> = operations.iter().map(OperacaoEmLote::kind).collect();
        Ok((kinds, command_of(operations)))
    });
    let (kinds, command) =
        prepared.inspect_err(|error| record.add_refusal(EmLote::NAME, error.status()))?;
    let mode = mode.into_mode();
    let mode = mode.inspect_err(|error| record.add_refusal(EmLote::NAME, error.status()));
    let outcome = match mode {
        Ok(mode) => execute_with_retries(ctx.call(), &command, &mode).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(done) => Ok(EmLotePayload::done(done.effect, dry_run)),
        Err(Error::Refusals(refusals)) => Ok(EmLotePayload::refused(&kinds, dry_run, refusals)),
        Err(error) => Err(error),
    }
}

/// Executes the batch, and tries it again when other writes overtake it.
async fn execute_with_retries(
    call: &Call,
    command: &EmLote,
    mode: &Mode,
) -> Result<Done<Executed, ()>> {
    let mut attempt = 1;
    loop {
        let outcome = command::execute(call, command.clone(), mode.clone(), |_, _| Ok(())).await;
        if attempt == ATTEMPTS || !outcome.as_ref().is_err_and(Error::is_overtaken) {
            return outcome;
        }
        attempt += 1;
        call.app.metrics.retried();
    }
}

/// The command of the batch. What an operation says of its own execution is refused: the batch has
/// one key, and is tried or executed as a whole.
fn command_of(operations: Vec<OperacaoEmLote>) -> EmLote {
    let (mut commands, mut malformed) = (Vec::new(), Vec::new());
    for (index, operation) in operations.into_iter().enumerate() {
        let (command, mode) = operation.into_parts();
        commands.push(command);
        let given = [
            ("chaveIdempotencia", mode.chave_idempotencia.is_some()),
            ("simular", mode.simular.unwrap_or(false)),
        ];
        malformed.extend(given.into_iter().filter(|(_, given)| *given).map(|(field, _)| {
            let message = "num lote, diga-o do lote inteiro";
            at(index, Refusal::new(CodigoErro::CampoInvalido, "lote", message).at([field]))
        }));
    }
    EmLote { operations: commands, malformed }
}

impl EmLotePayload {
    fn done(Executed(effects): Executed, dry_run: bool) -> Self {
        let each = effects.into_iter().map(|effect| ResultadoEmLote::done(effect, dry_run));
        Self {
            gravado: !dry_run,
            resultados: each.collect(),
            completion: Completion::new(dry_run, Vec::new()),
        }
    }

    fn refused(kinds: &[Kind], dry_run: bool, refusals: Vec<Refusal>) -> Self {
        let (mut of_batch, mut of_each) = (Vec::new(), vec![Vec::new(); kinds.len()]);
        for refusal in refusals {
            let (index, refusal) = of_operation(refusal);
            let place = index.and_then(|index| of_each.get_mut(index));
            place.unwrap_or(&mut of_batch).push(refusal);
        }
        let resultados = match of_batch.is_empty() {
            true => kinds
                .iter()
                .zip(of_each)
                .map(|(kind, refusals)| ResultadoEmLote::refused(*kind, dry_run, refusals))
                .collect(),
            false => Vec::new(),
        };
        Self { gravado: false, resultados, completion: Completion::new(dry_run, of_batch) }
    }
}
