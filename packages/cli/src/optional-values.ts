/**
 * Rewrites a command line so that an option whose value is optional takes one only after `=`: `--inspect FILE` must not take the
 * file for its port. `flags` are as in the help: `--inspect [port]`.
 */
export function spellOptionalValues(argv: readonly string[], flags: readonly string[]): string[] {
  const optional = new Set(flags.filter((text) => text.includes('[')).map((text) => text.split(' ', 1)[0]))
  const end = argv.indexOf('--')
  return argv.map((word, index) => (optional.has(word) && (end < 0 || index < end) ? `${word}=` : word))
}
