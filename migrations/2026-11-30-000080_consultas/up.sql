SET ROLE elos_dono;

-- The orders of the lists and what their filters look for, each within a tribunal.
CREATE INDEX adolescente_por_nome ON adolescente (tribunal_codigo, nome_busca, id);
CREATE INDEX adolescente_por_alteracao ON adolescente (tribunal_codigo, atualizado_em, id);
-- Two: an expression serves the order, in which those without a date come last, and not the comparison.
CREATE INDEX adolescente_por_nascimento ON adolescente (tribunal_codigo, data_nascimento, id);
CREATE INDEX adolescente_em_ordem_de_nascimento ON adolescente
    (tribunal_codigo, coalesce(data_nascimento, 'infinity'::date), id);

CREATE INDEX processo_por_magistrado ON processo (tribunal_codigo, coalesce(magistrado_nome, ''), id);

CREATE INDEX guia_por_emissao ON guia (tribunal_codigo, criado_em, id);
CREATE INDEX guia_por_alteracao ON guia (tribunal_codigo, atualizado_em, id);
CREATE INDEX guia_por_numero ON guia (tribunal_codigo, numero, id);

CREATE INDEX vinculo_por_inicio ON vinculo (tribunal_codigo, iniciado_em, id);
CREATE INDEX vinculo_em_ordem_de_fim ON vinculo
    (tribunal_codigo, coalesce(encerrado_em, 'infinity'::timestamptz), id);
CREATE INDEX vinculo_encerrado ON vinculo (tribunal_codigo, encerrado_em, id) WHERE encerrado_em IS NOT NULL;

RESET ROLE;
