SET ROLE elos_dono;

-- Who sends and receives: a unit of a repository, which a tribunal's systems act for.
CREATE TABLE estrutura (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repositorio     integer NOT NULL,
    numero          text NOT NULL,
    nome            text NOT NULL,
    tribunal_codigo smallint NOT NULL REFERENCES tribunal (codigo),
    ativa           boolean NOT NULL DEFAULT true,
    pode_enviar     boolean NOT NULL DEFAULT true,
    pode_receber    boolean NOT NULL DEFAULT true,

    CONSTRAINT estrutura_do_tribunal UNIQUE (id, tribunal_codigo),
    CONSTRAINT estrutura_unica UNIQUE (repositorio, numero),
    CONSTRAINT estrutura_numero_tamanho CHECK (length(numero) BETWEEN 1 AND 20)
);
COMMENT ON TABLE estrutura IS 'Unidade de um repositório de estruturas organizacionais, que envia e recebe trâmites.';
COMMENT ON COLUMN estrutura.repositorio IS 'Repositório; 1 é o Poder Judiciário.';
COMMENT ON COLUMN estrutura.tribunal_codigo IS 'De quem são os sistemas que agem por ela.';
INSERT INTO estrutura (repositorio, numero, nome, tribunal_codigo) SELECT 1, t.codigo::text, t.nome, t.codigo FROM tribunal t ORDER BY t.codigo;

-- The NRE, ten digits of one sequence that never goes back, two that check them
-- and the year. It names a processo in transit, and never changes.
CREATE SEQUENCE nre_sequencia MAXVALUE 9999999999;

CREATE TABLE registro_eletronico (
    id              bigint GENERATED ALWAYS AS IDENTITY,
    nre             text PRIMARY KEY,
    protocolo       text NOT NULL,
    protocolo_chave text NOT NULL,
    tipo_protocolo  text NOT NULL,
    criado_em       timestamptz NOT NULL,

    CONSTRAINT registro_eletronico_id_unico UNIQUE (id),
    CONSTRAINT registro_eletronico_nre_tem_16_digitos CHECK (nre ~ '^[0-9]{16}$'),
    CONSTRAINT registro_eletronico_da_chave UNIQUE (nre, protocolo_chave),
    CONSTRAINT registro_eletronico_tipo_conhecido CHECK (tipo_protocolo IN ('NUP17', 'NUP21', 'NIPE20', 'CNJ20', 'LIVRE'))
);
CREATE INDEX registro_eletronico_por_chave ON registro_eletronico (protocolo_chave);
COMMENT ON TABLE registro_eletronico IS 'Registro de um processo no Tramita: o NRE e o protocolo que ele nomeia, imutáveis.';
COMMENT ON COLUMN registro_eletronico.protocolo IS 'Na grafia registrada primeiro.';
COMMENT ON COLUMN registro_eletronico.protocolo_chave IS 'Só os dígitos, ou o texto em maiúsculas: igual quando o número é o mesmo.';

-- Who is a party of an NRE: the origin from its first send on, a destination
-- from its recibo on. One protocolo has one NRE for each.
CREATE TABLE registro_no_sistema (
    tribunal_codigo smallint NOT NULL REFERENCES tribunal (codigo),
    nre             text NOT NULL,
    protocolo_chave text NOT NULL,
    criado_em       timestamptz NOT NULL,

    PRIMARY KEY (nre, tribunal_codigo),
    CONSTRAINT registro_no_sistema_do_nre
        FOREIGN KEY (nre, protocolo_chave) REFERENCES registro_eletronico (nre, protocolo_chave),
    CONSTRAINT registro_no_sistema_protocolo_unico UNIQUE (tribunal_codigo, protocolo_chave)
);
COMMENT ON TABLE registro_no_sistema IS 'Partes de um NRE.';

