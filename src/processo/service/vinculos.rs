//! R14 to R18: links between adolescentes and apurações.
//!
//! Locks are taken in one order everywhere: the processo, then the adolescente.

use super::travar;
use crate::adolescente::{self, Adolescente, AdolescenteId, DadosDeAdolescente, Identificador};
use crate::command::{Comando, Contexto, Efeito, Lembranca};
use crate::db::Sessao;
use crate::error::{Error, Recusa};
use crate::evento::{self, MudancaDeCampo, NovoEvento, TipoEvento};
use crate::processo::{
    DesvincularAdolescente, Processo, SituacaoVinculo, VincularAdolescente, Vinculo, rules, store,
};
use crate::value::resource::{Rastreavel, Recurso};
use crate::value::time;
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
impl Comando for VincularAdolescente {
    const NOME: &'static str = "vincularAdolescente";
    type Efeito = Vinculado;

    fn executar(
        mut self,
        sessao: &mut Sessao<'_>,
        contexto: &Contexto,
    ) -> Result<Vinculado, Error> {
        let malformados = std::mem::take(&mut self.malformados);
        let hoje = time::dia((contexto.relogio)());
        let dos_dados = self.dados.as_ref();
        let dos_dados =
            dos_dados.map_or_else(Vec::new, |dados| adolescente::rules::cadastro(dados, hoje));
        Recusa::nenhuma(malformados, dos_dados)?;

        let (processo, agora) = travar(sessao, contexto, &self.processo, self.versao_esperada)?;
        let conhecido = adolescente::store::travado(sessao, contexto.tribunal, &self.adolescente)?;
        let fatos = store::fatos_do_vinculo(sessao, &processo, conhecido.as_ref())?;
        Recusa::nenhuma(Vec::new(), rules::r15_vincular(&processo, &fatos))?;

        let mut avisos = Vec::new();
        let adolescente = match conhecido {
            Some(adolescente) => {
                if self.dados.is_some() {
                    avisos.push(DADOS_IGNORADOS.into());
                }
                adolescente
            }
            None => {
                let quem = Desconhecido { identificador: self.adolescente, dados: self.dados };
                registrar(sessao, quem, agora, contexto, &mut avisos)?
            }
        };
        let vinculo = store::vincular(sessao, &processo, adolescente.id, agora)?;
        let processo = store::atualizar(sessao, &processo, agora)?;
        let tipo = TipoEvento::AdolescenteVinculado;
        contar(sessao, tipo, &processo, (&adolescente, &vinculo), agora, contexto)?;
        Ok(Vinculado { processo, adolescente, vinculo, avisos })
    }
}

/// A link that ended, and its two ends.
#[derive(Debug)]
pub struct Desvinculado {
    pub processo: Processo,
    pub adolescente: Adolescente,
    pub vinculo: Vinculo,
}

/// Ends the link of an adolescente with an apuração (R16 to R18).
impl Comando for DesvincularAdolescente {
    const NOME: &'static str = "desvincularAdolescente";
    type Efeito = Desvinculado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Desvinculado, Error> {
        let motivo = rules::r17_motivo(self.motivo.as_deref());
        Recusa::nenhuma(Vec::new(), motivo.into_iter().collect())?;
        let (processo, agora) = travar(sessao, contexto, &self.processo, self.versao_esperada)?;
        let conhecido = adolescente::store::travado(sessao, contexto.tribunal, &self.adolescente)?;
        let fatos = store::fatos_do_vinculo(sessao, &processo, conhecido.as_ref())?;
        Recusa::nenhuma(Vec::new(), rules::r16_r18_desvincular(&processo, &fatos))?;
        let Some(adolescente) = conhecido else {
            return Err(Error::interno(anyhow::anyhow!("a link without adolescente")));
        };
        let vinculo = store::desvincular(sessao, processo.id, adolescente.id, self.motivo, agora)?;
        let processo = store::atualizar(sessao, &processo, agora)?;
        let tipo = TipoEvento::AdolescenteDesvinculado;
        contar(sessao, tipo, &processo, (&adolescente, &vinculo), agora, contexto)?;
        Ok(Desvinculado { processo, adolescente, vinculo })
    }
}

