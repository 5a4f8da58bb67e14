//! R14 to R18: links between adolescentes and apurações.
//!
//! Locks are taken in one order everywhere: the processo, then the adolescente.

use super::travar;
use crate::adolescente::{self, Adolescente, DadosDeAdolescente, Identificador};
use crate::app::App;
use crate::auth::{Ator, Papel};
use crate::config::Regras;
use crate::db::Sessao;
use crate::error::{Error, Recusa};
use crate::evento::{self, NovoEvento, TipoEvento};
use crate::processo::{
    DesvincularAdolescente, Processo, VincularAdolescente, Vinculo, rules, store,
};
use crate::tempo;
use chrono::{DateTime, Utc};

/// A link that was made, its two ends, and what is worth knowing.
#[derive(Debug)]
pub struct Vinculado {
    pub processo: Processo,
    pub adolescente: Adolescente,
    pub vinculo: Vinculo,
    pub avisos: Vec<String>,
}

/// Links an adolescente to an apuração, registering the identificador if need be (R14, R15).
pub async fn vincular(
    app: &App,
    ator: &Ator,
    mut comando: VincularAdolescente,
) -> Result<Vinculado, Error> {
    ator.exige(Papel::Integracao)?;
    let tribunal = ator.tribunal_de_escrita()?;
    let (relogio, regras, autor) = (app.agora, app.regras, ator.clone());
    app.db
        .escrever(ator, move |sessao| {
            let malformados = std::mem::take(&mut comando.malformados);
            let hoje = tempo::dia(relogio());
            let dos_dados = comando.dados.as_ref();
            let dos_dados =
                dos_dados.map_or_else(Vec::new, |dados| adolescente::rules::cadastro(dados, hoje));
            Recusa::nenhuma(malformados, dos_dados)?;

            let (processo, agora) =
                travar(sessao, tribunal, &comando.processo, comando.versao_esperada, relogio)?;
            let conhecido = adolescente::store::travado(sessao, tribunal, &comando.adolescente)?;
            let fatos = store::fatos_do_vinculo(sessao, &processo, conhecido.as_ref())?;
            Recusa::nenhuma(Vec::new(), rules::r15_vincular(&processo, &fatos))?;

            let mut avisos = Vec::new();
            let adolescente = match conhecido {
                Some(adolescente) => {
                    if comando.dados.is_some() {
                        avisos.push(DADOS_IGNORADOS.into());
                    }
                    adolescente
                }
                None => {
                    let VincularAdolescente { adolescente, dados, .. } = comando;
                    let quem = Desconhecido { tribunal, identificador: adolescente, dados };
                    registrar(sessao, quem, regras, agora, &autor, &mut avisos)?
                }
            };
            let vinculo = store::vincular(sessao, &processo, adolescente.id, agora)?;
            let processo = store::atualizar(sessao, &processo, agora)?;
            let tipo = TipoEvento::AdolescenteVinculado;
            contar(sessao, tipo, &processo, &adolescente, agora, &autor)?;
            Ok(Vinculado { processo, adolescente, vinculo, avisos })
        })
        .await
}

/// A link that ended, and its two ends.
#[derive(Debug)]
pub struct Desvinculado {
    pub processo: Processo,
    pub adolescente: Adolescente,
    pub vinculo: Vinculo,
}

/// Ends the link of an adolescente with an apuração (R16 to R18).
pub async fn desvincular(
    app: &App,
    ator: &Ator,
    comando: DesvincularAdolescente,
) -> Result<Desvinculado, Error> {
    ator.exige(Papel::Integracao)?;
    let tribunal = ator.tribunal_de_escrita()?;
    let (relogio, autor) = (app.agora, ator.clone());
    app.db
        .escrever(ator, move |sessao| {
            let motivo = rules::r17_motivo(comando.motivo.as_deref());
            Recusa::nenhuma(Vec::new(), motivo.into_iter().collect())?;
            let (processo, agora) =
                travar(sessao, tribunal, &comando.processo, comando.versao_esperada, relogio)?;
            let conhecido = adolescente::store::travado(sessao, tribunal, &comando.adolescente)?;
            let fatos = store::fatos_do_vinculo(sessao, &processo, conhecido.as_ref())?;
            Recusa::nenhuma(Vec::new(), rules::r16_r18_desvincular(&processo, &fatos))?;
            let Some(adolescente) = conhecido else {
                return Err(Error::interno(anyhow::anyhow!("a link without adolescente")));
            };
            let vinculo =
                store::desvincular(sessao, processo.id, adolescente.id, comando.motivo, agora)?;
            let processo = store::atualizar(sessao, &processo, agora)?;
            let tipo = TipoEvento::AdolescenteDesvinculado;
            contar(sessao, tipo, &processo, &adolescente, agora, &autor)?;
            Ok(Desvinculado { processo, adolescente, vinculo })
        })
        .await
}

struct Desconhecido {
    tribunal: i16,
    identificador: Identificador,
    dados: Option<DadosDeAdolescente>,
}

/// R14: the link registers who the tribunal does not know yet.
fn registrar(
    sessao: &mut Sessao<'_>,
    quem: Desconhecido,
    regras: Regras,
    agora: DateTime<Utc>,
    autor: &Ator,
    avisos: &mut Vec<String>,
) -> Result<Adolescente, Error> {
    let Desconhecido { tribunal, identificador, dados } = quem;
    if let Some(recusa) = rules::r14_desconhecido(&identificador, dados.is_some(), regras) {
        return Err(recusa.into());
    }
    let (ha_dados, cpf) = (dados.is_some(), dados.as_ref().and_then(|dados| dados.cpf.clone()));
    let com_cpf = adolescente::store::por_cpf(sessao, cpf.as_ref())?;
    if let Some(recusa) = adolescente::rules::r25_cpf_livre(com_cpf.as_ref()) {
        return Err(recusa.into());
    }
    if let Some(novo) =
        adolescente::store::inserir_com(sessao, tribunal, &identificador, dados, agora)?
    {
        if !ha_dados {
            avisos.push(format!(
                "adolescente: {identificador} não estava cadastrado; criado um cadastro pendente"
            ));
        }
        let tipo = TipoEvento::AdolescenteCadastrado;
        let evento = NovoEvento::do_adolescente(tipo, &novo, agora, autor);
        evento::store::registrar(sessao, &[evento])?;
        return Ok(novo);
    }
    // A rival was faster: it registered the same identificador, or took the CPF.
    if let Some(adolescente) = adolescente::store::travado(sessao, tribunal, &identificador)? {
        if ha_dados {
            avisos.push(DADOS_IGNORADOS.into());
        }
        return Ok(adolescente);
    }
    Err(adolescente::service::cpf_tomado_agora(sessao, cpf.as_ref())?)
}

const DADOS_IGNORADOS: &str =
    "dados: ignorados, porque o adolescente já está cadastrado; altere-os no cadastro dele";

/// One evento that names both ends.
fn contar(
    sessao: &mut Sessao<'_>,
    tipo: TipoEvento,
    processo: &Processo,
    adolescente: &Adolescente,
    agora: DateTime<Utc>,
    autor: &Ator,
) -> Result<(), Error> {
    let mut evento = NovoEvento::do_processo(tipo, processo, agora, autor);
    evento.adolescente_id = Some(adolescente.id);
    evento.campos = vec!["adolescentes".into()];
    Ok(evento::store::registrar(sessao, &[evento])?)
}
