// Unpatched OpenID4VC clients against our servers, over TLS that Node verifies itself (NODE_EXTRA_CA_CERTS names the root).
// {"operation": "issue"|"metadata"|"present", …} on stdin, {"ok": …} on stdout.
import { createHash, createPrivateKey, createPublicKey, createSign, createVerify, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { Buffer } from 'node:buffer'
import { calculateJwkThumbprint, clientAuthenticationAnonymous } from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { Openid4vpClient } from '@openid4vc/openid4vp'
import { CompactEncrypt, importJWK } from 'jose'

const b64url = (data) => Buffer.from(data).toString('base64url')
const p1363 = { dsaEncoding: 'ieee-p1363' }
const keys = new Map()

function freshKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  keys.set(jwk.x, privateKey.export({ format: 'jwk' }))
  return jwk
}
const signWith = (jwk, data) => createSign('sha256').update(data).sign({ key: createPrivateKey({ key: jwk, format: 'jwk' }), ...p1363 })

const callbacks = {
  fetch: globalThis.fetch,
  hash: (data, algorithm) => new Uint8Array(createHash(algorithm.replace('-', '')).update(data).digest()),
  generateRandom: (length) => new Uint8Array(randomBytes(length)),
  clientAuthentication: clientAuthenticationAnonymous(),
  signJwt: (signer, { header, payload }) => {
    const input = `${b64url(JSON.stringify(header))}.${b64url(JSON.stringify(payload))}`
    return { jwt: `${input}.${b64url(signWith(keys.get(signer.publicJwk.x), input))}`, signerJwk: signer.publicJwk }
  },
  verifyJwt: (signer, { compact }) => {
    const [header, payload, signature] = compact.split('.')
    const key = signer.method === 'x5c' ? new X509Certificate(Buffer.from(signer.x5c[0], 'base64')).publicKey : createPublicKey({ key: signer.publicJwk, format: 'jwk' })
    const verified = createVerify('sha256').update(`${header}.${payload}`).verify({ key, ...p1363 }, Buffer.from(signature, 'base64url'))
    return { verified, signerJwk: key.export({ format: 'jwk' }) }
  },
  encryptJwe: async (encryptor, data) => {
    const key = await importJWK(encryptor.publicJwk, encryptor.alg)
    const header = { alg: encryptor.alg, enc: encryptor.enc, kid: encryptor.publicJwk.kid }
    const jwe = await new CompactEncrypt(new TextEncoder().encode(data)).setProtectedHeader(header).encrypt(key)
    return { encryptionJwk: encryptor.publicJwk, jwe }
  },
  decryptJwe: () => ({ decrypted: false }),
  getX509CertificateMetadata: (certificate) => {
    const names = (new X509Certificate(Buffer.from(certificate, 'base64')).subjectAltName ?? '').split(', ')
    const of = (kind) => names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length))
    return { sanDnsNames: of('DNS:'), sanUriNames: of('URI:') }
  },
}

async function issue(request) {
  const client = new Openid4vciClient({ callbacks })
  const credentialOffer = await client.resolveCredentialOffer(request.offer)
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const dpopSigner = { method: 'jwk', publicJwk: freshKey(), alg: 'ES256' }
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer,
    issuerMetadata,
    txCode: request.tx_code,
    dpop: { signer: dpopSigner },
  })
  const credentials = {}
  // The i-th copies of all types share a key, so that several credentials can be shown as one holder's.
  const holders = Array.from({ length: request.copies }, freshKey)
  for (const credentialConfigurationId of credentialOffer.credential_configuration_ids) {
    const proofs = []
    const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
    for (const publicJwk of holders) {
      const signer = { method: 'jwk', publicJwk, alg: 'ES256' }
      const proof = await client.createCredentialRequestJwtProof({ issuerMetadata, signer, nonce, issuedAt: new Date(), credentialConfigurationId })
      proofs.push(proof.jwt)
    }
    const response = await client.retrieveCredentials({
      issuerMetadata,
      credentialConfigurationId,
      accessToken: token.accessTokenResponse.access_token,
      dpop: token.dpop ?? { signer: dpopSigner },
      proofs: { jwt: proofs },
    })
    credentials[credentialConfigurationId] = response.credentialResponse.credentials.map(({ credential }) => credential)
  }
  return { credentials, keys: [...keys.values()] }
}

// The library reads signed metadata, but leaves it to its caller's fetch to ask for it; `forged` changes it on the way.
async function metadata({ issuer, forged }) {
  const fetch = async (url, init) => {
    if (!String(url).includes('/.well-known/openid-credential-issuer/')) return globalThis.fetch(url, init)
    const response = await globalThis.fetch(url, { ...init, headers: { accept: 'application/jwt' } })
    if (!forged) return response
    const [header, payload, signature] = (await response.text()).split('.')
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), batch_credential_issuance: { batch_size: 2 } }
    return new Response([header, b64url(JSON.stringify(claims)), signature].join('.'), { headers: response.headers })
  }
  const found = await new Openid4vciClient({ callbacks: { ...callbacks, fetch } }).resolveIssuerMetadata(issuer)
  return { method: found.signedCredentialIssuer?.signer.method, claims: found.signedCredentialIssuer?.jwt.payload }
}

