SET ROLE elos_dono;

-- A processo before it has a number (R8). It turns into one once.
CREATE TABLE rascunho (
    id                        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tribunal_codigo           smallint NOT NULL REFERENCES tribunal (codigo),
    codigo                    text NOT NULL DEFAULT gen_random_uuid()::text,
    app_name_sistema_tribunal text NOT NULL,
    dados                     text NOT NULL,
    criado_em                 timestamptz NOT NULL,
    consumido_em              timestamptz,
    processo_id               bigint,

    CONSTRAINT rascunho_codigo_unico UNIQUE (tribunal_codigo, codigo),
    CONSTRAINT rascunho_app_name_preenchido CHECK (length(btrim(app_name_sistema_tribunal)) BETWEEN 1 AND 100),
    CONSTRAINT rascunho_vira_processo_do_tribunal
        FOREIGN KEY (processo_id, tribunal_codigo) REFERENCES processo (id, tribunal_codigo),
    CONSTRAINT rascunho_consumido_tem_processo CHECK ((consumido_em IS NULL) = (processo_id IS NULL))
);
CREATE UNIQUE INDEX rascunho_por_processo ON rascunho (processo_id, tribunal_codigo);

COMMENT ON TABLE rascunho IS 'Rascunho de processo, registrado antes de haver número (R8).';
COMMENT ON COLUMN rascunho.codigo IS 'O valor de idProcessoSistemaExterno no cadastro do processo.';
COMMENT ON COLUMN rascunho.dados IS 'Um objeto JSON, como recebido.';
COMMENT ON COLUMN rascunho.consumido_em IS 'Quando virou processo; nulo enquanto livre.';

ALTER TABLE rascunho ENABLE ROW LEVEL SECURITY;
CREATE POLICY rascunho_do_tribunal ON rascunho TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
CREATE POLICY rascunho_nacional ON rascunho FOR SELECT TO elos_nacional USING (true);
GRANT SELECT, INSERT ON rascunho TO elos_app;
GRANT UPDATE (consumido_em, processo_id) ON rascunho TO elos_app;
GRANT SELECT ON rascunho TO elos_nacional;

RESET ROLE;
