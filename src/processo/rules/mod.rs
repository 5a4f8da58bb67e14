//! The rules on processos. Pure: what they need is an argument. Here, those on
//! registering one (R3 to R12); those on changing one are in `alteracao.rs`.

mod alteracao;

pub use alteracao::*;

use super::{CadastrarProcesso, NovoProcesso, NumeroProcesso, Responsavel, TipoProcesso};
use crate::adolescente::rules::r23_cpf_valido;
use crate::adolescente::{AdolescenteId, Identificador};
use crate::error::{CodigoErro, Recusa};
use crate::rascunho::Rascunho;
use crate::value::field::{self, itens, lista_longa, obrigatorio, texto};
use crate::value::regras::Regras;
use crate::value::tribunal::Tribunal;
use std::collections::HashMap;

const APP_NAME_MAXIMO: usize = 100;
const ID_EXTERNO_MAXIMO: usize = 100;
const NOME_MAXIMO: usize = 200;

/// The adolescentes of the tribunal, by their names in the country.
pub type Conhecidos = HashMap<Identificador, AdolescenteId>;

/// What the database knows that the rules ask for.
#[derive(Debug, Clone, Default)]
pub struct Fatos {
    /// The adolescentes of the tribunal among the ones asked for.
    pub conhecidos: Conhecidos,
    /// The number is taken, by a processo that the caller may see or not.
    pub numero_tomado: bool,
    /// The reference is an apuração, of any tribunal.
    pub referencia_e_apuracao: bool,
    /// The active execução, in the tribunal, of the adolescente of an execução; read under its lock.
    pub execucao_ativa: Option<NumeroProcesso>,
    /// Of the adolescentes asked for, those with a link, active or ended, to the
    /// reference; none when the reference is of another tribunal.
    pub vinculados_na_referencia: Option<Vec<AdolescenteId>>,
    /// The rascunho asked for, if the tribunal has it; held until the transaction ends.
    pub rascunho: Option<Rascunho>,
}

/// What the registration would be, if no rule refuses it.
#[derive(Debug)]
pub struct Parecer {
    pub recusas: Vec<Recusa>,
    pub avisos: Vec<String>,
}

/// Judges a registration by every rule that can be judged independently.
pub fn cadastro(
    comando: &CadastrarProcesso,
    fatos: &Fatos,
    tribunal: i16,
    regras: Regras,
) -> Parecer {
    let mut recusas = Vec::new();
    recusas.extend(r3_obrigatorios(comando));
    recusas.extend(r3_adolescentes_sem_repeticao(&comando.adolescentes));
    recusas.extend(formas(comando));
    recusas.extend(r7_orgao_positivo(comando.id_orgao));
    if let Some(numero) = &comando.numero {
        recusas.extend(r4_digito(numero, regras).map(|r| r.em(["numero"])));
        recusas.extend(r5_do_tribunal(numero, tribunal, regras));
        recusas.extend(r6_numero_livre(numero, fatos.numero_tomado));
    }
    if let Some(referencia) = &comando.referencia {
        recusas.extend(r4_digito(referencia, regras).map(|r| r.em(["referencia"])));
    }
    recusas.extend(r8_rascunho_livre(comando, fatos.rascunho.as_ref(), regras));
    recusas.extend(r9_r10_referencia(comando, fatos));
    recusas.extend(r11_um_adolescente(comando));
    if comando.tipo == Some(TipoProcesso::Execucao) {
        recusas.extend(r12_uma_execucao_ativa(fatos.execucao_ativa.as_ref(), regras));
    }
    recusas.extend(adolescentes_conhecidos(&comando.adolescentes, fatos));
    recusas.extend(r23_responsavel(&comando.magistrado).map(|r| r.em(["magistrado", "cpf"])));
    recusas.extend(r23_responsavel(&comando.serventuario).map(|r| r.em(["serventuario", "cpf"])));

    let mut avisos = Vec::new();
    match r11_vinculado_na_referencia(comando, fatos) {
        Some(recusa) if regras.exigir_vinculo_na_referencia => recusas.push(recusa),
        Some(recusa) => avisos.push(format!("adolescentes: {}", recusa.mensagem)),
        None => {}
    }
    Parecer { recusas, avisos }
}

/// The processo to be, once [`cadastro`] refused nothing.
pub fn aceito(comando: CadastrarProcesso, fatos: &Fatos) -> Option<NovoProcesso> {
    let conhecido = |item: &Option<Identificador>| fatos.conhecidos.get(item.as_ref()?).copied();
    Some(NovoProcesso {
        adolescentes: comando.adolescentes.iter().map(conhecido).collect::<Option<_>>()?,
        numero: comando.numero?,
        tipo: comando.tipo?,
        referencia: comando.referencia,
        id_orgao: comando.id_orgao?,
        app_name_sistema_tribunal: comando.app_name_sistema_tribunal?,
        id_processo_sistema_externo: comando.id_processo_sistema_externo,
        magistrado: comando.magistrado,
        serventuario: comando.serventuario,
    })
}

