SET ROLE elos_dono;

-- Append-only, written in the transaction of the change it tells of. Readers
-- of the feed order by (xid, id) and stop at pg_snapshot_xmin: a transaction
-- that commits late is then never skipped.
CREATE TABLE evento (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid             xid8 NOT NULL DEFAULT pg_current_xact_id(),
    tribunal_codigo smallint NOT NULL REFERENCES tribunal (codigo),
    tipo            text NOT NULL,
    processo_id     bigint,
    adolescente_id  bigint,
    ocorrido_em     timestamptz NOT NULL,
    ator_sub        text NOT NULL,
    ator_azp        text,
    campos          text[] NOT NULL DEFAULT '{}',

    CONSTRAINT evento_do_processo
        FOREIGN KEY (processo_id, tribunal_codigo) REFERENCES processo (id, tribunal_codigo),
    CONSTRAINT evento_do_adolescente
        FOREIGN KEY (adolescente_id, tribunal_codigo) REFERENCES adolescente (id, tribunal_codigo),
    CONSTRAINT evento_tem_objeto CHECK (processo_id IS NOT NULL OR adolescente_id IS NOT NULL),
    CONSTRAINT evento_tipo_conhecido
        CHECK (tipo IN ('PROCESSO_CADASTRADO', 'EXECUCAO_CADASTRADA', 'RESPONSAVEIS_ATUALIZADOS', 'SITUACAO_ALTERADA',
                        'ADOLESCENTE_VINCULADO', 'ADOLESCENTE_DESVINCULADO', 'ADOLESCENTE_CADASTRADO',
                        'ADOLESCENTE_ATUALIZADO', 'GUIA_EMITIDA', 'GUIA_BAIXADA'))
);
CREATE INDEX evento_do_fluxo ON evento (tribunal_codigo, xid, id);
CREATE INDEX evento_por_processo ON evento (processo_id, xid, id);
CREATE INDEX evento_por_adolescente ON evento (adolescente_id, xid, id);

COMMENT ON TABLE evento IS 'Fatos ocorridos a processos e adolescentes. Só se acrescenta.';
COMMENT ON COLUMN evento.xid IS 'Transação que gravou; com id, a ordem do fluxo.';
COMMENT ON COLUMN evento.tribunal_codigo IS 'Tribunal do objeto; chave da segurança de linha.';
COMMENT ON COLUMN evento.ator_sub IS 'Sujeito do token de quem fez.';
COMMENT ON COLUMN evento.ator_azp IS 'Cliente OIDC de quem fez.';
COMMENT ON COLUMN evento.campos IS 'Campos alterados, com os nomes do esquema GraphQL; nunca os valores.';

ALTER TABLE evento ENABLE ROW LEVEL SECURITY;
CREATE POLICY evento_do_tribunal ON evento TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
CREATE POLICY evento_nacional ON evento FOR SELECT TO elos_nacional USING (true);
-- No UPDATE and no DELETE: what happened stays.
GRANT SELECT, INSERT ON evento TO elos_app;
GRANT SELECT ON evento TO elos_nacional;

RESET ROLE;
