//! The synthetic world: *casos* of five processos and three adolescentes, from
//! which every row follows by arithmetic. Written as COPY text.

use crate::processo::NumeroProcesso;
use crate::value::cpf::Cpf;
use crate::value::time;
use crate::value::tribunal::{TRIBUNAIS, Tribunal};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use std::io::{Result, Write};

/// Three apurações and the two execuções that followed: 40% are execuções.
pub const PROCESSOS_POR_CASO: u32 = 5;
const PROCESSOS: i64 = PROCESSOS_POR_CASO as i64;
const ADOLESCENTES: i64 = 3;
/// Links of a caso, as (processo, adolescente), both counted within it.
const VINCULOS: [(i64, i64); 8] = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 2), (3, 0), (4, 2)];
/// Which apuração each execução comes from.
const ORIGEM: [Option<i64>; 5] = [None, None, None, Some(0), Some(2)];

/// The guias of a caso: of which apuração, for whom, and whether the definitiva;
/// the provisória that came before it was lowered when it became definitiva.
const GUIAS: [(i64, i64, bool); 3] = [(0, 0, false), (0, 0, true), (2, 2, true)];

const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";
const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";

const NOMES: [(&str, &str); 24] = [
    ("Ana", "FEMININO"),
    ("Bruno", "MASCULINO"),
    ("Carla", "FEMININO"),
    ("Davi", "MASCULINO"),
    ("Elisa", "FEMININO"),
    ("Fábio", "MASCULINO"),
    ("Gabriela", "FEMININO"),
    ("Heitor", "MASCULINO"),
    ("Inês", "FEMININO"),
    ("João", "MASCULINO"),
    ("Karina", "FEMININO"),
    ("Lucas", "MASCULINO"),
    ("Márcia", "FEMININO"),
    ("Nuno", "MASCULINO"),
    ("Olívia", "FEMININO"),
    ("Paulo", "MASCULINO"),
    ("Quitéria", "FEMININO"),
    ("Raul", "MASCULINO"),
    ("Sônia", "FEMININO"),
    ("Tiago", "MASCULINO"),
    ("Úrsula", "FEMININO"),
    ("Vítor", "MASCULINO"),
    ("Yara", "FEMININO"),
    ("Zeca", "MASCULINO"),
];
/// Each surname says that the person is made up.
const SOBRENOMES: [&str; 10] = [
    "Fictício Alves",
    "Fictício Barros",
    "Fictício Cunha",
    "Fictício Dias",
    "Fictício Esteves",
    "Fictício Freitas",
    "Fictício Gomes",
    "Fictício Lima",
    "Fictício Moura",
    "Fictício Ramos",
];
const RACAS: [&str; 5] = ["BRANCA", "PRETA", "PARDA", "AMARELA", "INDIGENA"];

/// Where the world begins: after the rows that are there already.
pub struct Mundo {
    pub casos: i64,
    pub adolescente: i64,
    pub processo: i64,
    pub vinculo: i64,
    pub guia: i64,
    pub sequencia: i64,
}

impl Mundo {
    pub fn ultima_sequencia(&self) -> i64 {
        self.sequencia + self.casos * ADOLESCENTES
    }

    fn tribunal(caso: i64) -> Tribunal {
        TRIBUNAIS[usize::try_from(caso.rem_euclid(27)).unwrap_or(0)]
    }

    fn adolescente_id(&self, caso: i64, n: i64) -> i64 {
        self.adolescente + caso * ADOLESCENTES + n + 1
    }

    fn processo_id(&self, caso: i64, n: i64) -> i64 {
        self.processo + caso * PROCESSOS + n + 1
    }

    /// Ten seconds apart from the beginning of 2025: no clock, so that two
    /// seedings are the same to the letter.
    fn instante(&self, caso: i64, n: i64) -> DateTime<Utc> {
        let inicio = DateTime::from_timestamp(1_735_700_400, 0).unwrap_or_default();
        inicio + TimeDelta::seconds(10 * self.processo_id(caso, n))
    }

    fn numero(&self, caso: i64, n: i64) -> NumeroProcesso {
        let id = u32::try_from(self.processo_id(caso, n)).unwrap_or(u32::MAX);
        let ano = 2021 + id % 5;
        NumeroProcesso::sintetico(
            8_000_000 + id % 1_000_000,
            ano,
            Self::tribunal(caso).codigo,
            1 + id / 1_000_000,
        )
    }

