//! Sending: what the decision table says, and what comes of it.

use crate::auth::Ator;
use crate::command::{Comando, Contexto, Efeito, Lembranca};
use crate::db::{Relation, Sessao};
use crate::error::{CodigoErro, Divergencia, Error, Falha, NoTramita, Recusa};
use crate::tramite::rules::{
    self, ComNre, Condicoes, Informacao, LinhaDeDecisao, RegistroDaOrigem,
};
use crate::tramite::store::{self, EmAndamento, Rota};
use crate::tramite::{ComponenteDigital, EnviarTramite, Estrutura, Nre, Protocolo, Tramite};
use crate::value::regras::Regras;
use crate::value::resource::{Rastreavel, Recurso};
use crate::value::time;
use chrono::Datelike;

/// As many as a person mends at a time.
const DIVERGENCIAS_MAXIMO: usize = 10;

/// A trâmite that was sent, and what is worth knowing.
#[derive(Debug)]
pub struct Enviado {
    pub tramite: Tramite,
    /// This send generated the NRE (row A4).
    pub nre_gerado: bool,
    pub avisos: Vec<String>,
    /// It sets out although the destinatário has the processo otherwise (A2, B5), and comes back
    /// refused: its sender will learn that.
    pub will_be_refused: bool,
}

impl Rastreavel for Enviado {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.tramite.rastrear(recursos);
    }
}

impl Efeito for Enviado {
    fn created(&self) -> Option<Recurso> {
        Some(Recurso::Tramite(self.tramite.idt))
    }

    fn avisos(&self) -> &[String] {
        &self.avisos
    }

    fn absences(&self) -> usize {
        usize::from(self.will_be_refused)
    }

    fn lembrar(&self) -> Lembranca {
        let avisos = self.avisos.clone();
        Lembranca {
            id: self.tramite.idt,
            alterado: self.nre_gerado,
            avisos,
            ..Lembranca::default()
        }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let tramite = store::por_idt(sessao, lembranca.id)?;
        let (nre_gerado, avisos) = (lembranca.alterado, lembranca.avisos);
        // What it told was counted when it was done.
        Ok(Self { tramite, nre_gerado, avisos, will_be_refused: false })
    }
}

/// What the table says of a send.
pub struct Verificado {
    pub linha: LinhaDeDecisao,
    pub recusas: Vec<Recusa>,
    /// The NRE to give, or by which it would go; only to a party.
    pub nre: Option<Nre>,
    /// The files that would be asked for; of a rehearsal alone.
    pub solicitados: Vec<ComponenteDigital>,
    pub avisos: Vec<String>,
}

/// A send that the table judged, with what writing it takes.
struct Decidido {
    verificado: Verificado,
    rota: Option<(Estrutura, Estrutura, Protocolo)>,
}

/// A rehearsal: which row applies, and what to do. Writes nothing.
pub fn verificar(
    sessao: &mut Sessao<'_>,
    ator: &Ator,
    regras: Regras,
    comando: &EnviarTramite,
) -> Result<Verificado, Error> {
    if !comando.malformados.is_empty() {
        return Ok(s0(comando.malformados.clone()));
    }
    let Decidido { mut verificado, rota } = decidir(sessao, ator, regras, comando)?;
    let Some((_, destinatario, _)) = rota.filter(|_| verificado.recusas.is_empty()) else {
        return Ok(verificado);
    };
    let (componentes, todos) = (comando.componentes.clone(), comando.todos_os_componentes);
    match pedir(sessao, &destinatario, verificado.nre.as_ref(), componentes, todos) {
        Ok(pedidos) => {
            let solicitados = pedidos.into_iter().filter(|(_, solicitado)| *solicitado);
            verificado.solicitados = solicitados.map(|(componente, _)| componente).collect();
        }
        Err(Error::Recusas(recusas)) => verificado.recusas = recusas,
        Err(error) => return Err(error),
    }
    Ok(verificado)
}

/// What no row of the table was asked about.
const fn s0(recusas: Vec<Recusa>) -> Verificado {
    let linha = LinhaDeDecisao::S0;
    Verificado { linha, recusas, nre: None, solicitados: Vec::new(), avisos: Vec::new() }
}

/// Sends a processo to another órgão.
impl Comando for EnviarTramite {
    const NOME: &'static str = "enviarTramite";
    type Efeito = Enviado;