/// R3: what a registration cannot do without.
pub fn r3_obrigatorios(comando: &CadastrarProcesso) -> impl Iterator<Item = Recusa> {
    let adolescentes = (!comando.adolescentes.is_empty()).then_some(&comando.adolescentes);
    [
        obrigatorio(comando.numero.as_ref(), "R3").map(|r| r.em(["numero"])),
        obrigatorio(comando.tipo.as_ref(), "R3").map(|r| r.em(["tipo"])),
        obrigatorio(adolescentes, "R3").map(|r| r.em(["adolescentes"])),
        obrigatorio(comando.id_orgao.as_ref(), "R3").map(|r| r.em(["idOrgao"])),
        obrigatorio(comando.app_name_sistema_tribunal.as_ref(), "R3")
            .map(|r| r.em(["appNameSistemaTribunal"])),
    ]
    .into_iter()
    .flatten()
}

/// R3: the list names each adolescente once.
pub fn r3_adolescentes_sem_repeticao(
    lista: &[Option<Identificador>],
) -> impl Iterator<Item = Recusa> {
    let repetido = move |i: usize| lista[i].is_some() && lista[..i].contains(&lista[i]);
    (0..itens(lista).len()).filter(move |&i| repetido(i)).map(|i| {
        Recusa::nova(CodigoErro::CampoInvalido, "R3", "o adolescente se repete na lista")
            .no_item("adolescentes", i)
            .oriente("mande cada identificador uma só vez")
    })
}

/// R4: the check digits are right. Switchable, for legacy loads.
pub fn r4_digito(numero: &NumeroProcesso, regras: Regras) -> Option<Recusa> {
    let esperado = numero.digito_esperado();
    (regras.verificar_digito && numero.digito() != esperado).then(|| {
        let mensagem = "o dígito verificador do número do processo não confere";
        Recusa::nova(CodigoErro::NumeroDigitoInvalido, "R4", mensagem)
            .oriente(format!("o dígito esperado é {esperado:02}; confira o número"))
    })
}

/// R5: the number is of the caller's tribunal; switched off, of any that exists.
pub fn r5_do_tribunal(numero: &NumeroProcesso, tribunal: i16, regras: Regras) -> Option<Recusa> {
    let do_numero = numero.codigo_do_tribunal();
    let recusado = match regras.exigir_numero_do_tribunal {
        true => do_numero != tribunal,
        false => Tribunal::por_codigo(do_numero).is_none(),
    };
    recusado.then(|| {
        let nome = |codigo: i16| match Tribunal::por_codigo(codigo) {
            Some(t) => format!("{} (8.{})", t.sigla, t.tr),
            None => format!("{}.{:02}, que não é da justiça estadual", codigo / 100, codigo % 100),
        };
        let mensagem = format!(
            "o número é do tribunal {} e quem chama é do {}",
            nome(do_numero),
            nome(tribunal)
        );
        Recusa::nova(CodigoErro::NumeroDeOutroTribunal, "R5", mensagem)
            .em(["numero"])
            .oriente("cadastre com a credencial do tribunal do processo")
    })
}

/// R6: a number names one processo, archived or not, however it is written.
pub fn r6_numero_livre(numero: &NumeroProcesso, tomado: bool) -> Option<Recusa> {
    tomado.then(|| {
        let mut recusa =
            Recusa::nova(CodigoErro::ProcessoJaExiste, "R6", "Processo já existe na base de dados")
                .em(["numero"])
                .oriente("consulte o processo pelo número; não o cadastre de novo");
        recusa.processo = Some(numero.digitos().to_owned());
        recusa
    })
}

/// R7: the órgão is a positive integer.
pub fn r7_orgao_positivo(id_orgao: Option<i32>) -> Option<Recusa> {
    (id_orgao? < 1).then(|| {
        Recusa::nova(CodigoErro::CampoInvalido, "R7", "o idOrgao vai de 1 a 2147483647")
            .em(["idOrgao"])
    })
}

/// R8: the code is that of a rascunho of the tribunal which has not turned into
/// a processo yet. Switched off, it is any text of the tribunal's system.
pub fn r8_rascunho_livre(
    comando: &CadastrarProcesso,
    rascunho: Option<&Rascunho>,
    regras: Regras,
) -> Option<Recusa> {
    let codigo = comando.id_processo_sistema_externo.as_ref()?;
    if !regras.exigir_rascunho || codigo_externo_legivel(codigo).is_some() {
        return None;
    }
    let recusa = |mensagem| {
        Recusa::nova(CodigoErro::RascunhoInvalido, "R8", mensagem)
            .em(["idProcessoSistemaExterno"])
            .oriente("registre outro rascunho e mande o código dele, ou omita o campo")
    };
    match rascunho {
        None => Some(recusa("o rascunho não está registrado")),
        Some(Rascunho { consumido_em: Some(_), .. }) => {
            Some(recusa("o rascunho já se transformou em processo").por_conflito())
        }
        Some(_) => None,
    }
}

