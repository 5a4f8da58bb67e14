//! One record of the trail outside the database. Its digest must equal the one that PostgreSQL
//! computes: `sha256('elos registro 1' || record_send(ROW(…)))`, or `elos registro 2` with one
//! column more.

use super::binary::{Input, Malformed, Shape, array, oid, put, text};
use super::correlation::Correlation;
use super::timestamp::Timestamp;
use crate::audit::seal::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The prefix of the digest for each number of columns.
const FORMS: [(i32, &[u8]); 2] = [(14, b"elos registro 1"), (15, b"elos registro 2")];
/// Leading bytes of the digest that the line of a record stores. They suffice to identify the
/// record that changed.
pub const SHOWN: usize = 8;

/// The columns of `auditoria`, in the order in which the digest covers them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub id: i64,
    pub xid: u64,
    pub tribunal_codigo: i16,
    pub ocorrido_em: Timestamp,
    pub sub: String,
    pub azp: Option<String>,
    pub canal: String,
    pub operacao: String,
    pub especie: String,
    pub resultado: String,
    pub status: i16,
    pub recursos: Vec<Option<i64>>,
    pub campos_sensiveis: Vec<Option<String>>,
    pub correlacao: String,
    /// Present only in the form with 15 columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlacoes: Option<Vec<Option<Correlation>>>,
    /// The format of the array `recursos`. Present only if the elements do not determine it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forma_recursos: Option<Shape>,
    /// The same for `campos_sensiveis`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forma_campos: Option<Shape>,
    /// The same for `correlacoes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forma_correlacoes: Option<Shape>,
}

impl Record {
    /// Decodes the result of `record_send`. `None` when the bytes are not a record in one of the
    /// two forms.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut input = Input::new(bytes);
        let fields = input.i32()?;
        (fields == FORMS[0].0 || fields == FORMS[1].0).then_some(())?;
        let id = input.i64(oid::BIGINT)?;
        let xid = u64::from_be_bytes(input.fixed(oid::XID8)?);
        let tribunal_codigo = i16::from_be_bytes(input.fixed(oid::SMALLINT)?);
        let ocorrido_em = Timestamp(input.i64(oid::TIMESTAMPTZ)?);
        let sub = input.text()?;
        let azp = input.field(oid::TEXT)?.0.map(text).transpose().ok()?;
        let (canal, operation) = (input.text()?, input.text()?);
        let (especie, result) = (input.text()?, input.text()?);
        let status = i16::from_be_bytes(input.fixed(oid::SMALLINT)?);
        let (resources, forma_recursos) = input.array(oid::BIGINT_ARRAY, oid::BIGINT, |bytes| {
            bytes.try_into().map(i64::from_be_bytes).map_err(|_| Malformed)
        })?;
        let (campos_sensiveis, forma_campos) = input.array(oid::TEXT_ARRAY, oid::TEXT, text)?;
        let correlation = input.text()?;
        let (correlations, forma_correlacoes) = if fields == FORMS[1].0 {
            let uuid =
                |bytes: &[u8]| Uuid::from_slice(bytes).map(Correlation).map_err(|_| Malformed);
            let (uuids, shape) = input.array(oid::UUID_ARRAY, oid::UUID, uuid)?;
            (Some(uuids), shape)
        } else {
            (None, None)
        };
        input.is_empty().then_some(Self {
            id,
            xid,
            tribunal_codigo,
            ocorrido_em,
            sub,
            azp,
            canal,
            operacao: operation,
            especie,
            resultado: result,
            status,
            recursos: resources,
            campos_sensiveis,
            correlacao: correlation,
            correlacoes: correlations,
            forma_recursos,
            forma_campos,
            forma_correlacoes,
        })
    }

    /// The same bytes that `record_send` returns.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        let form = FORMS[usize::from(self.correlacoes.is_some())];
        out.extend(form.0.to_be_bytes());
        put(&mut out, oid::BIGINT, &self.id.to_be_bytes());
        put(&mut out, oid::XID8, &self.xid.to_be_bytes());
        put(&mut out, oid::SMALLINT, &self.tribunal_codigo.to_be_bytes());
        put(&mut out, oid::TIMESTAMPTZ, &self.ocorrido_em.0.to_be_bytes());
        put(&mut out, oid::TEXT, self.sub.as_bytes());
        match &self.azp {
            Some(azp) => put(&mut out, oid::TEXT, azp.as_bytes()),
            None => {
                out.extend(oid::TEXT.to_be_bytes());
                out.extend((-1_i32).to_be_bytes());
            }
        }
        for text in [&self.canal, &self.operacao, &self.especie, &self.resultado] {
            put(&mut out, oid::TEXT, text.as_bytes());
        }
        put(&mut out, oid::SMALLINT, &self.status.to_be_bytes());
        let write_item = |out: &mut Vec<u8>, item: &i64| out.extend(item.to_be_bytes());
        let resources =
            array(oid::BIGINT, &self.recursos, self.forma_recursos.as_ref(), write_item);
        put(&mut out, oid::BIGINT_ARRAY, &resources);
        let write_item = |out: &mut Vec<u8>, item: &String| out.extend(item.as_bytes());
        let fields =
            array(oid::TEXT, &self.campos_sensiveis, self.forma_campos.as_ref(), write_item);
        put(&mut out, oid::TEXT_ARRAY, &fields);
        put(&mut out, oid::TEXT, self.correlacao.as_bytes());
        if let Some(correlations) = &self.correlacoes {
            let write_item = |out: &mut Vec<u8>, item: &Correlation| out.extend(item.0.as_bytes());
            let uuids = array(oid::UUID, correlations, self.forma_correlacoes.as_ref(), write_item);
            put(&mut out, oid::UUID_ARRAY, &uuids);
        }
        out
    }

    /// The digest that the hash of a seal covers.
    pub fn digest(&self) -> Hash {
        digest(&self.encode())
    }

    /// The position in the trail: `xid` and `id`.
    pub const fn position(&self) -> (u64, i64) {
        (self.xid, self.id)
    }
}

