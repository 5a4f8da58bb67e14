SET ROLE elos_definidor;

DROP FUNCTION elos_estatisticas(text, text[], text[], text[]);
DROP FUNCTION elos_arredondar(bytea, bytea, text, bigint, bigint, numeric);

RESET ROLE;
SET ROLE elos_dono;

REVOKE SELECT (id, tribunal_codigo, adolescente_id, apuracao_id, execucao_id, tipo, situacao, codigo_tpu_medida,
               motivo_baixa, criado_em, baixada_em) ON guia FROM elos_definidor;
REVOKE SELECT (id, tribunal_codigo, processo_id, adolescente_id, iniciado_em, encerrado_em) ON vinculo FROM elos_definidor;
DELETE FROM credencial WHERE 'pse-estatistica' = ANY (papeis);
ALTER TABLE credencial DROP CONSTRAINT credencial_papeis_conhecidos, DROP CONSTRAINT credencial_tem_alcance,
    ADD CONSTRAINT credencial_papeis_conhecidos
        CHECK (papeis <@ ARRAY['pse-auditoria', 'pse-consulta', 'pse-dados-sensiveis', 'pse-integracao', 'pse-nacional', 'tramita-catalogo']),
    ADD CONSTRAINT credencial_tem_alcance CHECK (tribunal_codigo IS NOT NULL OR 'pse-nacional' = ANY (papeis));
DROP POLICY vinculo_definidor ON vinculo;
DROP TABLE chave_estatistica;

RESET ROLE;
