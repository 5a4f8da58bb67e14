// Accept or refuse: graphql-js against ours, document by document.
// usage: node comparar.mjs SCHEMA VERDICTS
import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';

const schema = buildSchema(readFileSync(process.argv[2], 'utf8'));
const documents = readFileSync(new URL('documentos.txt', import.meta.url), 'utf8').split('\n').slice(0, -1);
// Where graphql-js is wrong, 17 too: it lets a nullable variable stand in a @oneOf input (§5.8.5), if the
// input itself is non-null.
const refused = new Set(readFileSync(new URL('recusados.txt', import.meta.url), 'utf8').split('\n'));
const ours = readFileSync(process.argv[3], 'utf8').split('\n');
let differ = 0;
documents.forEach((text, i) => {
  let errors;
  try {
    errors = validate(schema, parse(text.replaceAll('⏎', '\n'))).map((error) => error.message);
  } catch (error) {
    errors = [error.message];
  }
  const accepts = errors.length === 0 && !refused.has(text);
  if (accepts !== (ours[i] === 'aceito')) {
    differ++;
    console.log(`${i + 1}: ${text}\n  graphql-js: ${errors.join(' | ') || 'accepts'}\n  ours: ${ours[i]}`);
  }
});
console.log(`documents: ${documents.length - differ} of ${documents.length} judged as they should be, ${refused.size - 1} of them not as by graphql-js`);
process.exit(differ ? 1 : 0);
