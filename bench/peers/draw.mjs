// The requests of a load, drawn by a seed and the same for every target. A request is a credential,
// a text and a key, each as an index; the key counts the rows of the credential's tribunal.
import { NARROW, TRIBUNAL_OF } from './credentials.mjs';
import { hashOf, randomOf, uniform, zipf } from './random.mjs';
import { TEXTS } from './texts.mjs';

/** Number of requests of a kind. A load that needs more begins again with the first. */
const DRAWN = 40_000;
/** In so many first requests, credentials and texts come in turn, so that each occurs; in the rest they are drawn. */
export const IN_TURN = 1080;
/** Number of keys in the narrow load, and of cursors. */
const NARROW_KEYS = 1000;
const NARROW_CURSORS = 100;
/** Rows after the last cursor, so that every page is full. */
const PAGE = { Q2: 20, Q4: 100 };

/** The keys of each tribunal, in the order of the listing. What a run writes has ids above `last`. */
export async function keysOf(database, name) {
  const of = async (values, table) => {
    const rows = await database.sql(name, `SELECT tribunal_codigo AS tribunal, array_agg(${values}) AS values FROM ${table} GROUP BY 1`);
    return new Map(rows.map((row) => [row.tribunal, row.values]));
  };
  const [last] = await database.sql(name, 'SELECT (SELECT max(id) FROM processo) AS processo, (SELECT max(id) FROM evento) AS evento');
  return {
    last,
    numeros: await of('numero ORDER BY criado_em, id', 'processo'),
    // Where a row stands in the listing: microseconds and id.
    places: await of("(extract(epoch FROM criado_em) * 1000000)::bigint || ',' || id ORDER BY criado_em, id", 'processo'),
    adolescentes: await of('identificador ORDER BY id', 'adolescente'),
  };
}

/** How many keys of a kind a tribunal has. */
function countOf(kind, keys, tribunal) {
  if (kind in PAGE) return keys.numeros.get(tribunal).length - PAGE[kind];
  return (kind === 'Q1' ? keys.numeros : keys.adolescentes).get(tribunal).length;
}

/** The requests of the spread load or, if `skewed`, of the zipf load. */
function spread(kind, keys, { skewed, seed }) {
  const random = randomOf(hashOf(`${seed}/${kind}`));
  return Array.from({ length: DRAWN }, (_, n) => {
    const credential = n < IN_TURN ? n % TRIBUNAL_OF.length : uniform(random, TRIBUNAL_OF.length);
    const text = 1 + (n < IN_TURN ? n % TEXTS : uniform(random, TEXTS));
    const count = countOf(kind, keys, TRIBUNAL_OF[credential]);
    // A step that reaches every key spreads the ranks, so that the most frequent keys are not the
    // oldest rows.
    const key = skewed ? (zipf(random, count) * stepOf(count)) % count : uniform(random, count);
    return { credential, text, key };
  });
}

const gcd = (a, b) => (b ? gcd(b, a % b) : a);
function stepOf(count) {
  let step = Math.floor(count * 0.618) || 1;
  while (gcd(step, count) > 1) step += 1;
  return step;
}

/** One credential, one text: a thousand keys spread over what its tribunal has, or its first cursors. */
function narrow(kind, keys) {
  const count = countOf(kind, keys, TRIBUNAL_OF[NARROW]);
  const few = Math.min(count, kind in PAGE ? NARROW_CURSORS : NARROW_KEYS);
  const apart = kind in PAGE ? 1 : Math.floor(count / few);
  return Array.from({ length: few }, (_, n) => ({ credential: NARROW, text: 0, key: n * apart }));
}

/** The requests of a kind under a load, the same for every target. */
export function draw(load, kind, keys, seed) {
  return load === 'narrow' ? narrow(kind, keys) : spread(kind, keys, { skewed: load === 'zipf', seed });
}

/** The variables of a request for a target. `@` stands for a número that is still free, which the sender puts in. */
export function variablesOf(target, kind, { credential, key }, keys) {
  const tribunal = TRIBUNAL_OF[credential];
  const all = keys.adolescentes.get(tribunal);
  const registration = { numero: '@', adolescentes: [all[key], all[(key + (all.length >> 1)) % all.length]] };
  const mine = {
    Q1: () => ({ numero: keys.numeros.get(tribunal)[key] }),
    Q2: () => ({ after: target.cursorOf(tribunal, key) }),
    Q3: () => ({ identificador: all[key] }),
    Q4: () => ({ after: target.cursorOf(tribunal, key) }),
    M1: () => registration,
    M1k: () => (target.inProduction ? { ...registration, chave: 'registro-@' } : registration),
  }[kind]();
  return target.tellsTribunal && kind !== 'Q1' ? { ...mine, tribunal } : mine;
}
