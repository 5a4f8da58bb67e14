SET ROLE elos_dono;

-- The judicial order of a measure (Resolução CNJ 165/2012), for one adolescente.
CREATE TABLE guia (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tribunal_codigo        smallint NOT NULL REFERENCES tribunal (codigo),
    numero                 text NOT NULL,
    tipo                   text NOT NULL,
    situacao               text NOT NULL DEFAULT 'ATIVO',
    motivo_baixa           text,
    baixada_em             timestamptz,
    unificada_por          bigint,
    origem                 text,
    adolescente_id         bigint NOT NULL,
    apuracao_id            bigint,
    execucao_id            bigint,
    magistrado_nome        text,
    magistrado_cpf         text NOT NULL,
    serventuario_nome      text,
    serventuario_cpf       text NOT NULL,
    serventuario_cargo     text NOT NULL,
    codigo_tpu_medida      text NOT NULL,
    data_sentenca          date,
    houve_internacao       boolean,
    data_inicio_internacao date,
    data_fim_internacao    date,
    data_transito_julgado  date,
    prazo                  integer,
    data_decisao           date,
    medida_resultante      text,
    criado_em              timestamptz NOT NULL,
    atualizado_em          timestamptz NOT NULL,
    versao                 integer NOT NULL DEFAULT 1,

    CONSTRAINT guia_do_tribunal UNIQUE (id, tribunal_codigo),
    CONSTRAINT guia_numero_unico UNIQUE (numero),
    CONSTRAINT guia_numero_tem_12_digitos CHECK (numero ~ '^[0-9]{12}$'),
    CONSTRAINT guia_do_adolescente
        FOREIGN KEY (adolescente_id, tribunal_codigo) REFERENCES adolescente (id, tribunal_codigo),
    CONSTRAINT guia_da_apuracao FOREIGN KEY (apuracao_id, tribunal_codigo) REFERENCES processo (id, tribunal_codigo),
    CONSTRAINT guia_da_execucao FOREIGN KEY (execucao_id, tribunal_codigo) REFERENCES processo (id, tribunal_codigo),
    CONSTRAINT guia_unificada_por_guia
        FOREIGN KEY (unificada_por, tribunal_codigo) REFERENCES guia (id, tribunal_codigo),
    CONSTRAINT guia_situacao_conhecida CHECK (situacao IN ('ATIVO', 'BAIXADA')),
    CONSTRAINT guia_baixada_tem_data CHECK ((situacao = 'BAIXADA') = (baixada_em IS NOT NULL)),
    CONSTRAINT guia_motivo_so_se_baixada CHECK (situacao = 'BAIXADA' OR motivo_baixa IS NULL AND unificada_por IS NULL),
    CONSTRAINT guia_motivo_conhecido
        CHECK (motivo_baixa IN ('CONVERTIDA', 'UNIFICADA', 'SUBSTITUIDA', 'EXTINTA', 'MAIORIDADE')),
    CONSTRAINT guia_origem_conhecida
        CHECK (origem IN ('SENTENCA_HOMOLOGATORIA', 'SENTENCA_CONDENATORIA', 'DECISAO_INTERNACAO_SANCAO')),
    CONSTRAINT guia_cpfs_tem_11_digitos CHECK (magistrado_cpf ~ '^[0-9]{11}$' AND serventuario_cpf ~ '^[0-9]{11}$'),
    CONSTRAINT guia_codigo_tpu_sao_digitos CHECK (codigo_tpu_medida ~ '^[0-9]+$'),
    -- What each kind cannot do without.
    CONSTRAINT guia_completa_na_sua_especie CHECK (CASE tipo
        WHEN 'PROVISORIA' THEN apuracao_id IS NOT NULL AND data_sentenca IS NOT NULL AND houve_internacao IS NOT NULL
        WHEN 'DEFINITIVA' THEN apuracao_id IS NOT NULL AND data_sentenca IS NOT NULL AND data_transito_julgado IS NOT NULL
        WHEN 'INTERNACAO_SANCAO' THEN apuracao_id IS NOT NULL AND execucao_id IS NOT NULL
                                      AND data_decisao IS NOT NULL AND prazo IS NOT NULL
        WHEN 'UNIFICADORA' THEN execucao_id IS NOT NULL AND data_decisao IS NOT NULL
        ELSE false END),
    CONSTRAINT guia_internacao_tem_datas CHECK (houve_internacao IS NOT TRUE OR
        data_inicio_internacao IS NOT NULL AND data_fim_internacao IS NOT NULL),
    -- R26: an internação-sanção lasts three months at most (ECA 122, §1).
    CONSTRAINT guia_prazo_legal CHECK (prazo BETWEEN 1 AND 90),
    CONSTRAINT guia_versao_positiva CHECK (versao > 0)
);
CREATE INDEX guia_por_tribunal ON guia (tribunal_codigo, id);
CREATE INDEX guia_por_adolescente ON guia (adolescente_id, id);
CREATE INDEX guia_por_apuracao ON guia (apuracao_id, id);
CREATE INDEX guia_por_execucao ON guia (execucao_id, id);
CREATE INDEX guia_por_unificadora ON guia (unificada_por, id);

