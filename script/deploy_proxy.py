"""What a proxy of deploy/proxy must let through, tried: deploy_proxy.py DEMO [PROXY]

DEMO is the address of a running `elos demo`, PROXY that of a proxy before it, with TLS (its certificate is not
checked). Compression, ETags, server-sent events and a WebSocket are asked for through the proxy, and an event must
come while its stream is open: a proxy that buffers never gives it.
"""
import base64, gzip, http.client, json, os, random, ssl, struct, sys, urllib.request
from urllib.parse import urlsplit

demo, proxy = sys.argv[1], sys.argv[-1]
WAIT = 20
JSON = {"Content-Type": "application/json"}


def connection():
    address = urlsplit(proxy)
    if address.scheme == "http":
        return http.client.HTTPConnection(address.hostname, address.port, timeout=WAIT)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(address.hostname, address.port, timeout=WAIT, context=context)


def ask(method, path, body=None, headers=None):
    """One request. The demo answers to names of this machine only."""
    asked = connection()
    asked.request(method, path, body, {"Host": "localhost", **(headers or {})})
    answer = asked.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def token():
    basic = base64.b64encode(b"tjrn:demo").decode()
    url = demo + "/auth/realms/pje/protocol/openid-connect/token"
    asked = urllib.request.Request(url, b"grant_type=client_credentials", {"Authorization": "Basic " + basic})
    return "Bearer " + json.load(urllib.request.urlopen(asked, timeout=WAIT))["access_token"]


def numero():
    n = random.randrange(9_000_000)
    digits = 98 - int(f"{n:07d}20248200001" + "00") % 97
    return f"{n:07d}-{digits:02d}.2024.8.20.0001"


def register(bearer):
    headers = {**JSON, "Authorization": bearer}
    person = {"nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO"}
    status, _, body = ask("POST", "/api/v1/adolescentes", json.dumps(person), headers)
    assert status in (200, 201), (status, body)
    processo = {"appNameSistemaTribunal": "deploy-check", "idOrgao": 1, "numeroProcesso": numero(),
                "identificadoresAdolescentes": [json.loads(body)["dados"]["identificador"]],
                "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL"}
    status, _, body = ask("POST", "/api/v1/processos", json.dumps(processo), headers)
    assert status in (200, 201), (status, body)
    return processo["numeroProcesso"]


def compression():
    _, plain, text = ask("GET", "/schema.graphql")
    status, headers, body = ask("GET", "/schema.graphql", headers={"Accept-Encoding": "gzip"})
    assert status == 200 and headers.get("content-encoding") == "gzip", (status, headers)
    assert gzip.decompress(body) == text and "content-encoding" not in plain
    return f"{len(text)} bytes came as {len(body)}"


def etags(bearer, number):
    path = f"/api/v1/processos/numero-processo/{number}"
    status, headers, _ = ask("GET", path, headers={"Authorization": bearer})
    tag = headers.get("etag")
    assert status == 200 and tag and not tag.startswith("W/"), (status, headers)
    status, _, body = ask("GET", path, headers={"Authorization": bearer, "If-None-Match": tag})
    assert status == 304 and not body, (status, body)
    status, headers, _ = ask("GET", "/schema.graphql", headers={"Accept-Encoding": "gzip"})
    weak = headers["etag"]
    status, _, _ = ask("GET", "/schema.graphql", headers={"Accept-Encoding": "gzip", "If-None-Match": weak})
    assert status == 304, status
    return f"{tag} and {weak} are 304"


def events(bearer):
    asked = connection()
    query = json.dumps({"query": "subscription { processoAlterado { processo { numero } } }"})
    asked.request("POST", "/graphql", query, {**JSON, "Host": "localhost", "Authorization": bearer, "Accept": "text/event-stream"})
    answer = asked.getresponse()
    assert answer.status == 200 and answer.getheader("Content-Type").startswith("text/event-stream"), answer.status
    number = register(bearer)
    while True:
        line = answer.readline().decode()
        assert line, "the stream ended before the event"
        if line.startswith("data:") and number in line:
            return "an event came while the stream was open"


def websocket(bearer):
    asked = connection()
    asked.connect()
    key = base64.b64encode(os.urandom(16)).decode()
    asked.sock.sendall((f"GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                        f"Sec-WebSocket-Protocol: graphql-transport-ws\r\nAuthorization: {bearer}\r\n\r\n").encode())
    stream = asked.sock.makefile("rb")
    status = stream.readline().decode()
    assert " 101 " in status, status
    while stream.readline() != b"\r\n":
        pass

    def send(message):
        text, mask = json.dumps(message).encode(), os.urandom(4)
        length = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(text))
        asked.sock.sendall(b"\x81" + length + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(text)))

    def receive():
        first, length = stream.read(2)
        length = struct.unpack(">H", stream.read(2))[0] if length == 126 else length
        return first & 15, stream.read(length)

    def until(kind):
        while True:
            opcode, body = receive()
            assert opcode != 8, body
            if opcode == 1 and json.loads(body)["type"] == kind:
                return json.loads(body)

    send({"type": "connection_init"})
    until("connection_ack")
    send({"type": "subscribe", "id": "1", "payload": {"query": "subscription { processoAlterado { processo { numero } } }"}})
    # A `pong` to a `ping` sent behind it tells that the subscription has begun.
    send({"type": "ping"})
    until("pong")
    number = register(bearer)
    while until("next")["payload"]["data"]["processoAlterado"]["processo"]["numero"] != number:
        pass
    return "upgraded, acknowledged, an event came"


bearer = token()
number = register(bearer)
for name, told in (("gzip", compression()), ("ETag", etags(bearer, number)), ("SSE", events(bearer)), ("WebSocket", websocket(bearer))):
    print(f"  {name}: {told}")
