//! The Diesel schema of the tables that Diesel's query builder uses. It leaves out generated
//! columns, which no code writes, and columns of a type that Diesel does not have.

diesel::table! {
    adolescente (id) {
        id -> BigInt,
        tribunal_codigo -> SmallInt,
        identificador -> Text,
        cadastro_pendente -> Bool,
        nome -> Nullable<Text>,
        sobrenome -> Nullable<Text>,
        nome_social -> Nullable<Text>,
        data_nascimento -> Nullable<Date>,
        data_nascimento_presumida -> Bool,
        data_obito -> Nullable<Date>,
        sexo_biologico -> Nullable<Text>,
        identidade_genero -> Nullable<Text>,
        orientacao_sexual -> Nullable<Text>,
        raca_cor -> Nullable<Text>,
        nome_mae -> Nullable<Text>,
        nome_pai -> Nullable<Text>,
        naturalidade -> Nullable<Text>,
        cpf -> Nullable<Text>,
        rg_numero -> Nullable<Text>,
        rg_orgao_expedidor -> Nullable<Text>,
        rg_data_expedicao -> Nullable<Date>,
        rg_estado -> Nullable<Text>,
        certidao_cartorio -> Nullable<Text>,
        certidao_livro -> Nullable<Text>,
        certidao_folha -> Nullable<Text>,
        certidao_numero -> Nullable<Text>,
        criado_em -> Timestamptz,
        atualizado_em -> Timestamptz,
        versao -> Integer,
    }
}

diesel::table! {
    processo (id) {
        id -> BigInt,
        tribunal_codigo -> SmallInt,
        numero -> Text,
        tipo -> Text,
        situacao -> Text,
        id_orgao -> Integer,
        app_name_sistema_tribunal -> Text,
        id_processo_sistema_externo -> Nullable<Text>,
        numero_referencia -> Nullable<Text>,
        magistrado_nome -> Nullable<Text>,
        magistrado_cpf -> Nullable<Text>,
        serventuario_nome -> Nullable<Text>,
        serventuario_cpf -> Nullable<Text>,
        criado_em -> Timestamptz,
        atualizado_em -> Timestamptz,
        versao -> Integer,
    }
}

diesel::table! {
    vinculo (id) {
        id -> BigInt,
        tribunal_codigo -> SmallInt,
        processo_id -> BigInt,
        adolescente_id -> BigInt,
        iniciado_em -> Timestamptz,
        encerrado_em -> Nullable<Timestamptz>,
        motivo -> Nullable<Text>,
    }
}

diesel::table! {
    evento (id) {
        id -> BigInt,
        tribunal_codigo -> SmallInt,
        tipo -> Text,
        processo_id -> Nullable<BigInt>,
        adolescente_id -> Nullable<BigInt>,
        ocorrido_em -> Timestamptz,
        ator_sub -> Text,
        ator_azp -> Nullable<Text>,
        campos -> Array<Text>,
        guia_id -> Nullable<BigInt>,
        mudancas -> Jsonb,
    }
}

diesel::table! {
    chave_idempotencia (tribunal_codigo, credencial, operacao, chave) {
        tribunal_codigo -> SmallInt,
        credencial -> Text,
        operacao -> Text,
        chave -> Binary,
        entrada -> Binary,
        desfecho -> Nullable<Jsonb>,
        criada_em -> Timestamptz,
    }
}

