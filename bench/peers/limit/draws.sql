-- Every script begins with these draws: a tribunal, and a caso of the seed.
\set t random(:menor, :maior)
\set tribunal 801 + :t
\if :zipf
\set caso random_zipfian(0, :casos, 1.01)
\else
\set caso random(0, :casos)
\endif
