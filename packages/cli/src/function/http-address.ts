import type { TriggerSettings } from '@pelton/core'
import type { FunctionConfig } from '@pelton/processor'
import { errors } from '../errors.ts'

/** What the command line says about the http trigger's address. */
export interface HttpAddress {
  port?: number
  host?: string
}

/** The configuration with the address of its only or first http trigger changed, or, without one, of another that serves HTTP; throws `wrong_usage` when there is none to change. */
export function withHttpAddress(config: FunctionConfig, { port, host }: HttpAddress): FunctionConfig {
  if (port === undefined && host === undefined) return config
  const http = config.triggers.findIndex((trigger) => trigger.settings.kind === 'http')
  const at = http < 0 ? config.triggers.findIndex(({ manifest }) => manifest.manifest.servesUrl) : http
  if (at < 0)
    throw errors.wrong_usage({ reason: '--port and --host are for an http trigger, and this function has none' })
  const triggers = config.triggers.map((trigger, index) => {
    if (index !== at) return trigger
    return { ...trigger, settings: { ...trigger.settings, url: address(trigger.settings, port, host) } }
  })
  return { ...config, triggers }
}

/** A host alone leaves the port to the trigger's attributes, or to a default that may move. */
function address({ url = '' }: TriggerSettings, port: number | undefined, host: string | undefined): string {
  const [, ownHost = '', ownPort] = /^(?:https?:\/\/)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?/i.exec(url) ?? []
  const chosenPort = port ?? ownPort
  return `${bracket(host ?? ownHost)}${chosenPort === undefined ? '' : `:${chosenPort}`}`
}

function bracket(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