    pub fn adolescentes(&self, saida: &mut dyn Write, caso: i64) -> Result<()> {
        for n in 0..ADOLESCENTES {
            let id = self.adolescente_id(caso, n);
            let sorte = mistura(id);
            let criado = self.instante(caso, 0);
            let sequencia = self.sequencia + caso * ADOLESCENTES + n + 1;
            let identificador = format!("{:04}{sequencia:08}", time::dia(criado).year());
            let (nome, sexo) = NOMES[sorte % NOMES.len()];
            let sobrenome = SOBRENOMES[(sorte / 24) % SOBRENOMES.len()];
            let social = if id % 40 == 0 { "Alex" } else { "\\N" };
            let nascimento = NaiveDate::from_ymd_opt(2008, 1, 1).unwrap_or_default()
                + Days::new(sorte as u64 % 1800);
            let raca = RACAS[(sorte / 7) % RACAS.len()];
            let mae = NOMES[2 * (sorte / 3 % 12)].0;
            let cpf = Cpf::sintetico(990_000_000 + u32::try_from(id % 10_000_000).unwrap_or(0));
            let Tribunal { codigo, sigla, .. } = Self::tribunal(caso);
            let (cpf, quando) = (cpf.completo(), criado.to_rfc3339());
            writeln!(
                saida,
                "{id}\t{codigo}\t{identificador}\t{nome}\t{sobrenome}\t{social}\t{nascimento}\t{sexo}\t{raca}\t\
                 {mae} {sobrenome}\tComarca Fictícia ({sigla})\t{cpf}\t{quando}\t{quando}"
            )?;
        }
        Ok(())
    }

    pub fn processos(&self, saida: &mut dyn Write, caso: i64) -> Result<()> {
        for (n, origem) in (0..).zip(ORIGEM) {
            let id = self.processo_id(caso, n);
            let Tribunal { codigo, sigla, .. } = Self::tribunal(caso);
            let numero = self.numero(caso, n);
            let referencia = origem.map(|de| self.numero(caso, de));
            let (tipo, referencia) = match &referencia {
                Some(apuracao) => (EXECUCAO, apuracao.digitos()),
                None => (APURACAO, "\\N"),
            };
            let situacao = if Self::arquivado(caso, n) { "ARQUIVADO" } else { "ATIVO" };
            let orgao = 1000 + caso % 40;
            let cpf = Cpf::sintetico(980_000_000 + u32::try_from(caso % 40).unwrap_or(0));
            let (cpf, quando) = (cpf.completo(), self.instante(caso, n).to_rfc3339());
            writeln!(
                saida,
                "{id}\t{codigo}\t{}\t{tipo}\t{situacao}\t{orgao}\tpje-{}-1g\t{referencia}\tMagistrada Fictícia {}\t{cpf}\t{quando}\t{quando}",
                numero.digitos(),
                sigla.to_lowercase(),
                caso % 40,
            )?;
        }
        Ok(())
    }

    /// The first apuração of every sixth caso, one execução of every tenth.
    fn arquivado(caso: i64, n: i64) -> bool {
        let (volta, resto) = (caso / 27, n);
        (resto == 0 && volta % 6 == 5) || (resto == 3 && volta % 10 == 9)
    }

    pub fn vinculos(&self, saida: &mut dyn Write, caso: i64) -> Result<()> {
        for (k, (processo, adolescente)) in (0..).zip(VINCULOS) {
            let id = self.vinculo + caso * 8 + k + 1;
            let inicio = self.instante(caso, processo);
            // In every fourth caso one adolescente left the last apuração.
            let encerrado = (processo, adolescente) == (2, 0) && (caso / 27) % 4 == 3;
            let (fim, motivo) = match encerrado {
                true => (
                    (inicio + TimeDelta::hours(12)).to_rfc3339(),
                    "Excluído do polo por decisão fictícia",
                ),
                false => ("\\N".to_owned(), "\\N"),
            };
            writeln!(
                saida,
                "{id}\t{}\t{}\t{}\t{}\t{fim}\t{motivo}",
                Self::tribunal(caso).codigo,
                self.processo_id(caso, processo),
                self.adolescente_id(caso, adolescente),
                inicio.to_rfc3339(),
            )?;
        }
        Ok(())
    }