diesel::table! {
    rascunho (id) {
        id -> BigInt,
        tribunal_codigo -> SmallInt,
        codigo -> Text,
        app_name_sistema_tribunal -> Text,
        dados -> Text,
        criado_em -> Timestamptz,
        consumido_em -> Nullable<Timestamptz>,
        processo_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    guia (id) {
        id -> BigInt,
        tribunal_codigo -> SmallInt,
        numero -> Text,
        tipo -> Text,
        situacao -> Text,
        motivo_baixa -> Nullable<Text>,
        baixada_em -> Nullable<Timestamptz>,
        unificada_por -> Nullable<BigInt>,
        origem -> Nullable<Text>,
        adolescente_id -> BigInt,
        apuracao_id -> Nullable<BigInt>,
        execucao_id -> Nullable<BigInt>,
        magistrado_nome -> Nullable<Text>,
        magistrado_cpf -> Text,
        serventuario_nome -> Nullable<Text>,
        serventuario_cpf -> Text,
        serventuario_cargo -> Text,
        codigo_tpu_medida -> Text,
        data_sentenca -> Nullable<Date>,
        houve_internacao -> Nullable<Bool>,
        data_inicio_internacao -> Nullable<Date>,
        data_fim_internacao -> Nullable<Date>,
        data_transito_julgado -> Nullable<Date>,
        prazo -> Nullable<Integer>,
        data_decisao -> Nullable<Date>,
        medida_resultante -> Nullable<Text>,
        criado_em -> Timestamptz,
        atualizado_em -> Timestamptz,
        versao -> Integer,
    }
}

diesel::table! {
    ato_infracional (id) {
        id -> BigInt,
        tribunal_codigo -> SmallInt,
        guia_id -> BigInt,
        codigo_tpu -> Text,
        descricao -> Nullable<Text>,
        local_fato -> Nullable<Text>,
        data_fato -> Nullable<Date>,
    }
}

diesel::table! {
    documento_da_guia (id) {
        id -> BigInt,
        tribunal_codigo -> SmallInt,
        guia_id -> BigInt,
        tipo -> Text,
        identificador_autos -> Nullable<Text>,
    }
}

diesel::table! {
    registro_eletronico (nre) {
        id -> BigInt,
        nre -> Text,
        protocolo -> Text,
        protocolo_chave -> Text,
        tipo_protocolo -> Text,
        criado_em -> Timestamptz,
    }
}

diesel::table! {
    registro_no_sistema (nre, tribunal_codigo) {
        tribunal_codigo -> SmallInt,
        nre -> Text,
        protocolo_chave -> Text,
        criado_em -> Timestamptz,
    }
}

diesel::table! {
    tramite (idt) {
        idt -> BigInt,
        nre -> Text,
        remetente_id -> BigInt,
        remetente_tribunal -> SmallInt,
        destinatario_id -> BigInt,
        destinatario_tribunal -> SmallInt,
        situacao -> SmallInt,
        devolucao -> Bool,
        nre_informado -> Bool,
        descricao -> Text,
        nivel_de_sigilo -> SmallInt,
        hipotese_legal -> Nullable<Text>,
        processo_de_negocio -> Nullable<Text>,
        urgente -> Bool,
        motivo_da_urgencia -> Nullable<SmallInt>,
        data_de_retorno -> Nullable<Timestamptz>,
        metadados -> Nullable<Text>,
        data_de_recebimento -> Nullable<Timestamptz>,
        hash_da_assinatura -> Nullable<Text>,
        recibo_em -> Nullable<Timestamptz>,
        recibo_entregue_em -> Nullable<Timestamptz>,
        motivo_recusa -> Nullable<Text>,
        justificativa -> Nullable<Text>,
        recusado_em -> Nullable<Timestamptz>,
        ciencia_em -> Nullable<Timestamptz>,
        criado_em -> Timestamptz,
        atualizado_em -> Timestamptz,
        recibo_assinado -> Nullable<Bool>,
        completo_em -> Nullable<Timestamptz>,
        metadados_em -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    componente (id) {
        id -> BigInt,
        idt -> BigInt,
        protocolo -> Text,
        protocolo_chave -> Text,
        documento -> Integer,
        ordem -> Integer,
        hash -> Text,
        tamanho -> BigInt,
        solicitado -> Bool,
        conteudo_id -> Nullable<BigInt>,
        recebido_em -> Nullable<Timestamptz>,
        baixado_em -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    pedido_de_vinculo (id) {
        id -> BigInt,
        tribunal_codigo -> SmallInt,
        nre -> Text,
        protocolo_chave -> Text,
        parte_id -> BigInt,
        herdeira_id -> BigInt,
        justificativa -> Text,
        autor -> Text,
        pedido_em -> Timestamptz,
        efetivado_em -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    conteudo (id) {
        id -> BigInt,
        idt -> BigInt,
        criado_em -> Timestamptz,
    }
}

diesel::table! {
    conteudo_parte (conteudo_id, ordem) {
        conteudo_id -> BigInt,
        ordem -> Integer,
        bytes -> Binary,
    }
}

diesel::table! {
    parte_enviada (conteudo_id) {
        conteudo_id -> BigInt,
        idt -> BigInt,
        protocolo_chave -> Text,
        hash -> Text,
        inicio -> BigInt,
        fim -> BigInt,
    }
}

diesel::table! {
    mudanca_de_situacao (id) {
        id -> BigInt,
        idt -> BigInt,
        situacao -> SmallInt,
        ocorrida_em -> Timestamptz,
        por -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(adolescente, processo, vinculo, evento, guia);
