// npm run bench [-- PART…]: measures the parts, all without one, and records them in results.md and the README.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/** What is measured: a line that says what beside what, and the measurement, which is loaded when it is asked for. */
interface Part {
  title: string
  measure(): Promise<string>
}

/** The key is the name on the command line, and the heading. */
const parts: Record<string, Part> = {
  http: {
    title: 'the http trigger beside bare `node:http`',
    measure: async () => (await import('./http.ts')).measureHttp(),
  },
  python: {
    title: "Python functions beside a copy of nuclio's wire",
    measure: async () => (await import('./python.ts')).measurePython(),
  },
  websocket: {
    title: 'the websocket trigger beside bare `ws`',
    measure: async () => (await import('./websocket.ts')).measureWebSocket(),
  },
  extproc: {
    title: 'behind Envoy, beside a processor on `@grpc/grpc-js`',
    measure: async () => (await import('./extproc.ts')).measureExtProc(),
  },
  inference: {
    title: "models beside KServe's Python server",
    measure: async () => (await import('./inference.ts')).measureInference(),
  },
  onnx: {
    title: 'the onnx runtime beside the bare session',
    measure: async () => (await import('./onnx.ts')).measureOnnx(),
  },
  webhook: {
    title: 'deliveries to a webhook',
    measure: async () => (await import('./webhook.ts')).measureWebhook(),
  },
  camera: {
    title: "cameras beside FFmpeg and GStreamer's server",
    measure: async () => (await import('./camera.ts')).measureCamera(),
  },
  job: {
    title: 'a job from the command to its exit, beside `node`',
    measure: async () => (await import('./job.ts')).measureJob(),
  },
}
const resultsFile = fileURLToPath(new URL('results.md', import.meta.url))
const readmeFile = fileURLToPath(new URL('../README.md', import.meta.url))

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in parts))
if (unknown.length > 0) {
  process.stderr.write(`no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}\n`)
  process.exit(1)
}

// What is measured is what users run: the built packages.
const buildFile = fileURLToPath(new URL('../scripts/build.ts', import.meta.url))
execFileSync(process.execPath, [buildFile], { stdio: 'inherit' })
for (const [name, { measure }] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const text = `Measured ${machine()}; the load generator shares the cores.\n\n${await measure()}`
  process.stdout.write(`${text}\n\n`)
  record(name, text)
}

function machine(): string {
  const date = new Date().toISOString().slice(0, 10)
  return `${date}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node.js ${process.version}`
}

/** Parts that were not measured stay as they were. */
function record(name: string, text: string): void {
  const sections = new Map(
    readFileSync(resultsFile, 'utf8')
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section.slice(section.indexOf('\n')).trim()]),
  )
  sections.set(name, text)
  const ordered = Object.keys(parts).filter((part) => sections.has(part))
  const written = ordered.map((part) => `## ${part}\n\n${sections.get(part)}\n`)
  writeFileSync(resultsFile, `# Recorded by npm run bench\n\n${written.join('\n')}`)
  const shown = ordered.map((part) => folded(part, sections.get(part)!)).join('\n')
  const marked = /(<!-- generated:bench -->\n)[\s\S]*?(<!-- \/generated -->)/
  const readme = readFileSync(readmeFile, 'utf8')
  writeFileSync(
    readmeFile,
    readme.replace(marked, (_, open: string, close: string) => `${open}\n${shown}\n${close}`),
  )
}

/** One line that opens to the tables. */
function folded(part: string, text: string): string {
  const title = parts[part]!.title.replace(/`([^`]*)`/g, '<code>$1</code>')
  return `<details>\n<summary><b>${part}</b>: ${title}</summary>\n\n${text}\n\n</details>\n`
}
