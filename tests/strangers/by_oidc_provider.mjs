// An OAuth server made with oidc-provider, in memory. The password grant, which it lacks, is registered as its manual says;
// what its tokens open is its own userinfo endpoint.
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider, errors } from "oidc-provider";

const SCOPE = "openid offline_access";
// It lives as long as whoever started it, and is told the credentials and the seconds that tokens live in the first line.
const lines = createInterface({ input: process.stdin }).once("close", () => process.exit());
const { credentials, lifetime } = JSON.parse((await once(lines, "line"))[0]);
const passwords = new Map([
  [credentials.username, credentials.password],
  [credentials.other_username, credentials.other_password],
]);

const provider = new Provider("http://127.0.0.1", {
  clients: ["", "other_"].map((who) => ({
    client_id: credentials[`${who}client_id`],
    client_secret: credentials[`${who}client_secret`],
    grant_types: ["password", "client_credentials", "refresh_token"],
    redirect_uris: [],
    response_types: [],
  })),
  clientAuthMethods: ["client_secret_basic"],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  rotateRefreshToken: true,
  routes: {
    introspection: "/oauth/introspect",
    revocation: "/oauth/revoke",
    token: "/oauth/token",
    userinfo: "/userinfo",
  },
  ttl: { AccessToken: lifetime, ClientCredentials: lifetime, Grant: 86400, IdToken: lifetime, RefreshToken: 86400 },
});

provider.registerGrantType(
  "password",
  async (ctx) => {
    const { client, params } = ctx.oidc;
    for (const name of ["username", "password"]) {
      if (!params[name]) throw new errors.InvalidRequest(`missing required parameter ${name}`);
    }
    if (passwords.get(params.username) !== params.password) throw new errors.InvalidGrant("wrong name or password");
    const grant = new provider.Grant({ accountId: params.username, clientId: client.clientId });
    grant.addOIDCScope(SCOPE);
    const common = { accountId: params.username, client, grantId: await grant.save(), gty: "password", scope: SCOPE };
    const access = new provider.AccessToken(common);
    const refresh = new provider.RefreshToken({ ...common, rotations: 0 });
    ctx.body = {
      access_token: await access.save(),
      token_type: access.tokenType,
      expires_in: access.expiration,
      refresh_token: await refresh.save(),
      scope: SCOPE,
    };
  },
  ["username", "password"],
);

const answer = provider.callback();
const server = createServer((request, response) => {
  request.url = request.url.replace(/^\/api\/billing-groups\/[^/]+\/balance(?=$|\?)/, "/userinfo");
  answer(request, response);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
