// GraphQL over HTTP: the audits of npm graphql-http, strict: what SHOULD and MAY hold counts too.
import { serverAudits } from 'graphql-http';
import { run } from './mudancas.mjs';

const base = process.argv[2];
const headers = { authorization: `Bearer ${process.env.TOKEN}` };
const fetchFn = (url, init = {}) => fetch(url, { ...init, headers: { ...headers, ...init.headers } });

const checks = serverAudits({ url: `${base}/graphql`, fetchFn }).map((audit) => [
  `${audit.id} ${audit.name}`,
  async () => {
    const { status, reason } = await audit.fn();
    if (status !== 'ok') throw new Error(`${status}: ${reason}`);
    return true;
  },
]);

process.exit((await run('graphql-http', checks)) ? 0 : 1);
