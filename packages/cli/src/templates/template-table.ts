import { javascriptTemplate } from './javascript-template.ts'
import { nuclioTemplate } from './nuclio-template.ts'
import { pythonTemplate } from './python-template.ts'
import type { Template } from './template.ts'
import { typescriptTemplate } from './typescript-template.ts'

/** All templates; the first one is taken when none is named. */
export const templates: readonly [Template, ...Template[]] = [
  typescriptTemplate,
  javascriptTemplate,
  pythonTemplate,
  nuclioTemplate,
]
