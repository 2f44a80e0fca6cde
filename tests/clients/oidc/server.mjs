// A real OpenID Connect server for the suites: node server.mjs <oidc-provider's index.js> <issuer> <key.pem> <cert.pem>
//
// Anybody may log in under any name. One client, `suite`; tokens last as long as the variable LIFE says, in seconds.
// A login named `tagged` brings session tags for AWS along. Prints `ready` when it listens.

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { pathToFileURL } from "node:url";

const [library, issuer, key, cert] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(library));
const TAGS = "https://aws.amazon.com/tags";

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "suite",
      client_secret: "a-secret-of-the-suite",
      redirect_uris: ["https://127.0.0.1/back"],
      id_token_signed_response_alg: process.env.ALGORITHM ?? "RS256",
    },
  ],
  enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256"] },
  jwks: JSON.parse(process.env.JWKS),
  claims: { openid: ["sub", TAGS] },
  conformIdTokenClaims: false,
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      ...(id === "tagged" && {
        [TAGS]: { principal_tags: { team: ["blue"] }, transitive_tag_keys: ["team"] },
      }),
    }),
  }),
  ttl: { IdToken: () => Number(process.env.LIFE ?? 600) },
  pkce: { required: () => false },
  cookies: { keys: ["only for these suites"] },
});

const tls = { key: readFileSync(key), cert: readFileSync(cert) };
createServer(tls, provider.callback()).listen(new URL(issuer).port, "127.0.0.1", () => console.log("ready"));
