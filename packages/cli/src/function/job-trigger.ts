import type { ConfiguredEvent } from '@pelton/core'
import type { FunctionConfig, TriggerConfig } from '@pelton/processor'
import { errors } from '../errors.ts'

/** What the command line says about a job. */
export interface JobWords {
  /** Takes the place of the whole event. */
  event?: ConfiguredEvent
  /** Takes the place of the event's body. */
  body?: Uint8Array
  /** Absolute, or `-`. */
  output?: string
}

/** Whether every trigger of a function is a job: nobody is going to call it. */
export function isJobOnly({ triggers }: FunctionConfig): boolean {
  return triggers.length > 0 && triggers.every(isJob)
}

/** Whether a function is there for a job, so that its process ends with it. */
export function endsWithJob(config: FunctionConfig): boolean {
  const wishes = config.triggers.filter(isJob).map(({ settings }) => settings.attributes['exitProcess'])
  return wishes.includes(true) || (isJobOnly(config) && !wishes.includes(false))
}

/** The name of the one job that `flags` can mean; throws `wrong_usage` when there is none or more than one. */
export function findJob({ triggers }: FunctionConfig, flags: readonly string[]): string {
  const [job, ...more] = triggers.filter(isJob).map(({ settings }) => settings.name)
  const list = flags.join(' and ')
  if (job === undefined) {
    const reason = `${list}: for a job trigger, and this function has none; \`pelton invoke\` runs any handler once`
    throw errors.wrong_usage({ reason })
  }
  if (more.length > 0) {
    const reason = `${list}: for one job, and this function has ${[job, ...more].join(', ')}; set its attributes with --set`
    throw errors.wrong_usage({ reason })
  }
  return job
}

/** The configuration with the words in the attributes of the trigger `name`. */
export function withJobWords(config: FunctionConfig, name: string, { event, body, output }: JobWords): FunctionConfig {
  const triggers = config.triggers.map((trigger): TriggerConfig => {
    const { settings } = trigger
    if (settings.name !== name) return trigger
    const written = event ?? (settings.attributes['event'] as ConfiguredEvent)
    const attributes = {
      ...settings.attributes,
      event: body === undefined ? written : { ...written, body },
      ...(output === undefined ? {} : { output }),
    }
    return { ...trigger, settings: { ...settings, attributes } }
  })
  return { ...config, triggers }
}

function isJob({ settings }: TriggerConfig): boolean {
  return settings.kind === 'job'
}
