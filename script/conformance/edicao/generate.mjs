// Documents and variables over a schema, valid and nearly valid, always the same for a seed.
import {
  getNamedType, getNullableType, isAbstractType, isCompositeType, isEnumType, isInputObjectType,
  isListType, isNonNullType, isScalarType,
} from 'graphql';

const hasDefault = (definition) => definition.defaultValue !== undefined || definition.default !== undefined;
const isRequired = (definition) => isNonNullType(definition.type) && !hasDefault(definition);

export class Generator {
  constructor(schema, seed) {
    this.schema = schema;
    this.state = seed >>> 0 || 1;
    this.inputs = Object.values(schema.getTypeMap()).filter((type) => isInputObjectType(type) || isEnumType(type) || isScalarType(type));
    this.composites = Object.values(schema.getTypeMap()).filter((type) => isCompositeType(type) && !type.name.startsWith('__'));
  }

  // xorshift32.
  next() {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    this.state >>>= 0;
    return this.state / 2 ** 32;
  }
  chance(p) { return this.next() < p; }
  int(n) { return Math.floor(this.next() * n); }
  pick(list) { return list[this.int(list.length)]; }

  request() {
    // How often something is wrong, for the whole request.
    this.faults = this.pick([0, 0, 0, 0, 0.005, 0.02, 0.08]);
    this.variables = new Map();
    this.keys = 0;
    this.fragments = [];
    const kind = this.chance(0.15) ? 'mutation' : this.chance(0.05) ? 'subscription' : 'query';
    const root = { query: this.schema.getQueryType(), mutation: this.schema.getMutationType(), subscription: this.schema.getSubscriptionType() }[kind] ?? this.schema.getQueryType();
    const keyword = root === this.schema.getQueryType() ? 'query' : kind;
    const body = this.selections(root, 3 + this.int(2), keyword === 'subscription');
    const fragments = [];
    for (const { name, type, depth } of this.fragments) {
      fragments.push(`${this.description()}fragment ${name} on ${type} ${this.selections(this.schema.getType(type) ?? root, depth)}`);
      if (fragments.length > 8) break;
    }
    if (this.fault()) fragments.push(`fragment Sobra on ${this.pick(this.composites).name} { __typename }`);
    const definitions = [...this.variables].map(([name, { type, preset }]) => `${this.description()}$${name}: ${type}${preset}`);
    if (this.fault()) definitions.push('$sobra: Int');
    if (this.fault() && definitions.length > 0) definitions.push(definitions[0]);
    const declared = definitions.length > 0 ? `(${definitions.join(this.pick([', ', '\n', '\r\n\t']))})` : '';
    const name = this.chance(0.7) ? ' Operacao' : '';
    const anonymous = keyword === 'query' && !name && !declared && this.chance(0.5);
    const head = anonymous ? '' : `${this.description()}${keyword}${name}${declared}${this.directives('op')} `;
    const definitionsOfDocument = [head + body, ...fragments];
    if (this.fault()) definitionsOfDocument.push('query Operacao { __typename }');
    let query = definitionsOfDocument.join(this.pick(['\n', '\r\n', ' ', '\n# comentário: "{"\n']));
    if (this.chance(0.05)) query = `\uFEFF${query}`;
    if (this.chance(0.12)) query = this.corrupt(query);
    const variables = {};
    for (const [key, { graphqlType }] of this.variables) {
      if (this.chance(0.85)) variables[key] = this.json(graphqlType, 0);
    }
    if (this.chance(0.1)) variables.alheia = { x: 1 };
    return { query, variables };
  }

  fault() { return this.chance(this.faults); }

  description() {
    return this.chance(0.08) ? this.pick(['"descrição" ', '"""bloco com "aspas" e {chaves}"""\n', '"""\n  duas\n  linhas\n"""\n', '"" ']) : '';
  }

  selections(type, depth, single = false) {
    const count = single ? 1 : 1 + this.int(4);
    const items = [];
    for (let i = 0; i < count; i++) items.push(this.selection(type, depth, single));
    if (this.chance(0.05)) items.push(items[0]);
    return `{${this.pick([' ', '\n\t'])}${items.join(this.pick([' ', ', ', '\n']))} }`;
  }

  selection(type, depth, single) {
    if (!single && isCompositeType(type) && this.chance(0.12)) {
      const on = this.condition(type);
      return `...${on ? ` on ${on}` : ''}${this.directives('fragment')} ${this.selections(on ? this.schema.getType(on) ?? type : type, depth - 1)}`;
    }
    if (!single && isCompositeType(type) && this.chance(0.1) && this.fragments.length < 6 && depth > 0) {
      const reuse = this.fragments.length > 0 && this.chance(0.4) ? this.pick(this.fragments).name : undefined;
      const name = reuse ?? `F${this.fragments.length}`;
      if (!reuse) this.fragments.push({ name, type: this.condition(type) ?? type.name, depth: depth - 1 });
      return `...${this.fault() ? 'Nenhum' : name}${this.directives('fragment')}`;
    }
    return this.field(type, depth);
  }

