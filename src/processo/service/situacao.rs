//! R19 to R21: archiving a processo, and taking it up again.

use super::{Alterado, travar};
use crate::adolescente;
use crate::app::App;
use crate::auth::{Ator, Papel};
use crate::error::Error;
use crate::evento::{self, NovoEvento, TipoEvento};
use crate::processo::{AlterarSituacao, Processo, SituacaoProcesso, TipoProcesso, rules, store};

/// Changes the situação. The one it has already is no alteration (R20); an
/// execução taken up again must be the only active one (R12).
pub async fn alterar_situacao(
    app: &App,
    ator: &Ator,
    comando: AlterarSituacao,
) -> Result<Alterado, Error> {
    ator.exige(Papel::Integracao)?;
    let tribunal = ator.tribunal_de_escrita()?;
    let (relogio, regras, autor) = (app.agora, app.regras, ator.clone());
    app.db
        .escrever(ator, move |sessao| {
            let (processo, agora) =
                travar(sessao, tribunal, &comando.processo, comando.versao_esperada, relogio)?;
            if processo.situacao == comando.situacao {
                return Ok(Alterado { processo, alterado: false });
            }
            if comando.situacao == SituacaoProcesso::Ativo
                && processo.tipo == TipoProcesso::Execucao
            {
                let adolescentes = store::vinculados_ativos(sessao, processo.id)?;
                adolescente::store::travar(sessao, &adolescentes)?;
                let ativa = store::execucao_ativa(sessao, &adolescentes)?;
                if let Some(recusa) = rules::r12_uma_execucao_ativa(ativa.as_ref(), regras) {
                    return Err(recusa.em(["processo"]).into());
                }
            }
            let novo = Processo { situacao: comando.situacao, ..processo };
            let processo = store::atualizar(sessao, &novo, agora)?;
            let mut evento =
                NovoEvento::do_processo(TipoEvento::SituacaoAlterada, &processo, agora, &autor);
            evento.campos = vec!["situacao".into()];
            evento::store::registrar(sessao, &[evento])?;
            Ok(Alterado { processo, alterado: true })
        })
        .await
}
