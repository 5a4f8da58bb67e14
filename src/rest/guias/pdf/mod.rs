//! `GET /guias/{especie}/numero-guia/{numeroGuia}/pdf`: a guia as a document to print, sign and
//! file in the autos. The document shows no field that the JSON does not show to the same caller.

mod words;

use super::answer::{Parts, to_json};
use super::rest_error;
use crate::auth::Papel;
use crate::db::BatchKey;
use crate::error::{CodigoErro, Error, Refusal};
use crate::guia::store::GuiaByNumero;
use crate::guia::{NumeroDaGuia, TipoGuia, rules};
use crate::pdf::{Document, Field, Section};
use crate::rest::envelope::RestError;
use crate::rest::guias::especies::ESPECIES;
use crate::rest::openapi::parameters::GuiaPdfPath;
use crate::rest::openapi::refusals::{NotFound, Refusals};
use crate::rest::openapi::tramite::Bytes as Content;
use crate::rest::{Call, not_in_list};
use crate::value::hexadecimal;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use words::readable;

/// `GET /guias/{especie}/numero-guia/{numeroGuia}/pdf`.
#[utoipa::path(
    get,
    path = "/api/v1/guias/{especie}/numero-guia/{numeroGuia}/pdf",
    operation_id = "guiaEmPdf",
    tag = "Guias",
    summary = "Uma guia, como documento para imprimir.",
    description = "Uma página A4, ou quantas forem precisas, com os campos da guia que quem chama pode ver. \
        Enquanto a guia não muda, são os mesmos bytes para os mesmos papéis.",
    params(GuiaPdfPath),
    responses(
        (
            status = 200, description = "O documento.", content_type = "application/pdf", body = inline(Content),
            headers(
                ("ETag" = String, description = "Muda quando o documento muda; não serve em `If-Match`."),
                ("Content-Disposition" = String, description = "O nome do arquivo."),
            ),
        ),
        Refusals, NotFound,
    )
)]
pub async fn print(
    req: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, RestError> {
    let call = Call::begin_read(&req, Papel::Consulta).await?;
    let (especie, numero) = path.into_inner();
    let (tipo, especie, title) = especie_from_path(&especie)?;
    let numero = numero.parse::<NumeroDaGuia>().map_err(|error| {
        let refusal = Refusal::new(CodigoErro::CampoInvalido, "forma", error.to_string());
        rest_error(refusal.at(["numeroGuia"]).into())
    })?;
    let key = GuiaByNumero(numero.clone());
    let read = call.read(move |session| {
        let found = GuiaByNumero::load_one(session, &key)?.filter(|guia| guia.tipo == tipo);
        let Some(guia) = found else { return Ok(None) };
        let parts = Parts::read(session, std::slice::from_ref(&guia))?;
        Ok(Some((guia, parts)))
    });
    let (guia, parts) = read.await?.ok_or_else(|| rest_error(rules::r1_guia_visivel().into()))?;
    let mut dados = Fields::of(to_json(&guia, &parts, &call));
    let print = move || document(title, &mut dados).print();
    let pdf = call.app.cpu_pool.run(call.actor().credential(), print).await??;
    let etag = hexadecimal::encode(&Sha256::digest(&pdf)[..16]);
    let disposition = ContentDisposition {
        disposition: DispositionType::Inline,
        parameters: vec![DispositionParam::Filename(format!("guia-{especie}-{numero}.pdf"))],
    };
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(disposition)
        .insert_header((header::ETAG, format!("\"{etag}\"")))
        .body(pdf))
}

/// The tipo that a path names, in upper or lower case.
fn especie_from_path(especie: &str) -> Result<(TipoGuia, &'static str, &'static str), RestError> {
    let known = ESPECIES.iter().find(|(_, word, _)| word.eq_ignore_ascii_case(especie.trim()));
    known.copied().ok_or_else(|| {
        let message = not_in_list(&ESPECIES, |(_, word, _)| word);
        let refusal = Refusal::new(CodigoErro::CampoInvalido, "forma", message).at(["especie"]);
        rest_error(Error::from(refusal))
    })
}

