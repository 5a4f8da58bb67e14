// PostGraphile 5 as its documentation has it in production: the Amber preset with Grafserv's
// node server, over the tables as they are, without GraphiQL, watch mode or explain.
import { createServer } from 'node:http';
import { grafserv } from 'postgraphile/grafserv/node';
import { makePgService } from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { postgraphile } from 'postgraphile';
import { inEveryCore, pool, port } from './servers.mjs';

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: pool.connectionString, schemas: ['public'], poolConfig: { max: pool.max } })],
  grafserv: { port, graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: { explain: false },
  // This plugin hides relations whose foreign key no index matches column by column; here other
  // indexes serve them.
  disablePlugins: ['PgIndexBehaviorsPlugin'],
};

await inEveryCore(async () => {
  const server = createServer();
  await postgraphile(preset).createServ(grafserv).addTo(server);
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
});
