SET ROLE elos_definidor;
DROP FUNCTION elos_trilha_provar;
DROP FUNCTION elos_trilha_de_escrita;
DROP FUNCTION elos_trilha_de_leitura;
DROP FUNCTION elos_trilha_escritos(bigint, text[]);
RESET ROLE;

SET ROLE elos_dono;
DROP FUNCTION elos_trilha_preparar();
DROP FUNCTION elos_selo_campo(bytea);
DROP FUNCTION elos_resumo(auditoria);
-- Records that were set aside stand nowhere else.
DO $$ BEGIN
    IF EXISTS (SELECT FROM auditoria_recusada) THEN
        RAISE EXCEPTION 'há registros à parte em auditoria_recusada: guarde-os antes de desfazer';
    END IF;
END $$;
DROP TABLE auditoria_recusada;
ALTER TABLE auditoria RENAME TO auditoria_em_meses;
ALTER TABLE selo RENAME TO selo_em_meses;
DROP INDEX auditoria_da_trilha, auditoria_da_trilha_nacional, auditoria_por_instante, selo_por_recurso;

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
-- A record of deliveries has a digest that the program of before does not know: it is sealed anew by none.
DO $$ BEGIN
    IF EXISTS (SELECT FROM auditoria_em_meses WHERE correlacoes IS NOT NULL) THEN
        RAISE EXCEPTION 'há registros de entregas, que a versão anterior não sabe conferir: não se desfaz';
    END IF;
END $$;
INSERT INTO auditoria SELECT id, xid, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
                             campos_sensiveis, correlacao FROM auditoria_em_meses;
INSERT INTO selo SELECT tribunal_codigo, ordem, ate_xid, ate_id, ids, resumos, recursos, anterior, hash, selado_em FROM selo_em_meses;
DROP TABLE auditoria_em_meses, selo_em_meses;
CREATE INDEX auditoria_da_trilha ON auditoria (tribunal_codigo, xid, id);
CREATE INDEX auditoria_por_instante ON auditoria USING brin (ocorrido_em);
CREATE INDEX auditoria_da_trilha_nacional ON auditoria (xid, id) WHERE tribunal_codigo >= 0;
CREATE INDEX selo_por_recurso ON selo USING gin (recursos);

ALTER TABLE auditoria ENABLE ROW LEVEL SECURITY;
CREATE POLICY auditoria_do_tribunal ON auditoria TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
CREATE POLICY auditoria_nacional ON auditoria FOR SELECT TO elos_nacional USING (true);
CREATE POLICY auditoria_auditor ON auditoria TO elos_auditor USING (true) WITH CHECK (true);
ALTER TABLE selo ENABLE ROW LEVEL SECURITY;
CREATE POLICY selo_auditor ON selo TO elos_auditor USING (true) WITH CHECK (true);
CREATE POLICY selo_do_tribunal ON selo FOR SELECT TO elos_app USING (tribunal_codigo = elos_tribunal());
CREATE POLICY selo_nacional ON selo FOR SELECT TO elos_nacional USING (true);
GRANT SELECT ON auditoria TO elos_app, elos_auditor, elos_nacional;
GRANT INSERT (tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
    ON auditoria TO elos_app, elos_auditor;
GRANT INSERT (id) ON auditoria TO elos_auditor;
GRANT SELECT, INSERT ON selo TO elos_auditor;
GRANT SELECT (tribunal_codigo, ordem, ate_xid, ate_id, ids, recursos) ON selo TO elos_app, elos_nacional;
GRANT USAGE ON SEQUENCE auditoria_sequencia TO elos_app;
REVOKE USAGE ON SEQUENCE auditoria_sequencia FROM elos_definidor;
DROP POLICY tribunal_definidor ON tribunal;
REVOKE SELECT ON tribunal FROM elos_definidor;
RESET ROLE;
