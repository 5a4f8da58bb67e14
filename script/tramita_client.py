"""An órgão's system that calls the Tramita as the platform's client does: its address, its secret, its forms."""
import base64, hashlib, json, urllib.request

MB = 1024 * 1024
# The client gives up after this.
PATIENCE = 300


def unit(number):
    return {"identificacaoDoRepositorioDeEstruturas": "1", "numeroDeIdentificacaoDaEstrutura": number}


def digest(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def ranges(size, part):
    return [(start, min(start + part, size)) for start in range(0, size, part)]


def document(order, size, sha):
    return {"ordem": order, "especie": {"codigo": "1", "nomeNoProdutor": "Anexo"}, "nivelDeSigilo": "1",
            "componentesDigitais": [{"ordem": 1, "nome": f"{order}.pdf", "tamanhoEmBytes": str(size),
                                     "hash": {"algoritmo": "SHA256", "conteudo": sha}}]}


class Orgao:
    def __init__(self, base, client, number):
        self.v3, self.number = f"{base}/interoperabilidade/rest/v3/", number
        self.basic = "Basic " + base64.b64encode(f"{client}:demo".encode()).decode()

    def call(self, method, path, body=None, content_type="application/json"):
        """What is answered; an `urllib.error.HTTPError` otherwise."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = urllib.request.Request(self.v3 + path, data=body, method=method)
        request.add_header("Authorization", self.basic)
        request.add_header("Content-Type", content_type)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def send(self, to, protocolo, documents):
        return self.call("POST", "tramites/processo", {
            "cabecalho": {"remetente": unit(self.number), "destinatario": unit(to.number)},
            "processo": {"protocolo": protocolo, "nivelDeSigilo": "1", "descricao": "Arquivos", "documentos": documents},
        })

    def upload(self, ticket, protocolo, data, sha, part=""):
        """A file, or the part of it that begins and ends there."""
        parts = [("conteudo", data, '; filename="arquivo_externo.html"\r\nContent-Type: text/html')]
        parts += [("hashDoComponenteDigital", sha.encode(), ""), ("protocolo", protocolo.encode(), "")]
        form = b"".join(
            f'--limite\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"
            for name, value, more in parts
        )
        path = f"tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar{part}"
        return self.call("PUT", path, form + b"--limite--\r\n", "multipart/form-data; boundary=limite")

    def download(self, idt, protocolo, sha, start, end):
        text = self.call("POST", f"tramites/{idt}/protocolos/componentes-digitais/partes/{start}-{end}",
                         {"hashDoComponenteDigital": sha, "protocolo": protocolo})
        return base64.b64decode(text, validate=True)

    def metadata(self, idt):
        return self.call("GET", f"tramites/{idt}?IDT={idt}")

    def found(self, idt):
        return self.call("GET", f"tramites?IDT={idt}")["tramites"][0]
