//! The answers about trâmites, by the names of the real platform.

use super::super::answer::answer;
use super::super::openapi::texts::{Hash, Instante, Nre, NumeroDaEstrutura, Protocolo};
use super::super::page::PageRequest;
use super::body::KEPT_CABECALHO;
use super::fields::drop_senders_own;
use crate::auth::signer::Signer;
use crate::error::Error;
use crate::tramite::rules::SituacaoTramite;
use crate::tramite::{
    Componente, HashSha256, MudancaDeSituacao, RegistroEletronico, Tramite, hashes_tramitados,
    recibo,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use utoipa::ToSchema;

fn instant(instant: DateTime<Utc>) -> Instante {
    Instante(instant.to_rfc3339_opts(SecondsFormat::Millis, true))
}

answer! {
    /// Uma unidade de um repositório de estruturas.
    #[schema(examples(json!({
        "identificacaoDoRepositorioDeEstruturas": 1, "numeroDeIdentificacaoDaEstrutura": "820",
    })))]
    pub struct Estrutura from (repositorio: i32, numero: &str) {
        /// O repositório; 1 é o Poder Judiciário.
        #[schema(examples(1))]
        identificacao_do_repositorio_de_estruturas: i32 = repositorio,
        numero_de_identificacao_da_estrutura: NumeroDaEstrutura = NumeroDaEstrutura(numero.to_owned()),
    }
}

impl Estrutura {
    fn remetente(tramite: &Tramite) -> Self {
        Self::new(tramite.remetente_repositorio, &tramite.remetente_numero)
    }

    fn destinatario(tramite: &Tramite) -> Self {
        Self::new(tramite.destinatario_repositorio, &tramite.destinatario_numero)
    }
}

answer! {
    /// Um trâmite que nasceu; simulado, sem IDT, NRE e ticket.
    pub struct EnvioFeito from (
        tramite: &Tramite, componentes: &[Componente], dry_run: bool, warnings: &[String]
    ) {
        #[serde(rename = "IDT")]
        #[schema(minimum = 1)]
        idt: Option<i64> = (!dry_run).then_some(tramite.idt),
        /// Guarde-o: vai em todo trâmite seguinte do processo.
        #[serde(rename = "NRE")]
        nre: Option<Nre> = (!dry_run).then(|| Nre(tramite.nre.to_string())),
        #[schema(minimum = 1)]
        ticket_para_envio_de_componentes_digitais: Option<i64> = (!dry_run).then_some(tramite.idt),
        // A text, because the platform's client does not accept a number as a date.
        data_hora_de_registro_do_tramite: Instante = instant(tramite.criado_em),
        /// Os arquivos que faltam ao destinatário, e que se mandam agora.
        processos_com_componentes_digitais_solicitados: Vec<ArquivosDoProcesso> =
            by_protocolo(componentes, |componente| componente.solicitado),
        /// O destinatário já tinha o processo por este NRE.
        devolucao: bool = tramite.devolucao,
        simulado: Option<bool> = dry_run.then_some(true),
        avisos: Option<Vec<String>> = (!warnings.is_empty()).then(|| warnings.to_vec()),
    }
}

/// Arquivos de um processo, cada hash uma vez.
#[derive(Serialize, ToSchema)]
pub struct ArquivosDoProcesso {
    protocolo: Protocolo,
    #[schema(value_type = Vec<Hash>)]
    hashes: BTreeSet<HashSha256>,
}

/// The files of the componentes that `include` accepts, by protocolo.
fn by_protocolo(
    componentes: &[Componente],
    include: fn(&Componente) -> bool,
) -> Vec<ArquivosDoProcesso> {
    let mut processos: Vec<ArquivosDoProcesso> = Vec::new();
    for componente in componentes.iter().filter(|componente| include(componente)) {
        let Componente { protocolo, hash, .. } = componente;
        match processos.iter_mut().find(|processo| processo.protocolo.0 == *protocolo) {
            Some(processo) => drop(processo.hashes.insert(hash.clone())),
            None => processos.push(ArquivosDoProcesso {
                protocolo: Protocolo(protocolo.clone()),
                hashes: [hash.clone()].into(),
            }),
        }
    }
    processos
}

/// The hashes of the componentes that `include` accepts, each once.
fn hashes(
    componentes: Option<&[Componente]>,
    include: fn(&Componente) -> bool,
) -> Option<BTreeSet<HashSha256>> {
    let found = componentes?.iter().filter(|componente| include(componente));
    Some(found.map(|componente| componente.hash.clone()).collect())
}

