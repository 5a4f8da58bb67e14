//! R19 to R21: archiving a processo, and taking it up again.

use super::{Alterado, travar};
use crate::adolescente;
use crate::command::{Comando, Contexto};
use crate::db::Sessao;
use crate::error::Error;
use crate::evento::{self, MudancaDeCampo, NovoEvento, TipoEvento};
use crate::processo::{AlterarSituacao, Processo, SituacaoProcesso, TipoProcesso, rules, store};

/// Changes the situação. The one it has already is no alteration (R20); an
/// execução taken up again must be the only active one (R12).
impl Comando for AlterarSituacao {
    const NOME: &'static str = "alterarSituacao";
    type Efeito = Alterado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Alterado, Error> {
        let (processo, agora) = travar(sessao, contexto, &self.processo, self.versao_esperada)?;
        if processo.situacao == self.situacao {
            return Ok(Alterado { processo, alterado: false });
        }
        if self.situacao == SituacaoProcesso::Ativo && processo.tipo == TipoProcesso::Execucao {
            let adolescentes = store::vinculados_ativos(sessao, processo.id)?;
            adolescente::store::travar(sessao, &adolescentes)?;
            let ativa = store::execucao_ativa(sessao, &adolescentes)?;
            if let Some(recusa) = rules::r12_uma_execucao_ativa(ativa.as_ref(), contexto.regras) {
                return Err(recusa.em(["processo"]).into());
            }
        }
        let antes = processo.situacao;
        let novo = Processo { situacao: self.situacao, ..processo };
        let processo = store::atualizar(sessao, &novo, agora)?;
        let tipo = TipoEvento::SituacaoAlterada;
        let mut evento = NovoEvento::do_processo(tipo, &processo, agora, &contexto.autor);
        evento.campos = vec!["situacao".into()];
        let (de, para) = (antes.texto(), self.situacao.texto());
        evento.mudancas.extend(MudancaDeCampo::nova("situacao", Some(de), Some(para)));
        evento::store::registrar(sessao, &[evento])?;
        Ok(Alterado { processo, alterado: true })
    }
}