COMMENT ON TABLE guia IS 'Ordem judicial de uma medida, para um adolescente (Resolução CNJ 165/2012).';
COMMENT ON COLUMN guia.tribunal_codigo IS 'Tribunal que emitiu; chave da segurança de linha.';
COMMENT ON COLUMN guia.numero IS 'AAAAMMDD da emissão e sequência de 4 dígitos.';
COMMENT ON COLUMN guia.unificada_por IS 'A guia unificadora que absorveu esta.';
COMMENT ON COLUMN guia.data_decisao IS 'Decisão que impôs a sanção ou unificou as medidas.';
COMMENT ON COLUMN guia.prazo IS 'Em dias.';
COMMENT ON COLUMN guia.versao IS 'Cresce a cada alteração.';

CREATE TABLE ato_infracional (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tribunal_codigo smallint NOT NULL REFERENCES tribunal (codigo),
    guia_id         bigint NOT NULL,
    codigo_tpu      text NOT NULL,
    descricao       text,
    local_fato      text,
    data_fato       date,

    CONSTRAINT ato_infracional_da_guia FOREIGN KEY (guia_id, tribunal_codigo) REFERENCES guia (id, tribunal_codigo),
    CONSTRAINT ato_infracional_codigo_tpu_sao_digitos CHECK (codigo_tpu ~ '^[0-9]+$')
);
CREATE INDEX ato_infracional_por_guia ON ato_infracional (guia_id, id);
COMMENT ON TABLE ato_infracional IS 'Ato infracional de uma guia.';

CREATE TABLE documento_da_guia (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tribunal_codigo     smallint NOT NULL REFERENCES tribunal (codigo),
    guia_id             bigint NOT NULL,
    tipo                text NOT NULL,
    identificador_autos text,

    CONSTRAINT documento_da_guia_da_guia FOREIGN KEY (guia_id, tribunal_codigo) REFERENCES guia (id, tribunal_codigo)
);
CREATE INDEX documento_da_guia_por_guia ON documento_da_guia (guia_id, id);
COMMENT ON TABLE documento_da_guia IS 'Documento que instrui uma guia.';

DO $$
DECLARE tabela text;
BEGIN
    FOREACH tabela IN ARRAY ARRAY['guia', 'ato_infracional', 'documento_da_guia'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tabela);
        EXECUTE format('CREATE POLICY %I ON %I TO elos_app USING (tribunal_codigo = elos_tribunal()) '
                       'WITH CHECK (tribunal_codigo = elos_tribunal())', tabela || '_do_tribunal', tabela);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO elos_nacional USING (true)', tabela || '_nacional', tabela);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO elos_app', tabela);
        EXECUTE format('GRANT SELECT ON %I TO elos_nacional', tabela);
    END LOOP;
END $$;
-- What a guia says never changes; it is lowered.
GRANT UPDATE (situacao, motivo_baixa, baixada_em, unificada_por, atualizado_em, versao) ON guia TO elos_app;
-- For the generator, which must know a number taken anywhere.
CREATE POLICY guia_definidor ON guia FOR SELECT TO elos_definidor USING (true);
GRANT SELECT (numero) ON guia TO elos_definidor;

CREATE SEQUENCE guia_sequencia MINVALUE 1 MAXVALUE 9999 CYCLE;
GRANT USAGE ON SEQUENCE guia_sequencia TO elos_definidor;

ALTER TABLE evento ADD COLUMN guia_id bigint;
ALTER TABLE evento ADD CONSTRAINT evento_da_guia
    FOREIGN KEY (guia_id, tribunal_codigo) REFERENCES guia (id, tribunal_codigo);
CREATE INDEX evento_por_guia ON evento (guia_id, xid, id) WHERE guia_id IS NOT NULL;
COMMENT ON COLUMN evento.guia_id IS 'Guia atingida.';

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- A number is the day and four digits, once in the country. Nobody waits for
-- another's transaction: the sequence goes round, and skips what the day has used.
CREATE FUNCTION elos_novo_numero_de_guia(dia date) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE novo text;
BEGIN
    FOR tentativa IN 1..9999 LOOP
        novo := to_char(dia, 'YYYYMMDD') || lpad(nextval('guia_sequencia')::text, 4, '0');
        IF NOT EXISTS (SELECT FROM guia WHERE numero = novo) THEN
            RETURN novo;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION elos_novo_numero_de_guia(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_novo_numero_de_guia(date) TO elos_app, elos_dono;
COMMENT ON FUNCTION elos_novo_numero_de_guia(date) IS
    'Próximo número de guia livre no dia, em todo o país; nulo se o dia os esgotou.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