/// The hashes of a recibo, in the order in which they are signed.
fn signed(componentes: &[Componente]) -> Vec<Hash> {
    hashes_tramitados(componentes).into_iter().map(|hash| Hash(hash.to_owned())).collect()
}

/// True while a party still has files to send, to download or to sign for.
pub const fn shows_componentes(situacao: SituacaoTramite) -> bool {
    matches!(
        situacao,
        SituacaoTramite::AguardandoComponentes
            | SituacaoTramite::MetadadosRecebidosDestinatario
            | SituacaoTramite::ComponentesRecebidosDestinatario
    )
}

answer! {
    /// Um trâmite.
    pub struct TramiteVisto from (
        tramite: &Tramite, changes: &[MudancaDeSituacao], pending: &Pending<'_>
    ) {
        #[serde(rename = "IDT")]
        #[schema(minimum = 1)]
        idt: i64 = tramite.idt,
        #[serde(rename = "NRE")]
        nre: Nre = Nre(tramite.nre.to_string()),
        protocolo: Protocolo = Protocolo(tramite.protocolo.clone()),
        remetente: Estrutura = Estrutura::remetente(tramite),
        destinatario: Estrutura = Estrutura::destinatario(tramite),
        #[schema(value_type = i32, minimum = 1, maximum = 10)]
        situacao_atual: i16 = tramite.situacao.code(),
        mudancas_de_situacao: Vec<PassagemDoTramite> = changes.iter().map(PassagemDoTramite::new).collect(),
        /// O mesmo que `mudancasDeSituacao`.
        historico: Vec<PassagemDoTramite> = changes.iter().map(PassagemDoTramite::new).collect(),
        devolucao: bool = tramite.devolucao,
        motivo_da_recusa: Option<String> = tramite.motivo_recusa.clone(),
        justificativa_da_recusa: Option<String> = tramite.justificativa.clone(),
        /// Só na situação 1, e ao remetente. De uma lista, só o primeiro trâmite traz os campos de
        /// arquivos.
        #[schema(value_type = Option<Vec<Hash>>)]
        hash_dos_componentes_pendentes_de_envio: Option<BTreeSet<HashSha256>> =
            hashes(pending.to_send, Componente::is_pending_upload),
        /// Só na situação 3: os que o destinatário ainda não baixou.
        #[schema(value_type = Option<Vec<Hash>>)]
        hash_dos_componentes_pendentes_de_recebimento: Option<BTreeSet<HashSha256>> =
            hashes(pending.to_download, Componente::is_pending_download),
        /// Só nas situações 3 e 4: os hashes do recibo, na ordem em que se assinam.
        hashes_dos_componentes_digitais: Option<Vec<Hash>> = pending.to_sign.map(signed),
        /// Os arquivos pendentes de envio ou de recebimento, por protocolo.
        processos_com_componentes_digitais_pendentes: Option<Vec<ArquivosDoProcesso>> = pending.by_protocolo(),
        // `metadados` adds these to the JSON.
        /// Este e os seguintes são os metadados: ao remetente e, desde a situação 3, ao destinatário.
        #[serde(rename = "nre")]
        nre_dos_metadados: Option<Nre> = None,
        urgente: Option<bool> = None,
        #[schema(minimum = 1, maximum = 5)]
        motivo_da_urgencia: Option<i32> = None,
        data_de_retorno: Option<Instante> = None,
        propriedades_adicionais: Option<Value> = None,
        /// O processo como foi enviado, com o protocolo na grafia registrada primeiro.
        processo: Option<Value> = None,
    }
}

/// The componentes that a party still has to handle, by what it has to do. `None` in a situação in
/// which it does not do that, or when the componentes were not read.
pub struct Pending<'c> {
    to_send: Option<&'c [Componente]>,
    to_download: Option<&'c [Componente]>,
    to_sign: Option<&'c [Componente]>,
}

impl<'c> Pending<'c> {
    pub fn of(tramite: &Tramite, componentes: Option<&'c [Componente]>) -> Self {
        let when = |situacao| componentes.filter(|_| tramite.situacao == situacao);
        let to_send = when(SituacaoTramite::AguardandoComponentes);
        Self {
            to_send,
            to_download: when(SituacaoTramite::MetadadosRecebidosDestinatario),
            to_sign: componentes.filter(|_| to_send.is_none()),
        }
    }

    fn by_protocolo(&self) -> Option<Vec<ArquivosDoProcesso>> {
        let to_send = self.to_send.map(|all| by_protocolo(all, Componente::is_pending_upload));
        to_send.or_else(|| Some(by_protocolo(self.to_download?, Componente::is_pending_download)))
    }
}

