import { errors } from '../errors.ts'

/** Names of execution providers as ONNX Runtime for Node.js has them: `CUDAExecutionProvider`, as Python says, is `cuda`. */
export function providerNames(configured: readonly string[]): string[] {
  return configured.map((name) =>
    name
      .trim()
      .replace(/ExecutionProvider$/i, '')
      .toLowerCase(),
  )
}

/** Throws `provider_missing` for a provider that this build of ONNX Runtime does not know: it would leave it out in silence. */
export function checkProviders(providers: readonly string[], known: readonly string[]): void {
  for (const provider of providers) {
    if (!known.includes(provider)) {
      throw errors.provider_missing({ provider, reason: 'it is not part of this build', known })
    }
  }
}
