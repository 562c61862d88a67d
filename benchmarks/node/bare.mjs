// The same work as benchmarks/bare.py, written by hand for node:http: node bare.mjs PORT
import { createServer } from "node:http";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const user = "bench";
const secret = Buffer.from("bench-secret");
const key = randomBytes(32);
const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString("base64url");
const access = new Map();
const refresh = new Map();

function signed(claims) {
  const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

function given(name, opaque) {
  const now = Math.floor(Date.now() / 1000);
  const id = randomBytes(16).toString("hex");
  const one = { sub: name, iss: "http://bench", iat: now, exp: now + 300, jti: id, groups: ["all"] };
  const other = { sub: name, iss: "http://bench", iat: now, jti: randomBytes(16).toString("hex") };
  const first = signed(one);
  const second = opaque ? randomBytes(39).toString("hex") : signed(other);
  access.set(first, one);
  refresh.set(second, other);
  return [200, JSON.stringify({ access_token: first, expires_at: now + 300, refresh_token: second })];
}

const refused = [401, '{"message": "unauthorized"}'];

function login(name, text, opaque) {
  const sent = Buffer.from(text);
  return name === user && sent.length === secret.length && timingSafeEqual(sent, secret) ? given(name, opaque) : refused;
}

function answer(request, body) {
  const authorization = request.headers.authorization ?? "";
  if (request.url === "/bearer") {
    return access.has(authorization.slice(7)) ? [200, '[{"name": "default"}]'] : refused;
  }
  if (request.url === "/renew") {
    const known = refresh.get(JSON.parse(body).refresh_token);
    return known === undefined ? refused : given(known.sub, true);
  }
  if (request.url === "/json") {
    const sent = JSON.parse(body);
    return login(sent.username, sent.password, true);
  }
  const pair = Buffer.from(authorization.slice(6), "base64").toString();
  const colon = pair.indexOf(":");
  if (request.url === "/form" && new URLSearchParams(body).get("grant_type") === null) {
    return refused;
  }
  return login(pair.slice(0, colon), pair.slice(colon + 1), request.url === "/form");
}

createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const [status, text] = answer(request, body);
    response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
    response.end(text);
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