answer! {
    /// Uma situação por que o trâmite passou.
    pub struct PassagemDoTramite from (change: &MudancaDeSituacao) {
        #[schema(value_type = i32, minimum = 1, maximum = 10)]
        situacao: i16 = change.situacao.code(),
        data_hora: Instante = instant(change.ocorrida_em),
    }
}

answer! {
    /// Uma página de trâmites, do mais novo ao mais antigo.
    pub struct PaginaDeTramites from (page: PageRequest, rows: Vec<TramiteVisto>, total: i64) {
        #[schema(minimum = 0)]
        total_de_registros: i64 = total,
        #[schema(minimum = 0)]
        pagina: i64 = page.number,
        #[schema(minimum = 1, maximum = 1000)]
        tamanho: i64 = page.size,
        tramites: Vec<TramiteVisto> = rows,
    }
}

/// Os trâmites que esperam um passo de quem chama, do mais antigo ao mais novo; no máximo 1000.
#[derive(Serialize, ToSchema)]
pub struct Pendencias(pub Vec<TramitePendente>);

answer! {
    /// A próxima pendência, ou que não há.
    pub struct PendenciaEsperada from (found: Option<&Tramite>) {
        encontrou: bool = found.is_some(),
        #[serde(rename = "IDT")]
        #[schema(minimum = 1)]
        idt: Option<i64> = found.map(|tramite| tramite.idt),
        /// A situação do trâmite.
        #[schema(value_type = Option<i32>, minimum = 1, maximum = 10)]
        status: Option<i16> = found.map(|tramite| tramite.situacao.code()),
    }
}

answer! {
    /// Um trâmite que espera.
    pub struct TramitePendente from (tramite: &Tramite) {
        #[serde(rename = "IDT")]
        #[schema(minimum = 1)]
        idt: i64 = tramite.idt,
        /// A situação do trâmite.
        #[schema(value_type = i32, minimum = 1, maximum = 10)]
        status: i16 = tramite.situacao.code(),
        #[serde(rename = "NRE")]
        nre: Nre = Nre(tramite.nre.to_string()),
        protocolo: Protocolo = Protocolo(tramite.protocolo.clone()),
    }
}

answer! {
    /// O trâmite na nova situação.
    pub struct PassoDado from (tramite: &Tramite, dry_run: bool) {
        #[serde(rename = "IDT")]
        #[schema(minimum = 1)]
        idt: i64 = tramite.idt,
        #[serde(rename = "NRE")]
        nre: Nre = Nre(tramite.nre.to_string()),
        #[schema(value_type = i32, minimum = 1, maximum = 10)]
        situacao_atual: i16 = tramite.situacao.code(),
        simulado: Option<bool> = dry_run.then_some(true),
    }
}

/// The metadata as the destinatário gets them: the documented fields, and the other fields that the
/// send had.
pub fn metadados(tramite: &Tramite) -> Result<Map<String, Value>, Error> {
    let mut kept: Map<String, Value> = match &tramite.metadados {
        Some(text) => serde_json::from_str(text).map_err(Error::internal)?,
        None => Map::new(),
    };
    // Earlier versions stored rows with these keys, so remove them here too.
    drop_senders_own(&mut kept);
    let of_cabecalho = match kept.shift_remove(KEPT_CABECALHO) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let additional = kept.shift_remove("propriedadesAdicionais");
    // This field concerns only the remetente and this server.
    kept.shift_remove("enviarApenasComponentesDigitaisPendentes");
    let mut processo = Map::new();
    processo.insert("protocolo".into(), json!(tramite.protocolo));
    processo.insert("nivelDeSigilo".into(), json!(tramite.nivel_de_sigilo));
    processo.insert("descricao".into(), json!(tramite.descricao));
    if let Some(hipotese) = &tramite.hipotese_legal {
        processo.insert("hipoteseLegal".into(), json!({ "baseLegal": hipotese }));
    }
    if let Some(negocio) = &tramite.processo_de_negocio {
        processo.insert("processoDeNegocio".into(), json!(negocio));
    }
    // The receiving client does not treat an absent list as an empty one.
    processo.insert("documentos".into(), json!([]));
    processo.extend(kept);
    let mut metadados = Map::new();
    let fields = [
        ("nre", Some(json!(tramite.nre))),
        ("IDT", Some(json!(tramite.idt))),
        ("remetente", Some(json!(Estrutura::remetente(tramite)))),
        ("destinatario", Some(json!(Estrutura::destinatario(tramite)))),
        ("urgente", Some(json!(tramite.urgente))),
        ("motivoDaUrgencia", tramite.motivo_da_urgencia.map(Value::from)),
        ("dataDeRetorno", tramite.data_de_retorno.map(|when| json!(instant(when)))),
        ("devolucao", Some(json!(tramite.devolucao))),
        ("propriedadesAdicionais", additional),
        ("processo", Some(processo.into())),
    ];
    // Add the known fields last, because a known field replaces a kept one of the same name.
    metadados.extend(of_cabecalho);
    metadados.extend(fields.into_iter().filter_map(|(name, value)| Some((name.into(), value?))));
    Ok(metadados)
}

