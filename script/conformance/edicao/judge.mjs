// What graphql-js says of a request: its verdict, with the places of the errors, and, if the schema
// echoes, its answer.
import {
  GraphQLError, OperationTypeNode, getVariableValues, execute, parse, specifiedRules, validate,
} from 'graphql';

const places = (error) => (error.locations ?? []).map(({ line, column }) => [line, column]);

export function judge(schema, { query, variables }, answers) {
  let document;
  try {
    document = parse(query, { allowEmptySelectionSets: false });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { verdict: 'syntax', errors: [places(error)], messages: [error.message] };
  }
  const errors = validate(schema, document, specifiedRules, { maxErrors: 1000, allowEmptySelectionSets: false });
  if (errors.length > 0) {
    return { verdict: 'invalid', errors: errors.map(places), messages: errors.map((error) => error.message) };
  }
  const operations = document.definitions.filter((definition) => definition.kind === 'OperationDefinition');
  if (operations.length !== 1) return { verdict: 'operation', errors: [] };
  const values = getVariableValues(schema, operations[0].variableDefinitions ?? [], variables, { maxErrors: 50 });
  if (values.errors) {
    const messages = values.errors.map((error) => error.message);
    return { verdict: 'variables', errors: values.errors.map(places), messages };
  }
  if (!answers || operations[0].operation !== OperationTypeNode.QUERY) return { verdict: 'accepted', errors: [] };
  const result = execute({ schema, document, variableValues: variables, rootValue: answers });
  const failed = result.errors ?? [];
  return {
    verdict: 'accepted',
    errors: failed.map(places),
    data: result.data,
    messages: failed.map((error) => error.message),
  };
}
