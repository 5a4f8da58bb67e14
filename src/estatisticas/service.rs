//! The checks of a question for statistics that both APIs share.

use super::rules;
use super::store::{Counted, Estatisticas};
use super::{AlvoEstatistico, DimensaoEstatistica, Group};
use crate::Result;
use crate::audit::SensitiveField;
use crate::auth::{Papel, Scope};
use crate::call::Call;
use crate::value::time;

/// The papéis of which a caller needs one. `pse-consulta` counts the visible rows exactly;
/// `pse-estatistica` gets protected figures of every tribunal.
pub const READERS: [Papel; 2] = [Papel::Consulta, Papel::Estatistica];

/// A question as a caller puts it.
pub struct Question {
    pub target: AlvoEstatistico,
    pub by: Vec<DimensaoEstatistica>,
    /// The rows that count. `None` stands for all of them.
    pub counted: Option<Counted>,
    /// The values of dimensions to which the rows are limited; `None` stands for rows without a
    /// value.
    pub values: Vec<(DimensaoEstatistica, Option<String>)>,
    /// Whether the answer has the times.
    pub times: bool,
}

/// Checks the papéis of the caller and the question. The result can be loaded.
pub fn prepare(call: &Call, question: Question) -> Result<Estatisticas> {
    let Question { target, by, counted, values, times } = question;
    call.actor().require_one_of(&READERS)?;
    let protected = call.actor().scope() == Scope::Estatistica;
    let counted = counted.unwrap_or_else(|| Counted::all(target));
    let now = (call.app.now)();
    let query = Estatisticas { counted, by, values, protected, times, now, today: time::day(now) };
    rules::dimensions(&query, target)?;
    let sexo = query.requested().any(|dimension| dimension == DimensaoEstatistica::Sexo);
    // A protected figure tells nothing of a person, so the papel for sensitive fields is not needed.
    if sexo
        && !protected
        && call.record.sensitive(SensitiveField::SexoBiologico, Some(())).is_none()
    {
        call.actor().require(Papel::DadosSensiveis)?;
    }
    Ok(query)
}

/// Counts, against the limit on guessing, the objects that the filter names and that no group
/// counts.
pub fn count_absent(call: &Call, named: usize, groups: &[Group]) -> Result<()> {
    let rows: usize = groups.iter().filter_map(|group| usize::try_from(group.total).ok()).sum();
    call.count_absent(named.saturating_sub(rows))
}
