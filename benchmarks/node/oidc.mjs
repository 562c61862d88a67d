// oidc-provider with one client that may ask for client credentials: node oidc.mjs PORT FOLDER, FOLDER/node_modules has it.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, folder] = process.argv.slice(2);
const found = createRequire(`${folder}/package.json`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found).href);

const client = {
  client_id: "bench",
  client_secret: "bench-secret",
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client],
  features: { clientCredentials: { enabled: true } },
});
provider.listen(Number(port), "127.0.0.1");
