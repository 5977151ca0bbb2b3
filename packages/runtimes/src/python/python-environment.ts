import { delimiter } from 'node:path'

/** The processor's environment with the function's; modules are looked for where nuclio's variable says, too. */
export function environmentOf(env: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const all: Record<string, string | undefined> = { ...process.env, ...env }
  const places = [all['NUCLIO_PYTHON_PATH'], all['PYTHONPATH']].filter(Boolean)
  return places.length === 0 ? all : { ...all, PYTHONPATH: places.join(delimiter) }
}
