DROP TABLE chave_idempotencia;
