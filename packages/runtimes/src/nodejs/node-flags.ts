/** A sibling module to start by its URL: TypeScript in the repository, JavaScript in the published package. */
export function entryUrl(name: string): URL {
  return new URL(import.meta.url.endsWith('.ts') ? `./${name}.ts` : `./${name}.js`, import.meta.url)
}

/** Flags of this process that a worker needs too, to find the same modules. */
export function workerFlags(flags: readonly string[] = process.execArgv): string[] {
  const kept: string[] = []
  for (const [at, flag] of flags.entries()) {
    if (/^(--conditions|-C)$/.test(flag)) kept.push(`--conditions=${flags[at + 1] ?? ''}`)
    else if (flag.startsWith('--conditions=')) kept.push(flag)
  }
  return kept
}
