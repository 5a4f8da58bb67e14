// Every operation of the page must be valid against the schema: a typo fails here, not in a browser.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { buildSchema, parse, validate, validateSchema } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { WHO_AM_I } from '../src/auth.js';
import { EXAMPLES } from '../src/examples.js';

const path = process.env.SCHEMA ?? new URL('../../schema.graphql', import.meta.url);
const schema = buildSchema(fs.readFileSync(path, 'utf8'));

test('the schema is valid', () => {
  assert.deepEqual(validateSchema(schema), []);
});

for (const { title, query, variables } of EXAMPLES) {
  test(title, () => {
    const document = parse(query);
    assert.deepEqual(validate(schema, document).map(String), []);
    assert.match(query, /^# .+\n/, 'starts with a comment that says what it shows');

    const [operation] = document.definitions;
    assert.ok(operation.name, 'has a name, which becomes the name of the tab');
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], JSON.parse(variables ?? '{}'));
    assert.deepEqual(errors ?? [], []);
  });
}

test('the question after the sign-in', () => {
  assert.deepEqual(validate(schema, parse(WHO_AM_I)).map(String), []);
});

test('no two tabs have the same name', () => {
  const names = EXAMPLES.map(({ query }) => parse(query).definitions[0].name.value);
  assert.equal(new Set(names).size, names.length);
});
