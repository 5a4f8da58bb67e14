DROP TABLE rascunho;
