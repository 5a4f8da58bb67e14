SET ROLE elos_dono;

-- What a write came to, for whoever sends it again: hashes, keys of rows, and
-- what rules said; no body.
CREATE TABLE chave_idempotencia (
    tribunal_codigo smallint NOT NULL REFERENCES tribunal (codigo),
    credencial      text NOT NULL,
    operacao        text NOT NULL,
    chave           bytea NOT NULL,
    entrada         bytea NOT NULL,
    desfecho        jsonb,
    criada_em       timestamptz NOT NULL,

    PRIMARY KEY (tribunal_codigo, credencial, operacao, chave),
    CONSTRAINT chave_idempotencia_sao_hashes CHECK (length(chave) = 32 AND length(entrada) = 32)
);
CREATE INDEX chave_idempotencia_por_criacao ON chave_idempotencia (tribunal_codigo, criada_em);

COMMENT ON TABLE chave_idempotencia IS 'Desfecho de cada escrita feita com chave de idempotência; esquecido em um dia.';
COMMENT ON COLUMN chave_idempotencia.credencial IS 'Cliente OIDC (azp) ou, sem ele, o sujeito do token.';
COMMENT ON COLUMN chave_idempotencia.operacao IS 'Nome da mutation.';
COMMENT ON COLUMN chave_idempotencia.chave IS 'SHA-256 da chave que o cliente deu.';
COMMENT ON COLUMN chave_idempotencia.entrada IS 'SHA-256 da entrada normalizada.';
COMMENT ON COLUMN chave_idempotencia.desfecho IS 'As linhas atingidas, ou as recusas; nulo só enquanto a transação corre.';

ALTER TABLE chave_idempotencia ENABLE ROW LEVEL SECURITY;
CREATE POLICY chave_idempotencia_do_tribunal ON chave_idempotencia TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
GRANT SELECT, INSERT, UPDATE, DELETE ON chave_idempotencia TO elos_app;

RESET ROLE;
