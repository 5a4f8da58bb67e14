SET ROLE elos_dono;

-- The certificate by which a system is known, instead of a token.
CREATE TABLE certificado (
    impressao  text PRIMARY KEY,
    azp        text NOT NULL REFERENCES credencial (azp),
    valido_de  timestamptz NOT NULL,
    valido_ate timestamptz NOT NULL,
    criado_em  timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT certificado_impressao_sha256 CHECK (impressao ~ '^[0-9a-f]{64}$'),
    CONSTRAINT certificado_valido_por_um_tempo CHECK (valido_de < valido_ate)
);
CREATE INDEX certificado_por_credencial ON certificado (azp);
COMMENT ON TABLE certificado IS 'Certificados de cliente pelos quais uma credencial é reconhecida nas rotas do Tramita.';
COMMENT ON COLUMN certificado.impressao IS 'SHA-256 do certificado em DER, em hexadecimal.';
COMMENT ON COLUMN certificado.azp IS 'A credencial que é.';

-- Read as credencial is: before it is known of whom the caller is.
ALTER TABLE certificado ENABLE ROW LEVEL SECURITY;
CREATE POLICY certificado_todos ON certificado FOR SELECT TO elos_app USING (true);
GRANT SELECT ON certificado TO elos_app;

RESET ROLE;
