DROP TABLE evento;
