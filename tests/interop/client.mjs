// The certified npm package `openid-client` as an application.
// Usage: node client.mjs ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI
// Prints the address to send the person to; reads the address they came back with from standard input;
// then prints one line of JSON: the checked ID token, userinfo, and what a refresh gave.
import process from 'node:process';
import readline from 'node:readline';
import * as client from 'openid-client';

const [issuer, clientId, clientSecret, redirectUri] = process.argv.slice(2);
const config = await client.discovery(new URL(issuer), clientId, clientSecret || undefined,
  clientSecret ? client.ClientSecretBasic(clientSecret) : client.None(), { execute: [client.allowInsecureRequests] });
client.enableNonRepudiationChecks(config);

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: 'openid email profile offline_access',
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
  nonce: expectedNonce,
});
console.log(url.href);

for await (const line of readline.createInterface({ input: process.stdin })) {
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  const tokens = await client.authorizationCodeGrant(config, new URL(line), checks);
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  const later = await client.fetchUserInfo(config, refreshed.access_token, claims.sub);
  const logout = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token });
  console.log(JSON.stringify({ claims, userinfo, refreshed: refreshed.claims(), later, logout: logout.href }));
  break;
}
