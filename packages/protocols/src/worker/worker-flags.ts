const isSource = import.meta.url.endsWith('.ts')

/** Flags of this process that a worker needs too, to find the same modules whatever its NODE_OPTIONS are. */
export function workerFlags(flags: readonly string[] = process.execArgv): string[] {
  const kept = isSource ? ['--conditions=pelton-source'] : []
  for (const [at, flag] of flags.entries()) {
    if (flag === '--conditions' || flag === '-C') kept.push(`--conditions=${flags[at + 1] ?? ''}`)
    else if (flag.startsWith('--conditions=')) kept.push(flag)
  }
  return [...new Set(kept)]
}
