//! One call on its way through the server: who makes it, and what it leaves behind.

use crate::audit::entry::{
    CampoSensivel, CamposSensiveis, CanalAuditoria, EspecieAuditoria, NovoRegistro,
};
use crate::audit::queue::{OnWritten, PATIENCE, Permit, Written};
use crate::audit::writer::Auditoria;
use crate::auth::{Ator, Papel};
use crate::error::Error;
use crate::value::resource::{Rastreavel, Recurso};
use std::mem;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How a call comes in.
#[derive(Debug)]
pub struct Entrada {
    pub canal: CanalAuditoria,
    /// Name of the GraphQL operation, or template of the route.
    pub operacao: String,
    pub especie: EspecieAuditoria,
    /// The request's id, the same as in the logs.
    pub correlacao: String,
}

/// What is known of a call so far. Cheap to clone: all clones are of one call.
#[derive(Clone)]
pub struct Rastro(Arc<Interno>);

struct Interno {
    ator: Ator,
    canal: CanalAuditoria,
    correlacao: String,
    auditoria: Auditoria,
    sensiveis: AtomicU32,
    ausencias: AtomicU32,
    /// Of an attempt that is made again: those that it will find once more.
    repetidas: AtomicU32,
    estado: Mutex<Estado>,
}

struct Estado {
    operacao: String,
    especie: EspecieAuditoria,
    lidos: Vec<Recurso>,
    /// What the transactions of the call told of already.
    escritos: Vec<Recurso>,
    gravou: bool,
    /// Refused writes, whose transactions kept nothing.
    recusados: Vec<NovoRegistro>,
    /// The right to have it recorded, kept from the first read on.
    permit: Option<Permit>,
    /// When it was over.
    ended: Option<Instant>,
    /// It hands over an event, and may be told together with others that do.
    delivery: bool,
    /// The worst that a part of the call came to, where the whole answers 200.
    pior: u16,
}

impl Rastro {
    pub fn novo(ator: Ator, entrada: Entrada, auditoria: Auditoria) -> Self {
        let Entrada { canal, operacao, especie, correlacao } = entrada;
        let estado = Estado {
            operacao,
            especie,
            lidos: Vec::new(),
            escritos: Vec::new(),
            gravou: false,
            recusados: Vec::new(),
            permit: None,
            ended: None,
            delivery: false,
            pior: 0,
        };
        let (sensiveis, ausencias) = (AtomicU32::default(), AtomicU32::default());
        let estado = Mutex::new(estado);
        Self(Arc::new(Interno {
            ator,
            canal,
            correlacao,
            auditoria,
            sensiveis,
            ausencias,
            repetidas: AtomicU32::default(),
            estado,
        }))
    }

    pub fn ator(&self) -> &Ator {
        &self.0.ator
    }

    pub fn canal(&self) -> CanalAuditoria {
        self.0.canal
    }

    /// The id of the request that it came by.
    pub fn correlacao(&self) -> &str {
        &self.0.correlacao
    }

    /// What the operation is, once it is known.
    pub fn nomear(&self, operacao: String, especie: EspecieAuditoria) {
        let mut estado = self.0.estado();
        (estado.operacao, estado.especie) = (operacao, especie);
    }

    /// Before anything is read: takes the right to have it recorded, and waits for it.
    pub async fn garantir(&self) -> Result<(), Error> {
        if self.0.estado().permit.is_some() {
            return Ok(());
        }
        let permit = self.0.auditoria.permit().await?;
        self.0.estado().permit.get_or_insert(permit);
        Ok(())
    }

    /// The call hands over an event of a subscription.
    pub fn delivers(&self) {
        self.0.estado().delivery = true;
    }

    /// A part of the call failed, with this status, although the whole may answer 200.
    pub fn falhou(&self, status: u16) {
        let mut estado = self.0.estado();
        estado.pior = estado.pior.max(status);
    }

    /// Takes note of what was read.
    pub fn leu(&self, lido: &impl Rastreavel) {
        lido.rastrear(&mut self.0.estado().lidos);
    }

    /// The same, but for a record that a dry run made and undid.
    pub fn leu_exceto(&self, lido: &impl Rastreavel, exceto: Option<Recurso>) {
        let mut recursos = Vec::new();
        lido.rastrear(&mut recursos);
        recursos.retain(|recurso| Some(*recurso) != exceto);
        self.0.estado().lidos.append(&mut recursos);
    }

    /// Passes `valor` on to whoever may see sensitive data, noting which it was, and
    /// nothing to the others.
    pub fn sensivel<T>(&self, campo: CampoSensivel, valor: Option<T>) -> Option<T> {
        let visto = valor.filter(|_| self.0.ator.tem(Papel::DadosSensiveis));
        if visto.is_some() {
            self.0.sensiveis.fetch_or(campo.bit(), Ordering::Relaxed);
        }
        visto
    }

    /// Passes on what somebody looked for by its name; counts it when it is not there.
    pub fn procurado<T>(&self, achado: Option<T>) -> Option<T> {
        self.ausentes(usize::from(achado.is_none()));
        achado
    }

