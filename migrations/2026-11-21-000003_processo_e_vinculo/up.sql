SET ROLE elos_dono;

CREATE TABLE processo (
    id                          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tribunal_codigo             smallint NOT NULL REFERENCES tribunal (codigo),
    numero                      text NOT NULL,
    tipo                        text NOT NULL,
    situacao                    text NOT NULL DEFAULT 'ATIVO',
    id_orgao                    integer NOT NULL,
    app_name_sistema_tribunal   text NOT NULL,
    id_processo_sistema_externo text,
    numero_referencia           text,
    -- R9: the type that the reference must have. On an apuração it is NULL, so
    -- that its reference is information and the foreign key below is silent.
    tipo_referencia             text GENERATED ALWAYS AS
        (CASE tipo WHEN 'EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS' THEN 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL' END) STORED,
    magistrado_nome             text,
    magistrado_cpf              text,
    serventuario_nome           text,
    serventuario_cpf            text,
    criado_em                   timestamptz NOT NULL,
    atualizado_em               timestamptz NOT NULL,
    versao                      integer NOT NULL DEFAULT 1,

    CONSTRAINT processo_do_tribunal UNIQUE (id, tribunal_codigo),
    -- R6, in the whole country: a number names one processo.
    CONSTRAINT processo_numero_unico UNIQUE (numero),
    CONSTRAINT processo_numero_e_tipo_unicos UNIQUE (numero, tipo),
    -- R9, R10: the reference of an execução is an apuração, of any tribunal.
    -- Foreign keys look past row-level security, so no function is needed.
    CONSTRAINT processo_referencia_e_apuracao
        FOREIGN KEY (numero_referencia, tipo_referencia) REFERENCES processo (numero, tipo),
    CONSTRAINT processo_execucao_tem_referencia CHECK (tipo_referencia IS NULL OR numero_referencia IS NOT NULL),
    CONSTRAINT processo_id_cabe_em_int CHECK (id < 2147483648),
    CONSTRAINT processo_numero_tem_20_digitos CHECK (numero ~ '^[0-9]{20}$'),
    CONSTRAINT processo_numero_referencia_tem_20_digitos CHECK (numero_referencia ~ '^[0-9]{20}$'),
    CONSTRAINT processo_tipo_conhecido
        CHECK (tipo IN ('PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', 'EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS')),
    CONSTRAINT processo_situacao_conhecida CHECK (situacao IN ('ATIVO', 'ARQUIVADO')),
    CONSTRAINT processo_id_orgao_positivo CHECK (id_orgao > 0),
    CONSTRAINT processo_app_name_preenchido CHECK (length(btrim(app_name_sistema_tribunal)) BETWEEN 1 AND 100),
    CONSTRAINT processo_cpfs_tem_11_digitos
        CHECK (magistrado_cpf ~ '^[0-9]{11}$' AND serventuario_cpf ~ '^[0-9]{11}$'),
    CONSTRAINT processo_versao_positiva CHECK (versao > 0)
);
-- The three orders of the listing, each with its tie-break.
CREATE INDEX processo_por_cadastro ON processo (tribunal_codigo, criado_em, id);
CREATE INDEX processo_por_alteracao ON processo (tribunal_codigo, atualizado_em, id);
CREATE INDEX processo_por_numero ON processo (tribunal_codigo, numero, id);
CREATE INDEX processo_por_referencia ON processo (numero_referencia, tipo_referencia, id)
    WHERE tipo_referencia IS NOT NULL;
CREATE INDEX processo_por_orgao ON processo (tribunal_codigo, id_orgao, id);

COMMENT ON TABLE processo IS 'Processo do sistema socioeducativo: apuração de ato infracional ou execução de medidas.';
COMMENT ON COLUMN processo.id IS 'Código das rotas REST, menor que 2³¹.';
COMMENT ON COLUMN processo.tribunal_codigo IS 'Tribunal do processo; chave da segurança de linha.';
COMMENT ON COLUMN processo.numero IS 'Número único (Resolução CNJ 65/2008), 20 dígitos sem máscara.';
COMMENT ON COLUMN processo.id_orgao IS 'Órgão julgador (vara).';
COMMENT ON COLUMN processo.app_name_sistema_tribunal IS 'Sistema do tribunal em que o processo corre.';
COMMENT ON COLUMN processo.id_processo_sistema_externo IS 'Código do rascunho de que veio (R8).';
COMMENT ON COLUMN processo.numero_referencia IS 'Apuração de origem, numa execução; numa apuração, só informação.';
COMMENT ON COLUMN processo.tipo_referencia IS 'Tipo que a referência deve ter; nulo numa apuração.';
COMMENT ON COLUMN processo.versao IS 'Cresce a cada alteração.';

-- A link is never deleted (R17): it ends, and a new one may begin.
CREATE TABLE vinculo (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tribunal_codigo smallint NOT NULL REFERENCES tribunal (codigo),
    processo_id     bigint NOT NULL,
    adolescente_id  bigint NOT NULL,
    iniciado_em     timestamptz NOT NULL,
    encerrado_em    timestamptz,
    motivo          text,

    -- Both ends are of the link's own tribunal.
    CONSTRAINT vinculo_tem_processo
        FOREIGN KEY (processo_id, tribunal_codigo) REFERENCES processo (id, tribunal_codigo),
    CONSTRAINT vinculo_tem_adolescente
        FOREIGN KEY (adolescente_id, tribunal_codigo) REFERENCES adolescente (id, tribunal_codigo),
    CONSTRAINT vinculo_encerra_depois_de_iniciar CHECK (encerrado_em >= iniciado_em),
    CONSTRAINT vinculo_motivo_so_se_encerrado CHECK (motivo IS NULL OR encerrado_em IS NOT NULL)
);
-- At most one open link per pair.
CREATE UNIQUE INDEX vinculo_ativo_unico ON vinculo (processo_id, adolescente_id, tribunal_codigo)
    WHERE encerrado_em IS NULL;
CREATE INDEX vinculo_por_processo ON vinculo (processo_id, id);
CREATE INDEX vinculo_por_adolescente ON vinculo (adolescente_id, id);

COMMENT ON TABLE vinculo IS 'Vínculo entre adolescente e processo, em vigor ou encerrado.';
COMMENT ON COLUMN vinculo.tribunal_codigo IS 'Tribunal do processo; chave da segurança de linha.';
COMMENT ON COLUMN vinculo.encerrado_em IS 'Fim; nulo enquanto ativo.';
COMMENT ON COLUMN vinculo.motivo IS 'Motivo do encerramento, se informado.';

ALTER TABLE processo ENABLE ROW LEVEL SECURITY;
CREATE POLICY processo_do_tribunal ON processo TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
CREATE POLICY processo_nacional ON processo FOR SELECT TO elos_nacional USING (true);
CREATE POLICY processo_definidor ON processo FOR SELECT TO elos_definidor USING (true);
GRANT SELECT, INSERT ON processo TO elos_app;
-- Number, type, tribunal and reference never change (R13).
GRANT UPDATE (situacao, magistrado_nome, magistrado_cpf, serventuario_nome, serventuario_cpf, atualizado_em, versao)
    ON processo TO elos_app;
GRANT SELECT ON processo TO elos_nacional, elos_definidor;

ALTER TABLE vinculo ENABLE ROW LEVEL SECURITY;
CREATE POLICY vinculo_do_tribunal ON vinculo TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
CREATE POLICY vinculo_nacional ON vinculo FOR SELECT TO elos_nacional USING (true);
GRANT SELECT, INSERT ON vinculo TO elos_app;
GRANT UPDATE (encerrado_em, motivo) ON vinculo TO elos_app;
GRANT SELECT ON vinculo TO elos_nacional;

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- R10: whether a number is an apuração somewhere. One bit about another tribunal, no more.
CREATE FUNCTION elos_e_apuracao(procurado text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM processo
          WHERE numero = procurado AND tipo = 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL') $$;
REVOKE ALL ON FUNCTION elos_e_apuracao(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_e_apuracao(text) TO elos_app;
COMMENT ON FUNCTION elos_e_apuracao(text) IS 'Se o número é de uma apuração, em qualquer tribunal (R10): só sim ou não.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
