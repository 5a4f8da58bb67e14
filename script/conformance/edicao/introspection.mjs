// Introspection, key by key: ours against that of graphql-js for the same SDL.
// usage: node introspection.mjs SCHEMA PROGRAM
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { buildSchema, getIntrospectionQuery, introspectionFromSchema } from 'graphql';

const [schemaFile, program] = process.argv.slice(2);
const theirs = introspectionFromSchema(buildSchema(readFileSync(schemaFile, 'utf8')));
const query = getIntrospectionQuery({
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  experimentalDirectiveDeprecation: true,
  oneOf: true,
});
const ours = JSON.parse(execFileSync(program, ['--introspection'], { input: query, maxBuffer: 1 << 28 }));
let keys = 0;
const differences = [];
const compare = (path, one, other) => {
  keys++;
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') {
    if (one !== other) differences.push(`${path}: graphql-js ${JSON.stringify(one)}, ours ${JSON.stringify(other)}`);
    return;
  }
  const names = Object.keys(one);
  if (names.join() !== Object.keys(other).join()) {
    differences.push(`${path}: graphql-js has ${names.length} (${names}), ours ${Object.keys(other).length} (${Object.keys(other)})`);
  }
  for (const name of names) {
    if (name in other) compare(`${path}.${one[name]?.name ?? name}`, one[name], other[name]);
  }
};
compare('', JSON.parse(JSON.stringify(theirs)), ours);
differences.slice(0, 30).forEach((difference) => console.log(difference));
console.log(`introspection: ${differences.length} differences in ${keys} values`);
process.exit(differences.length === 0 ? 0 : 1);
