// A certified OpenID provider (npm oidc-provider) and a server that trusts it: a token by client
// credentials works, and so does one by a key that came a moment ago.
//   node run.mjs provider PORT          the provider; POST /rotate makes a new key and uses it
//   node run.mjs check ISSUER BASE      asks both; exits 1 when anything is not as it should be
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const [what, ...args] = process.argv.slice(2);
const SECRET = 'only-for-this-check';

function key() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
}

async function provider(port) {
  const { default: Koa } = await import('koa');
  const { default: mount } = await import('koa-mount');
  const { Provider } = await import('oidc-provider');
  const issuer = `http://127.0.0.1:${port}/realms/pje`;
  let keys = [key()];
  let app;
  const build = () => {
    const resource = { scope: '', audience: 'elos', accessTokenTTL: 300, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
    const op = new Provider(issuer, {
      clients: [{
        client_id: 'pje-tjrn', client_secret: SECRET, grant_types: ['client_credentials'], redirect_uris: [],
        response_types: [], token_endpoint_auth_method: 'client_secret_basic',
      }],
      jwks: { keys },
      features: {
        clientCredentials: { enabled: true }, devInteractions: { enabled: false },
        resourceIndicators: { enabled: true, defaultResource: () => 'urn:elos', useGrantedResource: () => true, getResourceServerInfo: () => resource },
      },
      extraTokenClaims: (_, token) => ({ azp: token.clientId, tribunal: '8.20', realm_access: { roles: ['pse-consulta'] } }),
      routes: { token: '/protocol/openid-connect/token', jwks: '/protocol/openid-connect/certs' },
    });
    const koa = new Koa();
    koa.use(mount('/realms/pje', op));
    app = koa.callback();
  };
  build();
  createServer((req, res) => {
    if (req.method === 'POST' && req.url === '/rotate') {
      keys = [key(), ...keys];
      build();
      return res.end();
    }
    return app(req, res);
  }).listen(port, '127.0.0.1', () => console.log(`issuer ${issuer}`));
}

async function check(issuer, base) {
  let failed = 0;
  const say = (name, ok, found) => {
    if (!ok) failed += 1;
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}${ok ? '' : `: ${JSON.stringify(found)}`}`);
  };
  const token = async (secret) => {
    const basic = Buffer.from(`pje-tjrn:${secret}`).toString('base64');
    const res = await fetch(`${issuer}/protocol/openid-connect/token`, {
      method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }), headers: { authorization: `Basic ${basic}` },
    });
    return { status: res.status, ...(await res.json()) };
  };
  const who = async (bearer) => {
    const res = await fetch(`${base}/graphql`, {
      method: 'POST', body: JSON.stringify({ query: '{ eu { azp tribunal { codigo } papeis } }' }),
      headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    });
    return { status: res.status, challenge: res.headers.get('www-authenticate'), eu: (await res.json()).data?.eu };
  };
  const kid = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url')).kid;
  const expected = JSON.stringify({ azp: 'pje-tjrn', tribunal: { codigo: 820 }, papeis: ['pse-consulta'] });

  say('a wrong secret gets no token', (await token('x')).status === 401);
  const first = (await token(SECRET)).access_token;
  const let_in = await who(first);
  say('a token by client credentials is let in', let_in.status === 200 && JSON.stringify(let_in.eu) === expected, let_in);
  const without = await who();
  say('without one: 401 and a challenge', without.status === 401 && without.challenge?.startsWith('Bearer'), without);
  const [head, body, signature] = first.split('.');
  const forged = await who(`${head}.${body}.${signature.slice(0, -6)}AAAAAA`);
  say('a tampered one: 401', forged.status === 401 && forged.challenge.includes('invalid_token'), forged);

  await fetch(new URL('/rotate', issuer), { method: 'POST' });
  const second = (await token(SECRET)).access_token;
  say('the provider signs with a new key', kid(second) !== kid(first), kid(second));
  const rotated = await who(second);
  say('which works at once', rotated.status === 200, rotated);
  const old = await who(first);
  say('and so does the old one, which the provider still has', old.status === 200, old);
  process.exit(failed ? 1 : 0);
}

await { provider, check }[what](...args);
