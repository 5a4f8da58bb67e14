// Mercurius with its just-in-time compiler from the second execution on, and its own loaders.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { doPedido, lotes, raizes, typeDefs } from './dados.mjs';
import { inEveryCore, port } from './servers.mjs';

// A request does not ask twice for the same: the keys of a cache would only cost.
const opts = { cache: false };
const first = (queries) => queries[0].params.first;
const objects = (queries) => queries.map(({ obj }) => obj);

const loaders = {
  Processo: {
    referencia: { loader: (queries, { tribunal }) => lotes.referencias(objects(queries), tribunal), opts },
    vinculos: { loader: (queries, { tribunal }) => lotes.vinculosDosProcessos(objects(queries).map((p) => p.id), first(queries), tribunal), opts },
    execucoes: { loader: (queries, { tribunal }) => lotes.execucoes(objects(queries), first(queries), tribunal), opts },
  },
  Adolescente: {
    vinculos: { loader: (queries, { tribunal }) => lotes.vinculosDosAdolescentes(objects(queries).map((a) => a.id), first(queries), tribunal), opts },
  },
  VinculoDoProcesso: {
    adolescente: { loader: (queries) => lotes.adolescentes(objects(queries).map((v) => v.adolescenteId)), opts },
  },
  VinculoDoAdolescente: {
    processo: { loader: (queries) => lotes.processos(objects(queries).map((v) => v.processoId)), opts },
  },
};

await inEveryCore(async () => {
  const app = Fastify();
  await app.register(mercurius, { schema: typeDefs, resolvers: raizes, loaders, context: doPedido, jit: 1, graphiql: false });
  await app.listen({ port, host: '127.0.0.1' });
});
