-- The número of a processo of the seed follows from its id, with the check digits.
\set id (27 * :caso + :t) * 5 + random(1, 5)
\set n 8000000 + :id % 1000000
\set ano 2021 + :id % 5
\set origem 1 + :id / 1000000
\set resto ((((:n % 97) * 10000 + :ano) % 97 * 1000 + :tribunal) % 97 * 10000 + :origem) % 97 * 100 % 97
\set alto :n * 100 + 98 - :resto
\set baixo (:ano * 1000 + :tribunal) * 10000 + :origem
-- statement
SELECT p.numero, p.tipo, p.situacao, p.id_orgao, p.criado_em, p.versao
FROM processo p WHERE p.numero = :alto::text || :baixo::text AND p.tribunal_codigo = :tribunal::smallint;
