// The certified npm package `oidc-provider` as an external identity provider, with one person per login name.
// Usage: node provider.mjs PORT CLIENT, where CLIENT is the client's metadata as JSON
// Prints `ready` when it listens; stops when its standard input closes.
import process from 'node:process';
import { Provider } from 'oidc-provider';

const [port, client] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], ...JSON.parse(client) }],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'given_name', 'family_name', 'preferred_username', 'employee_id', 'groups'],
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
          employee_id: `E-${id}`,
          groups: ['staff', `friends of ${id}`],
        };
      },
    };
  },
  pkce: { required: () => true },
});

const server = provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
process.stdin.resume().on('end', () => server.close(() => process.exit(0)));
