, guardada AS (INSERT INTO chave_idempotencia (tribunal_codigo, credencial, operacao, chave, entrada, desfecho, criada_em)
             SELECT :tribunal::smallint, 'pje-tjrn', 'cadastrarProcesso', sha256(('registro-' || numero)::bytea), sha256(numero::bytea),
                    to_jsonb(novo), t FROM novo, agora)
