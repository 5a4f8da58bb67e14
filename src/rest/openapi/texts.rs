//! Schemas of texts with a fixed format.
//!
//! The patterns use `[0-9]`, because `\d` matches any Unicode digit in some dialects. The handlers
//! trim texts: the patterns of texts without a format allow white space around them, and those of a
//! fixed format are stricter than the handlers.

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Número único do CNJ: com a máscara `NNNNNNN-DD.AAAA.J.TR.OOOO` ou só os 20 dígitos.
#[derive(Serialize, ToSchema)]
#[schema(
    pattern = "^([0-9]{20}|[0-9]{7}-[0-9]{2}\\.[0-9]{4}\\.[0-9]\\.[0-9]{2}\\.[0-9]{4})$",
    examples("9000743-32.2021.8.20.0083", "90007433220218200083")
)]
pub struct NumeroCnj(pub String);

/// Número único do CNJ sem a máscara: 20 dígitos.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9]{20}$", examples("90007433220218200083"))]
pub struct NumeroCnjSemMascara(pub String);

/// Chave nacional do adolescente: o ano do cadastro e 8 dígitos.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9]{12}$", examples("202500000058"))]
pub struct Identificador(pub String);

/// Número da guia: o dia da emissão, AAAAMMDD, e 4 dígitos.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9]{12}$", examples("202103260002"))]
pub struct NumeroDaGuia(pub String);

/// CPF: com a máscara `NNN.NNN.NNN-NN` ou só os 11 dígitos. Os dígitos verificadores são conferidos.
#[derive(Serialize, ToSchema)]
#[schema(
    pattern = "^([0-9]{11}|[0-9]{3}\\.[0-9]{3}\\.[0-9]{3}-[0-9]{2})$",
    examples("52998224725", "529.982.247-25")
)]
pub struct Cpf(pub String);

/// CPF sem a máscara: 11 dígitos.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9]{11}$", examples("52998224725"))]
pub struct CpfSemMascara(pub String);

/// Data na forma `dd/MM/aaaa`.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^(0[1-9]|[12][0-9]|3[01])/(0[1-9]|1[0-2])/[0-9]{4}$", examples("01/02/2010"))]
pub struct Data(pub String);

/// Data e hora de Brasília, na forma `dd/MM/aaaa HH:mm:ss`.
#[derive(Serialize, ToSchema)]
#[schema(
    pattern = "^[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
    examples("21/11/2025 10:00:00")
)]
pub struct DataHora(pub String);

/// Data e hora de Brasília, na forma `dd/MM/aaaa HH:mm`.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}$", examples("21/11/2025 10:00"))]
pub struct DataHoraMinuto(pub String);

/// Código das Tabelas Processuais Unificadas: até 10 dígitos.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9]{1,10}$", examples("11386"))]
pub struct CodigoTpu(pub String);

/// Semelhança de 0 a 1, com duas casas.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[01]\\.[0-9]{2}$", examples("0.87"))]
pub struct Score(pub String);

/// Número de Registro Eletrônico: 16 dígitos.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9]{16}$", examples("0000000007182026"))]
pub struct Nre(pub String);

/// SHA-256 em base64: 44 caracteres.
#[derive(Serialize, ToSchema)]
#[schema(
    pattern = "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
    examples("LaHDdtOC17TDTtNcL5jpWS/+/yG2Wzv7V6YUWTx6Yh4=")
)]
pub struct Hash(pub String);

/// Um instante, na forma do RFC 3339, com o fuso.
#[derive(Serialize, ToSchema)]
#[schema(format = DateTime, examples("2026-01-15T12:00:00Z"))]
pub struct Instante(pub String);

/// Ausente: nulo, ou texto em branco.
#[derive(ToSchema)]
#[schema(pattern = "^\\s*$")]
pub struct EmBranco(Option<String>);

/// A number of days, or a text with its digits.
pub struct Prazo;

impl PartialSchema for Prazo {
    fn schema() -> RefOr<Schema> {
        let number =
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(90));
        let text =
            ObjectBuilder::new().schema_type(Type::String).pattern(Some("^([1-9]|[1-8][0-9]|90)$"));
        AnyOfBuilder::new()
            .item(number)
            .item(text)
            .description(Some("Dias, de 1 a 90 (ECA, art. 122, §1º), como número ou como texto."))
            .examples([50])
            .into()
    }
}

impl ToSchema for Prazo {}

/// Declares texts without a format: the longest length and the allowed characters.
macro_rules! texts {
    ($form:ident, $allowed:literal: $($name:ident = $max:literal, $example:literal;)+) => { $(
        #[derive(Serialize)]
        pub struct $name(pub String);

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(concat!(
                        "Texto de até ", $max, " caracteres", $allowed, ", nenhum deles de controle."
                    )))
                    .pattern(Some(pattern($form, $max)))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {}
    )+ };
}

/// The characters that a text of one line, or of several lines, must not have.
const ONE_LINE: &str = "\\u0000-\\u001f\\u007f-\\u009f";
const LINES: &str = "\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f";

/// A text of at most `maximum` characters without the characters of `none_of`. White space around
/// the text does not count, so `maxLength`, which would count it, cannot be used.
fn pattern(none_of: &str, maximum: usize) -> String {
    let inner = maximum - 2;
    format!(r"^\s*[^\s{none_of}]([^{none_of}]{{0,{inner}}}[^\s{none_of}])?\s*$")
}

texts! { ONE_LINE, ", numa linha":
    NumeroDaEstrutura = 20, "820";
    Protocolo = 40, "99990.000003/2026-42";
    TextoDeDocumento = 60, "1234";
    Codigo = 100, "pje-tjrn-1g";
    Nome = 200, "Ana Fictícia";
}

texts! { LINES, ", em uma ou várias linhas":
    HipoteseLegalTexto = 200, "ECA, art. 143";
    Justificativa = 1000, "não é deste órgão";
    DescricaoDoTramite = 1500, "Pedido fictício";
    Naturalidade = 200, "Natal";
    Descricao = 500, "Texto fictício.";
}
