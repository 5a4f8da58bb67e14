// The client of @hey-api/openapi-ts.
import { client } from "./hey/client.gen.js";
import { alterarSituacao, cadastrarAdolescente, cadastrarProcesso, processoPorNumero } from "./hey/sdk.gen.js";

const [baseUrl, token, numeroProcesso] = process.argv.slice(2);
client.setConfig({ auth: token });
if (client.getConfig().baseUrl !== baseUrl) throw new Error(`the address is ${client.getConfig().baseUrl}`);

const person = await cadastrarAdolescente({
  body: { nome: "Bento", sobrenome: "Fictício", dataNascimento: "01/02/2010", sexoBiologico: "MASCULINO" },
  throwOnError: true,
});
const identificador = person.data.dados.identificador;
if (!identificador) throw new Error("no identificador");
await cadastrarProcesso({
  body: {
    numeroProcesso, identificadoresAdolescentes: [identificador], idOrgao: 1234,
    appNameSistemaTribunal: "pje-tjrn-1g", tipoProcesso: "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
  },
  throwOnError: true,
});
await alterarSituacao({ path: { numeroProcesso, situacao: "ARQUIVADO" }, throwOnError: true });
const read = await processoPorNumero({ path: { numeroProcesso }, throwOnError: true });
if (read.data.dados.situacaoProcesso !== "ARQUIVADO") throw new Error("not archived");
const refused = await processoPorNumero({ path: { numeroProcesso: "9000751-09.2021.8.20.0083" } });
if (refused.error?.mensagemUsuario !== "Processo não encontrado.") throw new Error(JSON.stringify(refused.error));
console.log("@hey-api/openapi-ts: registered and archived");