    fn guia_id(&self, caso: i64, k: i64) -> i64 {
        self.guia + caso * 3 + k + 1
    }

    pub fn guias(&self, saida: &mut dyn Write, caso: i64) -> Result<()> {
        for (k, (apuracao, adolescente, definitiva)) in (0..).zip(GUIAS) {
            let id = self.guia_id(caso, k);
            let emitida = self.instante(caso, apuracao);
            let dia = time::dia(emitida);
            let sentenca = dia - Days::new(30);
            let (tipo, transito, houve) = match definitiva {
                true => ("DEFINITIVA", dia.to_string(), "\\N"),
                false => ("PROVISORIA", "\\N".to_owned(), "f"),
            };
            let (quando, nunca) = (emitida.to_rfc3339(), "\\N".to_owned());
            let (situacao, motivo, baixada) = match definitiva {
                true => ("ATIVO", "\\N", &nunca),
                false => ("BAIXADA", "CONVERTIDA", &quando),
            };
            let cpf = Cpf::sintetico(980_000_000 + u32::try_from(caso % 40).unwrap_or(0));
            writeln!(
                saida,
                "{id}\t{}\t{}{:04}\t{tipo}\t{situacao}\t{motivo}\t{baixada}\tSENTENCA_CONDENATORIA\t{}\t{}\t\
                 Magistrada Fictícia {}\t{cpf}\t{cpf}\tEscrivã fictícia\t11386\t{sentenca}\t{houve}\t{transito}\t\
                 {quando}\t{quando}",
                Self::tribunal(caso).codigo,
                dia.format("%Y%m%d"),
                id % 10_000,
                self.adolescente_id(caso, adolescente),
                self.processo_id(caso, apuracao),
                caso % 40,
                cpf = cpf.completo(),
            )?;
        }
        Ok(())
    }

    pub fn atos(&self, saida: &mut dyn Write, caso: i64) -> Result<()> {
        for k in (0..).take(GUIAS.len()) {
            let id = self.guia_id(caso, k);
            let codigo = Self::tribunal(caso).codigo;
            writeln!(saida, "{codigo}\t{id}\t11428\tAto infracional fictício")?;
        }
        Ok(())
    }

    pub fn eventos(&self, saida: &mut dyn Write, caso: i64) -> Result<()> {
        let codigo = Self::tribunal(caso).codigo;
        for n in 0..ADOLESCENTES {
            let (id, quando) = (self.adolescente_id(caso, n), self.instante(caso, 0).to_rfc3339());
            writeln!(saida, "{codigo}\tADOLESCENTE_CADASTRADO\t\\N\t{id}\t\\N\t{quando}\tsemente")?;
        }
        for (n, origem) in (0..).zip(ORIGEM) {
            let (id, quando) = (self.processo_id(caso, n), self.instante(caso, n).to_rfc3339());
            writeln!(saida, "{codigo}\tPROCESSO_CADASTRADO\t{id}\t\\N\t\\N\t{quando}\tsemente")?;
            if let Some(de) = origem {
                let apuracao = self.processo_id(caso, de);
                writeln!(
                    saida,
                    "{codigo}\tEXECUCAO_CADASTRADA\t{apuracao}\t\\N\t\\N\t{quando}\tsemente"
                )?;
            }
        }
        for (k, (processo, adolescente, _)) in (0..).zip(GUIAS) {
            let guia = self.guia_id(caso, k);
            let quando = self.instante(caso, processo).to_rfc3339();
            let adolescente = self.adolescente_id(caso, adolescente);
            let processo = self.processo_id(caso, processo);
            writeln!(
                saida,
                "{codigo}\tGUIA_EMITIDA\t{processo}\t{adolescente}\t{guia}\t{quando}\tsemente"
            )?;
        }
        Ok(())
    }
}

/// A number that looks arbitrary and is always the same (splitmix64).
fn mistura(n: i64) -> usize {
    let mut z = n.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    usize::try_from((z ^ (z >> 27)) >> 33).unwrap_or(0)
}
