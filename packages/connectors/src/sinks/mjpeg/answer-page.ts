import { readFile } from 'node:fs/promises'
import { type HttpRequest, type HttpResponse, parseQuery } from '@pelton/protocols/http'
import { lockPage, withoutIndents } from '@pelton/protocols/web-page'
import type { FrameStream } from './frame-stream.ts'

/** What the page asks for every second. */
export interface StreamFacts {
  path: string
  /** So far. */
  frames: number
  /** Of the newest one; null: there is none yet. */
  age_ms: number | null
  bytes: number
  viewers: number
}

/** The page that shows the streams of a port, or with `?stats` what is known of them, as JSON. */
export async function answerPage(request: HttpRequest, streams: readonly FrameStream[]): Promise<HttpResponse> {
  if ('stats' in parseQuery(request.query)) return json({ streams: streams.map(factsOf) })
  const { page, style, script } = await readAssets()
  const locked = await lockPage({ style, script, images: "'self' data:" })
  const parts: Record<string, string> = { '<style></style>': locked.style, '<script></script>': locked.script }
  const body = Buffer.from(page.replace(/<(style|script)><\/\1>/g, (place) => parts[place] ?? place))
  return { status: 200, headers: locked.headers, contentType: 'text/html; charset=utf-8', body }
}

function factsOf({ path, counts, ageMs, latest, viewers }: FrameStream): StreamFacts {
  const age = ageMs === undefined ? null : Math.round(ageMs)
  return { path, frames: counts.frames, age_ms: age, bytes: latest?.byteLength ?? 0, viewers }
}

function json(value: unknown): HttpResponse {
  const body = Buffer.from(JSON.stringify(value))
  return { status: 200, headers: [['Cache-Control', 'no-store']], contentType: 'application/json', body }
}

interface Assets {
  page: string
  style: string
  script: string
}

/** Read each time: people open the page, and rarely. */
async function readAssets(): Promise<Assets> {
  const [page = '', style = '', script = ''] = await Promise.all(
    ['page.html', 'page.css', 'page.js'].map(async (name) => {
      return withoutIndents(await readFile(new URL(`./page/${name}`, import.meta.url), 'utf8'))
    }),
  )
  return { page, style, script }
}