async function presentSdJwt(credential, names, { nonce, clientId }) {
  const { SDJwtVcInstance } = await import('@sd-jwt/sd-jwt-vc')
  const payload = JSON.parse(Buffer.from(credential.split('.')[1], 'base64url'))
  const holder = keys.get(payload.cnf.jwk.x)
  const instance = new SDJwtVcInstance({
    hasher: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
    hashAlg: 'sha-256',
    kbSigner: (data) => b64url(signWith(holder, data)),
    kbSignAlg: 'ES256',
  })
  const frame = {}
  for (const path of names) path.slice(0, -1).reduce((at, name) => (at[name] ??= {}), frame)[path.at(-1)] = true
  return instance.present(credential, frame, { kb: { payload: { iat: Math.floor(Date.now() / 1000), aud: clientId, nonce } } })
}

async function presentMdoc(credential, { nonce, clientId, responseUri, jwkThumbprint, query }) {
  const { CoseKey, DeviceRequest, DeviceResponse, DocRequest, IssuerSigned, ItemsRequest, SessionTranscript } = await import('@owf/mdoc')
  const issuerSigned = IssuerSigned.fromEncodedForOid4Vci(credential)
  const publicJwk = issuerSigned.issuerAuth.mobileSecurityObject.deviceKeyInfo.deviceKey.jwk
  const ctx = {
    crypto: { digest: ({ bytes }) => new Uint8Array(createHash('sha256').update(bytes).digest()), random: (n) => new Uint8Array(randomBytes(n)) },
    cose: { sign1: { sign: ({ toBeSigned, key }) => new Uint8Array(signWith(key.jwk, toBeSigned)) } },
  }
  const sessionTranscript = await SessionTranscript.forOid4Vp({ clientId, nonce, responseUri, jwkThumbprint }, ctx)
  const namespaces = {}
  const always = ['certified_on', 'issuing_municipality_code', 'issuing_municipality_name'].map((name) => [query.meta.doctype_value, name])
  for (const [namespace, name] of [...query.claims.map(({ path }) => path), ...always]) (namespaces[namespace] ??= {})[name] = false
  const itemsRequest = ItemsRequest.create({ docType: query.meta.doctype_value, namespaces })
  const deviceRequest = DeviceRequest.create({ docRequests: [DocRequest.create({ itemsRequest })] })
  const signingKey = CoseKey.fromJwk({ ...keys.get(publicJwk.x), alg: 'ES256' })
  const options = { deviceRequest, sessionTranscript, issuerSigned: [issuerSigned], signature: { signingKey } }
  return (await DeviceResponse.createWithDeviceRequest(options, ctx)).encodedForOid4Vp
}

async function present(request) {
  for (const jwk of request.keys) keys.set(jwk.x, jwk)
  const client = new Openid4vpClient({ callbacks })
  const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: request.link })
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: parsed.params })
  const asked = resolved.authorizationRequestPayload
  const encryptionJwk = asked.client_metadata?.jwks?.keys[0]
  const thumbprint = encryptionJwk && (await calculateJwkThumbprint({ jwk: encryptionJwk, hashAlgorithm: 'sha-256', hashCallback: callbacks.hash }))
  const jwkThumbprint = thumbprint && new Uint8Array(Buffer.from(thumbprint, 'base64url'))
  const binding = { nonce: request.nonce ?? asked.nonce, clientId: asked.client_id, responseUri: asked.response_uri, jwkThumbprint }
  const vp_token = {}
  for (const query of asked.dcql_query.credentials) {
    const credential = request.credentials[query.id]
    const made = query.format === 'mso_mdoc' ? presentMdoc(credential, { ...binding, query }) : presentSdJwt(credential, query.claims.map(({ path }) => path), binding)
    vp_token[query.id] = [await made]
  }
  const response = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: asked,
    authorizationResponsePayload: { vp_token },
    jarm: encryptionJwk && { encryption: { nonce: '' }, serverMetadata: { authorization_encryption_alg_values_supported: ['ECDH-ES'], authorization_encryption_enc_values_supported: ['A128GCM', 'A256GCM'], authorization_signing_alg_values_supported: [] } },
  })
  const sent = await client.submitOpenid4vpAuthorizationResponse({ authorizationRequestPayload: asked, ...response })
  return { status: sent.response.status, version: resolved.version }
}

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const request = JSON.parse(Buffer.concat(chunks))
let answer
try {
  answer = { ok: true, ...(await { issue, metadata, present }[request.operation](request)) }
} catch (error) {
  answer = { ok: false, error: `${error.name}: ${error.message}`, cause: String(error.cause ?? ''), stack: error.stack }
}
process.stdout.write(JSON.stringify(answer))
