// graphql-sse, distinct connections: the bytes of an answer, then a subscription with graphql-sse.
import { createClient } from 'graphql-sse';
import { changing, run } from './mudancas.mjs';

const base = process.argv[2];
const url = `${base}/graphql`;
const headers = { authorization: `Bearer ${process.env.TOKEN}` };

const ask = (query) => fetch(url, {
  method: 'POST',
  headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
  body: JSON.stringify({ query }),
});

const checks = [
  ['answers are text/event-stream', async () =>
    (await ask('{ __typename }')).headers.get('content-type').startsWith('text/event-stream')],
  ['a query is next, then complete', async () =>
    (await (await ask('{ __typename }')).text()) === 'event: next\ndata: {"data":{"__typename":"Query"}}\n\nevent: complete\ndata:\n\n'],
  ['a refused document is next with errors, then complete', async () => {
    const response = await ask('{ nope__nope }');
    const text = await response.text();
    return response.status === 200 && /^event: next\ndata: \{"errors":\[/.test(text) && text.endsWith('event: complete\ndata:\n\n');
  }],
  ['graphql-sse is told of changes', async () => {
    const stop = await changing(base);
    const client = createClient({ url, headers, singleConnection: false, retryAttempts: 0 });
    let told = 0;
    for await (const { errors } of client.iterate({ query: 'subscription { processoAlterado { cursor } }' })) {
      if (errors) throw new Error(JSON.stringify(errors));
      told += 1;
      if (told === 3) break;
    }
    await stop();
    client.dispose();
    return told === 3;
  }],
];

process.exit((await run('graphql-sse', checks)) ? 0 : 1);
