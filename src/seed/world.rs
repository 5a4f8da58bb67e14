//! The synthetic data: *casos* of five processos and three adolescentes. Every row is computed from the
//! number of its caso and written as COPY text.

use crate::processo::NumeroProcesso;
use crate::value::cpf::Cpf;
use crate::value::time;
use crate::value::tribunal::{TRIBUNAIS, Tribunal};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use std::io::{Result, Write};

/// Three apurações and the two execuções that follow from them, so 40% are execuções.
pub const PROCESSOS_PER_CASE: u32 = 5;
const PROCESSOS: i64 = PROCESSOS_PER_CASE as i64;
const ADOLESCENTES: i64 = 3;
/// The vinculos of a caso as (processo, adolescente), both as indexes within the caso.
const VINCULOS: [(i64, i64); 8] = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 2), (3, 0), (4, 2)];
/// The index of the apuração from which each processo of a caso follows; `None` for an apuração.
const ORIGIN: [Option<i64>; 5] = [None, None, None, Some(0), Some(2)];

/// The guias of a caso as (apuração, adolescente, whether it is definitiva). The provisória was closed
/// (baixada) when the definitiva replaced it.
const GUIAS: [(i64, i64, bool); 3] = [(0, 0, false), (0, 0, true), (2, 2, true)];

const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";
const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";

