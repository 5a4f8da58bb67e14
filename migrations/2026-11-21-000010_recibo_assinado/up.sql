SET ROLE elos_dono;

-- Of an órgão whose key is known, recibos are accepted only as signed by it.
ALTER TABLE estrutura ADD COLUMN chave_publica jsonb,
    ADD CONSTRAINT estrutura_chave_publica_rsa CHECK (chave_publica ->> 'kty' = 'RSA' AND chave_publica ? 'n' AND chave_publica ? 'e');
COMMENT ON COLUMN estrutura.chave_publica IS 'JWK da chave RSA com que assina recibos; ausente, os recibos são aceitos e ficam sem assinatura conferida.';

ALTER TABLE tramite ADD COLUMN recibo_assinado boolean;
UPDATE tramite SET recibo_assinado = false WHERE recibo_em IS NOT NULL;
ALTER TABLE tramite ADD CONSTRAINT tramite_recibo_conferido CHECK ((recibo_em IS NULL) = (recibo_assinado IS NULL));
COMMENT ON COLUMN tramite.recibo_assinado IS 'A assinatura do recibo foi conferida com a chave da estrutura que o enviou.';
GRANT UPDATE (recibo_assinado) ON tramite TO elos_app;

RESET ROLE;
