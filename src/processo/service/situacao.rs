//! R19 to R21: archiving a processo, and reactivating it.

use super::{Changed, lock};
use crate::adolescente;
use crate::command::{BatchFn, Command, Context, in_turn};
use crate::db::Session;
use crate::error::Error;
use crate::evento::{self, FieldChange, NewEvento, TipoEvento};
use crate::processo::{AlterarSituacao, Processo, SituacaoProcesso, TipoProcesso, rules, store};

/// Changes the situação. Asking for the current situação changes nothing (R20). A reactivated
/// execução must be the only active one of its adolescente (R12).
impl Command for AlterarSituacao {
    const NAME: &'static str = "alterarSituacao";
    type Effect = Changed;

    fn batch_fn(&self) -> Option<BatchFn<Self>> {
        Some(in_turn)
    }

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Changed, Error> {
        let (processo, now) = lock(session, context, &self.processo, self.versao_esperada)?;
        if processo.situacao == self.situacao {
            return Ok(Changed { processo, changed: false });
        }
        if self.situacao == SituacaoProcesso::Ativo && processo.tipo == TipoProcesso::Execucao {
            let adolescentes = store::active_vinculados(session, processo.id)?;
            adolescente::store::lock(session, &adolescentes)?;
            let ativa = store::execucao_ativa(session, &adolescentes)?;
            if let Some(refusal) = rules::r12_uma_execucao_ativa(ativa.as_ref(), context.rules) {
                return Err(refusal.at(["processo"]).into());
            }
        }
        let before = processo.situacao;
        let new = Processo { situacao: self.situacao, ..processo };
        let processo = store::update(session, &new, now)?;
        let tipo = TipoEvento::SituacaoAlterada;
        let mut evento = NewEvento::of_processo(tipo, &processo, now, &context.author);
        evento.fields = vec!["situacao".into()];
        let (from, to) = (before.text(), self.situacao.text());
        evento.changes.extend(FieldChange::new("situacao", Some(from), Some(to)));
        evento::store::record(session, &[evento])?;
        Ok(Changed { processo, changed: true })
    }
}