    /// So many objects that were named are not there, or not the caller's to see.
    pub fn ausentes(&self, quantos: usize) {
        let quantos = u32::try_from(quantos).unwrap_or(u32::MAX);
        let descontar = |repetidas: u32| Some(repetidas.saturating_sub(quantos));
        let repetidas =
            self.0.repetidas.fetch_update(Ordering::Relaxed, Ordering::Relaxed, descontar);
        let novas = quantos.saturating_sub(repetidas.unwrap_or_default());
        self.0.ausencias.fetch_add(novas, Ordering::Relaxed);
    }

    /// The call is tried again from its beginning: what it misses again is not counted again.
    pub fn recomecar(&self) {
        self.0.repetidas.store(self.ausencias(), Ordering::Relaxed);
    }

    pub fn ausencias(&self) -> u32 {
        self.0.ausencias.load(Ordering::Relaxed)
    }

    /// The record of a write, to go in its transaction.
    pub fn escrita(
        &self,
        comando: &str,
        efeito: &impl Rastreavel,
        lido: &impl Rastreavel,
    ) -> NovoRegistro {
        let mut recursos = Vec::new();
        efeito.rastrear(&mut recursos);
        lido.rastrear(&mut recursos);
        self.0.da_escrita(comando, 200, recursos)
    }

    /// That record was committed.
    pub fn gravada(&self, registro: NovoRegistro) {
        let mut estado = self.0.estado();
        estado.gravou = true;
        estado.escritos.extend(registro.recursos);
    }

    /// Whether something of the call was committed.
    pub fn gravou(&self) -> bool {
        self.0.estado().gravou
    }

    /// A write that was refused, with this status: nothing of its transaction stays.
    pub fn recusada(&self, comando: &str, status: u16) {
        let registro = self.0.da_escrita(comando, status, Vec::new());
        self.0.estado().recusados.push(registro);
    }

    /// The call is over, with this status: what its transactions did not record is recorded now,
    /// and nothing of the answer may leave before it is written.
    pub fn encerrar(&self, status: u16) -> Written {
        let (tell, written) = Written::channel();
        self.0.encerrar(status, tell);
        written
    }

    /// The same; `then` is called by the thread that writes, once nothing keeps the answer.
    pub fn encerrar_then(&self, status: u16, then: OnWritten) {
        self.0.encerrar(status, then);
    }

    /// How long the answer may still wait for its record.
    pub fn patience(&self) -> Duration {
        let ended = self.0.estado().ended;
        ended.map_or(PATIENCE, |ended| PATIENCE.saturating_sub(ended.elapsed()))
    }
}

impl Interno {
    fn estado(&self) -> MutexGuard<'_, Estado> {
        self.estado.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn da_escrita(&self, comando: &str, status: u16, recursos: Vec<Recurso>) -> NovoRegistro {
        // A route does one thing; a GraphQL operation, as many as it has mutations.
        let operacao = match self.canal {
            CanalAuditoria::Graphql => comando.to_owned(),
            _ => self.estado().operacao.clone(),
        };
        let (especie, campos) = (EspecieAuditoria::Escrita, CamposSensiveis::default());
        self.registro(operacao, especie, status, recursos, campos)
    }

    fn registro(
        &self,
        operacao: String,
        especie: EspecieAuditoria,
        status: u16,
        mut recursos: Vec<Recurso>,
        campos: CamposSensiveis,
    ) -> NovoRegistro {
        recursos.sort_unstable();
        recursos.dedup();
        NovoRegistro {
            ator: self.ator.clone(),
            canal: self.canal,
            operacao,
            especie,
            status,
            recursos,
            campos,
            correlacao: self.correlacao.clone(),
            correlacoes: Vec::new(),
            entrega: false,
        }
    }

    fn encerrar(&self, status: u16, then: OnWritten) {
        let mut estado = self.estado();
        if estado.ended.is_some() {
            return then();
        }
        estado.ended = Some(Instant::now());
        let (permit, delivery) = (estado.permit.take(), estado.delivery);
        let mut registros = mem::take(&mut estado.recusados);
        let contou = estado.gravou || !registros.is_empty();
        let (lidos, escritos) = (mem::take(&mut estado.lidos), mem::take(&mut estado.escritos));
        let (operacao, especie, pior) =
            (mem::take(&mut estado.operacao), estado.especie, estado.pior);
        drop(estado);
        let campos = CamposSensiveis::de_bits(self.sensiveis.load(Ordering::Relaxed));
        let so_o_escrito = lidos.iter().all(|lido| escritos.contains(lido));
        if !contou || !so_o_escrito || campos != CamposSensiveis::default() {
            // What is left to tell of a write that was told is what was read of it.
            let especie = if contou { EspecieAuditoria::Leitura } else { especie };
            // Named and not there, and nothing else: a question without an answer.
            let nada = lidos.is_empty() && self.ausencias.load(Ordering::Relaxed) > 0;
            let status = match status {
                // An answer in part, where the door tells it by its status.
                294 if contou => 200,
                200 | 294 if pior > 0 && !contou => pior,
                200 if nada => 404,
                outro => outro,
            };
            let registro = self.registro(operacao, especie, status, lidos, campos);
            registros.push(NovoRegistro { entrega: delivery, ..registro });
        }
        self.auditoria.record(permit, registros, delivery, then);
    }
}

/// A call whose client went away, or that broke: what it had read was read.
impl Drop for Interno {
    fn drop(&mut self) {
        self.encerrar(500, Box::new(|| {}));
    }
}
