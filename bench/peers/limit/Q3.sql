\set sequencia (27 * :caso + :t) * 3 + random(1, 3)
-- statement
SELECT a.identificador, a.nome, v.iniciado_em, v.numero, v.tipo, v.situacao, r.numero, r.situacao,
       w.iniciado_em, w.identificador, w.nome, e.numero, e.situacao
FROM adolescente a
CROSS JOIN LATERAL (SELECT v.id, v.iniciado_em, p.numero, p.tipo, p.situacao, p.numero_referencia, p.tipo_referencia
      FROM vinculo v JOIN processo p ON p.id = v.processo_id
      WHERE v.adolescente_id = a.id AND v.tribunal_codigo = :tribunal::smallint AND v.encerrado_em IS NULL ORDER BY v.id LIMIT 10) v
LEFT JOIN processo r ON r.numero = v.numero_referencia AND r.tipo = v.tipo_referencia AND r.tribunal_codigo = :tribunal::smallint
LEFT JOIN LATERAL (SELECT w.id, w.iniciado_em, b.identificador, b.nome FROM vinculo w JOIN adolescente b ON b.id = w.adolescente_id
      WHERE w.processo_id = r.id AND w.tribunal_codigo = :tribunal::smallint AND w.encerrado_em IS NULL ORDER BY w.id LIMIT 10) w ON true
LEFT JOIN LATERAL (SELECT e.id, e.numero, e.situacao FROM processo e
      WHERE e.numero_referencia = v.numero AND e.tipo_referencia = v.tipo AND e.tribunal_codigo = :tribunal::smallint ORDER BY e.id LIMIT 10) e ON true
WHERE a.tribunal_codigo = :tribunal::smallint AND a.identificador = '2025' || lpad(:sequencia::text, 8, '0')
ORDER BY v.id, w.id, e.id;
