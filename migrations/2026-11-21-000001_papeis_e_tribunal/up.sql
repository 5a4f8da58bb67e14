-- Roles belong to the whole cluster: created when absent, never dropped by a
-- down migration, because another database may lean on them.
--   elos_dono       owns the tables; migrates and loads in bulk
--   elos_app        what the server uses; row-level security binds it
--   elos_nacional   reads every tribunal (papel pse-nacional), through its own pool
--   elos_definidor  owns the few functions that look past row-level security
DO $$
DECLARE papel text;
BEGIN
    FOREACH papel IN ARRAY ARRAY['elos_dono', 'elos_app', 'elos_nacional', 'elos_definidor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = papel) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', papel);
        END IF;
    END LOOP;
    -- Whoever migrates acts as the owners below. A superuser may already.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT elos_dono, elos_definidor TO %I', current_user);
    END IF;
END $$;

-- Before PostgreSQL 15 everybody may create here, and so shadow what a definer calls.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO elos_dono;
GRANT USAGE ON SCHEMA public TO elos_definidor;
GRANT USAGE ON SCHEMA public TO elos_app, elos_nacional;
-- So that the server can tell, at its start, whether a migration is missing.
GRANT SELECT ON __diesel_schema_migrations TO elos_app;

SET ROLE elos_dono;

-- The one place that says whose rows a session sees. An unset or empty
-- setting is NULL, which equals nothing: a forgotten tribunal shows no row.
CREATE FUNCTION elos_tribunal() RETURNS smallint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('elos.tribunal', true), '')::smallint $$;
COMMENT ON FUNCTION elos_tribunal() IS 'Tribunal da sessão, de que dependem todas as políticas de linha.';

CREATE TABLE tribunal (
    codigo smallint PRIMARY KEY,
    tr     text NOT NULL,
    sigla  text NOT NULL,
    nome   text NOT NULL,

    CONSTRAINT tribunal_codigo_e_j_100_mais_tr CHECK (codigo = 800 + tr::smallint),
    CONSTRAINT tribunal_tr_tem_dois_digitos CHECK (tr ~ '^[0-9]{2}$'),
    CONSTRAINT tribunal_sigla_unica UNIQUE (sigla)
);
COMMENT ON TABLE tribunal IS 'Tribunais de justiça dos estados e do DF (J = 8), Resolução CNJ 65/2008, anexo V.';
COMMENT ON COLUMN tribunal.codigo IS 'J·100+TR, por exemplo 820.';
COMMENT ON COLUMN tribunal.tr IS 'TR do número CNJ, dois dígitos.';
COMMENT ON COLUMN tribunal.sigla IS 'Sigla, por exemplo TJRN.';
COMMENT ON COLUMN tribunal.nome IS 'Nome oficial.';

INSERT INTO tribunal (codigo, tr, sigla, nome) VALUES
    (801, '01', 'TJAC',  'Tribunal de Justiça do Estado do Acre'),
    (802, '02', 'TJAL',  'Tribunal de Justiça do Estado de Alagoas'),
    (803, '03', 'TJAP',  'Tribunal de Justiça do Estado do Amapá'),
    (804, '04', 'TJAM',  'Tribunal de Justiça do Estado do Amazonas'),
    (805, '05', 'TJBA',  'Tribunal de Justiça do Estado da Bahia'),
    (806, '06', 'TJCE',  'Tribunal de Justiça do Estado do Ceará'),
    (807, '07', 'TJDFT', 'Tribunal de Justiça do Distrito Federal e dos Territórios'),
    (808, '08', 'TJES',  'Tribunal de Justiça do Estado do Espírito Santo'),
    (809, '09', 'TJGO',  'Tribunal de Justiça do Estado de Goiás'),
    (810, '10', 'TJMA',  'Tribunal de Justiça do Estado do Maranhão'),
    (811, '11', 'TJMT',  'Tribunal de Justiça do Estado de Mato Grosso'),
    (812, '12', 'TJMS',  'Tribunal de Justiça do Estado de Mato Grosso do Sul'),
    (813, '13', 'TJMG',  'Tribunal de Justiça do Estado de Minas Gerais'),
    (814, '14', 'TJPA',  'Tribunal de Justiça do Estado do Pará'),
    (815, '15', 'TJPB',  'Tribunal de Justiça do Estado da Paraíba'),
    (816, '16', 'TJPR',  'Tribunal de Justiça do Estado do Paraná'),
    (817, '17', 'TJPE',  'Tribunal de Justiça do Estado de Pernambuco'),
    (818, '18', 'TJPI',  'Tribunal de Justiça do Estado do Piauí'),
    (819, '19', 'TJRJ',  'Tribunal de Justiça do Estado do Rio de Janeiro'),
    (820, '20', 'TJRN',  'Tribunal de Justiça do Estado do Rio Grande do Norte'),
    (821, '21', 'TJRS',  'Tribunal de Justiça do Estado do Rio Grande do Sul'),
    (822, '22', 'TJRO',  'Tribunal de Justiça do Estado de Rondônia'),
    (823, '23', 'TJRR',  'Tribunal de Justiça do Estado de Roraima'),
    (824, '24', 'TJSC',  'Tribunal de Justiça do Estado de Santa Catarina'),
    (825, '25', 'TJSE',  'Tribunal de Justiça do Estado de Sergipe'),
    (826, '26', 'TJSP',  'Tribunal de Justiça do Estado de São Paulo'),
    (827, '27', 'TJTO',  'Tribunal de Justiça do Estado do Tocantins');

-- Public knowledge, the same for everybody: row-level security is on, and says so.
ALTER TABLE tribunal ENABLE ROW LEVEL SECURITY;
CREATE POLICY tribunal_todos ON tribunal FOR SELECT TO elos_app, elos_nacional USING (true);
GRANT SELECT ON tribunal TO elos_app, elos_nacional;

RESET ROLE;
