DROP FUNCTION elos_vincular_nre(text, text, bigint, bigint, text, text, timestamptz);
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;
CREATE OR REPLACE FUNCTION elos_fatos_do_envio(destino smallint, chave text, procurado text)
    RETURNS TABLE (destino_tem boolean, destino_e_parte boolean, em_andamento boolean, com_quem_pergunta boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
WITH parte AS (SELECT FROM registro_no_sistema WHERE nre = procurado AND tribunal_codigo = elos_tribunal())
SELECT EXISTS (SELECT FROM registro_no_sistema WHERE tribunal_codigo = destino AND protocolo_chave = chave)
         OR EXISTS (SELECT FROM processo WHERE tribunal_codigo = destino AND numero = chave),
       EXISTS (SELECT FROM parte) AND EXISTS (SELECT FROM registro_no_sistema WHERE nre = procurado AND tribunal_codigo = destino),
       EXISTS (SELECT FROM parte) AND EXISTS (SELECT FROM tramite WHERE nre = procurado AND situacao IN (1, 2, 3, 4, 5, 8)),
       EXISTS (SELECT FROM parte) AND elos_tribunal() = coalesce(
           (SELECT destinatario_tribunal FROM tramite WHERE nre = procurado AND situacao IN (5, 6) ORDER BY idt DESC LIMIT 1),
           (SELECT remetente_tribunal FROM tramite WHERE nre = procurado ORDER BY idt LIMIT 1))
$$;
DROP FUNCTION elos_com_quem_esta(text);
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
DROP POLICY registro_no_sistema_herdeira ON registro_no_sistema;
DROP POLICY registro_no_sistema_por_tramite ON registro_no_sistema;
DROP POLICY registro_no_sistema_do_tribunal ON registro_no_sistema;
CREATE POLICY registro_no_sistema_do_tribunal ON registro_no_sistema TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
REVOKE INSERT ON registro_no_sistema FROM elos_definidor;
DROP POLICY estrutura_definidor ON estrutura;
REVOKE SELECT (id, tribunal_codigo) ON estrutura FROM elos_definidor;
DROP TABLE heranca;
DROP TABLE pedido_de_vinculo;