impl AsRef<Processo> for Vinculado {
    fn as_ref(&self) -> &Processo {
        &self.processo
    }
}

impl AsRef<Processo> for Desvinculado {
    fn as_ref(&self) -> &Processo {
        &self.processo
    }
}

impl Rastreavel for Vinculado {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.processo.rastrear(recursos);
        self.adolescente.rastrear(recursos);
    }
}

impl Efeito for Vinculado {
    fn avisos(&self) -> &[String] {
        &self.avisos
    }

    fn lembrar(&self) -> Lembranca {
        let avisos = self.avisos.clone();
        Lembranca { avisos, ..lembrar(&self.processo, &self.adolescente, &self.vinculo) }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let (processo, adolescente, vinculo) = reler(sessao, &lembranca)?;
        Ok(Self { processo, adolescente, vinculo, avisos: lembranca.avisos })
    }
}

impl Rastreavel for Desvinculado {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.processo.rastrear(recursos);
        self.adolescente.rastrear(recursos);
    }
}

impl Efeito for Desvinculado {
    fn lembrar(&self) -> Lembranca {
        lembrar(&self.processo, &self.adolescente, &self.vinculo)
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let (processo, adolescente, vinculo) = reler(sessao, &lembranca)?;
        Ok(Self { processo, adolescente, vinculo })
    }
}

fn lembrar(processo: &Processo, adolescente: &Adolescente, vinculo: &Vinculo) -> Lembranca {
    Lembranca {
        id: processo.id.0,
        versao: processo.versao,
        adolescente: Some(adolescente.id.0),
        vinculo: Some(vinculo.id),
        ..Lembranca::default()
    }
}

fn reler(
    sessao: &mut Sessao<'_>,
    lembranca: &Lembranca,
) -> Result<(Processo, Adolescente, Vinculo), Error> {
    let processo = store::lembrado(sessao, lembranca)?;
    let adolescente = AdolescenteId(lembranca.adolescente.unwrap_or_default());
    let adolescente = adolescente::store::por_id(sessao, adolescente)?;
    let vinculo = store::vinculo_por_id(sessao, lembranca.vinculo.unwrap_or_default())?;
    Ok((processo, adolescente, vinculo))
}

struct Desconhecido {
    identificador: Identificador,
    dados: Option<DadosDeAdolescente>,
}

/// R14: the link registers who the tribunal does not know yet.
fn registrar(
    sessao: &mut Sessao<'_>,
    quem: Desconhecido,
    agora: DateTime<Utc>,
    contexto: &Contexto,
    avisos: &mut Vec<String>,
) -> Result<Adolescente, Error> {
    let &Contexto { tribunal, regras, ref autor, .. } = contexto;
    let Desconhecido { identificador, dados } = quem;
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
    (adolescente, vinculo): (&Adolescente, &Vinculo),
    agora: DateTime<Utc>,
    contexto: &Contexto,
) -> Result<(), Error> {
    let mut evento = NovoEvento::do_processo(tipo, processo, agora, &contexto.autor);
    evento.adolescente_id = Some(adolescente.id);
    evento.campos = vec!["adolescentes".into()];
    let era = vinculo.encerrado_em.map(|_| SituacaoVinculo::Ativo.texto());
    let e = Some(vinculo.situacao().texto());
    evento.mudancas.extend(MudancaDeCampo::nova("vinculo.situacao", era, e));
    evento.mudancas.extend(MudancaDeCampo::nova("vinculo.motivo", None, vinculo.motivo.as_deref()));
    Ok(evento::store::registrar(sessao, &[evento])?)
}
