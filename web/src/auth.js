// The calls behind the sign-in. Every failure is an Error whose message is shown to the person.
const REALM = '/auth/realms/pje';
const NO_ANSWER = 'O servidor não respondeu. Tente de novo.';

export const WHO_AM_I = '{ eu { azp tribunal { sigla nome } nacional papeis } }';

/** The demo clients, or null where there is no development issuer. */
export async function demoClients() {
  const response = await call(`${REALM}/demo-clients`, { headers: { accept: 'application/json' } });
  return response.ok ? response.json() : null;
}

export async function demoToken(clientId) {
  const response = await call(`${REALM}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:demo`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  if (!response.ok) throw new Error(`O emissor de demonstração recusou ${clientId} (${response.status}).`);
  const { access_token: token, expires_in: seconds } = await response.json();
  return { token, expiresAt: Date.now() + seconds * 1000 };
}

export async function whoAmI(token) {
  const response = await call('/graphql', {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query: WHO_AM_I }),
  });
  if (response.status === 401) throw new Error('O token foi recusado: expirou ou não vale neste servidor.');
  const answer = await response.json().catch(() => ({}));
  if (answer.data?.eu) return answer.data.eu;
  throw new Error(answer.errors?.[0]?.message ?? `O servidor respondeu ${response.status}.`);
}

// `omit`: otherwise a 401 with a Basic challenge makes the browser open its own password window.
export function call(url, init) {
  return fetch(url, { ...init, credentials: 'omit' }).catch((error) => {
    if (error.name === 'AbortError') throw error;
    throw new Error(NO_ANSWER);
  });
}
