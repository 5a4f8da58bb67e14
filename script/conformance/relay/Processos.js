// A list that grows and a fragment that is asked again: what Relay wants of connections and of Node.
import { graphql } from 'relay-runtime';

graphql`
  query ProcessosQuery($first: Int!) {
    ...Processos_lista @arguments(first: $first)
  }
`;

graphql`
  fragment Processos_lista on Query @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" }) {
    processos(first: $first, after: $after) @connection(key: "Processos_processos") {
      edges { node { ...Processos_processo } }
    }
  }
`;

graphql`
  fragment Processos_processo on Processo @refetchable(queryName: "ProcessosProcessoQuery") {
    id
    numero
    ... on ProcessoExecucao { apuracao { numero } }
    adolescentes(first: 5) { edges { situacao node { nomeExibicao } } }
  }
`;
