// Compares two schemas as clients see them: prints each change that breaks one, and fails if there is one.
// usage: node contrato.mjs OLD.graphql NEW.graphql
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import { readFileSync } from 'node:fs';

const [before, after] = process.argv.slice(2).map((file) => buildSchema(readFileSync(file, 'utf8'), { assumeValid: true }));
const changes = await diff(before, after);
const of = (level) => changes.filter((change) => change.criticality.level === level);
for (const { message, path } of of(CriticalityLevel.Breaking)) console.error(`breaks clients: ${path}: ${message}`);
for (const { message, path } of of(CriticalityLevel.Dangerous)) console.log(`to look at: ${path}: ${message}`);
const [breaking, dangerous, rest] = [CriticalityLevel.Breaking, CriticalityLevel.Dangerous, CriticalityLevel.NonBreaking].map((level) => of(level).length);
console.log(`contract: ${breaking} breaking, ${dangerous} to look at, ${rest} others`);
process.exitCode = breaking > 0 ? 1 : 0;
