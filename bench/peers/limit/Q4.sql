\set id (27 * :caso + :t) * 5 + random(1, 5)
-- statement
SELECT p.numero, p.tipo, p.situacao, p.id_orgao, p.criado_em, p.versao,
       (SELECT count(*) FROM processo WHERE tribunal_codigo = :tribunal::smallint) AS total
FROM processo p
WHERE p.tribunal_codigo = :tribunal::smallint AND (p.criado_em, p.id) > (to_timestamp(1735700400 + 10 * :id::int), :id)
ORDER BY p.criado_em, p.id LIMIT 100;
