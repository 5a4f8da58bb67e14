-- Whoever writes the trail of what was read, and seals it: it appends, and sees nothing else.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'elos_auditor') THEN
        CREATE ROLE elos_auditor NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO elos_auditor;

SET ROLE elos_dono;

-- Numbers are taken a thousand at a time: one asking serves a batch of reads, and a batch
-- that is sent again after a broken connection has the numbers it had.
CREATE SEQUENCE auditoria_sequencia INCREMENT 1000;

-- Who saw or changed what. No foreign keys: a record outlives nothing, and none is deleted;
-- and each would cost a look at another table for every read.
CREATE TABLE auditoria (
    id               bigint PRIMARY KEY DEFAULT nextval('auditoria_sequencia'),
    xid              xid8 NOT NULL DEFAULT pg_current_xact_id(),
    tribunal_codigo  smallint NOT NULL,
    ocorrido_em      timestamptz NOT NULL,
    sub              text NOT NULL,
    azp              text,
    canal            text NOT NULL,
    operacao         text NOT NULL,
    especie          text NOT NULL,
    resultado        text NOT NULL,
    status           smallint NOT NULL,
    recursos         bigint[] NOT NULL,
    campos_sensiveis text[] NOT NULL,
    correlacao       text NOT NULL,

    CONSTRAINT auditoria_id_positivo CHECK (id > 0),
    CONSTRAINT auditoria_canal_conhecido CHECK (canal IN ('GRAPHQL', 'REST', 'TRAMITA')),
    CONSTRAINT auditoria_especie_conhecida CHECK (especie IN ('LEITURA', 'ESCRITA')),
    CONSTRAINT auditoria_resultado_conhecido CHECK (resultado IN ('OK', 'NEGADO', 'NAO_ENCONTRADO', 'CONFLITO', 'ERRO'))
);
-- The order of the trail: of its pages, and of the chain.
CREATE INDEX auditoria_da_trilha ON auditoria (tribunal_codigo, xid, id);
-- Almost in the order of arrival: a few bytes for every hundred pages.
CREATE INDEX auditoria_por_instante ON auditoria USING brin (ocorrido_em);

COMMENT ON TABLE auditoria IS 'Trilha de auditoria: quem leu ou mudou o quê. Só se acrescenta.';
COMMENT ON COLUMN auditoria.xid IS 'Transação que gravou; com id, a ordem da trilha.';
COMMENT ON COLUMN auditoria.tribunal_codigo IS 'Tribunal de quem agiu; 0 para credencial nacional. Chave da segurança de linha.';
COMMENT ON COLUMN auditoria.operacao IS 'Nome da operação GraphQL ou modelo da rota REST; nunca o caminho.';
COMMENT ON COLUMN auditoria.recursos IS
    'O que foi lido ou mudado: chave interna × 8 + tipo (0 processo, 1 adolescente, 2 guia, 3 rascunho, 4 trâmite, 5 registro eletrônico).';
COMMENT ON COLUMN auditoria.campos_sensiveis IS 'Campos sensíveis mostrados, por nome; nunca o valor.';
COMMENT ON COLUMN auditoria.correlacao IS 'Identificador da requisição, o mesmo dos logs.';

-- The chain of each tribunal: a seal holds the digests of the rows since the one before it.
CREATE TABLE selo (
    tribunal_codigo smallint NOT NULL,
    ordem           bigint NOT NULL,
    ate_xid         xid8 NOT NULL,
    ate_id          bigint NOT NULL,
    ids             bigint[] NOT NULL,
    resumos         bytea NOT NULL,
    recursos        bigint[] NOT NULL,
    anterior        bytea NOT NULL,
    hash            bytea NOT NULL,
    selado_em       timestamptz NOT NULL,

    PRIMARY KEY (tribunal_codigo, ordem),
    CONSTRAINT selo_um_resumo_por_registro CHECK (length(resumos) = 16 * cardinality(ids)),
    CONSTRAINT selo_sha256 CHECK (length(anterior) = 32 AND length(hash) = 32)
);
-- Who saw this record? Asked of the seals, in which it stands once for many looks: an index
-- over the records themselves would cost every read more than the record does.
CREATE INDEX selo_por_recurso ON selo USING gin (recursos);
COMMENT ON TABLE selo IS 'Cadeia de hashes da trilha de auditoria, uma por tribunal. Só se acrescenta.';
COMMENT ON COLUMN selo.ate_xid IS 'Com ate_id, a posição do último registro selado.';
COMMENT ON COLUMN selo.ids IS 'Registros selados, na ordem da trilha.';
COMMENT ON COLUMN selo.resumos IS '16 bytes do SHA-256 de cada registro: dizem qual mudou.';
COMMENT ON COLUMN selo.recursos IS 'O que os registros selados leram ou mudaram, cada um uma vez; só para achar os registros.';
COMMENT ON COLUMN selo.hash IS 'SHA-256 do hash anterior e do SHA-256 inteiro de cada registro.';

ALTER TABLE auditoria ENABLE ROW LEVEL SECURITY;
CREATE POLICY auditoria_do_tribunal ON auditoria TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
CREATE POLICY auditoria_nacional ON auditoria FOR SELECT TO elos_nacional USING (true);
CREATE POLICY auditoria_auditor ON auditoria TO elos_auditor USING (true) WITH CHECK (true);
ALTER TABLE selo ENABLE ROW LEVEL SECURITY;
CREATE POLICY selo_auditor ON selo TO elos_auditor USING (true) WITH CHECK (true);
CREATE POLICY selo_do_tribunal ON selo FOR SELECT TO elos_app USING (tribunal_codigo = elos_tribunal());
CREATE POLICY selo_nacional ON selo FOR SELECT TO elos_nacional USING (true);
-- No UPDATE, no DELETE, for nobody: what was seen stays seen. And nobody says where in the
-- trail a record stands.
GRANT SELECT ON auditoria TO elos_app, elos_auditor, elos_nacional;
GRANT INSERT (tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
    ON auditoria TO elos_app, elos_auditor;
GRANT INSERT (id) ON auditoria TO elos_auditor;
GRANT SELECT, INSERT ON selo TO elos_auditor;
GRANT SELECT (tribunal_codigo, ordem, ate_xid, ate_id, ids, recursos) ON selo TO elos_app, elos_nacional;
GRANT USAGE ON SEQUENCE auditoria_sequencia TO elos_app, elos_auditor;

RESET ROLE;
