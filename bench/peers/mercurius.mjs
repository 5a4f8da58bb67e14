// Mercurius with its just-in-time compiler from the second execution on, and its own loaders.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { lotes, raizes, typeDefs } from './dados.mjs';
import { inEveryCore, port } from './servers.mjs';

// A request does not ask twice for the same: the keys of a cache would only cost.
const opts = { cache: false };
const first = (queries) => queries[0].params.first;
const objects = (queries) => queries.map(({ obj }) => obj);

const loaders = {
  Processo: {
    referencia: { loader: (queries) => lotes.referencias(objects(queries)), opts },
    vinculos: { loader: (queries) => lotes.vinculosDosProcessos(objects(queries).map((p) => p.id), first(queries)), opts },
    execucoes: { loader: (queries) => lotes.execucoes(objects(queries), first(queries)), opts },
  },
  Adolescente: {
    vinculos: { loader: (queries) => lotes.vinculosDosAdolescentes(objects(queries).map((a) => a.id), first(queries)), opts },
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
  await app.register(mercurius, { schema: typeDefs, resolvers: raizes, loaders, jit: 1, graphiql: false });
  await app.listen({ port, host: '127.0.0.1' });
});
