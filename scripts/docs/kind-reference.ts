import path from 'node:path'
import {
  type RuntimeManifest,
  type SinkManifest,
  type TriggerManifest,
  toMarkdownTable,
  toTable,
  withSinkRules,
} from '@pelton/core'
import type { FamilyName, KindFolder, Kinds } from './kinds.ts'

type AnyManifest = TriggerManifest | SinkManifest | RuntimeManifest

const opening = '<!-- generated:attributes -->'
const closing = '<!-- /generated -->'

/** The lines between which a kind's README has its table. */
export const readmeMarkers = [opening, closing] as const

/** A kind's README with its attribute table renewed; undefined when the two markers are not there once, in order. */
export function renewReadme(readme: string, family: FamilyName, manifest: AnyManifest): string | undefined {
  const [before, generated, ...more] = readme.split(opening)
  if (before === undefined || generated === undefined || more.length > 0 || !generated.includes(closing))
    return undefined
  const after = generated.slice(generated.indexOf(closing))
  return `${before}${opening}\n\n${attributeTable(manifest, family)}\n${after}`
}

/** Those of a sink with what all sinks take. */
function attributeTable({ attributes }: AnyManifest, family: FamilyName): string {
  return toMarkdownTable(toTable(family === 'sinks' ? withSinkRules(attributes) : attributes))
}

/** `docs/reference/kinds.md`; links are relative to `docs/reference`. */
export function renderKindReference(kinds: Kinds, repository: string): string {
  const link = (folder: string): string =>
    `../../${path.relative(repository, folder).replaceAll(path.sep, '/')}/README.md`
  return [
    '# Kinds\n',
    'What a function file may name. `pelton kinds` prints the same.\n',
    '## Triggers\n',
    ...kinds.triggers.map((kind) => renderTrigger(kind, link(kind.folder))),
    ...(kinds.sinks.length > 0 ? ['## Sinks\n'] : []),
    ...kinds.sinks.map((kind) => renderSink(kind, link(kind.folder))),
    '## Runtimes\n',
    ...kinds.runtimes.map((kind) => renderRuntime(kind, link(kind.folder))),
  ].join('\n')
}

function renderTrigger({ manifest }: KindFolder<TriggerManifest>, link: string): string {
  const fields = Object.entries(manifest.fields ?? {}).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`)
  const members = (manifest.handlerMembers ?? []).map(({ on, name, doc }) => `| \`${on}.${name}\` | ${doc} |`)
  return [
    heading(manifest, link),
    `${manifest.class === 'sync' ? 'The caller waits for the answer.' : 'Nobody waits for the answer.'}\n`,
    attributeTable(manifest, 'triggers'),
    ...(fields.length > 0 ? ['| `event.fields` | Meaning |\n|---|---|', ...fields, ''] : []),
    ...(members.length > 0 ? ['| Member | Meaning |\n|---|---|', ...members, ''] : []),
  ].join('\n')
}

function renderSink({ manifest }: KindFolder<SinkManifest>, link: string): string {
  return [heading(manifest, link), attributeTable(manifest, 'sinks')].join('\n')
}

function renderRuntime({ manifest }: KindFolder<RuntimeManifest>, link: string): string {
  const endings = manifest.extensions.map((ending) => `\`${ending}\``).join(', ')
  return [
    heading(manifest, link),
    `Chosen by handlers that end in ${endings}.\n`,
    attributeTable(manifest, 'runtimes'),
  ].join('\n')
}

function heading(manifest: AnyManifest, link: string): string {
  const aliases = manifest.aliases?.length ? `, also \`${manifest.aliases.join('`, `')}\`` : ''
  return `### [${manifest.kind}](${link})\n\n${manifest.summary} (${manifest.stability}${aliases})\n`
}
