//! Registering a processo.

use crate::app::App;
use crate::auth::{Ator, Papel};
use crate::db::Sessao;
use crate::error::{Error, Recusa};
use crate::evento::{self, NovoEvento, TipoEvento};
use crate::processo::{CadastrarProcesso, Processo, TipoProcesso, rules, store};
use chrono::{DateTime, Utc};

/// A registered processo, and what did not stop it but is worth knowing.
#[derive(Debug)]
pub struct Cadastrado {
    pub processo: Processo,
    pub avisos: Vec<String>,
}

/// Registers a processo with its links (R3 to R11), and its evento in the same transaction.
pub async fn cadastrar(
    app: &App,
    ator: &Ator,
    mut comando: CadastrarProcesso,
) -> Result<Cadastrado, Error> {
    ator.exige(Papel::Integracao)?;
    let tribunal = ator.tribunal_de_escrita()?;
    let (agora, regras, autor) = ((app.agora)(), app.regras, ator.clone());
    app.db
        .escrever(ator, move |sessao| {
            let malformados = std::mem::take(&mut comando.malformados);
            let fatos = store::fatos(sessao, &comando)?;
            let parecer = rules::cadastro(&comando, &fatos, tribunal, regras);
            Recusa::nenhuma(malformados, parecer.recusas)?;

            let numero = comando.numero.clone();
            let Some(novo) = rules::aceito(comando, &fatos) else {
                return Err(Error::interno(anyhow::anyhow!(
                    "no rule refused an incomplete command"
                )));
            };
            // The unique index has the last word: of racing creates one inserts.
            let Some(processo) = store::inserir(sessao, tribunal, novo, agora)? else {
                let recusa = numero.and_then(|numero| rules::r6_numero_livre(&numero, true));
                return Err(Error::Recusas(recusa.into_iter().collect()));
            };
            registrar_eventos(sessao, &processo, agora, &autor)?;
            Ok(Cadastrado { processo, avisos: parecer.avisos })
        })
        .await
}

fn registrar_eventos(
    sessao: &mut Sessao<'_>,
    novo: &Processo,
    agora: DateTime<Utc>,
    autor: &Ator,
) -> Result<(), Error> {
    let mut eventos =
        vec![NovoEvento::do_processo(TipoEvento::ProcessoCadastrado, novo, agora, autor)];
    // The apuração tells of its execução, when both are of one tribunal.
    if let (TipoProcesso::Execucao, Some(referencia)) = (novo.tipo, &novo.numero_referencia)
        && let Some(apuracao) = store::por_numero(sessao, referencia)?
    {
        let tipo = TipoEvento::ExecucaoCadastrada;
        eventos.push(NovoEvento::do_processo(tipo, &apuracao, agora, autor));
    }
    Ok(evento::store::registrar(sessao, &eventos)?)
}
