// Runs one operation of an independent implementation: a JSON request on stdin, a JSON answer on stdout.
// {"ok": true, …} or {"ok": false, "error": "…"}; anything else is a defect of this file.
import { createHash, createPrivateKey, createPublicKey, createSign, createVerify, randomBytes, X509Certificate } from 'node:crypto'
import { Buffer } from 'node:buffer'

const b64url = (bytes) => Buffer.from(bytes).toString('base64url')
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url'))
const sha256 = (data) => new Uint8Array(createHash('sha256').update(data).digest())
const p1363 = { dsaEncoding: 'ieee-p1363' }

function verifyWith(key, data, signature) {
  return createVerify('sha256').update(data).verify({ key, ...p1363 }, signature)
}
function signWith(key, data) {
  return createSign('sha256').update(data).sign({ key, ...p1363 })
}

// A chain of one leaf under one root, checked by OpenSSL through Node.
function checkChain(leafDer, rootDer, now) {
  const leaf = new X509Certificate(leafDer)
  const root = new X509Certificate(rootDer)
  if (!leaf.verify(root.publicKey) || !leaf.checkIssued(root)) throw new Error('the chain does not end in the root')
  if (now < leaf.validFromDate || now > leaf.validToDate) throw new Error('the certificate is not valid now')
  return leaf
}

async function sdJwtInstance(request, leafKey) {
  const { SDJwtVcInstance } = await import('@sd-jwt/sd-jwt-vc')
  return new SDJwtVcInstance({
    hasher: (data) => sha256(data),
    hashAlg: 'sha-256',
    saltGenerator: () => b64url(randomBytes(16)),
    verifier: (data, signature) => verifyWith(leafKey, data, Buffer.from(signature, 'base64url')),
    kbVerifier: (data, signature, payload) =>
      verifyWith(createPublicKey({ key: payload.cnf.jwk, format: 'jwk' }), data, Buffer.from(signature, 'base64url')),
    signer: request.issuer_jwk && ((data) => b64url(signWith(createPrivateKey({ key: request.issuer_jwk, format: 'jwk' }), data))),
    signAlg: 'ES256',
    kbSigner: request.holder_jwk && ((data) => b64url(signWith(createPrivateKey({ key: request.holder_jwk, format: 'jwk' }), data))),
    kbSignAlg: 'ES256',
    statusListFetcher: async () => request.status_list ?? Promise.reject(new Error('no status list')),
    statusValidator: async (status) => {
      if (status !== 0) throw new Error('revoked')
    },
    statusVerifier: (data, signature) => {
      const header = JSON.parse(Buffer.from(request.status_list.split('.')[0], 'base64url'))
      const leaf = checkChain(Buffer.from(header.x5c[0], 'base64'), bytes(request.root), new Date(request.now))
      return verifyWith(leaf.publicKey, data, Buffer.from(signature, 'base64url'))
    },
  })
}

async function sdJwtVerify(request) {
  const header = JSON.parse(Buffer.from(request.presentation.split('.')[0], 'base64url'))
  const leaf = checkChain(Buffer.from(header.x5c[0], 'base64'), bytes(request.root), new Date(request.now))
  const instance = await sdJwtInstance(request, leaf.publicKey)
  const options = { currentDate: Math.floor(new Date(request.now) / 1000) }
  if (request.nonce) options.keyBindingNonce = request.nonce
  const result = await instance.verify(request.presentation, options)
  if (request.audience && result.kb.payload.aud !== request.audience) throw new Error('another audience')
  return { claims: result.payload }
}

async function sdJwtMake(request) {
  const instance = await sdJwtInstance(request, null)
  const credential = await instance.issue(request.payload, { _sd: request.disclosable }, { header: { x5c: request.x5c } })
  const frame = Object.fromEntries(request.disclose.map((name) => [name, true]))
  const kb = { payload: { iat: request.iat, aud: request.audience, nonce: request.nonce } }
  return { presentation: await instance.present(credential, frame, { kb }) }
}

function mdocContext() {
  return {
    crypto: {
      random: (length) => new Uint8Array(randomBytes(length)),
      digest: ({ digestAlgorithm, bytes: data }) =>
        new Uint8Array(createHash(digestAlgorithm.replace('-', '').toLowerCase()).update(data).digest()),
      calculateEphemeralMacKey: () => {
        throw new Error('no MAC here')
      },
    },
    cose: {
      sign1: {
        sign: ({ toBeSigned, key }) => new Uint8Array(signWith(createPrivateKey({ key: key.jwk, format: 'jwk' }), toBeSigned)),
        verify: ({ key, sign1 }) => verifyWith(createPublicKey({ key: key.jwk, format: 'jwk' }), sign1.toBeSigned, sign1.signature),
      },
      mac0: {
        sign: () => {
          throw new Error('no MAC here')
        },
        verify: () => false,
      },
    },
    x509: {
      getIssuerNameField: ({ certificate, field }) =>
        new X509Certificate(certificate).issuer
          .split('\n')
          .filter((line) => line.startsWith(`${field}=`))
          .map((line) => line.slice(field.length + 1)),
      getPublicKey: async ({ certificate }) => {
        const { CoseKey } = await import('@owf/mdoc')
        return CoseKey.fromJwk(new X509Certificate(certificate).publicKey.export({ format: 'jwk' }))
      },
      verifyCertificateChain: ({ trustedCertificates, x5chain, now }) => {
        checkChain(x5chain[0], trustedCertificates[0], now ?? new Date())
      },
      getCertificateData: ({ certificate }) => {
        const x509 = new X509Certificate(certificate)
        return {
          issuerName: x509.issuer,
          subjectName: x509.subject,
          serialNumber: x509.serialNumber,
          thumbprint: x509.fingerprint256,
          notBefore: x509.validFromDate,
          notAfter: x509.validToDate,
          pem: x509.toString(),
        }
      },
    },
  }
}

