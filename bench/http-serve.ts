import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const rounds = Number(process.env['ROUNDS'] ?? 3)
const seconds = Number(process.env['SECONDS'] ?? 4)
const names = (process.env['SERVERS'] ?? 'bare,serve').split(',')

const script = `wrk.method = "POST"
wrk.body = string.rep("x", 1024)
wrk.headers["Content-Type"] = "application/octet-stream"
`

interface Sample {
  requests: number
  perSecond: number
  cpuMicros: number
}

/** POST 1 KB echo, 64 keep-alive connections: CPU of the server process per request, servers in turn. */
async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pelton-bench-'))
  const file = join(folder, 'post.lua')
  await writeFile(file, script)
  const samples = new Map<string, Sample[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) samples.get(name)!.push(await measure(name, file))
  }
  await rm(folder, { recursive: true })
  const base = median(samples.get(names[0]!)!.map((sample) => sample.cpuMicros))
  for (const [name, list] of samples) {
    const cpu = median(list.map((sample) => sample.cpuMicros))
    const rate = median(list.map((sample) => sample.perSecond))
    const all = list.map((sample) => sample.cpuMicros.toFixed(2)).join(' ')
    console.log(`${name.padEnd(8)} ${cpu.toFixed(2)} us/request  x${(cpu / base).toFixed(2)}  ${rate} req/s  (${all})`)
  }
}

async function measure(name: string, file: string): Promise<Sample> {
  const entry = new URL('./http-serve-servers.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [entry, name], { stdio: ['pipe', 'pipe', 'inherit', 'ipc'] })
  try {
    const port = await message<number>(child)
    await wrk(port, file, 1)
    child.send('mark')
    await message(child)
    const output = await wrk(port, file, seconds)
    child.send('mark')
    const cpuMicros = await message<number>(child)
    const requests = Number(/(\d+) requests in/.exec(output)?.[1])
    if (/Non-2xx|Socket errors/.test(output)) throw new Error(output)
    return { requests, perSecond: Math.round(requests / seconds), cpuMicros: cpuMicros / requests }
  } finally {
    child.kill()
  }
}

function message<T>(child: ReturnType<typeof spawn>): Promise<T> {
  return new Promise((resolve) => child.once('message', (value) => resolve(value as T)))
}

function wrk(port: number, file: string, forSeconds: number): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('wrk', ['-t1', '-c64', `-d${forSeconds}s`, '-s', file, `http://127.0.0.1:${port}/`])
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('close', () => resolve(output))
  })
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

await main()
