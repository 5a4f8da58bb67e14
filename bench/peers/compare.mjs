// Checks before the measurements that all targets give the same answers, that none answers from a
// cache, and that those which check tokens show a tribunal only its own rows.
import assert from 'node:assert/strict';
import pg from 'pg';
import { NARROW, TRIBUNAIS, TRIBUNAL_OF } from './credentials.mjs';
import { IN_TURN, variablesOf } from './draw.mjs';
import { SESSION, lastCase, limit } from './load.mjs';
import { sealed, written } from './measure.mjs';
import { say } from './progress.mjs';
import { TEXTS } from './texts.mjs';

const AT_A_TIME = 20;
const namesOf = (targets) => targets.map((target) => target.name).join(', ');

/** Compares the targets' answers to the first requests of a load. Unless it is narrow, every credential and every text occurs in them. */
export async function compare(targets, load, kind, requests, keys, quick) {
  const [ours, ...peers] = targets;
  const compared = requests.slice(0, quick ? IN_TURN / 5 : IN_TURN);
  const seen = { rows: 0, referencias: 0, execucoes: 0 };
  for (let at = 0; at < compared.length; at += AT_A_TIME) {
    await Promise.all(compared.slice(at, at + AT_A_TIME).map(async (one) => {
      const expected = await ours.said(kind, variablesOf(ours, kind, one, keys), one);
      for (const p of [expected].flat().flatMap((it) => it.processos ?? it.nodes ?? it)) {
        seen.rows += 1;
        seen.referencias += p.referencia ? 1 : 0;
        seen.execucoes += p.execucoes?.length ?? 0;
      }
      await Promise.all(peers.map(async (peer) => {
        const said = await peer.said(kind, variablesOf(peer, kind, one, keys), one);
        assert.deepEqual(said, expected, `${peer.name} answers ${kind} otherwise than elos`);
      }));
    }));
  }
  assert.ok(seen.rows >= compared.length, `${kind} says too little`);
  if (kind === 'Q2') assert.ok(seen.referencias > compared.length, 'Q2 has no references');
  if (kind === 'Q3') assert.ok(seen.referencias > 0 && seen.execucoes > 0, 'Q3 has no depth');
  if (load !== 'narrow') {
    assert.equal(new Set(compared.map(({ credential }) => credential)).size, TRIBUNAL_OF.length, 'a credential is missing');
    assert.equal(new Set(compared.map(({ text }) => text)).size, TEXTS, 'a text is missing');
  }
  say(`${load} ${kind}: ${compared.length} answers are the same from ${namesOf(targets)}`);
  return compared.length;
}

/** Checks that a change in the database shows in each target's next answer: none answers from a cache. */
export async function compareFresh(database, targets, keys) {
  const numero = keys.numeros.get(TRIBUNAL_OF[NARROW])[0];
  const add = (n) => database.sql('elos', 'UPDATE processo SET versao = versao + $1 WHERE numero = $2', [n, numero]);
  for (const target of targets) {
    for (const expected of [1, 1, 2, 2]) {
      if (expected === 2) await add(1);
      const { versao } = await target.said('Q1', { numero }, { credential: NARROW });
      if (expected === 2) await add(-1);
      assert.equal(versao, expected, `${target.name} answers from a memory`);
    }
  }
}

/** Checks that targets that check tokens do not show another tribunal's processo, and refuse a false signature. */
export async function compareWalls(targets, keys) {
  const numero = keys.numeros.get(TRIBUNAL_OF[NARROW])[0];
  for (const target of targets) {
    const { query } = target.texts.Q1[0];
    const path = target.pathOf('Q1');
    const foreign = await target.ask(query, { numero }, { credential: NARROW + 1, path });
    assert.deepEqual(foreign, { processo: null }, `${target.name} shows a tribunal another's processo`);
    const headers = target.headers(NARROW);
    headers.Authorization = `${headers.Authorization.slice(0, -8)}AAAAAAAA`;
    const { status } = await target.send(path, { query, variables: { numero } }, headers);
    assert.equal(status, 401, `${target.name} lets a false signature in`);
  }
  say(`walls: another tribunal's processo is not there, a false token is refused: ${namesOf(targets)}`);
}

/**
 * Lets each target register a processo without a key and, in another tribunal, one with a key. Checks the
 * answers and the rows: a processo, two vinculos, an evento.
 */
