import { extname } from 'node:path'
import { errors } from '../errors.ts'
import type { WatchedCodec } from './observer.ts'

/** What a file is to hold, by its ending. */
export type SavedForm = 'jpeg' | 'h264' | 'h265'

const forms: Readonly<Record<string, SavedForm>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.h264': 'h264',
  '.264': 'h264',
  '.h265': 'h265',
  '.265': 'h265',
  '.hevc': 'h265',
}
const names: Readonly<Record<WatchedCodec, string>> = { jpeg: 'JPEG', h264: 'H.264', h265: 'H.265', sound: 'sound' }

/** Reads the ending of a file; throws `wrong_usage`. */
export function savedForm(file: string): SavedForm {
  const ending = extname(file).toLowerCase()
  const form = forms[ending]
  if (form) return form
  throw errors.wrong_usage({
    reason: `--save: expected a file that ends with .jpg, .h264 or .h265, got ${JSON.stringify(file)}`,
  })
}

/** Why a codec's pictures cannot be saved so; empty when they can. */
export function savingFault(codec: WatchedCodec, form: SavedForm): string {
  if (codec === 'sound') return 'the source sends sound and no pictures'
  if (form === 'jpeg' || form === codec) return ''
  return `the source sends ${names[codec]}: choose a file that ends with ${codec === 'jpeg' ? '.jpg' : `.jpg or .${codec}`}`
}
