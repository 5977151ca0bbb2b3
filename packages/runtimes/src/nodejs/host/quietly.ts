/** Runs `action` without Node.js's warning that type stripping is experimental: the user can do nothing about it. */
export function quietly<T>(action: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return action()
  } finally {
    process.emitWarning = emitWarning
  }
}
