import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { errors } from '../errors.ts'

/** What is used of the package `sharp`, an optional peer: its types are there only where it is installed. */
export type Sharp = (
  bytes: Uint8Array,
  options?: { raw: { width: number; height: number; channels: number } },
) => SharpImage

/** An image on its way; nothing is done before `toBuffer`. */
export interface SharpImage {
  metadata(): Promise<{ hasAlpha?: boolean }>
  /** Upright, as the camera was held. */
  rotate(): SharpImage
  removeAlpha(): SharpImage
  greyscale(): SharpImage
  toColourspace(space: 'srgb'): SharpImage
  resize(size: {
    height: number | undefined
    width: number | undefined
    fit: 'cover' | 'contain' | 'fill'
    background: string
  }): SharpImage
  raw(options: { depth: 'uchar' }): SharpImage
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array
    info: { height: number; width: number; channels: number }
  }>
}

/** The package as it is installed in `folder` or above, otherwise beside this one (`own`); throws `image_library_missing`. */
export async function loadSharp(folder: string, own: string = import.meta.url): Promise<Sharp> {
  const found = resolveFrom(pathToFileURL(join(folder, 'here')).href) ?? resolveFrom(own)
  if (found === undefined) throw errors.image_library_missing({ reason: 'it is not installed' })
  try {
    return ((await import(pathToFileURL(found).href)) as { default: Sharp }).default
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1)
    throw errors.image_library_missing({ reason }, error)
  }
}

function resolveFrom(place: string): string | undefined {
  try {
    return createRequire(place).resolve('sharp')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
