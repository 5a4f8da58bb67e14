"""The client of openapi-python-client."""
import sys

from elos_client import AuthenticatedClient
from elos_client.api.adolescentes import cadastrar_adolescente
from elos_client.api.processos import alterar_situacao, cadastrar_processo, processo_por_numero
from elos_client.models import (
    NovaSituacao, NovoAdolescente, NovoProcesso, RespostaDeAdolescenteGravado, RespostaDeProcesso,
    RespostaDeProcessoGravado, SexoBiologico, TipoProcesso,
)

base, token, numero = sys.argv[1:]
with AuthenticatedClient(base_url=base, token=token) as client:
    person = cadastrar_adolescente.sync(client=client, body=NovoAdolescente(
        nome="Clara", sobrenome="Fictícia", data_nascimento="01/02/2010", sexo_biologico=SexoBiologico.FEMININO))
    assert isinstance(person, RespostaDeAdolescenteGravado), person
    registered = cadastrar_processo.sync(client=client, body=NovoProcesso(
        numero_processo=numero, identificadores_adolescentes=[person.dados.identificador], id_orgao=1234,
        app_name_sistema_tribunal="pje-tjrn-1g", tipo_processo=TipoProcesso.PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL))
    assert isinstance(registered, RespostaDeProcessoGravado), registered
    archived = alterar_situacao.sync(numero, NovaSituacao.ARQUIVADO, client=client)
    assert isinstance(archived, RespostaDeProcessoGravado), archived
    read = processo_por_numero.sync(numero, client=client)
    assert isinstance(read, RespostaDeProcesso) and read.dados.situacao_processo.value == "ARQUIVADO", read
print("openapi-python-client: registered and archived")