    fn executar(mut self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Enviado, Error> {
        let &Contexto { tribunal, regras, relogio, .. } = contexto;
        let malformados = std::mem::take(&mut self.malformados);
        let da_porta = std::mem::take(&mut self.avisos);
        Recusa::nenhuma(malformados, rules::s0_campos(&self, regras))?;
        let Decidido { verificado, rota } = decidir(sessao, &contexto.autor, regras, &self)?;
        let Verificado { linha, recusas, nre: conhecido, mut avisos, .. } = verificado;
        avisos.extend(da_porta);
        Recusa::nenhuma(Vec::new(), recusas)?;
        let Some((remetente, destinatario, protocolo)) = rota else {
            return Err(Error::interno(anyhow::anyhow!(
                "no row refused a send without estruturas"
            )));
        };

        let componentes = std::mem::take(&mut self.componentes);
        let todos = self.todos_os_componentes;
        let componentes = pedir(sessao, &destinatario, conhecido.as_ref(), componentes, todos)?;
        let agora = relogio();
        let nre_gerado = conhecido.is_none();
        let nre = match conhecido {
            Some(nre) => nre,
            None => store::registrar(sessao, &protocolo, time::dia(agora).year(), agora)?,
        };
        let rota = Rota {
            nre: &nre,
            remetente: &remetente,
            destinatario: &destinatario,
            devolucao: linha == LinhaDeDecisao::B6,
            nre_informado: self.nre.is_some(),
            componentes: &componentes,
        };
        // The unique index has the last word: of racing sends one is in progress.
        match store::inserir(sessao, &rota, self, agora)? {
            Some(tramite) => {
                if nre_gerado {
                    store::tornar_parte(sessao, tribunal, &nre, protocolo.chave(), agora)?;
                }
                let will_be_refused = linha.is_of_another_party();
                Ok(Enviado { tramite, nre_gerado, avisos, will_be_refused })
            }
            None => {
                let recusa = rules::recusa_da_linha(LinhaDeDecisao::B3, &Informacao::default());
                Err(Error::Recusas(recusa.into_iter().collect()))
            }
        }
    }
}

/// Which files to ask for: what the destinatário does not have by this NRE, or `todos`. A place
/// whose file is not the one that was received there is refused (0047).
fn pedir(
    sessao: &mut Sessao<'_>,
    destinatario: &Estrutura,
    nre: Option<&Nre>,
    componentes: Vec<ComponenteDigital>,
    todos: bool,
) -> Result<Vec<(ComponenteDigital, bool)>, Error> {
    let Some(nre) = nre.filter(|_| !componentes.is_empty()) else {
        return Ok(componentes.into_iter().map(|componente| (componente, true)).collect());
    };
    let tramitados = store::tramitados(sessao, destinatario.tribunal_codigo, nre, &componentes)?;
    let mut recusas = Vec::new();
    let divergentes = componentes.iter().zip(&tramitados).filter(|(_, antes)| antes.diverge);
    for (componente, _) in divergentes.take(DIVERGENCIAS_MAXIMO) {
        let divergencia = Divergencia {
            documento: componente.documento,
            componente: componente.ordem,
            esperado: store::hash_tramitado(sessao, nre, componente)?,
            informado: componente.hash.to_string(),
        };
        let protocolo = componente.protocolo.clone();
        recusas.push(rules::documento_divergente(nre, protocolo, divergencia));
    }
    Recusa::nenhuma(Vec::new(), recusas)?;
    let solicitado =
        |(componente, antes): (_, store::Tramitado)| (componente, todos || !antes.destino_tem);
    Ok(componentes.into_iter().zip(tramitados).map(solicitado).collect())
}

/// Judges a well-formed send by the table; every fact is read after the turn is taken.
fn decidir(
    sessao: &mut Sessao<'_>,
    ator: &Ator,
    regras: Regras,
    comando: &EnviarTramite,
) -> Result<Decidido, Error> {
    let tribunal = ator.tribunal_de_escrita()?;
    let recusas = rules::s0_campos(comando, regras);
    if !recusas.is_empty() {
        return Ok(Decidido { verificado: s0(recusas), rota: None });
    }
    let mut achar = |endereco: &Option<_>| match endereco {
        Some(endereco) => store::estrutura(sessao, endereco),
        None => Ok(None),
    };
    let (remetente, destinatario) = (achar(&comando.remetente)?, achar(&comando.destinatario)?);
    if remetente.as_ref().is_some_and(|estrutura| !estrutura.de_quem_chama(ator, tribunal)) {
        let mensagem = "a estrutura do remetente não é de quem chama";
        return Err(Error::falha(Falha::SemPermissao, mensagem));
    }
    let recusas = rules::s0_estruturas(remetente.as_ref(), destinatario.as_ref());
    let protocolo = comando.protocolo.as_deref().and_then(|texto| Protocolo::ler(texto).ok());
    let (Some(remetente), Some(destinatario), Some(protocolo), true) =
        (remetente, destinatario, protocolo, recusas.is_empty())
    else {
        return Ok(Decidido { verificado: s0(recusas), rota: None });
    };

    store::tomar_a_vez(sessao, tribunal, protocolo.chave(), comando.nre.as_ref())?;
    let (condicoes, informacao, seria_recusado) =
        condicoes(sessao, tribunal, regras, comando.nre.as_ref(), &protocolo, &destinatario)?;
    let linha = rules::linha(&condicoes);
    // As the real platform does: what the destination would refuse sets out, and is
    // refused when it arrives. Nothing else does, or a lost NRE would get past the rows
    // that ask whose the processo is.
    let sai = !regras.recusa_no_envio
        && match linha {
            LinhaDeDecisao::A1 => seria_recusado,
            LinhaDeDecisao::A2 | LinhaDeDecisao::B5 => true,
            _ => false,
        };
    let recusa = rules::recusa_da_linha(linha, &informacao).filter(|_| !sai);
    let mut avisos = Vec::new();
    if !protocolo.digito_confere() {
        avisos.push("protocolo: o dígito verificador não confere".to_owned());
    }
    if let Some(registrado) = informacao.protocolo_registrado.as_deref()
        && registrado != protocolo.texto()
    {
        avisos.push(format!(
            "AVISO_GRAFIA_DO_PROTOCOLO: o protocolo segue na grafia registrada, {registrado}"
        ));
    }
    let (recusas, nre) = (recusa.into_iter().collect(), informacao.nre);
    let verificado = Verificado { linha, recusas, nre, solicitados: Vec::new(), avisos };
    Ok(Decidido { verificado, rota: Some((remetente, destinatario, protocolo)) })
}

/// The conditions of the table, what a refusal may tell, and whether a send without
/// the NRE is one that only the destination stands against.
fn condicoes(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    regras: Regras,
    nre: Option<&Nre>,
    protocolo: &Protocolo,
    destinatario: &Estrutura,
) -> Result<(Condicoes, Informacao, bool), Error> {
    let destino = destinatario.tribunal_codigo;
    // Without an NRE, the one that the órgão has for this protocolo.
    let proprio = match nre {
        None => store::registro_proprio(sessao, tribunal, protocolo.chave())?,
        Some(_) => None,
    };
    let de_quem = nre.or(proprio.as_ref());
    let fatos = store::fatos_do_envio(sessao, destino, protocolo.chave(), de_quem)?;
    let registro = match de_quem {
        Some(nre) => store::registro_de(sessao, tribunal, nre)?,
        None => None,
    };
    let em_andamento = match &registro {
        Some(registro) if fatos.em_andamento => {
            let key = EmAndamento(registro.nre.clone());
            EmAndamento::load_one(sessao, &key)?
        }
        _ => None,
    };
    let bloqueado = regras.exigir_processo_desbloqueado && !fatos.com_quem_pergunta;
    let com_nre = match nre {
        None => ComNre::Ausente {
            origem: match &registro {
                None => RegistroDaOrigem::Nenhum,
                Some(_) if fatos.em_andamento => RegistroDaOrigem::Firme,
                Some(registro) => match store::ja_concluido(sessao, tribunal, &registro.nre)? {
                    true => RegistroDaOrigem::Firme,
                    false => RegistroDaOrigem::Provisorio,
                },
            },
        },
        Some(_) => ComNre::Presente {
            parte: registro.is_some(),
            protocolo_confere: registro
                .as_ref()
                .is_some_and(|registro| registro.nomeia(protocolo, regras.protocolo_exato)),
            em_andamento: fatos.em_andamento,
            bloqueado,
            destino_e_parte: fatos.destino_e_parte,
        },
    };
    let condicoes =
        Condicoes { apto: true, nre: com_nre, destino_tem_protocolo: fatos.destino_tem };
    let informacao = Informacao {
        protocolo: Some(protocolo.texto().to_owned()),
        nre: registro.as_ref().map(|registro| registro.nre.clone()),
        em_andamento: em_andamento.map(|tramite| (*tramite).clone()),
        protocolo_registrado: registro.map(|registro| registro.protocolo),
        destinatario: destinatario.nome.clone(),
    };
    let seria_recusado = fatos.destino_tem && !fatos.em_andamento && !bloqueado;
    Ok((condicoes, informacao, seria_recusado))
}

/// The refusal by which a destination that has the processo already sends it back.
pub fn recusa_do_destino(tramite: &Tramite) -> Recusa {
    let recusa = Recusa::nova(CodigoErro::NupJaCadastrado, "B5", rules::NUP_JA_CADASTRADO)
        .em(["idt"])
        .oriente("o trâmite volta ao remetente, recusado com o motivo 99");
    Recusa { tramite: Some(NoTramita { idt: Some(tramite.idt), ..NoTramita::default() }), ..recusa }
}
