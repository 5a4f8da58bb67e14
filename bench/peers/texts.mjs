// Forty texts of each document, as forty front ends would write it: other names of the operation,
// other names of the fields, another order, on one line or on many. What is asked stays the same.
import { parse, print, stripIgnoredCharacters, visit } from 'graphql';
import { hashOf } from './random.mjs';

export const TEXTS = 40;

const SCREENS = ['Lista', 'Detalhe', 'Painel', 'Busca', 'Consulta', 'Pauta', 'Ficha', 'Relatorio'];
const capital = (word) => word[0].toUpperCase() + word.slice(1);
// Every form keeps the field's name in it, so that two fields never come to one.
const FORMS = [(field) => `${field}DaTela`, (field) => `meu${capital(field)}`, (field) => `${field}_1`, (field) => `ui${capital(field)}`];
/** About this many of ten fields get an alias. It depends only on the text and the field's name, so that all targets get the same. */
const RENAMED = 3;

function nameOf(selection) {
  return selection.kind === 'Field' ? selection.name.value : `... ${selection.typeCondition.name.value}`;
}

/** The text number `n` of a document, and the field that each alias stands for. */
function variant(document, kind, n) {
  const fields = new Map();
  const draw = (what) => hashOf(`${kind}/${n}/${what}`);
  const renamed = (field) => {
    if (draw(`rename ${field}`) % 10 >= RENAMED) return undefined;
    const alias = FORMS[draw(`form ${field}`) % FORMS.length](field);
    fields.set(alias, field);
    return { kind: 'Name', value: alias };
  };
  const tree = visit(parse(document), {
    OperationDefinition: (node) => ({ ...node, name: { kind: 'Name', value: `${SCREENS[n % SCREENS.length]}${kind}${n}` } }),
    SelectionSet: { leave: (node) => ({ ...node, selections: node.selections.toSorted((a, b) => draw(`order ${nameOf(a)}`) - draw(`order ${nameOf(b)}`)) }) },
    Field: (node) => ({ ...node, alias: renamed(node.name.value) }),
  });
  const text = print(tree);
  return { query: n % 2 ? stripIgnoredCharacters(text) : text, fields };
}

/** The document itself first, which the narrow load sends, and then its forty texts. */
export function textsOf(document, kind) {
  const variants = Array.from({ length: TEXTS }, (_, n) => variant(document, kind, n));
  if (new Set(variants.map(({ query }) => query)).size < TEXTS) throw new Error(`the texts of ${kind} are not all different`);
  return [{ query: document, fields: new Map() }, ...variants];
}

/** An answer with the fields' own names. */
export function unaliased(value, fields) {
  if (Array.isArray(value)) return value.map((one) => unaliased(one, fields));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [fields.get(name) ?? name, unaliased(one, fields)]));
}
