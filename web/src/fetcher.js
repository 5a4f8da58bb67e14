import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { sessionFetch } from './session.js';

export function createFetcher() {
  return createGraphiQLFetcher({
    url: '/graphql',
    fetch: sessionFetch,
    // The server has no @defer or @stream; without this the Accept header asks for multipart/mixed.
    enableIncrementalDelivery: false,
    // Subscriptions go here: `wsClient: createClient({ url, connectionParams })` of graphql-ws, where
    // connectionParams is `async () => ({ Authorization: `Bearer ${await currentToken()}` })`.
  });
}
