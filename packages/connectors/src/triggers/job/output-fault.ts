import type { PeltonError } from '@pelton/core'
import { errors } from '../../errors.ts'

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the quota of the disk is used up',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is no folder',
  ENXIO: 'nobody reads from it',
  EPIPE: 'its reader has closed it',
  EROFS: 'the disk is read-only',
}

/** The error of an output that cannot be opened. */
export function openFailed(trigger: string, file: string, cause: unknown): PeltonError {
  return errors.output_unwritable({ trigger, file, reason: reasonOf(cause) }, cause)
}

/** The error of an output that broke while it was written. */
export function writeFailed(target: string, cause: unknown): PeltonError {
  return errors.output_failed({ target, reason: reasonOf(cause) }, cause)
}

function reasonOf(cause: unknown): string {
  const { code = '', message = String(cause) } = cause as Partial<NodeJS.ErrnoException>
  return words[code] ?? message
}
