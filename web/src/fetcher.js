import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { currentToken, sessionFetch } from './session.js';

let sockets = null;

export function createFetcher() {
  // What a client was subscribed to ends with its session.
  sockets?.dispose();
  sockets = createClient({
    url: new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
    connectionParams: async () => ({ Authorization: `Bearer ${await currentToken()}` }),
  });
  return createGraphiQLFetcher({
    url: '/graphql',
    fetch: sessionFetch,
    wsClient: sockets,
    // The server has no @defer or @stream; without this the Accept header asks for multipart/mixed.
    enableIncrementalDelivery: false,
  });
}
