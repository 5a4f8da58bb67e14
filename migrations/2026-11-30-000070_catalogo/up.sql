SET ROLE elos_dono;

-- What órgãos refer to by a code in every trâmite, and what all of them share.
CREATE TABLE catalogo_item (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tipo          text NOT NULL,
    codigo        integer NOT NULL,
    nome          text NOT NULL,
    base_legal    text,
    ativo         boolean NOT NULL DEFAULT true,
    versao        integer NOT NULL DEFAULT 1,
    atualizado_em timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT catalogo_item_unico UNIQUE (tipo, codigo),
    CONSTRAINT catalogo_item_tipo_conhecido CHECK (tipo IN ('REPOSITORIO', 'ESPECIE', 'HIPOTESE_LEGAL', 'MOTIVO_DE_URGENCIA')),
    CONSTRAINT catalogo_item_codigo_positivo CHECK (codigo > 0),
    CONSTRAINT catalogo_item_nome_tamanho CHECK (length(nome) BETWEEN 1 AND 200),
    CONSTRAINT catalogo_item_base_legal CHECK (base_legal IS NULL OR tipo = 'HIPOTESE_LEGAL' AND length(base_legal) BETWEEN 1 AND 200),
    -- Its code is its place in a list: one that is gone would move the others.
    CONSTRAINT catalogo_item_motivo CHECK (tipo <> 'MOTIVO_DE_URGENCIA' OR ativo AND codigo <= 5)
);
COMMENT ON TABLE catalogo_item IS 'Repositórios de estruturas, espécies documentais, hipóteses legais e motivos de urgência do Tramita: de todos os tribunais.';
COMMENT ON COLUMN catalogo_item.codigo IS 'O número pelo qual os sistemas o citam.';
COMMENT ON COLUMN catalogo_item.versao IS 'Cresce a cada mudança.';

INSERT INTO catalogo_item (tipo, codigo, nome) VALUES
    ('REPOSITORIO', 1, 'Poder Judiciário'),
    ('MOTIVO_DE_URGENCIA', 1, 'Prioridade prevista em lei'),
    ('MOTIVO_DE_URGENCIA', 2, 'Cumprimento de decisão judicial'),
    ('MOTIVO_DE_URGENCIA', 3, 'Risco de perecimento de direito'),
    ('MOTIVO_DE_URGENCIA', 4, 'Risco de prescrição ou decadência'),
    ('MOTIVO_DE_URGENCIA', 5, 'Interesse público relevante');
INSERT INTO catalogo_item (tipo, codigo, nome)
    SELECT DISTINCT 'REPOSITORIO', repositorio, 'Repositório ' || repositorio FROM estrutura WHERE repositorio > 1;

ALTER TABLE catalogo_item ENABLE ROW LEVEL SECURITY;
CREATE POLICY catalogo_item_todos ON catalogo_item FOR SELECT TO elos_app, elos_nacional USING (true);
CREATE POLICY catalogo_item_definidor ON catalogo_item TO elos_definidor USING (true) WITH CHECK (true);
GRANT SELECT ON catalogo_item TO elos_app, elos_nacional;
GRANT SELECT, INSERT, UPDATE ON catalogo_item TO elos_definidor;

ALTER TABLE estrutura
    ADD COLUMN sigla text,
    ADD COLUMN pai_id bigint,
    ADD COLUMN codigo_no_orgao text,
    ADD COLUMN nome_busca text GENERATED ALWAYS AS (elos_dobrar(nome)) STORED,
    ADD COLUMN versao integer NOT NULL DEFAULT 1,
    ADD COLUMN atualizado_em timestamptz NOT NULL DEFAULT now(),
    -- A unit hangs from one of its own tribunal.
    ADD CONSTRAINT estrutura_do_pai FOREIGN KEY (pai_id, tribunal_codigo) REFERENCES estrutura (id, tribunal_codigo),
    ADD CONSTRAINT estrutura_nao_e_seu_pai CHECK (pai_id <> id),
    ADD CONSTRAINT estrutura_sigla_tamanho CHECK (length(sigla) BETWEEN 1 AND 50),
    ADD CONSTRAINT estrutura_codigo_no_orgao_tamanho CHECK (length(codigo_no_orgao) BETWEEN 1 AND 100);
CREATE INDEX estrutura_por_pai ON estrutura (pai_id, tribunal_codigo);
CREATE INDEX estrutura_por_nome ON estrutura USING gin (nome_busca gin_trgm_ops);
COMMENT ON COLUMN estrutura.pai_id IS 'A estrutura de que esta é parte.';
COMMENT ON COLUMN estrutura.codigo_no_orgao IS 'Código da unidade no sistema do órgão.';
COMMENT ON COLUMN estrutura.nome_busca IS 'O nome sem acentos nem maiúsculas.';
COMMENT ON COLUMN estrutura.versao IS 'Cresce a cada mudança.';
UPDATE estrutura e SET sigla = t.sigla FROM tribunal t WHERE e.repositorio = 1 AND e.numero = t.codigo::text AND e.sigla IS NULL;

-- A tribunal keeps its own units; whose a unit is, and its key, only the owner of the tables says.
CREATE POLICY estrutura_nova ON estrutura FOR INSERT TO elos_app WITH CHECK (tribunal_codigo = elos_tribunal());
CREATE POLICY estrutura_propria ON estrutura FOR UPDATE TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
GRANT INSERT (repositorio, numero, nome, sigla, pai_id, tribunal_codigo, ativa, pode_enviar, pode_receber, codigo_no_orgao, atualizado_em)
    ON estrutura TO elos_app;
GRANT UPDATE (nome, sigla, pai_id, ativa, pode_enviar, pode_receber, codigo_no_orgao, versao, atualizado_em) ON estrutura TO elos_app;

ALTER TABLE credencial DROP CONSTRAINT credencial_papeis_conhecidos,
    ADD CONSTRAINT credencial_papeis_conhecidos
        CHECK (papeis <@ ARRAY['pse-auditoria', 'pse-consulta', 'pse-dados-sensiveis', 'pse-integracao', 'pse-nacional', 'tramita-catalogo']);

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- What all tribunais share is of none: a session of one writes it by this and by nothing else.
-- Answers the row's id and version, and nothing when the row is not of the version that was expected.
CREATE FUNCTION elos_gravar_item_do_catalogo
    (qual text, numero integer, novo_nome text, nova_base text, fica_ativo boolean, esperada integer, agora timestamptz)
    RETURNS TABLE (id bigint, versao integer)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
INSERT INTO catalogo_item AS i (tipo, codigo, nome, base_legal, ativo, atualizado_em)
    SELECT qual, numero, novo_nome, nova_base, fica_ativo, agora
    ON CONFLICT (tipo, codigo) DO UPDATE
        SET nome = excluded.nome, base_legal = excluded.base_legal, ativo = excluded.ativo,
            versao = i.versao + 1, atualizado_em = excluded.atualizado_em
        WHERE esperada IS NULL OR i.versao = esperada
    RETURNING i.id, i.versao
$$;
REVOKE ALL ON FUNCTION elos_gravar_item_do_catalogo(text, integer, text, text, boolean, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_gravar_item_do_catalogo(text, integer, text, text, boolean, integer, timestamptz) TO elos_app;
COMMENT ON FUNCTION elos_gravar_item_do_catalogo(text, integer, text, text, boolean, integer, timestamptz) IS
    'Grava um item dos catálogos comuns do Tramita; quem o pode, diz o papel tramita-catalogo.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
