SET ROLE elos_dono;

-- An órgão that inherits processos (a split, a restored database) is no party of
-- their NREs: it becomes one when a party and itself ask for the same. What the heir
-- asks for is not held against what there is, so that asking tells it nothing.
CREATE TABLE pedido_de_vinculo (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tribunal_codigo smallint NOT NULL REFERENCES tribunal (codigo),
    nre             text NOT NULL,
    protocolo_chave text NOT NULL,
    parte_id        bigint NOT NULL REFERENCES estrutura (id),
    herdeira_id     bigint NOT NULL REFERENCES estrutura (id),
    justificativa   text NOT NULL,
    autor           text NOT NULL,
    pedido_em       timestamptz NOT NULL,
    efetivado_em    timestamptz,

    CONSTRAINT pedido_de_vinculo_justificado CHECK (length(justificativa) BETWEEN 1 AND 1000)
);
CREATE INDEX pedido_de_vinculo_por_nre ON pedido_de_vinculo (nre, tribunal_codigo);
CREATE INDEX pedido_de_vinculo_por_parte ON pedido_de_vinculo (parte_id);
CREATE INDEX pedido_de_vinculo_por_herdeira ON pedido_de_vinculo (herdeira_id);
COMMENT ON TABLE pedido_de_vinculo IS 'Pedidos de que uma herdeira se torne parte de um NRE: de quem, por quem e por quê. Só se acrescenta.';
COMMENT ON COLUMN pedido_de_vinculo.tribunal_codigo IS 'Quem pediu: a parte ou a herdeira.';
COMMENT ON COLUMN pedido_de_vinculo.pedido_em IS 'Vale por 30 dias.';
COMMENT ON COLUMN pedido_de_vinculo.nre IS 'Como pedido; pode não existir.';
COMMENT ON COLUMN pedido_de_vinculo.efetivado_em IS 'Quando os dois lados tinham pedido o mesmo.';

-- A processo that passed from one órgão to another without a trâmite.
CREATE TABLE heranca (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nre           text NOT NULL REFERENCES registro_eletronico (nre),
    de_tribunal   smallint NOT NULL REFERENCES tribunal (codigo),
    para_tribunal smallint NOT NULL REFERENCES tribunal (codigo),
    depois_do_idt bigint NOT NULL REFERENCES tramite (idt),
    ocorrida_em   timestamptz NOT NULL,

    CONSTRAINT heranca_entre_dois CHECK (de_tribunal <> para_tribunal)
);
CREATE INDEX heranca_por_nre ON heranca (nre, depois_do_idt, id);
CREATE INDEX heranca_por_idt ON heranca (depois_do_idt);
COMMENT ON TABLE heranca IS 'Passagens de um processo a uma herdeira, sem trâmite. Só se acrescenta.';
COMMENT ON COLUMN heranca.depois_do_idt IS 'O último trâmite do NRE até então: o lugar da passagem entre eles.';

ALTER TABLE pedido_de_vinculo ENABLE ROW LEVEL SECURITY;
CREATE POLICY pedido_de_vinculo_do_tribunal ON pedido_de_vinculo FOR SELECT TO elos_app USING (tribunal_codigo = elos_tribunal());
CREATE POLICY pedido_de_vinculo_nacional ON pedido_de_vinculo FOR SELECT TO elos_nacional USING (true);
CREATE POLICY pedido_de_vinculo_definidor ON pedido_de_vinculo TO elos_definidor USING (true) WITH CHECK (true);
GRANT SELECT ON pedido_de_vinculo TO elos_app, elos_nacional;
GRANT SELECT, INSERT ON pedido_de_vinculo TO elos_definidor;
GRANT UPDATE (efetivado_em) ON pedido_de_vinculo TO elos_definidor;

ALTER TABLE heranca ENABLE ROW LEVEL SECURITY;
CREATE POLICY heranca_dos_dois ON heranca FOR SELECT TO elos_app USING (elos_tribunal() IN (de_tribunal, para_tribunal));
CREATE POLICY heranca_nacional ON heranca FOR SELECT TO elos_nacional USING (true);
CREATE POLICY heranca_definidor ON heranca TO elos_definidor USING (true) WITH CHECK (true);
GRANT SELECT ON heranca TO elos_app, elos_nacional;
GRANT SELECT, INSERT ON heranca TO elos_definidor;

CREATE POLICY estrutura_definidor ON estrutura FOR SELECT TO elos_definidor USING (true);
GRANT SELECT (id, tribunal_codigo) ON estrutura TO elos_definidor;
-- An órgão makes itself a party only by a trâmite of its own.
DROP POLICY registro_no_sistema_do_tribunal ON registro_no_sistema;
CREATE POLICY registro_no_sistema_do_tribunal ON registro_no_sistema FOR SELECT TO elos_app USING (tribunal_codigo = elos_tribunal());
CREATE POLICY registro_no_sistema_por_tramite ON registro_no_sistema FOR INSERT TO elos_app
    WITH CHECK (tribunal_codigo = elos_tribunal() AND EXISTS (SELECT FROM tramite t WHERE t.nre = registro_no_sistema.nre));
CREATE POLICY registro_no_sistema_herdeira ON registro_no_sistema FOR INSERT TO elos_definidor WITH CHECK (true);
GRANT INSERT ON registro_no_sistema TO elos_definidor;

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- Who has the processo of an NRE: the last to have received or inherited it or, if
-- nobody has, who sent it first. For the other functions; a client never asks it.
CREATE FUNCTION elos_com_quem_esta(procurado text) RETURNS smallint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
SELECT coalesce(
    (SELECT quem FROM (
        SELECT idt, 0::bigint AS depois, destinatario_tribunal AS quem FROM tramite WHERE nre = procurado AND situacao IN (5, 6)
        UNION ALL
        SELECT depois_do_idt, id, para_tribunal FROM heranca WHERE nre = procurado) AS passagens
     ORDER BY idt DESC, depois DESC LIMIT 1),
    (SELECT remetente_tribunal FROM tramite WHERE nre = procurado ORDER BY idt LIMIT 1))
