// The certified npm package `oidc-provider` as an external identity provider, with one person per login name.
// Usage: node provider.mjs PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI AUTH_METHOD
// Prints `ready` when it listens; stops when its standard input closes.
import process from 'node:process';
import { Provider } from 'oidc-provider';

const [port, clientId, clientSecret, redirectUri, authMethod] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: authMethod,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'given_name', 'family_name', 'preferred_username'],
  },
  async findAccount(_ctx, id) {
    return {
      accountId: id,
      async claims() {
        return {
          sub: id,
          email: `${id}@acme.test`,
          email_verified: true,
          name: `${id} of Acme`,
          given_name: id,
          family_name: 'Acme',
          preferred_username: id,
        };
      },
    };
  },
  pkce: { required: () => true },
});

const server = provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
process.stdin.resume().on('end', () => server.close(() => process.exit(0)));
