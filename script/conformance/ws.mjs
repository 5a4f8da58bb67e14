// graphql-transport-ws: each rule of the protocol with a bare socket, then a subscription with graphql-ws.
import WebSocket from 'ws';
import { createClient } from 'graphql-ws';
import { changing, run } from './mudancas.mjs';

const base = process.argv[2];
const url = `${base.replace(/^http/, 'ws')}/graphql`;
const token = { Authorization: `Bearer ${process.env.TOKEN}` };
const subscription = 'subscription { processoAlterado { cursor } }';

// A socket that remembers what it was told and how it ended.
function open(subprotocol = 'graphql-transport-ws') {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, subprotocol);
    const heard = [];
    const waiting = new Set();
    socket.on('message', (text) => {
      heard.push(JSON.parse(String(text)));
      for (const look of waiting) look();
    });
    const closed = new Promise((done) => socket.on('close', (code) => done(code)));
    socket.on('error', reject);
    socket.on('open', () => resolve({
      protocol: socket.protocol,
      isOpen: () => socket.readyState === WebSocket.OPEN,
      say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
      hear: (wanted) => within(5000, new Promise((done) => {
        const look = () => {
          const found = heard.find(wanted);
          if (found) done(found);
        };
        waiting.add(look);
        look();
      })),
      code: (ms = 5000) => within(ms, closed),
    }));
  });
}

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`nothing in ${ms} ms`)), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function initialised() {
  const socket = await open();
  socket.say({ type: 'connection_init', payload: token });
  await socket.hear(({ type }) => type === 'connection_ack');
  return socket;
}

// How a socket ends on which this was said.
async function codeAfter(socket, ...messages) {
  for (const message of messages) socket.say(message);
  return socket.code();
}

const subscribe = (id, query) => ({ id, type: 'subscribe', payload: { query } });

const checks = [
  ['connection_init is acknowledged', async () => Boolean(await initialised())],
  ['the subprotocol is agreed on', async () => (await open()).protocol === 'graphql-transport-ws'],
  ['ping is answered by pong', async () => {
    const socket = await initialised();
    socket.say({ type: 'ping' });
    return socket.hear(({ type }) => type === 'pong');
  }],
  ['subscribe before connection_init: 4401', async () => (await codeAfter(await open(), subscribe('1', '{ __typename }'))) === 4401],
  ['a token that is none: 4403', async () =>
    (await codeAfter(await open(), { type: 'connection_init', payload: { Authorization: 'Bearer none' } })) === 4403],
  ['connection_init twice: 4429', async () =>
    (await codeAfter(await initialised(), { type: 'connection_init', payload: token })) === 4429],
  ['what is not JSON: 4400', async () => (await codeAfter(await initialised(), 'not json')) === 4400],
  ['an unknown type: 4400', async () => (await codeAfter(await initialised(), { type: 'nope' })) === 4400],
  ['an id in use: 4409', async () =>
    (await codeAfter(await initialised(), subscribe('a', subscription), subscribe('a', subscription))) === 4409],
  ['no connection_init in time: 4408', async () => (await (await open()).code(15_000)) === 4408],
  ['a query is next, then complete', async () => {
    const socket = await initialised();
    socket.say(subscribe('q', '{ __typename }'));
    const next = await socket.hear(({ type, id }) => type === 'next' && id === 'q');
    await socket.hear(({ type, id }) => type === 'complete' && id === 'q');
    return next.payload.data.__typename === 'Query';
  }],
  ['a refused document is error, and the socket stays', async () => {
    const socket = await initialised();
    socket.say(subscribe('e', '{ nope__nope }'));
    const answer = await socket.hear(({ id }) => id === 'e');
    return answer.type === 'error' && Array.isArray(answer.payload) && socket.isOpen();
  }],
  // A client that asks for one subprotocol gives up by itself when the server agrees to none.
  ['another subprotocol is not spoken', async () => open('nope').then((socket) => socket.code().then((code) => code === 4406), () => true)],
  ['graphql-ws is told of changes', async () => {
    const stop = await changing(base);
    const client = createClient({ url, webSocketImpl: WebSocket, connectionParams: token, retryAttempts: 0 });
    let told = 0;
    for await (const { errors } of client.iterate({ query: subscription })) {
      if (errors) throw new Error(JSON.stringify(errors));
      told += 1;
      if (told === 3) break;
    }
    await stop();
    await client.dispose();
    return told === 3;
  }],
];

process.exit((await run('graphql-transport-ws', checks)) ? 0 : 1);
