// Who is signed in. The token lives in this module's memory and nowhere else: a reload forgets it.
import { useSyncExternalStore } from 'react';
import { call, demoClients, demoToken, whoAmI } from './auth.js';

const RENEW_BEFORE_MS = 30_000;

let credential = null; // { token, expiresAt?, clientId? }
let renewal = null;
let attempt = 0;
let state = {
  clients: undefined, // undefined: not known yet; null: no development issuer, a token is pasted
  entering: null, // what is being tried, until the server has answered
  who: null, // the `eu` of the schema
  notice: null, // { kind: 'hint' | 'error', text }
};
const listeners = new Set();

function update(change) {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession() {
  return useSyncExternalStore(subscribe, () => state);
}

export async function load() {
  try {
    update({ clients: await demoClients() });
  } catch (error) {
    update({ clients: null, notice: { kind: 'error', text: error.message } });
  }
}

export function enterAs(clientId) {
  return enter(clientId, async () => ({ clientId, ...(await demoToken(clientId)) }));
}

export function enterWith(pasted) {
  const token = pasted.trim().replace(/^bearer\s+/i, '');
  return enter('token', async () => ({ token }));
}

// Two quick clicks are two attempts; only the answer to the last one counts.
async function enter(name, obtain) {
  const mine = ++attempt;
  update({ entering: name, notice: null });
  try {
    const obtained = await obtain();
    const who = await whoAmI(obtained.token);
    if (mine !== attempt) return;
    credential = obtained;
    update({ entering: null, who });
  } catch (error) {
    if (mine === attempt) leave({ kind: 'error', text: error.message });
  }
}

function leave(notice) {
  attempt += 1;
  credential = null;
  update({ entering: null, who: null, notice });
}

function renew() {
  const { clientId } = credential;
  const mine = attempt;
  renewal ??= demoToken(clientId)
    .then((fresh) => {
      if (mine === attempt) credential = { clientId, ...fresh };
    })
    .finally(() => {
      renewal = null;
    });
  return renewal;
}

/** The token to send, renewed when it is about to expire; null when nobody is signed in. */
export async function currentToken() {
  if (credential?.clientId && credential.expiresAt - Date.now() < RENEW_BEFORE_MS) await renew();
  return credential?.token ?? null;
}

/** `fetch` with the token of the session; a 401 is explained in the bar. */
export async function sessionFetch(url, init) {
  let response = await send(url, init);
  // The demo makes new keys at each start: one more try with a new token outlives a restart.
  if (response.status === 401 && credential?.clientId) {
    await renew();
    response = await send(url, init);
  }
  if (response.status === 401) explain();
  return response;
}

async function send(url, init) {
  const token = await currentToken();
  const authorization = token ? { authorization: `Bearer ${token}` } : {};
  return call(url, { ...init, headers: { ...init.headers, ...authorization } });
}

function explain() {
  if (credential) {
    leave({ kind: 'error', text: 'O token foi recusado: expirou ou não vale neste servidor.' });
  } else {
    const text = state.clients ? 'Entre como um dos clientes de demonstração' : 'Cole um token de acesso';
    update({ notice: { kind: 'error', text: `A consulta não foi autenticada. ${text}.` } });
  }
}
