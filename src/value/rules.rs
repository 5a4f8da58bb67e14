//! The rules that an operator can turn on and off.

use serde::Deserialize;

/// The rules that an operator may relax or tighten: the section `[regras]` of the configuration
/// file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct RuleSwitches {
    /// R4: recusa números com dígito verificador errado.
    pub verificar_digito: bool,
    /// R5: recusa números que não são do tribunal de quem chama.
    pub exigir_numero_do_tribunal: bool,
    /// R8: recusa `idProcessoSistemaExterno` que não é de um rascunho livre do tribunal.
    pub exigir_rascunho: bool,
    /// R11: recusa, em vez de avisar, execução de adolescente sem vínculo com a apuração.
    pub exigir_vinculo_na_referencia: bool,
    /// R12: recusa a segunda execução ativa do mesmo adolescente no tribunal.
    pub exigir_execucao_unica: bool,
    /// R14: vincular um identificador desconhecido, sem dados, cria um cadastro pendente.
    pub registrar_pendente: bool,
    /// Tramita: recusa já no envio o que o destino recusaria; desligada, o trâmite nasce e é recusado (situação 8, motivo 99) no recebimento.
    pub recusa_no_envio: bool,
    /// Tramita, linha B4: recusa o envio de processo que está com outro órgão.
    pub exigir_processo_desbloqueado: bool,
    /// Tramita: compara protocolos letra a letra, como a plataforma real, e não pelo número.
    pub protocolo_exato: bool,
    /// Tramita: recusa, em vez de avisar, protocolo com dígito verificador errado.
    pub validar_dv_protocolo: bool,
    /// Tramita: admite trâmite de nível de sigilo 3 (sigiloso), do processo ou de um documento; desligada, recusa-o.
    pub tramitar_sigiloso: bool,
    /// Tramita: aceita também `GET /tramites/{idt}/ciencia`, que muda a situação.
    pub ciencia_por_get: bool,
    /// Tramita: tamanho máximo de um componente digital, em MiB.
    pub componente_maximo: u32,
    /// Tramita: dias que um trâmite fica parado nas situações 1 a 4 antes de se cancelar sozinho.
    pub prazo_do_tramite: u16,
    /// Campos desconhecidos no corpo de uma rota REST: `avisar` ou `recusar`.
    pub campos_desconhecidos: UnknownFields,
}

impl Default for RuleSwitches {
    fn default() -> Self {
        Self {
            verificar_digito: true,
            exigir_numero_do_tribunal: true,
            exigir_rascunho: true,
            exigir_vinculo_na_referencia: false,
            exigir_execucao_unica: true,
            registrar_pendente: true,
            recusa_no_envio: true,
            exigir_processo_desbloqueado: true,
            protocolo_exato: false,
            validar_dv_protocolo: false,
            tramitar_sigiloso: false,
            ciencia_por_get: true,
            componente_maximo: 500,
            prazo_do_tramite: 8,
            campos_desconhecidos: UnknownFields::Avisar,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownFields {
    Avisar,
    Recusar,
}
