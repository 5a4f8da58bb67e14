// The schema by the rules of @graphql-eslint; `esquema` runs it on a copy, for eslint reads nothing above its folder.
import graphql from '@graphql-eslint/eslint-plugin';

// Parts of something else, which no client asks for by an id.
const withoutId = ['Acontecimento', 'AdolescenteSemelhante', 'AtoInfracional', 'Ator', 'CertidaoNascimento', 'ChaveEstatistica',
  'ComponenteSolicitado', 'DocumentoDaGuia', 'ErroCampoInvalido', 'ErroConflitoDeVersao', 'ErroDeIdempotencia', 'ErroDeRegra',
  'ErroDeTramite', 'ErroNaoEncontrado', 'ErroProcessoJaExiste', 'Estrutura', 'GrupoEstatistico', 'ItemDoCatalogo', 'MetadadosTramite',
  'MudancaDeCampo', 'MudancaDeSituacao', 'PageInfo', 'Pendencia', 'Quartis', 'Recibo', 'Recusa', 'Responsavel', 'ResultadoDaBusca',
  'ResultadoEmLote', 'Rg', 'VerificacaoEnvio'];

export default [{
  files: ['lint/*.graphql'],
  languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: './lint/schema.graphql' } } },
  plugins: { '@graphql-eslint': graphql },
  rules: {
    ...graphql.configs['flat/schema-recommended'].rules,
    ...graphql.configs['flat/schema-relay'].rules,
    // The SDL is written with one line a description.
    '@graphql-eslint/description-style': ['error', { style: 'inline' }],
    '@graphql-eslint/naming-convention': ['error', {
      types: 'PascalCase', FieldDefinition: 'camelCase', InputValueDefinition: 'camelCase', Argument: 'camelCase',
      DirectiveDefinition: 'camelCase', EnumValueDefinition: 'UPPER_CASE',
    }],
    '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
    '@graphql-eslint/require-nullable-fields-with-oneof': 'error',
    '@graphql-eslint/require-nullable-result-in-root': 'error',
    '@graphql-eslint/require-field-of-type-query-in-mutation-result': 'error',
    '@graphql-eslint/input-name': ['error', { checkInputType: true, caseSensitiveInputType: false }],
    '@graphql-eslint/strict-id-in-types': ['error', { exceptions: { types: withoutId, suffixes: ['Connection', 'Edge', 'Payload'] } }],
    // `shouldImplementNode` is off: sentences of a timeline, structures and catalogue items are no nodes.
    // `listTypeCanWrapOnlyEdgeType` is off: connections have `nodes` besides `edges`, and rules' refusals are lists.
    '@graphql-eslint/relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
  },
}];