CREATE TABLE tramite (
    idt                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid                   xid8 NOT NULL DEFAULT pg_current_xact_id(),
    nre                   text NOT NULL REFERENCES registro_eletronico (nre),
    remetente_id          bigint NOT NULL,
    remetente_tribunal    smallint NOT NULL,
    destinatario_id       bigint NOT NULL,
    destinatario_tribunal smallint NOT NULL,
    situacao              smallint NOT NULL,
    devolucao             boolean NOT NULL,
    nre_informado         boolean NOT NULL,
    descricao             text NOT NULL,
    nivel_de_sigilo       smallint NOT NULL,
    hipotese_legal        text,
    processo_de_negocio   text,
    urgente               boolean NOT NULL,
    motivo_da_urgencia    smallint,
    data_de_retorno       timestamptz,
    -- Whatever else of the documented fields came, as it came.
    metadados             text,
    data_de_recebimento   timestamptz,
    hash_da_assinatura    text,
    recibo_em             timestamptz,
    recibo_entregue_em    timestamptz,
    motivo_recusa         text,
    justificativa         text,
    recusado_em           timestamptz,
    ciencia_em            timestamptz,
    criado_em             timestamptz NOT NULL,
    atualizado_em         timestamptz NOT NULL,

    CONSTRAINT tramite_do_remetente
        FOREIGN KEY (remetente_id, remetente_tribunal) REFERENCES estrutura (id, tribunal_codigo),
    CONSTRAINT tramite_do_destinatario
        FOREIGN KEY (destinatario_id, destinatario_tribunal) REFERENCES estrutura (id, tribunal_codigo),
    CONSTRAINT tramite_entre_dois CHECK (remetente_tribunal <> destinatario_tribunal),
    CONSTRAINT tramite_situacao_conhecida CHECK (situacao BETWEEN 1 AND 10),
    CONSTRAINT tramite_sigilo_conhecido CHECK (nivel_de_sigilo BETWEEN 1 AND 3),
    CONSTRAINT tramite_urgencia_conhecida CHECK (motivo_da_urgencia BETWEEN 1 AND 5),
    CONSTRAINT tramite_motivo_so_se_urgente CHECK (urgente OR motivo_da_urgencia IS NULL),
    CONSTRAINT tramite_recusa_completa CHECK ((situacao IN (8, 9)) = (motivo_recusa IS NOT NULL AND justificativa IS NOT NULL)),
    CONSTRAINT tramite_motivo_de_recusa_conhecido CHECK (motivo_recusa IN ('01', '02', '03', '04', '99')),
    CONSTRAINT tramite_recibo_completo CHECK ((situacao IN (5, 6)) = (data_de_recebimento IS NOT NULL AND recibo_em IS NOT NULL))
);
-- One trâmite in progress per NRE, whoever races.
CREATE UNIQUE INDEX tramite_em_andamento_unico ON tramite (nre) WHERE situacao IN (1, 2, 3, 4, 5, 8);
CREATE INDEX tramite_por_nre ON tramite (nre, idt);
CREATE INDEX tramite_por_remetente ON tramite (remetente_tribunal, idt);
CREATE INDEX tramite_por_destinatario ON tramite (destinatario_tribunal, idt);
CREATE INDEX tramite_parado ON tramite (remetente_tribunal, atualizado_em) WHERE situacao IN (1, 2, 3, 4);
CREATE INDEX tramite_da_estrutura_remetente ON tramite (remetente_id, remetente_tribunal);
CREATE INDEX tramite_da_estrutura_destinataria ON tramite (destinatario_id, destinatario_tribunal);

COMMENT ON TABLE tramite IS 'Um movimento de um processo entre dois órgãos.';
COMMENT ON COLUMN tramite.idt IS 'Identificação do trâmite.';
COMMENT ON COLUMN tramite.xid IS 'Transação que gravou; com idt, a posição no fluxo.';
COMMENT ON COLUMN tramite.situacao IS '1 a 10.';
COMMENT ON COLUMN tramite.nre_informado IS 'O remetente mandou o NRE; sem ele, o destino que já tem o processo recusa.';
COMMENT ON COLUMN tramite.devolucao IS 'O destinatário já tinha o processo por este NRE.';

-- Append-only: every situação a trâmite went through.
CREATE TABLE mudanca_de_situacao (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    idt        bigint NOT NULL,
    situacao   smallint NOT NULL,
    ocorrida_em timestamptz NOT NULL,
    por        text NOT NULL,

    CONSTRAINT mudanca_do_tramite FOREIGN KEY (idt) REFERENCES tramite (idt),
    CONSTRAINT mudanca_situacao_conhecida CHECK (situacao BETWEEN 1 AND 10),
    CONSTRAINT mudanca_por_conhecido CHECK (por IN ('REMETENTE', 'DESTINATARIO', 'SOLUCAO'))
);
CREATE INDEX mudanca_por_tramite ON mudanca_de_situacao (idt, id);
COMMENT ON TABLE mudanca_de_situacao IS 'Situações por que um trâmite passou. Só se acrescenta.';

-- Names of órgãos are public.
ALTER TABLE estrutura ENABLE ROW LEVEL SECURITY;
CREATE POLICY estrutura_todas ON estrutura FOR SELECT TO elos_app, elos_nacional USING (true);
GRANT SELECT ON estrutura TO elos_app, elos_nacional;

-- A trâmite is of its two parties.
ALTER TABLE tramite ENABLE ROW LEVEL SECURITY;
CREATE POLICY tramite_das_partes ON tramite TO elos_app
    USING (elos_tribunal() IN (remetente_tribunal, destinatario_tribunal))
    WITH CHECK (elos_tribunal() IN (remetente_tribunal, destinatario_tribunal));