$$;
REVOKE ALL ON FUNCTION elos_com_quem_esta(text) FROM PUBLIC;
COMMENT ON FUNCTION elos_com_quem_esta(text) IS 'O tribunal que tem o processo de um NRE. Só para outras funções.';

CREATE OR REPLACE FUNCTION elos_fatos_do_envio(destino smallint, chave text, procurado text)
    RETURNS TABLE (destino_tem boolean, destino_e_parte boolean, em_andamento boolean, com_quem_pergunta boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
WITH parte AS (SELECT FROM registro_no_sistema WHERE nre = procurado AND tribunal_codigo = elos_tribunal())
SELECT EXISTS (SELECT FROM registro_no_sistema WHERE tribunal_codigo = destino AND protocolo_chave = chave)
         OR EXISTS (SELECT FROM processo WHERE tribunal_codigo = destino AND numero = chave),
       EXISTS (SELECT FROM parte) AND EXISTS (SELECT FROM registro_no_sistema WHERE nre = procurado AND tribunal_codigo = destino),
       EXISTS (SELECT FROM parte) AND EXISTS (SELECT FROM tramite WHERE nre = procurado AND situacao IN (1, 2, 3, 4, 5, 8)),
       EXISTS (SELECT FROM parte) AND elos_tribunal() = elos_com_quem_esta(procurado)
$$;

-- Notes that the caller, a party or the heir, asks for the heir to become a party, and
-- makes it one if the other side asked for the same within thirty days. FEITO: the
-- caller asked for it, and got it, within the day. PENDENTE says nothing of why.
CREATE FUNCTION elos_vincular_nre(procurado text, chave text, parte bigint, herdeira bigint, justificativa text, autor text, agora timestamptz) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    de smallint := (SELECT tribunal_codigo FROM estrutura WHERE id = parte);
    para smallint := (SELECT tribunal_codigo FROM estrutura WHERE id = herdeira);
    da_parte boolean := EXISTS (SELECT FROM registro_no_sistema
                                WHERE nre = procurado AND tribunal_codigo = de AND protocolo_chave = chave);
BEGIN
    IF elos_tribunal() IS NULL OR de = para OR elos_tribunal() NOT IN (de, para) THEN
        RAISE EXCEPTION 'only the two sides may ask' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Of anything older, or of others, a second asking would tell who has the processo.
    IF elos_com_quem_esta(procurado) <> de AND EXISTS (
        SELECT FROM pedido_de_vinculo p
        WHERE p.nre = procurado AND p.protocolo_chave = chave AND p.parte_id = parte AND p.herdeira_id = herdeira
          AND p.tribunal_codigo = elos_tribunal() AND p.efetivado_em > agora - interval '24 hours') THEN
        RETURN 'FEITO';
    END IF;
    INSERT INTO pedido_de_vinculo (tribunal_codigo, nre, protocolo_chave, parte_id, herdeira_id, justificativa, autor, pedido_em)
        VALUES (elos_tribunal(), procurado, chave, parte, herdeira, justificativa, autor, agora);
    IF NOT da_parte OR NOT EXISTS (
        SELECT FROM pedido_de_vinculo p
        WHERE p.nre = procurado AND p.protocolo_chave = chave AND p.parte_id = parte AND p.herdeira_id = herdeira
          AND p.tribunal_codigo IN (de, para) AND p.tribunal_codigo <> elos_tribunal()
          AND p.efetivado_em IS NULL AND p.pedido_em > agora - interval '30 days') THEN
        RETURN 'PENDENTE';
    END IF;
    IF EXISTS (SELECT FROM tramite WHERE nre = procurado AND situacao IN (1, 2, 3, 4, 5, 8)) THEN
        RETURN 'EM_ANDAMENTO';
    END IF;
    INSERT INTO registro_no_sistema (tribunal_codigo, nre, protocolo_chave, criado_em)
        VALUES (para, procurado, chave, agora) ON CONFLICT DO NOTHING;
    IF NOT EXISTS (SELECT FROM registro_no_sistema WHERE nre = procurado AND tribunal_codigo = para) THEN
        RETURN 'OUTRO_NRE';
    END IF;
    IF elos_com_quem_esta(procurado) = de THEN
        INSERT INTO heranca (nre, de_tribunal, para_tribunal, depois_do_idt, ocorrida_em)
            SELECT procurado, de, para, max(idt), agora FROM tramite WHERE nre = procurado;
    END IF;
    UPDATE pedido_de_vinculo p SET efetivado_em = agora
        WHERE p.nre = procurado AND p.protocolo_chave = chave AND p.parte_id = parte AND p.herdeira_id = herdeira
          AND p.efetivado_em IS NULL AND p.pedido_em > agora - interval '30 days';
    RETURN 'EFETIVADO';
END
$$;
REVOKE ALL ON FUNCTION elos_vincular_nre(text, text, bigint, bigint, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_vincular_nre(text, text, bigint, bigint, text, text, timestamptz) TO elos_app;
COMMENT ON FUNCTION elos_vincular_nre(text, text, bigint, bigint, text, text, timestamptz) IS
    'Torna a herdeira parte do NRE, se os dois lados o pediram.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
