const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

const pattern = /^(\d{1,8})([HMSmun])$/

/** Milliseconds of a `grpc-timeout` header (gRPC over HTTP/2, Timeout); undefined when it is malformed. */
export function parseTimeout(text: string): number | undefined {
  const [, digits = '', unit = ''] = pattern.exec(text) ?? []
  const ms = unitMs[unit]
  return ms === undefined ? undefined : Number(digits) * ms
}
