// A wallet made of @openid4vc/openid4vci, unpatched: a JSON request on stdin, what it received as JSON on stdout.
// Version 0.4.6 knows no encrypted requests of OpenID4VCI 1.0, so there is nothing to try there.
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { Oauth2Client, clientAuthenticationAnonymous } from '@openid4vc/oauth2'
import * as jose from 'jose'
import { createHash, randomBytes } from 'node:crypto'

const keys = new Map()
const thumbprint = (jwk) => jose.calculateJwkThumbprint(jwk)

async function newKey() {
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
  const jwk = await jose.exportJWK(publicKey)
  keys.set(await thumbprint(jwk), privateKey)
  return { method: 'jwk', alg: 'ES256', publicJwk: jwk }
}

const callbacks = {
  fetch: globalThis.fetch,
  hash: (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest()),
  generateRandom: (length) => new Uint8Array(randomBytes(length)),
  signJwt: async (signer, { header, payload }) => {
    const key = keys.get(await thumbprint(signer.publicJwk))
    const jwt = await new jose.SignJWT(payload).setProtectedHeader(header).sign(key)
    return { jwt, signerJwk: signer.publicJwk }
  },
  verifyJwt: async () => ({ verified: false }),
  encryptJwe: async () => Promise.reject(new Error('this client does not encrypt requests')),
  decryptJwe: async () => ({ decrypted: false }),
  clientAuthentication: clientAuthenticationAnonymous(),
}

async function receive(request) {
  const client = new Openid4vciClient({ callbacks })
  const credentialOffer = await client.resolveCredentialOffer(request.offer)
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer,
    issuerMetadata,
    txCode: request.tx_code,
    dpop: { signer: await newKey() },
  })
  let { accessTokenResponse, dpop } = token
  const received = {}
  for (const credentialConfigurationId of credentialOffer.credential_configuration_ids) {
    const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
    const jwt = []
    for (let copy = 0; copy < request.copies; copy++) {
      const made = await client.createCredentialRequestJwtProof({ issuerMetadata, signer: await newKey(), nonce, credentialConfigurationId })
      jwt.push(made.jwt)
    }
    const answer = await client.retrieveCredentials({
      issuerMetadata,
      accessToken: accessTokenResponse.access_token,
      credentialConfigurationId,
      proofs: { jwt: request.forge ? jwt.map((proof) => `${proof.slice(0, -8)}AAAAAAAA`) : jwt },
      dpop,
    })
    dpop = answer.dpop ?? dpop
    received[credentialConfigurationId] = answer.credentialResponse
    if (answer.credentialResponse.notification_id) {
      await client.sendNotification({
        issuerMetadata,
        accessToken: accessTokenResponse.access_token,
        notification: { notificationId: answer.credentialResponse.notification_id, event: 'credential_accepted' },
        dpop,
      })
    }
  }
  const server = issuerMetadata.authorizationServers[0]
  const refreshed = await new Oauth2Client({ callbacks }).retrieveRefreshTokenAccessToken({
    authorizationServerMetadata: server,
    refreshToken: accessTokenResponse.refresh_token,
    dpop,
  })
  return { received, refreshed: refreshed.accessTokenResponse.token_type, draft: issuerMetadata.originalDraftVersion }
}

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
let answer
try {
  answer = { ok: true, ...(await receive(JSON.parse(Buffer.concat(chunks)))) }
} catch (error) {
  const told = error.response?.credentialErrorResponseResult ?? error.errorResponse ?? error.zodError?.message ?? null
  answer = { ok: false, error: `${error.name}: ${error.message}`, told, stack: error.stack }
}
process.stdout.write(JSON.stringify(answer))
