//! `GET /guias/{especie}/numero-guia/{numeroGuia}/pdf`: a guia as a document to be printed, signed and
//! put into the autos. It shows what the JSON of the guia shows to the same caller.

mod words;

use super::answer::{Partes, dados};
use super::negar;
use crate::auth::Papel;
use crate::db::Relation;
use crate::error::{CodigoErro, Error, Recusa};
use crate::guia::store::GuiaPorNumero;
use crate::guia::{NumeroDaGuia, TipoGuia, rules};
use crate::pdf::{Document, Field, Section};
use crate::rest::Chamada;
use crate::rest::envelope::Negado;
use crate::rest::openapi::parameters::DoPdf;
use crate::rest::openapi::refusals::{DoCaminho, Recusas};
use crate::rest::openapi::tramite::Bytes as Conteudo;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use words::readable;

/// How each kind is written in a path, and what its document is called.
pub const ESPECIES: [(TipoGuia, &str, &str); 4] = [
    (TipoGuia::Provisoria, "provisoria", "Guia de execução provisória de medida socioeducativa"),
    (TipoGuia::Definitiva, "definitiva", "Guia de execução definitiva de medida socioeducativa"),
    (TipoGuia::InternacaoSancao, "internacao-sancao", "Guia de internação-sanção"),
    (TipoGuia::Unificadora, "unificadora", "Guia unificadora de medidas socioeducativas"),
];

/// The document of a guia.
#[utoipa::path(
    get,
    path = "/api/v1/guias/{especie}/numero-guia/{numeroGuia}/pdf",
    operation_id = "guiaEmPdf",
    tag = "Guias",
    summary = "Uma guia, como documento para imprimir.",
    description = "Uma página A4, ou quantas forem precisas, com todos os campos da guia que quem chama pode \
        ver. Para a mesma guia, os mesmos bytes.",
    params(DoPdf),
    responses(
        (
            status = 200, description = "O documento.", content_type = "application/pdf", body = inline(Conteudo),
            headers(
                ("ETag" = String, description = "Muda quando o documento muda; não serve em `If-Match`."),
                ("Content-Disposition" = String, description = "O nome do arquivo."),
            ),
        ),
        Recusas, DoCaminho,
    )
)]
pub async fn imprimir(
    req: HttpRequest,
    caminho: web::Path<(String, String)>,
) -> Result<HttpResponse, Negado> {
    let chamada = Chamada::entrar(&req, Papel::Consulta).await?;
    let (especie, numero) = caminho.into_inner();
    let (tipo, especie, title) = named(&especie)?;
    let numero = numero.parse::<NumeroDaGuia>().map_err(|erro| {
        let recusa = Recusa::nova(CodigoErro::CampoInvalido, "forma", erro.to_string());
        negar(recusa.em(["numeroGuia"]).into())
    })?;
    let key = GuiaPorNumero(numero.clone());
    let lida = chamada.ler(move |sessao| {
        let achada = GuiaPorNumero::load_one(sessao, &key)?.filter(|guia| guia.tipo == tipo);
        let Some(guia) = achada else { return Ok(None) };
        let partes = Partes::ler(sessao, std::slice::from_ref(&guia))?;
        Ok(Some((guia, partes)))
    });
    let (guia, partes) = lida.await?.ok_or_else(|| negar(rules::r1_guia_visivel().into()))?;
    let mut dados = Taken::of(dados(&guia, &partes, &chamada));
    let print = move || document(title, &mut dados).print();
    let pdf = chamada.app.work.run(chamada.ator().credencial(), print).await??;
    let etag = Sha256::digest(&pdf)[..16].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
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

/// The kind that a path names, in upper or lower case.
fn named(especie: &str) -> Result<(TipoGuia, &'static str, &'static str), Negado> {
    let known = ESPECIES.iter().find(|(_, word, _)| word.eq_ignore_ascii_case(especie.trim()));
    known.copied().ok_or_else(|| {
        let words = ESPECIES.map(|(_, word, _)| word).join(", ");
        let mensagem = format!("valor desconhecido; use um de {words}");
        let recusa = Recusa::nova(CodigoErro::CampoInvalido, "forma", mensagem).em(["especie"]);
        negar(Error::from(recusa))
    })
}

/// The fields of one object of the JSON, taken one by one.
struct Taken(Map<String, Value>);

impl Taken {
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

    /// The field under its label, if it has a value.
    fn field(&mut self, name: &str, label: &'static str) -> Option<Field> {
        let value = readable(name, &self.text(name));
        (!value.is_empty()).then_some(Field { label, value })
    }

    fn fields<const N: usize>(&mut self, names: [(&str, &'static str); N]) -> Vec<Field> {
        names.into_iter().filter_map(|(name, label)| self.field(name, label)).collect()
    }
}

/// The guia as sections, from its JSON; what is left is not shown.
fn document(title: &str, guia: &mut Taken) -> Document {
    let court = guia.within("tribunal").text("nome");
    let (number, version) = (guia.text("numeroGuia"), guia.text("versao"));
    let issued = guia.text("dataEmissao");
    let [judge, clerk, post] = ["magistrado", "serventuario", "serventuarioCargo"]
        .map(|name| guia.0.get(name).and_then(Value::as_str).unwrap_or_default().to_owned());
    let one = |title, fields| Section { title, groups: vec![fields], numbered: false };
    let many = |title, groups| Section { title, groups, numbered: true };

    let mut order = vec![Field { label: "Número", value: number.clone() }];
    order.extend(guia.fields([
        ("tipoGuia", "Espécie"),
        ("situacaoGuia", "Situação"),
        ("motivoBaixa", "Motivo da baixa"),
        ("dataBaixa", "Data da baixa"),
        ("origemGuia", "Origem"),
    ]));
    order.push(Field { label: "Emissão", value: issued.clone() });
    order.extend(guia.field("venceEm", "Vence em"));

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
        one(
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
    let acts = many("Atos infracionais", acts.collect());
    let documents = guia.list("documentosInstruirGuia").into_iter().map(|mut document| {
        document.fields([
            ("tipoDocumento", "Documento"),
            ("identificadorDocAutos", "Identificador nos autos"),
        ])
    });
    let documents = many("Documentos que instruem a guia", documents.collect());
    let unified = match guia.take("listaNumeroDaGuiaDefinitiva") {
        Value::Array(numbers) => numbers,
        _ => Vec::new(),
    };
    let unified = unified.iter().filter_map(Value::as_str);
    let unified = unified.map(|n| vec![Field { label: "Guia definitiva", value: n.to_owned() }]);
    let unified = many("Guias unificadas", unified.collect());
    let responsible = guia.fields([
        ("magistrado", "Magistrado(a)"),
        ("magistradoCPF", "CPF do(a) magistrado(a)"),
        ("serventuario", "Serventuário(a)"),
        ("serventuarioCPF", "CPF do(a) serventuário(a)"),
        ("serventuarioCargo", "Cargo"),
    ]);

    let mut all = vec![one("Guia", order), one("Adolescente", person)];
    all.extend(processos);
    all.extend([one("Medida socioeducativa", measure), acts, documents, unified]);
    all.push(one("Responsáveis", responsible));
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

fn adolescente_fields(adolescente: &mut Taken) -> Vec<Field> {
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
