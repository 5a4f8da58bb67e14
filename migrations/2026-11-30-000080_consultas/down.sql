SET ROLE elos_dono;

DROP INDEX vinculo_encerrado;
DROP INDEX vinculo_em_ordem_de_fim;
DROP INDEX vinculo_por_inicio;
DROP INDEX guia_por_numero;
DROP INDEX guia_por_alteracao;
DROP INDEX guia_por_emissao;
DROP INDEX processo_por_magistrado;
DROP INDEX adolescente_em_ordem_de_nascimento;
DROP INDEX adolescente_por_nascimento;
DROP INDEX adolescente_por_alteracao;
DROP INDEX adolescente_por_nome;

RESET ROLE;
