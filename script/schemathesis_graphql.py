"""What schemathesis needs to know to ask GraphQL anything: the scalars, and what counts as a fault."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes


def escalar(nome, *exemplos):
    """Values that read well, and any text."""
    texto = st.one_of(st.sampled_from(exemplos), st.text(max_size=30))
    schemathesis.graphql.scalar(nome, texto.map(nodes.String))


escalar("NumeroProcesso", "8000096-72.2022.8.20.0001", "80000967220228200001")
escalar("IdentificadorAdolescente", "202200000001")
escalar("CPF", "52998224725")
escalar("NRE", "0000000000012026")


@schemathesis.check
def sem_falha_do_servidor(ctx, response, case):
    """A refusal is an answer; a 5xx is not, nor an error that is ours."""
    assert response.status_code < 500, response.status_code
    assert "ERRO_INTERNO" not in response.text