/// A JSON object from which the caller takes one field at a time.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(value: Value) -> Self {
        match value {
            Value::Object(fields) => Self(fields),
            _ => Self(Map::new()),
        }
    }

    fn take(&mut self, name: &str) -> Value {
        self.0.shift_remove(name).unwrap_or_default()
    }

    fn within(&mut self, name: &str) -> Self {
        Self::of(self.take(name))
    }

    fn list(&mut self, name: &str) -> Vec<Self> {
        match self.take(name) {
            Value::Array(items) => items.into_iter().map(Self::of).collect(),
            _ => Vec::new(),
        }
    }

    fn text(&mut self, name: &str) -> String {
        match self.take(name) {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }

    /// A labelled field, or `None` if it has no value.
    fn field(&mut self, name: &str, label: &'static str) -> Option<Field> {
        let value = readable(name, &self.text(name));
        (!value.is_empty()).then_some(Field { label, value })
    }

    fn fields<const N: usize>(&mut self, names: [(&str, &'static str); N]) -> Vec<Field> {
        names.into_iter().filter_map(|(name, label)| self.field(name, label)).collect()
    }
}

/// Arranges the JSON of a guia in sections. The document shows only the fields that this function
/// takes.
fn document(title: &str, guia: &mut Fields) -> Document {
    let court = guia.within("tribunal").text("nome");
    let (number, version) = (guia.text("numeroGuia"), guia.text("versao"));
    let issued = guia.text("dataEmissao");
    let [judge, clerk, post] = ["magistrado", "serventuario", "serventuarioCargo"]
        .map(|name| guia.0.get(name).and_then(Value::as_str).unwrap_or_default().to_owned());
    let section = |title, fields| Section { title, groups: vec![fields], numbered: false };
    let numbered = |title, groups| Section { title, groups, numbered: true };

    let mut summary = vec![Field { label: "Número", value: number.clone() }];
    summary.extend(guia.fields([
        ("tipoGuia", "Espécie"),
        ("situacaoGuia", "Situação"),
        ("motivoBaixa", "Motivo da baixa"),
        ("dataBaixa", "Data da baixa"),
        ("origemGuia", "Origem"),
    ]));
    summary.push(Field { label: "Emissão", value: issued.clone() });
    summary.extend(guia.field("venceEm", "Vence em"));

    let measure = guia.fields([
        ("codigoTpuMedida", "Código TPU da medida"),
        ("medida", "Medida"),
        ("prazo", "Prazo"),
        ("medidaResultanteUnificacao", "Medida resultante da unificação"),
        ("dataSentenca", "Sentença"),
        ("dataTransitoJulgado", "Trânsito em julgado"),
        ("dataDecisaoInternacaoSancao", "Decisão da internação-sanção"),
        ("dataDecisaoUnifcacaoDeMedidas", "Decisão de unificação das medidas"),
        ("houveInternacao", "Houve internação"),
        ("dataInicioInternacao", "Início da internação"),
        ("dataFimInternacao", "Fim da internação"),
    ]);
    let person = adolescente_fields(&mut guia.within("adolescente"));
    let processos = [
        ("processoConhecimento", "Processo de conhecimento"),
        ("processoExecucao", "Processo de execução"),
    ]
    .map(|(name, title)| {
        let mut processo = guia.within(name);
        section(
            title,
            processo.fields([
                ("numeroProcesso", "Número"),
                ("tipoProcesso", "Natureza"),
                ("situacaoProcesso", "Situação"),
            ]),
        )
    });
    let acts = guia.list("atosInfracionais").into_iter().map(|mut act| {
        act.fields([
            ("codigoTpu", "Código TPU"),
            ("dataFato", "Data do fato"),
            ("localFato", "Local do fato"),
            ("descricao", "Descrição"),
        ])
    });
    let acts = numbered("Atos infracionais", acts.collect());
    let documents = guia.list("documentosInstruirGuia").into_iter().map(|mut document| {
        document.fields([
            ("tipoDocumento", "Documento"),
            ("identificadorDocAutos", "Identificador nos autos"),
        ])
    });
    let documents = numbered("Documentos que instruem a guia", documents.collect());
    let unified = match guia.take("listaNumeroDaGuiaDefinitiva") {
        Value::Array(numbers) => numbers,
        _ => Vec::new(),
    };
    let unified = unified.iter().filter_map(Value::as_str);
    let unified = unified.map(|n| vec![Field { label: "Guia definitiva", value: n.to_owned() }]);
    let unified = numbered("Guias unificadas", unified.collect());
    let responsible = guia.fields([
        ("magistrado", "Magistrado(a)"),
        ("magistradoCPF", "CPF do(a) magistrado(a)"),
        ("serventuario", "Serventuário(a)"),
        ("serventuarioCPF", "CPF do(a) serventuário(a)"),
        ("serventuarioCargo", "Cargo"),
    ]);

    let mut all = vec![section("Guia", summary), section("Adolescente", person)];
    all.extend(processos);
    all.extend([section("Medida socioeducativa", measure), acts, documents, unified]);
    all.push(section("Responsáveis", responsible));
    Document {
        court,
        branch: "PODER JUDICIÁRIO".into(),
        title: title.to_owned(),
        number: format!("Nº {number}"),
        notice: "Sigiloso: é vedado divulgar atos que digam respeito a adolescente a quem se atribua ato infracional (ECA, art. 143)."
            .into(),
        sections: all,
        signatures: vec![(judge, "Magistrado(a)".into()), (clerk, post)],
        foot: format!("Guia {number} · emitida em {issued} · versão {version}"),
    }
}

fn adolescente_fields(adolescente: &mut Fields) -> Vec<Field> {
    let mut fields = adolescente.fields([
        ("identificador", "Identificador"),
        ("nomeSocial", "Nome social"),
        ("nome", "Nome"),
        ("sobrenome", "Sobrenome"),
        ("dataNascimento", "Data de nascimento"),
        ("dataNascimentoPresumida", "Data de nascimento presumida"),
        ("dataCompleta21Anos", "Completa 21 anos em"),
        ("dataObito", "Data do óbito"),
        ("naturalidade", "Naturalidade"),
        ("sexoBiologico", "Sexo biológico"),
        ("identidadeGenero", "Identidade de gênero"),
        ("orientacaoSexual", "Orientação sexual"),
        ("racaCor", "Raça ou cor"),
        ("nomeMae", "Nome da mãe"),
        ("nomePai", "Nome do pai"),
    ]);
    if let Value::Object(mut cpf) = adolescente.take("cpf") {
        let number = cpf.shift_remove("numero").unwrap_or_default();
        let value = readable("cpf", number.as_str().unwrap_or_default());
        fields.push(Field { label: "CPF", value });
    }
    fields.extend(adolescente.within("rg").fields([
        ("numero", "RG"),
        ("orgaoExpedidor", "Órgão expedidor do RG"),
        ("dataExpedicao", "Expedição do RG"),
        ("estadoRg", "Estado do RG"),
    ]));
    fields.extend(adolescente.within("certidaoNascimento").fields([
        ("cartorio", "Cartório da certidão de nascimento"),
        ("livro", "Livro da certidão"),
        ("folha", "Folha da certidão"),
        ("numero", "Número da certidão"),
    ]));
    fields
}
