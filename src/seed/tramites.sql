-- Trâmites in every situação, each of an apuração, with one file. Those in progress begin on the day before
-- `semente.agora`, because the server cancels one that does not advance for days: with a fixed date none would
-- be left. Everything else has fixed dates.

-- The situações that a trâmite goes through to its last one, and who brings them about.
CREATE TEMPORARY TABLE passo ON COMMIT DROP AS
SELECT ultima, passos[n] AS situacao, n - 1 AS n,
       CASE WHEN passos[n] IN (1, 6, 7, 9) THEN 'REMETENTE' WHEN passos[n] IN (2, 10) THEN 'SOLUCAO' ELSE 'DESTINATARIO' END AS por
  FROM (SELECT ultima, CASE ultima WHEN 7 THEN ARRAY[1, 2, 7] WHEN 8 THEN ARRAY[1, 2, 3, 8] WHEN 9 THEN ARRAY[1, 2, 3, 8, 9]
                                   WHEN 10 THEN ARRAY[1, 2, 10] ELSE ARRAY(SELECT generate_series(1, ultima)) END AS passos
          FROM generate_series(1, 10) AS ultima) AS caminho, generate_subscripts(passos, 1) AS n;

CREATE TEMPORARY TABLE envio ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY inicio, numero) AS ordem, NULL::text AS nre, e.* FROM (
    SELECT p.numero, p.tribunal_codigo AS origem, 801 + (p.tribunal_codigo - 801 + CASE volta % 2 WHEN 0 THEN 24 ELSE 3 END) % 27 AS destino,
           ultima, CASE WHEN ultima IN (6, 7, 9, 10) THEN p.criado_em + interval '30 days'
                        ELSE (date_trunc('day', current_setting('semente.agora')::timestamptz AT TIME ZONE 'America/Sao_Paulo')
                              - interval '1 day' + p.id % 240 * interval '1 minute') AT TIME ZONE 'America/Sao_Paulo' END AS inicio
      FROM processo p, LATERAL (SELECT (p.id - 1) / 135 AS volta) AS v,
           LATERAL (SELECT (1 + (p.tribunal_codigo - 801 + volta) % 10)::int AS ultima) AS f
     WHERE (p.id - 1) % 5 = 1 AND volta < 10 AND p.numero LIKE '8%') AS e;
-- The check digits of an NRE, as `tramite::nre` computes them.
UPDATE envio e SET nre = n.numero || n.um || n.outro || to_char(e.inicio AT TIME ZONE 'America/Sao_Paulo', 'YYYY')
  FROM (SELECT ordem, numero, (SELECT sum(substr(numero, 10 - i, 1)::int * (i + 3)) % 10 FROM generate_series(0, 9) AS i) AS um,
               (SELECT (sum(substr(numero, 10 - i, 1)::int * (4 - i)) % 10 + 10) % 10 FROM generate_series(0, 9) AS i) AS outro
          FROM (SELECT ordem, lpad(nextval('nre_sequencia')::text, 10, '0') AS numero
                  FROM (SELECT ordem FROM envio ORDER BY ordem) AS em_ordem OFFSET 0) AS s) AS n
 WHERE n.ordem = e.ordem;

INSERT INTO registro_eletronico (nre, protocolo, protocolo_chave, tipo_protocolo, criado_em)
SELECT nre, regexp_replace(numero, '^(.{7})(..)(....)(.)(..)(....)$', '\1-\2.\3.\4.\5.\6'), numero, 'CNJ20', inicio FROM envio ORDER BY ordem;
CREATE TEMPORARY TABLE andamento ON COMMIT DROP AS
SELECT e.ordem, e.nre, p.situacao, p.n, p.por,
       e.inicio + CASE p.situacao WHEN 10 THEN interval '8 days 2 hours' ELSE p.n * interval '2 hours' END AS quando
  FROM envio e JOIN passo p USING (ultima);
