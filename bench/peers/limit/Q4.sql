\set i random(0, 99)
\set id (27 * (:i / 5) + 19) * 5 + :i % 5 + 1
SELECT p.numero, p.tipo, p.situacao, p.id_orgao, p.criado_em, p.versao,
       (SELECT count(*) FROM processo WHERE tribunal_codigo = 820) AS total
FROM processo p
WHERE p.tribunal_codigo = 820 AND (p.criado_em, p.id) > (to_timestamp(1735700400 + 10 * :id::int), :id)
ORDER BY p.criado_em, p.id LIMIT 100;
