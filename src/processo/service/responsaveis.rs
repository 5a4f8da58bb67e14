//! R13: changing who is responsible.

use super::{Alterado, travar};
use crate::command::{Comando, Contexto};
use crate::db::Sessao;
use crate::error::{Error, Recusa};
use crate::evento::{self, MudancaDeCampo, NovoEvento, TipoEvento};
use crate::processo::{AtualizarResponsaveis, Processo, rules, store};
use crate::value::field::alterados;

/// Changes magistrado and serventuário, of an archived processo too. What is
/// equal to what was is no change: no version, no evento.
impl Comando for AtualizarResponsaveis {
    const NOME: &'static str = "atualizarResponsaveis";
    type Efeito = Alterado;

    fn executar(mut self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Alterado, Error> {
        let malformados = std::mem::take(&mut self.malformados);
        Recusa::nenhuma(malformados, rules::r13_responsaveis(&self))?;
        let (processo, agora) = travar(sessao, contexto, &self.processo, self.versao_esperada)?;

        let novo = aplicar(&self, &processo);
        let campos = campos_alterados(&processo, &novo);
        if campos.is_empty() {
            return Ok(Alterado { processo, alterado: false });
        }
        let mudancas = mudancas(&processo, &novo);
        let processo = store::atualizar(sessao, &novo, agora)?;
        let tipo = TipoEvento::ResponsaveisAtualizados;
        let mut evento = NovoEvento::do_processo(tipo, &processo, agora, &contexto.autor);
        evento.campos = campos;
        evento.mudancas = mudancas;
        evento::store::registrar(sessao, &[evento])?;
        Ok(Alterado { processo, alterado: true })
    }
}

fn aplicar(comando: &AtualizarResponsaveis, atual: &Processo) -> Processo {
    let AtualizarResponsaveis { magistrado, serventuario, .. } = comando;
    Processo {
        magistrado_nome: magistrado.nome.sobre(atual.magistrado_nome.as_ref()),
        magistrado_cpf: magistrado.cpf.sobre(atual.magistrado_cpf.as_ref()),
        serventuario_nome: serventuario.nome.sobre(atual.serventuario_nome.as_ref()),
        serventuario_cpf: serventuario.cpf.sobre(atual.serventuario_cpf.as_ref()),
        ..atual.clone()
    }
}

fn campos_alterados(antes: &Processo, depois: &Processo) -> Vec<String> {
    alterados([
        ("magistrado.nome", antes.magistrado_nome != depois.magistrado_nome),
        ("magistrado.cpf", antes.magistrado_cpf != depois.magistrado_cpf),
        ("serventuario.nome", antes.serventuario_nome != depois.serventuario_nome),
        ("serventuario.cpf", antes.serventuario_cpf != depois.serventuario_cpf),
    ])
}

/// The names; a CPF is sensitive.
fn mudancas(antes: &Processo, depois: &Processo) -> Vec<MudancaDeCampo> {
    let nome = |campo, antes: &Option<String>, depois: &Option<String>| {
        MudancaDeCampo::nova(campo, antes.as_deref(), depois.as_deref())
    };
    let nomes = [
        nome("magistrado.nome", &antes.magistrado_nome, &depois.magistrado_nome),
        nome("serventuario.nome", &antes.serventuario_nome, &depois.serventuario_nome),
    ];
    nomes.into_iter().flatten().collect()
}