INSERT INTO tramite (nre, remetente_id, remetente_tribunal, destinatario_id, destinatario_tribunal, situacao, devolucao, nre_informado,
                     descricao, nivel_de_sigilo, urgente, motivo_da_urgencia, metadados, motivo_recusa, justificativa, criado_em,
                     completo_em, metadados_em, data_de_recebimento, recibo_em, recibo_assinado, recibo_entregue_em, recusado_em,
                     ciencia_em, atualizado_em)
SELECT e.nre, o.id, e.origem, d.id, e.destino, e.ultima, false, false,
       (ARRAY['Carta precatória fictícia', 'Declínio de competência fictício', 'Pedido fictício de informações'])[1 + e.ordem % 3],
       1 + e.ordem % 2, e.ordem % 5 = 0, CASE WHEN e.ordem % 5 = 0 THEN 2 END,
       '{"documentos":[{"ordem":1,"descricao":"Despacho fictício","componentesDigitais":[{"ordem":1,"nome":"despacho.txt","mimeType":"text/plain",'
           '"tamanhoEmBytes":8,"hash":{"algoritmo":"SHA256","conteudo":"LaHDdtOC17TDTtNcL5jpWS/+/yG2Wzv7V6YUWTx6Yh4="}}]}]}',
       CASE WHEN e.ultima IN (8, 9) THEN '99' END, CASE WHEN e.ultima IN (8, 9) THEN 'O processo fictício não é da competência do destino.' END,
       e.inicio, q.*
  FROM envio e JOIN estrutura o ON o.repositorio = 1 AND o.numero = e.origem::text
  JOIN estrutura d ON d.repositorio = 1 AND d.numero = e.destino::text,
       LATERAL (SELECT max(quando) FILTER (WHERE situacao = 2), max(quando) FILTER (WHERE situacao = 3),
                       CASE WHEN e.ultima IN (5, 6) THEN max(quando) FILTER (WHERE situacao = 4) END, max(quando) FILTER (WHERE situacao = 5),
                       CASE WHEN e.ultima IN (5, 6) THEN false END, max(quando) FILTER (WHERE situacao = 6),
                       max(quando) FILTER (WHERE situacao = 8), max(quando) FILTER (WHERE situacao = 9), max(quando)
                  FROM andamento a WHERE a.ordem = e.ordem) AS q
 ORDER BY e.ordem;
INSERT INTO mudanca_de_situacao (idt, situacao, ocorrida_em, por)
SELECT t.idt, a.situacao, a.quando, a.por FROM andamento a JOIN tramite t USING (nre) ORDER BY a.quando, t.idt, a.n;
-- The origin is a party of the NRE, and the destination from its recibo on.
INSERT INTO registro_no_sistema (tribunal_codigo, nre, protocolo_chave, criado_em)
SELECT t.remetente_tribunal, t.nre, e.numero, t.criado_em FROM envio e JOIN tramite t USING (nre)
UNION ALL SELECT t.destinatario_tribunal, t.nre, e.numero, t.recibo_em FROM envio e JOIN tramite t USING (nre) WHERE t.recibo_em IS NOT NULL;

-- The server keeps the bytes while the destinatário may still download them.
INSERT INTO conteudo (idt, criado_em)
SELECT t.idt, t.completo_em FROM envio e JOIN tramite t USING (nre) WHERE t.situacao BETWEEN 2 AND 5 ORDER BY t.idt;
INSERT INTO conteudo_parte (conteudo_id, ordem, bytes)
SELECT c.id, 0, convert_to('despacho', 'UTF8') FROM envio e JOIN tramite t USING (nre) JOIN conteudo c USING (idt);
INSERT INTO componente (idt, protocolo, protocolo_chave, documento, ordem, hash, tamanho, solicitado, conteudo_id, recebido_em, baixado_em)
SELECT t.idt, r.protocolo, r.protocolo_chave, 1, 1, 'LaHDdtOC17TDTtNcL5jpWS/+/yG2Wzv7V6YUWTx6Yh4=', 8, true, c.id, t.completo_em, a.quando
  FROM envio e JOIN tramite t USING (nre) JOIN registro_eletronico r USING (nre) LEFT JOIN conteudo c ON c.idt = t.idt
  LEFT JOIN andamento a ON a.nre = e.nre AND a.situacao = 4
 ORDER BY t.idt;
