import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { HeaderList } from '@pelton/core'
import type { HttpRequest, HttpResponse } from '@pelton/protocols/http'
import type { ModelMetadata } from '@pelton/protocols/inference'
import { acceptedCoding, pack } from '../rest/rest-coding.ts'
import { tryAssets } from './try-assets.ts'
import { escapeHtml, fillPage, jsonInHtml } from './try-html.ts'

/** What the page shows of a model. */
export interface TriedModel extends Pick<ModelMetadata, 'name' | 'platform' | 'inputs' | 'outputs'> {
  version: string
}

/** The page to try a model by hand: all in one, it loads nothing and asks nobody but this server. */
export async function answerTry(model: TriedModel, request: HttpRequest): Promise<HttpResponse> {
  const nonce = randomBytes(18).toString('base64')
  const body = Buffer.from(await tryPage(model, nonce))
  const headers: HeaderList = [
    ['Content-Security-Policy', policyOf(nonce)],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['Cache-Control', 'no-store'],
    ['Vary', 'Accept-Encoding'],
  ]
  const contentType = 'text/html; charset=utf-8'
  const coding = acceptedCoding(request.header('accept-encoding'))
  if (!coding) return { status: 200, headers, contentType, body }
  headers.push(['Content-Encoding', coding])
  return { status: 200, headers, contentType, body: await pack(body, coding) }
}

async function tryPage({ name, version, platform, inputs, outputs }: TriedModel, nonce: string): Promise<string> {
  const { page, style, script } = await tryAssets()
  return fillPage(page, {
    name: escapeHtml(name),
    version: escapeHtml(version),
    platform: escapeHtml(platform),
    model: `<script type="application/json" id="model">${jsonInHtml({ inputs, outputs })}</script>`,
    style: `<style nonce="${nonce}">${style}</style>`,
    script: `<script nonce="${nonce}">${script}</script>`,
  })
}

/** Names come from files of others: should one ever get out of its place, it is still not run. */
function policyOf(nonce: string): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src blob: data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
