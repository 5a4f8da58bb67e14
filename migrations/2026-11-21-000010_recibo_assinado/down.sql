ALTER TABLE tramite DROP COLUMN recibo_assinado;
ALTER TABLE estrutura DROP COLUMN chave_publica;
