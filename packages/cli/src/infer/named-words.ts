import { errors } from '../errors.ts'

/** Splits options written NAME=VALUE at their first `=`; throws `wrong_usage` for others and for a name that comes twice. */
export function readNamedWords(flag: string, words: readonly string[] = []): Map<string, string> {
  const values = new Map<string, string>()
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 1) throw errors.wrong_usage({ reason: `${flag}: expected NAME=VALUE, got ${JSON.stringify(word)}` })
    const name = word.slice(0, at)
    if (values.has(name)) throw errors.wrong_usage({ reason: `${flag}: ${JSON.stringify(name)} is given twice` })
    values.set(name, word.slice(at + 1))
  }
  return values
}