const NAMES: [(&str, &str); 24] = [
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
/// Each surname shows that the person is fictitious.
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

/// The number of casos, the last existing id of each table, after which the new ids begin, and
/// likewise the last number in an identificador.
pub struct World {
    pub cases: i64,
    pub adolescente: i64,
    pub processo: i64,
    pub vinculo: i64,
    pub guia: i64,
    pub sequence: i64,
}

impl World {
    pub fn last_sequence(&self) -> i64 {
        self.sequence + self.cases * ADOLESCENTES
    }

    fn tribunal(case: i64) -> Tribunal {
        TRIBUNAIS[usize::try_from(case.rem_euclid(27)).unwrap_or(0)]
    }

    fn adolescente_id(&self, case: i64, n: i64) -> i64 {
        self.adolescente + case * ADOLESCENTES + n + 1
    }

    fn processo_id(&self, case: i64, n: i64) -> i64 {
        self.processo + case * PROCESSOS + n + 1
    }

    /// The creation time of a processo: ten seconds per processo id, from the beginning of 2025. It
    /// does not use the clock, so that two runs produce identical data.
    fn instant(&self, case: i64, n: i64) -> DateTime<Utc> {
        let start = DateTime::from_timestamp(1_735_700_400, 0).unwrap_or_default();
        start + TimeDelta::seconds(10 * self.processo_id(case, n))
    }

    fn numero(&self, case: i64, n: i64) -> NumeroProcesso {
        let id = u32::try_from(self.processo_id(case, n)).unwrap_or(u32::MAX);
        let year = 2021 + id % 5;
        NumeroProcesso::synthetic(
            8_000_000 + id % 1_000_000,
            year,
            Self::tribunal(case).code,
            1 + id / 1_000_000,
        )
    }

    pub fn adolescentes(&self, output: &mut dyn Write, case: i64) -> Result<()> {
        for n in 0..ADOLESCENTES {
            let id = self.adolescente_id(case, n);
            let random = mix(id);
            let created = self.instant(case, 0);
            let sequence = self.sequence + case * ADOLESCENTES + n + 1;
            let identificador = format!("{:04}{sequence:08}", time::day(created).year());
            let (nome, sexo) = NAMES[random % NAMES.len()];
            let sobrenome = SOBRENOMES[(random / 24) % SOBRENOMES.len()];
            let social = if id % 40 == 0 { "Alex" } else { "\\N" };
            let nascimento = NaiveDate::from_ymd_opt(2008, 1, 1).unwrap_or_default()
                + Days::new(random as u64 % 1800);
            let raca = RACAS[(random / 7) % RACAS.len()];
            let mae = NAMES[2 * (random / 3 % 12)].0;
            let cpf = Cpf::synthetic(990_000_000 + u32::try_from(id % 10_000_000).unwrap_or(0));
            let Tribunal { code, sigla, .. } = Self::tribunal(case);
            let (cpf, when) = (cpf.unmasked(), created.to_rfc3339());
            writeln!(
                output,
                "{id}\t{code}\t{identificador}\t{nome}\t{sobrenome}\t{social}\t{nascimento}\t{sexo}\t{raca}\t\
                 {mae} {sobrenome}\tComarca Fictícia ({sigla})\t{cpf}\t{when}\t{when}"
            )?;
        }
        Ok(())
    }

    pub fn processos(&self, output: &mut dyn Write, case: i64) -> Result<()> {
        for (n, origem) in (0..).zip(ORIGIN) {
            let id = self.processo_id(case, n);
            let Tribunal { code, sigla, .. } = Self::tribunal(case);
            let numero = self.numero(case, n);
            let referencia = origem.map(|from| self.numero(case, from));
            let (tipo, referencia) = match &referencia {
                Some(apuracao) => (EXECUCAO, apuracao.digits()),
                None => (APURACAO, "\\N"),
            };
            let situacao = if Self::arquivado(case, n) { "ARQUIVADO" } else { "ATIVO" };
            let orgao = 1000 + case % 40;
            let cpf = Cpf::synthetic(980_000_000 + u32::try_from(case % 40).unwrap_or(0));
            let (cpf, when) = (cpf.unmasked(), self.instant(case, n).to_rfc3339());
            writeln!(
                output,
                "{id}\t{code}\t{}\t{tipo}\t{situacao}\t{orgao}\tpje-{}-1g\t{referencia}\tMagistrada Fictícia {}\t{cpf}\t{when}\t{when}",
                numero.digits(),
                sigla.to_lowercase(),
                case % 40,
            )?;
        }
        Ok(())
    }

    /// Whether the processo is archived: in each tribunal, the first apuração of every sixth caso
    /// and the first execução of every tenth.
    fn arquivado(case: i64, n: i64) -> bool {
        let round = case / 27;
        (n == 0 && round % 6 == 5) || (n == 3 && round % 10 == 9)
    }

    pub fn vinculos(&self, output: &mut dyn Write, case: i64) -> Result<()> {
        for (k, (processo, adolescente)) in (0..).zip(VINCULOS) {
            let id = self.vinculo + case * 8 + k + 1;
            let start = self.instant(case, processo);
            // In every fourth caso of a tribunal, one adolescente has left the last apuração.
            let encerrado = (processo, adolescente) == (2, 0) && (case / 27) % 4 == 3;
            let (end, motivo) = match encerrado {
                true => (
                    (start + TimeDelta::hours(12)).to_rfc3339(),
                    "Excluído do polo por decisão fictícia",
                ),
                false => ("\\N".to_owned(), "\\N"),
            };
            writeln!(
                output,
                "{id}\t{}\t{}\t{}\t{}\t{end}\t{motivo}",
                Self::tribunal(case).code,
                self.processo_id(case, processo),
                self.adolescente_id(case, adolescente),
                start.to_rfc3339(),
            )?;
        }
        Ok(())
    }

    fn guia_id(&self, case: i64, k: i64) -> i64 {
        self.guia + case * 3 + k + 1
    }

    pub fn guias(&self, output: &mut dyn Write, case: i64) -> Result<()> {
        for (k, (apuracao, adolescente, definitiva)) in (0..).zip(GUIAS) {
            let id = self.guia_id(case, k);
            let emitida = self.instant(case, apuracao);
            let day = time::day(emitida);
            let sentenca = day - Days::new(30);
            let (tipo, transito, houve) = match definitiva {
                true => ("DEFINITIVA", day.to_string(), "\\N"),
                false => ("PROVISORIA", "\\N".to_owned(), "f"),
            };
            let (when, never) = (emitida.to_rfc3339(), "\\N".to_owned());
            let (situacao, motivo, baixada) = match definitiva {
                true => ("ATIVO", "\\N", &never),
                false => ("BAIXADA", "CONVERTIDA", &when),
            };
            let cpf = Cpf::synthetic(980_000_000 + u32::try_from(case % 40).unwrap_or(0));
            writeln!(
                output,
                "{id}\t{}\t{}{:04}\t{tipo}\t{situacao}\t{motivo}\t{baixada}\tSENTENCA_CONDENATORIA\t{}\t{}\t\
                 Magistrada Fictícia {}\t{cpf}\t{cpf}\tEscrivã fictícia\t11386\t{sentenca}\t{houve}\t{transito}\t\
                 {when}\t{when}",
                Self::tribunal(case).code,
                day.format("%Y%m%d"),
                id % 10_000,
                self.adolescente_id(case, adolescente),
                self.processo_id(case, apuracao),
                case % 40,
                cpf = cpf.unmasked(),
            )?;
        }
        Ok(())
    }

    pub fn atos(&self, output: &mut dyn Write, case: i64) -> Result<()> {
        for k in (0..).take(GUIAS.len()) {
            let id = self.guia_id(case, k);
            let code = Self::tribunal(case).code;
            writeln!(output, "{code}\t{id}\t11428\tAto infracional fictício")?;
        }
        Ok(())
    }

    pub fn eventos(&self, output: &mut dyn Write, case: i64) -> Result<()> {
        let code = Self::tribunal(case).code;
        for n in 0..ADOLESCENTES {
            let (id, when) = (self.adolescente_id(case, n), self.instant(case, 0).to_rfc3339());
            writeln!(output, "{code}\tADOLESCENTE_CADASTRADO\t\\N\t{id}\t\\N\t{when}\tsemente")?;
        }
        for (n, origem) in (0..).zip(ORIGIN) {
            let (id, when) = (self.processo_id(case, n), self.instant(case, n).to_rfc3339());
            writeln!(output, "{code}\tPROCESSO_CADASTRADO\t{id}\t\\N\t\\N\t{when}\tsemente")?;
            if let Some(from) = origem {
                let apuracao = self.processo_id(case, from);
                writeln!(
                    output,
                    "{code}\tEXECUCAO_CADASTRADA\t{apuracao}\t\\N\t\\N\t{when}\tsemente"
                )?;
            }
        }
        for (k, (processo, adolescente, _)) in (0..).zip(GUIAS) {
            let guia = self.guia_id(case, k);
            let when = self.instant(case, processo).to_rfc3339();
            let adolescente = self.adolescente_id(case, adolescente);
            let processo = self.processo_id(case, processo);
            writeln!(
                output,
                "{code}\tGUIA_EMITIDA\t{processo}\t{adolescente}\t{guia}\t{when}\tsemente"
            )?;
        }
        Ok(())
    }
}

/// A deterministic pseudo-random number (a shortened splitmix64).
fn mix(n: i64) -> usize {
    let mut z = n.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    usize::try_from((z ^ (z >> 27)) >> 33).unwrap_or(0)
}
