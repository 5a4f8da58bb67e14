DROP POLICY registro_eletronico_das_partes ON registro_eletronico;
DROP FUNCTION elos_fatos_do_envio(smallint, text, text);
DROP TABLE mudanca_de_situacao;
DROP TABLE tramite;
DROP TABLE registro_no_sistema;
DROP TABLE registro_eletronico;
DROP TABLE estrutura;
DROP SEQUENCE nre_sequencia;
