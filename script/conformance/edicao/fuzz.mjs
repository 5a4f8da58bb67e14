// Generated requests: the verdict, the places of the errors and the coerced arguments, by graphql-js 17
// and by ours.
// usage: node fuzz.mjs SCHEMA PROGRAM [COUNT] [SEED]
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { buildSchema, isInputObjectType, isListType, getNullableType, getNamedType } from 'graphql';
import { Generator } from './generate.mjs';
import { judge } from './judge.mjs';

const [schemaFile, program, count = '2000', seed = '20250901'] = process.argv.slice(2);
const MAX_ERRORS = 10;

// Each difference that stays, with the clause of the edition that decides it.
const EXCEPTIONS = [
  {
    name: 'a nullable variable at a field of a non-null @oneOf input is refused',
    clause: '5.8.5: the variable must be non-null',
    applies: (theirs, ours) =>
      ours.verdict === 'invalid' && ['accepted', 'variables', 'invalid', 'operation'].includes(theirs.verdict) &&
      ours.messages.some((message) => message.includes('não serve onde se espera')) && theirs.oneOf,
  },
  {
    name: 'a null condition of @skip or @include refuses the request, where graphql-js answers `data: null`',
    clause: '6.3.2: a condition is a Boolean! and has no other value',
    applies: (theirs, ours) =>
      ours.verdict === 'variables' && theirs.verdict === 'accepted' && theirs.nullCondition &&
      ours.messages.every((message) => message.endsWith('não pode ser nula')),
  },
  {
    name: 'a null variable at an argument below the root of a mutation or a subscription refuses it before it starts',
    clause: 'of our own: 6.4.1 answers it at each event, or after the writes',
    applies: (theirs, ours) =>
      ours.verdict === 'variables' && theirs.verdict === 'accepted' && theirs.operation !== 'query' &&
      ours.messages.every((message) => /a variável `\$\w+` é nula$/.test(message)),
  },
  {
    name: 'a column counts characters, graphql-js UTF-16 units',
    clause: '2.1: a document is a sequence of Unicode scalar values',
    applies: (theirs, ours) => theirs.verdict === ours.verdict && theirs.astral,
  },
];

const sorted = (errors) => errors.map((places) => JSON.stringify(places)).sort();
const stable = (value) => (value === undefined ? null : value);

function same(theirs, ours) {
  if (theirs.verdict !== ours.verdict) return false;
  // Without answers, nothing tells which fields graphql-js would refuse.
  if (theirs.verdict === 'accepted' && theirs.data === undefined) return true;
  const [one, other] = [sorted(theirs.errors), sorted(ours.errors)];
  if (one.length <= MAX_ERRORS ? one.join() !== other.join() : other.length !== MAX_ERRORS) return false;
  return ours.data === undefined || ours.data === null || JSON.stringify(stable(theirs.data)) === JSON.stringify(ours.data);
}

// Echoes its arguments as JSON with sorted names.
const sort = (value) => Array.isArray(value) ? value.map(sort) : value && typeof value === 'object'
  ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sort(value[key])])) : value;
const ABSENT = Object.fromEntries(
  'int float texto id booleano cor ints exatos matriz entrada entradas umSo'.split(' ').map((name) => [name, null]),
);
const answers = {
  // No resolver of ours tells an argument that is absent from one that is null.
  echo: (args) => JSON.stringify(sort({ ...ABSENT, ...args })),
  exigido: (args) => JSON.stringify(sort(args)),
  irmao: () => 'respondido',
};

async function compare(name, schema, programArguments, answers) {
  const child = spawn(program, programArguments, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const generator = new Generator(schema, Number(seed));
  const tally = {}, excepted = {};
  let differ = 0;
  for (let n = 0; n < Number(count); n++) {
    const request = generator.request();
    const theirs = judge(schema, request, answers);
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) {
      console.log(`the program ended at ${JSON.stringify(request)}`);
      process.exit(1);
    }
    const ours = JSON.parse(value);
    tally[ours.verdict] = (tally[ours.verdict] ?? 0) + 1;
    // A limit of this server is none of the specification.
    if (ours.verdict === 'limit' || same(theirs, ours)) continue;
    theirs.oneOf = /umSo|especie|filtro/.test(request.query);
    theirs.nullCondition = Object.entries(request.variables).some(
      ([name, value]) => value === null && new RegExp(`@(skip|include)\\(if: \\$${name}\\b`).test(request.query),
    );
    theirs.operation = request.query.match(/\b(query|mutation|subscription)\b/)?.[1] ?? 'query';
    theirs.astral = /[\u{10000}-\u{10FFFF}]/u.test(request.query);
    const exception = EXCEPTIONS.find(({ applies }) => applies(theirs, ours));
    if (exception) {
      excepted[exception.name] = (excepted[exception.name] ?? 0) + 1;
      continue;
    }
    differ++;
    if (differ <= 10) console.log(`${n}: ${JSON.stringify(request)}\n  graphql-js: ${JSON.stringify(theirs)}\n  ours: ${JSON.stringify(ours)}`);
  }
  child.stdin.end();
  console.log(`${name}: ${differ} differences in ${count} requests of seed ${seed}: ${JSON.stringify(tally)}`);
  for (const { name, clause } of EXCEPTIONS) {
    if (excepted[name]) console.log(`  ${excepted[name]} times, ${name} (${clause})`);
  }
  return differ;
}

const schema = buildSchema(readFileSync(schemaFile, 'utf8'));
const echo = buildSchema(execFileSync(program, ['--sdl-echo'], { encoding: 'utf8' }));
const differ = (await compare('verdicts', schema, ['--json'])) + (await compare('coercion', echo, ['--json', 'echo'], answers));
process.exit(differ === 0 ? 0 : 1);
