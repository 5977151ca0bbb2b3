import { readFileSync } from 'node:fs'

/** `Pelton/1.2.3`: what requests say of who sends them. */
export function readUserAgent(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return `Pelton/${(JSON.parse(text) as { version: string }).version}`
}
