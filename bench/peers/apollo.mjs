// Apollo Server with its standalone server, and a DataLoader for every relation, made for each request.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import DataLoader from 'dataloader';
import { doPedido, lotes, raizes, typeDefs } from './dados.mjs';
import { inEveryCore, port } from './servers.mjs';

/** A loader for each length of page: parents that ask for pages of one length are read together. */
const paged = (batch) => {
  const loaders = new Map();
  return (first, key) => {
    if (!loaders.has(first)) loaders.set(first, new DataLoader((keys) => batch(keys, first)));
    return loaders.get(first).load(key);
  };
};

const context = async ({ req }) => {
  const { tribunal } = doPedido(req);
  return {
    tribunal,
    referencia: new DataLoader((processos) => lotes.referencias(processos, tribunal)),
    adolescente: new DataLoader(lotes.adolescentes),
    processo: new DataLoader(lotes.processos),
    vinculosDoProcesso: paged((ids, first) => lotes.vinculosDosProcessos(ids, first, tribunal)),
    vinculosDoAdolescente: paged((ids, first) => lotes.vinculosDosAdolescentes(ids, first, tribunal)),
    execucoes: paged((processos, first) => lotes.execucoes(processos, first, tribunal)),
  };
};

const resolvers = {
  ...raizes,
  Processo: {
    referencia: (processo, _, { referencia }) => referencia.load(processo),
    vinculos: ({ id }, { first }, { vinculosDoProcesso }) => vinculosDoProcesso(first, id),
    execucoes: (processo, { first }, { execucoes }) => execucoes(first, processo),
  },
  Adolescente: { vinculos: ({ id }, { first }, { vinculosDoAdolescente }) => vinculosDoAdolescente(first, id) },
  VinculoDoProcesso: { adolescente: ({ adolescenteId }, _, { adolescente }) => adolescente.load(adolescenteId) },
  VinculoDoAdolescente: { processo: ({ processoId }, _, { processo }) => processo.load(processoId) },
};

await inEveryCore(async () => {
  const server = new ApolloServer({ typeDefs, resolvers, introspection: false });
  await startStandaloneServer(server, { listen: { port, host: '127.0.0.1' }, context });
});
