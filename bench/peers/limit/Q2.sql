\set id (27 * :caso + :t) * 5 + random(1, 5)
-- statement
SELECT p.numero, p.tipo, p.situacao, r.numero, r.situacao, v.iniciado_em, v.identificador, v.nome, v.sobrenome, v.data_nascimento
FROM (SELECT p.id, p.numero, p.tipo, p.situacao, p.numero_referencia, p.tipo_referencia, p.criado_em FROM processo p
      WHERE p.tribunal_codigo = :tribunal::smallint AND (p.criado_em, p.id) > (to_timestamp(1735700400 + 10 * :id::int), :id)
      ORDER BY p.criado_em, p.id LIMIT 20) p
LEFT JOIN processo r ON r.numero = p.numero_referencia AND r.tipo = p.tipo_referencia AND r.tribunal_codigo = :tribunal::smallint
LEFT JOIN LATERAL (SELECT v.id, v.iniciado_em, a.identificador, a.nome, a.sobrenome, a.data_nascimento
      FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id
      WHERE v.processo_id = p.id AND v.tribunal_codigo = :tribunal::smallint AND v.encerrado_em IS NULL ORDER BY v.id LIMIT 5) v ON true
ORDER BY p.criado_em, p.id, v.id;
