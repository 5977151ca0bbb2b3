const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed before an answer; is it a gRPC port, or one of TLS (https://)?',
  EPIPE: 'the connection was closed while the request was sent',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'there is no way to this host',
  ENETUNREACH: 'there is no way to this network',
  ETIMEDOUT: 'the host does not answer',
  EPROTO: 'it does not speak TLS; try http://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; try http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS; try http://',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted('is signed by itself'),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted('is of an authority that is not trusted here'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted('is of an authority that is not trusted here'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted('is of an authority that is not trusted here'),
  CERT_HAS_EXPIRED: 'its certificate has expired',
}

/** Why a connection did not lead to an answer, in words; the system's own code where there are none. */
export function unreachableReason(error: Error): string {
  const { code = '' } = error as NodeJS.ErrnoException
  if (code.startsWith('HPE_')) return 'it does not speak HTTP/1.1; is it a gRPC port?'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another host'
  return reasons[code] ?? (code || error.message)
}

function untrusted(why: string): string {
  return `its certificate ${why}; NODE_EXTRA_CA_CERTS=FILE in the environment trusts that of a file`
}
