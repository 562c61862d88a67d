// An OAuth server made with node-oauth2-server, in memory: password, client credentials, and refresh tokens that are used once.
import { once } from "node:events";
import { createServer } from "node:http";
import { parse } from "node:querystring";
import { createInterface } from "node:readline";
import OAuth2Server from "@node-oauth/oauth2-server";

// It lives as long as whoever started it, and is told the credentials and the seconds that tokens live in the first line.
const lines = createInterface({ input: process.stdin }).once("close", () => process.exit());
const { credentials, lifetime } = JSON.parse((await once(lines, "line"))[0]);
const grants = ["password", "client_credentials", "refresh_token"];
const clients = ["", "other_"].map((who) => ({
  id: credentials[`${who}client_id`],
  secret: credentials[`${who}client_secret`],
  grants,
}));
const passwords = new Map([
  [credentials.username, credentials.password],
  [credentials.other_username, credentials.other_password],
]);
const tokens = new Set();
const find = (kind, text) => [...tokens].find((token) => token[kind] === text) ?? null;

const oauth = new OAuth2Server({
  accessTokenLifetime: lifetime,
  model: {
    getClient: (id, secret) => clients.find((client) => id === client.id && secret === client.secret) ?? null,
    getUser: (name, password) => (passwords.has(name) && passwords.get(name) === password ? { name } : null),
    getUserFromClient: (client) => ({ name: client.id }),
    saveToken(token, of, user) {
      const saved = { ...token, client: of, user };
      tokens.add(saved);
      return saved;
    },
    getAccessToken: (text) => find("accessToken", text),
    getRefreshToken: (text) => find("refreshToken", text),
    revokeToken(token) {
      // Used up is the refresh token; the access token lives on.
      const held = find("refreshToken", token.refreshToken);
      delete held?.refreshToken;
      return held !== null;
    },
  },
});

async function answer(request, url, body) {
  const asked = new OAuth2Server.Request({
    headers: request.headers,
    method: request.method,
    query: Object.fromEntries(url.searchParams),
    body: parse(body),
  });
  const told = new OAuth2Server.Response();
  try {
    if (url.pathname === "/oauth/token") {
      await oauth.token(asked, told);
    } else if (/^\/api\/billing-groups\/[^/]+\/balance$/.test(url.pathname)) {
      await oauth.authenticate(asked, told);
      told.body = { balance: 12.5 };
    } else {
      told.status = 404;
    }
  } catch (trouble) {
    // As the library's own wrapper for Express has it.
    told.status = trouble.code;
    told.body = trouble instanceof OAuth2Server.UnauthorizedRequestError
      ? null
      : { error: trouble.name, error_description: trouble.message };
  }
  return told;
}

const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const told = await answer(request, new URL(request.url, "http://127.0.0.1"), body);
  response.writeHead(told.status, { ...told.headers, ...(told.body && { "content-type": "application/json" }) });
  response.end(told.body ? JSON.stringify(told.body) : "");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
