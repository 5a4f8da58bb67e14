// The types of openapi-typescript, by openapi-fetch.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const [baseUrl, token, numeroProcesso] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

const person = await client.POST("/api/v1/adolescentes", {
  body: { nome: "Ana", sobrenome: "Fictícia", dataNascimento: "01/02/2010", sexoBiologico: "FEMININO", possuiNomeSocial: "N" },
});
if (person.error) throw new Error(person.error.mensagemUsuario);
const identificador = "identificador" in person.data.dados ? person.data.dados.identificador : undefined;
if (!identificador) throw new Error("no identificador");

const registered = await client.POST("/api/v1/processos", {
  body: {
    numeroProcesso, identificadoresAdolescentes: [identificador], idOrgao: 1234,
    appNameSistemaTribunal: "pje-tjrn-1g", tipoProcesso: "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
  },
});
if (registered.error) throw new Error(registered.error.erros.join("; "));

const archived = await client.PUT("/api/v1/processos/numero-processo/{numeroProcesso}/situacao/{situacao}", {
  params: { path: { numeroProcesso, situacao: "ARQUIVADO" } },
});
if (archived.data?.dados.situacaoProcesso !== "ARQUIVADO") throw new Error("not archived");
const again = await client.GET("/api/v1/processos/numero-processo/{numeroProcesso}", { params: { path: { numeroProcesso } } });
if (again.data?.dados.situacaoProcesso !== archived.data.dados.situacaoProcesso) throw new Error("not read again");
console.log("openapi-typescript: registered and archived");
