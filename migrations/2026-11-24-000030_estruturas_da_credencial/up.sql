SET ROLE elos_dono;

-- So that what points at a credencial names its tribunal too.
ALTER TABLE credencial ADD CONSTRAINT credencial_do_tribunal UNIQUE (azp, tribunal_codigo);

-- For which estruturas of its tribunal a client acts; without a row, for all of them.
CREATE TABLE credencial_estrutura (
    azp             text NOT NULL,
    tribunal_codigo smallint NOT NULL,
    estrutura_id    bigint NOT NULL,

    PRIMARY KEY (azp, estrutura_id),
    -- Both are of one tribunal, and stay so.
    CONSTRAINT credencial_estrutura_da_credencial
        FOREIGN KEY (azp, tribunal_codigo) REFERENCES credencial (azp, tribunal_codigo),
    CONSTRAINT credencial_estrutura_da_estrutura
        FOREIGN KEY (estrutura_id, tribunal_codigo) REFERENCES estrutura (id, tribunal_codigo)
);
CREATE INDEX credencial_estrutura_por_estrutura ON credencial_estrutura (estrutura_id);
COMMENT ON TABLE credencial_estrutura IS 'Estruturas pelas quais um cliente OIDC age no Tramita. Sem linha aqui, age por todas as do seu tribunal.';
COMMENT ON COLUMN credencial_estrutura.azp IS 'Cliente OIDC, como em azp.';
COMMENT ON COLUMN credencial_estrutura.tribunal_codigo IS 'Tribunal da credencial e da estrutura.';

-- Read as credencial is: before it is known of whom the caller is.
ALTER TABLE credencial_estrutura ENABLE ROW LEVEL SECURITY;
CREATE POLICY credencial_estrutura_todas ON credencial_estrutura FOR SELECT TO elos_app USING (true);
GRANT SELECT ON credencial_estrutura TO elos_app;

RESET ROLE;
