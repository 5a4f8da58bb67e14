// Four systems of each of the 27 tribunais ask, each with a token that an issuer signed.
import { createSign, generateKeyPairSync } from 'node:crypto';

export const ISSUER = 'https://sso.example/auth/realms/pje';
export const TRIBUNAIS = Array.from({ length: 27 }, (_, n) => 801 + n);
const EACH = 4;
/** The tribunal of each credential, the 27 in turn. */
export const TRIBUNAL_OF = Array.from({ length: TRIBUNAIS.length * EACH }, (_, n) => TRIBUNAIS[n % TRIBUNAIS.length]);
/** The credential of the narrow load, as an index. */
export const NARROW = TRIBUNAL_OF.indexOf(820);

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Returns a token for each credential, and the key set of the issuer. */
export function credentials() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const now = Math.floor(Date.now() / 1000);
  const head = base64({ alg: 'RS256', typ: 'JWT', kid: 'bench' });
  const signed = (claims) => {
    const content = `${head}.${base64(claims)}`;
    return `${content}.${createSign('RSA-SHA256').update(content).sign(privateKey, 'base64url')}`;
  };
  const tokens = TRIBUNAL_OF.map((tribunal, n) => {
    const region = String(tribunal - 800).padStart(2, '0');
    const system = `sistema-${region}-${Math.floor(n / TRIBUNAIS.length) + 1}`;
    return signed({
      iss: ISSUER, sub: `service-account-${system}`, azp: system, aud: 'elos', iat: now, exp: now + 12 * 3600,
      tribunal: `8.${region}`, realm_access: { roles: ['pse-consulta', 'pse-integracao', 'pse-dados-sensiveis'] },
    });
  });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'RS256' }] };
  return { tokens, jwks };
}
