import { readFile } from 'node:fs/promises'
import { withoutIndents } from '@pelton/protocols/web-page'
import { joinModules } from './try-script.ts'

/** What the page to try a model is made of. */
export interface TryAssets {
  page: string
  style: string
  script: string
}

/** Each after those whose values it needs while it is read. */
const modules = [
  'datatypes.js',
  'npy.js',
  'pictures.js',
  'typed-data.js',
  'messages.js',
  'element.js',
  'input-facts.js',
  'file-box.js',
  'output-view.js',
  'input-row.js',
  'main.js',
]

let kept: Promise<TryAssets> | undefined

/** The assets, read on first use and then kept; after a failure they are read again. */
export function tryAssets(): Promise<TryAssets> {
  kept ??= readAssets().catch((error: unknown) => {
    kept = undefined
    throw error
  })
  return kept
}

async function readAssets(): Promise<TryAssets> {
  const [page = '', style = '', ...scripts] = await Promise.all(['page.html', 'page.css', ...modules].map(readAsset))
  return { page: withoutIndents(page), style: withoutIndents(style), script: joinModules(scripts) }
}

function readAsset(name: string): Promise<string> {
  return readFile(new URL(`./try-page/${name}`, import.meta.url), 'utf8')
}
