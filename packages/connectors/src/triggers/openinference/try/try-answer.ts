import { Buffer } from 'node:buffer'
import type { HttpRequest, HttpResponse } from '@pelton/protocols/http'
import type { ModelMetadata } from '@pelton/protocols/inference'
import { type LockedPage, lockPage } from '@pelton/protocols/web-page'
import { acceptedCoding, pack } from '../rest/rest-coding.ts'
import { tryAssets } from './try-assets.ts'
import { escapeHtml, fillPage, jsonInHtml } from './try-html.ts'

/** What the page shows of a model. */
export interface TriedModel extends Pick<ModelMetadata, 'name' | 'platform' | 'inputs' | 'outputs'> {
  version: string
}

/** The page to try a model by hand: all in one, it loads nothing and asks nobody but this server. */
export async function answerTry(model: TriedModel, request: HttpRequest): Promise<HttpResponse> {
  const { page, ...own } = await tryAssets()
  // Names come from files of others: should one ever get out of its place, it is still not run.
  const locked = await lockPage({ ...own, images: 'blob: data:' })
  const body = Buffer.from(fillTry(page, model, locked))
  const { headers } = locked
  headers.push(['Vary', 'Accept-Encoding'])
  const contentType = 'text/html; charset=utf-8'
  const coding = acceptedCoding(request.header('accept-encoding'))
  if (!coding) return { status: 200, headers, contentType, body }
  headers.push(['Content-Encoding', coding])
  return { status: 200, headers, contentType, body: await pack(body, coding) }
}

function fillTry(page: string, model: TriedModel, { style, script }: LockedPage): string {
  const { name, version, platform, inputs, outputs } = model
  return fillPage(page, {
    name: escapeHtml(name),
    version: escapeHtml(version),
    platform: escapeHtml(platform),
    model: `<script type="application/json" id="model">${jsonInHtml({ inputs, outputs })}</script>`,
    style,
    script,
  })
}
