//! The tables as Diesel sees them. Generated columns are left out: nobody writes them.

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
    }
}

diesel::allow_tables_to_appear_in_same_query!(adolescente, processo, vinculo, evento);