answer! {
    /// O recibo de conclusão, com o texto que se assina.
    pub struct ReciboDeConclusao from (tramite: &Tramite, componentes: &[Componente]) {
        recibo: DadosDoRecibo = DadosDoRecibo::new(tramite, componentes),
        /// A assinatura do destinatário, se a mandou.
        hash_da_assinatura: Option<String> = tramite.hash_da_assinatura.clone(),
        #[schema(value_type = String)]
        texto_assinado: Option<String> = tramite.data_de_recebimento.map(|when| {
            recibo::conclusao_text(tramite.idt, &tramite.nre, when, &hashes_tramitados(componentes))
        }),
        /// A assinatura foi conferida com a chave registrada.
        assinado: bool = tramite.recibo_assinado == Some(true),
    }
}

answer! {
    /// O que o recibo de conclusão certifica.
    pub struct DadosDoRecibo from (tramite: &Tramite, componentes: &[Componente]) {
        #[serde(rename = "IDT")]
        #[schema(minimum = 1)]
        idt: i64 = tramite.idt,
        #[serde(rename = "NRE")]
        nre: Nre = Nre(tramite.nre.to_string()),
        // In whole seconds, as in the signed text.
        #[schema(value_type = Instante)]
        data_de_recebimento: Option<Instante> = tramite.data_de_recebimento.map(recibo::format_instant).map(Instante),
        hashes_dos_componentes_digitais: Vec<Hash> = signed(componentes),
    }
}

answer! {
    /// O recibo de envio: todos os arquivos chegaram.
    pub struct ReciboDeEnvio from (
        data: DadosDoReciboDeEnvio, text: String, signature: Option<String>, signer: Option<&Signer>
    ) {
        recibo_de_envio: DadosDoReciboDeEnvio = data,
        /// O servidor tem uma chave, e assinou.
        assinado: bool = signature.is_some(),
        hash_da_assinatura: Option<String> = signature,
        /// A chave pública do servidor, como JWK.
        #[schema(value_type = Option<Value>)]
        chave_publica: Option<Value> = signer.map(|signer| json!(signer.public_key())),
        texto_assinado: String = text,
    }
}

answer! {
    /// O que o recibo de envio certifica.
    pub struct DadosDoReciboDeEnvio from (
        tramite: &Tramite, componentes: &[Componente], complete: DateTime<Utc>
    ) {
        #[serde(rename = "IDT")]
        #[schema(minimum = 1)]
        idt: i64 = tramite.idt,
        #[serde(rename = "NRE")]
        nre: Nre = Nre(tramite.nre.to_string()),
        data_de_recebimento_do_ultimo_componente_digital: Instante = Instante(recibo::format_instant(complete)),
        hashes_dos_componentes_digitais: Vec<Hash> = signed(componentes),
    }
}

/// The recibo de envio and the text that is signed. If this server has a signing key, also its
/// signature and the public key to verify it.
pub fn recibo_de_envio(
    tramite: &Tramite,
    componentes: &[Componente],
    complete: DateTime<Utc>,
    signer: Option<&Signer>,
) -> Result<ReciboDeEnvio, Error> {
    let hashes = hashes_tramitados(componentes);
    let text = recibo::envio_text(tramite.idt, &tramite.nre, complete, &hashes);
    let signature = signer.map(|signer| signer.sign(&text)).transpose();
    let signature = signature.map_err(Error::internal)?;
    let data = DadosDoReciboDeEnvio::new(tramite, componentes, complete);
    Ok(ReciboDeEnvio::new(data, text, signature, signer))
}

answer! {
    /// O registro de um processo, com os trâmites em que quem chama é parte.
    pub struct RegistroVisto from (registro: &RegistroEletronico, rows: Vec<TramiteVisto>) {
        #[serde(rename = "NRE")]
        nre: Nre = Nre(registro.nre.to_string()),
        protocolo: Protocolo = Protocolo(registro.protocolo.clone()),
        tramites: Vec<TramiteVisto> = rows,
    }
}