/// The digest of the bytes that `record_send` returns.
pub fn digest(sent: &[u8]) -> Hash {
    let (fields, second) = FORMS[1];
    let prefix = if sent.starts_with(&fields.to_be_bytes()) { second } else { FORMS[0].1 };
    Sha256::new_with_prefix(prefix).chain_update(sent).finalize().into()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn record(id: i64) -> Record {
        Record {
            id,
            xid: 742,
            tribunal_codigo: 820,
            ocorrido_em: Timestamp(816_000_000_000_000 + id),
            sub: "f7b1".into(),
            azp: None,
            canal: "REST".into(),
            operacao: "GET /api/v1/processos".into(),
            especie: "LEITURA".into(),
            resultado: "OK".into(),
            status: 200,
            recursos: vec![Some(8), Some(17)],
            campos_sensiveis: vec![Some("Adolescente.cpf".into())],
            correlacao: format!("c-{id}"),
            correlacoes: None,
            forma_recursos: None,
            forma_campos: None,
            forma_correlacoes: None,
        }
    }

    #[test]
    fn an_encoded_record_is_decoded_unchanged() {
        let shape = |text: &str| serde_json::from_str::<Shape>(text).unwrap();
        let matrix = shape(r#"{"dimensoes":[[1,1],[2,-3]],"nulos":true}"#);
        let with_room = shape(r#"{"dimensoes":[[1,1]],"nulos":true}"#);
        for changed in [
            record(1),
            Record { azp: Some("pje".into()), ..record(2) },
            Record { recursos: Vec::new(), campos_sensiveis: Vec::new(), ..record(3) },
            Record { recursos: vec![None, Some(i64::MIN)], ..record(4) },
            Record { forma_recursos: Some(matrix), ..record(5) },
            Record { forma_campos: Some(with_room), ..record(6) },
            Record {
                correlacoes: Some(vec![Some(Correlation(Uuid::from_u128(7))), None]),
                ..record(7)
            },
        ] {
            let sent = changed.encode();
            assert_eq!(Record::decode(&sent).unwrap(), changed);
            let line = serde_json::to_string(&changed).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), changed, "{line}");
            // One byte less or more is not a record.
            assert_eq!(Record::decode(&sent[..sent.len() - 1]), None);
            assert_eq!(Record::decode(&[sent, vec![0]].concat()), None);
        }
    }
}
