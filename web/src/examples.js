// The tabs of a first visit, in this order. `npm test` checks them against the schema; the name of
// an operation is the name of its tab.

/** @type {{ title: string, query: string, variables: string | null }[]} */
export const EXAMPLES = [
  {
    title: 'Processo com adolescentes, execução e outros processos',
    query: `# Cinco apurações e tudo o que se liga a elas, numa só ida:
# os adolescentes (e a situação do vínculo), os outros
# processos de cada um, as execuções que vieram da apuração.
query ProcessoComVinculos {
  processos(
    first: 5
    filtro: { tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL] }
  ) {
    nodes {
      numero
      situacao
      adolescentes {
        edges {
          situacao
          node {
            identificador
            nomeExibicao
            processos(vinculo: null) {
              nodes {
                numero
                tipo
                situacao
              }
            }
          }
        }
      }
      ... on ProcessoApuracao {
        execucoes {
          nodes {
            numero
            situacao
            adolescentes {
              nodes {
                identificador
              }
            }
          }
        }
      }
    }
  }
}
`,
    variables: null,
  },
  {
    title: 'Páginas com variáveis',
    query: `# Uma página por vez. Enquanto hasNextPage for true, copie o
# endCursor da resposta para "after", em Variables, e repita.
# O total só é contado porque totalCount foi pedido.
query Paginas($first: Int, $after: String) {
  processos(first: $first, after: $after) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      numero
      tipo
      situacao
      criadoEm
    }
  }
}
`,
    variables: json({ first: 3, after: null }),
  },
  {
    title: 'Filtros com ou, nao e ordem',
    query: `# Execuções, ou o que foi cadastrado desde 2025, menos os
# arquivados; o mais novo primeiro. Condições irmãs somam-se
# com E; "ou" pede ao menos uma da lista; "nao" nega.
query FiltrosEOrdem {
  processos(
    first: 10
    filtro: {
      ou: [
        { tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS] }
        { criadoDe: "2025-01-01T00:00:00Z" }
      ]
      nao: { situacao: [ARQUIVADO] }
    }
    ordem: { campo: CRIADO_EM, sentido: DESC }
  ) {
    totalCount
    nodes {
      numero
      tipo
      situacao
      criadoEm
      numeroReferencia
    }
  }
}
`,
    variables: null,
  },
  {
    title: 'Do adolescente aos processos',
    query: `# O caminho inverso: três adolescentes e os processos de
# cada um, com vínculo ativo ou encerrado (vinculo: null).
# De uma execução chega-se à apuração de origem.
query AdolescenteEProcessos {
  adolescentes(first: 3) {
    nodes {
      identificador
      nomeExibicao
      cadastroPendente
      processos(vinculo: null) {
        totalCount
        edges {
          situacao
          iniciadoEm
          encerradoEm
          node {
            numero
            tipo
            situacao
            ... on ProcessoExecucao {
              apuracao {
                numero
              }
            }
          }
        }
      }
    }
  }
}
`,
    variables: null,
  },
  {
    title: 'Cadastrar um adolescente',
    query: `# Cadastra um adolescente fictício (dados em Variables) e
# mostra o identificador gerado. Exige o papel pse-integracao.
# A recusa de uma regra vem como dado, em "erros".
mutation CadastrarAdolescente($input: CadastrarAdolescenteInput!) {
  cadastrarAdolescente(input: $input) {
    adolescente {
      identificador
      nomeExibicao
      dataCompleta21Anos
      tribunal {
        sigla
      }
    }
    avisos
    erros {
      codigo
      mensagem
      campo
      orientacao
    }
  }
}
`,
    variables: json({
      input: {
        dados: {
          nome: 'Ana',
          sobrenome: 'Exemplo da Silva',
          dataNascimento: '2009-03-14',
          sexoBiologico: 'FEMININO',
          naturalidade: 'Natal/RN',
        },
      },
    }),
  },
  {
    title: 'Cadastro de processo recusado',
    query: `# Uma recusa, de propósito: o dígito verificador do número
# está errado, e "orientacao" diz qual seria o certo. Regras
# independentes são julgadas juntas. Para que passe, corrija
# também o identificador: há alguns em AdolescenteEProcessos.
mutation CadastroRecusado($input: CadastrarProcessoInput!) {
  cadastrarProcesso(input: $input) {
    processo {
      numero
      situacao
    }
    erros {
      codigo
      mensagem
      campo
      orientacao
      ... on ErroCampoInvalido {
        regra
      }
    }
  }
}
`,
    variables: json({
      input: {
        numero: '9000741-00.2021.8.20.0083',
        tipo: 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL',
        adolescentes: ['202100000001'],
        idOrgao: 83,
        appNameSistemaTribunal: 'PJe',
      },
    }),
  },
  {
    title: 'O que muda, ao vivo',
    query: `# Cada mudança de um processo, quando acontece, até se parar.
# Outra aba, ou outro cliente do tribunal, muda um processo.
subscription MudancasDeProcessos {
  processoAlterado {
    cursor
    tipo
    processo {
      numero
      situacao
      magistrado {
        nome
      }
    }
  }
}
`,
    variables: null,
  },
  {
    title: 'Quem sou eu, e os tribunais',
    query: `# Como o servidor vê quem chama (cliente, tribunal, papéis)
# e os tribunais que ele conhece.
query QuemSouEu {
  eu {
    sub
    azp
    nacional
    papeis
    tribunal {
      sigla
      nome
    }
  }
  tribunais {
    codigo
    tr
    sigla
    nome
  }
}
`,
    variables: null,
  },
];

function json(value) {
  return JSON.stringify(value, null, 2);
}