CREATE POLICY tramite_nacional ON tramite FOR SELECT TO elos_nacional USING (true);
CREATE POLICY tramite_definidor ON tramite FOR SELECT TO elos_definidor USING (true);
GRANT SELECT, INSERT ON tramite TO elos_app;
GRANT UPDATE (situacao, data_de_recebimento, hash_da_assinatura, recibo_em, recibo_entregue_em, motivo_recusa,
              justificativa, recusado_em, ciencia_em, atualizado_em) ON tramite TO elos_app;
GRANT SELECT ON tramite TO elos_nacional;
GRANT SELECT (idt, nre, situacao, remetente_tribunal, destinatario_tribunal) ON tramite TO elos_definidor;

ALTER TABLE mudanca_de_situacao ENABLE ROW LEVEL SECURITY;
CREATE POLICY mudanca_das_partes ON mudanca_de_situacao TO elos_app
    USING (EXISTS (SELECT FROM tramite t WHERE t.idt = mudanca_de_situacao.idt))
    WITH CHECK (EXISTS (SELECT FROM tramite t WHERE t.idt = mudanca_de_situacao.idt));
CREATE POLICY mudanca_nacional ON mudanca_de_situacao FOR SELECT TO elos_nacional USING (true);
GRANT SELECT, INSERT ON mudanca_de_situacao TO elos_app;
GRANT SELECT ON mudanca_de_situacao TO elos_nacional;

ALTER TABLE registro_no_sistema ENABLE ROW LEVEL SECURITY;
CREATE POLICY registro_no_sistema_do_tribunal ON registro_no_sistema TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
CREATE POLICY registro_no_sistema_nacional ON registro_no_sistema FOR SELECT TO elos_nacional USING (true);
CREATE POLICY registro_no_sistema_definidor ON registro_no_sistema FOR SELECT TO elos_definidor USING (true);
GRANT SELECT, INSERT ON registro_no_sistema TO elos_app;
GRANT SELECT ON registro_no_sistema TO elos_nacional, elos_definidor;

-- An NRE is seen by its parties, and by who is receiving a trâmite of it.
ALTER TABLE registro_eletronico ENABLE ROW LEVEL SECURITY;
CREATE POLICY registro_eletronico_das_partes ON registro_eletronico FOR SELECT TO elos_app
    USING (EXISTS (SELECT FROM registro_no_sistema s WHERE s.nre = registro_eletronico.nre)
           OR EXISTS (SELECT FROM tramite t WHERE t.nre = registro_eletronico.nre));
CREATE POLICY registro_eletronico_novo ON registro_eletronico FOR INSERT TO elos_app WITH CHECK (true);
CREATE POLICY registro_eletronico_nacional ON registro_eletronico FOR SELECT TO elos_nacional USING (true);
GRANT SELECT, INSERT ON registro_eletronico TO elos_app;
GRANT SELECT ON registro_eletronico TO elos_nacional;
GRANT USAGE ON SEQUENCE nre_sequencia TO elos_app;

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- What the decision table asks about others: yes or no, no more. An NRE is looked
-- into only for its parties.
CREATE FUNCTION elos_fatos_do_envio(destino smallint, chave text, procurado text)
    RETURNS TABLE (destino_tem boolean, destino_e_parte boolean, em_andamento boolean, com_quem_pergunta boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
WITH parte AS (SELECT FROM registro_no_sistema WHERE nre = procurado AND tribunal_codigo = elos_tribunal())
SELECT EXISTS (SELECT FROM registro_no_sistema WHERE tribunal_codigo = destino AND protocolo_chave = chave)
         OR EXISTS (SELECT FROM processo WHERE tribunal_codigo = destino AND numero = chave),
       EXISTS (SELECT FROM parte) AND EXISTS (SELECT FROM registro_no_sistema WHERE nre = procurado AND tribunal_codigo = destino),
       EXISTS (SELECT FROM parte) AND EXISTS (SELECT FROM tramite WHERE nre = procurado AND situacao IN (1, 2, 3, 4, 5, 8)),
       -- Who has the processo: the last to have received it or, if nobody has, who sent it first.
       EXISTS (SELECT FROM parte) AND elos_tribunal() = coalesce(
           (SELECT destinatario_tribunal FROM tramite WHERE nre = procurado AND situacao IN (5, 6) ORDER BY idt DESC LIMIT 1),
           (SELECT remetente_tribunal FROM tramite WHERE nre = procurado ORDER BY idt LIMIT 1))
$$;
REVOKE ALL ON FUNCTION elos_fatos_do_envio(smallint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_fatos_do_envio(smallint, text, text) TO elos_app;
COMMENT ON FUNCTION elos_fatos_do_envio(smallint, text, text) IS
    'O que a tabela de decisão pergunta sobre outros órgãos: só sim ou não.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
