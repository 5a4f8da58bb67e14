SET ROLE elos_definidor;
DROP FUNCTION elos_gravar_item_do_catalogo(text, integer, text, text, boolean, integer, timestamptz);
RESET ROLE;

SET ROLE elos_dono;
UPDATE credencial SET papeis = array_remove(papeis, 'tramita-catalogo') WHERE 'tramita-catalogo' = ANY (papeis);
ALTER TABLE credencial DROP CONSTRAINT credencial_papeis_conhecidos,
    ADD CONSTRAINT credencial_papeis_conhecidos
        CHECK (papeis <@ ARRAY['pse-auditoria', 'pse-consulta', 'pse-dados-sensiveis', 'pse-integracao', 'pse-nacional']);
REVOKE INSERT (repositorio, numero, nome, sigla, pai_id, tribunal_codigo, ativa, pode_enviar, pode_receber, codigo_no_orgao, atualizado_em)
    ON estrutura FROM elos_app;
REVOKE UPDATE (nome, sigla, pai_id, ativa, pode_enviar, pode_receber, codigo_no_orgao, versao, atualizado_em) ON estrutura FROM elos_app;
DROP POLICY estrutura_nova ON estrutura;
DROP POLICY estrutura_propria ON estrutura;
ALTER TABLE estrutura DROP CONSTRAINT estrutura_do_pai, DROP COLUMN sigla, DROP COLUMN pai_id, DROP COLUMN codigo_no_orgao,
    DROP COLUMN nome_busca, DROP COLUMN versao, DROP COLUMN atualizado_em;
DROP TABLE catalogo_item;
RESET ROLE;
