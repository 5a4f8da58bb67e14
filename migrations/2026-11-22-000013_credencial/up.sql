SET ROLE elos_dono;

-- What an OIDC client may do here, whatever its tokens say.
CREATE TABLE credencial (
    azp             text PRIMARY KEY,
    tribunal_codigo smallint REFERENCES tribunal (codigo),
    papeis          text[] NOT NULL,
    criada_em       timestamptz NOT NULL DEFAULT now(),
    revogada_em     timestamptz,

    CONSTRAINT credencial_azp_tamanho CHECK (length(azp) BETWEEN 1 AND 255),
    CONSTRAINT credencial_papeis_conhecidos
        CHECK (papeis <@ ARRAY['pse-auditoria', 'pse-consulta', 'pse-dados-sensiveis', 'pse-integracao', 'pse-nacional']),
    CONSTRAINT credencial_tem_alcance CHECK (tribunal_codigo IS NOT NULL OR 'pse-nacional' = ANY (papeis))
);
CREATE INDEX credencial_por_tribunal ON credencial (tribunal_codigo);
COMMENT ON TABLE credencial IS 'Clientes OIDC reconhecidos: de que tribunal são e que papéis têm. Sem linha aqui, vale o que o token diz.';
COMMENT ON COLUMN credencial.azp IS 'Cliente OIDC, como em azp.';
COMMENT ON COLUMN credencial.revogada_em IS 'Desde quando os seus tokens não valem mais.';

-- The server reads it before it knows of whom the caller is; names of clients are no secret.
ALTER TABLE credencial ENABLE ROW LEVEL SECURITY;
CREATE POLICY credencial_todas ON credencial FOR SELECT TO elos_app USING (true);
GRANT SELECT ON credencial TO elos_app;

RESET ROLE;