export async function compareWrites(database, targets, keys) {
  const { last } = keys;
  for (const [n, target] of targets.entries()) {
    for (const [kind, credential] of [['M1', NARROW], ['M1k', 0]]) {
      const numero = withDigits(8_000_000 + n, TRIBUNAL_OF[credential], 1999);
      const register = (key) => {
        const text = JSON.stringify(variablesOf(target, kind, { credential, key }, keys)).replaceAll('@', numero);
        return target.said(kind, JSON.parse(text), { credential, text: n });
      };
      const expected = { numero, tipo: 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', situacao: 'ATIVO', versao: 1 };
      assert.deepEqual(await register(n), expected, `what ${target.name} says of a registration`);
      // A known key is answered again, and nothing is done; with another input, it is refused.
      if (kind === 'M1k' && target.inProduction) {
        assert.deepEqual(await register(n), expected, `${target.name} forgot a key`);
        await assert.rejects(register(n + 1), /CHAVE_IDEMPOTENCIA_REUTILIZADA/, `${target.name} takes a key for another input`);
      }
      assert.deepEqual(await written(database, last), { processos: 1, vinculos: 2, eventos: 1 }, `what ${target.name} wrote`);
      await database.undoWrites('elos', last);
    }
  }
  say(`M1, M1k: the same answer and the same rows from ${namesOf(targets)}`);
}

/** A number of a tribunal, with its check digits. */
function withDigits(sequence, tribunal, origin) {
  const rest = BigInt(`${sequence}2025${tribunal}${origin}00`) % 97n;
  return `${sequence}${String(98n - rest).padStart(2, '0')}2025${tribunal}${origin}`;
}

/** Checks that the audit trail has at least `answers` records. */
export async function remembered(database, observer, answers) {
  await sealed(observer);
  const [{ records }] = await database.sql('elos', 'SELECT count(*)::int AS records FROM auditoria WHERE tribunal_codigo IS NOT NULL');
  assert.ok(records >= answers, `the trail has ${records} records of ${answers} answers`);
}

/** Checks that pgbench's statements return the rows that elos returns, for a key of each of four tribunais. */
export async function compareLimit(database, ours, keys, processos) {
  pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
  const client = await database.client('elos', 'elos_servidor', SESSION);
  const distinct = (lists) => [...new Set(lists.map((list) => JSON.stringify(list)))].map((text) => JSON.parse(text));
  const ms = (date) => date.getTime();
  for (const [t, caso, nth] of [[NARROW, 0, 0], [0, 3, 1], [26, lastCase(processos) - 20, 4], [12, lastCase(processos) >> 1, 2]]) {
    const tribunal = TRIBUNAIS[t];
    await client.query("SELECT set_config('elos.tribunal', $1, false)", [String(tribunal)]);
    const filled = (kind, told) => limit(kind).statement.replace(/(?<!:):([a-z]\w*)/g, (_, name) => `(${{ ...told, tribunal }[name]})`);
    const rows = async (kind, told) => (await client.query({ text: filled(kind, told), rowMode: 'array' })).rows;
    const said = (kind, key) => ours.said(kind, variablesOf(ours, kind, { credential: t, key }, keys), { credential: t });
    // The processos of the seed are listed in the order of their ids: this is row `key` of the
    // tribunal.
    const key = caso * 5 + nth;
    const id = (27 * caso + t) * 5 + nth + 1;

    const numero = keys.numeros.get(tribunal)[key];
    const [one] = await rows('Q1', { alto: numero.slice(0, 9), baixo: numero.slice(9) });
    assert.deepEqual([one[0], one[1], one[2], one[3], ms(one[4]), one[5]], Object.values(await said('Q1', key)), 'pgbench Q1');

    const second = await rows('Q2', { id });
    const nested = (await said('Q2', key)).flatMap((p) => (p.vinculos.length ? p.vinculos : [[]]).map((v) => [p.numero, p.referencia?.numero ?? null, ...v]));
    assert.deepEqual(second.map((r) => [r[0], r[3], ...(r[6] ? [ms(r[5]), ...r.slice(6)] : [])]), nested, 'pgbench Q2');

    const identificador = `2025${String((27 * caso + t) * 3 + (nth % 3) + 1).padStart(8, '0')}`;
    const third = await rows('Q3', { sequencia: Number(identificador.slice(4)) });
    const deep = await said('Q3', keys.adolescentes.get(tribunal).indexOf(identificador));
    assert.deepEqual(distinct(third.map((r) => [r[3], r[6]])), deep.processos.map((p) => [p.numero, p.referencia?.numero ?? null]), 'pgbench Q3');
    const inner = deep.processos.flatMap((p) => p.referencia?.vinculos.map((v) => v[1]) ?? []);
    assert.deepEqual(third.filter((r) => r[9]).map((r) => r[9]), inner, 'pgbench Q3, inside');
    const later = deep.processos.flatMap((p) => p.execucoes.map((e) => e.numero));
    assert.deepEqual(third.filter((r) => r[11]).map((r) => r[11]), later, 'pgbench Q3, execuções');

    const page = await rows('Q4', { id });
    const list = await said('Q4', key);
    assert.equal(list.nodes.length, 100, 'a page of Q4 is full');
    assert.deepEqual(page.map((r) => [r[0], ms(r[4]), Number(r[6])]), list.nodes.map((p) => [p.numero, p.criadoEm, list.total]), 'pgbench Q4');

    for (const kind of ['M1', 'M1k']) {
      const told = { sequencia: (27 * caso + t) * 3 + 1, alto: 2_000_000, origem: 1998 };
      await client.query(filled(kind, told));
      assert.deepEqual(await written(database, keys.last), { processos: 1, vinculos: 2, eventos: 1 }, `what pgbench wrote for ${kind}`);
      await database.undoWrites('elos', keys.last);
    }
  }
  await client.end();
  say('pgbench: its statements say the same, for four tribunais');
}
