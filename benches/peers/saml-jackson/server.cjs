// saml-jackson is a library: this is the thinnest HTTP server around it. One OpenID Connect connection, SQLite in a file,
// ID tokens signed with RS256.
const fs = require("fs");
const http = require("http");
const jackson = require("@boxyhq/saml-jackson");

const env = process.env;
const base64 = (name) => Buffer.from(fs.readFileSync(`${env.DIR}/${name}`)).toString("base64");

async function main() {
  const quiet = () => {};
  const { default: start } = jackson;
  const { connectionAPIController, oauthController, oidcDiscoveryController } = await start({
    externalUrl: env.BASE,
    samlPath: "/oauth/saml",
    oidcPath: "/oauth/oidc",
    samlAudience: env.BASE,
    clientSecretVerifier: env.APP_SECRET,
    noAnalytics: true,
    logger: { info: quiet, warn: quiet, error: console.error },
    openid: { jwsAlg: "RS256", jwtSigningKeys: { private: base64("private.pem"), public: base64("public.pem") } },
    db: { engine: "sql", type: "sqlite", url: `${env.DIR}/jackson.db`, ttl: 300, cleanupLimit: 1000 },
  });
  await connectionAPIController.createOIDCConnection({
    tenant: "load",
    product: "bench",
    defaultRedirectUrl: env.APP_REDIRECT,
    redirectUrl: JSON.stringify([env.APP_REDIRECT]),
    oidcDiscoveryUrl: `${env.UPSTREAM_BY_NAME}/.well-known/openid-configuration`,
    oidcClientId: env.CLIENT_ID,
    oidcClientSecret: env.CLIENT_SECRET,
  });
  const pages = {
    "/ready": async () => ({ ready: true }),
    "/jwks": async () => oidcDiscoveryController.jwks(),
    "/oauth/authorize": async (query) => oauthController.authorize(query),
    "/oauth/oidc": async (query) => oauthController.oidcAuthzResponse(query),
    "/oauth/token": async (_, body, header) => oauthController.token(body, header),
  };
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, env.BASE);
    let body = "";
    for await (const part of request) body += part;
    try {
      const page = pages[url.pathname];
      const fields = Object.fromEntries(new URLSearchParams(body));
      const answer = await page(Object.fromEntries(url.searchParams), fields, request.headers.authorization);
      if (answer.redirect_url) {
        response.writeHead(302, { location: answer.redirect_url }).end();
      } else {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      }
    } catch (fault) {
      console.error(fault);
      response.writeHead(500).end(String(fault.message));
    }
  });
  server.listen(Number(env.PORT), "127.0.0.1");
}

main();
