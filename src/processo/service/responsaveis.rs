//! R13: changes of the responsáveis of a processo.

use super::{Changed, lock};
use crate::command::{BatchFn, Command, Context, in_turn};
use crate::db::Session;
use crate::error::{Error, Refusal};
use crate::evento::{self, FieldChange, NewEvento, TipoEvento};
use crate::processo::{AtualizarResponsaveis, Processo, rules, store};
use crate::value::field::changed_fields;

/// Changes magistrado and serventuário, also of an archived processo. A value equal to the current
/// one is no change: the version stays, and the command records no evento.
impl Command for AtualizarResponsaveis {
    const NAME: &'static str = "atualizarResponsaveis";
    type Effect = Changed;

    fn batch_fn(&self) -> Option<BatchFn<Self>> {
        Some(in_turn)
    }

    fn execute(mut self, session: &mut Session<'_>, context: &Context) -> Result<Changed, Error> {
        let malformed = std::mem::take(&mut self.malformed);
        Refusal::ensure_none(malformed, rules::r13_responsaveis(&self))?;
        let (processo, now) = lock(session, context, &self.processo, self.versao_esperada)?;

        let new = apply(&self, &processo);
        let fields = changed_names(&processo, &new);
        if fields.is_empty() {
            return Ok(Changed { processo, changed: false });
        }
        let changes = changes(&processo, &new);
        let processo = store::update(session, &new, now)?;
        let tipo = TipoEvento::ResponsaveisAtualizados;
        let mut evento = NewEvento::of_processo(tipo, &processo, now, &context.author);
        evento.fields = fields;
        evento.changes = changes;
        evento::store::record(session, &[evento])?;
        Ok(Changed { processo, changed: true })
    }
}

fn apply(command: &AtualizarResponsaveis, current: &Processo) -> Processo {
    let AtualizarResponsaveis { magistrado, serventuario, .. } = command;
    Processo {
        magistrado_nome: magistrado.nome.apply_to(current.magistrado_nome.as_ref()),
        magistrado_cpf: magistrado.cpf.apply_to(current.magistrado_cpf.as_ref()),
        serventuario_nome: serventuario.nome.apply_to(current.serventuario_nome.as_ref()),
        serventuario_cpf: serventuario.cpf.apply_to(current.serventuario_cpf.as_ref()),
        ..current.clone()
    }
}

fn changed_names(before: &Processo, after: &Processo) -> Vec<String> {
    changed_fields([
        ("magistrado.nome", before.magistrado_nome != after.magistrado_nome),
        ("magistrado.cpf", before.magistrado_cpf != after.magistrado_cpf),
        ("serventuario.nome", before.serventuario_nome != after.serventuario_nome),
        ("serventuario.cpf", before.serventuario_cpf != after.serventuario_cpf),
    ])
}

/// The changes of names. A CPF is sensitive, so its values stay out of the evento.
fn changes(before: &Processo, after: &Processo) -> Vec<FieldChange> {
    let nome = |field, before: &Option<String>, after: &Option<String>| {
        FieldChange::new(field, before.as_deref(), after.as_deref())
    };
    let names = [
        nome("magistrado.nome", &before.magistrado_nome, &after.magistrado_nome),
        nome("serventuario.nome", &before.serventuario_nome, &after.serventuario_nome),
    ];
    names.into_iter().flatten().collect()
}