/// R9, R10: an execução names the apuração it comes from, of any tribunal. On an
/// apuração the reference is information.
pub fn r9_r10_referencia(comando: &CadastrarProcesso, fatos: &Fatos) -> Option<Recusa> {
    if comando.tipo != Some(TipoProcesso::Execucao) {
        return None;
    }
    let (regra, mensagem) = match &comando.referencia {
        None => ("R9", "a execução exige o número da apuração de origem"),
        Some(referencia) if Some(referencia) == comando.numero.as_ref() => {
            ("R9", "a execução não pode referenciar a si mesma")
        }
        Some(_) if !fatos.referencia_e_apuracao => {
            ("R10", "o processo de referência não está cadastrado ou não é uma apuração")
        }
        Some(_) => return None,
    };
    Some(
        Recusa::nova(CodigoErro::ReferenciaInvalida, regra, mensagem)
            .em(["referencia"])
            .oriente("informe o número de uma apuração já cadastrada"),
    )
}

/// R11: an execução is of one adolescente.
pub fn r11_um_adolescente(comando: &CadastrarProcesso) -> Option<Recusa> {
    (comando.tipo == Some(TipoProcesso::Execucao) && comando.adolescentes.len() > 1).then(|| {
        let mensagem = "a execução admite um único adolescente";
        Recusa::nova(CodigoErro::ExecucaoAdmiteUmAdolescente, "R11", mensagem)
            .em(["adolescentes"])
            .oriente("cadastre uma execução por adolescente")
    })
}

/// R12: an adolescente serves one execução at a time, in the tribunal; others are
/// archived by the unification of measures. `ativa` is the one that is.
pub fn r12_uma_execucao_ativa(ativa: Option<&NumeroProcesso>, regras: Regras) -> Option<Recusa> {
    let ativa = ativa.filter(|_| regras.exigir_execucao_unica)?;
    let mensagem = format!("Adolescente já possui processo de execução ativo, o {ativa}");
    let mut recusa = Recusa::nova(CodigoErro::ExecucaoAtiva, "R12", mensagem)
        .em(["adolescentes"])
        .oriente(format!("arquive antes a execução {ativa}, ou unifique as medidas nela"));
    recusa.processo = Some(ativa.digitos().to_owned());
    Some(recusa)
}

/// R11: the adolescente of an execução has, or had, a link to its apuração. By
/// default a notice, because the clerk may edit the parties.
pub fn r11_vinculado_na_referencia(comando: &CadastrarProcesso, fatos: &Fatos) -> Option<Recusa> {
    if comando.tipo != Some(TipoProcesso::Execucao) {
        return None;
    }
    let [Some(identificador)] = comando.adolescentes.as_slice() else { return None };
    let id = fatos.conhecidos.get(identificador)?;
    (!fatos.vinculados_na_referencia.as_ref()?.contains(id)).then(|| {
        let mensagem = "o adolescente não tem vínculo com a apuração de referência";
        Recusa::nova(CodigoErro::CampoInvalido, "R11", mensagem)
            .no_item("adolescentes", 0)
            .oriente("vincule o adolescente à apuração antes")
    })
}

/// Here an unknown identificador is an error: R14, which registers one, is for links.
fn adolescentes_conhecidos(
    lista: &[Option<Identificador>],
    fatos: &Fatos,
) -> impl Iterator<Item = Recusa> {
    let lidos = itens(lista).iter().enumerate();
    let lidos = lidos.filter_map(|(i, item)| Some((i, item.as_ref()?)));
    lidos.filter(|(_, identificador)| !fatos.conhecidos.contains_key(identificador)).map(
        |(i, identificador)| {
            let mensagem = format!("Adolescente não encontrado: {identificador}");
            Recusa::nova(CodigoErro::AdolescenteNaoEncontrado, "R3", mensagem)
                .no_item("adolescentes", i)
                .oriente("cadastre o adolescente antes")
                .no_corpo()
        },
    )
}

fn r23_responsavel(responsavel: &Responsavel) -> Option<Recusa> {
    r23_cpf_valido(responsavel.cpf.as_ref())
}

/// What the code of a draft may look like; anything else is not looked up.
pub fn codigo_externo_legivel(codigo: &str) -> Option<Recusa> {
    texto(Some(codigo), ID_EXTERNO_MAXIMO).map(|recusa| recusa.em(["idProcessoSistemaExterno"]))
}

fn formas(comando: &CadastrarProcesso) -> impl Iterator<Item = Recusa> {
    let excesso = lista_longa(&comando.adolescentes).map(|r| r.em(["adolescentes"]));
    let nome = |responsavel: &Responsavel| field::nome(responsavel.nome.as_deref(), NOME_MAXIMO);
    [
        excesso,
        field::nome(comando.app_name_sistema_tribunal.as_deref(), APP_NAME_MAXIMO)
            .map(|r| r.em(["appNameSistemaTribunal"])),
        comando.id_processo_sistema_externo.as_deref().and_then(codigo_externo_legivel),
        nome(&comando.magistrado).map(|r| r.em(["magistrado", "nome"])),
        nome(&comando.serventuario).map(|r| r.em(["serventuario", "nome"])),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests;
