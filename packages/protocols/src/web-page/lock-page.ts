import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { HeaderList } from '@pelton/core'

/** What a page has of its own. */
export interface PageParts {
  style: string
  script: string
  /** Where its pictures come from, as `img-src` of a policy has it. */
  images: string
}

/** What goes into an answer: another one each time. */
export interface LockedPage {
  /** The element, with the colours and manners of all pages before the page's own. */
  style: string
  /** The element. */
  script: string
  headers: HeaderList
}

/** Lets a page run its own script only, load nothing, ask its own server only and be in no frame (CSP Level 3). */
export async function lockPage({ style, script, images }: PageParts): Promise<LockedPage> {
  const nonce = randomBytes(18).toString('base64')
  const common = await readFile(new URL('./page.css', import.meta.url), 'utf8')
  return {
    style: `<style nonce="${nonce}">${withoutIndents(common)}${style}</style>`,
    script: `<script nonce="${nonce}">${script}</script>`,
    headers: [
      ['Content-Security-Policy', policyOf(nonce, images)],
      ['X-Content-Type-Options', 'nosniff'],
      ['Referrer-Policy', 'no-referrer'],
      ['Cache-Control', 'no-store'],
    ],
  }
}

/** The same text on the wire in fewer bytes. */
export function withoutIndents(text: string): string {
  return text.replace(/^\s+/gm, '')
}

function policyOf(nonce: string, images: string): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    `img-src ${images}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
