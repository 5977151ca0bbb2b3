/** A text as HTML shows it, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A value as JSON that ends no script element, whatever its texts hold. */
export function jsonInHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', String.raw`\u003c`)
}

/** A page with its `{{name}}` places filled once, so that what is filled in is not read again; a place without a part throws. */
export function fillPage(page: string, parts: Readonly<Record<string, string>>): string {
  return page.replace(/\{\{(\w+)\}\}/g, (place, name: string) => {
    const part = parts[name]
    if (part === undefined) throw new TypeError(`the page has no part for ${place}`)
    return part
  })
}