  condition(type) {
    if (this.fault()) return this.pick([this.pick(this.composites).name, 'NaoHa', 'Int', this.pick(this.inputs).name]);
    if (this.chance(0.3)) return undefined;
    return isAbstractType(type) ? this.pick(this.schema.getPossibleTypes(type)).name : type.name;
  }

  field(type, depth) {
    const fields = type.getFields ? Object.values(type.getFields()) : [];
    const leaves = fields.filter((field) => !isCompositeType(getNamedType(field.type)));
    if (this.fault()) return this.pick(['naoHa', 'naoHa { x }', 'id { x }', '__schema { queryType { name } }', '__type(name: 1) { name }']);
    if (fields.length === 0 || this.chance(0.05) || (depth <= 0 && leaves.length === 0)) return '__typename';
    const field = this.pick(depth <= 0 ? leaves : fields);
    const named = getNamedType(field.type);
    const args = this.arguments(field.args ?? []);
    // Keys that meet are rare, so that conflicts do not hide everything else.
    const alone = this.chance(args || isCompositeType(named) ? 0.93 : 0.3);
    const alias = alone ? `k${this.keys++}: ` : this.chance(0.08) ? `${this.pick(['a', 'b', 'id', 'apelido'])}: ` : '';
    let sub = isCompositeType(named) ? ` ${this.selections(named, depth - 1)}` : '';
    if (this.fault()) sub = sub ? '' : ' { x }';
    return `${alias}${field.name}${args}${this.directives('field')}${sub}`;
  }

  arguments(definitions) {
    const given = [];
    for (const definition of definitions) {
      if (isRequired(definition) ? this.fault() : this.chance(0.6)) continue;
      given.push(`${definition.name}: ${this.value(definition.type, 0, definition)}`);
    }
    if (this.fault()) given.push('naoHa: 1');
    if (this.fault() && given.length > 0) given.push(given[0]);
    return given.length > 0 ? `(${given.join(this.pick([', ', ' ']))})` : '';
  }

  directives(place) {
    const list = [];
    if (place !== 'op' && this.chance(0.06)) list.push(`@${this.pick(['skip', 'include'])}(if: ${this.value(this.schema.getType('Boolean'), 3, { required: true })})`);
    if (this.fault()) list.push(this.pick(['@naoHa', '@skip', '@skip(if: 1)', '@include(if: true, x: $v)', '@deprecated', '@skip(if: false) @skip(if: true)']));
    return list.map((directive) => ` ${directive}`).join('');
  }

  // A literal, with variables in it.
  value(type, depth, definition) {
    if (this.chance(definition?.required ? 0.5 : 0.22)) return this.variable(type, definition);
    if (isNonNullType(type)) return this.fault() ? 'null' : this.value(type.ofType, depth);
    if (this.chance(0.05)) return 'null';
    if (this.fault()) return this.pick(['"texto"', '1', '1.5', 'true', 'NADA', '[1, null]', '{x: 1}', 'null', '$naoHa', '2147483648', '-0', '1e2']);
    if (isListType(type)) {
      if (this.chance(0.25)) return this.value(type.ofType, depth + 1);
      return `[${Array.from({ length: this.int(3) }, () => this.value(type.ofType, depth + 1)).join(this.pick([', ', ' ']))}]`;
    }
    if (isEnumType(type)) return this.pick(type.getValues()).name;
    if (isInputObjectType(type)) return this.object(type, depth);
    return this.scalar(type);
  }

  scalar(type) {
    switch (type.name) {
      case 'Int': return this.pick(['0', '1', '20', '-7', '2147483647', '-0']);
      case 'Float': return this.pick(['1', '1.5', '-2.25', '1e2']);
      case 'Boolean': return this.pick(['true', 'false']);
      case 'ID': return this.pick(['"id"', '7', '"7"', '123456789012345678901']);
      default: return this.pick(['"x"', '"á\\u00e9 \\u{1F600}"', '"""bloco"""', '"\\uD83D\\uDE00"', '""']);
    }
  }

