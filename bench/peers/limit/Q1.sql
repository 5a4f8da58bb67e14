-- Numbers of the seed follow from the id of their row, check digits and all.
\set id (27 * random(0, :ultimo) + 19) * 5 + random(1, 5)
\set n 8000000 + :id % 1000000
\set ano 2021 + :id % 5
\set origem 1 + :id / 1000000
\set resto ((((:n % 97) * 10000 + :ano) % 97 * 1000 + 820) % 97 * 10000 + :origem) % 97 * 100 % 97
\set alto :n * 100 + 98 - :resto
\set baixo (:ano * 1000 + 820) * 10000 + :origem
SELECT p.numero, p.tipo, p.situacao, p.id_orgao, p.criado_em, p.versao
FROM processo p WHERE p.numero = :alto::text || :baixo::text AND p.tribunal_codigo = 820;
