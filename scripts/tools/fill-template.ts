/** Fills in a kind's name: `{{kind}}` as it is, `{{snake}}`, `{{camel}}` and `{{Kind}}` for identifiers. */
export function fillTemplate(text: string, kind: string): string {
  const camel = kind.replaceAll(/-(.)/g, (_all, letter: string) => letter.toUpperCase())
  const names: Record<string, string> = {
    kind,
    camel,
    Kind: camel.charAt(0).toUpperCase() + camel.slice(1),
    snake: kind.replaceAll('-', '_'),
  }
  return text.replaceAll(/\{\{(\w+)\}\}/g, (all, name: string) => names[name] ?? all)
}

/** Why a name is no kind's name; undefined when it is one. */
export function kindNameFault(kind: string): string | undefined {
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kind)) return undefined
  return `"${kind}" is no name for a kind: lower-case letters, digits and single hyphens, such as rabbit-mq`
}