  object(type, depth) {
    const fields = Object.values(type.getFields());
    if (type.isOneOf) {
      const field = this.pick(fields);
      const others = this.fault() ? [`${this.pick(fields).name}: null`] : [];
      return `{${[`${field.name}: ${this.value(field.type, depth + 1, { oneOf: true })}`, ...others].join(', ')}}`;
    }
    const given = [];
    for (const field of fields) {
      if (isRequired(field) ? this.fault() : this.chance(depth > 1 ? 0.95 : 0.7)) continue;
      given.push(`${field.name}: ${this.value(field.type, depth + 1, field)}`);
    }
    if (this.fault()) given.push('naoHa: 1');
    if (this.fault() && given.length > 0) given.push(given[0]);
    return `{${given.join(', ')}}`;
  }

  // A variable of a type that fits, or nearly.
  variable(type, definition) {
    let declared = type;
    const defaults = definition && hasDefault(definition);
    let preset = '';
    let text = String(type);
    if (isNonNullType(type) && (defaults || this.chance(0.2))) {
      declared = type.ofType;
      text = String(declared);
      if (!defaults && !this.fault()) preset = ` = ${this.constant(declared, 0)}`;
    } else if (!isNonNullType(type) && this.chance(definition?.oneOf ? 0.95 : 0.2)) {
      text = `${text}!`;
    }
    if (!preset && this.chance(0.1)) preset = ` = ${this.constant(declared, 0)}`;
    if (this.fault()) text = this.pick(['Int', 'String!', 'NaoHa', 'Query', `[${text}]`, this.pick(this.inputs).name]);
    for (const [name, known] of this.variables) {
      if (known.type === text && known.preset === preset && this.chance(0.5)) return `$${name}`;
    }
    const name = `v${this.variables.size}`;
    this.variables.set(name, { type: text, preset, graphqlType: text.endsWith('!') && !isNonNullType(declared) ? { ofType: declared, required: true } : declared });
    return `$${name}`;
  }

  constant(type, depth) {
    // No variables in a default.
    const before = this.value;
    this.value = (inner, innerDepth) => this.literal(inner, innerDepth);
    const text = this.literal(getNullableType(type), depth);
    this.value = before;
    return text;
  }

  literal(type, depth) {
    if (isNonNullType(type)) return this.literal(type.ofType, depth);
    if (this.fault()) return this.pick(['"texto"', '1', 'NADA', 'null', '[]', '{}']);
    if (isListType(type)) return depth > 2 ? '[]' : `[${this.literal(type.ofType, depth + 1)}]`;
    if (isEnumType(type)) return this.pick(type.getValues()).name;
    if (isInputObjectType(type)) return this.object(type, depth + 1);
    return this.scalar(type);
  }

  json(type, depth) {
    if (type.required) return this.fault() ? null : this.json(type.ofType, depth);
    if (isNonNullType(type)) return this.fault() ? null : this.json(type.ofType, depth);
    if (this.chance(0.08)) return null;
    if (this.fault()) return this.pick(['texto', 1, 1.5, true, null, [], {}, [1, null], { x: 1 }, 2147483648, 1e30]);
    if (isListType(type)) {
      if (this.chance(0.2)) return this.json(type.ofType, depth + 1);
      return Array.from({ length: this.int(3) }, () => this.json(type.ofType, depth + 1));
    }
    if (isEnumType(type)) return this.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields());
      if (type.isOneOf) {
        const field = this.pick(fields);
        return { [field.name]: this.json(field.type, depth + 1) };
      }
      const value = {};
      for (const field of fields) {
        if (isRequired(field) ? this.fault() : this.chance(depth > 1 ? 0.95 : 0.6)) continue;
        value[field.name] = this.json(field.type, depth + 1);
      }
      if (this.fault()) value.naoHa = 1;
      return value;
    }
    switch (type.name) {
      case 'Int': return this.pick([0, 1, -5, 20.0, 2147483647]);
      case 'Float': return this.pick([0, 1.5, -3]);
      case 'Boolean': return this.chance(0.5);
      case 'ID': return this.pick(['id', 12, '12']);
      default: return this.pick(['x', '', 'á😀']);
    }
  }

  // One token less, twice, or another one.
  corrupt(query) {
    const tokens = query.match(/"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|\.\.\.|\s+|./gu) ?? [];
    const at = this.int(tokens.length);
    switch (this.int(4)) {
      case 0: tokens.splice(at, 1); break;
      case 1: tokens.splice(at, 0, tokens[at]); break;
      case 2: tokens[at] = this.pick(['{', '}', '(', ')', '$', '!', ':', '"', '"""', '...', '@', '1', '01', '1a', '1.', '-', '.', '&', '|', '\'', 'é', '\\', 'on', 'null', '"\\q"', '"\\u{110000}"', '"\\uD800"']); break;
      default: return query.slice(0, this.int(query.length));
    }
    return tokens.join('');
  }
}