async function transcriptOf(request, ctx) {
  const { SessionTranscript } = await import('@owf/mdoc')
  const jwkThumbprint = request.jwk_thumbprint ? bytes(request.jwk_thumbprint) : undefined
  const handover = { clientId: request.client_id, nonce: request.nonce, responseUri: request.response_uri, jwkThumbprint }
  return SessionTranscript.forOid4Vp(handover, ctx)
}

async function mdocVerifyIssuerSigned(request) {
  const { Holder, IssuerSigned } = await import('@owf/mdoc')
  const issuerSigned = IssuerSigned.fromEncodedForOid4Vci(request.issuer_signed)
  const options = { issuerSigned, trustedCertificates: [bytes(request.root)], now: new Date(request.now) }
  await Holder.verifyIssuerSigned(options, mdocContext())
  return { doc_type: issuerSigned.issuerAuth.mobileSecurityObject.docType }
}

async function mdocVerifyDeviceResponse(request) {
  const { Verifier } = await import('@owf/mdoc')
  const ctx = mdocContext()
  const options = {
    deviceResponse: bytes(request.device_response),
    sessionTranscript: await transcriptOf(request, ctx),
    trustedCertificates: [bytes(request.root)],
    now: new Date(request.now),
  }
  await Verifier.verifyDeviceResponse(options, ctx)
  return {}
}

async function mdocMake(request) {
  const { CoseKey, DeviceKey, DeviceRequest, DeviceResponse, DocRequest, Issuer, ItemsRequest } = await import('@owf/mdoc')
  const ctx = mdocContext()
  const issuer = new Issuer(request.doc_type, ctx)
  for (const [namespace, values] of Object.entries(request.namespaces)) issuer.addIssuerNamespace(namespace, values)
  const holder = CoseKey.fromJwk({ ...request.holder_jwk, alg: 'ES256' })
  const { d: _secret, ...publicJwk } = request.holder_jwk
  const issuerSigned = await issuer.sign({
    signingKey: CoseKey.fromJwk(request.issuer_jwk),
    algorithm: -7,
    digestAlgorithm: 'SHA-256',
    validityInfo: { signed: new Date(request.from), validFrom: new Date(request.from), validUntil: new Date(request.until) },
    deviceKeyInfo: { deviceKey: DeviceKey.fromJwk(publicJwk) },
    certificates: [bytes(request.leaf)],
  })
  const namespaces = Object.fromEntries(
    Object.entries(request.namespaces).map(([name, values]) => [name, Object.fromEntries(Object.keys(values).map((key) => [key, false]))])
  )
  const itemsRequest = ItemsRequest.create({ docType: request.doc_type, namespaces })
  const deviceRequest = DeviceRequest.create({ docRequests: [DocRequest.create({ itemsRequest })] })
  const response = await DeviceResponse.createWithDeviceRequest(
    { deviceRequest, sessionTranscript: await transcriptOf(request, ctx), issuerSigned: [issuerSigned], signature: { signingKey: holder } },
    ctx
  )
  return { device_response: response.encodedForOid4Vp }
}

async function statusJwt(request) {
  const { getListFromStatusListJWT } = await import('@sd-jwt/jwt-status-list')
  const header = JSON.parse(Buffer.from(request.token.split('.')[0], 'base64url'))
  const leaf = checkChain(Buffer.from(header.x5c[0], 'base64'), bytes(request.root), new Date(request.now))
  const [head, body, signature] = request.token.split('.')
  if (!verifyWith(leaf.publicKey, `${head}.${body}`, Buffer.from(signature, 'base64url'))) throw new Error('bad signature')
  const list = getListFromStatusListJWT(request.token)
  return { statuses: request.indexes.map((index) => list.getStatus(index)) }
}

const operations = { sdJwtVerify, sdJwtMake, mdocVerifyIssuerSigned, mdocVerifyDeviceResponse, mdocMake, statusJwt }
const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const request = JSON.parse(Buffer.concat(chunks))
let answer
try {
  answer = { ok: true, ...(await operations[request.operation](request)) }
} catch (error) {
  answer = { ok: false, error: `${error.name}: ${error.message}`, stack: error.stack }
}
process.stdout.write(JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? Number(value) : value)))
