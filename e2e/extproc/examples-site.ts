import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Cleanup, type RunningEnvoy, startEnvoy } from '@pelton/testkit'
import { type PeltonProcess, startPelton } from '../pelton-process.ts'

const folder = fileURLToPath(new URL('../../examples/envoy', import.meta.url))
const ports = new Map([
  ['upstream', 9100],
  ['enrich', 9101],
  ['redact', 9102],
  ['jwt', 9103],
  ['rewrite', 9104],
  ['log', 9105],
])

/** The example's Envoy in front of its functions. */
export interface ExamplesSite {
  envoy: RunningEnvoy
  /** The process of a function, by its folder. */
  pelton(name: string): PeltonProcess
}

/** What the tokens of its function jwt are signed with. */
export const jwtSecret = 'known to this test alone'

/** Absolute path of a file of the example. */
export function exampleFile(name: string): string {
  return path.join(folder, name)
}

/** Starts what the example's README starts, with its own files, on free ports; until the test ends. */
export async function startExamples(test: Cleanup, binary: string): Promise<ExamplesSite> {
  const running = new Map([...ports.keys()].map((name) => [name, startFunction(test, name)]))
  let bootstrap = fs.readFileSync(exampleFile('envoy.yaml'), 'utf8').replace('port_value: 10000', 'port_value: 0')
  for (const [name, pelton] of running) {
    const { port } = new URL(await pelton.url())
    bootstrap = bootstrap.replace(`port_value: ${ports.get(name)}`, `port_value: ${port}`)
  }
  const envoy = await startEnvoy(test, { binary, bootstrap })
  return { envoy, pelton: (name) => running.get(name) ?? missing(name) }
}

function startFunction(test: Cleanup, name: string): PeltonProcess {
  const trigger = name === 'upstream' ? 'http' : 'proxy'
  const port = `spec.triggers.${trigger}.attributes.port=0`
  const pelton = startPelton(['run', exampleFile(name), '--set', port, '--log-format', 'json'], {
    env: { JWT_SECRET: jwtSecret },
  })
  test.after(async () => void (await pelton.stop()))
  return pelton
}

function missing(name: string): never {
  throw new Error(`the example has no function ${name}`)
}
